//! Values that a resource or scope sets for all items below it: runs over rows, and what becomes of those that lose.

use super::{Cell, KeyCode, Level, NEVER, RowsBuilder};

/// A value in force for all rows from `start` on.
pub(super) struct OpenRun {
    level: Level,
    key: KeyCode,
    cell: Cell,
    start: u32,
    /// The outer run that this one suspends.
    outer: Option<usize>,
    suspended: bool,
    /// Keeps a value under another name; not a field that came from the level.
    is_shadow: bool,
}

impl RowsBuilder {
    /// Begins a value that holds for all rows until its level is closed. The last of two with one key and level holds.
    pub fn open(&mut self, level: Level, key: KeyCode, cell: Cell) {
        self.level_lists = [None; 2];
        let outer = self.keys[key.0 as usize].run;
        if let Some(index) = outer {
            if self.runs[index].level == level {
                self.end_run(index);
                let start = self.current_row();
                let run = &mut self.runs[index];
                (run.cell, run.start) = (cell, start);
                if let Some(outer) = run.outer {
                    self.open_shadow(outer, level, key, cell);
                }
                return;
            }
            self.end_run(index);
            self.runs[index].suspended = true;
            self.open_shadow(index, level, key, cell);
        }
        self.push_run(OpenRun { level, key, cell, start: 0, outer, suspended: false, is_shadow: false });
    }

    /// Keeps the outer value that loses to a different one under its level's name, as long as the winner's level is open.
    fn open_shadow(&mut self, loser: usize, level: Level, key: KeyCode, winner: Cell) {
        let (losing, losing_level) = (self.runs[loser].cell, self.runs[loser].level);
        if self.same(losing, winner) {
            return;
        }
        let shadow = self.shadow_key(losing_level, key);
        if self.keys[shadow.0 as usize].run.is_none() {
            self.push_run(OpenRun { level, key: shadow, cell: losing, start: 0, outer: None, suspended: false, is_shadow: true });
        }
    }

    fn push_run(&mut self, run: OpenRun) {
        let index = self.runs.len();
        self.keys[run.key.0 as usize].run = Some(index);
        self.runs.push(OpenRun { start: self.current_row(), ..run });
    }

    /// Ends all values of `level`, and of levels below it.
    pub fn close(&mut self, level: Level) {
        self.level_lists = [None; 2];
        while self.runs.last().is_some_and(|run| run.level >= level) {
            let index = self.runs.len() - 1;
            self.end_run(index);
            let run = self.runs.pop().expect("the loop saw one");
            self.keys[run.key.0 as usize].run = run.outer;
            if let Some(outer) = run.outer {
                let start = self.current_row();
                let outer = &mut self.runs[outer];
                (outer.suspended, outer.start) = (false, start);
            }
        }
    }

    /// The value in force for a key from the open levels, scope before resource.
    pub fn inherited(&self, key: KeyCode) -> Option<Cell> {
        self.keys[key.0 as usize].run.map(|index| self.runs[index].cell)
    }

    fn shadow_key(&mut self, level: Level, key: KeyCode) -> KeyCode {
        let known = self.keys[key.0 as usize].shadows[level as usize];
        if known != NEVER {
            return KeyCode(known);
        }
        let prefix = match level {
            Level::Resource => "resource.",
            Level::Scope => "scope.",
        };
        let name = format!("{prefix}{}", self.text_of(self.keys[key.0 as usize].key));
        let shadow = self.key(&name);
        self.keys[key.0 as usize].shadows[level as usize] = shadow.0;
        shadow
    }

    /// The row's own value, now final, wins over an open run: keep a different value under the level's name, and make way for
    /// another type.
    pub(super) fn settle(&mut self, key: KeyCode) {
        let row = self.row();
        let state = &self.keys[key.0 as usize];
        let (cell, slot) = (state.last_cell, state.last_slot);
        let index = state.run.expect("only keys with a run in force are noted as overridden, and runs begin and end between rows");
        let (level, inherited, start) = {
            let run = &self.runs[index];
            (run.level, run.cell, run.start)
        };
        if !self.same(inherited, cell) {
            let shadow = self.shadow_key(level, key);
            if self.keys[shadow.0 as usize].last_row != row {
                self.push_cell(shadow, inherited, row);
            }
        }
        if self.slot_of(key, inherited) != slot {
            if start < row {
                self.write_run(key, inherited, start, row);
            }
            self.runs[index].start = row + 1;
        }
    }

    fn end_run(&mut self, index: usize) {
        let (key, cell, start, suspended) = {
            let run = &self.runs[index];
            (run.key, run.cell, run.start, run.suspended)
        };
        let end = self.current_row();
        if !suspended && start < end {
            self.write_run(key, cell, start, end);
        }
    }

    /// The code of the list of keys that rows now get from `level`, without those that this row overrides.
    pub(super) fn list_code(&mut self, level: Level) -> u32 {
        let row = self.row();
        let touches = |key: KeyCode| self.keys[key.0 as usize].last_row == row;
        let affected = !self.overridden.is_empty() && self.runs.iter().any(|run| run.level == level && touches(run.key));
        if let (Some(code), false) = (self.level_lists[level as usize], affected) {
            return code;
        }
        let mut listed = std::mem::take(&mut self.listed);
        listed.clear();
        listed.extend(
            self.runs
                .iter()
                .filter(|run| run.level == level && !run.suspended && !run.is_shadow && !touches(run.key))
                .map(|run| self.keys[run.key.0 as usize].key),
        );
        listed.sort_unstable_by_key(|key| self.text_of(*key));
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        for key in &listed {
            if !list.is_empty() {
                list.push('\n');
            }
            list.push_str(self.text_of(*key));
        }
        let code = if list.is_empty() { 0 } else { self.intern_list(&list) };
        (self.listed, self.list) = (listed, list);
        if !affected {
            self.level_lists[level as usize] = Some(code);
        }
        code
    }

    fn intern_list(&mut self, list: &str) -> u32 {
        if let Some(code) = self.key_lists.get(list) {
            return *code;
        }
        let code = self.system.key_lists.len() as u32;
        self.list_bytes += 2 * list.len() + 64;
        self.system.key_lists.push(list.to_owned());
        self.key_lists.insert(list.to_owned(), code);
        code
    }
}

//! Building rows: intern a key once, append cells by column, keep resource and scope values as runs.

mod levels;

use levels::OpenRun;

use super::{Attribute, Cells, Overflow, Rows, SystemCells, Text, Values};
use crate::column::ColumnType;
use crate::id::{SpanId, TraceId};
use crate::kind::{Annotation, Signal, Source};
use crate::limits;
use arrow_buffer::Buffer;
use bytes::Bytes;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher;

/// A value on its way into a column. Text was put into the arena by [`RowsBuilder::text`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// Text.
    Str(Text),
    /// A 64-bit integer.
    Int(i64),
    /// A double. NaN is no number: it goes to `_overflow` as the text `NaN`, so that it can be read back, `exists` sees it, and it
    /// neither fixes the key's type nor meets a calculation.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// JSON text of an array, map or bytes.
    Json(Text),
    /// Sent, but empty: exists without a type.
    Null,
}

/// An interned key of one builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyCode(u32);

/// Which level of a request a value stands on for all items below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The resource; loses to scope and own values. A different value that loses is kept as `resource.<key>`.
    Resource,
    /// The scope; loses to own values. A different value that loses is kept as `scope.<key>`.
    Scope,
}

/// The system columns of one row.
#[derive(Debug, Clone, Copy)]
pub struct SystemRow {
    /// Event time, ns since 1970 UTC.
    pub time_ns: i64,
    /// Span duration in ns; `None` when not a span or unfinished.
    pub duration_ns: Option<i64>,
    /// The trace.
    pub trace_id: Option<TraceId>,
    /// The span; spans only.
    pub span_id: Option<SpanId>,
    /// The parent, or the span that an annotation belongs to.
    pub parent_id: Option<SpanId>,
    /// The dataset, from [`RowsBuilder::dataset`].
    pub dataset: u32,
    /// What sort of signal.
    pub signal: Signal,
    /// How it came.
    pub source: Source,
    /// Whether it hangs on a span.
    pub annotation: Annotation,
    /// The name, from [`RowsBuilder::text`].
    pub name: Option<Text>,
    /// OTLP span kind, any number from 0.
    pub kind: Option<i8>,
    /// OTLP status code, any number from 0.
    pub status: Option<i8>,
    /// The weight, at least 1.
    pub sample_rate: f64,
}

/// Builds the [`Rows`] of one request.
///
/// Call [`RowsBuilder::open`] for the values of a resource or scope, then for each item [`RowsBuilder::start_row`], `set` for
/// its own values, `set_default` for synthesized ones, [`RowsBuilder::finish_row`]; [`RowsBuilder::close`] ends a level.
/// Memory grows with cells, not with allocations: after warm-up a row allocates nothing.
#[derive(Default)]
pub struct RowsBuilder {
    arena: Vec<u8>,
    system: SystemCells,
    attributes: Vec<Attribute>,
    overflow: Vec<Overflow>,
    raw: Vec<(u32, Bytes)>,
    keys: Vec<KeyState>,
    key_table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    runs: Vec<OpenRun>,
    overridden: Vec<u32>,
    level_lists: [Option<u32>; 2],
    key_lists: HashMap<String, u32>,
    dataset_codes: HashMap<String, u32>,
    cells: usize,
    list_bytes: usize,
    /// Memory for building key lists, kept from one to the next.
    listed: Vec<Text>,
    list: String,
}

/// Where the values of one type of one key go: an index into `attributes`, or into `overflow` for [`OVERFLOW_SLOT`].
const SLOTS: usize = 6;
const OVERFLOW_SLOT: usize = 5;
const NEVER: u32 = u32::MAX;

struct KeyState {
    key: Text,
    columns: [u32; SLOTS],
    /// The row that last set this key itself, to what, and into which slot.
    last_row: u32,
    last_cell: Cell,
    last_slot: usize,
    /// The keys `resource.<key>` and `scope.<key>`, once they were needed.
    shadows: [u32; 2],
    /// Index into `runs` of the run in force.
    run: Option<usize>,
}

// === impl Cell ===

impl Cell {
    fn slot(self) -> usize {
        match self {
            Cell::Str(_) => 0,
            Cell::Int(_) => 1,
            Cell::Float(value) if value.is_nan() => OVERFLOW_SLOT,
            Cell::Float(_) => 2,
            Cell::Bool(_) => 3,
            Cell::Json(_) => 4,
            Cell::Null => OVERFLOW_SLOT,
        }
    }
}

// === impl RowsBuilder ===

impl RowsBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        let mut builder = Self::default();
        builder.system.key_lists.push(String::new());
        builder
    }

    /// How many rows were finished.
    pub fn len(&self) -> usize {
        self.system.time_ns.len()
    }

    /// Whether no row was finished.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies text into the arena.
    pub fn text(&mut self, text: &str) -> Text {
        let offset = u32::try_from(self.arena.len()).expect("a request's text stays below 4 GiB: bodies are limited to 64 MiB");
        self.arena.extend_from_slice(text.as_bytes());
        Text { offset, len: text.len() as u32 }
    }

    /// What [`RowsBuilder::text`] was given.
    pub fn text_of(&self, text: Text) -> &str {
        std::str::from_utf8(&self.arena[text.offset as usize..][..text.len as usize]).expect("only whole strings are put in")
    }

    /// The code of a dataset slug within this request.
    pub fn dataset(&mut self, slug: &str) -> u32 {
        if let Some(code) = self.dataset_codes.get(slug) {
            return *code;
        }
        let code = self.system.datasets.len() as u32;
        self.list_bytes += 2 * slug.len() + 64;
        self.system.datasets.push(slug.to_owned());
        self.dataset_codes.insert(slug.to_owned(), code);
        code
    }

    /// [`RowsBuilder::key`] for a caller who has an idea: the attribute at one position mostly has the key that stood there in the
    /// item before. A right guess costs one comparison.
    #[inline]
    pub fn key_guessed(&mut self, guess: Option<KeyCode>, key: &str) -> KeyCode {
        match guess {
            Some(guess) if self.key_bytes(guess) == key.as_bytes() => guess,
            _ => self.key(key),
        }
    }

    /// The key behind a code.
    pub fn key_text(&self, key: KeyCode) -> &str {
        self.text_of(self.keys[key.0 as usize].key)
    }

    fn key_bytes(&self, key: KeyCode) -> &[u8] {
        let text = self.keys[key.0 as usize].key;
        &self.arena[text.offset as usize..][..text.len as usize]
    }

    /// About how many bytes the rows take so far; grows with every row, cell, key and text. Costs nothing.
    pub fn approximate_bytes(&self) -> usize {
        const ROW: usize = 96;
        const CELL: usize = 16;
        const KEY: usize = 256;
        self.arena.len() + self.len() * ROW + self.cells * CELL + self.keys.len() * KEY + self.list_bytes
    }

    /// Interns a key of at most [`limits::KEY_OVERFLOW_BYTES`] bytes; the caller drops and counts longer ones.
    pub fn key(&mut self, key: &str) -> KeyCode {
        let hash = self.hasher.hash_one(key.as_bytes());
        let (arena, keys) = (&self.arena, &self.keys);
        let key_bytes = |code: &u32| {
            let text = keys[*code as usize].key;
            &arena[text.offset as usize..][..text.len as usize]
        };
        if let Some(code) = self.key_table.find(hash, |code| key_bytes(code) == key.as_bytes()) {
            return KeyCode(*code);
        }
        let code = self.keys.len() as u32;
        let text = self.text(key);
        self.keys.push(KeyState {
            key: text,
            columns: [NEVER; SLOTS],
            last_row: NEVER,
            last_cell: Cell::Null,
            last_slot: 0,
            shadows: [NEVER; 2],
            run: None,
        });
        let (arena, keys, hasher) = (&self.arena, &self.keys, &self.hasher);
        self.key_table.insert_unique(hash, code, |code| {
            let text = keys[*code as usize].key;
            hasher.hash_one(&arena[text.offset as usize..][..text.len as usize])
        });
        KeyCode(code)
    }

    /// Begins a row: values set from now on are its own.
    pub fn start_row(&mut self, row: &SystemRow) {
        let system = &mut self.system;
        system.time_ns.push(row.time_ns);
        system.duration_ns.push(row.duration_ns.unwrap_or(i64::MIN));
        system.trace_id.push(row.trace_id.map_or([0; 16], TraceId::bytes));
        system.span_id.push(row.span_id.map_or([0; 8], SpanId::bytes));
        system.parent_id.push(row.parent_id.map_or([0; 8], SpanId::bytes));
        system.dataset.push(row.dataset);
        system.signal.push(row.signal.number());
        system.source.push(row.source.number());
        system.annotation.push(row.annotation.number());
        system.name.push(row.name.unwrap_or(Text::NONE));
        system.kind.push(row.kind.unwrap_or(-1));
        system.status.push(row.status.unwrap_or(-1));
        debug_assert!(row.sample_rate >= 1.0, "weights are at least 1");
        system.sample_rate.push(row.sample_rate);
        system.resource_keys.push(0);
        system.scope_keys.push(0);
    }

    /// Sets a value of the row's own; the last of several holds.
    pub fn set(&mut self, key: KeyCode, cell: Cell) {
        let row = self.row();
        let state = &self.keys[key.0 as usize];
        if state.last_row == row {
            let (slot, column) = (state.last_slot, state.columns[state.last_slot]);
            self.pop(slot, column);
        } else if state.run.is_some() {
            self.overridden.push(key.0);
        }
        self.push_cell(key, cell, row);
    }

    /// Sets a synthesized value: loses to the row's own value, wins over scope and resource.
    pub fn set_default(&mut self, key: KeyCode, cell: Cell) {
        if !self.is_set(key) {
            self.set(key, cell);
        }
    }

    /// Sets a synthesized value, also where the row's own is empty; where the row's own value differs, it is kept as `shadow`.
    /// `false` when that is the row's own and differs too: the value is lost.
    pub fn set_default_or(&mut self, key: KeyCode, cell: Cell, shadow: KeyCode) -> bool {
        self.set_unless_other(key, cell) || self.set_unless_other(shadow, cell)
    }

    /// Sets a synthesized value, also where the row's own is empty; `false` when the row's own value differs, which then holds.
    pub fn set_unless_other(&mut self, key: KeyCode, cell: Cell) -> bool {
        match self.own(key) {
            None | Some(Cell::Null) => {
                self.set(key, cell);
                true
            }
            Some(own) => self.same(own, cell),
        }
    }

    /// Whether the row itself set this key.
    pub fn is_set(&self, key: KeyCode) -> bool {
        self.keys[key.0 as usize].last_row == self.row()
    }

    /// What the row itself set this key to.
    pub fn own(&self, key: KeyCode) -> Option<Cell> {
        let state = &self.keys[key.0 as usize];
        (state.last_row == self.row()).then_some(state.last_cell)
    }

    /// Gives the row being built, and the `rows - 1` before it, this weight.
    pub fn weigh(&mut self, rows: usize, sample_rate: f64) {
        debug_assert!(sample_rate >= 1.0, "weights are at least 1");
        let first = self.len().saturating_sub(rows);
        self.system.sample_rate[first..].fill(sample_rate);
    }

    /// Keeps the document that the row being built came in, as it was received.
    pub fn keep_raw(&mut self, raw: Bytes) {
        let row = self.row();
        self.list_bytes += raw.len() + 64;
        match self.raw.last_mut() {
            Some((last, kept)) if *last == row => *kept = raw,
            _ => self.raw.push((row, raw)),
        }
    }

    /// Ends the row.
    pub fn finish_row(&mut self) {
        let row = self.row() as usize;
        for index in 0..self.overridden.len() {
            self.settle(KeyCode(self.overridden[index]));
        }
        let [resource, scope] = [Level::Resource, Level::Scope].map(|level| self.list_code(level));
        self.system.resource_keys[row] = resource;
        self.system.scope_keys[row] = scope;
        self.overridden.clear();
    }

    /// The finished rows. Levels still open are closed.
    pub fn finish(mut self) -> Rows {
        self.close(Level::Resource);
        let arena = Buffer::from_vec(self.arena);
        Rows { arena, system: self.system, attributes: self.attributes, overflow: self.overflow, raw: self.raw }
    }

    fn row(&self) -> u32 {
        (self.system.time_ns.len() - 1) as u32
    }

    /// The row that comes next: runs begin and end between rows.
    fn current_row(&self) -> u32 {
        self.system.time_ns.len() as u32
    }

    fn same(&self, left: Cell, right: Cell) -> bool {
        match (left, right) {
            (Cell::Float(left), Cell::Float(right)) => left.to_bits() == right.to_bits(),
            (Cell::Str(left), Cell::Str(right)) | (Cell::Json(left), Cell::Json(right)) => self.text_of(left) == self.text_of(right),
            _ => left == right,
        }
    }

    fn write_run(&mut self, key: KeyCode, cell: Cell, start: u32, end: u32) {
        self.cells += 1;
        match self.column(key, cell) {
            Column::Str(cells, text) => cells.runs.push((start, end, text)),
            Column::Int(cells, value) => cells.runs.push((start, end, value)),
            Column::Float(cells, value) => cells.runs.push((start, end, value)),
            Column::Bool(cells, value) => cells.runs.push((start, end, value)),
        }
    }

    fn push_cell(&mut self, key: KeyCode, cell: Cell, row: u32) {
        match self.column(key, cell) {
            Column::Str(cells, text) => cells.cells.push((row, text)),
            Column::Int(cells, value) => cells.cells.push((row, value)),
            Column::Float(cells, value) => cells.cells.push((row, value)),
            Column::Bool(cells, value) => cells.cells.push((row, value)),
        }
        self.cells += 1;
        let slot = self.slot_of(key, cell);
        let state = &mut self.keys[key.0 as usize];
        (state.last_row, state.last_cell, state.last_slot) = (row, cell, slot);
    }

    fn pop(&mut self, slot: usize, column: u32) {
        if slot == OVERFLOW_SLOT {
            self.overflow[column as usize].values.cells.pop();
            return;
        }
        match &mut self.attributes[column as usize].values {
            Values::Str(cells) | Values::Json(cells) => drop(cells.cells.pop()),
            Values::Int(cells) => drop(cells.cells.pop()),
            Values::Float(cells) => drop(cells.cells.pop()),
            Values::Bool(cells) => drop(cells.cells.pop()),
        }
    }

    /// Long keys have no column; all their values are overflow.
    fn slot_of(&self, key: KeyCode, cell: Cell) -> usize {
        if self.keys[key.0 as usize].key.len as usize > limits::KEY_BYTES { OVERFLOW_SLOT } else { cell.slot() }
    }

    fn column(&mut self, key: KeyCode, cell: Cell) -> Column<'_> {
        let slot = self.slot_of(key, cell);
        if slot == OVERFLOW_SLOT {
            let json = self.json_of(cell);
            let column = self.overflow_column(key);
            return Column::Str(&mut self.overflow[column].values, json);
        }
        let mut column = self.keys[key.0 as usize].columns[slot];
        if column == NEVER {
            column = self.attributes.len() as u32;
            self.keys[key.0 as usize].columns[slot] = column;
            let values = match ColumnType::ALL[slot] {
                ColumnType::Str => Values::Str(Cells::default()),
                ColumnType::Int => Values::Int(Cells::default()),
                ColumnType::Float => Values::Float(Cells::default()),
                ColumnType::Bool => Values::Bool(Cells::default()),
                ColumnType::Json => Values::Json(Cells::default()),
            };
            self.attributes.push(Attribute { key: self.keys[key.0 as usize].key, values });
        }
        match (&mut self.attributes[column as usize].values, cell) {
            (Values::Str(cells), Cell::Str(text)) | (Values::Json(cells), Cell::Json(text)) => Column::Str(cells, text),
            (Values::Int(cells), Cell::Int(value)) => Column::Int(cells, value),
            (Values::Float(cells), Cell::Float(value)) => Column::Float(cells, value),
            (Values::Bool(cells), Cell::Bool(value)) => Column::Bool(cells, value),
            _ => unreachable!("a slot's column has the slot's type"),
        }
    }

    fn overflow_column(&mut self, key: KeyCode) -> usize {
        let state = &mut self.keys[key.0 as usize];
        if state.columns[OVERFLOW_SLOT] == NEVER {
            state.columns[OVERFLOW_SLOT] = self.overflow.len() as u32;
            self.overflow.push(Overflow { key: state.key, values: Cells::default() });
        }
        state.columns[OVERFLOW_SLOT] as usize
    }

    /// A value as JSON text, for `_overflow`. Doubles always have a point or exponent, so that their type reads back.
    fn json_of(&mut self, cell: Cell) -> Text {
        let json = match cell {
            Cell::Json(text) => return text,
            Cell::Null => "null".to_owned(),
            Cell::Int(value) => value.to_string(),
            Cell::Bool(value) => value.to_string(),
            Cell::Float(value) if value.is_finite() => format!("{value:?}"),
            Cell::Float(value) => format!("\"{value}\""),
            Cell::Str(text) => {
                let mut json = String::new();
                crate::value::push_json_string(&mut json, self.text_of(text));
                json
            }
        };
        self.text(&json)
    }
}

enum Column<'a> {
    Str(&'a mut Cells<Text>, Text),
    Int(&'a mut Cells<i64>, i64),
    Float(&'a mut Cells<f64>, f64),
    Bool(&'a mut Cells<bool>, bool),
}

//! Writing fields: keys interned, text cut to its limit, every loss counted.

use glasshive_model::limits::{FIELDS_PER_EVENT, FLATTEN_LEVELS, KEY_OVERFLOW_BYTES, LONG_STRING_BYTES, STRING_BYTES};
use glasshive_model::rows::Level;
use glasshive_model::{Cell, KeyCode, RowsBuilder, SystemRow, names};
use glasshive_wire_xray::Json;

/// Writes the fields of rows.
pub(super) struct Fields {
    pub rows: RowsBuilder,
    /// Fields of the row being built.
    count: usize,
    dropped: i64,
    cut: Vec<String>,
}

impl Default for Fields {
    fn default() -> Self {
        Self { rows: RowsBuilder::new(), count: 0, dropped: 0, cut: Vec::new() }
    }
}

impl Fields {
    pub(super) fn start_row(&mut self, row: &SystemRow) {
        (self.count, self.dropped) = (0, 0);
        self.cut.clear();
        self.rows.start_row(row);
    }

    pub(super) fn finish_row(&mut self) {
        if self.dropped > 0 {
            let key = self.rows.key(names::META_DROPPED_ATTRIBUTES);
            self.rows.set(key, Cell::Int(self.dropped));
        }
        if !self.cut.is_empty() {
            let list = json_list(self.cut.iter().map(String::as_str));
            let (key, list) = (self.rows.key(names::META_TRUNCATED), self.rows.text(&list));
            self.rows.set(key, Cell::Json(list));
        }
        self.rows.finish_row();
    }

    /// A value for all rows until the resource is closed.
    pub(super) fn open(&mut self, key: &str, text: &str) {
        let text = &text[..text.floor_char_boundary(STRING_BYTES)];
        let (code, text) = (self.rows.key(key), self.rows.text(text));
        self.rows.open(Level::Resource, code, Cell::Str(text));
    }

    pub(super) fn set(&mut self, key: &str, cell: Cell) {
        let code = self.rows.key(key);
        self.set_code(code, cell);
    }

    fn set_code(&mut self, code: KeyCode, cell: Cell) {
        if !self.rows.is_set(code) {
            if self.count >= FIELDS_PER_EVENT {
                self.dropped += 1;
                return;
            }
            self.count += 1;
        }
        self.rows.set(code, cell);
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        let text = self.cut_text(key, text);
        self.set(key, Cell::Str(text));
    }

    pub(super) fn maybe_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    pub(super) fn json(&mut self, key: &str, text: &str) {
        let text = self.cut_text(key, text);
        self.set(key, Cell::Json(text));
    }

    /// The field of this name was cut before it came here.
    pub(super) fn was_cut(&mut self, key: &str) {
        self.cut.push(key.to_owned());
    }

    /// A value that a sender named; dropped and counted where its key is none.
    pub(super) fn value(&mut self, key: &str, value: &Json<'_>) {
        if key.is_empty() || key.len() > KEY_OVERFLOW_BYTES {
            self.dropped += 1;
            return;
        }
        let cell = match value {
            Json::Null => Cell::Null,
            Json::Bool(truth) => Cell::Bool(*truth),
            Json::Number(text) => number(text),
            Json::Str(text) => Cell::Str(self.cut_text(key, text)),
            Json::Array(_) | Json::Object(_) => {
                let mut text = String::new();
                value.write(&mut text);
                Cell::Json(self.cut_text(key, &text))
            }
        };
        self.set(key, cell);
    }

    /// A value with the members of objects under dotted keys, five levels deep.
    pub(super) fn leaves(&mut self, key: &str, value: &Json<'_>) {
        self.level(&mut key.to_owned(), value, 0);
    }

    fn level(&mut self, path: &mut String, value: &Json<'_>, depth: usize) {
        match value {
            Json::Object(members) if !members.is_empty() && depth < FLATTEN_LEVELS => {
                let stem = path.len();
                for (key, value) in members {
                    path.push('.');
                    path.push_str(key);
                    self.level(path, value, depth + 1);
                    path.truncate(stem);
                }
            }
            value => self.value(path, value),
        }
    }

    /// Whether the span has a field of this name, its own or the resource's.
    pub(super) fn is_taken(&mut self, key: &str) -> bool {
        let code = self.rows.key(key);
        self.rows.is_set(code) || self.rows.inherited(code).is_some()
    }

    /// Counts what a sender named and was not kept.
    pub(super) fn drop_one(&mut self) {
        self.dropped += 1;
    }

    fn cut_text(&mut self, key: &str, text: &str) -> glasshive_model::Text {
        let limit = if key == names::EXCEPTION_STACKTRACE { LONG_STRING_BYTES } else { STRING_BYTES };
        if text.len() > limit {
            self.cut.push(key.to_owned());
        }
        self.rows.text(&text[..text.floor_char_boundary(limit)])
    }
}

fn number(text: &str) -> Cell {
    match text.parse::<i64>() {
        Ok(integer) => Cell::Int(integer),
        Err(_) => match text {
            "Infinity" => Cell::Float(f64::INFINITY),
            "-Infinity" => Cell::Float(f64::NEG_INFINITY),
            text => text.parse().map_or(Cell::Null, Cell::Float),
        },
    }
}

/// Texts as a JSON array.
pub(super) fn json_list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut list = String::new();
    Json::Array(texts.map(|text| Json::Str(text.into())).collect()).write(&mut list);
    list
}

//! Attributes into columns: keys interned by position, maps flattened, text cut to its limit, every loss counted.

use super::json_text::JsonText;
use super::ledger::{Ledger, Repair};
use super::weight::Rates;
use glasshive_model::limits::{FIELDS_PER_EVENT, FLATTEN_LEVELS, KEY_OVERFLOW_BYTES, LONG_STRING_BYTES, STRING_BYTES};
use glasshive_model::rows::Level;
use glasshive_model::{Cell, KeyCode, RowsBuilder, names};
use glasshive_wire_otlp::{AnyValue, KeyValues, Text, WireError};
use std::mem;

/// Which list of attributes is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// A resource's: holds for all its items.
    Resource,
    /// A scope's: holds for all its items.
    Scope,
    /// A span's or log record's own.
    Item,
    /// A span event's, link's or metric point's own: sampling attributes mean nothing there.
    Annotation,
    /// What a log record's body holds: own attributes win over it.
    Body,
}

/// What happened to the fields of one list.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Fields set.
    pub fields: usize,
    /// Attributes dropped by our limits.
    pub dropped: u64,
    /// Some text was not Unicode.
    pub is_repaired: bool,
    /// Names of fields that were cut.
    pub truncated: Vec<String>,
    /// Sampling attributes.
    pub rates: Rates,
}

/// Writes the fields of rows.
pub(super) struct Fields {
    pub rows: RowsBuilder,
    pub resource: Marks,
    pub scope: Marks,
    /// Of the item or annotation being written.
    pub own: Marks,
    /// Whether sampling attributes are weights, and not fields like others.
    is_sampled: bool,
    /// Keys by position in the lists of items and of annotations.
    guesses: [Vec<KeyCode>; 2],
    position: usize,
    key: String,
    path: String,
    text: String,
    json: JsonText,
}

// === impl Marks ===

impl Marks {
    /// Forgets, but keeps its memory.
    pub(super) fn clear(&mut self) {
        let mut truncated = mem::take(&mut self.truncated);
        truncated.clear();
        *self = Marks { truncated, ..Marks::default() };
    }
}

// === impl Fields ===

impl Fields {
    pub(super) fn new(is_sampled: bool) -> Self {
        Self {
            rows: RowsBuilder::new(),
            is_sampled,
            resource: Marks::default(),
            scope: Marks::default(),
            own: Marks::default(),
            guesses: [Vec::new(), Vec::new()],
            position: 0,
            key: String::new(),
            path: String::new(),
            text: String::new(),
            json: JsonText::default(),
        }
    }

    fn marks(&mut self, list: List) -> &mut Marks {
        match list {
            List::Resource => &mut self.resource,
            List::Scope => &mut self.scope,
            List::Item | List::Annotation | List::Body => &mut self.own,
        }
    }

    /// Sets a synthesized value, as `shadow` where an attribute has its name and another value. Where attributes hide it under
    /// both names it counts as dropped.
    pub(super) fn set_default_or(&mut self, key: KeyCode, cell: Cell, shadow: KeyCode) {
        self.own.dropped += u64::from(!self.rows.set_default_or(key, cell, shadow));
    }

    /// Sets a synthesized value; where an attribute has its name and another value it counts as dropped.
    pub(super) fn set_default(&mut self, key: KeyCode, cell: Cell) {
        self.own.dropped += u64::from(!self.rows.set_unless_other(key, cell));
    }

    /// Writes a list of attributes.
    pub(super) fn attributes(&mut self, list: List, attributes: KeyValues<'_>, ledger: &mut Ledger) -> Result<(), WireError> {
        self.position = 0;
        let mut key = mem::take(&mut self.key);
        for pair in attributes.iter() {
            let pair = pair?;
            let read = pair.key.read(&mut key);
            if read.is_repaired {
                self.marks(list).is_repaired = true;
            }
            if self.is_sampled && !matches!(list, List::Annotation | List::Body) && self.marks(list).rates.note(read.text, &pair.value) {
                pair.value.check()?;
                continue;
            }
            match pair.value {
                AnyValue::Map(map) if !read.text.is_empty() => self.flatten(list, read.text, map, ledger)?,
                value => self.field(list, read.text, value, ledger)?,
            }
        }
        self.key = key;
        Ok(())
    }

    /// Writes the members of a map under `path`, `.` and their key; maps within, down to the fifth level, likewise.
    pub(super) fn flatten(&mut self, list: List, key: &str, map: KeyValues<'_>, ledger: &mut Ledger) -> Result<(), WireError> {
        let mut path = mem::take(&mut self.path);
        path.clear();
        path.push_str(key);
        self.flatten_level(list, &mut path, map, 0, ledger)?;
        self.path = path;
        Ok(())
    }

    fn flatten_level(
        &mut self,
        list: List,
        path: &mut String,
        map: KeyValues<'_>,
        depth: usize,
        ledger: &mut Ledger,
    ) -> Result<(), WireError> {
        let stem = path.len();
        let mut scratch = String::new();
        let mut is_empty = true;
        for pair in map.iter() {
            let pair = pair?;
            is_empty = false;
            let key = pair.key.read(&mut scratch);
            self.marks(list).is_repaired |= key.is_repaired;
            if key.text.is_empty() {
                self.drop_attribute(list, Repair::EmptyKey, pair.value, ledger)?;
                continue;
            }
            if stem + 1 + key.text.len() > KEY_OVERFLOW_BYTES {
                self.drop_attribute(list, Repair::LongKey, pair.value, ledger)?;
                continue;
            }
            path.push('.');
            path.push_str(key.text);
            match pair.value {
                AnyValue::Map(map) if depth + 1 < FLATTEN_LEVELS => self.flatten_level(list, path, map, depth + 1, ledger)?,
                value => self.field(list, path, value, ledger)?,
            }
            path.truncate(stem);
        }
        if is_empty {
            self.field(list, path, AnyValue::Map(map), ledger)?;
        }
        Ok(())
    }

    fn drop_attribute(&mut self, list: List, why: Repair, value: AnyValue<'_>, ledger: &mut Ledger) -> Result<(), WireError> {
        self.marks(list).dropped += 1;
        ledger.repair(why);
        value.check()
    }

    /// Writes one field.
    fn field(&mut self, list: List, key: &str, value: AnyValue<'_>, ledger: &mut Ledger) -> Result<(), WireError> {
        if key.is_empty() {
            return self.drop_attribute(list, Repair::EmptyKey, value, ledger);
        }
        if key.len() > KEY_OVERFLOW_BYTES {
            return self.drop_attribute(list, Repair::LongKey, value, ledger);
        }
        let code = self.intern(list, key);
        let is_own = !matches!(list, List::Resource | List::Scope);
        let is_set = is_own && self.rows.is_set(code);
        if is_set && list == List::Body {
            if self.rows.own(code) != Some(Cell::Null) {
                return value.check();
            }
        } else if is_set {
            ledger.repair(Repair::DuplicateKey);
        } else if self.resource.fields + self.scope.fields + self.own.fields >= FIELDS_PER_EVENT {
            return self.drop_attribute(list, Repair::TooManyFields, value, ledger);
        } else {
            self.marks(list).fields += 1;
        }
        let cell = self.cell(list, key, value)?;
        match list {
            List::Resource => self.rows.open(Level::Resource, code, cell),
            List::Scope => self.rows.open(Level::Scope, code, cell),
            List::Item | List::Annotation | List::Body => self.rows.set(code, cell),
        }
        Ok(())
    }

    /// The key's code, guessed from what stood at this position in the item before.
    #[inline]
    fn intern(&mut self, list: List, key: &str) -> KeyCode {
        let guesses = match list {
            List::Item => &mut self.guesses[0],
            List::Annotation => &mut self.guesses[1],
            List::Resource | List::Scope | List::Body => return self.rows.key(key),
        };
        let position = self.position;
        self.position += 1;
        match guesses.get_mut(position) {
            Some(guess) => {
                *guess = self.rows.key_guessed(Some(*guess), key);
                *guess
            }
            None => {
                let code = self.rows.key(key);
                if position < FIELDS_PER_EVENT {
                    guesses.push(code);
                }
                code
            }
        }
    }

    /// A value as a cell, cut to its key's limit and marked.
    pub(super) fn cell(&mut self, list: List, key: &str, value: AnyValue<'_>) -> Result<Cell, WireError> {
        Ok(match value {
            AnyValue::Empty => Cell::Null,
            AnyValue::Bool(truth) => Cell::Bool(truth),
            AnyValue::Int(integer) => Cell::Int(integer),
            AnyValue::Double(double) => Cell::Float(double),
            AnyValue::Str(text) => Cell::Str(self.text(list, key, text)),
            AnyValue::Bytes(_) | AnyValue::Array(_) | AnyValue::Map(_) => {
                self.json.write(value)?;
                let json = mem::take(&mut self.json);
                self.marks(list).is_repaired |= json.is_repaired;
                let cut = self.cut(list, key, &json.text);
                let cell = Cell::Json(self.rows.text(cut));
                self.json = json;
                cell
            }
        })
    }

    /// Text into the arena, cut to its key's limit and marked.
    #[inline]
    pub(super) fn text(&mut self, list: List, key: &str, text: Text<'_>) -> glasshive_model::Text {
        let mut scratch = mem::take(&mut self.text);
        let read = text.read(&mut scratch);
        if read.is_repaired {
            self.marks(list).is_repaired = true;
        }
        let cut = self.cut(list, key, read.text);
        let text = self.rows.text(cut);
        self.text = scratch;
        text
    }

    /// An id as lower-case hex digits.
    pub(super) fn hex(&mut self, id: &[u8]) -> glasshive_model::Text {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut scratch = mem::take(&mut self.text);
        scratch.clear();
        for byte in id {
            scratch.push(DIGITS[usize::from(byte >> 4)].into());
            scratch.push(DIGITS[usize::from(byte & 15)].into());
        }
        let text = self.rows.text(&scratch);
        self.text = scratch;
        text
    }

    #[inline]
    fn cut<'t>(&mut self, list: List, key: &str, text: &'t str) -> &'t str {
        if text.len() <= STRING_BYTES {
            return text;
        }
        let limit = if matches!(key, names::BODY | names::EXCEPTION_STACKTRACE) { LONG_STRING_BYTES } else { STRING_BYTES };
        if text.len() <= limit {
            return text;
        }
        self.marks(list).truncated.push(key.to_owned());
        &text[..text.floor_char_boundary(limit)]
    }
}

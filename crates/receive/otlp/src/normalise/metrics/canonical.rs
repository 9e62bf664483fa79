//! Attributes as bytes that can be compared.

use crate::normalise::json_text::JsonText;
use glasshive_model::limits::FLATTEN_LEVELS;
use glasshive_wire_otlp::{AnyValue, KeyValues, WireError};
use std::mem;

/// Writes attributes as bytes that are equal when the fields are that come of them, in whatever order they came: members of maps under
/// the names of their fields. Attributes of one name stay in order, since the last one holds. Keeps its memory from one list to the next.
#[derive(Default)]
pub(super) struct Canonical {
    pairs: Vec<u8>,
    order: Vec<Pair>,
    path: String,
    json: JsonText,
}

/// Where an attribute stands in [`Canonical::pairs`]: its key up to `value`, its value up to `end`.
struct Pair {
    start: usize,
    value: usize,
    end: usize,
}

// === impl Canonical ===

impl Canonical {
    /// Appends the bytes of a list.
    pub(super) fn append(&mut self, attributes: KeyValues<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.collect(attributes)?;
        let pairs = &self.pairs;
        self.order.sort_by(|left, right| pairs[left.start..left.value].cmp(&pairs[right.start..right.value]));
        for Pair { start, end, .. } in &self.order {
            out.extend_from_slice(&((end - start) as u32).to_le_bytes());
            out.extend_from_slice(&self.pairs[*start..*end]);
        }
        Ok(())
    }

    fn collect(&mut self, attributes: KeyValues<'_>) -> Result<(), WireError> {
        self.pairs.clear();
        self.order.clear();
        let mut path = mem::take(&mut self.path);
        path.clear();
        let collected = self.level(attributes, &mut path, 0);
        self.path = path;
        collected
    }

    /// Attributes, or the members of a map that lies so deep.
    fn level(&mut self, attributes: KeyValues<'_>, path: &mut String, depth: usize) -> Result<(), WireError> {
        let stem = path.len();
        let mut scratch = String::new();
        for pair in attributes.iter() {
            let pair = pair?;
            if depth > 0 {
                path.push('.');
            }
            path.push_str(pair.key.read(&mut scratch).text);
            match pair.value {
                AnyValue::Map(map) if depth < FLATTEN_LEVELS && !path.is_empty() && map.iter().next().is_some() => {
                    self.level(map, path, depth + 1)?;
                }
                value => self.pair(path, value)?,
            }
            path.truncate(stem);
        }
        Ok(())
    }

    fn pair(&mut self, key: &str, value: AnyValue<'_>) -> Result<(), WireError> {
        let start = self.pairs.len();
        self.pairs.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.pairs.extend_from_slice(key.as_bytes());
        let value_at = self.pairs.len();
        self.pairs.push(match value {
            AnyValue::Empty => 0,
            AnyValue::Str(_) => 1,
            AnyValue::Bool(_) => 2,
            AnyValue::Int(_) => 3,
            AnyValue::Double(_) => 4,
            AnyValue::Bytes(_) | AnyValue::Array(_) => 5,
            AnyValue::Map(_) => 6,
        });
        self.json.write(value)?;
        self.pairs.extend_from_slice(self.json.text.as_bytes());
        self.order.push(Pair { start, value: value_at, end: self.pairs.len() });
        Ok(())
    }
}

//! Attributes as bytes that can be compared.

use crate::normalise::json_text::JsonText;
use glasshive_wire_otlp::{AnyValue, KeyValues, WireError};

/// Writes attributes as bytes that are equal when these are, in whatever order they came. Attributes of one key stay in order, since the
/// last one holds; so do all where one is a map, whose members may have the keys of others. Keeps its memory from one list to the next.
#[derive(Default)]
pub(super) struct Canonical {
    pairs: Vec<u8>,
    order: Vec<Pair>,
    has_map: bool,
    scratch: String,
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
        if !self.has_map {
            self.order.sort_by(|left, right| pairs[left.start..left.value].cmp(&pairs[right.start..right.value]));
        }
        for Pair { start, end, .. } in &self.order {
            out.extend_from_slice(&((end - start) as u32).to_le_bytes());
            out.extend_from_slice(&self.pairs[*start..*end]);
        }
        Ok(())
    }

    fn collect(&mut self, attributes: KeyValues<'_>) -> Result<(), WireError> {
        self.pairs.clear();
        self.order.clear();
        self.has_map = false;
        for pair in attributes.iter() {
            let pair = pair?;
            let start = self.pairs.len();
            let key = pair.key.read(&mut self.scratch).text;
            self.pairs.extend_from_slice(&(key.len() as u32).to_le_bytes());
            self.pairs.extend_from_slice(key.as_bytes());
            let value = self.pairs.len();
            self.has_map |= matches!(pair.value, AnyValue::Map(_));
            let tag = match pair.value {
                AnyValue::Empty => 0,
                AnyValue::Str(_) => 1,
                AnyValue::Bool(_) => 2,
                AnyValue::Int(_) => 3,
                AnyValue::Double(_) => 4,
                AnyValue::Bytes(_) | AnyValue::Array(_) => 5,
                AnyValue::Map(_) => 6,
            };
            self.pairs.push(tag);
            self.json.write(pair.value)?;
            self.pairs.extend_from_slice(self.json.text.as_bytes());
            self.order.push(Pair { start, value, end: self.pairs.len() });
        }
        Ok(())
    }
}

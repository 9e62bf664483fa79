//! The fields of a row that are its own, and which of them other parts of the item already say.

use super::node::{comma, push_attribute};
use crate::transfer::row::{StoredRow, same};
use glasshive_model::Value;

/// A row's own fields. Those that are taken are said by other parts of the item; the rest are attributes.
pub struct Own<'r> {
    row: &'r StoredRow,
    taken: Vec<bool>,
}

// === impl Own ===

impl<'r> Own<'r> {
    /// All fields of the row but those that came from its resource or scope.
    pub fn of(row: &'r StoredRow) -> Self {
        let mut taken = vec![false; row.fields.len()];
        for place in row.resource_keys.iter().chain(&row.scope_keys).filter_map(|key| row.place(key)) {
            taken[place] = true;
        }
        Self { row, taken }
    }

    /// The value of an own field that nobody took.
    pub fn get(&self, name: &str) -> Option<&'r Value> {
        let place = self.row.place(name).filter(|place| !self.taken[*place])?;
        Some(&self.row.fields[place].1)
    }

    /// Names and values of all that nobody took.
    pub fn rest(&self) -> impl Iterator<Item = (&'r str, &'r Value)> {
        let fields = self.row.fields.iter().zip(&self.taken);
        fields.filter(|(_, taken)| !**taken).map(|((name, value), _)| (&**name, value))
    }

    /// Takes a field.
    pub fn take(&mut self, name: &str) {
        if let Some(place) = self.row.place(name) {
            self.taken[place] = true;
        }
    }

    /// Takes a field if it has this value, which a receiver gives it by itself.
    pub fn take_if(&mut self, name: &str, value: &Value) {
        if self.get(name).is_some_and(|own| same(own, value)) {
            self.take(name);
        }
    }

    /// Takes text.
    pub fn take_text(&mut self, name: &str) -> Option<&'r str> {
        match self.get(name)? {
            Value::Str(text) if !text.is_empty() => {
                self.take(name);
                Some(text)
            }
            _ => None,
        }
    }

    /// Takes an integer of a range.
    pub fn take_int(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        match self.get(name)? {
            Value::Int(integer) if range.contains(integer) => {
                self.take(name);
                Some(*integer)
            }
            _ => None,
        }
    }

    /// Appends what nobody took as `"attributes":[...],`, and the weight where something says or might say another.
    pub fn push_attributes(&self, out: &mut String, weight: Option<f64>) {
        let mut count = 0;
        out.push_str("\"attributes\":[");
        for (name, value) in self.rest() {
            comma(out, count);
            push_attribute(out, name, value);
            count += 1;
        }
        if let Some(weight) = weight {
            comma(out, count);
            push_attribute(out, "sampleRate", &Value::Int(weight as i64));
        }
        out.push_str("],");
    }

    /// The weight to be said as an attribute: whole ones, unless they are 1 and nothing says otherwise. Others come from parts of
    /// the item, which say them again.
    pub fn weight(&self) -> Option<f64> {
        let weight = self.row.sample_rate;
        let is_whole = weight.fract() == 0.0 && weight <= f64::from(i32::MAX);
        let is_hint = |name: &str| name.starts_with("sampling.") || name.starts_with("sampler.") || name == "trace.trace_state";
        let is_hinted = || self.row.fields.iter().any(|(name, _)| is_hint(name));
        (is_whole && (weight != 1.0 || is_hinted())).then_some(weight)
    }
}

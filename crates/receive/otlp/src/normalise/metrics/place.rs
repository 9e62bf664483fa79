//! Which points share a row.

use crate::normalise::json_text::JsonText;
use glasshive_model::KeyCode;
use glasshive_wire_otlp::metric::{Point, RawPoint};
use glasshive_wire_otlp::{AnyValue, KeyValues, WireError};
use std::collections::HashMap;

/// A point that is kept, and the row it goes to.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    /// Rows are numbered in order of their first points.
    pub row: u32,
    /// Index of the point's metric.
    pub metric: u32,
    pub raw: RawPoint<'a>,
}

/// The rows of one scope.
#[derive(Default)]
pub(super) struct Places<'a> {
    points: Vec<Placed<'a>>,
    rows: u32,
    /// By attributes in a canonical form, start and time: a group, and the row of its first values.
    groups: HashMap<Box<[u8]>, (u32, u32)>,
    /// How many points of a metric a group has.
    repeats: HashMap<(u32, KeyCode), u32>,
    /// The rows for the second, third, ... points of any metric in a group.
    later_rows: HashMap<(u32, u32), u32>,
    canonical: Canonical,
}

/// A point's attributes, start and time as bytes that are equal when these are, in whatever order the attributes came. Attributes
/// of one key stay in order, since the last one holds; so do all where one is a map, whose members may have the keys of others.
#[derive(Default)]
struct Canonical {
    bytes: Vec<u8>,
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

// === impl Places ===

impl<'a> Places<'a> {
    /// Takes a point of the metric that is known by `metric` and `name`; `point` is `raw`, read.
    pub(super) fn add(&mut self, metric: usize, name: KeyCode, raw: RawPoint<'a>, point: &Point<'_>) -> Result<(), WireError> {
        let canonical = self.canonical.write(point)?;
        let (group, first_row) = match self.groups.get(canonical) {
            Some(known) => *known,
            None => {
                let new = (self.groups.len() as u32, self.rows);
                self.rows += 1;
                self.groups.insert(canonical.into(), new);
                new
            }
        };
        let repeats = self.repeats.entry((group, name)).or_default();
        let row = match *repeats {
            0 => first_row,
            repeat => *self.later_rows.entry((group, repeat)).or_insert_with(|| {
                self.rows += 1;
                self.rows - 1
            }),
        };
        *repeats += 1;
        self.points.push(Placed { row, metric: metric as u32, raw });
        Ok(())
    }

    /// The points by row, within a row in the order sent.
    pub(super) fn into_points(self) -> Vec<Placed<'a>> {
        let mut points = self.points;
        points.sort_by_key(|point| point.row);
        points
    }
}

// === impl Canonical ===

impl Canonical {
    fn write(&mut self, point: &Point<'_>) -> Result<&[u8], WireError> {
        self.collect(point.attributes)?;
        let pairs = &self.pairs;
        if !self.has_map {
            self.order.sort_by(|left, right| pairs[left.start..left.value].cmp(&pairs[right.start..right.value]));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(&point.start_ns.to_le_bytes());
        self.bytes.extend_from_slice(&point.time_ns.to_le_bytes());
        for Pair { start, end, .. } in &self.order {
            self.bytes.extend_from_slice(&((end - start) as u32).to_le_bytes());
            self.bytes.extend_from_slice(&self.pairs[*start..*end]);
        }
        Ok(&self.bytes)
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

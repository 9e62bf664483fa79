//! Which points share a row.

use super::canonical::Canonical;
use glasshive_model::KeyCode;
use glasshive_wire_otlp::WireError;
use glasshive_wire_otlp::metric::{Point, RawPoint};
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
    /// Those of the point at hand.
    key: Vec<u8>,
}

// === impl Places ===

impl<'a> Places<'a> {
    /// Takes a point of the metric that is known by `metric` and `name`; `point` is `raw`, read.
    pub(super) fn add(&mut self, metric: usize, name: KeyCode, raw: RawPoint<'a>, point: &Point<'_>) -> Result<(), WireError> {
        self.key.clear();
        self.key.extend_from_slice(&point.start_ns.to_le_bytes());
        self.key.extend_from_slice(&point.time_ns.to_le_bytes());
        self.canonical.append(point.attributes, &mut self.key)?;
        let canonical = self.key.as_slice();
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

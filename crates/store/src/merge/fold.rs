//! Equal rows of several requests: a client that sent its events again, in other requests or later than a repeated request is
//! known. Of each such row a merge keeps one.
//!
//! Rows that are equal within one request are events of their own, so what is kept of a row is as many as one source had most
//! of: one request, or one file that is itself merged, whose rows have been told apart before.

use super::cursor::Place;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use std::collections::HashMap;

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RowSource {
    /// The request of this log sequence.
    Request(i64),
    /// This of the inputs, which is merged already.
    Merged(usize),
}

/// The rows of one trace and time, in order of `_seq`: only these can be equal.
#[derive(Debug, Default)]
pub(super) struct Fold {
    of: Option<(u128, i64)>,
    /// How many rows of a fingerprint are kept.
    kept: HashMap<u128, usize>,
    /// How many of them one source had.
    had: HashMap<(u128, RowSource), usize>,
}

impl Fold {
    /// Begins with the rows of another trace and time, unless these are the same. Whether rows of them were seen.
    pub fn is_begun(&mut self, place: Place) -> bool {
        let of = Some((place.1, place.2));
        if self.of == of {
            return true;
        }
        self.of = of;
        if !self.kept.is_empty() {
            (self.kept, self.had) = Default::default();
        }
        false
    }

    /// Whether one more row of this fingerprint stays.
    pub fn keeps(&mut self, fingerprint: u128, source: RowSource) -> bool {
        let had = self.had.entry((fingerprint, source)).or_default();
        *had += 1;
        let kept = self.kept.entry(fingerprint).or_default();
        let is_new = *had > *kept;
        *kept += usize::from(is_new);
        is_new
    }
}

/// The hash of a row's values, those that are null left out: rows are equal if theirs is, as requests are if their bodies' is.
/// `columns` are names and places, in the order of their names, which is the same for every file.
pub(super) fn fingerprint<'a>(batch: &RecordBatch, row: usize, columns: impl Iterator<Item = (&'a str, usize)>) -> u128 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    let mut update = |name: &str, value: &[u8]| {
        hash.update(&(name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update(&(value.len() as u64).to_le_bytes());
        hash.update(value);
    };
    for (name, place) in columns {
        let array = batch.column(place);
        if array.is_null(row) {
            continue;
        }
        match array.data_type() {
            DataType::Utf8View => update(name, array.as_string_view().value(row).as_bytes()),
            DataType::Binary => update(name, array.as_binary::<i32>().value(row)),
            DataType::FixedSizeBinary(_) => update(name, array.as_fixed_size_binary().value(row)),
            DataType::Boolean => update(name, &[u8::from(array.as_boolean().value(row))]),
            DataType::Int8 => update(name, &array.as_primitive::<Int8Type>().value(row).to_le_bytes()),
            DataType::Int64 => update(name, &array.as_primitive::<Int64Type>().value(row).to_le_bytes()),
            DataType::Float64 => update(name, &array.as_primitive::<Float64Type>().value(row).to_bits().to_le_bytes()),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                update(name, &array.as_primitive::<TimestampNanosecondType>().value(row).to_le_bytes());
            }
            other => unreachable!("no column of ours has type {other}"),
        }
    }
    hash.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_one_source_had_most_of() {
        let (a, b) = (RowSource::Request(1), RowSource::Request(2));
        let mut fold = Fold::default();
        assert!(!fold.is_begun((0, 7, 7, 1)));
        let stays: Vec<bool> = [a, a, b, b, b, a].into_iter().map(|source| fold.keeps(5, source)).collect();
        assert_eq!(stays, [true, true, false, false, true, false]);
        assert!(fold.keeps(6, b), "another row");
        assert!(fold.is_begun((0, 7, 7, 9)));
        let merged: Vec<bool> = [(); 4].map(|()| fold.keeps(5, RowSource::Merged(0))).to_vec();
        assert_eq!(merged, [false, false, false, true]);
        assert!(!fold.is_begun((0, 7, 8, 9)));
        assert!(fold.keeps(5, b), "another time");
    }
}

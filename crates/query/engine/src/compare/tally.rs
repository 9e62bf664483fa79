//! Counts of values on both sides.

use crate::cells::{KeyForm, group_value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use glasshive_query_plan::{GroupValue, lhist};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Values of a column that are told apart at once; beyond, those that were seen once and not selected are let go.
const VALUES_MAX: usize = 16_384;
/// Different numbers up to which a column of numbers is counted value by value.
const NUMBERS_MAX: usize = 20;
/// Selected rows of which each thread remembers which value each column has, to find columns that say the same.
const SAMPLED_ROWS: usize = 8_192;
/// About what an entry of a map takes, bytes, with the text of its value.
const ENTRY_BYTES: usize = 160;

/// Rows, and what they stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Stored rows.
    pub rows: u64,
    /// Events: each row times its sample rate.
    pub weight: f64,
}

/// One value on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueTally {
    /// The value; never absent.
    pub value: GroupValue,
    /// Among the selected rows.
    pub selected: Tally,
    /// Among the rest.
    pub rest: Tally,
    /// What it is called in [`ColumnTally::sample`].
    pub hash: u64,
}

/// Numbers of one distribution bucket (see [`lhist`]) on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BucketTally {
    /// The bucket.
    pub bucket: i32,
    /// Among the selected rows.
    pub selected: Tally,
    /// Among the rest.
    pub rest: Tally,
}

/// What was counted of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnTally {
    /// Its name.
    pub name: String,
    /// Whether its values are numbers.
    pub is_number: bool,
    /// Selected rows that have it.
    pub selected: Tally,
    /// Other rows that have it.
    pub rest: Tally,
    /// Its values, most rows first; none of a column of more than 20 different numbers.
    pub values: Vec<ValueTally>,
    /// Of such a column, its distribution, ascending.
    pub buckets: Vec<BucketTally>,
    /// Different values among the selected rows, and among the rest; of columns with very many, an upper bound.
    pub distinct: [u64; 2],
    /// The value that each of the sampled selected rows has, by its hash; 0 where it has none. The same rows for every column.
    pub sample: Vec<u64>,
}

/// Rows of a scan, and on which side each is.
pub(super) struct Batch<'a> {
    selected: BooleanBuffer,
    weights: Option<&'a [f64]>,
    rows: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(columns: &'a [ArrayRef], weight: Option<usize>, selected: BooleanBuffer) -> Self {
        let weights = weight.map(|weight| columns[weight].as_primitive::<Float64Type>().values().as_ref());
        Self { rows: selected.len(), selected, weights }
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

impl Tally {
    fn add(&mut self, weight: f64) {
        self.rows += 1;
        self.weight += weight;
    }

    fn merge(&mut self, other: Tally) {
        self.rows += other.rows;
        self.weight += other.weight;
    }
}

/// What one thread counted.
pub(super) struct Counted {
    pub(super) selected: Tally,
    pub(super) rest: Tally,
    pub(super) columns: Vec<Tallies>,
    /// Selected rows of which was remembered what they have.
    sampled: usize,
}

impl Counted {
    pub(super) fn new(columns: usize) -> Self {
        let columns = (0..columns).map(|_| Tallies::default()).collect();
        Self { selected: Tally::default(), rest: Tally::default(), columns, sampled: 0 }
    }

    /// Counts the rows themselves.
    pub(super) fn rows(&mut self, batch: &Batch<'_>) {
        for row in 0..batch.rows {
            if batch.selected.value(row) { &mut self.selected } else { &mut self.rest }.add(batch.weight(row));
        }
        self.sampled = (self.sampled + batch.selected.count_set_bits()).min(SAMPLED_ROWS);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.columns.iter().map(|tallies| (tallies.values.len() + tallies.buckets.len()) * ENTRY_BYTES + tallies.sample.len() * 8).sum()
    }

    pub(super) fn merge(&mut self, other: Counted) {
        self.selected.merge(other.selected);
        self.rest.merge(other.rest);
        for (own, theirs) in self.columns.iter_mut().zip(other.columns) {
            own.merge(theirs);
        }
    }
}

/// Counts of one column.
#[derive(Default)]
pub(super) struct Tallies {
    is_number: bool,
    /// More different numbers than are counted value by value.
    has_many_numbers: bool,
    selected: Tally,
    rest: Tally,
    values: HashMap<u64, ValueTally>,
    /// Values that were let go: different ones of the rest, at most.
    let_go: u64,
    buckets: HashMap<i32, (Tally, Tally)>,
    sample: Vec<u64>,
}

impl Tallies {
    /// Counts a batch of the column: keys of `form`, or numbers.
    pub(super) fn add(&mut self, batch: &Batch<'_>, array: &ArrayRef, form: KeyForm, is_number: bool, is_integer: bool) {
        self.is_number = is_number;
        let room = SAMPLED_ROWS.saturating_sub(self.sample.len());
        if array.null_count() == batch.rows {
            let selected = batch.selected.count_set_bits().min(room);
            self.sample.resize(self.sample.len() + selected, 0);
            return;
        }
        let mut left = room;
        for row in 0..batch.rows {
            let is_selected = batch.selected.value(row);
            let is_there = array.is_valid(row);
            let hash = if is_there { hash_of(array, row) } else { 0 };
            if is_selected && left > 0 {
                self.sample.push(hash);
                left -= 1;
            }
            if !is_there {
                continue;
            }
            let weight = batch.weight(row);
            if is_selected { &mut self.selected } else { &mut self.rest }.add(weight);
            if is_number {
                self.add_number(array.as_primitive::<Float64Type>().value(row), is_integer, is_selected, weight, hash);
            } else {
                let entry = self.values.entry(hash).or_insert_with(|| entry_of(group_value(form, array.as_ref(), row), hash));
                if is_selected { &mut entry.selected } else { &mut entry.rest }.add(weight);
            }
        }
        if self.values.len() > VALUES_MAX {
            self.let_rare_go();
        }
    }

    fn add_number(&mut self, number: f64, is_integer: bool, is_selected: bool, weight: f64, hash: u64) {
        if let Some(bucket) = lhist::bucket(number) {
            let sides = self.buckets.entry(bucket).or_default();
            if is_selected { &mut sides.0 } else { &mut sides.1 }.add(weight);
        }
        if self.has_many_numbers {
            return;
        }
        let value = || if is_integer { GroupValue::Int(number as i64) } else { GroupValue::of_float(number) };
        let entry = self.values.entry(hash).or_insert_with(|| entry_of(value(), hash));
        if is_selected { &mut entry.selected } else { &mut entry.rest }.add(weight);
        if self.values.len() > NUMBERS_MAX {
            self.has_many_numbers = true;
            self.values.clear();
        }
    }

    /// Lets go of values of which one row was seen, on the side that is large; of more when that is not enough.
    fn let_rare_go(&mut self) {
        for rows in [1, 4, 64, u64::MAX] {
            let before = self.values.len();
            self.values.retain(|_, entry| entry.selected.rows > 0 || entry.rest.rows > rows);
            self.let_go += (before - self.values.len()) as u64;
            if self.values.len() <= VALUES_MAX / 2 {
                return;
            }
        }
        // All that is left was selected: those with few rows cannot decide.
        let before = self.values.len();
        self.values.retain(|_, entry| entry.selected.rows > 1);
        self.let_go += (before - self.values.len()) as u64;
    }

    fn merge(&mut self, other: Tallies) {
        self.is_number |= other.is_number;
        self.has_many_numbers |= other.has_many_numbers;
        self.selected.merge(other.selected);
        self.rest.merge(other.rest);
        self.let_go += other.let_go;
        self.sample.extend(other.sample);
        for (hash, theirs) in other.values {
            match self.values.entry(hash) {
                std::collections::hash_map::Entry::Occupied(mut own) => {
                    own.get_mut().selected.merge(theirs.selected);
                    own.get_mut().rest.merge(theirs.rest);
                }
                std::collections::hash_map::Entry::Vacant(own) => {
                    own.insert(theirs);
                }
            }
        }
        for (bucket, (selected, rest)) in other.buckets {
            let sides = self.buckets.entry(bucket).or_default();
            sides.0.merge(selected);
            sides.1.merge(rest);
        }
        self.has_many_numbers |= self.is_number && self.values.len() > NUMBERS_MAX;
    }

    /// The counts in order; nothing for a column that no row has.
    pub(super) fn finish(self, name: &str) -> Option<ColumnTally> {
        if self.selected.rows + self.rest.rows == 0 {
            return None;
        }
        let mut values: Vec<ValueTally> = if self.has_many_numbers { Vec::new() } else { self.values.into_values().collect() };
        let rows = |value: &ValueTally| value.selected.rows + value.rest.rows;
        values.sort_by(|left, right| rows(right).cmp(&rows(left)).then_with(|| left.hash.cmp(&right.hash)));
        let of = |is_wanted: fn(&ValueTally) -> bool| values.iter().filter(|value| is_wanted(value)).count() as u64;
        let distinct = if self.has_many_numbers {
            let buckets = |side: fn(&(Tally, Tally)) -> bool| self.buckets.values().filter(|sides| side(sides)).count() as u64;
            [buckets(|sides| sides.0.rows > 0), buckets(|sides| sides.1.rows > 0)]
        } else {
            [of(|value| value.selected.rows > 0), of(|value| value.rest.rows > 0) + self.let_go]
        };
        let mut buckets: Vec<BucketTally> = Vec::new();
        if self.has_many_numbers {
            buckets.extend(self.buckets.into_iter().map(|(bucket, (selected, rest))| BucketTally { bucket, selected, rest }));
            buckets.sort_by_key(|tally| tally.bucket);
        }
        let (selected, rest) = (self.selected, self.rest);
        Some(ColumnTally {
            name: name.to_owned(),
            is_number: self.is_number,
            selected,
            rest,
            values,
            buckets,
            distinct,
            sample: self.sample,
        })
    }
}

fn entry_of(value: GroupValue, hash: u64) -> ValueTally {
    ValueTally { value, selected: Tally::default(), rest: Tally::default(), hash }
}

/// Equal for equal values of a column, and never 0.
fn hash_of(array: &ArrayRef, row: usize) -> u64 {
    let hash = match array.data_type() {
        DataType::Utf8View => xxh3_64(array.as_string_view().value(row).as_bytes()),
        DataType::Int64 => xxh3_64(&array.as_primitive::<Int64Type>().value(row).to_le_bytes()),
        DataType::Int8 => xxh3_64(&array.as_primitive::<Int8Type>().value(row).to_le_bytes()),
        // Adding zero makes one of the two zeros.
        DataType::Float64 => xxh3_64(&(array.as_primitive::<Float64Type>().value(row) + 0.0).to_bits().to_le_bytes()),
        DataType::Boolean => xxh3_64(&[u8::from(array.as_boolean().value(row))]),
        other => {
            debug_assert!(false, "no column is handed out as {other:?}");
            1
        }
    };
    hash.max(1)
}

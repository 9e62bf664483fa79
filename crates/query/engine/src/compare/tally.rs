//! Counts of values on both sides.
//!
//! A batch's rows are first gathered in [`Slots`] of what is quickly told equal - the bits of a number, the view of a text - so that a
//! value is hashed, looked up and made readable once for a batch and not once for a row.

use super::slots::Slots;
use crate::cells::{KeyForm, group_value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use glasshive_query_plan::{GroupValue, lhist};
use std::borrow::Cow;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Values of a column that are told apart at once; beyond, those with the least share of either side are let go.
const VALUES_MAX: usize = 16_384;
/// Bytes of text that the values of a column take at once; beyond, values are let go as well. More than twice the longest value.
const TEXT_MAX: usize = 4 << 20;
/// Different numbers up to which a column of numbers is counted value by value.
const NUMBERS_MAX: usize = 20;
/// Selected rows of which each thread remembers which value each column has, to find columns that say the same.
const SAMPLED_ROWS: usize = 8_192;
/// What a map takes for a value it has room for, bytes, without its text: an eighth of a map's places stays empty.
const VALUE_BYTES: usize = (size_of::<(u64, ValueTally)>() + 1) * 8 / 7;
/// The same of a bucket.
const BUCKET_BYTES: usize = (size_of::<(i32, [Tally; 2])>() + 1) * 8 / 7;

/// Rows, and what they stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Stored rows.
    pub rows: u64,
    /// Events: each row times its sample rate.
    pub weight: f64,
    /// The squares of the sample rates, added up: what tells many light rows from a few heavy ones.
    pub squares: f64,
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
    /// 0 for a selected row, 1 for another: the index of its side.
    pub(super) sides: Vec<u8>,
    /// The selected rows.
    selected: Vec<u32>,
    pub(super) weights: Option<Cow<'a, [f64]>>,
}

impl<'a> Batch<'a> {
    /// `stands_for`: of rows that were taken out of many, how many each stands for.
    pub(super) fn new(columns: &'a [ArrayRef], weight: Option<usize>, stands_for: Option<f64>, selected: &BooleanBuffer) -> Self {
        let weights = weight.map(|weight| columns[weight].as_primitive::<Float64Type>().values().as_ref());
        let weights = match (weights, stands_for) {
            (Some(weights), Some(many)) => Some(weights.iter().map(|weight| weight * many).collect::<Vec<_>>().into()),
            (Some(weights), None) => Some(weights.into()),
            (None, Some(many)) => Some(vec![many; selected.len()].into()),
            (None, None) => None,
        };
        let mut sides = vec![1; selected.len()];
        selected.set_indices().for_each(|row| sides[row] = 0);
        let selected = selected.set_indices().map(|row| u32::try_from(row).expect("a batch has thousands of rows")).collect();
        Self { sides, selected, weights }
    }

    pub(super) fn rows(&self) -> usize {
        self.sides.len()
    }
}

impl Tally {
    /// So many rows that stand for themselves.
    pub fn of_rows(rows: u64) -> Self {
        Self { rows, weight: rows as f64, squares: rows as f64 }
    }

    pub(super) fn add(&mut self, weight: f64) {
        self.rows += 1;
        self.weight += weight;
        self.squares += weight * weight;
    }

    /// Adds other rows.
    pub fn merge(&mut self, other: Tally) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.squares += other.squares;
    }

    /// The rows that are left without some of them.
    pub fn without(self, part: Tally) -> Self {
        Self {
            rows: self.rows.saturating_sub(part.rows),
            weight: (self.weight - part.weight).max(0.0),
            squares: (self.squares - part.squares).max(0.0),
        }
    }

    /// How many events an event is one of that came by one row: the weight of a row, taken at random by weight. 1 where every row stands
    /// for itself; never less than the mean weight, as which rounding could have it.
    pub fn heaviness(self) -> f64 {
        if self.weight > 0.0 { (self.squares / self.weight).max(self.weight / self.rows.max(1) as f64) } else { 1.0 }
    }
}

/// What one thread counted.
pub(super) struct Counted {
    /// The selected rows, and the rest.
    pub(super) sides: [Tally; 2],
    pub(super) columns: Vec<Tallies>,
    slots: Slots,
}

/// What a column's values are counted as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Keys of a form.
    Keys(KeyForm),
    /// Numbers; `true` where all of them are integers.
    Numbers(bool),
}

impl Counted {
    pub(super) fn new(columns: usize) -> Self {
        let columns = (0..columns).map(|_| Tallies::default()).collect();
        Self { sides: Default::default(), columns, slots: Slots::default() }
    }

    /// Counts the rows themselves.
    pub(super) fn rows(&mut self, batch: &Batch<'_>) {
        match &batch.weights {
            None => {
                self.sides[0].merge(Tally::of_rows(batch.selected.len() as u64));
                self.sides[1].merge(Tally::of_rows((batch.rows() - batch.selected.len()) as u64));
            }
            Some(weights) => batch.sides.iter().zip(weights.iter()).for_each(|(side, weight)| self.sides[usize::from(*side)].add(*weight)),
        }
    }

    /// Counts a batch of a column: keys of `form`, or numbers.
    pub(super) fn column(&mut self, column: usize, batch: &Batch<'_>, array: &ArrayRef, kind: Kind) {
        self.columns[column].add(batch, array, kind, &mut self.slots);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.columns.iter().map(Tallies::heap_bytes).sum()
    }

    pub(super) fn merge(&mut self, other: Counted) {
        for (own, theirs) in self.sides.iter_mut().zip(other.sides) {
            own.merge(theirs);
        }
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
    /// Of the selected rows, and of the rest.
    sides: [Tally; 2],
    values: HashMap<u64, ValueTally>,
    /// What the text of `values` takes.
    text_bytes: usize,
    /// Values that were let go: different ones among the selected rows, and among the rest, at most.
    let_go: [u64; 2],
    buckets: HashMap<i32, [Tally; 2]>,
    sample: Vec<u64>,
}

impl Tallies {
    fn add(&mut self, batch: &Batch<'_>, array: &ArrayRef, kind: Kind, slots: &mut Slots) {
        self.is_number = matches!(kind, Kind::Numbers(_));
        let room = SAMPLED_ROWS.saturating_sub(self.sample.len());
        if array.null_count() == batch.rows() {
            self.sample.resize(self.sample.len() + batch.selected.len().min(room), 0);
            return;
        }
        let sampled = batch.selected.iter().take(room).map(|row| *row as usize);
        self.sample.extend(sampled.map(|row| if array.is_valid(row) { hash_of(array, row) } else { 0 }));
        match kind {
            Kind::Numbers(is_integer) => {
                let numbers = array.as_primitive::<Float64Type>();
                let values = numbers.values();
                if self.has_many_numbers {
                    // Those that have no bucket are not shown anywhere.
                    slots.fill(batch, numbers.nulls(), |row| {
                        lhist::bucket(values[row]).map_or(u128::MAX, |bucket| bucket.cast_unsigned().into())
                    });
                    self.add_buckets(slots, |key| u32::try_from(key).ok().map(u32::cast_signed));
                } else {
                    slots.fill(batch, numbers.nulls(), |row| float_key(values[row]));
                    self.add_buckets(slots, |key| lhist::bucket(number_of_key(key)));
                    self.add_numbers(slots, array, is_integer);
                }
            }
            Kind::Keys(form) => {
                match array.data_type() {
                    DataType::Utf8View => {
                        let views = array.as_string_view().views();
                        slots.fill(batch, array.nulls(), |row| views[row]);
                    }
                    DataType::Int64 => {
                        let values = array.as_primitive::<Int64Type>().values();
                        slots.fill(batch, array.nulls(), |row| values[row].cast_unsigned().into());
                    }
                    DataType::Float64 => {
                        let values = array.as_primitive::<Float64Type>().values();
                        slots.fill(batch, array.nulls(), |row| float_key(values[row]));
                    }
                    DataType::Int8 => {
                        let values = array.as_primitive::<Int8Type>().values();
                        slots.fill(batch, array.nulls(), |row| values[row].cast_unsigned().into());
                    }
                    _ => slots.fill(batch, array.nulls(), |row| hash_of(array, row).into()),
                }
                self.add_values(slots, array, form);
            }
        }
    }

    /// Texts that are equal may have several slots: they are one by their hash.
    fn add_values(&mut self, slots: &Slots, array: &ArrayRef, form: KeyForm) {
        for slot in &slots.slots {
            self.add_sides(slot.sides);
        }
        for slot in &slots.slots {
            let (hash, row) = (hash_of(array, slot.first), slot.first);
            let entry = self.values.entry(hash).or_insert_with(|| {
                let value = group_value(form, array.as_ref(), row);
                self.text_bytes += text_bytes(&value);
                entry_of(value, hash)
            });
            entry.selected.merge(slot.sides[0]);
            entry.rest.merge(slot.sides[1]);
            self.let_light_go();
        }
    }

    fn add_buckets(&mut self, slots: &Slots, bucket: impl Fn(u128) -> Option<i32>) {
        for slot in &slots.slots {
            self.add_sides(slot.sides);
            if let Some(bucket) = bucket(slot.key) {
                let sides = self.buckets.entry(bucket).or_default();
                sides[0].merge(slot.sides[0]);
                sides[1].merge(slot.sides[1]);
            }
        }
    }

    fn add_numbers(&mut self, slots: &Slots, array: &ArrayRef, is_integer: bool) {
        for slot in &slots.slots {
            let number = number_of_key(slot.key);
            let value = || if is_integer { GroupValue::Int(number as i64) } else { GroupValue::of_float(number) };
            let hash = hash_of(array, slot.first);
            let entry = self.values.entry(hash).or_insert_with(|| entry_of(value(), hash));
            entry.selected.merge(slot.sides[0]);
            entry.rest.merge(slot.sides[1]);
            if self.values.len() > NUMBERS_MAX {
                self.has_many_numbers = true;
                self.values.clear();
                return;
            }
        }
    }

    fn add_sides(&mut self, sides: [Tally; 2]) {
        self.sides[0].merge(sides[0]);
        self.sides[1].merge(sides[1]);
    }

    /// When there is too much of them, keeps the values with the greatest share of either side: at most half of what there may be, so
    /// that it is seldom done. What few selected rows have in common weighs as much as what many others have.
    fn let_light_go(&mut self) {
        if self.values.len() <= VALUES_MAX && self.text_bytes <= TEXT_MAX {
            return;
        }
        let share = |part: Tally, whole: Tally| part.rows as f64 / whole.rows.max(1) as f64;
        let greatest = |entry: &ValueTally| share(entry.selected, self.sides[0]).max(share(entry.rest, self.sides[1]));
        let mut entries: Vec<(f64, ValueTally)> = self.values.drain().map(|(_, entry)| (greatest(&entry), entry)).collect();
        entries.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.hash.cmp(&right.1.hash)));
        self.text_bytes = 0;
        for (_, entry) in entries {
            let text = text_bytes(&entry.value);
            if self.values.len() < VALUES_MAX / 2 && self.text_bytes + text <= TEXT_MAX / 2 {
                self.text_bytes += text;
                self.values.insert(entry.hash, entry);
            } else {
                self.let_go[0] += u64::from(entry.selected.rows > 0);
                self.let_go[1] += u64::from(entry.rest.rows > 0);
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        let maps = self.values.capacity() * VALUE_BYTES + self.buckets.capacity() * BUCKET_BYTES;
        maps + self.text_bytes + self.sample.capacity() * size_of::<u64>()
    }

    fn merge(&mut self, other: Tallies) {
        self.is_number |= other.is_number;
        self.has_many_numbers |= other.has_many_numbers;
        self.add_sides(other.sides);
        self.let_go[0] += other.let_go[0];
        self.let_go[1] += other.let_go[1];
        self.sample.extend(other.sample);
        for (hash, theirs) in other.values {
            match self.values.entry(hash) {
                std::collections::hash_map::Entry::Occupied(mut own) => {
                    own.get_mut().selected.merge(theirs.selected);
                    own.get_mut().rest.merge(theirs.rest);
                }
                std::collections::hash_map::Entry::Vacant(own) => {
                    self.text_bytes += text_bytes(&theirs.value);
                    own.insert(theirs);
                }
            }
        }
        self.let_light_go();
        for (bucket, theirs) in other.buckets {
            let sides = self.buckets.entry(bucket).or_default();
            sides[0].merge(theirs[0]);
            sides[1].merge(theirs[1]);
        }
        self.has_many_numbers |= self.is_number && self.values.len() > NUMBERS_MAX;
    }

    /// The counts in order; nothing for a column that no row has.
    pub(super) fn finish(self, name: &str) -> Option<ColumnTally> {
        let [selected, rest] = self.sides;
        if selected.rows + rest.rows == 0 {
            return None;
        }
        let mut values: Vec<ValueTally> = if self.has_many_numbers { Vec::new() } else { self.values.into_values().collect() };
        let rows = |value: &ValueTally| value.selected.rows + value.rest.rows;
        values.sort_by(|left, right| rows(right).cmp(&rows(left)).then_with(|| left.hash.cmp(&right.hash)));
        let of = |is_wanted: fn(&ValueTally) -> bool| values.iter().filter(|value| is_wanted(value)).count() as u64;
        let distinct = if self.has_many_numbers {
            [0, 1].map(|side: usize| self.buckets.values().filter(|sides| sides[side].rows > 0).count() as u64)
        } else {
            [of(|value| value.selected.rows > 0) + self.let_go[0], of(|value| value.rest.rows > 0) + self.let_go[1]]
        };
        let mut buckets: Vec<BucketTally> = Vec::new();
        if self.has_many_numbers {
            buckets.extend(self.buckets.into_iter().map(|(bucket, [selected, rest])| BucketTally { bucket, selected, rest }));
            buckets.sort_by_key(|tally| tally.bucket);
        }
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

/// Equal for equal numbers: adding zero makes one of the two zeros.
fn float_key(number: f64) -> u128 {
    (number + 0.0).to_bits().into()
}

fn number_of_key(key: u128) -> f64 {
    f64::from_bits(u64::try_from(key).expect("it was made of 64 bits"))
}

fn entry_of(value: GroupValue, hash: u64) -> ValueTally {
    ValueTally { value, selected: Tally::default(), rest: Tally::default(), hash }
}

fn text_bytes(value: &GroupValue) -> usize {
    match value {
        GroupValue::Str(text) | GroupValue::Json(text) => text.capacity(),
        GroupValue::Bool(_) | GroupValue::Int(_) | GroupValue::Float(_) | GroupValue::Null => 0,
    }
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

#[cfg(test)]
mod tests;

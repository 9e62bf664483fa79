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
const BUCKET_BYTES: usize = (size_of::<(i32, (Tally, Tally))>() + 1) * 8 / 7;

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
    /// So many rows that stand for themselves.
    pub fn of_rows(rows: u64) -> Self {
        Self { rows, weight: rows as f64, squares: rows as f64 }
    }

    fn add(&mut self, weight: f64) {
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
        self.columns.iter().map(Tallies::heap_bytes).sum()
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
    /// What the text of `values` takes.
    text_bytes: usize,
    /// Values that were let go: different ones among the selected rows, and among the rest, at most.
    let_go: [u64; 2],
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
                let entry = self.values.entry(hash).or_insert_with(|| {
                    let value = group_value(form, array.as_ref(), row);
                    self.text_bytes += text_bytes(&value);
                    entry_of(value, hash)
                });
                if is_selected { &mut entry.selected } else { &mut entry.rest }.add(weight);
                self.let_light_go();
            }
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

    /// When there is too much of them, keeps the values with the greatest share of either side: at most half of what there may be, so
    /// that it is seldom done. What few selected rows have in common weighs as much as what many others have.
    fn let_light_go(&mut self) {
        if self.values.len() <= VALUES_MAX && self.text_bytes <= TEXT_MAX {
            return;
        }
        let share = |part: Tally, whole: Tally| part.rows as f64 / whole.rows.max(1) as f64;
        let greatest = |entry: &ValueTally| share(entry.selected, self.selected).max(share(entry.rest, self.rest));
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
        self.selected.merge(other.selected);
        self.rest.merge(other.rest);
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
            [of(|value| value.selected.rows > 0) + self.let_go[0], of(|value| value.rest.rows > 0) + self.let_go[1]]
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
mod tests {
    use super::*;
    use arrow_array::StringViewArray;
    use glasshive_model::ColumnType;
    use std::sync::Arc;

    /// Counts rows of one column of text: those in front are selected.
    fn add(counted: &mut Counted, selected: &[String], rest: &[String]) {
        let array: ArrayRef = Arc::new(StringViewArray::from_iter_values(selected.iter().chain(rest)));
        let is_selected = (0..array.len()).map(|row| row < selected.len()).collect();
        let batch = Batch::new(&[], None, is_selected);
        counted.rows(&batch);
        counted.columns[0].add(&batch, &array, KeyForm::Typed(ColumnType::Str), false, false);
    }

    fn finished(counted: Counted) -> ColumnTally {
        counted.columns.into_iter().next().unwrap().finish("text").unwrap()
    }

    #[test]
    fn a_column_of_many_long_texts_stays_within_its_bytes() {
        let texts = |first: usize| -> Vec<String> { (first..first + 50).map(|n| format!("{n:065535}")).collect() };
        // Entries and the sample are few here.
        let most = TEXT_MAX + (1 << 16);
        let counted = |first: usize| {
            let mut counted = Counted::new(1);
            for first in (first..first + 150).step_by(50) {
                add(&mut counted, &texts(first)[..5], &texts(first)[5..]);
                let held: usize = counted.columns[0].values.values().map(|entry| text_bytes(&entry.value)).sum();
                assert_eq!(counted.columns[0].text_bytes, held);
                assert!((held..=most).contains(&counted.heap_bytes()), "{} bytes", counted.heap_bytes());
            }
            counted
        };
        let mut whole = counted(0);
        for first in [150, 300, 450] {
            whole.merge(counted(first));
            let held: usize = whole.columns[0].values.values().map(|entry| text_bytes(&entry.value)).sum();
            assert_eq!(whole.columns[0].text_bytes, held);
            assert!((held..=most).contains(&whole.heap_bytes()), "{} bytes", whole.heap_bytes());
        }
        let column = finished(whole);
        assert!(!column.values.is_empty());
        assert_eq!((column.selected.rows, column.rest.rows, column.distinct), (60, 540, [60, 540]));
    }

    #[test]
    fn what_many_of_the_rest_have_outlasts_very_many_selected_values() {
        let batches = 3 * VALUES_MAX / 1_024;
        let mut sides = [Counted::new(1), Counted::new(1)];
        for batch in 0..batches {
            let selected: Vec<String> = (0..1_024).map(|n| format!("selected {batch} {n}")).collect();
            let other = |n: usize| if n < 4 { "often".to_owned() } else { format!("other {batch} {n}") };
            add(&mut sides[batch % 4 / 3], &selected, &(0..10).map(other).collect::<Vec<_>>());
        }
        let [mut whole, other] = sides;
        whole.merge(other);
        assert!(whole.columns[0].values.len() <= VALUES_MAX);
        let column = finished(whole);
        assert_eq!((&column.values[0].value, column.values[0].rest.rows), (&GroupValue::Str("often".to_owned()), 4 * batches as u64));
        assert_eq!(column.distinct, [3 * VALUES_MAX as u64, 6 * batches as u64 + 1]);
    }
}

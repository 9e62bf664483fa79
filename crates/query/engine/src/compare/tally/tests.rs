use super::*;
use arrow_array::{Float64Array, StringViewArray};
use glasshive_model::ColumnType;
use std::sync::Arc;

/// Counts rows of one column of text: those in front are selected.
fn add(counted: &mut Counted, selected: &[String], rest: &[String]) {
    let array: ArrayRef = Arc::new(StringViewArray::from_iter_values(selected.iter().chain(rest)));
    let is_selected = (0..array.len()).map(|row| row < selected.len()).collect();
    let batch = Batch::new(&[], None, None, &is_selected);
    counted.rows(&batch);
    counted.column(0, &batch, &array, Kind::Keys(KeyForm::Typed(ColumnType::Str)));
}

fn finished(counted: Counted) -> ColumnTally {
    counted.columns.into_iter().next().unwrap().finish("text").unwrap()
}

/// Weights are powers of two, so that sums do not depend on their order.
#[test]
fn batches_are_counted_as_rows_would_be_one_by_one() {
    let rows = 5_000;
    let weights: Vec<f64> = (0..rows).map(|row| f64::from(1 << (row % 4))).collect();
    let weights: ArrayRef = Arc::new(Float64Array::from(weights));
    let text = |row: usize| (!row.is_multiple_of(7)).then(|| format!("a value of more than twelve bytes: {}", row % 90));
    let number = |row: usize| (!row.is_multiple_of(5)).then(|| [0.0, -0.0, 2.5, -8.0][row % 4]);
    let many = |row: usize| (!row.is_multiple_of(3)).then(|| row as f64 / 8.0);
    let selected: BooleanBuffer = (0..rows).map(|row| row % 11 == 0).collect();
    for is_weighted in [false, true] {
        let mut counted = Counted::new(3);
        for half in [0..rows / 2, rows / 2..rows] {
            let arrays: [ArrayRef; 4] = [
                weights.slice(half.start, half.len()),
                Arc::new(half.clone().map(text).collect::<StringViewArray>()),
                Arc::new(half.clone().map(number).collect::<Float64Array>()),
                Arc::new(half.clone().map(many).collect::<Float64Array>()),
            ];
            let batch = Batch::new(&arrays, is_weighted.then_some(0), None, &selected.slice(half.start, half.len()));
            counted.rows(&batch);
            counted.column(0, &batch, &arrays[1], Kind::Keys(KeyForm::Typed(ColumnType::Str)));
            counted.column(1, &batch, &arrays[2], Kind::Numbers(false));
            counted.column(2, &batch, &arrays[3], Kind::Numbers(false));
        }
        let tally = |is_wanted: &dyn Fn(usize) -> bool| {
            [true, false].map(|side| {
                let mut tally = Tally::default();
                for row in (0..rows).filter(|row| selected.value(*row) == side && is_wanted(*row)) {
                    tally.add(if is_weighted { f64::from(1 << (row % 4)) } else { 1.0 });
                }
                tally
            })
        };
        assert_eq!(counted.sides, tally(&|_| true));
        let [texts, numbers, buckets] = <[Tallies; 3]>::try_from(counted.columns).ok().unwrap().map(|column| column.finish("it").unwrap());
        assert_eq!([texts.selected, texts.rest], tally(&|row| text(row).is_some()));
        assert_eq!((texts.values.len(), texts.distinct), (90, [90, 90]));
        for value in &texts.values {
            let GroupValue::Str(expected) = &value.value else { panic!("{value:?}") };
            assert_eq!([value.selected, value.rest], tally(&|row| text(row).as_ref() == Some(expected)));
        }
        assert_eq!(numbers.values.len(), 3, "both zeros are one");
        for expected in [0.0, 2.5, -8.0] {
            let value = numbers.values.iter().find(|value| value.value == GroupValue::of_float(expected)).unwrap();
            assert_eq!([value.selected, value.rest], tally(&|row| number(row) == Some(expected)));
        }
        assert!(buckets.values.is_empty());
        for found in &buckets.buckets {
            let is_in = |row: usize| many(row).and_then(lhist::bucket) == Some(found.bucket);
            assert_eq!([found.selected, found.rest], tally(&is_in), "{}", found.bucket);
        }
        assert_eq!([buckets.selected, buckets.rest], tally(&|row| many(row).is_some()));
        assert!([&texts, &numbers, &buckets].iter().all(|column| column.sample.len() == selected.count_set_bits()));
    }
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

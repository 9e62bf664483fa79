//! Columns of picked rows against the plainest way to pick them.

use super::*;
use crate::live::merge;
use crate::tests::support::rows_of;
use glasshive_model::rows::Stamp;
use glasshive_model::{ColumnType, EnvironmentId, Signal, SignalClass, SystemColumn};
use std::collections::BTreeSet;

/// Requests whose columns are in every row, in most, in few, in one request only; with text that repeats and that does not.
fn request(number: u64, rows: usize) -> Arc<Chunk> {
    let line = |row: usize| {
        let mut line = format!("{row} api all=value-that-is-not-short-{} own=text-of-its-own-{number}-{row}", row % 3);
        if !row.is_multiple_of(5) {
            line.push_str(&format!(" most=i:{row}"));
        }
        if row.is_multiple_of(40) {
            line.push_str(&format!(" few=f:{row}.5 rare=a-rare-text-of-{row}"));
        }
        if number.is_multiple_of(2) && row % 7 == 3 {
            line.push_str(" even=x empty=");
        }
        line
    };
    let text = (0..rows).map(line).collect::<Vec<_>>().join("\n");
    let stamp = Stamp { sequence: number, ingest_time_ns: 7 };
    Arc::new(Chunk::of_request(number, EnvironmentId::LOCAL, SignalClass::Spans, Arc::new(rows_of(&text, Signal::Trace)), stamp))
}

fn sealed(number: u64, rows: usize) -> Arc<Chunk> {
    Arc::new(merge(number, SignalClass::Spans, &[request(number, rows), request(number + 1, rows / 2)], None, &BTreeSet::new()))
}

fn columns() -> Vec<ColumnRef> {
    let attribute = |key: &str, column_type| ColumnRef::Attribute { key: key.to_owned(), column_type };
    let attributes = [
        attribute("all", ColumnType::Str),
        attribute("own", ColumnType::Str),
        attribute("most", ColumnType::Int),
        attribute("few", ColumnType::Float),
        attribute("rare", ColumnType::Str),
        attribute("even", ColumnType::Str),
        attribute("all", ColumnType::Int),
    ];
    SystemColumn::ALL.iter().map(|system| ColumnRef::System(*system)).chain(attributes).collect()
}

fn check(chunks: &[Arc<Chunk>], picks: &[Pick]) {
    let picked = Picked::new(chunks, picks);
    assert_eq!(picked.len(), picks.len());
    for column in columns() {
        let whole: Vec<ArrayRef> = chunks.iter().map(|chunk| chunk.project_one(&column)).collect();
        let whole: Vec<&dyn Array> = whole.iter().map(AsRef::as_ref).collect();
        let indices: Vec<(usize, usize)> = picks.iter().map(|pick| (pick.chunk as usize, pick.row as usize)).collect();
        let expected = interleave(&whole, &indices).unwrap();
        assert_eq!(&picked.column(&column), &expected, "{column:?}");
        assert_eq!(picked.gather(&column).set(), expected.len() - expected.null_count(), "{column:?}");
    }
    for (chunk, set) in picked.set_by_chunk() {
        let rows: Vec<u32> = picks.iter().filter(|pick| std::ptr::eq(&*chunks[pick.chunk as usize], chunk)).map(|pick| pick.row).collect();
        for (attribute, set) in chunk.attributes().iter().zip(set) {
            let array = chunk.project_one(&attribute.column());
            assert_eq!(set, rows.iter().filter(|row| array.is_valid(**row as usize)).count(), "{attribute:?}");
        }
    }
}

#[test]
fn picked_columns_are_those_of_the_rows() {
    let chunks = [request(1, 50), sealed(2, 900), request(4, 7), sealed(5, 90), sealed(7, 400)];
    let all: Vec<Pick> =
        (0u32..).zip(&chunks).flat_map(|(chunk, rows)| (0..rows.len() as u32).map(move |row| Pick { chunk, row })).collect();
    check(&chunks, &all);
    // Out of order, with some chunks picked bare: a multiplier without a common factor visits every place once.
    let scattered: Vec<Pick> = (0..all.len()).map(|index| all[index * 769 % all.len()]).collect();
    assert_eq!(scattered.iter().map(|pick| (pick.chunk, pick.row)).collect::<BTreeSet<_>>().len(), all.len());
    check(&chunks, &scattered);
    check(&chunks, &scattered[..all.len() / 3]);
    check(&chunks, &scattered.iter().copied().filter(|pick| pick.chunk == 1 && pick.row % 9 == 1).collect::<Vec<_>>());
    check(&chunks, &all[10..60]);
}

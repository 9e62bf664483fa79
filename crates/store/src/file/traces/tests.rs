use super::*;
use crate::file::sidecar::SidecarBuilder;
use std::collections::BTreeMap;

fn id(number: u64) -> TraceId {
    TraceId::from_text(&format!("{number:032x}"))
}

fn ids(numbers: impl Iterator<Item = Option<u64>>) -> FixedSizeBinaryArray {
    let values = numbers.map(|number| Some(id(number?).bytes()));
    FixedSizeBinaryArray::try_from_sparse_iter_with_size(values, 16).unwrap()
}

/// Rows of a trace as the stored index tells them.
fn rows(stored: &[u8], index: &TraceIndex, id: &TraceId) -> Vec<Range<u64>> {
    let mut found = Vec::new();
    for (place, first) in index.pages(id) {
        assert!(add_rows(&stored[place.start as usize..place.end as usize], first, id, &mut found));
    }
    found
}

fn index(stored: &[u8]) -> TraceIndex {
    let sidecar = Sidecar::decode(stored).unwrap();
    let bytes = |kind| {
        let place = &sidecar.section(kind).unwrap().place;
        Bytes::copy_from_slice(&stored[place.start as usize..place.end as usize])
    };
    TraceIndex::new(&sidecar, &bytes(kind::TRACE_DIRECTORY), bytes(kind::TRACE_FILTER)).unwrap()
}

#[test]
fn every_run_of_every_trace_is_found() {
    // Runs of one to seven rows of 20,000 traces, some of them thousands of times, and rows without a trace between.
    let trace = |run: u64| if run.is_multiple_of(9) { 7 } else { run % 20_000 };
    let mut numbers: Vec<Option<u64>> = Vec::new();
    let mut expected: BTreeMap<u64, Vec<Range<u64>>> = BTreeMap::new();
    for run in 0..50_000 {
        let start = numbers.len() as u64;
        numbers.extend((0..run % 7 + 1).map(|_| Some(trace(run))));
        expected.entry(trace(run)).or_default().push(start..numbers.len() as u64);
        numbers.push(None);
    }
    let mut builder = TraceIndexBuilder::default();
    numbers.chunks(1_003).for_each(|part| builder.append(&ids(part.iter().copied())));
    let stored = SidecarBuilder::default().finish(&builder.finish()).stored;
    let index = index(&stored);
    for (number, runs) in &expected {
        assert!(index.may_hold(&id(*number)));
        let mut found = rows(&stored, &index, &id(*number));
        found.sort_by_key(|range| range.start);
        assert_eq!(&found, runs, "trace {number}");
    }
    for number in 20_000..21_000 {
        assert_eq!(rows(&stored, &index, &id(number)), [], "trace {number}");
    }
    let wrong = (20_000..30_000).filter(|number| index.may_hold(&id(*number))).count();
    assert!(wrong < 100, "{wrong} of 10,000");
    assert!(stored.len() < 11 * 50_000 + 2 * 20_000, "{} bytes", stored.len());
}

#[test]
fn long_runs_and_runs_over_batches_are_one_trace() {
    let mut builder = TraceIndexBuilder::default();
    (0..3).for_each(|_| builder.append(&ids((0..30_000).map(|_| Some(1)))));
    let stored = SidecarBuilder::default().finish(&builder.finish()).stored;
    assert_eq!(rows(&stored, &index(&stored), &id(1)), [0..65_535, 65_535..90_000]);
}

#[test]
fn a_file_without_traces_says_so() {
    let mut builder = TraceIndexBuilder::default();
    builder.append(&ids([None, None].into_iter()));
    let stored = SidecarBuilder::default().finish(&builder.finish()).stored;
    let index = index(&stored);
    assert!(!index.may_hold(&id(1)));
    assert_eq!(rows(&stored, &index, &id(1)), []);
}

#[test]
fn every_changed_bit_of_a_page_is_seen() {
    let mut builder = TraceIndexBuilder::default();
    builder.append(&ids((0..100).map(Some)));
    let (_, page) = builder.finish().pop().unwrap();
    let mut found = Vec::new();
    for bit in 0..page.len() * 8 {
        let mut broken = page.to_vec();
        broken[bit / 8] ^= 1 << (bit % 8);
        assert!(!add_rows(&broken, 0, &id(3), &mut found), "bit {bit}");
    }
    assert!(!add_rows(&page[..PAGE_BYTES - 1], 0, &id(3), &mut found));
    assert_eq!(found, []);
}

use super::super::format::{Life, PAGE, SegmentHeader};
use super::super::meta::StoredMeta;
use super::super::record::LogRecord;
use super::super::scan::scan_segment;
use super::super::segment::Group;
use super::*;
use bytes::Bytes;
use glasshive_model::{Codec, EnvironmentId, RecordMeta};
use proptest::prelude::*;
use std::sync::Arc;

fn record(label: u64) -> Arc<LogRecord> {
    let meta =
        StoredMeta { meta: RecordMeta { format: 1, ..RecordMeta::default() }, body_hash: label.into(), rows: 2, datasets: Vec::new() };
    let body = Bytes::from(format!("body of {label} ").repeat(label as usize % 9 + 1));
    Arc::new(LogRecord::of_body(EnvironmentId::LOCAL, label as i64, meta, Codec::Identity, body))
}

fn life(generation: u64) -> Life {
    Life { node: 77, generation }
}

/// A segment with groups of these sizes, whose bodies are labelled by `label + sequence`.
fn segment(generation: u64, first: u64, sizes: &[u64], label: u64) -> Vec<u8> {
    let header = SegmentHeader { life: life(generation), first_sequence: first };
    let mut bytes = header.encode().to_vec();
    let mut next = first;
    for size in sizes {
        let group = Group { first_sequence: next, records: (next..next + size).map(|sequence| record(label + sequence)).collect() };
        let (parts, _) = group.encode(life(generation), next - 1);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        next += size;
    }
    bytes.resize(bytes.len() + 2 * PAGE as usize, 0);
    bytes
}

fn layout(segments: &[(u64, &[u8])], flushed_through: u64) -> Layout {
    let scans: Vec<_> =
        segments.iter().map(|(generation, bytes)| scan_segment(&Bytes::copy_from_slice(bytes), life(*generation))).collect();
    Layout::of(&scans, flushed_through, &StoreConfig::default())
}

fn identities(layout: &Layout) -> Vec<(u64, u128)> {
    layout.records.iter().map(|(sequence, place)| (*sequence, place.record.identity)).collect()
}

fn expected(range: Range<u64>, label: u64) -> Vec<(u64, u128)> {
    range.map(|sequence| (sequence, record(label + sequence).identity())).collect()
}

#[test]
fn a_newer_segment_voids_what_older_ones_hold_from_its_first_sequence_on() {
    let old = segment(1, 1, &[2, 3, 4], 100);
    let new = segment(2, 6, &[1, 1], 200);
    let found = layout(&[(1, &old), (2, &new)], 0);
    let all: Vec<_> = expected(1..6, 100).into_iter().chain(expected(6..8, 200)).collect();
    assert_eq!((identities(&found), found.end, found.holes.len(), found.torn_bytes), (all, 7, 0, None));
    let tail: Vec<_> = found.tail_groups.iter().map(|group| (group.start, group.end)).collect();
    assert_eq!((found.durable_through, tail), (6, vec![(7, 8)]));
}

#[test]
fn nothing_of_another_life_counts() {
    let old = segment(1, 1, &[2, 3], 100);
    let found = layout(&[(2, &old)], 0);
    assert_eq!((identities(&found), found.end, found.holes.len()), (Vec::new(), 0, 0));
    let found = layout(&[(2, &old)], 9);
    assert_eq!((found.end, found.holes.len()), (9, 0));
}

#[test]
fn a_missing_segment_is_a_hole() {
    let (first, third) = (segment(1, 1, &[2], 100), segment(3, 6, &[2], 100));
    let found = layout(&[(1, &first), (3, &third)], 0);
    assert_eq!(found.holes.iter().map(|hole| (hole.sequences.start, hole.sequences.end)).collect::<Vec<_>>(), [(3, 6)]);
    assert_eq!((found.end, layout(&[(1, &first), (3, &third)], 5).holes.len()), (7, 0));
}

#[test]
fn a_hole_between_groups_that_are_out_of_order_has_no_place() {
    let header = SegmentHeader { life: life(1), first_sequence: 1 };
    let mut bytes = header.encode().to_vec();
    for sequence in [4, 1] {
        let group = Group { first_sequence: sequence, records: vec![record(100 + sequence)] };
        let (parts, _) = group.encode(life(1), 4);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
    }
    bytes.resize(bytes.len() + 2 * PAGE as usize, 0);
    let found = layout(&[(1, &bytes)], 0);
    assert_eq!(identities(&found).iter().map(|record| record.0).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(found.holes, [Hole { sequences: 2..4, place: None, events: None }]);
}

proptest! {
    /// Whatever is changed in one group: the others are found, and nothing is that was not written.
    #[test]
    fn damage_costs_no_more_than_its_group(
        sizes in proptest::collection::vec(1u64..5, 2..6),
        place in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..20),
    ) {
        let whole = segment(1, 1, &sizes, 100);
        let total: u64 = sizes.iter().sum();
        let scan = scan_segment(&Bytes::from(whole.clone()), life(1));
        let group = &scan.groups[place.index(scan.groups.len())];
        let bytes = group.offset as usize..(group.offset + group.header.stored_bytes()) as usize;
        let mut broken = whole;
        for (at, change) in changes {
            broken[bytes.clone()][at.index(bytes.len())] ^= change;
        }
        let found = layout(&[(1, &broken)], 0);
        let all = expected(1..total + 1, 100);
        prop_assert!(identities(&found).iter().all(|record| all.contains(record)));
        let is_last = group.header.end() == total + 1;
        for record in &all {
            let is_in_group = (group.header.first_sequence..group.header.end()).contains(&record.0);
            prop_assert!(is_in_group || identities(&found).contains(record), "{record:?}");
        }
        if is_last {
            prop_assert!(found.end == total || found.end == group.header.first_sequence - 1);
            prop_assert!(found.holes.is_empty());
        } else {
            let lost: u64 = found.holes.iter().map(|hole| hole.sequences.end - hole.sequences.start).sum();
            prop_assert_eq!((found.end, lost), (total, total - found.records.len() as u64));
        }
    }
}

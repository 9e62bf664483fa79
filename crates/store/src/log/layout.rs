//! From the scans of all segments to what the log says: which records count, where it ends, what is missing.

#[cfg(test)]
mod tests;

use super::format::GROUP_HEADER;
use super::scan::{GroupScan, RecordPlace, SegmentScan};
use crate::config::StoreConfig;
use crate::planted::PlantedBug;
use std::collections::BTreeMap;
use std::ops::Range;

/// What the log says.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Every record that counts, by sequence.
    pub records: BTreeMap<u64, Place>,
    /// The last sequence known to have been synced.
    pub durable_through: u64,
    /// The last sequence of the log.
    pub end: u64,
    /// Bytes of an incomplete group after the end.
    pub torn_bytes: Option<u64>,
    /// What was durable and is not there, beyond what files hold.
    pub holes: Vec<Hole>,
    /// The first sequences of the whole groups after `durable_through`.
    pub tail_groups: Vec<Range<u64>>,
}

/// A record in one of the scanned segments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Which scan, by index.
    pub segment: usize,
    pub record: RecordPlace,
}

/// Consecutive records that are damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    pub sequences: Range<u64>,
    /// Which scan they should be in, and the bytes there that make no sense.
    pub place: Option<(usize, Range<u64>)>,
    /// How many events they held, if that can be told.
    pub events: Option<u64>,
}

impl Layout {
    /// `segments` are by generation, oldest first.
    pub fn of(segments: &[SegmentScan], flushed_through: u64, config: &StoreConfig) -> Self {
        let limits = void_limits(segments);
        let counting = || {
            let scans = segments.iter().zip(&limits).enumerate().rev();
            scans.flat_map(|(index, (scan, limit))| scan.groups.iter().map(move |group| (index, group, *limit)))
        };
        let mut layout = Layout { durable_through: durable_through(segments, &limits, flushed_through), ..Layout::default() };
        let durable = layout.durable_through;

        let mut whole: BTreeMap<u64, (usize, &GroupScan)> = BTreeMap::new();
        let mut beyond: BTreeMap<u64, Place> = BTreeMap::new();
        for (segment, group, limit) in counting() {
            for record in group.records.iter().filter(|record| record.sequence < limit) {
                let kept = if record.sequence <= durable { &mut layout.records } else { &mut beyond };
                kept.entry(record.sequence).or_insert(Place { segment, record: *record });
            }
            if group.is_whole() && group.header.count > 0 && group.header.end() <= limit {
                whole.entry(group.header.first_sequence).or_insert((segment, group));
            }
        }
        layout.end = durable;
        while let Some((segment, group)) = whole.get(&(layout.end + 1)) {
            layout.tail_groups.push(group.header.first_sequence..group.header.end());
            layout.records.extend(group.records.iter().map(|record| (record.sequence, Place { segment: *segment, record: *record })));
            layout.end = group.header.end() - 1;
        }
        if config.is_planted(PlantedBug::TornTailTreatedAsValid) {
            let claimed = counting().filter(|(_, group, limit)| group.header.end() <= *limit).map(|(_, group, _)| group.header.end() - 1);
            layout.keep_torn(beyond, claimed.max().unwrap_or(0));
        }
        let torn = counting().filter(|(_, group, limit)| {
            let first = group.header.first_sequence;
            first > layout.end && first < *limit && group.header.count > 0
        });
        layout.torn_bytes =
            torn.map(|(_, group, _)| (group.header.first_sequence, GROUP_HEADER as u64 + group.header.bytes)).min().map(|(_, bytes)| bytes);
        layout.holes = layout.find_holes(segments, &limits, flushed_through);
        if config.is_planted(PlantedBug::DamageTreatedAsTail) {
            layout.end_at_damage();
        }
        layout
    }

    fn find_holes(&self, segments: &[SegmentScan], limits: &[u64], flushed_through: u64) -> Vec<Hole> {
        let mut holes = Vec::new();
        let mut next = flushed_through + 1;
        let present = self.records.range(next..).map(|(sequence, _)| *sequence).chain([self.durable_through.max(flushed_through) + 1]);
        for sequence in present {
            if sequence > next {
                holes.push(self.hole(next..sequence, segments, limits));
            }
            next = next.max(sequence + 1);
        }
        holes
    }

    fn hole(&self, sequences: Range<u64>, segments: &[SegmentScan], limits: &[u64]) -> Hole {
        let claims = |(scan, limit): (&SegmentScan, &u64)| {
            sequences.start < *limit && scan.first_sequence().is_some_and(|first| first <= sequences.start)
        };
        let Some(segment) = segments.iter().zip(limits).rposition(claims) else {
            return Hole { sequences, place: None, events: None };
        };
        let scan = &segments[segment];
        let holding = scan
            .groups
            .iter()
            .find(|group| !group.is_headless && (group.header.first_sequence..group.header.end()).contains(&sequences.start));
        if let Some(group) = holding {
            let bytes = group.offset..group.offset + GROUP_HEADER as u64 + group.header.bytes;
            let there: u64 = group.records.iter().map(|record| u64::from(record.rows)).sum();
            let is_inside = sequences.end <= group.header.end();
            let is_only = group.records.len() as u64 + (sequences.end - sequences.start) == u64::from(group.header.count);
            let events = (is_inside && is_only).then(|| group.header.events.saturating_sub(there));
            return Hole { sequences, place: Some((segment, bytes)), events };
        }
        let start = scan
            .groups
            .iter()
            .filter(|group| group.header.first_sequence < sequences.start)
            .map(|group| group.offset + group.header.stored_bytes());
        let end = scan.groups.iter().filter(|group| group.header.first_sequence >= sequences.end).map(|group| group.offset);
        let (start, end) = (start.max().unwrap_or(0).min(scan.bytes), end.min().unwrap_or(scan.bytes).min(scan.bytes));
        // Groups that are not in order leave no bytes between them.
        Hole { sequences, place: (start < end).then_some((segment, start..end)), events: None }
    }

    fn keep_torn(&mut self, beyond: BTreeMap<u64, Place>, claimed_end: u64) {
        for (sequence, place) in beyond {
            if sequence > self.end {
                self.end = sequence;
                self.records.insert(sequence, place);
                self.tail_groups.push(sequence..sequence + 1);
            }
        }
        self.end = self.end.max(claimed_end);
    }

    fn end_at_damage(&mut self) {
        if let Some(hole) = self.holes.first() {
            self.end = hole.sequences.start - 1;
            self.records.retain(|sequence, _| *sequence <= self.end);
            self.tail_groups.clear();
            self.holes.clear();
        }
    }
}

/// For each segment the sequence from which on it counts no more, because a newer one begins there.
fn void_limits(segments: &[SegmentScan]) -> Vec<u64> {
    let mut limit = u64::MAX;
    let mut limits: Vec<u64> = segments
        .iter()
        .rev()
        .map(|scan| {
            let own = limit;
            limit = limit.min(scan.first_sequence().unwrap_or(u64::MAX));
            own
        })
        .collect();
    limits.reverse();
    limits
}

/// The highest sequence that anything says was synced. A group is written and synced as a whole.
fn durable_through(segments: &[SegmentScan], limits: &[u64], flushed_through: u64) -> u64 {
    let headers = segments.iter().filter_map(|scan| scan.first_sequence()).map(|first| first.saturating_sub(1));
    let groups = segments.iter().flat_map(|scan| &scan.groups).map(|group| group.header.durable_through);
    let said = headers.chain(groups).max().unwrap_or(0).max(flushed_through);
    let straddling = segments.iter().zip(limits).flat_map(|(scan, limit)| {
        let counts = move |group: &&GroupScan| !group.is_headless && group.header.end() <= *limit;
        scan.groups.iter().filter(counts).filter(|group| (group.header.first_sequence..group.header.end()).contains(&said))
    });
    straddling.map(|group| group.header.end() - 1).max().unwrap_or(said).max(said)
}

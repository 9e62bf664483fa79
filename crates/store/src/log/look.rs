//! The log as a start would read it, looked at without changing anything.

use super::NODE_SETTING;
use super::format::SegmentHeader;
use super::layout::{Hole, Layout};
use super::scan::scan_segment;
use super::segment::{self, LogFiles, segment_name};
use crate::catalog::CatalogState;
use crate::config::StoreConfig;
use crate::error::OpenError;
use crate::world::World;
use std::collections::BTreeMap;
use std::ops::Range;

/// What the log holds.
pub(crate) struct LogLook {
    /// Every record that a start would read back: its sequence, and when it was received.
    pub beyond: BTreeMap<u64, i64>,
    /// Events in them.
    pub events: u64,
    pub segments: u64,
    /// Bytes of an incomplete group after the end.
    pub torn_bytes: Option<u64>,
    pub holes: Vec<MissingRecords>,
}

/// Consecutive records that were durable and are not there.
pub(crate) struct MissingRecords {
    pub sequences: Range<u64>,
    /// How many events they held, if that can be told.
    pub events: Option<u64>,
    /// The segment that they should be in, if there is one.
    pub segment: Option<String>,
}

/// Reads every segment.
pub(crate) async fn look(world: &World, config: &StoreConfig, catalog: &CatalogState) -> Result<LogLook, OpenError> {
    let node = world.catalog.setting(NODE_SETTING).await?;
    let node = node.and_then(|bytes| bytes.first_chunk().copied()).map_or(0, u64::from_le_bytes);
    let files = LogFiles::new(world.disk.clone(), config.clone(), node);
    let entries = world.disk.list(segment::DIRECTORY).await.map_err(OpenError::disk("list the log"))?;
    let mut generations: Vec<u64> = entries.iter().filter_map(|entry| segment::generation_of(&entry.name)).collect();
    generations.sort_unstable();
    let mut scans = Vec::with_capacity(generations.len());
    for generation in generations.iter().copied() {
        let name = segment_name(generation);
        let bytes = files.read(generation).await.map_err(OpenError::disk(format!("read log segment {name}")))?;
        let life = files.life(generation);
        if SegmentHeader::is_foreign(&bytes, life) {
            return Err(OpenError::ForeignLog { segment: name });
        }
        scans.push(scan_segment(&bytes, life));
    }
    let layout = Layout::of(&scans, catalog.flushed_through, config);
    let beyond = || layout.records.range(catalog.flushed_through + 1..);
    let name = |segment: usize| segment_name(generations[segment]);
    let missing = |hole: &Hole| MissingRecords {
        sequences: hole.sequences.clone(),
        events: hole.events,
        segment: hole.place.as_ref().map(|(segment, _)| name(*segment)),
    };
    Ok(LogLook {
        beyond: beyond().map(|(sequence, place)| (*sequence, place.record.received_ns)).collect(),
        events: beyond().map(|(_, place)| u64::from(place.record.rows)).sum(),
        segments: generations.len() as u64,
        torn_bytes: layout.torn_bytes,
        holes: layout.holes.iter().map(missing).collect(),
    })
}

//! What a start reads back from the log.

use super::format::{RECORD_HEADER, SegmentHeader};
use super::layout::{Hole, Layout, Place};
use super::record::LogRecord;
use super::scan::{SegmentScan, scan_segment};
use super::segment::{Group, OpenSegment, SegmentInfo, segment_name};
use crate::catalog::CatalogState;
use crate::error::OpenError;
use crate::fault::{FaultKind, is_disk_full};
use crate::ingest::Stop;
use crate::inner::Inner;
use crate::live::Published;
use crate::planted::PlantedBug;
use bytes::Bytes;
use glasshive_model::Decoder;
use glasshive_model::rows::Stamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What recovery leaves to the running store.
pub(crate) struct Recovered {
    /// Events that are readable again.
    pub events: u64,
    /// Something that was durable is lost.
    pub is_degraded: bool,
    /// The segment that the log goes on in, if one had to be made.
    pub open: Option<OpenSegment>,
    pub next_sequence: u64,
    /// Groups that must still be written again, because the disk has no room now.
    pub unsynced: Vec<Group>,
    /// Sequences after the files whose rows did not come back.
    pub lost: Vec<Range<u64>>,
    /// When each record after the files was received.
    pub received: BTreeMap<u64, i64>,
}

/// Reads the log, makes everything beyond the files readable, and leaves a log that says the same at the next start.
pub(crate) async fn recover(inner: &Arc<Inner>, catalog: &CatalogState, decoder: &dyn Decoder) -> Result<Recovered, OpenError> {
    let generations = inner.log.list().await.map_err(OpenError::disk("list the log"))?;
    let mut segments = Vec::with_capacity(generations.len());
    for generation in generations {
        let bytes = read(inner, generation).await?;
        let life = inner.log.life(generation);
        if SegmentHeader::is_foreign(&bytes, life) {
            return Err(OpenError::ForeignLog { segment: segment_name(generation) });
        }
        segments.push((generation, scan_segment(&bytes, life)));
    }
    let (generations, segments): (Vec<u64>, Vec<SegmentScan>) = segments.into_iter().unzip();
    let layout = Layout::of(&segments, catalog.flushed_through, &inner.config);
    let mut replay = Replay { inner, decoder, generations, cached: None, events: 0, lost: Vec::new(), keep: Vec::new() };
    replay.tell_damage(&layout).await;
    replay.remember(&layout);
    replay.publish(&layout, catalog.flushed_through).await?;
    let groups = replay.tail(&layout).await?;
    replay.know_segments(&segments, &layout);
    let Replay { events, lost, .. } = replay;

    let beyond = layout.records.range(catalog.flushed_through + 1..);
    let received = beyond.map(|(sequence, place)| (*sequence, place.record.received_ns)).collect();
    let next_sequence = layout.end + 1;
    let mut recovered =
        Recovered { events, is_degraded: !lost.is_empty(), open: None, next_sequence, unsynced: Vec::new(), lost, received };
    if groups.is_empty() || inner.config.is_planted(PlantedBug::TailNotRewritten) {
        return Ok(recovered);
    }
    // Nobody knows whether the groups after `durable_through` were ever synced, and a sync of a file that another process wrote
    // proves nothing. Written again they are durable; the new header voids the old ones.
    match inner.log.create(layout.durable_through + 1, &groups, false).await {
        Ok(open) => {
            inner.log.grown(open.generation, layout.end, inner.now() + inner.config.redelivery_window);
            recovered.open = Some(open);
        }
        Err(error) if is_disk_full(&error.source) => {
            let reason = inner.disk_full().await;
            inner.ingest.stop(Stop::DiskFull, reason.clone(), inner.wall_ns());
            inner.tell(FaultKind::DiskFull, reason);
            recovered.unsynced = groups;
        }
        Err(error) => return Err(OpenError::Disk { action: format!("write log segment {}", error.segment), source: error.source }),
    }
    Ok(recovered)
}

async fn read(inner: &Inner, generation: u64) -> Result<Bytes, OpenError> {
    inner.log.read(generation).await.map_err(OpenError::disk(format!("read log segment {}", segment_name(generation))))
}

struct Replay<'a> {
    inner: &'a Arc<Inner>,
    decoder: &'a dyn Decoder,
    generations: Vec<u64>,
    /// The segment that was read last, by index.
    cached: Option<(usize, Bytes)>,
    events: u64,
    /// See [`Recovered::lost`].
    lost: Vec<Range<u64>>,
    /// Segments, by index, whose damaged bytes are nowhere else.
    keep: Vec<usize>,
}

impl Replay<'_> {
    async fn tell_damage(&mut self, layout: &Layout) {
        if let Some(bytes) = layout.torn_bytes {
            let message = format!("log ends in an incomplete group of {bytes} bytes that was never acknowledged; dropped");
            self.inner.tell(FaultKind::TornTail, message);
        }
        for hole in &layout.holes {
            self.lost.push(hole.sequences.clone());
            let later = layout.records.range(hole.sequences.end..).count();
            let datasets = self.datasets_of(hole).await;
            self.inner.tell(FaultKind::LogDamage, self.damage_message(hole, &datasets, later));
            if let Some((segment, range)) = &hole.place {
                self.quarantine(*segment, range.start, range.end).await;
            }
        }
    }

    /// The datasets that the damaged bytes still prove, in words.
    async fn datasets_of(&mut self, hole: &Hole) -> String {
        let mut found = BTreeMap::new();
        if let Some((segment, range)) = &hole.place
            && let Ok(bytes) = self.segment(*segment).await
        {
            let life = self.inner.log.life(self.generations[*segment]);
            let area = &bytes[(range.start as usize).min(bytes.len())..(range.end as usize).min(bytes.len())];
            for at in 0..area.len().saturating_sub(RECORD_HEADER) {
                let sequence = area[at + 8..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                if hole.sequences.contains(&sequence)
                    && let Some(names) = LogRecord::proved_datasets(&area[at..], life, sequence)
                {
                    found.insert(sequence, names);
                }
            }
        }
        let is_complete = found.len() as u64 == hole.sequences.end - hole.sequences.start;
        shown_datasets(found.values().flatten(), if is_complete { None } else { Some("unknown datasets") })
    }

    fn damage_message(&self, hole: &Hole, datasets: &str, later: usize) -> String {
        let last = hole.sequences.end - 1;
        let sequence = if hole.sequences.start == last { last.to_string() } else { format!("{}-{last}", hole.sequences.start) };
        let segment = hole.place.as_ref().map_or("a missing segment".to_owned(), |(segment, _)| segment_name(self.generations[*segment]));
        let events = hole.events.map_or_else(|| "an unknown number of".to_owned(), |events| events.to_string());
        format!("log record {sequence} in {segment} is damaged ({events} events of {datasets} lost); {later} later records recovered")
    }

    /// Copies damaged bytes aside. Done again by every start that finds them, under the same name.
    async fn quarantine(&mut self, segment: usize, start: u64, end: u64) {
        let copied = async {
            let bytes = self.segment(segment).await?;
            // A segment may have lost its end: then there is less to keep than is missing.
            let end = (end as usize).min(bytes.len());
            let bytes = bytes.slice((start as usize).min(end)..end);
            let name = format!("log-{:016x}-{start:08x}.bin", self.generations[segment]);
            crate::quarantine::put(&*self.inner.world.disk, &name, bytes).await
        };
        if let Err(error) = copied.await {
            tracing::warn!(%error, "damaged bytes of the log could not be copied to quarantine; their segment is kept");
            self.keep.push(segment);
        }
    }

    /// Equal requests are known across restarts for as long as they would have been without one.
    fn remember(&self, layout: &Layout) {
        if self.inner.config.is_planted(PlantedBug::WindowLostOnRestart) {
            return;
        }
        let (now, mut window) = (self.inner.now(), self.inner.window());
        for place in layout.records.values() {
            let left = self.left(place.record.received_ns);
            if !left.is_zero() {
                window.remember(place.record.identity, now, left);
            }
        }
    }

    /// How much is left of the window of a request received then.
    fn left(&self, received_ns: i64) -> Duration {
        let length = self.inner.config.redelivery_window;
        let age = self.inner.wall_ns().saturating_sub(received_ns).max(0);
        length.saturating_sub(Duration::from_nanos(age.unsigned_abs()))
    }

    async fn publish(&mut self, layout: &Layout, flushed_through: u64) -> Result<(), OpenError> {
        self.inner.state().replays_backwards = self.inner.config.is_planted(PlantedBug::RegistryOrderNotReplayed);
        for (sequence, place) in layout.records.range(flushed_through + 1..) {
            let record = self.record(*sequence, place).await?;
            let decoded = record
                .inflate()
                .map_err(|error| error.to_string())
                .and_then(|body| self.decoder.decode(&record.meta.meta, record.received_ns, &body));
            match decoded {
                Ok(rows) if rows.len() == record.meta.rows as usize => {
                    self.events += rows.len() as u64;
                    let stamp = Stamp { sequence: *sequence, ingest_time_ns: record.received_ns };
                    self.inner.publish(vec![Published { environment: record.environment, rows: Arc::new(rows), stamp }]);
                }
                Ok(rows) => self.undecodable(*sequence, place, &format!("it decodes to {} events", rows.len()), &record).await,
                Err(reason) => self.undecodable(*sequence, place, &reason, &record).await,
            }
            while self.inner.merge_some() {}
            self.inner.world.spawner.yield_now().await;
        }
        let mut state = self.inner.state();
        state.published_through = state.published_through.max(layout.end);
        state.replays_backwards = false;
        Ok(())
    }

    /// A record that is whole but whose body makes no sense to this version's decoder.
    async fn undecodable(&mut self, sequence: u64, place: &Place, reason: &str, record: &LogRecord) {
        self.lost.push(sequence..sequence + 1);
        let segment = segment_name(self.generations[place.segment]);
        let (events, datasets) = (record.meta.rows, shown_datasets(record.meta.datasets.iter(), None));
        let message = format!("log record {sequence} in {segment} cannot be decoded ({events} events of {datasets} lost): {reason}");
        self.inner.tell(FaultKind::LogDamage, message);
        let start = place.record.offset;
        self.quarantine(place.segment, start, start + place.record.bytes as u64).await;
    }

    /// The whole groups after what is known to be durable.
    async fn tail(&mut self, layout: &Layout) -> Result<Vec<Group>, OpenError> {
        let mut groups = Vec::new();
        for sequences in &layout.tail_groups {
            let mut records = Vec::new();
            for (sequence, place) in layout.records.range(sequences.clone()) {
                records.push(Arc::new(self.record(*sequence, place).await?));
            }
            groups.push(Group { first_sequence: sequences.start, records });
        }
        Ok(groups)
    }

    fn know_segments(&self, segments: &[SegmentScan], layout: &Layout) {
        let now = self.inner.now();
        for (index, scan) in segments.iter().enumerate() {
            let own = || layout.records.values().filter(move |place| place.segment == index).map(|place| place.record);
            let left = own().map(|record| self.left(record.received_ns)).max().unwrap_or_default();
            self.inner.log.add_known(SegmentInfo {
                generation: self.generations[index],
                bytes: scan.bytes,
                last_sequence: own().map(|record| record.sequence).max().unwrap_or(0),
                keep_until: if self.keep.contains(&index) { Duration::MAX } else { now + left },
                is_poisoned: false,
            });
        }
    }

    async fn record(&mut self, sequence: u64, place: &Place) -> Result<LogRecord, OpenError> {
        let name = segment_name(self.generations[place.segment]);
        let segment = self.segment(place.segment).await.map_err(OpenError::disk(format!("read log segment {name}")))?;
        let life = self.inner.log.life(self.generations[place.segment]);
        let start = usize::try_from(place.record.offset).unwrap_or(usize::MAX).min(segment.len());
        let found = LogRecord::decode(&segment.slice(start..), life, sequence);
        let changed = || io::Error::new(io::ErrorKind::InvalidData, format!("record {sequence} reads differently a second time"));
        found.map(|(record, _)| record).ok_or_else(|| OpenError::disk(format!("read log segment {name}"))(changed()))
    }

    async fn segment(&mut self, index: usize) -> io::Result<Bytes> {
        match &self.cached {
            Some((cached, bytes)) if *cached == index => Ok(bytes.clone()),
            _ => {
                let bytes = self.inner.log.read(self.generations[index]).await?;
                self.cached = Some((index, bytes.clone()));
                Ok(bytes)
            }
        }
    }
}

/// Dataset names for people, and what else there may be. Whoever sends telemetry chooses them.
fn shown_datasets<'a>(names: impl Iterator<Item = &'a String>, rest: Option<&str>) -> String {
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    let mut rest = rest;
    let mut shown = Vec::new();
    for name in names {
        match name {
            "" => rest = rest.or(Some("others")),
            name => shown.push(name.escape_debug().to_string()),
        }
    }
    match (shown.is_empty(), rest) {
        (true, rest) => rest.unwrap_or("unknown datasets").to_owned(),
        (false, None) => shown.join(", "),
        (false, Some(rest)) => format!("{} and {rest}", shown.join(", ")),
    }
}

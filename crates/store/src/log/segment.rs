//! The files of the log: making, filling, freeing and recycling segments.
//!
//! A segment is `log/<generation>.seg`, sixteen hex digits. It is made as `<generation>.new` and gets its name once everything
//! in it is synced, so that a header never claims sequences that are not there yet. `<generation>.free` waits to be recycled;
//! its name is never less than any generation inside, so that no generation is used twice.

use super::format::{GROUP_HEADER, GroupHeader, Life, PAGE, SegmentHeader};
use super::record::LogRecord;
use crate::config::StoreConfig;
use crate::planted::PlantedBug;
use crate::world::{Disk, DiskFile, NameChanges};
use bytes::Bytes;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where the log lives.
pub(crate) const DIRECTORY: &str = "log";
/// Free files kept; more are removed.
const FREE_KEPT: usize = 2;
/// Bytes of zeros per part of a write.
const ZEROS: usize = 64 << 10;
static ZERO_PART: [u8; ZEROS] = [0; ZEROS];

/// Requests that are written together and stand or fall together.
#[derive(Clone)]
pub(crate) struct Group {
    pub first_sequence: u64,
    pub records: Vec<Arc<LogRecord>>,
}

/// The segment that is being filled.
pub(crate) struct OpenSegment {
    pub file: Arc<dyn DiskFile>,
    pub life: Life,
    pub generation: u64,
    /// Where the next group goes.
    pub position: u64,
    pub bytes: u64,
}

/// What is known of a segment on the disk.
#[derive(Debug, Clone)]
pub(crate) struct SegmentInfo {
    pub generation: u64,
    pub bytes: u64,
    /// The last sequence in it.
    pub last_sequence: u64,
    /// Monotonic time until which it is kept for the re-delivery window.
    pub keep_until: Duration,
    /// Its file once refused a write or a sync: it is never recycled.
    pub is_poisoned: bool,
}

/// The log's directory.
pub(crate) struct LogFiles {
    disk: Arc<dyn Disk>,
    config: StoreConfig,
    node: u64,
    next_generation: AtomicU64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// By generation; the last may be open.
    segments: Vec<SegmentInfo>,
    /// Generations of `.free` files of the usual size.
    free: Vec<u64>,
}

/// A segment that could not be made.
#[derive(Debug)]
pub(crate) struct SegmentError {
    pub segment: String,
    pub source: io::Error,
}

/// The name of a segment in messages.
pub(crate) fn segment_name(generation: u64) -> String {
    format!("{generation:016x}.seg")
}

/// The generation of the segment that is called so; `None` for everything else that lies beside segments.
pub(crate) fn generation_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_suffix(".seg")?, 16).ok()
}

fn path(generation: u64, suffix: &str) -> String {
    format!("{DIRECTORY}/{generation:016x}.{suffix}")
}

// === impl Group ===

impl Group {
    pub fn end(&self) -> u64 {
        self.first_sequence + self.records.len() as u64
    }

    /// The bytes of the group in a segment of this life, padding included.
    pub fn encode(&self, life: Life, durable_through: u64) -> (Vec<Bytes>, u64) {
        let mut parts = vec![Bytes::new()];
        for (sequence, record) in (self.first_sequence..).zip(&self.records) {
            parts.extend(record.encode(life, sequence));
        }
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        let events = self.records.iter().map(|record| u64::from(record.meta.rows)).sum();
        let header = GroupHeader { first_sequence: self.first_sequence, durable_through, count: self.records.len() as u32, events, bytes };
        parts[0] = header.encode(life);
        let padding = header.stored_bytes() - GROUP_HEADER as u64 - bytes;
        parts.push(Bytes::from_static(&ZERO_PART[..padding as usize]));
        (parts, header.stored_bytes())
    }
}

// === impl LogFiles ===

impl LogFiles {
    pub fn new(disk: Arc<dyn Disk>, config: StoreConfig, node: u64) -> Self {
        Self { disk, config, node, next_generation: AtomicU64::new(1), known: Mutex::default() }
    }

    /// What checksums in a segment of this generation begin with.
    pub fn life(&self, generation: u64) -> Life {
        let generation = if self.config.is_planted(PlantedBug::ReusedCrcSeed) { 1 } else { generation };
        Life { node: self.node, generation }
    }

    /// Looks at the directory: the generations of its segments, in order. Unfinished files are removed.
    pub async fn list(&self) -> io::Result<Vec<u64>> {
        let mut entries = self.disk.list(DIRECTORY).await?;
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        let mut segments = Vec::new();
        for entry in entries {
            let parsed = entry.name.split_once('.').and_then(|(stem, suffix)| Some((u64::from_str_radix(stem, 16).ok()?, suffix)));
            let Some((generation, suffix)) = parsed else { continue };
            self.next_generation.fetch_max(generation + 1, Ordering::Relaxed);
            match suffix {
                "seg" => segments.push(generation),
                "free" if entry.len == self.config.segment_bytes && self.known().free.len() < FREE_KEPT => {
                    self.known().free.push(generation)
                }
                "new" | "free" => self.disk.remove(&format!("{DIRECTORY}/{}", entry.name)).await?,
                _ => {}
            }
        }
        Ok(segments)
    }

    /// All bytes of a segment.
    pub async fn read(&self, generation: u64) -> io::Result<Bytes> {
        let file = self.disk.open(&path(generation, "seg"), false).await?;
        let len = file.len().await?;
        file.read_at(0, usize::try_from(len).map_err(io::Error::other)?).await
    }

    pub fn add_known(&self, segment: SegmentInfo) {
        self.known().segments.push(segment);
    }

    /// Makes a segment that begins with these groups. When this returns they are durable in it, and so is its name.
    ///
    /// `is_fresh`: use no recycled file, because the disk has just refused one.
    pub async fn create(&self, first_sequence: u64, groups: &[Group], is_fresh: bool) -> Result<OpenSegment, SegmentError> {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let new = path(generation, "new");
        match self.fill(generation, &new, first_sequence, groups, is_fresh).await {
            Ok(open) => Ok(open),
            Err(source) => {
                // If it cannot be removed now, the next start does.
                drop(self.disk.remove(&new).await);
                Err(SegmentError { segment: segment_name(generation), source })
            }
        }
    }

    async fn fill(&self, generation: u64, new: &str, first_sequence: u64, groups: &[Group], is_fresh: bool) -> io::Result<OpenSegment> {
        let life = self.life(generation);
        let header = SegmentHeader { life, first_sequence };
        let mut parts = vec![header.encode()];
        let mut position = PAGE;
        for group in groups {
            let (encoded, bytes) = group.encode(life, first_sequence - 1);
            parts.extend(encoded);
            position += bytes;
        }
        let bytes = self.config.segment_bytes.max(position);
        let recycled = if is_fresh || bytes > self.config.segment_bytes { None } else { self.known().free.pop() };
        let file = match recycled {
            Some(old) => {
                let names = self.name_changes();
                self.disk.rename(&path(old, "free"), new).await?;
                self.sync_names(&names).await?;
                self.disk.open(new, true).await?
            }
            None => self.create_zeroed(new, bytes).await?,
        };
        file.write_at(0, parts).await?;
        file.sync().await?;
        let names = self.name_changes();
        self.disk.rename(new, &path(generation, "seg")).await?;
        self.sync_names(&names).await?;
        let last_sequence = groups.last().map_or(first_sequence - 1, |group| group.end() - 1);
        self.add_known(SegmentInfo { generation, bytes, last_sequence, keep_until: Duration::ZERO, is_poisoned: false });
        Ok(OpenSegment { file, life, generation, position, bytes })
    }

    /// A file of zeros whose name and bytes are durable. Writing over zeros that are there costs a tenth of growing a file.
    async fn create_zeroed(&self, path: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let names = self.name_changes();
        let file = self.disk.create_new(path).await?;
        self.sync_names(&names).await?;
        let mut position = 0;
        while position < bytes {
            let parts = (bytes - position).div_ceil(ZEROS as u64).min(64);
            let length = (parts * ZEROS as u64).min(bytes - position);
            let mut zeros = vec![Bytes::from_static(&ZERO_PART); length as usize / ZEROS];
            zeros.push(Bytes::from_static(&ZERO_PART[..length as usize % ZEROS]));
            file.write_at(position, zeros).await?;
            position += length;
        }
        file.sync().await?;
        Ok(file)
    }

    fn name_changes(&self) -> NameChanges<'_> {
        NameChanges::begin(&*self.disk, DIRECTORY)
    }

    async fn sync_names(&self, names: &NameChanges<'_>) -> io::Result<()> {
        if self.config.is_planted(PlantedBug::LogDirectoryNotSynced) {
            return Ok(());
        }
        names.sync().await
    }

    /// Makes a free file if there is none, so that the next segment costs no zeroing.
    pub async fn prepare(&self) -> io::Result<()> {
        if !self.known().free.is_empty() {
            return Ok(());
        }
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let (new, free) = (path(generation, "new"), path(generation, "free"));
        let made = async {
            self.create_zeroed(&new, self.config.segment_bytes).await?;
            self.disk.rename(&new, &free).await?;
            self.disk.sync_dir(DIRECTORY).await
        };
        if let Err(error) = made.await {
            // It may have its other name already, and until the next start nobody would look for it.
            drop(self.disk.remove(&new).await);
            drop(self.disk.remove(&free).await);
            return Err(error);
        }
        self.known().free.push(generation);
        Ok(())
    }

    /// The open segment has grown to this sequence; equal requests must be known for some more time.
    pub fn grown(&self, generation: u64, last_sequence: u64, keep_until: Duration) {
        if let Some(segment) = self.known().segments.iter_mut().find(|segment| segment.generation == generation) {
            segment.last_sequence = last_sequence;
            segment.keep_until = keep_until;
        }
    }

    pub fn poison(&self, generation: u64) {
        if let Some(segment) = self.known().segments.iter_mut().find(|segment| segment.generation == generation) {
            segment.is_poisoned = true;
        }
    }

    /// Frees segments whose rows are all in committed files and which the window no longer needs, oldest first.
    pub async fn free(&self, flushed_through: u64, now: Duration) -> io::Result<()> {
        let mut any = false;
        while let Some(segment) = self.next_freeable(flushed_through, now) {
            any = true;
            let recycle = !segment.is_poisoned && segment.bytes == self.config.segment_bytes && self.known().free.len() < FREE_KEPT;
            let seg = path(segment.generation, "seg");
            let done = if recycle { self.disk.rename(&seg, &path(segment.generation, "free")).await } else { self.disk.remove(&seg).await };
            let is_there = match done {
                Ok(()) => true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(error),
            };
            let mut known = self.known();
            known.segments.retain(|other| other.generation != segment.generation);
            if recycle && is_there {
                known.free.push(segment.generation);
            }
        }
        if any { self.disk.sync_dir(DIRECTORY).await } else { Ok(()) }
    }

    /// The oldest segment, if it may go. The newest never goes: its header voids what older ones may still hold.
    fn next_freeable(&self, flushed_through: u64, now: Duration) -> Option<SegmentInfo> {
        let known = self.known();
        let [oldest, _, ..] = &known.segments[..] else { return None };
        let total: u64 = known.segments.iter().map(|segment| segment.bytes).sum();
        let is_needed = oldest.keep_until > now && total <= self.config.log_max_bytes;
        (oldest.last_sequence <= flushed_through && !is_needed).then(|| oldest.clone())
    }

    /// Whether anything was ever logged; before that no free file is made.
    pub fn is_in_use(&self) -> bool {
        !self.known().segments.is_empty()
    }

    /// How many segments there are, and their bytes.
    pub fn size(&self) -> (u64, u64) {
        let known = self.known();
        (known.segments.len() as u64, known.segments.iter().map(|segment| segment.bytes).sum())
    }

    /// Until when the oldest segment must be kept, if it is only the window that keeps it.
    pub fn next_free_at(&self, flushed_through: u64) -> Option<Duration> {
        let known = self.known();
        let [oldest, _, ..] = &known.segments[..] else { return None };
        (oldest.last_sequence <= flushed_through).then_some(oldest.keep_until)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Which rows of a data file are of a trace, by the index in its sidecar.

use super::sidecar::kind;
use super::{DataFile, TraceIndex, sidecar_path, traces};
use crate::error::ReadError;
use crate::fault::FaultKind;
use crate::planted::PlantedBug;
use crate::world::DiskFile;
use bytes::Bytes;
use glasshive_model::TraceId;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Within so many bytes behind the head of a sidecar lies what is kept in memory of most trace indexes.
const MOSTLY_BYTES: u64 = 64 << 10;

impl DataFile {
    /// What of its trace index is kept in memory; to be had once and kept. `None` for a file of before there were indexes, and
    /// for one whose index is damaged, which is told once: its rows are not the worse for it.
    ///
    /// # Errors
    /// As [`DataFile::read_range`], of the head of the sidecar.
    pub async fn trace_index(&self) -> Result<Option<TraceIndex>, ReadError> {
        let (sidecar, file, start) = self.read_sidecar_with(MOSTLY_BYTES).await?;
        if sidecar.section(kind::TRACE_PAGES).is_none() {
            return Ok(None);
        }
        let section = async |kind| {
            let Some(section) = sidecar.section(kind) else { return Ok(None) };
            let place = usize::try_from(section.place.start).ok().zip(usize::try_from(section.place.end).ok());
            let bytes = match place.filter(|(_, end)| *end <= start.len()) {
                Some((first, end)) => Some(start.slice(first..end)),
                None => self.read_sidecar_at(&file, &section.place).await?,
            };
            Ok(bytes.filter(|bytes| crc32c::crc32c(bytes) == section.crc))
        };
        let (directory, filter) = (section(kind::TRACE_DIRECTORY).await?, section(kind::TRACE_FILTER).await?);
        // A copy, so that what was read around it goes.
        let filter = filter.map(|filter| Bytes::copy_from_slice(&filter));
        let index = directory.zip(filter).and_then(|(directory, filter)| TraceIndex::new(&sidecar, &directory, filter));
        if index.is_none() {
            self.tell_index_damage();
        }
        Ok(index)
    }

    /// The rows that may be of one of these traces, by their places in the file, ascending; none too few, and seldom one too
    /// many. `None` when the index does not tell.
    ///
    /// # Errors
    /// As [`DataFile::read_range`], of the sidecar.
    pub async fn trace_rows(&self, index: &TraceIndex, ids: &[TraceId]) -> Result<Option<Vec<Range<u64>>>, ReadError> {
        let ids: Vec<&TraceId> = ids.iter().filter(|id| index.may_hold(id)).collect();
        if ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let file = self.open_sidecar().await?;
        let mut rows = Vec::new();
        for id in ids {
            for (place, first) in index.pages(id) {
                let page = self.read_sidecar_at(&file, &place).await?;
                if !page.is_some_and(|page| traces::add_rows(&page, first, id, &mut rows)) {
                    self.tell_index_damage();
                    return Ok(None);
                }
            }
        }
        if self.context.config.is_planted(PlantedBug::TraceIndexTellsTooFew) {
            rows.pop();
        }
        Ok(Some(joined(rows)))
    }

    /// Whether every section of the sidecar is as it was written; what is not costs time and no row.
    pub(crate) async fn has_whole_sections(&self) -> Result<bool, ReadError> {
        let (sidecar, file, _) = self.read_sidecar_with(0).await?;
        for section in &sidecar.sections {
            let bytes = self.read_sidecar_at(&file, &section.place).await?;
            if bytes.is_none_or(|bytes| crc32c::crc32c(&bytes) != section.crc) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open_sidecar(&self) -> Result<Arc<dyn DiskFile>, ReadError> {
        self.context.disk.open(&sidecar_path(&self.row.path), false).await.map_err(|error| self.disk_error(error))
    }

    /// `None` when the sidecar is shorter.
    async fn read_sidecar_at(&self, file: &Arc<dyn DiskFile>, place: &Range<u64>) -> Result<Option<Bytes>, ReadError> {
        let length = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(Some(Bytes::new()));
        }
        match file.read_at(place.start, length).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(self.disk_error(error)),
        }
    }

    fn tell_index_damage(&self) {
        if !self.index_told.swap(true, Ordering::Relaxed) {
            let text = format!("the trace index of {} is damaged; traces are looked for without it", self.row.path);
            self.context.faults.tell(FaultKind::FileDamage, self.context.clock.wall_ns(), text);
        }
    }
}

/// Ranges in order, those that meet as one.
fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}

//! One data file and its sidecar, from rows to durable names.

use super::WriteError;
use super::encode::Encoder;
use super::plan::FilePlan;
use super::schema::{FileColumns, MOST};
use crate::catalog::FileRow;
use crate::file::writer::{FileWriter, LeftOut, Written};
use crate::inner::Inner;
use crate::live::{Chunk, Facts, FrozenCut, Picked};
use crate::planted::PlantedBug;
use glasshive_model::{EnvironmentId, SignalClass};
use std::io;
use std::sync::Arc;

/// Where data files live.
pub(crate) const DIRECTORY: &str = "events";

/// Writes the file and makes it and its names durable. Nothing refers to it before the catalog does.
pub(super) async fn write_file(inner: &Inner, cut: &FrozenCut, plan: &FilePlan, id: &str) -> Result<FileRow, WriteError> {
    let slug = directory_name(plan.environment, &cut.slugs[&plan.environment]);
    let path = format!("{DIRECTORY}/{slug}/{}/{}/{id}.parquet", plan.class.word(), plan.hour.path());
    let written = write_to(inner, cut, plan, &path).await;
    written.map(|row| FileRow { id: id.to_owned(), ..row }).map_err(|source| WriteError { path, source })
}

/// The directory of an environment: its slug, if that is a plain name.
pub(crate) fn directory_name(environment: EnvironmentId, slug: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~');
    match !slug.is_empty() && !slug.starts_with('.') && slug.bytes().all(is_plain) {
        true => slug.to_owned(),
        false => format!("environment-{}", environment.0),
    }
}

async fn write_to(inner: &Inner, cut: &FrozenCut, plan: &FilePlan, path: &str) -> io::Result<FileRow> {
    let chunks = &cut.chunks[&plan.environment];
    let (mut facts, columns) = {
        let picked = Picked::new(chunks, &plan.picks);
        (Facts::of_picks(&picked), FileColumns::of(&picked, &cut.registries[&plan.environment], MOST))
    };
    // Rows that say they came long ago, by a clock that was far behind, are not old.
    facts.ingest_max_ns = facts.ingest_max_ns.max(inner.retention_clock().least_ns(inner.now()));
    let mut out = FileWriter::create(&inner.world.disk, path).await?;
    let row_group_rows = inner.config.row_group_rows.min((inner.config.row_group_bytes / row_bytes(chunks, plan)).max(1));
    let mut encoder =
        Encoder::new(chunks, plan, &columns, &facts, row_group_rows, inner.config.compression.flush).map_err(io::Error::other)?;
    while let Some(bytes) = encoder.next_row_group().map_err(io::Error::other)? {
        out.write(bytes).await?;
        inner.world.spawner.yield_now().await;
    }
    let (footer, traces) = encoder.finish().map_err(io::Error::other)?;
    out.write(footer).await?;
    let left_out = LeftOut {
        file_sync: inner.config.is_planted(PlantedBug::FileNotSynced),
        directory_sync: inner.config.is_planted(PlantedBug::FileDirectoryNotSynced),
    };
    let written = out.finish(traces, left_out).await?;
    Ok(FileRow { environment: plan.environment, class: plan.class, ..file_row(path, facts, columns, &written) })
}

/// Bytes of memory behind a row of the file, on average; at least one.
fn row_bytes(chunks: &[Arc<Chunk>], plan: &FilePlan) -> usize {
    let of_chunk: Vec<usize> = chunks.iter().map(|chunk| chunk.heap_bytes() / chunk.len().max(1)).collect();
    let bytes: usize = plan.picks.iter().map(|pick| of_chunk[pick.chunk as usize]).sum();
    (bytes / plan.picks.len().max(1)).max(1)
}

/// What the catalog says of a flushed file, but for its id and whose it is.
pub(crate) fn file_row(path: &str, facts: Facts, columns: FileColumns, written: &Written) -> FileRow {
    FileRow {
        id: String::new(),
        environment: EnvironmentId::LOCAL,
        class: SignalClass::Spans,
        path: path.to_owned(),
        level: 0,
        rows: facts.rows as u64,
        bytes: written.bytes,
        sidecar_crc: written.sidecar_crc,
        time_min_ns: facts.time_ns.0,
        time_max_ns: facts.time_ns.1,
        ingest_max_ns: facts.ingest_max_ns,
        sequence_first: facts.sequences.0,
        sequence_last: facts.sequences.1,
        rate_min: facts.rates.0,
        rate_max: facts.rates.1,
        datasets: facts.datasets.into_iter().collect(),
        columns: columns.attributes.iter().map(|column| column.id).collect(),
        overflow_keys: columns.overflow_keys.into_iter().collect(),
    }
}

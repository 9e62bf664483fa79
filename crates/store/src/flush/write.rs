//! One data file and its sidecar, from rows to durable names.

use super::WriteError;
use super::encode::Encoder;
use super::plan::FilePlan;
use super::schema::{FileColumns, MOST};
use crate::catalog::FileRow;
use crate::file::sidecar::SidecarBuilder;
use crate::file::sidecar_path;
use crate::inner::Inner;
use crate::live::{Facts, FrozenCut, Picked};
use crate::planted::PlantedBug;
use crate::world::DiskFile;
use bytes::Bytes;
use glasshive_model::EnvironmentId;
use std::io;
use std::sync::Arc;

/// Where data files live.
const DIRECTORY: &str = "events";
/// What a file is called until all its bytes are durable.
const UNFINISHED: &str = ".tmp";

/// Writes the file and makes it and its names durable. Nothing refers to it before the catalog does.
pub(super) async fn write_file(inner: &Inner, cut: &FrozenCut, plan: &FilePlan, id: &str) -> Result<FileRow, WriteError> {
    let slug = directory_name(plan.environment, &cut.slugs[&plan.environment]);
    let directory = format!("{DIRECTORY}/{slug}/{}/{}", plan.class.word(), plan.hour.path());
    let path = format!("{directory}/{id}.parquet");
    let written = write_to(inner, cut, plan, &directory, &path).await;
    written.map(|row| FileRow { id: id.to_owned(), ..row }).map_err(|source| WriteError { path, source })
}

/// All names that an attempt at this path may have left behind.
pub(super) fn names_of(path: &str) -> [String; 4] {
    let sidecar = sidecar_path(path);
    [format!("{path}{UNFINISHED}"), format!("{sidecar}{UNFINISHED}"), path.to_owned(), sidecar]
}

/// The directory of an environment: its slug, if that is a plain name.
fn directory_name(environment: EnvironmentId, slug: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~');
    match !slug.is_empty() && !slug.starts_with('.') && slug.bytes().all(is_plain) {
        true => slug.to_owned(),
        false => format!("environment-{}", environment.0),
    }
}

async fn write_to(inner: &Inner, cut: &FrozenCut, plan: &FilePlan, directory: &str, path: &str) -> io::Result<FileRow> {
    let disk = &inner.world.disk;
    let chunks = &cut.chunks[&plan.environment];
    let (facts, columns) = {
        let picked = Picked::new(chunks, &plan.picks);
        (Facts::of_picks(&picked), FileColumns::of(&picked, &cut.registries[&plan.environment], MOST))
    };
    disk.create_dir_all(directory).await?;

    let unfinished = format!("{path}{UNFINISHED}");
    let mut out = Out { file: disk.create_new(&unfinished).await?, position: 0, sums: SidecarBuilder::default() };
    let mut encoder = Encoder::new(chunks, plan, &columns, &facts, inner.config.row_group_rows).map_err(io::Error::other)?;
    while let Some(bytes) = encoder.next_row_group().map_err(io::Error::other)? {
        out.write(bytes).await?;
        inner.world.spawner.yield_now().await;
    }
    out.write(encoder.finish().map_err(io::Error::other)?).await?;
    if !inner.config.is_planted(PlantedBug::FileNotSynced) {
        out.file.sync().await?;
    }
    let bytes = out.position;
    let sidecar = out.sums.finish().encode();
    let sidecar_path = sidecar_path(path);
    let unfinished_sidecar = format!("{sidecar_path}{UNFINISHED}");
    let file = disk.create_new(&unfinished_sidecar).await?;
    file.write_at(0, vec![sidecar.clone()]).await?;
    file.sync().await?;
    disk.rename(&unfinished_sidecar, &sidecar_path).await?;
    disk.rename(&unfinished, path).await?;
    if !inner.config.is_planted(PlantedBug::FileDirectoryNotSynced) {
        disk.sync_dir(directory).await?;
    }
    Ok(FileRow {
        id: String::new(),
        environment: plan.environment,
        class: plan.class,
        path: path.to_owned(),
        level: 0,
        rows: facts.rows as u64,
        bytes,
        sidecar_crc: crc32c::crc32c(&sidecar),
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
    })
}

/// The data file while it grows.
struct Out {
    file: Arc<dyn DiskFile>,
    position: u64,
    sums: SidecarBuilder,
}

impl Out {
    async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.sums.append(&bytes);
        let length = bytes.len() as u64;
        self.file.write_at(self.position, vec![bytes]).await?;
        self.position += length;
        Ok(())
    }
}

//! Everything in a file that the catalog does not know, every byte of it compared with its checksum.

use super::candidate::Candidate;
use crate::catalog::FileRow;
use crate::delete::RowFilter;
use crate::file::sidecar::{BLOCK_BYTES, Sidecar};
use crate::file::writer::Written;
use crate::file::{DataFile, FileContext, sidecar_path};
use crate::flush::encode::{FORMAT_VERSION, INGEST_MAX};
use crate::live::{ColumnKey, Facts};
use crate::merge::rule::system;
use crate::merge::{PART, PART_OF, REPLACES};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{Field, SchemaRef};
use bytes::Bytes;
use glasshive_model::column::{FIELD_ID, FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnType, EnvironmentId, SignalClass, SystemColumn};
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

/// What a row is known by: its `_seq`, and when it was received.
pub(super) type RowId = (i64, i64);

/// Rows read at once.
const READ_ROWS: usize = 8_192;
/// Bytes read at once to compare them.
const READ_BYTES: u64 = 8 * BLOCK_BYTES;

/// A file that is whole and laid out as ours are.
pub(super) struct Contents {
    pub file: Arc<DataFile>,
    /// The bytes of its sidecar.
    pub sidecar: Bytes,
    pub schema: SchemaRef,
    /// Of all rows.
    pub facts: Facts,
    /// Attribute columns, in file order.
    pub attributes: Vec<FoundColumn>,
    /// When the first row of each dataset was received.
    pub dataset_since_ns: BTreeMap<String, i64>,
    /// Sorted.
    pub rows: Vec<RowId>,
    /// Rows that somebody had deleted after they were received.
    pub deleted: HashSet<RowId>,
    pub lineage: Lineage,
}

/// What a file was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lineage {
    /// Ids of the files that a merge made it of; `None` where none did.
    pub replaces: Option<Vec<String>>,
    /// The same of one that was adopted without some of the rows that it had, which were elsewhere.
    pub part_of: Option<Vec<String>>,
    /// Which of how many files that it made of these, from 1.
    pub part: (u64, u64),
}

/// A deletion of rows of the file's environment. It means those that were received until `asked_ns`. Where the catalog that now is
/// knew of it before it lost sight of the file, it means those up to a sequence, as in any visible file: what came later has a later
/// one, whatever the clock said. Otherwise all that the file has came before.
pub(super) struct Deletion {
    pub filter: RowFilter,
    pub asked_ns: i64,
    pub through: Option<u64>,
}

/// An attribute column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundColumn {
    /// Its place in the schema.
    pub index: usize,
    pub key: ColumnKey,
    /// What the file calls it.
    pub physical: String,
    /// The registry number it was written under.
    pub id: u32,
    /// `_seq` of the first row that has it.
    pub first_seq: Option<i64>,
}

/// Reads all of it; why it is not to be believed otherwise.
pub(super) async fn read(candidate: &Candidate, deletions: &[Deletion], context: &Arc<FileContext>) -> Result<Contents, String> {
    let (sidecar, file) = open(candidate, context).await?;
    let damaged = |error: crate::ReadError| match error {
        crate::ReadError::Damaged { .. } => "it is damaged: its bytes are not those that its checksums are of".to_owned(),
        error @ crate::ReadError::Disk { .. } => error.to_string(),
    };
    read_through(&file).await.map_err(damaged)?;
    let lineage = check_format(&file).await?;
    let batch_rows = file.batch_rows(READ_ROWS).await.map_err(damaged)?;
    let mut stream = file.stream_rows(batch_rows).await.map_err(damaged)?;
    let attributes = check_schema(&stream.schema).ok_or_else(|| "it is not laid out as a data file".to_owned())?;
    let schema = stream.schema.clone();
    let mut contents = Contents {
        file: file.clone(),
        sidecar,
        schema,
        facts: nothing(),
        attributes,
        dataset_since_ns: BTreeMap::new(),
        rows: Vec::new(),
        deleted: HashSet::new(),
        lineage,
    };
    while let Some(batch) = stream.next().await.map_err(damaged)? {
        contents.take(&batch, deletions);
    }
    // How late it was when it was written is more than rows say whose clock was far behind.
    let ingest_max_ns = file.footer_value(INGEST_MAX).await.map_err(damaged)?.and_then(|number| number.parse().ok());
    contents.facts.ingest_max_ns = contents.facts.ingest_max_ns.max(ingest_max_ns.unwrap_or(i64::MIN));
    contents.rows.sort_unstable();
    if contents.rows.is_empty() { Err("it has no rows".to_owned()) } else { Ok(contents) }
}

/// What a file says that it was made of. No more of it is read than its footer.
pub(super) async fn lineage(candidate: &Candidate, context: &Arc<FileContext>) -> Result<Lineage, String> {
    let (_, file) = open(candidate, context).await?;
    check_format(&file).await
}

/// The bytes of its sidecar, and the file to be read by it.
async fn open(candidate: &Candidate, context: &Arc<FileContext>) -> Result<(Bytes, Arc<DataFile>), String> {
    let (sidecar, sidecar_crc) = read_sidecar(candidate, context).await?;
    Ok((sidecar, Arc::new(DataFile::new(row_of(candidate, sidecar_crc), context.clone()))))
}

/// Compares every byte of a file with its checksums.
pub(super) async fn read_through(file: &DataFile) -> Result<(), crate::ReadError> {
    let mut position = 0;
    while position < file.row.bytes {
        let end = (position + READ_BYTES).min(file.row.bytes);
        file.read_range(position..end).await?;
        position = end;
    }
    Ok(())
}

/// Its bytes, and what the catalog knows it by.
async fn read_sidecar(candidate: &Candidate, context: &FileContext) -> Result<(Bytes, u32), String> {
    let path = sidecar_path(&candidate.path);
    let read = async {
        let file = context.disk.open(&path, false).await?;
        let len = usize::try_from(file.len().await?).map_err(io::Error::other)?;
        file.read_at(0, len).await
    };
    let stored = read.await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "its checksums (the .sum file beside it) are missing".to_owned(),
        _ => format!("its checksums cannot be read: {error}"),
    })?;
    match Sidecar::decode(&stored) {
        Some(sidecar) if sidecar.bytes == candidate.bytes => Ok((stored, sidecar.crc)),
        Some(sidecar) => Err(format!("it is {} bytes long and its checksums are of {} bytes", candidate.bytes, sidecar.bytes)),
        None => Err("its checksums (the .sum file beside it) are damaged".to_owned()),
    }
}

/// As much of a catalog row as reading needs.
fn row_of(candidate: &Candidate, sidecar_crc: u32) -> FileRow {
    FileRow {
        id: candidate.id.clone(),
        environment: EnvironmentId::LOCAL,
        class: SignalClass::Spans,
        path: candidate.path.clone(),
        level: 0,
        rows: 0,
        bytes: candidate.bytes,
        sidecar_crc,
        time_min_ns: 0,
        time_max_ns: 0,
        ingest_max_ns: 0,
        sequence_first: 0,
        sequence_last: 0,
        rate_min: 1.0,
        rate_max: 1.0,
        datasets: Vec::new(),
        columns: Vec::new(),
        overflow_keys: Vec::new(),
    }
}

/// What it was made of, if it is in the form that this program knows.
pub(super) async fn check_format(file: &DataFile) -> Result<Lineage, String> {
    let strange = || "it is not laid out as a data file".to_owned();
    let metadata = file.metadata().await.map_err(|_| strange())?;
    let values = metadata.file_metadata().key_value_metadata().ok_or_else(strange)?;
    let value = |key: &str| values.iter().find(|pair| pair.key == key)?.value.as_deref();
    let format = value("hive.format").ok_or_else(strange)?;
    if format != FORMAT_VERSION {
        return Err(format!("it is written in form {format}, and this program knows form {FORMAT_VERSION}"));
    }
    let list = |key: &str| value(key).map(|list| serde_json::from_str(list).map_err(|_| strange())).transpose();
    let (replaces, part_of) = (list(REPLACES)?, list(PART_OF)?);
    let part = value(PART).map(|part| parse_part(part).ok_or_else(strange)).transpose()?;
    Ok(Lineage { replaces, part_of, part: part.unwrap_or((1, 1)) })
}

/// `number/of how many`, from 1.
fn parse_part(part: &str) -> Option<(u64, u64)> {
    let (number, parts) = part.split_once('/')?;
    let part: (u64, u64) = (number.parse().ok()?, parts.parse().ok()?);
    (1..=part.1).contains(&part.0).then_some(part)
}

/// The attribute columns; `None` unless every column is one or a system column, and all system columns are there.
fn check_schema(schema: &SchemaRef) -> Option<Vec<FoundColumn>> {
    let (mut attributes, mut systems) = (Vec::new(), 0);
    for (index, field) in schema.fields().iter().enumerate() {
        match SystemColumn::from_name(field.name()) {
            Some(system) if *field.data_type() == system.field().data_type().clone() => systems += 1,
            Some(_) => return None,
            None => attributes.push(found_column(index, field)?),
        }
    }
    (systems == SystemColumn::ALL.len()).then_some(attributes)
}

fn found_column(index: usize, field: &Field) -> Option<FoundColumn> {
    let metadata = field.metadata();
    let column_type = ColumnType::from_tag(metadata.get(FIELD_TYPE)?)?;
    let key = (metadata.get(FIELD_KEY)?.clone(), column_type);
    let id = metadata.get(FIELD_ID)?.parse().ok()?;
    let is_its = *field.data_type() == column_type.data_type();
    is_its.then(|| FoundColumn { index, key, physical: field.name().clone(), id, first_seq: None })
}

/// Facts to be added to.
pub(crate) fn nothing() -> Facts {
    Facts {
        time_ns: (i64::MAX, i64::MIN),
        sequences: (u64::MAX, 0),
        ingest_max_ns: i64::MIN,
        ingest_min_ns: i64::MAX,
        rates: (f64::INFINITY, f64::NEG_INFINITY),
        ..Facts::default()
    }
}

/// Adds what can be said of these rows.
pub(crate) fn learn(facts: &mut Facts, batch: &RecordBatch) {
    let widen = |range: &mut (i64, i64), value: i64| *range = (range.0.min(value), range.1.max(value));
    facts.rows += batch.num_rows();
    for time in system(batch, SystemColumn::Time).as_primitive::<TimestampNanosecondType>().values() {
        widen(&mut facts.time_ns, *time);
    }
    for (sequence, received_ns) in row_ids(batch) {
        let sequence = (sequence >> 24).unsigned_abs();
        facts.sequences = (facts.sequences.0.min(sequence), facts.sequences.1.max(sequence));
        (facts.ingest_min_ns, facts.ingest_max_ns) = (facts.ingest_min_ns.min(received_ns), facts.ingest_max_ns.max(received_ns));
    }
    for rate in system(batch, SystemColumn::SampleRate).as_primitive::<Float64Type>().values() {
        facts.rates = (facts.rates.0.min(*rate), facts.rates.1.max(*rate));
    }
    for slug in system(batch, SystemColumn::Dataset).as_string_view().iter().flatten() {
        match facts.datasets.get_mut(slug) {
            Some(rows) => *rows += 1,
            None => drop(facts.datasets.insert(slug.to_owned(), 1)),
        }
    }
    for object in system(batch, SystemColumn::Overflow).as_string_view().iter().flatten() {
        let members: BTreeMap<String, IgnoredAny> = serde_json::from_str(object).unwrap_or_default();
        facts.overflow_keys.extend(members.into_keys());
    }
}

/// What each row is known by.
pub(super) fn row_ids(batch: &RecordBatch) -> impl Iterator<Item = RowId> {
    let sequences = system(batch, SystemColumn::Seq).as_primitive::<Int64Type>().values();
    let received = system(batch, SystemColumn::IngestTime).as_primitive::<TimestampNanosecondType>().values();
    sequences.iter().copied().zip(received.iter().copied())
}

impl Deletion {
    /// Whether a row was there when it was asked for.
    fn is_after(&self, (seq, received_ns): RowId) -> bool {
        received_ns <= self.asked_ns && self.through.is_none_or(|through| (seq >> 24).unsigned_abs() <= through)
    }
}

impl Contents {
    /// What writing the same bytes comes to.
    pub fn written(&self) -> Written {
        Written { bytes: self.file.row.bytes, sidecar_crc: self.file.row.sidecar_crc }
    }

    fn take(&mut self, batch: &RecordBatch, deletions: &[Deletion]) {
        learn(&mut self.facts, batch);
        let ids: Vec<RowId> = row_ids(batch).collect();
        for deletion in deletions {
            let matches = deletion.filter.matches(batch);
            let deleted = ids.iter().enumerate().filter(|(row, id)| matches.value(*row) && deletion.is_after(**id));
            self.deleted.extend(deleted.map(|(_, id)| *id));
        }
        let slugs = system(batch, SystemColumn::Dataset).as_string_view();
        for (slug, (_, received_ns)) in slugs.iter().zip(&ids) {
            let slug = slug.unwrap_or_default();
            match self.dataset_since_ns.get_mut(slug) {
                Some(since) => *since = (*since).min(*received_ns),
                None => drop(self.dataset_since_ns.insert(slug.to_owned(), *received_ns)),
            }
        }
        for column in &mut self.attributes {
            let array = batch.column(column.index);
            if array.null_count() < array.len() {
                let first = (0..array.len()).filter(|row| array.is_valid(*row)).map(|row| ids[row].0).min();
                column.first_seq = column.first_seq.into_iter().chain(first).min();
            }
        }
        self.rows.extend(ids);
    }
}

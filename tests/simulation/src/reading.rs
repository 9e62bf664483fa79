//! Reading everything a snapshot holds, through the store's readers and nothing else.

use crate::body::{REQUEST, ROW};
use crate::disk::{Medium, Version};
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use glasshive_model::column::{attribute_field, physical_name};
use glasshive_model::names::{META_DATASET, META_INGEST_TIME, META_SAMPLE_RATE};
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::{ColumnRef, SystemColumn, Value};
use glasshive_store::catalog::FileRow;
use glasshive_store::{Chunk, DataFile, ReadError, Snapshot};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A row as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Which request it says it is of.
    pub request: u64,
    /// Which row of it.
    pub row: u64,
    /// Log sequence and row, as `_seq`.
    pub seq: i64,
    /// When its request was received.
    pub ingest_ns: i64,
    /// Everything else about it.
    pub shown: Arc<ShownRow>,
}

/// Why a snapshot was not read to its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Unread {
    /// An injected read failure; nothing can be said.
    Disk,
    /// What was read is wrong.
    Wrong(String),
}

/// Rows of data files that were read before, good as long as not a byte of them and of what the catalog says has changed.
#[derive(Clone, Default)]
pub struct FileCache {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
    /// The catalog is one of before, and files that it names may be gone by now.
    is_old: Arc<AtomicBool>,
}

struct Known {
    row: FileRow,
    /// Of the file and its sidecar.
    versions: [Option<Version>; 2],
    rows: Arc<Vec<Found>>,
}

/// Every row of a snapshot, live ones first. What the catalog and the chunks say of their rows is compared with them. Files
/// that are reported damaged because a byte decayed are healed and read again.
pub async fn read(snapshot: &Snapshot, medium: &Medium, cache: &FileCache) -> Result<Vec<Found>, Unread> {
    let mut found = live_rows(snapshot).map_err(Unread::Wrong)?;
    for file in &snapshot.files {
        let rows = match cache.get(&file.row, medium) {
            Some(rows) => rows,
            // Of one that had left, a power failure may bring back half.
            None if cache.is_old.load(Ordering::SeqCst) && versions(&file.row, medium).contains(&None) => continue,
            None => {
                let rows = Arc::new(read_file(file, medium).await?);
                check_file(file, &rows).map_err(Unread::Wrong)?;
                cache.put(&file.row, medium, rows.clone());
                rows
            }
        };
        found.extend(rows.iter().cloned());
    }
    Ok(found)
}

/// No file of a snapshot counts as received later than this, the latest time that anybody may have believed it to be.
pub fn check_received(snapshot: &Snapshot, latest_ns: i64) -> Result<(), String> {
    match snapshot.files.iter().find(|file| file.row.ingest_max_ns > latest_ns) {
        Some(file) => Err(format!("{} counts as received at {}, which nobody believes it to be", file.row.path, file.row.ingest_max_ns)),
        None => Ok(()),
    }
}

/// The live rows of a snapshot.
pub fn live_rows(snapshot: &Snapshot) -> Result<Vec<Found>, String> {
    let rows: Result<Vec<Vec<Found>>, String> = snapshot.live.iter().map(|chunk| rows_of_chunk(chunk)).collect();
    Ok(rows?.concat())
}

impl FileCache {
    /// Whether files that the catalog names may be gone.
    pub fn set_old(&self, is_old: bool) {
        self.is_old.store(is_old, Ordering::SeqCst);
    }

    /// The rows of a file, if they were read before and are still the same.
    pub fn get(&self, row: &FileRow, medium: &Medium) -> Option<Arc<Vec<Found>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&row.path).filter(|known| known.row == *row && known.versions == versions(row, medium))?;
        Some(known.rows.clone())
    }

    fn put(&self, row: &FileRow, medium: &Medium, rows: Arc<Vec<Found>>) {
        let known = Known { row: row.clone(), versions: versions(row, medium), rows };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(row.path.clone(), known);
    }
}

fn versions(row: &FileRow, medium: &Medium) -> [Option<Version>; 2] {
    [medium.version(&row.path), medium.version(&sidecar(&row.path))]
}

/// Where the sidecar of a data file lies.
pub fn sidecar(path: &str) -> String {
    format!("{}.sum", path.strip_suffix(".parquet").unwrap_or(path))
}

/// The rows of a chunk, which say the same as the chunk says of them.
pub fn rows_of_chunk(chunk: &Chunk) -> Result<Vec<Found>, String> {
    let rows = rows_of(&batch(chunk))?;
    check_chunk(chunk, &rows)?;
    Ok(rows)
}

async fn read_file(file: &Arc<DataFile>, medium: &Medium) -> Result<Vec<Found>, Unread> {
    let path = &file.row.path;
    let batches = match file.read_rows(None).await {
        Err(ReadError::Damaged { .. }) => {
            let healed = [path, &sidecar(path)].map(|path| medium.heal(path));
            if healed == [false; 2] {
                return Err(Unread::Wrong(format!("{path} is reported damaged, but no byte of it decayed")));
            }
            file.read_rows(None).await
        }
        other => other,
    };
    match batches {
        Ok(batches) => {
            let rows: Result<Vec<Vec<Found>>, String> = batches.iter().map(rows_of).collect();
            Ok(rows.map_err(|error| Unread::Wrong(format!("{path}: {error}")))?.concat())
        }
        Err(ReadError::Disk { .. }) => Err(Unread::Disk),
        Err(error) => Err(Unread::Wrong(error.to_string())),
    }
}

fn batch(chunk: &Chunk) -> RecordBatch {
    let system = SystemColumn::ALL.iter().map(|column| (column.field(), ColumnRef::System(*column)));
    let attributes = chunk.attributes().iter().map(|attribute| {
        let physical = physical_name(&attribute.key, attribute.column_type, false);
        (attribute_field(&physical, &attribute.key, attribute.column_type, 0), attribute.column())
    });
    let (fields, columns): (Vec<Field>, Vec<ColumnRef>) = system.chain(attributes).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), chunk.project(&columns)).expect("a chunk projects what it promises")
}

fn rows_of(batch: &RecordBatch) -> Result<Vec<Found>, String> {
    shown_rows(batch)
        .into_iter()
        .map(|shown| {
            let number = |name: &str| match shown.get(name) {
                Some(Value::Int(number)) => Ok(*number),
                other => Err(format!("a row has {other:?} as {name}: {shown:?}")),
            };
            let (request, row) = (number(REQUEST)? as u64, number(ROW)? as u64);
            Ok(Found { request, row, seq: shown.seq, ingest_ns: number(META_INGEST_TIME)?, shown: Arc::new(shown) })
        })
        .collect()
}

/// What can be said of a set of rows from outside.
#[derive(Debug, PartialEq)]
struct Facts {
    rows: u64,
    time: (i64, i64),
    sequences: (u64, u64),
    rates: (f64, f64),
    datasets: BTreeMap<String, u64>,
    ingest_max_ns: i64,
}

fn facts(rows: &[Found]) -> Facts {
    let mut facts = Facts {
        rows: rows.len() as u64,
        time: (i64::MAX, i64::MIN),
        sequences: (u64::MAX, 0),
        rates: (f64::INFINITY, f64::NEG_INFINITY),
        datasets: BTreeMap::new(),
        ingest_max_ns: i64::MIN,
    };
    for row in rows {
        let sequence = (row.seq >> 24) as u64;
        let rate = match row.shown.get(META_SAMPLE_RATE) {
            Some(Value::Float(rate)) => *rate,
            _ => f64::NAN,
        };
        let dataset = row.shown.get(META_DATASET).map(Value::to_string).unwrap_or_default();
        facts.time = (facts.time.0.min(row.shown.time_ns), facts.time.1.max(row.shown.time_ns));
        facts.sequences = (facts.sequences.0.min(sequence), facts.sequences.1.max(sequence));
        facts.rates = (facts.rates.0.min(rate), facts.rates.1.max(rate));
        facts.ingest_max_ns = facts.ingest_max_ns.max(row.ingest_ns);
        *facts.datasets.entry(dataset).or_default() += 1;
    }
    facts
}

fn check_chunk(chunk: &Chunk, rows: &[Found]) -> Result<(), String> {
    if !rows.is_sorted_by_key(|row| row.seq) {
        return Err("a live chunk is not in order of _seq".to_owned());
    }
    let found = facts(rows);
    let time = chunk.time_range();
    let said = Facts {
        rows: chunk.len() as u64,
        time: (time.start, time.end - 1),
        sequences: chunk.sequences(),
        rates: chunk.rates(),
        datasets: chunk.datasets().clone(),
        ingest_max_ns: found.ingest_max_ns,
    };
    if said == found { Ok(()) } else { Err(format!("a live chunk says {said:?}, its rows say {found:?}")) }
}

fn check_file(file: &DataFile, rows: &[Found]) -> Result<(), String> {
    let row = &file.row;
    let found = facts(rows);
    let said = Facts {
        rows: row.rows,
        time: (row.time_min_ns, row.time_max_ns),
        sequences: (row.sequence_first, row.sequence_last),
        rates: (row.rate_min, row.rate_max),
        datasets: row.datasets.iter().cloned().collect(),
        // It may say later: how late it was believed to be when the rows were flushed. See [`check_received`].
        ingest_max_ns: row.ingest_max_ns.min(found.ingest_max_ns),
    };
    if said == found { Ok(()) } else { Err(format!("the catalog says of {} {said:?}, its rows say {found:?}", row.path)) }
}

//! Files of one environment and class into one file: their rows in order, without those that do not stay.

use super::cursor::{Cursor, Place};
use super::fold::{Fold, RowSource, fingerprint};
use super::output::{Lineage, Output};
use super::rule::RowRule;
use crate::catalog::FileRow;
use crate::error::ReadError;
use crate::file::DataFile;
use crate::file::writer::LeftOut;
use crate::flush::schema::{FileColumns, MOST};
use crate::inner::Inner;
use crate::live::ColumnKey;
use crate::overflow;
use crate::planted::PlantedBug;
use crate::registry::Registry;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnRef, ColumnType, SystemColumn};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::sync::Arc;

/// Rows that are handed to the Parquet writer at once, at most.
const WRITE_ROWS: usize = 8_192;
/// Rows read at once from one of many files, at least, where rows are not large.
const READ_ROWS_MIN: usize = 512;

/// A file to be written.
pub(super) struct Plan<'a> {
    pub inputs: &'a [Arc<DataFile>],
    pub rule: RowRule,
    pub path: &'a str,
    pub registry: &'a Registry,
    pub lineage: Lineage<'a>,
    /// Whether of equal rows of several requests one stays.
    pub folds: bool,
}

/// What came of it.
pub(super) struct Rewritten {
    /// The new file, unless no row stays.
    pub row: Option<FileRow>,
    /// Rows that are equal to one that stays.
    pub folded: u64,
}

/// Why a file could not be written.
#[derive(Debug)]
pub(super) enum RewriteError {
    /// One of the inputs cannot be read.
    Read { id: String, source: ReadError },
    /// One of the inputs is laid out in a way that is not ours.
    Strange { id: String },
    /// The output cannot be written.
    Write(io::Error),
    /// The tasks are to end.
    Closing,
}

/// Writes the file and makes it and its name durable. Nothing refers to it before the catalog does.
pub(super) async fn rewrite(inner: &Inner, plan: &Plan<'_>) -> Result<Rewritten, RewriteError> {
    let (columns, decoded_bytes) = choose_columns(plan).await?;
    let rows: u64 = plan.inputs.iter().map(|file| file.row.rows).sum();
    let row_bytes = usize::try_from(decoded_bytes / rows.max(1)).unwrap_or(usize::MAX).max(1);
    let write_rows = (inner.config.batch_bytes() / row_bytes).clamp(1, WRITE_ROWS);
    let mut merge = Merge::open(plan, write_rows).await?;
    let mut output: Option<Output> = None;
    while let Some(picks) = merge.next_picks().await? {
        if inner.is_closing() {
            return Err(RewriteError::Closing);
        }
        let output = match &mut output {
            Some(output) => output,
            // Made with the first row, so that no file is made for none.
            None => {
                let columns = columns.clone();
                let created = Output::create(&inner.world.disk, plan.path, columns, rows, &inner.config).await;
                output.insert(created.map_err(RewriteError::Write)?)
            }
        };
        let batch = merge.gather(output.columns(), &picks);
        merge.forget_used();
        output.write(&batch).await.map_err(RewriteError::Write)?;
        inner.world.spawner.yield_now().await;
    }
    let folded = merge.folded;
    let Some(output) = output else { return Ok(Rewritten { row: None, folded }) };
    let steps = LeftOut { file_sync: inner.config.is_planted(PlantedBug::MergeOutputNotSynced), directory_sync: false };
    // What is known of when they came is more than the rows say.
    let ingest_max_ns = plan.inputs.iter().map(|file| file.row.ingest_max_ns).fold(i64::MIN, i64::max);
    let row = output.finish(plan.lineage, ingest_max_ns, steps).await.map_err(RewriteError::Write)?;
    Ok(Rewritten { row: Some(row), folded })
}

/// Which columns the file has, by the footers of its inputs, which know how many rows have each; and the bytes of these, decoded.
async fn choose_columns(plan: &Plan<'_>) -> Result<(FileColumns, u64), RewriteError> {
    let mut counts: BTreeMap<ColumnKey, usize> = BTreeMap::new();
    let (mut rows, mut bytes) = (0, 0);
    for file in plan.inputs {
        let failed = |source| RewriteError::Read { id: file.row.id.clone(), source };
        let metadata = file.metadata().await.map_err(failed)?;
        let schema = file.schema().await.map_err(failed)?;
        for (index, field) in schema.fields().iter().enumerate() {
            let Some(key) = attribute(field) else { continue };
            let groups = metadata.row_groups().iter();
            let set: usize = groups
                .map(|group| {
                    let nulls = group.column(index).statistics().and_then(|statistics| statistics.null_count_opt()).unwrap_or(0);
                    usize::try_from(group.num_rows()).unwrap_or(0).saturating_sub(nulls as usize)
                })
                .sum();
            if set > 0 {
                *counts.entry(key).or_default() += set;
            }
        }
        rows += file.row.rows as usize;
        bytes += metadata.row_groups().iter().map(|group| group.total_byte_size().unsigned_abs()).sum::<u64>();
    }
    let overflow_keys = plan.inputs.iter().flat_map(|file| file.row.overflow_keys.iter().cloned()).collect();
    Ok((FileColumns::choose(counts, overflow_keys, rows, plan.registry, MOST), bytes))
}

fn attribute(field: &arrow_schema::Field) -> Option<ColumnKey> {
    let metadata = field.metadata();
    Some((metadata.get(FIELD_KEY)?.clone(), ColumnType::from_tag(metadata.get(FIELD_TYPE)?)?))
}

/// The inputs, merged.
struct Merge {
    write_rows: usize,
    ids: Vec<String>,
    cursors: Vec<Cursor>,
    schemas: Vec<Columns>,
    /// The next row of each cursor that has one.
    heap: BinaryHeap<Reverse<(Place, usize, usize)>>,
    /// Batches that picks name, each with its cursor.
    window: Vec<(usize, RecordBatch)>,
    /// Where in the window each cursor's present batch is.
    slots: Vec<usize>,
    /// Which of the inputs are merged files.
    is_merged: Vec<bool>,
    /// Tells equal rows, if they are to be folded.
    fold: Option<Fold>,
    folded: u64,
}

/// Where in a file's batches a column is.
struct Columns {
    places: BTreeMap<String, usize>,
    /// Those in which equal rows are equal, by name.
    compared: Vec<(String, usize)>,
}

/// Rows by their place in the window.
type Picks = Vec<(usize, usize)>;

impl Merge {
    /// So many rows are written at once.
    async fn open(plan: &Plan<'_>, write_rows: usize) -> Result<Self, RewriteError> {
        let batch_rows = (write_rows * 8 / plan.inputs.len().max(1)).clamp(READ_ROWS_MIN.min(write_rows), write_rows);
        let mut merge = Self {
            write_rows,
            ids: plan.inputs.iter().map(|file| file.row.id.clone()).collect(),
            cursors: Vec::new(),
            schemas: Vec::new(),
            heap: BinaryHeap::new(),
            window: Vec::new(),
            slots: vec![0; plan.inputs.len()],
            is_merged: plan.inputs.iter().map(|file| file.row.level > 0).collect(),
            fold: plan.folds.then(Fold::default),
            folded: 0,
        };
        for file in plan.inputs {
            let opened = Cursor::open(file, batch_rows, plan.rule.clone()).await;
            let cursor = opened.map_err(|source| RewriteError::Read { id: file.row.id.clone(), source })?;
            merge.schemas.push(Columns::of(cursor.schema()).ok_or_else(|| RewriteError::Strange { id: file.row.id.clone() })?);
            merge.cursors.push(cursor);
        }
        for index in 0..merge.cursors.len() {
            merge.advance(index).await?;
        }
        Ok(merge)
    }

    async fn advance(&mut self, index: usize) -> Result<(), RewriteError> {
        let next = self.cursors[index].next().await;
        let Some((place, row, is_new)) = next.map_err(|source| RewriteError::Read { id: self.ids[index].clone(), source })? else {
            return Ok(());
        };
        if is_new {
            self.slots[index] = self.window.len();
            let batch = self.cursors[index].batch().expect("it has just given a row of it").clone();
            self.window.push((index, batch));
        }
        self.heap.push(Reverse((place, index, row)));
        Ok(())
    }

    /// The next rows, as many as are written at once; `None` after the last.
    async fn next_picks(&mut self) -> Result<Option<Picks>, RewriteError> {
        let mut picks = Picks::new();
        while picks.len() < self.write_rows
            && let Some(Reverse((place, index, row))) = self.heap.pop()
        {
            let slot = self.slots[index];
            self.advance(index).await?;
            if self.is_kept(place, slot, row) {
                picks.push((slot, row));
            }
        }
        Ok((!picks.is_empty()).then_some(picks))
    }

    /// Whether the row before the heap's first stays, or is equal to one that does.
    fn is_kept(&mut self, place: Place, slot: usize, row: usize) -> bool {
        let Some(fold) = &mut self.fold else { return true };
        let is_begun = fold.is_begun(place);
        let goes_on = self.heap.peek().is_some_and(|Reverse((next, _, _))| (next.1, next.2) == (place.1, place.2));
        if !is_begun && !goes_on {
            return true;
        }
        let (index, batch) = &self.window[slot];
        let compared = self.schemas[*index].compared.iter().map(|(name, place)| (name.as_str(), *place));
        let source = if self.is_merged[*index] { RowSource::Merged(*index) } else { RowSource::Request(place.3 >> 24) };
        let is_kept = fold.keeps(fingerprint(batch, row, compared), source);
        self.folded += u64::from(!is_kept);
        is_kept
    }

    /// Lets go of batches whose rows are all written.
    fn forget_used(&mut self) {
        let mut window = Vec::new();
        let waiting: Vec<usize> = self.heap.iter().map(|Reverse((_, index, _))| *index).collect();
        for index in waiting {
            window.push((index, self.window[self.slots[index]].1.clone()));
            self.slots[index] = window.len() - 1;
        }
        self.window = window;
    }

    fn gather(&self, columns: &FileColumns, picks: &[(usize, usize)]) -> RecordBatch {
        let (schema, wanted) = (columns.schema(), columns.columns());
        let arrays = wanted.iter().zip(schema.fields()).map(|(column, field)| {
            let array = self.gather_one(column, field.data_type(), picks);
            if *column != ColumnRef::System(SystemColumn::Overflow) || columns.folded.is_empty() {
                return array;
            }
            let folded = columns.folded.iter().map(|(key, column_type)| {
                let column = ColumnRef::Attribute { key: key.clone(), column_type: *column_type };
                (key.as_str(), *column_type, self.gather_one(&column, &column_type.data_type(), picks))
            });
            overflow::fold(array, folded)
        });
        RecordBatch::try_new(schema.clone(), arrays.collect()).expect("every column was made of its field's type")
    }

    fn gather_one(&self, column: &ColumnRef, data_type: &arrow_schema::DataType, picks: &[(usize, usize)]) -> ArrayRef {
        let nulls = new_null_array(data_type, 1);
        let mut arrays: Vec<&dyn Array> = vec![&nulls];
        let places: Vec<usize> = self
            .window
            .iter()
            .map(|(cursor, batch)| match self.schemas[*cursor].place(column) {
                Some(place) => {
                    arrays.push(batch.column(place));
                    arrays.len() - 1
                }
                None => 0,
            })
            .collect();
        if arrays.len() == 1 {
            return new_null_array(data_type, picks.len());
        }
        let place = |(slot, row): &(usize, usize)| if places[*slot] == 0 { (0, 0) } else { (places[*slot], *row) };
        let mut indices: Vec<(usize, usize)> = picks.iter().map(place).collect();
        // Without the null row a column that is never null stays one without a null buffer.
        if indices.iter().all(|(array, _)| *array != 0) {
            indices.iter_mut().for_each(|(array, _)| *array -= 1);
            arrays.remove(0);
        }
        interleave(&arrays, &indices).expect("all arrays have the column's type and every pick names a row")
    }
}

impl Columns {
    /// `None` when a column is not of the type it is to have.
    fn of(schema: &SchemaRef) -> Option<Self> {
        let fields = schema.fields().iter().enumerate();
        let named = fields.map(|(index, field)| match attribute(field) {
            Some(key) => (*field.data_type() == key.1.data_type()).then(|| (name(&key), index)),
            None => {
                let system = SystemColumn::from_name(field.name())?;
                (field.data_type() == system.field().data_type()).then(|| (system.name().to_owned(), index))
            }
        });
        let places: BTreeMap<String, usize> = named.collect::<Option<_>>()?;
        let differing = [SystemColumn::IngestTime, SystemColumn::Seq].map(SystemColumn::name);
        let compared = places.iter().filter(|(name, _)| !differing.contains(&name.as_str()));
        Some(Self { compared: compared.map(|(name, place)| (name.clone(), *place)).collect(), places })
    }

    fn place(&self, column: &ColumnRef) -> Option<usize> {
        match column {
            ColumnRef::System(system) => self.places.get(system.name()).copied(),
            ColumnRef::Attribute { key, column_type } => self.places.get(&name(&(key.clone(), *column_type))).copied(),
        }
    }
}

/// A name that no system column has.
fn name((key, column_type): &ColumnKey) -> String {
    format!("{}={key}", column_type.tag())
}

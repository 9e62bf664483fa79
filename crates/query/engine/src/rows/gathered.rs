//! Rows of which some columns are read where the rows are found.

use super::{Finder, Hit};
use crate::cells::{self, Budget, Cells};
use crate::column::{Binding, Names, Reads, Resolved, Source, column_ref};
use crate::control::Control;
use crate::error::Failure;
use crate::question::Question;
use crate::scan::{Output, Outputs, Scan, Unit, filtered, times};
use crate::tasks::Tasks;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_model::{ColumnRef, SystemColumn};
use glasshive_query_plan::{Column, Cursor};
use glasshive_store::Snapshot;
use std::cmp::Reverse;
use std::sync::Arc;

/// Columns that are wanted, and all places where their values may lie.
#[derive(Default)]
pub(crate) struct Fields {
    columns: Vec<Resolved>,
    stored: Vec<ColumnRef>,
}

/// Rows that were found, at most so many: the newest.
pub(crate) struct Gathered {
    pub parts: Vec<Part>,
    rows: usize,
    limit: usize,
    /// The unit that the last batch came from.
    unit: Option<Arc<Unit>>,
    held: MemoryReservation,
}

/// Some rows of a unit.
pub(crate) struct Part {
    unit: Arc<Unit>,
    /// Times, arrivals, and each of [`Fields::stored`].
    columns: Vec<ArrayRef>,
}

// === impl Fields ===

impl Fields {
    /// The columns of exactly these names.
    pub(crate) fn new(names: &[&str], snapshot: &Snapshot) -> Self {
        let of = Names { registry: &snapshot.registry, fields: &[] };
        let columns: Vec<Resolved> = names.iter().map(|name| Resolved::new(&Column::exact(*name), of)).collect();
        let mut stored: Vec<ColumnRef> = Vec::new();
        for member in columns.iter().flat_map(|column| &column.members) {
            stored.extend(member.columns.iter().map(column_ref));
            stored.extend(member.shown.iter().flat_map(|shown| shown.reads()).copied().map(ColumnRef::System));
            let has_overflow = member.reads_overflow && crate::aggregate::overflow_has(snapshot, &member.name);
            stored.extend(has_overflow.then_some(ColumnRef::System(SystemColumn::Overflow)));
        }
        let mut seen = std::collections::HashSet::new();
        stored.retain(|column| seen.insert(column.clone()));
        Self { columns, stored }
    }

    /// How many columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    fn outputs(&self) -> Outputs {
        let stored = self.stored.iter().cloned().map(Output::Stored);
        Outputs { outputs: [Output::Time, Output::Seq].into_iter().chain(stored).collect(), ..Outputs::default() }
    }
}

// === impl Gathered ===

impl Gathered {
    pub(crate) fn new(limit: usize, control: &Control) -> Self {
        Self { parts: Vec::new(), rows: 0, limit, unit: None, held: control.reservation("gathered rows") }
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// The times of the oldest row and of the newest.
    pub(crate) fn extent_ns(&self) -> Option<(i64, i64)> {
        let times = || self.parts.iter().flat_map(Part::times).copied();
        times().min().zip(times().max())
    }

    /// Where the rows are, newest first.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        let of = |part: &Part| (0..part.len()).map(|row| part.hit(row)).collect::<Vec<Hit>>();
        let mut hits: Vec<Hit> = self.parts.iter().flat_map(of).collect();
        hits.sort_unstable_by_key(|hit| Reverse(hit.cursor));
        hits
    }

    /// Takes a batch in; `false` when there is no memory for it.
    fn take(&mut self, unit: &Unit, columns: Vec<ArrayRef>) -> Result<bool, Failure> {
        let known = self.unit.take().filter(|known| known.is_same(unit));
        let shared = self.unit.insert(known.unwrap_or_else(|| Arc::new(unit.clone()))).clone();
        let part = Part::new(shared, columns);
        if self.held.try_grow(part.bytes()).is_err() {
            return Ok(false);
        }
        self.rows += part.len();
        self.parts.push(part);
        if self.rows >= self.limit.saturating_mul(2).max(1_024) {
            self.cut_to(self.limit)?;
        }
        Ok(true)
    }

    /// Adds those of another.
    fn append(&mut self, mut other: Self) {
        self.rows += other.rows;
        self.parts.append(&mut other.parts);
        self.held.grow(other.held.free());
    }

    /// Lets all go but the newest.
    pub(crate) fn cut_to(&mut self, limit: usize) -> Result<(), Failure> {
        if self.rows <= limit {
            return Ok(());
        }
        let mut cursors: Vec<Cursor> = self.parts.iter().flat_map(|part| (0..part.len()).map(|row| part.cursor(row))).collect();
        let last = match limit.checked_sub(1) {
            Some(place) => *cursors.select_nth_unstable_by_key(place, |cursor| Reverse(*cursor)).1,
            None => Cursor { time_ns: i64::MAX, seq: i64::MAX },
        };
        for part in &mut self.parts {
            let newer = BooleanBuffer::collect_bool(part.len(), |row| part.cursor(row) >= last);
            part.columns = filtered(&part.columns, newer)?;
        }
        self.parts.retain(|part| part.len() > 0);
        self.rows = self.parts.iter().map(Part::len).sum();
        Ok(self.held.try_resize(self.parts.iter().map(Part::bytes).sum())?)
    }
}

// === impl Part ===

impl Part {
    fn new(unit: Arc<Unit>, columns: Vec<ArrayRef>) -> Self {
        // Text of a chunk lies in the chunk; that of a file in pages, of which mostly other rows have the most.
        let own = |column: ArrayRef| column.as_string_view_opt().map(|texts| Arc::new(texts.gc()) as ArrayRef).unwrap_or(column);
        let columns = if let Unit::Group(_) = *unit { columns.into_iter().map(own).collect() } else { columns };
        Self { unit, columns }
    }

    pub(crate) fn len(&self) -> usize {
        self.columns[0].len()
    }

    pub(crate) fn times(&self) -> &[i64] {
        times(&self.columns[0])
    }

    pub(crate) fn seqs(&self) -> &[i64] {
        cells::int64(&self.columns[1]).values()
    }

    fn cursor(&self, row: usize) -> Cursor {
        Cursor { time_ns: self.times()[row], seq: self.seqs()[row] }
    }

    /// Where a row is.
    pub(crate) fn hit(&self, row: usize) -> Hit {
        Hit { cursor: self.cursor(row), unit: self.unit.clone() }
    }

    /// The values of each wanted column.
    pub(crate) fn cells(&self, fields: &Fields, budget: &Budget<'_>) -> Result<Vec<Cells>, Failure> {
        let source = match &*self.unit {
            Unit::Chunk(live) => Source::Chunk(&live.chunk),
            Unit::Group(group) => Source::File(&group.file.row),
            Unit::Kept(kept) => Source::File(&kept.file.row),
        };
        let read = |column: &Resolved| {
            let mut reads = Reads::default();
            let binding = Binding::new(column, source, &mut reads);
            let place = |wanted: &ColumnRef| fields.stored.iter().position(|stored| stored == wanted);
            let array = |wanted| place(wanted).map(|place| self.columns[place + 2].clone());
            let arrays: Option<Vec<ArrayRef>> = reads.columns().iter().map(array).collect();
            cells::read(&binding, &arrays.expect("all places of a column are among the stored"), self.len(), budget)
        };
        fields.columns.iter().map(read).collect()
    }

    /// Bytes that are its own.
    fn bytes(&self) -> usize {
        let is_shared = matches!(*self.unit, Unit::Chunk(_));
        let bytes = |column: &ArrayRef| match column.as_string_view_opt() {
            Some(texts) if is_shared => texts.len() * size_of::<u128>(),
            _ => column.get_array_memory_size(),
        };
        self.columns.iter().map(bytes).sum()
    }
}

impl Finder {
    /// Adds the newest rows that a question wants, with these of their columns.
    pub(crate) async fn gather(&self, question: Question, fields: &Fields, gathered: &mut Gathered) -> Result<(), Failure> {
        let scan = Arc::new(Scan { question, outputs: fields.outputs() });
        let queue = Arc::new(scan.units(&self.snapshot, &self.footers, &self.control, None).await?);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, finder) = (scan.clone(), queue.clone(), self.clone());
            let mut found = Gathered::new(gathered.limit, &self.control);
            tasks.spawn(async move {
                let mut take = |unit: &Unit, columns: Vec<ArrayRef>| {
                    if !found.take(unit, columns)? {
                        finder.note_too_many();
                    }
                    Ok(())
                };
                scan.work(&queue, &finder.control, &mut take).await?;
                Ok(found)
            });
        }
        for found in tasks.all().await? {
            gathered.append(found);
        }
        gathered.cut_to(gathered.limit)
    }
}

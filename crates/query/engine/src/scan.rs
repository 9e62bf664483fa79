//! Reading a snapshot: live chunks and row groups of files, newest first, each turned into the columns that a query works on.

mod footers;
mod group;
mod output;
mod prune;
mod queue;

pub(crate) use footers::{Footer, Footers};
pub(crate) use group::{file_columns, read_error};
pub(crate) use output::{Output, Outputs};
pub(crate) use prune::pages_in_window;
pub(crate) use queue::Queue;

use crate::column::Source;
use crate::control::{Control, Flow};
use crate::error::Failure;
use crate::fold::Folded;
use crate::partials::Session;
use crate::question::Question;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::filter;
use glasshive_model::TraceId;
use glasshive_query_plan::{Missing, Note, NoteKind, Reason, Window};
use glasshive_store::catalog::FileRow;
use glasshive_store::{Chunk, DataFile, ReadError, Snapshot};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use std::sync::Arc;

/// One piece of work.
#[derive(Clone)]
pub(crate) enum Unit {
    /// Live rows.
    Chunk(Live),
    /// A row group of a file.
    Group(Group),
    /// What is known of a row group, or of a file.
    Kept(Kept),
}

/// What an earlier question found in rows of a file.
#[derive(Clone)]
pub(crate) struct Kept {
    pub file: Arc<DataFile>,
    /// How many rows.
    pub rows: u64,
    /// Least and greatest event time, ns.
    pub times_ns: (i64, i64),
    pub folded: Arc<Folded>,
}

/// Takes what a scan finds, unit by unit.
pub(crate) trait Taker: Send {
    /// Wanted rows of a unit, as columns of the scan.
    fn rows(&mut self, unit: &Unit, columns: Vec<ArrayRef>) -> Result<(), Failure>;

    /// No more rows of the unit follow.
    fn end(&mut self, _unit: &Unit, _ending: Ending) -> Result<(), Failure> {
        Ok(())
    }

    /// What is known of rows. Only who gives a [`Session`] gets any.
    fn kept(&mut self, _kept: &Kept) -> Result<(), Failure> {
        debug_assert!(false, "nothing was asked to be kept");
        Ok(())
    }
}

/// How a unit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All wanted rows were handed over.
    Whole,
    /// The time was up.
    Cut,
    /// Some could not be read; the question goes without the unit.
    Unread,
}

impl<F: FnMut(&Unit, Vec<ArrayRef>) -> Result<(), Failure> + Send> Taker for F {
    fn rows(&mut self, unit: &Unit, columns: Vec<ArrayRef>) -> Result<(), Failure> {
        self(unit, columns)
    }
}

/// A chunk of live rows.
#[derive(Clone)]
pub(crate) struct Live {
    pub chunk: Arc<Chunk>,
    /// The rows that alone are looked at; all when left out.
    pub rows: Option<BooleanBuffer>,
    /// As a group's.
    pub stratum: usize,
}

/// A row group of a file.
#[derive(Clone)]
pub(crate) struct Group {
    pub file: Arc<DataFile>,
    pub footer: Arc<Footer>,
    pub index: usize,
    /// Least and greatest event time, ns.
    pub times_ns: (i64, i64),
    /// The rows that alone can be wanted, where an index tells.
    pub rows: Option<RowSelection>,
    /// Of rows that stand for others: to which part of all they belong.
    pub stratum: usize,
}

/// What is scanned for: rows, and of them which columns.
pub(crate) struct Scan {
    pub question: Question,
    pub outputs: Outputs,
}

/// Event times of a `_time` array, ns.
pub(crate) fn times(array: &ArrayRef) -> &[i64] {
    array.as_primitive::<TimestampNanosecondType>().values()
}

impl Group {
    pub(crate) fn metadata(&self) -> &ArrowReaderMetadata {
        &self.footer.metadata
    }

    fn rows_in_all(&self) -> u64 {
        self.metadata().metadata().row_group(self.index).num_rows().unsigned_abs()
    }
}

impl Unit {
    /// Whether two are one piece of work.
    pub(crate) fn is_same(&self, other: &Unit) -> bool {
        match (self, other) {
            (Unit::Chunk(left), Unit::Chunk(right)) => Arc::ptr_eq(&left.chunk, &right.chunk),
            (Unit::Group(left), Unit::Group(right)) => Arc::ptr_eq(&left.file, &right.file) && left.index == right.index,
            _ => false,
        }
    }

    /// Least and greatest event time, ns.
    pub(crate) fn times_ns(&self) -> (i64, i64) {
        match self {
            Unit::Chunk(live) => (live.chunk.time_range().start, live.chunk.time_range().end - 1),
            Unit::Group(group) => group.times_ns,
            Unit::Kept(kept) => kept.times_ns,
        }
    }

    /// Of rows that stand for others: to which part of all they belong.
    pub(crate) fn stratum(&self) -> usize {
        match self {
            Unit::Chunk(live) => live.stratum,
            Unit::Group(group) => group.stratum,
            Unit::Kept(_) => 0,
        }
    }

    /// Least and greatest log sequence of its rows, and how many rows there are; of a row group that does not say, the file's.
    pub(crate) fn arrivals(&self) -> ((u64, u64), u64) {
        match self {
            Unit::Chunk(live) => (live.chunk.sequences(), live.chunk.len() as u64),
            Unit::Group(group) => (prune::group_sequences(group), group.rows_in_all()),
            Unit::Kept(kept) => ((kept.file.row.sequence_first, kept.file.row.sequence_last), kept.rows),
        }
    }

    /// The file that it is of, where it is of one.
    pub(crate) fn file(&self) -> Option<&FileRow> {
        match self {
            Unit::Chunk(_) => None,
            Unit::Group(group) => Some(&group.file.row),
            Unit::Kept(kept) => Some(&kept.file.row),
        }
    }
}

impl Scan {
    /// The units of a snapshot that may hold wanted rows. A file that is damaged or cannot be had now is left out and noted. What `session` knows is taken
    /// from there.
    pub(crate) async fn units(
        &self,
        snapshot: &Snapshot,
        footers: &Footers,
        control: &Control,
        session: Option<&Session>,
    ) -> Result<Queue, Failure> {
        let mut units = Vec::new();
        for chunk in snapshot.live.iter().filter(|chunk| self.question.may_pass(Source::Chunk(chunk))) {
            units.push(Unit::Chunk(Live { chunk: chunk.clone(), rows: None, stratum: 0 }));
        }
        let mut unseen_ns = None;
        let traces = prune::wanted_traces(&self.question);
        for file in snapshot.files.iter().filter(|file| self.question.may_pass(Source::File(&file.row))) {
            if control.flow()? == Flow::Stop {
                unseen_ns = unseen_ns.max(Some(file.row.time_max_ns));
                continue;
            }
            if let Some(kept) = session.and_then(|session| session.of_file(file)) {
                units.push(Unit::Kept(kept));
                continue;
            }
            match self.groups(file, &traces, footers, control).await {
                Ok(groups) => {
                    if groups.is_empty() {
                        control.looked_at();
                    }
                    units.extend(with_kept(file, groups, session, control)?);
                }
                Err(Failure::Read(error)) => leave_out(error, Some(&file.row), control)?,
                Err(failure) => return Err(failure),
            }
        }
        Ok(Queue::new(units, unseen_ns))
    }

    /// The row groups of a file that may hold wanted rows.
    async fn groups(&self, file: &Arc<DataFile>, traces: &[TraceId], footers: &Footers, control: &Control) -> Result<Vec<Group>, Failure> {
        let rows = if traces.is_empty() { None } else { footers.trace_rows(file, traces).await.map_err(Failure::Read)? };
        if rows.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let footer = footers.of(file).await.map_err(Failure::Read)?;
        let groups = prune::groups(&self.question, file, &footer);
        match rows {
            Some(rows) => Ok(prune::with_rows(groups, &rows)),
            None if traces.is_empty() => Ok(groups),
            None => prune::with_traces(groups, traces, &control.meter).await,
        }
    }

    /// Works through the queue until it is empty or the time is up; hands each batch of output columns to `taker`, with the unit
    /// that it comes from.
    pub(crate) async fn work(&self, queue: &Queue, control: &Arc<Control>, taker: &mut impl Taker) -> Result<(), Failure> {
        while !queue.is_empty() && control.flow()? == Flow::GoOn {
            let Some((ticket, unit)) = queue.pop() else { return Ok(()) };
            let outcome = match &unit {
                Unit::Chunk(live) => self.read_chunk(live, control, &mut |columns| taker.rows(&unit, columns)),
                Unit::Group(group) => group.read(self, control, &mut |columns| taker.rows(&unit, columns)).await,
                Unit::Kept(kept) => {
                    control.meter.kept(kept);
                    taker.kept(kept).map(|()| Flow::GoOn)
                }
            };
            match outcome {
                Ok(Flow::GoOn) => {
                    control.looked_at();
                    taker.end(&unit, Ending::Whole)?;
                    queue.done(ticket);
                }
                Ok(Flow::Stop) | Err(Failure::OutOfTime) => return taker.end(&unit, Ending::Cut),
                Err(Failure::Read(error)) => {
                    taker.end(&unit, Ending::Unread)?;
                    leave_out(error, unit.file(), control)?;
                    queue.done(ticket);
                }
                Err(failure) => return Err(failure),
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn read_chunk(
        &self,
        Live { chunk, rows: asked, .. }: &Live,
        control: &Control,
        take: &mut impl FnMut(Vec<ArrayRef>) -> Result<(), Failure>,
    ) -> Result<Flow, Failure> {
        control.meter.chunk(chunk);
        control.meter.scanned(asked.as_ref().map_or(chunk.len(), BooleanBuffer::count_set_bits));
        let source = Source::Chunk(chunk);
        let window = self.question.window;
        let times = chunk.time_range();
        let all_in_window = window.start_ns <= times.start && times.end <= window.end_ns;
        let filter = self.question.bind(source, all_in_window, self.holds_only_wanted(chunk.datasets().keys()));
        let rows = chunk.len();
        let mask = if filter.is_trivial() { None } else { Some(filter.mask(&chunk.project(filter.reads.columns()), rows, control)?) };
        let mask = match (mask, asked) {
            (Some(mask), Some(asked)) => Some(&mask & asked),
            (mask, asked) => mask.or_else(|| asked.clone()),
        };
        let kept = mask.as_ref().map_or(rows, BooleanBuffer::count_set_bits);
        control.meter.matched(kept);
        if kept > 0 {
            let outputs = self.outputs.bind(source);
            let arrays = chunk.project(outputs.reads.columns());
            let arrays = if kept < rows { filtered(&arrays, mask.expect("all rows are kept without a mask"))? } else { arrays };
            take(outputs.columns(&arrays, kept, control)?)?;
        }
        Ok(Flow::GoOn)
    }

    /// Whether all datasets of a source are wanted.
    fn holds_only_wanted<'a>(&self, mut slugs: impl Iterator<Item = &'a String>) -> bool {
        self.question.datasets.as_ref().is_none_or(|wanted| slugs.all(|slug| wanted.contains(slug)))
    }
}

/// The row groups of a file as units, with what is known in the place of those of which it is.
fn with_kept(file: &DataFile, groups: Vec<Group>, session: Option<&Session>, control: &Control) -> Result<Vec<Unit>, Failure> {
    let Some(session) = session else { return Ok(groups.into_iter().map(Unit::Group).collect()) };
    let indices: Vec<usize> = groups.iter().map(|group| group.index).collect();
    let unit = |group: Group| session.of_group(&group).map_or(Unit::Group(group), Unit::Kept);
    let units: Vec<Unit> = groups.into_iter().map(unit).collect();
    let left = units.iter().filter(|unit| matches!(unit, Unit::Group(_))).count();
    session.reads(file, indices, left, control)?;
    Ok(units)
}

/// The rows of arrays that a mask marks.
pub(crate) fn filtered(arrays: &[ArrayRef], mask: BooleanBuffer) -> Result<Vec<ArrayRef>, Failure> {
    let mask = BooleanArray::new(mask, None);
    Ok(arrays.iter().map(|array| filter(array, &mask)).collect::<Result<_, _>>()?)
}

/// What of a file is damaged, or cannot be had now, is told in the answer, which then goes without the file; a disk that refuses fails
/// the query.
pub(crate) fn leave_out(error: ReadError, file: Option<&FileRow>, control: &Control) -> Result<(), Failure> {
    match (&error, file) {
        (ReadError::Damaged { file, rows, .. }, Some(row)) => {
            let missing = Missing { reason: Reason::Damage, window: Some(window_of(row)), file: Some(file.clone()), events: Some(*rows) };
            control.note(Note { missing: Some(missing), ..Note::new(NoteKind::Partial, error.to_string()) });
            Ok(())
        }
        (_, Some(row)) if error.is_away() => {
            control.leave_unread(error, row);
            Ok(())
        }
        _ => Err(Failure::Read(error)),
    }
}

/// The times of a file's rows.
pub(crate) fn window_of(file: &FileRow) -> Window {
    Window { start_ns: file.time_min_ns, end_ns: file.time_max_ns.saturating_add(1) }
}

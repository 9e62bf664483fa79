//! Which row groups and pages may hold wanted rows, going by statistics and bloom filters.

use super::group::file_columns;
use super::{Footer, Group};
use crate::cells::Prepared;
use crate::column::{Binding, Piece, Source};
use crate::cost::{CountedReader, Meter};
use crate::error::Failure;
use crate::question::Question;
use glasshive_model::{ColumnRef, ColumnType, SystemColumn, TraceId};
use glasshive_query_plan::coerce::{Class, Comparable, Number, order_holds};
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::{Combination, FilterOp, Window};
use glasshive_store::DataFile;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection, RowSelector};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use std::ops::Range;
use std::sync::Arc;

/// The row groups of a file that may hold wanted rows, going by their statistics.
pub(super) fn groups(question: &Question, file: &Arc<DataFile>, footer: &Arc<Footer>) -> Vec<Group> {
    let metadata = &footer.metadata;
    let mut groups = Vec::new();
    for index in 0..metadata.metadata().num_row_groups() {
        let times_ns = group_times(file, metadata, index);
        if times_ns.0 >= question.window.end_ns || times_ns.1 < question.window.start_ns || !wants_group(question, file, metadata, index) {
            continue;
        }
        groups.push(Group { file: file.clone(), footer: footer.clone(), index, times_ns, rows: None, stratum: 0 });
    }
    groups
}

/// Of the groups of a file those that have some of these rows, which are places in the file, ascending; and only those rows of them.
pub(super) fn with_rows(groups: Vec<Group>, rows: &[Range<u64>]) -> Vec<Group> {
    let narrowed = |group: Group| {
        let footer = group.metadata().metadata();
        let length = |index: usize| footer.row_group(index).num_rows().unsigned_abs();
        let start: u64 = (0..group.index).map(length).sum();
        let end = start + length(group.index);
        let within = rows.iter().filter(|range| range.start < end && range.end > start);
        let place = |row: u64| usize::try_from(row.clamp(start, end) - start).unwrap_or(usize::MAX);
        let within: Vec<Range<usize>> = within.map(|range| place(range.start)..place(range.end)).collect();
        let selection = RowSelection::from_consecutive_ranges(within.iter().cloned(), place(end));
        (!within.is_empty()).then(|| Group { rows: Some(selection), ..group })
    };
    groups.into_iter().filter_map(narrowed).collect()
}

/// Of the groups of a file those that may have some of these traces, going by bloom filters.
pub(super) async fn with_traces(groups: Vec<Group>, ids: &[TraceId], meter: &Arc<Meter>) -> Result<Vec<Group>, Failure> {
    let mut kept = Vec::new();
    for group in groups {
        if may_hold_trace(&group, ids, meter).await? {
            kept.push(group);
        }
    }
    Ok(kept)
}

/// Least and greatest event time of a row group; the file's where the group does not say.
fn group_times(file: &DataFile, metadata: &ArrowReaderMetadata, index: usize) -> (i64, i64) {
    let column = file_columns(metadata.schema(), &[ColumnRef::System(SystemColumn::Time)])[0];
    let statistics = column.and_then(|column| metadata.metadata().row_group(index).column(column).statistics());
    match statistics {
        Some(Statistics::Int64(times)) => {
            (times.min_opt().copied().unwrap_or(file.row.time_min_ns), times.max_opt().copied().unwrap_or(file.row.time_max_ns))
        }
        _ => (file.row.time_min_ns, file.row.time_max_ns),
    }
}

/// Least and greatest log sequence of a row group; the file's where the group does not say.
pub(super) fn group_sequences(group: &Group) -> (u64, u64) {
    let (metadata, row) = (group.metadata(), &group.file.row);
    let column = file_columns(metadata.schema(), &[ColumnRef::System(SystemColumn::Seq)])[0];
    let statistics = column.and_then(|column| metadata.metadata().row_group(group.index).column(column).statistics());
    let sequence = |seq: Option<&i64>| seq.map(|seq| seq.unsigned_abs() >> 24);
    match statistics {
        Some(Statistics::Int64(seqs)) => {
            (sequence(seqs.min_opt()).unwrap_or(row.sequence_first), sequence(seqs.max_opt()).unwrap_or(row.sequence_last))
        }
        _ => (row.sequence_first, row.sequence_last),
    }
}

/// Whether the conditions may hold somewhere in a row group, going by its statistics.
fn wants_group(question: &Question, file: &DataFile, metadata: &ArrowReaderMetadata, index: usize) -> bool {
    let filter = question.bind(Source::File(&file.row), true, true);
    let (combination, conditions) = filter.conditions();
    let group = metadata.metadata().row_group(index);
    let fields = file_columns(metadata.schema(), filter.reads.columns());
    let mut may_hold = conditions.iter().map(|(binding, prepared)| may_hold(binding, prepared, group, &fields));
    match combination {
        _ if conditions.is_empty() => true,
        Combination::And => may_hold.all(|may_hold| may_hold),
        Combination::Or => may_hold.any(|may_hold| may_hold),
    }
}

fn may_hold(binding: &Binding, prepared: &Prepared, group: &RowGroupMetaData, fields: &[Option<usize>]) -> bool {
    if prepared.is_negative() {
        return true;
    }
    let (slot, column_type) = match binding.only_piece() {
        // Of values that came from one level, statistics say what all of them are.
        Some((Piece::Attribute { column_type, slot }, _)) => (*slot, Some(*column_type)),
        Some((Piece::System { shown: Shown::DurationMs, slots }, _)) => (slots[0], None),
        _ => return !binding.is_absent(),
    };
    let Some(field) = fields[slot] else { return false };
    let Some(statistics) = group.column(field).statistics() else { return true };
    if statistics.null_count_opt() == Some(group.num_rows().unsigned_abs()) {
        return false;
    }
    match prepared.op() {
        FilterOp::Exists | FilterOp::StartsWith | FilterOp::EndsWith | FilterOp::Contains => true,
        op => bounds(statistics, column_type, prepared.class()).is_none_or(|bounds| may_compare(op, &bounds, prepared.literals())),
    }
}

/// Least and greatest value in the class that they are compared in; `None` when that cannot be said. `column_type` is `None`
/// for durations.
fn bounds(statistics: &Statistics, column_type: Option<ColumnType>, class: Option<Class>) -> Option<(Comparable<'_>, Comparable<'_>)> {
    match (statistics, column_type, class?) {
        (Statistics::Int64(values), None, Class::Number) => {
            let ms = |ns: Option<&i64>| Some(Comparable::Number(Number::Float(*ns? as f64 / 1e6)));
            Some((ms(values.min_opt())?, ms(values.max_opt())?))
        }
        (Statistics::Int64(values), Some(ColumnType::Int), Class::Number) => {
            let number = |number: Option<&i64>| Some(Comparable::Number(Number::Int(*number?)));
            Some((number(values.min_opt())?, number(values.max_opt())?))
        }
        (Statistics::Double(values), Some(ColumnType::Float), Class::Number) => {
            let number = |number: Option<&f64>| Some(Comparable::Number(Number::Float(*number?)));
            Some((number(values.min_opt())?, number(values.max_opt())?))
        }
        (Statistics::ByteArray(_), Some(ColumnType::Str | ColumnType::Json), Class::Text) => {
            Some((text(statistics.min_bytes_opt())?, text(statistics.max_bytes_opt())?))
        }
        _ => None,
    }
}

fn text(bytes: Option<&[u8]>) -> Option<Comparable<'_>> {
    Some(Comparable::Text(std::str::from_utf8(bytes?).ok()?.into()))
}

fn may_compare(op: FilterOp, (least, greatest): &(Comparable<'_>, Comparable<'_>), literals: &[Comparable<'_>]) -> bool {
    literals.iter().any(|literal| match op {
        FilterOp::Greater | FilterOp::GreaterOrEqual => order_holds(op, greatest.order(literal)),
        FilterOp::Less | FilterOp::LessOrEqual => order_holds(op, least.order(literal)),
        _ => least.order(literal).is_le() && greatest.order(literal).is_ge(),
    })
}

/// The traces that alone can hold wanted rows; empty when others can too.
pub(super) fn wanted_traces(question: &Question) -> Vec<TraceId> {
    let decides = question.combination == Combination::And || question.conditions.len() == 1;
    let by_trace = question.conditions.iter().filter(|_| decides).find(|wanted| {
        let compares = matches!(wanted.prepared.op(), FilterOp::Equal | FilterOp::In);
        compares && !wanted.prepared.is_negative() && wanted.column.only_shown() == Some(Shown::TraceId)
    });
    let ids = by_trace.into_iter().flat_map(|wanted| wanted.prepared.literals()).filter_map(|literal| match literal {
        Comparable::Text(text) => TraceId::parse(text),
        _ => None,
    });
    ids.collect()
}

/// Whether a row group may hold one of these traces, going by its bloom filter; without one it may.
async fn may_hold_trace(group: &Group, ids: &[TraceId], meter: &Arc<Meter>) -> Result<bool, Failure> {
    let (metadata, index) = (group.metadata(), group.index);
    let column = file_columns(metadata.schema(), &[ColumnRef::System(SystemColumn::TraceId)])[0];
    let Some(column) = column.filter(|column| metadata.metadata().row_group(index).column(*column).bloom_filter_offset().is_some()) else {
        return Ok(true);
    };
    let reader = CountedReader::new(group.file.clone(), meter.clone());
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata.clone());
    let bloom = builder.get_row_group_column_bloom_filter(index, column).await.map_err(super::read_error)?;
    Ok(bloom.is_none_or(|bloom| ids.iter().any(|id| bloom.check(id.bytes().as_slice()))))
}

/// The rows of a group whose pages may hold times of the window; `None` when the pages do not say.
pub(crate) fn pages_in_window(metadata: &ArrowReaderMetadata, index: usize, window: Window) -> Option<RowSelection> {
    let column = file_columns(metadata.schema(), &[ColumnRef::System(SystemColumn::Time)])[0]?;
    let footer = metadata.metadata();
    let ColumnIndexMetaData::INT64(times) = footer.column_index()?.get(index)?.get(column)? else { return None };
    let pages = footer.offset_index()?.get(index)?.get(column)?.page_locations();
    let rows = footer.row_group(index).num_rows();
    let starts = pages.iter().map(|page| page.first_row_index);
    let ends = pages.iter().skip(1).map(|page| page.first_row_index).chain([rows]);
    let selectors = starts.zip(ends).zip(times.min_values_iter().zip(times.max_values_iter())).map(|((start, end), (min, max))| {
        let may_match = min.is_none_or(|min| *min < window.end_ns) && max.is_none_or(|max| *max >= window.start_ns);
        let rows = usize::try_from(end - start).unwrap_or(0);
        if may_match { RowSelector::select(rows) } else { RowSelector::skip(rows) }
    });
    Some(selectors.collect::<Vec<_>>().into())
}

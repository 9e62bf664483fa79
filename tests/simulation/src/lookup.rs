//! Looking for some rows of a file without reading all of it: by the index of traces, and by columns.

use crate::disk::Medium;
use crate::random::Random;
use crate::reading::{FileCache, Found, Unread, sidecar};
use glasshive_model::names::TRACE_ID;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::{ColumnRef, ColumnType, SystemColumn, TraceId, Value};
use glasshive_store::{DataFile, ReadError, Snapshot};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Compares what some files of a snapshot answer with the rows that were read of them before.
pub async fn look_up(snapshot: &Snapshot, medium: &Medium, cache: &FileCache, random: &mut Random) -> Result<(), Unread> {
    for file in &snapshot.files {
        let Some(rows) = cache.get(&file.row, medium).filter(|_| random.one_in(2)) else { continue };
        look_up_traces(file, &rows, medium, random).await?;
        if random.one_in(2) {
            look_up_column(file, &rows, medium, random).await?;
        }
    }
    Ok(())
}

async fn look_up_traces(file: &Arc<DataFile>, rows: &[Found], medium: &Medium, random: &mut Random) -> Result<(), Unread> {
    let ids: Vec<TraceId> = (0..random.between(1, 3)).filter_map(|_| draw_trace(rows, random)).collect();
    let path = &file.row.path;
    let found = match ask_index(file, &ids).await {
        Ok(None) if medium.heal(&sidecar(path)) => ask_index(file, &ids).await,
        Err(ReadError::Damaged { .. }) if medium.heal(&sidecar(path)) => ask_index(file, &ids).await,
        other => other,
    };
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Unread::Wrong(format!("the index of traces of {path} does not tell, but no byte of it decayed"))),
        Err(ReadError::Disk { .. }) => return Err(Unread::Disk),
        Err(error) => return Err(Unread::Wrong(error.to_string())),
    };
    let is_wanted = |row: &Found| match row.shown.get(TRACE_ID) {
        Some(Value::Str(id)) => ids.iter().any(|wanted| wanted.to_string() == *id),
        _ => false,
    };
    let expected: BTreeSet<u64> = (0u64..).zip(rows).filter(|(_, row)| is_wanted(row)).map(|(place, _)| place).collect();
    let is_apart = found.windows(2).all(|pair| pair[0].end < pair[1].start);
    let found: BTreeSet<u64> = found.into_iter().flatten().collect();
    match found == expected && is_apart {
        true => Ok(()),
        false => Err(Unread::Wrong(format!("the index of {path} says that {ids:?} are in rows {found:?}, they are in {expected:?}"))),
    }
}

async fn ask_index(file: &DataFile, ids: &[TraceId]) -> Result<Option<Vec<Range<u64>>>, ReadError> {
    match file.trace_index().await? {
        Some(index) if index.heap_bytes() > 0 => file.trace_rows(&index, ids).await,
        _ => Ok(None),
    }
}

/// Mostly one that is there.
fn draw_trace(rows: &[Found], random: &mut Random) -> Option<TraceId> {
    if random.one_in(4) {
        return TraceId::new(u128::to_be_bytes(random.next_u64().into()));
    }
    match random.pick(rows).shown.get(TRACE_ID) {
        Some(Value::Str(id)) => TraceId::parse(id),
        _ => None,
    }
}

/// A column by itself says of each row what the row says.
async fn look_up_column(file: &Arc<DataFile>, rows: &[Found], medium: &Medium, random: &mut Random) -> Result<(), Unread> {
    // Others are shown system columns, or may be called like one.
    let keys = random.pick(rows).shown.fields.iter().map(|(key, _)| key).filter(|key| key.starts_with('k') || key.starts_with("sim."));
    let key = random.pick(&keys.collect::<Vec<_>>()).to_string();
    let system = [SystemColumn::Time, SystemColumn::Seq, SystemColumn::Overflow].map(ColumnRef::System);
    let attributes = ColumnType::ALL.into_iter().map(|column_type| ColumnRef::Attribute { key: key.clone(), column_type });
    let columns: Vec<ColumnRef> = system.into_iter().chain(attributes).collect();
    let path = &file.row.path;
    let read = match file.read_rows(Some(&columns)).await {
        Err(ReadError::Damaged { .. }) if medium.heal(path) | medium.heal(&sidecar(path)) => file.read_rows(Some(&columns)).await,
        other => other,
    };
    let batches = match read {
        Ok(batches) => batches,
        Err(ReadError::Disk { .. }) => return Err(Unread::Disk),
        Err(error) => return Err(Unread::Wrong(error.to_string())),
    };
    let found: Vec<_> = batches.iter().flat_map(shown_rows).collect();
    let is_same = |(row, found): (&Found, &ShownRow)| row.shown.get(&key) == found.get(&key);
    match rows.len() == found.len() && rows.iter().zip(&found).all(is_same) {
        true => Ok(()),
        false => Err(Unread::Wrong(format!("{path} says something else of {key:?} than its rows do"))),
    }
}

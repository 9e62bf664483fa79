//! Rows picked from several chunks, column by column.

use super::{Chunk, encode};
use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_select::interleave::interleave;
use glasshive_model::ColumnRef;
use std::sync::Arc;

/// One row of one chunk, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick {
    pub chunk: u32,
    pub row: u32,
}

/// The named column of the picked rows, in order of the picks. Text still points into the chunks.
pub(crate) fn gather(column: &ColumnRef, chunks: &[Arc<Chunk>], picks: &[Pick]) -> ArrayRef {
    let data_type = encode::data_type(column);
    let mut is_picked = vec![false; chunks.len()];
    picks.iter().for_each(|pick| is_picked[pick.chunk as usize] = true);
    let mut arrays: Vec<ArrayRef> = vec![new_null_array(&data_type, 1)];
    let mut places = vec![0usize; chunks.len()];
    for (index, chunk) in chunks.iter().enumerate().filter(|(index, chunk)| is_picked[*index] && chunk.may_have(column)) {
        places[index] = arrays.len();
        arrays.push(chunk.project_one(column));
    }
    if arrays.len() == 1 {
        return new_null_array(&data_type, picks.len());
    }
    let indices: Vec<(usize, usize)> = picks
        .iter()
        .map(|pick| match places[pick.chunk as usize] {
            0 => (0, 0),
            place => (place, pick.row as usize),
        })
        .collect();
    // Without the null row a column that is never null stays one without a null buffer.
    if indices.iter().all(|(place, _)| *place != 0) {
        let indices: Vec<_> = indices.iter().map(|(place, row)| (place - 1, *row)).collect();
        return interleaved(&arrays[1..], &indices);
    }
    interleaved(&arrays, &indices)
}

fn interleaved(arrays: &[ArrayRef], indices: &[(usize, usize)]) -> ArrayRef {
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    interleave(&arrays, indices).expect("all arrays have the column's type and every pick names a row")
}

/// How many of the rows of a chunk have a value in a column.
pub(crate) fn set_in(chunk: &Chunk, column: &ColumnRef, rows: &[u32]) -> usize {
    let array = chunk.project_one(column);
    match array.nulls() {
        None => rows.len(),
        Some(nulls) => rows.iter().filter(|row| nulls.is_valid(**row as usize)).count(),
    }
}

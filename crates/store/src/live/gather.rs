//! Rows picked from several chunks, column by column. What a column costs depends on the rows that were picked and on the
//! values that are set, not on how long the chunks are.

use super::encode::{self, Encoded};
use super::{Chunk, ChunkAttribute, Form};
use arrow_array::{Array, ArrayRef, UInt32Array, new_empty_array, new_null_array};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use glasshive_model::ColumnRef;
use std::sync::Arc;

/// One row of one chunk, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick {
    pub chunk: u32,
    pub row: u32,
}

/// Rows of chunks, each at most once, in the order in which they were picked.
pub(crate) struct Picked<'a> {
    chunks: &'a [Arc<Chunk>],
    parts: Vec<Part>,
    /// Of each picked row: its part, and its place in it.
    indices: Vec<(usize, usize)>,
    /// One part after the other.
    is_consecutive: bool,
}

/// The picked rows of one chunk.
struct Part {
    chunk: usize,
    /// In order of the picks.
    rows: UInt32Array,
    /// Where each of them stands among all picks.
    places: Vec<u32>,
    /// The same by row of the chunk; [`NOWHERE`] for those that were not picked.
    place_of: Vec<u32>,
    /// Every row, in order.
    is_whole: bool,
}

const NOWHERE: u32 = u32::MAX;

/// A column of picked rows.
pub(crate) enum Gathered {
    /// A value or null for every row.
    Dense(ArrayRef),
    /// Values (none of them null) beside the rows that have them: few rows do.
    Sparse(Vec<u32>, ArrayRef),
}

/// Fewer than one row in so many is few.
const FEW_ONE_IN: usize = 4;

/// What one part has of a column.
struct Piece {
    part: usize,
    /// Where the values stand among all picks; `None` for every row of the part.
    places: Option<Vec<u32>>,
    values: ArrayRef,
}

// === impl Gathered ===

impl Gathered {
    /// How many rows have a value.
    pub fn set(&self) -> usize {
        match self {
            Gathered::Dense(array) => array.len() - array.null_count(),
            Gathered::Sparse(places, _) => places.len(),
        }
    }
}

// === impl Picked ===

impl<'a> Picked<'a> {
    pub fn new(chunks: &'a [Arc<Chunk>], picks: &[Pick]) -> Self {
        let mut part_of = vec![usize::MAX; chunks.len()];
        let mut parts: Vec<(usize, Vec<u32>, Vec<u32>)> = Vec::new();
        let mut indices = Vec::with_capacity(picks.len());
        let mut is_consecutive = true;
        for (place, pick) in (0u32..).zip(picks) {
            let chunk = pick.chunk as usize;
            if part_of[chunk] == usize::MAX {
                part_of[chunk] = parts.len();
                parts.push((chunk, Vec::new(), Vec::new()));
            }
            let index = part_of[chunk];
            is_consecutive &= index + 1 == parts.len();
            let (_, rows, places) = &mut parts[index];
            indices.push((index, rows.len()));
            rows.push(pick.row);
            places.push(place);
        }
        let parts = parts.into_iter().map(|(chunk, rows, places)| Part::new(chunk, chunks[chunk].len(), rows, places)).collect();
        Self { chunks, parts, indices, is_consecutive }
    }

    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// The chunks that rows were picked from, each with how many of these have a value in each of its attributes (at most so
    /// many, where every row was picked).
    pub fn set_by_chunk(&self) -> impl Iterator<Item = (&Chunk, Vec<usize>)> {
        self.parts.iter().map(|part| {
            let chunk = &*self.chunks[part.chunk];
            let set = |attribute: &ChunkAttribute| match part.rows.len() == chunk.len() {
                true => attribute.rows_at_most,
                false => part.set(chunk, &attribute.column()),
            };
            (chunk, chunk.attributes().iter().map(set).collect())
        })
    }

    /// The column, dense. Text still points into the chunks.
    pub fn column(&self, column: &ColumnRef) -> ArrayRef {
        match self.gather(column) {
            Gathered::Dense(array) => array,
            Gathered::Sparse(places, _) if places.is_empty() => new_null_array(&encode::data_type(column), self.len()),
            Gathered::Sparse(places, values) => spread(&places, &values, self.len()),
        }
    }

    /// The column in the form that costs least.
    pub fn gather(&self, column: &ColumnRef) -> Gathered {
        let pieces: Vec<Piece> = (0..self.parts.len()).filter_map(|part| self.piece(part, column)).collect();
        let values: Vec<&dyn Array> = pieces.iter().map(|piece| piece.values.as_ref()).collect();
        let set: usize = values.iter().map(|values| values.len() - values.null_count()).sum();
        if pieces.is_empty() {
            return Gathered::Sparse(Vec::new(), new_empty_array(&encode::data_type(column)));
        }
        let joined = |values: &[&dyn Array]| concat(values).expect("all arrays have the column's type");
        let interleaved = |values: &[&dyn Array], indices: &[(usize, usize)]| {
            interleave(values, indices).expect("all arrays have the column's type and every pick names a row")
        };
        let is_whole = pieces.len() == self.parts.len() && pieces.iter().all(|piece| piece.places.is_none());
        if is_whole && self.is_consecutive {
            return Gathered::Dense(joined(&values));
        }
        if is_whole {
            return Gathered::Dense(interleaved(&values, &self.indices));
        }
        let places = |piece: &'_ Piece| -> Vec<u32> { piece.places.clone().unwrap_or_else(|| self.parts[piece.part].places.clone()) };
        if set * FEW_ONE_IN < self.len() && values.iter().all(|values| values.null_count() == 0) {
            return Gathered::Sparse(pieces.iter().flat_map(places).collect(), joined(&values));
        }
        let null = new_null_array(&encode::data_type(column), 1);
        let mut indices = vec![(values.len(), 0); self.len()];
        for (array, piece) in pieces.iter().enumerate() {
            let places = piece.places.as_deref().unwrap_or(&self.parts[piece.part].places);
            places.iter().enumerate().for_each(|(index, place)| indices[*place as usize] = (array, index));
        }
        let values: Vec<&dyn Array> = values.into_iter().chain([null.as_ref()]).collect();
        Gathered::Dense(interleaved(&values, &indices))
    }

    /// `None` when no row of the part has the column.
    fn piece(&self, index: usize, column: &ColumnRef) -> Option<Piece> {
        let part = &self.parts[index];
        let chunk = &self.chunks[part.chunk];
        if !chunk.may_have(column) {
            return None;
        }
        let values = match &chunk.form {
            Form::Request { .. } => part.take(&chunk.project_one(column)),
            Form::Sealed(columns) => match columns.get(column)? {
                Encoded::Sparse(set, values) => {
                    let found = (0u32..).zip(set).filter(|(_, row)| part.place_of[**row as usize] != NOWHERE);
                    let (indices, places): (Vec<u32>, Vec<u32>) = found.map(|(index, row)| (index, part.place_of[*row as usize])).unzip();
                    return (!places.is_empty()).then(|| Piece { part: index, places: Some(places), values: pick(values, indices.into()) });
                }
                Encoded::Dense(array) => part.take(array),
                Encoded::Codes8(codes, values) => {
                    let codes = part.rows.values().iter().map(|row| codes[*row as usize]);
                    pick(values, codes.map(|code| (code != u8::MAX).then_some(u32::from(code))).collect())
                }
                Encoded::Codes16(codes, values) => {
                    let codes = part.rows.values().iter().map(|row| codes[*row as usize]);
                    pick(values, codes.map(|code| (code != u16::MAX).then_some(u32::from(code))).collect())
                }
            },
        };
        let nulls = values.null_count();
        if nulls == values.len() {
            return None;
        }
        if nulls * 2 <= values.len() {
            return Some(Piece { part: index, places: None, values });
        }
        let set: UInt32Array = (0..values.len() as u32).filter(|index| values.is_valid(*index as usize)).collect();
        let places = set.values().iter().map(|index| part.places[*index as usize]).collect();
        Some(Piece { part: index, places: Some(places), values: pick(&values, set) })
    }
}

// === impl Part ===

impl Part {
    fn new(chunk: usize, chunk_rows: usize, rows: Vec<u32>, places: Vec<u32>) -> Self {
        let mut place_of = vec![NOWHERE; chunk_rows];
        rows.iter().zip(&places).for_each(|(row, place)| place_of[*row as usize] = *place);
        let is_whole = rows.len() == chunk_rows && rows.is_sorted();
        Self { chunk, rows: rows.into(), places, place_of, is_whole }
    }

    fn take(&self, array: &ArrayRef) -> ArrayRef {
        if self.is_whole { array.clone() } else { pick(array, self.rows.clone()) }
    }

    fn set(&self, chunk: &Chunk, column: &ColumnRef) -> usize {
        let rows = self.rows.values();
        let valid = |array: &ArrayRef| match array.nulls() {
            None => rows.len(),
            Some(nulls) => rows.iter().filter(|row| nulls.is_valid(**row as usize)).count(),
        };
        match &chunk.form {
            Form::Request { .. } => valid(&chunk.project_one(column)),
            Form::Sealed(columns) => match columns.get(column) {
                None => 0,
                Some(Encoded::Dense(array)) => valid(array),
                Some(Encoded::Codes8(codes, _)) => rows.iter().filter(|row| codes[**row as usize] != u8::MAX).count(),
                Some(Encoded::Codes16(codes, _)) => rows.iter().filter(|row| codes[**row as usize] != u16::MAX).count(),
                Some(Encoded::Sparse(set, _)) => set.iter().filter(|row| self.place_of[**row as usize] != NOWHERE).count(),
            },
        }
    }
}

fn pick(array: &ArrayRef, indices: UInt32Array) -> ArrayRef {
    take(array, &indices, None).expect("every index was drawn from this very array")
}

/// A dense array of `rows` values, null where no place names one.
pub(super) fn spread(places: &[u32], values: &ArrayRef, rows: usize) -> ArrayRef {
    let mut indices = vec![0; rows];
    let mut valid = BooleanBufferBuilder::new(rows);
    valid.append_n(rows, false);
    for (index, place) in (0u32..).zip(places) {
        indices[*place as usize] = index;
        valid.set_bit(*place as usize, true);
    }
    pick(values, UInt32Array::new(indices.into(), Some(NullBuffer::new(valid.finish()))))
}

#[cfg(test)]
mod tests;

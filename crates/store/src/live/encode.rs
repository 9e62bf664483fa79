//! How a sealed chunk keeps a column: text by dictionary where it repeats, rare values beside the rows that have them.

use super::gather::{Gathered, spread};
use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringViewArray, UInt32Array, new_null_array};
use arrow_schema::DataType;
use glasshive_model::{ColumnRef, SystemColumn};
use hashbrown::HashMap;
use std::sync::Arc;

/// A column of a sealed chunk.
#[derive(Debug)]
pub(super) enum Encoded {
    /// A value or null per row.
    Dense(ArrayRef),
    /// A code per row into distinct values; the greatest code is null.
    Codes8(Vec<u8>, ArrayRef),
    /// The same for more distinct values.
    Codes16(Vec<u16>, ArrayRef),
    /// Values beside the rows that have them.
    Sparse(Vec<u32>, ArrayRef),
}

/// Rows of a sealed chunk at most, so that two bytes hold every code.
pub(super) const SEALED_ROWS: usize = 60_000;

/// Text that fewer than one row in so many has gets no dictionary: its codes would take more than the values.
const RARE_ONE_IN: usize = 16;

/// The dense form, or nulls when there is no such column.
pub(super) fn project(encoded: Option<&Encoded>, column: &ColumnRef, rows: usize) -> ArrayRef {
    let pick = |indices: UInt32Array, values: &ArrayRef| {
        arrow_select::take::take(values, &indices, None).expect("codes were drawn from these very values")
    };
    match encoded {
        None => new_null_array(&data_type(column), rows),
        Some(Encoded::Dense(array)) => array.clone(),
        Some(Encoded::Codes8(codes, values)) => {
            pick(codes.iter().map(|code| (*code != u8::MAX).then_some(u32::from(*code))).collect(), values)
        }
        Some(Encoded::Codes16(codes, values)) => {
            pick(codes.iter().map(|code| (*code != u16::MAX).then_some(u32::from(*code))).collect(), values)
        }
        Some(Encoded::Sparse(set, values)) => spread(set, values, rows),
    }
}

/// The Arrow type of a column.
pub(super) fn data_type(column: &ColumnRef) -> DataType {
    match column {
        ColumnRef::System(system) => system.field().data_type().clone(),
        ColumnRef::Attribute { column_type, .. } => column_type.data_type(),
    }
}

/// A form that suits the column, and its bytes; `None` for a column of nulls only.
pub(super) fn encode(column: &ColumnRef, gathered: Gathered, rows: usize) -> Option<(Encoded, usize)> {
    let array = match gathered {
        Gathered::Dense(array) => array,
        Gathered::Sparse(places, _) if places.is_empty() => new_null_array(&data_type(column), rows),
        Gathered::Sparse(places, values) if places.len() * RARE_ONE_IN < rows => {
            let values = compact(values);
            let bytes = places.len() * 4 + buffer_bytes(&values);
            return Some((Encoded::Sparse(places, values), bytes));
        }
        Gathered::Sparse(places, values) => spread(&places, &values, rows),
    };
    let nulls = array.null_count();
    if nulls == rows && !matches!(column, ColumnRef::System(SystemColumn::Dataset)) {
        return None;
    }
    if *array.data_type() == DataType::Utf8View
        && let Some(coded) = dictionary(array.as_string_view())
    {
        return Some(coded);
    }
    if rows - nulls < rows / 4 {
        let set: UInt32Array = (0..rows as u32).filter(|row| array.is_valid(*row as usize)).collect();
        let values = compact(arrow_select::take::take(&array, &set, None).expect("these rows exist"));
        let bytes = set.len() * 4 + buffer_bytes(&values);
        return Some((Encoded::Sparse(set.values().to_vec(), values), bytes));
    }
    let array = compact(array);
    let bytes = buffer_bytes(&array);
    Some((Encoded::Dense(array), bytes))
}

fn dictionary(array: &StringViewArray) -> Option<(Encoded, usize)> {
    let rows = array.len();
    let most = (rows - array.null_count()) / 2;
    let mut codes = Vec::with_capacity(rows);
    let mut known: HashMap<&str, u16> = HashMap::new();
    let mut distinct = Vec::new();
    for value in array {
        let Some(value) = value else {
            codes.push(u16::MAX);
            continue;
        };
        let next = distinct.len() as u16;
        let code = *known.entry(value).or_insert_with(|| {
            distinct.push(value);
            next
        });
        if distinct.len() > most.max(1) || distinct.len() >= usize::from(u16::MAX) {
            return None;
        }
        codes.push(code);
    }
    let mut values = StringViewBuilder::new();
    distinct.iter().for_each(|value| values.append_value(value));
    let values: ArrayRef = Arc::new(values.finish());
    let value_bytes = buffer_bytes(&values);
    if distinct.len() < usize::from(u8::MAX) {
        let narrow: Vec<u8> = codes.iter().map(|code| if *code == u16::MAX { u8::MAX } else { *code as u8 }).collect();
        return Some((Encoded::Codes8(narrow, values), rows + value_bytes));
    }
    Some((Encoded::Codes16(codes, values), rows * 2 + value_bytes))
}

/// Lets go of text that the array does not use.
fn compact(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        _ => array,
    }
}

/// Bytes of the buffers of an array that shares none with others.
fn buffer_bytes(array: &ArrayRef) -> usize {
    array.get_buffer_memory_size()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use glasshive_model::ColumnType;

    fn check(array: ArrayRef, is_form: impl Fn(&Encoded) -> bool) {
        let column_type = if *array.data_type() == DataType::Int64 { ColumnType::Int } else { ColumnType::Str };
        let column = ColumnRef::Attribute { key: "k".into(), column_type };
        let (encoded, _) = encode(&column, Gathered::Dense(array.clone()), array.len()).unwrap();
        assert!(is_form(&encoded), "{encoded:?}");
        assert_eq!(&project(Some(&encoded), &column, array.len()), &array);
    }

    #[test]
    fn every_form_gives_back_what_it_was_given() {
        let texts = |count: usize, distinct: usize| -> ArrayRef {
            let text = |index: usize| (!index.is_multiple_of(7)).then(|| format!("a value that is not short {}", index % distinct));
            Arc::new((0..count).map(text).collect::<StringViewArray>())
        };
        check(texts(1_000, 10), |form| matches!(form, Encoded::Codes8(..)));
        check(texts(2_000, 500), |form| matches!(form, Encoded::Codes16(..)));
        check(texts(1_000, 1_000), |form| matches!(form, Encoded::Dense(..)));
        let rare = |every: i64| -> ArrayRef { Arc::new((0..1_000).map(|row| (row % every == 0).then_some(row)).collect::<Int64Array>()) };
        check(rare(10), |form| matches!(form, Encoded::Sparse(..)));
        check(rare(2), |form| matches!(form, Encoded::Dense(..)));
        assert!(encode(&ColumnRef::System(SystemColumn::Name), Gathered::Dense(new_null_array(&DataType::Utf8View, 3)), 3).is_none());
    }
}

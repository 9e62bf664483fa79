//! Values without a column of their own, as one JSON object per row.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, StringViewArray};
use glasshive_model::ColumnType;
use glasshive_model::value::push_json_string;
use std::fmt::Write as _;
use std::sync::Arc;

/// `_overflow` with the values of these columns added; a row has a key either there or in one column, never in both.
pub(crate) fn fold<'a>(overflow: ArrayRef, columns: impl Iterator<Item = (&'a str, ColumnType, ArrayRef)>) -> ArrayRef {
    let overflow = overflow.as_string_view();
    let mut objects: Vec<String> =
        overflow.iter().map(|object| object.and_then(|object| object.strip_suffix('}')).map(str::to_owned).unwrap_or_default()).collect();
    for (key, column_type, array) in columns {
        for (row, object) in objects.iter_mut().enumerate().filter(|(row, _)| array.is_valid(*row)) {
            object.push_str(match object.len() {
                0 => "{",
                1 => "",
                _ => ",",
            });
            push_json_string(object, key);
            object.push(':');
            push_value(object, column_type, &array, row);
        }
    }
    let closed = objects.into_iter().map(|mut object| {
        (!object.is_empty()).then(|| {
            object.push('}');
            object
        })
    });
    Arc::new(closed.collect::<StringViewArray>())
}

/// A double always has a point or an exponent, so that its type reads back; one without a number is text.
fn push_value(out: &mut String, column_type: ColumnType, array: &ArrayRef, row: usize) {
    let _ = match column_type {
        ColumnType::Str => {
            push_json_string(out, array.as_string_view().value(row));
            Ok(())
        }
        ColumnType::Json => out.write_str(array.as_string_view().value(row)),
        ColumnType::Int => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Bool => write!(out, "{}", array.as_boolean().value(row)),
        ColumnType::Float => match array.as_primitive::<Float64Type>().value(row) {
            value if value.is_finite() => write!(out, "{value:?}"),
            value => write!(out, "\"{value}\""),
        },
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float64Array, Int64Array};
    use glasshive_model::Value;
    use glasshive_model::value::json_object_members;

    #[test]
    fn values_keep_their_types_beside_what_was_there() {
        let before: ArrayRef = Arc::new(StringViewArray::from(vec![Some("{\"empty\":null}"), None, None]));
        let ints: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), Some(6), None]));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(2.0), None, None]));
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![None, Some("a\"\n"), None]));
        let columns = [("i", ColumnType::Int, ints), ("f", ColumnType::Float, floats), ("t", ColumnType::Str, texts)];
        let folded = fold(before, columns.into_iter());
        let folded = folded.as_string_view();
        let members = |row: usize| json_object_members(folded.value(row));
        let named = |name: &str, value| (name.to_owned(), value);
        assert_eq!(members(0), [named("empty", Value::Null), named("f", Value::Float(2.0)), named("i", Value::Int(5))]);
        assert_eq!(members(1), [named("i", Value::Int(6)), named("t", Value::Str("a\"\n".into()))]);
        assert!(folded.is_null(2));
    }
}

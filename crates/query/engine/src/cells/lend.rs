//! Values that are looked at where they lie.

use super::Cells;
use arrow_array::Array;
use glasshive_model::{Annotation, Signal, Source, SpanId, SpanKind, ValueRef};
use glasshive_query_plan::shown::Shown;

impl Cells {
    /// The same in a form that can lend every value: ids of traces, and kinds of spans that have no word, become text.
    pub(crate) fn lent(self) -> Self {
        let lends = match &self {
            Cells::Id(array) => array.value_length() == 8,
            Cells::Code(array, Shown::Kind) => array.iter().flatten().all(|code| SpanKind::from_number(code).is_some()),
            _ => true,
        };
        if lends { self } else { Cells::Mixed((0..self.len()).map(|row| self.value(row)).collect()) }
    }

    /// One row's value; `None` = absent. Of what [`Cells::lent`] gave.
    pub(crate) fn lend(&self, row: usize) -> Option<ValueRef<'_>> {
        fn get<T>(array: &dyn Array, row: usize, value: impl FnOnce(usize) -> T) -> Option<T> {
            array.is_valid(row).then(|| value(row))
        }
        match self {
            Cells::Absent(_) => None,
            Cells::Str(array) => get(array, row, |row| ValueRef::Str(array.value(row))),
            Cells::Json(array) => get(array, row, |row| ValueRef::Json(array.value(row))),
            Cells::Int(array) => get(array, row, |row| ValueRef::Int(array.value(row))),
            Cells::Float(array) => get(array, row, |row| ValueRef::Float(array.value(row))),
            Cells::Bool(array) => get(array, row, |row| ValueRef::Bool(array.value(row))),
            Cells::Id(array) => get(array, row, |row| id(array.value(row))),
            Cells::Code(array, shown) => get(array, row, |row| word(*shown, array.value(row))).flatten(),
            Cells::Mixed(values) => values[row].as_ref().map(glasshive_model::Value::borrowed),
        }
    }
}

/// An id of no bytes but zeros is shown as such.
fn id(bytes: &[u8]) -> ValueRef<'static> {
    let id = bytes.try_into().ok().and_then(SpanId::new);
    id.map_or(ValueRef::Str("0000000000000000"), ValueRef::Span)
}

/// As [`super::coded`], but for kinds without a word.
fn word(shown: Shown, code: i8) -> Option<ValueRef<'static>> {
    let word = match shown {
        Shown::Kind => SpanKind::from_number(code).map(SpanKind::word),
        Shown::SignalType => Signal::from_number(code).filter(|signal| *signal != Signal::Event).map(Signal::word),
        Shown::Source => Source::from_number(code).map(Source::word),
        Shown::AnnotationType => Annotation::from_number(code).filter(|annotation| *annotation != Annotation::None).map(Annotation::word),
        _ => return Some(ValueRef::Int(code.into())),
    };
    word.map(ValueRef::Str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{FixedSizeBinaryArray, Int8Array};
    use glasshive_model::Value;

    #[test]
    fn what_is_lent_is_what_is_shown() {
        let codes = |shown| Cells::Code((-3_i8..9).map(Some).chain([None]).collect::<Int8Array>(), shown);
        let ids = |bytes: usize| {
            let ids = [Some(vec![7; bytes]), None, Some(vec![0; bytes])];
            Cells::Id(FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids.into_iter(), bytes as i32).unwrap())
        };
        let mixed = Cells::Mixed(vec![Some(Value::Null), Some(Value::Json("[1]".into())), None, Some(Value::Int(3))]);
        let shown = [Shown::Kind, Shown::SignalType, Shown::Source, Shown::AnnotationType, Shown::StatusCode];
        for cells in shown.map(codes).into_iter().chain([ids(8), ids(16), mixed, Cells::Absent(2)]) {
            let values: Vec<Option<Value>> = (0..cells.len()).map(|row| cells.value(row)).collect();
            let lent = cells.lent();
            for (row, value) in values.iter().enumerate() {
                let text = lent.lend(row).map(|value| value.to_string());
                assert_eq!(text, value.as_ref().map(ToString::to_string), "row {row} of {lent:?}");
            }
        }
    }
}

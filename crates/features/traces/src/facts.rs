//! What the tree needs to know of a row.

use crate::trace::AnnotationKind;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Annotation, Signal, SpanId, Value, names};

/// Characters of a log line that stand for its name.
const NAME_CHARACTERS: usize = 120;
/// `severity_code` of an error, by OpenTelemetry's log data model.
const SEVERITY_ERROR: i64 = 17;

/// All fields that a tree is made of; rows that share a span id are compared by the others too.
pub const FIELDS: [&str; 14] = [
    names::SPAN_ID,
    names::PARENT_ID,
    names::DURATION_MS,
    names::NAME,
    names::BODY,
    names::SERVICE_NAME,
    names::SPAN_KIND,
    names::META_SOURCE,
    names::META_SIGNAL_TYPE,
    names::META_ANNOTATION_TYPE,
    names::META_ANNOTATION_INDEX,
    names::ERROR,
    names::SEVERITY_CODE,
    names::STATUS_CODE,
];

/// One row, read once.
pub(crate) struct Facts {
    pub row: usize,
    pub seq: i64,
    pub start_ns: i64,
    pub duration_ns: Option<i64>,
    /// Of spans only.
    pub span_id: Option<SpanId>,
    pub parent_id: Option<SpanId>,
    pub annotation: Option<AnnotationKind>,
    pub annotation_index: i64,
    pub name: String,
    pub service: String,
    pub span_kind: String,
    pub source: String,
    pub is_error: bool,
}

impl Facts {
    pub(crate) fn read(index: usize, row: &ShownRow) -> Self {
        let own_id = span_id(row, names::SPAN_ID);
        let annotation = annotation_kind(row, own_id.is_some());
        Self {
            row: index,
            seq: row.seq,
            start_ns: row.time_ns,
            duration_ns: duration_ns(row),
            span_id: own_id.filter(|_| annotation.is_none()),
            parent_id: span_id(row, names::PARENT_ID),
            annotation,
            annotation_index: integer(row, names::META_ANNOTATION_INDEX).unwrap_or(0),
            name: name(row),
            service: text(row, names::SERVICE_NAME),
            span_kind: text(row, names::SPAN_KIND),
            source: text(row, names::META_SOURCE),
            is_error: is_error(row, annotation.is_some()),
        }
    }

    /// End of the span; its start while unfinished.
    pub(crate) fn end_ns(&self) -> i64 {
        self.start_ns.saturating_add(self.duration_ns.unwrap_or(0))
    }
}

/// `None` for a span: the row has a span id and hangs on no other.
fn annotation_kind(row: &ShownRow, has_span_id: bool) -> Option<AnnotationKind> {
    let signal = Signal::from_word(&text(row, names::META_SIGNAL_TYPE));
    let by_signal = match signal {
        Some(Signal::Log) => Some(AnnotationKind::Log),
        Some(Signal::Error) => Some(AnnotationKind::Error),
        _ => None,
    };
    match Annotation::from_word(&text(row, names::META_ANNOTATION_TYPE)) {
        Some(Annotation::Link) => Some(AnnotationKind::Link),
        Some(Annotation::SpanEvent) => Some(by_signal.unwrap_or(AnnotationKind::SpanEvent)),
        _ if has_span_id => None,
        _ => Some(by_signal.unwrap_or(AnnotationKind::Other)),
    }
}

fn span_id(row: &ShownRow, field: &str) -> Option<SpanId> {
    match row.get(field)? {
        Value::Str(text) if !text.trim().is_empty() => Some(SpanId::from_text(text)),
        Value::Int(number) => Some(SpanId::from_text(&number.to_string())),
        _ => None,
    }
}

fn duration_ns(row: &ShownRow) -> Option<i64> {
    let ms = match row.get(names::DURATION_MS)? {
        Value::Float(ms) => *ms,
        Value::Int(ms) => *ms as f64,
        _ => return None,
    };
    Some((ms * 1e6).round().clamp(0.0, i64::MAX as f64) as i64)
}

fn name(row: &ShownRow) -> String {
    match row.get(names::NAME).or_else(|| row.get(names::BODY)) {
        Some(value) => value.to_string().chars().take(NAME_CHARACTERS).collect(),
        None => String::new(),
    }
}

fn text(row: &ShownRow, field: &str) -> String {
    row.get(field).map(Value::to_string).unwrap_or_default()
}

fn integer(row: &ShownRow, field: &str) -> Option<i64> {
    match row.get(field)? {
        Value::Int(number) => Some(*number),
        Value::Float(number) => Some(*number as i64),
        _ => None,
    }
}

/// `error` may hold a message instead of a truth value, as Honeycomb's libraries send it.
fn is_error(row: &ShownRow, is_annotation: bool) -> bool {
    let marked = match row.get(names::ERROR) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(truth)) => *truth,
        Some(Value::Int(number)) => *number != 0,
        Some(Value::Float(number)) => *number != 0.0,
        Some(Value::Str(text) | Value::Json(text)) => !matches!(text.as_str(), "" | "false" | "0" | "null"),
    };
    if is_annotation {
        let is_severe = integer(row, names::SEVERITY_CODE).is_some_and(|code| code >= SEVERITY_ERROR);
        return marked || is_severe || text(row, names::NAME) == "exception";
    }
    marked || integer(row, names::STATUS_CODE) == Some(2)
}

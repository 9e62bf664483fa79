//! What the tree needs to know of a row.

use crate::trace::AnnotationKind;
use crate::words::{Word, Words};
use glasshive_model::shown::FieldRows;
use glasshive_model::{Annotation, Signal, SpanId, ValueRef, names};

/// Characters of a log line that stand for its name.
const NAME_CHARACTERS: usize = 120;
/// `severity_code` of an error, by OpenTelemetry's log data model.
const SEVERITY_ERROR: i64 = 17;

macro_rules! fields {
    ($($field:ident: $name:path;)+) => {
        /// A field that a tree is made of.
        #[derive(Clone, Copy)]
        enum Field { $($field),+ }

        /// All fields that a tree is made of; rows that share a span id are compared by the others too.
        pub const FIELDS: [&str; [$(Field::$field),+].len()] = [$($name),+];
    };
}

fields! {
    SpanId: names::SPAN_ID;
    ParentId: names::PARENT_ID;
    DurationMs: names::DURATION_MS;
    Name: names::NAME;
    Body: names::BODY;
    EventName: names::EVENT_NAME;
    ExceptionType: names::EXCEPTION_TYPE;
    Service: names::SERVICE_NAME;
    HostName: names::HOST_NAME;
    HostId: names::HOST_ID;
    Kind: names::SPAN_KIND;
    Source: names::META_SOURCE;
    Signal: names::META_SIGNAL_TYPE;
    Annotation: names::META_ANNOTATION_TYPE;
    AnnotationIndex: names::META_ANNOTATION_INDEX;
    Error: names::ERROR;
    Severity: names::SEVERITY_CODE;
    Status: names::STATUS_CODE;
}

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
    pub name: Word,
    pub service: Word,
    pub host: Word,
    pub span_kind: Word,
    pub source: Word,
    pub is_error: bool,
}

/// Reads rows.
pub(crate) struct Reader<'a, R> {
    rows: &'a R,
    pub words: Words,
    /// The words of the row before: most rows have the same.
    last: [Option<Word>; 5],
}

impl Facts {
    /// End of the span; its start while unfinished.
    pub(crate) fn end_ns(&self) -> i64 {
        self.start_ns.saturating_add(self.duration_ns.unwrap_or(0))
    }
}

impl<'a, R: FieldRows> Reader<'a, R> {
    pub(crate) fn new(rows: &'a R) -> Self {
        Self { rows, words: Words::default(), last: [None; 5] }
    }

    pub(crate) fn read(&mut self, row: usize) -> Facts {
        let own_id = self.span_id(row, Field::SpanId);
        let annotation = self.annotation_kind(row, own_id.is_some());
        Facts {
            row,
            seq: self.rows.seq(row),
            start_ns: self.rows.time_ns(row),
            duration_ns: self.duration_ns(row),
            span_id: own_id.filter(|_| annotation.is_none()),
            parent_id: self.span_id(row, Field::ParentId),
            annotation,
            annotation_index: self.integer(row, Field::AnnotationIndex).unwrap_or(0),
            name: self.name(row, annotation.is_some()),
            service: self.word(row, Field::Service, 1),
            host: self.host(row),
            span_kind: self.word(row, Field::Kind, 2),
            source: self.word(row, Field::Source, 3),
            is_error: self.is_error(row, annotation.is_some()),
        }
    }

    fn value(&self, row: usize, field: Field) -> Option<ValueRef<'a>> {
        self.rows.value(row, field as usize)
    }

    /// `None` for a span: the row has a span id and hangs on no other.
    fn annotation_kind(&self, row: usize, has_span_id: bool) -> Option<AnnotationKind> {
        let by_signal = match self.value(row, Field::Signal).and_then(|value| text(&value, Signal::from_word)) {
            Some(Signal::Log) => Some(AnnotationKind::Log),
            Some(Signal::Error) => Some(AnnotationKind::Error),
            _ => None,
        };
        match self.value(row, Field::Annotation).and_then(|value| text(&value, Annotation::from_word)) {
            Some(Annotation::Link) => Some(AnnotationKind::Link),
            Some(Annotation::SpanEvent) => Some(by_signal.unwrap_or(AnnotationKind::SpanEvent)),
            _ if has_span_id => None,
            _ => Some(by_signal.unwrap_or(AnnotationKind::Other)),
        }
    }

    fn span_id(&self, row: usize, field: Field) -> Option<SpanId> {
        match self.value(row, field)? {
            ValueRef::Span(id) => Some(id),
            ValueRef::Str(text) if !text.trim().is_empty() => Some(SpanId::from_text(text)),
            ValueRef::Int(number) => Some(SpanId::from_text(&number.to_string())),
            _ => None,
        }
    }

    fn duration_ns(&self, row: usize) -> Option<i64> {
        let ms = match self.value(row, Field::DurationMs)? {
            ValueRef::Float(ms) => ms,
            ValueRef::Int(ms) => ms as f64,
            _ => return None,
        };
        Some((ms * 1e6).round().clamp(0.0, i64::MAX as f64) as i64)
    }

    /// Log records have no name: what stands for it is their body, else what sort of event they are.
    fn name(&mut self, row: usize, is_annotation: bool) -> Word {
        let of_event = || [Field::EventName, Field::ExceptionType].into_iter().find_map(|field| self.said(row, field));
        let value = self.value(row, Field::Name).or_else(|| self.value(row, Field::Body));
        let value = value.or_else(|| of_event().filter(|_| is_annotation));
        let (words, last) = (&mut self.words, &mut self.last[0]);
        text(&value.unwrap_or(ValueRef::Str("")), |text| words.word_like(beginning(text), last))
    }

    fn word(&mut self, row: usize, field: Field, place: usize) -> Word {
        let value = self.value(row, field);
        let (words, last) = (&mut self.words, &mut self.last[place]);
        text(&value.unwrap_or(ValueRef::Str("")), |text| words.word_like(text, last))
    }

    /// The host that a span ran on: its name, else its id.
    fn host(&mut self, row: usize) -> Word {
        let field = if self.said(row, Field::HostName).is_some() { Field::HostName } else { Field::HostId };
        self.word(row, field, 4)
    }

    fn integer(&self, row: usize, field: Field) -> Option<i64> {
        match self.value(row, field)? {
            ValueRef::Int(number) => Some(number),
            ValueRef::Float(number) => Some(number as i64),
            _ => None,
        }
    }

    /// `error` may hold a message instead of a truth value, as Honeycomb's libraries send it.
    fn is_error(&self, row: usize, is_annotation: bool) -> bool {
        let marked = match self.value(row, Field::Error) {
            None | Some(ValueRef::Null) => false,
            Some(ValueRef::Bool(truth)) => truth,
            Some(ValueRef::Int(number)) => number != 0,
            Some(ValueRef::Float(number)) => number != 0.0,
            Some(ValueRef::Str(text) | ValueRef::Json(text)) => !matches!(text, "" | "false" | "0" | "null"),
            Some(ValueRef::Span(_)) => true,
        };
        if is_annotation {
            let is_severe = self.integer(row, Field::Severity).is_some_and(|code| code >= SEVERITY_ERROR);
            return marked || is_severe || self.is_exception(row);
        }
        marked || self.integer(row, Field::Status) == Some(2)
    }

    /// Whether an annotation is an exception: as a span event by its name, as a log record by the name of its event, which may also be
    /// the instrumentation's own, or by the type that it has.
    fn is_exception(&self, row: usize) -> bool {
        let is_named = |field| self.value(row, field).is_some_and(|name| text(&name, |name| name == "exception"));
        is_named(Field::Name) || is_named(Field::EventName) || self.said(row, Field::ExceptionType).is_some()
    }

    /// A value that was not sent empty.
    fn said(&self, row: usize, field: Field) -> Option<ValueRef<'a>> {
        self.value(row, field).filter(|value| !matches!(value, ValueRef::Null | ValueRef::Str("")))
    }
}

/// What comes of the text that a value is shown as.
fn text<T>(value: &ValueRef<'_>, read: impl FnOnce(&str) -> T) -> T {
    match value {
        ValueRef::Str(text) | ValueRef::Json(text) => read(text),
        other => read(&other.to_string()),
    }
}

/// As much of a text as stands for a name.
fn beginning(text: &str) -> &str {
    if text.len() <= NAME_CHARACTERS {
        return text;
    }
    text.char_indices().nth(NAME_CHARACTERS).map_or(text, |(end, _)| &text[..end])
}

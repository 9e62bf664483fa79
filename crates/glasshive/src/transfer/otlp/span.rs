//! Spans, with their events and links.

use super::head::{Head, take_hidden};
use super::lines::Lines;
use super::node::{comma, put};
use super::own::Own;
use crate::transfer::row::StoredRow;
use glasshive_model::value::push_json_string;
use glasshive_model::{Annotation, SpanId, TraceId, Value, names};
use glasshive_receive_otlp::decode::Signal3;

const ERROR: i8 = 2;
const EXCEPTION: [&str; 4] = [names::EXCEPTION_TYPE, names::EXCEPTION_MESSAGE, names::EXCEPTION_STACKTRACE, names::EXCEPTION_ESCAPED];
/// Counts and flags that OTLP has 32 bits for, when not 0.
const COUNT: std::ops::RangeInclusive<i64> = 1..=u32::MAX as i64;

/// Adds a span. Its annotations are put in order of their kind and index, which is the order they came in.
pub fn push(lines: &mut Lines, rows: &[StoredRow], index: usize, annotations: &[usize]) {
    let span = &rows[index];
    let place = |annotation: &usize| match rows[*annotation].get(names::META_ANNOTATION_INDEX) {
        Some(Value::Int(index)) => *index,
        _ => i64::MAX,
    };
    let of_kind = |kind: Annotation| {
        let mut of_kind: Vec<usize> = annotations.iter().copied().filter(|row| rows[*row].annotation == kind.number()).collect();
        of_kind.sort_by_key(place);
        of_kind
    };
    let (events, links) = (of_kind(Annotation::SpanEvent), of_kind(Annotation::Link));
    let all: Vec<usize> = events.iter().chain(&links).copied().chain([index]).collect();
    let item_rows: Vec<&StoredRow> = std::iter::once(span).chain(events.iter().chain(&links).map(|row| &rows[*row])).collect();
    let head = Head::of(Signal3::Traces, &item_rows);
    let mut out = String::with_capacity(512);
    push_span(&mut out, rows, &item_rows, &events, &links);
    lines.push(head, &all, &out);
}

fn push_span(out: &mut String, rows: &[StoredRow], item: &[&StoredRow], events: &[usize], links: &[usize]) {
    let span = item[0];
    let mut own = Own::of(span);
    take_hidden(&mut own, item);
    let name = span.name.as_deref().unwrap_or_default();
    out.push('{');
    push_ids(out, span.trace_id, span.span_id);
    if let Some(parent) = span.parent_id.and_then(SpanId::new) {
        put(out, format_args!("\"parentSpanId\":\"{parent}\","));
    }
    push_text(out, "traceState", own.take_text(names::TRACE_STATE));
    push_number(out, "flags", own.take_int(names::TRACE_FLAGS, COUNT));
    out.push_str("\"name\":");
    push_json_string(out, name);
    put(out, format_args!(",\"kind\":{},\"startTimeUnixNano\":\"{}\",", span.kind.unwrap_or(0), span.time_ns));
    match span.duration_ns {
        Some(duration) => put(out, format_args!("\"endTimeUnixNano\":\"{}\",", span.time_ns as u64 + duration.unsigned_abs())),
        None => own.take_if(names::META_UNFINISHED, &Value::Bool(true)),
    }
    let is_error = span.status == Some(ERROR);
    push_status(out, span.status.unwrap_or(0), own.take_text(names::STATUS_MESSAGE));
    if is_error {
        own.take_if(names::ERROR, &Value::Bool(true));
    }
    own.take_if(names::NUM_EVENTS, &Value::Int(events.len() as i64));
    own.take_if(names::NUM_LINKS, &Value::Int(links.len() as i64));
    let exception = events.iter().map(|row| &rows[*row]).find(|event| event.name.as_deref() == Some("exception"));
    for field in EXCEPTION {
        if let Some(value) = exception.map(Own::of).and_then(|exception| exception.get(field)) {
            own.take_if(field, value);
        }
    }
    push_number(out, "droppedAttributesCount", own.take_int(names::META_DROPPED_ATTRIBUTES, COUNT));
    push_number(out, "droppedEventsCount", own.take_int(names::META_DROPPED_EVENTS, COUNT));
    push_number(out, "droppedLinksCount", own.take_int(names::META_DROPPED_LINKS, COUNT));
    push_list(out, "events", events, |out, index, row| push_event(out, span, &rows[row], index, item));
    push_list(out, "links", links, |out, index, row| push_link(out, span, &rows[row], index, item));
    own.push_attributes(out, own.weight());
    out.pop();
    out.push('}');
}

fn push_list(out: &mut String, word: &str, rows: &[usize], push: impl Fn(&mut String, usize, usize)) {
    if rows.is_empty() {
        return;
    }
    put(out, format_args!("\"{word}\":["));
    for (index, row) in rows.iter().enumerate() {
        comma(out, index);
        push(out, index, *row);
    }
    out.push_str("],");
}

/// What an annotation has from its span.
fn own_of_annotation<'r>(span: &StoredRow, row: &'r StoredRow, index: usize, item: &[&StoredRow]) -> Own<'r> {
    let mut own = Own::of(row);
    take_hidden(&mut own, item);
    own.take_if(names::PARENT_NAME, &Value::Str(span.name.clone().unwrap_or_default()));
    own.take_if(names::META_ANNOTATION_INDEX, &Value::Int(index as i64));
    if span.status == Some(ERROR) {
        own.take_if(names::ERROR, &Value::Bool(true));
    }
    own
}

fn push_event(out: &mut String, span: &StoredRow, event: &StoredRow, index: usize, item: &[&StoredRow]) {
    let mut own = own_of_annotation(span, event, index, item);
    put(out, format_args!("{{\"timeUnixNano\":\"{}\",\"name\":", event.time_ns));
    push_json_string(out, event.name.as_deref().unwrap_or_default());
    out.push(',');
    let since = event.time_ns - span.time_ns;
    own.take_if(names::META_TIME_SINCE_SPAN_START_MS, &Value::Float(if since >= 0 { since as f64 / 1e6 } else { 0.0 }));
    if since < 0 {
        own.take_if(names::META_INVALID_TIME_SINCE_SPAN_START, &Value::Bool(true));
    }
    push_number(out, "droppedAttributesCount", own.take_int(names::META_DROPPED_ATTRIBUTES, COUNT));
    own.push_attributes(out, None);
    out.pop();
    out.push('}');
}

fn push_link(out: &mut String, span: &StoredRow, link: &StoredRow, index: usize, item: &[&StoredRow]) {
    let mut own = own_of_annotation(span, link, index, item);
    out.push('{');
    let trace = own.get(names::LINK_TRACE_ID).and_then(canonical(TraceId::parse));
    if let Some(trace) = trace {
        own.take(names::LINK_TRACE_ID);
        put(out, format_args!("\"traceId\":\"{trace}\","));
    }
    let other = own.get(names::LINK_SPAN_ID).and_then(canonical(SpanId::parse));
    if let Some(other) = other {
        own.take(names::LINK_SPAN_ID);
        put(out, format_args!("\"spanId\":\"{other}\","));
    }
    push_text(out, "traceState", own.take_text(names::LINK_TRACE_STATE));
    push_number(out, "flags", own.take_int(names::LINK_FLAGS, COUNT));
    push_number(out, "droppedAttributesCount", own.take_int(names::META_DROPPED_ATTRIBUTES, COUNT));
    own.push_attributes(out, None);
    out.pop();
    out.push('}');
}

/// An id whose text is as ids are written.
fn canonical<T: ToString>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&Value) -> Option<T> {
    move |value| match value {
        Value::Str(text) => parse(text).filter(|id| id.to_string() == *text),
        _ => None,
    }
}

/// Appends the ids of a trace and a span, where there are some.
pub fn push_ids(out: &mut String, trace: Option<[u8; 16]>, span: Option<[u8; 8]>) {
    if let Some(trace) = trace.and_then(TraceId::new) {
        put(out, format_args!("\"traceId\":\"{trace}\","));
    }
    if let Some(span) = span.and_then(SpanId::new) {
        put(out, format_args!("\"spanId\":\"{span}\","));
    }
}

/// Appends a member of text, where there is some.
pub fn push_text(out: &mut String, member: &str, text: Option<&str>) {
    if let Some(text) = text {
        put(out, format_args!("\"{member}\":"));
        push_json_string(out, text);
        out.push(',');
    }
}

/// Appends a member of a number, where there is one.
pub fn push_number(out: &mut String, member: &str, number: Option<i64>) {
    if let Some(number) = number {
        put(out, format_args!("\"{member}\":{number},"));
    }
}

fn push_status(out: &mut String, code: i8, message: Option<&str>) {
    if code == 0 && message.is_none() {
        return;
    }
    out.push_str("\"status\":{");
    push_text(out, "message", message);
    put(out, format_args!("\"code\":{code}}},"));
}

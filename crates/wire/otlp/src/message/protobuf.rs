//! Owned requests to protobuf.

use super::{Attributes, Event, Link, LogRecord, Request, ResourceItems, ScopeItems, Span, Value};
use crate::encode::Writer;
use crate::field;
use crate::signal::Signal;

pub(super) fn request(request: &Request, signal: Signal) -> Vec<u8> {
    let mut writer = Writer::new();
    for items in &request.resources {
        writer.message(field::request::RESOURCE_ITEMS, |writer| resource_items(writer, items, signal));
    }
    writer.into_bytes()
}

fn resource_items(writer: &mut Writer, items: &ResourceItems, signal: Signal) {
    writer.message(field::resource_items::RESOURCE, |resource| {
        attributes(resource, field::resource::ATTRIBUTES, &items.attributes);
        number(resource, field::resource::DROPPED_ATTRIBUTES_COUNT, items.dropped_attributes);
    });
    for scope in &items.scopes {
        writer.message(field::resource_items::SCOPE_ITEMS, |writer| scope_items(writer, scope, signal));
    }
    string(writer, field::resource_items::SCHEMA_URL, &items.schema_url);
}

fn scope_items(writer: &mut Writer, items: &ScopeItems, signal: Signal) {
    writer.message(field::scope_items::SCOPE, |scope| {
        string(scope, field::scope::NAME, &items.name);
        string(scope, field::scope::VERSION, &items.version);
        attributes(scope, field::scope::ATTRIBUTES, &items.attributes);
        number(scope, field::scope::DROPPED_ATTRIBUTES_COUNT, items.dropped_attributes);
    });
    match signal {
        Signal::Traces => items.spans.iter().for_each(|item| writer.message(field::scope_items::ITEMS, |writer| span(writer, item))),
        Signal::Logs => items.logs.iter().for_each(|item| writer.message(field::scope_items::ITEMS, |writer| log_record(writer, item))),
        Signal::Metrics => {
            items.metrics.iter().for_each(|item| writer.message(field::scope_items::ITEMS, |writer| super::metric::protobuf(writer, item)));
        }
    }
    string(writer, field::scope_items::SCHEMA_URL, &items.schema_url);
}

fn span(writer: &mut Writer, span: &Span) {
    bytes(writer, field::span::TRACE_ID, &span.trace_id);
    bytes(writer, field::span::SPAN_ID, &span.span_id);
    string(writer, field::span::TRACE_STATE, &span.trace_state);
    bytes(writer, field::span::PARENT_SPAN_ID, &span.parent_span_id);
    string(writer, field::span::NAME, &span.name);
    enumeration(writer, field::span::KIND, span.kind);
    time(writer, field::span::START_TIME, span.start_ns);
    time(writer, field::span::END_TIME, span.end_ns);
    attributes(writer, field::span::ATTRIBUTES, &span.attributes);
    number(writer, field::span::DROPPED_ATTRIBUTES_COUNT, span.dropped_attributes);
    span.events.iter().for_each(|item| writer.message(field::span::EVENTS, |writer| event(writer, item)));
    number(writer, field::span::DROPPED_EVENTS_COUNT, span.dropped_events);
    span.links.iter().for_each(|item| writer.message(field::span::LINKS, |writer| link(writer, item)));
    number(writer, field::span::DROPPED_LINKS_COUNT, span.dropped_links);
    writer.message(field::span::STATUS, |status| {
        string(status, field::status::MESSAGE, &span.status_message);
        enumeration(status, field::status::CODE, span.status_code);
    });
    flags(writer, field::span::FLAGS, span.flags);
}

fn event(writer: &mut Writer, event: &Event) {
    time(writer, field::event::TIME, event.time_ns);
    string(writer, field::event::NAME, &event.name);
    attributes(writer, field::event::ATTRIBUTES, &event.attributes);
    number(writer, field::event::DROPPED_ATTRIBUTES_COUNT, event.dropped_attributes);
}

fn link(writer: &mut Writer, link: &Link) {
    bytes(writer, field::link::TRACE_ID, &link.trace_id);
    bytes(writer, field::link::SPAN_ID, &link.span_id);
    string(writer, field::link::TRACE_STATE, &link.trace_state);
    attributes(writer, field::link::ATTRIBUTES, &link.attributes);
    number(writer, field::link::DROPPED_ATTRIBUTES_COUNT, link.dropped_attributes);
    flags(writer, field::link::FLAGS, link.flags);
}

fn log_record(writer: &mut Writer, record: &LogRecord) {
    time(writer, field::log_record::TIME, record.time_ns);
    enumeration(writer, field::log_record::SEVERITY_NUMBER, record.severity_number);
    string(writer, field::log_record::SEVERITY_TEXT, &record.severity_text);
    if let Some(body) = &record.body {
        value(writer, field::log_record::BODY, body);
    }
    attributes(writer, field::log_record::ATTRIBUTES, &record.attributes);
    number(writer, field::log_record::DROPPED_ATTRIBUTES_COUNT, record.dropped_attributes);
    flags(writer, field::log_record::FLAGS, record.flags);
    bytes(writer, field::log_record::TRACE_ID, &record.trace_id);
    bytes(writer, field::log_record::SPAN_ID, &record.span_id);
    time(writer, field::log_record::OBSERVED_TIME, record.observed_ns);
    string(writer, field::log_record::EVENT_NAME, &record.event_name);
}

pub(super) fn attributes(writer: &mut Writer, number: u32, attributes: &Attributes) {
    for (key, content) in attributes {
        writer.message(number, |pair| {
            pair.string(field::key_value::KEY, key);
            value(pair, field::key_value::VALUE, content);
        });
    }
}

fn value(writer: &mut Writer, number: u32, value: &Value) {
    writer.message(number, |any| match value {
        Value::Empty => {}
        Value::Str(text) => any.string(field::any_value::STRING, text),
        Value::Bool(truth) => any.boolean(field::any_value::BOOL, *truth),
        Value::Int(integer) => any.varint(field::any_value::INT, *integer as u64),
        Value::Double(double) => any.double(field::any_value::DOUBLE, *double),
        Value::Bytes(content) => any.bytes(field::any_value::BYTES, content),
        Value::Array(values) => any.message(field::any_value::ARRAY, |list| {
            values.iter().for_each(|element| self::value(list, field::list::VALUES, element));
        }),
        Value::Map(pairs) => any.message(field::any_value::KVLIST, |list| attributes(list, field::list::VALUES, pairs)),
    });
}

pub(super) fn string(writer: &mut Writer, number: u32, text: &str) {
    bytes(writer, number, text.as_bytes());
}

pub(super) fn bytes(writer: &mut Writer, number: u32, content: &[u8]) {
    if !content.is_empty() {
        writer.bytes(number, content);
    }
}

pub(super) fn number(writer: &mut Writer, number: u32, value: u32) {
    if value != 0 {
        writer.varint(number, value.into());
    }
}

pub(super) fn enumeration(writer: &mut Writer, number: u32, value: i32) {
    if value != 0 {
        writer.varint(number, i64::from(value) as u64);
    }
}

pub(super) fn time(writer: &mut Writer, number: u32, ns: u64) {
    if ns != 0 {
        writer.fixed64(number, ns);
    }
}

pub(super) fn flags(writer: &mut Writer, number: u32, flags: u32) {
    if flags != 0 {
        writer.fixed32(number, flags);
    }
}

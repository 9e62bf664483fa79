//! Owned requests to strict OTLP/JSON: lowerCamelCase, hex ids, 64-bit integers as strings, enums as numbers.

use super::{Attributes, Event, Link, LogRecord, Request, ResourceItems, ScopeItems, Span, Value};
use crate::json::push_json_string;
use crate::signal::Signal;
use std::fmt::{Display, Write};

pub(super) fn request(request: &Request, signal: Signal) -> String {
    let name = match signal {
        Signal::Traces => "resourceSpans",
        Signal::Logs => "resourceLogs",
        Signal::Metrics => "resourceMetrics",
    };
    let mut json = Json::default();
    json.object(|json| json.list(name, &request.resources, |json, items| resource_items(json, items, signal)));
    json.text
}

fn resource_items(json: &mut Json, items: &ResourceItems, signal: Signal) {
    let name = match signal {
        Signal::Traces => "scopeSpans",
        Signal::Logs => "scopeLogs",
        Signal::Metrics => "scopeMetrics",
    };
    json.member("resource", |json| {
        json.object(|json| {
            json.attributes(&items.attributes);
            json.number("droppedAttributesCount", items.dropped_attributes.into());
        });
    });
    json.list(name, &items.scopes, |json, scope| scope_items(json, scope, signal));
    json.string("schemaUrl", &items.schema_url);
}

fn scope_items(json: &mut Json, items: &ScopeItems, signal: Signal) {
    json.member("scope", |json| {
        json.object(|json| {
            json.string("name", &items.name);
            json.string("version", &items.version);
            json.attributes(&items.attributes);
            json.number("droppedAttributesCount", items.dropped_attributes.into());
        });
    });
    match signal {
        Signal::Traces => json.list("spans", &items.spans, span),
        Signal::Logs => json.list("logRecords", &items.logs, log_record),
        Signal::Metrics => json.list("metrics", &items.metrics, super::metric::json),
    }
    json.string("schemaUrl", &items.schema_url);
}

fn span(json: &mut Json, span: &Span) {
    json.hex("traceId", &span.trace_id);
    json.hex("spanId", &span.span_id);
    json.string("traceState", &span.trace_state);
    json.hex("parentSpanId", &span.parent_span_id);
    json.number("flags", span.flags.into());
    json.string("name", &span.name);
    json.number("kind", span.kind.into());
    json.time("startTimeUnixNano", span.start_ns);
    json.time("endTimeUnixNano", span.end_ns);
    json.attributes(&span.attributes);
    json.number("droppedAttributesCount", span.dropped_attributes.into());
    json.list("events", &span.events, event);
    json.number("droppedEventsCount", span.dropped_events.into());
    json.list("links", &span.links, link);
    json.number("droppedLinksCount", span.dropped_links.into());
    json.member("status", |json| {
        json.object(|json| {
            json.string("message", &span.status_message);
            json.number("code", span.status_code.into());
        });
    });
}

fn event(json: &mut Json, event: &Event) {
    json.time("timeUnixNano", event.time_ns);
    json.string("name", &event.name);
    json.attributes(&event.attributes);
    json.number("droppedAttributesCount", event.dropped_attributes.into());
}

fn link(json: &mut Json, link: &Link) {
    json.hex("traceId", &link.trace_id);
    json.hex("spanId", &link.span_id);
    json.string("traceState", &link.trace_state);
    json.number("flags", link.flags.into());
    json.attributes(&link.attributes);
    json.number("droppedAttributesCount", link.dropped_attributes.into());
}

fn log_record(json: &mut Json, record: &LogRecord) {
    json.time("timeUnixNano", record.time_ns);
    json.time("observedTimeUnixNano", record.observed_ns);
    json.number("severityNumber", record.severity_number.into());
    json.string("severityText", &record.severity_text);
    if let Some(body) = &record.body {
        json.member("body", |json| json.value(body));
    }
    json.attributes(&record.attributes);
    json.number("droppedAttributesCount", record.dropped_attributes.into());
    json.number("flags", record.flags.into());
    json.hex("traceId", &record.trace_id);
    json.hex("spanId", &record.span_id);
    json.string("eventName", &record.event_name);
}

#[derive(Default)]
pub(super) struct Json {
    text: String,
}

// === impl Json ===

impl Json {
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.text.push('{');
        write(self);
        self.text.push('}');
    }

    fn put(&mut self, what: &dyn Display) {
        write!(self.text, "{what}").expect("writing to a String cannot fail");
    }

    fn separate(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    pub(super) fn member(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.separate();
        push_json_string(&mut self.text, name);
        self.text.push(':');
        write(self);
    }

    pub(super) fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.member(name, |json| {
            json.text.push('[');
            for item in items {
                json.separate();
                json.object(|json| write(json, item));
            }
            json.text.push(']');
        });
    }

    pub(super) fn string(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.member(name, |json| push_json_string(&mut json.text, text));
        }
    }

    pub(super) fn number(&mut self, name: &str, number: i64) {
        if number != 0 {
            self.member(name, |json| json.put(&number));
        }
    }

    pub(super) fn time(&mut self, name: &str, ns: u64) {
        if ns != 0 {
            self.member(name, |json| json.put(&format_args!("\"{ns}\"")));
        }
    }

    pub(super) fn hex(&mut self, name: &str, id: &[u8]) {
        if !id.is_empty() {
            self.member(name, |json| {
                json.text.push('"');
                id.iter().for_each(|byte| json.put(&format_args!("{byte:02x}")));
                json.text.push('"');
            });
        }
    }

    pub(super) fn attributes(&mut self, attributes: &Attributes) {
        self.named_attributes("attributes", attributes);
    }

    pub(super) fn named_attributes(&mut self, name: &str, attributes: &Attributes) {
        self.list(name, attributes, |json, (key, value)| json.pair(key, value));
    }

    fn pair(&mut self, key: &str, value: &Value) {
        self.member("key", |json| push_json_string(&mut json.text, key));
        self.member("value", |json| json.value(value));
    }

    fn value(&mut self, value: &Value) {
        self.object(|json| match value {
            Value::Empty => {}
            Value::Str(text) => json.member("stringValue", |json| push_json_string(&mut json.text, text)),
            Value::Bool(truth) => json.member("boolValue", |json| json.put(truth)),
            Value::Int(integer) => json.member("intValue", |json| json.put(&format_args!("\"{integer}\""))),
            Value::Double(double) => json.member("doubleValue", |json| json.double(*double)),
            Value::Bytes(bytes) => json.member("bytesValue", |json| json.base64(bytes)),
            Value::Array(values) => json.member("arrayValue", |json| {
                json.object(|json| {
                    json.member("values", |json| {
                        json.text.push('[');
                        for value in values {
                            json.separate();
                            json.value(value);
                        }
                        json.text.push(']');
                    });
                });
            }),
            Value::Map(pairs) => json.member("kvlistValue", |json| {
                json.object(|json| json.list("values", pairs, |json, (key, value)| json.pair(key, value)));
            }),
        });
    }

    /// Numbers between brackets, written one by one.
    pub(super) fn numbers<T: Copy>(&mut self, name: &str, numbers: &[T], write: impl Fn(&mut Self, T)) {
        self.member(name, |json| {
            json.text.push('[');
            for number in numbers {
                json.separate();
                write(json, *number);
            }
            json.text.push(']');
        });
    }

    /// A 64-bit integer as text.
    pub(super) fn quoted(&mut self, number: impl Display) {
        self.put(&format_args!("\"{number}\""));
    }

    pub(super) fn truth(&mut self, truth: bool) {
        self.put(&truth);
    }

    pub(super) fn double(&mut self, double: f64) {
        let word = match double {
            f64::INFINITY => "\"Infinity\"",
            f64::NEG_INFINITY => "\"-Infinity\"",
            double if double.is_nan() => "\"NaN\"",
            double => return self.put(&format_args!("{double:?}")),
        };
        self.text.push_str(word);
    }

    fn base64(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        self.text.push('"');
        for group in bytes.chunks(3) {
            let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                self.text.push(if place <= group.len() { digit.into() } else { '=' });
            }
        }
        self.text.push('"');
    }
}

//! Resources, scopes, spans and log records in JSON.

use super::value::any_value;
use super::{Node, name};
use crate::error::WireError;
use crate::id::WireId;
use crate::item::{Event, Events, Link, Links, LogRecord, Resource, Scope, Span};
use crate::notes::Notes;
use crate::text::Text;
use crate::value::{KeyValues, Repeated};

const KINDS: &[&str] = &["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUS_CODES: &[&str] = &["UNSET", "OK", "ERROR"];
const SEVERITIES: &[&str] = &[
    "UNSPECIFIED",
    "TRACE",
    "TRACE2",
    "TRACE3",
    "TRACE4",
    "DEBUG",
    "DEBUG2",
    "DEBUG3",
    "DEBUG4",
    "INFO",
    "INFO2",
    "INFO3",
    "INFO4",
    "WARN",
    "WARN2",
    "WARN3",
    "WARN4",
    "ERROR",
    "ERROR2",
    "ERROR3",
    "ERROR4",
    "FATAL",
    "FATAL2",
    "FATAL3",
    "FATAL4",
];

pub(super) fn repeated<'a>(node: Node<'a>, field: &str, notes: &'a Notes) -> Result<Repeated<'a>, WireError> {
    Ok(Repeated::json(node.array(field)?, notes))
}

pub(super) fn attributes<'a>(node: Node<'a>, notes: &'a Notes) -> Result<KeyValues<'a>, WireError> {
    Ok(KeyValues(repeated(node, "attributes", notes)?))
}

pub(super) fn id<const N: usize>(node: Node<'_>, field: &str) -> Result<WireId<N>, WireError> {
    Ok(WireId::from_hex(node.text(field)?))
}

pub(super) fn resource<'a>(node: Node<'a>, resource: &mut Resource<'a>, notes: &'a Notes) -> Result<(), WireError> {
    let mut scratch = String::new();
    *resource = Resource { schema_url: resource.schema_url, ..Resource::empty(notes) };
    for (member, value) in node.object("resource")?.members() {
        match name(member, &mut scratch) {
            b"attributes" => resource.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => {
                resource.dropped_attributes = value.u32("droppedAttributesCount")?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn scope<'a>(node: Node<'a>, scope: &mut Scope<'a>, notes: &'a Notes) -> Result<(), WireError> {
    let mut scratch = String::new();
    *scope = Scope { schema_url: scope.schema_url, ..Scope::empty(notes) };
    for (member, value) in node.object("scope")?.members() {
        match name(member, &mut scratch) {
            b"name" => scope.name = value.text("name")?,
            b"version" => scope.version = value.text("version")?,
            b"attributes" => scope.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => scope.dropped_attributes = value.u32("droppedAttributesCount")?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn span<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Span<'a>, WireError> {
    let mut span = Span::empty(notes);
    let mut scratch = String::new();
    for (member, value) in node.object("span")?.members() {
        match name(member, &mut scratch) {
            b"traceId" | b"trace_id" => span.trace_id = id(value, "traceId")?,
            b"spanId" | b"span_id" => span.span_id = id(value, "spanId")?,
            b"traceState" | b"trace_state" => span.trace_state = value.text("traceState")?,
            b"parentSpanId" | b"parent_span_id" => span.parent_span_id = id(value, "parentSpanId")?,
            b"name" => span.name = value.text("name")?,
            b"kind" => span.kind = value.enumeration("kind", "SPAN_KIND_", KINDS, notes)?,
            b"startTimeUnixNano" | b"start_time_unix_nano" => span.start_ns = value.u64("startTimeUnixNano")?,
            b"endTimeUnixNano" | b"end_time_unix_nano" => span.end_ns = value.u64("endTimeUnixNano")?,
            b"attributes" => span.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => span.dropped_attributes = value.u32("droppedAttributesCount")?,
            b"events" => {
                let events = repeated(value, "events", notes)?;
                span.events = Events(events, events.count()?);
            }
            b"droppedEventsCount" | b"dropped_events_count" => span.dropped_events = value.u32("droppedEventsCount")?,
            b"links" => {
                let links = repeated(value, "links", notes)?;
                span.links = Links(links, links.count()?);
            }
            b"droppedLinksCount" | b"dropped_links_count" => span.dropped_links = value.u32("droppedLinksCount")?,
            b"status" => status(value, &mut span, notes)?,
            b"flags" => span.flags = value.u32("flags")?,
            _ => {}
        }
    }
    Ok(span)
}

fn status<'a>(node: Node<'a>, span: &mut Span<'a>, notes: &Notes) -> Result<(), WireError> {
    let mut scratch = String::new();
    (span.status_code, span.status_message) = (0, Text::default());
    for (member, value) in node.object("status")?.members() {
        match name(member, &mut scratch) {
            b"message" => span.status_message = value.text("message")?,
            b"code" => span.status_code = value.enumeration("code", "STATUS_CODE_", STATUS_CODES, notes)?,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn event<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Event<'a>, WireError> {
    let attributes_none = KeyValues(Repeated::none(notes));
    let mut event = Event { time_ns: 0, name: Text::default(), attributes: attributes_none, dropped_attributes: 0 };
    let mut scratch = String::new();
    for (member, value) in node.object("event")?.members() {
        match name(member, &mut scratch) {
            b"timeUnixNano" | b"time_unix_nano" => event.time_ns = value.u64("timeUnixNano")?,
            b"name" => event.name = value.text("name")?,
            b"attributes" => event.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => event.dropped_attributes = value.u32("droppedAttributesCount")?,
            _ => {}
        }
    }
    Ok(event)
}

pub(crate) fn link<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Link<'a>, WireError> {
    let mut link = Link {
        trace_id: WireId::Absent,
        span_id: WireId::Absent,
        trace_state: Text::default(),
        flags: 0,
        attributes: KeyValues(Repeated::none(notes)),
        dropped_attributes: 0,
    };
    let mut scratch = String::new();
    for (member, value) in node.object("link")?.members() {
        match name(member, &mut scratch) {
            b"traceId" | b"trace_id" => link.trace_id = id(value, "traceId")?,
            b"spanId" | b"span_id" => link.span_id = id(value, "spanId")?,
            b"traceState" | b"trace_state" => link.trace_state = value.text("traceState")?,
            b"flags" => link.flags = value.u32("flags")?,
            b"attributes" => link.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => link.dropped_attributes = value.u32("droppedAttributesCount")?,
            _ => {}
        }
    }
    Ok(link)
}

pub(super) fn log_record<'a>(node: Node<'a>, notes: &'a Notes) -> Result<LogRecord<'a>, WireError> {
    let mut record = LogRecord::empty(notes);
    let mut scratch = String::new();
    for (member, value) in node.object("log record")?.members() {
        match name(member, &mut scratch) {
            b"timeUnixNano" | b"time_unix_nano" => record.time_ns = value.u64("timeUnixNano")?,
            b"observedTimeUnixNano" | b"observed_time_unix_nano" => record.observed_ns = value.u64("observedTimeUnixNano")?,
            b"severityNumber" | b"severity_number" => {
                record.severity_number = value.enumeration("severityNumber", "SEVERITY_NUMBER_", SEVERITIES, notes)?;
            }
            b"severityText" | b"severity_text" => record.severity_text = value.text("severityText")?,
            b"body" => record.body = Some(any_value(value, notes)?),
            b"attributes" => record.attributes = attributes(value, notes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => record.dropped_attributes = value.u32("droppedAttributesCount")?,
            b"flags" => record.flags = value.u32("flags")?,
            b"traceId" | b"trace_id" => record.trace_id = id(value, "traceId")?,
            b"spanId" | b"span_id" => record.span_id = id(value, "spanId")?,
            b"eventName" | b"event_name" => record.event_name = value.text("eventName")?,
            _ => {}
        }
    }
    Ok(record)
}

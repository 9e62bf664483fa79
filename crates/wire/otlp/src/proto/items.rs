//! Resources, scopes, spans and log records in protobuf.

use super::value::any_value;
use super::{Fields, Part};
use crate::error::WireError;
use crate::field;
use crate::id::WireId;
use crate::item::{Event, Events, Link, Links, LogRecord, Resource, Scope, Span};
use crate::notes::Notes;
use crate::value::{KeyValues, Repeated};

/// Messages below the request: resource items, scope items, items.
pub(crate) const ITEM_DEPTH: u32 = 3;

/// The attributes of a message at `depth`.
pub(super) fn attributes<'a>(part: Part<'a>, number: u32, depth: u32, notes: &'a Notes) -> KeyValues<'a> {
    KeyValues(Repeated::proto(part, number, depth + 1, notes))
}

pub(super) fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

pub(crate) fn resource<'a>(part: Part<'a>, depth: u32, resource: &mut Resource<'a>, notes: &'a Notes) -> Result<(), WireError> {
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::resource::ATTRIBUTES => _ = fields.message(wire, depth + 1)?,
            field::resource::DROPPED_ATTRIBUTES_COUNT => resource.dropped_attributes = count(fields.integer(wire)?),
            _ => {}
        }
    }
    resource.attributes = attributes(part, field::resource::ATTRIBUTES, depth, notes);
    Ok(())
}

pub(crate) fn scope<'a>(part: Part<'a>, depth: u32, scope: &mut Scope<'a>, notes: &'a Notes) -> Result<(), WireError> {
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::scope::NAME => scope.name = fields.text(wire)?,
            field::scope::VERSION => scope.version = fields.text(wire)?,
            field::scope::ATTRIBUTES => _ = fields.message(wire, depth + 1)?,
            field::scope::DROPPED_ATTRIBUTES_COUNT => scope.dropped_attributes = count(fields.integer(wire)?),
            _ => {}
        }
    }
    scope.attributes = attributes(part, field::scope::ATTRIBUTES, depth, notes);
    Ok(())
}

pub(crate) fn span<'a>(part: Part<'a>, notes: &'a Notes) -> Result<Span<'a>, WireError> {
    let mut span = Span::empty(notes);
    span.attributes = attributes(part, field::span::ATTRIBUTES, ITEM_DEPTH, notes);
    let (mut events, mut links) = (0, 0);
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::span::TRACE_ID => span.trace_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::span::SPAN_ID => span.span_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::span::TRACE_STATE => span.trace_state = fields.text(wire)?,
            field::span::PARENT_SPAN_ID => span.parent_span_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::span::NAME => span.name = fields.text(wire)?,
            field::span::KIND => span.kind = fields.integer(wire)? as i32,
            field::span::START_TIME => span.start_ns = fields.fixed64(wire)?,
            field::span::END_TIME => span.end_ns = fields.fixed64(wire)?,
            field::span::ATTRIBUTES => {}
            field::span::DROPPED_ATTRIBUTES_COUNT => span.dropped_attributes = count(fields.integer(wire)?),
            field::span::EVENTS => events += 1,
            field::span::DROPPED_EVENTS_COUNT => span.dropped_events = count(fields.integer(wire)?),
            field::span::LINKS => links += 1,
            field::span::DROPPED_LINKS_COUNT => span.dropped_links = count(fields.integer(wire)?),
            field::span::STATUS => status(fields.message(wire, ITEM_DEPTH + 1)?, &mut span)?,
            field::span::FLAGS => span.flags = fields.fixed32(wire)?,
            _ => {}
        }
    }
    // Most spans have neither; then their fields need not be walked for them.
    if events > 0 {
        span.events = Events(Repeated::proto(part, field::span::EVENTS, ITEM_DEPTH + 1, notes), events);
    }
    if links > 0 {
        span.links = Links(Repeated::proto(part, field::span::LINKS, ITEM_DEPTH + 1, notes), links);
    }
    Ok(span)
}

fn status<'a>(part: Part<'a>, span: &mut Span<'a>) -> Result<(), WireError> {
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::status::MESSAGE => span.status_message = fields.text(wire)?,
            field::status::CODE => span.status_code = fields.integer(wire)? as i32,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn event<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Event<'a>, WireError> {
    let attributes = attributes(part, field::event::ATTRIBUTES, depth, notes);
    let mut event = Event { time_ns: 0, name: Default::default(), attributes, dropped_attributes: 0 };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::event::TIME => event.time_ns = fields.fixed64(wire)?,
            field::event::NAME => event.name = fields.text(wire)?,
            field::event::DROPPED_ATTRIBUTES_COUNT => event.dropped_attributes = count(fields.integer(wire)?),
            _ => {}
        }
    }
    Ok(event)
}

pub(crate) fn link<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Link<'a>, WireError> {
    let mut link = Link {
        trace_id: WireId::Absent,
        span_id: WireId::Absent,
        trace_state: Default::default(),
        flags: 0,
        attributes: attributes(part, field::link::ATTRIBUTES, depth, notes),
        dropped_attributes: 0,
    };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::link::TRACE_ID => link.trace_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::link::SPAN_ID => link.span_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::link::TRACE_STATE => link.trace_state = fields.text(wire)?,
            field::link::DROPPED_ATTRIBUTES_COUNT => link.dropped_attributes = count(fields.integer(wire)?),
            field::link::FLAGS => link.flags = fields.fixed32(wire)?,
            _ => {}
        }
    }
    Ok(link)
}

pub(crate) fn log_record<'a>(part: Part<'a>, notes: &'a Notes) -> Result<LogRecord<'a>, WireError> {
    let mut record = LogRecord::empty(notes);
    record.attributes = attributes(part, field::log_record::ATTRIBUTES, ITEM_DEPTH, notes);
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::log_record::TIME => record.time_ns = fields.fixed64(wire)?,
            field::log_record::OBSERVED_TIME => record.observed_ns = fields.fixed64(wire)?,
            field::log_record::SEVERITY_NUMBER => record.severity_number = fields.integer(wire)? as i32,
            field::log_record::SEVERITY_TEXT => record.severity_text = fields.text(wire)?,
            field::log_record::BODY => {
                let depth = ITEM_DEPTH + 1;
                record.body = Some(any_value(fields.message(wire, depth)?, depth, notes)?);
            }
            field::log_record::DROPPED_ATTRIBUTES_COUNT => record.dropped_attributes = count(fields.integer(wire)?),
            field::log_record::FLAGS => record.flags = fields.fixed32(wire)?,
            field::log_record::TRACE_ID => record.trace_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::log_record::SPAN_ID => record.span_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            field::log_record::EVENT_NAME => record.event_name = fields.text(wire)?,
            _ => {}
        }
    }
    Ok(record)
}

//! A protobuf request from top to bottom.

use super::items::{self, ITEM_DEPTH};
use super::{Fields, Part};
use crate::error::WireError;
use crate::field::{request, resource_items, scope_items};
use crate::item::{Resource, Scope, Visitor};
use crate::metric::Metrics;
use crate::notes::Notes;
use crate::signal::Signal;
use crate::value::Repeated;

/// Walks a request body.
pub(crate) fn walk(signal: Signal, body: &[u8], notes: &Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let mut fields = Fields::new(Part { bytes: body, at: 0 });
    while let Some((number, wire)) = fields.next()? {
        if number == request::RESOURCE_ITEMS {
            walk_resource(signal, fields.message(wire, 1)?, notes, visitor)?;
        }
    }
    Ok(())
}

fn walk_resource<'a>(signal: Signal, part: Part<'a>, notes: &'a Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let mut resource = Resource::empty(notes);
    let mut scopes_in = resource_items::LIBRARY_ITEMS;
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            resource_items::RESOURCE => items::resource(fields.message(wire, 2)?, 2, &mut resource, notes)?,
            resource_items::SCOPE_ITEMS => scopes_in = resource_items::SCOPE_ITEMS,
            resource_items::SCHEMA_URL => resource.schema_url = fields.text(wire)?,
            _ => {}
        }
    }
    visitor.resource(&resource)?;
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        if number == scopes_in {
            walk_scope(signal, fields.message(wire, 2)?, notes, visitor)?;
        }
    }
    visitor.end_resource();
    Ok(())
}

fn walk_scope<'a>(signal: Signal, part: Part<'a>, notes: &'a Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let mut scope = Scope::empty(notes);
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            scope_items::SCOPE => items::scope(fields.message(wire, ITEM_DEPTH)?, ITEM_DEPTH, &mut scope, notes)?,
            scope_items::SCHEMA_URL => scope.schema_url = fields.text(wire)?,
            _ => {}
        }
    }
    visitor.scope(&scope)?;
    if signal == Signal::Metrics {
        visitor.metrics(Metrics(Repeated::proto(part, scope_items::ITEMS, ITEM_DEPTH, notes)))?;
        visitor.end_scope();
        return Ok(());
    }
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        if number == scope_items::ITEMS {
            let item = fields.message(wire, ITEM_DEPTH)?;
            match signal {
                Signal::Logs => visitor.log_record(&items::log_record(item, notes)?)?,
                _ => visitor.span(&items::span(item, notes)?)?,
            }
        }
    }
    visitor.end_scope();
    Ok(())
}

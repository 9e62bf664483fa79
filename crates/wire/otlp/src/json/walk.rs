//! A JSON request from top to bottom.

use super::{Document, Node, items, name};
use crate::error::WireError;
use crate::item::{Resource, Scope, Visitor};
use crate::metric::Metrics;
use crate::notes::Notes;
use crate::signal::Signal;
use crate::value::{Element, Repeated};

/// The names of one signal's lists, camel and snake.
struct Names {
    resource_items: [&'static [u8]; 2],
    scope_items: [&'static [u8]; 2],
    library_items: [&'static [u8]; 2],
    items: [&'static [u8]; 2],
}

const TRACES: Names = Names {
    resource_items: [b"resourceSpans", b"resource_spans"],
    scope_items: [b"scopeSpans", b"scope_spans"],
    library_items: [b"instrumentationLibrarySpans", b"instrumentation_library_spans"],
    items: [b"spans", b"spans"],
};

const LOGS: Names = Names {
    resource_items: [b"resourceLogs", b"resource_logs"],
    scope_items: [b"scopeLogs", b"scope_logs"],
    library_items: [b"instrumentationLibraryLogs", b"instrumentation_library_logs"],
    items: [b"logRecords", b"log_records"],
};

const METRICS: Names = Names {
    resource_items: [b"resourceMetrics", b"resource_metrics"],
    scope_items: [b"scopeMetrics", b"scope_metrics"],
    library_items: [b"instrumentationLibraryMetrics", b"instrumentation_library_metrics"],
    items: [b"metrics", b"metrics"],
};

/// Walks a request body.
pub(crate) fn walk(signal: Signal, document: &Document<'_>, notes: &Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let names = match signal {
        Signal::Traces => &TRACES,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
    };
    let mut resources = Repeated::none(notes);
    let mut scratch = String::new();
    for (member, value) in document.root().object("request")?.members() {
        if names.resource_items.contains(&name(member, &mut scratch)) {
            resources = items::repeated(value, "resource list", notes)?;
        }
    }
    nodes(resources).try_for_each(|node| walk_resource(signal, names, node, notes, visitor))
}

/// The elements of a list, which in a document are nodes all.
fn nodes<'a>(list: Repeated<'a>) -> impl Iterator<Item = Node<'a>> {
    list.iter().filter_map(|element| match element {
        Ok(Element::Json(node)) => Some(node),
        _ => None,
    })
}

fn walk_resource<'a>(signal: Signal, names: &Names, node: Node<'a>, notes: &'a Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let mut resource = Resource::empty(notes);
    let (mut scopes, mut libraries) = (None, None);
    let mut scratch = String::new();
    for (member, value) in node.object("resource list element")?.members() {
        match name(member, &mut scratch) {
            b"resource" => items::resource(value, &mut resource, notes)?,
            b"schemaUrl" | b"schema_url" => resource.schema_url = value.text("schemaUrl")?,
            list if names.scope_items.contains(&list) => scopes = Some(items::repeated(value, "scope list", notes)?),
            list if names.library_items.contains(&list) => libraries = Some(items::repeated(value, "library list", notes)?),
            _ => {}
        }
    }
    let scopes = match scopes {
        Some(scopes) if scopes.count()? > 0 => scopes,
        scopes => libraries.or(scopes).unwrap_or(Repeated::none(notes)),
    };
    visitor.resource(&resource)?;
    nodes(scopes).try_for_each(|node| walk_scope(signal, names, node, notes, visitor))?;
    visitor.end_resource();
    Ok(())
}

fn walk_scope<'a>(signal: Signal, names: &Names, node: Node<'a>, notes: &'a Notes, visitor: &mut impl Visitor) -> Result<(), WireError> {
    let mut scope = Scope::empty(notes);
    let mut list = Repeated::none(notes);
    let mut scratch = String::new();
    for (member, value) in node.object("scope list element")?.members() {
        match name(member, &mut scratch) {
            b"scope" | b"instrumentationLibrary" | b"instrumentation_library" => items::scope(value, &mut scope, notes)?,
            b"schemaUrl" | b"schema_url" => scope.schema_url = value.text("schemaUrl")?,
            name if names.items.contains(&name) => list = items::repeated(value, "item list", notes)?,
            _ => {}
        }
    }
    visitor.scope(&scope)?;
    match signal {
        Signal::Traces => nodes(list).try_for_each(|node| visitor.span(&items::span(node, notes)?))?,
        Signal::Logs => nodes(list).try_for_each(|node| visitor.log_record(&items::log_record(node, notes)?))?,
        Signal::Metrics => visitor.metrics(Metrics(list))?,
    }
    visitor.end_scope();
    Ok(())
}

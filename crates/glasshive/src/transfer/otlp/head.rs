//! Resource and scope of an item, out of the fields that its rows have from them.

use super::node::{comma, push_attribute, put};
use super::own::Own;
use crate::transfer::row::{StoredRow, same};
use glasshive_model::id::dataset_slug;
use glasshive_model::value::push_json_string;
use glasshive_model::{Value, names};
use glasshive_receive_otlp::decode::{Signal3, is_instrumentation};
use std::collections::BTreeMap;

/// Bytes of the longest slug.
const SLUG_BYTES: usize = 255;

/// Resource and scope as members of a request's objects, and the dataset to name beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub signal: Signal3,
    pub dataset: Option<String>,
    /// `"resource":{...},"schemaUrl":"...",`
    pub resource: String,
    /// `"scope":{...},"schemaUrl":"...",`
    pub scope: String,
}

type Fields<'r> = BTreeMap<&'r str, &'r Value>;

// === impl Head ===

impl Head {
    /// Of an item's rows, the first of which is `rows[0]`. A row that hides a field of its resource does not list it; another row of
    /// the item may.
    pub fn of(signal: Signal3, rows: &[&StoredRow]) -> Self {
        let mut resource = listed(rows, |row| &row.resource_keys);
        let scope = listed(rows, |row| &row.scope_keys);
        let dataset = dataset(signal, rows[0], &mut resource);
        Self { signal, dataset, resource: resource_text(resource), scope: scope_text(scope) }
    }
}

fn listed<'r>(rows: &[&'r StoredRow], keys: impl Fn(&StoredRow) -> &Vec<String>) -> Fields<'r> {
    let mut fields = Fields::new();
    for row in rows {
        for place in keys(row).iter().filter_map(|key| row.place(key)) {
            let (name, value) = &row.fields[place];
            fields.entry(&**name).or_insert(value);
        }
    }
    fields
}

/// The dataset that has to be named, where the resource does not give it. Its service may be hidden by an attribute; then the
/// resource gets it back.
fn dataset<'r>(signal: Signal3, row: &'r StoredRow, resource: &mut Fields<'r>) -> Option<String> {
    let natural = |resource: &Fields<'_>| match (signal, service(resource)) {
        (Signal3::Metrics, _) => "unknown_metrics".to_owned(),
        (_, Some(service)) => slug(service),
        (Signal3::Traces, None) => "unknown_service".to_owned(),
        (Signal3::Logs, None) => "unknown_log_source".to_owned(),
    };
    if natural(resource) == row.dataset {
        return None;
    }
    if signal != Signal3::Metrics && !resource.contains_key(names::SERVICE_NAME) {
        let hidden = format!("resource.{}", names::SERVICE_NAME);
        for value in [row.get(&hidden), row.get(names::SERVICE_NAME)].into_iter().flatten() {
            resource.insert(names::SERVICE_NAME, value);
            if natural(resource) == row.dataset {
                return None;
            }
        }
        resource.remove(names::SERVICE_NAME);
    }
    Some(row.dataset.clone())
}

fn service<'r>(resource: &Fields<'r>) -> Option<&'r str> {
    match resource.get(names::SERVICE_NAME) {
        Some(Value::Str(name)) => Some(name.trim()).filter(|name| !name.is_empty() && !name.starts_with("unknown_service")),
        _ => None,
    }
}

fn slug(name: &str) -> String {
    let mut slug = dataset_slug(name);
    slug.truncate(SLUG_BYTES);
    slug
}

fn text<'r>(fields: &mut Fields<'r>, name: &str) -> Option<&'r str> {
    match fields.get(name) {
        Some(Value::Str(text)) if !text.is_empty() => {
            fields.remove(name);
            Some(text)
        }
        _ => None,
    }
}

fn count(fields: &mut Fields<'_>, name: &str) -> Option<u32> {
    match fields.get(name) {
        Some(Value::Int(count)) if *count > 0 => {
            let count = u32::try_from(*count).ok()?;
            fields.remove(name);
            Some(count)
        }
        _ => None,
    }
}

fn resource_text(mut fields: Fields<'_>) -> String {
    let schema_url = text(&mut fields, names::RESOURCE_SCHEMA_URL);
    let dropped = count(&mut fields, names::RESOURCE_DROPPED_ATTRIBUTES);
    let mut out = String::from("\"resource\":{");
    push_fields(&mut out, &fields);
    push_dropped(&mut out, dropped);
    close(&mut out, schema_url);
    out
}

fn scope_text(mut fields: Fields<'_>) -> String {
    let schema_url = text(&mut fields, names::SCOPE_SCHEMA_URL);
    let dropped = count(&mut fields, names::SCOPE_DROPPED_ATTRIBUTES);
    let is_known = matches!(fields.get(names::LIBRARY_NAME), Some(Value::Str(name)) if is_instrumentation(name));
    if is_known && fields.get(names::INSTRUMENTATION_LIBRARY) == Some(&&Value::Bool(true)) {
        fields.remove(names::INSTRUMENTATION_LIBRARY);
    }
    let mut out = String::from("\"scope\":{");
    for (member, name) in [("name", names::LIBRARY_NAME), ("version", names::LIBRARY_VERSION)] {
        if let Some(text) = text(&mut fields, name) {
            put(&mut out, format_args!("\"{member}\":"));
            push_json_string(&mut out, text);
            out.push(',');
        }
    }
    push_fields(&mut out, &fields);
    push_dropped(&mut out, dropped);
    close(&mut out, schema_url);
    out
}

fn push_fields(out: &mut String, fields: &Fields<'_>) {
    if fields.is_empty() {
        return;
    }
    out.push_str("\"attributes\":[");
    for (index, (name, value)) in fields.iter().enumerate() {
        comma(out, index);
        push_attribute(out, name, value);
    }
    out.push_str("],");
}

fn push_dropped(out: &mut String, dropped: Option<u32>) {
    if let Some(dropped) = dropped {
        put(out, format_args!("\"droppedAttributesCount\":{dropped},"));
    }
}

/// Ends the object; its schema URL stands beside it.
fn close(out: &mut String, schema_url: Option<&str>) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push_str("},");
    if let Some(url) = schema_url {
        out.push_str("\"schemaUrl\":");
        push_json_string(out, url);
        out.push(',');
    }
}

/// Takes what a receiver keeps by itself of values that an own field hides: `resource.<name>` and `scope.<name>`.
pub fn take_hidden(own: &mut Own<'_>, rows: &[&StoredRow]) {
    for (level, keys) in [("resource", listed(rows, |row| &row.resource_keys)), ("scope", listed(rows, |row| &row.scope_keys))] {
        for (name, value) in keys {
            if own.get(name).is_some_and(|hiding| !same(hiding, value)) {
                own.take_if(&format!("{level}.{name}"), value);
            }
        }
    }
}

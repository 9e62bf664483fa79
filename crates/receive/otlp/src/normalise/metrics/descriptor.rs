//! What a metric is, and its exemplars, as JSON text.
//!
//! `metric.descriptors` is an object with a member for each metric of the row:
//! `{"http.server.request.duration":{"kind":"histogram","unit":"s","temporality":"cumulative","description":"..."}}`. `unit`,
//! `description` and `metadata` stand where they were sent, `temporality` and `monotonic` where the kind has them.
//!
//! `<metric>.exemplars` is an array: `[{"time_ns":"1700000000000000000","value":0.25,"trace_id":"...","span_id":"...",
//! "attributes":{...}}]`.

use super::histogram::number;
use crate::normalise::json_text::JsonText;
use glasshive_model::limits::{LONG_STRING_BYTES, STRING_BYTES};
use glasshive_wire_otlp::metric::{Exemplar, Exemplars, Metric, MetricKind, Number};
use glasshive_wire_otlp::{AnyValue, Text, WireError, WireId, push_json_string};
use std::fmt::Write;

/// What was written of a point's exemplars.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    /// How many fitted.
    pub exemplars: usize,
    /// Some did not fit.
    pub is_cut: bool,
    /// Ids of the wrong length, left out.
    pub wrong_ids: u64,
    /// Some text was not Unicode.
    pub is_repaired: bool,
}

/// A metric's member of `metric.descriptors`; whether some text in it was repaired. Of texts too long for a field only as much is
/// written as makes the member too long.
pub(super) fn descriptor(metric: &Metric<'_>, json: &mut JsonText, out: &mut String) -> Result<bool, WireError> {
    let mut scratch = String::new();
    let mut text = |out: &mut String, text: Text<'_>| {
        let read = text.read(&mut scratch);
        push_json_string(out, &read.text[..read.text.floor_char_boundary(LONG_STRING_BYTES + 4)]);
        read.is_repaired
    };
    let mut is_repaired = text(out, metric.name);
    let kind = metric.kind.map_or("", MetricKind::word);
    out.push_str(":{\"kind\":\"");
    out.push_str(kind);
    out.push('"');
    if !metric.unit.is_empty() {
        out.push_str(",\"unit\":");
        is_repaired |= text(out, metric.unit);
    }
    if metric.kind.is_some_and(MetricKind::has_temporality) {
        out.push_str(if metric.temporality == 1 { ",\"temporality\":\"delta\"" } else { ",\"temporality\":\"cumulative\"" });
    }
    if metric.kind == Some(MetricKind::Sum) {
        out.push_str(if metric.is_monotonic { ",\"monotonic\":true" } else { ",\"monotonic\":false" });
    }
    if !metric.description.is_empty() {
        out.push_str(",\"description\":");
        is_repaired |= text(out, metric.description);
    }
    if metric.metadata.iter().next().is_some() {
        out.push_str(",\"metadata\":");
        json.write(AnyValue::Map(metric.metadata))?;
        out.push_str(&json.text);
        is_repaired |= json.is_repaired;
    }
    out.push('}');
    Ok(is_repaired)
}

/// As many exemplars as a field may hold, as a JSON array.
pub(super) fn exemplars(exemplars: Exemplars<'_>, json: &mut JsonText, out: &mut String) -> Result<Written, WireError> {
    let mut written = Written::default();
    out.clear();
    out.push('[');
    for exemplar in exemplars.iter() {
        let before = out.len();
        if written.exemplars > 0 {
            out.push(',');
        }
        self::exemplar(&exemplar?, json, out, &mut written)?;
        if out.len() >= STRING_BYTES {
            out.truncate(before);
            written.is_cut = true;
            break;
        }
        written.exemplars += 1;
    }
    out.push(']');
    Ok(written)
}

fn exemplar(exemplar: &Exemplar<'_>, json: &mut JsonText, out: &mut String, written: &mut Written) -> Result<(), WireError> {
    write!(out, "{{\"time_ns\":\"{}\"", exemplar.time_ns).expect("writing to a String cannot fail");
    match exemplar.value {
        Number::None => {}
        Number::Int(integer) => write!(out, ",\"value\":{integer}").expect("writing to a String cannot fail"),
        Number::Double(double) => {
            out.push_str(",\"value\":");
            number(out, double);
        }
    }
    written.wrong_ids += u64::from(!id("trace_id", exemplar.trace_id, out)) + u64::from(!id("span_id", exemplar.span_id, out));
    if exemplar.attributes.iter().next().is_some() {
        out.push_str(",\"attributes\":");
        json.write(AnyValue::Map(exemplar.attributes))?;
        out.push_str(&json.text);
        written.is_repaired |= json.is_repaired;
    }
    out.push('}');
    Ok(())
}

/// Writes an id as hex digits, unless there is none; `false` for one of the wrong length.
fn id<const N: usize>(name: &str, id: WireId<N>, out: &mut String) -> bool {
    let WireId::Present(bytes) = id else { return matches!(id, WireId::Absent) };
    if bytes != [0; N] {
        write!(out, ",\"{name}\":\"").expect("writing to a String cannot fail");
        bytes.iter().for_each(|byte| write!(out, "{byte:02x}").expect("writing to a String cannot fail"));
        out.push('"');
    }
    true
}

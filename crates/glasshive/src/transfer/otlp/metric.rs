//! Metric rows: a data point for each metric that a row describes.

use super::head::{Head, take_hidden};
use super::lines::Lines;
use super::node::{Node, comma, push_double, push_key_values, put};
use super::own::Own;
use crate::transfer::row::{StoredRow, is_series};
use glasshive_model::value::push_json_string;
use glasshive_model::{Value, names};
use glasshive_receive_otlp::decode::Signal3;
use std::collections::HashSet;

/// Fields that a receiver makes of a histogram's totals and buckets.
const OF_HISTOGRAM: [&str; 14] = ["avg", "p001", "p01", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "p99", "p999"];
const NO_RECORDED_VALUE: u32 = 1;

/// The metrics of one scope. Rows share it as long as a receiver makes the same rows of their points: those of one request, with
/// different attributes or times, that list their metrics in one order.
#[derive(Default)]
pub struct Block {
    metrics: Vec<Metric>,
    rows: HashSet<String>,
    sequence: Option<i64>,
    bytes: usize,
}

struct Metric {
    /// Name and descriptor as they stand in the row.
    key: String,
    /// Everything before the points.
    before: String,
    points: String,
    /// Everything after them.
    after: &'static str,
}

/// A metric's point of a row.
struct Point {
    key: String,
    before: String,
    after: &'static str,
    /// What only it has.
    value: String,
}

/// Adds a row; `false` when it does not say what its metrics are.
pub fn push(lines: &mut Lines, row: &StoredRow, index: usize) -> bool {
    let mut own = Own::of(row);
    take_hidden(&mut own, &[row]);
    let Some(Value::Json(text)) = own.get(names::METRIC_DESCRIPTORS) else { return false };
    let Some(Node::Map(descriptors)) = Node::read(text) else { return false };
    own.take(names::METRIC_DESCRIPTORS);
    // Whoever takes the row in again reckons it anew; an attribute of this name stays.
    if own.get(names::METRIC_SERIES).is_some_and(|series| is_series(names::METRIC_SERIES, series)) {
        own.take(names::METRIC_SERIES);
    }
    let silent = match own.get(names::META_NO_RECORDED_VALUE) {
        Some(Value::Json(text)) => Node::read(text),
        _ => None,
    };
    let silent = match silent {
        Some(Node::Array(silent)) => {
            own.take(names::META_NO_RECORDED_VALUE);
            silent.into_iter().filter_map(|name| name.text().map(str::to_owned)).collect()
        }
        _ => HashSet::new(),
    };
    let start = own.take_int(names::METRIC_START_TIME_NS, 1..=i64::MAX);
    let points: Option<Vec<Point>> =
        descriptors.iter().map(|(name, descriptor)| point(&mut own, name, descriptor, silent.contains(name))).collect();
    let Some(points) = points.filter(|points| !points.is_empty()) else { return false };
    let mut common = String::new();
    if let Some(start) = start {
        put(&mut common, format_args!("\"startTimeUnixNano\":\"{start}\","));
    }
    put(&mut common, format_args!("\"timeUnixNano\":\"{}\",", row.time_ns));
    own.push_attributes(&mut common, None);
    let block = lines.block(Head::of(Signal3::Metrics, &[row]), index, |block| block.fits(row, &common, &points));
    block.add(row, common, points);
    true
}

// === impl Block ===

impl Block {
    fn fits(&self, row: &StoredRow, common: &str, points: &[Point]) -> bool {
        let mut places = points.iter().filter_map(|point| self.place(&point.key));
        let mut last = None;
        let is_in_order = places.all(|place| last.replace(place).is_none_or(|last| last < place));
        // A metric that is new here goes behind all others; so must it in the row.
        let known: Vec<bool> = points.iter().map(|point| self.place(&point.key).is_some()).collect();
        let is_new_last = known.is_sorted_by_key(|is_known| !is_known);
        self.sequence.is_none_or(|sequence| sequence == row.sequence()) && !self.rows.contains(common) && is_in_order && is_new_last
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric.key == key)
    }

    fn add(&mut self, row: &StoredRow, common: String, points: Vec<Point>) {
        for Point { key, before, after, value } in points {
            let place = self.place(&key).unwrap_or_else(|| {
                self.bytes += before.len();
                self.metrics.push(Metric { key, before, points: String::new(), after });
                self.metrics.len() - 1
            });
            let out = &mut self.metrics[place].points;
            comma(out, out.len());
            put(out, format_args!("{{{common}{value}"));
            out.pop();
            out.push('}');
            self.bytes += common.len() + value.len();
        }
        self.sequence = Some(row.sequence());
        self.rows.insert(common);
    }

    /// About how many bytes it will have.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the metrics.
    pub fn write(self, out: &mut String) {
        for (index, metric) in self.metrics.iter().enumerate() {
            comma(out, index);
            put(out, format_args!("{}{}{}", metric.before, metric.points, metric.after));
        }
    }
}

/// A metric's point out of the row's fields, which it takes; `None` for a kind that is not known.
fn point(own: &mut Own<'_>, name: &str, descriptor: &Node, is_silent: bool) -> Option<Point> {
    let kind = descriptor.get("kind")?.text()?;
    let mut key = String::new();
    push_json_string(&mut key, name);
    descriptor.push_json(&mut key);
    let word = match kind {
        "gauge" => "gauge",
        "sum" => "sum",
        "histogram" => "histogram",
        "exponential_histogram" => "exponentialHistogram",
        "summary" => "summary",
        _ => return None,
    };
    let mut value = String::new();
    if is_silent {
        put(&mut value, format_args!("\"flags\":{NO_RECORDED_VALUE},"));
    } else {
        match kind {
            "gauge" | "sum" => push_number(&mut value, own, name),
            "summary" => push_summary(&mut value, own, name),
            _ => push_histogram(&mut value, own, name),
        }
        push_exemplars(&mut value, own, name);
    }
    Some(Point { key, before: before(name, word, descriptor), after: "]}}", value })
}

/// Everything of a metric before its points.
fn before(name: &str, word: &str, descriptor: &Node) -> String {
    let mut out = String::from("{\"name\":");
    push_json_string(&mut out, name);
    for member in ["unit", "description"] {
        if let Some(text) = descriptor.get(member).and_then(Node::text) {
            put(&mut out, format_args!(",\"{member}\":"));
            push_json_string(&mut out, text);
        }
    }
    if let Some(Node::Map(metadata)) = descriptor.get("metadata") {
        out.push_str(",\"metadata\":");
        push_key_values(&mut out, metadata);
    }
    put(&mut out, format_args!(",\"{word}\":{{"));
    match descriptor.get("temporality").and_then(Node::text) {
        Some("delta") => out.push_str("\"aggregationTemporality\":1,"),
        Some("cumulative") => out.push_str("\"aggregationTemporality\":2,"),
        _ => {}
    }
    if let Some(Node::Bool(is_monotonic)) = descriptor.get("monotonic") {
        put(&mut out, format_args!("\"isMonotonic\":{is_monotonic},"));
    }
    out.push_str("\"dataPoints\":[");
    out
}

/// Takes a metric's field. An attribute of the point that has its name has moved it behind `metric.`.
fn take(own: &mut Own<'_>, field: &str) -> Option<Value> {
    let mut name = field.to_owned();
    while own.get(&name).is_some() && own.get(&format!("metric.{name}")).is_some() {
        name.insert_str(0, "metric.");
    }
    let value = own.get(&name).cloned()?;
    own.take(&name);
    Some(value)
}

fn push_number(out: &mut String, own: &mut Own<'_>, name: &str) {
    match take(own, name) {
        Some(Value::Int(integer)) => put(out, format_args!("\"asInt\":\"{integer}\",")),
        Some(Value::Float(double)) => push_double_member(out, "asDouble", double),
        _ => {}
    }
}

fn push_double_member(out: &mut String, member: &str, double: f64) {
    put(out, format_args!("\"{member}\":"));
    push_double(out, double);
    out.push(',');
}

/// Count and sum, and of histograms the least and greatest value.
fn push_totals(out: &mut String, own: &mut Own<'_>, name: &str, members: &[&str]) {
    for member in members {
        match take(own, &format!("{name}.{member}")) {
            Some(Value::Int(integer)) => put(out, format_args!("\"{member}\":\"{integer}\",")),
            Some(Value::Float(double)) => push_double_member(out, member, double),
            _ => {}
        }
    }
}

fn push_histogram(out: &mut String, own: &mut Own<'_>, name: &str) {
    push_totals(out, own, name, &["count", "sum", "min", "max"]);
    let Some(Value::Json(text)) = take(own, &format!("{name}.histogram")) else { return };
    for field in OF_HISTOGRAM {
        take(own, &format!("{name}.{field}"));
    }
    let Some(buckets) = Node::read(&text) else { return };
    if let (Some(bounds), Some(counts)) = (buckets.get("bounds"), buckets.get("counts")) {
        push_numbers(out, "explicitBounds", bounds);
        push_numbers(out, "bucketCounts", counts);
        return;
    }
    for (member, field) in [("scale", "scale"), ("zeroCount", "zero_count"), ("zeroThreshold", "zero_threshold")] {
        if let Some(number) = buckets.get(field) {
            put(out, format_args!("\"{member}\":"));
            number.push_json(out);
            out.push(',');
        }
    }
    for side in ["positive", "negative"] {
        let Some(of_side) = buckets.get(side) else { continue };
        put(out, format_args!("\"{side}\":{{"));
        if let Some(offset) = of_side.get("offset") {
            out.push_str("\"offset\":");
            offset.push_json(out);
            out.push(',');
        }
        if let Some(counts) = of_side.get("counts") {
            push_numbers(out, "bucketCounts", counts);
        }
        out.pop();
        out.push_str("},");
    }
}

fn push_numbers(out: &mut String, member: &str, numbers: &Node) {
    put(out, format_args!("\"{member}\":"));
    numbers.push_json(out);
    out.push(',');
}

fn push_summary(out: &mut String, own: &mut Own<'_>, name: &str) {
    push_totals(out, own, name, &["count", "sum"]);
    take(own, &format!("{name}.avg"));
    let prefix = format!("{name}.");
    let found: Vec<(String, f64)> =
        own.rest().filter_map(|(field, _)| quantile(field.strip_prefix(&prefix)?).map(|at| (field.to_owned(), at))).collect();
    out.push_str("\"quantileValues\":[");
    let mut count = 0;
    for (field, quantile) in found {
        if let Some(Value::Float(value)) = take(own, &field) {
            comma(out, count);
            out.push('{');
            push_double_member(out, "quantile", quantile);
            push_double_member(out, "value", value);
            out.pop();
            out.push('}');
            count += 1;
        }
    }
    out.push_str("],");
}

/// The quantile that a field's suffix names.
fn quantile(suffix: &str) -> Option<f64> {
    match suffix {
        "min" => Some(0.0),
        "max" => Some(1.0),
        _ => {
            let digits = suffix.strip_prefix('p').filter(|digits| digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            format!("0.{digits}").parse().ok()
        }
    }
}

fn push_exemplars(out: &mut String, own: &mut Own<'_>, name: &str) {
    let field = format!("{name}.exemplars");
    let Some(Value::Json(text)) = own.get(&field) else { return };
    let Some(Node::Array(exemplars)) = Node::read(text) else { return };
    take(own, &field);
    out.push_str("\"exemplars\":[");
    for (index, exemplar) in exemplars.iter().enumerate() {
        comma(out, index);
        out.push('{');
        for (member, field) in [("timeUnixNano", "time_ns"), ("traceId", "trace_id"), ("spanId", "span_id")] {
            if let Some(text) = exemplar.get(field).and_then(Node::text) {
                put(out, format_args!("\"{member}\":\"{text}\","));
            }
        }
        match exemplar.get("value") {
            Some(Node::Int(integer)) => put(out, format_args!("\"asInt\":\"{integer}\",")),
            Some(Node::Float(double)) => push_double_member(out, "asDouble", *double),
            Some(Node::Str(text)) => put(out, format_args!("\"asDouble\":\"{text}\",")),
            _ => {}
        }
        if let Some(Node::Map(attributes)) = exemplar.get("attributes") {
            out.push_str("\"filteredAttributes\":");
            push_key_values(out, attributes);
            out.push(',');
        }
        if out.ends_with(',') {
            out.pop();
        }
        out.push('}');
    }
    out.push_str("],");
}

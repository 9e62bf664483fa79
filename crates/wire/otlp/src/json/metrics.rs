//! Metrics in JSON.

use super::items::{attributes, id, repeated};
use super::scalar::Integer;
use super::{Node, name};
use crate::error::WireError;
use crate::id::WireId;
use crate::metric::{
    Buckets, Counts, Doubles, Exemplar, Exemplars, Exponential, Histogram, Metric, MetricKind, Number, Numbers, Point, PointValue, Points,
    Quantile, Quantiles, Summary,
};
use crate::notes::Notes;
use crate::value::{KeyValues, Repeated};

const TEMPORALITIES: &[&str] = &["UNSPECIFIED", "DELTA", "CUMULATIVE"];

pub(crate) fn metric<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Metric<'a>, WireError> {
    let mut metric = Metric::empty(notes);
    let mut scratch = String::new();
    for (member, value) in node.object("metric")?.members() {
        match name(member, &mut scratch) {
            b"name" => metric.name = value.text("name")?,
            b"description" => metric.description = value.text("description")?,
            b"unit" => metric.unit = value.text("unit")?,
            b"metadata" => metric.metadata = KeyValues(repeated(value, "metadata", notes)?),
            b"gauge" => data(value, MetricKind::Gauge, &mut metric, notes)?,
            b"sum" => data(value, MetricKind::Sum, &mut metric, notes)?,
            b"histogram" => data(value, MetricKind::Histogram, &mut metric, notes)?,
            b"exponentialHistogram" | b"exponential_histogram" => data(value, MetricKind::ExponentialHistogram, &mut metric, notes)?,
            b"summary" => data(value, MetricKind::Summary, &mut metric, notes)?,
            _ => {}
        }
    }
    Ok(metric)
}

/// The last of several kinds holds, whole.
fn data<'a>(node: Node<'a>, kind: MetricKind, metric: &mut Metric<'a>, notes: &'a Notes) -> Result<(), WireError> {
    (metric.kind, metric.temporality, metric.is_monotonic) = (Some(kind), 0, false);
    metric.points = Points { list: Repeated::none(notes), kind };
    let mut scratch = String::new();
    for (member, value) in node.object("metric data")?.members() {
        match name(member, &mut scratch) {
            b"dataPoints" | b"data_points" => metric.points.list = repeated(value, "dataPoints", notes)?,
            b"aggregationTemporality" | b"aggregation_temporality" if kind.has_temporality() => {
                metric.temporality = value.enumeration("aggregationTemporality", "AGGREGATION_TEMPORALITY_", TEMPORALITIES, notes)?;
            }
            b"isMonotonic" | b"is_monotonic" if kind == MetricKind::Sum => metric.is_monotonic = value.boolean("isMonotonic")?,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn point<'a>(kind: MetricKind, node: Node<'a>, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    let mut point = Point::empty(notes);
    let mut scratch = String::new();
    for (member, value) in node.object("data point")?.members() {
        match name(member, &mut scratch) {
            b"attributes" => point.attributes = attributes(value, notes)?,
            b"startTimeUnixNano" | b"start_time_unix_nano" => point.start_ns = value.u64("startTimeUnixNano")?,
            b"timeUnixNano" | b"time_unix_nano" => point.time_ns = value.u64("timeUnixNano")?,
            b"flags" => point.flags = value.u32("flags")?,
            b"exemplars" if kind != MetricKind::Summary => point.exemplars = Exemplars(repeated(value, "exemplars", notes)?),
            _ => {}
        }
    }
    point.value = match kind {
        MetricKind::Gauge | MetricKind::Sum => PointValue::Number(number(node)?),
        MetricKind::Histogram => PointValue::Histogram(histogram(node)?),
        MetricKind::ExponentialHistogram => PointValue::Exponential(exponential(node)?),
        MetricKind::Summary => PointValue::Summary(summary(node, notes)?),
    };
    Ok(point)
}

fn number(node: Node<'_>) -> Result<Number, WireError> {
    let mut number = Number::None;
    let mut scratch = String::new();
    for (member, value) in node.members() {
        match name(member, &mut scratch) {
            b"asDouble" | b"as_double" => number = Number::Double(value.double("asDouble")?),
            b"asInt" | b"as_int" => number = value.whole_or_double("asInt")?,
            _ => {}
        }
    }
    Ok(number)
}

fn histogram(node: Node<'_>) -> Result<Histogram<'_>, WireError> {
    let none = Numbers::None;
    let mut point = Histogram { count: 0, sum: None, min: None, max: None, bounds: Doubles(none), counts: Counts(none) };
    let mut scratch = String::new();
    for (member, value) in node.members() {
        match name(member, &mut scratch) {
            b"count" => point.count = value.u64("count")?,
            b"sum" => point.sum = Some(value.double("sum")?),
            b"min" => point.min = Some(value.double("min")?),
            b"max" => point.max = Some(value.double("max")?),
            b"bucketCounts" | b"bucket_counts" => point.counts = Counts(numbers(value, "bucketCounts")?),
            b"explicitBounds" | b"explicit_bounds" => point.bounds = Doubles(numbers(value, "explicitBounds")?),
            _ => {}
        }
    }
    Ok(point)
}

fn numbers<'a>(node: Node<'a>, field: &str) -> Result<Numbers<'a>, WireError> {
    node.array(field).map(Numbers::Json)
}

fn exponential(node: Node<'_>) -> Result<Exponential<'_>, WireError> {
    let mut point = Exponential::empty();
    let mut scratch = String::new();
    for (member, value) in node.members() {
        match name(member, &mut scratch) {
            b"count" => point.count = value.u64("count")?,
            b"sum" => point.sum = Some(value.double("sum")?),
            b"min" => point.min = Some(value.double("min")?),
            b"max" => point.max = Some(value.double("max")?),
            b"scale" => point.scale = value.i32("scale")?,
            b"zeroCount" | b"zero_count" => point.zero_count = value.u64("zeroCount")?,
            b"zeroThreshold" | b"zero_threshold" => point.zero_threshold = value.double("zeroThreshold")?,
            b"positive" => point.positive = buckets(value)?,
            b"negative" => point.negative = buckets(value)?,
            _ => {}
        }
    }
    Ok(point)
}

fn buckets(node: Node<'_>) -> Result<Buckets<'_>, WireError> {
    let mut buckets = Buckets { offset: 0, counts: Counts(Numbers::None) };
    let mut scratch = String::new();
    for (member, value) in node.object("buckets")?.members() {
        match name(member, &mut scratch) {
            b"offset" => buckets.offset = value.i32("offset")?,
            b"bucketCounts" | b"bucket_counts" => buckets.counts = Counts(numbers(value, "bucketCounts")?),
            _ => {}
        }
    }
    Ok(buckets)
}

fn summary<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Summary<'a>, WireError> {
    let mut point = Summary { count: 0, sum: 0.0, quantiles: Quantiles(Repeated::none(notes)) };
    let mut scratch = String::new();
    for (member, value) in node.members() {
        match name(member, &mut scratch) {
            b"count" => point.count = value.u64("count")?,
            b"sum" => point.sum = value.double("sum")?,
            b"quantileValues" | b"quantile_values" => point.quantiles = Quantiles(repeated(value, "quantileValues", notes)?),
            _ => {}
        }
    }
    Ok(point)
}

pub(crate) fn quantile(node: Node<'_>) -> Result<Quantile, WireError> {
    let mut quantile = Quantile { quantile: 0.0, value: 0.0 };
    let mut scratch = String::new();
    for (member, value) in node.object("quantile")?.members() {
        match name(member, &mut scratch) {
            b"quantile" => quantile.quantile = value.double("quantile")?,
            b"value" => quantile.value = value.double("value")?,
            _ => {}
        }
    }
    Ok(quantile)
}

pub(crate) fn exemplar<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Exemplar<'a>, WireError> {
    let none = KeyValues(Repeated::none(notes));
    let value = number(node.object("exemplar")?)?;
    let mut exemplar = Exemplar { time_ns: 0, value, trace_id: WireId::Absent, span_id: WireId::Absent, attributes: none };
    let mut scratch = String::new();
    for (member, value) in node.members() {
        match name(member, &mut scratch) {
            b"timeUnixNano" | b"time_unix_nano" => exemplar.time_ns = value.u64("timeUnixNano")?,
            b"traceId" | b"trace_id" => exemplar.trace_id = id(value, "traceId")?,
            b"spanId" | b"span_id" => exemplar.span_id = id(value, "spanId")?,
            b"filteredAttributes" | b"filtered_attributes" => exemplar.attributes = attributes(value, notes)?,
            _ => {}
        }
    }
    Ok(exemplar)
}

impl Node<'_> {
    /// An integer; what is none, or does not fit, is kept as a double.
    fn whole_or_double(self, field: &str) -> Result<Number, WireError> {
        Ok(match self.integer(field)? {
            Integer::Exact(value) => i64::try_from(value).map_or(Number::Double(value as f64), Number::Int),
            Integer::Other(value) => Number::Double(value),
        })
    }

    /// A signed integer of 32 bits; what lies outside is clamped, a fraction is cut.
    fn i32(self, field: &str) -> Result<i32, WireError> {
        Ok(match self.integer(field)? {
            Integer::Exact(value) => value.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            Integer::Other(value) => value as i32,
        })
    }
}

//! Metrics as owned values, and how they are written.

use super::Attributes;
use super::json::Json;
use super::protobuf::{attributes, bytes, enumeration, number, string, time};
use crate::encode::Writer;
use crate::field;
use crate::metric::MetricKind;

/// A metric.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Metric {
    pub name: String,
    pub description: String,
    pub unit: String,
    pub metadata: Attributes,
    pub data: Option<MetricData>,
}

/// The points of a metric, and how they were aggregated.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricData {
    /// The kind; it decides in which form points are written.
    pub kind: MetricKind,
    /// 1 delta, 2 cumulative; not written for kinds that have none.
    pub temporality: i32,
    /// Whether a sum only grows.
    pub is_monotonic: bool,
    /// The points, with values of the kind.
    pub points: Vec<Point>,
}

/// A point. Times are ns since 1970.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Point {
    pub attributes: Attributes,
    pub start_ns: u64,
    pub time_ns: u64,
    pub flags: u32,
    pub exemplars: Vec<Exemplar>,
    pub value: PointValue,
}

/// What a point says.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub enum PointValue {
    /// Nothing.
    #[default]
    None,
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A distribution over explicit bounds.
    Histogram { count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>, bounds: Vec<f64>, counts: Vec<u64> },
    /// A distribution over exponentially growing buckets.
    Exponential {
        count: u64,
        sum: Option<f64>,
        min: Option<f64>,
        max: Option<f64>,
        scale: i32,
        zero_count: u64,
        zero_threshold: f64,
        positive: Buckets,
        negative: Buckets,
    },
    /// Quantiles and their values.
    Summary { count: u64, sum: f64, quantiles: Vec<(f64, f64)> },
}

/// One side of an exponential histogram.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Buckets {
    pub offset: i32,
    pub counts: Vec<u64>,
}

/// A single measurement.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Exemplar {
    pub time_ns: u64,
    /// [`PointValue::Int`] or [`PointValue::Double`].
    pub value: PointValue,
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub attributes: Attributes,
}

/// Field numbers that differ from one kind of point to the next.
struct PointFields {
    attributes: u32,
    exemplars: u32,
    flags: u32,
}

fn point_fields(kind: MetricKind) -> PointFields {
    use field::{exponential_point, histogram_point, number_point, summary_point};
    match kind {
        MetricKind::Gauge | MetricKind::Sum => {
            PointFields { attributes: number_point::ATTRIBUTES, exemplars: number_point::EXEMPLARS, flags: number_point::FLAGS }
        }
        MetricKind::Histogram => {
            PointFields { attributes: histogram_point::ATTRIBUTES, exemplars: histogram_point::EXEMPLARS, flags: histogram_point::FLAGS }
        }
        MetricKind::ExponentialHistogram => PointFields {
            attributes: exponential_point::ATTRIBUTES,
            exemplars: exponential_point::EXEMPLARS,
            flags: exponential_point::FLAGS,
        },
        // Summaries have no exemplars.
        MetricKind::Summary => PointFields { attributes: summary_point::ATTRIBUTES, exemplars: 0, flags: summary_point::FLAGS },
    }
}

// === protobuf ===

pub(super) fn protobuf(writer: &mut Writer, metric: &Metric) {
    string(writer, field::metric::NAME, &metric.name);
    string(writer, field::metric::DESCRIPTION, &metric.description);
    string(writer, field::metric::UNIT, &metric.unit);
    if let Some(data) = &metric.data {
        let number = match data.kind {
            MetricKind::Gauge => field::metric::GAUGE,
            MetricKind::Sum => field::metric::SUM,
            MetricKind::Histogram => field::metric::HISTOGRAM,
            MetricKind::ExponentialHistogram => field::metric::EXPONENTIAL_HISTOGRAM,
            MetricKind::Summary => field::metric::SUMMARY,
        };
        writer.message(number, |writer| {
            data.points.iter().for_each(|item| writer.message(field::metric_data::DATA_POINTS, |writer| point(writer, data.kind, item)));
            if data.kind.has_temporality() {
                enumeration(writer, field::metric_data::AGGREGATION_TEMPORALITY, data.temporality);
            }
            if data.kind == MetricKind::Sum && data.is_monotonic {
                writer.boolean(field::metric_data::IS_MONOTONIC, true);
            }
        });
    }
    attributes(writer, field::metric::METADATA, &metric.metadata);
}

fn point(writer: &mut Writer, kind: MetricKind, point: &Point) {
    let fields = point_fields(kind);
    attributes(writer, fields.attributes, &point.attributes);
    time(writer, field::point::START_TIME, point.start_ns);
    time(writer, field::point::TIME, point.time_ns);
    value(writer, &point.value);
    if fields.exemplars != 0 {
        point.exemplars.iter().for_each(|item| writer.message(fields.exemplars, |writer| exemplar(writer, item)));
    }
    number(writer, fields.flags, point.flags);
}

fn optional(writer: &mut Writer, number: u32, value: Option<f64>) {
    if let Some(value) = value {
        writer.double(number, value);
    }
}

fn value(writer: &mut Writer, value: &PointValue) {
    match value {
        PointValue::None => {}
        PointValue::Int(integer) => writer.fixed64(field::number_point::AS_INT, *integer as u64),
        PointValue::Double(double) => writer.double(field::number_point::AS_DOUBLE, *double),
        PointValue::Histogram { count, sum, min, max, bounds, counts } => {
            use field::histogram_point as own;
            writer.fixed64(own::COUNT, *count);
            optional(writer, own::SUM, *sum);
            writer.packed_fixed64(own::BUCKET_COUNTS, counts.iter().copied());
            writer.packed_double(own::EXPLICIT_BOUNDS, bounds.iter().copied());
            optional(writer, own::MIN, *min);
            optional(writer, own::MAX, *max);
        }
        PointValue::Exponential { count, sum, min, max, scale, zero_count, zero_threshold, positive, negative } => {
            use field::exponential_point as own;
            writer.fixed64(own::COUNT, *count);
            optional(writer, own::SUM, *sum);
            writer.zigzag(own::SCALE, (*scale).into());
            writer.fixed64(own::ZERO_COUNT, *zero_count);
            writer.message(own::POSITIVE, |writer| buckets(writer, positive));
            writer.message(own::NEGATIVE, |writer| buckets(writer, negative));
            optional(writer, own::MIN, *min);
            optional(writer, own::MAX, *max);
            writer.double(own::ZERO_THRESHOLD, *zero_threshold);
        }
        PointValue::Summary { count, sum, quantiles } => {
            use field::summary_point as own;
            writer.fixed64(own::COUNT, *count);
            writer.double(own::SUM, *sum);
            for (quantile, value) in quantiles {
                writer.message(own::QUANTILE_VALUES, |writer| {
                    writer.double(field::quantile::QUANTILE, *quantile);
                    writer.double(field::quantile::VALUE, *value);
                });
            }
        }
    }
}

fn buckets(writer: &mut Writer, buckets: &Buckets) {
    writer.zigzag(field::buckets::OFFSET, buckets.offset.into());
    writer.packed_varint(field::buckets::BUCKET_COUNTS, buckets.counts.iter().copied());
}

fn exemplar(writer: &mut Writer, exemplar: &Exemplar) {
    attributes(writer, field::exemplar::FILTERED_ATTRIBUTES, &exemplar.attributes);
    time(writer, field::exemplar::TIME, exemplar.time_ns);
    match exemplar.value {
        PointValue::Int(integer) => writer.fixed64(field::exemplar::AS_INT, integer as u64),
        PointValue::Double(double) => writer.double(field::exemplar::AS_DOUBLE, double),
        _ => {}
    }
    bytes(writer, field::exemplar::SPAN_ID, &exemplar.span_id);
    bytes(writer, field::exemplar::TRACE_ID, &exemplar.trace_id);
}

// === JSON ===

pub(super) fn json(json: &mut Json, metric: &Metric) {
    json.string("name", &metric.name);
    json.string("description", &metric.description);
    json.string("unit", &metric.unit);
    if let Some(data) = &metric.data {
        let name = match data.kind {
            MetricKind::ExponentialHistogram => "exponentialHistogram",
            kind => kind.word(),
        };
        json.member(name, |json| {
            json.object(|json| {
                json.list("dataPoints", &data.points, json_point);
                if data.kind.has_temporality() {
                    json.number("aggregationTemporality", data.temporality.into());
                }
                if data.kind == MetricKind::Sum && data.is_monotonic {
                    json.member("isMonotonic", |json| json.truth(true));
                }
            });
        });
    }
    json.named_attributes("metadata", &metric.metadata);
}

fn json_point(json: &mut Json, point: &Point) {
    json.attributes(&point.attributes);
    json.time("startTimeUnixNano", point.start_ns);
    json.time("timeUnixNano", point.time_ns);
    json_value(json, &point.value);
    json.list("exemplars", &point.exemplars, |json, exemplar| {
        json.time("timeUnixNano", exemplar.time_ns);
        json_value(json, &exemplar.value);
        json.hex("traceId", &exemplar.trace_id);
        json.hex("spanId", &exemplar.span_id);
        json.named_attributes("filteredAttributes", &exemplar.attributes);
    });
    json.number("flags", point.flags.into());
}

fn json_optional(json: &mut Json, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        json.member(name, |json| json.double(value));
    }
}

fn json_value(json: &mut Json, value: &PointValue) {
    match value {
        PointValue::None => {}
        PointValue::Int(integer) => json.member("asInt", |json| json.quoted(integer)),
        PointValue::Double(double) => json.member("asDouble", |json| json.double(*double)),
        PointValue::Histogram { count, sum, min, max, bounds, counts } => {
            json.member("count", |json| json.quoted(count));
            json_optional(json, "sum", *sum);
            json.numbers("bucketCounts", counts, Json::quoted);
            json.numbers("explicitBounds", bounds, Json::double);
            json_optional(json, "min", *min);
            json_optional(json, "max", *max);
        }
        PointValue::Exponential { count, sum, min, max, scale, zero_count, zero_threshold, positive, negative } => {
            json.member("count", |json| json.quoted(count));
            json_optional(json, "sum", *sum);
            json.number("scale", (*scale).into());
            json.member("zeroCount", |json| json.quoted(zero_count));
            json.member("zeroThreshold", |json| json.double(*zero_threshold));
            for (name, buckets) in [("positive", positive), ("negative", negative)] {
                json.member(name, |json| {
                    json.object(|json| {
                        json.number("offset", buckets.offset.into());
                        json.numbers("bucketCounts", &buckets.counts, Json::quoted);
                    });
                });
            }
            json_optional(json, "min", *min);
            json_optional(json, "max", *max);
        }
        PointValue::Summary { count, sum, quantiles } => {
            json.member("count", |json| json.quoted(count));
            json.member("sum", |json| json.double(*sum));
            json.list("quantileValues", quantiles, |json, (quantile, value)| {
                json.member("quantile", |json| json.double(*quantile));
                json.member("value", |json| json.double(*value));
            });
        }
    }
}

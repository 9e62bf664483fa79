//! Metrics in protobuf.

use super::items::{attributes, count};
use super::{Fields, Part, Wire};
use crate::error::WireError;
use crate::field::{self, metric as metric_field, metric_data, point as shared};
use crate::id::WireId;
use crate::metric::{
    Buckets, Counts, Doubles, Exemplar, Exemplars, Exponential, Form, Histogram, Metric, MetricKind, Number, Numbers, Point, PointValue,
    Points, Quantile, Quantiles, Summary,
};
use crate::notes::Notes;
use crate::value::Repeated;

pub(crate) fn metric<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Metric<'a>, WireError> {
    let mut metric = Metric::empty(notes);
    metric.metadata = attributes(part, metric_field::METADATA, depth, notes);
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        let kind = match number {
            metric_field::NAME => {
                metric.name = fields.text(wire)?;
                continue;
            }
            metric_field::DESCRIPTION => {
                metric.description = fields.text(wire)?;
                continue;
            }
            metric_field::UNIT => {
                metric.unit = fields.text(wire)?;
                continue;
            }
            metric_field::GAUGE => MetricKind::Gauge,
            metric_field::SUM => MetricKind::Sum,
            metric_field::HISTOGRAM => MetricKind::Histogram,
            metric_field::EXPONENTIAL_HISTOGRAM => MetricKind::ExponentialHistogram,
            metric_field::SUMMARY => MetricKind::Summary,
            _ => continue,
        };
        data(fields.message(wire, depth + 1)?, kind, depth + 1, &mut metric, notes)?;
    }
    Ok(metric)
}

/// The last of several kinds holds, whole.
fn data<'a>(part: Part<'a>, kind: MetricKind, depth: u32, metric: &mut Metric<'a>, notes: &'a Notes) -> Result<(), WireError> {
    (metric.kind, metric.temporality, metric.is_monotonic) = (Some(kind), 0, false);
    metric.points = Points { list: Repeated::proto(part, metric_data::DATA_POINTS, depth + 1, notes), kind };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            metric_data::AGGREGATION_TEMPORALITY if kind.has_temporality() => metric.temporality = fields.integer(wire)? as i32,
            metric_data::IS_MONOTONIC if kind == MetricKind::Sum => metric.is_monotonic = fields.integer(wire)? != 0,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn point<'a>(kind: MetricKind, part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    match kind {
        MetricKind::Gauge | MetricKind::Sum => number_point(part, depth, notes),
        MetricKind::Histogram => histogram_point(part, depth, notes),
        MetricKind::ExponentialHistogram => exponential_point(part, depth, notes),
        MetricKind::Summary => summary_point(part, depth, notes),
    }
}

fn exemplars<'a>(part: Part<'a>, number: u32, depth: u32, notes: &'a Notes) -> Exemplars<'a> {
    Exemplars(Repeated::proto(part, number, depth + 1, notes))
}

fn double<'a>(fields: &Fields<'a>, wire: Wire<'a>) -> Result<f64, WireError> {
    fields.fixed64(wire).map(f64::from_bits)
}

fn number_point<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    use field::number_point as own;
    let mut point = Point::empty(notes);
    point.attributes = attributes(part, own::ATTRIBUTES, depth, notes);
    point.exemplars = exemplars(part, own::EXEMPLARS, depth, notes);
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            shared::START_TIME => point.start_ns = fields.fixed64(wire)?,
            shared::TIME => point.time_ns = fields.fixed64(wire)?,
            own::AS_DOUBLE => point.value = PointValue::Number(Number::Double(double(&fields, wire)?)),
            own::AS_INT => point.value = PointValue::Number(Number::Int(fields.fixed64(wire)? as i64)),
            own::FLAGS => point.flags = count(fields.integer(wire)?),
            _ => {}
        }
    }
    Ok(point)
}

fn histogram_point<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    use field::histogram_point as own;
    let mut point = Point::empty(notes);
    point.attributes = attributes(part, own::ATTRIBUTES, depth, notes);
    point.exemplars = exemplars(part, own::EXEMPLARS, depth, notes);
    let list = |field| Numbers::Proto { message: part, field, form: Form::Fixed64 };
    let (bounds, counts) = (Doubles(list(own::EXPLICIT_BOUNDS)), Counts(list(own::BUCKET_COUNTS)));
    let mut histogram = Histogram { count: 0, sum: None, min: None, max: None, bounds, counts };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            shared::START_TIME => point.start_ns = fields.fixed64(wire)?,
            shared::TIME => point.time_ns = fields.fixed64(wire)?,
            own::COUNT => histogram.count = fields.fixed64(wire)?,
            own::SUM => histogram.sum = Some(double(&fields, wire)?),
            own::MIN => histogram.min = Some(double(&fields, wire)?),
            own::MAX => histogram.max = Some(double(&fields, wire)?),
            own::FLAGS => point.flags = count(fields.integer(wire)?),
            _ => {}
        }
    }
    point.value = PointValue::Histogram(histogram);
    Ok(point)
}

fn exponential_point<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    use field::exponential_point as own;
    let mut point = Point::empty(notes);
    point.attributes = attributes(part, own::ATTRIBUTES, depth, notes);
    point.exemplars = exemplars(part, own::EXEMPLARS, depth, notes);
    let mut histogram = Exponential::empty();
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            shared::START_TIME => point.start_ns = fields.fixed64(wire)?,
            shared::TIME => point.time_ns = fields.fixed64(wire)?,
            own::COUNT => histogram.count = fields.fixed64(wire)?,
            own::SUM => histogram.sum = Some(double(&fields, wire)?),
            own::SCALE => histogram.scale = zigzag(fields.integer(wire)?),
            own::ZERO_COUNT => histogram.zero_count = fields.fixed64(wire)?,
            own::POSITIVE => histogram.positive = buckets(fields.message(wire, depth + 1)?)?,
            own::NEGATIVE => histogram.negative = buckets(fields.message(wire, depth + 1)?)?,
            own::FLAGS => point.flags = count(fields.integer(wire)?),
            own::MIN => histogram.min = Some(double(&fields, wire)?),
            own::MAX => histogram.max = Some(double(&fields, wire)?),
            own::ZERO_THRESHOLD => histogram.zero_threshold = double(&fields, wire)?,
            _ => {}
        }
    }
    point.value = PointValue::Exponential(histogram);
    Ok(point)
}

fn buckets(part: Part<'_>) -> Result<Buckets<'_>, WireError> {
    use field::buckets as own;
    let counts = Counts(Numbers::Proto { message: part, field: own::BUCKET_COUNTS, form: Form::Varint });
    let mut buckets = Buckets { offset: 0, counts };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        if number == own::OFFSET {
            buckets.offset = zigzag(fields.integer(wire)?);
        }
    }
    Ok(buckets)
}

/// A `sint32`.
fn zigzag(value: u64) -> i32 {
    let value = value as u32;
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn summary_point<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Point<'a>, WireError> {
    use field::summary_point as own;
    let mut point = Point::empty(notes);
    point.attributes = attributes(part, own::ATTRIBUTES, depth, notes);
    let quantiles = Quantiles(Repeated::proto(part, own::QUANTILE_VALUES, depth + 1, notes));
    let mut summary = Summary { count: 0, sum: 0.0, quantiles };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            shared::START_TIME => point.start_ns = fields.fixed64(wire)?,
            shared::TIME => point.time_ns = fields.fixed64(wire)?,
            own::COUNT => summary.count = fields.fixed64(wire)?,
            own::SUM => summary.sum = double(&fields, wire)?,
            own::FLAGS => point.flags = count(fields.integer(wire)?),
            _ => {}
        }
    }
    point.value = PointValue::Summary(summary);
    Ok(point)
}

pub(crate) fn quantile(part: Part<'_>) -> Result<Quantile, WireError> {
    use field::quantile as own;
    let mut quantile = Quantile { quantile: 0.0, value: 0.0 };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            own::QUANTILE => quantile.quantile = double(&fields, wire)?,
            own::VALUE => quantile.value = double(&fields, wire)?,
            _ => {}
        }
    }
    Ok(quantile)
}

pub(crate) fn exemplar<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<Exemplar<'a>, WireError> {
    use field::exemplar as own;
    let attributes = attributes(part, own::FILTERED_ATTRIBUTES, depth, notes);
    let mut exemplar = Exemplar { time_ns: 0, value: Number::None, trace_id: WireId::Absent, span_id: WireId::Absent, attributes };
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            own::TIME => exemplar.time_ns = fields.fixed64(wire)?,
            own::AS_DOUBLE => exemplar.value = Number::Double(double(&fields, wire)?),
            own::AS_INT => exemplar.value = Number::Int(fields.fixed64(wire)? as i64),
            own::SPAN_ID => exemplar.span_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            own::TRACE_ID => exemplar.trace_id = WireId::from_bytes(fields.bytes(wire)?.bytes),
            _ => {}
        }
    }
    Ok(exemplar)
}

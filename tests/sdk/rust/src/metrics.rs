//! Metrics: what is measured, and what the SDK holds of it.

use crate::{nanoseconds, typed_map};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, ExponentialBucket, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Longer than any run, so that everything is collected once, at the end.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// Keeps every batch of metrics as the SDK holds it, and sends it.
struct Recorder {
    exporter: opentelemetry_otlp::MetricExporter,
    metrics: Arc<Mutex<Vec<Json>>>,
}

impl PushMetricExporter for Recorder {
    async fn export(&self, batch: &ResourceMetrics) -> OTelSdkResult {
        self.metrics.lock().expect("no thread panicked with the lock").extend(neutral(batch));
        self.exporter.export(batch).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// Measures, sends, and returns what the SDK held.
pub fn send(
    exporter: opentelemetry_otlp::MetricExporter,
    resource: Resource,
    scope: InstrumentationScope,
) -> Result<Vec<Json>, Box<dyn Error>> {
    let metrics = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder { exporter, metrics: metrics.clone() };
    let sizes_are_exponential = |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        (instrument.name() == "order.size").then(|| Stream::builder().with_aggregation(aggregation).build().expect("it is in range"))
    };
    let provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(PeriodicReader::builder(recorder).with_interval(INTERVAL).build())
        .with_view(sizes_are_exponential)
        .build();
    let meter = provider.meter_with_scope(scope);
    let home = [KeyValue::new("http.route", "/"), KeyValue::new("http.response.status_code", 200)];
    let cart = [KeyValue::new("http.route", "/cart"), KeyValue::new("http.response.status_code", 500)];

    let requests = meter.u64_counter("orders.requests").with_unit("{request}").with_description("requests served: ünïcode").build();
    requests.add(3, &home);
    requests.add(9_007_199_254_740_993, &cart);
    requests.add(1, &[]);
    meter.f64_up_down_counter("orders.stock").build().add(-2.5, &home);
    let times = meter.f64_histogram("http.server.request.duration").with_unit("s").with_description("time to answer").build();
    for value in [0.0002, 0.0075, 0.03, 0.03, 12.0] {
        times.record(value, &home);
    }
    times.record(0.0995, &cart);
    let sizes = meter.f64_histogram("order.size").with_unit("By").build();
    for value in [0.0, 1.0, 300.0, 5_000.0, 5_001.0] {
        sizes.record(value, &[]);
    }
    let _temperature = meter
        .f64_observable_gauge("orders.temperature")
        .with_unit("Cel")
        .with_callback(move |gauge| {
            gauge.observe(-3.5, &home);
            gauge.observe(21.0, &cart);
        })
        .build();
    provider.shutdown()?;
    let held = std::mem::take(&mut *metrics.lock().expect("no thread panicked with the lock"));
    Ok(held)
}

fn neutral(batch: &ResourceMetrics) -> Vec<Json> {
    let mut out = Vec::new();
    for metrics in batch.scope_metrics() {
        let scope = json!({"name": metrics.scope().name(), "version": metrics.scope().version().unwrap_or_default()});
        for metric in metrics.metrics() {
            let mut neutral = match metric.data() {
                AggregatedMetrics::F64(data) => of_data(data, |value| json!({"double": value}), |value| value),
                AggregatedMetrics::U64(data) => of_data(data, |value| json!({"int": value.to_string()}), |value| value as f64),
                AggregatedMetrics::I64(data) => of_data(data, |value| json!({"int": value.to_string()}), |value| value as f64),
            };
            neutral["scope"] = scope.clone();
            neutral["name"] = metric.name().into();
            neutral["description"] = metric.description().into();
            neutral["unit"] = metric.unit().into();
            out.push(neutral);
        }
    }
    out
}

fn of_data<T: Copy>(data: &MetricData<T>, number: fn(T) -> Json, double: fn(T) -> f64) -> Json {
    match data {
        MetricData::Gauge(gauge) => {
            let start = gauge.start_time().map_or_else(|| "0".to_owned(), nanoseconds);
            let points = gauge
                .data_points()
                .map(|point| with(point_of(point.attributes(), &start, gauge.time()), json!({"value": number(point.value())})));
            json!({"kind": "gauge", "temporality": null, "monotonic": null, "points": points.collect::<Vec<_>>()})
        }
        MetricData::Sum(sum) => {
            let start = nanoseconds(sum.start_time());
            let points = sum
                .data_points()
                .map(|point| with(point_of(point.attributes(), &start, sum.time()), json!({"value": number(point.value())})));
            let temporality = temporality(sum.temporality());
            json!({"kind": "sum", "temporality": temporality, "monotonic": sum.is_monotonic(), "points": points.collect::<Vec<_>>()})
        }
        MetricData::Histogram(histogram) => {
            let start = nanoseconds(histogram.start_time());
            let points = histogram.data_points().map(|point| {
                let values = json!({
                    "count": point.count().to_string(),
                    "sum": double(point.sum()),
                    "min": point.min().map(double),
                    "max": point.max().map(double),
                    "bounds": point.bounds().collect::<Vec<_>>(),
                    "counts": texts(point.bucket_counts()),
                });
                with(point_of(point.attributes(), &start, histogram.time()), values)
            });
            let temporality = temporality(histogram.temporality());
            json!({"kind": "histogram", "temporality": temporality, "monotonic": null, "points": points.collect::<Vec<_>>()})
        }
        MetricData::ExponentialHistogram(histogram) => {
            let start = nanoseconds(histogram.start_time());
            let points = histogram.data_points().map(|point| {
                let values = json!({
                    "count": point.count().to_string(),
                    "sum": double(point.sum()),
                    "min": point.min().map(double),
                    "max": point.max().map(double),
                    "scale": point.scale(),
                    "zero_count": point.zero_count().to_string(),
                    "zero_threshold": point.zero_threshold(),
                    "positive": buckets(point.positive_bucket()),
                    "negative": buckets(point.negative_bucket()),
                });
                with(point_of(point.attributes(), &start, histogram.time()), values)
            });
            let temporality = temporality(histogram.temporality());
            json!({"kind": "exponential_histogram", "temporality": temporality, "monotonic": null, "points": points.collect::<Vec<_>>()})
        }
    }
}

fn point_of<'a>(attributes: impl Iterator<Item = &'a KeyValue>, start: &str, time: SystemTime) -> Json {
    let attributes: Vec<KeyValue> = attributes.cloned().collect();
    json!({"attributes": typed_map(&attributes), "start_ns": start, "time_ns": nanoseconds(time), "exemplars": []})
}

fn with(mut point: Json, more: Json) -> Json {
    if let (Some(point), Json::Object(more)) = (point.as_object_mut(), more) {
        point.extend(more);
    }
    point
}

fn temporality(temporality: Temporality) -> &'static str {
    if temporality == Temporality::Delta { "delta" } else { "cumulative" }
}

fn buckets(buckets: &ExponentialBucket) -> Json {
    json!({"offset": buckets.offset(), "counts": texts(buckets.counts())})
}

fn texts(counts: impl Iterator<Item = u64>) -> Vec<String> {
    counts.map(|count| count.to_string()).collect()
}

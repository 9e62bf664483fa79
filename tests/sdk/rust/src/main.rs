//! Sends a known set of spans, logs and metrics with the Rust SDK and prints what the SDK itself says it sent.
//!
//! Nothing here knows the server: the endpoint and the protocol come from the `OTEL_*` variables alone.

mod metrics;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{
    Link, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanProcessor};
use serde_json::{Map, Value as Json, json};
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn Error>> {
    let protocol = std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let entered = (protocol == "grpc").then(|| runtime.enter());
    let (spans, logs, meters) = if protocol == "grpc" {
        (
            opentelemetry_otlp::SpanExporter::builder().with_tonic().build()?,
            opentelemetry_otlp::LogExporter::builder().with_tonic().build()?,
            opentelemetry_otlp::MetricExporter::builder().with_tonic().build()?,
        )
    } else {
        (
            opentelemetry_otlp::SpanExporter::builder().with_http().build()?,
            opentelemetry_otlp::LogExporter::builder().with_http().build()?,
            opentelemetry_otlp::MetricExporter::builder().with_http().build()?,
        )
    };
    drop(entered);

    let resource = Resource::builder()
        .with_attributes([
            KeyValue::new("team.name", "žlutí"),
            KeyValue::new("team.size", 5),
            KeyValue::new("team.load", 0.75),
            KeyValue::new("team.remote", true),
            KeyValue::new("team.tags", strings(&["x", "y"])),
        ])
        .build();
    let recorder = Recorder::default();
    let tracers = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_span_processor(recorder.clone())
        .with_batch_exporter(spans)
        .build();
    let loggers = SdkLoggerProvider::builder().with_resource(resource.clone()).with_batch_exporter(logs).build();

    let scope = InstrumentationScope::builder("shop.orders").with_version("1.2.3").build();
    let database = send_known_spans(&tracers.tracer_with_scope(scope.clone()));
    let measured = metrics::send(meters, resource.clone(), scope.clone())?;
    let records = send_logs(&loggers, scope, &database);
    tracers.shutdown()?;
    loggers.shutdown()?;

    let resource_attributes: Map<String, Json> = resource.iter().map(|(key, value)| (key.to_string(), typed(value))).collect();
    let spans = std::mem::take(&mut *recorder.spans.lock().expect("no thread panicked with the lock"));
    let report = json!({
        "resource": resource_attributes,
        "resource_schema_url": resource.schema_url().unwrap_or_default(),
        "spans": spans,
        "logs": records,
        "metrics": measured,
    });
    println!("{report}");
    Ok(())
}

fn send_known_spans(tracer: &SdkTracer) -> SpanContext {
    let start = SystemTime::now() - Duration::from_secs(10);
    let at = |ms: u64, ns: u64| start + Duration::from_millis(ms) + Duration::from_nanos(ns);
    let none = Context::new();

    let mut root =
        tracer.span_builder("GET /orders/{id}").with_kind(SpanKind::Server).with_start_time(start).start_with_context(tracer, &none);
    root.set_attributes([
        KeyValue::new("str.plain", "hello"),
        KeyValue::new("str.unicode", "žluťoučký kůň 🐝 日本語"),
        KeyValue::new("str.empty", ""),
        KeyValue::new("str.quoted", "say \"hi\"\n\tback\\slash"),
        KeyValue::new("int.small", 42),
        KeyValue::new("int.negative", -7),
        KeyValue::new("int.big", 9_007_199_254_740_993_i64),
        KeyValue::new("int.max", i64::MAX),
        KeyValue::new("double.half", 0.5),
        KeyValue::new("double.whole", 3.0),
        KeyValue::new("double.tiny", 1e-300),
        KeyValue::new("bool.true", true),
        KeyValue::new("bool.false", false),
        KeyValue::new("array.str", strings(&["a", "b", "ü"])),
        KeyValue::new("array.int", Value::Array(Array::I64(vec![1, 2, 3]))),
        KeyValue::new("array.double", Value::Array(Array::F64(vec![0.25, 1.5]))),
        KeyValue::new("array.bool", Value::Array(Array::Bool(vec![true, false]))),
        KeyValue::new("array.empty", strings(&[])),
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", "/orders/{id}"),
        KeyValue::new("http.response.status_code", 500),
    ]);
    let root_context = root.span_context().clone();
    let within = none.with_remote_span_context(root_context);

    let mut database =
        tracer.span_builder("SELECT orders").with_kind(SpanKind::Client).with_start_time(at(10, 0)).start_with_context(tracer, &within);
    database.set_attribute(KeyValue::new("db.system.name", "postgresql"));
    database.add_event_with_timestamp(
        "cache miss",
        at(12, 0),
        vec![KeyValue::new("cache.key", "orders:7"), KeyValue::new("cache.tries", 2)],
    );
    database.add_event_with_timestamp("row fetched", at(14, 1), vec![]);
    database.set_status(Status::Ok);
    let database_context = database.span_context().clone();
    database.end_with_timestamp(at(15, 0));

    let mut compute =
        tracer.span_builder("compute total").with_kind(SpanKind::Internal).with_start_time(at(20, 123)).start_with_context(tracer, &within);
    let exception = vec![
        KeyValue::new("exception.type", "CartError"),
        KeyValue::new("exception.message", "the cart is empty – žádné zboží"),
        KeyValue::new("exception.stacktrace", "CartError: the cart is empty\n   at cart::total\n   at main"),
    ];
    compute.add_event_with_timestamp("exception", at(25, 0), exception);
    compute.set_status(Status::error("no items: ünïcode"));
    let in_compute = none.with_remote_span_context(compute.span_context().clone());
    tracer.span_builder("nested").with_start_time(at(21, 0)).start_with_context(tracer, &in_compute).end_with_timestamp(at(22, 0));
    compute.end_with_timestamp(at(30, 7));

    let mut publish =
        tracer.span_builder("orders send").with_kind(SpanKind::Producer).with_start_time(at(40, 0)).start_with_context(tracer, &within);
    publish.end_with_timestamp(at(41, 0));
    root.set_status(Status::error(""));
    root.end_with_timestamp(at(50, 0));

    let link = Link::new(publish.span_context().clone(), vec![KeyValue::new("link.reason", "queue"), KeyValue::new("link.position", 1)], 0);
    let mut consume = tracer
        .span_builder("orders process")
        .with_kind(SpanKind::Consumer)
        .with_start_time(at(60, 0))
        .with_links(vec![link])
        .start_with_context(tracer, &none);
    consume.end_with_timestamp(at(61, 0));

    // A trace id of this run's own, so that runs against one server stay apart.
    let trace_id = u128::from_be_bytes(consume.span_context().trace_id().to_bytes()) ^ 1;
    let remote = SpanContext::new(
        TraceId::from_bytes(trace_id.to_be_bytes()),
        SpanId::from_bytes(0x00f0_67aa_0ba9_02b7_u64.to_be_bytes()),
        TraceFlags::SAMPLED,
        true,
        TraceState::from_key_value([("vendor", "abc")]).expect("key and value are valid"),
    );
    let joined = none.with_remote_span_context(remote);
    tracer
        .span_builder("joined a remote trace")
        .with_kind(SpanKind::Server)
        .with_start_time(at(70, 0))
        .start_with_context(tracer, &joined)
        .end_with_timestamp(at(71, 0));
    database_context
}

fn send_logs(provider: &SdkLoggerProvider, scope: InstrumentationScope, span: &SpanContext) -> Json {
    let logger = provider.logger_with_scope(scope);
    let mut low = logger.create_log_record();
    low.set_body(AnyValue::from("stock is low: ünïcode"));
    low.set_severity_number(Severity::Warn);
    low.set_severity_text("WARN");
    low.add_attribute("stock.left", 3);
    low.add_attribute("stock.item", "honey");
    low.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
    logger.emit(low);
    let mut plain = logger.create_log_record();
    plain.set_body(AnyValue::from("plain line outside of any span"));
    plain.set_severity_number(Severity::Info);
    plain.set_severity_text("INFO");
    logger.emit(plain);
    let scope = json!({"name": "shop.orders", "version": "1.2.3"});
    json!([
        {
            "body": "stock is low: ünïcode",
            "severity_number": 13,
            "severity_text": "WARN",
            "scope": scope,
            "trace_id": span.trace_id().to_string(),
            "span_id": span.span_id().to_string(),
            "flags": span.trace_flags().to_u8(),
            "attributes": {"stock.left": {"int": "3"}, "stock.item": {"str": "honey"}},
        },
        {
            "body": "plain line outside of any span",
            "severity_number": 9,
            "severity_text": "INFO",
            "scope": scope,
            "trace_id": null,
            "span_id": null,
            "flags": 0,
            "attributes": {},
        },
    ])
}

/// Keeps every ended span as the SDK holds it.
#[derive(Debug, Clone, Default)]
struct Recorder {
    spans: Arc<Mutex<Vec<Json>>>,
}

impl SpanProcessor for Recorder {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.spans.lock().expect("no thread panicked with the lock").push(neutral(&span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn neutral(span: &SpanData) -> Json {
    let (status, message) = match &span.status {
        Status::Unset => (0, ""),
        Status::Ok => (1, ""),
        Status::Error { description } => (2, description.as_ref()),
    };
    let events: Vec<Json> = span
        .events
        .iter()
        .map(|event| json!({"name": event.name, "time_ns": nanoseconds(event.timestamp), "attributes": typed_map(&event.attributes)}))
        .collect();
    let links: Vec<Json> = span
        .links
        .iter()
        .map(|link| {
            let context = &link.span_context;
            json!({
                "trace_id": context.trace_id().to_string(),
                "span_id": context.span_id().to_string(),
                "flags": context.trace_flags().to_u8(),
                "attributes": typed_map(&link.attributes),
            })
        })
        .collect();
    json!({
        "trace_id": span.span_context.trace_id().to_string(),
        "span_id": span.span_context.span_id().to_string(),
        "parent_id": (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string()),
        "trace_state": span.span_context.trace_state().header(),
        "flags": span.span_context.trace_flags().to_u8(),
        "name": span.name,
        "kind": format!("{:?}", span.span_kind).to_lowercase(),
        "start_ns": nanoseconds(span.start_time),
        "end_ns": nanoseconds(span.end_time),
        "status": status,
        "status_message": message,
        "attributes": typed_map(&span.attributes),
        "events": events,
        "links": links,
        "scope": {"name": span.instrumentation_scope.name(), "version": span.instrumentation_scope.version().unwrap_or_default()},
        "scope_schema_url": span.instrumentation_scope.schema_url().unwrap_or_default(),
    })
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).expect("this century").as_nanos().to_string()
}

fn typed_map(attributes: &[KeyValue]) -> Map<String, Json> {
    attributes.iter().map(|pair| (pair.key.to_string(), typed(&pair.value))).collect()
}

/// A value with its OTLP type, so that 3 and 3.0 stay different in JSON.
fn typed(value: &Value) -> Json {
    let one = |kind: &str, value: Json| json!({kind: value});
    let int = |value: i64| one("int", value.to_string().into());
    match value {
        Value::Bool(value) => one("bool", (*value).into()),
        Value::I64(value) => int(*value),
        Value::F64(value) => one("double", (*value).into()),
        Value::String(value) => one("str", value.as_str().into()),
        Value::Array(Array::Bool(items)) => one("array", items.iter().map(|item| one("bool", (*item).into())).collect()),
        Value::Array(Array::I64(items)) => one("array", items.iter().map(|item| int(*item)).collect()),
        Value::Array(Array::F64(items)) => one("array", items.iter().map(|item| one("double", (*item).into())).collect()),
        Value::Array(Array::String(items)) => one("array", items.iter().map(|item| one("str", item.as_str().into())).collect()),
        other => one("unknown", format!("{other:?}").into()),
    }
}

fn strings(items: &[&'static str]) -> Value {
    Value::Array(Array::String(items.iter().map(|item| StringValue::from(*item)).collect()))
}

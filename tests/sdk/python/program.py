"""Sends a known set of spans, logs and metrics with the Python SDK and prints what the SDK itself says it sent.

Nothing here knows the server: the endpoint, the protocol and the compression come from the OTEL_* variables alone. The same file
runs with the SDK of early 2023 and with the current one.
"""

import json
import logging
import os
import sys
import time

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics import export as metric_data
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

PROTOCOL = os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]
if PROTOCOL == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
elif PROTOCOL == "http/protobuf":
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
else:
    sys.exit(f"the Python SDK has no exporter for {PROTOCOL}")

MS = 1_000_000


def typed(value):
    """A value with its OTLP type, so that 3 and 3.0 stay different in JSON."""
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"double": value}
    if isinstance(value, (list, tuple)):
        return {"array": [typed(item) for item in value]}
    return {"str": value}


def typed_map(attributes):
    return {key: typed(value) for key, value in (attributes or {}).items()}


class Recorder(SpanProcessor):
    """Keeps every ended span as the SDK holds it."""

    def __init__(self):
        self.spans = []

    def on_end(self, span):
        context = span.get_span_context()
        self.spans.append(
            {
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "parent_id": f"{span.parent.span_id:016x}" if span.parent else None,
                "trace_state": context.trace_state.to_header(),
                "flags": int(context.trace_flags),
                "name": span.name,
                "kind": span.kind.name.lower(),
                "start_ns": str(span.start_time),
                "end_ns": str(span.end_time),
                "status": {"UNSET": 0, "OK": 1, "ERROR": 2}[span.status.status_code.name],
                "status_message": span.status.description or "",
                "attributes": typed_map(span.attributes),
                "events": [
                    {"name": event.name, "time_ns": str(event.timestamp), "attributes": typed_map(event.attributes)}
                    for event in span.events
                ],
                "links": [
                    {
                        "trace_id": f"{link.context.trace_id:032x}",
                        "span_id": f"{link.context.span_id:016x}",
                        "flags": int(link.context.trace_flags),
                        "attributes": typed_map(link.attributes),
                    }
                    for link in span.links
                ],
                "scope": {"name": span.instrumentation_scope.name, "version": span.instrumentation_scope.version or ""},
                "scope_schema_url": span.instrumentation_scope.schema_url or "",
            }
        )


class LogRecorder(LogRecordProcessor):
    """Keeps every log record as the SDK holds it."""

    def __init__(self):
        self.records = []

    def on_emit(self, data):
        record = data.log_record
        self.records.append(
            {
                "body": record.body,
                "severity_number": record.severity_number.value,
                "severity_text": record.severity_text,
                "time_ns": str(record.timestamp),
                "trace_id": f"{record.trace_id:032x}" if record.trace_id else None,
                "span_id": f"{record.span_id:016x}" if record.span_id else None,
                "flags": int(record.trace_flags or 0),
                "attributes": typed_map(record.attributes),
                "scope": {"name": data.instrumentation_scope.name, "version": data.instrumentation_scope.version or ""},
            }
        )

    # Its name in 2023.
    emit = on_emit

    def shutdown(self):
        pass

    def force_flush(self, timeout_millis=30000):
        pass


class MetricRecorder(OTLPMetricExporter):
    """Keeps every batch of metrics as the SDK holds it, and sends it."""

    def export(self, metrics_data, *arguments, **named):
        for resource_metrics in metrics_data.resource_metrics:
            for scope_metrics in resource_metrics.scope_metrics:
                scope = {"name": scope_metrics.scope.name, "version": scope_metrics.scope.version or ""}
                METRICS.extend({"scope": scope} | neutral_metric(metric) for metric in scope_metrics.metrics)
        return super().export(metrics_data, *arguments, **named)


METRICS = []
KINDS = {"Gauge": "gauge", "Sum": "sum", "Histogram": "histogram", "ExponentialHistogram": "exponential_histogram"}


def neutral_metric(metric):
    data = metric.data
    temporality = getattr(data, "aggregation_temporality", None)
    return {
        "name": metric.name,
        "description": metric.description or "",
        "unit": metric.unit or "",
        "kind": KINDS[type(data).__name__],
        "temporality": {None: None, 1: "delta", 2: "cumulative"}[temporality and int(temporality)],
        "monotonic": getattr(data, "is_monotonic", None),
        "points": [neutral_point(point) for point in data.data_points],
    }


def neutral_point(point):
    common = {
        "attributes": typed_map(point.attributes),
        "start_ns": str(point.start_time_unix_nano or 0),
        "time_ns": str(point.time_unix_nano),
        "exemplars": [neutral_exemplar(exemplar) for exemplar in getattr(point, "exemplars", ())],
    }
    if isinstance(point, metric_data.NumberDataPoint):
        return common | {"value": typed(point.value)}
    totals = {"count": str(point.count), "sum": point.sum, "min": point.min, "max": point.max}
    if hasattr(point, "explicit_bounds"):
        return common | totals | {"bounds": list(point.explicit_bounds), "counts": [str(count) for count in point.bucket_counts]}
    sides = {name: neutral_buckets(getattr(point, name)) for name in ("positive", "negative")}
    return common | totals | {"scale": point.scale, "zero_count": str(point.zero_count), "zero_threshold": 0.0} | sides


def neutral_buckets(buckets):
    return {"offset": buckets.offset, "counts": [str(count) for count in buckets.bucket_counts]}


def neutral_exemplar(exemplar):
    return {
        "value": typed(exemplar.value),
        "time_ns": str(exemplar.time_unix_nano),
        "trace_id": f"{exemplar.trace_id:032x}" if exemplar.trace_id else None,
        "span_id": f"{exemplar.span_id:016x}" if exemplar.span_id else None,
        "attributes": typed_map(exemplar.filtered_attributes),
    }


def meter_provider(resource):
    # Collected once, at the end: the interval is longer than any run.
    reader = PeriodicExportingMetricReader(MetricRecorder(), export_interval_millis=3_600_000)
    return MeterProvider(metric_readers=[reader], resource=resource, views=exponential_views())


def exponential_views():
    """Where the SDK has them, sizes become an exponential histogram."""
    try:
        from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
    except ImportError:
        return []
    return [View(instrument_name="order.size", aggregation=ExponentialBucketHistogramAggregation())]


def send_metrics(provider, span):
    meter = provider.get_meter("shop.orders", "1.2.3")
    home, cart = {"http.route": "/", "http.status_code": 200}, {"http.route": "/cart", "http.status_code": 500}
    requests = meter.create_counter("orders.requests", unit="{request}", description="requests served: ünïcode")
    stock = meter.create_up_down_counter("orders.stock")
    times = meter.create_histogram("http.server.duration", unit="ms", description="time to answer")
    sizes = meter.create_histogram("order.size", unit="By")
    requests.add(3, home)
    requests.add(9007199254740993, cart)
    requests.add(1)
    stock.add(-2.5, home)
    for value in (0.2, 7.5, 30.0, 30.0, 12000.0):
        times.record(value, home)
    with trace.use_span(span):
        times.record(99.5, cart)
    for value in (1, 300, 5000, 5001):
        sizes.record(value)
    meter.create_observable_gauge("orders.temperature", [lambda _: [Observation(-3.5, home), Observation(21, cart)]], unit="Cel")


def send_known_spans(tracer):
    start = time.time_ns() - 10_000 * MS
    root = tracer.start_span("GET /orders/{id}", kind=SpanKind.SERVER, start_time=start)
    root.set_attributes(
        {
            "str.plain": "hello",
            "str.unicode": "žluťoučký kůň 🐝 日本語",
            "str.empty": "",
            "str.quoted": 'say "hi"\n\tback\\slash',
            "int.small": 42,
            "int.negative": -7,
            "int.big": 9007199254740993,
            "int.max": 9223372036854775807,
            "double.half": 0.5,
            "double.whole": 3.0,
            "double.tiny": 1e-300,
            "bool.true": True,
            "bool.false": False,
            "array.str": ["a", "b", "ü"],
            "array.int": [1, 2, 3],
            "array.double": [0.25, 1.5],
            "array.bool": [True, False],
            "array.empty": [],
            "http.method": "GET",
            "http.route": "/orders/{id}",
            "http.status_code": 500,
        }
    )
    within = trace.set_span_in_context(root)
    database = tracer.start_span("SELECT orders", context=within, kind=SpanKind.CLIENT, start_time=start + 10 * MS)
    database.set_attribute("db.system", "postgresql")
    database.set_attribute("db.statement", "SELECT * FROM orders WHERE id = $1")
    database.add_event("cache miss", {"cache.key": "orders:7", "cache.tries": 2}, timestamp=start + 12 * MS)
    database.add_event("row fetched", timestamp=start + 14 * MS + 1)
    database.set_status(Status(StatusCode.OK))
    database.end(start + 15 * MS)
    compute = tracer.start_span("compute total", context=within, kind=SpanKind.INTERNAL, start_time=start + 20 * MS + 123)
    try:
        raise ValueError("the cart is empty – žádné zboží")
    except ValueError as error:
        compute.record_exception(error, timestamp=start + 25 * MS)
        compute.set_status(Status(StatusCode.ERROR, "no items: ünïcode"))
    nested = tracer.start_span("nested", context=trace.set_span_in_context(compute), start_time=start + 21 * MS)
    nested.end(start + 22 * MS)
    compute.end(start + 30 * MS + 7)
    publish = tracer.start_span("orders send", context=within, kind=SpanKind.PRODUCER, start_time=start + 40 * MS)
    publish.end(start + 41 * MS)
    root.set_status(Status(StatusCode.ERROR))
    root.end(start + 50 * MS)

    link = Link(publish.get_span_context(), {"link.reason": "queue", "link.position": 1})
    consume = tracer.start_span("orders process", kind=SpanKind.CONSUMER, links=[link], start_time=start + 60 * MS)
    consume.end(start + 61 * MS)
    # A trace id of this run's own, so that runs against one server stay apart.
    remote = SpanContext(
        trace_id=consume.get_span_context().trace_id ^ 1,
        span_id=0x00F067AA0BA902B7,
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
        trace_state=TraceState([("vendor", "abc")]),
    )
    parent = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    joined = tracer.start_span("joined a remote trace", context=parent, kind=SpanKind.SERVER, start_time=start + 70 * MS)
    joined.end(start + 71 * MS)
    return database


def send_flask_request():
    """A route of an application with the framework's own instrumentation, called in process."""
    from flask import Flask
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    app = Flask("backend")
    FlaskInstrumentor().instrument_app(app)

    @app.route("/api/activities/home")
    def home():
        with trace.get_tracer("home.activities").start_as_current_span("home-activities-mock-data") as span:
            span.set_attribute("app.result_length", 3)
        return "ok"

    answer = app.test_client().get("/api/activities/home?page=2")
    assert answer.status_code == 200, answer.status


def send_logs(provider, span):
    """Through the standard library's logging, as applications do."""
    try:
        from opentelemetry.sdk._logs import LoggingHandler
    except ImportError:
        from opentelemetry.instrumentation.logging.handler import LoggingHandler
    logger = logging.getLogger("shop.orders")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(LoggingHandler(level=logging.INFO, logger_provider=provider))
    with trace.use_span(span):
        logger.warning("stock is low: ünïcode", extra={"stock.left": 3, "stock.item": "honey"})
    logger.info("plain line outside of any span")


def main():
    resource = Resource.create({"team.name": "žlutí", "team.size": 5, "team.load": 0.75, "team.remote": True, "team.tags": ["x", "y"]})
    recorder = Recorder()
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(recorder)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    log_recorder = LogRecorder()
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(log_recorder)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))

    span = send_known_spans(trace.get_tracer("shop.orders", "1.2.3"))
    send_flask_request()
    send_logs(logs, span)
    metrics = meter_provider(resource)
    send_metrics(metrics, span)
    metrics.shutdown()
    provider.shutdown()
    logs.shutdown()
    report = {"resource": typed_map(resource.attributes), "resource_schema_url": resource.schema_url}
    json.dump(report | {"spans": recorder.spans, "logs": log_recorder.records, "metrics": METRICS}, sys.stdout)


main()

// Sends a known set of spans, logs and metrics with the Node SDK and prints what the SDK itself says it sent.
//
// Nothing here knows the server: the endpoint and the protocol come from the OTEL_* variables alone.

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, context, createTraceState, metrics, trace } from "@opentelemetry/api";
import { SeverityNumber, logs } from "@opentelemetry/api-logs";
import { OTLPLogExporter as GrpcLogs } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { AggregationType, AggregationTemporality, DataPointType, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK, logs as sdkLogs, resources, tracing } from "@opentelemetry/sdk-node";

const EXPORTERS = {
  grpc: [GrpcTraces, GrpcLogs, GrpcMetrics],
  "http/json": [JsonTraces, JsonLogs, JsonMetrics],
  "http/protobuf": [ProtobufTraces, ProtobufLogs, ProtobufMetrics],
};
const [Traces, Logs, Metrics] = EXPORTERS[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];

/** A value with its OTLP type. The SDK sends every integral number as an integer. */
function typed(value) {
  if (Array.isArray(value)) return { array: value.map(typed) };
  if (typeof value === "boolean") return { bool: value };
  if (typeof value === "number") return Number.isInteger(value) ? { int: String(value) } : { double: value };
  return { str: value };
}

function typedMap(attributes) {
  const present = Object.entries(attributes ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, typed(value)]));
}

function nanoseconds([seconds, rest]) {
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(rest));
}

/** Keeps every ended span as the SDK holds it. */
class Recorder {
  spans = [];
  resource = null;
  onStart() {}
  onEnd(span) {
    this.resource = span.resource;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    this.spans.push({
      trace_id: traceId,
      span_id: spanId,
      parent_id: span.parentSpanContext?.spanId ?? null,
      trace_state: traceState?.serialize() ?? "",
      flags: traceFlags,
      name: span.name,
      kind: SpanKind[span.kind].toLowerCase(),
      start_ns: nanoseconds(span.startTime),
      end_ns: nanoseconds(span.endTime),
      status: span.status.code,
      status_message: span.status.message ?? "",
      attributes: typedMap(span.attributes),
      events: span.events.map((event) => ({ name: event.name, time_ns: nanoseconds(event.time), attributes: typedMap(event.attributes) })),
      links: span.links.map((link) => ({
        trace_id: link.context.traceId,
        span_id: link.context.spanId,
        flags: link.context.traceFlags,
        attributes: typedMap(link.attributes),
      })),
      scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version ?? "" },
      scope_schema_url: span.instrumentationScope.schemaUrl ?? "",
    });
  }
  async forceFlush() {}
  async shutdown() {}
}

/** Keeps every log record as the SDK holds it. */
class LogRecorder {
  records = [];
  onEmit(record) {
    this.records.push({
      body: record.body,
      severity_number: record.severityNumber,
      severity_text: record.severityText ?? "",
      time_ns: nanoseconds(record.hrTime),
      trace_id: record.spanContext?.traceId ?? null,
      span_id: record.spanContext?.spanId ?? null,
      flags: record.spanContext?.traceFlags ?? 0,
      attributes: typedMap(record.attributes),
      scope: { name: record.instrumentationScope.name, version: record.instrumentationScope.version ?? "" },
    });
  }
  async forceFlush() {}
  async shutdown() {}
}

/** Keeps every batch of metrics as the SDK holds it, and sends it. */
class MetricRecorder extends Metrics {
  metrics = [];
  export(batch, done) {
    for (const { scope, metrics } of batch.scopeMetrics) {
      this.metrics.push(...metrics.map((metric) => neutralMetric(scope, metric)));
    }
    super.export(batch, done);
  }
}

const KINDS = {
  [DataPointType.GAUGE]: "gauge",
  [DataPointType.SUM]: "sum",
  [DataPointType.HISTOGRAM]: "histogram",
  [DataPointType.EXPONENTIAL_HISTOGRAM]: "exponential_histogram",
};

function neutralMetric(scope, { descriptor, dataPointType, aggregationTemporality, isMonotonic, dataPoints }) {
  const kind = KINDS[dataPointType];
  return {
    scope: { name: scope.name, version: scope.version ?? "" },
    name: descriptor.name,
    description: descriptor.description,
    unit: descriptor.unit,
    kind,
    temporality: kind === "gauge" ? null : aggregationTemporality === AggregationTemporality.DELTA ? "delta" : "cumulative",
    monotonic: kind === "sum" ? isMonotonic : null,
    // The exporter goes by the instrument's type, not by the number.
    points: dataPoints.map((point) => neutralPoint(point, descriptor.valueType === 0)),
  };
}

function neutralPoint({ attributes, startTime, endTime, value }, isInt) {
  const common = { attributes: typedMap(attributes), start_ns: nanoseconds(startTime), time_ns: nanoseconds(endTime), exemplars: [] };
  if (typeof value === "number") return { ...common, value: isInt ? { int: String(value) } : { double: value } };
  const totals = { count: String(value.count), sum: value.sum ?? null, min: value.min ?? null, max: value.max ?? null };
  if (value.buckets) return { ...common, ...totals, bounds: value.buckets.boundaries, counts: value.buckets.counts.map(String) };
  const side = ({ offset, bucketCounts }) => ({ offset, counts: bucketCounts.map(String) });
  const sides = { positive: side(value.positive), negative: side(value.negative) };
  return { ...common, ...totals, scale: value.scale, zero_count: String(value.zeroCount), zero_threshold: 0, ...sides };
}

const recorder = new Recorder();
const metricRecorder = new MetricRecorder();
const logRecorder = new LogRecorder();
const sdk = new NodeSDK({
  resource: resources.resourceFromAttributes({ "team.name": "žlutí", "team.size": 5, "team.load": 0.75, "team.remote": true, "team.tags": ["x", "y"] }),
  spanProcessors: [recorder, new tracing.BatchSpanProcessor(new Traces())],
  // Collected once, at the end: the interval is longer than any run.
  metricReaders: [new PeriodicExportingMetricReader({ exporter: metricRecorder, exportIntervalMillis: 3_600_000 })],
  views: [{ instrumentName: "order.size", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  logRecordProcessors: [logRecorder, new sdkLogs.BatchLogRecordProcessor({ exporter: new Logs() })],
});
sdk.start();

const tracer = trace.getTracer("shop.orders", "1.2.3");
const startMs = Date.now() - 10_000;
const at = (ms) => startMs + ms;
/** [seconds, nanoseconds] for times that are no whole milliseconds. */
const exactly = (ms, ns) => [Math.floor(at(ms) / 1000), (at(ms) % 1000) * 1_000_000 + ns];

const root = tracer.startSpan("GET /orders/{id}", { kind: SpanKind.SERVER, startTime: at(0) }, ROOT_CONTEXT);
root.setAttributes({
  "str.plain": "hello",
  "str.unicode": "žluťoučký kůň 🐝 日本語",
  "str.empty": "",
  "str.quoted": 'say "hi"\n\tback\\slash',
  "int.small": 42,
  "int.negative": -7,
  "int.big": Number.MAX_SAFE_INTEGER,
  "double.half": 0.5,
  "double.tiny": 1e-300,
  "bool.true": true,
  "bool.false": false,
  "array.str": ["a", "b", "ü"],
  "array.int": [1, 2, 3],
  "array.double": [0.25, 1.5],
  "array.bool": [true, false],
  "array.empty": [],
  "http.request.method": "GET",
  "http.route": "/orders/{id}",
  "http.response.status_code": 500,
});
const within = trace.setSpan(ROOT_CONTEXT, root);
const database = tracer.startSpan("SELECT orders", { kind: SpanKind.CLIENT, startTime: at(10) }, within);
database.setAttribute("db.system.name", "postgresql");
database.setAttribute("db.query.text", "SELECT * FROM orders WHERE id = $1");
database.addEvent("cache miss", { "cache.key": "orders:7", "cache.tries": 2 }, at(12));
database.addEvent("row fetched", exactly(14, 1));
database.setStatus({ code: SpanStatusCode.OK });
database.end(at(15));
const compute = tracer.startSpan("compute total", { startTime: exactly(20, 123) }, within);
compute.recordException(new RangeError("the cart is empty – žádné zboží"), at(25));
compute.setStatus({ code: SpanStatusCode.ERROR, message: "no items: ünïcode" });
tracer.startSpan("nested", { startTime: at(21) }, trace.setSpan(within, compute)).end(at(22));
compute.end(exactly(30, 7));
const publish = tracer.startSpan("orders send", { kind: SpanKind.PRODUCER, startTime: at(40) }, within);
publish.end(at(41));
root.setStatus({ code: SpanStatusCode.ERROR });
root.end(at(50));

const links = [{ context: publish.spanContext(), attributes: { "link.reason": "queue", "link.position": 1 } }];
const consume = tracer.startSpan("orders process", { kind: SpanKind.CONSUMER, links, startTime: at(60) }, ROOT_CONTEXT);
consume.end(at(61));
const remote = trace.setSpanContext(ROOT_CONTEXT, {
  // A trace id of this run's own, so that runs against one server stay apart.
  traceId: consume.spanContext().traceId.replace(/^./, (digit) => (digit === "a" ? "b" : "a")),
  spanId: "00f067aa0ba902b7",
  isRemote: true,
  traceFlags: TraceFlags.SAMPLED,
  traceState: createTraceState("vendor=abc"),
});
tracer.startSpan("joined a remote trace", { kind: SpanKind.SERVER, startTime: at(70) }, remote).end(at(71));

const logger = logs.getLogger("shop.orders", "1.2.3");
logger.emit({
  body: "stock is low: ünïcode",
  severityNumber: SeverityNumber.WARN,
  severityText: "WARN",
  attributes: { "stock.left": 3, "stock.item": "honey" },
  context: trace.setSpan(context.active(), database),
});
logger.emit({ body: "plain line outside of any span", severityNumber: SeverityNumber.INFO, severityText: "INFO", context: ROOT_CONTEXT });

const meter = metrics.getMeter("shop.orders", "1.2.3");
const home = { "http.route": "/", "http.response.status_code": 200 };
const cart = { "http.route": "/cart", "http.response.status_code": 500 };
const requests = meter.createCounter("orders.requests", { unit: "{request}", description: "requests served: ünïcode", valueType: 0 });
requests.add(3, home);
requests.add(Number.MAX_SAFE_INTEGER, cart);
requests.add(1);
meter.createUpDownCounter("orders.stock").add(-2.5, home);
const times = meter.createHistogram("http.server.request.duration", { unit: "s", description: "time to answer" });
for (const value of [0.0002, 0.0075, 0.03, 0.03, 12]) times.record(value, home);
times.record(0.0995, cart);
const sizes = meter.createHistogram("order.size", { unit: "By" });
for (const value of [1, 300, 5000, 5001]) sizes.record(value);
meter.createObservableGauge("orders.temperature", { unit: "Cel" }).addCallback((gauge) => {
  gauge.observe(-3.5, home);
  gauge.observe(21.25, cart);
});

await sdk.shutdown();
const resource = { resource: typedMap(recorder.resource.attributes), resource_schema_url: recorder.resource.schemaUrl ?? "" };
process.stdout.write(JSON.stringify({ ...resource, spans: recorder.spans, logs: logRecorder.records, metrics: metricRecorder.metrics }));

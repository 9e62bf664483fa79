import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.DoubleExemplarData;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExemplarData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongExemplarData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Sends a known set of spans, logs and metrics with the Java SDK and prints what the SDK itself says it sent.
 *
 * <p>Nothing here knows the server: the endpoint and the protocol come from the OTEL_* variables alone.
 */
public final class Program {
  public static void main(String[] arguments) {
    Recorder recorder = new Recorder();
    List<Object> metrics = new CopyOnWriteArrayList<>();
    View exponential = View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build();
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .disableShutdownHook()
            .addResourceCustomizer((resource, config) -> resource.merge(Resource.create(team())))
            .addMetricExporterCustomizer((exporter, config) -> new MetricRecorder(exporter, metrics))
            .addMeterProviderCustomizer(
                (provider, config) -> provider.registerView(InstrumentSelector.builder().setName("order.size").build(), exponential))
            .addTracerProviderCustomizer((provider, config) -> provider.addSpanProcessor(recorder))
            .build()
            .getOpenTelemetrySdk();
    SpanContext database = sendKnownSpans(sdk.getSdkTracerProvider().tracerBuilder("shop.orders").setInstrumentationVersion("1.2.3").build());
    List<Object> logs = sendLogs(sdk.getSdkLoggerProvider().loggerBuilder("shop.orders").setInstrumentationVersion("1.2.3").build(), database);
    sendMetrics(sdk.getSdkMeterProvider().meterBuilder("shop.orders").setInstrumentationVersion("1.2.3").build(), database);
    sdk.shutdown().join(20, TimeUnit.SECONDS);

    Map<String, Object> report = new LinkedHashMap<>();
    report.put("resource", typedMap(recorder.resource.getAttributes()));
    report.put("resource_schema_url", Objects.requireNonNullElse(recorder.resource.getSchemaUrl(), ""));
    report.put("spans", recorder.spans);
    report.put("logs", logs);
    report.put("metrics", metrics);
    StringBuilder json = new StringBuilder();
    print(json, report);
    new PrintStream(System.out, true, StandardCharsets.UTF_8).println(json);
  }

  private static Attributes team() {
    return Attributes.builder()
        .put("team.name", "žlutí")
        .put("team.size", 5)
        .put("team.load", 0.75)
        .put("team.remote", true)
        .put("team.tags", "x", "y")
        .build();
  }

  private static SpanContext sendKnownSpans(Tracer tracer) {
    Clock clock = new Clock(System.currentTimeMillis() - 10_000);
    Span root =
        clock.start(tracer.spanBuilder("GET /orders/{id}").setNoParent().setSpanKind(SpanKind.SERVER), 0, 0);
    root.setAllAttributes(
        Attributes.builder()
            .put("str.plain", "hello")
            .put("str.unicode", "žluťoučký kůň 🐝 日本語")
            .put("str.empty", "")
            .put("str.quoted", "say \"hi\"\n\tback\\slash")
            .put("int.small", 42)
            .put("int.negative", -7)
            .put("int.big", 9007199254740993L)
            .put("int.max", Long.MAX_VALUE)
            .put("double.half", 0.5)
            .put("double.whole", 3.0)
            .put("double.tiny", 1e-300)
            .put("bool.true", true)
            .put("bool.false", false)
            .put("array.str", "a", "b", "ü")
            .put("array.int", 1, 2, 3)
            .put("array.double", 0.25, 1.5)
            .put("array.bool", true, false)
            .put(AttributeKey.stringArrayKey("array.empty"), List.of())
            .put("http.request.method", "GET")
            .put("http.route", "/orders/{id}")
            .put("http.response.status_code", 500)
            .build());
    Context within = Context.root().with(root);
    Span database =
        clock.start(tracer.spanBuilder("SELECT orders").setParent(within).setSpanKind(SpanKind.CLIENT), 10, 0);
    database.setAttribute("db.system.name", "postgresql");
    database.addEvent(
        "cache miss",
        Attributes.builder().put("cache.key", "orders:7").put("cache.tries", 2).build(),
        clock.at(12, 0),
        TimeUnit.NANOSECONDS);
    database.addEvent("row fetched", clock.at(14, 1), TimeUnit.NANOSECONDS);
    database.setStatus(StatusCode.OK);
    clock.end(database, 15, 0);

    Span compute = clock.start(tracer.spanBuilder("compute total").setParent(within), 20, 123);
    compute.recordException(new IllegalStateException("the cart is empty – žádné zboží"));
    compute.setStatus(StatusCode.ERROR, "no items: ünïcode");
    Span nested = clock.start(tracer.spanBuilder("nested").setParent(Context.root().with(compute)), 21, 0);
    clock.end(nested, 22, 0);
    clock.end(compute, 30, 7);
    Span publish =
        clock.start(tracer.spanBuilder("orders send").setParent(within).setSpanKind(SpanKind.PRODUCER), 40, 0);
    clock.end(publish, 41, 0);
    root.setStatus(StatusCode.ERROR);
    clock.end(root, 50, 0);

    Attributes why = Attributes.builder().put("link.reason", "queue").put("link.position", 1).build();
    Span consume =
        clock.start(
            tracer
                .spanBuilder("orders process")
                .setNoParent()
                .setSpanKind(SpanKind.CONSUMER)
                .addLink(publish.getSpanContext(), why),
            60,
            0);
    clock.end(consume, 61, 0);

    // A trace id of this run's own, so that runs against one server stay apart.
    String traceId = consume.getSpanContext().getTraceId();
    String other = (traceId.charAt(0) == 'a' ? "b" : "a") + traceId.substring(1);
    TraceState state = TraceState.builder().put("vendor", "abc").build();
    SpanContext remote = SpanContext.createFromRemoteParent(other, "00f067aa0ba902b7", TraceFlags.getSampled(), state);
    Span joined =
        clock.start(
            tracer
                .spanBuilder("joined a remote trace")
                .setParent(Context.root().with(Span.wrap(remote)))
                .setSpanKind(SpanKind.SERVER),
            70,
            0);
    clock.end(joined, 71, 0);
    return database.getSpanContext();
  }

  private static List<Object> sendLogs(Logger logger, SpanContext span) {
    logger
        .logRecordBuilder()
        .setContext(Context.root().with(Span.wrap(span)))
        .setSeverity(Severity.WARN)
        .setSeverityText("WARN")
        .setBody("stock is low: ünïcode")
        .setAttribute(AttributeKey.longKey("stock.left"), 3L)
        .setAttribute(AttributeKey.stringKey("stock.item"), "honey")
        .emit();
    logger
        .logRecordBuilder()
        .setContext(Context.root())
        .setSeverity(Severity.INFO)
        .setSeverityText("INFO")
        .setBody("plain line outside of any span")
        .emit();
    Attributes stock = Attributes.builder().put("stock.left", 3).put("stock.item", "honey").build();
    return List.of(
        record("stock is low: ünïcode", 13, span, stock),
        record("plain line outside of any span", 9, SpanContext.getInvalid(), Attributes.empty()));
  }

  private static Map<String, Object> record(String body, int severity, SpanContext span, Attributes attributes) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("body", body);
    out.put("severity_number", severity);
    out.put("severity_text", severity == 13 ? "WARN" : "INFO");
    out.put("scope", Map.of("name", "shop.orders", "version", "1.2.3"));
    out.put("trace_id", span.isValid() ? span.getTraceId() : null);
    out.put("span_id", span.isValid() ? span.getSpanId() : null);
    out.put("flags", (int) span.getTraceFlags().asByte());
    out.put("attributes", typedMap(attributes));
    return out;
  }

  private static void sendMetrics(Meter meter, SpanContext span) {
    AttributeKey<String> route = AttributeKey.stringKey("http.route");
    AttributeKey<Long> code = AttributeKey.longKey("http.response.status_code");
    Attributes home = Attributes.of(route, "/", code, 200L);
    Attributes cart = Attributes.of(route, "/cart", code, 500L);
    LongCounter requests = meter.counterBuilder("orders.requests").setUnit("{request}").setDescription("requests served: ünïcode").build();
    requests.add(3, home);
    requests.add(9007199254740993L, cart);
    requests.add(1);
    meter.upDownCounterBuilder("orders.stock").ofDoubles().build().add(-2.5, home);
    DoubleHistogram times = meter.histogramBuilder("http.server.request.duration").setUnit("s").setDescription("time to answer").build();
    for (double value : new double[] {0.0002, 0.0075, 0.03, 0.03, 12}) {
      times.record(value, home);
    }
    times.record(0.0995, cart, Context.root().with(Span.wrap(span)));
    DoubleHistogram sizes = meter.histogramBuilder("order.size").setUnit("By").build();
    for (double value : new double[] {0, 1, 300, 5000, 5001}) {
      sizes.record(value);
    }
    meter
        .gaugeBuilder("orders.temperature")
        .setUnit("Cel")
        .buildWithCallback(
            gauge -> {
              gauge.record(-3.5, home);
              gauge.record(21, cart);
            });
  }

  /** Times relative to the beginning of the run. */
  private record Clock(long startMs) {
    long at(long ms, long ns) {
      return (startMs + ms) * 1_000_000 + ns;
    }

    Span start(SpanBuilder builder, long ms, long ns) {
      return builder.setStartTimestamp(at(ms, ns), TimeUnit.NANOSECONDS).startSpan();
    }

    void end(Span span, long ms, long ns) {
      span.end(at(ms, ns), TimeUnit.NANOSECONDS);
    }
  }

  /** Keeps every ended span as the SDK holds it. */
  private static final class Recorder implements SpanProcessor {
    final List<Object> spans = new CopyOnWriteArrayList<>();
    Resource resource;

    @Override
    public void onStart(Context context, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan ended) {
      SpanData span = ended.toSpanData();
      resource = span.getResource();
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("trace_id", span.getTraceId());
      out.put("span_id", span.getSpanId());
      out.put("parent_id", span.getParentSpanContext().isValid() ? span.getParentSpanId() : null);
      StringBuilder state = new StringBuilder();
      span.getSpanContext().getTraceState().forEach((key, value) -> state.append(state.isEmpty() ? "" : ",").append(key).append('=').append(value));
      out.put("trace_state", state.toString());
      out.put("flags", (int) span.getSpanContext().getTraceFlags().asByte());
      out.put("name", span.getName());
      out.put("kind", span.getKind().name().toLowerCase(Locale.ROOT));
      out.put("start_ns", Long.toString(span.getStartEpochNanos()));
      out.put("end_ns", Long.toString(span.getEndEpochNanos()));
      out.put("status", span.getStatus().getStatusCode().ordinal());
      out.put("status_message", span.getStatus().getDescription());
      out.put("attributes", typedMap(span.getAttributes()));
      out.put("events", span.getEvents().stream().map(Recorder::event).toList());
      out.put("links", span.getLinks().stream().map(Recorder::link).toList());
      out.put("scope", scope(span));
      out.put("scope_schema_url", Objects.requireNonNullElse(span.getInstrumentationScopeInfo().getSchemaUrl(), ""));
      spans.add(out);
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }

    @Override
    public CompletableResultCode forceFlush() {
      return CompletableResultCode.ofSuccess();
    }

    private static Map<String, Object> event(EventData event) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("name", event.getName());
      out.put("time_ns", Long.toString(event.getEpochNanos()));
      out.put("attributes", typedMap(event.getAttributes()));
      return out;
    }

    private static Map<String, Object> link(LinkData link) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("trace_id", link.getSpanContext().getTraceId());
      out.put("span_id", link.getSpanContext().getSpanId());
      out.put("flags", (int) link.getSpanContext().getTraceFlags().asByte());
      out.put("attributes", typedMap(link.getAttributes()));
      return out;
    }

    private static Map<String, Object> scope(SpanData span) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("name", span.getInstrumentationScopeInfo().getName());
      out.put("version", Objects.requireNonNullElse(span.getInstrumentationScopeInfo().getVersion(), ""));
      return out;
    }
  }

  /** Keeps every batch of metrics as the SDK holds it, and sends it. */
  private record MetricRecorder(MetricExporter exporter, List<Object> metrics) implements MetricExporter {
    @Override
    public CompletableResultCode export(Collection<MetricData> batch) {
      batch.forEach(metric -> metrics.add(neutral(metric)));
      return exporter.export(batch);
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return exporter.getAggregationTemporality(type);
    }

    private static Map<String, Object> neutral(MetricData metric) {
      Map<String, Object> out = new LinkedHashMap<>();
      InstrumentationScopeInfo scope = metric.getInstrumentationScopeInfo();
      out.put("scope", Map.of("name", scope.getName(), "version", Objects.requireNonNullElse(scope.getVersion(), "")));
      out.put("name", metric.getName());
      out.put("description", metric.getDescription());
      out.put("unit", metric.getUnit());
      AggregationTemporality temporality = null;
      Boolean monotonic = null;
      String kind = metric.getType().name().toLowerCase(Locale.ROOT).replaceFirst("^(long|double)_", "");
      switch (metric.getType()) {
        case LONG_SUM -> {
          temporality = metric.getLongSumData().getAggregationTemporality();
          monotonic = metric.getLongSumData().isMonotonic();
        }
        case DOUBLE_SUM -> {
          temporality = metric.getDoubleSumData().getAggregationTemporality();
          monotonic = metric.getDoubleSumData().isMonotonic();
        }
        case HISTOGRAM -> temporality = metric.getHistogramData().getAggregationTemporality();
        case EXPONENTIAL_HISTOGRAM -> temporality = metric.getExponentialHistogramData().getAggregationTemporality();
        default -> {}
      }
      out.put("kind", kind);
      out.put("temporality", temporality == null ? null : temporality.name().toLowerCase(Locale.ROOT));
      out.put("monotonic", monotonic);
      out.put("points", metric.getData().getPoints().stream().map(MetricRecorder::point).toList());
      return out;
    }

    private static Map<String, Object> point(PointData point) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("attributes", typedMap(point.getAttributes()));
      out.put("start_ns", Long.toString(point.getStartEpochNanos()));
      out.put("time_ns", Long.toString(point.getEpochNanos()));
      out.put("exemplars", point.getExemplars().stream().map(MetricRecorder::exemplar).toList());
      if (point instanceof LongPointData number) {
        out.put("value", typed(number.getValue()));
      } else if (point instanceof DoublePointData number) {
        out.put("value", typed(number.getValue()));
      } else if (point instanceof HistogramPointData values) {
        out.put("count", Long.toString(values.getCount()));
        out.put("sum", values.getSum());
        out.put("min", values.hasMin() ? values.getMin() : null);
        out.put("max", values.hasMax() ? values.getMax() : null);
        out.put("bounds", values.getBoundaries());
        out.put("counts", values.getCounts().stream().map(String::valueOf).toList());
      } else if (point instanceof ExponentialHistogramPointData values) {
        out.put("count", Long.toString(values.getCount()));
        out.put("sum", values.getSum());
        out.put("min", values.hasMin() ? values.getMin() : null);
        out.put("max", values.hasMax() ? values.getMax() : null);
        out.put("scale", values.getScale());
        out.put("zero_count", Long.toString(values.getZeroCount()));
        out.put("zero_threshold", 0.0);
        out.put("positive", buckets(values.getPositiveBuckets()));
        out.put("negative", buckets(values.getNegativeBuckets()));
      }
      return out;
    }

    private static Map<String, Object> buckets(ExponentialHistogramBuckets buckets) {
      return Map.of("offset", buckets.getOffset(), "counts", buckets.getBucketCounts().stream().map(String::valueOf).toList());
    }

    private static Map<String, Object> exemplar(ExemplarData exemplar) {
      Map<String, Object> out = new LinkedHashMap<>();
      if (exemplar instanceof LongExemplarData number) {
        out.put("value", typed(number.getValue()));
      } else if (exemplar instanceof DoubleExemplarData number) {
        out.put("value", typed(number.getValue()));
      }
      out.put("time_ns", Long.toString(exemplar.getEpochNanos()));
      SpanContext span = exemplar.getSpanContext();
      out.put("trace_id", span.isValid() ? span.getTraceId() : null);
      out.put("span_id", span.isValid() ? span.getSpanId() : null);
      out.put("attributes", typedMap(exemplar.getFilteredAttributes()));
      return out;
    }
  }

  private static Map<String, Object> typedMap(Attributes attributes) {
    Map<String, Object> out = new LinkedHashMap<>();
    attributes.forEach((key, value) -> out.put(key.getKey(), typed(value)));
    return out;
  }

  /** A value with its OTLP type, so that 3 and 3.0 stay different in JSON. */
  private static Map<String, Object> typed(Object value) {
    if (value instanceof List<?> items) {
      List<Object> out = new ArrayList<>();
      items.forEach(item -> out.add(typed(item)));
      return Map.of("array", out);
    }
    if (value instanceof Long number) {
      return Map.of("int", number.toString());
    }
    if (value instanceof Double number) {
      return Map.of("double", number);
    }
    return value instanceof Boolean yes ? Map.of("bool", yes) : Map.of("str", value.toString());
  }

  private static void print(StringBuilder out, Object value) {
    if (value instanceof Map<?, ?> members) {
      String separator = "{";
      for (Map.Entry<?, ?> member : members.entrySet()) {
        out.append(separator);
        print(out, member.getKey());
        out.append(':');
        print(out, member.getValue());
        separator = ",";
      }
      out.append(members.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> items) {
      String separator = "[";
      for (Object item : items) {
        out.append(separator);
        print(out, item);
        separator = ",";
      }
      out.append(items.isEmpty() ? "[]" : "]");
    } else if (value instanceof String text) {
      out.append('"');
      text.chars().forEach(c -> out.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", c) : String.valueOf((char) c)));
      out.append('"');
    } else {
      out.append(value);
    }
  }
}

// Sends a known set of spans, logs and metrics with the Go SDK and prints what the SDK itself says it sent.
//
// Nothing here knows the server: the endpoint and the protocol come from the OTEL_* variables alone.
package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type object = map[string]any

// recorder keeps every ended span as the SDK holds it.
type recorder struct {
	mutex sync.Mutex
	spans []object
}

func (r *recorder) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (r *recorder) Shutdown(context.Context) error                  { return nil }
func (r *recorder) ForceFlush(context.Context) error                { return nil }

func (r *recorder) OnEnd(span sdktrace.ReadOnlySpan) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	events := []object{}
	for _, event := range span.Events() {
		events = append(events, object{"name": event.Name, "time_ns": nanoseconds(event.Time), "attributes": typedMap(event.Attributes)})
	}
	links := []object{}
	for _, link := range span.Links() {
		context := link.SpanContext
		links = append(links, object{
			"trace_id":   context.TraceID().String(),
			"span_id":    context.SpanID().String(),
			"flags":      byte(context.TraceFlags()),
			"attributes": typedMap(link.Attributes),
		})
	}
	var parent any
	if span.Parent().SpanID().IsValid() {
		parent = span.Parent().SpanID().String()
	}
	scope := span.InstrumentationScope()
	r.spans = append(r.spans, object{
		"trace_id":         span.SpanContext().TraceID().String(),
		"span_id":          span.SpanContext().SpanID().String(),
		"parent_id":        parent,
		"trace_state":      span.SpanContext().TraceState().String(),
		"flags":            byte(span.SpanContext().TraceFlags()),
		"name":             span.Name(),
		"kind":             strings.ToLower(span.SpanKind().String()),
		"start_ns":         nanoseconds(span.StartTime()),
		"end_ns":           nanoseconds(span.EndTime()),
		"status":           map[codes.Code]int{codes.Unset: 0, codes.Ok: 1, codes.Error: 2}[span.Status().Code],
		"status_message":   span.Status().Description,
		"attributes":       typedMap(span.Attributes()),
		"events":           events,
		"links":            links,
		"scope":            object{"name": scope.Name, "version": scope.Version},
		"scope_schema_url": scope.SchemaURL,
	})
}

// metricRecorder keeps every batch of metrics as the SDK holds it, and sends it.
type metricRecorder struct {
	sdkmetric.Exporter
	metrics []object
}

func (r *metricRecorder) Export(ctx context.Context, batch *metricdata.ResourceMetrics) error {
	for _, scope := range batch.ScopeMetrics {
		for _, each := range scope.Metrics {
			neutral := object{"name": each.Name, "description": each.Description, "unit": each.Unit, "temporality": nil, "monotonic": nil}
			neutral["scope"] = object{"name": scope.Scope.Name, "version": scope.Scope.Version}
			describe(neutral, each.Data)
			r.metrics = append(r.metrics, neutral)
		}
	}
	return r.Exporter.Export(ctx, batch)
}

func describe(neutral object, data metricdata.Aggregation) {
	switch data := data.(type) {
	case metricdata.Gauge[int64]:
		neutral["kind"], neutral["points"] = "gauge", numbers(data.DataPoints)
	case metricdata.Gauge[float64]:
		neutral["kind"], neutral["points"] = "gauge", numbers(data.DataPoints)
	case metricdata.Sum[int64]:
		neutral["kind"], neutral["points"] = "sum", numbers(data.DataPoints)
		neutral["temporality"], neutral["monotonic"] = temporality(data.Temporality), data.IsMonotonic
	case metricdata.Sum[float64]:
		neutral["kind"], neutral["points"] = "sum", numbers(data.DataPoints)
		neutral["temporality"], neutral["monotonic"] = temporality(data.Temporality), data.IsMonotonic
	case metricdata.Histogram[float64]:
		neutral["kind"], neutral["temporality"] = "histogram", temporality(data.Temporality)
		points := []object{}
		for _, point := range data.DataPoints {
			out := distribution(point.Attributes, point.StartTime, point.Time, point.Exemplars, point.Count, point.Sum, point.Min, point.Max)
			out["bounds"], out["counts"] = point.Bounds, counts(point.BucketCounts)
			points = append(points, out)
		}
		neutral["points"] = points
	case metricdata.ExponentialHistogram[float64]:
		neutral["kind"], neutral["temporality"] = "exponential_histogram", temporality(data.Temporality)
		points := []object{}
		for _, point := range data.DataPoints {
			out := distribution(point.Attributes, point.StartTime, point.Time, point.Exemplars, point.Count, point.Sum, point.Min, point.Max)
			out["scale"], out["zero_count"], out["zero_threshold"] = point.Scale, strconv.FormatUint(point.ZeroCount, 10), point.ZeroThreshold
			out["positive"] = object{"offset": point.PositiveBucket.Offset, "counts": counts(point.PositiveBucket.Counts)}
			out["negative"] = object{"offset": point.NegativeBucket.Offset, "counts": counts(point.NegativeBucket.Counts)}
			points = append(points, out)
		}
		neutral["points"] = points
	default:
		neutral["kind"], neutral["points"] = fmt.Sprintf("%T", data), []object{}
	}
}

func temporality(of metricdata.Temporality) string {
	return map[metricdata.Temporality]string{metricdata.DeltaTemporality: "delta", metricdata.CumulativeTemporality: "cumulative"}[of]
}

func number[N int64 | float64](value N) object {
	if integer, ok := any(value).(int64); ok {
		return object{"int": strconv.FormatInt(integer, 10)}
	}
	return object{"double": value}
}

func numbers[N int64 | float64](points []metricdata.DataPoint[N]) []object {
	out := []object{}
	for _, point := range points {
		out = append(out, object{
			"attributes": typedMap(point.Attributes.ToSlice()),
			"start_ns":   startNanoseconds(point.StartTime),
			"time_ns":    nanoseconds(point.Time),
			"exemplars":  exemplars(point.Exemplars),
			"value":      number(point.Value),
		})
	}
	return out
}

func distribution(
	attributes attribute.Set, start, at time.Time, samples []metricdata.Exemplar[float64], count uint64, sum float64, least, greatest metricdata.Extrema[float64],
) object {
	out := object{
		"attributes": typedMap(attributes.ToSlice()),
		"start_ns":   startNanoseconds(start),
		"time_ns":    nanoseconds(at),
		"exemplars":  exemplars(samples),
		"count":      strconv.FormatUint(count, 10),
		"sum":        sum,
		"min":        nil,
		"max":        nil,
	}
	if value, ok := least.Value(); ok {
		out["min"] = value
	}
	if value, ok := greatest.Value(); ok {
		out["max"] = value
	}
	return out
}

func counts(of []uint64) []string {
	out := []string{}
	for _, count := range of {
		out = append(out, strconv.FormatUint(count, 10))
	}
	return out
}

func exemplars[N int64 | float64](samples []metricdata.Exemplar[N]) []object {
	out := []object{}
	for _, sample := range samples {
		out = append(out, object{
			"value":      number(sample.Value),
			"time_ns":    nanoseconds(sample.Time),
			"trace_id":   id(sample.TraceID),
			"span_id":    id(sample.SpanID),
			"attributes": typedMap(sample.FilteredAttributes),
		})
	}
	return out
}

func id(bytes []byte) any {
	if len(bytes) == 0 {
		return nil
	}
	return hex.EncodeToString(bytes)
}

// startNanoseconds is what the exporter makes of a time that was never set.
func startNanoseconds(at time.Time) string {
	if at.IsZero() {
		return "0"
	}
	return nanoseconds(at)
}

func nanoseconds(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

func typedMap(attributes []attribute.KeyValue) object {
	out := object{}
	for _, pair := range attributes {
		out[string(pair.Key)] = typed(pair.Value)
	}
	return out
}

// typed is a value with its OTLP type, so that 3 and 3.0 stay different in JSON.
func typed(value attribute.Value) object {
	switch value.Type() {
	case attribute.BOOL:
		return object{"bool": value.AsBool()}
	case attribute.INT64:
		return object{"int": strconv.FormatInt(value.AsInt64(), 10)}
	case attribute.FLOAT64:
		return object{"double": value.AsFloat64()}
	case attribute.STRING:
		return object{"str": value.AsString()}
	case attribute.BOOLSLICE:
		return array(value.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return array(value.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return array(value.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		return array(value.AsStringSlice(), attribute.StringValue)
	case attribute.BYTESLICE:
		return object{"bytes": base64.StdEncoding.EncodeToString(value.AsByteSlice())}
	case attribute.SLICE:
		return array(value.AsSlice(), func(item attribute.Value) attribute.Value { return item })
	case attribute.MAP:
		return object{"map": typedMap(value.AsMap())}
	case attribute.EMPTY:
		return object{"empty": true}
	}
	return object{"unknown": value.Emit()}
}

func array[T any](items []T, one func(T) attribute.Value) object {
	out := []object{}
	for _, item := range items {
		out = append(out, typed(one(item)))
	}
	return object{"array": out}
}

func exporters(ctx context.Context, protocol string) (sdktrace.SpanExporter, sdklog.Exporter, error) {
	if protocol == "grpc" {
		spans, err := otlptracegrpc.New(ctx)
		if err != nil {
			return nil, nil, err
		}
		logs, err := otlploggrpc.New(ctx)
		return spans, logs, err
	}
	if protocol != "http/protobuf" {
		return nil, nil, fmt.Errorf("the Go SDK has no exporter for %s", protocol)
	}
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, err
	}
	logs, err := otlploghttp.New(ctx)
	return spans, logs, err
}

func metricExporter(ctx context.Context, protocol string) (sdkmetric.Exporter, error) {
	if protocol == "grpc" {
		return otlpmetricgrpc.New(ctx)
	}
	return otlpmetrichttp.New(ctx)
}

func sendMetrics(meter metric.Meter, span trace.SpanContext) error {
	home := metric.WithAttributes(attribute.String("http.route", "/"), attribute.Int("http.response.status_code", 200))
	cart := metric.WithAttributes(attribute.String("http.route", "/cart"), attribute.Int("http.response.status_code", 500))
	none, within := context.Background(), trace.ContextWithSpanContext(context.Background(), span)
	requests, err := meter.Int64Counter("orders.requests", metric.WithUnit("{request}"), metric.WithDescription("requests served: ünïcode"))
	if err != nil {
		return err
	}
	requests.Add(none, 3, home)
	requests.Add(none, 9007199254740993, cart)
	requests.Add(none, 1)
	stock, err := meter.Float64UpDownCounter("orders.stock")
	if err != nil {
		return err
	}
	stock.Add(none, -2.5, home)
	times, err := meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"), metric.WithDescription("time to answer"))
	if err != nil {
		return err
	}
	for _, value := range []float64{0.0002, 0.0075, 0.03, 0.03, 12} {
		times.Record(none, value, home)
	}
	times.Record(within, 0.0995, cart)
	sizes, err := meter.Float64Histogram("order.size", metric.WithUnit("By"))
	if err != nil {
		return err
	}
	for _, value := range []float64{0, 1, 300, 5000, 5001, -4} {
		sizes.Record(none, value)
	}
	_, err = meter.Float64ObservableGauge("orders.temperature", metric.WithUnit("Cel"), metric.WithFloat64Callback(
		func(_ context.Context, observer metric.Float64Observer) error {
			observer.Observe(-3.5, home)
			observer.Observe(21, cart)
			return nil
		}))
	return err
}

func sendKnownSpans(tracer trace.Tracer) trace.SpanContext {
	begin := time.Now().Add(-10 * time.Second)
	at := func(ms, ns int) time.Time {
		return begin.Add(time.Duration(ms)*time.Millisecond + time.Duration(ns))
	}
	start := func(ctx context.Context, name string, kind trace.SpanKind, ms, ns int, more ...trace.SpanStartOption) (context.Context, trace.Span) {
		return tracer.Start(ctx, name, append(more, trace.WithSpanKind(kind), trace.WithTimestamp(at(ms, ns)))...)
	}
	end := func(span trace.Span, ms, ns int) { span.End(trace.WithTimestamp(at(ms, ns))) }

	within, root := start(context.Background(), "GET /orders/{id}", trace.SpanKindServer, 0, 0)
	root.SetAttributes(
		attribute.String("str.plain", "hello"),
		attribute.String("str.unicode", "žluťoučký kůň 🐝 日本語"),
		attribute.String("str.empty", ""),
		attribute.String("str.quoted", "say \"hi\"\n\tback\\slash"),
		attribute.Int("int.small", 42),
		attribute.Int("int.negative", -7),
		attribute.Int64("int.big", 9007199254740993),
		attribute.Int64("int.max", math.MaxInt64),
		attribute.Float64("double.half", 0.5),
		attribute.Float64("double.whole", 3.0),
		attribute.Float64("double.tiny", 1e-300),
		attribute.Bool("bool.true", true),
		attribute.Bool("bool.false", false),
		attribute.StringSlice("array.str", []string{"a", "b", "ü"}),
		attribute.IntSlice("array.int", []int{1, 2, 3}),
		attribute.Float64Slice("array.double", []float64{0.25, 1.5}),
		attribute.BoolSlice("array.bool", []bool{true, false}),
		attribute.StringSlice("array.empty", []string{}),
		attribute.ByteSlice("bytes.some", []byte{0, 1, 254, 255}),
		attribute.Slice("array.mixed", attribute.IntValue(1), attribute.StringValue("two"), attribute.BoolValue(true)),
		attribute.Map("map.nested", attribute.String("name", "honey"), attribute.Map("size", attribute.Float64("kg", 0.5))),
		attribute.KeyValue{Key: "value.empty"},
		attribute.String("http.request.method", "GET"),
		attribute.String("http.route", "/orders/{id}"),
		attribute.Int("http.response.status_code", 500),
	)
	_, database := start(within, "SELECT orders", trace.SpanKindClient, 10, 0)
	database.SetAttributes(attribute.String("db.system.name", "postgresql"))
	details := trace.WithAttributes(attribute.String("cache.key", "orders:7"), attribute.Int("cache.tries", 2))
	database.AddEvent("cache miss", details, trace.WithTimestamp(at(12, 0)))
	database.AddEvent("row fetched", trace.WithTimestamp(at(14, 1)))
	database.SetStatus(codes.Ok, "")
	end(database, 15, 0)

	inCompute, compute := start(within, "compute total", trace.SpanKindInternal, 20, 123)
	compute.RecordError(errors.New("the cart is empty – žádné zboží"), trace.WithTimestamp(at(25, 0)), trace.WithStackTrace(true))
	compute.SetStatus(codes.Error, "no items: ünïcode")
	_, nested := start(inCompute, "nested", trace.SpanKindInternal, 21, 0)
	end(nested, 22, 0)
	end(compute, 30, 7)

	_, publish := start(within, "orders send", trace.SpanKindProducer, 40, 0)
	end(publish, 41, 0)
	root.SetStatus(codes.Error, "")
	end(root, 50, 0)

	link := trace.Link{
		SpanContext: publish.SpanContext(),
		Attributes:  []attribute.KeyValue{attribute.String("link.reason", "queue"), attribute.Int("link.position", 1)},
	}
	_, consume := start(context.Background(), "orders process", trace.SpanKindConsumer, 60, 0, trace.WithLinks(link))
	end(consume, 61, 0)

	// A trace id of this run's own, so that runs against one server stay apart.
	traceID := consume.SpanContext().TraceID()
	traceID[15] ^= 1
	state, _ := trace.ParseTraceState("vendor=abc")
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    traceID,
		SpanID:     trace.SpanID{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7},
		TraceFlags: trace.FlagsSampled,
		TraceState: state,
		Remote:     true,
	})
	_, joined := start(trace.ContextWithRemoteSpanContext(context.Background(), remote), "joined a remote trace", trace.SpanKindServer, 70, 0)
	end(joined, 71, 0)
	return database.SpanContext()
}

func sendLogs(logger log.Logger, span trace.SpanContext) []object {
	var low log.Record
	low.SetTimestamp(time.Now())
	low.SetBody(attribute.StringValue("stock is low: ünïcode"))
	low.SetSeverity(log.SeverityWarn)
	low.SetSeverityText("WARN")
	low.AddAttributes(attribute.Int("stock.left", 3), attribute.String("stock.item", "honey"))
	logger.Emit(trace.ContextWithSpanContext(context.Background(), span), low)
	var plain log.Record
	plain.SetTimestamp(time.Now())
	plain.SetBody(attribute.StringValue("plain line outside of any span"))
	plain.SetSeverity(log.SeverityInfo)
	plain.SetSeverityText("INFO")
	logger.Emit(context.Background(), plain)
	scope := object{"name": "shop.orders", "version": "1.2.3"}
	return []object{
		{
			"body":            "stock is low: ünïcode",
			"severity_number": 13,
			"severity_text":   "WARN",
			"scope":           scope,
			"trace_id":        span.TraceID().String(),
			"span_id":         span.SpanID().String(),
			"flags":           byte(span.TraceFlags()),
			"attributes":      object{"stock.left": object{"int": "3"}, "stock.item": object{"str": "honey"}},
		},
		{
			"body":            "plain line outside of any span",
			"severity_number": 9,
			"severity_text":   "INFO",
			"scope":           scope,
			"trace_id":        nil,
			"span_id":         nil,
			"flags":           0,
			"attributes":      object{},
		},
	}
}

func run() error {
	ctx := context.Background()
	spanExporter, logExporter, err := exporters(ctx, os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	if err != nil {
		return err
	}
	own := resource.NewSchemaless(
		attribute.String("team.name", "žlutí"),
		attribute.Int("team.size", 5),
		attribute.Float64("team.load", 0.75),
		attribute.Bool("team.remote", true),
		attribute.StringSlice("team.tags", []string{"x", "y"}),
	)
	all, err := resource.Merge(resource.Default(), own)
	if err != nil {
		return err
	}
	recorder := &recorder{spans: []object{}}
	tracers := sdktrace.NewTracerProvider(
		sdktrace.WithResource(all),
		sdktrace.WithSpanProcessor(recorder),
		sdktrace.WithBatcher(spanExporter),
	)
	loggers := sdklog.NewLoggerProvider(sdklog.WithResource(all), sdklog.WithProcessor(sdklog.NewBatchProcessor(logExporter)))
	span := sendKnownSpans(tracers.Tracer("shop.orders", trace.WithInstrumentationVersion("1.2.3")))
	records := sendLogs(loggers.Logger("shop.orders", log.WithInstrumentationVersion("1.2.3")), span)
	toExport, err := metricExporter(ctx, os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	if err != nil {
		return err
	}
	metrics := &metricRecorder{Exporter: toExport, metrics: []object{}}
	exponential := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "order.size"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	)
	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(all),
		sdkmetric.WithView(exponential),
		// Collected once, at the end: the interval is longer than any run.
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics, sdkmetric.WithInterval(time.Hour))),
	)
	if err := sendMetrics(meters.Meter("shop.orders", metric.WithInstrumentationVersion("1.2.3")), span); err != nil {
		return err
	}
	if err := errors.Join(tracers.Shutdown(ctx), loggers.Shutdown(ctx), meters.Shutdown(ctx)); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(object{
		"resource":            typedMap(all.Attributes()),
		"resource_schema_url": all.SchemaURL(),
		"spans":               recorder.spans,
		"logs":                records,
		"metrics":             metrics.metrics,
	})
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

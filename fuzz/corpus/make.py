#!/usr/bin/env python3
"""Writes the seeds of the OTLP corpora, beside this file. Python 3.8 or later; nothing to install."""
import base64
import json
import struct
from pathlib import Path

NOW = 1_700_000_000_000_000_000
TRACE, SPAN, PARENT = bytes(range(1, 17)), bytes(range(1, 9)), bytes(range(9, 17))
HERE = Path(__file__).parent


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def ld(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def vi(field, n):
    return varint(field << 3) + varint(n)


def f64(field, n):
    return varint(field << 3 | 1) + struct.pack("<Q", n)


def dbl(field, x):
    return varint(field << 3 | 1) + struct.pack("<d", x)


def f32(field, n):
    return varint(field << 3 | 5) + struct.pack("<I", n)


def any_value(v):
    if v is None:
        return b""
    if isinstance(v, bool):
        return vi(2, int(v))
    if isinstance(v, int):
        return vi(3, v)
    if isinstance(v, float):
        return dbl(4, v)
    if isinstance(v, str):
        return ld(1, v)
    if isinstance(v, bytes):
        return ld(7, v)
    if isinstance(v, list):
        return ld(5, b"".join(ld(1, any_value(e)) for e in v))
    return ld(6, b"".join(ld(1, pair(k, e)) for k, e in v.items()))


def pair(k, v):
    return ld(1, k) + ld(2, any_value(v))


def attrs(field, d):
    return b"".join(ld(field, pair(k, v)) for k, v in d.items())


def json_value(v):
    if v is None:
        return {}
    if isinstance(v, bool):
        return {"boolValue": v}
    if isinstance(v, int):
        return {"intValue": str(v)}
    if isinstance(v, float):
        return {"doubleValue": v}
    if isinstance(v, str):
        return {"stringValue": v}
    if isinstance(v, bytes):
        return {"bytesValue": base64.b64encode(v).decode()}
    if isinstance(v, list):
        return {"arrayValue": {"values": [json_value(e) for e in v]}}
    return {"kvlistValue": {"values": json_attrs(v)}}


def json_attrs(d):
    return [{"key": k, "value": json_value(v)} for k, v in d.items()]


VALUES = {
    "http.route": "/cart/{id}", "http.response.status_code": 200, "ratio": 0.25, "cached": True, "empty": None, "blob": b"\x00\xff",
    "list": ["a", 1, [2.5, None]], "map": {"a": {"b": {"c": 1}}, "none": {}}, "sampleRate": 4, "negative": -1, "quoted": "\"\\\n\u00e4\U0001f600",
}
RESOURCE = {"service.name": "cart", "telemetry.sdk.language": "python", "http.route": "loses"}


def envelope(items, library=False):
    scope = ld(1, ld(1, "opentelemetry.instrumentation.flask") + ld(2, "0.37b0")) + b"".join(ld(2, i) for i in items) + ld(3, "url")
    return ld(1, ld(1, attrs(1, RESOURCE) + vi(2, 1)) + ld(1000 if library else 2, scope) + ld(3, "url"))


def span():
    event = f64(1, NOW + 1000) + ld(2, "exception") + attrs(3, {"exception.type": "KeyError", "exception.message": "'id'"}) + vi(4, 1)
    link = ld(1, TRACE) + ld(2, PARENT) + ld(3, "v=1") + attrs(4, {"why": "batch"}) + f32(6, 1)
    return (ld(1, TRACE) + ld(2, SPAN) + ld(3, "ot=th:8") + ld(4, PARENT) + ld(5, "GET /cart") + vi(6, 2) + f64(7, NOW) + f64(8, NOW + 10**6)
            + attrs(9, VALUES) + vi(10, 1) + ld(11, event) + vi(12, 1) + ld(13, link) + vi(14, 1) + ld(15, ld(2, "boom") + vi(3, 2)) + f32(16, 257))


def log():
    return (f64(1, NOW) + vi(2, 9) + ld(3, "INFO") + ld(5, any_value(VALUES)) + attrs(6, VALUES) + vi(7, 1) + f32(8, 1) + ld(9, TRACE)
            + ld(10, SPAN) + f64(11, NOW + 1) + ld(12, "checkout"))


def packed(field, form, numbers):
    return ld(field, b"".join(struct.pack(form, n) for n in numbers))


def exemplar():
    return attrs(7, {"user": "u"}) + f64(2, NOW) + dbl(3, 0.5) + ld(4, SPAN) + ld(5, TRACE)


def metric(name, kind):
    """A metric of every kind, all points of one time."""
    times = f64(2, NOW - 10**9) + f64(3, NOW)
    if kind == "sum":
        points = [attrs(7, {"a": "b"}) + times + dbl(4, 1.5) + ld(5, exemplar()), attrs(7, {"a": "c"}) + times + f64(6, 7) + vi(8, 0)]
        return ld(1, name) + ld(3, "1") + ld(7, b"".join(ld(1, p) for p in points) + vi(2, 2) + vi(3, 1)) + attrs(12, {"prometheus.type": "counter"})
    if kind == "gauge":
        return ld(1, name) + ld(2, "text") + ld(5, ld(1, times + dbl(4, float("nan"))) + ld(1, times + vi(8, 1)))
    if kind == "histogram":
        point = attrs(9, {"a": "b"}) + times + f64(4, 6) + dbl(5, 9.5) + packed(6, "<Q", [1, 2, 3]) + packed(7, "<d", [0.5, 1.0]) + dbl(11, 0.1) + dbl(12, 7.0)
        return ld(1, name) + ld(3, "s") + ld(9, ld(1, point) + vi(2, 1))
    if kind == "exponential":
        side = vi(1, 3) + ld(2, b"".join(varint(n) for n in [1, 0, 300]))
        point = attrs(1, {"a": "b"}) + times + f64(4, 604) + dbl(5, 9.5) + vi(6, 4) + f64(7, 2) + ld(8, side) + ld(9, side) + dbl(14, 0.001)
        return ld(1, name) + ld(10, ld(1, point) + vi(2, 2))
    point = attrs(7, {"a": "b"}) + times + f64(4, 3) + dbl(5, 9.5) + ld(6, dbl(1, 0.5) + dbl(2, 2.0)) + ld(6, dbl(1, 1.0) + dbl(2, 3.0))
    return ld(1, name) + ld(11, ld(1, point))


KINDS = ["sum", "gauge", "histogram", "exponential", "summary"]


def json_span():
    return {
        "traceId": TRACE.hex(), "spanId": SPAN.hex(), "parentSpanId": PARENT.hex(), "traceState": "ot=th:8", "flags": 257, "name": "GET /cart", "kind": 2,
        "startTimeUnixNano": str(NOW), "endTimeUnixNano": str(NOW + 10**6), "attributes": json_attrs(VALUES), "droppedAttributesCount": 1,
        "events": [{"timeUnixNano": str(NOW + 1000), "name": "exception", "attributes": json_attrs({"exception.type": "KeyError"})}],
        "links": [{"traceId": TRACE.hex(), "spanId": PARENT.hex(), "attributes": json_attrs({"why": "batch"})}], "status": {"code": 2, "message": "boom"},
    }


def json_log():
    return {
        "timeUnixNano": str(NOW), "observedTimeUnixNano": str(NOW + 1), "severityNumber": 9, "severityText": "INFO", "body": json_value(VALUES),
        "attributes": json_attrs(VALUES), "flags": 1, "traceId": TRACE.hex(), "spanId": SPAN.hex(), "eventName": "checkout",
    }


def json_metrics():
    times = {"startTimeUnixNano": str(NOW - 10**9), "timeUnixNano": str(NOW)}
    labels = {"attributes": json_attrs({"a": "b"})}
    exemplar = {"timeUnixNano": str(NOW), "asDouble": 0.5, "traceId": TRACE.hex(), "spanId": SPAN.hex(), "filteredAttributes": json_attrs({"user": "u"})}
    buckets = {"offset": -2, "bucketCounts": ["1", "0", "300"]}
    totals = {"sum": 9.5, "min": 0.1, "max": 7.0}
    return [
        {"name": "requests", "unit": "1", "metadata": json_attrs({"prometheus.type": "counter"}), "sum": {
            "dataPoints": [times | labels | {"asDouble": 1.5, "exemplars": [exemplar]}, times | {"asInt": "7"}], "aggregationTemporality": 2, "isMonotonic": True}},
        {"name": "load", "description": "text", "gauge": {"dataPoints": [times | {"asDouble": "NaN"}, times | {"flags": 1}]}},
        {"name": "time", "unit": "s", "histogram": {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "dataPoints": [
            times | labels | totals | {"count": "6", "bucketCounts": ["1", 2, "3"], "explicitBounds": [0.5, "1.0"]}]}},
        {"name": "size", "exponential_histogram": {"aggregation_temporality": "2", "data_points": [
            times | labels | totals | {"count": 604, "scale": 4, "zeroCount": "2", "zeroThreshold": 0.001, "positive": buckets, "negative": buckets}]}},
        {"name": "old", "summary": {"dataPoints": [times | {"count": "3", "sum": 9.5, "quantileValues": [{"quantile": 0.5, "value": 2}, {"quantile": 1, "value": 3}]}]}},
    ]


def json_envelope(resource_items, scope_items, items, contents):
    scope = {"scope": {"name": "lib", "version": "1"}, items: contents, "schemaUrl": "url"}
    return json.dumps({resource_items: [{"resource": {"attributes": json_attrs(RESOURCE)}, scope_items: [scope], "schemaUrl": "url"}]}).encode()


LENIENT = (
    '{"resource_spans":[null,{"instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"old"},"spans":[{"trace_id":"%s","spanId":"%s",'
    '"startTimeUnixNano":1.7e18,"endTimeUnixNano":null,"kind":"SPAN_KIND_SERVER","droppedAttributesCount":-1,"x":[{}],"n\\u0061me":"\\ud83d\\ude00\\ud800",'
    '"attributes":[{"key":"big","value":{"intValue":1e20}},{"key":"go","value":{"Value":{"StringValue":"x"}}},'
    '{"key":"js","value":{"bytesValue":{"0":1,"1":255}}},{"key":"two","value":{"stringValue":"a","boolValue":"true"}}]}]}]}]}'
) % (TRACE.hex().upper(), SPAN.hex())


def deep(levels):
    value = any_value(1)
    for _ in range(levels):
        value = ld(5, ld(1, value))
    return envelope([ld(1, TRACE) + ld(2, SPAN) + f64(7, NOW) + ld(9, ld(1, "deep") + ld(2, value))])


def write(target, name, content):
    (HERE / target).mkdir(exist_ok=True)
    (HERE / target / name).write_bytes(content)


write("otlp-traces-protobuf", "good-span", envelope([span(), span()]))
write("otlp-traces-protobuf", "good-library", envelope([span()], library=True))
write("otlp-traces-protobuf", "good-deep", deep(40))
write("otlp-traces-protobuf", "too-deep", deep(60))
write("otlp-traces-protobuf", "group", envelope([span()]) + b"\x13\x08\x01\x14")
write("otlp-traces-protobuf", "invalid-text", envelope([span().replace(b"GET", b"G\xff\xc3")]))
write("otlp-logs-protobuf", "good-log", envelope([log(), log()]))
write("otlp-logs-protobuf", "good-empty", envelope([b""]))
write("otlp-metrics-protobuf", "good-every-kind", envelope([metric(f"m.{kind}", kind) for kind in KINDS]))
write("otlp-metrics-protobuf", "good-twice", envelope([metric("m", kind) for kind in KINDS + KINDS]))
write("otlp-metrics-protobuf", "no-temporality", envelope([metric("m", "sum").replace(vi(2, 2) + vi(3, 1), vi(3, 1) + vi(3, 1))]))
for kind in KINDS:
    write("otlp-metrics-protobuf", f"good-{kind}", envelope([metric("requests", kind)]))
write("otlp-traces-json", "good-span", json_envelope("resourceSpans", "scopeSpans", "spans", [json_span()]))
write("otlp-traces-json", "good-lenient", LENIENT.encode())
write("otlp-traces-json", "too-deep", b'{"x":' + b"[" * 200 + b"]" * 200 + b"}")
write("otlp-logs-json", "good-log", json_envelope("resourceLogs", "scopeLogs", "logRecords", [json_log()]))
write("otlp-metrics-json", "good-every-kind", json_envelope("resourceMetrics", "scopeMetrics", "metrics", json_metrics()))
for metric in json_metrics():
    write("otlp-metrics-json", f"good-{metric['name']}", json_envelope("resourceMetrics", "scopeMetrics", "metrics", [metric]))

"""What an SDK sent, as the rows that must be shown, against the rows that are shown."""

import json
import re
import time

from .server import Refused

# Present on every row, with a value of the server's own.
SERVERS_OWN = ("meta.ingest_time",)
# A hash of what else the row of a metric says.
SERIES = "metric.series"
# The W3C flags of spans and links: some SDKs send them, some only that they know whether the parent is remote, the old ones
# nothing at all.
FLAGS = ("trace.flags", "trace.link.flags")
REMOTE_IS_KNOWN = 0x100
# Set by the SDK while it exports, where nobody can look.
OBSERVED_TIME = "meta.observed_time_ns"
SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
INSTRUMENTATION_SCOPES = ("io.opentelemetry", "opentelemetry.instrumentation", "@opentelemetry/instrumentation")
# Rows are readable when the SDK has its answer; this only bounds how long a broken server is waited for.
PATIENCE_SECONDS = 10
PERCENTILES = ("p001", "p01", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "p99", "p999")


class Mismatch(Exception):
    """Something was not read back as it was sent."""


def read_back_equal(server, service, sent, window="LAST 1h"):
    """Compares everything in a window of time; returns the number of rows compared."""
    expected = expected_rows(service, sent)
    traces = {span["trace_id"] for span in sent["spans"]}
    trace_rows = []
    for trace_id in sorted(traces):
        trace = wait_for_trace(server, trace_id, [row for row in expected if row["fields"].get("trace.trace_id") == trace_id])
        check_tree(trace, [span for span in sent["spans"] if span["trace_id"] == trace_id])
        trace_rows += trace["rows"]
    in_traces = [row for row in expected if "trace.trace_id" in row["fields"]]
    check_rows(f"the traces of {service}", in_traces, trace_rows)
    events = server.post("/hive/v1/e/local/events", {"text": f'WHERE service.name = "{service}" {window}', "limit": 1000})
    check_rows(f"the events of {service}", expected, events["rows"])
    return len(expected)


def wait_for_trace(server, trace_id, expected):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            trace = server.get(f"/hive/v1/e/local/traces/{trace_id}")
            if len(trace["rows"]) >= len(expected) or time.monotonic() > deadline:
                return trace
        except Refused as refused:
            if refused.status != 404 or time.monotonic() > deadline:
                raise Mismatch(f"trace {trace_id} cannot be read: {refused}") from refused
        time.sleep(0.05)


def check_tree(trace, spans):
    """Every span hangs below its parent, or below a stand-in for one that was never sent."""
    nodes = trace["nodes"]
    by_id = {node["span_id"]: node for node in nodes}
    for span in spans:
        node = by_id.get(span["span_id"])
        if node is None:
            raise Mismatch(f"span {span['name']} is not in the tree of trace {trace['trace_id']}")
        parent = None if node["parent"] is None else nodes[node["parent"]]["span_id"]
        if parent != span["parent_id"]:
            raise Mismatch(f"span {span['name']} hangs below {parent}, not {span['parent_id']}")
        if int(node["duration_ns"]) != int(span["end_ns"]) - int(span["start_ns"]):
            raise Mismatch(f"span {span['name']} lasts {node['duration_ns']} ns")


def check_rows(what, expected, shown):
    """Equal as sets of rows; rows are paired by what identifies them."""
    left = {identity(row): row for row in shown}
    if len(left) != len(shown):
        raise Mismatch(f"{what}: {len(shown)} rows with {len(left)} identities")
    problems = []
    for row in expected:
        other = left.pop(identity(row), None)
        if other is None:
            problems.append(f"not found: {identity(row)}")
        else:
            problems += differences(row, other)
    problems += [f"not sent: {key}" for key in left]
    if problems:
        raise Mismatch(f"{what} differ: {problems[0]}" + "".join(f"\n    {problem}" for problem in problems[1:40]))


def identity(row):
    fields = row["fields"]
    if fields["meta.signal_type"] == "metric":
        return metric_identity(row)
    names = ("trace.trace_id", "trace.span_id", "trace.parent_id", "meta.annotation_type", "meta.annotation_index", "body", "service.name")
    return tuple(str(fields.get(name)) for name in names)


def metric_identity(row):
    """The time, the metrics, and all fields that are none of these."""
    metrics = row["fields"].get("metric.descriptors", {})
    others = {
        name: value
        for name, value in row["fields"].items()
        if name not in (*SERVERS_OWN, SERIES) and not any(name == metric or name.startswith(f"{metric}.") for metric in metrics)
    }
    others["metric.descriptors"] = sorted(metrics)
    return row["time_ns"], str(sorted(others.items()))


def check_percentiles(fields):
    """Takes a row's percentiles out of it; they must ascend, between the least and the greatest value."""
    problems = []
    for metric, descriptor in fields.get("metric.descriptors", {}).items():
        if descriptor["kind"] not in ("histogram", "exponential_histogram"):
            continue
        values = [fields.pop(f"{metric}.{name}", None) for name in PERCENTILES]
        if not fields.get(f"{metric}.count"):
            continue
        if any(not isinstance(value, float) for value in values):
            problems.append(f"{metric} has no percentiles")
        elif values != sorted(values) or values[0] < fields[f"{metric}.min"] or values[-1] > fields[f"{metric}.max"]:
            problems.append(f"{metric} has the percentiles {values}")
    return problems


def differences(expected, shown):
    where = f"{expected['fields'].get('name', expected['fields'].get('body'))}"
    want, have = dict(expected["fields"]), dict(shown["fields"])
    found = []
    for name in SERVERS_OWN:
        if not isinstance(have.pop(name, None), int):
            found.append(f"{where}: {name} is missing")
    found += [f"{where}: {problem}" for problem in check_percentiles(have)]
    if want["meta.signal_type"] == "metric" and not re.fullmatch("[0-9a-f]{16}", str(have.pop(SERIES, None))):
        found.append(f"{where}: {SERIES} is no series")
    if want["meta.signal_type"] == "log" and not isinstance(have.pop(OBSERVED_TIME, 0), int):
        found.append(f"{where}: {OBSERVED_TIME} is no integer")
    for name in FLAGS if want["meta.signal_type"] != "metric" else ():
        sent, flags = want.pop(name, 0), have.pop(name, REMOTE_IS_KNOWN)
        if not (isinstance(flags, int) and flags & REMOTE_IS_KNOWN and flags & 0xFF in (0, sent)):
            found.append(f"{where}: {name} is {flags!r}, sent as {sent}")
    if expected["time_ns"] is not None and shown["time_ns"] != expected["time_ns"]:
        found.append(f"{where}: time {shown['time_ns']}, not {expected['time_ns']}")
    for name in sorted(want.keys() | have.keys()):
        if name not in have:
            found.append(f"{where}: {name} is missing, sent as {want[name]!r}")
        elif name not in want:
            found.append(f"{where}: {name} = {have[name]!r} was not sent")
        elif not same(want[name], have[name]):
            found.append(f"{where}: {name} is {have[name]!r}, sent as {want[name]!r}")
    missing = set(expected["resource_keys"]) - set(shown.get("resource_keys", []))
    if missing:
        found.append(f"{where}: not known to come from the resource: {sorted(missing)}")
    return found


def same(want, have):
    """Equal in type too: 3 is not 3.0, 1 is not true."""
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(same(one, other) for one, other in zip(want, have))
    if isinstance(want, dict) and isinstance(have, dict):
        return want.keys() == have.keys() and all(same(want[name], have[name]) for name in want)
    return type(want) is type(have) and want == have


# === what must be shown ===


def expected_rows(service, sent):
    rows = []
    for span in sent["spans"]:
        rows += span_rows(service, sent, span)
    rows += [log_row(service, sent, record) for record in sent["logs"]]
    return rows + metric_rows(service, sent)


def span_rows(service, sent, span):
    shared = shared_fields(service, sent, "trace") | scope_fields(span)
    failed = {"error": True} if span["status"] == 2 else {}
    ids = {"trace.trace_id": span["trace_id"]}
    rows = []
    counts = {"span_event": 0, "link": 0}

    def annotation(kind, time_ns, fields):
        common = {
            "trace.parent_id": span["span_id"],
            "parent_name": span["name"],
            "meta.annotation_type": kind,
            "meta.annotation_index": counts[kind],
            "is_root": False,
        }
        counts[kind] += 1
        rows.append(row(sent, time_ns, shared | ids | failed | common | fields))

    for event in span["events"]:
        since = max(0, int(event["time_ns"]) - int(span["start_ns"]))
        early = {"meta.invalid_time_since_span_start": True} if int(event["time_ns"]) < int(span["start_ns"]) else {}
        fields = {"name": event["name"], "meta.time_since_span_start_ms": since / 1e6}
        annotation("span_event", event["time_ns"], fields | early | plain_map(event["attributes"]))
    for link in span["links"]:
        fields = {"trace.link.trace_id": link["trace_id"], "trace.link.span_id": link["span_id"], "trace.link.flags": link["flags"]}
        annotation("link", span["start_ns"], fields | plain_map(link["attributes"]))

    own = plain_map(span["attributes"])
    exceptions = [event for event in span["events"] if event["name"] == "exception"]
    copied = {}
    if exceptions:
        copied = {key: value for key, value in plain_map(exceptions[0]["attributes"]).items() if key.startswith("exception.")}
    synthesized = {
        "trace.span_id": span["span_id"],
        "name": span["name"],
        "span.kind": span["kind"],
        "type": span["kind"],
        "duration_ms": (int(span["end_ns"]) - int(span["start_ns"])) / 1e6,
        "status_code": span["status"],
        "span.num_events": len(span["events"]),
        "span.num_links": len(span["links"]),
        "is_root": span["parent_id"] is None,
        "trace.flags": span["flags"],
    }
    optional = {
        "trace.parent_id": span["parent_id"],
        "status_message": span["status_message"],
        "trace.trace_state": span["trace_state"],
    }
    present = {name: value for name, value in optional.items() if value}
    rows.append(row(sent, span["start_ns"], shared | ids | synthesized | present | failed | copied | own))
    return rows


def log_row(service, sent, record):
    fields = shared_fields(service, sent, "log") | scope_fields(record) | plain_map(record["attributes"])
    number = record["severity_number"]
    fields |= {"body": record["body"], "severity_code": number, "severity": SEVERITIES[(number - 1) // 4]}
    fields |= {"severity_text": record["severity_text"], "flags": record["flags"]}
    if record["trace_id"]:
        fields |= {
            "trace.trace_id": record["trace_id"],
            "trace.parent_id": record["span_id"],
            "meta.annotation_type": "span_event",
            "is_root": False,
        }
    return row(sent, record.get("time_ns"), fields)


def metric_rows(service, sent):
    """One row for all points of equal scope, attributes, start and time."""
    rows = {}
    for metric in sent["metrics"]:
        for point in metric["points"]:
            key = json.dumps([metric["scope"], point["attributes"], point["start_ns"], point["time_ns"]], sort_keys=True)
            if key not in rows:
                fields = shared_fields(service, sent, "metric") | scope_fields(metric) | plain_map(point["attributes"])
                fields |= {"meta.dataset": "unknown_metrics", "metric.descriptors": {}}
                if point["start_ns"] != "0":
                    fields["metric.start_time_ns"] = int(point["start_ns"])
                rows[key] = row(sent, point["time_ns"], fields)
            fields = rows[key]["fields"]
            fields["metric.descriptors"][metric["name"]] = descriptor(metric)
            fields |= point_fields(metric["name"], point)
    return list(rows.values())


def descriptor(metric):
    optional = {name: metric[name] for name in ("unit", "description", "temporality", "monotonic")}
    return {"kind": metric["kind"]} | {name: value for name, value in optional.items() if value not in (None, "")}


def point_fields(name, point):
    fields = {}
    if point["exemplars"]:
        fields[f"{name}.exemplars"] = [plain_exemplar(exemplar) for exemplar in point["exemplars"]]
    if "value" in point:
        return fields | {name: plain(point["value"])}
    count = int(point["count"])
    totals = {"count": count, "min": point["min"], "max": point["max"], "sum": point["sum"]}
    if point["sum"] is not None and count > 0:
        totals["avg"] = point["sum"] / count
    fields |= {f"{name}.{part}": float(value) if part != "count" else value for part, value in totals.items() if value is not None}
    if "bounds" in point:
        buckets = {"bounds": [float(bound) for bound in point["bounds"]], "counts": [int(count) for count in point["counts"]]}
    else:
        sides = {side: {"offset": point[side]["offset"], "counts": [int(count) for count in point[side]["counts"]]} for side in ("positive", "negative")}
        buckets = {"scale": point["scale"], "zero_count": int(point["zero_count"]), "zero_threshold": float(point["zero_threshold"])} | sides
    return fields | {f"{name}.histogram": buckets}


def plain_exemplar(exemplar):
    shown = {"time_ns": exemplar["time_ns"], "value": plain(exemplar["value"])}
    shown |= {name: exemplar[name] for name in ("trace_id", "span_id") if exemplar[name]}
    return shown | ({"attributes": plain_map(exemplar["attributes"])} if exemplar["attributes"] else {})


def row(sent, time_ns, fields):
    return {"time_ns": time_ns, "fields": fields, "resource_keys": list(sent["resource"])}


def shared_fields(service, sent, signal):
    url = sent["resource_schema_url"]
    return (
        plain_map(sent["resource"])
        | ({"resource.schema_url": url} if url else {})
        | {
            "meta.signal_type": signal,
            "meta.source": "otlp",
            "meta.dataset": re.sub(r"[^a-z0-9_.~-]+", "-", service.lower()),
            "meta.sample_rate": 1.0,
        }
    )


def scope_fields(span):
    name, version, url = span["scope"]["name"], span["scope"]["version"], span.get("scope_schema_url", "")
    fields = {"library.name": name, "library.version": version, "scope.schema_url": url}
    if name.startswith(INSTRUMENTATION_SCOPES):
        fields["telemetry.instrumentation_library"] = True
    return {key: value for key, value in fields.items() if value}


def plain_map(attributes, prefix=""):
    """Attributes as fields: maps are flattened with dots, everything else keeps its type."""
    fields = {}
    for key, value in attributes.items():
        if "map" in value:
            fields |= plain_map(value["map"], f"{prefix}{key}.")
        else:
            fields[prefix + key] = plain(value)
    return fields


def plain(value):
    ((kind, content),) = value.items()
    if kind == "array":
        return [plain(item) for item in content]
    if kind == "int":
        return int(content)
    if kind == "double":
        return float(content)
    return None if kind == "empty" else content

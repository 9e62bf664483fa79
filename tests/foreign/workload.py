"""Spans and logs that make files hard to read, and questions about them."""

import random
import string
import time

# More keys than a file has columns for (1,024); no digits, so that they do not look generated.
NAMES = [f"wide.{a}{b}.{c}" for a in string.ascii_lowercase[:13] for b in string.ascii_lowercase[:10] for c in "abcdefghij"]
# Longer than a column's name may be (255 bytes).
LONG = "long." + "k" * 295


def value(of):
    match of:
        case bool():
            return {"boolValue": of}
        case int():
            return {"intValue": str(of)}
        case float():
            return {"doubleValue": of}
        case list():
            return {"arrayValue": {"values": [value(item) for item in of]}}
        case None:
            return {}
        case _:
            return {"stringValue": of}


def attributes(of):
    return [{"key": key, "value": value(item)} for key, item in of.items()]


def request(signal, service, records):
    resource = {"attributes": attributes({"service.name": service})}
    if signal == "traces":
        return "/v1/traces", {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": records}]}]}
    return "/v1/logs", {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}


def rounds():
    """Two rounds of requests, as (path, body). The same numbers each time, but for the time."""
    rng = random.Random(7)
    start_ns = (int(time.time()) - 3_000) * 10**9
    for number, kinds in enumerate([("str", "i64"), ("f64", "bool", "json", "str")]):
        bodies = []
        for service in ("cart", "checkout", "Front End"):
            spans, logs = [], []
            for _ in range(300):
                at = start_ns + rng.randrange(2_000 * 10**9)
                spans.append(
                    {
                        "traceId": f"{rng.getrandbits(127) + 1:032x}",
                        "spanId": f"{rng.getrandbits(63) + 1:016x}",
                        "name": f"work {rng.randrange(3)}",
                        "kind": 2,
                        "startTimeUnixNano": str(at),
                        "endTimeUnixNano": str(at + rng.randrange(10**9)),
                        "attributes": attributes(fields(rng, kinds, number)),
                    }
                )
                logs.append(
                    {
                        "timeUnixNano": str(at),
                        "severityNumber": rng.choice([9, 13, 17]),
                        "body": value(f"line {rng.randrange(100)}"),
                        "attributes": attributes(fields(rng, kinds, number)),
                    }
                )
            bodies += [request("traces", service, spans), request("logs", service, logs)]
        yield bodies


def fields(rng, kinds, number):
    found = {"size": rng.randrange(1_000) if number == 0 else rng.random() * 1_000}
    kind = rng.choice([*kinds, "none"])
    mixed = {"str": "word", "i64": rng.randrange(100), "f64": rng.random(), "bool": rng.random() < 0.5, "json": [1, "a"]}
    if kind != "none":
        found["mixed"] = mixed[kind]
    for name in rng.sample(NAMES, 6):
        found[name] = rng.randrange(1_000)
    if rng.random() < 0.2:
        found[LONG] = "value"
    if rng.random() < 0.2:
        found["empty"] = None
    # Keys that look like columns of the store's own.
    found["_seq"] = "not that one"
    found["odd@i64"] = "text"
    return found


def checks():
    """Questions: the text for Glasshive, and what a reader needs to know to answer it."""
    questions = [("COUNT", None), ("COUNT", "mixed"), ("SUM", "size"), ("MAX", "size"), ("COUNT", LONG), ("COUNT", "empty")]
    questions += [("COUNT", "_seq"), ("COUNT", "odd@i64"), ("SUM", NAMES[0]), ("SUM", NAMES[-1]), ("COUNT", NAMES[700])]
    found = []
    for calculation, key in questions:
        for group in (None, "service.name"):
            # An attribute that was sent empty exists, and has no value to count.
            called = f"COUNT WHERE `{key}` exists" if key and calculation == "COUNT" else calculation + (f"(`{key}`)" if key else "")
            query = called + (f" GROUP BY {group}" if group else "")
            found.append({"query": query, "calculation": calculation, "key": key, "group": group})
    return found

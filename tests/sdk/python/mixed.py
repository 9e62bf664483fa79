"""Answers requests of one given trace with a framework's own instrumentation, and asks a database on their behalf.

Which names the attributes have is the SDK's doing: those of its time, or, today, those that OTEL_SEMCONV_STABILITY_OPT_IN asks for.
Prints the spans as the SDK holds them: id, kind, attributes.
"""

import json
import os
import sys

from flask import Flask
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind


def database_attributes():
    """What a call of a database is told by, in the words of this SDK's conventions."""
    values = ("postgresql", "shop", "SELECT", "SELECT * FROM orders", "db.example", 5432)
    if "http" in os.environ.get("OTEL_SEMCONV_STABILITY_OPT_IN", ""):
        from opentelemetry.semconv.attributes import db_attributes, server_attributes

        keys = ("DB_SYSTEM_NAME", "DB_NAMESPACE", "DB_OPERATION_NAME", "DB_QUERY_TEXT")
        names = [getattr(db_attributes, key) for key in keys] + [server_attributes.SERVER_ADDRESS, server_attributes.SERVER_PORT]
    else:
        from opentelemetry.semconv.trace import SpanAttributes

        keys = ("DB_SYSTEM", "DB_NAME", "DB_OPERATION", "DB_STATEMENT", "NET_PEER_NAME", "NET_PEER_PORT")
        names = [getattr(SpanAttributes, key) for key in keys]
    return dict(zip(names, values))


class Recorder(SpanProcessor):
    """Keeps every ended span as the SDK holds it."""

    spans = []

    def on_end(self, span):
        context = span.get_span_context()
        self.spans.append(
            {
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "kind": span.kind.name.lower(),
                "attributes": dict(span.attributes),
            }
        )


def main():
    provider = TracerProvider(resource=Resource.create({}))
    provider.add_span_processor(Recorder())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    app = Flask("shop")
    FlaskInstrumentor().instrument_app(app)

    @app.route("/orders", methods=["GET", "POST"])
    def orders():
        with trace.get_tracer("shop.orders").start_as_current_span("SELECT orders", kind=SpanKind.CLIENT) as span:
            span.set_attributes(database_attributes())
        return "ok"

    @app.route("/broken")
    def broken():
        return "no", 500

    client = app.test_client()
    headers = {"traceparent": os.environ["MIXED_TRACEPARENT"], "user-agent": "mixed/1.0"}
    for method, path in (("GET", "/orders"), ("POST", "/orders"), ("GET", "/broken")):
        client.open(path, method=method, headers=headers)
    provider.shutdown()
    json.dump(Recorder.spans, sys.stdout)


main()

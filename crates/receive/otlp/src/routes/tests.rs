use super::*;
use glasshive_base_http::Router;
use glasshive_model::{Appended, Grant, SinkError, Submission};

struct Nothing;

impl EventSink for Nothing {
    fn append(&self, _: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        Box::pin(std::future::ready(Ok(Appended::Stored { sequence: 1 })))
    }

    fn admit(&self, _: usize) -> Result<(), SinkError> {
        Ok(())
    }
}

impl KeyTable for Nothing {
    fn find(&self, _: &str) -> Option<Grant> {
        None
    }
}

#[test]
fn the_rows() {
    let router = Router::new(routes(OtlpConfig::default(), Arc::new(Nothing), Arc::new(Nothing), &Registry::default()));
    let rows: Vec<String> = router.routes().map(|route| format!("{route:?}{}", if route.cors { " cors" } else { "" })).collect();
    assert_eq!(
        rows,
        [
            "grpc_traces POST /opentelemetry.proto.collector.trace.v1.TraceService/Export Ingest",
            "grpc_logs POST /opentelemetry.proto.collector.logs.v1.LogsService/Export Ingest",
            "grpc_metrics POST /opentelemetry.proto.collector.metrics.v1.MetricsService/Export Ingest",
            "grpc_health POST /grpc.health.v1.Health/Check Public",
            "grpc_unknown GET, POST, PUT, DELETE, PATCH, OPTIONS /{*method} Ingest",
            "otlp_missed POST / Ingest cors",
            "otlp_traces POST /v1/traces Ingest cors",
            "otlp_logs POST /v1/logs Ingest cors",
            "otlp_metrics POST /v1/metrics Ingest cors",
            "otlp_profiles POST /v1development/profiles Ingest cors",
            "otlp_traces POST /otlp/v1/traces Ingest cors",
            "otlp_logs POST /otlp/v1/logs Ingest cors",
            "otlp_metrics POST /otlp/v1/metrics Ingest cors",
            "otlp_profiles POST /otlp/v1development/profiles Ingest cors",
        ]
    );
}

#[test]
fn otlp10_media_types() {
    for (content_type, expected) in [
        ("application/json", Some(Encoding::Json)),
        ("Application/JSON; charset=utf-8", Some(Encoding::Json)),
        ("application/x-protobuf", Some(Encoding::Protobuf)),
        ("application/protobuf", Some(Encoding::Protobuf)),
        ("application/vnd.google.protobuf;x=y", Some(Encoding::Protobuf)),
        ("text/plain", None),
        ("application/jsonl", None),
        ("", None),
    ] {
        let headers = [(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type))].into_iter().collect();
        let request = Request::synthetic(http::Method::POST, "/", headers, "");
        assert_eq!(encoding_of(request.head()), expected, "{content_type}");
    }
}

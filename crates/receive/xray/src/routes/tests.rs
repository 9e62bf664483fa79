use super::*;
use crate::config::XrayConfig;
use crate::support::{NOW_NS, Stage, shown};
use glasshive_model::SinkError;
use http::{HeaderMap, Method};
use serde_json::{Value, json as object};

struct Port {
    stage: Stage,
    routes: Vec<Route>,
}

impl Port {
    fn new(failures: Vec<SinkError>) -> Self {
        let stage = Stage::new(failures);
        let sampling = Arc::new(Sampling::new(&XrayConfig::default(), NOW_NS));
        Self { routes: routes(stage.intake.clone(), sampling), stage }
    }

    /// Status, error type and body of the answer to a call.
    fn ask(&self, name: &str, path: &str, body: &str) -> (u16, String, Value) {
        let route = self.routes.iter().find(|route| route.name == name).unwrap();
        let request = Request::synthetic(Method::POST, path, HeaderMap::new(), body.to_owned());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let response = runtime.block_on(route.handler.handle(request));
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert_eq!(header("x-amzn-requestid").len(), 36);
        let body = serde_json::from_slice(response.body().whole()).unwrap_or(Value::Null);
        (response.status().as_u16(), header("x-amzn-errortype"), body)
    }
}

#[test]
fn rules_for_every_way_to_ask() {
    let port = Port::new(Vec::new());
    for body in ["", "{}", "{\"NextToken\": null}", " \n"] {
        let (status, _, answer) = port.ask("xray_rules", "/GetSamplingRules", body);
        assert_eq!((status, &answer["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"]), (200, &object!("Default")), "{body}");
    }
    assert_eq!(port.ask("xray_rules", "/GetSamplingRules", "[]").1, "SerializationException");
    assert_eq!(port.ask("xray_rules", "/GetSamplingRules", "{").1, "SerializationException");
}

#[test]
fn targets_and_statistics() {
    let port = Port::new(Vec::new());
    let report =
        r#"{"SamplingStatisticsDocuments":[{"RuleName":"Default","ClientID":"c","RequestCount":1,"SampleCount":1,"Timestamp":null}]}"#;
    let (status, _, answer) = port.ask("xray_targets", "/SamplingTargets", report);
    assert_eq!((status, &answer["SamplingTargetDocuments"][0]["ReservoirQuota"]), (200, &object!(1)));
    assert!(answer["LastRuleModification"].is_number() && answer["UnprocessedStatistics"].is_array());
    let (_, _, answer) = port.ask("xray_statistics", "/SamplingStatisticSummaries", "");
    assert_eq!(answer["SamplingStatisticSummaries"][0]["SampledCount"], object!(1));
    assert_eq!(port.ask("xray_telemetry", "/TelemetryRecords", r#"{"TelemetryRecords":[],"Hostname":""}"#).2, object!({}));
}

#[test]
fn fifty_documents_of_which_one_is_none() {
    let port = Port::new(Vec::new());
    let document = |number: usize| {
        format!(
            r#"{{"id":"{:016x}","name":"shop","trace_id":"1-57ff426a-80c11c39b0c928905eb0828d","start_time":1476347498.5,"end_time":1476347499}}"#,
            number + 1
        )
    };
    let mut documents: Vec<String> = (0..49).map(document).collect();
    documents.insert(7, "[]".to_owned());
    let (status, _, answer) = port.ask("xray_segments", "/TraceSegments", &object!({"TraceSegmentDocuments": documents}).to_string());
    let expected = object!([{"ErrorCode": "MissingId", "Message": "Invalid segment. ErrorCode: MissingId"}]);
    assert_eq!((status, &answer["UnprocessedTraceSegments"]), (200, &expected));
    assert_eq!(shown(&port.stage.taken.recv().unwrap().rows).len(), 49);

    let bad = r#"{"id":"zz","name":"shop"}"#;
    let (_, _, answer) = port.ask("xray_segments", "/TraceSegments", &object!({"TraceSegmentDocuments": [bad]}).to_string());
    assert_eq!(answer["UnprocessedTraceSegments"][0]["Id"], object!("zz"));
    assert_eq!(port.stage.taken.try_iter().count(), 0);
    let large = object!({"TraceSegmentDocuments": ["x".repeat((1 << 20) + 1)]}).to_string();
    let (_, _, answer) = port.ask("xray_segments", "/TraceSegments", &large);
    assert_eq!(answer["UnprocessedTraceSegments"][0]["ErrorCode"], object!("SegmentTooLarge"));
}

#[test]
fn what_is_sent_again_is_known_by_its_documents_alone() {
    let port = Port::new(Vec::new());
    let own = r#""trace_id":"1-57ff426a-80c11c39b0c928905eb0828d","start_time":1476347498,"end_time":1476347499}"#;
    let child = format!(r#"{{"id":"2222222222222222","parent_id":"1111111111111111","type":"subsegment","name":"c",{own}"#);
    let segment = format!(r#"{{"id":"1111111111111111","name":"s",{own}"#);
    let body = object!({"TraceSegmentDocuments": [child, segment]}).to_string();
    let sent = [(); 2].map(|()| {
        port.ask("xray_segments", "/TraceSegments", &body);
        port.stage.taken.recv().unwrap()
    });
    // The second time the child's segment is known, so that the log says more of it.
    assert_ne!(sent[0].body, sent[1].body);
    assert_eq!(sent[0].body_hash, sent[1].body_hash);
}

#[test]
fn errors_in_the_words_of_typed_clients() {
    let port = Port::new(vec![SinkError::Busy { queued_bytes: 1 }]);
    for (name, path, body, status, code) in [
        ("xray_segments", "/TraceSegments", "{}", 400, "InvalidRequestException"),
        ("xray_segments", "/TraceSegments", r#"{"TraceSegmentDocuments":[7]}"#, 400, "InvalidRequestException"),
        ("xray_segments", "/TraceSegments", "7", 400, "SerializationException"),
        ("xray_targets", "/SamplingTargets", "7", 400, "SerializationException"),
        ("xray_other", "/TraceSummaries", "{}", 403, "AccessDeniedException"),
        ("xray_other", "/nothing", "{}", 404, "UnknownOperationException"),
    ] {
        let (found, kind, body) = port.ask(name, path, body);
        assert_eq!((found, kind.as_str(), body["__type"].as_str()), (status, code, Some(code)), "{path}");
        assert_eq!(body["message"], body["Message"]);
    }
    let document = r#"{"id":"1111111111111111","name":"s","trace_id":"1-57ff426a-80c11c39b0c928905eb0828d","start_time":1476347498,"end_time":1476347499}"#;
    let (status, kind, _) = port.ask("xray_segments", "/TraceSegments", &object!({"TraceSegmentDocuments": [document]}).to_string());
    assert_eq!((status, kind.as_str()), (429, "ThrottledException"));
}

#[test]
fn very_many_faults_of_one_text_are_told_in_few_words() {
    let port = Port::new(Vec::new());
    let many = format!("[{}]", vec!["{}"; 1_500].join(","));
    let body = object!({"TraceSegmentDocuments": [many, "{}"]}).to_string();
    let (status, _, answer) = port.ask("xray_segments", "/TraceSegments", &body);
    let told = answer["UnprocessedTraceSegments"].as_array().unwrap();
    assert_eq!((status, told.len()), (200, 11));
    let reasons: Vec<String> = port.stage.refusals.entries().into_iter().map(|refused| refused.reason).collect();
    assert_eq!(reasons.len(), 11);
    assert!(reasons.iter().any(|reason| reason.contains("and 991 more of this text")), "{reasons:?}");
    let metrics = port.stage.registry.render();
    assert!(metrics.contains("glasshive_xray_segments_rejected_total{reason=\"MissingId\"} 1001"), "{metrics}");
}

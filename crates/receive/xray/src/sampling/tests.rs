use super::*;
use glasshive_wire_xray::json;

const NOW_NS: i64 = 1_700_000_000_000_000_000;

fn ask(sampling: &Sampling, body: &str) -> serde_json::Value {
    let request = TargetsRequest::read(&json::parse(body.as_bytes()).unwrap()).unwrap();
    serde_json::to_value(sampling.targets(request, NOW_NS)).unwrap()
}

#[test]
fn a_cycle_of_rules_and_targets() {
    let sampling = Sampling::new(&XrayConfig::default(), NOW_NS);
    let rules = serde_json::to_value(sampling.rules()).unwrap();
    let record = &rules["SamplingRuleRecords"][0];
    assert_eq!(record["SamplingRule"]["RuleARN"], "arn:aws:xray:us-east-1:000000000000:sampling-rule/Default");
    assert_eq!((&record["CreatedAt"], record["SamplingRule"].as_object().unwrap().len()), (&serde_json::json!(0.0), 13));
    let answer = ask(
        &sampling,
        r#"{"SamplingStatisticsDocuments":[
            {"RuleName":"Default","ClientID":"aabbccddeeff001122334455","RequestCount":30,"BorrowCount":1,"SampledCount":2,"Timestamp":1700000000},
            {"RuleName":"Gone","ClientID":"aabbccddeeff001122334455","RequestCount":1,"Timestamp":1700000000},
            {"RuleName":"Default","ClientID":"a","RequestCount":1,"Timestamp":1699999000},
            {"RuleName":"Default","ClientID":"a","RequestCount":1,"Timestamp":1700001000}]}"#,
    );
    let expected = serde_json::json!({
        "SamplingTargetDocuments": [
            {"RuleName": "Default", "FixedRate": 0.05, "ReservoirQuota": 1, "ReservoirQuotaTTL": 1_700_000_300, "Interval": 10}],
        "LastRuleModification": 1_700_000_000.0,
        "UnprocessedStatistics": [
            {"RuleName": "Gone", "ErrorCode": "400", "Message": "Unknown rule"},
            {"RuleName": "Default", "ErrorCode": "400", "Message": "Statistics document too old"},
            {"RuleName": "Default", "ErrorCode": "400", "Message": "Statistics document lies in the future"}],
    });
    assert_eq!(answer, expected);
    assert_eq!(ask(&sampling, r#"{"SamplingBoostStatisticsDocuments":[{}]}"#)["UnprocessedBoostStatistics"], serde_json::json!([]));
    let summary = Summary { rule_name: "Default".to_owned(), timestamp: 1.7e9, request_count: 30, borrow_count: 1, sampled_count: 2 };
    assert_eq!(sampling.summaries(), [summary]);
}

#[test]
fn statistics_of_half_an_hour_are_remembered() {
    let sampling = Sampling::new(&XrayConfig::default(), NOW_NS);
    for minute in 0..60 {
        let now_ns = NOW_NS + minute * 60_000_000_000;
        let report = Statistics {
            rule_name: "Default".to_owned(),
            client_id: "c".to_owned(),
            requests: 1,
            borrowed: 0,
            sampled: 0,
            timestamp_s: None,
        };
        sampling.targets(TargetsRequest { statistics: vec![report], ..TargetsRequest::default() }, now_ns);
    }
    assert_eq!(sampling.summaries().len(), 31);
}

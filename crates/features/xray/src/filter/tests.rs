use super::*;
use crate::forest::Forest;
use crate::trace::Trace;

const ACCEPTED: &[&str] = &[
    "",
    "  ",
    "responsetime > 5",
    "ok !partial duration <3",
    "ok = false",
    "http.url AND responseTime > 2",
    "!annotation.age",
    "annotation[aws.local.service] = \"x\"",
    "user CONTAINS \"\"",
    "service() { fault }",
    "service(\"data-plane\") {root = true and fault = true}",
    "edge(\"a\", \"b\") { error }",
    "service(id(type: \"AWS::Lambda::Function\")) { error }",
    "service(id(account.id: \"123456789012\"))",
    "(service(id(type: \"Database::SQL\"))) ",
    "rootcause.fault.entity { last and name = \"deserialize\" }",
    "rootcause.fault.service { inferred and name = traces and type = \"AWS::DynamoDB\" }",
    "rootcause.fault.service { index > 5 }",
    "rootcause.json = #[{ \"Services\": [ { \"Name\": \"A\", \"EntityPath\": [{ \"Name\": \"A\" }] } ] }]",
    "group.name = \"g\" AND user = \"alice\"",
    "service(\"api.example.com\") { fault = true OR responsetime > 2.5 } AND annotation.account = \"12345\"",
    "http.url BEGINSWITH \"http://a/\" AND http.url CONTAINS \"/v2/\" AND !service(\"api.example.com\")",
    r#"service(\"backend-flask\")"#,
    "responsetime >= .5 && duration < 1e3 || fault",
    "edge(id(type:\"client\"), \"a\")",
];

#[test]
fn what_is_read() {
    for text in ACCEPTED {
        assert!(parse(text).is_ok(), "{text}: {}", parse(text).unwrap_err());
    }
}

#[test]
fn what_is_refused_and_where() {
    for (text, position, found) in [
        ("responsetime >", 15, "the end of the expression"),
        ("service(\"x\"", 12, "the end of the expression"),
        ("service(x)", 9, "`x`"),
        ("edge(\"a\",\"b\",\"c\")", 13, "`,`"),
        ("fault = = true", 9, "`=`"),
        ("ok AND", 7, "the end of the expression"),
        ("AND ok", 1, "`AND`"),
        ("http.url CONTAINS", 18, "the end of the expression"),
        ("\"x\" = user", 1, "\"x\""),
        ("((ok)", 6, "the end of the expression"),
        ("nosuchword = 1", 1, "`nosuchword`"),
        ("rootcause.fault.service { name = }", 34, "`}`"),
        ("rootcause.responsetime.exception", 1, "`rootcause.responsetime.exception`"),
        ("user = \"x", 8, "the end of the expression"),
        ("user = \u{e4}", 8, "`\u{e4}`"),
        ("\u{e4}", 1, "`\u{e4}`"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.position, error.found.as_str()), (position, found), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("Invalid filter expression at character {position}: expected ")), "{error}");
    }
    assert!(parse("nosuchword").unwrap_err().expected.contains("responsetime, duration"));
    assert!(parse(&format!("user = \"{}\"", "x".repeat(LENGTH_MAX))).is_err());
    assert!(parse(&format!("{}ok{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX))).is_err());
    assert!(parse(&format!("{}ok{}", "(".repeat(DEPTH_MAX - 1), ")".repeat(DEPTH_MAX - 1))).is_ok());
}

const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

/// web (root, 404) calls api, which is inferred nowhere and fails; api calls a database.
fn documents() -> Vec<String> {
    vec![
        format!(
            r#"{{"name":"web","id":"0000000000000001","trace_id":"{TRACE}","start_time":1.0,"end_time":4.0,"error":true,"user":"alice",
            "http":{{"request":{{"method":"get","url":"http://web/v2/x"}},"response":{{"status":404}}}},"annotations":{{"age":7,"vip":true}},
            "subsegments":[{{"name":"api","id":"0000000000000002","namespace":"remote","start_time":1.5,"end_time":3.5,"fault":true}}]}}"#
        ),
        format!(
            r#"{{"name":"api","id":"0000000000000003","parent_id":"0000000000000002","trace_id":"{TRACE}","start_time":1.6,"end_time":3.4,
            "fault":true,"origin":"AWS::EC2::Instance","aws":{{"account_id":"42","ec2":{{"instance_id":"i-1"}}}},
            "subsegments":[{{"name":"db@h","id":"0000000000000004","namespace":"remote","sql":{{"url":"x"}},"start_time":1.7,"end_time":3.3,"fault":true,
                "annotations":{{"account":"12345"}},
                "cause":{{"exceptions":[{{"id":"00000000000000ee","type":"Timeout","message":"too slow"}}]}}}}]}}"#
        ),
    ]
}

#[test]
fn what_a_trace_is_found_by() {
    let documents = documents();
    let texts: Vec<&[u8]> = documents.iter().map(|text| text.as_bytes()).collect();
    let id = glasshive_wire_xray::id::trace_id(TRACE).unwrap();
    let forest = Forest::grow(id, &texts, 0);
    let trace = Trace::read(id, &forest).unwrap();
    for (expression, expected) in [
        ("", true),
        ("ok", false),
        ("ok = false", true),
        ("error", true),
        ("fault", false),
        ("error !fault", true),
        ("partial", false),
        ("inferred", true),
        ("responsetime = 3", true),
        ("responsetime > 3", false),
        ("duration <= 3 AND http.status = 404", true),
        ("http.method = GET", true),
        ("http.url BEGINSWITH \"http://web\" http.url CONTAINS \"/v2/\"", true),
        ("http.url ENDSWITH \"/y\" OR user = alice", true),
        ("user != \"alice\"", false),
        ("user != bob", true),
        ("http.clientip != \"1.2.3.4\"", false),
        ("!(http.clientip = \"1.2.3.4\")", true),
        ("user CONTAINS \"\"", true),
        ("annotation.age > 6", true),
        ("annotation.age = \"7\"", true),
        ("annotation.vip", true),
        ("annotation[vip] = false", false),
        ("!annotation.none", true),
        ("annotation.account = 12345", true),
        ("name = api AND type = \"Database::SQL\"", true),
        ("message = \"too slow\"", true),
        ("instance.id = \"i-1\"", true),
        ("service(\"api\") { fault }", true),
        ("service(\"web\") { fault }", false),
        ("service(\"web\") { root responsetime > 2 }", true),
        ("service(\"api\") { root }", false),
        ("service(id(type: \"AWS::EC2::Instance\", account.id: \"42\"))", true),
        ("service(\"db@h\") { inferred = true }", true),
        ("!service(\"none\")", true),
        ("edge(\"web\", \"api\") { fault responsetime = 2 }", true),
        ("edge(\"api\", \"web\")", false),
        ("edge(, \"db@h\")", true),
        ("edge(id(type: \"client\"), \"web\")", true),
        ("rootcause.fault.service { last and type = \"Database::SQL\" }", true),
        ("rootcause.fault.entity { name = \"db@h\" and remote }", true),
        ("rootcause.fault.exception { name = Timeout and message CONTAINS slow }", true),
        ("rootcause.error.service", true),
        ("rootcause.responsetime.entity { first coverage = 1 }", true),
        ("rootcause.json = #[{\"Services\":[{\"Name\":\"web\"},{\"Name\":\"api\"},{\"Name\":\"db@h\"}]}]", true),
        ("rootcause.json = #[{\"Services\":[{\"Name\":\"web\"}]}]", true),
        ("rootcause.json = #[{\"Services\":[{\"Name\":\"api\"}]}]", false),
        ("id = \"581cf771a006649127e371903a2de979\" traceid = \"1-581cf771-a006649127e371903a2de979\"", true),
    ] {
        assert_eq!(parse(expression).unwrap().accepts(&trace), expected, "{expression}");
    }
}

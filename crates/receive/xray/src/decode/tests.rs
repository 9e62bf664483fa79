use super::*;
use crate::support::{NOW_NS, shown, text};
use bytes::BytesMut;
use glasshive_model::{ColumnRef, SystemColumn, Value};

const TRACE: &str = "1-6553f100-a006649127e371903a2de979";

fn rows(documents: &[(Option<&str>, &str)]) -> Rows {
    let mut batch = BytesMut::new();
    documents.iter().for_each(|(owner, document)| batch::push(&mut batch, *owner, document.as_bytes()));
    decode(&batch.freeze(), NOW_NS).unwrap()
}

/// The rows of one document as text, a blank line between.
fn check(document: &str, expected: &[&str]) {
    let rows = rows(&[(None, document)]);
    let found: Vec<String> = shown(&rows).iter().map(text).collect();
    let expected: Vec<String> = expected.iter().map(|row| row.lines().map(|line| format!("{}\n", line.trim())).collect()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_request_to_flask_as_the_python_sdk_tells_it() {
    let document = format!(
        r#"{{"id":"70de5b6f19ff9a0a","name":"shop","start_time":1699999990.5,"in_progress":false,"end_time":1699999990.75,
        "http":{{"request":{{"method":"get","url":"http://127.0.0.1:5000/items/7?x=1","user_agent":"curl","client_ip":"127.0.0.1"}},
                 "response":{{"status":200,"content_length":12}}}},
        "annotations":{{"user":"x","name":"n","price":1.5,"list":[1]}},"metadata":{{"default":{{"a":{{"b":1}},"c":[2]}}}},
        "aws":{{"xray":{{"sdk":"X-Ray for Python","sdk_version":"2.15.0","sampling_rule_name":"Default"}}}},
        "service":{{"runtime":"CPython","runtime_version":"3.11.7"}},"trace_id":"{TRACE}",
        "subsegments":[{{"id":"1111111111111111","name":"work","start_time":1699999990.6,"parent_id":"70de5b6f19ff9a0a","in_progress":false,
            "trace_id":"{TRACE}","type":"subsegment","namespace":"local","end_time":1699999990.7}}]}}"#
    );
    let resource = "process.runtime.name = CPython\nprocess.runtime.version = 3.11.7\n";
    let sdk = "service.name = shop\nspan.kind = KIND\nspan.num_events = 0\nspan.num_links = 0\nstatus_code = 0\ntelemetry.sdk.language = python\ntelemetry.sdk.name = X-Ray for Python\ntelemetry.sdk.version = 2.15.0\n";
    let segment = format!(
        "annotation.name = n
        aws.xray.annotations = [\"user\",\"name\",\"price\"]
        aws.xray.metadata.annotations_rejected = {{\"list\":[1]}}
        aws.xray.metadata.default = {{\"a\":{{\"b\":1}},\"c\":[2]}}
        aws.xray.sampling_rule_name = Default
        client.address = 127.0.0.1
        duration_ms = 250
        http.request.method = GET
        http.request.method_original = get
        http.response.body.size = 12
        http.response.status_code = 200
        meta.dataset = shop
        metadata.default.a.b = 1
        name = GET /items/7
        price = 1.5
        {resource}server.address = 127.0.0.1
        server.port = 5000
        {}trace.span_id = 70de5b6f19ff9a0a
        url.full = http://127.0.0.1:5000/items/7?x=1
        url.path = /items/7
        url.scheme = http
        user = x
        user_agent.original = curl
        xray.kind = segment
        xray.name = shop",
        sdk.replace("KIND", "server")
    );
    let subsegment = format!(
        "duration_ms = 100
        meta.dataset = shop
        name = work
        {resource}{}trace.parent_id = 70de5b6f19ff9a0a
        trace.span_id = 1111111111111111
        xray.kind = subsegment
        xray.name = work
        xray.namespace = local",
        sdk.replace("KIND", "internal")
    );
    check(&document, &[&segment, &subsegment]);
}

#[test]
fn exceptions_links_and_calls() {
    let document = format!(
        r#"{{"id":"70de5b6f19ff9a0a","name":"jobs","start_time":1699999990,"end_time":1699999991,"trace_id":"{TRACE}","fault":true,
        "parent_id":"70de5b6f19ff9a0a","links":[{{"trace_id":"1-6553f100-b006649127e371903a2de979","id":"2222222222222222","attributes":{{"k":1}}}}],
        "cause":{{"exceptions":[{{"id":"abcdefabcdefabcd","type":"ValueError","message":"no","stack":[{{"path":"a.py","line":7,"label":"f"}}]}}]}}}}"#
    );
    let exception = "exception.message = no
        exception.stacktrace = ValueError: no\n\tat f(a.py: 7)
        exception.type = ValueError";
    let found: Vec<String> = shown(&rows(&[(None, &document)])).iter().map(text).collect();
    let trim = |text: &str| text.lines().map(|line| format!("{}\n", line.strip_prefix("        ").unwrap_or(line))).collect::<String>();
    let common = "meta.annotation_index = 0\n        meta.annotation_type = ";
    let expected = [
        format!(
            "duration_ms = 1000\nerror = true\n{exception}\nmeta.dataset = jobs\nname = jobs\nservice.name = jobs\nspan.kind = consumer\nspan.num_events = 1\nspan.num_links = 1\nstatus_code = 2\nstatus_message = no\ntrace.span_id = 70de5b6f19ff9a0a\nxray.fault = true\nxray.kind = segment\nxray.name = jobs"
        ),
        format!(
            "aws.xray.exception.id = abcdefabcdefabcd\nerror = true\n{exception}\n{common}span_event\nmeta.dataset = jobs\nmeta.time_since_span_start_ms = 1000\nname = exception\nparent_name = jobs\nservice.name = jobs\ntrace.parent_id = 70de5b6f19ff9a0a"
        ),
        format!(
            "error = true\nk = 1\n{common}link\nmeta.dataset = jobs\nparent_name = jobs\nservice.name = jobs\ntrace.link.span_id = 2222222222222222\ntrace.link.trace_id = 6553f100b006649127e371903a2de979\ntrace.parent_id = 70de5b6f19ff9a0a"
        ),
    ];
    assert_eq!(found, expected.map(|row| trim(&row)));
}

#[test]
fn calls_to_aws_and_to_databases() {
    let call = |members: &str| {
        let document = format!(
            r#"{{"id":"70de5b6f19ff9a0a","name":"dynamodb","start_time":1699999990,"end_time":1699999991,"trace_id":"{TRACE}",
            "type":"subsegment","parent_id":"2222222222222222",{members}}}"#
        );
        shown(&rows(&[(Some("shop"), &document)])).remove(0)
    };
    let row = call(
        r#""namespace":"aws","error":true,"aws":{"operation":"GetItem","region":"eu-west-1","request_id":"r","retries":2,
            "table_name":"t","resource_names":["t"],"account_id":"012345678901"},"http":{"response":{"status":400}}"#,
    );
    for (field, value) in [
        ("rpc.system", "aws-api"),
        ("rpc.service", "dynamodb"),
        ("rpc.method", "GetItem"),
        ("aws.region", "eu-west-1"),
        ("aws.retries", "2"),
        ("aws.table_name", "t"),
        ("aws.resource_names", "[\"t\"]"),
        ("aws.account_id", "012345678901"),
        ("span.kind", "client"),
        ("status_code", "2"),
        ("error", "true"),
        ("service.name", "shop"),
        ("meta.dataset", "shop"),
    ] {
        assert_eq!(row.get(field).map(Value::to_string).as_deref(), Some(value), "{field}");
    }
    let row = call(r#""name":"SQS","namespace":"aws","aws":{"operation":"send_message","queue_url":"u"}"#);
    assert_eq!(row.get("span.kind").map(Value::to_string).as_deref(), Some("producer"));
    let row = call(
        r#""name":"db@h","namespace":"remote","sql":{"url":"postgresql://u:secret@h:5432/shop","sanitized_query":"SELECT 1",
            "database_type":"Postgres","user":"u","database_version":"15"}"#,
    );
    for (field, value) in [
        ("db.system.name", "postgresql"),
        ("db.namespace", "shop"),
        ("db.query.text", "SELECT 1"),
        ("db.user", "u"),
        ("db.connection_string", "postgresql://u:***@h:5432/shop"),
        ("server.address", "h"),
        ("server.port", "5432"),
    ] {
        assert_eq!(row.get(field).map(Value::to_string).as_deref(), Some(value), "{field}");
    }
    let row = call(r#""name":":memory:","namespace":"remote","sql":{"database_type":"SQLite"}"#);
    assert_eq!((row.get("db.namespace"), row.get("db.system.name").map(Value::to_string).as_deref()), (None, Some("sqlite")));
}

#[test]
fn what_is_in_progress_is_provisional_with_all_that_is_in_it() {
    let marks = |document: &str| -> Vec<(bool, bool, bool)> {
        let has = |row: &glasshive_model::shown::ShownRow, name: &str| row.get(name) == Some(&Value::Bool(true));
        let rows = shown(&rows(&[(None, document)]));
        rows.iter().map(|row| (has(row, "meta.provisional"), has(row, "meta.unfinished"), row.get("duration_ms").is_some())).collect()
    };
    let within = r#"{"id":"1111111111111111","name":"a","start_time":1699999990,"end_time":1699999991}"#;
    let open = r#"{"id":"2222222222222222","name":"b","start_time":1699999990,"in_progress":true,"cause":{"exceptions":[{"id":"1"}]}}"#;
    let segment = |end: &str| {
        format!(
            r#"{{"id":"70de5b6f19ff9a0a","name":"s","start_time":1699999990,{end},"trace_id":"{TRACE}","subsegments":[{within},{open}]}}"#
        )
    };
    let all_open = [(true, true, false), (true, false, true), (true, true, false), (true, false, false)];
    assert_eq!(marks(&segment(r#""in_progress":true"#)), all_open);
    let ended = [(false, false, true), (false, false, true), (true, true, false), (true, false, false)];
    assert_eq!(marks(&segment(r#""end_time":1699999991"#)), ended);
}

#[test]
fn the_document_stands_with_its_first_row_as_received() {
    let one = format!(
        "{{\"id\":\"70de5b6f19ff9a0a\",\n \"name\":\"s\",\"start_time\":1.50,\"end_time\":2,\"trace_id\":\"{TRACE}\",\"subsegments\":[{{\"id\":\"1111111111111111\",\"name\":\"a\",\"start_time\":1,\"end_time\":2}}]}}"
    );
    let other = one.replace("70de", "80de");
    let rows = rows(&[(None, &one), (Some("x"), &other)]);
    let raw = rows.project(&[ColumnRef::System(SystemColumn::Raw)], glasshive_model::rows::Stamp { sequence: 1, ingest_time_ns: 0 });
    let raw: Vec<Option<String>> = (0..rows.len()).map(|row| raw_text(&raw[0], row)).collect();
    assert_eq!(raw, [Some(one), None, Some(other), None]);
}

fn raw_text(array: &arrow_array::ArrayRef, row: usize) -> Option<String> {
    use arrow_array::Array as _;
    let array = arrow_array::cast::AsArray::as_binary::<i32>(array);
    array.is_valid(row).then(|| String::from_utf8(array.value(row).to_vec()).unwrap())
}

#[test]
fn a_replay_gives_the_same_rows_and_refuses_what_is_not_ours() {
    let document = format!(r#"{{"id":"70de5b6f19ff9a0a","name":"s","start_time":1699999990,"end_time":1699999991,"trace_id":"{TRACE}"}}"#);
    let mut batch = BytesMut::new();
    batch::push(&mut batch, None, document.as_bytes());
    let meta = RecordMeta { format: batch::FORMAT, ..RecordMeta::default() };
    let replayed = XrayDecoder.decode(&meta, NOW_NS, &batch).unwrap();
    assert_eq!(shown(&replayed), shown(&rows(&[(None, &document)])));
    assert!(XrayDecoder.decode(&RecordMeta { format: 1, ..meta.clone() }, NOW_NS, &batch).is_err());
    assert!(XrayDecoder.decode(&meta, NOW_NS, &batch[..batch.len() - 1]).is_err());
    // A day before it was written, it was a day too early.
    assert!(XrayDecoder.decode(&meta, NOW_NS - 2 * 86_400_000_000_000, &batch).is_err());
}

#[test]
fn times_far_ahead_are_refused_and_near_ones_marked() {
    let document = |start: &str| {
        format!(
            r#"{{"id":"70de5b6f19ff9a0a","name":"s","start_time":{start},"in_progress":true,"trace_id":"{TRACE}",
            "subsegments":[{{"id":"1111111111111111","name":"late","start_time":1800000000,"end_time":1800000001}}]}}"#
        )
    };
    let near = document("1700003600");
    let tree = json::parse(near.as_bytes()).unwrap();
    let read = read(&tree, NOW_NS).unwrap();
    assert_eq!((read.top.subsegments.len(), read.faults.len(), read.faults[0].code), (0, 1, Code::InvalidTime));
    let row = shown(&rows(&[(None, &near)])).remove(0);
    assert_eq!(row.get("meta.future"), Some(&Value::Bool(true)));
    let far = document("1700090000");
    let tree = json::parse(far.as_bytes()).unwrap();
    assert_eq!(super::read(&tree, NOW_NS).unwrap_err().code, Code::InvalidTime);
}

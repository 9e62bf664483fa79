use super::*;
use crate::block::Cause;

const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

/// A document of a good segment with these members besides; a member of the same name wins over the good one.
fn with(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"name":"shop","id":"70de5b6f19ff9a0a","trace_id":"{TRACE}","start_time":1478293361.271,"end_time":1478293361.449{comma}{members}}}"#
    )
}

fn check(document: &str, look: impl FnOnce(Document<'_>)) {
    let tree = json::parse(document.as_bytes()).unwrap();
    look(read(&tree).unwrap());
}

fn code(document: &str) -> Option<(Code, bool, Option<String>)> {
    let tree = json::parse(document.as_bytes()).unwrap();
    read(&tree).err().map(|rejection| (rejection.code, rejection.is_subsegment, rejection.id))
}

#[test]
fn what_is_demanded() {
    let id = Some("70de5b6f19ff9a0a".to_owned());
    for (members, expected) in [
        (r#""id":null"#, Code::MissingId),
        (r#""id":"""#, Code::MissingId),
        (r#""id":"xyz""#, Code::InvalidId),
        (r#""id":7"#, Code::InvalidId),
        (r#""id":"0000000000000000""#, Code::InvalidId),
        (r#""name":null"#, Code::MissingName),
        (r#""name":" ""#, Code::MissingName),
        (r#""name":"a\u0000b""#, Code::InvalidName),
        (r#""name":{}"#, Code::InvalidName),
        (r#""trace_id":"""#, Code::MissingTraceId),
        (r#""trace_id":"1-2-3""#, Code::InvalidTraceId),
        (r#""trace_id":"1-00000000-000000000000000000000000""#, Code::InvalidTraceId),
        (r#""start_time":null"#, Code::MissingStartTime),
        (r#""start_time":"1478293361.271""#, Code::InvalidTime),
        (r#""start_time":0"#, Code::InvalidTime),
        (r#""start_time":-1"#, Code::InvalidTime),
        (r#""start_time":1e30"#, Code::InvalidTime),
        (r#""end_time":null"#, Code::MissingEndTime),
        (r#""end_time":null,"in_progress":false"#, Code::MissingEndTime),
        (r#""end_time":true"#, Code::InvalidTime),
        (r#""parent_id":"xyz""#, Code::InvalidParentId),
    ] {
        let found = code(&with(members)).map(|(code, _, _)| code);
        assert_eq!(found, Some(expected), "{members}");
    }
    assert_eq!(code(&with(r#""type":"subsegment""#)), Some((Code::MissingParentId, true, id)));
    assert_eq!(code("[]").map(|(code, _, _)| code), Some(Code::ParseError));
    assert_eq!(code("7").map(|(code, _, _)| code), Some(Code::ParseError));
    assert_eq!(code(&with("")), None);
}

#[test]
fn what_clients_write_and_mean() {
    check(
        &with(r#""trace_id":"581CF771A006649127E371903A2DE979","id":"70DE5B6F19FF9A0A","parent_id":"","origin":"","user":null"#),
        |read| {
            let top = read.top;
            assert_eq!(crate::id::trace_id_text(top.trace_id), TRACE);
            assert_eq!((top.parent_id, top.origin, top.user), (None, None, None));
        },
    );
    check(&with(r#""in_progress":false,"namespace":"local""#), |read| {
        assert_eq!((read.top.is_complete(), read.top.namespace), (true, Some("local")));
        assert_eq!((read.top.start_ns, read.top.end_ns), (1_478_293_361_271_000_000, Some(1_478_293_361_449_000_000)));
    });
    check(&with(r#""end_time":null,"in_progress":true"#), |read| assert!(!read.top.is_complete()));
    check(&with(r#""in_progress":true"#), |read| assert!(!read.top.is_complete()));
    check(&with(r#""end_time":1478293361.270"#), |read| {
        assert_eq!((read.top.end_ns, read.top.negative_ns), (Some(read.top.start_ns), Some(1_000_000)));
    });
    let long = "ä".repeat(201);
    check(&with(&format!(r#""name":"{long}""#)), |read| {
        assert_eq!((read.top.name.chars().count(), read.top.is_name_cut), (200, true));
    });
    check(
        &with(
            r#""http":{"request":{"method":"get","url":"http://a/b","traced":true,"client_ip":""},"response":{"status":"200","content_length":-1}}"#,
        ),
        |read| {
            let http = read.top.http.unwrap();
            assert_eq!((http.method, http.url, http.client_ip), (Some("get"), Some("http://a/b"), None));
            assert_eq!((http.status, http.content_length, read.top.is_traced), (Some(200), None, true));
        },
    );
    check(&with(r#""http":{"response":{"content_length":"17"}},"Dummy":[1],"counter":3,"traced":true"#), |read| {
        assert_eq!((read.top.http.unwrap().content_length, read.top.is_traced), (Some(17), true));
    });
}

#[test]
fn flags_are_as_sent_or_by_the_status() {
    for (members, fault, error, throttle) in [
        ("", false, false, false),
        (r#""fault":true"#, true, false, false),
        (r#""http":{"response":{"status":500}}"#, true, false, false),
        (r#""http":{"response":{"status":404}}"#, false, true, false),
        (r#""http":{"response":{"status":429}}"#, false, true, true),
        (r#""http":{"response":{"status":500}},"fault":false"#, false, false, false),
        (r#""http":{"response":{"status":500}},"fault":null"#, true, false, false),
        (r#""http":{"response":{"status":204}}"#, false, false, false),
        (r#""cause":{"exceptions":[{"id":"1"}]}"#, false, false, false),
    ] {
        check(&with(members), |read| {
            assert_eq!((read.top.is_fault, read.top.is_error, read.top.is_throttle), (fault, error, throttle), "{members}");
        });
    }
}

#[test]
fn subsegments_within_and_by_themselves() {
    let embedded = r#""subsegments":[
        {"id":"1111111111111111","name":"a","start_time":1.5,"end_time":2,"trace_id":"x","parent_id":"y","type":"subsegment",
         "subsegments":[{"id":"2222222222222222","name":"b","start_time":1.6,"in_progress":true}]},
        {"id":"bad","name":"c","start_time":1,"end_time":2,"subsegments":[{"id":"3333333333333333","name":"d","start_time":1,"end_time":2}]},
        {"id":"4444444444444444","start_time":1,"end_time":2}, 7]"#;
    check(&with(embedded), |read| {
        let top = &read.top;
        assert_eq!((top.count(), top.is_subsegment, top.subsegments.len()), (3, false, 1));
        let [a] = &top.subsegments[..] else { panic!("one is good") };
        assert_eq!((a.parent_id, a.trace_id, a.is_subsegment), (Some(top.id), top.trace_id, true));
        assert_eq!((a.subsegments[0].parent_id, a.subsegments[0].is_complete()), (Some(a.id), false));
        let faults: Vec<_> = read.faults.iter().map(|fault| (fault.code, fault.is_subsegment, fault.id.as_deref())).collect();
        let expected =
            [(Code::InvalidId, true, Some("bad")), (Code::MissingName, true, Some("4444444444444444")), (Code::ParseError, true, None)];
        assert_eq!(faults, expected);
    });
    check(&with(r#""type":"subsegment","parent_id":"aaaaaaaaaaaaaaaa","namespace":"remote""#), |read| {
        assert_eq!((read.top.is_subsegment, read.top.parent_id), (true, Some([0xaa; 8])));
    });
}

#[test]
fn causes_and_links() {
    let members = r#""cause":{"working_directory":"/app","paths":[],"exceptions":[{"id":"abcdefabcdefabcd","type":"ValueError","message":"no",
        "remote":true,"truncated":2,"stack":[{"path":"a.py","line":7,"label":"f"},{"path":"b.py","line":null,"label":"g"},{}]}]},
        "links":[{"trace_id":"1-581cf771-a006649127e371903a2de970","id":"1111111111111111","attributes":{"k":"v"}},{"id":"1111111111111111"}]"#;
    check(&with(members), |read| {
        let Some(Cause::Here { working_directory, exceptions }) = &read.top.cause else { panic!("a cause") };
        let exception = &exceptions[0];
        assert_eq!((*working_directory, exception.kind, exception.message), (Some("/app"), Some("ValueError"), Some("no")));
        assert_eq!((exception.is_remote, exception.truncated, exception.skipped), (true, Some(2), None));
        assert_eq!(exception.stack_text(), "\tat f(a.py: 7)\n\tat g(b.py)\n\tat anonymous(unknown)");
        assert_eq!(read.top.links.len(), 1);
        assert_eq!(read.top.links[0].attributes.unwrap().get("k").and_then(Json::text), Some("v"));
    });
    check(&with(r#""cause":"abcdefabcdefabcd""#), |read| assert_eq!(read.top.cause, Some(Cause::Elsewhere("abcdefabcdefabcd"))));
    check(&with(r#""cause":7,"http":[],"sql":"x","aws":[],"annotations":[],"metadata":"x","links":{},"subsegments":{}"#), |read| {
        let top = read.top;
        assert_eq!((top.cause, top.http, top.sql, top.aws), (None, None, None, None));
        assert!(top.annotations.is_empty() && top.metadata.is_empty() && top.links.is_empty() && top.subsegments.is_empty());
    });
}

#[test]
fn sql_and_aws() {
    let members = r#""sql":{"url":"postgresql://u@h:5432/db","sanitized_query":"SELECT 1","database_type":"PostgreSQL","preparation":"statement"},
        "aws":{"operation":"GetItem","table_name":"t"}"#;
    check(&with(members), |read| {
        let sql = read.top.sql.unwrap();
        assert_eq!((sql.query, sql.database_type, sql.user), (Some("SELECT 1"), Some("PostgreSQL"), None));
        assert_eq!(read.top.aws.unwrap().get("operation").and_then(Json::text), Some("GetItem"));
    });
}

#[test]
fn one_text_may_hold_several() {
    let both = format!("[{}, {}]", with(""), with(""));
    assert_eq!(split(both.as_bytes()).unwrap().len(), 2);
    assert_eq!(split(b"[]").unwrap_err().code, Code::MissingId);
    assert_eq!(split(b"{").unwrap_err().code, Code::ParseError);
    assert_eq!(split(with("").as_bytes()).unwrap(), [with("").as_bytes()]);
}

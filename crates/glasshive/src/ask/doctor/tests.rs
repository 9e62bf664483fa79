//! What doctor prints, and what it makes of what was refused and of directories.

use super::{Finding, Level, Report, directory, people, refusals, settings};
use crate::config::tests::resolve;
use crate::screen::Screen;
use crate::screen::palette::Palette;
use expect_test::expect;
use glasshive_api_hive::shape::process::Refusals;
use jiff::tz::TimeZone;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn findings_fit_the_screen() {
    let findings = vec![
        Finding::ok("listening", "http://127.0.0.1:4318 answers"),
        Finding::warn(
            "refused",
            "3 times, last 2 s ago: POST /v1/traces from 127.0.0.1:5 with key abc***: unknown\u{1b}[31m key (401)",
            "give the sender a key that is known here, which is one that `glasshive keys list` has",
        ),
        Finding::fail("directory", "gone", "look\nfor it"),
    ];
    let screen = Screen { width: 60, is_terminal: true, palette: Palette::None, zone: TimeZone::UTC };
    let report = Report { ok: false, findings };
    expect![[r#"
        ok    listening   http://127.0.0.1:4318 answers
        warn  refused     3 times, last 2 s ago: POST /v1/traces
                          from 127.0.0.1:5 with key abc***:
                          unknown\x1b[31m key (401)
              to do:      give the sender a key that is known here,
                          which is one that `glasshive keys list`
                          has
        FAIL  directory   gone
              to do:      look
                          for it
        1 to mend, 1 to know
    "#]]
    .assert_eq(&people(&report, &screen));
}

#[test]
fn refusals_are_gathered_by_reason_and_say_what_to_do() {
    const NOW: i64 = 1_767_225_600_000_000_000;
    let refusal = |seconds: i64, status: &str, reason: &str| {
        json!({ "time_ns": (NOW - seconds * 1_000_000_000).to_string(), "peer": "10.0.0.7:5", "protocol": "HTTP/1.1", "route": "otlp_traces",
                "target": "POST /v1/traces", "status": status, "reason": reason, "credential": "abc***" })
    };
    let ring =
        |refusals: Vec<serde_json::Value>| -> Refusals { serde_json::from_value(json!({ "total": 9, "refusals": refusals })).unwrap() };
    let found = refusals::look(
        &ring(vec![
            refusal(1, "401", "unknown API key"),
            refusal(2, "401", "unknown API key"),
            refusal(3, "421", "Host: doctor.invalid is not this server's"),
            refusal(4, "415", "unknown media type"),
            refusal(9_999, "413", "long ago"),
        ]),
        NOW,
        NOW,
    );
    let said: Vec<&str> = found.iter().map(|finding| finding.found.as_str()).collect();
    assert_eq!(
        said,
        [
            "2 times, last 1 s ago: POST /v1/traces from 10.0.0.7:5 with key abc***: unknown API key (401)",
            "once, last 4 s ago: POST /v1/traces from 10.0.0.7:5 with key abc***: unknown media type (415)"
        ]
    );
    assert!(found[0].fix.as_deref().unwrap().contains("OTEL_EXPORTER_OTLP_HEADERS"));
    assert!(found[1].fix.as_deref().unwrap().contains("OTEL_EXPORTER_OTLP_PROTOCOL"));
    let mut question = refusal(1, "401", "no key");
    question["target"] = json!("POST /hive/v1/e/local/query");
    let asked = refusals::look(&ring(vec![question]), NOW, NOW);
    assert!(asked[0].fix.as_deref().unwrap().contains("GLASSHIVE_KEY"), "who asks is no sender");
    let probe = |seconds: i64, target: &str, credential: Option<&str>| {
        let mut probe = refusal(seconds, "16 UNAUTHENTICATED", "no key");
        probe["target"] = json!(target);
        probe["credential"] = json!(credential);
        refusals::look(&ring(vec![probe]), NOW - 2_000_000_000, NOW)[0].level
    };
    const EXPORT: &str = "POST /opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert_eq!(probe(1, EXPORT, None), Level::Ok, "doctor's own");
    assert_eq!(probe(1, "GET /hive/v1/environments", None), Level::Ok, "doctor's own");
    assert_eq!(probe(60, EXPORT, None), Level::Warn, "from before it began");
    assert_eq!(probe(1, EXPORT, Some("api-key: abcdef...wxyz")), Level::Warn, "a sender's");
    assert_eq!(probe(1, "POST /v1/traces", None), Level::Warn, "a sender's");
    assert_eq!(refusals::look(&ring(Vec::new()), NOW, NOW)[0].level, Level::Ok);
}

#[test]
fn directories_that_others_change_or_that_are_none_fail() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    assert_eq!(directory::look(&missing, false)[0].level, Level::Warn);
    let open = parent.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let found = directory::look(&open, false);
    assert!(
        found.iter().any(|finding| finding.level == Level::Fail && finding.fix.as_deref().unwrap().starts_with("chmod go-w")),
        "{found:?}"
    );
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o700)).unwrap();
    let found = directory::look(&open, false);
    assert!(found.iter().any(|finding| finding.check == "directory" && finding.level == Level::Ok), "{found:?}");
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(directory::look(&file, false)[0].level, Level::Fail);
}

#[test]
fn weak_settings_are_told() {
    let levels = |arguments: &[&str]| -> Vec<(Level, String)> {
        settings::look(&resolve(arguments).unwrap()).into_iter().map(|finding| (finding.level, finding.found)).collect()
    };
    assert_eq!(levels(&[]).iter().map(|(level, _)| *level).collect::<Vec<_>>(), [Level::Ok]);
    let weak = levels(&[
        "--http",
        "0.0.0.0:0",
        "--auth",
        "open",
        "--insecure",
        "--durability",
        "relaxed",
        "--allow-network-fs",
        "--cors-origin",
        "*",
    ]);
    let words = ["auth is open", "durability is relaxed", "network file systems", "every origin"];
    assert!(words.iter().all(|word| weak.iter().any(|(level, found)| *level == Level::Warn && found.contains(word))), "{weak:?}");
    let given = levels(&["--key", "local:ingest:0123456789abcdef"]);
    assert!(given[0].1.contains("`ps` shows them"), "{given:?}");
}

use super::*;
use glasshive_base_http::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const DEV: EnvironmentId = EnvironmentId(7);
const CLASSIC: &str = "0123456789abcdef0123456789abcdef";
const CLASSIC_INGEST: &str = "hcaic_0123456789012345678901234567890123456789012345678901234567";

struct Table;

impl KeyTable for Table {
    fn find(&self, secret: &str) -> Option<Grant> {
        let grant =
            |key_id, kind| Grant { key_id, environment: Some(DEV), kind, state: KeyState::Enabled, is_classic: false, origins: Vec::new() };
        match secret {
            "good" => Some(grant(1, KeyKind::Ingest)),
            "configuration" => Some(grant(2, KeyKind::Configuration)),
            "off" => Some(Grant { state: KeyState::Disabled, ..grant(3, KeyKind::Ingest) }),
            "team" => Some(Grant { environment: None, ..grant(4, KeyKind::Admin) }),
            "probe" => Some(grant(5, KeyKind::Probe)),
            "page" => Some(grant(6, KeyKind::Browser)),
            "shop" => Some(Grant { origins: vec!["https://*.shop.example".to_owned()], ..grant(7, KeyKind::Browser) }),
            "two words" => Some(grant(8, KeyKind::Ingest)),
            CLASSIC | CLASSIC_INGEST => Some(Grant { is_classic: true, ..grant(9, KeyKind::Ingest) }),
            _ => None,
        }
    }
}

fn pass(mode: AuthMode, signal: Signal3, fields: &[(&'static str, &str)]) -> Result<Pass, String> {
    let headers: HeaderMap =
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect();
    let request = Request::synthetic(Method::POST, "/v1/traces", headers, "");
    check(mode, &Table, request.head(), signal).map_err(|error| format!("{:?} {error}", error.kind()))
}

fn keys(fields: &[(&'static str, &str)]) -> Result<u64, String> {
    pass(AuthMode::Keys, Signal3::Traces, fields).map(|pass| pass.key_id)
}

const MISSING: &str = "Unauthenticated missing 'x-honeycomb-team' header";
const UNKNOWN: &str = "Unauthenticated unknown API key - check your credentials, region, and API URL";

#[test]
fn s2_every_form_of_a_missing_or_wrong_key() {
    for (fields, expected) in [
        (vec![], MISSING),
        (vec![("x-honeycomb-team", "")], MISSING),
        (vec![("x-honeycomb-team", "  ")], MISSING),
        (vec![("authorization", "Bearer ")], MISSING),
        (vec![("authorization", "nonsense")], MISSING),
        (vec![("x-honeycomb-team", "wrong")], UNKNOWN),
        (vec![("x-honeycomb-team", "GOOD")], UNKNOWN),
        (vec![("x-honeycomb-team", "wrong"), ("api-key", "good")], UNKNOWN),
        (vec![("authorization", "Bearer wrong")], UNKNOWN),
        (vec![("authorization", "Basic d3Jvbmc6d3Jvbmc=")], UNKNOWN),
        (vec![("x-honeycomb-team", "off")], "Unauthenticated attempted to use disabled API key"),
        (
            vec![("x-honeycomb-team", "probe")],
            "Forbidden the key in 'x-honeycomb-team' is of kind 'probe' and lacks the permission 'events' (send telemetry)",
        ),
    ] {
        assert_eq!(keys(&fields), Err(expected.to_owned()), "{fields:?}");
    }
}

#[test]
fn every_header_and_spelling_that_opens() {
    for (fields, expected) in [
        (vec![("x-honeycomb-team", "good")], 1),
        (vec![("x-honeycomb-team", "good"), ("authorization", "Bearer wrong")], 1),
        (vec![("authorization", "Bearer good")], 1),
        (vec![("authorization", "Bearer%20good")], 1),
        (vec![("authorization", "Basic aWQ6Z29vZA==")], 1),
        (vec![("x-glasshive-key", "configuration")], 2),
        (vec![("api-key", "team")], 4),
        (vec![("x-honeycomb-team", "two%20words")], 8),
    ] {
        assert_eq!(keys(&fields), Ok(expected), "{fields:?}");
    }
}

#[test]
fn the_environment_comes_from_the_key() {
    let environment = |mode, key| pass(mode, Signal3::Logs, &[("x-honeycomb-team", key)]).map(|pass| pass.environment);
    assert_eq!(environment(AuthMode::Keys, "good"), Ok(DEV));
    assert_eq!(environment(AuthMode::Keys, "team"), Ok(EnvironmentId::LOCAL));
    assert_eq!(environment(AuthMode::Open, "good"), Ok(DEV));
    for anything in ["wrong", "off", "probe", CLASSIC] {
        assert!(environment(AuthMode::Open, anything).is_ok(), "{anything}: open refuses nobody for a key");
    }
    assert_eq!(environment(AuthMode::Open, "wrong"), Ok(EnvironmentId::LOCAL));
    assert_eq!(pass(AuthMode::Open, Signal3::Traces, &[]).unwrap().key_id, 0);
}

#[test]
fn classic_keys_need_the_dataset_header() {
    const NEEDED: &str = "Unauthenticated missing 'x-honeycomb-dataset' header";
    const UNKNOWN_CLASSIC: &str = "ffffffffffffffffffffffffffffffff";
    for (signal, key, dataset, expected) in [
        (Signal3::Traces, CLASSIC, "", Err(NEEDED)),
        (Signal3::Metrics, CLASSIC, "", Err(NEEDED)),
        (Signal3::Traces, CLASSIC_INGEST, "", Err(NEEDED)),
        (Signal3::Logs, CLASSIC, "", Ok(true)),
        (Signal3::Traces, CLASSIC, "shop", Ok(true)),
        (Signal3::Traces, "good", "", Ok(false)),
        // The dataset is asked for before the key is looked up.
        (Signal3::Traces, UNKNOWN_CLASSIC, "", Err(NEEDED)),
        (Signal3::Traces, UNKNOWN_CLASSIC, "shop", Err(UNKNOWN)),
    ] {
        let found = pass(AuthMode::Keys, signal, &[("x-honeycomb-team", key), ("x-honeycomb-dataset", dataset)]);
        let found = found.as_ref().map(|pass| pass.is_classic).map_err(String::as_str);
        assert_eq!(found, expected, "{signal:?} {key} {dataset}");
    }
    let open = |fields: &[(&'static str, &str)]| pass(AuthMode::Open, Signal3::Traces, fields).unwrap().is_classic;
    assert!(open(&[("x-honeycomb-team", UNKNOWN_CLASSIC), ("x-honeycomb-dataset", "shop")]));
    assert!(!open(&[("x-honeycomb-team", UNKNOWN_CLASSIC)]));
    assert!(!open(&[("x-honeycomb-team", "wrong"), ("x-honeycomb-dataset", "shop")]));
}

#[test]
fn s9_browser_keys_work_from_their_pages() {
    let from = |key, origin: &str| {
        let fields = [("x-honeycomb-team", key), ("origin", origin)];
        pass(AuthMode::Keys, Signal3::Traces, &fields).map(|pass| pass.origin)
    };
    assert_eq!(from("page", "http://localhost:3000"), Ok(Some("http://localhost:3000".to_owned())));
    assert_eq!(from("shop", "https://www.shop.example"), Ok(Some("https://www.shop.example".to_owned())));
    for (key, origin) in [("page", "https://evil.net"), ("page", "null"), ("page", ""), ("shop", "http://localhost:3000"), ("shop", "null")]
    {
        assert!(from(key, origin).is_err_and(|error| error.starts_with("Forbidden ")), "{key} {origin}");
    }
    assert_eq!(from("good", "https://anywhere.example").map(|origin| origin.is_some()), Ok(true));
}

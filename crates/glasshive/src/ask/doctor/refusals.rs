//! What the server refused, gathered by reason, with what its sender has to do.

use super::Finding;
use crate::screen::number;
use glasshive_api_hive::shape::process::{Refusal, Refusals};
use std::collections::BTreeMap;

/// Reasons that are told one by one.
const TOLD: usize = 6;
/// Refusals older than this are history.
const RECENT_NS: i64 = 3_600_000_000_000;
/// The name that doctor itself asks under, to see that it is refused.
pub const OWN_NAME: &str = "doctor.invalid";

/// What doctor asks without a key, to see whether anybody listens and whether strangers are refused.
const OWN_TARGETS: [&str; 2] = [super::running::EXPORT_TARGET, super::running::STRANGER_TARGET];
/// The server's clock may be behind by so much.
const BEHIND_NS: i64 = 5_000_000_000;

/// Findings of the ring. Doctor's own questions, which it began to ask at `began_ns`, are no finding.
pub fn look(ring: &Refusals, began_ns: i64, now_ns: i64) -> Vec<Finding> {
    let is_recent = |refusal: &&Refusal| now_ns.saturating_sub(refusal.time_ns.0) < RECENT_NS;
    let is_probe = |refusal: &Refusal| {
        let is_now = refusal.time_ns.0 >= began_ns.saturating_sub(BEHIND_NS);
        is_now && refusal.credential.is_none() && OWN_TARGETS.contains(&refusal.target.as_str())
    };
    let is_own = |refusal: &Refusal| refusal.reason.contains(OWN_NAME) || is_probe(refusal);
    let mut reasons: BTreeMap<(&str, &str, &str), Vec<&Refusal>> = BTreeMap::new();
    for refusal in ring.refusals.iter().filter(is_recent).filter(|refusal| !is_own(refusal)) {
        reasons.entry((&refusal.status, &refusal.route, &refusal.reason)).or_default().push(refusal);
    }
    if reasons.is_empty() {
        return vec![Finding::ok("refused", "nothing within the last hour")];
    }
    let mut sorted: Vec<Vec<&Refusal>> = reasons.into_values().collect();
    sorted.sort_by_key(|refusals| std::cmp::Reverse(refusals.len()));
    let more = sorted.len().saturating_sub(TOLD);
    let mut findings: Vec<Finding> = sorted.iter().take(TOLD).map(|refusals| finding(refusals, now_ns)).collect();
    if more > 0 {
        findings.push(Finding::warn("refused", format!("{more} other reasons"), "GET /hive/v1/e/local/refusals has all of them"));
    }
    findings
}

/// The newest of equal refusals stands for all.
fn finding(refusals: &[&Refusal], now_ns: i64) -> Finding {
    let newest = refusals[0];
    let ago = number::duration(now_ns.saturating_sub(newest.time_ns.0).max(0) as f64);
    let key = newest.credential.as_deref().map(|credential| format!(" with key {credential}")).unwrap_or_default();
    let times = match refusals.len() {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let found = format!("{times}, last {ago} ago: {} from {}{key}: {} ({})", newest.target, newest.peer, newest.reason, newest.status);
    Finding::warn("refused", found, remedy(newest))
}

/// What the sender has to do.
fn remedy(refusal: &Refusal) -> &'static str {
    let code = refusal.status.split(' ').next().unwrap_or_default();
    let asks = refusal.target.contains(" /hive/");
    match code {
        "401" if asks => "who asks needs a key that may read, in GLASSHIVE_KEY, or signs in in the browser",
        "401" | "16" => {
            "the sender needs a key that is known here, OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=KEY (HEADERS with an S); Settings, Keys \
             in the browser makes one, or `glasshive keys create`"
        }
        "403" | "7" if refusal.route.starts_with("otlp") => {
            "the key, or the page, may not send: an ingest key, or --cors-origin for the page's origin"
        }
        "403" | "421" => "if that is a page or name of yours, add it: --server-name for a name, --cors-origin for a page that sends",
        "404" | "12" => "nothing is at that path: OTEL_EXPORTER_OTLP_ENDPOINT is the address alone, and the SDK adds /v1/traces to it",
        "405" => "the path is right and the method is not",
        "413" | "8" => "the sender batches too much at once: lower its batch size",
        "415" => "the sender says no media type that is known: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, http/json or grpc",
        "429" | "503" | "14" => {
            "the server was starting or full; senders try again by themselves. If it goes on, look at `space`, `fsync` and --memory"
        }
        "400" | "3" => "the sender sends what is not OTLP, or not in the encoding it says",
        _ => "the reason says what was wrong",
    }
}

//! Health, readiness, metrics, refusals, figures.

use crate::access::{AuthMode, CREDENTIAL_HEADERS};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::process::{KnownSetting, Refusal, Refusals, Stats, Status, StoreFault, StoreFigures};
use glasshive_base::metrics::Registry;
use glasshive_base_http::{RefusedRequest, Response, response};
use glasshive_model::{Action, EnvironmentId, KeyTable as _};
use glasshive_store::{Scope, Store};
use http::StatusCode;

/// The process turns, or this would not be answered.
pub async fn healthz(_: Call) -> Result<Response, Failure> {
    Ok(response::text(StatusCode::OK, "ok\n"))
}

/// The list of checks; reasons only for those who may know.
pub async fn readyz(call: Call) -> Result<Response, Failure> {
    let mut readiness = call.hive.readiness();
    if !may_see_details(&call) {
        for check in &mut readiness.checks {
            check.reason.clear();
            check.hint.clear();
        }
    }
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(response::json(status, &readiness))
}

/// Prometheus text.
pub async fn metrics(call: Call) -> Result<Response, Failure> {
    if !may_see_details(&call) {
        return Err(crate::access::forbidden(Action::Read));
    }
    let text = call.hive.metrics.render();
    Ok(response::bytes(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
}

/// Who sits at this machine, asks in open mode, shows a key that may read somewhere, or is signed in as an admin.
fn may_see_details(call: &Call) -> bool {
    let head = call.request.head();
    if call.hive.auth == AuthMode::Open || head.peer.ip().is_loopback() {
        return true;
    }
    if crate::access::person_of(&call.hive, head).is_some_and(|person| person.role.may(Action::Administer)) {
        return true;
    }
    let secrets = head.credential(CREDENTIAL_HEADERS).map(|credential| credential.secrets).unwrap_or_default();
    let grants = secrets.iter().filter_map(|secret| call.hive.keys.find(secret));
    grants.into_iter().any(|grant| grant.may(Action::Read, grant.environment.unwrap_or(call.environment)))
}

/// The last refused requests, newest first; for those who may read one environment only, those that are no other's.
pub async fn refusals(call: Call) -> Result<Response, Failure> {
    let refusals = seen_refusals(&call);
    let sees_all = call.caller.may_everywhere(Action::Read);
    let total = if sees_all { call.hive.refusals().map_or(0, |ring| ring.total()) } else { refusals.len() as u64 };
    ok(&Refusals {
        total,
        refusals: refusals
            .into_iter()
            .map(|refused| Refusal {
                time_ns: Nanoseconds(refused.time_ns),
                peer: refused.peer,
                protocol: refused.protocol,
                route: refused.route,
                target: refused.target,
                status: refused.status,
                reason: refused.reason,
                credential: refused.credential,
                payload: refused.payload,
            })
            .collect(),
    })
}

/// The refused requests that are remembered and that a caller may see, newest first.
fn seen_refusals(call: &Call) -> Vec<RefusedRequest> {
    let mut refusals = call.hive.refusals().map(|ring| ring.entries()).unwrap_or_default();
    if !call.caller.may_everywhere(Action::Read) {
        let own = Own::of(call);
        refusals.retain(|refused| own.has(refused));
    }
    refusals
}

/// Of them those that brought telemetry.
pub fn refused_sends(call: &Call) -> Vec<RefusedRequest> {
    seen_refusals(call).into_iter().filter(|refused| brings_telemetry(&refused.route)).collect()
}

/// By what a refused request is known as an environment's own or another's. One without a key, or with one that nobody knows, is
/// nobody's and shown to all who may look: what they look for may be a key that was mistyped.
struct Own {
    /// Of each of its keys, as it is shown.
    keys: Vec<String>,
    /// Of the keys of others.
    foreign: Vec<String>,
    /// How its paths begin.
    path: String,
    environment: EnvironmentId,
}

impl Own {
    fn of(call: &Call) -> Self {
        let slug = call.param("env").to_owned();
        // Keys that are too short to be shown look all alike.
        let known = call.hive.keys.list().into_iter().filter(|key| key.shown.contains("..."));
        let (own, foreign): (Vec<_>, Vec<_>) = known.partition(|key| key.environment == slug);
        Self {
            keys: own.into_iter().map(|key| key.shown).collect(),
            foreign: foreign.into_iter().map(|key| key.shown).collect(),
            path: format!("/hive/v1/e/{slug}/"),
            environment: call.environment,
        }
    }

    fn has(&self, refused: &RefusedRequest) -> bool {
        if let Some(environment) = refused.environment {
            return environment == self.environment.0;
        }
        let path = refused.target.split(' ').nth(1).unwrap_or_default();
        let shown = refused.credential.as_deref().and_then(|credential| Some(credential.rsplit_once(": ")?.1));
        let is_one_of = |keys: &[String]| shown.is_some_and(|shown| keys.iter().any(|key| key == shown));
        let is_nobodys = || !path.starts_with("/hive/v1/e/") && !is_one_of(&self.foreign);
        path.starts_with(&self.path) || is_one_of(&self.keys) || is_nobodys()
    }
}

/// Whether a route takes telemetry; what no route took was meant to be some, but for pages that were looked for.
fn brings_telemetry(route: &str) -> bool {
    // X-Ray's documents, and requests that bring them.
    const XRAY: [&str; 3] = ["xray_udp", "xray_segments", "xray_put_segments"];
    route.is_empty() || route.starts_with("otlp") || route.starts_with("grpc") || XRAY.contains(&route)
}

/// Figures of this environment's data, and of the log that all share.
pub async fn stats(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let snapshot = open.store.snapshot(&Scope::all(call.environment));
    let whole = open.store.stats();
    ok(&Stats {
        live_rows: snapshot.live.iter().map(|chunk| chunk.len() as u64).sum(),
        file_rows: snapshot.files.iter().map(|file| file.row.rows).sum(),
        files: snapshot.files.len() as u64,
        file_bytes: snapshot.files.iter().map(|file| file.row.bytes).sum(),
        log_bytes: whole.log_bytes,
        refused_requests: call.hive.refusals().map_or(0, |ring| ring.total()),
        refused_sends: call.hive.refusals().map_or(0, |ring| ring.total_of(brings_telemetry)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// How the server is. Where it keeps things and what it was told is for who administers the team.
pub async fn status(call: Call) -> Result<Response, Failure> {
    const FOR_ALL: &[&str] = &["auth", "durability", "retention.keep", "retention.max_bytes", "retention.rules"];
    let sees_all = call.caller.may_everywhere(Action::Administer);
    let settings = call.hive.settings().iter().filter(|setting| sees_all || FOR_ALL.contains(&setting.name.as_str()));
    ok(&Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        auth: if call.hive.auth == AuthMode::Open { "open" } else { "keys" }.to_owned(),
        started_ns: Nanoseconds(call.hive.started_ns),
        now_ns: Nanoseconds(call.hive.clock.wall_ns()),
        store: call.open().ok().map(|open| figures(&open.store, &call.hive.metrics, sees_all)),
        refused_requests: call.hive.refusals().map_or(0, |ring| ring.total()),
        refused_sends: call.hive.refusals().map_or(0, |ring| ring.total_of(brings_telemetry)),
        settings: settings.cloned().collect::<Vec<KnownSetting>>(),
    })
}

fn figures(store: &Store, metrics: &Registry, sees_all: bool) -> StoreFigures {
    let stats = store.stats();
    let help = "Spans, log records and data points by outcome.";
    let items = |outcome| metrics.counter("glasshive_otlp_items_total", help, &[("outcome", outcome)]).get();
    let faults = if sees_all { store.faults() } else { Vec::new() };
    StoreFigures {
        live_events: stats.live_rows,
        live_bytes: stats.live_bytes,
        file_events: stats.file_rows,
        files: stats.files,
        file_bytes: stats.file_bytes,
        log_segments: stats.log_segments,
        log_bytes: stats.log_bytes,
        queued_bytes: stats.queued_bytes,
        duplicate_requests: stats.duplicates,
        accepted_items: items("accepted"),
        rejected_items: items("rejected"),
        faults: faults.into_iter().map(|fault| StoreFault { time_ns: Nanoseconds(fault.at_ns), text: fault.message }).collect(),
    }
}

//! The one table of routes, and what the server checks before any of them.

use super::xray::{SHUT_HINT, Shut};
use crate::cli::{Auth, DurabilityWord};
use crate::config::Config;
use glasshive_api_hive::Hive;
use glasshive_api_hive::access::CREDENTIAL_HEADERS;
use glasshive_api_hive::shape::process::{Check, KnownSetting};
use glasshive_api_xray::{Api, AuthMode};
use glasshive_base::metrics;
use glasshive_base_http::{CorsPolicy, Limits, Router, ServerConfig};
use glasshive_feature_keys::Keys;
use glasshive_model::{EventSink, KeyState, KeyTable};
use glasshive_receive_otlp::auth::PAGE_HEADERS;
use glasshive_store::world::ThreadSpawner;
use std::sync::Arc;

/// Every route there is; both listeners serve them all.
pub fn table(
    config: &Config,
    hive: &Arc<Hive>,
    xray: &Arc<Api>,
    sink: Arc<dyn EventSink>,
    keys: Arc<Keys>,
    metrics: &metrics::Registry,
) -> Router {
    let receive = glasshive_receive_otlp::routes(config.otlp(), sink, keys, metrics);
    // The UI's page stands before the plain one, which is there for binaries built without it.
    let xray = glasshive_api_xray::routes(xray);
    Router::new(receive.into_iter().chain(xray).chain(glasshive_api_web::routes()).chain(glasshive_api_hive::routes(hive)))
}

/// Whether X-Ray's API needs signatures.
pub fn xray_auth(config: &Config) -> AuthMode {
    match config.auth.value {
        Auth::Open => AuthMode::Open,
        Auth::Keys => AuthMode::Keys,
    }
}

/// Names, origins and keys that the server knows.
pub fn server_config(config: &Config, keys: Arc<Keys>) -> ServerConfig {
    let is_open = config.auth.value == Auth::Open;
    let mut headers = CREDENTIAL_HEADERS.to_vec();
    headers.push("api-key");
    let proof_headers = headers.clone();
    ServerConfig {
        names: config.server_names.value.iter().cloned().chain(machine_name()).collect(),
        own_origins: config.public_url.value.iter().filter_map(|url| origin_of(url)).collect(),
        // With keys, a browser key decides which pages may send.
        cors: CorsPolicy {
            any: !is_open,
            loopback: is_open,
            origins: config.ingest.origins.value.clone(),
            headers: PAGE_HEADERS.iter().map(|name| (*name).to_owned()).chain(config.ingest.headers.value.iter().cloned()).collect(),
        },
        key_proof: Some(Arc::new(move |headers| {
            let credential = glasshive_base_http::credential::presented(headers, &proof_headers);
            let secrets = credential.map(|credential| credential.secrets).unwrap_or_default();
            secrets.iter().any(|secret| keys.find(secret).is_some_and(|grant| grant.state == KeyState::Enabled))
        })),
        credential_headers: headers,
        limits: Limits { ledger_bytes: config.keeping.body_bytes(), ..Limits::default() },
        refusals: None,
    }
}

/// Settings in force, as the API shows them.
pub fn settings(config: &Config) -> Vec<KnownSetting> {
    let known = |[name, value, origin]: [String; 3]| KnownSetting { name, value, origin };
    crate::config::rows(config).into_iter().map(known).collect()
}

/// Lines of `/readyz` besides the store's: tasks that keep failing, the durability when it is not the full one, and X-Ray's port when
/// somebody else has it.
pub fn checks(config: &Config, spawner: Arc<ThreadSpawner>, xray_shut: Shut) -> Box<dyn Fn() -> Vec<Check> + Send + Sync> {
    let durability = config.durability.value;
    Box::new(move || {
        let failing = spawner.failing();
        let mut checks = vec![Check {
            check: "tasks".to_owned(),
            ok: failing.is_empty(),
            since_ns: None,
            reason: failing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            hint: String::new(),
        }];
        if durability == DurabilityWord::Relaxed {
            checks.push(Check {
                check: "durability".to_owned(),
                ok: true,
                since_ns: None,
                reason: super::banner::RELAXED.to_owned(),
                hint: "--durability fsync".to_owned(),
            });
        }
        if let Some(why) = xray_shut.get() {
            let (check, hint) = ("X-Ray".to_owned(), SHUT_HINT.to_owned());
            checks.push(Check { check, ok: true, since_ns: None, reason: why.clone(), hint });
        }
        checks
    })
}

/// The name by which the machine knows itself.
fn machine_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    Some(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::resolve;
    use glasshive_base::{Clock as _, ManualClock};
    use glasshive_store::world::{OnPanic, Spawner as _};

    #[test]
    fn origins() {
        assert_eq!(origin_of("https://hive.example.com/x/y").as_deref(), Some("https://hive.example.com"));
        assert_eq!(origin_of("http://127.0.0.1:4318").as_deref(), Some("http://127.0.0.1:4318"));
        assert_eq!(origin_of("hive.example.com"), None);
    }

    #[test]
    fn f17_a_task_that_failed_five_times_makes_the_server_not_ready() {
        let clock = Arc::new(ManualClock::default());
        let spawner = Arc::new(ThreadSpawner::new(clock.clone()));
        let checks = checks(&resolve(&[]).unwrap(), spawner.clone(), Shut::default());
        assert!(checks().iter().all(|check| check.ok));
        // The clock of the test makes its pauses at once; after the fifth failure the task ends well.
        let end = clock.monotonic() + std::time::Duration::from_millis(100 + 200 + 400 + 800);
        let task_clock = clock.clone();
        let task = move || -> glasshive_base::BoxFuture<'static, ()> {
            let clock = task_clock.clone();
            Box::pin(async move { assert!(clock.monotonic() > end, "no room") })
        };
        spawner.spawn("keeper", OnPanic::Restart, Box::new(task));
        spawner.join();
        let tasks = checks().into_iter().find(|check| check.check == "tasks").unwrap();
        assert_eq!((tasks.ok, tasks.reason.as_str()), (false, "keeper failed 5 times: no room"));
    }
}

//! The whole route table, walked once: what a binary serves, its OpenAPI document says, and the other way round.

use super::late::LateSink;
use super::router;
use super::xray::{Around, Parts};
use crate::config::tests::resolve;
use glasshive_api_hive::{Hive, HiveConfig, openapi};
use glasshive_base::metrics;
use glasshive_base_http::{Door, RefusalRing};
use glasshive_feature_keys::Keys;
use glasshive_store::world::{DataDirOptions, open_data_dir};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows that are not ours to document: gRPC and X-Ray's API, which have documents of their own; what tells a client that it has missed
/// the path; the UI.
const NOT_DOCUMENTED: [&str; 5] = ["otlp_missed", "otlp_profiles", "page", "asset", "icon"];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_in_the_document_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let options = DataDirOptions { version: "test".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
    let data = open_data_dir(&directory.path().join("data"), &options).await.unwrap();
    let keys = Arc::new(Keys::open(data.world.catalog.clone(), data.world.clock.clone()).await.unwrap());
    let config = resolve(&["--ingest-base-path", "/behind/a.proxy/"]).unwrap();
    let hive = Hive::new(HiveConfig {
        auth: glasshive_api_hive::AuthMode::Open,
        keys: keys.clone(),
        clock: data.world.clock.clone(),
        metrics: metrics::Registry::default(),
        otlp_base_paths: config.otlp().base_paths,
        checks: Box::new(Vec::new),
    });
    let sink = Arc::new(LateSink::default());
    let (refusals, clock) = (Arc::new(RefusalRing::default()), data.world.clock.clone());
    let around = Around { sink: sink.clone(), clock, refusals, metrics: metrics::Registry::default() };
    let xray = Parts::open(data.world.catalog.clone(), around).await.unwrap().api(router::xray_auth(&config), keys.clone());
    let table = router::table(&config, &hive, &xray, sink, keys, &metrics::Registry::default());
    let is_grpc = |pattern: &str| pattern.starts_with("/opentelemetry.") || pattern.starts_with("/grpc.") || pattern == "/{*method}";
    let mut served = BTreeSet::new();
    let is_elsewhere = |name: &str| NOT_DOCUMENTED.contains(&name) || name.starts_with("xray_");
    for route in table.routes().filter(|route| !is_grpc(&route.pattern) && !is_elsewhere(route.name)) {
        for method in route.methods.list() {
            let action = match route.door {
                Door::Ingest => "ingest",
                Door::Read => "read",
                Door::Change => "change",
                Door::Administer => "administer",
                Door::Public => "public",
            };
            served.insert(format!("{} {} {action}", method.as_str().to_lowercase(), route.pattern));
        }
    }
    let document = openapi::document(&config.otlp().base_paths);
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            documented.insert(format!("{method} {path} {}", operation["x-action"].as_str().unwrap()));
        }
    }
    assert!(served.contains("post /behind/a.proxy/v1/traces ingest") && served.contains("post /hive/v1/e/{env}/query read"), "{served:#?}");
    assert_eq!(served, documented);
}

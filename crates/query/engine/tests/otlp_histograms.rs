//! Histograms as SDKs send them, decoded, stored and asked about: points of one series are known as such, whatever becomes of their
//! rows.
#![allow(clippy::unwrap_used)]

use glasshive_base::metrics;
use glasshive_model::sink::body_hash;
use glasshive_model::{Codec, Decoder, EnvironmentId, EventSink, RecordMeta, Submission};
use glasshive_query_engine::{Cancel, Engine, EngineConfig};
use glasshive_query_plan::{Measure, Plan, TimeRange, Wants, text};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDirOptions, open_data_dir};
use glasshive_store::{Store, StoreConfig};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// 2026-01-01T00:00:00Z.
const START_NS: i64 = 1_767_225_600_000_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// Format number of `docs/formats/log.md`: metrics as JSON.
const METRICS_JSON: u16 = 6;

/// A request of one process with a point for each of its routes: how many requests it has counted since it began.
fn request(process: &str, began: i64, second: i64, counts: &[(&str, [u64; 3])]) -> Vec<u8> {
    let ns = |second: i64| (START_NS + second * SECOND_NS).to_string();
    let attributes = |key: &str, value: &str| json!([{"key": key, "value": {"stringValue": value}}]);
    let texts = |counts: &[u64]| counts.iter().map(u64::to_string).collect::<Vec<_>>();
    let common = |route: &str, counts: &[u64; 3]| {
        json!({
            "attributes": attributes("http.route", route), "startTimeUnixNano": ns(began), "timeUnixNano": ns(second),
            "count": counts.iter().sum::<u64>().to_string(), "sum": counts[0] as f64 + 3.0 * counts[1] as f64 + 6.0 * counts[2] as f64,
        })
    };
    let with = |mut point: Json, more: Json| {
        point.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        point
    };
    let explicit = counts
        .iter()
        .map(|(route, counts)| with(common(route, counts), json!({"explicitBounds": [2.0, 4.0], "bucketCounts": texts(counts)})));
    // Buckets 0, 1 and 2 of scale 0 are from 1 to 2, 4 and 8.
    let exponential = counts.iter().map(|(route, counts)| {
        with(common(route, counts), json!({"scale": 0, "zeroCount": "0", "positive": {"offset": 0, "bucketCounts": texts(counts)}}))
    });
    let metric =
        |name: &str, kind: &str, points: Vec<Json>| json!({"name": name, kind: {"aggregationTemporality": 2, "dataPoints": points}});
    let metrics = [metric("took", "histogram", explicit.collect()), metric("waited", "exponentialHistogram", exponential.collect())];
    let resource = json!({"attributes": attributes("service.instance.id", process)});
    json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": {"name": "http"}, "metrics": metrics}]}]})
        .to_string()
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_processes_count_since_they_began_is_told_by_minute() {
    let directory = tempfile::tempdir().unwrap();
    let options = DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
    let data = open_data_dir(&directory.path().join("data"), &options).await.unwrap();
    let metrics = metrics::Registry::default();
    let config = StoreConfig { reserve_bytes: 0, ..StoreConfig::default() };
    let (store, _) = Store::open(config, data.world.clone(), Arc::new(OtlpDecoder), metrics.clone()).await.unwrap();
    let send = async |body: Vec<u8>| {
        let meta = RecordMeta { format: METRICS_JSON, ..RecordMeta::default() };
        let received_ns = START_NS + 600 * SECOND_NS;
        let rows = Arc::new(OtlpDecoder.decode(&meta, received_ns, &body).unwrap());
        let (environment, codec, body_hash) = (EnvironmentId::LOCAL, Codec::Identity, body_hash(&body));
        store.append(Submission { environment, received_ns, meta, codec, body: body.into(), body_hash, rows }).await.unwrap();
    };
    // One process runs for long and serves two routes; another begins in the second minute.
    send(request("a", -3_600, 10, &[("/home", [500, 60, 7]), ("/cart", [40, 0, 0])])).await;
    send(request("a", -3_600, 70, &[("/home", [504, 60, 7]), ("/cart", [40, 2, 0])])).await;
    store.flush().await.unwrap();
    send(request("b", 65, 75, &[("/home", [0, 4, 0])])).await;
    send(request("a", -3_600, 130, &[("/home", [504, 60, 11]), ("/cart", [40, 2, 0])])).await;
    send(request("b", 65, 135, &[("/home", [0, 4, 4])])).await;
    let engine =
        Engine::new(store.clone(), EngineConfig { threads: 2, ..EngineConfig::default() }, data.world.clock.clone(), metrics).unwrap();
    for (metric, lowest) in [("took", 0.0), ("waited", 1.0)] {
        let question = format!("P50({metric}), SUM({metric}), MIN({metric}.histogram), AVG({metric}) GROUP BY http.route STEP 60s");
        let plan = text::parse(&question, START_NS).unwrap();
        let plan = Plan { time: TimeRange::between(START_NS, START_NS + 180 * SECOND_NS).unwrap(), ..plan };
        let answer = engine.query(EnvironmentId::LOCAL, &plan, Wants::ALL, Cancel::default()).await.unwrap();
        let mut told: Vec<(usize, String, Vec<Option<f64>>)> = answer
            .series
            .iter()
            .map(|row| (row.step, format!("{:?}", answer.results[row.group].group[0]), row.values.iter().map(Measure::number).collect()))
            .collect();
        told.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        let (home, cart) = ("Str(\"/home\")".to_owned(), "Str(\"/cart\")".to_owned());
        let nothing = vec![None; 4];
        let some = |numbers: [f64; 4]| numbers.map(Some).to_vec();
        let expected = [
            (0, cart.clone(), nothing.clone()),
            (0, home.clone(), nothing.clone()),
            (1, cart.clone(), some([3.0, 6.0, 2.0, 3.0])),
            (1, home.clone(), some([2.0, 16.0, lowest, 2.0])),
            (2, cart, nothing),
            (2, home, some([if metric == "took" { 4.0 } else { 6.0 }, 48.0, 4.0, 6.0])),
        ];
        assert_eq!(told, expected, "{metric}");
    }
    drop(engine);
    store.shutdown().await;
    drop(store);
    data.close_catalog().await;
}

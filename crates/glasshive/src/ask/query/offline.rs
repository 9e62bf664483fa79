//! A question to a data directory without a server.

use crate::ask::directory::Directory;
use crate::ask::refusal::Refusal;
use crate::transfer::progress::remark;
use anyhow::Result;
use glasshive_api_hive::shape::query::QueryAnswer;
use serde_json::Value;
use std::path::Path;

/// Answers the body of `POST query` from the directory's environment.
pub async fn ask(directory: &Path, environment: &str, question: &Value) -> Result<QueryAnswer> {
    let Directory { open, environment, fields, faults, data } = Directory::open(directory, environment).await?;
    // Beside the answer, so that JSON and CSV stay what they are.
    faults.iter().for_each(|fault| remark(fault));
    let answer = glasshive_api_hive::answer_query(&open, environment, &fields, question.clone(), data.world.clock.as_ref()).await;
    answer.map_err(|failure| Refusal::of_failure(&failure).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::storage;
    use glasshive_base::metrics;
    use glasshive_feature_fields::{Fields, NewField};
    use glasshive_model::{Codec, Decoder as _, EnvironmentId, EventSink as _, RecordMeta, Submission, sink};
    use glasshive_receive_otlp::decode::{Encoding, OtlpDecoder, Signal3, format_number};
    use glasshive_store::StoreConfig;
    use glasshive_store::world::{DataDirOptions, open_data_dir};
    use serde_json::json;
    use std::sync::Arc;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_killed_server_left_in_its_log_is_found_and_nothing_is_changed() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("data");
        let options = DataDirOptions { version: "test".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
        let data = open_data_dir(&directory, &options).await.unwrap();
        let limits = storage::QueryLimits::default();
        let opened = storage::open(&data, StoreConfig::default(), &limits, metrics::Registry::default()).await.unwrap();
        opened.open.store.append(submission(data.world.clock.wall_ns())).await.unwrap();
        let fields = Fields::open(data.world.catalog.clone(), data.world.clock.clone()).await.unwrap();
        let short = NewField { name: "short".to_owned(), expression: "$duration_ms < 5".to_owned(), description: String::new() };
        fields.create(EnvironmentId::LOCAL, short, |_| false).await.unwrap();
        let error = ask(&directory, "local", &json!({ "text": "COUNT" })).await.unwrap_err().to_string();
        assert!(error.contains("is in use by process"), "{error}");
        // A kill gives the lock back and leaves everything else as it is.
        drop(data);
        for _ in 0..2 {
            let answer = ask(&directory, "local", &json!({ "text": "COUNT GROUP BY name" })).await.unwrap();
            assert_eq!(answer.results.len(), 1, "{answer:?}");
            assert_eq!(answer.results[0].group, [json!("home")]);
            let answer = ask(&directory, "local", &json!({ "text": "COUNT GROUP BY short" })).await.unwrap();
            assert_eq!((&answer.results[0].group[0], answer.notes.len()), (&json!(true), 0), "a field that is kept: {answer:?}");
            assert!(!answer.query.text.contains("WITH"), "as it was asked: {}", answer.query.text);
        }
        let error = ask(&directory, "nowhere", &json!({})).await.unwrap_err().to_string();
        assert!(error.contains("no environment `nowhere`"), "{error}");
    }

    fn submission(now_ns: i64) -> Submission {
        let span = json!({
            "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "home",
            "startTimeUnixNano": now_ns.to_string(), "endTimeUnixNano": now_ns.to_string()
        });
        let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] }).to_string();
        let meta = RecordMeta { format: format_number(Signal3::Traces, Encoding::Json), ..RecordMeta::default() };
        let rows = OtlpDecoder.decode(&meta, now_ns, body.as_bytes()).unwrap();
        Submission {
            environment: EnvironmentId::LOCAL,
            received_ns: now_ns,
            meta,
            codec: Codec::Identity,
            body_hash: sink::body_hash(body.as_bytes()),
            body: body.into(),
            rows: Arc::new(rows),
        }
    }
}

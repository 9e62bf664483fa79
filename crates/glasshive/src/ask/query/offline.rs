//! A question to a data directory without a server: the lock is taken, the log is read back in memory, nothing is written.

use crate::ask::refusal::Refusal;
use crate::config;
use crate::screen::escape::escape;
use crate::serve::storage;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::shape::query::QueryAnswer;
use glasshive_base::metrics;
use glasshive_store::world::{DataDirError, DataDirOptions, ReadOnly, open_data_dir};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;

/// Answers the body of `POST query` from the directory's environment.
pub async fn ask(directory: &Path, environment: &str, question: &Value) -> Result<QueryAnswer> {
    let options = DataDirOptions {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        allow_network_fs: true,
        read_only: Some(ReadOnly { scratch: std::env::temp_dir() }),
        places: config::places()?,
    };
    let data = match open_data_dir(directory, &options).await {
        Ok(data) => data,
        Err(error @ DataDirError::InUse { .. }) => {
            bail!("{error}. Ask the server instead: leave out --data, and name it with --server if it does not listen on port 4318")
        }
        Err(error) => return Err(error.into()),
    };
    let limits = storage::QueryLimits::default();
    let opened = storage::open(&data, storage::of_a_reader(directory), &limits, metrics::Registry::default()).await?;
    for fault in &opened.report.faults {
        // Beside the answer, so that JSON and CSV stay what they are; nobody is told when standard error is gone.
        let _ = writeln!(std::io::stderr(), "glasshive: {}", escape(&fault.message));
    }
    let open = opened.open;
    let environments = open.store.environments();
    let found = environments.iter().find(|(_, slug)| slug == environment);
    let (id, _) = found.with_context(|| {
        let others: Vec<&str> = environments.iter().map(|(_, slug)| slug.as_str()).collect();
        format!("there is no environment `{environment}` in {}; there are: {}", directory.display(), others.join(", "))
    })?;
    let answer = glasshive_api_hive::answer_query(&open, *id, question.clone(), data.world.clock.as_ref()).await;
    answer.map_err(|failure| Refusal::of_failure(&failure).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_model::{Codec, Decoder as _, EnvironmentId, EventSink as _, RecordMeta, Submission, sink};
    use glasshive_receive_otlp::decode::{Encoding, OtlpDecoder, Signal3, format_number};
    use glasshive_store::StoreConfig;
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
        let error = ask(&directory, "local", &json!({ "text": "COUNT" })).await.unwrap_err().to_string();
        assert!(error.contains("is in use by process"), "{error}");
        // A kill gives the lock back and leaves everything else as it is.
        drop(data);
        for _ in 0..2 {
            let answer = ask(&directory, "local", &json!({ "text": "COUNT GROUP BY name" })).await.unwrap();
            assert_eq!(answer.results.len(), 1, "{answer:?}");
            assert_eq!(answer.results[0].group, [json!("home")]);
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

//! Questions to a running server through its own API.

use anyhow::{Context, Result, ensure};
use glasshive_base_http::{Answer, Client};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Asks one server about environment `local`.
#[derive(Clone)]
pub struct Ask {
    client: Client,
    base: String,
}

/// A time range in seconds since 1970, half open.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// First second.
    pub start: i64,
    /// First after it.
    pub end: i64,
}

impl Window {
    /// Everything that a generated run ending at `end_ns` may hold: 24 hours, lateness and wrong clocks.
    pub fn of_run(end_ns: i64) -> Self {
        let end = end_ns / 1_000_000_000;
        Self { start: end - 25 * 3_600, end: end + 600 }
    }
}

impl Ask {
    /// `base` is the server's HTTP address.
    pub fn new(base: &str) -> Self {
        Self { client: Client::new(), base: base.to_owned() }
    }

    /// Counts events that meet all `filters` (JSON of a query specification), by the values of `column`.
    ///
    /// # Errors
    /// When the server does not answer, or answers only in part.
    pub async fn count_by(&self, window: Window, filters: Value, column: &str) -> Result<BTreeMap<String, i64>> {
        let question = json!({
            "calculations": [{"op": "COUNT"}],
            "filters": filters,
            "breakdowns": [column],
            "start_time": window.start,
            "end_time": window.end,
            "limit": 1000,
            "want": [],
        });
        let answer = self.post("/hive/v1/e/local/query", &question).await?;
        let notes = answer["notes"].as_array().context("an answer has notes")?;
        ensure!(notes.iter().all(|note| note["kind"] == "unknown_column"), "the answer has remarks: {notes:?}");
        let groups = answer["results"].as_array().context("an answer has results")?;
        groups.iter().map(|group| Ok((text(&group["group"][0]), group["values"][0].as_i64().context("a count is an integer")?))).collect()
    }

    /// A trace by its id, as the API answers it.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn trace(&self, id: &str) -> Result<Value> {
        self.get(&format!("/hive/v1/e/local/traces/{id}")).await
    }

    /// Raw events; the question is an `EventsRequest`.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn events(&self, question: &Value) -> Result<Value> {
        self.post("/hive/v1/e/local/events", question).await
    }

    /// The store's figures.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn stats(&self) -> Result<Value> {
        self.get("/hive/v1/e/local/stats").await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.base);
        read(&url, &self.client.request(Method::GET, &url, HeaderMap::new(), Vec::new()).await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.base);
        read(&url, &self.client.json(Method::POST, &url, HeaderMap::new(), Some(body)).await?)
    }
}

fn read(url: &str, answer: &Answer) -> Result<Value> {
    ensure!(answer.status.is_success(), "{url} answered {}: {}", answer.status, answer.text());
    Ok(answer.json()?)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

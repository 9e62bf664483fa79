//! A server to ask: its address, the key, and the environment.

use crate::cli::ClientFlags;
use crate::screen::escape::escape;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::problem::{Failure, Problem};
use glasshive_api_hive::shape::account::Environments;
use glasshive_base_http::{Answer, Client, ClientError, StreamAnswer};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::time::Duration;

/// Longest wait for an answer: a query's own limit, and its time in the queue.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A server to ask.
pub struct Server {
    client: Client,
    base: String,
    key: Option<String>,
    environment: Option<String>,
}

impl Server {
    /// The server that the flags name.
    pub fn new(flags: &ClientFlags) -> Self {
        Self {
            client: Client::new().with_timeout(TIMEOUT),
            base: flags.server.trim_end_matches('/').to_owned(),
            key: flags.api_key.clone(),
            environment: flags.environment.clone(),
        }
    }

    /// The environment to ask in: the one named, or the only one that the key sees, or `local`.
    ///
    /// # Errors
    /// When the key sees several environments, none of them `local`, and none was named.
    pub async fn environment(&self) -> Result<String> {
        if let Some(named) = &self.environment {
            return Ok(named.clone());
        }
        if self.key.is_none() {
            return Ok("local".to_owned());
        }
        let seen: Environments = self.get("/hive/v1/environments").await?;
        let mut slugs: Vec<String> = seen.environments.into_iter().map(|environment| environment.slug).collect();
        match slugs.as_slice() {
            [only] => Ok(only.clone()),
            // A key that may not read is told so by the server, in its words.
            [] => Ok("local".to_owned()),
            slugs if slugs.iter().any(|slug| slug == "local") => Ok("local".to_owned()),
            _ => {
                slugs.sort();
                bail!("this key sees several environments; name one with --environment: {}", slugs.join(", "))
            }
        }
    }

    /// Asks with GET.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.ask(Method::GET, path, None::<&()>).await
    }

    /// Asks with POST and a JSON body.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<T> {
        let answer = self.client.json(method, &self.url(path), self.headers()?, body).await.map_err(told)?;
        self.check(answer.status, &answer)?;
        answer.json().with_context(|| format!("{} gave an answer that this version does not understand", self.base))
    }

    /// Asks for an answer that comes piece by piece.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn stream(&self, path: &str) -> Result<StreamAnswer> {
        let answer = self.client.stream(Method::GET, &self.url(path), self.headers()?, Vec::new()).await.map_err(told)?;
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        // Refused: ask again for the whole document, which says why.
        let answer = self.client.request(Method::GET, &self.url(path), self.headers()?, Vec::new()).await.map_err(told)?;
        self.check(answer.status, &answer)?;
        bail!("{} answered {} and then thought better of it", self.base, answer.status)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.key {
            let mut value = HeaderValue::from_str(key).context("the key holds characters that no header can carry")?;
            value.set_sensitive(true);
            headers.insert("x-glasshive-key", value);
        }
        Ok(headers)
    }

    /// Turns a refusal into its sentence.
    fn check(&self, status: StatusCode, answer: &Answer) -> Result<()> {
        if status.is_success() {
            return Ok(());
        }
        match answer.json::<Problem>() {
            Ok(problem) => bail!("{}", sentence(&problem)),
            Err(_) => bail!("{} answered {status}: {}", self.base, escape(answer.text().trim())),
        }
    }
}

/// A failure to get an answer, whose words already hold its innermost reason.
fn told(error: ClientError) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// A problem in a sentence, with what to do about it.
fn sentence(problem: &Problem) -> String {
    with_remedy(&problem.detail, problem.remedy.as_deref())
}

/// The same of a failure that never became an answer.
pub fn failure_sentence(failure: &Failure) -> String {
    with_remedy(&failure.detail, failure.remedy.as_deref())
}

fn with_remedy(detail: &str, remedy: Option<&str>) -> String {
    let mut sentence = escape(detail);
    if let Some(remedy) = remedy {
        let _ = write!(sentence, "; {}", escape(remedy));
    }
    sentence
}

/// A part of a path, percent-encoded.
pub fn path_part(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parts_cannot_leave_their_place() {
        assert_eq!(path_part("1-5759e988-bd86"), "1-5759e988-bd86");
        assert_eq!(path_part("../a b/ü?x#y"), "..%2Fa%20b%2F%C3%BC%3Fx%23y");
    }
}

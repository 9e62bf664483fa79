//! A server to ask: its address, the key, and the environment.

use super::refusal::Refusal;
use crate::cli::ClientFlags;
use crate::screen::escape::escape;
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use glasshive_api_hive::problem::Problem;
use glasshive_api_hive::shape::account::Environments;
use glasshive_base_http::{Answer, Client, ClientError, StreamAnswer};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::time::Duration;

/// Longest wait for an answer: a query's own limit, and its time in the queue.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Characters shown of an answer that is not one of ours.
const SAID_CHARACTERS: usize = 300;

/// A server to ask.
pub struct Server {
    client: Client,
    base: String,
    key: Option<String>,
    environment: Option<String>,
}

impl Server {
    /// The server that the flags name.
    ///
    /// # Errors
    /// When its address cannot be one.
    pub fn new(flags: &ClientFlags) -> Result<Self> {
        Ok(Self {
            client: Client::new().with_timeout(TIMEOUT),
            base: base(&flags.server)?,
            key: flags.api_key.clone().filter(|key| !key.is_empty()),
            environment: flags.environment.clone(),
        })
    }

    /// A server by its address, and the key to show it.
    ///
    /// # Errors
    /// When the address cannot be one.
    pub fn at(address: &str, key: Option<&str>) -> Result<Self> {
        let flags = ClientFlags { server: address.to_owned(), api_key: key.map(str::to_owned), environment: None };
        Self::new(&flags)
    }

    /// Its address.
    pub fn base(&self) -> &str {
        &self.base
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

    /// Asks with PUT and a JSON body.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    /// Asks with DELETE.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.ask(Method::DELETE, path, None::<&()>).await
    }

    /// Asks with POST and a JSON body for an answer that is no JSON.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn post_for_bytes(&self, path: &str, body: &impl Serialize) -> Result<Bytes> {
        let asked = self.client.json(Method::POST, &self.url(path), self.headers()?, Some(body)).await;
        let answer = asked.map_err(|error| self.told(&error))?;
        self.check(answer.status, &answer).await?;
        Ok(answer.body)
    }

    /// Sends bytes with these headers, and the key; the answer as it is, whatever its status.
    ///
    /// # Errors
    /// When there is none.
    pub async fn send(&self, method: Method, path: &str, mut headers: HeaderMap, body: Bytes) -> Result<Answer, ClientError> {
        // A key that no header can carry is nobody's.
        headers.extend(self.headers().unwrap_or_default());
        self.client.request(method, &self.url(path), headers, body).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<T> {
        let asked = self.client.json(method, &self.url(path), self.headers()?, body).await;
        let answer = asked.map_err(|error| self.told(&error))?;
        self.check(answer.status, &answer).await?;
        answer
            .json()
            .with_context(|| format!("{} gave an answer that this version does not understand; is it a Glasshive server?", self.base))
    }

    /// Asks for an answer that comes piece by piece.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn stream(&self, path: &str) -> Result<StreamAnswer> {
        let url = self.url(path);
        let answer = self.client.stream(Method::GET, &url, self.headers()?, Vec::new()).await.map_err(|error| self.told(&error))?;
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        // Refused: ask again for the whole document, which says why.
        let answer = self.client.request(Method::GET, &url, self.headers()?, Vec::new()).await.map_err(|error| self.told(&error))?;
        self.check(answer.status, &answer).await?;
        bail!("{} refused at first and then answered {}; ask again", self.base, answer.status)
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
    async fn check(&self, status: StatusCode, answer: &Answer) -> Result<()> {
        if status.is_success() {
            return Ok(());
        }
        let Ok(problem) = answer.json::<Problem>() else {
            let said: String = answer.text().trim().chars().take(SAID_CHARACTERS).collect();
            bail!("{} answered {status}, not as a Glasshive server does: {}", self.base, escape(&said));
        };
        let refusal = Refusal::of_problem(&problem, self.key.is_some());
        match &self.environment {
            Some(named) if status == StatusCode::NOT_FOUND && problem.detail.contains("no environment") => {
                let others = self.environments().await.unwrap_or_default().join(", ");
                Err(refusal.in_words(format!("there is no environment `{}`; there are: {}", escape(named), escape(&others))).into())
            }
            _ => Err(refusal.into()),
        }
    }

    /// The environments that the key sees, without any explanation when that cannot be known.
    async fn environments(&self) -> Option<Vec<String>> {
        let url = self.url("/hive/v1/environments");
        let answer = self.client.request(Method::GET, &url, self.headers().ok()?, Vec::new()).await.ok()?;
        let seen: Environments = answer.json().ok()?;
        Some(seen.environments.into_iter().map(|environment| environment.slug).collect())
    }

    /// Why there is no answer, and what to do.
    pub fn told(&self, error: &ClientError) -> Refusal {
        Refusal::of_client(error, &self.base)
    }
}

/// The address without its last slash; `http://` where no scheme is written.
fn base(server: &str) -> Result<String> {
    let server = server.trim().trim_end_matches('/');
    if server.is_empty() {
        bail!("--server is empty; say where the server listens, such as http://127.0.0.1:4318");
    }
    if server.starts_with("https://") {
        bail!(
            "--server {}: this version speaks http:// only; name an http:// address, such as that of a tunnel to the server",
            escape(server)
        );
    }
    let with_scheme = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let is_address = !with_scheme.ends_with(':')
        && with_scheme.parse::<http::Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
    if !is_address {
        bail!("--server {} is no address; write it as http://127.0.0.1:4318", escape(server));
    }
    Ok(with_scheme)
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
    fn addresses_may_be_short() {
        for (server, expected) in [
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318"),
            ("localhost:4318", "http://localhost:4318"),
            ("[::1]:4318", "http://[::1]:4318"),
        ] {
            assert_eq!(base(server).unwrap(), expected);
        }
        for wrong in ["", "https://127.0.0.1:4318", "ftp://x", "http://"] {
            assert!(base(wrong).unwrap_err().to_string().contains("http://"), "{wrong}");
        }
    }

    #[test]
    fn path_parts_cannot_leave_their_place() {
        assert_eq!(path_part("1-5759e988-bd86"), "1-5759e988-bd86");
        assert_eq!(path_part("../a b/ü?x#y"), "..%2Fa%20b%2F%C3%BC%3Fx%23y");
    }
}

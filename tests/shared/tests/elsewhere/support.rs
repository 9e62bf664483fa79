//! The real binary with its catalog elsewhere.

use anyhow::{Context as _, Result, bail};
use glasshive_base_http::Client;
use glasshive_hive_gen::{LiveStream, Profile};
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::Doors;
use glasshive_test_product::server::Start;
use glasshive_test_product::{Ask, Delivery, Server, check, glasshive};
use http::{HeaderMap, Method};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Small, so that the server is flushing and committing all the time.
const FLAGS: [&str; 6] = ["--flush-rows", "3000", "--log-segment-bytes", "1MiB", "--log-max-bytes", "64MiB"];
/// Only bounds how long a broken server is waited for; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(120);
const KILLS: usize = 4;
/// Connections over which telemetry is sent.
pub const CONNECTIONS: usize = 4;
const SPANS_A_SECOND: u32 = 50;
const STREAM_NS: i64 = 600_000_000_000;

/// Variables of a process, which is where passwords stand.
pub type Variables = Vec<(String, String)>;

/// Starts a server on `data` with these variables.
///
/// # Errors
/// When it ends before it is ready, with what it said.
pub fn start(data: &Path, variables: &Variables) -> Result<Server> {
    let mut wrapper = vec![OsString::from("env")];
    wrapper.extend(variables.iter().map(|(name, value)| format!("{name}={value}").into()));
    Server::start_as(data, &Start { wrapper, flags: FLAGS.iter().map(Into::into).collect() })
}

/// Runs the binary to its end.
///
/// # Errors
/// When it cannot be started.
pub fn run(arguments: &[&str], variables: &Variables) -> Result<Output> {
    let mut command = Command::new(glasshive()?);
    let is_setting = |name: &str| ["GLASSHIVE_", "AWS_"].iter().any(|prefix| name.starts_with(prefix));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().cloned()).output().context("run glasshive")
}

/// What a server that does not start says.
///
/// # Errors
/// When it does start.
pub fn refusal(data: &Path, variables: &Variables) -> Result<String> {
    let data = data.to_str().context("a path that is text")?;
    let output = run(&["serve", "--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], variables)?;
    if output.status.success() {
        bail!("it started:\n{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Ten minutes of telemetry, not sent yet, and the time range it lies in.
///
/// # Errors
/// When the machine's clock is before 1970.
pub fn telemetry(seed: u64) -> Result<(Arc<Delivery>, Window)> {
    let end_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    let mut stream = LiveStream::new(Profile::Wide, seed, SPANS_A_SECOND, end_ns - STREAM_NS);
    Ok((Delivery::new(stream.advance(end_ns)), Window::of_run(end_ns)))
}

/// Where to send to a server.
pub fn doors(server: &Server) -> Doors {
    Doors { http: server.http.clone(), grpc: server.grpc.clone() }
}

/// Starts servers one after the other, which are killed while they take in what is sent; each has what was acknowledged before.
///
/// # Errors
/// When one has lost something, or does not start.
pub async fn killed_again_and_again(data: &Path, variables: &Variables, delivery: &Arc<Delivery>, window: Window) -> Result<()> {
    let total = delivery.bodies().len();
    for kill in 1..=KILLS {
        let server = start(data, variables)?;
        check::nothing_lost(delivery, &Ask::new(&server.http), window).await.with_context(|| format!("before kill {kill}"))?;
        let sending = tokio::spawn({
            let (delivery, doors) = (delivery.clone(), doors(&server));
            async move { delivery.send_all(&doors, CONNECTIONS).await }
        });
        delivery.wait_for(total * kill / (KILLS + 2)).await?;
        server.kill()?;
        sending.await??;
    }
    Ok(())
}

/// Asks until a check of `/readyz` is there, or is not; returns whether the server is ready then, and the check.
///
/// # Errors
/// When it does not come, with the last answer.
pub async fn wait_for_check(server: &Server, name: &str, is_there: bool) -> Result<(bool, Value)> {
    let (client, begin) = (Client::new(), Instant::now());
    loop {
        let url = format!("{}/readyz", server.http);
        let answer: Value = client.request(Method::GET, &url, HeaderMap::new(), Vec::new()).await?.json()?;
        let checks = answer["checks"].as_array().context("a list of checks")?;
        let check = checks.iter().find(|check| check["check"] == name);
        if check.is_some() == is_there {
            return Ok((answer["ready"] == true, check.cloned().unwrap_or_default()));
        }
        if begin.elapsed() > PATIENCE {
            bail!("`{name}` did not come or go: {answer}");
        }
        tokio::task::yield_now().await;
    }
}

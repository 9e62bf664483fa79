//! `kill -9` at full rate: nothing acknowledged is lost, nothing is there twice, whatever is sent again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use anyhow::{Context, Result, ensure};
use glasshive_hive_gen::{Generator, Profile};
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::{Doors, State};
use glasshive_test_product::{Ask, Delivery, Server, check};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Unless the environment variable `GLASSHIVE_KILL_TRIALS` says another number.
const TRIALS: u64 = 20;
/// A trial in which nothing was cut off or nothing was left to recover proves nothing; it is repeated this often.
const MAX_VOID: u64 = 10;
const CONNECTIONS: usize = 6;
const SPANS: u64 = 40_000;

/// What one trial saw.
enum Outcome {
    Held(String),
    Void(&'static str),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let trials = std::env::var("GLASSHIVE_KILL_TRIALS").map_or(TRIALS, |text| text.parse().unwrap());
    for seed in 1..=trials {
        let mut voids = 0;
        loop {
            match trial(seed + 1_000_000 * voids).await.with_context(|| format!("trial {seed}, attempt {}", voids + 1)).unwrap() {
                Outcome::Held(words) => break println!("trial {seed}: {words}"),
                Outcome::Void(reason) => println!("trial {seed}: void, {reason}"),
            }
            voids += 1;
            assert!(voids < MAX_VOID, "trial {seed} was void {voids} times");
        }
    }
}

/// Even seeds are killed once, odd ones again while what was cut off is sent again.
async fn trial(seed: u64) -> Result<Outcome> {
    let directory = tempfile::tempdir()?;
    let end_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    let window = Window::of_run(end_ns);
    let delivery = Delivery::new(Generator::new(Profile::Wide, seed, SPANS, end_ns).collect());
    let total = delivery.bodies().len();
    let mut words = String::new();
    let mut target = 0;
    for round in 0..1 + seed % 2 {
        // Somewhere in the first three quarters of what is left.
        let left = total - target;
        target += 1 + (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (20 + round)) as usize % (left * 3 / 4);
        let server = Server::start(directory.path())?;
        if round > 0 {
            check::nothing_lost(&delivery, &Ask::new(&server.http), window).await?;
        }
        let (acknowledged, cut) = kill_at(server, &delivery, target).await?;
        if cut == 0 {
            return Ok(Outcome::Void("no request was in flight"));
        }
        words += &format!("killed at {acknowledged} of {total} with {cut} in flight; ");
        target = acknowledged;
    }
    let server = Server::start(directory.path())?;
    let Some(recovered) = server.said_number("recovered ") else {
        return Ok(Outcome::Void("nothing was left to recover"));
    };
    let ask = Ask::new(&server.http);
    check::nothing_lost(&delivery, &ask, window).await?;
    delivery.send_all(&doors(&server), CONNECTIONS).await?;
    check::complete(&delivery, &ask, window).await?;
    let (status, said) = server.terminate()?;
    ensure!(status.success(), "the server ended with {status}:\n{said}");
    check_after_restart(directory.path(), &delivery, window).await?;
    Ok(Outcome::Held(format!("{words}{recovered} events recovered; all {total} there once")))
}

/// Kills the server when `target` bodies are acknowledged; how many are then, and how many were cut off.
async fn kill_at(server: Server, delivery: &Arc<Delivery>, target: usize) -> Result<(usize, usize)> {
    let doors = doors(&server);
    let sending = tokio::spawn({
        let delivery = delivery.clone();
        async move { delivery.send_all(&doors, CONNECTIONS).await }
    });
    delivery.wait_for(target).await?;
    server.kill()?;
    sending.await??;
    Ok((delivery.count(State::Acknowledged), delivery.count(State::Unknown)))
}

fn doors(server: &Server) -> Doors {
    Doors { http: server.http.clone(), grpc: server.grpc.clone() }
}

async fn check_after_restart(data: &Path, delivery: &Delivery, window: Window) -> Result<()> {
    let server = Server::start(data)?;
    check::complete(delivery, &Ask::new(&server.http), window).await
}

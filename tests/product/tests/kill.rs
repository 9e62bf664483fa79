//! `kill -9` at full rate: nothing acknowledged is lost, nothing is there twice, whatever is sent again.
//!
//! Flushes, segments and the log are small, so that the server is writing files, committing and freeing the log all the time, and
//! kills are aimed at each of these. What a kill hit is read from the directory it left behind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use anyhow::{Context, Result, ensure};
use glasshive_hive_gen::{LiveStream, Profile};
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::{Doors, State};
use glasshive_test_product::moment::{Aim, Left, Watch};
use glasshive_test_product::server::Start;
use glasshive_test_product::{Ask, Delivery, Server, check};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Unless the environment variable `GLASSHIVE_KILL_TRIALS` says another number.
const TRIALS: u64 = 20;
/// A trial in which nothing was cut off or nothing was left to recover proves nothing; it is repeated this often.
const MAX_VOID: u64 = 10;
const CONNECTIONS: usize = 6;
/// Events of ten minutes: a flush then writes a handful of files and not one for each hour of a day.
const SPANS_A_SECOND: u32 = 100;
const STREAM_NS: i64 = 600_000_000_000;
/// A flush takes a few of these; requests that are cut off are never the oldest of so much log.
const LOG_MAX_BYTES: u64 = 4 << 20;
const FLAGS: [&str; 6] = ["--flush-rows", "3000", "--log-segment-bytes", "1MiB", "--log-max-bytes", "4MiB"];

/// What one trial saw.
enum Outcome {
    Held(String),
    Void(&'static str),
}

/// What kills hit, over all trials.
#[derive(Debug, Default)]
struct Hits {
    kills: usize,
    within_flush: usize,
    /// Files that were not finished, files that no catalog named, segments that were due to be freed.
    left: [usize; 3],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let trials = std::env::var("GLASSHIVE_KILL_TRIALS").map_or(TRIALS, |text| text.parse().unwrap());
    let mut hits = Hits::default();
    for seed in 1..=trials {
        let mut voids = 0;
        loop {
            let trial = trial(seed + 1_000_000 * voids, &mut hits).await;
            match trial.with_context(|| format!("trial {seed}, attempt {}", voids + 1)).unwrap() {
                Outcome::Held(words) => break println!("trial {seed}: {words}"),
                Outcome::Void(reason) => println!("trial {seed}: void, {reason}"),
            }
            voids += 1;
            assert!(voids < MAX_VOID, "trial {seed} was void {voids} times");
        }
    }
    println!("{hits:?}");
    // Otherwise the trials are void together: they were to hit the real work of the real binary.
    if trials >= TRIALS {
        assert!(hits.within_flush * 4 >= hits.kills, "of {} kills only {} fell within a flush", hits.kills, hits.within_flush);
    }
}

/// Even seeds are killed once, odd ones again while what was cut off is sent again.
async fn trial(seed: u64, hits: &mut Hits) -> Result<Outcome> {
    let directory = tempfile::tempdir()?;
    let end_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    let window = Window::of_run(end_ns);
    let mut stream = LiveStream::new(Profile::Wide, seed, SPANS_A_SECOND, end_ns - STREAM_NS);
    let delivery = Delivery::new(stream.advance(end_ns));
    let total = delivery.bodies().len();
    let mut words = String::new();
    let mut target = 0;
    for round in 0..1 + seed % 2 {
        // Somewhere in the first three quarters of what is left.
        let left = total - target;
        target += 1 + (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (20 + round)) as usize % (left * 3 / 4);
        let aim = Aim::ALL[(seed / 2 + round) as usize % Aim::ALL.len()];
        let server = start(directory.path())?;
        if round > 0 {
            check::nothing_lost(&delivery, &Ask::new(&server.http), window).await?;
        }
        let Some((acknowledged, cut)) = kill_at(server, &delivery, target, Watch::begin(directory.path(), aim)).await? else {
            return Ok(Outcome::Void("everything was delivered before the moment came"));
        };
        if cut == 0 {
            return Ok(Outcome::Void("no request was in flight"));
        }
        let found = Left::behind(directory.path(), LOG_MAX_BYTES).await?;
        hits.kills += 1;
        hits.within_flush += usize::from(found.is_within_flush());
        let (unfinished, uncommitted) = (found.unfinished, found.uncommitted);
        for (count, is_left) in hits.left.iter_mut().zip([unfinished > 0, uncommitted > 0, found.is_free_due]) {
            *count += usize::from(is_left);
        }
        words += &format!("killed at {aim:?} ({acknowledged} of {total}) with {cut} in flight, {unfinished} files unfinished, ");
        words += &format!("{uncommitted} uncommitted{}; ", if found.is_free_due { ", log to be freed" } else { "" });
        target = acknowledged;
    }
    let server = start(directory.path())?;
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

fn start(data: &Path) -> Result<Server> {
    Server::start_as(data, &Start { flags: FLAGS.iter().map(Into::into).collect(), ..Start::default() })
}

/// Kills the server when `target` bodies are acknowledged and the moment has come, or when almost all are; how many are acknowledged
/// then, and how many were cut off. `None` when everything was delivered before.
async fn kill_at(server: Server, delivery: &Arc<Delivery>, target: usize, watch: Watch) -> Result<Option<(usize, usize)>> {
    let doors = doors(&server);
    let sending = tokio::spawn({
        let delivery = delivery.clone();
        async move { delivery.send_all(&doors, CONNECTIONS).await }
    });
    delivery.wait_for(target).await?;
    let watch = watch.again();
    let latest = delivery.bodies().len().saturating_sub(3 * CONNECTIONS);
    while !watch.has_come() && delivery.count(State::Acknowledged) < latest && !sending.is_finished() {
        tokio::task::yield_now().await;
    }
    server.kill()?;
    sending.await??;
    let cut = delivery.count(State::Unknown);
    let is_over = cut == 0 && delivery.count(State::Acknowledged) == delivery.bodies().len();
    Ok((!is_over).then(|| (delivery.count(State::Acknowledged), cut)))
}

fn doors(server: &Server) -> Doors {
    Doors { http: server.http.clone(), grpc: server.grpc.clone() }
}

async fn check_after_restart(data: &Path, delivery: &Delivery, window: Window) -> Result<()> {
    let server = start(data)?;
    check::complete(delivery, &Ask::new(&server.http), window).await
}

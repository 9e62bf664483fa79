//! Parts of the server measured alone: decoding, and taking in, keeping and flushing.
//!
//! One process, no sockets, no query engine: quick to build, and small enough to count instructions of (`valgrind
//! --tool=callgrind`), which repeat where seconds do not.
#![expect(clippy::print_stdout, reason = "a program whose output is its readings")]

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use glasshive_base::metrics;
use glasshive_benchmark_parts::{context, cpu_seconds, submission};
use glasshive_hive_gen::{Body, Generator, LiveStream, Profile, Signal};
use glasshive_model::{EnvironmentId, EventSink};
use glasshive_receive_otlp::decode::{Encoding, OtlpDecoder, Signal3, decode};
use glasshive_store::world::{DataDirOptions, open_data_dir};
use glasshive_store::{Store, StoreConfig};
use mimalloc::MiMalloc;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The product's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The end of the generated day, ns since 1970 UTC: fixed, so that two runs do the same work.
const END_NS: i64 = 1_800_000_000_000_000_000;
/// Seconds of the shorter stretch.
const HALF_AN_HOUR: u64 = 1_800;
/// Requests that wait for the log at once.
const IN_FLIGHT: usize = 16;

/// Measures a part of the server.
#[derive(Debug, Parser)]
#[command(name = "hive-parts", version)]
struct Flags {
    /// How many spans of the profile `wide`
    #[arg(long, value_name = "N", default_value_t = 200_000, global = true)]
    spans: u64,
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// From the bytes of a request to rows, on one thread
    Decode {
        /// How often; each is told
        #[arg(long, default_value_t = 5)]
        repeat: usize,
    },
    /// Into a store: log, live chunks, then data files
    Keep {
        /// A directory for the data, which must not exist
        directory: PathBuf,
        /// Spans of half an hour, as if they had just happened, instead of 24 hours
        #[arg(long)]
        live: bool,
    },
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    match &flags.part {
        Part::Decode { repeat } => {
            let bodies = day(flags.spans);
            (0..*repeat).try_for_each(|_| decode_all(&bodies))
        }
        Part::Keep { directory, live } => {
            let bodies = if *live { half_an_hour(flags.spans) } else { day(flags.spans) };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
            runtime.block_on(keep(bodies, directory))
        }
    }
}

fn day(spans: u64) -> Vec<Body> {
    Generator::new(Profile::Wide, 1, spans, END_NS).without_logs().collect()
}

fn half_an_hour(spans: u64) -> Vec<Body> {
    let per_second = u32::try_from(spans / HALF_AN_HOUR).unwrap_or(u32::MAX);
    let start_ns = END_NS - HALF_AN_HOUR as i64 * 1_000_000_000;
    let mut bodies = LiveStream::new(Profile::Wide, 1, per_second, start_ns).advance(END_NS);
    bodies.retain(|body| body.signal == Signal::Traces);
    bodies
}

fn decode_all(bodies: &[Body]) -> Result<()> {
    let began = (Instant::now(), cpu_seconds()?);
    let mut rows = 0;
    for body in bodies {
        rows += decode(Signal3::Traces, Encoding::Protobuf, &body.bytes, &context(END_NS))?.rows.len();
    }
    let (wall, cpu) = (began.0.elapsed().as_secs_f64(), cpu_seconds()? - began.1);
    let spans: u64 = bodies.iter().map(|body| u64::from(body.items)).sum();
    let bytes: usize = bodies.iter().map(|body| body.bytes.len()).sum();
    println!(
        "decode: {spans} spans, {rows} rows; {:.3} M spans/s, {:.0} MB/s elapsed; {:.2} CPU s per million spans",
        spans as f64 / wall / 1e6,
        bytes as f64 / wall / 1e6,
        cpu / spans as f64 * 1e6
    );
    Ok(())
}

async fn keep(bodies: Vec<Body>, directory: &Path) -> Result<()> {
    ensure!(!directory.exists(), "{} exists", directory.display());
    let spans: f64 = bodies.iter().map(|body| f64::from(body.items)).sum();
    let options = DataDirOptions { version: env!("CARGO_PKG_VERSION").to_owned(), ..DataDirOptions::default() };
    let data = open_data_dir(directory, &options).await?;
    let metrics = metrics::Registry::default();
    let (store, _) = Store::open(StoreConfig::default(), data.world.clone(), Arc::new(OtlpDecoder), metrics).await?;
    let mut phase = Phase::begin()?;
    let mut waiting = VecDeque::new();
    for body in bodies {
        let submission = submission(EnvironmentId(1), body, END_NS)?;
        let store = store.clone();
        waiting.push_back(tokio::spawn(async move { store.append(submission).await }));
        // As many requests are under way as a few busy connections would have.
        while waiting.len() > IN_FLIGHT {
            waiting.pop_front().context("there is one")?.await??;
        }
    }
    for answer in waiting {
        answer.await??;
    }
    phase.end("answered", spans)?;
    store.flush().await?;
    phase.end("flushed", spans)?;
    let stats = store.stats();
    println!(
        "{} files, {:.1} bytes per span in files, {:.1} in the log",
        stats.files,
        stats.file_bytes as f64 / spans,
        stats.log_bytes as f64 / spans
    );
    store.shutdown().await;
    Ok(())
}

/// A stretch of the run, in CPU seconds of all threads.
struct Phase {
    cpu: f64,
    wall: Instant,
}

impl Phase {
    fn begin() -> Result<Self> {
        Ok(Self { cpu: cpu_seconds()?, wall: Instant::now() })
    }

    /// Tells what was used since the last end.
    fn end(&mut self, name: &str, spans: f64) -> Result<()> {
        let now = Self::begin()?;
        println!(
            "{name}: {:.2} CPU s per million spans, {:.2} s elapsed",
            (now.cpu - self.cpu) / spans * 1e6,
            now.wall.duration_since(self.wall).as_secs_f64()
        );
        *self = now;
        Ok(())
    }
}

//! A month of data in minutes: the real store, the real query engine and a real directory, by a clock that is driven.
//!
//! Every minute of that clock brings live spans and logs; every six hours a batch of the past comes late; before the first day
//! a week is imported. Flushes, merges and retention run as they would, since all they know of time is the clock. At the end of
//! each day one line of JSON tells what is on the disk, what questions take, and what the process has used.
#![expect(clippy::print_stdout, reason = "a program whose output is its readings")]

mod clock;
mod reading;

use anyhow::{Result, ensure};
use clap::Parser;
use clock::DrivenClock;
use futures_util::future::try_join_all;
use glasshive_base::{Clock, metrics};
use glasshive_benchmark_parts::submission;
use glasshive_hive_gen::{Body, Generator, LiveStream, Profile};
use glasshive_model::{EnvironmentId, EventSink};
use glasshive_query_engine::{Engine, EngineConfig};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDirOptions, World, open_data_dir};
use glasshive_store::{Retention, Store, StoreConfig};
use mimalloc::MiMalloc;
use reading::Reader;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The product's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// 2027-01-01T00:00:00Z, where the month begins.
const START_NS: i64 = 1_798_761_600_000_000_000;
const MINUTE: Duration = Duration::from_secs(60);
const MINUTES_A_DAY: u64 = 1_440;
const DAY_NS: i64 = 86_400_000_000_000;
/// Minutes between two late batches.
const LATE_EVERY: u64 = 360;
/// Late batches are of one day up to so many days ago.
const LATE_DAYS: u64 = 6;
/// The store's tasks that sleep when there is nothing to do: those that flush, merge, and keep house.
const TASKS: usize = 3;
/// Whose data it is.
const ENVIRONMENT: EnvironmentId = EnvironmentId::LOCAL;

/// Measures how a store behaves over a month.
#[derive(Debug, Parser)]
#[command(name = "hive-month", version)]
struct Flags {
    /// A directory for the data, which must not exist
    directory: PathBuf,
    /// Days that pass
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// Live spans per second of the driven clock
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Days of the past that are imported before the first
    #[arg(long, default_value_t = 7)]
    imported: u64,
    /// Late spans, in percent of the live ones
    #[arg(long, default_value_t = 5)]
    late: u64,
    /// Days that data is kept
    #[arg(long, default_value_t = 21)]
    keep: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let flags = Flags::parse();
    ensure!(!flags.directory.exists(), "{} exists", flags.directory.display());
    let options = DataDirOptions { version: env!("CARGO_PKG_VERSION").to_owned(), ..DataDirOptions::default() };
    let data = open_data_dir(&flags.directory, &options).await?;
    let clock = Arc::new(DrivenClock::at(START_NS));
    let world = World { clock: clock.clone(), ..data.world.clone() };
    let retention = Retention { keep: Some(Duration::from_secs(flags.keep * 86_400)), ..Retention::default() };
    let config = StoreConfig { retention, ..StoreConfig::default() };
    let metrics = metrics::Registry::default();
    let (store, _) = Store::open(config, world, Arc::new(OtlpDecoder), metrics.clone()).await?;
    store.confirm_clock();
    let engine = Engine::new(store.clone(), EngineConfig::default(), clock.clone(), metrics)?;
    let month = Month { flags, clock, store };
    month.pass(&engine).await?;
    month.store.shutdown().await;
    data.close_catalog().await;
    Ok(())
}

struct Month {
    flags: Flags,
    clock: Arc<DrivenClock>,
    store: Arc<Store>,
}

impl Month {
    async fn pass(&self, engine: &Engine) -> Result<()> {
        self.clock.settle(TASKS).await?;
        let a_day = u64::from(self.flags.rate) * 86_400;
        for day in (0..self.flags.imported).rev() {
            self.import(self.day_of(day), 1_000 + day, a_day).await?;
        }
        let mut live = LiveStream::new(Profile::Wide, 1, self.flags.rate, START_NS);
        let mut reader = Reader::new(&self.store, engine)?;
        for day in 1..=self.flags.days {
            for minute in 0..MINUTES_A_DAY {
                self.append(live.advance(self.clock.wall_ns())).await?;
                if minute % LATE_EVERY == 0 {
                    let batch = day * MINUTES_A_DAY / LATE_EVERY + minute / LATE_EVERY;
                    let spans = a_day * LATE_EVERY / MINUTES_A_DAY * self.flags.late / 100;
                    self.import(self.clock.wall_ns() - (1 + batch as i64 % LATE_DAYS as i64) * DAY_NS, batch, spans).await?;
                }
                self.step().await?;
            }
            println!("{}", reader.read(day, self.clock.wall_ns()).await?);
        }
        Ok(())
    }

    /// The end of the imported day that lies so many days before the first one.
    fn day_of(&self, before: u64) -> i64 {
        self.clock.wall_ns() - before as i64 * DAY_NS
    }

    /// Spans of the 24 hours before `end_ns`, all at once.
    async fn import(&self, end_ns: i64, seed: u64, spans: u64) -> Result<()> {
        let mut bodies = Generator::new(Profile::Wide, seed, spans, end_ns).peekable();
        while bodies.peek().is_some() {
            // As many as a few busy connections would have under way.
            self.append(bodies.by_ref().take(32).collect()).await?;
        }
        self.clock.settle(TASKS).await
    }

    async fn append(&self, bodies: Vec<Body>) -> Result<()> {
        let now_ns = self.clock.wall_ns();
        let submissions: Vec<_> = bodies.into_iter().map(|body| submission(ENVIRONMENT, body, now_ns)).collect::<Result<_>>()?;
        try_join_all(submissions.into_iter().map(|submission| self.store.append(submission))).await?;
        Ok(())
    }

    async fn step(&self) -> Result<()> {
        self.clock.advance(MINUTE);
        self.clock.settle(TASKS).await
    }
}

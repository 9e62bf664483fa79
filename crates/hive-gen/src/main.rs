//! The program: makes a data set and sends it to a server over OTLP, or writes it to a file.

mod send;
mod tally;

use anyhow::{Context, Result};
use clap::Parser;
use glasshive_hive_gen::{Body, Checksum, Generator, Profile};
use send::{Protocol, Target};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tally::Tally;

/// Makes telemetry and sends it over OTLP.
///
/// The same seed, number of spans and end time give the same bytes. Requests that the server refuses with 429 or 503 (gRPC: 8 or
/// 14) are sent again after the time it names.
#[derive(Debug, Parser)]
#[command(name = "hive-gen", version)]
struct Flags {
    /// Where to send; for gRPC, the address of that door
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4318")]
    target: String,
    /// How to send
    #[arg(long, value_enum, default_value_t = Protocol::Http)]
    protocol: Protocol,
    /// How many spans
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    spans: u64,
    /// Which data set
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The last instant of the data's 24 hours, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    end: Option<jiff::Timestamp>,
    /// How many connections send at once
    #[arg(long, value_name = "N", default_value_t = 1)]
    connections: usize,
    /// Compress the bodies
    #[arg(long)]
    gzip: bool,
    /// Spans only, no log records
    #[arg(long)]
    without_logs: bool,
    /// Make every body before the first is sent, so that only sending is measured
    #[arg(long)]
    preload: bool,
    /// The key to send with
    #[arg(long, value_name = "SECRET", env = "HIVE_GEN_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Write to a file instead: for each body one byte (0 traces, 1 logs), four bytes of length (little endian), the body
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "protocol", "connections", "gzip", "api_key", "preload"])]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed too.
            let _ = writeln!(std::io::stderr().lock(), "hive-gen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> Result<()> {
    let end = flags.end.unwrap_or_else(jiff::Timestamp::now);
    let end_ns = i64::try_from(end.as_nanosecond()).context("--end lies outside of the years that nanoseconds reach")?;
    let generator = Generator::new(Profile::Wide, flags.seed, flags.spans, end_ns);
    let generator = if flags.without_logs { generator.without_logs() } else { generator };
    let report = match &flags.out {
        Some(path) => write(path, generator)?,
        None => {
            let target = Target::new(&flags.target, flags.protocol, flags.gzip, flags.api_key.as_deref())?;
            let tally = if flags.preload {
                let bodies: Vec<Body> = generator.collect();
                send::run(&target, flags.connections.max(1), bodies.into_iter())?
            } else {
                send::run(&target, flags.connections.max(1), generator)?
            };
            tally.report("sent")
        }
    };
    writeln!(std::io::stdout().lock(), "{report}").context("print the totals")
}

fn write(path: &Path, bodies: impl Iterator<Item = Body>) -> Result<String> {
    let file = std::fs::File::create(path).with_context(|| format!("create {}", path.display()))?;
    let mut out = std::io::BufWriter::with_capacity(1 << 20, file);
    let mut tally = Tally::start();
    let mut sum = Checksum::default();
    for body in bodies {
        let len = u32::try_from(body.bytes.len()).context("a body of more than 4 GiB")?;
        out.write_all(&[body.signal as u8])?;
        out.write_all(&len.to_le_bytes())?;
        out.write_all(&body.bytes)?;
        tally.add(&body);
        sum.add(&body);
    }
    out.flush().with_context(|| format!("write {}", path.display()))?;
    tally.stop();
    Ok(format!("{}\nchecksum {:016x}", tally.report("wrote"), sum.value()))
}

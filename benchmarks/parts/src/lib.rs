//! What programs that measure parts of the server have in common: generated requests as the store takes them, and what the
//! kernel says of this process.

use anyhow::{Context, Result};
use glasshive_hive_gen::{Body, Signal};
use glasshive_model::{Codec, EnvironmentId, Submission, sink};
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3, decode};
use std::sync::Arc;

/// Clock ticks of `/proc/self/stat` per second, the same on every Linux.
const TICKS: f64 = 100.0;

/// What a request that comes at `received_ns` (ns since 1970 UTC) is decoded with.
pub fn context(received_ns: i64) -> DecodeContext<'static> {
    DecodeContext { received_ns, ..DecodeContext::default() }
}

/// A request as its receiver hands it to the store.
///
/// # Errors
/// When it cannot be decoded.
pub fn submission(environment: EnvironmentId, body: Body, received_ns: i64) -> Result<Submission> {
    let signal = match body.signal {
        Signal::Traces => Signal3::Traces,
        Signal::Logs => Signal3::Logs,
    };
    let context = context(received_ns);
    let rows = decode(signal, Encoding::Protobuf, &body.bytes, &context)?.rows;
    Ok(Submission {
        environment,
        received_ns,
        meta: context.record_meta(signal, Encoding::Protobuf),
        codec: Codec::Identity,
        body_hash: sink::body_hash(&body.bytes),
        body: body.bytes,
        rows: Arc::new(rows),
    })
}

/// User and system time of this process, in seconds.
///
/// # Errors
/// Where there is no `/proc`.
pub fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).context("a number in /proc/self/stat");
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// A number of `/proc/self/NAME`, such as `VmHWM` of `status` (KiB) or `wchar` of `io`.
///
/// # Errors
/// Where there is no such number.
pub fn kernel_says(file: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).with_context(|| format!("read /proc/self/{file}"))?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).with_context(|| format!("{name} in /proc/self/{file}"))
}

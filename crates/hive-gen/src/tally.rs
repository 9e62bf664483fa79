//! What a run amounted to, in words.

use glasshive_hive_gen::{Body, Signal};
use std::time::{Duration, Instant};

/// Totals of a run.
#[derive(Debug, Clone)]
pub struct Tally {
    spans: u64,
    records: u64,
    requests: u64,
    bytes: u64,
    /// Requests sent again after a refusal.
    pub retries: u64,
    started: Instant,
    took: Duration,
}

impl Tally {
    /// The clock runs from here.
    pub fn start() -> Self {
        Self { spans: 0, records: 0, requests: 0, bytes: 0, retries: 0, started: Instant::now(), took: Duration::ZERO }
    }

    /// Counts a body that was accepted.
    pub fn add(&mut self, body: &Body) {
        match body.signal {
            Signal::Traces => self.spans += u64::from(body.items),
            Signal::Logs => self.records += u64::from(body.items),
        }
        self.requests += 1;
        self.bytes += body.bytes.len() as u64;
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Tally) {
        self.spans += other.spans;
        self.records += other.records;
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.retries += other.retries;
    }

    /// The clock stops.
    pub fn stop(&mut self) {
        self.took = self.started.elapsed();
    }

    /// One line.
    pub fn report(&self, verb: &str) -> String {
        let seconds = self.took.as_secs_f64();
        let cpu = own_cpu_seconds().map_or_else(String::new, |cpu| format!("; own CPU {cpu:.2} s"));
        format!(
            "{verb} {} spans and {} log records in {} requests, {:.1} MB before compression, in {seconds:.2} s: {:.0} spans/s; {} retries{cpu}",
            self.spans,
            self.records,
            self.requests,
            self.bytes as f64 / 1e6,
            self.spans as f64 / seconds.max(1e-9),
            self.retries,
        )
    }
}

/// User and system time of this process, where the kernel tells it: fields 14 and 15 of `/proc/self/stat`, in hundredths of a
/// second (`USER_HZ`, 100 on every Linux that Rust runs on).
fn own_cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

//! What is said on standard error while something long goes on: only where somebody looks.

use crate::screen::number;
use glasshive_base::Clock;
use glasshive_store::world::SystemClock;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// Between two lines.
const INTERVAL: Duration = Duration::from_millis(250);

/// A line that is written over.
pub struct Progress {
    clock: SystemClock,
    started: Duration,
    said: Option<Duration>,
    is_terminal: bool,
}

// === impl Progress ===

impl Progress {
    /// Nothing is said yet.
    pub fn new() -> Self {
        let clock = SystemClock::default();
        Self { started: clock.monotonic(), clock, said: None, is_terminal: std::io::stderr().is_terminal() }
    }

    /// Says how far it is, unless it was said just now.
    pub fn say(&mut self, line: impl FnOnce() -> String) {
        let now = self.clock.monotonic();
        if self.is_terminal && self.said.is_none_or(|said| now.saturating_sub(said) >= INTERVAL) {
            self.said = Some(now);
            write(&format!("\r\x1b[K{}", line()));
        }
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.said.take().is_some() {
            write("\r\x1b[K");
        }
    }

    /// Since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.started)
    }
}

/// `1.5 s, 823 a second`.
pub fn pace(rows: u64, elapsed: Duration) -> String {
    let rows_a_second = (rows as f64 / elapsed.as_secs_f64().max(1e-3)) as u64;
    let rows_a_second = number::grouped(i64::try_from(rows_a_second).unwrap_or(i64::MAX));
    format!("{}, {rows_a_second} a second", number::duration(elapsed.as_nanos() as f64))
}

/// A remark beside what is printed.
pub fn remark(text: &str) {
    write(&format!("glasshive: {}\n", crate::screen::escape::escape(text)));
}

fn write(text: &str) {
    // Nobody is there to be told when standard error is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

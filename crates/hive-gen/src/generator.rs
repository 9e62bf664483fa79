//! A whole run, body by body.

use crate::batch::Batch;
use crate::body::{Body, Profile, Signal};
use crate::day::Day;
use crate::log::LogWriter;
use crate::planted::PlantedCause;
use crate::random::Random;
use crate::span::SpanWriter;
use crate::trace::{Shapes, Trace};
use crate::vocabulary::{INSTANCES_PER_SERVICE, SERVICES, Vocabulary};
use std::collections::VecDeque;

/// Stream number of the random numbers of log records, so that spans are the same with and without logs.
const LOG_STREAM: u64 = 1;

/// Yields the request bodies of `spans` spans and their log records in the order in which they would be sent. Memory is bounded
/// by one unfinished request for each instance and signal, some 60 MB at most.
pub struct Generator {
    factory: Factory,
    day: Day,
    causes: [PlantedCause; 3],
    spans: u64,
    made: u64,
    flushed: bool,
}

impl Generator {
    /// Spans lie in the 24 hours before `end_time_ns` (ns since 1970 UTC); a few end up to 2 s later by a wrong clock.
    pub fn new(profile: Profile, seed: u64, spans: u64, end_time_ns: i64) -> Self {
        let day = Day::ending_at(end_time_ns);
        let causes = PlantedCause::of_day(end_time_ns);
        Self { factory: Factory::new(profile, seed), day, causes, spans, made: 0, flushed: false }
    }

    /// Leaves the log records out; the spans stay the same.
    pub fn without_logs(mut self) -> Self {
        self.factory.with_logs = false;
        self
    }

    /// What was planted, in order of time.
    pub fn causes(&self) -> &[PlantedCause; 3] {
        &self.causes
    }
}

impl Iterator for Generator {
    type Item = Body;

    fn next(&mut self) -> Option<Body> {
        while self.factory.ready.is_empty() && self.made < self.spans {
            let end_ns = self.day.time_ns(self.made as f64 / self.spans as f64);
            self.made += self.factory.make_trace(end_ns, &self.causes, self.spans - self.made);
        }
        if self.factory.ready.is_empty() && !self.flushed {
            self.flushed = true;
            self.factory.flush();
        }
        self.factory.ready.pop_front()
    }
}

/// Turns traces into bodies; what [`Generator`] and [`crate::LiveStream`] share.
pub struct Factory {
    words: Vocabulary,
    shapes: Shapes,
    trace: Trace,
    span_writer: SpanWriter,
    log_writer: LogWriter,
    log_random: Random,
    with_logs: bool,
    traces_made: u64,
    spans: Vec<Batch>,
    logs: Vec<Batch>,
    pub ready: VecDeque<Body>,
}

impl Factory {
    pub fn new(profile: Profile, seed: u64) -> Self {
        let Profile::Wide = profile;
        let batches = |signal| (0..SERVICES.len() * INSTANCES_PER_SERVICE).map(|instance| Batch::new(signal, instance)).collect();
        Self {
            words: Vocabulary::new(),
            shapes: Shapes::new(seed),
            trace: Trace::new(),
            span_writer: SpanWriter::new(),
            log_writer: LogWriter::new(),
            log_random: Random::new(seed, LOG_STREAM),
            with_logs: true,
            traces_made: 0,
            spans: batches(Signal::Traces),
            logs: batches(Signal::Logs),
            ready: VecDeque::new(),
        }
    }

    /// Makes the next trace, ending at `end_ns`, of at most `limit` spans; returns how many it has. Full requests become ready.
    pub fn make_trace(&mut self, end_ns: i64, causes: &[PlantedCause], limit: u64) -> u64 {
        self.shapes.fill(&mut self.trace, self.traces_made, end_ns, causes, limit);
        self.traces_made += 1;
        let mut random = self.trace.random.clone();
        for plan in &self.trace.spans {
            let batch = &mut self.spans[plan.instance];
            self.span_writer.append(&mut batch.items, &self.words, &self.trace, plan, &mut random);
            batch.count += 1;
            if batch.is_full() {
                self.ready.extend(batch.take());
            }
            if self.with_logs {
                let records = if self.log_random.chance(1, 5) { 2 } else { 1 };
                for _ in 0..records {
                    let batch = &mut self.logs[plan.instance];
                    self.log_writer.append(&mut batch.items, &self.trace, plan, &mut self.log_random);
                    batch.count += 1;
                    if batch.is_full() {
                        self.ready.extend(batch.take());
                    }
                }
            }
        }
        self.trace.spans.len() as u64
    }

    /// Makes every unfinished request ready.
    pub fn flush(&mut self) {
        self.ready.extend(self.spans.iter_mut().chain(&mut self.logs).filter_map(Batch::take));
    }
}

#[cfg(test)]
mod tests;

//! One log record as bytes.

use crate::random::Random;
use crate::trace::{SpanPlan, Trace};
use crate::vocabulary::{EXCEPTIONS, SERVICES};
use crate::writer::{Any, any, attribute, bytes, fixed32, fixed64, uint};
use std::fmt::Write;

/// Field of `ScopeLogs`.
const SCOPE_LOGS_RECORDS: u64 = 2;
const RECORD_ATTRIBUTES: u64 = 6;

const DEBUG: u64 = 5;
const INFO: u64 = 9;
const WARN: u64 = 13;
const ERROR: u64 = 17;

/// 40 templates: severity, text before the number, text after it.
const TEMPLATES: [(u64, &str, &str); 40] = [
    (INFO, "request accepted, ", " bytes"),
    (INFO, "request finished in ", " us"),
    (INFO, "loaded ", " rows from the store"),
    (INFO, "cache filled with ", " entries"),
    (INFO, "order ", " confirmed"),
    (INFO, "invoice ", " sent"),
    (INFO, "session ", " opened"),
    (INFO, "session ", " closed by its owner"),
    (INFO, "reserved ", " units"),
    (INFO, "released ", " units"),
    (INFO, "published message ", " to the topic"),
    (INFO, "consumed message ", " from the topic"),
    (INFO, "user ", " signed in"),
    (INFO, "user ", " signed out"),
    (INFO, "price list ", " refreshed"),
    (INFO, "image ", " resized"),
    (INFO, "report ", " written"),
    (INFO, "mail ", " handed over"),
    (INFO, "job ", " scheduled"),
    (INFO, "job ", " done"),
    (DEBUG, "cache miss for key ", ""),
    (DEBUG, "cache hit for key ", ""),
    (DEBUG, "entering handler with ", " arguments"),
    (DEBUG, "leaving handler after ", " steps"),
    (DEBUG, "query plan has ", " nodes"),
    (DEBUG, "parsed body of ", " bytes"),
    (DEBUG, "connection ", " taken from the pool"),
    (DEBUG, "connection ", " given back to the pool"),
    (DEBUG, "token valid for ", " seconds"),
    (DEBUG, "feature flag evaluated ", " times"),
    (WARN, "slow query: ", " ms"),
    (WARN, "retrying after ", " ms"),
    (WARN, "pool is nearly empty, ", " connections left"),
    (WARN, "deprecated call, seen ", " times"),
    (WARN, "queue holds ", " messages"),
    (WARN, "clock differs from the peer's by ", " ms"),
    (ERROR, "giving up after ", " attempts"),
    (ERROR, "upstream answered 500, request ", ""),
    (ERROR, "could not write record ", ""),
    (ERROR, "transaction ", " rolled back"),
];
const CALM_TEMPLATES: u32 = 36;

/// Writes log records; its buffers are used again for each.
pub struct LogWriter {
    record: Vec<u8>,
    text: String,
}

impl LogWriter {
    pub fn new() -> Self {
        Self { record: Vec::with_capacity(1_024), text: String::new() }
    }

    /// Appends a record that was written while `plan` ran, as an element of `ScopeLogs.log_records`. One in twenty does not say
    /// of which span it is.
    pub fn append(&mut self, out: &mut Vec<u8>, trace: &Trace, plan: &SpanPlan, random: &mut Random) {
        let failure = plan.exception.filter(|_| random.chance(1, 2));
        let template = if failure.is_some() { CALM_TEMPLATES + random.below(40 - CALM_TEMPLATES) } else { random.low(CALM_TEMPLATES) };
        let (severity, before, after) = TEMPLATES[template as usize];
        let time_ns = plan.start_ns + ((plan.end_ns - plan.start_ns) as f64 * random.unit()) as i64;
        let record = &mut self.record;
        record.clear();
        fixed64(record, 1, time_ns as u64);
        uint(record, 2, severity);
        bytes(record, 3, severity_text(severity).as_bytes());
        self.text.clear();
        write!(self.text, "{before}{}{after}", random.low(1_000_000)).expect("writing to a string does not fail");
        any(record, 5, Any::Str(&self.text));
        self.text.clear();
        write!(self.text, "com.example.{}.Log{}", SERVICES[plan.service], template % 8).expect("writing to a string does not fail");
        attribute(record, RECORD_ATTRIBUTES, "logger.name", Any::Str(&self.text));
        attribute(record, RECORD_ATTRIBUTES, "thread.id", Any::Int(i64::from(1 + random.below(32))));
        self.text.clear();
        write!(self.text, "tenant-{:03}", trace.tenant).expect("writing to a string does not fail");
        attribute(record, RECORD_ATTRIBUTES, "app.tenant", Any::Str(&self.text));
        if let Some(exception) = failure {
            attribute(record, RECORD_ATTRIBUTES, "exception.type", Any::Str(EXCEPTIONS[exception].0));
            attribute(record, RECORD_ATTRIBUTES, "exception.message", Any::Str(EXCEPTIONS[exception].1));
        }
        if !random.chance(1, 20) {
            fixed32(record, 8, 1);
            bytes(record, 9, &trace.trace_id);
            bytes(record, 10, &plan.span_id.to_be_bytes());
        }
        fixed64(record, 11, (time_ns + 50_000) as u64);
        bytes(out, SCOPE_LOGS_RECORDS, record);
    }
}

fn severity_text(severity: u64) -> &'static str {
    match severity {
        DEBUG => "DEBUG",
        INFO => "INFO",
        WARN => "WARN",
        _ => "ERROR",
    }
}

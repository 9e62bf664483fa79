//! One span as bytes.

use crate::random::Random;
use crate::trace::{SpanPlan, Trace};
use crate::vocabulary::{EXCEPTIONS, RareKey, Role, SPAN_ATTRIBUTES, USER_AGENTS, Vocabulary, path_parts};
use crate::writer::{Any, attribute, bytes, fixed32, fixed64, header, uint};
use std::fmt::Write;

/// Field of `ScopeSpans`.
const SCOPE_SPANS_SPANS: u64 = 2;

const EVENT_ATTRIBUTES: u64 = 3;
const LINK_ATTRIBUTES: u64 = 4;
const STATUS_ERROR: u64 = 2;
/// W3C: sampled.
const SAMPLED: u32 = 1;

const ID_VALUES: u32 = 1_000_000;

/// Writes spans; its buffers are used again for each.
pub struct SpanWriter {
    span: Vec<u8>,
    part: Vec<u8>,
    text: String,
}

impl SpanWriter {
    pub fn new() -> Self {
        Self { span: Vec::with_capacity(4_096), part: Vec::with_capacity(4_096), text: String::new() }
    }

    /// Appends the span as an element of `ScopeSpans.spans`.
    pub fn append(&mut self, out: &mut Vec<u8>, words: &Vocabulary, trace: &Trace, plan: &SpanPlan, random: &mut Random) {
        let operation = words.operation(plan.service, plan.route, plan.role);
        self.span.clear();
        bytes(&mut self.span, 1, &trace.trace_id);
        bytes(&mut self.span, 2, &plan.span_id.to_be_bytes());
        if let Some(parent) = plan.parent_id {
            bytes(&mut self.span, 4, &parent.to_be_bytes());
        }
        bytes(&mut self.span, 5, operation.name.as_bytes());
        uint(&mut self.span, 6, plan.kind);
        fixed64(&mut self.span, 7, plan.start_ns as u64);
        fixed64(&mut self.span, 8, plan.end_ns as u64);
        self.span.extend_from_slice(&operation.attributes);
        self.span.extend_from_slice(&trace.attributes);
        self.own_attributes(words, plan, random);
        self.rare_attributes(words.rare_keys(plan.service), random);
        if let Some(exception) = plan.exception {
            self.exception(words, plan, exception);
        }
        if plan.linked {
            self.link(random);
        }
        if plan.exception.is_some() {
            bytes(&mut self.span, 15, &[3 << 3, STATUS_ERROR as u8]);
        }
        fixed32(&mut self.span, 16, SAMPLED);
        bytes(out, SCOPE_SPANS_SPANS, &self.span);
    }

    fn own_attributes(&mut self, words: &Vocabulary, plan: &SpanPlan, random: &mut Random) {
        let failed = plan.exception.is_some();
        match plan.role {
            Role::Server => {
                self.path("url.path", plan, random);
                let address = random.next() as u32;
                let [a, b, c, d] = address.to_be_bytes();
                self.text("client.address", format_args!("{a}.{b}.{c}.{d}"));
                self.value("http.response.status_code", Any::Int(if failed { 500 } else { status_code(random) }));
                self.value("user_agent.original", Any::Str(USER_AGENTS[random.low(USER_AGENTS.len() as u32) as usize]));
                self.value("http.request.body.size", Any::Int(i64::from(random.low(64 * 1_024))));
            }
            Role::Client => {
                self.value("http.response.status_code", Any::Int(if failed { 500 } else { status_code(random) }));
                self.value("http.response.body.size", Any::Int(i64::from(random.low(256 * 1_024))));
                self.path("url.path", plan, random);
                self.value("http.request.resend_count", Any::Int(i64::from(random.below(40) / 38)));
            }
            Role::Database => {
                self.value("db.query.text", Any::Str(words.query(plan.service, plan.route)));
                self.value("db.response.returned_rows", Any::Int(i64::from(random.low(500))));
                self.value("app.cache_hit", Any::Bool(random.chance(7, 10)));
            }
            Role::Internal => {
                self.value("thread.id", Any::Int(i64::from(1 + random.below(32))));
                self.text("thread.name", format_args!("worker-{:02}", random.below(32)));
                self.value("app.cost", Any::Double(f64::from(random.below(100_000)) / 64.0));
                self.value("app.retry", Any::Bool(random.chance(1, 20)));
                self.value("app.queue_depth", Any::Int(i64::from(random.low(200))));
            }
            Role::Messaging => {
                self.value("messaging.operation.type", Any::Str(if plan.kind == 4 { "send" } else { "process" }));
                self.text("messaging.message.id", format_args!("{:016x}", random.next()));
                self.value("messaging.message.body.size", Any::Int(i64::from(random.low(16 * 1_024))));
                self.value("messaging.kafka.offset", Any::Int(i64::from(random.below(1 << 30))));
            }
        }
        if let Some(exception) = plan.exception {
            self.value("error.type", Any::Str(EXCEPTIONS[exception].0));
        }
        match random.below(200) {
            0 => self.value("app.labels", Any::StrArray(&["priority", "retry", "ünïcode"])),
            1 => self.value("app.shards", Any::IntArray(&[3, 17, i64::from(random.below(64))])),
            _ => {}
        }
    }

    /// Twelve random bits decide on each key, five keys to a random number.
    fn rare_attributes(&mut self, keys: &[RareKey], random: &mut Random) {
        for (group, keys) in keys.chunks(5).enumerate() {
            let mut bits = random.next();
            for (place, key) in keys.iter().enumerate() {
                if (bits & 0xFFF) < u64::from(key.of_4096) {
                    let value = bits >> 60;
                    match (group * 5 + place) % 4 {
                        0 => self.text(&key.key, format_args!("detail {value}")),
                        1 => self.value(&key.key, Any::Int(value as i64 * 100)),
                        2 => self.value(&key.key, Any::Double(value as f64 / 4.0)),
                        _ => self.value(&key.key, Any::Bool(value & 1 == 0)),
                    }
                }
                bits >>= 12;
            }
        }
    }

    fn path(&mut self, key: &str, plan: &SpanPlan, random: &mut Random) {
        let id = random.below(ID_VALUES);
        match path_parts(plan.service, plan.route) {
            (service, noun, Some(rest)) => self.text(key, format_args!("/{service}/{noun}/{id}{rest}")),
            (service, noun, None) => self.text(key, format_args!("/{service}/{noun}")),
        }
    }

    fn exception(&mut self, words: &Vocabulary, plan: &SpanPlan, exception: usize) {
        let (kind, message) = EXCEPTIONS[exception];
        self.part.clear();
        fixed64(&mut self.part, 1, plan.end_ns as u64);
        bytes(&mut self.part, 2, b"exception");
        attribute(&mut self.part, EVENT_ATTRIBUTES, "exception.type", Any::Str(kind));
        attribute(&mut self.part, EVENT_ATTRIBUTES, "exception.message", Any::Str(message));
        attribute(&mut self.part, EVENT_ATTRIBUTES, "exception.stacktrace", Any::Str(words.stack_trace(exception)));
        bytes(&mut self.span, 11, &self.part);
    }

    fn link(&mut self, random: &mut Random) {
        self.part.clear();
        header(&mut self.part, 1, 16);
        self.part.extend_from_slice(&random.id().to_be_bytes());
        self.part.extend_from_slice(&random.id().to_be_bytes());
        bytes(&mut self.part, 2, &random.id().to_be_bytes());
        attribute(&mut self.part, LINK_ATTRIBUTES, "app.link_reason", Any::Str("batch"));
        bytes(&mut self.span, 13, &self.part);
    }

    fn value(&mut self, key: &str, value: Any<'_>) {
        attribute(&mut self.span, SPAN_ATTRIBUTES, key, value);
    }

    fn text(&mut self, key: &str, value: std::fmt::Arguments<'_>) {
        self.text.clear();
        self.text.write_fmt(value).expect("writing to a string does not fail");
        attribute(&mut self.span, SPAN_ATTRIBUTES, key, Any::Str(&self.text));
    }
}

fn status_code(random: &mut Random) -> i64 {
    match random.below(100) {
        0..90 => 200,
        90..95 => 201,
        95..98 => 404,
        _ => 304,
    }
}

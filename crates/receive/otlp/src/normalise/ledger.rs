//! What was kept, what was not and why, and what the sender should know.

use crate::decode::{MESSAGE_BYTES, Signal3, Warning};

/// Why an item was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    ZeroTraceId,
    NoTraceId,
    TraceIdLength,
    TraceIdNotHex,
    TraceIdBase64,
    ZeroSpanId,
    NoSpanId,
    SpanIdLength,
    SpanIdNotHex,
    SpanIdBase64,
    NoTime,
    TimeInSeconds,
    TimeInMilliseconds,
    TimeInMicroseconds,
    TooFarAhead,
    TooOld,
    NoPointTime,
    NoMetricName,
    LongMetricName,
    NoTemporality,
    NoValue,
    BoundsNotIncreasing,
    BucketsWithoutBounds,
    CountsDoNotAddUp,
    ScaleOutOfRange,
    TooManyBuckets,
}

/// What was repaired or ignored without loss of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    EmptyKey,
    LongKey,
    DuplicateKey,
    TooManyFields,
    ParentIdWrong,
    ParentIsSelf,
    LogIdWrong,
    LinkIdWrong,
    EventTimeOutOfRange,
    UnknownNumber,
    ZeroProbability,
    AgainstThreshold,
    UnknownMetricKind,
    Downscaled,
    QuantileOutOfRange,
    TooManyQuantiles,
    LongQuantile,
    ExemplarIdWrong,
}

/// Counts by reason, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub accepted: u64,
    rejected: Vec<(Reason, u64)>,
    repairs: Vec<(Repair, u64)>,
}

// === impl Reason ===

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Reason::ZeroTraceId => "zero trace_id",
            Reason::NoTraceId => "without trace_id",
            Reason::TraceIdLength => "trace_id not of 16 bytes (32 hex digits)",
            Reason::TraceIdNotHex => "trace_id not hexadecimal",
            Reason::TraceIdBase64 => "trace_id looks like base64; OTLP/JSON wants hex",
            Reason::ZeroSpanId => "zero span_id",
            Reason::NoSpanId => "without span_id",
            Reason::SpanIdLength => "span_id not of 8 bytes (16 hex digits)",
            Reason::SpanIdNotHex => "span_id not hexadecimal",
            Reason::SpanIdBase64 => "span_id looks like base64; OTLP/JSON wants hex",
            Reason::NoTime => "start time 0",
            Reason::TimeInSeconds => "time looks like seconds since 1970; OTLP wants nanoseconds",
            Reason::TimeInMilliseconds => "time looks like milliseconds since 1970; OTLP wants nanoseconds",
            Reason::TimeInMicroseconds => "time looks like microseconds since 1970; OTLP wants nanoseconds",
            Reason::TooFarAhead => "time more than 24 h ahead of receipt (is it in nanoseconds?)",
            Reason::TooOld => "too old: older than ingest.max_age",
            Reason::NoPointTime => "time 0",
            Reason::NoMetricName => "of a metric without a name",
            Reason::LongMetricName => "of a metric with a name longer than 1,000 bytes",
            Reason::NoTemporality => "of a sum or histogram without an aggregation temporality",
            Reason::NoValue => "without a value",
            Reason::BoundsNotIncreasing => "histogram whose bounds do not increase",
            Reason::BucketsWithoutBounds => "histogram with not one bucket more than bounds",
            Reason::CountsDoNotAddUp => "histogram whose buckets do not add up to its count",
            Reason::ScaleOutOfRange => "exponential histogram of a scale outside -10 to 20",
            Reason::TooManyBuckets => "exponential histogram of more than 65,536 buckets",
        }
    }
}

// === impl Repair ===

impl Repair {
    fn words(self) -> &'static str {
        match self {
            Repair::EmptyKey => "attribute with an empty key, dropped",
            Repair::LongKey => "attribute with a key longer than 1,024 bytes, dropped",
            Repair::DuplicateKey => "attribute key that came twice in one list, the last one was kept",
            Repair::TooManyFields => "attribute beyond 2,000 fields of one event, dropped",
            Repair::ParentIdWrong => "parent_span_id not of 8 bytes, span taken as a root",
            Repair::ParentIsSelf => "parent_span_id equal to span_id, span taken as a root",
            Repair::LogIdWrong => "log record's trace_id or span_id of the wrong length, dropped from the record",
            Repair::LinkIdWrong => "link without a valid trace_id and span_id",
            Repair::EventTimeOutOfRange => "span event without a time in range, shown at its span's start",
            Repair::UnknownNumber => "enum number out of range, read as 0",
            Repair::ZeroProbability => "span sampled with probability zero (p:63), counted once",
            Repair::AgainstThreshold => "span whose trace id lies below its own sampling threshold",
            Repair::UnknownMetricKind => "metric of no known kind, ignored",
            Repair::Downscaled => "exponential histogram of more than 320 buckets, merged two by two",
            Repair::QuantileOutOfRange => "summary quantile outside 0 to 1, dropped",
            Repair::TooManyQuantiles => "summary quantile beyond 256 fields of one point, dropped",
            Repair::LongQuantile => "summary quantile whose field has a name longer than 1,024 bytes, dropped",
            Repair::ExemplarIdWrong => "exemplar's trace_id or span_id of the wrong length, dropped from it",
        }
    }

    /// Whether the sender is told. One is not: ids that are not random make it, and nobody can act on it.
    fn is_told(self) -> bool {
        self != Repair::AgainstThreshold
    }
}

// === impl Ledger ===

impl Ledger {
    pub(super) fn reject(&mut self, reason: Reason, items: u64) {
        add(&mut self.rejected, reason, items);
    }

    pub(super) fn repair(&mut self, repair: Repair) {
        add(&mut self.repairs, repair, 1);
    }

    /// Takes over the repairs of another.
    pub(super) fn take_repairs(&mut self, other: &mut Ledger) {
        other.repairs.drain(..).for_each(|(repair, count)| add(&mut self.repairs, repair, count));
    }

    /// Forgets its repairs.
    pub(super) fn clear_repairs(&mut self) {
        self.repairs.clear();
    }

    pub(super) fn rejected(&self) -> u64 {
        self.rejected.iter().map(|(_, count)| count).sum()
    }

    pub(super) fn warnings(&self) -> impl Iterator<Item = (Warning, bool)> {
        self.repairs.iter().map(|(repair, count)| (Warning { what: repair.words(), count: *count }, repair.is_told()))
    }

    /// The sentence for `partial_success`: rejections and their reasons, else the warnings.
    pub(super) fn message(&self, signal: Signal3, told: &[Warning]) -> Option<String> {
        let counted = |(words, count): (&str, u64)| format!("{count} {words}");
        let mut message = if self.rejected.is_empty() {
            told.iter().map(|warning| counted((warning.what, warning.count))).collect::<Vec<_>>().join("; ")
        } else {
            let reasons: Vec<_> = self.rejected.iter().map(|(reason, count)| counted((reason.words(), *count))).collect();
            format!("{} {} rejected: {}", self.rejected(), signal.items(), reasons.join(", "))
        };
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        (!message.is_empty()).then_some(message)
    }
}

fn add<T: PartialEq>(counts: &mut Vec<(T, u64)>, what: T, items: u64) {
    match counts.iter_mut().find(|(known, _)| *known == what) {
        Some((_, count)) => *count += items,
        None => counts.push((what, items)),
    }
}

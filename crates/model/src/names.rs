//! Names of shown columns, spelled once. Every `meta.*` name that exists stands here with its sentence.

/// The trace's id, 32 hex digits.
pub const TRACE_ID: &str = "trace.trace_id";
/// The span's id, 16 hex digits; spans only.
pub const SPAN_ID: &str = "trace.span_id";
/// The parent span's id; on annotation rows the span they belong to.
pub const PARENT_ID: &str = "trace.parent_id";
/// Milliseconds from start to end.
pub const DURATION_MS: &str = "duration_ms";
/// The span's, event's or occurrence's name.
pub const NAME: &str = "name";
/// The service, from the resource.
pub const SERVICE_NAME: &str = "service.name";
/// The host, from the resource.
pub const HOST_NAME: &str = "host.name";
/// The host by its id, where its name is not sent.
pub const HOST_ID: &str = "host.id";
/// The span's kind in words.
pub const SPAN_KIND: &str = "span.kind";
/// The same as `span.kind`, under Honeycomb's name.
pub const TYPE: &str = "type";
/// 0 unset, 1 ok, 2 error.
pub const STATUS_CODE: &str = "status_code";
/// The status's text, if any.
pub const STATUS_MESSAGE: &str = "status_message";
/// True or absent.
pub const ERROR: &str = "error";
/// Severity in words.
pub const SEVERITY: &str = "severity";
/// Severity by OTLP's numbers.
pub const SEVERITY_CODE: &str = "severity_code";
/// Severity as the sender wrote it.
pub const SEVERITY_TEXT: &str = "severity_text";
/// A log record's body.
pub const BODY: &str = "body";
/// The instrumentation scope's name.
pub const LIBRARY_NAME: &str = "library.name";
/// The instrumentation scope's version.
pub const LIBRARY_VERSION: &str = "library.version";
/// The W3C trace state as sent.
pub const TRACE_STATE: &str = "trace.trace_state";
/// W3C trace flags and OTLP's remote bits, when not 0.
pub const TRACE_FLAGS: &str = "trace.flags";
/// A log record's flags, always.
pub const FLAGS: &str = "flags";
/// How many span events the span carries.
pub const NUM_EVENTS: &str = "span.num_events";
/// How many links the span carries.
pub const NUM_LINKS: &str = "span.num_links";
/// On annotation rows, the name of the span they belong to.
pub const PARENT_NAME: &str = "parent_name";
/// The other trace of a link.
pub const LINK_TRACE_ID: &str = "trace.link.trace_id";
/// The other span of a link.
pub const LINK_SPAN_ID: &str = "trace.link.span_id";
/// The other span's trace state.
pub const LINK_TRACE_STATE: &str = "trace.link.trace_state";
/// The link's flags, when not 0.
pub const LINK_FLAGS: &str = "trace.link.flags";
/// The event name of an OpenTelemetry log event.
pub const EVENT_NAME: &str = "event.name";
/// The type of an exception.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// The message of an exception.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// The stack trace of an exception.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";
/// Whether the exception left the span.
pub const EXCEPTION_ESCAPED: &str = "exception.escaped";
/// True when the scope is one of the known instrumentation libraries.
pub const INSTRUMENTATION_LIBRARY: &str = "telemetry.instrumentation_library";
/// The resource's schema URL.
pub const RESOURCE_SCHEMA_URL: &str = "resource.schema_url";
/// The scope's schema URL.
pub const SCOPE_SCHEMA_URL: &str = "scope.schema_url";
/// Attributes of the resource that were dropped by the sender or by our limits, when not 0.
pub const RESOURCE_DROPPED_ATTRIBUTES: &str = "resource.dropped_attributes";
/// Attributes of the scope dropped likewise.
pub const SCOPE_DROPPED_ATTRIBUTES: &str = "scope.dropped_attributes";
/// A log record's own body, where an attribute is called `body` and says something else.
pub const LOG_BODY: &str = "log.body";
/// A log record's own event name, where an attribute hides it likewise.
pub const LOG_EVENT_NAME: &str = "log.event.name";
/// A log record's own flags, where an attribute hides them likewise.
pub const LOG_FLAGS: &str = "log.flags";
/// A log record's own severity in words, where an attribute hides it likewise.
pub const LOG_SEVERITY: &str = "log.severity";
/// A log record's own severity by number, where an attribute hides it likewise.
pub const LOG_SEVERITY_CODE: &str = "log.severity_code";
/// A log record's own severity as the sender wrote it, where an attribute hides it likewise.
pub const LOG_SEVERITY_TEXT: &str = "log.severity_text";
/// Since when the metrics of a row count, ns since 1970, when not 0.
pub const METRIC_START_TIME_NS: &str = "metric.start_time_ns";
/// Which series the points of a row belong to: a hash, in hex, of resource, scope and attributes. With the name of a metric it tells
/// those points apart that follow one another.
pub const METRIC_SERIES: &str = "metric.series";
/// JSON text: kind, unit, temporality, monotonicity, description and metadata of each metric of a row, by its name.
pub const METRIC_DESCRIPTORS: &str = "metric.descriptors";
/// X-Ray: `segment` or `subsegment`.
pub const XRAY_KIND: &str = "xray.kind";
/// X-Ray: the name of the segment or subsegment, which is not always the span's.
pub const XRAY_NAME: &str = "xray.name";
/// X-Ray: a subsegment's namespace: `aws`, `remote` or another.
pub const XRAY_NAMESPACE: &str = "xray.namespace";
/// X-Ray: the type of AWS resource that a segment says it comes from.
pub const XRAY_ORIGIN: &str = "xray.origin";
/// X-Ray: the server failed; true or absent, as the next two.
pub const XRAY_FAULT: &str = "xray.fault";
/// X-Ray: the request was wrong.
pub const XRAY_ERROR: &str = "xray.error";
/// X-Ray: the request was one too many.
pub const XRAY_THROTTLE: &str = "xray.throttle";
/// X-Ray: it had not ended when its document was sent.
pub const XRAY_IN_PROGRESS: &str = "xray.in_progress";
/// X-Ray: the other side of a call sends a segment of its own.
pub const XRAY_TRACED: &str = "xray.traced";
/// X-Ray: the ARN of a segment's resource.
pub const XRAY_RESOURCE_ARN: &str = "xray.resource_arn";
/// X-Ray: the id of the exception, elsewhere in the trace, that made it fail.
pub const XRAY_CAUSE_ID: &str = "xray.cause_id";
/// X-Ray: JSON array of the names of a segment's or subsegment's annotations.
pub const XRAY_ANNOTATIONS: &str = "aws.xray.annotations";
/// X-Ray: the sampling rule by which the request was recorded.
pub const XRAY_SAMPLING_RULE: &str = "aws.xray.sampling_rule_name";
/// Computed: has a trace id, no parent id, and is no annotation.
pub const IS_ROOT: &str = "is_root";

/// What sort of signal the row is, in words.
pub const META_SIGNAL_TYPE: &str = "meta.signal_type";
/// How the row came.
pub const META_SOURCE: &str = "meta.source";
/// `span_event` or `link`; absent on rows that stand for themselves.
pub const META_ANNOTATION_TYPE: &str = "meta.annotation_type";
/// The row's weight.
pub const META_SAMPLE_RATE: &str = "meta.sample_rate";
/// When the row was received, nanoseconds since 1970.
pub const META_INGEST_TIME: &str = "meta.ingest_time";
/// The dataset's slug.
pub const META_DATASET: &str = "meta.dataset";
/// Spans of our own making.
pub const META_SELF_TELEMETRY: &str = "meta.self_telemetry";
/// A row made from another row.
pub const META_DERIVED: &str = "meta.derived";
/// JSON array of the names of fields that were cut to their limit.
pub const META_TRUNCATED: &str = "meta.truncated";
/// Some text of the row was not UTF-8 and was repaired with U+FFFD.
pub const META_INVALID_UTF8: &str = "meta.invalid_utf8";
/// The span ended before it started.
pub const META_INVALID_DURATION: &str = "meta.invalid_duration";
/// By how many milliseconds it ended before it started.
pub const META_NEGATIVE_DURATION_MS: &str = "meta.negative_duration_ms";
/// The span has not ended.
pub const META_UNFINISHED: &str = "meta.unfinished";
/// The row came from a document that told of something unfinished; it no longer shows once a later document tells the same span.
pub const META_PROVISIONAL: &str = "meta.provisional";
/// The start lies more than ten minutes ahead of receipt.
pub const META_FUTURE: &str = "meta.future";
/// Milliseconds from the span's start to this annotation.
pub const META_TIME_SINCE_SPAN_START_MS: &str = "meta.time_since_span_start_ms";
/// The annotation's time lies before the span's start.
pub const META_INVALID_TIME_SINCE_SPAN_START: &str = "meta.invalid_time_since_span_start";
/// When the collecting side saw a log record, ns since 1970, where it also has a time of its own and the two differ.
pub const META_OBSERVED_TIME_NS: &str = "meta.observed_time_ns";
/// JSON array of the names of metrics of which, at this time, nothing was recorded.
pub const META_NO_RECORDED_VALUE: &str = "meta.no_recorded_value";
/// The annotation's place in its span's list.
pub const META_ANNOTATION_INDEX: &str = "meta.annotation_index";
/// Attributes dropped by the sender or by our limits, when not 0.
pub const META_DROPPED_ATTRIBUTES: &str = "meta.dropped_attributes";
/// Span events dropped likewise.
pub const META_DROPPED_EVENTS: &str = "meta.dropped_events";
/// Links dropped likewise.
pub const META_DROPPED_LINKS: &str = "meta.dropped_links";

/// The `meta.*` names that attributes may carry (those not computed from system columns).
pub const META_ATTRIBUTES: &[&str] = &[
    META_SELF_TELEMETRY,
    META_DERIVED,
    META_TRUNCATED,
    META_INVALID_UTF8,
    META_INVALID_DURATION,
    META_NEGATIVE_DURATION_MS,
    META_UNFINISHED,
    META_PROVISIONAL,
    META_FUTURE,
    META_TIME_SINCE_SPAN_START_MS,
    META_INVALID_TIME_SINCE_SPAN_START,
    META_OBSERVED_TIME_NS,
    META_NO_RECORDED_VALUE,
    META_ANNOTATION_INDEX,
    META_DROPPED_ATTRIBUTES,
    META_DROPPED_EVENTS,
    META_DROPPED_LINKS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Every name in this file, and every name in back-quotes on the page that explains them.
    #[test]
    fn every_name_is_explained_to_people() {
        let page = include_str!("../../../docs/fields.md");
        let explained: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
        let source = include_str!("names.rs");
        let names = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1));
        let missing: Vec<&str> = names.filter(|name| !explained.contains(name)).collect();
        assert_eq!(missing, [""; 0], "names that docs/fields.md does not explain");
    }
}

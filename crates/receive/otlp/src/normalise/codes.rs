//! The codes of synthesized keys, interned once a request.

use glasshive_model::{KeyCode, RowsBuilder, names};

macro_rules! codes {
    ($($field:ident = $name:ident;)+) => {
        /// One code for each key that is not the sender's.
        pub(super) struct Codes { $(pub $field: KeyCode,)+ }

        impl Codes {
            pub(super) fn new(rows: &mut RowsBuilder) -> Self {
                Self { $($field: rows.key(names::$name),)+ }
            }
        }
    };
}

codes! {
    body = BODY;
    error = ERROR;
    event_name = EVENT_NAME;
    exception_type = EXCEPTION_TYPE;
    exception_message = EXCEPTION_MESSAGE;
    exception_stacktrace = EXCEPTION_STACKTRACE;
    exception_escaped = EXCEPTION_ESCAPED;
    flags = FLAGS;
    instrumentation_library = INSTRUMENTATION_LIBRARY;
    library_name = LIBRARY_NAME;
    library_version = LIBRARY_VERSION;
    link_flags = LINK_FLAGS;
    link_span_id = LINK_SPAN_ID;
    link_trace_id = LINK_TRACE_ID;
    link_trace_state = LINK_TRACE_STATE;
    log_body = LOG_BODY;
    log_event_name = LOG_EVENT_NAME;
    log_flags = LOG_FLAGS;
    log_severity = LOG_SEVERITY;
    log_severity_code = LOG_SEVERITY_CODE;
    log_severity_text = LOG_SEVERITY_TEXT;
    metric_descriptors = METRIC_DESCRIPTORS;
    metric_series = METRIC_SERIES;
    metric_start_time_ns = METRIC_START_TIME_NS;
    num_events = NUM_EVENTS;
    num_links = NUM_LINKS;
    parent_name = PARENT_NAME;
    resource_dropped_attributes = RESOURCE_DROPPED_ATTRIBUTES;
    resource_schema_url = RESOURCE_SCHEMA_URL;
    scope_dropped_attributes = SCOPE_DROPPED_ATTRIBUTES;
    scope_schema_url = SCOPE_SCHEMA_URL;
    service_name = SERVICE_NAME;
    severity = SEVERITY;
    severity_code = SEVERITY_CODE;
    severity_text = SEVERITY_TEXT;
    status_message = STATUS_MESSAGE;
    trace_flags = TRACE_FLAGS;
    trace_state = TRACE_STATE;
    meta_annotation_index = META_ANNOTATION_INDEX;
    meta_dropped_attributes = META_DROPPED_ATTRIBUTES;
    meta_dropped_events = META_DROPPED_EVENTS;
    meta_dropped_links = META_DROPPED_LINKS;
    meta_future = META_FUTURE;
    meta_invalid_duration = META_INVALID_DURATION;
    meta_invalid_time_since_span_start = META_INVALID_TIME_SINCE_SPAN_START;
    meta_invalid_utf8 = META_INVALID_UTF8;
    meta_negative_duration_ms = META_NEGATIVE_DURATION_MS;
    meta_no_recorded_value = META_NO_RECORDED_VALUE;
    meta_observed_time_ns = META_OBSERVED_TIME_NS;
    meta_time_since_span_start_ms = META_TIME_SINCE_SPAN_START_MS;
    meta_truncated = META_TRUNCATED;
    meta_unfinished = META_UNFINISHED;
}

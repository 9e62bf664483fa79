//! Answers: `Export*ServiceResponse` and `google.rpc.Status`, in both encodings (OTLP 1.11, "OTLP/HTTP Response").

use crate::encode::Writer;
use crate::field::{response, rpc};
use crate::json::push_json_string;
use crate::signal::{Encoding, Signal};

/// An `Export*ServiceResponse`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportResponse {
    /// Items that were not kept. 0 with a message is a warning.
    pub rejected: u64,
    /// Why, for a developer to read.
    pub message: Option<String>,
}

/// A `google.rpc.Status` with the details that OTLP clients know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The gRPC code, or `None` where the body is to hold field 2 alone (the 401 of Honeycomb's doors).
    pub code: Option<u32>,
    /// What went wrong.
    pub message: String,
    /// `google.rpc.RetryInfo`: send again after so many milliseconds.
    pub retry_after_ms: Option<u64>,
    /// `google.rpc.BadRequest`: (field, what is wrong with it).
    pub violations: Vec<(String, String)>,
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

// === impl ExportResponse ===

impl ExportResponse {
    /// The body: nothing (`{}`) on full success, else `partial_success`.
    pub fn encode(&self, signal: Signal, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => self.protobuf(),
            Encoding::Json => self.json(signal).into_bytes(),
        }
    }

    fn is_full_success(&self) -> bool {
        self.rejected == 0 && self.message.is_none()
    }

    fn protobuf(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        if !self.is_full_success() {
            writer.message(response::PARTIAL_SUCCESS, |partial| {
                if self.rejected > 0 {
                    partial.varint(response::REJECTED, self.rejected);
                }
                if let Some(message) = &self.message {
                    partial.string(response::ERROR_MESSAGE, message);
                }
            });
        }
        writer.into_bytes()
    }

    fn json(&self, signal: Signal) -> String {
        if self.is_full_success() {
            return "{}".to_owned();
        }
        let member = match signal {
            Signal::Traces => "rejectedSpans",
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
        };
        let mut json = format!("{{\"partialSuccess\":{{\"{member}\":\"{}\"", self.rejected);
        if let Some(message) = &self.message {
            json.push_str(",\"errorMessage\":");
            push_json_string(&mut json, message);
        }
        json.push_str("}}");
        json
    }
}

// === impl Status ===

impl Status {
    /// A status without details.
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into(), ..Self::default() }
    }

    /// The body of a failed request; in protobuf also the value of `grpc-status-details-bin`.
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => self.protobuf(),
            Encoding::Json => self.json().into_bytes(),
        }
    }

    fn protobuf(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        if let Some(code) = self.code {
            writer.varint(rpc::CODE, code.into());
        }
        writer.string(rpc::MESSAGE, &self.message);
        if let Some(delay) = self.retry_after_ms {
            any(&mut writer, RETRY_INFO, &retry_info(delay));
        }
        if !self.violations.is_empty() {
            any(&mut writer, BAD_REQUEST, &self.bad_request());
        }
        writer.into_bytes()
    }

    fn bad_request(&self) -> Vec<u8> {
        let mut request = Writer::new();
        for (field, description) in &self.violations {
            request.message(rpc::FIELD_VIOLATIONS, |violation| {
                violation.string(rpc::VIOLATION_FIELD, field);
                violation.string(rpc::VIOLATION_DESCRIPTION, description);
            });
        }
        request.into_bytes()
    }

    fn json(&self) -> String {
        let mut json = String::from("{");
        if let Some(code) = self.code {
            json.push_str(&format!("\"code\":{code},"));
        }
        json.push_str("\"message\":");
        push_json_string(&mut json, &self.message);
        let mut details = Vec::new();
        if let Some(delay) = self.retry_after_ms {
            let (seconds, milliseconds) = (delay / 1000, delay % 1000);
            let fraction = if milliseconds == 0 { String::new() } else { format!(".{milliseconds:03}") };
            details.push(format!("{{\"@type\":\"{RETRY_INFO}\",\"retryDelay\":\"{seconds}{fraction}s\"}}"));
        }
        if !self.violations.is_empty() {
            details.push(format!("{{\"@type\":\"{BAD_REQUEST}\",\"fieldViolations\":[{}]}}", self.json_violations()));
        }
        if self.code.is_some() {
            json.push_str(&format!(",\"details\":[{}]", details.join(",")));
        }
        json.push('}');
        json
    }

    fn json_violations(&self) -> String {
        let mut json = String::new();
        for (field, description) in &self.violations {
            json.push_str(if json.is_empty() { "{\"field\":" } else { ",{\"field\":" });
            push_json_string(&mut json, field);
            json.push_str(",\"description\":");
            push_json_string(&mut json, description);
            json.push('}');
        }
        json
    }
}

/// A serialized `google.rpc.RetryInfo`: the value of the trailer `google.rpc.retryinfo-bin` that Python's exporters read.
pub fn retry_info(delay_ms: u64) -> Vec<u8> {
    let mut info = Writer::new();
    info.message(rpc::RETRY_DELAY, |duration| {
        if delay_ms >= 1000 {
            duration.varint(rpc::DURATION_SECONDS, delay_ms / 1000);
        }
        if !delay_ms.is_multiple_of(1000) {
            duration.varint(rpc::DURATION_NANOS, delay_ms % 1000 * 1_000_000);
        }
    });
    info.into_bytes()
}

fn any(status: &mut Writer, type_url: &str, value: &[u8]) {
    status.message(rpc::DETAILS, |detail| {
        detail.string(rpc::ANY_TYPE_URL, type_url);
        detail.bytes(rpc::ANY_VALUE, value);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn success_is_empty() {
        let response = ExportResponse::default();
        assert_eq!(response.encode(Signal::Traces, Encoding::Protobuf), b"");
        assert_eq!(response.encode(Signal::Traces, Encoding::Json), b"{}");
    }

    #[test]
    fn partial_success_counts_as_text_in_json() {
        let response = ExportResponse { rejected: 3, message: Some("3 spans rejected: 3 \"x\"".to_owned()) };
        assert_eq!(
            json(response.encode(Signal::Logs, Encoding::Json)),
            r#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"3 spans rejected: 3 \"x\""}}"#
        );
        let protobuf = response.encode(Signal::Logs, Encoding::Protobuf);
        assert_eq!(protobuf[..6], [0x0a, 27, 0x08, 3, 0x12, 23]);
        let warning = ExportResponse { rejected: 0, message: Some("careful".to_owned()) };
        assert_eq!(warning.encode(Signal::Traces, Encoding::Protobuf), b"\x0a\x09\x12\x07careful");
    }

    #[test]
    fn a_status_without_code_holds_its_message_alone() {
        let status = Status { code: None, message: "missing 'x-honeycomb-team' header".to_owned(), ..Status::default() };
        assert_eq!(json(status.encode(Encoding::Json)), r#"{"message":"missing 'x-honeycomb-team' header"}"#);
        assert_eq!(status.encode(Encoding::Protobuf), b"\x12\x21missing 'x-honeycomb-team' header");
    }

    #[test]
    fn details_in_both_encodings() {
        let status = Status {
            retry_after_ms: Some(1_500),
            violations: vec![("body".to_owned(), "not protobuf".to_owned())],
            ..Status::new(14, "full")
        };
        assert_eq!(
            json(status.encode(Encoding::Json)),
            concat!(
                r#"{"code":14,"message":"full","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"},"#,
                r#"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"body","description":"not protobuf"}]}]}"#
            )
        );
        assert_eq!(retry_info(1_500), [0x0a, 8, 8, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 1]);
        let protobuf = status.encode(Encoding::Protobuf);
        assert!(protobuf.starts_with(b"\x08\x0e\x12\x04full\x1a"));
        assert!(protobuf.windows(10).any(|window| window == retry_info(1_500)));
    }
}

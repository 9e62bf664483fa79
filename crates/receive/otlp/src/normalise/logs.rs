//! Log records to rows.
//!
//! | field | from |
//! |---|---|
//! | `_time` | time, else observed time, else receipt |
//! | `_trace_id`, `_parent_id` | trace id, span id; with a trace id the row is an annotation of that span |
//! | `severity`, `severity_code` | the number; where it is 0, what the text means; else `unspecified`, 0 |
//! | `severity_text`, `event.name` | where not empty |
//! | `flags` | always |
//! | `body` | a scalar as it is, else JSON text; a map also as `body.<key>` |
//! | `log.<field>` | one of these, where an attribute has its name and says something else: the attribute is shown under the name |
//! | `meta.observed_time_ns` | where it differs from the record's own time |

use super::Normaliser;
use super::fields::List;
use super::ledger::Repair;
use super::time::{self, Believed};
use super::traces::{span_id, trace_id};
use super::weight::{self, TraceState};
use glasshive_model::{Annotation, Cell, Signal, Source, SystemRow, names};
use glasshive_wire_otlp::{AnyValue, LogRecord, WireError, WireId};

impl Normaliser<'_> {
    pub(super) fn normalise_log_record(&mut self, record: &LogRecord<'_>) -> Result<(), WireError> {
        let sent = if record.time_ns > 0 { record.time_ns } else { record.observed_ns };
        let time = match sent {
            0 => Ok(Believed { ns: self.context.received_ns, is_future: false }),
            sent => time::judge(sent, self.context),
        };
        let time = match time {
            Ok(time) => time,
            Err(reason) => {
                self.ledger.reject(reason, 1);
                return record.check();
            }
        };
        self.fields.own.clear();
        let row = self.log_row(record, time.ns);
        self.start_row(&row)?;
        self.fields.attributes(List::Item, record.attributes, &mut self.ledger)?;
        self.log_fields(record, time)?;
        self.weigh_record();
        self.finish_row(record.dropped_attributes);
        self.ledger.accepted += 1;
        Ok(())
    }

    fn log_row(&mut self, record: &LogRecord<'_>, time_ns: i64) -> SystemRow {
        let is_wrong = matches!(record.trace_id, WireId::Wrong(_)) || matches!(record.span_id, WireId::Wrong(_));
        if is_wrong {
            self.ledger.repair(Repair::LogIdWrong);
        }
        let trace_id = trace_id(record.trace_id).ok();
        SystemRow {
            time_ns,
            duration_ns: None,
            trace_id,
            span_id: None,
            parent_id: span_id(record.span_id).ok(),
            dataset: self.dataset,
            signal: Signal::Log,
            source: Source::Otlp,
            annotation: if trace_id.is_some() { Annotation::SpanEvent } else { Annotation::None },
            name: None,
            kind: None,
            status: None,
            sample_rate: 1.0,
        }
    }

    fn log_fields(&mut self, record: &LogRecord<'_>, time: Believed) -> Result<(), WireError> {
        let mut scratch = String::new();
        let severity = severity(record.severity_number, record.severity_text.read(&mut scratch).text);
        let (codes, fields) = (&self.codes, &mut self.fields);
        let word = fields.rows.text(severity.word());
        let code = Cell::Int(severity.0.into());
        if severity.0 == 0 {
            fields.rows.set_default(codes.severity, Cell::Str(word));
            fields.rows.set_default(codes.severity_code, code);
        } else {
            fields.set_default_or(codes.severity, Cell::Str(word), codes.log_severity);
            fields.set_default_or(codes.severity_code, code, codes.log_severity_code);
        }
        if !record.severity_text.is_empty() {
            let text = fields.text(List::Item, names::SEVERITY_TEXT, record.severity_text);
            fields.set_default_or(codes.severity_text, Cell::Str(text), codes.log_severity_text);
        }
        if !record.event_name.is_empty() {
            let text = fields.text(List::Item, names::EVENT_NAME, record.event_name);
            fields.set_default_or(codes.event_name, Cell::Str(text), codes.log_event_name);
        }
        let flags = Cell::Int(record.flags.into());
        if record.flags == 0 {
            fields.rows.set_default(codes.flags, flags);
        } else {
            fields.set_default_or(codes.flags, flags, codes.log_flags);
        }
        if time.is_future {
            fields.rows.set_default(codes.meta_future, Cell::Bool(true));
        }
        if record.time_ns > 0 && record.observed_ns > 0 && record.observed_ns != record.time_ns {
            let observed = i64::try_from(record.observed_ns).unwrap_or(i64::MAX);
            fields.rows.set_default(codes.meta_observed_time_ns, Cell::Int(observed));
        }
        match record.body {
            Some(body) => self.body(body),
            None => Ok(()),
        }
    }

    fn body(&mut self, body: AnyValue<'_>) -> Result<(), WireError> {
        if let AnyValue::Map(map) = body {
            self.fields.flatten(List::Body, names::BODY, map, &mut self.ledger)?;
        }
        let cell = self.fields.cell(List::Body, names::BODY, body)?;
        self.fields.set_default_or(self.codes.body, cell, self.codes.log_body);
        Ok(())
    }

    fn weigh_record(&mut self) {
        let fields = &mut self.fields;
        let weight = weight::weight(&fields.own.rates, &fields.scope.rates, &fields.resource.rates, TraceState::default(), None);
        if weight.value != 1.0 {
            fields.rows.weigh(1, weight.value);
        }
    }
}

/// A severity by OTLP's number, whether known or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Severity(i32);

// === impl Severity ===

impl Severity {
    fn word(self) -> &'static str {
        match self.0 {
            1..=4 => "trace",
            5..=8 => "debug",
            9..=12 => "info",
            13..=16 => "warn",
            17..=20 => "error",
            21..=24 => "fatal",
            _ => "unspecified",
        }
    }
}

/// The number, or where it is 0 what the text means in the words of syslog and of the common logging libraries.
fn severity(number: i32, text: &str) -> Severity {
    if number != 0 {
        return Severity(number);
    }
    Severity(match text.trim().to_ascii_lowercase().as_str() {
        "trace" | "verbose" | "finest" | "finer" => 1,
        "debug" | "fine" | "config" => 5,
        "info" | "information" | "informational" => 9,
        "notice" => 10,
        "warn" | "warning" => 13,
        "error" | "err" | "severe" => 17,
        "fatal" | "critical" | "crit" | "alert" | "emergency" | "emerg" | "panic" => 21,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_by_number_and_text() {
        let check = |number, text, expected, word| {
            let severity = severity(number, text);
            assert_eq!((severity.0, severity.word()), (expected, word), "{number} {text}");
        };
        check(9, "ERROR", 9, "info");
        check(24, "", 24, "fatal");
        check(25, "", 25, "unspecified");
        check(0, "", 0, "unspecified");
        check(0, "Warning", 13, "warn");
        check(0, " err ", 17, "error");
        check(0, "CRITICAL", 21, "fatal");
        check(0, "notice", 10, "info");
        check(0, "loud", 0, "unspecified");
    }
}

//! `glasshive tail`: events as they arrive.

use super::rows::USUAL;
use super::server::{Server, path_part};
use super::shown;
use crate::cli::TailFlags;
use crate::screen::escape::{escape, escape_json, fit, pad, width};
use crate::screen::palette::Ink;
use crate::screen::unit::Unit;
use crate::screen::{Screen, number};
use anyhow::{Context, Result};
use glasshive_api_hive::shape::row::Row;
use std::fmt::Write as _;
use std::io::Write as _;

/// Columns of the service in a terminal.
const SERVICE: usize = 14;

/// Prints until the stream ends, enough events came, or the process is stopped.
///
/// # Errors
/// When nobody answers, or the connection breaks.
pub async fn run(flags: TailFlags) -> Result<()> {
    let screen = Screen::of_stdout();
    let server = Server::new(&flags.client)?;
    let environment = server.environment().await?;
    let filter = flags.filter.join(" ");
    let asked = if filter.is_empty() { String::new() } else { format!("?filter={}", path_part(&filter)) };
    let answer = server.stream(&format!("/hive/v1/e/{}/tail{asked}", path_part(&environment))).await?;
    if screen.is_terminal && !flags.json {
        // Beside the events: a tail that nothing arrives at would look as if it hung. Nobody is told when standard error is gone.
        let _ = writeln!(std::io::stderr(), "waiting for events of environment {}, Ctrl-C ends", escape(&environment));
    }
    let mut events = answer.events();
    let mut left = flags.count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = events.next().await.map_err(|error| anyhow::anyhow!("the connection broke: {error}"))?;
        let Some(event) = event else { break };
        match event.name.as_str() {
            "row" => {
                super::print(&line(&event.data, &flags, &screen)?);
                left -= 1;
            }
            // Not among the events: they are for programs too.
            "missed" => {
                let _ = writeln!(std::io::stderr(), "note: too many events to follow; some were left out");
            }
            _ => {}
        }
    }
    Ok(())
}

fn line(data: &str, flags: &TailFlags, screen: &Screen) -> Result<String> {
    if flags.json {
        return Ok(format!("{}\n", escape_json(data)));
    }
    let row: Row = serde_json::from_str(data).context("the server sent a row that this version does not understand")?;
    Ok(if screen.is_terminal && flags.columns.is_empty() { people(&row, screen) } else { plain(&row, &flags.columns, screen) })
}

/// The time, then `field=value` of the fields asked for, or of those that say most.
fn plain(row: &Row, columns: &[String], screen: &Screen) -> String {
    let mut out = number::time_ms(row.time_ns.0, &screen.zone);
    for name in columns {
        let value = row.fields.get(name).map_or_else(|| "-".to_owned(), |value| quoted(&shown(value)));
        let _ = write!(out, " {}={value}", escape(name));
    }
    for name in USUAL.iter().filter(|_| columns.is_empty()) {
        if let Some(value) = row.fields.get(*name) {
            let _ = write!(out, " {name}={}", quoted(&shown(value)));
        }
    }
    if let Some(metrics) = measured(row).filter(|_| columns.is_empty()) {
        let _ = write!(out, " metric={}", quoted(&metrics));
    }
    out.push('\n');
    out
}

/// What a row of metrics measures, as its name: `http.server.duration 12`, with the value where it is one.
fn measured(row: &Row) -> Option<String> {
    let Some(serde_json::Value::Object(metrics)) = row.fields.get("metric.descriptors") else { return None };
    let told = metrics.keys().map(|name| {
        let value = row.fields.get(name).map(shown);
        let count = || Some(format!("{} values", shown(row.fields.get(&format!("{name}.count"))?)));
        value.or_else(count).map_or_else(|| name.clone(), |value| format!("{name} {value}"))
    });
    Some(told.collect::<Vec<_>>().join(", "))
}

/// In quotes where a blank or a quote would make the end of a value unclear.
fn quoted(text: &str) -> String {
    let is_clear = !text.is_empty() && !text.contains([' ', '"', '=']);
    if is_clear { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// One line of the screen: time of day, service, what it is, how long it took, what went wrong.
fn people(row: &Row, screen: &Screen) -> String {
    let field = |name: &str| row.fields.get(name).map(shown).unwrap_or_default();
    let is_error =
        row.fields.get("error").is_some_and(|error| error != false) || field("severity") == "error" || field("severity") == "fatal";
    let service = field("service.name");
    let own = Ink::Group(service.bytes().map(usize::from).sum());
    let duration = row.fields.get("duration_ms").and_then(serde_json::Value::as_f64).map(|ms| Unit::Time(1e6).show(ms)).unwrap_or_default();
    let wrong = if is_error { Ink::Error } else { Ink::Faint };
    let pieces = [
        (Ink::Faint, number::clock_ms(row.time_ns.0, &screen.zone)),
        (Ink::Error, if is_error { "!" } else { " " }.to_owned()),
        (own, pad(&service, SERVICE)),
        (if is_error { Ink::Error } else { Ink::Faint }, field("severity")),
        (Ink::Plain, field("name")),
        (Ink::Plain, measured(row).map(|text| escape(&text)).unwrap_or_default()),
        (Ink::Plain, field("body")),
        (Ink::Faint, duration),
        (wrong, field("http.response.status_code")),
        (wrong, field("exception.type")),
        (wrong, field("exception.message")),
        (wrong, field("status_message")),
    ];
    let (mut out, mut left) = (String::new(), screen.width);
    for (ink, text) in pieces.into_iter().filter(|(_, text)| !text.is_empty()) {
        let gap = usize::from(!out.is_empty());
        let text = fit(&text, left.saturating_sub(gap));
        if text.is_empty() {
            break;
        }
        left -= gap + width(&text);
        let _ = write!(out, "{}{}", " ".repeat(gap), screen.palette.paint(ink, &text));
    }
    format!("{}\n", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::palette::Palette;
    use expect_test::expect;
    use jiff::tz::TimeZone;
    use serde_json::json;

    fn row(fields: serde_json::Value) -> Row {
        serde_json::from_value(json!({ "time_ns": "1767225600123456789", "seq": "1", "fields": fields })).unwrap()
    }

    fn screen(width: usize) -> Screen {
        Screen { width, is_terminal: true, palette: Palette::None, zone: TimeZone::UTC }
    }

    #[test]
    fn a_line_for_people() {
        let span = row(json!({
            "service.name": "reviews", "name": "GET /reviews/{id}", "duration_ms": 68.8, "http.response.status_code": 500, "error": true,
            "exception.message": "no such\ntable \u{1b}[31m"
        }));
        let log = row(json!({ "service.name": "a service with a long name", "severity": "info", "body": "user signed in" }));
        let metric = row(json!({
            "service.name": "jobs", "queue.length": 7, "job.duration.count": 40,
            "metric.descriptors": { "queue.length": { "kind": "gauge" }, "job.duration": { "kind": "histogram" } }
        }));
        let shown = [(&span, 100), (&span, 50), (&log, 100), (&metric, 100)].map(|(row, width)| people(row, &screen(width)));
        let lines = shown.concat();
        expect![[r#"
            00:00:00.123 ! reviews        GET /reviews/{id} 68.8 ms 500 no such\ntable \x1b[31m
            00:00:00.123 ! reviews        GET /reviews/{id} 6…
            00:00:00.123   a service wit… info user signed in
            00:00:00.123   jobs           job.duration 40 values, queue.length 7
        "#]]
        .assert_eq(&lines);
    }

    #[test]
    fn a_line_for_programs() {
        let span = row(json!({ "service.name": "web", "name": "GET /", "duration_ms": 1.5, "note": "say \"no\"" }));
        let columns = ["note".to_owned(), "nosuch".to_owned()];
        expect![[r#"
            2026-01-01 00:00:00.123 service.name=web name="GET /" duration_ms=1.5
            2026-01-01 00:00:00.123 note="say \"no\"" nosuch=-
        "#]]
        .assert_eq(&[plain(&span, &[], &screen(100)), plain(&span, &columns, &screen(100))].concat());
    }
}

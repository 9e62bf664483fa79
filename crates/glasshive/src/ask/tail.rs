//! `glasshive tail`: events as they arrive.

use super::server::{Server, path_part};
use super::shown;
use crate::cli::TailFlags;
use crate::screen::escape::{escape, escape_json};
use crate::screen::number;
use anyhow::{Context, Result};
use glasshive_api_hive::shape::row::Row;
use std::fmt::Write as _;

/// Fields printed when nobody names any: what says most about a span, a log line or an event.
const FIELDS: [&str; 8] =
    ["service.name", "name", "severity", "body", "duration_ms", "http.response.status_code", "status_message", "exception.message"];

/// Prints until the stream ends, enough events came, or the process is stopped.
///
/// # Errors
/// When nobody answers, or the connection breaks.
pub async fn run(flags: TailFlags) -> Result<()> {
    let server = Server::new(&flags.client);
    let environment = server.environment().await?;
    let filter = if flags.filter.is_empty() { String::new() } else { format!("?filter={}", path_part(&flags.filter)) };
    let answer = server.stream(&format!("/hive/v1/e/{}/tail{filter}", path_part(&environment))).await?;
    let mut events = answer.events();
    let mut left = flags.count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = events.next().await.map_err(|error| anyhow::anyhow!("the connection broke: {error}"))?;
        let Some(event) = event else { break };
        match event.name.as_str() {
            "row" => {
                super::print(&line(&event.data, &flags)?);
                left -= 1;
            }
            "missed" => super::print(&format!("note: too many events to follow; some were skipped: {}\n", escape(&event.data))),
            _ => {}
        }
    }
    Ok(())
}

fn line(data: &str, flags: &TailFlags) -> Result<String> {
    if flags.json {
        return Ok(format!("{}\n", escape_json(data)));
    }
    let row: Row = serde_json::from_str(data).context("the server sent a row that this version does not understand")?;
    Ok(draw(&row, &flags.columns))
}

/// The time, then the fields asked for, or those that say most.
pub fn draw(row: &Row, columns: &[String]) -> String {
    let mut out = number::time_ms(row.time_ns.0);
    let usual = FIELDS.map(str::to_owned);
    let names = if columns.is_empty() { usual.as_slice() } else { columns };
    for name in names {
        if let Some(value) = row.fields.get(name) {
            let _ = write!(out, "  {}={}", escape(name), shown(value));
        }
    }
    out.push('\n');
    out
}

//! `glasshive trace`: one trace as a waterfall.

mod draw;

use super::refusal::Refusal;
use super::server::{Server, path_part};
use crate::cli::TraceFlags;
use crate::screen::Screen;
use crate::screen::escape::escape;
use anyhow::{Context, Result, anyhow};
use glasshive_api_hive::shape::trace::Trace;
use http::StatusCode;

/// Asks and draws.
///
/// # Errors
/// When the trace is not there, or nobody answers.
pub async fn run(flags: TraceFlags) -> Result<()> {
    let server = Server::new(&flags.client)?;
    let environment = server.environment().await?;
    let at = flags.at.as_deref().map(time_ns).transpose().context("--at")?.map(|ns| format!("?at={ns}")).unwrap_or_default();
    let path = format!("/hive/v1/e/{}/traces/{}{at}", path_part(&environment), path_part(flags.id.trim()));
    let trace: Trace = server.get(&path).await.map_err(|error| not_found(error, &flags.id, &environment))?;
    let text = if flags.json { super::json(&trace)? } else { draw::draw(&trace, &Screen::of_stdout()) };
    super::print(&text);
    Ok(())
}

/// An id that nobody knows is named as it was typed: the server names its own spelling of it.
fn not_found(error: anyhow::Error, id: &str, environment: &str) -> anyhow::Error {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) if refusal.status == Some(StatusCode::NOT_FOUND) && refusal.to_string().contains("trace id") => {
            let (id, environment) = (escape(id), escape(environment));
            anyhow!(
                "environment {environment} has no trace {id}; is the id whole, and the environment right (--environment)? \
                 `glasshive rows 'trace.trace_id, name'` lists the ids of recent traces"
            )
        }
        _ => error,
    }
}

/// RFC 3339, or digits whose count tells seconds, milliseconds, microseconds and nanoseconds apart.
pub(super) fn time_ns(text: &str) -> Result<i64> {
    if let Ok(digits) = text.parse::<i64>() {
        let factor = match text.len() {
            0..=10 => 1_000_000_000,
            11..=13 => 1_000_000,
            14..=16 => 1_000,
            _ => 1,
        };
        return digits.checked_mul(factor).context("the time lies outside the years 1677 to 2262");
    }
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    let time = parsed.map_err(|_| anyhow!("{} is no time; write 2026-01-02T15:04:05Z, or seconds since 1970", escape(text)))?;
    i64::try_from(time.as_nanosecond()).context("the time lies outside the years 1677 to 2262")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_every_unit() {
        for text in ["1767225600", "1767225600000", "1767225600000000", "1767225600000000000", "2026-01-01T00:00:00Z"] {
            assert_eq!(time_ns(text).unwrap(), 1_767_225_600_000_000_000, "{text}");
        }
        assert!(time_ns("yesterday").is_err());
    }
}

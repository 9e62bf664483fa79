//! `glasshive trace`: one trace as a waterfall.

use super::server::{Server, path_part};
use crate::cli::TraceFlags;
use crate::screen::escape::escape;
use crate::screen::waterfall::{self, Line};
use crate::screen::{Screen, number};
use anyhow::{Context, Result};
use glasshive_api_hive::shape::trace::{Annotation, Node, Trace};
use std::fmt::Write as _;

/// Asks and draws.
///
/// # Errors
/// When the trace is not there, or nobody answers.
pub async fn run(flags: TraceFlags) -> Result<()> {
    let server = Server::new(&flags.client);
    let environment = server.environment().await?;
    let at = flags.at.as_deref().map(time_ns).transpose()?.map(|ns| format!("?at={ns}")).unwrap_or_default();
    let path = format!("/hive/v1/e/{}/traces/{}{at}", path_part(&environment), path_part(flags.id.trim()));
    let trace: Trace = server.get(&path).await?;
    let text = if flags.json { super::json(&trace)? } else { draw(&trace, Screen::of_stdout().width) };
    super::print(&text);
    Ok(())
}

/// RFC 3339, or digits whose count tells seconds, milliseconds, microseconds and nanoseconds apart.
fn time_ns(text: &str) -> Result<i64> {
    if let Ok(digits) = text.parse::<i64>() {
        let factor = match text.len() {
            0..=10 => 1_000_000_000,
            11..=13 => 1_000_000,
            14..=16 => 1_000,
            _ => 1,
        };
        return digits.checked_mul(factor).context("--at lies outside the years 1677 to 2262");
    }
    let time: jiff::Timestamp = text.parse().context("--at is a time such as 2026-01-02T15:04:05Z, or seconds since 1970")?;
    i64::try_from(time.as_nanosecond()).context("--at lies outside the years 1677 to 2262")
}

/// The head in a line, the waterfall, what names no span, remarks.
pub fn draw(trace: &Trace, columns: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "trace {}  {}  {}  {} spans, {} errors",
        escape(&trace.trace_id),
        number::time_ms(trace.start_ns.0),
        number::duration_ns(trace.duration_ns.0),
        trace.span_count,
        trace.error_count
    );
    let services = trace.services.iter().map(|service| format!("{} {}", escape(&service.name), number::duration_ns(service.self_ns.0)));
    let _ = writeln!(out, "own time: {}", services.collect::<Vec<_>>().join(", "));
    if trace.missing_root {
        out.push_str("the root of this trace was not received\n");
    }
    out.push('\n');
    let lines: Vec<Line> = trace.nodes.iter().map(line).collect();
    out.push_str(&waterfall::render(&lines, trace.duration_ns.0, columns));
    for (offset_ns, note) in trace.unattached.iter().map(note) {
        let _ = writeln!(out, "· +{} {}", number::duration_ns(offset_ns), escape(&note));
    }
    out.push_str(&super::notes(&trace.notes));
    out
}

fn line(node: &Node) -> Line {
    let mut remarks = Vec::new();
    if node.kind == "missing_parent" {
        remarks.push("named by others, never received".to_owned());
    } else if node.duration_ns.is_none() {
        remarks.push("unfinished".to_owned());
    }
    match node.problem.as_deref() {
        Some("duplicate_id") => remarks.push("another span has this id".to_owned()),
        Some("cycle") => remarks.push("its own ancestor".to_owned()),
        _ => {}
    }
    if node.copies > 0 {
        remarks.push(format!("came {} times", node.copies + 1));
    }
    let name = if node.name.is_empty() { format!("span {}", node.span_id) } else { node.name.clone() };
    Line {
        depth: node.depth,
        name,
        service: node.service.clone(),
        offset_ns: node.offset_ns.0,
        duration_ns: node.duration_ns.map(|duration| duration.0),
        is_error: node.is_error,
        remark: remarks.join(", "),
        notes: node.annotations.iter().map(note).collect(),
    }
}

fn note(annotation: &Annotation) -> (i64, String) {
    let mark = if annotation.is_error { "! " } else { "" };
    (annotation.offset_ns.0, format!("{mark}{} {}", annotation.kind.replace('_', " "), annotation.name))
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

//! A trace as lines of text.

use crate::ask::{notes, shown};
use crate::screen::escape::{escape, fit};
use crate::screen::palette::Ink;
use crate::screen::waterfall::{self, Line, Note};
use crate::screen::{Screen, number};
use glasshive_api_hive::shape::trace::{Annotation, Node, Service, Trace};

/// Services named in the head.
const SERVICES_NAMED: usize = 6;

/// The head, the waterfall, what names no span, remarks.
pub fn draw(trace: &Trace, screen: &Screen) -> String {
    let mut out = head(trace, screen);
    let lines: Vec<Line> = trace.nodes.iter().map(|node| line(node, trace)).collect();
    if !lines.is_empty() {
        out.push_str(&waterfall::render(&lines, trace.duration_ns.0, screen.width, screen.palette));
    }
    if !trace.unattached.is_empty() {
        let loose: Vec<Note> = trace.unattached.iter().map(|annotation| note(annotation, trace)).collect();
        out.push_str(&format!("{}\n", screen.palette.paint(Ink::Faint, "without a span:")));
        out.push_str(&waterfall::loose(&loose, screen.width, screen.palette));
    }
    out.push_str(&notes(&trace.notes));
    out
}

fn head(trace: &Trace, screen: &Screen) -> String {
    let start_ns = trace.start_ns.0;
    let mut facts = vec![
        format!("{} {}", number::time_ms(start_ns, &screen.zone), number::zone_name(start_ns, &screen.zone)),
        number::duration_ns(trace.duration_ns.0),
        number::counted(trace.span_count as u64, "span", "spans"),
    ];
    if trace.services.len() > 1 {
        facts.push(number::counted(trace.services.len() as u64, "service", "services"));
    }
    facts.push(number::counted(trace.error_count as u64, "error", "errors"));
    let mut out = format!("{}\n", screen.palette.paint(Ink::Head, &format!("trace {}", escape(&trace.trace_id))));
    out.push_str(&format!("{}\n", fit(&facts.join(", "), screen.width)));
    if trace.services.len() > 1 {
        let own = format!("own time: {}", own_times(&trace.services));
        out.push_str(&format!("{}\n", screen.palette.paint(Ink::Faint, &fit(&own, screen.width))));
    }
    if trace.missing_root {
        out.push_str("the root of this trace was not received (yet)\n");
    }
    out.push('\n');
    out
}

/// Where the time went: of each service the time in which none of its children ran.
fn own_times(services: &[Service]) -> String {
    let named = services.iter().take(SERVICES_NAMED);
    let mut parts: Vec<String> =
        named.map(|service| format!("{} {}", escape(&service.name), number::duration_ns(service.self_ns.0))).collect();
    if services.len() > SERVICES_NAMED {
        parts.push(format!("{} more", services.len() - SERVICES_NAMED));
    }
    parts.join(", ")
}

fn line(node: &Node, trace: &Trace) -> Line {
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
        service_index: trace.services.iter().position(|service| service.name == node.service).unwrap_or(0),
        offset_ns: node.offset_ns.0,
        duration_ns: node.duration_ns.map(|duration| duration.0),
        is_error: node.is_error,
        remark: remarks.join(", "),
        notes: node.annotations.iter().map(|annotation| note(annotation, trace)).collect(),
    }
}

/// An annotation with what its row says: of an exception its type and message, of a log line its severity, of a link where it leads.
fn note(annotation: &Annotation, trace: &Trace) -> Note {
    let field = |name: &str| trace.rows.get(annotation.row).and_then(|row| row.fields.get(name)).map(shown).filter(|text| text != "-");
    let said = match annotation.kind.as_str() {
        "link" => field("trace.link.trace_id").map(|trace| match field("trace.link.span_id") {
            Some(span) => format!("to span {span} of trace {trace}"),
            None => format!("to trace {trace}"),
        }),
        "log" => field("severity").map(|severity| format!("{severity} {}", annotation.name)),
        _ => None,
    };
    let exception: Vec<String> = [field("exception.type"), field("exception.message")].into_iter().flatten().collect();
    let mut text = said.unwrap_or_else(|| annotation.name.clone());
    if !exception.is_empty() {
        text = format!("{text} {}", exception.join(": "));
    }
    let kind = match annotation.kind.as_str() {
        "span_event" => "event",
        "other" => "row",
        kind => kind,
    };
    Note { offset_ns: annotation.offset_ns.0, kind: kind.to_owned(), text: text.trim().to_owned(), is_error: annotation.is_error }
}

#[cfg(test)]
mod tests;

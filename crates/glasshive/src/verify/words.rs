//! A report for people.

use super::report::{Report, is_repairable, level_word};
use crate::screen::Screen;
use crate::screen::escape::escape;
use crate::screen::number::{bytes, counted, grouped, time, zone_name};
use crate::screen::palette::Ink;
use glasshive_store::adopt::{Holds, Offer, Verdict};
use glasshive_store::verify::{Finding, Level, Verified};
use std::fmt::Write as _;

/// Datasets of a file that are named.
const DATASETS_SHOWN: usize = 3;

/// The report in words.
pub fn of(report: &Report, screen: &Screen) -> String {
    let mut out = String::new();
    for adopted in &report.adopted {
        let part = if adopted.rows == adopted.of_rows {
            String::new()
        } else {
            format!("{} of ", grouped(i64::try_from(adopted.rows).unwrap_or(i64::MAX)))
        };
        let _ = writeln!(out, "adopted {part}{} from {}", rows(adopted.of_rows), escape(&adopted.file));
        let _ = writeln!(out, "    now in {}", escape(&adopted.path));
    }
    for refusal in &report.refused {
        let _ = writeln!(out, "{}", screen.palette.paint(Ink::Error, &format!("not adopted: {}", escape(&refusal.reason))));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let data = escape(&report.data);
    let Verified { files, rows: held, bytes: size, log_segments, log_events, findings } = &report.verified;
    let held = format!("{} with {}, {}", counted(*files, "file", "files"), rows(*held), bytes(*size as f64));
    let log = format!("{} with {} not yet in files", counted(*log_segments, "log segment", "log segments"), events(*log_events));
    let _ = writeln!(out, "{data}: {held}; {log}");
    for finding in findings {
        out.push_str(&found(finding, screen));
    }
    for path in &report.set_aside {
        let _ = writeln!(out, "moved to {}", escape(path));
    }
    if findings.iter().all(|finding| finding.level == Level::Note) {
        out.push_str("all of it is there and as it was written\n");
    } else if findings.iter().any(is_repairable) && !report.repaired {
        let _ = writeln!(out, "\nTo take files that cannot be read out of the catalog: glasshive verify --data {data} --repair");
    }
    if report.offers.is_empty() {
        return out;
    }
    out.push('\n');
    let count = report.offers.len() as u64;
    let _ = writeln!(out, "{} unknown to the catalog\n", counted(count, "file is", "files are"));
    for offer in &report.offers {
        out.push_str(&one(offer, screen));
    }
    out.push_str(&advice(report));
    out
}

fn one(offer: &Offer, screen: &Screen) -> String {
    let mut out = format!("{}\n", screen.palette.paint(Ink::Head, &escape(&offer.path)));
    let size = bytes(offer.bytes as f64);
    match &offer.holds {
        Some(holds) => {
            let _ = writeln!(out, "    {} of {}, {size}", rows(holds.rows), datasets(holds));
            let _ = writeln!(out, "    environment {}, {}", escape(&holds.environment), holds.class.word());
            let at = |ns| time(ns, &screen.zone);
            let (from, to) = holds.time_ns;
            let zone = zone_name(to, &screen.zone);
            let (first, last) = holds.sequences;
            let _ = writeln!(out, "    {} to {} {zone}, log sequences {first} to {last}", at(from), at(to));
        }
        None => {
            let _ = writeln!(out, "    {size}");
        }
    }
    let _ = writeln!(out, "    {}", verdict(offer, screen));
    for path in offer.holds.iter().flat_map(|holds| &holds.replaces) {
        let _ = writeln!(out, "    takes the place of {}, which cannot be read", escape(path));
    }
    if let Some(days) = offer.days_left {
        let _ = writeln!(out, "    kept for {}", counted(days.unsigned_abs(), "more day", "more days"));
    }
    out.push('\n');
    out
}

/// The datasets with most rows.
fn datasets(holds: &Holds) -> String {
    if let [(slug, _)] = holds.datasets.as_slice() {
        return escape(slug);
    }
    let mut most: Vec<&(String, u64)> = holds.datasets.iter().collect();
    most.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let left_out = most.len().saturating_sub(DATASETS_SHOWN);
    let mut shown: Vec<String> =
        most.iter().take(DATASETS_SHOWN).map(|(slug, count)| format!("{} ({})", escape(slug), rows(*count))).collect();
    if left_out > 0 {
        shown.push(counted(left_out as u64, "other dataset", "other datasets"));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

fn verdict(offer: &Offer, screen: &Screen) -> String {
    let elsewhere = offer.holds.as_ref().map(elsewhere).unwrap_or_default();
    match &offer.verdict {
        Verdict::Adoptable { rows: missing } if offer.holds.as_ref().is_some_and(|holds| holds.rows == *missing) => {
            "can be adopted: none of its rows is anywhere else".to_owned()
        }
        Verdict::Adoptable { rows: missing } => format!("can be adopted: {} that are nowhere else; {elsewhere}", rows(*missing)),
        Verdict::Present => format!("nothing to adopt: {elsewhere}"),
        Verdict::Refused { reason } => screen.palette.paint(Ink::Error, &format!("cannot be adopted: {}", escape(reason))),
    }
}

/// Where the other rows are.
fn elsewhere(holds: &Holds) -> String {
    let in_files = (holds.rows_in_files > 0).then(|| format!("{} in visible files", rows(holds.rows_in_files)));
    let in_log = (holds.rows_in_log > 0).then(|| format!("{} in the log, which the next start reads", rows(holds.rows_in_log)));
    let deleted = (holds.rows_deleted > 0).then(|| format!("{} deleted on request", rows(holds.rows_deleted)));
    let all: Vec<String> = in_files.into_iter().chain(in_log).chain(deleted).collect();
    all.join(", ")
}

fn advice(report: &Report) -> String {
    let adoptable = report.offers.iter().filter(|offer| matches!(offer.verdict, Verdict::Adoptable { .. })).count();
    let mut out = String::new();
    if adoptable > 0 {
        let which = if adoptable == 1 { "it" } else { "them" };
        let _ = writeln!(out, "To take {which} in: glasshive verify --data {} --adopt", escape(&report.data));
    }
    out
}

fn found(finding: &Finding, screen: &Screen) -> String {
    let text = format!("{}: {}", level_word(finding.level), escape(&finding.message));
    let ink = if finding.level == Level::Note { Ink::Plain } else { Ink::Error };
    let mut out = format!("{}\n", screen.palette.paint(ink, &text));
    if let Some(lost) = &finding.lost {
        let count = lost.rows.map_or("an unknown number of rows".to_owned(), rows);
        let datasets: Vec<String> = lost.datasets.iter().map(|slug| escape(slug)).collect();
        let of = if datasets.is_empty() { "unknown datasets".to_owned() } else { datasets.join(", ") };
        let environment = if lost.environment.is_empty() { String::new() } else { format!(", environment {}", escape(&lost.environment)) };
        let _ = writeln!(out, "    {count} of {of}{environment}");
        if let Some((from, to)) = lost.time_ns {
            let at = |ns| time(ns, &screen.zone);
            let _ = writeln!(out, "    {} to {} {}", at(from), at(to), zone_name(to, &screen.zone));
        }
    }
    out
}

fn events(count: u64) -> String {
    counted(count, "event", "events")
}

fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::palette::Palette;
    use crate::verify::report::{Adopted, Refusal};
    use glasshive_model::SignalClass;
    use glasshive_store::verify::Lost;
    use jiff::tz::TimeZone;

    fn offer(verdict: Verdict, holds: Option<Holds>) -> Offer {
        let path = "quarantine/orphans/2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV.local.spans.parquet".to_owned();
        Offer { path, id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(), bytes: 123_456, days_left: Some(1), holds, verdict }
    }

    fn holds(datasets: &[(&str, u64)], rows_in_files: u64, rows_in_log: u64) -> Holds {
        Holds {
            environment: "local".to_owned(),
            class: SignalClass::Spans,
            datasets: datasets.iter().map(|(slug, rows)| ((*slug).to_owned(), *rows)).collect(),
            rows: datasets.iter().map(|(_, rows)| rows).sum(),
            rows_in_files,
            rows_in_log,
            rows_deleted: 0,
            replaces: Vec::new(),
            time_ns: (1_772_323_200_000_000_000, 1_772_326_799_000_000_000),
            sequences: (3, 17),
        }
    }

    fn check(report: &Report, expected: &[&str]) {
        let screen = Screen { width: 100, is_terminal: false, palette: Palette::None, zone: TimeZone::UTC };
        let text = of(report, &screen);
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn what_is_unknown_is_told_with_what_to_do() {
        let many = holds(&[("api", 4_000), ("cart", 20), ("db", 3), ("\u{1b}web", 1_000), ("x", 1)], 24, 1_000);
        let offers = vec![
            offer(Verdict::Adoptable { rows: 4_000 }, Some(many)),
            offer(Verdict::Adoptable { rows: 1 }, Some(Holds { replaces: vec!["events/a".to_owned()], ..holds(&[("api", 1)], 0, 0) })),
            offer(Verdict::Refused { reason: "it has no rows".to_owned() }, None),
        ];
        check(
            &Report { data: "DATA".to_owned(), offers, ..Report::default() },
            &[
                "DATA: 0 files with 0 rows, 0 B; 0 log segments with 0 events not yet in files",
                "all of it is there and as it was written",
                "",
                "3 files are unknown to the catalog",
                "",
                "quarantine/orphans/2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV.local.spans.parquet",
                "    5 024 rows of api (4 000 rows), \\x1bweb (1 000 rows), cart (20 rows) and 2 other datasets, 123 kB",
                "    environment local, spans",
                "    2026-03-01 00:00:00 to 2026-03-01 00:59:59 UTC, log sequences 3 to 17",
                "    can be adopted: 4 000 rows that are nowhere else; 24 rows in visible files, 1 000 rows in the log, which the next start reads",
                "    kept for 1 more day",
                "",
                "quarantine/orphans/2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV.local.spans.parquet",
                "    1 row of api, 123 kB",
                "    environment local, spans",
                "    2026-03-01 00:00:00 to 2026-03-01 00:59:59 UTC, log sequences 3 to 17",
                "    can be adopted: none of its rows is anywhere else",
                "    takes the place of events/a, which cannot be read",
                "    kept for 1 more day",
                "",
                "quarantine/orphans/2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV.local.spans.parquet",
                "    123 kB",
                "    cannot be adopted: it has no rows",
                "    kept for 1 more day",
                "",
                "To take them in: glasshive verify --data DATA --adopt",
            ],
        );
    }

    #[test]
    fn what_was_done_is_told_first() {
        let adopted = Adopted { file: "old".to_owned(), path: "new".to_owned(), rows: 3, of_rows: 5 };
        let refused = Refusal { file: "x".to_owned(), reason: "x is not among the files that are offered".to_owned() };
        let report = Report { data: "DATA".to_owned(), adopted: vec![adopted], refused: vec![refused], ..Report::default() };
        check(
            &report,
            &[
                "adopted 3 of 5 rows from old",
                "    now in new",
                "not adopted: x is not among the files that are offered",
                "",
                "DATA: 0 files with 0 rows, 0 B; 0 log segments with 0 events not yet in files",
                "all of it is there and as it was written",
            ],
        );
    }

    #[test]
    fn losses_are_named() {
        let lost = Lost {
            environment: "local".to_owned(),
            datasets: vec!["api".to_owned(), "\u{202e}web".to_owned()],
            time_ns: Some((1_772_323_200_000_000_000, 1_772_326_799_000_000_000)),
            rows: Some(20),
        };
        let of_log = Lost { environment: String::new(), datasets: Vec::new(), time_ns: None, rows: None };
        let finding = |level, message: &str, file: &str, lost| Finding { level, message: message.to_owned(), file: file.to_owned(), lost };
        let findings = vec![
            finding(Level::Note, "events/b has rows of the future, up to 2027", "events/b", None),
            finding(Level::Lost, "log record 7 is damaged or missing", "", Some(of_log)),
            finding(Level::Lost, "events/a is missing", "events/a", Some(lost)),
        ];
        let verified = Verified { files: 2, rows: 30, bytes: 4_000, log_segments: 1, log_events: 5, findings };
        check(
            &Report { data: "DATA".to_owned(), verified, ..Report::default() },
            &[
                "DATA: 2 files with 30 rows, 4 kB; 1 log segment with 5 events not yet in files",
                "note: events/b has rows of the future, up to 2027",
                "lost: log record 7 is damaged or missing",
                "    an unknown number of rows of unknown datasets",
                "lost: events/a is missing",
                "    20 rows of api, \\u{202e}web, environment local",
                "    2026-03-01 00:00:00 to 2026-03-01 00:59:59 UTC",
                "",
                "To take files that cannot be read out of the catalog: glasshive verify --data DATA --repair",
            ],
        );
    }
}

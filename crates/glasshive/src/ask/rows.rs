//! `glasshive rows`: events as they are, newest first.

use super::query::hint;
use super::question::Question;
use super::server::{Server, path_part};
use super::{notes, shown};
use crate::cli::RowsFlags;
use crate::screen::escape::escape;
use crate::screen::palette::Ink;
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, csv, number};
use anyhow::Result;
use glasshive_api_hive::shape::row::{EventsAnswer, Row};
use glasshive_base::Clock as _;
use glasshive_query_plan::text;
use glasshive_store::world::SystemClock;
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields shown when nobody names any and somebody reads: what says most about a span, a log line or an event.
pub const USUAL: [&str; 9] = [
    "service.name",
    "name",
    "severity",
    "body",
    "duration_ms",
    "http.response.status_code",
    "status_message",
    "exception.type",
    "exception.message",
];

/// Asks and prints.
///
/// # Errors
/// When the question cannot be read, or nobody answers it.
pub async fn run(flags: RowsFlags) -> Result<()> {
    let screen = Screen::of_stdout();
    let question = Question::read(&flags.query, "LIMIT 20")?;
    let server = Server::new(&flags.client)?;
    let environment = server.environment().await?;
    let path = format!("/hive/v1/e/{}/events", path_part(&environment));
    let mut answer: EventsAnswer = server.post(&path, &question.body).await.map_err(|error| question.explain(error))?;
    let columns = columns(&question.body);
    if !flags.output.json && !flags.output.csv {
        let asked = conditions(&question.body);
        hint::name_likely_columns_of_rows(&mut answer.notes, &columns, asked, &server, &environment).await;
    }
    let text = if flags.output.json {
        super::json(&answer)?
    } else if flags.output.csv {
        spreadsheet(&answer.rows, &columns, screen.is_terminal)
    } else {
        people(&answer, &columns, &screen)
    };
    super::print(&text);
    Ok(())
}

/// The columns that the question names, in its order. The server has read it already, so what cannot be read here names none.
fn columns(body: &Value) -> Vec<String> {
    if let Some(Value::Array(columns)) = body.get("columns") {
        return columns.iter().filter_map(Value::as_str).map(|name| name.trim_start_matches('=').to_owned()).collect();
    }
    let written = body.get("text").and_then(Value::as_str).unwrap_or_default();
    let request = text::parse_events(written, SystemClock::default().wall_ns());
    request.map(|request| request.columns.into_iter().map(|column| column.name).collect()).unwrap_or_default()
}

/// The columns that its conditions name.
fn conditions(body: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    hint::collect(body, &mut names);
    let written = body.get("text").and_then(Value::as_str).unwrap_or_default();
    if let Ok(request) = text::parse_events(written, SystemClock::default().wall_ns()) {
        names.extend(request.filters.conditions.into_iter().map(|condition| condition.column.name));
    }
    names
}

/// A table with the time of each event first.
fn people(answer: &EventsAnswer, columns: &[String], screen: &Screen) -> String {
    if answer.rows.is_empty() {
        return format!("no event of this time matches; a longer `LAST` looks further back\n{}", notes(&answer.notes));
    }
    let has_any = |name: &&str| answer.rows.iter().any(|row| row.fields.contains_key(*name));
    let usual: Vec<String> = USUAL.iter().filter(|name| has_any(name)).map(|name| (*name).to_owned()).collect();
    let columns = if columns.is_empty() { usual } else { columns.to_vec() };
    let heads: Vec<String> = columns.iter().map(|name| escape(name)).collect();
    let is_number = |name: &String| {
        let values: Vec<&Value> = answer.rows.iter().filter_map(|row| row.fields.get(name)).collect();
        !values.is_empty() && values.iter().all(|value| value.is_number())
    };
    let aligns = columns.iter().map(|name| if is_number(name) { Align::Right } else { Align::Left });
    let mut table_heads = vec![("time", Align::Left)];
    table_heads.extend(heads.iter().map(String::as_str).zip(aligns));
    let mut table = Table::new(&table_heads);
    for row in &answer.rows {
        let time = number::time_ms(row.time_ns.0, &screen.zone);
        let cells = columns.iter().map(|name| row.fields.get(name).map_or_else(|| "-".to_owned(), shown));
        table.push(std::iter::once(time).chain(cells).collect());
    }
    let mut out = table.render_in(screen.width, screen.palette);
    if screen.is_terminal {
        let zone = number::zone_name(answer.rows[0].time_ns.0, &screen.zone);
        let rows = number::counted(answer.rows.len() as u64, "row", "rows");
        let more = if answer.next.is_some() { "; LIMIT shows more" } else { "" };
        let line = format!("{rows}, newest first, times in {zone}{more}; {}", number::duration(answer.cost.elapsed_ms * 1e6));
        out.push_str(&format!("{}\n", screen.palette.paint(Ink::Faint, &line)));
    }
    out.push_str(&notes(&answer.notes));
    out
}

/// All fields, or those named; times as RFC 3339 with nanoseconds.
fn spreadsheet(rows: &[Row], columns: &[String], is_terminal: bool) -> String {
    let safe = |text: String| if is_terminal { escape(&text) } else { text };
    let all: BTreeSet<&String> = rows.iter().flat_map(|row| row.fields.keys()).collect();
    let columns: Vec<&String> = if columns.is_empty() { all.into_iter().collect() } else { columns.iter().collect() };
    let mut out = String::new();
    let heads: Vec<String> = std::iter::once("time".to_owned()).chain(columns.iter().map(|name| safe((*name).clone()))).collect();
    csv::push_record(&mut out, heads.iter().map(String::as_str));
    for row in rows {
        let cells = columns.iter().map(|name| safe(row.fields.get(*name).map(csv::cell).unwrap_or_default()));
        let record: Vec<String> = std::iter::once(number::rfc3339(row.time_ns.0)).chain(cells).collect();
        csv::push_record(&mut out, record.iter().map(String::as_str));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::palette::Palette;
    use expect_test::expect;
    use jiff::tz::TimeZone;
    use serde_json::json;

    fn answer() -> EventsAnswer {
        let row = |seq: u64, fields: Value| json!({ "time_ns": "1767225600123456789", "seq": seq.to_string(), "fields": fields });
        serde_json::from_value(json!({
            "rows": [
                row(2, json!({ "service.name": "web", "name": "GET /", "duration_ms": 12.5, "error": true })),
                row(1, json!({ "service.name": "web", "body": "two\nlines, \u{1b}[31m", "severity": "info" }))
            ],
            "notes": [],
            "cost": { "elapsed_ms": 0.4 }
        }))
        .unwrap()
    }

    #[test]
    fn rows_stand_in_a_table() {
        let screen = Screen { width: 90, is_terminal: true, palette: Palette::None, zone: TimeZone::UTC };
        expect![[r#"
            time                     service.name  name   severity  body                  duration_ms
            2026-01-01 00:00:00.123  web           GET /  -         -                            12.5
            2026-01-01 00:00:00.123  web           -      info      two\nlines, \x1b[31m          -
            2 rows, newest first, times in UTC; 400 µs
        "#]]
        .assert_eq(&people(&answer(), &[], &screen));
        expect![[r#"
            time                     error  nosuch
            2026-01-01 00:00:00.123  true   -
            2026-01-01 00:00:00.123  -      -
            2 rows, newest first, times in UTC; 400 µs
        "#]]
        .assert_eq(&people(&answer(), &["error".to_owned(), "nosuch".to_owned()], &screen));
    }

    #[test]
    fn csv_has_every_field() {
        expect![[r#"
            time,body,duration_ms,error,name,service.name,severity
            2026-01-01T00:00:00.123456789Z,,12.5,true,GET /,web,
            2026-01-01T00:00:00.123456789Z,"two\nlines, \x1b[31m",,,,web,info
        "#]]
        .assert_eq(&spreadsheet(&answer().rows, &[], true).replace('\r', ""));
        assert_eq!(spreadsheet(&answer().rows[..1], &["name".to_owned()], false), "time,name\r\n2026-01-01T00:00:00.123456789Z,GET /\r\n");
    }

    #[test]
    fn columns_keep_the_order_of_the_question() {
        assert_eq!(columns(&json!({ "text": "name, `a b`, duration_ms WHERE error = true LAST 1h" })), ["name", "a b", "duration_ms"]);
        assert_eq!(columns(&json!({ "columns": ["b", "=a"] })), ["b", "a"]);
        assert_eq!(columns(&json!({ "text": "WHERE" })), [""; 0]);
    }
}

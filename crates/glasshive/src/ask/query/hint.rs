//! Names that were mistyped, and those that may have been meant.

use crate::ask::server::{Server, path_part};
use glasshive_api_hive::shape::place::Columns;
use glasshive_api_hive::shape::query::{Note, QueryAnswer};
use serde_json::Value;
use std::collections::BTreeSet;

/// The kind of remarks on columns that no event has.
const UNKNOWN: &str = "unknown_column";
/// Most names put forward.
const NAMES_MAX: usize = 3;

/// Adds to each remark about an unknown column the names that may have been meant. Nothing is added when they cannot be had.
pub(super) async fn name_likely_columns(answer: &mut QueryAnswer, server: &Server, environment: &str) {
    if !answer.notes.iter().any(|note| note.kind == UNKNOWN) {
        return;
    }
    let Some(known) = known_columns(server, environment).await else { return };
    let mut asked = BTreeSet::new();
    collect(&answer.query.specification, &mut asked);
    name_likely(&mut answer.notes, &asked, &known);
}

/// The same of rows, with a remark on each of the columns to be shown that no event has.
pub(in crate::ask) async fn name_likely_columns_of_rows(
    notes: &mut Vec<Note>,
    shown: &[String],
    mut asked: BTreeSet<String>,
    server: &Server,
    environment: &str,
) {
    if shown.is_empty() && notes.iter().all(|note| note.kind != UNKNOWN) {
        return;
    }
    let Some(known) = known_columns(server, environment).await else { return };
    for name in shown.iter().filter(|name| !known.contains(name)) {
        let text = format!("no event has a column \"{name}\"");
        if notes.iter().all(|note| note.text != text) {
            notes.push(Note { kind: UNKNOWN.to_owned(), text, covered: None, missing: None });
        }
    }
    asked.extend(shown.iter().cloned());
    name_likely(notes, &asked, &known);
}

async fn known_columns(server: &Server, environment: &str) -> Option<Vec<String>> {
    let columns = server.get::<Columns>(&format!("/hive/v1/e/{}/columns", path_part(environment))).await.ok()?;
    Some(columns.columns.into_iter().map(|column| column.name).collect())
}

fn name_likely(notes: &mut [Note], asked: &BTreeSet<String>, known: &[String]) {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for note in notes.iter_mut().filter(|note| note.kind == UNKNOWN) {
        let Some(name) = asked.iter().find(|name| note.text.contains(&format!("\"{name}\""))) else { continue };
        let likely = likely(name, &known);
        if !likely.is_empty() {
            note.text.push_str(&format!("; did you mean {}?", likely.join(" or ")));
        }
    }
}

/// Every column that a specification names.
pub(in crate::ask) fn collect(value: &Value, names: &mut BTreeSet<String>) {
    let mut take = |value: &Value| {
        if let Value::String(name) = value {
            names.insert(name.trim_start_matches('=').to_owned());
        }
    };
    match value {
        Value::Object(members) => {
            if let Some(column) = members.get("column") {
                take(column);
            }
            if let Some(Value::Array(breakdowns)) = members.get("breakdowns") {
                breakdowns.iter().for_each(take);
            }
            members.values().for_each(|member| collect(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

/// The known names nearest to `name`: few letters apart, or with `name` as their first or last part; the nearest first.
fn likely<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], ".");
    let wanted = plain(name);
    let tolerance = (wanted.chars().count() / 4).max(1);
    let distance = |candidate: &str| {
        let candidate = plain(candidate);
        let is_part = candidate.ends_with(&format!(".{wanted}")) || candidate.starts_with(&format!("{wanted}."));
        if is_part { 1 } else { edits(&wanted, &candidate) }
    };
    let mut near: Vec<(usize, &str)> = known.iter().map(|known| (distance(known), *known)).filter(|(far, _)| *far <= tolerance).collect();
    near.sort_unstable_by_key(|(far, name)| (*far, name.len(), *name));
    near.into_iter().map(|(_, name)| name).take(NAMES_MAX).collect()
}

/// Letters to insert, delete, change or swap with their neighbour.
fn edits(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for row in 0..=left.len() {
        for column in 0..=right.len() {
            if row == 0 || column == 0 {
                table[row][column] = row + column;
                continue;
            }
            let is_same = left[row - 1] == right[column - 1];
            let mut least = table[row - 1][column - 1] + usize::from(!is_same);
            least = least.min(table[row - 1][column] + 1).min(table[row][column - 1] + 1);
            if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
                least = least.min(table[row - 2][column - 2] + 1);
            }
            table[row][column] = least;
        }
    }
    table[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_names_are_put_forward() {
        let known = ["http.route", "http.request.method", "duration_ms", "name", "service.name", "host.name"];
        assert_eq!(likely("htp.route", &known), ["http.route"]);
        assert_eq!(likely("http_route", &known), ["http.route"]);
        assert_eq!(likely("route", &known), ["http.route"]);
        assert_eq!(likely("duration-ms", &known), ["duration_ms"]);
        assert_eq!(likely("duration", &known), ["duration_ms"]);
        assert_eq!(likely("http.request", &known), ["http.request.method"]);
        assert_eq!(likely("nme", &known), ["name"]);
        assert_eq!(likely("Name", &known), ["name", "host.name", "service.name"]);
        assert_eq!(likely("zzz", &known), [""; 0]);
    }

    #[test]
    fn names_are_found_wherever_a_specification_has_them() {
        let mut names = BTreeSet::new();
        let specification = json!({
            "breakdowns": ["=a"], "filters": [{ "column": "b", "op": "=", "value": "x" }], "calculations": [{ "op": "P99", "column": "c" }]
        });
        collect(&specification, &mut names);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}

use super::*;
use crate::kind::{Annotation, Signal, Source};
use crate::shown::{ShownRow, shown_rows};
use crate::value::Value;

fn row(time_ns: i64) -> SystemRow {
    SystemRow {
        time_ns,
        duration_ns: None,
        trace_id: None,
        span_id: None,
        parent_id: None,
        dataset: 0,
        signal: Signal::Event,
        source: Source::Otlp,
        annotation: Annotation::None,
        name: None,
        kind: None,
        status: None,
        sample_rate: 1.0,
    }
}

struct Build(RowsBuilder);

impl Build {
    fn new() -> Self {
        let mut builder = RowsBuilder::new();
        builder.dataset("d");
        Self(builder)
    }

    fn cell(&mut self, value: Value) -> Cell {
        match value {
            Value::Null => Cell::Null,
            Value::Str(text) => Cell::Str(self.0.text(&text)),
            Value::Json(text) => Cell::Json(self.0.text(&text)),
            Value::Int(value) => Cell::Int(value),
            Value::Float(value) => Cell::Float(value),
            Value::Bool(value) => Cell::Bool(value),
        }
    }

    fn open(&mut self, level: Level, key: &str, value: Value) {
        let (key, cell) = (self.0.key(key), self.cell(value));
        self.0.open(level, key, cell);
    }

    fn row(&mut self, own: &[(&str, Value)]) {
        self.0.start_row(&row(self.0.len() as i64));
        for (key, value) in own {
            let (key, cell) = (self.0.key(key), self.cell(value.clone()));
            self.0.set(key, cell);
        }
        self.0.finish_row();
    }

    fn shown(self) -> Vec<ShownRow> {
        shown_rows(&self.0.finish().to_batch(Stamp { sequence: 1, ingest_time_ns: 9 }))
    }
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn fields(row: &ShownRow) -> Vec<(&str, &Value)> {
    let own = |name: &&(String, Value)| !name.0.starts_with("meta.") && name.0 != "is_root";
    row.fields.iter().filter(own).map(|(name, value)| (name.as_str(), value)).collect()
}

#[test]
fn own_values_win_and_losers_are_kept_by_level() {
    let mut build = Build::new();
    build.open(Level::Resource, "env", text("prod"));
    build.open(Level::Resource, "x", Value::Int(1));
    build.open(Level::Scope, "x", Value::Int(2));
    build.row(&[("a", text("1"))]);
    build.row(&[("x", Value::Int(3)), ("env", Value::Bool(true))]);
    build.row(&[("env", text("prod"))]);
    build.0.close(Level::Scope);
    build.row(&[]);
    let rows = build.shown();
    let (prod, yes) = (text("prod"), Value::Bool(true));
    let [one, two, three] = [1, 2, 3].map(Value::Int);
    assert_eq!(fields(&rows[0]), [("a", &text("1")), ("env", &prod), ("resource.x", &one), ("x", &two)]);
    assert_eq!(fields(&rows[1]), [("env", &yes), ("resource.env", &prod), ("resource.x", &one), ("scope.x", &two), ("x", &three)]);
    assert_eq!(fields(&rows[2]), [("env", &prod), ("resource.x", &one), ("x", &two)]);
    assert_eq!(fields(&rows[3]), [("env", &prod), ("x", &one)]);
    let resource_keys: Vec<_> = rows.iter().map(|row| row.resource_keys.join(",")).collect();
    assert_eq!(resource_keys, ["env", "", "", "env,x"]);
    assert_eq!(rows[0].scope_keys, ["x"]);
}

#[test]
fn last_of_duplicate_keys_wins_across_types() {
    let mut build = Build::new();
    build.row(&[("k", text("first")), ("k", Value::Int(2)), ("k", Value::Float(3.5))]);
    build.row(&[("k", Value::Null)]);
    let rows = build.shown();
    assert_eq!(fields(&rows[0]), [("k", &Value::Float(3.5))]);
    assert_eq!(fields(&rows[1]), [("k", &Value::Null)]);
}

#[test]
fn long_keys_live_in_overflow_with_their_types() {
    let mut build = Build::new();
    let key = "k".repeat(300);
    build.row(&[(&key, Value::Float(2.0)), ("short", text("\"\n"))]);
    build.row(&[(&key, text("a\"b"))]);
    let rows = build.shown();
    assert_eq!(fields(&rows[0]), [(key.as_str(), &Value::Float(2.0)), ("short", &text("\"\n"))]);
    assert_eq!(fields(&rows[1]), [(key.as_str(), &text("a\"b"))]);
}

use super::*;
use crate::column::{ColumnRef, SystemColumn};
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

#[test]
fn only_the_final_value_of_a_row_is_weighed_against_its_levels() {
    let mut build = Build::new();
    build.open(Level::Resource, "k", text("a"));
    build.row(&[("k", text("b")), ("k", Value::Int(5))]);
    build.row(&[("k", text("a")), ("k", text("b"))]);
    build.row(&[("k", Value::Int(5)), ("k", text("a"))]);
    build.row(&[]);
    let rows = build.shown();
    let [a, b] = ["a", "b"].map(text);
    assert_eq!(fields(&rows[0]), [("k", &Value::Int(5)), ("resource.k", &a)]);
    assert_eq!(fields(&rows[1]), [("k", &b), ("resource.k", &a)]);
    assert_eq!(fields(&rows[2]), [("k", &a)]);
    assert_eq!(fields(&rows[3]), [("k", &a)]);
}

#[test]
fn the_last_of_duplicate_scope_values_decides_what_the_resource_loses() {
    let mut build = Build::new();
    build.open(Level::Resource, "k", Value::Int(2));
    build.open(Level::Scope, "k", Value::Int(2));
    build.open(Level::Scope, "k", Value::Int(3));
    build.row(&[]);
    assert_eq!(fields(&build.shown()[0]), [("k", &Value::Int(3)), ("resource.k", &Value::Int(2))]);
}

#[test]
fn not_a_number_is_kept_as_text_and_fixes_no_type() {
    let mut build = Build::new();
    build.open(Level::Resource, "r", Value::Float(f64::NAN));
    build.row(&[("own", Value::Float(f64::NAN)), ("r", Value::Float(f64::NAN))]);
    let rows = build.0.finish();
    assert_eq!(rows.attributes().count(), 0);
    assert_eq!(rows.overflow_keys().collect::<Vec<_>>(), ["own", "r"]);
    let shown = shown_rows(&rows.to_batch(Stamp { sequence: 1, ingest_time_ns: 9 }));
    assert_eq!(fields(&shown[0]), [("own", &text("NaN")), ("r", &text("NaN"))]);
}

#[test]
fn a_guessed_key_is_the_key() {
    let mut build = RowsBuilder::new();
    let [a, b] = ["a", "b"].map(|key| build.key(key));
    assert_eq!(build.key_guessed(Some(a), "a"), a);
    assert_eq!(build.key_guessed(Some(a), "b"), b);
    assert_eq!(build.key_guessed(None, "b"), b);
}

#[test]
fn a_weight_can_come_after_the_rows_it_is_for() {
    let mut build = Build::new();
    (0..3).for_each(|_| build.row(&[]));
    build.0.weigh(2, 4.0);
    assert_eq!(build.0.finish().sample_rates(), [1.0, 4.0, 4.0]);
}

#[test]
fn a_synthesized_value_gives_way_to_others_but_not_to_empty_ones() {
    let mut build = Build::new();
    let [key, shadow] = ["k", "shadow.k"].map(|key| build.0.key(key));
    let mut check = |own: &[(KeyCode, Cell)], is_kept: bool| {
        build.0.start_row(&row(0));
        own.iter().for_each(|(key, cell)| build.0.set(*key, *cell));
        assert_eq!(build.0.set_default_or(key, Cell::Int(1), shadow), is_kept, "{own:?}");
        build.0.finish_row();
    };
    check(&[], true);
    check(&[(key, Cell::Null)], true);
    check(&[(key, Cell::Int(1))], true);
    check(&[(key, Cell::Int(2))], true);
    check(&[(key, Cell::Int(2)), (shadow, Cell::Null)], true);
    check(&[(key, Cell::Int(2)), (shadow, Cell::Int(1))], true);
    check(&[(key, Cell::Int(2)), (shadow, Cell::Int(3))], false);
    let rows = build.shown();
    let [one, two, three] = [1, 2, 3].map(Value::Int);
    (0..3).for_each(|row| assert_eq!(fields(&rows[row]), [("k", &one)], "{row}"));
    (3..6).for_each(|row| assert_eq!(fields(&rows[row]), [("k", &two), ("shadow.k", &one)], "{row}"));
    assert_eq!(fields(&rows[6]), [("k", &two), ("shadow.k", &three)]);
}

#[test]
fn documents_are_kept_with_their_rows() {
    let mut builder = RowsBuilder::new();
    let dataset = builder.dataset("d");
    for document in [None, Some("{\"a\":1}"), None, Some("{}")] {
        builder.start_row(&SystemRow { dataset, ..row(0) });
        if let Some(document) = document {
            builder.keep_raw(bytes::Bytes::from_static(b"replaced"));
            builder.keep_raw(bytes::Bytes::from(document));
        }
        builder.finish_row();
    }
    let rows = builder.finish();
    let raw = ColumnRef::System(SystemColumn::Raw);
    let arrays = rows.project(std::slice::from_ref(&raw), Stamp { sequence: 1, ingest_time_ns: 0 });
    let raw: Vec<Option<&[u8]>> = arrow_array::cast::AsArray::as_binary::<i32>(&arrays[0]).iter().collect();
    assert!(rows.has_raw());
    assert_eq!(raw, [None, Some(b"{\"a\":1}".as_slice()), None, Some(b"{}")]);
}

use super::chart::bars;
use super::escape::{escape, escape_json, fit, width};
use super::heatmap::{self, Cells};
use super::table::{Align, Table};
use super::waterfall::{self, Line};
use super::{csv, number};
use expect_test::expect;

#[test]
fn what_a_terminal_would_obey_is_written_out() {
    let check = |text: &str, expected: &str| assert_eq!(escape(text), expected);
    check("GET /a?b=c\\d", "GET /a?b=c\\d");
    check("a\nb\r\tc", "a\\nb\\r\\tc");
    check("\u{1b}[2J\u{7}", "\\x1b[2J\\x07");
    check("\u{9b}31m", "\\x9b31m");
    check("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe");
    check("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}");
    check("größe 東京", "größe 東京");
    for code in (0..0x20).chain(0x7f..0xa0) {
        let control = char::from_u32(code).unwrap().to_string();
        assert!(escape(&control).chars().all(|character| !character.is_control()), "{code:#x}");
    }
}

#[test]
fn json_stays_the_same_json() {
    let value = serde_json::json!({ "a": "x\u{9b}31m\u{202e}y\u{e0041}\u{1b}\u{7f}ü" });
    let text = escape_json(&value.to_string());
    assert!(text.chars().all(|character| !character.is_control() && character != '\u{202e}'), "{text}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
}

#[test]
fn text_fits_by_columns_not_by_bytes() {
    assert_eq!(width("東京"), 4);
    assert_eq!(fit("東京タワー", 5), "東京…");
    assert_eq!(fit("abc", 3), "abc");
    assert_eq!(fit("abcd", 3), "ab…");
    assert_eq!(fit("abc", 0), "");
}

#[test]
fn tables() {
    let mut table = Table::new(&[("http.route", Align::Left), ("COUNT", Align::Right)]);
    table.push(vec!["/api/activities/home".to_owned(), "1 204".to_owned()]);
    table.push(vec!["/".to_owned(), "9".to_owned()]);
    expect![[r#"
        http.route            COUNT
        /api/activities/home  1 204
        /                         9
    "#]]
    .assert_eq(&table.render(100));
    expect![[r#"
        http.route   COUNT
        /api/activ…  1 204
        /                9
    "#]]
    .assert_eq(&table.render(18));
}

#[test]
fn numbers() {
    for (number, text) in
        [(0.0, "0"), (1204.0, "1 204"), (-1_000_000.0, "-1 000 000"), (1.5, "1.5000"), (842.123, "842.12"), (12345.678, "12345.7")]
    {
        assert_eq!(number::value(number), text);
    }
    for (number, text) in [(0.0, "0"), (0.25, "0.25"), (0.0012, "1.2e-3"), (12.34, "12.3"), (1250.0, "1.25k"), (4.5e6, "4.50M")] {
        assert_eq!(number::axis(number), text);
    }
    for (ns, text) in [(17, "17 ns"), (1_500, "1.50 µs"), (842_000_000, "842 ms"), (1_900_000_000, "1.90 s"), (90_000_000_000, "1.50 min")]
    {
        assert_eq!(number::duration_ns(ns), text);
    }
    assert_eq!(number::time_ms(1_767_225_600_123_456_789), "2026-01-01 00:00:00.123");
    assert_eq!(number::rfc3339(1_767_225_600_123_456_789), "2026-01-01T00:00:00.123456789Z");
}

#[test]
fn a_lone_event_is_seen_and_a_gap_is_no_zero() {
    assert_eq!(bars(&[Some(0.0), Some(0.01), Some(4.0), None, Some(8.0)], 8.0, 80), " ▁▄·█");
    assert_eq!(bars(&[Some(1.0), Some(8.0), None, None], 8.0, 2), "█·");
    assert_eq!(bars(&[], 1.0, 10), "");
}

#[test]
fn heatmaps() {
    let counts = vec![vec![0.0, 4.0, 1.0, 0.0], vec![1.0, 9.0, 0.0, 0.0], vec![0.0, 2.0, 0.0, 1.0]];
    let drawn = heatmap::render(Cells { counts: &counts, edges: &[1.0, 2.0, 4.0, 8.0] }, 80, 20);
    assert_eq!(drawn, "        8 │  ▒\n          │▒\n          │▓█▒\n        1 │ ▒\n");
    let small = heatmap::render(Cells { counts: &counts, edges: &[1.0, 2.0, 4.0, 8.0] }, 80, 2);
    assert_eq!(small.lines().count(), 2);
}

#[test]
fn waterfalls() {
    let line = |depth, name: &str, offset_ns, duration_ns| Line {
        depth,
        name: name.to_owned(),
        service: "web".to_owned(),
        offset_ns,
        duration_ns,
        ..Line::default()
    };
    let mut failing = line(1, "SELECT \u{1b}[31m", 20_000_000, Some(60_000_000));
    failing.is_error = true;
    failing.notes.push((30_000_000, "exception: no such table".to_owned()));
    let lines = [line(0, "GET /", 0, Some(100_000_000)), failing, line(1, "render", 90_000_000, None)];
    expect![[r#"
        GET /  [web]                     ██████████████████████████████    100 ms
          ! SELECT \x1b[31m  [web]             ███████████████████        60.0 ms
            · +30.0 ms exception: no such table
          render  [web]                                             ┄           -
    "#]]
    .assert_eq(&waterfall::render(&lines, 100_000_000, 74));
}

#[test]
fn csv_quotes_what_needs_it() {
    let mut out = String::new();
    csv::push_record(&mut out, ["plain", "a,b", "say \"x\"", "two\nlines", ""]);
    assert_eq!(out, "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\r\n");
}

use super::axis::TimeAxis;
use super::chart::{Range, bars};
use super::escape::{escape, escape_json, fit, width};
use super::heatmap::{self, Cells};
use super::palette::{Ink, Palette};
use super::table::{Align, Table};
use super::unit::Unit;
use super::waterfall::{self, Line, Note};
use super::{area, csv, number};
use expect_test::expect;
use jiff::tz::TimeZone;

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
    let mut table = Table::new(&[("http.route", Align::Left), ("COUNT", Align::Right), ("P99(duration_ms)", Align::Right)]);
    table.push(vec!["/api/activities/home".to_owned(), "1 204".to_owned(), "842.25".to_owned()]);
    table.push(vec!["/".to_owned(), "9".to_owned(), "1320.0".to_owned()]);
    table.push(vec!["東京タワー".to_owned(), "-".to_owned(), "7".to_owned()]);
    expect![[r#"
        http.route            COUNT  P99(duration_ms)
        /api/activities/home  1 204            842.25
        /                         9           1320.0
        東京タワー                -              7

        http.route       COUNT  P99(duration_…
        /api/activitie…  1 204          842.25
        /                    9         1320.0
        東京タワー           -            7

        http.ro…  COUNT  P99(du…
        /api/ac…  1 204   842.25
        /             9  1320.0
        東京タ…       -     7

        http.ro…  /api/…
        COUNT     1 204
        P99(dur…  842.25

        http.ro…  /
        COUNT     9
        P99(dur…  1320.0

        http.ro…  東京…
        COUNT     -
        P99(dur…  7
    "#]]
    .assert_eq(&[100, 38, 24, 16].map(|width| table.render(width)).join("\n"));
}

#[test]
fn numbers() {
    for (number, text) in
        [(0.0, "0"), (1204.0, "1 204"), (-1_000_000.0, "-1 000 000"), (1.5, "1.5000"), (842.123, "842.12"), (12345.678, "12345.7")]
    {
        assert_eq!(number::value(number), text);
    }
    for (number, text) in [
        (0.0, "0"),
        (0.25, "0.25"),
        (0.0012, "0.001"),
        (0.0001, "1.0e-4"),
        (12.34, "12.3"),
        (1250.0, "1.25k"),
        (4.5e6, "4.5M"),
        (999.9, "1k"),
    ] {
        assert_eq!(number::axis(number), text);
    }
    for (ns, text) in
        [(17, "17 ns"), (1_500, "1.5 µs"), (842_000_000, "842 ms"), (999_900_000, "1 s"), (90_000_000_000, "1.5 min"), (-1_500, "-1.5 µs")]
    {
        assert_eq!(number::duration_ns(ns), text);
    }
    assert_eq!(number::time_ms(1_767_225_600_123_456_789, &TimeZone::UTC), "2026-01-01 00:00:00.123");
    assert_eq!(number::rfc3339(1_767_225_600_123_456_789), "2026-01-01T00:00:00.123456789Z");
}

#[test]
fn a_lone_event_is_seen_and_a_gap_is_no_zero() {
    let check = |values: &[Option<f64>], high: f64, columns: usize, lines: usize, expected: &[&str]| {
        assert_eq!(bars(values, Range { low: 0.0, high }, columns, lines), expected);
    };
    check(&[Some(0.0), Some(0.01), Some(4.0), None, Some(8.0)], 8.0, 5, 1, &[" ▁▄·█"]);
    check(&[Some(1.0), Some(8.0), None, None], 8.0, 2, 1, &["█·"]);
    check(&[Some(1.0), Some(8.0)], 8.0, 6, 1, &["▁▁▁███"]);
    check(&[Some(2.0), Some(5.0), None], 8.0, 3, 2, &[" ▂ ", "▄█·"]);
    check(&[], 1.0, 10, 1, &[""]);
    let range = Range::of([[Some(-3.0), Some(17.0), Some(f64::INFINITY)].as_slice()]);
    assert_eq!((range.rounded().low, range.rounded().high), (-3.0, 20.0));
    assert_eq!(Range::of([[Some(0.0)].as_slice()]).rounded(), Range { low: 0.0, high: 1.0 });
}

#[test]
fn units_are_known_by_name() {
    for (label, value, text) in [
        ("P99(duration_ms)", 1250.0, "1.25 s"),
        ("HEATMAP(duration_ms)", 0.0005, "500 ns"),
        ("AVG(=wait_seconds)", 90.0, "1.5 min"),
        ("SUM(`sent bytes`)", 4_500_000.0, "4.5 MB"),
        ("COUNT_DISTINCT(duration_ms)", 1250.0, "1.25k"),
        ("COUNT", 0.0, "0"),
        ("MAX(retries)", 3.0, "3"),
        ("MIN(duration_ms)", 0.0, "0"),
    ] {
        assert_eq!(Unit::of_calculation(label).show(value), text, "{label}");
    }
}

/// With a mark before each line: what is alike before all lines would not be compared.
fn framed(drawing: &str) -> String {
    drawing.lines().map(|line| format!("|{line}\n")).collect()
}

fn time(steps: usize, step_s: i64, zone: &TimeZone) -> TimeAxis<'_> {
    TimeAxis { start_ns: 1_767_221_700_000_000_000, step_ns: step_s * 1_000_000_000, steps, zone }
}

#[test]
fn axes_have_round_local_times() {
    let mut out = String::new();
    for (steps, step_s, gutter, columns) in [(120, 60, 10, 60), (12, 5, 10, 48), (7, 86_400, 10, 56), (48, 3600, 2, 40), (1, 1, 10, 3)] {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let (ruler, labels) = time(steps, step_s, &zone).render(gutter, columns);
        out.push_str(&format!("{ruler}\n{labels}\n"));
    }
    expect![[r#"
        |         └──┬──────────────┬──────────────┬──────────────┬────────────
        |      +01   Jan 01         00:30          01:00          01:30
        |         └┬───────────────────────┬───────────────────────
        |      +01 23:55:00                23:55:30
        |         └┬───────────────┬───────────────┬───────────────┬───────
        |      +01 Jan 01          Jan 03          Jan 05          Jan 07
        | └┬───────────────────┬───────────────────
        |  Jan 01              Jan 02
        |         └┬──
        |      +01 23:55:00
    "#]]
    .assert_eq(&framed(&out));
}

#[test]
fn summer_time_moves_marks_and_not_labels() {
    // Clocks go from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let axis = TimeAxis { start_ns: 1_774_738_800_000_000_000, step_ns: 3_600_000_000_000, steps: 12, zone: &zone };
    let (ruler, labels) = axis.render(6, 60);
    expect![[r#"
        |     └┬─────────┬──────────────┬──────────────┬──────────────┬────
        |  CET Mar 29    03:00          06:00          09:00          12:00
    "#]]
    .assert_eq(&framed(&format!("{ruler}\n{labels}\n")));
}

#[test]
fn few_steps_fill_the_screen_alike() {
    let zone = TimeZone::UTC;
    assert_eq!(time(6, 60, &zone).columns(64), 60);
    assert_eq!(time(121, 60, &zone).columns(190), 190);
    assert_eq!(time(121, 60, &zone).columns(60), 60);
    assert_eq!(time(1, 60, &zone).columns(0), 1);
}

#[test]
fn a_graph_of_its_own() {
    let values = [Some(100.0), Some(842.0), None, Some(1_310.0), Some(0.0), Some(12.0)];
    let zone = TimeZone::UTC;
    expect![[r#"
        |   1.6 s ┤                        ▃▃▃▃▃▃▃▃
        |         │        ▁▁▁▁▁▁▁▁        ████████
        |  800 ms ┤        ████████        ████████
        |         │▂▂▂▂▂▂▂▂████████········████████        ▁▁▁▁▁▁▁▁
        |       0 └────────┬───────────────┬───────────────┬───────
        |      UTC         22:56           22:58           23:00
    "#]]
    .assert_eq(&framed(&area::render(&values, Unit::Time(1e6), time(6, 60, &zone), 4, 60, Palette::None)));
}

#[test]
fn heatmaps() {
    let counts = vec![vec![0.0, 40.0, 10.0], vec![1.0, 90.0, 0.0], vec![0.0, 20.0, 0.0], vec![0.0, 0.0, 1.0]];
    let zone = TimeZone::UTC;
    let draw = |below: &[f64], lines, width| {
        let cells = Cells { counts: &counts, edges: &[1.0, 10.0, 100.0, 1000.0], below, above: &[0.0; 4] };
        heatmap::render(cells, Unit::Time(1e6), time(4, 60, &zone), lines, width, Palette::None)
    };
    expect![[r#"
        |  100 ms ┤▒▒▒▒▒▒▒▒▒▒                    ░░░░░░░░░░
        |         │▓▓▓▓▓▓▓▓▓▓██████████▒▒▒▒▒▒▒▒▒▒
        |    1 ms ┤          ░░░░░░░░░░
        |         └──────────┬───────────────────┬─────────
        |      UTC           22:56               22:58
        |          events: ░ to 5  ▒ to 22  ▓ to 50  █ to 90
    "#]]
    .assert_eq(&framed(&draw(&[0.0; 4], 20, 50)));
    expect![[r#"
        |         │▒▒▒▒▒▒▒              ░░░░░░░
        |    1 ms ┤▓▓▓▓▓▓▓███████▒▒▒▒▒▒▒
        |   below ┤       ░░░░░░░
        |         └───────┬─────────────┬──────
        |      UTC        22:56         22:58
        |          events: ░ to 5  ▒ to 22  ▓ to 51  █ to 91
    "#]]
    .assert_eq(&framed(&draw(&[0.0, 5.0, 0.0, 0.0], 2, 40)));
    assert_eq!(
        heatmap::render(Cells { counts: &[], edges: &[], below: &[], above: &[] }, Unit::Plain, time(0, 1, &zone), 9, 40, Palette::None),
        ""
    );
}

#[test]
fn colours_are_left_out_or_closed() {
    assert_eq!(Palette::None.paint(Ink::Error, "x"), "x");
    assert_eq!(Palette::Ansi.paint(Ink::Error, "x"), "\u{1b}[31mx\u{1b}[0m");
    assert_eq!(Palette::Ansi.paint(Ink::Plain, "x"), "x");
    assert_eq!(Palette::Ansi.paint(Ink::Group(8), "x"), Palette::Ansi.paint(Ink::Group(0), "x"));
    assert_eq!(Palette::Ansi.paint(Ink::Faint, ""), "");
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
    failing.notes.push(Note {
        offset_ns: 30_000_000,
        kind: "event".to_owned(),
        text: "exception: no such table".to_owned(),
        is_error: true,
    });
    let mut late = line(1, "render", 90_000_000, None);
    late.remark = "unfinished".to_owned();
    let lines = [line(0, "GET /", 0, Some(100_000_000)), failing, line(2, "tiny", 79_000_000, Some(10)), late];
    expect![[r#"
        span                 service  0               50 ms      100 ms   duration
        GET /                web      █████████████████████████████████     100 ms
        ├ ! SELECT \x1b[31m  web            ▐███████████████████▍            60 ms
        │ │ ! event exception: no such table                                +30 ms
        │ └ tiny             web                                ▏            10 ns
        └ render             web                                   ┄┄┄           -
            (unfinished)
    "#]]
    .assert_eq(&waterfall::render(&lines, 100_000_000, 74, Palette::None));
}

#[test]
fn deep_trees_keep_room_for_names() {
    let lines: Vec<Line> = (0..40).map(|depth| Line { depth, name: format!("level {depth}"), ..Line::default() }).collect();
    let drawn = waterfall::render(&lines, 0, 40, Palette::None);
    assert!(drawn.lines().all(|line| width(line) <= 40), "{drawn}");
    expect![[r#"
        34     └ leve…  ┄┄┄                    -
        35     └ leve…  ┄┄┄                    -
        36     └ leve…  ┄┄┄                    -"#]]
    .assert_eq(&drawn.lines().skip(38).collect::<Vec<_>>().join("\n"));
}

#[test]
fn csv_quotes_what_needs_it() {
    let mut out = String::new();
    csv::push_record(&mut out, ["plain", "a,b", "say \"x\"", "two\nlines", ""]);
    assert_eq!(out, "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\r\n");
}

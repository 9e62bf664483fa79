//! Rankings of columns counted by hand.

use crate::{BinKind, Class, rank};
use glasshive_query_engine::{BucketTally, ColumnTally, Comparison, Cost, Tally, ValueTally};
use glasshive_query_plan::{GroupValue, lhist};

fn tally(rows: u64) -> Tally {
    Tally::of_rows(rows)
}

/// A column of text: its values with rows on both sides.
fn text(name: &str, values: &[(&str, u64, u64)]) -> ColumnTally {
    let value = |(n, (value, selected, rest)): (usize, &(&str, u64, u64))| ValueTally {
        value: GroupValue::Str((*value).to_owned()),
        selected: tally(*selected),
        rest: tally(*rest),
        hash: n as u64 + 1,
    };
    let sum = |side: fn(&(&str, u64, u64)) -> u64| tally(values.iter().map(side).sum());
    let sample = values.iter().enumerate().flat_map(|(n, value)| std::iter::repeat_n(n as u64 + 1, value.1 as usize)).collect();
    let distinct = [values.iter().filter(|value| value.1 > 0).count() as u64, values.iter().filter(|value| value.2 > 0).count() as u64];
    ColumnTally {
        name: name.to_owned(),
        is_number: false,
        selected: sum(|value| value.1),
        rest: sum(|value| value.2),
        values: values.iter().enumerate().map(value).collect(),
        buckets: Vec::new(),
        distinct,
        sample,
    }
}

fn numbers(name: &str, values: &[(f64, u64, u64)]) -> ColumnTally {
    let bucket = |(value, selected, rest): &(f64, u64, u64)| BucketTally {
        bucket: lhist::bucket(*value).unwrap(),
        selected: tally(*selected),
        rest: tally(*rest),
    };
    let sum = |side: fn(&(f64, u64, u64)) -> u64| tally(values.iter().map(side).sum());
    ColumnTally {
        name: name.to_owned(),
        is_number: true,
        selected: sum(|value| value.1),
        rest: sum(|value| value.2),
        values: Vec::new(),
        buckets: values.iter().map(bucket).collect(),
        distinct: [values.len() as u64; 2],
        sample: Vec::new(),
    }
}

fn of(selected: u64, rest: u64, mut columns: Vec<ColumnTally>) -> Comparison {
    // The sample has every selected row; those without the column come last.
    columns.iter_mut().for_each(|column| column.sample.resize(selected as usize, 0));
    Comparison {
        selected: tally(selected),
        rest: tally(rest),
        columns,
        is_cut: false,
        sampled: None,
        notes: Vec::new(),
        cost: Cost::default(),
    }
}

fn order(comparison: &Comparison, asked: &[&str]) -> Vec<(String, Class)> {
    let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
    rank(comparison, &asked).panels.into_iter().map(|panel| (panel.name, panel.class)).collect()
}

#[test]
fn what_the_selected_share_comes_first() {
    let comparison = of(
        1_000,
        9_000,
        vec![
            text("region", &[("eu", 510, 4_600), ("us", 490, 4_400)]),
            text("user.id", &[("7", 900, 9), ("8", 50, 4_000), ("9", 50, 4_991)]),
            text("build", &[("b", 300, 900), ("a", 700, 8_100)]),
            text("os", &[("linux", 1_000, 9_000)]),
            text("http.method", &[("GET", 1_000, 10), ("PUT", 0, 8_990)]),
        ],
    );
    let found = order(&comparison, &["http.method"]);
    let names: Vec<(&str, Class)> = found.iter().map(|(name, class)| (name.as_str(), *class)).collect();
    assert_eq!(
        names,
        [
            ("user.id", Class::Normal),
            ("build", Class::Normal),
            ("region", Class::NoEvidence),
            ("http.method", Class::Asked),
            ("os", Class::Constant)
        ]
    );
    let first = &rank(&comparison, &[]).panels;
    let user = first.iter().find(|panel| panel.name == "user.id").unwrap();
    let deciding = &user.bins[user.deciding.unwrap()];
    assert_eq!(deciding.kind, BinKind::Value(GroupValue::Str("7".to_owned())));
    assert!((user.effect - 0.899).abs() < 1e-9, "{user:?}");
}

#[test]
fn columns_that_mark_the_same_events_stand_behind_one_another() {
    let comparison = of(
        100,
        900,
        vec![
            text("pod", &[("p1", 90, 10), ("p2", 10, 890)]),
            text("host", &[("h1", 90, 10), ("h2", 10, 890)]),
            text("zone", &[("z1", 95, 400), ("z2", 5, 500)]),
            // The same selected events, and half of the others.
            text("kind", &[("k1", 90, 450), ("k2", 10, 450)]),
        ],
    );
    let panels = rank(&comparison, &[]).panels;
    assert_eq!((panels[0].name.as_str(), panels[0].twins.as_slice()), ("host", ["pod".to_owned()].as_slice()));
    let others: Vec<(&str, usize)> = panels[1..].iter().map(|panel| (panel.name.as_str(), panel.twins.len())).collect();
    assert_eq!(others, [("zone", 0), ("kind", 0)]);
}

#[test]
fn a_column_that_few_have_weighs_little_and_absence_counts() {
    let comparison = of(
        1_000,
        9_000,
        vec![text("rare", &[("x", 20, 0), ("y", 0, 180)]), text("flag", &[("on", 800, 0)]), text("gone", &[("v", 0, 9_000)])],
    );
    let panels = rank(&comparison, &[]).panels;
    let names: Vec<&str> = panels.iter().map(|panel| panel.name.as_str()).collect();
    assert_eq!(names, ["gone", "flag", "rare"]);
    assert_eq!(panels[0].bins[panels[0].deciding.unwrap()].kind, BinKind::Missing);
    assert!((panels[0].effect - 1.0).abs() < 1e-9 && panels[2].effect < 0.03, "{panels:?}");
}

#[test]
fn measures_by_their_distribution() {
    let rows: Vec<(f64, u64, u64)> = (1..=30).map(|n| (f64::from(n) * 10.0, if n > 20 { 100 } else { 0 }, 300)).collect();
    let comparison = of(1_000, 9_000, vec![numbers("rows", &rows)]);
    let panels = rank(&comparison, &[]).panels;
    let panel = &panels[0];
    assert!(panel.is_measure && panel.deciding.is_none() && (panel.effect - 2.0 / 3.0).abs() < 1e-9, "{panel:?}");
    assert_eq!(panel.bins.len(), 24);
    let sum: f64 = panel.bins.iter().map(|bin| bin.selected_share).sum();
    assert!((sum - 1.0).abs() < 1e-9);
}

#[test]
fn names_of_single_events_do_not_count() {
    let many: Vec<(String, u64, u64)> = (0..200).map(|n| (format!("r{n}"), u64::from(n < 100), u64::from(n >= 100))).collect();
    let many: Vec<(&str, u64, u64)> = many.iter().map(|(name, selected, rest)| (name.as_str(), *selected, *rest)).collect();
    assert_eq!(order(&of(100, 100, vec![text("request.id", &many)]), &[]), [("request.id".to_owned(), Class::Unique)]);
}

#[test]
fn beyond_twenty_values_there_is_one_bin_that_decides_nothing() {
    let many: Vec<(String, u64, u64)> = (0..60).map(|n| (format!("v{n}"), 10, if n == 0 { 0 } else { 100 })).collect();
    let many: Vec<(&str, u64, u64)> = many.iter().map(|(name, selected, rest)| (name.as_str(), *selected, *rest)).collect();
    let panels = rank(&of(600, 5_900, vec![text("v", &many)]), &[]).panels;
    assert!(panels[0].bins.is_empty() || panels[0].bins.iter().any(|bin| bin.kind == BinKind::Other(40)), "{panels:?}");
    assert!(panels[0].effect < 0.02, "{panels:?}");
}

#[test]
fn what_hardly_any_event_has_does_not_decide() {
    let columns = vec![text("tenant", &[("t1", 2, 0), ("t2", 28, 5_000)])];
    assert_eq!(order(&of(30, 5_000, columns), &[]), [("tenant".to_owned(), Class::NoEvidence)]);
    let columns = vec![text("tenant", &[("t1", 9, 1), ("t2", 21, 4_999)])];
    assert_eq!(order(&of(30, 5_000, columns), &[]), [("tenant".to_owned(), Class::Normal)]);
}

#[test]
fn a_common_value_decides_over_a_rare_one_that_differs_more_by_chance() {
    // Of 60 selected rows seven have one session, as chance has it where there are thousands; six times ten have a route.
    let sessions: Vec<(String, u64, u64)> = (0..2_000).map(|n| (format!("s{n}"), if n == 0 { 7 } else { u64::from(n < 54) }, 5)).collect();
    let sessions: Vec<(&str, u64, u64)> = sessions.iter().map(|(name, selected, rest)| (name.as_str(), *selected, *rest)).collect();
    let columns = vec![text("session", &sessions), text("route", &[("/cart", 50, 4_000), ("/home", 10, 6_000)])];
    assert_eq!(order(&of(60, 10_000, columns), &[]), [("route".to_owned(), Class::Normal), ("session".to_owned(), Class::NoEvidence)]);
}

#[test]
fn nothing_selected_tells_nothing() {
    assert_eq!(rank(&of(0, 10, vec![text("a", &[("x", 0, 10)])]), &[]).panels, []);
    assert_eq!(rank(&of(10, 0, vec![text("a", &[("x", 10, 0)])]), &[]).panels, []);
}

#[test]
fn one_row_that_stands_for_thousands_decides_nothing() {
    let users: Vec<(String, u64, u64)> = (0..50).map(|n| (format!("user {n}"), 1, 200)).collect();
    let users: Vec<(&str, u64, u64)> = users.iter().map(|(name, selected, rest)| (name.as_str(), *selected, *rest)).collect();
    let mut heavy = text("user", &users);
    // A selected row of weight 1000 whose user nobody else is.
    heavy.values[0].selected.weight = 1_000.0;
    heavy.values[0].rest = tally(0);
    heavy.selected.weight += 999.0;
    let mut comparison = of(50, 10_000, vec![heavy]);
    comparison.selected.weight += 999.0;
    let ranking = rank(&comparison, &[]);
    let score = ranking.panels.iter().find(|panel| panel.name == "user").map(|panel| (panel.effect, panel.score));
    assert!(score.is_some_and(|(effect, score)| effect > 0.9 && score == 0.0), "{score:?}");
}

/// So many rows of one weight.
fn heavy(rows: u64, weight: f64) -> Tally {
    Tally { rows, weight: rows as f64 * weight, squares: rows as f64 * weight * weight }
}

/// A column of one value on some rows and another on the others, with how much rows weigh; and both sides.
fn of_weights(selected: [Tally; 2], rest: [Tally; 2]) -> Comparison {
    let sum = |of: [Tally; 2]| {
        let mut sum = of[0];
        sum.merge(of[1]);
        sum
    };
    let mut column = text("user", &[("one", selected[0].rows, rest[0].rows), ("others", selected[1].rows, rest[1].rows)]);
    for (n, value) in column.values.iter_mut().enumerate() {
        (value.selected, value.rest) = (selected[n], rest[n]);
    }
    (column.selected, column.rest) = (sum(selected), sum(rest));
    let (selected, rest) = (column.selected, column.rest);
    Comparison { selected, rest, columns: vec![column], is_cut: false, sampled: None, notes: Vec::new(), cost: Cost::default() }
}

#[test]
fn several_heavy_rows_prove_no_more_than_so_many_rows() {
    let panel = |selected, rest| rank(&of_weights(selected, rest), &[]).panels[0].clone();
    let with = |mut light: Tally, heavy: Tally| {
        light.merge(heavy);
        light
    };
    // Half of all events are of one region; of the heavy rows it is most, as it may well be with so few.
    for rows in [3, 6] {
        let one = [with(tally(25), heavy(rows, 1_000.0)), with(tally(25), heavy(1, 1_000.0))];
        for found in [panel(one, [tally(5_000); 2]), panel([tally(5_000); 2], one)] {
            assert!(found.effect > 0.2 && found.class == Class::NoEvidence, "{rows}: {found:?}");
        }
    }
    // As many rows of one weight in all would prove it, and many heavy rows do.
    let found = panel([tally(200), tally(40)], [tally(5_000); 2]);
    assert!(found.class == Class::Normal, "{found:?}");
    let found = panel([with(tally(25), heavy(100, 1_000.0)), with(tally(25), heavy(15, 1_000.0))], [tally(5_000); 2]);
    assert!(found.class == Class::Normal, "{found:?}");
    // A user whom nobody else is, seven times among seven heavy rows, is one as seven times among seven rows.
    let [heavy_rows, rows] =
        [panel([heavy(7, 1_000.0), tally(50)], [tally(0), tally(10_000)]), panel([tally(7), tally(0)], [tally(0), tally(10_000)])];
    assert!((heavy_rows.score - rows.score).abs() < 0.02, "{heavy_rows:?} {rows:?}");
}

#[test]
fn what_a_sampler_keeps_whole_is_still_told_by_its_rows() {
    // Slow events are all kept, of the others one in a hundred.
    let panels = rank(&of_weights([tally(900), tally(100)], [heavy(10, 100.0), heavy(9_990, 100.0)]), &[]).panels;
    let same = rank(&of_weights([tally(900), tally(100)], [tally(10), tally(9_990)]), &[]).panels;
    assert!((panels[0].score - same[0].score).abs() < 1e-9 && panels[0].score > 0.8, "{panels:?}");
}

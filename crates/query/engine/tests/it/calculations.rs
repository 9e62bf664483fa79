//! Every calculation and every comparison of groups over a handful of weighted events, with the values worked out by hand.

use crate::fixture::{Hive, SECOND_NS};
use glasshive_query_plan::{HavingOp, Measure, Op};
use serde_json::json;

/// Values 1 (once), 3 (twice), 10 (once) in the first minutes, and an event without one that stands for five. The last two values come
/// with points of a histogram, of which only the first has a sum.
async fn hive() -> Hive {
    let mut hive = Hive::new().await;
    let value = |second: i64, weight: f64, value: i64, length: i64| {
        let mut fields = json!({"v": value, "same": "x", "g": "a"});
        if second > 0 {
            fields["took.histogram"] = json!({"bounds": [1.0], "counts": [2, second / 30]});
            fields["metric.descriptors"] = json!({"took": {"kind": "histogram", "temporality": "delta"}});
        }
        if second == 30 {
            fields["took.sum"] = json!(6.5);
        }
        json!({"t": second * SECOND_NS, "weight": weight, "duration": length * SECOND_NS, "f": fields})
    };
    hive.send(&[value(0, 1.0, 1, 36), value(30, 2.0, 3, 36)]).await;
    hive.flush().await;
    hive.send(&[value(60, 1.0, 10, 0), json!({"t": 90 * SECOND_NS, "weight": 5.0, "f": {"g": "b", "word": "no number"}})]).await;
    hive
}

/// Calculation, its value over all events, and by how much of it an estimate may be off.
const CALCULATIONS: &[(&str, Option<f64>, f64)] = &[
    ("COUNT", Some(9.0), 0.0),
    ("COUNT(v)", Some(4.0), 0.0),
    ("COUNT(nothing)", Some(0.0), 0.0),
    ("SUM(v)", Some(17.0), 0.0),
    ("SUM(word)", None, 0.0),
    ("AVG(v)", Some(4.25), 0.0),
    ("AVG(nothing)", None, 0.0),
    ("MIN(v)", Some(1.0), 0.0),
    ("MIN(word)", None, 0.0),
    ("MAX(v)", Some(10.0), 0.0),
    ("MAX(nothing)", None, 0.0),
    ("COUNT_DISTINCT(v)", Some(3.0), 0.0),
    ("COUNT_DISTINCT(same)", Some(1.0), 0.0),
    ("COUNT_DISTINCT(nothing)", None, 0.0),
    ("P001(v)", Some(1.0), 0.008),
    ("P01(v)", Some(1.0), 0.008),
    ("P05(v)", Some(1.0), 0.008),
    ("P10(v)", Some(1.0), 0.008),
    ("P20(v)", Some(1.0), 0.008),
    ("P25(v)", Some(1.0), 0.008),
    ("P50(v)", Some(3.0), 0.008),
    ("P75(v)", Some(3.0), 0.008),
    ("P80(v)", Some(10.0), 0.008),
    ("P90(v)", Some(10.0), 0.008),
    ("P95(v)", Some(10.0), 0.008),
    ("P99(v)", Some(10.0), 0.008),
    ("P999(v)", Some(10.0), 0.008),
    ("P50(nothing)", None, 0.0),
    // 36 s once and 36 s twice, of 7,200 s.
    ("CONCURRENCY", Some(0.015), 1e-12),
    // 1 + 2 x 3 in the first minute, 10 in the second.
    ("RATE_SUM(v)", Some(3.0), 1e-12),
    ("RATE_AVG(v)", Some(10.0 - 7.0 / 3.0), 1e-12),
    ("RATE_MAX(v)", Some(7.0), 1e-12),
    ("RATE_MAX(nothing)", None, 0.0),
    // 3 values in each of the two that the first point stands for, 4 in the second.
    ("HISTOGRAM_COUNT(took)", Some(10.0), 0.0),
    ("HISTOGRAM_COUNT(took.histogram)", Some(10.0), 0.0),
    ("SUM(took)", Some(13.0), 0.0),
    ("AVG(took)", Some(13.0 / 6.0), 1e-12),
    ("HISTOGRAM_COUNT(v)", None, 0.0),
    ("HISTOGRAM_COUNT(nothing)", None, 0.0),
];

#[tokio::test(flavor = "multi_thread")]
async fn calculations_by_hand() {
    let hive = hive().await;
    for state in ["half live", "flushed"] {
        for (calculation, expected, tolerance) in CALCULATIONS {
            let answer = hive.ask(&format!("{calculation} STEP 1m")).await;
            let found = &answer.results[0].values[0];
            let is_expected = match expected {
                None => *found == Measure::Null,
                Some(expected) => found.number().is_some_and(|number| (number - expected).abs() <= expected * tolerance),
            };
            assert!(is_expected, "{state}: {calculation} is {found:?}, not {expected:?}");
        }
        let answer = hive.ask("HEATMAP(v)").await;
        let Measure::Heatmap(cells) = &answer.results[0].values[0] else { panic!("no heatmap: {:?}", answer.results) };
        assert_eq!((cells.counts.iter().sum::<f64>(), cells.under, cells.over), (4.0, 0.0, 0.0), "{state}");
        hive.flush().await;
    }
    let asked = |op: &Op| *op == Op::Heatmap || CALCULATIONS.iter().any(|(text, ..)| text.split('(').next() == Some(op.name()));
    let missing: Vec<&str> = Op::ALL.iter().filter(|op| !asked(op)).map(|op| op.name()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn havings_by_hand() {
    let hive = hive().await;
    // Group a counts 4, group b 5.
    let kept = |op: HavingOp| match op {
        HavingOp::Equal => "a",
        HavingOp::NotEqual | HavingOp::Greater => "b",
        HavingOp::GreaterOrEqual => "a b",
        HavingOp::Less => "",
        HavingOp::LessOrEqual => "a",
    };
    for op in HavingOp::ALL {
        let answer = hive.ask(&format!("COUNT GROUP BY g HAVING COUNT {} 4 ORDER BY g", op.name())).await;
        let groups: Vec<String> = answer.results.iter().map(|row| serde_json::to_value(&row.group[0]).unwrap().to_string()).collect();
        assert_eq!(groups.join(" ").replace('"', ""), kept(op), "{op:?}");
        let total = &answer.total.as_ref().unwrap()[0];
        assert_eq!(total.number(), Some(9.0), "{op:?}: totals do not know havings");
        let none = hive.results(&format!("COUNT, MAX(v) GROUP BY g HAVING MAX(v) {} 1000000", op.name())).await;
        assert!(!none.contains("\"b\""), "{op:?}: a group without a value meets nothing, {none}");
    }
    hive.close().await;
}

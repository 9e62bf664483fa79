use super::*;
use crate::heatmap::HeatmapRows;

fn read(text: &str) -> Buckets {
    Buckets::read(text).unwrap_or_else(|| panic!("{text}"))
}

fn explicit(bounds: &[f64], counts: &[u64]) -> Buckets {
    Buckets::Explicit { bounds: bounds.to_vec(), counts: counts.to_vec() }
}

fn exponential(scale: i32, zero: (u64, f64), positive: (i64, &[u64]), negative: (i64, &[u64])) -> Buckets {
    let side = |(offset, counts): (i64, &[u64])| Side { offset, counts: counts.to_vec() };
    Buckets::Exponential { scale, zero_count: zero.0, zero_threshold: zero.1, positive: side(positive), negative: side(negative) }
}

fn ranges(buckets: &Buckets, min: Option<f64>, max: Option<f64>) -> Vec<(f64, f64, f64)> {
    buckets.ranges(min, max).into_iter().map(|range| (range.lower, range.upper, range.weight)).collect()
}

#[test]
fn numbers_that_are_none_add_nothing() {
    let point =
        |count: f64, sum: f64| Histogram { buckets: explicit(&[1.0], &[count as u64, 0]), count, sum: Some(sum), min: None, max: None };
    assert_eq!(point(5.0, 7.0).increase(&point(3.0, 4.0)).unwrap().sum, Some(3.0));
    assert_eq!(point(5.0, f64::INFINITY).increase(&point(3.0, f64::INFINITY)).unwrap().sum, None, "infinity less infinity");
    // A threshold below zero, or none, is zero, as where it is received.
    for threshold in ["-1.0", "\"NaN\""] {
        let text =
            r#"{"scale":0,"zero_count":2,"zero_threshold":T,"positive":{"offset":0,"counts":[1]},"negative":{"offset":0,"counts":[]}}"#;
        assert_eq!(read(&text.replace('T', threshold)), exponential(0, (2, 0.0), (0, &[1]), (0, &[])), "{threshold}");
    }
    assert_eq!(ranges(&explicit(&[-1.7e308, 1.7e308], &[0, 3, 0]), None, None), [], "wider than numbers go");
}

#[test]
fn texts_that_receivers_write_are_read() {
    assert_eq!(read(r#"{"bounds":[0.1,0.5],"counts":[3,1,0]}"#), explicit(&[0.1, 0.5], &[3, 1, 0]));
    assert_eq!(read(r#"{"bounds":["-Infinity",1.0,"Infinity"],"counts":[0,1,2,0]}"#), {
        explicit(&[f64::NEG_INFINITY, 1.0, f64::INFINITY], &[0, 1, 2, 0])
    });
    assert_eq!(
        read(
            r#"{"scale":3,"zero_count":1,"zero_threshold":0.5,"positive":{"offset":-2,"counts":[1,4]},"negative":{"offset":0,"counts":[]}}"#
        ),
        exponential(3, (1, 0.5), (-2, &[1, 4]), (0, &[]))
    );
    for text in [
        "",
        "[]",
        "7",
        r#"{"bounds":[1.0],"counts":[1]}"#,
        r#"{"bounds":[2.0,1.0],"counts":[1,1,1]}"#,
        r#"{"bounds":["NaN"],"counts":[1,1]}"#,
        r#"{"bounds":[1.0],"counts":[1,-1]}"#,
        r#"{"scale":30,"zero_count":1,"zero_threshold":0.5,"positive":{"offset":0,"counts":[]},"negative":{"offset":0,"counts":[]}}"#,
        r#"{"scale":3,"zero_count":1,"zero_threshold":0,"positive":{"offset":9223372036854775807,"counts":[1]},"negative":{"offset":0,"counts":[]}}"#,
    ] {
        assert_eq!(Buckets::read(text), None, "{text}");
    }
}

#[test]
fn descriptors_say_the_temporality() {
    let text = r#"{"a":{"kind":"histogram","temporality":"delta"},"b":{"kind":"histogram","unit":"s","temporality":"cumulative"},"c":{"kind":"summary"}}"#;
    assert_eq!(temporality(text, "a"), Some(Temporality::Delta));
    assert_eq!(temporality(text, "b"), Some(Temporality::Cumulative));
    assert_eq!((temporality(text, "c"), temporality(text, "d"), temporality("{", "a")), (None, None, None));
    // A row may have another metric of the same name, before or after.
    for text in [
        r#"{"a":{"kind":"gauge"},"a":{"kind":"histogram","temporality":"delta"},"a":{"kind":"sum","temporality":"cumulative"}}"#,
        r#"{"a":{"kind":"exponential_histogram","temporality":"delta"},"a":{"kind":"gauge","metadata":{"a":[1]}}}"#,
    ] {
        assert_eq!(temporality(text, "a"), Some(Temporality::Delta), "{text}");
    }
    assert_eq!(temporality(r#"{"a":{"kind":"sum","temporality":"delta"}}"#, "a"), None);
}

#[test]
fn names_of_metrics() {
    let has_json = |name: &str| name == "m.histogram";
    assert_eq!(metric_of("m.histogram", has_json, true), Some("m".to_owned()));
    assert_eq!(metric_of("m", has_json, false), Some("m".to_owned()));
    assert_eq!((metric_of("m", has_json, true), metric_of("n.histogram", has_json, false)), (None, None));
}

#[test]
fn open_buckets_are_closed_by_what_is_known() {
    let buckets = explicit(&[1.0, 2.0], &[1, 2, 3]);
    assert_eq!(ranges(&buckets, None, None), [(0.0, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 2.0, 3.0)]);
    assert_eq!(ranges(&buckets, Some(0.5), Some(8.0)), [(0.5, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 8.125, 3.0)]);
    assert_eq!(ranges(&explicit(&[-1.0], &[1, 0]), None, None), [(-1.0, -1.0, 1.0)]);
    assert_eq!(ranges(&explicit(&[], &[5]), None, None), []);
    assert_eq!(ranges(&explicit(&[], &[5]), Some(0.0), Some(f64::NAN)), [(0.0, 0.0, 5.0)]);
    let buckets = exponential(0, (1, 0.25), (0, &[2, 0, 3]), (-1, &[4]));
    assert_eq!(ranges(&buckets, None, None), [(-1.0, -0.5, 4.0), (-0.25, 0.25, 1.0), (1.0, 2.0, 2.0), (4.0, 8.0, 3.0)]);
    assert_eq!(ranges(&exponential(-1, (0, 0.0), (1, &[1]), (0, &[])), None, None), [(4.0, 16.0, 1.0)]);
    assert_eq!(ranges(&exponential(1, (0, 0.0), (2, &[1]), (0, &[])), None, None)[0].0, 2.0);
}

#[test]
fn increases_and_where_there_are_none() {
    let of = |now: &Buckets, before: &Buckets| now.increase(before);
    assert_eq!(of(&explicit(&[1.0], &[3, 4]), &explicit(&[1.0], &[1, 4])), Some(explicit(&[1.0], &[2, 0])));
    assert_eq!(of(&explicit(&[1.0], &[3, 4]), &explicit(&[1.0], &[4, 0])), None);
    assert_eq!(of(&explicit(&[1.0], &[3, 4]), &explicit(&[2.0], &[1, 1])), None);
    let before = exponential(1, (1, 0.0), (-4, &[1, 1, 2, 3]), (0, &[2]));
    let grown = exponential(1, (1, 0.0), (-5, &[1, 1, 1, 2, 5]), (0, &[2, 1]));
    assert_eq!(of(&grown, &before), Some(exponential(1, (0, 0.0), (-5, &[1, 0, 0, 0, 2]), (0, &[0, 1]))));
    // Buckets -4..-1 of scale 1 are -2 and -1 of scale 0.
    let coarser = exponential(0, (1, 0.0), (-2, &[2, 6]), (0, &[2]));
    assert_eq!(of(&coarser, &before), Some(exponential(0, (0, 0.0), (-2, &[0, 1]), (0, &[0]))));
    assert_eq!(of(&exponential(0, (1, 0.0), (-2, &[2, 4]), (0, &[2])), &before), None, "a bucket fell");
    assert_eq!(of(&exponential(1, (9, 0.0), (0, &[]), (0, &[])), &before), None, "buckets are gone");
    // What lay between 0.25 and 0.5 counts as zero now.
    let wider = exponential(0, (4, 0.5), (-1, &[5]), (0, &[2]));
    assert_eq!(of(&wider, &before), Some(exponential(0, (1, 0.5), (-1, &[0]), (0, &[0]))));
    assert_eq!(of(&wider, &explicit(&[1.0], &[0, 0])), None);
}

#[test]
fn quantiles_are_interpolated_over_ranges_that_overlap() {
    let range = |lower, upper, weight| Range { lower, upper, weight };
    let at = |ranges: &[Range], share: f64| quantile(ranges, share).map(|value| (value * 1e6).round() / 1e6);
    let apart = [range(20.0, 40.0, 100.0), range(0.0, 10.0, 100.0)];
    assert_eq!([0.001, 0.25, 0.5, 0.75, 0.999].map(|share| at(&apart, share)), [0.02, 5.0, 10.0, 30.0, 39.96].map(Some));
    // From 0 to 10 there are 10 a unit, then 20 to 15, then 10 to 20: 200 and 100 of them.
    let over = [range(0.0, 15.0, 150.0), range(10.0, 20.0, 100.0)];
    assert_eq!([0.2, 0.4, 0.8, 0.9].map(|share| at(&over, share)), [5.0, 10.0, 15.0, 17.5].map(Some));
    // Half of the weight is at one number.
    let jump = [range(0.0, 10.0, 10.0), range(5.0, 5.0, 10.0)];
    assert_eq!([0.25, 0.5, 0.75, 0.875].map(|share| at(&jump, share)), [5.0, 5.0, 5.0, 7.5].map(Some));
    assert_eq!((at(&[range(3.0, 3.0, 1.0)], 0.99), at(&[], 0.5), at(&[range(1.0, 2.0, 0.0)], 0.5)), (Some(3.0), None, None));
    assert_eq!((extremes(&over), extremes(&[])), (Some((0.0, 20.0)), None));
}

#[test]
fn ranges_are_shared_out_to_rows() {
    let ranges = [Range { lower: -5.0, upper: 15.0, weight: 20.0 }, Range { lower: 3.0, upper: 3.0, weight: 2.0 }];
    for name in ["number", "duration"] {
        let values = distribution(&ranges);
        assert!((values.total_weight() - 22.0).abs() < 1e-9, "{name}");
        let rows = HeatmapRows::choose(name, &values);
        let mut counts = rows.zero_counts();
        ranges.iter().for_each(|range| add_to_rows(&rows, *range, &mut counts));
        assert!((counts.total() - 22.0).abs() < 1e-9 && counts.over == 0.0, "{name}: {counts:?}");
        // A unit has one value, and 3 has two besides.
        for (edges, count) in rows.edges.windows(2).zip(&counts.counts) {
            let expected = (edges[1].min(15.0) - edges[0].max(-5.0)).max(0.0) + if edges[0] <= 3.0 && 3.0 < edges[1] { 2.0 } else { 0.0 };
            assert!((count - expected).abs() < 1e-9, "{name}: {edges:?} {count}");
        }
        if name == "duration" {
            assert!((counts.zero - 5.0).abs() < 1e-9, "{counts:?}");
        }
    }
}

#[test]
fn what_wide_buckets_hardly_tell() {
    let range = |lower: f64, upper: f64, weight: f64| Range { lower, upper, weight };
    for (lower, upper, is_coarse) in [
        (0.0, 5.0, true),
        (5.0, 10.0, false),
        (1.0, 4.0, false),
        (1.0, 4.1, true),
        (-5.0, 5.0, true),
        (-9.0, -1.0, true),
        (3.0, 3.0, false),
    ] {
        assert_eq!(range(lower, upper, 1.0).is_coarse(), is_coarse, "{lower} to {upper}");
    }
    let ranges = [range(0.0, 5.0, 2.0), range(0.0, 2.5, 7.0), range(1.0, 2.0, 0.0), range(5.0, 9.0, 1.0)];
    assert_eq!(around(&ranges, 1.5), Some(ranges[1]));
    assert_eq!(around(&ranges, 4.0), Some(ranges[0]));
    assert_eq!(around(&ranges, 10.0), None);
}

use super::*;
use proptest::prelude::*;

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e6..1e6f64,
        (-300.0..300.0f64).prop_map(|exponent| 10f64.powf(exponent)),
        (-300.0..300.0f64).prop_map(|exponent| -10f64.powf(exponent)),
        (-1000i64..1000).prop_map(|integer| integer as f64),
        Just(0.0),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
    ]
}

fn weighted() -> impl Strategy<Value = Vec<(f64, u32)>> {
    prop::collection::vec((finite(), prop_oneof![Just(1u32), 1..50u32]), 1..60)
}

fn lhist_of(rows: &[(f64, u32)]) -> Lhist {
    let mut lhist = Lhist::default();
    rows.iter().for_each(|(value, weight)| lhist.add(*value, f64::from(*weight)));
    lhist
}

/// The quantile by its definition, over rows repeated by their weight.
fn exact(rows: &[(f64, u32)], quantile: f64) -> f64 {
    let mut values: Vec<f64> = rows.iter().flat_map(|(value, weight)| std::iter::repeat_n(*value, *weight as usize)).collect();
    values.sort_by(f64::total_cmp);
    let rank = (quantile * values.len() as f64 * (1.0 - RANK_ALLOWANCE)).ceil().max(1.0);
    values[rank as usize - 1]
}

fn close(estimate: f64, exact: f64) -> bool {
    estimate == exact || (estimate - exact).abs() <= exact.abs() * RELATIVE_ERROR
}

proptest! {
    #[test]
    fn a_number_lies_in_its_bucket_and_near_its_representative(value in finite()) {
        let index = bucket(value).unwrap();
        let (lower, upper) = (lower_edge(index), upper_edge(index));
        prop_assert!(lower <= value && value <= upper, "{lower} {value} {upper}");
        let open_end = if value > 0.0 { value < upper } else { value > lower };
        prop_assert!(value == 0.0 || open_end);
        prop_assert!(close(representative(index), value), "{} for {value}", representative(index));
        prop_assert_eq!(bucket(representative(index)), Some(index));
        prop_assert_eq!(bucket(-value), Some(-index));
    }

    #[test]
    fn buckets_are_ordered_as_numbers_are(left in finite(), right in finite()) {
        let (left_bucket, right_bucket) = (bucket(left).unwrap(), bucket(right).unwrap());
        prop_assert!((left <= right) == (left_bucket <= right_bucket) || left_bucket == right_bucket);
    }

    #[test]
    fn quantiles_are_within_the_error_of_exact_ones(rows in weighted(), quantile in 0.0005..0.9999f64) {
        let estimate = lhist_of(&rows).quantile(quantile).unwrap();
        let exact = exact(&rows, quantile);
        prop_assert!(close(estimate, exact), "{estimate} for {exact}");
    }

    #[test]
    fn weight_is_repetition(rows in weighted()) {
        let mut repeated = Lhist::default();
        for (value, weight) in &rows {
            (0..*weight).for_each(|_| repeated.add(*value, 1.0));
        }
        prop_assert_eq!(lhist_of(&rows), repeated);
    }

    #[test]
    fn merging_is_commutative_and_associative(a in weighted(), b in weighted(), c in weighted()) {
        let merged = |parts: &[&Lhist]| {
            let mut all = Lhist::default();
            parts.iter().for_each(|part| all.merge(part));
            all
        };
        let (a, b, c) = (lhist_of(&a), lhist_of(&b), lhist_of(&c));
        prop_assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]));
        prop_assert_eq!(merged(&[&merged(&[&a, &b]), &c]), merged(&[&a, &merged(&[&b, &c])]));
    }
}

#[test]
fn special_numbers() {
    assert_eq!(bucket(f64::NAN), None);
    assert_eq!((bucket(0.0), bucket(-0.0)), (Some(0), Some(0)));
    assert_eq!(representative(0), 0.0);
    assert_eq!(representative(bucket(f64::INFINITY).unwrap()), f64::INFINITY);
    assert_eq!(representative(bucket(f64::NEG_INFINITY).unwrap()), f64::NEG_INFINITY);
    assert_eq!(bucket(1.0), Some((1023 << 6) + 1));
    assert_eq!((lower_edge(bucket(1.0).unwrap()), upper_edge(bucket(1.0).unwrap())), (1.0, 1.0 + 1.0 / 64.0));
    let smallest = f64::from_bits(1);
    assert!(bucket(smallest).unwrap() > 0, "the smallest number above zero is not zero");
    let index = bucket(smallest).unwrap();
    assert!(lower_edge(index) < representative(index) && representative(index) < upper_edge(index));
    assert_eq!(Lhist::default().quantile(0.5), None);
}

#[test]
fn integers_are_exact_while_buckets_hold_one() {
    for integer in -127..=127 {
        assert_eq!(integer_representative(bucket(f64::from(integer)).unwrap()), f64::from(integer));
    }
    for integer in (128..100_000).step_by(7).map(f64::from) {
        let estimate = integer_representative(bucket(integer).unwrap());
        assert!(estimate.fract() == 0.0 && close(estimate, integer), "{estimate} for {integer}");
    }
    assert_eq!(integer_representative(bucket(0.3).unwrap()), representative(bucket(0.3).unwrap()));
}

#[test]
fn ties_fall_to_the_lesser_value() {
    let lhist = lhist_of(&[(1.0, 1), (2.0, 1), (3.0, 1), (4.0, 1)]);
    assert_eq!(quantile_bucket(lhist.buckets(), 0.5), bucket(2.0));
    assert_eq!(quantile_bucket(lhist.buckets(), 0.5001), bucket(3.0));
    assert_eq!(quantile_bucket(lhist.buckets(), 0.001), bucket(1.0));
    assert_eq!(quantile_bucket(lhist.buckets(), 0.999), bucket(4.0));
    let thirty = Lhist::from_iter((1..=30).map(|number| (bucket(f64::from(number)).unwrap(), 1.0)));
    assert_eq!(quantile_bucket(thirty.buckets(), 0.1), bucket(3.0), "0.1 x 30 is a little more than 3 in doubles");
}

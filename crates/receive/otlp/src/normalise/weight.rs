//! Weights: how many items one item stands for (model: exact fractions, at least 1).
//!
//! In order: attribute `sampleRate`, else `SampleRate`, on the item, its scope, its resource; W3C trace state `ot=th:` (on logs
//! the attribute `sampling.threshold`); the attributes of other dialects; `ot=p:`; 1.

use glasshive_wire_otlp::AnyValue;

/// Sampling attributes of one level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rates {
    sample_rate: Option<f64>,
    sample_rate_capital: Option<f64>,
    threshold: Option<f64>,
    weight: Option<f64>,
    adjusted_count: Option<f64>,
    probability: Option<f64>,
    sampler_param: Option<f64>,
    is_probabilistic: bool,
}

/// What the `ot` member of a trace state says about sampling.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct TraceState {
    /// The rejection threshold in 2^-56.
    threshold: Option<u64>,
    /// The explicit randomness in 2^-56.
    randomness: Option<u64>,
    /// The exponent of the older scheme.
    exponent: Option<u8>,
}

/// A weight, and what is odd about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weight {
    pub value: f64,
    pub is_zero_probability: bool,
    pub is_against_threshold: bool,
}

const FULL: u64 = 1 << 56;

// === impl Rates ===

impl Rates {
    /// Takes note of an attribute. Whether it is to be removed from the fields, because it now is the weight.
    pub(super) fn note(&mut self, key: &str, value: &AnyValue<'_>) -> bool {
        match key {
            "sampleRate" => self.sample_rate = Some(whole_rate(value)),
            "SampleRate" => self.sample_rate_capital = Some(whole_rate(value)),
            "sampling.threshold" => self.threshold = text(value, parse_threshold).map(threshold_weight),
            "sampling.weight" => self.weight = number(value),
            "sampling.adjusted_count" => self.adjusted_count = number(value),
            "sampling.probability" => self.probability = number(value),
            "sampler.param" => self.sampler_param = number(value),
            "sampler.type" => self.is_probabilistic = text(value, |kind| (kind == "probabilistic").then_some(())).is_some(),
            _ => {}
        }
        matches!(key, "sampleRate" | "SampleRate")
    }

    fn other_dialects(&self) -> Option<f64> {
        let jaeger = self.sampler_param.filter(|_| self.is_probabilistic);
        self.weight.or(self.adjusted_count).or_else(|| self.probability.or(jaeger).map(|probability| 1.0 / probability))
    }
}

/// The weight of an item from its own, its scope's and its resource's attributes and its trace state. `trace_id` is consulted
/// for randomness where the trace state names none.
pub(super) fn weight(item: &Rates, scope: &Rates, resource: &Rates, state: TraceState, trace_id: Option<[u8; 16]>) -> Weight {
    let levels = [item, scope, resource];
    let mut weight = Weight { value: 1.0, is_zero_probability: false, is_against_threshold: false };
    let stated = levels.iter().find_map(|rates| rates.sample_rate).or_else(|| levels.iter().find_map(|rates| rates.sample_rate_capital));
    let threshold = state.threshold.map(threshold_weight).or(item.threshold);
    let found = stated.or(threshold).or_else(|| item.other_dialects());
    if stated.is_none()
        && let (Some(threshold), Some(id)) = (state.threshold, trace_id)
    {
        let from_id = u64::from_be_bytes([0, id[9], id[10], id[11], id[12], id[13], id[14], id[15]]);
        weight.is_against_threshold = threshold > state.randomness.unwrap_or(from_id);
    }
    weight.value = match (found, state.exponent) {
        (Some(value), _) => value,
        (None, Some(63)) => {
            weight.is_zero_probability = true;
            1.0
        }
        (None, Some(exponent)) => 2f64.powi(exponent.into()),
        (None, None) => 1.0,
    };
    if !(weight.value.is_finite() && weight.value >= 1.0) {
        weight.value = 1.0;
    }
    weight
}

/// Reads the `ot` member of a W3C trace state. The older form `th=` is understood too.
pub(super) fn trace_state(text: &str) -> TraceState {
    let mut state = TraceState::default();
    let Some(member) = text.split(',').find_map(|member| member.trim().strip_prefix("ot=")) else { return state };
    for entry in member.split(';') {
        let Some((name, value)) = entry.split_once([':', '=']) else { continue };
        match name {
            "th" => state.threshold = parse_threshold(value),
            "rv" if value.len() == 14 => state.randomness = parse_threshold(value),
            "p" => state.exponent = value.parse().ok().filter(|exponent| *exponent <= 63),
            _ => {}
        }
    }
    state
}

/// 1 to 14 lower-case hex digits, padded right with zeros.
fn parse_threshold(digits: &str) -> Option<u64> {
    let is_hex = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex || digits.is_empty() || digits.len() > 14 {
        return None;
    }
    let value = u64::from_str_radix(digits, 16).ok()?;
    Some(value << (4 * (14 - digits.len())))
}

fn threshold_weight(threshold: u64) -> f64 {
    FULL as f64 / (FULL - threshold) as f64
}

/// Rounded half up and clamped to 1..2^31-1; what is no number is 1.
fn whole_rate(value: &AnyValue<'_>) -> f64 {
    let rate = number(value).unwrap_or(1.0);
    if rate.is_nan() { 1.0 } else { (rate + 0.5).floor().clamp(1.0, i32::MAX.into()) }
}

fn number(value: &AnyValue<'_>) -> Option<f64> {
    match value {
        AnyValue::Int(integer) => Some(*integer as f64),
        AnyValue::Double(double) => Some(*double),
        AnyValue::Str(_) => text(value, |text| text.trim().parse().ok()),
        _ => None,
    }
}

fn text<T>(value: &AnyValue<'_>, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut scratch = String::new();
    match value {
        AnyValue::Str(text) => read(text.read(&mut scratch).text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_state(text: &str) -> f64 {
        let none = Rates::default();
        weight(&none, &none, &none, trace_state(text), None).value
    }

    #[test]
    fn trace_state_thresholds() {
        let check = |text: &str, weight: f64| assert!((of_state(text) - weight).abs() < 1e-7, "{text}: {}", of_state(text));
        check("ot=th:0", 1.0);
        check("ot=th:8", 2.0);
        check("ot=th:c", 4.0);
        check("vendor=x, ot=rv:ffffffffffffff;th:e", 8.0);
        check("ot=th:fd70a4", 100.000_095_3);
        check("ot=th=8", 2.0);
        check("ot=p:3", 8.0);
        check("ot=p:3;th:8", 2.0);
        for ignored in ["", "ot=", "ot=th:", "ot=th:8C", "ot=th:123456789012345", "ot=th", "ot=p:64", "ot=p:63", "xot=th:8", "ot=r:5"] {
            check(ignored, 1.0);
        }
    }

    #[test]
    fn what_is_odd_about_a_weight() {
        let none = Rates::default();
        let odd = |text: &str, id: u8| weight(&none, &none, &none, trace_state(text), Some([id; 16]));
        assert!(odd("ot=p:63", 0xff).is_zero_probability);
        assert!(odd("ot=th:8", 0x7f).is_against_threshold);
        assert!(!odd("ot=th:8", 0x80).is_against_threshold);
        assert!(!odd("ot=th:8;rv:ffffffffffffff", 0x00).is_against_threshold);
    }

    #[test]
    fn attributes_by_level_and_spelling() {
        let with = |key: &str, value: AnyValue<'_>| {
            let mut rates = Rates::default();
            rates.note(key, &value);
            rates
        };
        let none = Rates::default();
        let four = with("sampleRate", AnyValue::Int(4));
        let nine = with("SampleRate", AnyValue::Int(9));
        let state = trace_state("ot=th:8");
        assert_eq!(weight(&nine, &none, &four, state, None).value, 4.0, "sampleRate anywhere beats SampleRate");
        assert_eq!(weight(&none, &nine, &none, state, None).value, 9.0);
        assert_eq!(weight(&with("sampling.weight", AnyValue::Double(2.5)), &none, &none, TraceState::default(), None).value, 2.5);
        assert_eq!(weight(&with("sampling.weight", AnyValue::Double(2.5)), &none, &none, state, None).value, 2.0);
        assert_eq!(weight(&with("sampling.probability", AnyValue::Double(0.25)), &none, &none, TraceState::default(), None).value, 4.0);
        assert_eq!(weight(&with("sampling.probability", AnyValue::Double(0.0)), &none, &none, TraceState::default(), None).value, 1.0);
        assert_eq!(weight(&with("sampler.param", AnyValue::Double(0.25)), &none, &none, TraceState::default(), None).value, 1.0);
    }

    #[test]
    fn sample_rates_are_rounded_and_clamped() {
        let check = |value: AnyValue<'_>, rate: f64| assert_eq!(whole_rate(&value), rate, "{value:?}");
        check(AnyValue::Int(0), 1.0);
        check(AnyValue::Int(-5), 1.0);
        check(AnyValue::Int(i64::MAX), 2_147_483_647.0);
        check(AnyValue::Double(2.5), 3.0);
        check(AnyValue::Double(2.4), 2.0);
        check(AnyValue::Double(f64::NAN), 1.0);
        check(AnyValue::Bool(true), 1.0);
        check(AnyValue::Empty, 1.0);
    }
}

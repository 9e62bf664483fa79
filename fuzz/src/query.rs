//! What the readers of questions must hold for any bytes.

use glasshive_model::Value;
use glasshive_query_plan::expression::{DEPTH_MAX, EXPRESSION_MAX, Expression};
use glasshive_query_plan::{QueryError, spec, text};

/// 2026-01-01T00:00:00Z.
const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// A text is read or refused at one of its characters; what is read has a canonical text and a specification that mean the same.
pub fn query_text(bytes: &[u8]) -> u64 {
    let Ok(written) = std::str::from_utf8(bytes) else { return 0 };
    let plan = text::parse(written, NOW_NS);
    let events = text::parse_events(written, NOW_NS);
    let filters = text::parse_filters(written);
    for error in [plan.as_ref().err(), events.as_ref().err(), filters.as_ref().err()].into_iter().flatten() {
        lies_within(error, written);
    }
    if let Ok(plan) = &plan {
        let canonical = text::to_text(plan);
        assert_eq!(text::parse(&canonical, NOW_NS).as_ref(), Ok(plan), "the canonical text means something else: {canonical}");
        let encoded = spec::encode(plan);
        let decoded = spec::decode_value(&encoded, NOW_NS).expect("an encoded plan is a specification");
        assert_eq!(spec::encode(&decoded), encoded, "the specification means something else");
    }
    if let Ok(events) = &events {
        let canonical = text::events_to_text(events);
        assert_eq!(text::parse_events(&canonical, NOW_NS).as_ref(), Ok(events), "the canonical text means something else: {canonical}");
    }
    if let Ok(filters) = &filters {
        let canonical = text::filters_to_text(filters);
        assert_eq!(text::parse_filters(&canonical).as_ref(), Ok(filters), "the canonical text means something else: {canonical}");
    }
    u64::from(plan.is_ok()) + u64::from(events.is_ok()) + u64::from(filters.is_ok())
}

/// A specification is read or refused; what is read has a specification and a text that mean the same.
pub fn query_specification(bytes: &[u8]) -> u64 {
    let plan = spec::decode(bytes, NOW_NS);
    let events = spec::decode_events(bytes, NOW_NS);
    for error in [plan.as_ref().err(), events.as_ref().err()].into_iter().flatten() {
        assert!(!error.to_string().is_empty(), "an error says what is wrong");
    }
    if let Ok(plan) = &plan {
        assert_eq!(spec::decode_value(&spec::encode(plan), NOW_NS).as_ref(), Ok(plan), "encoding changes the meaning");
        let canonical = text::to_text(plan);
        assert_eq!(text::parse(&canonical, NOW_NS).as_ref(), Ok(plan), "the canonical text means something else: {canonical}");
    }
    if let Ok(events) = &events {
        assert_eq!(spec::decode_events_value(&spec::encode_events(events), NOW_NS).as_ref(), Ok(events), "encoding changes the meaning");
    }
    u64::from(plan.is_ok()) + u64::from(events.is_ok())
}

/// An expression is read or refused at one of its characters; what is read is within its limits, prints as itself, and has a
/// value whatever the columns hold.
pub fn query_expression(bytes: &[u8]) -> u64 {
    let Ok(written) = std::str::from_utf8(bytes) else { return 0 };
    let expression = match Expression::parse(written) {
        Ok(expression) => expression,
        Err(error) => {
            assert!((1..=written.chars().count() + 1).contains(&error.position), "{error}");
            return 0;
        }
    };
    assert!(expression.depth() <= DEPTH_MAX && written.chars().count() <= EXPRESSION_MAX, "beyond the limits");
    let printed = expression.to_string();
    // Printing may make a text longer than may be read; then the expression has no canonical text that fits.
    if printed.chars().count() <= EXPRESSION_MAX {
        assert_eq!(Expression::parse(&printed).as_ref(), Ok(&expression), "{printed}");
    }
    let values = [
        Value::Null,
        Value::Int(i64::MIN),
        Value::Int(0),
        Value::Float(f64::INFINITY),
        Value::Float(-0.0),
        Value::Float(1e300),
        Value::Str(String::new()),
        Value::Str("9223372036854775808".to_owned()),
        Value::Str("é\0true".to_owned()),
        Value::Bool(true),
        Value::Json("[1]".to_owned()),
    ];
    for turn in 0..values.len() {
        let value = expression.evaluate(&|index| values[(turn + 3 * index) % values.len()].clone());
        assert!(!matches!(value, Value::Json(_)), "{printed} gives JSON text");
        assert!(!matches!(value, Value::Float(number) if number.is_nan()), "{printed} gives NaN");
    }
    1
}

/// The character that an error names is one of the text's, or just behind the last.
fn lies_within(error: &QueryError, written: &str) {
    if let Some(position) = error.position() {
        assert!((1..=written.chars().count() + 1).contains(&position), "{error} in {written}");
    }
}

use super::*;
use crate::plan::Column;

fn condition(op: FilterOp, values: &[Literal]) -> Condition {
    Condition { column: Column::named("c"), op, values: values.to_vec() }
}

fn check(op: FilterOp, literal: Literal, class: Class, value: Value, expected: bool) {
    let condition = condition(op, std::slice::from_ref(&literal));
    assert_eq!(holds(&condition, Some(class), Some(&value)), expected, "{value:?} {op} {literal:?} as {class:?}");
}

#[test]
fn equality_meets_in_the_shown_type() {
    use FilterOp::Equal;
    check(Equal, 500.into(), Class::Number, Value::Int(500), true);
    check(Equal, "500".into(), Class::Number, Value::Int(500), true);
    check(Equal, 500.into(), Class::Number, Value::Str("500".into()), true);
    check(Equal, 500.into(), Class::Number, Value::Float(500.0), true);
    check(Equal, 500.5.into(), Class::Number, Value::Int(500), false);
    check(Equal, "abc".into(), Class::Number, Value::Str("abc".into()), false);
    check(Equal, 500.into(), Class::Text, Value::Str("500".into()), true);
    check(Equal, 500.into(), Class::Text, Value::Int(500), true);
    check(Equal, 1.0.into(), Class::Text, Value::Int(1), true);
    check(Equal, "1".into(), Class::Text, Value::Float(1.0), true);
    check(Equal, true.into(), Class::Text, Value::Str("true".into()), true);
    check(Equal, "true".into(), Class::Truth, Value::Bool(true), true);
    check(Equal, true.into(), Class::Truth, Value::Str("true".into()), true);
    check(Equal, 1.into(), Class::Truth, Value::Bool(true), false);
    check(Equal, "[1]".into(), Class::Text, Value::Json("[1]".into()), true);
    check(Equal, 1.into(), Class::Number, Value::Bool(true), false);
}

#[test]
fn order_is_by_the_class() {
    use FilterOp::{Greater, GreaterOrEqual, Less};
    check(Greater, 9.into(), Class::Number, Value::Int(10), true);
    check(Greater, "9".into(), Class::Text, Value::Str("10".into()), false);
    check(Greater, (i64::MAX - 1).into(), Class::Number, Value::Int(i64::MAX), true);
    check(Less, 9_007_199_254_740_993.into(), Class::Number, Value::Float(9_007_199_254_740_992.0), true);
    check(GreaterOrEqual, false.into(), Class::Truth, Value::Bool(true), true);
    check(GreaterOrEqual, 0.into(), Class::Number, Value::Float(-0.0), true);
}

#[test]
fn parts_of_text_work_on_any_type() {
    check(FilterOp::Contains, 50.into(), Class::Number, Value::Int(1500), true);
    check(FilterOp::StartsWith, "1.".into(), Class::Number, Value::Float(1.5), true);
    check(FilterOp::EndsWith, "ue".into(), Class::Truth, Value::Bool(true), true);
    check(FilterOp::Contains, "".into(), Class::Text, Value::Null, false);
}

#[test]
fn negative_operators_are_the_negation_and_match_absent() {
    for op in FilterOp::ALL.into_iter().filter(|op| op.is_negative()) {
        let values: &[Literal] = if op.takes() == Takes::Nothing { &[] } else { &[Literal::Int(1)] };
        assert!(holds(&condition(op, values), Some(Class::Number), None), "{op} and absent");
        assert!(holds(&condition(op, values), None, None), "{op} and unknown");
    }
    for op in FilterOp::ALL.into_iter().filter(|op| !op.is_negative()) {
        let values: &[Literal] = if op.takes() == Takes::Nothing { &[] } else { &[Literal::Int(1)] };
        assert!(!holds(&condition(op, values), Some(Class::Number), None), "{op} and absent");
    }
    check(FilterOp::NotEqual, "abc".into(), Class::Number, Value::Int(1), true);
    check(FilterOp::NotEqual, 1.into(), Class::Number, Value::Str("x".into()), true);
}

#[test]
fn exists_sees_every_type_and_the_empty_value() {
    let exists = condition(FilterOp::Exists, &[]);
    for value in [Value::Null, Value::Str(String::new()), Value::Bool(false)] {
        assert!(holds(&exists, Some(Class::Number), Some(&value)), "{value:?}");
    }
}

#[test]
fn lists() {
    let list = condition(FilterOp::In, &["a".into(), 5.into()]);
    assert!(holds(&list, Some(Class::Number), Some(&Value::Int(5))));
    assert!(holds(&list, Some(Class::Text), Some(&Value::Str("5".into()))));
    assert!(!holds(&list, Some(Class::Text), Some(&Value::Str("b".into()))));
}

#[test]
fn numbers_in_text() {
    let check = |text: &str, expected: Option<Number>| assert_eq!(number_of_text(text), expected, "{text}");
    check("5", Some(Number::Int(5)));
    check("-5.5", Some(Number::Float(-5.5)));
    check("1e3", Some(Number::Float(1000.0)));
    for wrong in ["", " 5", "5 ", "inf", "nan", "0x10", "1_000", "1e999", "5ms", "-", "."] {
        check(wrong, None);
    }
}

#[test]
fn text_of_numbers_is_plain() {
    let check = |number: f64, expected: &str| assert_eq!(float_text(number), expected);
    check(1.0, "1");
    check(-0.0, "0");
    check(0.1, "0.1");
    check(1e21, "1000000000000000000000");
    check(f64::INFINITY, "inf");
}

#[test]
fn literals_of_ids_take_one_spelling() {
    let ids = Condition {
        column: Column::named("trace.trace_id"),
        op: FilterOp::In,
        values: vec!["E1BE46A994272793".into(), Literal::Int(1_234_567_890_123_456)],
    };
    let expected: Vec<Literal> = vec!["0000000000000000e1be46a994272793".into(), "00000000000000001234567890123456".into()];
    assert_eq!(normalised(&ids).values, expected);
    let part = Condition { op: FilterOp::StartsWith, ..ids };
    assert_eq!(normalised(&part).values, part.values);
}

#[test]
fn calculations_take_numbers() {
    assert_eq!(calculable(Some(Class::Text), &Value::Int(5)), Some(5.0));
    assert_eq!(calculable(Some(Class::Text), &Value::Str("5".into())), None);
    assert_eq!(calculable(Some(Class::Number), &Value::Str("5".into())), Some(5.0));
    assert_eq!(calculable(Some(Class::Number), &Value::Bool(true)), None);
    assert_eq!(calculable(None, &Value::Null), None);
}

//! What the functions do.

use super::{Function, Node, Pattern, TEXT_MAX};
use crate::coerce::{Number, float_text, number_of_text, text_of};
use glasshive_model::Value;
use std::cmp::Ordering;

impl Node {
    pub(super) fn evaluate(&self, read: &dyn Fn(usize) -> Value) -> Value {
        match self {
            Node::Literal(value) => value.clone(),
            Node::Input(index) => match read(*index) {
                Value::Json(text) => Value::Str(text),
                Value::Float(number) if number.is_nan() => Value::Null,
                value => value,
            },
            Node::Call(function, arguments, pattern) => match call(*function, arguments, pattern.as_ref(), read) {
                Value::Str(text) if text.len() > TEXT_MAX => Value::Null,
                value => value,
            },
        }
    }
}

fn call(function: Function, arguments: &[Node], pattern: Option<&Pattern>, read: &dyn Fn(usize) -> Value) -> Value {
    let at = |index: usize| arguments.get(index).map_or(Value::Null, |node| node.evaluate(read));
    let all = || arguments.iter().map(|node| node.evaluate(read));
    let numbers = || all().map(|value| number_or_zero(&value));
    match function {
        Function::If => {
            let mut pairs = arguments.chunks_exact(2);
            match pairs.find(|pair| is_truthy(&pair[0].evaluate(read))) {
                Some(pair) => pair[1].evaluate(read),
                None => arguments.chunks_exact(2).remainder().first().map_or(Value::Null, |node| node.evaluate(read)),
            }
        }
        Function::Switch => {
            let subject = at(0);
            let rest = &arguments[1..];
            let is_key = |pair: &&[Node]| matches!((&pair[0], &subject), (Node::Literal(Value::Str(key)), Value::Str(text)) if key == text);
            match rest.chunks_exact(2).find(is_key) {
                Some(pair) => pair[1].evaluate(read),
                None => rest.chunks_exact(2).remainder().first().map_or(Value::Null, |node| node.evaluate(read)),
            }
        }
        Function::Coalesce => all().find(|value| !is_empty(value)).unwrap_or(Value::Null),
        Function::Lt => Value::Bool(order(&at(0), &at(1)).is_some_and(Ordering::is_lt)),
        Function::Lte => Value::Bool(order(&at(0), &at(1)).is_some_and(Ordering::is_le)),
        Function::Gt => Value::Bool(order(&at(0), &at(1)).is_some_and(Ordering::is_gt)),
        Function::Gte => Value::Bool(order(&at(0), &at(1)).is_some_and(Ordering::is_ge)),
        Function::Equals => Value::Bool(equals(&at(0), &at(1))),
        Function::In => {
            let subject = at(0);
            Value::Bool(all().skip(1).any(|value| equals(&subject, &value)))
        }
        Function::Exists => Value::Bool(at(0) != Value::Null),
        Function::Not => Value::Bool(!is_truthy(&at(0))),
        Function::And => Value::Bool(all().all(|value| is_truthy(&value))),
        Function::Or => Value::Bool(all().any(|value| is_truthy(&value))),
        Function::Min => extreme(all(), Ordering::Less),
        Function::Max => extreme(all(), Ordering::Greater),
        Function::Sum => {
            numbers().reduce(|left, right| arithmetic(left, right, i64::checked_add, |a, b| a + b)).map_or(Value::Null, value_of)
        }
        Function::Mul => {
            numbers().reduce(|left, right| arithmetic(left, right, i64::checked_mul, |a, b| a * b)).map_or(Value::Null, value_of)
        }
        Function::Sub => value_of(arithmetic(number_or_zero(&at(0)), number_or_zero(&at(1)), i64::checked_sub, |a, b| a - b)),
        Function::Div => match number_or_zero(&at(1)).as_f64() {
            0.0 => Value::Null,
            divisor => float(number_or_zero(&at(0)).as_f64() / divisor),
        },
        Function::Mod => match number_or_zero(&at(1)) {
            divisor if divisor.as_f64() == 0.0 => Value::Null,
            divisor => value_of(arithmetic(number_or_zero(&at(0)), divisor, |a, b| Some(a.checked_rem(b).unwrap_or(0)), |a, b| a % b)),
        },
        Function::Log10 => match number_or_zero(&at(0)).as_f64() {
            number if number > 0.0 => float(number.log10()),
            _ => Value::Null,
        },
        Function::Bucket => bucket(&at(0), &at(1), arguments.get(2).map(|_| at(2)), arguments.get(3).map(|_| at(3))),
        Function::Int => match number_or_zero(&at(0)) {
            Number::Int(number) => Value::Int(number),
            // Beyond the range of integers, the greatest and the least.
            Number::Float(number) => Value::Int(number as i64),
        },
        Function::Float => float(number_or_zero(&at(0)).as_f64()),
        Function::Bool => Value::Bool(is_truthy(&at(0))),
        Function::String | Function::Concat => {
            let mut whole = String::new();
            for value in all() {
                whole.push_str(text_of(&value).as_deref().unwrap_or_default());
                // The rest can only make it longer.
                if whole.len() > TEXT_MAX {
                    return Value::Null;
                }
            }
            Value::Str(whole)
        }
        Function::StartsWith => on_texts(&at(0), &at(1), |text, part| text.starts_with(part)),
        Function::EndsWith => on_texts(&at(0), &at(1), |text, part| text.ends_with(part)),
        Function::Contains => on_texts(&at(0), &at(1), |text, part| text.contains(part)),
        Function::ToLower => text_of(&at(0)).map_or(Value::Null, |text| Value::Str(text.to_lowercase())),
        Function::Length => {
            let in_bytes = at(1) == Value::Str("bytes".to_owned());
            let length = |text: &str| if in_bytes { text.len() } else { text.chars().count() };
            text_of(&at(0)).map_or(Value::Null, |text| integer(length(&text)))
        }
        Function::RegMatch | Function::RegValue | Function::RegCount => {
            let Some(pattern) = pattern else { return Value::Null };
            let subject = at(0);
            let text = text_of(&subject);
            match function {
                // Its time grows with the text and the pattern; counting may look at the rest of the text from each of its characters.
                _ if text.as_ref().is_some_and(|text| text.len() > TEXT_MAX) => Value::Null,
                Function::RegMatch => Value::Bool(text.is_some_and(|text| pattern.is_match(&text))),
                Function::RegCount => text.map_or(Value::Int(0), |text| integer(pattern.count(&text))),
                _ => text.and_then(|text| Some(Value::Str(pattern.value(&text)?.to_owned()))).unwrap_or(Value::Null),
            }
        }
        Function::UnixTimestamp => seconds(&at(0)).map_or(Value::Null, float),
        Function::FormatTime => {
            let (format, time) = (at(0), at(1));
            let text = || formatted(text_of(&format).as_deref().filter(|format| format.len() <= TEXT_MAX)?, seconds(&time)?);
            text().map_or(Value::Null, Value::Str)
        }
        // These are inputs.
        Function::EventTimestamp | Function::IngestTimestamp => Value::Null,
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) | Value::Json(text) => text == "true",
        Value::Null => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Str(text) | Value::Json(text) => text.is_empty(),
        _ => false,
    }
}

fn sent_number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(number) => Some(Number::Int(*number)),
        Value::Float(number) => Some(Number::Float(*number)),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Str(text) | Value::Json(text) => number_of_text(text),
        other => sent_number(other),
    }
}

fn number_or_zero(value: &Value) -> Number {
    number(value).unwrap_or(Number::Int(0))
}

/// The order of two values of one type; `None` when they are not.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => Some(sent_number(left)?.order(sent_number(right)?)),
    }
}

fn equals(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        _ => order(left, right).is_some_and(Ordering::is_eq),
    }
}

/// The value that lies furthest to one side of all that have the type of the first.
fn extreme(values: impl Iterator<Item = Value>, side: Ordering) -> Value {
    let further = |best: Value, value: Value| if order(&value, &best) == Some(side) { value } else { best };
    values.filter(|value| *value != Value::Null).reduce(further).unwrap_or(Value::Null)
}

fn arithmetic(left: Number, right: Number, integers: fn(i64, i64) -> Option<i64>, doubles: fn(f64, f64) -> f64) -> Number {
    let exact = match (left, right) {
        (Number::Int(left), Number::Int(right)) => integers(left, right),
        _ => None,
    };
    exact.map_or_else(|| Number::Float(doubles(left.as_f64(), right.as_f64())), Number::Int)
}

fn value_of(number: Number) -> Value {
    match number {
        Number::Int(number) => Value::Int(number),
        Number::Float(number) => float(number),
    }
}

fn float(number: f64) -> Value {
    if number.is_nan() { Value::Null } else { Value::Float(number) }
}

fn integer(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn on_texts(left: &Value, right: &Value, holds: fn(&str, &str) -> bool) -> Value {
    Value::Bool(match (text_of(left), text_of(right)) {
        (Some(text), Some(part)) => holds(&text, &part),
        _ => false,
    })
}

fn bucket(value: &Value, size: &Value, least: Option<Value>, most: Option<Value>) -> Value {
    let label = || {
        let value = sent_number(value)?.as_f64();
        let size = number(size)?.as_f64();
        let start = match &least {
            Some(least) => number(least)?.as_f64(),
            None => 0.0,
        };
        if least.is_some() && value < start {
            return Some(format!("< {}", edge_text(start)));
        }
        if let Some(most) = &most {
            let most = number(most)?.as_f64();
            if value >= most {
                return Some(format!("> {}", edge_text(most)));
            }
        }
        let row = ((value - start) / size).floor();
        let is_row = size > 0.0 && row.is_finite();
        is_row.then(|| format!("{} - {}", edge_text(start + row * size), edge_text(start + (row + 1.0) * size)))
    };
    label().map_or(Value::Null, Value::Str)
}

/// An edge with at most 12 digits, so that three times 0.1 is 0.3.
fn edge_text(edge: f64) -> String {
    float_text(format!("{edge:.11e}").parse().unwrap_or(edge))
}

/// Seconds since 1970 of a number of seconds, or of RFC 3339 text.
fn seconds(value: &Value) -> Option<f64> {
    if let Some(number) = number(value) {
        return Some(number.as_f64());
    }
    let Value::Str(text) = value else { return None };
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_second() as f64 + f64::from(time.subsec_nanosecond()) / 1e9)
}

/// A time by strftime's directives, in UTC; `None` when there is no such time or directive.
pub(super) fn formatted(format: &str, seconds: f64) -> Option<String> {
    let in_range = (-377_705_023_201.0..253_402_207_200.0).contains(&seconds);
    let time = jiff::Timestamp::from_nanosecond((seconds * 1e9).round() as i128).ok().filter(|_| in_range)?;
    jiff::fmt::strtime::format(format, &time.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

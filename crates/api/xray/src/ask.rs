//! The members of a request's body, read leniently: `null` is as good as absent, unknown ones are overlooked.

use crate::fault::invalid;
use glasshive_feature_xray::Tags;
use glasshive_query_plan::Window;
use glasshive_receive_xray::Fault;
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;

/// The body as an object; an empty one is `{}`.
///
/// # Errors
/// `SerializationException`.
pub(crate) fn object(body: &[u8]) -> Result<Value, Fault> {
    let serialization = |message: String| Fault::new(StatusCode::BAD_REQUEST, "SerializationException", message);
    if body.trim_ascii().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Null) => Ok(Value::Object(serde_json::Map::new())),
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(serialization("the body is not a JSON object".to_owned())),
        Err(error) => Err(serialization(format!("the body is not JSON: {error}"))),
    }
}

/// A member, unless it is null.
pub(crate) fn get<'b>(body: &'b Value, name: &str) -> Option<&'b Value> {
    body.get(name).filter(|value| !value.is_null())
}

/// A text.
pub(crate) fn text(body: &Value, name: &str) -> Result<Option<String>, Fault> {
    match get(body, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(format!("{name} has to be text"))),
    }
}

/// A text that has to be there.
pub(crate) fn needed_text(body: &Value, name: &str) -> Result<String, Fault> {
    text(body, name)?.ok_or_else(|| invalid(format!("{name} is needed")))
}

/// A number.
pub(crate) fn number(body: &Value, name: &str) -> Result<Option<f64>, Fault> {
    let Some(value) = get(body, name) else { return Ok(None) };
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite());
    number.map(Some).ok_or_else(|| invalid(format!("{name} has to be a number")))
}

/// A whole number.
pub(crate) fn integer(body: &Value, name: &str) -> Result<Option<i64>, Fault> {
    let Some(number) = number(body, name)? else { return Ok(None) };
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    if is_whole { Ok(Some(number as i64)) } else { Err(invalid(format!("{name} has to be a whole number"))) }
}

/// A truth.
pub(crate) fn truth(body: &Value, name: &str) -> Result<Option<bool>, Fault> {
    match get(body, name) {
        None => Ok(None),
        Some(Value::Bool(truth)) => Ok(Some(*truth)),
        Some(_) => Err(invalid(format!("{name} has to be true or false"))),
    }
}

/// Texts.
pub(crate) fn texts(body: &Value, name: &str) -> Result<Option<Vec<String>>, Fault> {
    let Some(value) = get(body, name) else { return Ok(None) };
    let texts = value.as_array().and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
    texts.map(Some).ok_or_else(|| invalid(format!("{name} has to be a list of texts")))
}

/// Texts by name.
pub(crate) fn pairs(body: &Value, name: &str) -> Result<Option<BTreeMap<String, String>>, Fault> {
    let Some(value) = get(body, name) else { return Ok(None) };
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let pairs = value.as_object().and_then(|members| members.iter().map(pair).collect());
    pairs.map(Some).ok_or_else(|| invalid(format!("{name} has to be an object of texts")))
}

/// Tags, as a list of `{Key, Value}`.
pub(crate) fn tags(body: &Value) -> Result<Option<Tags>, Fault> {
    let Some(value) = get(body, "Tags") else { return Ok(None) };
    let tag = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    let tags = value.as_array().and_then(|list| list.iter().map(tag).collect());
    tags.map(|tags| Some(Tags(tags))).ok_or_else(|| invalid("Tags has to be a list of objects with Key and Value"))
}

/// A time, ns since 1970: seconds as a number or in a text, or RFC 3339.
pub(crate) fn time(body: &Value, name: &str) -> Result<Option<i64>, Fault> {
    let Some(value) = get(body, name) else { return Ok(None) };
    let of_seconds = |seconds: f64| {
        // The microsecond is what clients mean; more is what a double makes of it.
        let micros = (seconds * 1e6).round();
        (micros.abs() < 9e15).then(|| (micros as i64).saturating_mul(1_000))
    };
    let ns = match value {
        Value::Number(number) => number.as_f64().and_then(of_seconds),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(seconds) => of_seconds(seconds),
            Err(_) => text.trim().parse::<jiff::Timestamp>().ok().and_then(|time| i64::try_from(time.as_nanosecond()).ok()),
        },
        _ => None,
    };
    ns.map(Some).ok_or_else(|| invalid(format!("{name} has to be a time: seconds since 1970, or RFC 3339")))
}

/// From `StartTime` up to, and not including, `EndTime`.
pub(crate) fn window(body: &Value) -> Result<Window, Fault> {
    let needed = |name: &str| time(body, name)?.ok_or_else(|| invalid(format!("{name} is needed")));
    let (start_ns, end_ns) = (needed("StartTime")?, needed("EndTime")?);
    if start_ns >= end_ns {
        return Err(invalid("StartTime has to lie before EndTime"));
    }
    Ok(Window { start_ns, end_ns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_in_every_spelling() {
        for (value, expected) in [
            (json!(1_700_000_000), Some(1_700_000_000_000_000_000)),
            (json!(1_700_000_000.25), Some(1_700_000_000_250_000_000)),
            (json!("1700000000.5"), Some(1_700_000_000_500_000_000)),
            (json!("2023-11-14T22:13:20Z"), Some(1_700_000_000_000_000_000)),
            (json!("2023-11-14T23:13:20+01:00"), Some(1_700_000_000_000_000_000)),
            (json!(null), None),
        ] {
            assert_eq!(time(&json!({"T": value}), "T").unwrap(), expected, "{value}");
        }
        for wrong in [json!(true), json!("yesterday"), json!(1e300)] {
            assert!(time(&json!({"T": wrong}), "T").is_err(), "{wrong}");
        }
        assert!(window(&json!({"StartTime": 2, "EndTime": 2})).is_err() && window(&json!({"StartTime": 2})).is_err());
    }
}

//! Values of the text form: numbers, durations, points in time, and how they are printed.

use crate::coerce::float_text;
use crate::filter::Literal;
use crate::time::{Point, SECOND_NS};

const DURATION_UNITS: [(&str, i128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Ends of column names that say the unit, and the unit in ns.
const COLUMN_UNITS: [(&str, i128); 5] =
    [("_ns", 1), ("_us", 1_000), ("_ms", 1_000_000), ("_seconds", 1_000_000_000), ("_s", 1_000_000_000)];

/// The literal that a bare word is, for a column of this name.
///
/// # Errors
/// A sentence, when a duration is given for a column of durations whose name does not say its unit.
pub(super) fn bare_literal(column: &str, word: &str) -> Result<Literal, String> {
    match word {
        "true" => return Ok(Literal::Bool(true)),
        "false" => return Ok(Literal::Bool(false)),
        _ => {}
    }
    if let Some(integer) = word.parse::<i64>().ok().filter(|integer| integer.to_string() == word) {
        return Ok(Literal::Int(integer));
    }
    if let Some(number) = word.parse::<f64>().ok().filter(|number| number.is_finite() && float_text(*number) == word) {
        return Ok(Literal::number(number));
    }
    let Some(ns) = duration_ns(word) else { return Ok(Literal::Str(word.to_owned())) };
    match column_unit(column) {
        Some(unit) if ns % unit == 0 => Ok(i64::try_from(ns / unit).map_or(Literal::Float(ns as f64 / unit as f64), Literal::Int)),
        Some(unit) => Ok(Literal::number(ns as f64 / unit as f64)),
        None if column.ends_with("duration") => {
            Err(format!("the name of {column} does not say its unit; write the number without one, or \"{word}\" in quotes"))
        }
        None => Ok(Literal::Str(word.to_owned())),
    }
}

/// The unit in ns that the column's name ends in.
pub(super) fn column_unit(column: &str) -> Option<i128> {
    COLUMN_UNITS.iter().find(|(ending, _)| column.ends_with(ending)).map(|(_, unit)| *unit)
}

/// The length that text such as `250ms`, `1.5s` or `1h30m` says; at most what fits 64 bits of ns.
pub(super) fn duration_ns(text: &str) -> Option<i128> {
    let mut rest = text;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit_length = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let (_, unit_ns) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(decimal_times(number, *unit_ns)?)?;
        rest = after;
    }
    (!text.is_empty() && i64::try_from(total).is_ok()).then_some(total)
}

/// A decimal number times a unit; `None` when it is none, or finer than one.
fn decimal_times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 18 || number.ends_with('.') {
        return None;
    }
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let scaled = i128::from(fraction) * unit;
    (scaled % scale == 0).then_some(())?;
    i128::from(whole.parse::<u64>().ok()?).checked_mul(unit)?.checked_add(scaled / scale)
}

/// The whole seconds, at least one, that a duration is.
pub(super) fn duration_seconds(text: &str) -> Option<u64> {
    let ns = duration_ns(text)?;
    let second = i128::from(SECOND_NS);
    (ns >= second && ns % second == 0).then(|| u64::try_from(ns / second).ok()).flatten()
}

/// Seconds in the greatest unit that divides them: `7200` is `2h`.
pub(super) fn seconds_text(seconds: u64) -> String {
    let units: [(&str, u64); 4] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)];
    match units.into_iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length)) {
        Some((unit, length)) => format!("{}{unit}", seconds / length),
        None => format!("{seconds}s"),
    }
}

/// The point in time that text says: RFC 3339, the same without a zone (UTC), a date, unix seconds, `now`, `-2h`.
pub(super) fn point(text: &str) -> Option<Point> {
    if text.eq_ignore_ascii_case("now") {
        return Some(Point::Ago(0));
    }
    if let Some(ago) = text.strip_prefix('-') {
        return duration_seconds(ago).map(Point::Ago);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return decimal_times(text, SECOND_NS.into()).and_then(|ns| i64::try_from(ns).ok()).map(Point::At);
    }
    let time = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    i64::try_from(time.as_nanosecond()).ok().map(Point::At)
}

/// A time as RFC 3339 text in UTC, with as many digits of the second as it has: `2026-01-02T15:04:05.25Z`.
pub fn point_text(ns: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(ns.into()).expect("64 bits of ns lie within the years that timestamps have");
    time.to_string()
}

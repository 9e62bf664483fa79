//! Numbers, durations and times as people read them.

use jiff::Timestamp;

/// A calculation's value: integers whole with blanks between thousands, others with five significant digits.
pub fn value(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return grouped(number as i64);
    }
    if number != 0.0 && (number.abs() < 1e-3 || number.abs() >= 1e15) {
        return format!("{number:.4e}");
    }
    let whole_digits = number.abs().log10().floor().max(0.0) as usize + 1;
    format!("{number:.*}", 5usize.saturating_sub(whole_digits).max(1))
}

/// `1234567` as `1 234 567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A number on an axis: three digits and a magnitude, `1.25k`, `312`, `4.5M`.
pub fn axis(number: f64) -> String {
    let magnitudes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (factor, suffix) = magnitudes.into_iter().find(|(factor, _)| number.abs() >= *factor).unwrap_or((1.0, ""));
    let scaled = number / factor;
    if scaled != 0.0 && scaled.abs() < 0.1 {
        return format!("{scaled:.1e}");
    }
    let decimals = if scaled.abs() >= 100.0 || scaled == scaled.trunc() {
        0
    } else if scaled.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.decimals$}{suffix}")
}

/// A length of time in the unit that fits it.
pub fn duration_ns(ns: i64) -> String {
    let (value, unit) = match ns.unsigned_abs() {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        1_000_000_000..60_000_000_000 => (ns as f64 / 1e9, "s"),
        _ => (ns as f64 / 6e10, "min"),
    };
    let decimals = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {unit}")
}

/// A time in UTC to the millisecond: `2026-01-02 15:04:05.678`.
pub fn time_ms(ns: i64) -> String {
    stamp(ns).map_or_else(|| ns.to_string(), |time| time.strftime("%F %T%.3f").to_string())
}

/// A time of day in UTC to the second.
pub fn clock(ns: i64) -> String {
    stamp(ns).map_or_else(|| ns.to_string(), |time| time.strftime("%T").to_string())
}

/// A time in RFC 3339 with nanoseconds, for machines.
pub fn rfc3339(ns: i64) -> String {
    Timestamp::from_nanosecond(ns.into()).map_or_else(|_| ns.to_string(), |time| time.to_string())
}

fn stamp(ns: i64) -> Option<jiff::Zoned> {
    Some(Timestamp::from_nanosecond(ns.into()).ok()?.to_zoned(jiff::tz::TimeZone::UTC))
}

//! Numbers, durations and times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

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

/// `1 span`, `2 spans`, `1 204 spans`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(i64::try_from(number).unwrap_or(i64::MAX)), if number == 1 { one } else { many })
}

/// A number on an axis: three digits and a magnitude, `1.25k`, `312`, `4.5M`.
pub fn axis(number: f64) -> String {
    scaled(number, &[(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")])
}

/// A number of bytes, in powers of a thousand.
pub fn bytes(number: f64) -> String {
    scaled(number, &[(1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1.0, " B")])
}

/// A length of time in nanoseconds, in the unit that fits it.
pub fn duration(ns: f64) -> String {
    let units = [(8.64e13, " d"), (3.6e12, " h"), (6e10, " min"), (1e9, " s"), (1e6, " ms"), (1e3, " µs"), (1.0, " ns")];
    scaled(ns, &units)
}

/// The same of whole nanoseconds.
pub fn duration_ns(ns: i64) -> String {
    duration(ns as f64)
}

/// In the greatest unit of which there is at least one after rounding, with three digits.
fn scaled(number: f64, units: &[(f64, &str)]) -> String {
    let smallest = units.last().copied().unwrap_or((1.0, ""));
    // 999.6 ms are 1 s, not 1000 ms.
    let (factor, suffix) = units.iter().copied().find(|(factor, _)| number.abs() * 1.0005 >= *factor).unwrap_or(smallest);
    format!("{}{suffix}", three_digits(number / factor))
}

/// Three significant digits without zeros at the end; more before the point where they are needed.
fn three_digits(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && size < 0.001 {
        return format!("{number:.1e}");
    }
    let decimals = match size {
        _ if size >= 99.95 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 || size == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time to the millisecond: `2026-01-02 15:04:05.678`.
pub fn time_ms(ns: i64, zone: &TimeZone) -> String {
    formatted(ns, zone, "%F %T%.3f")
}

/// A time to the second: `2026-01-02 15:04:05`.
pub fn time(ns: i64, zone: &TimeZone) -> String {
    formatted(ns, zone, "%F %T")
}

/// A time of day to the millisecond.
pub fn clock_ms(ns: i64, zone: &TimeZone) -> String {
    formatted(ns, zone, "%T%.3f")
}

/// The zone's short name at that time: `UTC`, `CEST`, `+03`.
pub fn zone_name(ns: i64, zone: &TimeZone) -> String {
    formatted(ns, zone, "%Z")
}

/// A time in RFC 3339 with nanoseconds, for machines.
pub fn rfc3339(ns: i64) -> String {
    Timestamp::from_nanosecond(ns.into()).map_or_else(|_| ns.to_string(), |time| time.to_string())
}

/// The time as jiff's `strftime` writes it; the bare number where it lies outside the calendar.
pub fn formatted(ns: i64, zone: &TimeZone, format: &str) -> String {
    match Timestamp::from_nanosecond(ns.into()) {
        Ok(time) => time.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => ns.to_string(),
    }
}

//! Seconds as people write them, to nanoseconds as a clock counts them, by decimal arithmetic.

/// Digits of a nanosecond in a second.
const NANO_DIGITS: i32 = 9;

/// Reads a JSON number of seconds (`1478293361.271`, `1.478293361271E9`) as nanoseconds; what is finer is cut off. `None` when the
/// text is no such number or the nanoseconds do not fit 63 bits.
pub(crate) fn seconds_to_ns(text: &str) -> Option<i64> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The value is digits * 10^shift nanoseconds.
    let shift = exponent.checked_add(NANO_DIGITS)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = whole.bytes().chain(fraction.bytes()).skip_while(|byte| *byte == b'0');
    let count = i32::try_from(digits.clone().count()).ok()?;
    let kept = if shift < 0 { (count + shift).max(0) } else { count };
    let mut ns = 0i64;
    for digit in digits.take(usize::try_from(kept).ok()?) {
        ns = ns.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    if ns != 0 {
        for _ in 0..shift.max(0) {
            ns = ns.checked_mul(10)?;
        }
    }
    Some(if is_negative { -ns } else { ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_in_every_writing() {
        for (text, ns) in [
            ("1795198558.2778451", Some(1_795_198_558_277_845_100)),
            ("1.478293361271E9", Some(1_478_293_361_271_000_000)),
            ("1478293361", Some(1_478_293_361_000_000_000)),
            ("1478293361e0", Some(1_478_293_361_000_000_000)),
            ("147829336.1E+1", Some(1_478_293_361_000_000_000)),
            ("1478293361.1234567899999", Some(1_478_293_361_123_456_789)),
            ("0", Some(0)),
            ("0.0000000004", Some(0)),
            ("0e999999999", Some(0)),
            ("-1.5", Some(-1_500_000_000)),
            ("9223372036.854775807", Some(i64::MAX)),
            ("9223372036.854775808", None),
            ("1e300", None),
            ("1e99999999999", None),
            ("", None),
            (".5", None),
            ("1.2.3", None),
            ("abc", None),
        ] {
            assert_eq!(seconds_to_ns(text), ns, "{text}");
        }
    }
}

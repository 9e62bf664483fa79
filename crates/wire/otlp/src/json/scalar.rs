//! Numbers, truth values and enums of OTLP/JSON, read as leniently as senders write them (OTLP requires strings for 64-bit
//! integers; exporters have sent numbers, exponents and names).

use super::{Kind, Node};
use crate::error::WireError;
use crate::notes::{Note, Notes};

/// A number's literal read as an integer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Integer {
    /// It is one, exactly as written.
    Exact(i128),
    /// It has a fraction, or is far out of any integer's range.
    Other(f64),
}

/// Reads a decimal literal exactly: `17e8` and `1700000000000000001.0` are integers, and no double stands between.
pub(crate) fn parse_integer(literal: &str) -> Option<Integer> {
    let literal = literal.trim();
    let other = || literal.parse().ok().map(Integer::Other);
    let (mantissa, exponent) = match literal.find(['e', 'E']) {
        Some(position) => (&literal[..position], literal[position + 1..].parse::<i32>().ok()),
        None => (literal, Some(0)),
    };
    let Some(exponent) = exponent else { return other() };
    let (is_negative, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_decimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !is_decimal(whole) || !is_decimal(fraction) {
        return other();
    }
    // The point moves right by the exponent: so many digits make up the integer, the rest must be zeros.
    let integer_digits = whole.len() as i64 + i64::from(exponent);
    let mut value: i128 = 0;
    for (index, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if (index as i64) < integer_digits {
            match value.checked_mul(10).and_then(|value| value.checked_add(i128::from(byte - b'0'))) {
                Some(next) => value = next,
                None => return other(),
            }
        } else if byte != b'0' {
            return other();
        }
    }
    let missing_zeros = integer_digits - (whole.len() + fraction.len()) as i64;
    if value != 0 && missing_zeros > 0 {
        let factor = u32::try_from(missing_zeros).ok().and_then(|zeros| 10i128.checked_pow(zeros));
        match factor.and_then(|factor| value.checked_mul(factor)) {
            Some(scaled) => value = scaled,
            None => return other(),
        }
    }
    Some(Integer::Exact(if is_negative { -value } else { value }))
}

// === impl Node ===

impl<'a> Node<'a> {
    /// An integer, given as number or text; the empty text is 0.
    pub(crate) fn integer(self, field: &str) -> Result<Integer, WireError> {
        let mut scratch = String::new();
        let literal = self.literal(&mut scratch).ok_or_else(|| self.wrong(field, "a number"))?;
        match literal {
            "" => Ok(Integer::Exact(0)),
            literal => parse_integer(literal).ok_or_else(|| self.wrong(field, "a number")),
        }
    }

    /// An unsigned integer; what lies outside its range is clamped, a fraction is cut.
    pub(crate) fn u64(self, field: &str) -> Result<u64, WireError> {
        Ok(match self.integer(field)? {
            Integer::Exact(value) => u64::try_from(value.max(0)).unwrap_or(u64::MAX),
            Integer::Other(value) => value as u64,
        })
    }

    /// The same for 32 bits.
    pub(crate) fn u32(self, field: &str) -> Result<u32, WireError> {
        Ok(u32::try_from(self.u64(field)?).unwrap_or(u32::MAX))
    }

    /// A double: a number, its text, or `NaN`, `Infinity`, `-Infinity`.
    pub(crate) fn double(self, field: &str) -> Result<f64, WireError> {
        let mut scratch = String::new();
        let literal = self.literal(&mut scratch).ok_or_else(|| self.wrong(field, "a number"))?;
        literal.trim().parse().map_err(|_| self.wrong(field, "a number"))
    }

    /// `true`, `false`, or either as text.
    pub(crate) fn boolean(self, field: &str) -> Result<bool, WireError> {
        let mut scratch = String::new();
        match (self.kind(), self.literal(&mut scratch)) {
            (Kind::True, _) | (Kind::Plain, Some("true")) => Ok(true),
            (Kind::False, _) | (Kind::Plain, Some("false")) => Ok(false),
            _ => Err(self.wrong(field, "true or false")),
        }
    }

    /// An enum: a number, the number as text, or the name from the proto file. An unknown name is 0 and noted.
    pub(crate) fn enumeration(self, field: &str, prefix: &str, names: &[&str], notes: &Notes) -> Result<i32, WireError> {
        let mut scratch = String::new();
        let literal = self.literal(&mut scratch).ok_or_else(|| self.wrong(field, "a number or name"))?;
        if let Some(Integer::Exact(number)) = parse_integer(literal) {
            return Ok(number.clamp(i32::MIN.into(), i32::MAX.into()) as i32);
        }
        let name = literal.strip_prefix(prefix).unwrap_or(literal);
        match names.iter().position(|known| *known == name) {
            Some(number) => Ok(number as i32),
            None => {
                if !literal.is_empty() {
                    notes.add(Note::UnknownEnumName);
                }
                Ok(0)
            }
        }
    }

    /// A number's literal or the content of a string.
    fn literal<'s>(self, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        match self.kind() {
            Kind::Number | Kind::Plain | Kind::Escaped => Some(self.raw_text().read(scratch).text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_from_their_literal() {
        let check = |literal: &str, value: i128| assert_eq!(parse_integer(literal), Some(Integer::Exact(value)), "{literal}");
        check("0", 0);
        check("-0", 0);
        check("9223372036854775807", i64::MAX.into());
        check("-9223372036854775808", i64::MIN.into());
        check("1700000000000000001.0", 1_700_000_000_000_000_001);
        check("1.700000000123456789e18", 1_700_000_000_123_456_789);
        check("17E+8", 1_700_000_000);
        check("1500e-2", 15);
        check("0e999999999", 0);
        check("1e20", 100_000_000_000_000_000_000);
        let other = |literal: &str, value: f64| assert_eq!(parse_integer(literal), Some(Integer::Other(value)), "{literal}");
        other("1.5", 1.5);
        other("15e-1", 1.5);
        other("1e300", 1e300);
        other("1e-999999999999", 0.0);
        assert_eq!([parse_integer("x"), parse_integer("1x"), parse_integer("."), parse_integer("1e")], [None; 4]);
    }
}

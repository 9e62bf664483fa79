//! Trace and span ids as they arrive: raw bytes in protobuf, hex in JSON.

use crate::text::{Text, hex_digit, is_base64};

/// An id of `N` bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WireId<const N: usize> {
    /// Missing or empty.
    #[default]
    Absent,
    /// `N` bytes, possibly all zero.
    Present([u8; N]),
    /// Something else.
    Wrong(IdFault),
}

/// What is wrong with an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdFault {
    /// Not the right number of bytes or digits.
    Length,
    /// The right number of characters, but some are not hexadecimal.
    NotHex,
    /// Base64, as generic protobuf libraries write bytes in JSON.
    Base64,
}

// === impl WireId ===

impl<const N: usize> WireId<N> {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        match <[u8; N]>::try_from(bytes) {
            Ok(id) => WireId::Present(id),
            Err(_) if bytes.is_empty() => WireId::Absent,
            Err(_) => WireId::Wrong(IdFault::Length),
        }
    }

    pub(crate) fn from_hex(text: Text<'_>) -> Self {
        let mut scratch = String::new();
        let digits = text.read(&mut scratch).text.as_bytes();
        if digits.is_empty() {
            return WireId::Absent;
        }
        if digits.len() != 2 * N {
            let looks_like_base64 = digits.len() == N.div_ceil(3) * 4 && is_base64(digits);
            return WireId::Wrong(if looks_like_base64 { IdFault::Base64 } else { IdFault::Length });
        }
        let mut id = [0; N];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let (Some(high), Some(low)) = (hex_digit(pair[0]), hex_digit(pair[1])) else { return WireId::Wrong(IdFault::NotHex) };
            *byte = high << 4 | low;
        }
        WireId::Present(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_in_any_case_and_faults_told_apart() {
        let check = |text: &str, id: WireId<8>| assert_eq!(WireId::<8>::from_hex(Text::plain(text.as_bytes())), id, "{text}");
        check("", WireId::Absent);
        check("00f067AA0ba902b7", WireId::Present([0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]));
        check("00f067aa0ba902bx", WireId::Wrong(IdFault::NotHex));
        check("APBnqgupArc=", WireId::Wrong(IdFault::Base64));
        check("00f067aa0ba9", WireId::Wrong(IdFault::Base64));
        check("00f067", WireId::Wrong(IdFault::Length));
        let trace = WireId::<16>::from_hex(Text::plain(b"S/kvNXezTaajzpKdDg5HNg=="));
        assert_eq!(trace, WireId::Wrong(IdFault::Base64));
        assert_eq!(WireId::<8>::from_bytes(&[1]), WireId::Wrong(IdFault::Length));
    }
}

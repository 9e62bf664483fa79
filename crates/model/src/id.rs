//! Identities: environments, traces and spans, in every spelling they arrive in.

use sha2::{Digest, Sha256};
use std::fmt;

/// An environment's number in the catalog. 1 is `local`, which exists from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvironmentId(pub u32);

impl EnvironmentId {
    /// The environment that exists from the start.
    pub const LOCAL: EnvironmentId = EnvironmentId(1);
}

/// A trace's 128 bits. Never all zero. Shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId([u8; 16]);

/// A span's 64 bits. Never all zero. Shown as 16 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId([u8; 8]);

impl TraceId {
    /// The id, unless all bytes are zero (which W3C and OTLP declare invalid).
    pub fn new(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// The raw bytes, most significant first.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads any known spelling: 32 or 16 hex digits in either case, X-Ray's `1-8hex-24hex`, a dashed UUID.
    /// 16 digits are padded with zeros on the left. `None` when the text is none of these or is zero.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.strip_prefix("1-") {
            Some(rest) if text.len() == 35 && rest.as_bytes().get(8) == Some(&b'-') => rest,
            _ => text,
        };
        let mut digits = [0u8; 32];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| *byte != b'-') {
            *digits.get_mut(count)? = hex_digit(byte)?;
            count += 1;
        }
        let dashes = text.len() - count;
        if !(count == 32 && matches!(dashes, 0 | 1 | 4) || count == 16 && dashes == 0) {
            return None;
        }
        digits.copy_within(0..count, 32 - count);
        digits[..32 - count].fill(0);
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Self::new(bytes)
    }

    /// [`Self::parse`], and for any other text the leading bytes of its SHA-256, so that every text names one id.
    pub fn from_text(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| {
            let hash = Sha256::digest(text.as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&hash[..16]);
            Self(bytes)
        })
    }
}

impl SpanId {
    /// The id, unless all bytes are zero.
    pub fn new(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }

    /// The raw bytes, most significant first.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// Its 16 lower-case hex digits.
    pub fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[b"0123456789abcdef"[usize::from(byte >> 4)], b"0123456789abcdef"[usize::from(byte & 15)]]);
        }
        digits
    }

    /// Reads 16 hex digits in either case; `None` for anything else and for zero.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        if text.len() != 16 {
            return None;
        }
        let mut bytes = [0; 8];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Self::new(bytes)
    }

    /// [`Self::parse`], and for any other text the leading bytes of its SHA-256.
    pub fn from_text(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| {
            let hash = Sha256::digest(text.as_bytes());
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&hash[..8]);
            Self(bytes)
        })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).expect("digits are ASCII"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The dataset's slug: lower case, every run of characters outside `[a-z0-9_.~-]` becomes one `-`.
pub fn dataset_slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    let mut in_run = false;
    for character in name.chars().flat_map(char::to_lowercase) {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '~' | '-');
        if plain {
            slug.push(character);
        } else if !in_run {
            slug.push('-');
        }
        in_run = !plain;
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_trace_id_is_one_id() {
        let id = TraceId::parse("5759e988bd862e3fe1be46a994272793").unwrap();
        for spelling in [
            "5759E988BD862E3FE1BE46A994272793",
            "1-5759e988-bd862e3fe1be46a994272793",
            "5759e988-bd86-2e3f-e1be-46a994272793",
            " 5759e988bd862e3fe1be46a994272793 ",
        ] {
            assert_eq!(TraceId::parse(spelling), Some(id), "{spelling}");
        }
        assert_eq!(TraceId::parse("e1be46a994272793").unwrap().to_string(), "0000000000000000e1be46a994272793");
        for wrong in ["", "0", "00000000000000000000000000000000", "xyz", "e1be46a99427279", "1-5759e988bd862e3fe1be46a994272793"] {
            assert_eq!(TraceId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(TraceId::from_text("my trace"), TraceId::from_text("my trace"));
        assert_ne!(TraceId::from_text("my trace"), TraceId::from_text("my trace 2"));
    }

    #[test]
    fn slugs() {
        assert_eq!(dataset_slug("My Service / α"), "my-service-");
        assert_eq!(dataset_slug("cart_v1.2~x-y"), "cart_v1.2~x-y");
    }
}

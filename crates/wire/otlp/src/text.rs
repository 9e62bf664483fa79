//! Text and bytes as they stand in a body: borrowed, decoded only when read.

use crate::json::Node;

/// Text as it stands in a body. Nothing is checked or unescaped before it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    raw: &'a [u8],
    is_escaped: bool,
}

/// Text that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read<'a> {
    /// The text.
    pub text: &'a str,
    /// Whether some of it was not Unicode and now is U+FFFD.
    pub is_repaired: bool,
}

/// Bytes as they stand in a body.
#[derive(Debug, Clone, Copy)]
pub enum Blob<'a> {
    /// Protobuf's bytes.
    Raw(&'a [u8]),
    /// Base64, standard or URL-safe, padded or not; known to be well formed.
    Base64(&'a [u8]),
    /// The object `{"0":1,"1":255}` that the JavaScript exporters of 2023 made of a byte array.
    Numbered(Numbered<'a>),
}

/// See [`Blob::Numbered`].
#[derive(Debug, Clone, Copy)]
pub struct Numbered<'a>(pub(crate) Node<'a>);

// === impl Text ===

impl<'a> Text<'a> {
    pub(crate) fn plain(raw: &'a [u8]) -> Self {
        Self { raw, is_escaped: false }
    }

    pub(crate) fn escaped(raw: &'a [u8]) -> Self {
        Self { raw, is_escaped: true }
    }

    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }

    pub(crate) fn is_escaped(self) -> bool {
        self.is_escaped
    }

    /// Whether it is the empty text.
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The text. `scratch` is overwritten only when the text is escaped or not UTF-8, so that reading allocates nothing once
    /// `scratch` has grown.
    #[inline]
    pub fn read<'s>(self, scratch: &'s mut String) -> Read<'s>
    where
        'a: 's,
    {
        match (self.is_escaped, std::str::from_utf8(self.raw)) {
            (false, Ok(text)) => Read { text, is_repaired: false },
            _ => self.decode(scratch),
        }
    }

    #[cold]
    fn decode<'s>(self, scratch: &'s mut String) -> Read<'s>
    where
        'a: 's,
    {
        scratch.clear();
        let is_repaired = if self.is_escaped { unescape(self.raw, scratch) } else { push_lossy(self.raw, scratch) };
        Read { text: scratch, is_repaired }
    }
}

/// Appends bytes as text; whether some had to be replaced by U+FFFD.
fn push_lossy(raw: &[u8], out: &mut String) -> bool {
    let mut is_repaired = false;
    for chunk in raw.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
            is_repaired = true;
        }
    }
    is_repaired
}

/// Appends the content of a JSON string whose escapes the tokenizer has checked.
fn unescape(mut raw: &[u8], out: &mut String) -> bool {
    let mut is_repaired = false;
    while let Some(position) = memchr::memchr(b'\\', raw) {
        is_repaired |= push_lossy(&raw[..position], out);
        let letter = raw[position + 1];
        raw = &raw[position + 2..];
        match letter {
            b'n' => out.push('\n'),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let (character, used) = code_point(raw);
                is_repaired |= character.is_none();
                out.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                raw = &raw[used..];
            }
            itself => out.push(itself.into()),
        }
    }
    is_repaired | push_lossy(raw, out)
}

/// The character of `XXXX` or of the surrogate pair `XXXX\uXXXX`, and how many bytes it took.
fn code_point(raw: &[u8]) -> (Option<char>, usize) {
    let first = hex4(raw).unwrap_or(0xdc00);
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first), 4.min(raw.len()));
    }
    let second = raw.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(hex4).filter(|low| (0xdc00..0xe000).contains(low));
    match second {
        Some(low) => (char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)), 10),
        None => (None, 4),
    }
}

fn hex4(raw: &[u8]) -> Option<u32> {
    raw.get(..4)?.iter().try_fold(0, |value, byte| Some(value << 4 | u32::from(hex_digit(*byte)?)))
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

// === impl Blob ===

impl Blob<'_> {
    /// Replaces `out` by the bytes.
    pub fn read(&self, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Blob::Raw(bytes) => out.extend_from_slice(bytes),
            Blob::Base64(text) => decode_base64(text, out),
            Blob::Numbered(Numbered(object)) => out.extend(object.members().map(|(_, byte)| byte.byte())),
        }
    }
}

fn base64_digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(digit.into())
}

fn without_padding(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"=").unwrap_or(text);
    text.strip_suffix(b"=").unwrap_or(text)
}

/// Whether text is base64 in any of its common forms.
pub(crate) fn is_base64(text: &[u8]) -> bool {
    let text = without_padding(text);
    text.len() % 4 != 1 && text.iter().all(|byte| base64_digit(*byte).is_some())
}

fn decode_base64(text: &[u8], out: &mut Vec<u8>) {
    for group in without_padding(text).chunks(4) {
        let bits = group.iter().fold(0, |bits, byte| bits << 6 | base64_digit(*byte).unwrap_or(0));
        let bytes = (bits << (6 * (4 - group.len()))).to_be_bytes();
        out.extend_from_slice(&bytes[1..group.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_repairs() {
        let check = |raw: &[u8], text: &str, is_repaired| {
            let mut scratch = String::new();
            assert_eq!(Text::escaped(raw).read(&mut scratch), Read { text, is_repaired }, "{raw:?}");
        };
        check(br#"a\"\\\/\b\f\n\r\tz"#, "a\"\\/\u{8}\u{c}\n\r\tz", false);
        check(br"\u00e4\u20AC", "ä€", false);
        check(br"\ud83d\ude00!", "😀!", false);
        check(br"\ud83d!", "\u{fffd}!", true);
        check(br"\ude00", "\u{fffd}", true);
        check(br"\ud83d\u0041", "\u{fffd}A", true);
        check(b"\\n\xff", "\n\u{fffd}", true);
        let mut scratch = String::new();
        assert_eq!(Text::plain(b"a\xc3(").read(&mut scratch), Read { text: "a\u{fffd}(", is_repaired: true });
        assert_eq!(Text::plain("ä\\n".as_bytes()).read(&mut scratch), Read { text: "ä\\n", is_repaired: false });
    }

    #[test]
    fn base64_in_all_its_forms() {
        let check = |text: &[u8], bytes: &[u8]| {
            let mut out = Vec::new();
            assert!(is_base64(text));
            Blob::Base64(text).read(&mut out);
            assert_eq!(out, bytes, "{text:?}");
        };
        check(b"", b"");
        check(b"aGVsbG8=", b"hello");
        check(b"aGVsbG8", b"hello");
        check(b"aGVsbA==", b"hell");
        check(b"-_-_", &[0xfb, 0xff, 0xbf]);
        check(b"+/+/", &[0xfb, 0xff, 0xbf]);
        assert!(!is_base64(b"a") && !is_base64(b"a b=") && !is_base64(b"===="));
    }
}

//! Percent-encoding, of paths, queries and gRPC messages.

/// Decodes `%XX`. Bytes that are not UTF-8 afterwards become U+FFFD; a `%` without two hex digits stays.
pub fn decode(text: &str) -> String {
    if text.contains('%') { String::from_utf8_lossy(&decode_bytes(text)).into_owned() } else { text.to_owned() }
}

/// Decodes one part of a query: `+` is a blank, then as [`decode`].
pub fn decode_form(text: &str) -> String {
    decode(&text.replace('+', " "))
}

/// Encodes one segment of a path or one part of a query: everything but `A-Z a-z 0-9 - . _ ~`.
pub fn encode(text: &str) -> String {
    encode_unless(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// Encodes a `grpc-message`: printable ASCII but `%` stays.
pub fn encode_grpc_message(text: &str) -> String {
    encode_unless(text, |byte| (0x20..=0x7e).contains(&byte) && byte != b'%')
}

fn encode_unless(text: &str, stays: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

fn decode_bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (plain, encoded) in [("a b/ü%", "a%20b%2F%C3%BC%25"), ("", ""), ("Az09-._~", "Az09-._~")] {
            assert_eq!(encode(plain), encoded);
            assert_eq!(decode(encoded), plain);
        }
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%ff"), "\u{fffd}");
        assert_eq!(decode_form("a+b%2B"), "a b+");
        assert_eq!(encode_grpc_message("50% of 'ü'\n"), "50%25 of '%C3%BC'%0A");
    }
}

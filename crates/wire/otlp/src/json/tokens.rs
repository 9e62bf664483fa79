//! JSON text to a flat list of tokens: one pass, no copies, every syntax error with its offset.
//!
//! A list rather than a stream of calls, because a member may come twice and then the last one holds, and because a resource
//! must be known before the scopes that may stand before it. A token is twelve bytes and stands for at least two of the body.

use crate::error::WireError;

/// Levels of arrays and objects that are read.
pub(crate) const DEPTH: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    /// Text without escapes; the token spans what stands between the quotes.
    Plain,
    /// Text with escapes, all of them well formed.
    Escaped,
    Array,
    /// Members follow as a name token and a value each.
    Object,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub kind: Kind,
    /// First byte of the value; of text, the first behind the quote.
    pub start: u32,
    /// One past the last byte. Of arrays and objects: the index of the token that follows the last one inside.
    pub end: u32,
}

/// Reads one JSON text, which may be preceded by a byte order mark.
pub(crate) fn tokenize(body: &[u8]) -> Result<Vec<Token>, WireError> {
    if u32::try_from(body.len()).is_err() {
        return Err(WireError::TooLarge { reason: "a JSON body of 4 GiB or more cannot be read".to_owned() });
    }
    let start = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = Tokenizer { body, position: start, depth: 0, tokens: Vec::with_capacity(body.len() / 16) };
    reader.value()?;
    match reader.peek() {
        None => Ok(reader.tokens),
        Some(_) => Err(reader.unexpected("the end of the text")),
    }
}

struct Tokenizer<'a> {
    body: &'a [u8],
    position: usize,
    depth: usize,
    tokens: Vec<Token>,
}

impl Tokenizer<'_> {
    fn value(&mut self) -> Result<(), WireError> {
        match self.peek() {
            Some(b'"') => self.text(),
            Some(b'{') => self.container(Kind::Object, b'}'),
            Some(b'[') => self.container(Kind::Array, b']'),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Kind::True),
            Some(b'f') => self.literal(b"false", Kind::False),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn container(&mut self, kind: Kind, close: u8) -> Result<(), WireError> {
        if self.depth == DEPTH {
            return Err(WireError::TooDeep { limit: DEPTH, offset: self.position });
        }
        self.depth += 1;
        let index = self.tokens.len();
        self.push(kind, self.position, 0);
        self.position += 1;
        if self.peek() == Some(close) {
            self.position += 1;
        } else {
            self.contents(kind, close)?;
        }
        self.tokens[index].end = self.tokens.len() as u32;
        self.depth -= 1;
        Ok(())
    }

    fn contents(&mut self, kind: Kind, close: u8) -> Result<(), WireError> {
        loop {
            if kind == Kind::Object {
                match self.peek() {
                    Some(b'"') => self.text()?,
                    _ => return Err(self.unexpected("a member's name")),
                }
                match self.peek() {
                    Some(b':') => self.position += 1,
                    _ => return Err(self.unexpected("':'")),
                }
            }
            self.value()?;
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(byte) if byte == close => {
                    self.position += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected(if close == b'}' { "',' or '}'" } else { "',' or ']'" })),
            }
        }
    }

    fn text(&mut self) -> Result<(), WireError> {
        let start = self.position + 1;
        let mut kind = Kind::Plain;
        let mut position = start;
        loop {
            let Some(found) = memchr::memchr2(b'"', b'\\', &self.body[position..]) else {
                return Err(WireError::malformed("a string without its closing quote", start - 1));
            };
            position += found;
            if self.body[position] == b'"' {
                break;
            }
            kind = Kind::Escaped;
            position += match self.body.get(position + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                Some(b'u') if is_hex4(self.body.get(position + 2..position + 6)) => 6,
                _ => return Err(WireError::malformed("an unknown escape in a string", position)),
            };
        }
        self.push(kind, start, position);
        self.position = position + 1;
        Ok(())
    }

    fn number(&mut self) -> Result<(), WireError> {
        let start = self.position;
        if self.byte() == Some(b'-') {
            self.position += 1;
        }
        let leading_zero = self.byte() == Some(b'0');
        let integer = self.digits();
        if integer == 0 || leading_zero && integer > 1 {
            return Err(WireError::malformed("not a number", start));
        }
        if self.byte() == Some(b'.') {
            self.position += 1;
            if self.digits() == 0 {
                return Err(WireError::malformed("a number without digits behind its point", start));
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            if self.digits() == 0 {
                return Err(WireError::malformed("a number without digits in its exponent", start));
            }
        }
        self.push(Kind::Number, start, self.position);
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.position;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        self.position - start
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<(), WireError> {
        if !self.body[self.position..].starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.push(kind, self.position, self.position + word.len());
        self.position += word.len();
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start: start as u32, end: end as u32 });
    }

    fn byte(&self) -> Option<u8> {
        self.body.get(self.position).copied()
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.position += 1;
        }
        self.byte()
    }

    #[cold]
    fn unexpected(&self, expected: &str) -> WireError {
        let found = match self.byte() {
            None => "the end of the text".to_owned(),
            Some(byte) if byte.is_ascii_graphic() => format!("'{}'", byte as char),
            Some(byte) => format!("byte 0x{byte:02x}"),
        };
        WireError::malformed(format!("expected {expected}, found {found}"), self.position)
    }
}

fn is_hex4(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_know_where_they_end() {
        let tokens = tokenize(br#" {"a": [1, {}, "x\n"], "b": null} "#).unwrap();
        let kinds: Vec<_> = tokens.iter().map(|token| token.kind).collect();
        use Kind::*;
        assert_eq!(kinds, [Object, Plain, Array, Number, Object, Escaped, Plain, Null]);
        assert_eq!((tokens[0].end, tokens[2].end, tokens[4].end), (8, 6, 5));
    }

    #[test]
    fn errors_name_their_byte() {
        let check = |text: &str, message: &str| assert_eq!(tokenize(text.as_bytes()).unwrap_err().to_string(), message);
        check("", "expected a value, found the end of the text at byte 0");
        check("{\"a\" 1}", "expected ':', found '1' at byte 5");
        check("{\"a\":1,}", "expected a member's name, found '}' at byte 7");
        check("[1 2]", "expected ',' or ']', found '2' at byte 3");
        check("{} x", "expected the end of the text, found 'x' at byte 3");
        check("\"abc", "a string without its closing quote at byte 0");
        check("\"a\\x\"", "an unknown escape in a string at byte 2");
        check("\"\\u12g4\"", "an unknown escape in a string at byte 1");
        check("01", "not a number at byte 0");
        check("1.e1", "a number without digits behind its point at byte 0");
        check("1e+", "a number without digits in its exponent at byte 0");
        check("nul", "expected a value, found 'n' at byte 0");
        check("\u{1}", "expected a value, found byte 0x01 at byte 0");
        check(&"[".repeat(129), "nesting deeper than 128 at byte 128");
        assert!(tokenize(format!("{}{}", "[".repeat(128), "]".repeat(128)).as_bytes()).is_ok());
    }
}

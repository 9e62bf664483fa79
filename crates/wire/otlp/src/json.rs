//! OTLP/JSON: proto3 JSON with hex ids, read leniently (see the table in `json::walk`'s tests for every leniency).

pub(crate) mod items;
pub(crate) mod metrics;
pub(crate) mod scalar;
mod tokens;
pub(crate) mod value;
mod walk;

pub(crate) use tokens::Kind;
pub(crate) use walk::walk;

use crate::error::WireError;
use crate::text::Text;
use tokens::Token;

/// A JSON text that was read into tokens.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    body: &'a [u8],
    tokens: Vec<Token>,
}

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document<'a>,
    index: u32,
}

// === impl Document ===

impl<'a> Document<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, WireError> {
        Ok(Self { body, tokens: tokens::tokenize(body)? })
    }

    pub(crate) fn root(&'a self) -> Node<'a> {
        Node { document: self, index: 0 }
    }
}

// === impl Node ===

impl<'a> Node<'a> {
    fn token(self) -> Token {
        self.document.tokens[self.index as usize]
    }

    pub(crate) fn kind(self) -> Kind {
        self.token().kind
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The token behind this value and all that is in it.
    fn next(self) -> u32 {
        match self.kind() {
            Kind::Array | Kind::Object => self.token().end,
            _ => self.index + 1,
        }
    }

    /// The characters of a string, number or literal.
    fn raw_text(self) -> Text<'a> {
        let token = self.token();
        let raw = &self.document.body[token.start as usize..token.end as usize];
        if token.kind == Kind::Escaped { Text::escaped(raw) } else { Text::plain(raw) }
    }

    /// A text field. A bare number or truth value is taken by its characters.
    pub(crate) fn text(self, field: &str) -> Result<Text<'a>, WireError> {
        match self.kind() {
            Kind::Array | Kind::Object => Err(self.wrong(field, "text")),
            _ => Ok(self.raw_text()),
        }
    }

    /// One byte of a byte array that was sent as an object; 0 for what is none.
    pub(crate) fn byte(self) -> u8 {
        self.u64("").map_or(0, |byte| byte.min(255) as u8)
    }

    /// Fails unless the value is an object.
    pub(crate) fn object(self, field: &str) -> Result<Self, WireError> {
        if self.kind() == Kind::Object { Ok(self) } else { Err(self.wrong(field, "an object")) }
    }

    /// Fails unless the value is an array.
    pub(crate) fn array(self, field: &str) -> Result<Self, WireError> {
        if self.kind() == Kind::Array { Ok(self) } else { Err(self.wrong(field, "an array")) }
    }

    /// The members of an object that are not null, in the order sent.
    pub(crate) fn members(self) -> impl Iterator<Item = (Text<'a>, Node<'a>)> {
        let end = if self.kind() == Kind::Object { self.token().end } else { 0 };
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let name = Node { index, ..self };
                let value = Node { index: index + 1, ..self };
                index = value.next();
                (name.raw_text(), value)
            })
        })
        .filter(|(_, value)| !value.is_null())
    }

    /// The first value inside an array and the token behind its last one.
    pub(crate) fn inside(self) -> (u32, u32) {
        (self.index + 1, self.token().end)
    }

    /// The value at a token that [`Node::inside`] spans, and the token behind it.
    pub(crate) fn at(self, index: u32) -> (Node<'a>, u32) {
        let node = Node { index, ..self };
        (node, node.next())
    }

    #[cold]
    pub(crate) fn wrong(self, field: &str, expected: &str) -> WireError {
        WireError::malformed(format!("`{field}` is not {expected}"), self.token().start as usize)
    }
}

/// Matches a member's name as bytes; names with escapes are unescaped into `scratch` first.
pub(crate) fn name<'s, 'a: 's>(text: Text<'a>, scratch: &'s mut String) -> &'s [u8] {
    if text.is_escaped() { text.read(scratch).text.as_bytes() } else { text.raw() }
}

/// Appends `text` as a JSON string with its quotes, escaping only what JSON demands.
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..index]);
        plain_from = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(DIGITS[usize::from(control >> 4)].into());
                out.push(DIGITS[usize::from(control & 15)].into());
            }
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

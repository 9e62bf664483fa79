//! JSON as a tree that borrows from its text and keeps numbers as they were written.
//!
//! SDKs write more than JSON allows: Python's `json` prints `NaN` and `Infinity`, and half a surrogate pair comes out of a string that
//! was cut. Both are read. What is no JSON at all is refused, at its byte.

use std::borrow::Cow;

/// Levels of objects and arrays that are read; more are refused.
pub const DEPTH_MAX: usize = 128;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written; also `NaN`, `Infinity` and `-Infinity`.
    Number(&'a str),
    /// Text, unescaped.
    Str(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object's members as written; of two with one name the last one counts.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct JsonError {
    /// What stands in the way.
    pub what: &'static str,
    /// Where, from 0.
    pub offset: usize,
}

/// Reads a text of one value.
///
/// # Errors
/// When it is no JSON, is not UTF-8, is nested too deeply, or something follows.
pub fn parse(text: &[u8]) -> Result<Json<'_>, JsonError> {
    let mut reader = Reader::new(text)?;
    let value = reader.value(0)?;
    reader.end()?;
    Ok(value)
}

/// The texts of the values of which each is a document: the whole text, or the elements of the array that it is.
///
/// # Errors
/// As [`parse`].
pub fn documents(text: &[u8]) -> Result<Vec<&[u8]>, JsonError> {
    let mut reader = Reader::new(text)?;
    reader.blanks();
    if reader.peek() != Some(b'[') {
        let start = reader.at;
        reader.value(0)?;
        let end = reader.at;
        reader.end()?;
        return Ok(vec![&text[start..end]]);
    }
    let mut elements = Vec::new();
    reader.elements(|reader| {
        reader.blanks();
        let start = reader.at;
        reader.value(1)?;
        elements.push(&text[start..reader.at]);
        Ok(())
    })?;
    reader.end()?;
    Ok(elements)
}

impl<'a> Json<'a> {
    /// The member of an object; `None` when there is none, or it is `null`.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        let Json::Object(members) = self else { return None };
        members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Json::Null)
    }

    /// The members of an object, in their order; none of anything else.
    pub fn members(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none of anything else.
    pub fn elements(&self) -> &[Json<'a>] {
        match self {
            Json::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string that is not empty: SDKs write an empty one for what they do not know.
    pub fn filled(&self) -> Option<&str> {
        self.text().filter(|text| !text.is_empty())
    }

    /// A whole number, written as a number or as a string.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Json::Number(text) => text.parse().ok().or_else(|| {
                let number: f64 = text.parse().ok()?;
                (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
            }),
            Json::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        *self == Json::Bool(true)
    }

    /// Writes it as JSON text without blanks. What JSON cannot say (`NaN`) becomes a string.
    pub fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Json::Number(text) if is_plain_number(text) => out.push_str(text),
            Json::Number(text) => push_string(out, text),
            Json::Str(text) => push_string(out, text),
            Json::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    push_string(out, key);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn is_plain_number(text: &str) -> bool {
    text.bytes().last().is_some_and(|byte| byte.is_ascii_digit())
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                out.push_str("\\u00");
                out.extend([control as u32 >> 4, control as u32 & 15].map(|digit| char::from_digit(digit, 16).unwrap_or('0')));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Result<Self, JsonError> {
        match std::str::from_utf8(text) {
            Ok(text) => Ok(Self { text, at: 0 }),
            Err(error) => Err(JsonError { what: "text that is not UTF-8", offset: error.valid_up_to() }),
        }
    }

    fn fail<T>(&self, what: &'static str) -> Result<T, JsonError> {
        Err(JsonError { what, offset: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), JsonError> {
        self.blanks();
        if self.at == self.text.len() { Ok(()) } else { self.fail("something after the value") }
    }

    fn word(&mut self, word: &str) -> bool {
        let is_there = self.text[self.at..].starts_with(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.blanks();
        match self.peek() {
            Some(b'{' | b'[') if depth >= DEPTH_MAX => self.fail("more than 128 levels"),
            Some(b'{') => self.object(depth),
            Some(b'[') => {
                let mut elements = Vec::new();
                self.elements(|reader| {
                    elements.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::Array(elements))
            }
            Some(b'"') => self.string().map(Json::Str),
            Some(b't') if self.word("true") => Ok(Json::Bool(true)),
            Some(b'f') if self.word("false") => Ok(Json::Bool(false)),
            Some(b'n') if self.word("null") => Ok(Json::Null),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => self.number(),
            Some(_) => self.fail("no value"),
            None => self.fail("the end of the text where a value should be"),
        }
    }

    fn elements(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), JsonError>) -> Result<(), JsonError> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("no comma and no end of the array"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return self.fail("no name of a member");
            }
            let name = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return self.fail("no colon");
            }
            self.at += 1;
            members.push((name, self.value(depth + 1)?));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return self.fail("no comma and no end of the object"),
            }
        }
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        if self.word("NaN") || self.word("Infinity") || self.word("-Infinity") {
            return Ok(Json::Number(&self.text[start..self.at]));
        }
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
            return self.fail("a number that begins with 0");
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.fail("no digit") } else { Ok(self.at - start) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        let plain = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::from(&self.text[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return self.fail("a control character in a string"),
                None => return self.fail("a string without an end"),
            }
            text.push_str(self.plain());
        }
    }

    /// Text up to a quote, a backslash or a control character.
    fn plain(&mut self) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(byte) = self.peek() else { return self.fail("a string without an end") };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let is_high = (0xd800..0xdc00).contains(&first);
                let before = self.at;
                if is_high && self.word("\\u") {
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = before;
                }
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                self.at -= 1;
                return self.fail("an unknown escape");
            }
        })
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let unit = digits.and_then(|digits| digits.iter().try_fold(0, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)?)));
        match unit {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => self.fail("no four hex digits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match parse(text.as_bytes()) {
            Ok(value) => {
                let mut out = String::new();
                value.write(&mut out);
                out
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_what_sdks_write() {
        for (text, expected) in [
            (
                r#" {"a" : [1, -2.50e+1 ,true,false,null,"x\n\u00e9\ud83d\ude00"] , "a":{} } "#,
                r#"{"a":[1,-2.50e+1,true,false,null,"x\né😀"],"a":{}}"#,
            ),
            ("[NaN,Infinity,-Infinity]", r#"["NaN","Infinity","-Infinity"]"#),
            (r#""\ud83d cut""#, "\"\u{fffd} cut\""),
            (r#""\ud83d\u0041""#, "\"\u{fffd}A\""),
            (r#""\u001f\\\"\/""#, r#""\u001f\\\"/""#),
            ("", "the end of the text where a value should be at byte 0"),
            ("{\"a\":1,}", "no name of a member at byte 7"),
            ("[1 2]", "no comma and no end of the array at byte 3"),
            ("01", "a number that begins with 0 at byte 2"),
            ("1.", "no digit at byte 2"),
            ("tru", "no value at byte 0"),
            ("{} x", "something after the value at byte 3"),
            ("\"a\nb\"", "a control character in a string at byte 2"),
            (r#""\x""#, "an unknown escape at byte 2"),
            (r#""\u12"#, "no four hex digits at byte 3"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err().what, "text that is not UTF-8");
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(parse(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err().what, "more than 128 levels");
        assert!(parse("[".repeat(1 << 20).as_bytes()).is_err());
    }

    #[test]
    fn the_last_of_two_members_counts_and_null_is_absent() {
        let tree = parse(br#"{"a":1,"a":"2","b":null,"c":" 3 "}"#).unwrap();
        assert_eq!((tree.get("a").and_then(Json::text), tree.get("b"), tree.get("c").and_then(Json::integer)), (Some("2"), None, Some(3)));
    }

    #[test]
    fn an_array_is_several_documents() {
        let texts = |text: &'static [u8]| {
            documents(text).map(|texts| texts.into_iter().map(|text| std::str::from_utf8(text).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(texts(b" {\"a\": 1} ").unwrap(), ["{\"a\": 1}"]);
        assert_eq!(texts(b"[ {\"a\" : 1},\n[2] ]").unwrap(), ["{\"a\" : 1}", "[2]"]);
        assert_eq!(texts(b" [ ] ").unwrap(), [""; 0]);
        assert!(texts(b"[{}").is_err());
    }
}

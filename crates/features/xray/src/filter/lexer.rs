//! Expressions cut into tokens.

use super::FilterError;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// Quoted.
    Text(String),
    /// A number.
    Number(f64),
    /// A name, as written.
    Name(String),
    /// `annotation[...]`.
    Bracketed(String),
    /// Punctuation or an operator.
    Sign(&'static str),
    /// `#` and the JSON after it.
    Json(serde_json::Value),
    /// Nothing more.
    End,
}

/// A token and the character at which it begins, from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    pub position: usize,
}

const SIGNS: [&str; 17] = ["!=", "<=", ">=", "&&", "||", "=", "<", ">", "!", "(", ")", "{", "}", ",", ":", "[", "]"];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, FilterError> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Placed>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn position(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn fail<T>(&self, at: usize, expected: &str, found: impl Into<String>) -> Result<T, FilterError> {
        Err(FilterError { position: self.position(at), expected: expected.to_owned(), found: found.into() })
    }

    fn push(&mut self, token: Token, start: usize) {
        let position = self.position(start);
        self.tokens.push(Placed { token, position });
    }

    fn next(&mut self) -> Result<bool, FilterError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.push(Token::End, start);
            return Ok(false);
        };
        // Shells deliver `service(\"x\")` with the backslashes in it.
        if first == '\\' && rest[1..].starts_with(['"', '\'']) {
            self.at += 1;
            return Ok(true);
        }
        if first == '"' || first == '\'' {
            let text = self.quoted(first)?;
            self.push(Token::Text(text), start);
        } else if first == '#' {
            self.json()?;
        } else if first.is_ascii_digit() || (matches!(first, '.' | '-') && self.is_number(first)) {
            self.number()?;
        } else if is_name_start(first) {
            self.name()?;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.at += sign.len();
            self.push(Token::Sign(sign), start);
        } else {
            return self.fail(start, "a keyword, an operator or a value", format!("`{first}`"));
        }
        Ok(true)
    }

    fn is_number(&self, first: char) -> bool {
        let mut rest = self.rest()[first.len_utf8()..].chars();
        match rest.next() {
            Some('.') if first == '-' => rest.next().is_some_and(|next| next.is_ascii_digit()),
            next => next.is_some_and(|next| next.is_ascii_digit()),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, FilterError> {
        let start = self.at;
        // Where a shell has put a backslash before the quote that opens, it has put one before the quote that closes.
        let is_escaped = self.text[..start].ends_with('\\');
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            let next = self.rest().chars().next();
            match (character, next) {
                ('\\', Some(next)) if is_escaped && next == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                ('\\', Some(next)) if next == '\\' || next == '"' || next == '\'' => {
                    self.at += 1;
                    text.push(next);
                }
                (character, _) if character == quote => return Ok(text),
                (character, _) => text.push(character),
            }
        }
        self.fail(start, "a closing quote", "the end of the expression")
    }

    fn number(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut at = digits(start + usize::from(bytes[start] == b'-'));
        if bytes.get(at) == Some(&b'.') {
            at = digits(at + 1);
        }
        if bytes.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'e')) {
            let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            let end = digits(at + 1 + sign);
            at = if end > at + 1 + sign { end } else { at };
        }
        self.at = at;
        match self.text[start..at].parse::<f64>() {
            Ok(number) if !self.rest().starts_with(is_name_start) => {
                self.push(Token::Number(number), start);
                Ok(())
            }
            _ => self.fail(start, "a number", format!("`{}`", word_at(&self.text[start..]))),
        }
    }

    fn name(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        let rest = self.rest();
        // A colon is part of a name only where another part of the name follows at once: `id(name:"x")` is a name and a sign.
        let mut end = 0;
        for (place, character) in rest.char_indices() {
            let next = rest[place + character.len_utf8()..].chars().next();
            let goes_on = character == ':' && next.is_some_and(|next| is_name_start(next) || next == ':');
            if !(is_name_part(character) || goes_on) {
                break;
            }
            end = place + character.len_utf8();
        }
        let name = rest[..end].to_owned();
        self.at += end;
        if name.eq_ignore_ascii_case("annotation") && self.rest().starts_with('[') {
            let Some(length) = self.rest()[1..].find(']') else {
                return self.fail(self.at, "`]` after the annotation's name", "the end of the expression");
            };
            let key = self.rest()[1..=length].to_owned();
            if key.is_empty() {
                return self.fail(self.at + 1, "the annotation's name", "`]`");
            }
            self.at += length + 2;
            self.push(Token::Bracketed(key), start);
            return Ok(());
        }
        self.push(Token::Name(name), start);
        Ok(())
    }

    fn json(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        self.at += 1;
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<serde_json::Value>();
        match values.next() {
            Some(Ok(value @ serde_json::Value::Array(_))) => {
                self.at += values.byte_offset();
                self.push(Token::Json(value), start);
                Ok(())
            }
            _ => self.fail(start + 1, "a JSON array", format!("`{}`", word_at(&self.text[start + 1..]))),
        }
    }
}

fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn is_name_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_.-".contains(character)
}

/// The beginning of a text, for messages.
fn word_at(text: &str) -> String {
    text.chars().take_while(|character| !character.is_whitespace()).take(32).collect()
}

//! Expressions to tokens.

use super::ExpressionError;

/// The next piece of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a word.
    Word(String),
    /// The name of a column, as it stands behind `$`.
    Column(String),
    /// Digits, perhaps with a point and an exponent; without a sign.
    Number(String),
    Text(String),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    /// A character that begins nothing.
    Other,
    End,
}

/// Longer ones first.
const SYMBOLS: [&str; 15] = ["!=", "<=", ">=", "!", "*", "/", "%", "-", "+", "<", ">", "=", "(", ")", ","];

/// Characters of an expression, read from some place on.
pub(super) struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(characters: &'a [char], at: usize) -> Self {
        Self { characters, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    /// The next token and where it begins.
    pub fn next(&mut self) -> Result<(usize, Token), ExpressionError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.peek() else { return Ok((start, Token::End)) };
        let token = match first {
            '"' => Token::Text(self.string()?),
            '`' => Token::Text(self.raw_string()?),
            '$' => self.column()?,
            _ if first.is_ascii_digit() || (first == '.' && self.is_digit(start + 1)) => Token::Number(self.number()),
            _ if first.is_alphabetic() || first == '_' => Token::Word(self.take_while(|c| c.is_alphanumeric() || c == '_')),
            _ => {
                let rest = &self.characters[start..];
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.iter().copied().take(symbol.len()).eq(symbol.chars()));
                self.at += symbol.map_or(1, str::len);
                symbol.map_or(Token::Other, Token::Symbol)
            }
        };
        Ok((start, token))
    }

    fn is_digit(&self, at: usize) -> bool {
        self.characters.get(at).is_some_and(char::is_ascii_digit)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let taken: String = self.characters[self.at..].iter().copied().take_while(|character| wanted(*character)).collect();
        self.at += taken.chars().count();
        taken
    }

    fn number(&mut self) -> String {
        let mut number = self.take_while(|character| character.is_ascii_digit() || character == '.');
        let sign = usize::from(matches!(self.characters.get(self.at + 1), Some('+' | '-')));
        if matches!(self.peek(), Some('e' | 'E')) && self.is_digit(self.at + 1 + sign) {
            number.extend(&self.characters[self.at..=self.at + sign]);
            self.at += 1 + sign;
            number.push_str(&self.take_while(|character| character.is_ascii_digit()));
        }
        number
    }

    fn column(&mut self) -> Result<Token, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let name = match self.peek() {
            Some('"') => self.string()?,
            Some('`') => self.raw_string()?,
            _ => self.take_while(is_column_character),
        };
        if name.is_empty() || name == "=" {
            return Err(ExpressionError::at(start, "expected the name of a column after \"$\""));
        }
        Ok(Token::Column(name))
    }

    fn raw_string(&mut self) -> Result<String, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let text = self.take_while(|character| character != '`');
        if self.peek().is_none() {
            return Err(ExpressionError::at(start, "this back-quote is not closed"));
        }
        self.at += 1;
        Ok(text)
    }

    fn string(&mut self) -> Result<String, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(character) = self.peek() else { return Err(ExpressionError::at(start, "this quote is not closed")) };
            self.at += 1;
            match character {
                '"' => break,
                '\\' => self.escape(&mut bytes)?,
                other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        String::from_utf8(bytes).map_err(|_| ExpressionError::at(start, "the escapes of this string make no valid UTF-8"))
    }

    /// What an escape stands for; its backslash is taken.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ExpressionError> {
        let start = self.at - 1;
        let unknown = || {
            ExpressionError::at(
                start,
                "this escape is not known; there are \\a \\b \\f \\n \\r \\t \\v \\\\ \\\" \\' \\ooo \\xhh \\uhhhh \\Uhhhhhhhh",
            )
        };
        let character = self.peek().ok_or_else(unknown)?;
        let (digits, radix, skip) = match character {
            'x' => (2, 16, 1),
            'u' => (4, 16, 1),
            'U' => (8, 16, 1),
            '0'..='7' => (3, 8, 0),
            _ => {
                let byte = match character {
                    'a' => 0x07,
                    'b' => 0x08,
                    'f' => 0x0C,
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'v' => 0x0B,
                    '\\' => b'\\',
                    '"' => b'"',
                    '\'' => b'\'',
                    _ => return Err(unknown()),
                };
                self.at += 1;
                out.push(byte);
                return Ok(());
            }
        };
        let end = self.at + skip + digits;
        let text: String = self.characters.get(self.at + skip..end).ok_or_else(unknown)?.iter().collect();
        let number = Some(text).filter(|text| text.chars().all(|digit| digit.is_digit(radix)));
        let number = number.and_then(|text| u32::from_str_radix(&text, radix).ok()).ok_or_else(unknown)?;
        self.at = end;
        if matches!(character, 'u' | 'U') {
            let character = char::from_u32(number).ok_or_else(|| ExpressionError::at(start, "there is no character of this number"))?;
            out.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.push(u8::try_from(number).map_err(|_| unknown())?);
        }
        Ok(())
    }
}

/// Whether a character may stand in a column's name without quotes.
pub(super) fn is_column_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '/' | ':' | '=' | '+' | '?' | '-')
}

//! The characters of a query text, and the small things that are read of them.

use super::{is_column_character, is_reserved, is_word_character, may_begin_word};
use crate::error::{Place, Problem, QueryError};

pub(super) struct Scanner {
    characters: Vec<char>,
    /// Index of the next character.
    at: usize,
    /// The clause that is being read, for errors.
    pub clause: &'static str,
}

/// A value as it stands in the text.
pub(super) enum Raw {
    Bare(String),
    Quoted(String),
}

impl Scanner {
    pub fn new(text: &str) -> Self {
        let mut scanner = Self { characters: text.chars().collect(), at: 0, clause: "calculations" };
        scanner.skip_space();
        scanner
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// All characters, for what reads a part of them by itself.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// Goes on at an index.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub fn at_end(&self) -> bool {
        self.at == self.characters.len()
    }

    pub fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    /// An error at the next character.
    pub fn error(&self, message: impl Into<String>) -> QueryError {
        self.error_at(self.at, message)
    }

    pub fn error_at(&self, at: usize, message: impl Into<String>) -> QueryError {
        self.error_in(self.clause, at, message)
    }

    pub fn error_in(&self, clause: &'static str, at: usize, message: impl Into<String>) -> QueryError {
        QueryError { problem: Problem::Malformed, place: Place::Character { clause, position: at + 1 }, message: message.into() }
    }

    pub fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes one punctuation character, and the space behind it.
    pub fn take(&mut self, character: char) -> bool {
        let found = self.peek() == Some(character);
        if found {
            self.at += 1;
            self.skip_space();
        }
        found
    }

    /// Takes a keyword of one or two words in any case, and the space behind it.
    pub fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        for word in keyword.split(' ') {
            if !self.peek_word().eq_ignore_ascii_case(word) {
                self.at = before;
                return false;
            }
            self.at += word.len();
            self.skip_space();
        }
        true
    }

    /// The bare word that comes next, by the characters of columns; empty when there is none.
    pub fn peek_word(&self) -> String {
        self.characters[self.at..].iter().copied().take_while(|character| is_column_character(*character)).collect()
    }

    /// What comes next up to a blank.
    pub fn peek_until_space(&self) -> String {
        self.characters[self.at..].iter().copied().take_while(|character| !character.is_whitespace()).collect()
    }

    /// The last character that was read and is no blank.
    pub fn last_before_space(&self) -> Option<char> {
        self.characters[..self.at].iter().rev().copied().find(|character| !character.is_whitespace())
    }

    /// Takes the first of these symbols that comes next.
    pub fn symbol<T: Copy>(&mut self, symbols: &[(&str, T)]) -> Option<T> {
        let rest = &self.characters[self.at..];
        let (symbol, meaning) = symbols.iter().find(|(symbol, _)| rest.iter().copied().take(symbol.len()).eq(symbol.chars()))?;
        self.at += symbol.len();
        self.skip_space();
        Some(*meaning)
    }

    /// Takes a word that was peeked at.
    pub fn skip_word(&mut self, word: &str) {
        self.at += word.chars().count();
        self.skip_space();
    }

    /// Takes a column's name: a bare word that is not reserved, or anything in back-quotes. `what` it is goes into the error.
    pub fn name(&mut self, what: &str) -> Result<String, QueryError> {
        if self.peek() == Some('`') {
            return self.back_quoted();
        }
        let word = self.peek_word();
        if word.is_empty() {
            return Err(self.error(format!("expected {what}")));
        }
        if is_reserved(&word) {
            return Err(self.error(format!("expected {what}; \"{word}\" stands in back-quotes if it is meant")));
        }
        self.skip_word(&word);
        Ok(word)
    }

    fn back_quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        loop {
            match self.peek() {
                None => return Err(self.error_at(start, "this back-quote is not closed")),
                Some('`') if self.characters.get(self.at + 1) == Some(&'`') => {
                    name.push('`');
                    self.at += 2;
                }
                Some('`') => break,
                Some(other) => {
                    name.push(other);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        self.skip_space();
        if name.is_empty() { Err(self.error_at(start, "a name cannot be empty")) } else { Ok(name) }
    }

    /// Takes a value, quoted or bare; `expected` says in an error what should have come.
    pub fn value(&mut self, expected: &str) -> Result<Raw, QueryError> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote).map(Raw::Quoted),
            Some(first) if may_begin_word(first) => {
                let word: String =
                    self.characters[self.at..].iter().copied().take_while(|character| is_word_character(*character)).collect();
                if is_reserved(&word) {
                    return Err(self.error(format!("expected {expected}; \"{word}\" stands in quotes if it is meant")));
                }
                self.skip_word(&word);
                Ok(Raw::Bare(word))
            }
            _ => Err(self.error(format!("expected {expected}"))),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(character) = self.peek() else { return Err(self.error_at(start, "this quote is not closed")) };
            self.at += 1;
            match character {
                '\\' => text.push(self.escape()?),
                end if end == quote => break,
                other => text.push(other),
            }
        }
        self.skip_space();
        Ok(text)
    }

    /// The character that an escape stands for; its backslash is taken.
    fn escape(&mut self) -> Result<char, QueryError> {
        let start = self.at - 1;
        let escaped = self.peek();
        self.at += 1;
        match escaped {
            Some(character @ ('\\' | '"' | '\'')) => Ok(character),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') if self.peek() == Some('{') => {
                self.at += 1;
                let digits: String = self.characters[self.at..].iter().copied().take_while(char::is_ascii_hexdigit).take(7).collect();
                self.at += digits.len();
                let closed = self.peek() == Some('}');
                self.at += 1;
                let character = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                character.filter(|_| closed).ok_or_else(|| self.error_at(start, "expected \\u{...} with the number of a character"))
            }
            _ => Err(self.error_at(start, "this escape is not known; there are \\\\ \\\" \\n \\r \\t \\u{...}")),
        }
    }
}

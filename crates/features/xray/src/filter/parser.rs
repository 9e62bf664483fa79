//! Tokens to a filter.

use super::lexer::{Placed, Token, tokens};
use super::words::Place;
use super::{CauseKind, CausePart, DEPTH_MAX, Filter, FilterError, Keyword, LENGTH_MAX, Op, Selector, Value, Word};
use crate::groups::GroupKey;

/// Reads an expression. The empty one is about everything.
///
/// # Errors
/// [`FilterError`], with the character at which it cannot be read.
pub fn parse(text: &str) -> Result<Filter, FilterError> {
    if text.len() > LENGTH_MAX {
        let found = format!("{} bytes", text.len());
        return Err(FilterError { position: 1, expected: format!("an expression of at most {LENGTH_MAX} bytes"), found });
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Ok(Filter::All);
    }
    let filter = parser.or(Place::Trace)?;
    match parser.peek() {
        Token::End => Ok(filter),
        _ => parser.fail("an operator or the end of the expression"),
    }
}

const RESERVED: [&str; 5] = ["and", "or", "contains", "beginswith", "endswith"];

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn fail<T>(&self, expected: impl Into<String>) -> Result<T, FilterError> {
        let Placed { token, position } = &self.tokens[self.at];
        Err(FilterError { position: *position, expected: expected.into(), found: shown(token) })
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case(word))
    }

    fn accept(&mut self, sign: &str) -> bool {
        let is_there = self.is_sign(sign);
        if is_there {
            self.take();
        }
        is_there
    }

    fn need(&mut self, sign: &str) -> Result<(), FilterError> {
        if self.accept(sign) { Ok(()) } else { self.fail(format!("`{sign}`")) }
    }

    fn or(&mut self, place: Place) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(format!("at most {DEPTH_MAX} levels"));
        }
        let mut filters = vec![self.and(place)?];
        while self.is_word("or") || self.is_sign("||") {
            self.take();
            filters.push(self.and(place)?);
        }
        self.depth -= 1;
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn and(&mut self, place: Place) -> Result<Filter, FilterError> {
        let mut filters = vec![self.not(place)?];
        loop {
            if self.is_word("and") || self.is_sign("&&") {
                self.take();
            } else if !self.begins_another() {
                break;
            }
            filters.push(self.not(place)?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Every(filters) })
    }

    /// What stands beside something without a word between is meant to hold too.
    fn begins_another(&self) -> bool {
        match self.peek() {
            Token::Name(name) => !RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)),
            Token::Bracketed(_) => true,
            Token::Sign(sign) => matches!(*sign, "!" | "("),
            _ => false,
        }
    }

    fn not(&mut self, place: Place) -> Result<Filter, FilterError> {
        let mut is_negated = false;
        while self.accept("!") {
            is_negated = !is_negated;
        }
        let filter = self.primary(place)?;
        Ok(if is_negated { Filter::Not(Box::new(filter)) } else { filter })
    }

    fn primary(&mut self, place: Place) -> Result<Filter, FilterError> {
        if self.accept("(") {
            let filter = self.or(place)?;
            self.need(")")?;
            return Ok(filter);
        }
        let keyword = match self.peek() {
            Token::Name(name) if !RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) => name.clone(),
            Token::Bracketed(key) => {
                let keyword = Keyword::Annotation(key.clone());
                self.take();
                return self.comparison(keyword);
            }
            _ => return self.fail("a keyword, `(` or `!`"),
        };
        if place == Place::Trace
            && let Some(filter) = self.of_traces(&keyword.to_ascii_lowercase())?
        {
            return Ok(filter);
        }
        let keyword = match keyword.get(..11) {
            Some(head) if head.eq_ignore_ascii_case("annotation.") && keyword.len() > 11 && !place.is_of_causes() => {
                Keyword::Annotation(keyword[11..].to_owned())
            }
            _ => match Word::find(&keyword, place) {
                Some(word) => Keyword::Word(word),
                None => return self.fail(format!("a keyword ({}{})", Word::list(place), place.also())),
            },
        };
        self.take();
        self.comparison(keyword)
    }

    /// What is said of whole traces alone.
    fn of_traces(&mut self, keyword: &str) -> Result<Option<Filter>, FilterError> {
        let filter = match keyword {
            "service" => {
                self.take();
                self.need("(")?;
                let which = self.selector()?;
                self.need(")")?;
                Filter::Service { which, block: self.block(Place::Segment)? }
            }
            "edge" => {
                self.take();
                self.need("(")?;
                let from = self.selector()?;
                let to = if self.accept(",") { self.selector()? } else { None };
                self.need(")")?;
                Filter::Edge { from, to, block: self.block(Place::Segment)? }
            }
            "group.name" | "group.arn" => {
                self.take();
                self.need("=")?;
                let Token::Text(text) = self.peek().clone() else { return self.fail("a group in quotes") };
                self.take();
                Filter::Group(if keyword == "group.name" { GroupKey::Name(text) } else { GroupKey::Arn(text) })
            }
            "rootcause.json" => {
                self.take();
                self.need("=")?;
                let Token::Json(json) = self.peek().clone() else { return self.fail("`#` and a JSON array") };
                self.take();
                Filter::RootCauseJson(json)
            }
            other => match other.strip_prefix("rootcause.") {
                Some(rest) => self.root_cause(rest)?,
                None => return Ok(None),
            },
        };
        Ok(Some(filter))
    }

    fn root_cause(&mut self, rest: &str) -> Result<Filter, FilterError> {
        let (kind, part) = rest.split_once('.').unwrap_or((rest, ""));
        let kind = match kind {
            "fault" => CauseKind::Fault,
            "error" => CauseKind::Error,
            "responsetime" => CauseKind::ResponseTime,
            _ => return self.fail("rootcause.fault, rootcause.error, rootcause.responsetime or rootcause.json"),
        };
        let (part, place) = match part {
            "service" => (CausePart::Service, Place::CauseService),
            "entity" => (CausePart::Entity, Place::CauseEntity),
            "exception" if kind != CauseKind::ResponseTime => (CausePart::Exception, Place::CauseException),
            _ => return self.fail(".service, .entity or (of faults and errors) .exception"),
        };
        self.take();
        Ok(Filter::RootCause { kind, part, block: self.block(place)? })
    }

    fn block(&mut self, place: Place) -> Result<Option<Box<Filter>>, FilterError> {
        if !self.accept("{") || self.accept("}") {
            return Ok(None);
        }
        let filter = self.or(place)?;
        self.need("}")?;
        Ok(Some(Box::new(filter)))
    }

    fn selector(&mut self) -> Result<Option<Selector>, FilterError> {
        match self.peek().clone() {
            Token::Text(name) => {
                self.take();
                Ok(Some(Selector { name: Some(name), ..Selector::default() }))
            }
            Token::Name(word) if word.eq_ignore_ascii_case("id") => {
                self.take();
                self.need("(")?;
                let mut selector = Selector::default();
                while !self.is_sign(")") {
                    self.id_argument(&mut selector)?;
                    if !self.accept(",") {
                        break;
                    }
                }
                self.need(")")?;
                Ok(Some(selector))
            }
            Token::Sign(")" | ",") => Ok(None),
            _ => self.fail("a service in quotes, id(...) or `)`"),
        }
    }

    fn id_argument(&mut self, selector: &mut Selector) -> Result<(), FilterError> {
        let name = match self.peek() {
            Token::Name(name) => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        let member = match name.as_str() {
            "name" => &mut selector.name,
            "type" => &mut selector.kind,
            "account.id" => &mut selector.account_id,
            _ => return self.fail("name, type or account.id"),
        };
        self.take();
        self.need(":")?;
        let Token::Text(text) = self.peek().clone() else { return self.fail("a value in quotes") };
        self.take();
        *member = Some(text);
        Ok(())
    }

    fn comparison(&mut self, keyword: Keyword) -> Result<Filter, FilterError> {
        let op = match self.peek() {
            Token::Sign("=") => Op::Equal,
            Token::Sign("!=") => Op::NotEqual,
            Token::Sign("<") => Op::Less,
            Token::Sign("<=") => Op::AtMost,
            Token::Sign(">") => Op::Greater,
            Token::Sign(">=") => Op::AtLeast,
            Token::Name(name) if name.eq_ignore_ascii_case("contains") => Op::Contains,
            Token::Name(name) if name.eq_ignore_ascii_case("beginswith") => Op::BeginsWith,
            Token::Name(name) if name.eq_ignore_ascii_case("endswith") => Op::EndsWith,
            _ => return Ok(Filter::Compare { keyword, with: None }),
        };
        self.take();
        let value = match self.peek().clone() {
            Token::Text(text) => Value::Text(text),
            Token::Number(number) => Value::Number(number),
            Token::Name(name) if name.eq_ignore_ascii_case("true") => Value::Bool(true),
            Token::Name(name) if name.eq_ignore_ascii_case("false") => Value::Bool(false),
            Token::Name(name) if !RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) => Value::Text(name),
            _ => return self.fail("a value"),
        };
        self.take();
        Ok(Filter::Compare { keyword, with: Some((op, value)) })
    }
}

impl Place {
    fn is_of_causes(self) -> bool {
        matches!(self, Place::CauseService | Place::CauseEntity | Place::CauseException)
    }

    /// What else may stand there, for messages.
    fn also(self) -> &'static str {
        match self {
            Place::Trace => ", annotation.NAME, service(...), edge(...), rootcause..., group.name",
            Place::Segment => ", annotation.NAME",
            _ => "",
        }
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Text(text) => format!("\"{text}\""),
        Token::Number(number) => format!("`{number}`"),
        Token::Name(name) => format!("`{name}`"),
        Token::Bracketed(key) => format!("`annotation[{key}]`"),
        Token::Sign(sign) => format!("`{sign}`"),
        Token::Json(_) => "JSON".to_owned(),
        Token::End => "the end of the expression".to_owned(),
    }
}

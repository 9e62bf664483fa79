//! Text to expression.

use super::function::METRICS_ONLY;
use super::lex::{Lexer, Token};
use super::{DEPTH_MAX, EXPRESSION_MAX, Expression, ExpressionError, Function, Input, Node, PATTERNS_MAX, Pattern};
use crate::plan::Column;
use glasshive_model::Value;

pub(super) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let characters: Vec<char> = text.chars().take(EXPRESSION_MAX + 1).collect();
    if characters.len() > EXPRESSION_MAX {
        return Err(ExpressionError::at(EXPRESSION_MAX, too_long()));
    }
    let (expression, end) = parse_at(&characters, 0)?;
    if end < characters.len() {
        return Err(ExpressionError::at(end, "expected an operator or the end"));
    }
    Ok(expression)
}

/// Reads an expression that begins at an index into the characters and ends where it can go on no further; gives also the index
/// of what comes next.
pub(crate) fn parse_at(characters: &[char], at: usize) -> Result<(Expression, usize), ExpressionError> {
    let mut parser = Parser {
        lexer: Lexer::new(characters, at),
        next: (at, Token::End),
        start: at,
        end: at,
        levels: 0,
        patterns: 0,
        inputs: Vec::new(),
    };
    parser.advance()?;
    parser.start = parser.next.0;
    let root = parser.level(0)?.node;
    let (start, next) = (parser.start, parser.next.0);
    let expression = Expression { root, inputs: parser.inputs, patterns: parser.patterns };
    // What is printed must read back.
    if expression.to_string().chars().count() > EXPRESSION_MAX {
        let message = format!("{}, and has more with blanks round its operators", too_long());
        return Err(ExpressionError::at(start, message));
    }
    Ok((expression, next))
}

fn too_long() -> String {
    format!("an expression may have at most {EXPRESSION_MAX} characters")
}

fn too_deep() -> String {
    format!("an expression may be {DEPTH_MAX} levels deep")
}

/// What is said of more regular expressions than a question may have.
pub(crate) fn too_many_patterns() -> String {
    format!("the calculated fields of a query may have at most {PATTERNS_MAX} regular expressions")
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// What comes next, and where it begins.
    next: (usize, Token),
    /// Where the expression begins.
    start: usize,
    /// Just after the last token that was taken.
    end: usize,
    /// How many expressions are being read, one within another.
    levels: usize,
    /// How many regular expressions there are so far.
    patterns: usize,
    inputs: Vec<Input>,
}

/// A part of the expression. Its depth is counted while it grows: a tree that is too deep is never there, not even to be dropped.
struct Part {
    node: Node,
    depth: usize,
}

impl Part {
    fn leaf(node: Node) -> Self {
        Self { node, depth: 1 }
    }
}

/// Operators of two sides, loosest first.
const LEVELS: [&[(&str, Function)]; 7] = [
    &[("OR", Function::Or)],
    &[("AND", Function::And)],
    &[("=", Function::Equals), ("!=", Function::Not)],
    &[("<", Function::Lt), ("<=", Function::Lte), (">", Function::Gt), (">=", Function::Gte)],
    &[("+", Function::Sum)],
    &[("-", Function::Sub)],
    &[("*", Function::Mul), ("/", Function::Div), ("%", Function::Mod)],
];

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token, ExpressionError> {
        self.end = self.lexer.at();
        if self.end - self.start > EXPRESSION_MAX {
            return Err(ExpressionError::at(self.start, too_long()));
        }
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next).1)
    }

    fn error(&self, message: impl Into<String>) -> ExpressionError {
        ExpressionError::at(self.next.0, message)
    }

    /// Takes an operator of a level, if one comes next.
    fn operator(&mut self, level: usize) -> Result<Option<(&'static str, Function)>, ExpressionError> {
        let is_next = |name: &str| match &self.next.1 {
            Token::Symbol(symbol) => *symbol == name,
            Token::Word(word) => word.eq_ignore_ascii_case(name),
            _ => false,
        };
        let found = LEVELS[level].iter().copied().find(|(name, _)| is_next(name));
        if found.is_some() {
            self.advance()?;
        }
        Ok(found)
    }

    /// A part with what stands under it.
    fn part(&self, node: Node, depth: usize) -> Result<Part, ExpressionError> {
        if depth > DEPTH_MAX { Err(self.error(too_deep())) } else { Ok(Part { node, depth }) }
    }

    fn level(&mut self, level: usize) -> Result<Part, ExpressionError> {
        if level == LEVELS.len() {
            return self.operand();
        }
        let mut left = self.level(level + 1)?;
        // A chain of one operator whose order does not matter is one call.
        let mut chained: Option<Function> = None;
        while let Some((name, function)) = self.operator(level)? {
            let right = self.level(level + 1)?;
            let under = left.depth.max(right.depth);
            left = match (function, left.node) {
                (Function::And | Function::Or | Function::Sum | Function::Mul, Node::Call(same, mut arguments, None))
                    if chained == Some(function) && same == function =>
                {
                    arguments.push(right.node);
                    self.part(Node::Call(function, arguments, None), left.depth.max(right.depth + 1))?
                }
                (_, left) if name == "!=" => {
                    let equals = Node::Call(Function::Equals, vec![left, right.node], None);
                    self.part(Node::Call(Function::Not, vec![equals], None), under + 2)?
                }
                (function, left) => self.part(Node::Call(function, vec![left, right.node], None), under + 1)?,
            };
            chained = Some(function);
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Part, ExpressionError> {
        if self.levels == DEPTH_MAX {
            return Err(self.error(too_deep()));
        }
        self.levels += 1;
        let part = self.operand_here();
        self.levels -= 1;
        part
    }

    fn operand_here(&mut self) -> Result<Part, ExpressionError> {
        let at = self.next.0;
        match self.next.1.clone() {
            Token::Symbol("!") => {
                self.advance()?;
                let inner = self.operand()?;
                self.part(Node::Call(Function::Not, vec![inner.node], None), inner.depth + 1)
            }
            Token::Symbol("(") => {
                self.advance()?;
                let inner = self.level(0)?;
                self.close("expected an operator or \")\"")?;
                Ok(inner)
            }
            Token::Symbol("-") => {
                self.advance()?;
                match self.advance()? {
                    Token::Number(number) => number_literal(&format!("-{number}"), at).map(Part::leaf),
                    _ => Err(ExpressionError::at(at, "expected a number after \"-\"; to turn a sign, subtract from 0")),
                }
            }
            Token::Number(number) => {
                self.advance()?;
                number_literal(&number, at).map(Part::leaf)
            }
            Token::Text(text) => {
                self.advance()?;
                Ok(Part::leaf(Node::Literal(Value::Str(text))))
            }
            Token::Column(name) => {
                self.advance()?;
                Ok(Part::leaf(self.input(Input::Column(Column::from_shown(&name)))))
            }
            Token::Word(word) => {
                self.advance()?;
                self.word(&word, at)
            }
            _ => Err(self.error("expected a value: a column such as $name, a literal or a function")),
        }
    }

    fn close(&mut self, expected: &str) -> Result<(), ExpressionError> {
        if self.next.1 != Token::Symbol(")") {
            return Err(self.error(expected));
        }
        self.advance().map(drop)
    }

    fn word(&mut self, word: &str, at: usize) -> Result<Part, ExpressionError> {
        if self.next.1 == Token::Symbol("(") {
            return self.call(word, at);
        }
        match word.to_ascii_lowercase().as_str() {
            "true" => Ok(Part::leaf(Node::Literal(Value::Bool(true)))),
            "false" => Ok(Part::leaf(Node::Literal(Value::Bool(false)))),
            "null" => Ok(Part::leaf(Node::Literal(Value::Null))),
            _ => {
                let message = format!("\"{word}\" is no value; a column is written ${word}, text in quotes, a function with parentheses");
                Err(ExpressionError::at(at, message))
            }
        }
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Part, ExpressionError> {
        let function = Function::from_name(name).ok_or_else(|| {
            let is_metrics = METRICS_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name));
            let why = if is_metrics { "; it is over a series of metrics, an expression over one event" } else { "" };
            ExpressionError::at(at, format!("invalid function: {name}{why}"))
        })?;
        self.advance()?;
        let mut arguments = Vec::new();
        let mut places = Vec::new();
        let mut under = 0;
        while self.next.1 != Token::Symbol(")") {
            places.push(self.next.0);
            let argument = self.level(0)?;
            under = under.max(argument.depth);
            arguments.push(argument.node);
            if self.next.1 != Token::Symbol(",") {
                break;
            }
            self.advance()?;
        }
        self.close("expected an operator, a comma or \")\"")?;
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            return Err(ExpressionError::at(at, format!("{} takes {}, not {}", function.name(), function.takes(), arguments.len())));
        }
        match function {
            Function::EventTimestamp => Ok(Part::leaf(self.input(Input::EventTimestamp))),
            Function::IngestTimestamp => Ok(Part::leaf(self.input(Input::IngestTimestamp))),
            _ => {
                if matches!(function, Function::RegMatch | Function::RegValue | Function::RegCount) {
                    self.patterns += 1;
                    if self.patterns > PATTERNS_MAX {
                        return Err(ExpressionError::at(at, too_many_patterns()));
                    }
                }
                self.part(checked(function, arguments, &places)?, under + 1)
            }
        }
    }

    fn input(&mut self, input: Input) -> Node {
        let known = self.inputs.iter().position(|known| *known == input);
        Node::Input(known.unwrap_or_else(|| {
            self.inputs.push(input);
            self.inputs.len() - 1
        }))
    }
}

/// A call whose literal arguments are what they must be.
fn checked(function: Function, arguments: Vec<Node>, places: &[usize]) -> Result<Node, ExpressionError> {
    let literal = |index: usize| match arguments.get(index) {
        Some(Node::Literal(Value::Str(text))) => Some(text.as_str()),
        _ => None,
    };
    let error = |index: usize, message: String| ExpressionError::at(places[index], message);
    let name = function.name();
    let mut pattern = None;
    match function {
        Function::RegMatch | Function::RegValue | Function::RegCount => {
            let text = literal(1).ok_or_else(|| error(1, format!("the regular expression of {name} must be a literal string")))?;
            pattern = Some(Pattern::new(text).map_err(|message| error(1, format!("{name}: {message}")))?);
        }
        Function::Length if arguments.len() == 2 && !matches!(literal(1), Some("chars" | "bytes")) => {
            return Err(error(1, "the unit of LENGTH is \"chars\" or \"bytes\"".to_owned()));
        }
        Function::Switch => {
            let keys = (1..arguments.len().saturating_sub(1)).step_by(2);
            if let Some(wrong) = keys.into_iter().find(|index| literal(*index).is_none()) {
                return Err(error(wrong, "the keys of SWITCH must be literal strings".to_owned()));
            }
        }
        Function::FormatTime if literal(0).is_some_and(|format| super::evaluate::formatted(format, 0.0).is_none()) => {
            return Err(error(0, "FORMAT_TIME does not know this format".to_owned()));
        }
        _ => {}
    }
    Ok(Node::Call(function, arguments, pattern))
}

fn number_literal(text: &str, at: usize) -> Result<Node, ExpressionError> {
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(Node::Literal(Value::Int(integer)));
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number
        .map(|number| Node::Literal(Value::Float(number + 0.0)))
        .ok_or_else(|| ExpressionError::at(at, format!("\"{text}\" is no number")))
}

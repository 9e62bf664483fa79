//! Expression to text, in the one canonical form.

use super::lex::is_column_character;
use super::{Expression, Function, Input, Node};
use crate::coerce::float_text;
use glasshive_model::Value;
use std::fmt::{self, Display};

impl fmt::Display for Expression {
    /// The canonical text: functions that have operators are written as these, with as few parentheses as it takes. It reads
    /// back to the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printed { node: &self.root, inputs: &self.inputs }.fmt(f)
    }
}

struct Printed<'a> {
    node: &'a Node,
    inputs: &'a [Input],
}

/// How tightly what stands alone binds.
const ALONE: u8 = 9;

/// The operator that a call is written as, and how tightly it binds.
fn operator(function: Function, arguments: &[Node]) -> Option<(&'static str, u8)> {
    let (symbol, level) = match function {
        Function::Or => ("OR", 1),
        Function::And => ("AND", 2),
        Function::Equals => ("=", 3),
        Function::Lt => ("<", 4),
        Function::Lte => ("<=", 4),
        Function::Gt => (">", 4),
        Function::Gte => (">=", 4),
        Function::Sum => ("+", 5),
        Function::Sub => ("-", 6),
        Function::Mul => ("*", 7),
        Function::Div => ("/", 7),
        Function::Mod => ("%", 7),
        _ => return None,
    };
    (arguments.len() > 1).then_some((symbol, level))
}

impl Printed<'_> {
    fn of<'a>(&'a self, node: &'a Node) -> Printed<'a> {
        Printed { node, inputs: self.inputs }
    }

    /// `Some` of both sides of a `!=`.
    fn not_equal(&self) -> Option<&[Node]> {
        match self.node {
            Node::Call(Function::Not, arguments, _) => match arguments.as_slice() {
                [Node::Call(Function::Equals, sides, _)] => Some(sides),
                _ => None,
            },
            _ => None,
        }
    }

    fn level(&self) -> u8 {
        match self.node {
            Node::Call(Function::Not, ..) if self.not_equal().is_some() => 3,
            Node::Call(Function::Not, ..) => 8,
            Node::Call(function, arguments, _) => operator(*function, arguments).map_or(ALONE, |(_, level)| level),
            _ => ALONE,
        }
    }

    /// Written so that it binds at least so tightly.
    fn binding(&self, level: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level() >= level { self.fmt(f) } else { write!(f, "({self})") }
    }

    fn infix(&self, symbol: &str, level: u8, sides: &[Node], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, side) in sides.iter().enumerate() {
            let side = self.of(side);
            if index == 0 {
                // A chain of the same operator would be read as one call; any other of its level groups from the left anyway.
                let chains = matches!(symbol, "OR" | "AND" | "+" | "*");
                let is_same =
                    matches!((side.node, self.node), (Node::Call(left, of, _), Node::Call(this, ..)) if left == this && of.len() > 1);
                side.binding(if chains && is_same { ALONE } else { level }, f)?;
            } else {
                write!(f, " {symbol} ")?;
                side.binding(level + 1, f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node {
            Node::Literal(value) => literal(value, f),
            Node::Input(index) => match &self.inputs[*index] {
                Input::Column(column) => column_name(&column.to_string(), f),
                Input::EventTimestamp => f.write_str("EVENT_TIMESTAMP()"),
                Input::IngestTimestamp => f.write_str("INGEST_TIMESTAMP()"),
            },
            Node::Call(function, arguments, _) => {
                if let Some(sides) = self.not_equal() {
                    return self.infix("!=", 3, sides, f);
                }
                if let Some((symbol, level)) = operator(*function, arguments) {
                    return self.infix(symbol, level, arguments, f);
                }
                if *function == Function::Not {
                    f.write_str("!")?;
                    return self.of(&arguments[0]).binding(8, f);
                }
                write!(f, "{}(", function.name())?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{}", if index > 0 { ", " } else { "" }, self.of(argument))?;
                }
                f.write_str(")")
            }
        }
    }
}

fn column_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("$")?;
    if name.chars().all(is_column_character) { f.write_str(name) } else { string(name, f) }
}

fn literal(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Str(text) | Value::Json(text) => string(text, f),
        Value::Float(number) if *number != 0.0 && !(1e-5..1e16).contains(&number.abs()) => write!(f, "{number:e}"),
        // A point keeps a whole double from being read back as an integer.
        Value::Float(number) if number.fract() == 0.0 => write!(f, "{}.0", float_text(*number)),
        Value::Float(number) => f.write_str(&float_text(*number)),
        other => write!(f, "{other}"),
    }
}

fn string(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control.is_control() => write!(f, "\\u{:04x}", control as u32)?,
            other => write!(f, "{other}")?,
        }
    }
    f.write_str("\"")
}

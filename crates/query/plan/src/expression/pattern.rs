//! Regular expressions in RE2's language, run by the `regex` crate, whose matching takes time linear in the text too.

use regex::{Regex, RegexBuilder};
use std::fmt::Write as _;

/// Most bytes that a compiled pattern takes.
const COMPILED_MAX: usize = 1 << 18;

/// A regular expression. Two are equal when they are written alike.
#[derive(Debug, Clone)]
pub struct Pattern {
    written: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    pub fn new(written: &str) -> Result<Self, String> {
        let regex =
            RegexBuilder::new(&translated(written)).size_limit(COMPILED_MAX).nest_limit(64).build().map_err(|error| match error {
                regex::Error::Syntax(text) => {
                    let line = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
                    format!("the regular expression is wrong: {line}")
                }
                _ => "the regular expression is too great".to_owned(),
            })?;
        Ok(Self { written: written.to_owned(), regex })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first group of the first match, or the whole match of a pattern without groups.
    pub(super) fn value<'a>(&self, text: &'a str) -> Option<&'a str> {
        let captures = self.regex.captures(text)?;
        let group = usize::from(captures.len() > 1);
        Some(captures.get(group).map_or("", |found| found.as_str()))
    }

    pub(super) fn count(&self, text: &str) -> usize {
        self.regex.find_iter(text).count()
    }
}

/// From RE2's language to that of the `regex` crate, which differ in little: in RE2 `\d \s \w \b` know ASCII alone, brackets and
/// set operators are plain characters within brackets, `\<`, `\>` and a brace that is no repetition are plain characters, and
/// `\Q...\E` quotes.
fn translated(written: &str) -> String {
    let mut out = String::with_capacity(written.len() + 8);
    let mut rest = written.chars().peekable();
    let mut in_class = false;
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next() {
                Some('Q') if !in_class => quote(&mut rest, &mut out),
                Some(escaped @ ('x' | 'p' | 'P')) if rest.peek() == Some(&'{') => {
                    out.extend(['\\', escaped]);
                    for character in rest.by_ref() {
                        out.push(character);
                        if character == '}' {
                            break;
                        }
                    }
                }
                Some(escaped) => escape(escaped, in_class, &mut out),
                None => out.push('\\'),
            },
            '[' if in_class => {
                // A named class such as [:alpha:] stands within brackets; any other bracket is itself.
                let named = rest.peek() == Some(&':');
                out.push_str(if named { "[" } else { "\\[" });
                if named {
                    for character in rest.by_ref() {
                        out.push(character);
                        if character == ']' {
                            break;
                        }
                    }
                }
            }
            '[' => {
                in_class = true;
                out.push('[');
                out.extend(rest.next_if_eq(&'^'));
                // A bracket that comes first is itself.
                if rest.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            '{' if !in_class && !is_repetition(rest.clone()) => out.push_str("\\{"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(character);
            }
            '-' if in_class && rest.peek() == Some(&'-') => out.push_str("\\-"),
            other => out.push(other),
        }
    }
    out
}

/// Whether what stands behind an opening brace makes it a repetition: `2}`, `2,}`, `2,3}`.
fn is_repetition(rest: impl Iterator<Item = char>) -> bool {
    let inner: String = rest.take_while(|character| character.is_ascii_digit() || matches!(character, ',' | '}')).collect();
    let Some((inner, _)) = inner.split_once('}') else { return false };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    !least.is_empty() && !most.contains(',')
}

fn quote(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let mut quoted = String::new();
    while let Some(character) = rest.next() {
        if character == '\\' && rest.next_if_eq(&'E').is_some() {
            break;
        }
        quoted.push(character);
    }
    out.push_str(&regex::escape(&quoted));
}

fn escape(escaped: char, in_class: bool, out: &mut String) {
    let class = match escaped.to_ascii_lowercase() {
        'd' => "0-9",
        's' => "\\t\\n\\f\\r ",
        'w' => "0-9A-Za-z_",
        _ => "",
    };
    let written = match (class, escaped) {
        ("", 'b' | 'B') if !in_class => write!(out, "(?-u:\\{escaped})"),
        ("", '<' | '>') => write!(out, "{escaped}"),
        ("", 'C') => write!(out, "(?s:.)"),
        ("", other) => write!(out, "\\{other}"),
        (class, other) if other.is_uppercase() => write!(out, "[^{class}]"),
        (class, _) if in_class => write!(out, "{class}"),
        (class, _) => write!(out, "[{class}]"),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

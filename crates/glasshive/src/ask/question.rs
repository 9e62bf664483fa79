//! A question as it was typed, and where in it a fault lies.

use super::refusal::Refusal;
use crate::screen::escape::{escape, width};
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::io::Read as _;

/// A question as it was typed.
pub struct Question {
    /// What is sent: a specification, or the text as `text`.
    pub body: Value,
    text: String,
}

impl Question {
    /// The words of the command line as one text; a specification when it begins with `{`; `-` reads standard input; without any
    /// words it is `usual`.
    ///
    /// # Errors
    /// When it begins like JSON and is none.
    pub fn read(words: &[String], usual: &str) -> Result<Self> {
        let text = match words {
            [] => usual.to_owned(),
            [dash] if dash == "-" => read_stdin()?,
            words => words.join(" "),
        };
        let text = text.trim().to_owned();
        let body: Value = if text.starts_with('{') {
            serde_json::from_str(&text).map_err(|error| anyhow!("the query begins with `{{`, but is no JSON: {error}"))?
        } else {
            json!({ "text": text })
        };
        let text = body["text"].as_str().unwrap_or_default().to_owned();
        Ok(Self { body, text })
    }

    /// A refusal that knows its place in the text shows it.
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match error.downcast_ref::<Refusal>().and_then(|refusal| refusal.position) {
            Some(position) => match pointed_at(&self.text, position) {
                Some(drawing) => anyhow!("{error}\n{drawing}"),
                None => error,
            },
            None => error,
        }
    }
}

/// Columns shown before and behind the place.
const AROUND: usize = 60;

/// The line of `text` with the character (counted from 1 over the whole text), and a mark below it.
fn pointed_at(text: &str, position: usize) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let index = position.checked_sub(1)?;
    let characters: Vec<char> = text.chars().collect();
    let index = index.min(characters.len());
    let begin = characters[..index].iter().rposition(|character| *character == '\n').map_or(0, |newline| newline + 1);
    let end = characters[index..].iter().position(|character| *character == '\n').map_or(characters.len(), |length| index + length);
    let (from, to) = (begin.max(index.saturating_sub(AROUND)), end.min(index + AROUND));
    let part = |range: std::ops::Range<usize>| escape(&characters[range].iter().collect::<String>());
    let before = part(from..index);
    Some(format!("    {before}{}\n    {}^", part(index..to), " ".repeat(width(&before))))
}

fn read_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("read the query from standard input")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_need_no_quotes() {
        let read = |words: &[&str]| Question::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), "COUNT");
        assert_eq!(read(&[]).unwrap().body, json!({ "text": "COUNT" }));
        assert_eq!(read(&["COUNT", "GROUP", "BY", "name"]).unwrap().body, json!({ "text": "COUNT GROUP BY name" }));
        assert_eq!(read(&[" {\"limit\": 5} "]).unwrap().body, json!({ "limit": 5 }));
        let error = read(&["{\"limit\": "]).map(|question| question.body).unwrap_err().to_string();
        assert!(error.contains("no JSON") && error.contains("column"), "{error}");
    }

    #[test]
    fn the_place_of_a_fault_is_marked() {
        let check = |text: &str, position, expected: &str| assert_eq!(pointed_at(text, position).as_deref(), Some(expected));
        check("COUNT GROPU BY name", 7, "    COUNT GROPU BY name\n          ^");
        check("COUNT WHERE a >", 16, "    COUNT WHERE a >\n                   ^");
        check("COUNT\nWHERE 東京 !", 16, "    WHERE 東京 !\n               ^");
        check("COUNT", 99, "    COUNT\n         ^");
        assert_eq!(pointed_at("COUNT", 0), None);
    }
}

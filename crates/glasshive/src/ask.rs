//! The client commands: each asks a server's API and prints the answer.

pub mod accounts;
pub mod check;
pub mod delete;
pub mod directory;
pub mod doctor;
pub mod keys;
pub mod query;
pub mod question;
pub mod refusal;
pub mod rows;
pub mod server;
pub mod tail;
pub mod trace;

use crate::screen::escape::{escape, escape_json};
use glasshive_api_hive::shape::query::Note;
use std::io::Write as _;

/// Prints text at once. A reader that went away (`| head`) is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody is there to be told when standard output is gone.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Remarks on an answer, for the end of what people read.
pub fn notes(notes: &[Note]) -> String {
    notes.iter().map(|note| format!("note: {}\n", escape(&note.text))).collect()
}

/// An answer as JSON, in one line.
///
/// # Errors
/// Never for the shapes of the API; they have no maps with keys that are no strings.
pub fn json(answer: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(format!("{}\n", escape_json(&serde_json::to_string(answer)?)))
}

/// A JSON value in one line for people: text without its quotes, everything escaped.
pub fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => escape(text),
        serde_json::Value::Null => "-".to_owned(),
        other => escape(&other.to_string()),
    }
}

//! `glasshive query`: a question, and its answer as table, graph, JSON or CSV.

mod draw;
mod offline;
#[cfg(test)]
mod tests;

use super::server::{Server, path_part};
use crate::cli::QueryFlags;
use crate::screen::Screen;
use anyhow::{Context, Result};
use glasshive_api_hive::shape::query::QueryAnswer;
use serde_json::{Value, json};
use std::io::Read as _;

/// Asks and prints.
///
/// # Errors
/// When the question cannot be read, or nobody answers it.
pub async fn run(flags: QueryFlags) -> Result<()> {
    let screen = Screen::of_stdout();
    let wants_series = flags.output.json || (screen.is_terminal && !flags.output.csv);
    let question = question(&flags.query, wants_series)?;
    let answer: QueryAnswer = match &flags.data {
        Some(directory) => {
            let environment = flags.client.environment.as_deref().unwrap_or("local");
            offline::ask(directory, environment, &question).await?
        }
        None => {
            let server = Server::new(&flags.client);
            let environment = server.environment().await?;
            server.post(&format!("/hive/v1/e/{}/query", path_part(&environment)), &question).await?
        }
    };
    let text = if flags.output.json {
        super::json(&answer)?
    } else if flags.output.csv {
        draw::csv(&answer, screen.is_terminal)
    } else {
        draw::people(&answer, screen)
    };
    super::print(&text);
    Ok(())
}

/// The body of `POST query`: a specification when the text begins with `{`, else the text itself.
fn question(text: &str, wants_series: bool) -> Result<Value> {
    let text = if text == "-" { read_stdin()? } else { text.to_owned() };
    let mut question = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).context("the query begins with `{` but is no JSON")?
    } else {
        json!({ "text": text.trim() })
    };
    if let Value::Object(members) = &mut question {
        let want = if wants_series { json!(["series", "other"]) } else { json!(["other"]) };
        members.entry("want").or_insert(want);
    }
    Ok(question)
}

fn read_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("read the query from standard input")?;
    Ok(text)
}

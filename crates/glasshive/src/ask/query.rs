//! `glasshive query`: a question, and its answer as table, graph, JSON or CSV.

pub mod asker;
mod draw;
pub(in crate::ask) mod hint;
mod offline;
#[cfg(test)]
mod tests;

use super::question::Question;
use super::server::{Server, path_part};
use crate::cli::QueryFlags;
use crate::screen::Screen;
use anyhow::Result;
use glasshive_api_hive::shape::query::QueryAnswer;
use serde_json::{Value, json};

/// Asks and prints.
///
/// # Errors
/// When the question cannot be read, or nobody answers it.
pub async fn run(flags: QueryFlags) -> Result<()> {
    let screen = Screen::of_stdout();
    let wants_series = flags.output.json || (screen.is_terminal && !flags.output.csv);
    let mut question = Question::read(&flags.query, "COUNT")?;
    if let Value::Object(members) = &mut question.body {
        let want = if wants_series { json!(["series", "other"]) } else { json!(["other"]) };
        members.entry("want").or_insert(want);
    }
    let answer: QueryAnswer = match &flags.data {
        Some(directory) => {
            let environment = flags.client.environment.as_deref().unwrap_or("local");
            offline::ask(directory, environment, &question.body).await.map_err(|error| question.explain(error))?
        }
        None => {
            let server = Server::new(&flags.client)?;
            let environment = server.environment().await?;
            let path = format!("/hive/v1/e/{}/query", path_part(&environment));
            let mut answer = server.post(&path, &question.body).await.map_err(|error| question.explain(error))?;
            if !flags.output.json {
                hint::name_likely_columns(&mut answer, &server, &environment).await;
            }
            answer
        }
    };
    let text = if flags.output.json {
        super::json(&answer)?
    } else if flags.output.csv {
        draw::csv(&answer, screen.is_terminal)
    } else {
        draw::people(&answer, &screen)
    };
    super::print(&text);
    Ok(())
}

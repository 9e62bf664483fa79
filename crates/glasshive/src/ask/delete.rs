//! `glasshive delete`: deletes events for good, and shows the proof of it. `glasshive confirm-clock`.

use super::server::{Server, path_part};
use crate::cli::{ClockFlags, DeleteFlags};
use crate::screen::escape::escape;
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, number};
use anyhow::{Context, Result, bail, ensure};
use glasshive_api_hive::shape::Nanoseconds;
use glasshive_api_hive::shape::deletion::{ConfirmedClock, Deletion, DeletionFilter, Deletions};
use std::time::Duration;

/// Time between looks at a deletion that takes long.
const LOOK: Duration = Duration::from_secs(1);

/// Asks for the deletion and waits until it is done.
///
/// # Errors
/// When no event is named, when nobody said `--yes`, or when the server refuses or cannot be reached.
pub async fn run(flags: DeleteFlags) -> Result<()> {
    let filter = filter(&flags)?;
    let server = Server::new(&flags.client)?;
    let environment = server.environment().await?;
    let path = format!("/hive/v1/e/{}/deletions", path_part(&environment));
    if flags.list {
        let known: Deletions = server.get(&path).await?;
        let text = if flags.json { super::json(&known)? } else { table(&known.deletions, &Screen::of_stdout()) };
        super::print(&text);
        return Ok(());
    }
    let what = format!("{} in environment {}", words(&filter), escape(&environment));
    ensure!(flags.yes, "this deletes events for good: {what}; say --yes to do it");
    let mut deletion: Deletion = server.post(&path, &filter).await?;
    while deletion.finished.is_none() {
        tokio::time::sleep(LOOK).await;
        let known: Deletions = server.get(&path).await?;
        let found = known.deletions.into_iter().find(|known| known.id == deletion.id);
        deletion = found.with_context(|| format!("the server does not know deletion {} any more", deletion.id))?;
    }
    let text = if flags.json { super::json(&deletion)? } else { format!("deletion {}: {}\n", deletion.id, outcome(&deletion)) };
    super::print(&text);
    Ok(())
}

/// Tells the server that its wall clock is right.
///
/// # Errors
/// When the server refuses or cannot be reached.
pub async fn confirm_clock(flags: ClockFlags) -> Result<()> {
    let confirmed: ConfirmedClock = Server::new(&flags.client)?.post("/hive/v1/clock/confirm", &serde_json::json!({})).await?;
    let screen = Screen::of_stdout();
    let at = confirmed.time_ns.0;
    super::print(&format!("the server believes that it is {} {}\n", number::time(at, &screen.zone), number::zone_name(at, &screen.zone)));
    Ok(())
}

fn filter(flags: &DeleteFlags) -> Result<DeletionFilter> {
    let mut filter = DeletionFilter { trace_id: flags.trace.clone(), dataset: flags.dataset.clone(), ..DeletionFilter::default() };
    for pair in &flags.equals {
        let (key, value) = pair.split_once('=').with_context(|| format!("--equals {}: write it as KEY=VALUE", escape(pair)))?;
        if filter.equals.insert(key.to_owned(), value.to_owned()).is_some() {
            bail!("--equals names {} twice; an event has one value of it", escape(key));
        }
    }
    let time = |text: &Option<String>| text.as_deref().map(super::trace::time_ns).transpose().map(|at| at.map(Nanoseconds));
    filter.from_ns = time(&flags.from).context("--from")?;
    filter.to_ns = time(&flags.to).context("--to")?;
    ensure!(flags.list || filter.trace_id.is_some() || !filter.equals.is_empty(), "say which events: --trace ID or --equals KEY=VALUE");
    Ok(filter)
}

fn words(filter: &DeletionFilter) -> String {
    let trace = filter.trace_id.iter().map(|id| format!("trace {}", escape(id)));
    let equals = filter.equals.iter().map(|(key, value)| format!("{} = {}", escape(key), escape(value)));
    let dataset = filter.dataset.iter().map(|slug| format!("dataset {}", escape(slug)));
    let time = |word: &str, at: Option<Nanoseconds>| at.map(|at| format!("{word} {}", number::rfc3339(at.0)));
    let times = time("from", filter.from_ns).into_iter().chain(time("before", filter.to_ns));
    trace.chain(equals).chain(dataset).chain(times).collect::<Vec<_>>().join(", ")
}

fn outcome(deletion: &Deletion) -> String {
    match &deletion.finished {
        Some(done) => format!("{} events in {} files are deleted", done.rows, done.files),
        None => "not done yet".to_owned(),
    }
}

fn table(deletions: &[Deletion], screen: &Screen) -> String {
    if deletions.is_empty() {
        return "nothing was ever deleted on request\n".to_owned();
    }
    let heads = [("number", Align::Right), ("asked", Align::Left), ("by", Align::Left), ("events", Align::Left), ("outcome", Align::Left)];
    let mut table = Table::new(&heads);
    for deletion in deletions {
        let at = deletion.asked_ns.0;
        table.push(vec![
            deletion.id.to_string(),
            format!("{} {}", number::time(at, &screen.zone), number::zone_name(at, &screen.zone)),
            escape(&deletion.asked_by),
            words(&deletion.filter),
            outcome(deletion),
        ]);
    }
    table.render_in(screen.width, screen.palette)
}

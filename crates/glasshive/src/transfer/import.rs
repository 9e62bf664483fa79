//! `glasshive import`: OTLP JSON lines and exported Parquet, through the front door of a server or into a data directory.

mod lines;
mod parquet;
mod source;
mod target;

use super::progress::{self, Progress};
use crate::cli::ImportFlags;
use crate::screen::{escape::escape, number};
use anyhow::{Context as _, Result, bail};
use glasshive_base::Clock as _;
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, decode};
use glasshive_store::world::SystemClock;
use serde::Serialize;
use source::{Request, Source};
use std::path::Path;
use std::process::ExitCode;
use target::Target;

/// What an import was.
#[derive(Debug, Default, Serialize)]
struct Summary {
    files: u64,
    /// Requests that were taken.
    requests: u64,
    rows: u64,
    /// Those that were known from the last ten minutes; told by a data directory alone.
    repeated: u64,
    /// Lines or rows that were passed over.
    skipped: u64,
    /// Rows of Parquet that are not quite as they were, because OTLP has no words for something in them.
    changed: u64,
    #[serde(skip)]
    how_changed: Option<String>,
    /// Of the first that was passed over, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_skipped: Option<String>,
}

/// Imports.
///
/// # Errors
/// When a file cannot be read, something in it is bad and `--skip-bad` is not given, or the server or the directory refuses. What
/// was taken before stays.
pub async fn run(flags: ImportFlags) -> Result<ExitCode> {
    if flags.data.is_none() && flags.environment.is_some() {
        bail!("a server puts events into the environment of the key: leave --environment out, and give a key of it with --api-key");
    }
    // A name that was mistyped is told before anything is taken.
    for path in flags.files.iter().filter(|path| path.as_path() != Path::new("-")) {
        std::fs::metadata(path).with_context(|| format!("open {}", path.display()))?;
    }
    let mut target = Target::open(&flags).await?;
    let mut summary = Summary::default();
    let mut progress = Progress::new();
    let taken = take(&flags, &mut target, &mut summary, &mut progress).await;
    progress.end();
    let closed = target.close().await;
    if let Err(error) = taken {
        if summary.requests == 0 {
            return Err(error);
        }
        let requests = number::counted(summary.requests, "request", "requests");
        let rows = number::counted(summary.rows, "row", "rows");
        bail!("{error:#}\nwhat was taken before stays: {rows}, {requests}");
    }
    closed?;
    tell(&summary, &flags, &progress)?;
    Ok(ExitCode::SUCCESS)
}

async fn take(flags: &ImportFlags, target: &mut Target, summary: &mut Summary, progress: &mut Progress) -> Result<()> {
    for path in &flags.files {
        let mut source = Source::open(path)?;
        summary.files += 1;
        while let Some(found) = source.next()? {
            let done = match found {
                Ok(request) => send(&request, target).await,
                Err(bad) => Err(bad),
            };
            match done {
                Ok(sent) => {
                    summary.requests += 1;
                    summary.rows += sent.rows;
                    summary.repeated += sent.repeated;
                    summary.changed += sent.changed;
                    summary.how_changed = summary.how_changed.take().or(sent.how_changed);
                }
                Err(bad) if bad.can_be_skipped && flags.skip_bad => {
                    summary.skipped += bad.count;
                    summary.first_skipped.get_or_insert_with(|| bad.to_string());
                }
                Err(bad) if bad.can_be_skipped => bail!("{bad}; --skip-bad passes over what is bad and counts it"),
                Err(bad) => bail!("{bad}"),
            }
            progress.say(|| {
                format!(
                    "{} so far; {}, {}",
                    number::counted(summary.rows, "row", "rows"),
                    escape(&path.display().to_string()),
                    source.how_far()
                )
            });
        }
    }
    Ok(())
}

/// Something that was not taken.
#[derive(Debug)]
pub struct Bad {
    /// Where: file, and line or row.
    pub place: String,
    /// Why, and where it helps what to do.
    pub why: String,
    /// How many requests or rows it is.
    pub count: u64,
    /// Whether it is the fault of the input, which may be passed over.
    pub can_be_skipped: bool,
}

impl std::fmt::Display for Bad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", escape(&self.place), escape(&self.why))
    }
}

/// What became of a request.
pub struct Sent {
    rows: u64,
    repeated: u64,
    changed: u64,
    how_changed: Option<String>,
}

/// Looks at a request as a receiver will, so that what is bad is known before anything of it is sent, and sends it.
async fn send(request: &Request, target: &mut Target) -> Result<Sent, Bad> {
    let bad = |why: String| Bad { place: request.place.clone(), why, count: 1, can_be_skipped: true };
    let mut sent = Sent { rows: 0, repeated: 0, changed: request.changed, how_changed: request.how_changed.clone() };
    let mut decoded = Vec::new();
    for signal in &request.signals {
        let received_ns = SystemClock::default().wall_ns();
        let dataset = request.dataset.as_deref();
        let context = DecodeContext { received_ns, dataset_header: dataset, is_classic: dataset.is_some(), ..DecodeContext::default() };
        let found = decode(*signal, Encoding::Json, &request.body, &context).map_err(|error| bad(error.to_string()))?;
        if found.rejected > 0 {
            let items = number::counted(found.rejected, "item", "items");
            return Err(bad(format!("{items} would be rejected: {}", found.message.unwrap_or_default())));
        }
        decoded.push((*signal, received_ns, found.rows));
    }
    for (signal, received_ns, rows) in decoded {
        if rows.is_empty() {
            continue;
        }
        sent.rows += rows.len() as u64;
        let outcome = target.take(request, signal, received_ns, rows).await?;
        sent.repeated += u64::from(outcome.is_repeated);
    }
    Ok(sent)
}

fn tell(summary: &Summary, flags: &ImportFlags, progress: &Progress) -> Result<()> {
    if flags.json {
        crate::ask::print(&crate::ask::json(summary)?);
        return Ok(());
    }
    let rows = number::counted(summary.rows, "row", "rows");
    let requests = number::counted(summary.requests, "request", "requests");
    let files = number::counted(summary.files, "file", "files");
    let mut text = format!("{rows} in {requests} of {files}; {}\n", progress::pace(summary.rows, progress.elapsed()));
    if summary.repeated > 0 {
        let known = number::counted(summary.repeated, "request was", "requests were");
        text.push_str(&format!("{known} taken less than ten minutes ago already, and not stored again\n"));
    }
    if let Some(how) = &summary.how_changed {
        let changed = number::counted(summary.changed, "row is not", "rows are not");
        text.push_str(&format!("{changed} quite as before: OTLP has no words for all of {}\n", escape(how)));
    }
    if let Some(first) = &summary.first_skipped {
        text.push_str(&format!("{} passed over; the first: {first}\n", number::counted(summary.skipped, "was", "were")));
    }
    crate::ask::print(&text);
    Ok(())
}

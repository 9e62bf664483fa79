//! `glasshive export`: events of a window to a file, as OTLP JSON lines, Parquet or CSV.

mod columns;
mod write;

use super::otlp::{self, Proof};
use super::pages::{Pages, batches};
use super::progress::{self, Progress};
use super::row::StoredRow;
use super::spool::Spool;
use crate::ask::question::Question;
use crate::cli::{ExportFlags, ExportFormat};
use crate::screen::{escape::escape, number};
use anyhow::{Result, bail};
use glasshive_api_hive::shape::export::ExportRequest;
use glasshive_base::Clock as _;
use glasshive_store::world::SystemClock;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use write::Destination;

/// What an export was.
#[derive(Debug, Default, Serialize)]
struct Summary {
    rows: u64,
    /// Requests, of OTLP JSON lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
    bytes: u64,
    /// Rows that the format has no words for.
    left_out: u64,
    /// Rows that a receiver would not make quite as they were.
    changed: u64,
    /// What could not be read, in words.
    missing: Vec<String>,
    #[serde(skip)]
    why_left_out: Option<&'static str>,
    #[serde(skip)]
    how_changed: Option<String>,
}

/// Exports.
///
/// # Errors
/// When the question cannot be read, nobody answers, or the output cannot be written. Then there is no output.
pub async fn run(flags: ExportFlags) -> Result<ExitCode> {
    let format = format_of(&flags)?;
    let question = Question::read(&flags.query, "")?;
    let Some(text) = question.body["text"].as_str() else {
        bail!("an export takes its query as text, such as WHERE error = true LAST 1h");
    };
    let pages = match &flags.data {
        Some(directory) => Pages::of_directory(directory, flags.client.environment.as_deref().unwrap_or("local")).await?,
        None => Pages::of_server(&flags.client).await?,
    };
    let request = ExportRequest {
        text: text.to_owned(),
        rows: flags.page_rows,
        whole_spans: format == ExportFormat::Otlp,
        ..ExportRequest::default()
    };
    let mut out = Destination::open(flags.output.as_deref())?;
    let mut progress = Progress::new();
    let taken = take(&pages, request, format, &flags, &mut out, &mut progress).await.map_err(|error| question.explain(error));
    progress.end();
    let finished = taken.and_then(|summary| Ok((summary, out.finish()?)));
    let (mut summary, bytes) = match finished {
        // A reader that went away (`| head`) has what it wanted.
        Err(error) if flags.output.is_none() && is_broken_pipe(&error) => return Ok(ExitCode::SUCCESS),
        finished => finished?,
    };
    summary.bytes = bytes;
    tell(&summary, &flags, format, &progress)?;
    Ok(if summary.left_out > 0 || !summary.missing.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The format that is named, or that the output's name ends in.
fn format_of(flags: &ExportFlags) -> Result<ExportFormat> {
    let by_name = flags.output.as_deref().and_then(Path::extension).and_then(|extension| match extension.to_str()? {
        "parquet" => Some(ExportFormat::Parquet),
        "csv" => Some(ExportFormat::Csv),
        _ => None,
    });
    let format = flags.format.or(by_name).unwrap_or(ExportFormat::Otlp);
    if format == ExportFormat::Parquet && flags.output.is_none() {
        bail!("Parquet is not for a terminal or a pipe; name a file with --output");
    }
    if flags.json && flags.output.is_none() {
        bail!("--json prints what the export was, and standard output holds the export itself; name a file with --output");
    }
    Ok(format)
}

async fn take(
    pages: &Pages,
    mut request: ExportRequest,
    format: ExportFormat,
    flags: &ExportFlags,
    out: &mut Destination,
    progress: &mut Progress,
) -> Result<Summary> {
    let mut summary = Summary { lines: (format == ExportFormat::Otlp).then_some(0), ..Summary::default() };
    let mut spool = match format {
        ExportFormat::Otlp => None,
        ExportFormat::Parquet | ExportFormat::Csv => Some(Spool::in_directory(&out.scratch_directory())?),
    };
    loop {
        let page = pages.page(&request).await?;
        if !page.info.missing.is_empty() && !flags.partial {
            bail!("{}; --partial exports the rest", page.info.missing.join("; "));
        }
        summary.missing.extend(page.info.missing);
        match &mut spool {
            Some(spool) => {
                summary.rows += page.info.rows;
                spool.push(&page.parquet)?;
            }
            None => lines(&batches(page.parquet)?, out, &mut summary)?,
        }
        progress.say(|| format!("{} so far", number::counted(summary.rows, "row", "rows")));
        let Some(next) = page.info.next else { break };
        (request.after, request.through) = (next, Some(page.info.through));
    }
    match (format, spool) {
        (ExportFormat::Parquet, Some(spool)) => write::parquet(&spool, out)?,
        (ExportFormat::Csv, Some(spool)) => write::csv(&spool, out)?,
        _ => {}
    }
    Ok(summary)
}

/// Writes a page as OTLP JSON lines, and sees that they can be read back.
fn lines(page: &[arrow_array::RecordBatch], out: &mut Destination, summary: &mut Summary) -> Result<()> {
    let now_ns = SystemClock::default().wall_ns();
    let rows: Vec<StoredRow> = page.iter().flat_map(StoredRow::read).collect();
    let (lines, left_out) = otlp::encode(&rows);
    let mut proof = Proof::default();
    for line in &lines {
        proof.add(line, &rows, now_ns);
        out.write(line.json.as_bytes())?;
        out.write(b"\n")?;
    }
    summary.rows += (rows.len() - left_out.len()) as u64;
    summary.left_out += left_out.len() as u64;
    summary.why_left_out = summary.why_left_out.or(left_out.first().map(|left_out| left_out.why));
    summary.changed += proof.changed;
    if summary.how_changed.is_none() {
        summary.how_changed = proof.example;
    }
    if let Some(count) = &mut summary.lines {
        *count += lines.len() as u64;
    }
    Ok(())
}

fn tell(summary: &Summary, flags: &ExportFlags, format: ExportFormat, progress: &Progress) -> Result<()> {
    if flags.json {
        crate::ask::print(&crate::ask::json(summary)?);
        return Ok(());
    }
    let place = flags.output.as_deref().map_or("standard output".to_owned(), |path| path.display().to_string());
    let lines = match summary.lines {
        Some(lines) => format!(" in {}", number::counted(lines, "line", "lines")),
        None => String::new(),
    };
    let rows = number::counted(summary.rows, "row", "rows");
    let pace = progress::pace(summary.rows, progress.elapsed());
    progress::remark(&format!("{rows}{lines} to {} as {}; {pace}", escape(&place), format.word()));
    for missing in &summary.missing {
        progress::remark(&format!("not there: {missing}"));
    }
    if summary.left_out > 0 {
        let why = summary.why_left_out.unwrap_or_default();
        progress::remark(&format!(
            "{} left out, because OTLP has no words for them: of the first, {why}; --format parquet takes every row",
            number::counted(summary.left_out, "row was", "rows were")
        ));
    }
    if summary.changed > 0 {
        let how = summary.how_changed.as_deref().unwrap_or_default();
        progress::remark(&format!(
            "{} come back from OTLP as they are; the first differs in {how}; --format parquet keeps them",
            number::counted(summary.changed, "row does not", "rows do not")
        ));
    }
    Ok(())
}

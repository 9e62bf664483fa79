//! Rows as they are stored, as pages of Parquet.

use super::field::KeptFields;
use super::query::{engine_failure, plan_failure};
use crate::endpoint::Call;
use crate::hive::Open;
use crate::problem::Failure;
use crate::shape::export::{ExportPageInfo, ExportRequest, PAGE_INFO};
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use glasshive_base::ErrorKind;
use glasshive_base_http::{Response, response};
use glasshive_feature_fields::Fields;
use glasshive_model::{EnvironmentId, SystemColumn};
use glasshive_query_engine::{Cancel, EngineError, StoredPage, StoredRequest};
use glasshive_query_plan::{EventsRequest, QueryError, TimeRange, text};
use http::StatusCode;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// Rows of a page: when nothing is said, and the most.
const ROWS: (u32, u32) = (16_384, 65_536);
/// A page that takes too much memory is tried again with a quarter of its rows, down to so many.
const ROWS_LEAST: usize = 64;
/// Media type of a page.
pub const PARQUET: &str = "application/vnd.apache.parquet";

/// A page of rows, and what it says of itself.
pub struct ExportPage {
    /// The rows in order of arrival; `None` when there are none.
    pub batch: Option<RecordBatch>,
    /// What the page says of itself.
    pub info: ExportPageInfo,
}

/// Answers a page.
pub async fn run(mut call: Call) -> Result<Response, Failure> {
    let request: ExportRequest = call.body().await?;
    let open = call.open()?;
    let asked = read(&request.text, call.hive.clock.wall_ns()).map_err(plan_failure)?;
    let ticket = call.enter("export", &request.text)?;
    let events = KeptFields::of(&call, &open).in_events(&asked)?;
    let page = page(&open, call.environment, &request, events, &ticket.cancel).await?;
    let written = tokio::task::spawn_blocking(move || page.to_parquet()).await;
    match written {
        Ok(Ok(bytes)) => Ok(response::bytes(StatusCode::OK, PARQUET, bytes)),
        Ok(Err(error)) => Err(Failure::new(ErrorKind::Internal, format!("write the page: {error}"))),
        Err(error) => Err(Failure::new(ErrorKind::Internal, format!("write the page: {error}"))),
    }
}

/// Answers the body of `POST export` without a server around it.
///
/// # Errors
/// When the text cannot be read, or the engine refuses.
pub async fn answer(
    open: &Open,
    environment: EnvironmentId,
    kept: &Fields,
    request: &ExportRequest,
    now_ns: i64,
) -> Result<ExportPage, Failure> {
    let asked = read(&request.text, now_ns).map_err(plan_failure)?;
    let events = KeptFields::new(Some(kept), open, environment).in_events(&asked)?;
    page(open, environment, request, events, &Cancel::default()).await
}

async fn page(
    open: &Open,
    environment: EnvironmentId,
    request: &ExportRequest,
    events: EventsRequest,
    cancel: &Cancel,
) -> Result<ExportPage, Failure> {
    let rows = request.rows.unwrap_or(ROWS.0);
    if !(1..=ROWS.1).contains(&rows) {
        return Err(Failure::invalid(format!("`rows` is {rows}; a page has 1 to {}", ROWS.1)));
    }
    let through = request.through.unwrap_or_else(|| open.store.stats().published_through);
    let mut asked = StoredRequest { events, after: request.after, through, rows: rows as usize, whole_spans: request.whole_spans };
    let page = loop {
        match open.engine.stored(environment, &asked, cancel.clone()).await {
            Err(EngineError::OutOfMemory { .. }) if asked.rows > ROWS_LEAST => asked.rows = (asked.rows / 4).max(ROWS_LEAST),
            page => break page.map_err(engine_failure)?,
        }
    };
    let StoredPage { batch, next, notes } = page;
    let info = ExportPageInfo {
        version: 1,
        rows: batch.as_ref().map_or(0, |batch| batch.num_rows() as u64),
        through,
        next,
        missing: notes.into_iter().map(|note| note.text).collect(),
    };
    Ok(ExportPage { batch, info })
}

/// The clauses; of all times when none names a time.
fn read(written: &str, now_ns: i64) -> Result<EventsRequest, QueryError> {
    let mut request = text::parse_events(written, now_ns)?;
    // A clause stands once: where one more of time still fits, there was none.
    if text::parse_events(&format!("{written} LAST 1s"), now_ns).is_ok() {
        request.time = TimeRange::between(i64::MIN / 2, i64::MAX / 2)?;
    }
    Ok(request)
}

// === impl ExportPage ===

impl ExportPage {
    /// The page as a Parquet file.
    ///
    /// # Errors
    /// Never for rows that the engine gave.
    pub fn to_parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let schema = match &self.batch {
            Some(batch) => batch.schema(),
            None => Arc::new(Schema::new(SystemColumn::ALL.iter().map(|column| column.field()).collect::<Vec<_>>())),
        };
        let info = serde_json::to_string(&self.info).map_err(|error| ParquetError::External(Box::new(error)))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_key_value_metadata(Some(vec![KeyValue::new(PAGE_INFO.to_owned(), info)]))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
        if let Some(batch) = &self.batch {
            writer.write(batch)?;
        }
        writer.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_time_is_about_all_times() {
        const NOW: i64 = 1_767_225_600_000_000_000;
        for (written, length_ns) in [
            ("", i64::MAX - 1),
            ("WHERE name = \"LAST 1h\"", i64::MAX - 1),
            ("WHERE a exists IN web", i64::MAX - 1),
            ("LAST 1h WHERE a exists", 3_600_000_000_000),
        ] {
            let request = read(written, NOW).unwrap();
            assert!((request.time.window.length_ns() - length_ns).abs() <= 1, "{written}: {:?}", request.time);
        }
        assert!(read("WHERE", NOW).is_err());
    }
}

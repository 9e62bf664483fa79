//! Documents that were kept beside their rows, byte by byte as they were received.

use super::Engine;
use super::raw::EVERYTHING;
use crate::cells::int64;
use crate::column::Names;
use crate::control::Cancel;
use crate::error::{EngineError, Failure};
use crate::question::Question;
use crate::scan::{Output, Outputs, Scan, Unit};
use crate::tasks::Tasks;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use bytes::Bytes;
use glasshive_model::{EnvironmentId, SystemColumn, TraceId, names};
use glasshive_query_plan::{Column, Combination, Condition, FilterOp, Filters, Literal, Window};
use std::sync::Arc;

/// Of which traces, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentsRequest {
    /// Whose documents.
    pub traces: Vec<TraceId>,
    /// When their first rows are; `None` = whenever.
    pub window: Option<Window>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The trace of its rows.
    pub trace_id: TraceId,
    /// Its order of arrival.
    pub seq: i64,
    /// As received.
    pub text: Bytes,
}

impl Engine {
    /// All documents of some traces, in order of arrival: those too of which the rows no longer show because later ones tell the same.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn documents(
        &self,
        environment: EnvironmentId,
        request: &DocumentsRequest,
        cancel: Cancel,
    ) -> Result<Vec<StoredDocument>, EngineError> {
        let request = request.clone();
        self.run("documents", cancel, move |inner, control| async move {
            if request.traces.is_empty() {
                return Ok(Vec::new());
            }
            let window = request.window.unwrap_or(EVERYTHING);
            let snapshot = inner.snapshot(environment, window, None);
            let values = request.traces.iter().map(|id| Literal::Str(id.to_string())).collect();
            let filters = Filters {
                combination: Combination::And,
                conditions: vec![Condition { column: Column::exact(names::TRACE_ID), op: FilterOp::In, values }],
            };
            let names = Names { registry: &snapshot.registry, fields: &[] };
            let mut outputs = Outputs::default();
            outputs.add(Output::System(SystemColumn::TraceId));
            outputs.add(Output::System(SystemColumn::Raw));
            outputs.add(Output::Seq);
            let scan = Arc::new(Scan { question: Question::new(window, None, &filters, |_| false, names), outputs });
            let queue = Arc::new(scan.units(&snapshot, &inner.footers, &control, None).await?);
            let mut tasks = Tasks::default();
            for _ in 0..inner.threads() {
                let (scan, queue, control) = (scan.clone(), queue.clone(), control.clone());
                tasks.spawn(async move {
                    let reservation = control.reservation("documents");
                    let mut found = Vec::new();
                    scan.work(&queue, &control, &mut |_: &Unit, columns: Vec<ArrayRef>| {
                        let bytes = read(&columns, &mut found);
                        Ok(reservation.try_grow(bytes)?)
                    })
                    .await?;
                    Ok(found)
                });
            }
            let mut found: Vec<StoredDocument> = tasks.all().await?.into_iter().flatten().collect();
            // An answer with documents missing would tell another story than was told.
            control.nothing_is_unread()?;
            if control.is_out_of_time() {
                return Err(Failure::OutOfTime);
            }
            found.sort_by_key(|document| document.seq);
            Ok(found)
        })
        .await
    }
}

/// Adds what a batch has; answers how many bytes that takes.
fn read(columns: &[ArrayRef], found: &mut Vec<StoredDocument>) -> usize {
    let (traces, documents) = (columns[0].as_fixed_size_binary(), columns[1].as_binary::<i32>());
    let seqs = int64(&columns[2]).values();
    let mut bytes = 0;
    for row in (0..documents.len()).filter(|row| documents.is_valid(*row) && traces.is_valid(*row)) {
        let trace_id = traces.value(row).try_into().ok().and_then(TraceId::new);
        if let Some(trace_id) = trace_id {
            let text = Bytes::copy_from_slice(documents.value(row));
            bytes += text.len() + size_of::<StoredDocument>();
            found.push(StoredDocument { trace_id, seq: seqs[row], text });
        }
    }
    bytes
}

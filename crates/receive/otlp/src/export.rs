//! What both transports do with a request once its head has passed: ask the sink, decode, append, word the outcome.

use crate::auth::{self, Pass};
use crate::config::OtlpConfig;
use crate::decode::{DecodeContext, DecodeError, Decoded, Encoding, Signal3, TimeBounds, decode};
use crate::error::OtlpError;
use crate::reply::RetryHints;
use glasshive_base::metrics::{Counter, Registry};
use glasshive_base_http::aside::aside;
use glasshive_base_http::{BodyCodec, Charge, Head, ReceivedBody};
use glasshive_model::{Codec, EventSink, KeyTable, RecordMeta, Rows, Submission, sink};
use glasshive_wire_otlp::reply::ExportResponse;
use std::sync::Arc;
use tokio::task::JoinError;

/// Bytes that are asked for when a request does not say how long its body is.
const UNANNOUNCED_BYTES: usize = 64 * 1024;
/// Bodies from this length on are decoded beside the threads that serve the sockets.
const ASIDE_BYTES: usize = 256 * 1024;

/// What every route of the door shares.
pub(crate) struct Door {
    pub config: OtlpConfig,
    pub sink: Arc<dyn EventSink>,
    pub keys: Arc<dyn KeyTable>,
    pub hints: RetryHints,
    meters: Meters,
}

struct Meters {
    accepted: Counter,
    rejected: Counter,
    repaired: Counter,
}

/// One request, with its body read.
pub(crate) struct Export {
    pub signal: Signal3,
    pub encoding: Encoding,
    pub pass: Pass,
    pub received_ns: i64,
    pub bounds: TimeBounds,
    pub body: ReceivedBody,
}

impl Door {
    pub(crate) fn new(config: OtlpConfig, sink: Arc<dyn EventSink>, keys: Arc<dyn KeyTable>, registry: &Registry) -> Self {
        let items = |outcome| {
            registry.counter("glasshive_otlp_items_total", "Spans, log records and data points by outcome.", &[("outcome", outcome)])
        };
        let meters = Meters { accepted: items("accepted"), rejected: items("rejected"), repaired: items("repaired") };
        Self { config, sink, keys, hints: RetryHints::default(), meters }
    }

    /// Checks the head: the key first, then whether there is room. Nothing of the body has been read.
    pub(crate) fn admit(&self, head: &Head, signal: Signal3, announced: Option<u64>) -> Result<Pass, OtlpError> {
        let pass = auth::check(self.config.auth, self.keys.as_ref(), head, signal)?;
        let bytes = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(UNANNOUNCED_BYTES);
        self.sink.admit(bytes.min(self.config.body_bytes))?;
        Ok(pass)
    }

    /// Decodes and keeps. `Ok` means durable, or that there was nothing to keep. `guard` is asked before the payload is worked on.
    pub(crate) async fn take(&self, export: Export, guard: impl FnOnce(u128) -> Result<(), String>) -> Result<ExportResponse, OtlpError> {
        let body_hash = sink::body_hash(&export.body.decoded);
        guard(body_hash).map_err(OtlpError::Poisonous)?;
        let (export, decoded) = export.decode().await?;
        let Decoded { rows, accepted, rejected, message, warnings } = decoded?;
        self.meters.rejected.add(rejected);
        self.meters.repaired.add(warnings.iter().map(|warning| warning.count).sum());
        if !rows.is_empty() {
            self.append(export.into_submission(rows, body_hash)).await?;
        }
        self.meters.accepted.add(accepted);
        Ok(ExportResponse { rejected, message })
    }

    /// Appends in a task of its own: when the client goes away, or we stop waiting, the write is finished all the same, and the
    /// retry is recognised by its hash.
    async fn append(&self, (submission, charge): (Submission, Charge)) -> Result<(), OtlpError> {
        let sink = self.sink.clone();
        let write = tokio::spawn(async move {
            let appended = sink.append(submission).await;
            drop(charge);
            appended
        });
        match tokio::time::timeout(self.config.answer_within(), write).await {
            Ok(Ok(appended)) => appended.map(drop).map_err(OtlpError::Sink),
            Ok(Err(failed)) => Err(failure(failed)),
            Err(_) => Err(OtlpError::Late { ms: self.config.answer_within_ms }),
        }
    }
}

impl Export {
    async fn decode(self) -> Result<(Self, Result<Decoded, DecodeError>), OtlpError> {
        let is_short = self.body.decoded.len() < ASIDE_BYTES;
        let work = move || {
            let decoded = decode(self.signal, self.encoding, &self.body.decoded, &self.context());
            (self, decoded)
        };
        if is_short { Ok(work()) } else { aside(work).await.map_err(|gone| OtlpError::Internal(gone.to_string())) }
    }

    fn context(&self) -> DecodeContext<'_> {
        DecodeContext {
            received_ns: self.received_ns,
            dataset_header: self.pass.dataset.as_deref(),
            is_classic: self.pass.is_classic,
            bounds: self.bounds,
        }
    }

    fn into_submission(self, rows: Rows, body_hash: u128) -> (Submission, Charge) {
        let meta = self.context().record_meta(self.signal, self.encoding);
        let submission = Submission {
            environment: self.pass.environment,
            received_ns: self.received_ns,
            meta: RecordMeta { origin: self.pass.origin, key_id: self.pass.key_id, ..meta },
            codec: codec(self.body.codec),
            body: self.body.received,
            body_hash,
            rows: Arc::new(rows),
        };
        (submission, self.body.charge)
    }
}

fn codec(codec: BodyCodec) -> Codec {
    match codec {
        BodyCodec::Identity => Codec::Identity,
        BodyCodec::Gzip => Codec::Gzip,
        BodyCodec::Zstd => Codec::Zstd,
        BodyCodec::Zlib => Codec::Zlib,
        BodyCodec::Deflate => Codec::Deflate,
    }
}

/// A task that panicked panics here too, so that the server counts it and words the answer.
fn failure(failed: JoinError) -> OtlpError {
    match failed.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(failed) => OtlpError::Internal(failed.to_string()),
    }
}

//! From a request's bytes to rows: one pure function, run when a request arrives and again when the log is replayed.

use crate::normalise::{self, Normaliser};
use glasshive_base::ErrorKind;
use glasshive_model::limits::FUTURE_MARKED_NS;
use glasshive_model::{Decoder, RecordMeta, Rows};
use glasshive_wire_otlp::WireError;

pub use glasshive_wire_otlp::{Encoding, Signal as Signal3};

/// What decides about rows besides the body.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecodeContext<'a> {
    /// When the request was received, ns since 1970 UTC.
    pub received_ns: i64,
    /// The header `x-honeycomb-dataset`, if one was sent. Traces heed it with a classic key only.
    pub dataset_header: Option<&'a str>,
    /// Whether the key is a classic one, whose datasets come from the header.
    pub is_classic: bool,
    /// Which times are believed.
    pub bounds: TimeBounds,
}

/// Which event times are believed, seen from a request's receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBounds {
    /// Items that are older than this, ns, are rejected; `None` = none is.
    pub age_max_ns: Option<u64>,
    /// Items that are further ahead than this, ns, are marked. More than a day ahead they are rejected, whatever stands here.
    pub future_max_ns: u64,
}

/// What became of a request's items.
#[derive(Debug)]
pub struct Decoded {
    /// The rows; empty when nothing was sent or nothing was accepted.
    pub rows: Rows,
    /// Spans, log records or data points that were kept.
    pub accepted: u64,
    /// Those that were not.
    pub rejected: u64,
    /// The sentence for `partial_success`, at most [`MESSAGE_BYTES`]: what was rejected and why, or, when nothing was, what the sender
    /// should know. `None` when there is nothing to say.
    pub message: Option<String>,
    /// What was repaired or ignored without loss of an item, each with its count.
    pub warnings: Vec<Warning>,
}

/// Something that was repaired or ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What, in words.
    pub what: &'static str,
    /// How often in this request.
    pub count: u64,
}

/// Bytes of the longest `partial_success` message.
pub const MESSAGE_BYTES: usize = 1_024;

/// Why a body could not be decoded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not the message they should be.
    #[error("failed to parse OTLP request body: {0}")]
    Wire(#[from] WireError),
    /// The bytes are a message of the other encoding.
    #[error("failed to parse OTLP request body: {source}; the body looks like {}, but the content type says {}", looks_like.media_type(), labelled.media_type())]
    Mislabelled {
        /// What the decoder of the labelled encoding said.
        source: WireError,
        /// What the content type said.
        labelled: Encoding,
        /// Which decoder accepts the body.
        looks_like: Encoding,
    },
}

/// The decoder that the store replays its log with.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtlpDecoder;

/// Whether a scope of this name is an instrumentation library, of which rows say it themselves (`telemetry.instrumentation_library`).
pub fn is_instrumentation(scope: &str) -> bool {
    normalise::is_instrumentation(scope)
}

/// Decodes and normalises one decompressed request body.
///
/// # Errors
/// [`DecodeError`] when the body as a whole is no request; single bad items are counted in [`Decoded::rejected`] instead.
pub fn decode(signal: Signal3, encoding: Encoding, body: &[u8], context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    let mut normaliser = Normaliser::new(signal, context, body.len());
    match glasshive_wire_otlp::walk(signal, encoding, body, &mut normaliser) {
        Ok(notes) => Ok(normaliser.finish(&notes)),
        Err(source) => Err(blame_label(signal, encoding, body, source)),
    }
}

/// When the other decoder accepts what this one refuses, the label is wrong, and saying so saves the sender a day.
fn blame_label(signal: Signal3, labelled: Encoding, body: &[u8], source: WireError) -> DecodeError {
    let looks_like = match (labelled, body.iter().find(|byte| !byte.is_ascii_whitespace())) {
        (Encoding::Protobuf, Some(b'{')) => Encoding::Json,
        (Encoding::Json, first) if first != Some(&b'{') && !body.is_empty() => Encoding::Protobuf,
        _ => return DecodeError::Wire(source),
    };
    match glasshive_wire_otlp::check(signal, looks_like, body) {
        Ok(()) => DecodeError::Mislabelled { source, labelled, looks_like },
        Err(_) => DecodeError::Wire(source),
    }
}

/// The format number of a record's body: the low byte says signal and encoding, the high byte the version of these rules.
pub fn format_number(signal: Signal3, encoding: Encoding) -> u16 {
    match (signal, encoding) {
        (Signal3::Traces, Encoding::Protobuf) => 1,
        (Signal3::Traces, Encoding::Json) => 2,
        (Signal3::Logs, Encoding::Protobuf) => 3,
        (Signal3::Logs, Encoding::Json) => 4,
        (Signal3::Metrics, Encoding::Protobuf) => 5,
        (Signal3::Metrics, Encoding::Json) => 6,
    }
}

fn format_of(number: u16) -> Option<(Signal3, Encoding)> {
    let all = Signal3::ALL.into_iter().flat_map(|signal| Encoding::ALL.map(|encoding| (signal, encoding)));
    all.into_iter().find(|(signal, encoding)| format_number(*signal, *encoding) == number)
}

// === impl TimeBounds ===

impl Default for TimeBounds {
    /// Any age; marked from ten minutes ahead.
    fn default() -> Self {
        Self { age_max_ns: None, future_max_ns: FUTURE_MARKED_NS.unsigned_abs() }
    }
}

// === impl DecodeContext ===

impl DecodeContext<'_> {
    /// What the log keeps of this request, so that [`OtlpDecoder`] gives the same rows again: the format, and the dataset header
    /// where it decides (for traces, where it decides with a classic key only, its presence in the record says that the key was one).
    pub fn record_meta(&self, signal: Signal3, encoding: Encoding) -> RecordMeta {
        let heeded = signal != Signal3::Traces || self.is_classic;
        let dataset = self.dataset_header.filter(|_| heeded).map(str::to_owned);
        let TimeBounds { age_max_ns, future_max_ns } = self.bounds;
        let future_max_ns = Some(future_max_ns).filter(|bound| *bound != TimeBounds::default().future_max_ns);
        RecordMeta { format: format_number(signal, encoding), dataset, age_max_ns, future_max_ns, ..RecordMeta::default() }
    }
}

// === impl DecodeError ===

impl DecodeError {
    /// The kind that the door turns into its answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            DecodeError::Wire(error) => error.kind(),
            DecodeError::Mislabelled { .. } => ErrorKind::InvalidRequest,
        }
    }
}

// === impl OtlpDecoder ===

impl Decoder for OtlpDecoder {
    fn decode(&self, meta: &RecordMeta, received_ns: i64, body: &[u8]) -> Result<Rows, String> {
        let (signal, encoding) =
            format_of(meta.format).ok_or_else(|| format!("record format {} is not known to the OTLP door", meta.format))?;
        if !meta.rows_to_skip.is_empty() {
            return Err("an OTLP record names rows to skip, which this door never asks for".to_owned());
        }
        let usual = TimeBounds::default();
        let bounds = TimeBounds { age_max_ns: meta.age_max_ns, future_max_ns: meta.future_max_ns.unwrap_or(usual.future_max_ns) };
        let dataset_header = meta.dataset.as_deref();
        let context = DecodeContext { received_ns, dataset_header, is_classic: meta.dataset.is_some(), bounds };
        decode(signal, encoding, body, &context).map(|decoded| decoded.rows).map_err(|error| error.to_string())
    }
}

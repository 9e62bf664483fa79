//! Everything for which the OTLP door refuses a request.

use crate::decode::DecodeError;
use glasshive_base::ErrorKind;
use glasshive_base_http::BodyError;
use glasshive_base_http::grpc::FrameError;
use glasshive_model::SinkError;

/// Why a request was refused. The message is what the sender is told; where Honeycomb has a text for it, it is that text.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// Neither protobuf nor JSON.
    #[error("unsupported content-type, valid types are: application/protobuf, application/x-protobuf, application/json")]
    MediaType,
    /// No header holds a key.
    #[error("missing 'x-honeycomb-team' header")]
    MissingKey,
    /// A classic key came without the header that names its dataset.
    #[error("missing 'x-honeycomb-dataset' header")]
    MissingDataset,
    /// Nobody knows this key.
    #[error("unknown API key - check your credentials, region, and API URL")]
    UnknownKey {
        /// The header it was in.
        header: &'static str,
    },
    /// It was switched off.
    #[error("attempted to use disabled API key")]
    DisabledKey {
        /// The header it was in.
        header: &'static str,
    },
    /// A key of this kind may not send telemetry.
    #[error("the key in '{header}' is of kind '{kind}' and lacks the permission 'events' (send telemetry)")]
    NoPermission {
        /// The header it was in.
        header: &'static str,
        /// Its kind.
        kind: &'static str,
    },
    /// A browser key may not be used from this page.
    #[error("the browser key in '{header}' may not be used from {origin}")]
    ForeignOrigin {
        /// The header the key was in.
        header: &'static str,
        /// The page's origin, or words for its absence.
        origin: String,
    },
    /// Reading, or undoing the compression of, the body failed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A gRPC request is not one message.
    #[error("failed to parse OTLP request body: {0}")]
    Frame(&'static str),
    /// A message compressed with something we do not undo.
    #[error("unknown grpc-encoding '{name}', known ones are: identity, gzip, zstd")]
    GrpcEncoding {
        /// Its name as sent.
        name: String,
    },
    /// The body is not what it should be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The store did not take it.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The store took too long.
    #[error("not durable within {ms} ms; send it again, it is kept once")]
    Late {
        /// The limit.
        ms: u64,
    },
    /// The same payload has made us panic before.
    #[error("{0}")]
    Poisonous(String),
    /// Nothing is at this path, or behind this method.
    #[error("{0}")]
    NotFound(String),
    /// A task of ours failed.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<FrameError> for OtlpError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Body(error) => OtlpError::Body(error),
            FrameError::Malformed(reason) => OtlpError::Frame(reason),
        }
    }
}

impl OtlpError {
    /// The kind that [`crate::reply`] turns into a status.
    pub fn kind(&self) -> ErrorKind {
        match self {
            OtlpError::MediaType | OtlpError::Frame(_) | OtlpError::GrpcEncoding { .. } | OtlpError::Poisonous(_) => {
                ErrorKind::InvalidRequest
            }
            OtlpError::MissingKey | OtlpError::MissingDataset | OtlpError::UnknownKey { .. } | OtlpError::DisabledKey { .. } => {
                ErrorKind::Unauthenticated
            }
            OtlpError::NoPermission { .. } | OtlpError::ForeignOrigin { .. } => ErrorKind::Forbidden,
            OtlpError::Body(error) => error.kind(),
            OtlpError::Decode(error) => error.kind(),
            OtlpError::Sink(error) => error.kind(),
            OtlpError::Late { .. } => ErrorKind::Unavailable,
            OtlpError::NotFound(_) => ErrorKind::NotFound,
            OtlpError::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The words for the operator: the message, and which header was looked at.
    pub fn reason(&self) -> String {
        match self {
            OtlpError::UnknownKey { header } => format!("unknown API key in '{header}'"),
            OtlpError::DisabledKey { header } => format!("disabled API key in '{header}'"),
            OtlpError::MissingKey => {
                "no API key in any of the headers x-honeycomb-team, authorization, x-glasshive-key, api-key".to_owned()
            }
            other => other.to_string(),
        }
    }

    /// What is wrong with which part of the request, for `google.rpc.BadRequest`.
    pub(crate) fn violations(&self) -> Vec<(String, String)> {
        match self {
            OtlpError::Decode(_) | OtlpError::Frame(_) | OtlpError::Body(BodyError::Corrupt { .. }) => {
                vec![("body".to_owned(), self.to_string())]
            }
            OtlpError::Body(BodyError::UnknownEncoding { .. }) => vec![("content-encoding".to_owned(), self.to_string())],
            OtlpError::GrpcEncoding { .. } => vec![("grpc-encoding".to_owned(), self.to_string())],
            _ => Vec::new(),
        }
    }
}

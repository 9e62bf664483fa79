//! Reading request bodies: with deadlines, under limits, charged as they arrive.

use crate::BoxError;
use crate::compression::{self, BodyCodec, KNOWN_ENCODINGS};
use crate::ledger::{Charge, Ledger, LedgerFull, make_room};
use bytes::Bytes;
use glasshive_base::ErrorKind;
use http::{HeaderMap, HeaderValue, header};
use http_body::Body as _;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a body may take, and how much of a refused one is still read.
#[derive(Debug, Clone, Copy)]
pub struct BodyPace {
    /// The whole body.
    pub deadline: Duration,
    /// Before the least rate is asked for.
    pub grace: Duration,
    /// Bytes per second after that.
    pub least_rate: u64,
    /// Bytes of a refused body that are read and thrown away, so that the client gets to read the answer.
    pub drain_bytes: usize,
    /// And for how long.
    pub drain: Duration,
}

/// A body still to be read.
pub struct RequestBody {
    incoming: Option<BoxBody<Bytes, BoxError>>,
    announced: Option<u64>,
    waits_for_continue: bool,
    started: Option<Instant>,
    received: u64,
    pace: BodyPace,
    ledger: Arc<Ledger>,
}

/// A body that was read.
#[derive(Debug)]
pub struct ReceivedBody {
    /// The bytes in `codec`: as received, when at most one encoding was applied, else decompressed.
    pub received: Bytes,
    /// How `received` is compressed.
    pub codec: BodyCodec,
    /// The bytes without any encoding.
    pub decoded: Bytes,
    /// Both, in the ledger, until dropped.
    pub charge: Charge,
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is, or becomes when decompressed, longer than allowed.
    #[error("body {}is larger than the limit of {limit_bytes} bytes", if *.decompressed { "decompressed " } else { "" })]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
        /// Whether the limit was passed by the decompressed bytes.
        decompressed: bool,
    },
    /// It did not arrive in time.
    #[error("body arrived too slowly: {received} bytes in {seconds} s")]
    Slow {
        /// Bytes until then.
        received: u64,
        /// Seconds until then.
        seconds: u64,
    },
    /// An encoding that we do not undo.
    #[error("unknown content-encoding '{name}', known ones are: {KNOWN_ENCODINGS}")]
    UnknownEncoding {
        /// Its name as sent.
        name: String,
    },
    /// The bytes are not what the encoding says.
    #[error("body is not valid {codec}: {reason}")]
    Corrupt {
        /// The encoding.
        codec: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// All bodies in flight hold as much as they may.
    #[error(transparent)]
    Full(LedgerFull),
    /// The client went away or broke the protocol.
    #[error("body ended early: {0}")]
    Broken(#[source] BoxError),
}

impl BodyError {
    /// The kind that each dialect turns into its own answer. (`UnknownEncoding` is 415 where the dialect has it.)
    pub fn kind(&self) -> ErrorKind {
        match self {
            BodyError::TooLarge { .. } => ErrorKind::TooLarge,
            BodyError::Slow { .. } => ErrorKind::Timeout,
            BodyError::UnknownEncoding { .. } | BodyError::Corrupt { .. } | BodyError::Broken(_) => ErrorKind::InvalidRequest,
            BodyError::Full(_) => ErrorKind::Unavailable,
        }
    }
}

impl Default for BodyPace {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            least_rate: 1_024,
            drain_bytes: 64 << 20,
            drain: Duration::from_secs(10),
        }
    }
}

impl RequestBody {
    pub(crate) fn new(incoming: BoxBody<Bytes, BoxError>, headers: &HeaderMap, pace: BodyPace, ledger: Arc<Ledger>) -> Self {
        Self {
            announced: headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()),
            waits_for_continue: headers.contains_key(header::EXPECT),
            incoming: Some(incoming),
            started: None,
            received: 0,
            pace,
            ledger,
        }
    }

    pub(crate) fn whole(body: Bytes, headers: &HeaderMap, ledger: Arc<Ledger>) -> Self {
        Self::new(BoxBody::new(Full::new(body).map_err(|never| match never {})), headers, BodyPace::default(), ledger)
    }

    /// What `Content-Length` says; only good for refusing early.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The account that bodies are charged to.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// The next piece, or `None` at the end. The caller charges it.
    ///
    /// # Errors
    /// [`BodyError::Slow`], [`BodyError::Broken`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(incoming) = &mut self.incoming else { return Ok(None) };
        let started = *self.started.get_or_insert_with(Instant::now);
        let earned = Duration::from_millis(self.received.saturating_mul(1_000) / self.pace.least_rate.max(1));
        let deadline = started + self.pace.deadline.min(self.pace.grace.saturating_add(earned));
        loop {
            match timeout_at(deadline, incoming.frame()).await {
                Err(_) => return Err(BodyError::Slow { received: self.received, seconds: started.elapsed().as_secs() }),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => {
                        self.received += data.len() as u64;
                        return Ok(Some(data));
                    }
                    // Trailers carry nothing we ask for.
                    Err(_) => {}
                },
                Ok(Some(Err(error))) => {
                    self.incoming = None;
                    return Err(BodyError::Broken(error));
                }
                Ok(None) => {
                    self.incoming = None;
                    return Ok(None);
                }
            }
        }
    }

    /// Reads to the end, at most `limit` bytes.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn read(&mut self, limit: usize) -> Result<(Bytes, Charge), BodyError> {
        let too_large = BodyError::TooLarge { limit_bytes: limit, decompressed: false };
        if self.announced.is_some_and(|announced| announced > limit as u64) {
            return Err(too_large);
        }
        let mut charge = self.ledger.charge(0).map_err(BodyError::Full)?;
        let Some(first) = self.chunk().await? else { return Ok((Bytes::new(), charge)) };
        let most = self.announced.and_then(|announced| usize::try_from(announced).ok()).unwrap_or(limit);
        if first.len() > limit {
            return Err(too_large);
        }
        charge.grow_to(first.len()).map_err(BodyError::Full)?;
        let Some(mut piece) = self.chunk().await? else { return Ok((first, charge)) };
        let mut whole = Vec::new();
        make_room(&mut whole, first.len(), most, 0, &mut charge).map_err(BodyError::Full)?;
        whole.extend_from_slice(&first);
        drop(first);
        loop {
            if whole.len() + piece.len() > limit {
                return Err(too_large);
            }
            make_room(&mut whole, piece.len(), most, 0, &mut charge).map_err(BodyError::Full)?;
            whole.extend_from_slice(&piece);
            match self.chunk().await? {
                Some(next) => piece = next,
                None => return Ok((Bytes::from(whole), charge)),
            }
        }
    }

    /// Reads to the end and undoes these content encodings.
    pub(crate) async fn read_decoded<'a>(
        &mut self,
        encodings: impl Iterator<Item = &'a HeaderValue>,
        limit: usize,
    ) -> Result<ReceivedBody, BodyError> {
        let codecs = compression::parse_encodings(encodings)?;
        let (received, mut charge) = self.read(limit).await?;
        let mut codec = BodyCodec::Identity;
        let mut decoded = received.clone();
        for named in codecs.iter().rev() {
            (codec, decoded, charge) = compression::decompress_aside(*named, decoded, limit, charge).await?;
        }
        if codecs.len() > 1 {
            return Ok(ReceivedBody { received: decoded.clone(), codec: BodyCodec::Identity, decoded, charge });
        }
        Ok(ReceivedBody { received, codec, decoded, charge })
    }
}

impl Drop for RequestBody {
    /// What was not read is thrown away in the background, within bounds: closing at once would reset the connection, and the
    /// client would lose the answer that tells it why. Not when the client waits to be told to go on: it has sent nothing.
    fn drop(&mut self) {
        let Some(mut incoming) = self.incoming.take().filter(|incoming| !incoming.is_end_stream()) else { return };
        if self.waits_for_continue && self.started.is_none() {
            return;
        }
        let (Ok(runtime), pace) = (tokio::runtime::Handle::try_current(), self.pace) else { return };
        runtime.spawn(async move {
            let deadline = Instant::now() + pace.drain;
            let mut left = pace.drain_bytes;
            while let Ok(Some(Ok(frame))) = timeout_at(deadline, incoming.frame()).await {
                let len = frame.data_ref().map_or(0, Bytes::len);
                let Some(rest) = left.checked_sub(len) else { return };
                left = rest;
            }
        });
    }
}

#[cfg(test)]
mod tests;

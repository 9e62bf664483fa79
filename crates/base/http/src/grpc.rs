//! Frames of unary gRPC calls over HTTP/2, and the trailers that carry their status.

use crate::body::{BodyError, RequestBody};
use crate::ledger::{Charge, make_room};
use crate::percent;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};

/// A frame's head: one byte that says whether the message is compressed, four bytes of length.
pub const FRAME_HEAD_BYTES: usize = 5;

/// Why a request's one message was not read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The body under it failed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The bytes are not one frame.
    #[error("not one gRPC message: {0}")]
    Malformed(&'static str),
}

/// A message in an uncompressed frame.
pub fn frame(message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(FRAME_HEAD_BYTES + message.len());
    out.extend_from_slice(&[0]);
    out.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(message);
    out.freeze()
}

/// The message of the first frame and whether it is compressed; `None` when the frame is not whole.
pub fn unframe(body: &Bytes) -> Option<(bool, Bytes)> {
    let (flag, len) = parse_head(body)?;
    (body.len() >= FRAME_HEAD_BYTES + len).then(|| (flag != 0, body.slice(FRAME_HEAD_BYTES..FRAME_HEAD_BYTES + len)))
}

/// Reads the one message of a unary request: whether it is compressed, and its bytes. The announced length is checked and
/// charged before a byte of it is kept, and no memory is reserved for it.
///
/// # Errors
/// See [`FrameError`].
pub async fn read_message(body: &mut RequestBody, limit: usize) -> Result<(bool, Bytes, Charge), FrameError> {
    let mut buffer = Vec::new();
    while buffer.len() < FRAME_HEAD_BYTES {
        match body.chunk().await? {
            Some(chunk) => buffer.extend_from_slice(&chunk),
            None if buffer.is_empty() => return Err(FrameError::Malformed("the request holds none")),
            None => return Err(FrameError::Malformed("it ends within the head of a frame")),
        }
    }
    let (flag, len) = parse_head(&buffer).unwrap_or_default();
    if flag > 1 {
        return Err(FrameError::Malformed("the frame begins with neither 0 nor 1"));
    }
    if len > limit {
        return Err(BodyError::TooLarge { limit_bytes: limit, decompressed: false }.into());
    }
    let mut charge = body.ledger().charge(len).map_err(BodyError::Full)?;
    buffer.drain(..FRAME_HEAD_BYTES);
    while buffer.len() <= len {
        match body.chunk().await? {
            Some(chunk) if buffer.len() + chunk.len() <= len => {
                make_room(&mut buffer, chunk.len(), len, 0, &mut charge).map_err(BodyError::Full)?;
                buffer.extend_from_slice(&chunk);
            }
            Some(_) => return Err(FrameError::Malformed("the request holds more than one")),
            None if buffer.len() == len => return Ok((flag == 1, Bytes::from(buffer), charge)),
            None => return Err(FrameError::Malformed("it is shorter than announced")),
        }
    }
    Err(FrameError::Malformed("the request holds more than one"))
}

fn parse_head(bytes: &[u8]) -> Option<(u8, usize)> {
    let [flag, a, b, c, d] = bytes.first_chunk::<FRAME_HEAD_BYTES>()?;
    usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok().map(|len| (*flag, len))
}

/// `grpc-status` and, unless empty, `grpc-message`.
pub fn status_fields(code: u32, message: &str) -> HeaderMap {
    let mut fields = HeaderMap::new();
    fields.insert("grpc-status", HeaderValue::from(code));
    if let Ok(value) = HeaderValue::from_str(&percent::encode_grpc_message(message))
        && !message.is_empty()
    {
        fields.insert("grpc-message", value);
    }
    fields
}

/// The status and message in an answer's trailers, or in its headers when it had no message.
pub fn status_of(headers: &HeaderMap, trailers: Option<&HeaderMap>) -> Option<(u32, String)> {
    let fields = trailers.filter(|trailers| trailers.contains_key("grpc-status")).unwrap_or(headers);
    let code = fields.get("grpc-status")?.to_str().ok()?.parse().ok()?;
    let message = fields.get("grpc-message").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Some((code, percent::decode(message)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, STEP_BYTES};
    use std::sync::Arc;

    async fn read(bytes: Vec<u8>, limit: usize, ledger: &Arc<Ledger>) -> Result<(bool, Bytes, Charge), FrameError> {
        read_message(&mut RequestBody::whole(Bytes::from(bytes), &HeaderMap::new(), ledger.clone()), limit).await
    }

    #[tokio::test]
    async fn one_message_exactly() {
        let ledger = Ledger::new(1 << 20);
        let (compressed, message, _) = read(frame(b"abc").to_vec(), 3, &ledger).await.unwrap();
        assert_eq!((compressed, &message[..]), (false, &b"abc"[..]));
        let (compressed, message, _) = read(vec![1, 0, 0, 0, 0], 3, &ledger).await.unwrap();
        assert_eq!((compressed, message.len()), (true, 0));
        for (bytes, words) in [
            (vec![], "the request holds none"),
            (vec![0, 0, 0], "within the head"),
            (vec![2, 0, 0, 0, 0], "neither 0 nor 1"),
            (vec![0, 0, 0, 0, 2, 1], "shorter than announced"),
            ([frame(b"a"), frame(b"b")].concat(), "more than one"),
        ] {
            let error = read(bytes, 3, &ledger).await.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[tokio::test]
    async fn otlp26_the_announced_length_is_checked_and_charged_first() {
        let ledger = Ledger::new(2 * STEP_BYTES);
        let announcing = |len: u32| [&[0][..], &len.to_be_bytes()].concat();
        let error = read(announcing(u32::MAX), 1 << 20, &ledger).await.unwrap_err();
        assert!(matches!(error, FrameError::Body(BodyError::TooLarge { limit_bytes: 1_048_576, decompressed: false })));
        let error = read(announcing(1 << 20), 1 << 20, &ledger).await.unwrap_err();
        assert!(matches!(error, FrameError::Body(BodyError::Full(_))), "{error}");
        assert_eq!(ledger.used_bytes(), 0);
    }

    #[test]
    fn statuses() {
        let fields = status_fields(16, "50% 'ü'");
        assert_eq!(fields["grpc-message"], "50%25 '%C3%BC'");
        assert_eq!(status_of(&fields, None), Some((16, "50% 'ü'".to_owned())));
        assert_eq!(status_of(&HeaderMap::new(), Some(&status_fields(0, ""))), Some((0, String::new())));
        assert_eq!(status_of(&HeaderMap::new(), None), None);
        assert_eq!(unframe(&frame(b"abc")), Some((false, Bytes::from_static(b"abc"))));
        assert_eq!(unframe(&Bytes::from_static(&[0, 0, 0, 0, 1])), None);
    }
}

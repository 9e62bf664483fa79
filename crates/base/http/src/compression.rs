//! Content encodings: which they are, and undoing them under a limit.
//!
//! Memory stays bounded whatever the bytes say: output grows by small steps, each checked against the limit and charged to the
//! ledger before it is taken; a zstd window is at most 8 MiB; gzip members are at most 64.

use crate::aside::aside;
use crate::body::BodyError;
use crate::ledger::{Charge, STEP_BYTES, make_room};
use bytes::Bytes;
use std::io::Read;

/// A content encoding we undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyCodec {
    /// None.
    Identity,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
    /// RFC 1950; what HTTP calls `deflate`.
    Zlib,
    /// RFC 1951 without a wrapper; what some clients send as `deflate`.
    Deflate,
}

/// What a 415 lists.
pub const KNOWN_ENCODINGS: &str = "identity, gzip, zstd, deflate, zlib";

/// Members of one gzip stream.
const GZIP_MEMBERS: usize = 64;
/// Logarithm of the largest zstd window: 8 MiB, what RFC 8878 asks decoders to support.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Compressed bytes from which decompression leaves the thread that serves the sockets.
const ASIDE_BYTES: usize = 16 * 1024;
/// Encodings stacked on one body.
const STACKED: usize = 4;

impl BodyCodec {
    /// The codec with this name in `Content-Encoding` or `grpc-encoding`. `deflate` is [`BodyCodec::Zlib`]; see [`decompress`].
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "" | "identity" => Some(BodyCodec::Identity),
            "gzip" | "x-gzip" => Some(BodyCodec::Gzip),
            "zstd" | "zst" => Some(BodyCodec::Zstd),
            "deflate" | "zlib" => Some(BodyCodec::Zlib),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            BodyCodec::Identity => "identity",
            BodyCodec::Gzip => "gzip",
            BodyCodec::Zstd => "zstd",
            BodyCodec::Zlib | BodyCodec::Deflate => "deflate",
        }
    }
}

/// The codecs of these `Content-Encoding` values in the order they were applied, without `identity`.
///
/// # Errors
/// [`BodyError::UnknownEncoding`].
pub fn parse_encodings<'a>(values: impl Iterator<Item = &'a http::HeaderValue>) -> Result<Vec<BodyCodec>, BodyError> {
    let mut codecs = Vec::new();
    for value in values {
        let text = String::from_utf8_lossy(value.as_bytes());
        for name in text.split(',').map(str::trim) {
            let codec = BodyCodec::from_name(name).ok_or_else(|| BodyError::UnknownEncoding { name: name.to_owned() })?;
            if codec != BodyCodec::Identity {
                codecs.push(codec);
            }
        }
    }
    if codecs.len() > STACKED {
        return Err(BodyError::UnknownEncoding { name: format!("{} encodings stacked", codecs.len()) });
    }
    Ok(codecs)
}

/// Undoes one encoding. Returns the codec the bytes really were in: what is called `deflate` may be zlib or raw. Nothing at all
/// decodes to nothing.
///
/// # Errors
/// [`BodyError::TooLarge`] once the output passes `limit`, [`BodyError::Corrupt`], [`BodyError::Full`] when the ledger cannot
/// take the output.
pub fn decompress(codec: BodyCodec, body: &Bytes, limit: usize, charge: &mut Charge) -> Result<(BodyCodec, Bytes), BodyError> {
    let sink = Sink { out: Vec::new(), base: charge.bytes(), charge, limit, codec };
    if body.is_empty() {
        return Ok((codec, body.clone()));
    }
    match codec {
        BodyCodec::Identity => Ok((codec, body.clone())),
        BodyCodec::Gzip => Ok((codec, gunzip(body, sink)?)),
        BodyCodec::Zstd => Ok((codec, unzstd(body, sink)?)),
        BodyCodec::Deflate => Ok((codec, inflate_raw(body, sink)?)),
        BodyCodec::Zlib if !has_zlib_head(body) => Ok((BodyCodec::Deflate, inflate_raw(body, sink)?)),
        BodyCodec::Zlib => match inflate_zlib(body, sink) {
            // A raw stream may begin like a zlib one by chance.
            Err(BodyError::Corrupt { reason, .. }) => {
                let again = Sink { out: Vec::new(), base: charge.bytes(), charge, limit, codec };
                let raw = inflate_raw(body, again).map_err(|_| BodyError::Corrupt { codec: codec.name(), reason })?;
                Ok((BodyCodec::Deflate, raw))
            }
            other => Ok((codec, other?)),
        },
    }
}

/// [`decompress`] that leaves the caller's thread free when there is enough to do. The charge comes back with the output.
///
/// # Errors
/// As [`decompress`].
pub async fn decompress_aside(
    codec: BodyCodec,
    body: Bytes,
    limit: usize,
    mut charge: Charge,
) -> Result<(BodyCodec, Bytes, Charge), BodyError> {
    let is_short = body.len() < ASIDE_BYTES;
    let work = move || decompress(codec, &body, limit, &mut charge).map(|(codec, out)| (codec, out, charge));
    if is_short || codec == BodyCodec::Identity {
        return work();
    }
    aside(work).await.map_err(|gone| BodyError::Broken(gone.into()))?
}

/// RFC 1950: method 8, window at most 32 KiB, and a checked head.
fn has_zlib_head(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && first >> 4 <= 7 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31))
}

fn gunzip(body: &[u8], mut sink: Sink<'_>) -> Result<Bytes, BodyError> {
    let mut rest = body;
    for _ in 0..GZIP_MEMBERS {
        sink.drain(&mut flate2::bufread::GzDecoder::new(&mut rest))?;
        if rest.is_empty() {
            return Ok(sink.finish());
        }
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Err(sink.corrupt("bytes follow the end of the stream"));
        }
    }
    Err(sink.corrupt(&format!("more than {GZIP_MEMBERS} members")))
}

fn unzstd(body: &[u8], mut sink: Sink<'_>) -> Result<Bytes, BodyError> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(|error| sink.corrupt(&error.to_string()))?;
    decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|error| sink.corrupt(&error.to_string()))?;
    sink.drain(&mut decoder)?;
    Ok(sink.finish())
}

fn inflate_zlib(mut body: &[u8], mut sink: Sink<'_>) -> Result<Bytes, BodyError> {
    sink.drain(&mut flate2::bufread::ZlibDecoder::new(&mut body))?;
    if body.is_empty() { Ok(sink.finish()) } else { Err(sink.corrupt("bytes follow the end of the stream")) }
}

fn inflate_raw(mut body: &[u8], mut sink: Sink<'_>) -> Result<Bytes, BodyError> {
    sink.drain(&mut flate2::bufread::DeflateDecoder::new(&mut body))?;
    if body.is_empty() { Ok(sink.finish()) } else { Err(sink.corrupt("bytes follow the end of the stream")) }
}

/// Where output goes: limited and charged before it is taken.
struct Sink<'a> {
    out: Vec<u8>,
    /// What was charged before the output.
    base: usize,
    charge: &'a mut Charge,
    limit: usize,
    codec: BodyCodec,
}

impl Sink<'_> {
    fn drain(&mut self, decoder: &mut impl Read) -> Result<(), BodyError> {
        loop {
            let len = self.out.len();
            // One byte past the limit is asked for, so that passing it shows.
            let step = STEP_BYTES.min(self.limit.saturating_sub(len).saturating_add(1));
            make_room(&mut self.out, step, self.limit.saturating_add(1), self.base, self.charge).map_err(BodyError::Full)?;
            self.out.resize(len + step, 0);
            let read = decoder.read(&mut self.out[len..]);
            self.out.truncate(len + read.as_ref().map_or(0, |read| *read));
            match read {
                Ok(0) => return Ok(()),
                Ok(_) if self.out.len() > self.limit => return Err(BodyError::TooLarge { limit_bytes: self.limit, decompressed: true }),
                Ok(_) => {}
                Err(error) => return Err(self.corrupt(&error.to_string())),
            }
        }
    }

    fn corrupt(&self, reason: &str) -> BodyError {
        BodyError::Corrupt { codec: self.codec.name(), reason: reason.to_owned() }
    }

    fn finish(self) -> Bytes {
        Bytes::from(self.out)
    }
}

#[cfg(test)]
mod tests;

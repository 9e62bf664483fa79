//! One request in the log.

use super::format::{Life, RECORD_HEADER};
use super::meta::StoredMeta;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use glasshive_model::{Codec, EnvironmentId};
use std::io::{self, Read};

/// The body begins with `u32 length | meta`, because the meta is too long for the header's two bytes.
const FLAG_LONG_META: u8 = 1;
/// Bodies that came uncompressed are compressed from this size on.
const COMPRESS_FROM: usize = 512;
/// Bytes a stored body may inflate to; doors allow a fraction of that.
const INFLATED_BYTES: u64 = 1 << 30;

/// A record without its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogRecord {
    pub environment: EnvironmentId,
    pub received_ns: i64,
    pub meta: StoredMeta,
    pub codec: Codec,
    pub body: Bytes,
}

impl LogRecord {
    /// The record of a body, compressed with zstd when it came as it is and that makes it smaller.
    pub fn of_body(environment: EnvironmentId, received_ns: i64, meta: StoredMeta, codec: Codec, body: Bytes) -> Self {
        let compressed = (codec == Codec::Identity && body.len() >= COMPRESS_FROM).then(|| zstd::bulk::compress(&body, 1));
        match compressed {
            Some(Ok(smaller)) if smaller.len() < body.len() => {
                Self { environment, received_ns, meta, codec: Codec::Zstd, body: Bytes::from(smaller) }
            }
            _ => Self { environment, received_ns, meta, codec, body },
        }
    }

    /// The bytes of the record at this place of the log: header and meta, then the body as it is.
    pub fn encode(&self, life: Life, sequence: u64) -> [Bytes; 2] {
        let meta = self.meta.encode(life.seed(sequence));
        let short = u16::try_from(meta.len()).ok();
        let mut head = BytesMut::with_capacity(RECORD_HEADER + 4 + meta.len());
        let long_prefix = if short.is_some() { 0 } else { 4 };
        let length = RECORD_HEADER + long_prefix + meta.len() + self.body.len();
        head.put_u32_le(u32::try_from(length).expect("bodies are limited to a fraction of 4 GiB"));
        head.put_u32_le(0);
        head.put_u64_le(sequence);
        head.put_u16_le(self.meta.meta.format);
        head.put_u8(self.codec as u8);
        head.put_u8(if short.is_some() { 0 } else { FLAG_LONG_META });
        head.put_u32_le(self.environment.0);
        head.put_i64_le(self.received_ns);
        head.put_u16_le(short.unwrap_or(0));
        if short.is_none() {
            head.put_u32_le(meta.len() as u32);
        }
        head.put_slice(&meta);
        let crc = checksum(life, sequence, &head, &self.body);
        head[4..8].copy_from_slice(&crc.to_le_bytes());
        [head.freeze(), self.body.clone()]
    }

    /// The record at the start of `at` and its length, if its bytes are those that were written there.
    pub fn decode(at: &Bytes, life: Life, sequence: u64) -> Option<(Self, usize)> {
        let length = stored_length(at)?;
        let record = at.get(..length)?;
        let mut head = &record[..RECORD_HEADER];
        head.advance(4);
        let crc = head.get_u32_le();
        if head.get_u64_le() != sequence || checksum(life, sequence, record, &[]) != crc {
            return None;
        }
        let format = head.get_u16_le();
        let codec = Codec::from_number(head.get_u8())?;
        let is_long = head.get_u8() & FLAG_LONG_META != 0;
        let environment = EnvironmentId(head.get_u32_le());
        let received_ns = head.get_i64_le();
        let mut meta_len = usize::from(head.get_u16_le());
        let mut start = RECORD_HEADER;
        if is_long {
            meta_len = u32::from_le_bytes(*record.get(start..)?.first_chunk()?) as usize;
            start += 4;
        }
        let meta = StoredMeta::decode(record.get(start..start + meta_len)?, format)?;
        let body = at.slice(start + meta_len..length);
        Some((Self { environment, received_ns, meta, codec, body }, length))
    }

    /// The datasets of a damaged record at the start of `at`, if its meta still proves them.
    pub fn proved_datasets(at: &[u8], life: Life, sequence: u64) -> Option<Vec<String>> {
        let is_long = at.get(19)? & FLAG_LONG_META != 0;
        let start = if is_long { RECORD_HEADER + 4 } else { RECORD_HEADER };
        StoredMeta::proved_datasets(at.get(start..)?, life.seed(sequence))
    }

    /// The body as it was before compression.
    pub fn inflate(&self) -> io::Result<Bytes> {
        let body = &self.body[..];
        match self.codec {
            Codec::Identity => Ok(self.body.clone()),
            Codec::Gzip => read_all(flate2::read::MultiGzDecoder::new(body)),
            Codec::Zstd => read_all(zstd::stream::read::Decoder::with_buffer(body)?),
            Codec::Zlib => read_all(flate2::read::ZlibDecoder::new(body)),
            Codec::Deflate => read_all(flate2::read::DeflateDecoder::new(body)),
        }
    }

    /// By what a second delivery is known: the environment, the body, and what of the headers changes its rows.
    pub fn identity(&self) -> u128 {
        let mut bytes = BytesMut::with_capacity(64);
        bytes.put_u32_le(self.environment.0);
        bytes.put_u16_le(self.meta.meta.format);
        bytes.put_u128_le(self.meta.body_hash);
        for header in [&self.meta.meta.dataset, &self.meta.meta.sample_rate] {
            bytes.put_u8(u8::from(header.is_some()));
            bytes.put_slice(header.as_deref().unwrap_or_default().as_bytes());
        }
        xxhash_rust::xxh3::xxh3_128(&bytes)
    }

    /// Bytes of memory it takes in a queue.
    pub fn heap_bytes(&self) -> usize {
        self.body.len() + 256
    }
}

/// The length that a record at this place says it has, if that is a possible one.
pub(crate) fn stored_length(at: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*at.first_chunk()?) as usize;
    (RECORD_HEADER..=at.len()).contains(&length).then_some(length)
}

fn checksum(life: Life, sequence: u64, head: &[u8], body: &[u8]) -> u32 {
    let crc = crc32c::crc32c_append(life.seed(sequence), &head[..4]);
    crc32c::crc32c_append(crc32c::crc32c_append(crc, &head[8..]), body)
}

fn read_all(reader: impl Read) -> io::Result<Bytes> {
    let mut out = Vec::new();
    reader.take(INFLATED_BYTES).read_to_end(&mut out)?;
    Ok(Bytes::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_model::RecordMeta;

    const LIFE: Life = Life { node: 1, generation: 2 };

    fn record(skip: usize, body: Bytes) -> LogRecord {
        let meta = RecordMeta { format: 1, rows_to_skip: (0..skip as u32).collect(), ..RecordMeta::default() };
        LogRecord::of_body(
            EnvironmentId(1),
            5,
            StoredMeta { meta, body_hash: 8, rows: 3, datasets: vec!["api".to_owned()] },
            Codec::Identity,
            body,
        )
    }

    #[test]
    fn records_survive_and_bodies_inflate() {
        let long = Bytes::from("telemetry ".repeat(1_000));
        for (skip, body) in [(0, Bytes::from_static(b"short")), (3, long.clone()), (40_000, long)] {
            let record = record(skip, body.clone());
            assert_eq!(record.codec == Codec::Zstd, body.len() > COMPRESS_FROM);
            assert_eq!(record.inflate().unwrap(), body);
            let stored = Bytes::from(record.encode(LIFE, 77).concat());
            assert_eq!(LogRecord::decode(&stored, LIFE, 77), Some((record, stored.len())));
            assert_eq!(LogRecord::decode(&stored, LIFE, 78), None);
            assert_eq!(LogRecord::decode(&stored, Life { generation: 1, ..LIFE }, 77), None);
            assert_eq!(LogRecord::decode(&stored.slice(..stored.len() - 1), LIFE, 77), None);
        }
    }

    #[test]
    fn every_changed_bit_is_seen() {
        let stored = record(1, Bytes::from_static(b"body")).encode(LIFE, 7).concat();
        for bit in 0..stored.len() * 8 {
            let mut broken = stored.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(LogRecord::decode(&Bytes::from(broken), LIFE, 7), None, "bit {bit}");
        }
    }
}

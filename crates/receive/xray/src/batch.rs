//! Documents one after the other: what the log keeps of them (format 7 of `docs/formats/log.md`).
//!
//! Each is two bytes of length and the name of the segment that it belongs to, where the door knew that from other documents (else
//! the length is 0), then four bytes of length and the text as received. Numbers are little-endian.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The format's number in the log.
pub const FORMAT: u16 = 7;

/// One document of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The segment it belongs to, where that is not in it.
    pub owner: Option<String>,
    /// Its text.
    pub document: Bytes,
}

/// Adds a document to a batch.
pub fn push(batch: &mut BytesMut, owner: Option<&str>, document: &[u8]) {
    let owner = owner.unwrap_or_default();
    let owner_len = u16::try_from(owner.len()).expect("names are cut at 200 characters");
    let len = u32::try_from(document.len()).expect("documents are smaller than a request, and that than 4 GiB");
    batch.reserve(6 + owner.len() + document.len());
    batch.put_u16_le(owner_len);
    batch.put_slice(owner.as_bytes());
    batch.put_u32_le(len);
    batch.put_slice(document);
}

/// The documents of a batch, without copying.
///
/// # Errors
/// A sentence, when it is none.
pub fn entries(mut batch: Bytes) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    let cut = |place: usize| format!("the batch ends within its document {place}");
    while !batch.is_empty() {
        let place = entries.len();
        let owner = take(&mut batch, 2).map(|mut len| len.get_u16_le()).and_then(|len| take(&mut batch, len.into()));
        let owner = owner.ok_or_else(|| cut(place))?;
        let document = take(&mut batch, 4).map(|mut len| len.get_u32_le()).and_then(|len| take(&mut batch, usize::try_from(len).ok()?));
        let document = document.ok_or_else(|| cut(place))?;
        let owner = String::from_utf8(owner.to_vec()).map_err(|_| format!("the owner of document {place} is not UTF-8"))?;
        entries.push(Entry { owner: Some(owner).filter(|owner| !owner.is_empty()), document });
    }
    Ok(entries)
}

fn take(batch: &mut Bytes, len: usize) -> Option<Bytes> {
    (batch.len() >= len).then(|| batch.split_to(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_refuses_what_is_cut() {
        let mut batch = BytesMut::new();
        push(&mut batch, None, b"{}");
        push(&mut batch, Some("sh\u{f6}p"), b"{\n}");
        let batch = batch.freeze();
        let read = entries(batch.clone()).unwrap();
        let shown: Vec<_> = read.iter().map(|entry| (entry.owner.as_deref(), &entry.document[..])).collect();
        assert_eq!(shown, [(None, b"{}".as_slice()), (Some("sh\u{f6}p"), b"{\n}")]);
        for len in (1..batch.len()).filter(|len| *len != 8) {
            assert!(entries(batch.slice(..len)).is_err(), "{len}");
        }
        assert_eq!(entries(Bytes::new()), Ok(Vec::new()));
    }
}

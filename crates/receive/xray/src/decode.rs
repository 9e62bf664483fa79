//! From documents to rows: a pure function of the batch and its receive time, run when documents arrive and when the log is replayed.

use crate::batch;
use crate::normalise::Normaliser;
use bytes::Bytes;
use glasshive_model::limits::FUTURE_REFUSED_NS;
use glasshive_model::{Decoder, RecordMeta, Rows};
use glasshive_wire_xray::{Code, Document, Entity, Json, Rejection, document, json};

/// The decoder that the store replays its log with.
#[derive(Debug, Clone, Copy, Default)]
pub struct XrayDecoder;

/// Decodes and normalises the documents of one batch.
///
/// # Errors
/// A sentence, when the bytes are no batch, or one of its documents is none.
pub fn decode(batch: &Bytes, received_ns: i64) -> Result<Rows, String> {
    let mut normaliser = Normaliser::new(received_ns);
    for entry in batch::entries(batch.clone())? {
        let tree = json::parse(&entry.document).map_err(|error| error.to_string())?;
        let document = read(&tree, received_ns).map_err(|rejection| rejection.to_string())?;
        normaliser.document(&document.top, entry.owner.as_deref(), entry.document.clone());
    }
    Ok(normaliser.finish())
}

/// Reads a document, and refuses times that lie too far ahead of its receipt, with the subsegments that have them.
pub(crate) fn read<'j>(tree: &'j Json<'j>, received_ns: i64) -> Result<Document<'j>, Rejection> {
    let Document { mut top, mut faults } = document::read(tree)?;
    let latest_ns = received_ns.saturating_add(FUTURE_REFUSED_NS);
    let rejection = |entity: &Entity<'_>| {
        let id = glasshive_wire_xray::id::entity_id_text(entity.id);
        Rejection::new(Code::InvalidTime, entity.is_subsegment, Some(&id))
    };
    if top.start_ns > latest_ns {
        return Err(rejection(&top));
    }
    without_later(&mut top, latest_ns, &mut |entity| faults.push(rejection(entity)));
    Ok(Document { top, faults })
}

fn without_later(entity: &mut Entity<'_>, latest_ns: i64, told: &mut impl FnMut(&Entity<'_>)) {
    entity.subsegments.retain(|embedded| {
        let is_later = embedded.start_ns > latest_ns;
        if is_later {
            told(embedded);
        }
        !is_later
    });
    entity.subsegments.iter_mut().for_each(|embedded| without_later(embedded, latest_ns, told));
}

impl Decoder for XrayDecoder {
    fn decode(&self, meta: &RecordMeta, received_ns: i64, body: &[u8]) -> Result<Rows, String> {
        if meta.format != batch::FORMAT {
            return Err(format!("record format {} is not known to the X-Ray door", meta.format));
        }
        decode(&Bytes::copy_from_slice(body), received_ns)
    }
}

#[cfg(test)]
mod tests;

//! What the readers of X-Ray's documents must hold for any bytes.

use super::RECEIVED_NS;
use bytes::{Bytes, BytesMut};
use glasshive_model::rows::Stamp;
use glasshive_model::shown::shown_rows;
use glasshive_receive_xray::{batch, decode};
use glasshive_wire_xray::{TraceHeader, document, frame, json};

/// A datagram is a frame or refused, its documents are read or refused; what is read becomes rows, in proportion, and the same rows
/// again when the log is replayed. Trace headers are read from the same bytes, and as they are written.
pub fn datagram(bytes: &[u8]) -> u64 {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let header = TraceHeader::parse(text);
        let again = TraceHeader::parse(&header.to_string());
        assert_eq!((again.root, again.parent, again.sampled), (header.root, header.parent, header.sampled));
    }
    let Ok(text) = frame::document_of(bytes) else { return 0 };
    let Ok(documents) = document::split(text) else { return 0 };
    let mut accepted = 0;
    for text in documents {
        let tree = json::parse(text).expect("the text that it is part of was read");
        let Ok(read) = document::read(&tree) else { continue };
        let mut body = BytesMut::new();
        batch::push(&mut body, None, text);
        let body: Bytes = body.freeze();
        let Ok(rows) = decode::decode(&body, RECEIVED_NS) else { continue };
        assert!(rows.len() >= read.top.count().min(1), "a document has a row at least");
        assert!(rows.heap_bytes() <= (16 << 20) + 256 * bytes.len(), "the rows are out of proportion");
        let again = decode::decode(&body, RECEIVED_NS).expect("it was accepted a moment ago");
        let shown =
            |rows: &glasshive_model::Rows| format!("{:?}", shown_rows(&rows.to_batch(Stamp { sequence: 1, ingest_time_ns: RECEIVED_NS })));
        assert_eq!(shown(&rows), shown(&again), "decoding is not a function of the bytes");
        accepted += 1;
    }
    accepted
}

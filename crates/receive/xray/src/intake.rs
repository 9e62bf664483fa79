//! From documents to the sink: checked, normalised, written down as one request, kept.

use crate::batch;
use crate::config::XrayConfig;
use crate::decode;
use crate::normalise::Normaliser;
use crate::owners::Owners;
use bytes::{Bytes, BytesMut};
use glasshive_base::metrics::{Counter, Registry};
use glasshive_base::{Clock, ErrorKind};
use glasshive_base_http::{RefusalRing, RefusedRequest};
use glasshive_model::{Appended, Codec, EnvironmentId, EventSink, RecordMeta, Rows, SinkError, Submission, sink};
use glasshive_wire_xray::frame::{self, FrameError};
use glasshive_wire_xray::{Code, Entity, Rejection, document, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// Bytes of a document that was not taken that are shown with the refusal.
const SHOWN_BYTES: usize = 2 << 10;
/// Documents of one text: SDKs send one, or the few that were waiting.
const DOCUMENTS_MAX: usize = 1_000;
/// Refusals of one text that are told one by one; the rest are counted.
const TOLD_MAX: usize = 10;

/// Makes requests to the sink of what was received.
pub struct Intake {
    sink: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    /// Where everything goes: the door asks for no credential.
    environment: EnvironmentId,
    config: XrayConfig,
    refusals: Arc<RefusalRing>,
    owners: Owners,
    registry: Registry,
    pub(crate) meters: Meters,
}

/// Counters of the door.
pub(crate) struct Meters {
    segments: [Counter; 2],
    pub datagrams: Counter,
    pub datagram_bytes: Counter,
    pub dropped_queue: Counter,
    pub dropped_kernel: Counter,
    dropped_header: Counter,
    dropped_sink: Counter,
}

/// By these routes' names documents are known that were not taken.
pub const UDP_ROUTE: &str = "xray_udp";
/// The same, of those that came by HTTP.
pub const SEGMENTS_ROUTE: &str = "xray_segments";

/// How documents came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    /// As datagrams.
    Udp,
    /// In a request.
    Http,
}

/// Where documents came from, and for whom.
struct From {
    environment: EnvironmentId,
    via: Via,
    peer: SocketAddr,
}

/// Documents that can be kept, as one request.
#[derive(Debug, Clone)]
pub struct Prepared {
    body: Bytes,
    /// By which the same documents are known when they are sent again, whatever was known of their segments each time.
    hash: u128,
    rows: Arc<Rows>,
    environment: EnvironmentId,
    received_ns: i64,
    segments: [u64; 2],
    datagrams: u64,
}

/// One document that was not taken as a whole, or not all of it; for very many of one text, the last of them stands for the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which of those that were given.
    pub index: usize,
    /// Why.
    pub rejection: Rejection,
}

impl Intake {
    /// An intake that hands everything to `sink`, for one environment.
    pub fn new(
        config: XrayConfig,
        environment: EnvironmentId,
        sink: Arc<dyn EventSink>,
        clock: Arc<dyn Clock>,
        refusals: Arc<RefusalRing>,
        registry: &Registry,
    ) -> Self {
        const DROPPED: (&str, &str) = ("glasshive_xray_udp_dropped_total", "Datagrams that were not kept, by reason.");
        let dropped = |reason| registry.counter(DROPPED.0, DROPPED.1, &[("reason", reason)]);
        let segments =
            |kind| registry.counter("glasshive_xray_segments_total", "Segments and subsegments that were kept.", &[("kind", kind)]);
        let meters = Meters {
            segments: [segments("segment"), segments("subsegment")],
            datagrams: registry.counter("glasshive_xray_udp_datagrams_total", "Datagrams that were read.", &[]),
            datagram_bytes: registry.counter("glasshive_xray_udp_bytes_total", "Bytes of datagrams that were read.", &[]),
            dropped_queue: dropped("queue"),
            dropped_kernel: dropped("kernel"),
            dropped_header: dropped("header"),
            dropped_sink: dropped("sink"),
        };
        let registry = registry.clone();
        Self { sink, clock, environment, config, refusals, owners: Owners::default(), registry, meters }
    }

    pub(crate) fn config(&self) -> &XrayConfig {
        &self.config
    }

    pub(crate) fn environment(&self) -> EnvironmentId {
        self.environment
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether the sink could take so many bytes now.
    ///
    /// # Errors
    /// As the sink says.
    pub fn admit(&self, bytes: usize) -> Result<(), SinkError> {
        self.sink.admit(bytes)
    }

    /// What can be kept of datagrams; what cannot is counted and told.
    pub fn prepare_datagrams(&self, datagrams: &[(Bytes, SocketAddr)]) -> Option<Prepared> {
        let mut texts = Vec::with_capacity(datagrams.len());
        let mut peers = Vec::with_capacity(datagrams.len());
        for (datagram, peer) in datagrams {
            match frame::document_of(datagram) {
                Ok(text) => {
                    texts.push(datagram.slice_ref(text));
                    peers.push(*peer);
                }
                Err(error) => self.refuse_frame(datagram, *peer, error),
            }
        }
        let (prepared, refused) = self.prepare(self.environment, &texts, frame::DATAGRAM_MAX);
        for refused in refused {
            let from = From { environment: self.environment, via: Via::Udp, peer: peers[refused.index] };
            self.tell(&from, &texts[refused.index], refused.rejection.code.word(), refused.rejection.to_string());
        }
        prepared.map(|prepared| Prepared { datagrams: texts.len() as u64, ..prepared })
    }

    /// What can be kept of the documents in a request to an environment, and what was refused of which.
    pub fn prepare_request(&self, environment: EnvironmentId, documents: &[Bytes], peer: SocketAddr) -> (Option<Prepared>, Vec<Refused>) {
        let (prepared, refused) = self.prepare(environment, documents, self.config.document_bytes);
        let from = From { environment, via: Via::Http, peer };
        for refused in &refused {
            self.tell(&from, &documents[refused.index], refused.rejection.code.word(), refused.rejection.to_string());
        }
        (prepared, refused)
    }

    fn prepare(&self, environment: EnvironmentId, texts: &[Bytes], document_bytes: usize) -> (Option<Prepared>, Vec<Refused>) {
        let received_ns = self.clock.wall_ns();
        let mut batch = Batch {
            intake: self,
            environment,
            received_ns,
            normaliser: Normaliser::new(received_ns),
            body: BytesMut::new(),
            hashes: BytesMut::new(),
            segments: [0; 2],
        };
        let mut refused = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let mut count = 0;
            let mut refuse = |rejection: Rejection| {
                self.count(rejection.code);
                count += 1;
                if count <= TOLD_MAX {
                    refused.push(Refused { index, rejection });
                } else if let Some(last) = refused.last_mut() {
                    last.rejection.detail = Some(format!("and {} more of this text", count - TOLD_MAX));
                }
            };
            if text.len() > document_bytes {
                refuse(Rejection {
                    detail: Some(format!("more than {document_bytes} bytes")),
                    ..Rejection::new(Code::SegmentTooLarge, false, None)
                });
                continue;
            }
            // Most texts are one document, and are read once.
            if text.trim_ascii_start().first() != Some(&b'[') {
                batch.add(text, &mut refuse);
                continue;
            }
            match document::split(text) {
                Ok(documents) => {
                    let left = documents.len().saturating_sub(DOCUMENTS_MAX);
                    documents.into_iter().take(DOCUMENTS_MAX).for_each(|document| batch.add(&text.slice_ref(document), &mut refuse));
                    if left > 0 {
                        let detail = Some(format!("more than {DOCUMENTS_MAX} documents in one text: {left} were left out"));
                        refuse(Rejection { detail, ..Rejection::new(Code::SegmentTooLarge, false, None) });
                    }
                }
                Err(rejection) => refuse(rejection),
            }
        }
        (batch.finish(), refused)
    }

    /// Hands over what was prepared. `Ok` means durable.
    ///
    /// # Errors
    /// As the sink says; then nothing was kept, and the same may be handed over again.
    pub async fn keep(&self, prepared: &Prepared) -> Result<(), SinkError> {
        let appended = self.sink.append(prepared.submission()).await?;
        if let Appended::Stored { .. } = appended {
            self.meters.segments.iter().zip(prepared.segments).for_each(|(counter, count)| counter.add(count));
        }
        Ok(())
    }

    /// Datagrams that the sink will never take.
    pub(crate) fn lost(&self, prepared: &Prepared, error: &SinkError) {
        self.meters.dropped_sink.add(prepared.datagrams);
        tracing::warn!(%error, "X-Ray segments were not kept");
    }

    fn refuse_frame(&self, datagram: &[u8], peer: SocketAddr, error: FrameError) {
        self.meters.dropped_header.increment();
        let from = From { environment: self.environment, via: Via::Udp, peer };
        self.tell(&from, datagram, "header", error.to_string());
    }

    fn count(&self, code: Code) {
        const REJECTED: (&str, &str) =
            ("glasshive_xray_segments_rejected_total", "Segments and subsegments that were not taken, by reason.");
        self.registry.counter(REJECTED.0, REJECTED.1, &[("reason", code.word())]).increment();
    }

    fn tell(&self, from: &From, text: &[u8], status: &str, reason: String) {
        let (protocol, route) = match from.via {
            Via::Udp => ("udp", UDP_ROUTE),
            Via::Http => ("HTTP/1.1", SEGMENTS_ROUTE),
        };
        self.refusals.push(RefusedRequest {
            time_ns: self.clock.wall_ns(),
            peer: from.peer.to_string(),
            protocol: protocol.to_owned(),
            route: route.to_owned(),
            target: String::from_utf8_lossy(&text[..text.len().min(SHOWN_BYTES)]).into_owned(),
            status: status.to_owned(),
            reason,
            credential: None,
            environment: Some(from.environment.0),
            payload: None,
        });
    }
}

/// A request in the making.
struct Batch<'i> {
    intake: &'i Intake,
    environment: EnvironmentId,
    received_ns: i64,
    normaliser: Normaliser,
    body: BytesMut,
    /// Of each document.
    hashes: BytesMut,
    segments: [u64; 2],
}

impl Batch<'_> {
    fn add(&mut self, text: &Bytes, refuse: &mut impl FnMut(Rejection)) {
        let tree = match json::parse(text) {
            Ok(tree) => tree,
            Err(error) => return refuse(Rejection::unreadable(&error)),
        };
        let read = match decode::read(&tree, self.received_ns) {
            Ok(read) => read,
            Err(rejection) => return refuse(rejection),
        };
        let top = &read.top;
        let owner = self.intake.owners.of(self.environment, top);
        self.normaliser.document(top, owner.as_deref(), text.clone());
        batch::push(&mut self.body, owner.as_deref(), text);
        self.hashes.extend_from_slice(&sink::body_hash(text).to_le_bytes());
        self.count(top);
        read.faults.into_iter().for_each(refuse);
    }

    fn count(&mut self, entity: &Entity<'_>) {
        self.segments[usize::from(entity.is_subsegment)] += 1;
        entity.subsegments.iter().for_each(|embedded| self.count(embedded));
    }

    fn finish(self) -> Option<Prepared> {
        if self.normaliser.is_empty() {
            return None;
        }
        let rows = Arc::new(self.normaliser.finish());
        let hash = sink::body_hash(&self.hashes);
        let Self { environment, received_ns, segments, .. } = self;
        Some(Prepared { body: self.body.freeze(), hash, rows, environment, received_ns, segments, datagrams: 0 })
    }
}

impl Prepared {
    /// What the rows came from, as the log keeps it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The rows.
    pub fn rows(&self) -> &Arc<Rows> {
        &self.rows
    }

    fn submission(&self) -> Submission {
        Submission {
            environment: self.environment,
            received_ns: self.received_ns,
            meta: RecordMeta { format: batch::FORMAT, ..RecordMeta::default() },
            codec: Codec::Identity,
            body: self.body.clone(),
            body_hash: self.hash,
            rows: self.rows.clone(),
        }
    }
}

/// Whether the same may be taken later.
pub(crate) fn is_temporary(error: &SinkError) -> bool {
    error.kind() == ErrorKind::Unavailable
}

//! What comes out: request bodies, the profile they were made from, and a checksum over them.

use bytes::Bytes;

/// Which data set is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// 24 services x 4 instances, 16 resource attributes, about 15.5 attributes on a span and 330 keys in all.
    #[default]
    Wide,
}

/// Which OTLP signal a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// An `ExportTraceServiceRequest`.
    Traces,
    /// An `ExportLogsServiceRequest`.
    Logs,
}

impl Signal {
    /// The path of OTLP over HTTP.
    pub fn http_path(self) -> &'static str {
        match self {
            Signal::Traces => "/v1/traces",
            Signal::Logs => "/v1/logs",
        }
    }

    /// The path of OTLP over gRPC.
    pub fn grpc_path(self) -> &'static str {
        match self {
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }
}

/// One export request, encoded as OTLP protobuf, uncompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What it holds.
    pub signal: Signal,
    /// The protobuf bytes.
    pub bytes: Bytes,
    /// Spans or log records in it, at most 512.
    pub items: u32,
    /// Which of the 96 instances sends it.
    pub instance: usize,
}

impl Body {
    /// The resource's `service.instance.id`.
    pub fn instance_id(&self) -> String {
        instance_id(self.instance)
    }
}

pub(crate) fn instance_id(instance: usize) -> String {
    format!("00000000-0000-4000-8000-{:012x}", 0xC0FFEE + instance)
}

/// A 64-bit checksum over bodies in order, for telling whether two runs made the same bytes. Not a cryptographic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Self(0x243F_6A88_85A3_08D3)
    }
}

impl Checksum {
    /// Adds a body: its bytes in little-endian words of eight, the last one padded with zeros, then its length.
    pub fn add(&mut self, body: &Body) {
        let mut chunks = body.bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.word(u64::from_le_bytes(chunk.try_into().expect("chunks_exact gives eight bytes")));
        }
        let mut last = [0; 8];
        last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.word(u64::from_le_bytes(last));
        self.word(body.bytes.len() as u64);
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    /// The sum so far.
    pub fn value(self) -> u64 {
        self.0
    }
}

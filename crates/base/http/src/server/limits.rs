//! Limits and deadlines of listeners and connections.

use crate::body::BodyPace;
use std::time::Duration;

/// Limits and deadlines. The defaults suit one machine.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time of one listener.
    pub connections: usize,
    /// Of these, those of one peer that is not on loopback.
    pub connections_per_peer: usize,
    /// From the first byte of a head to its last.
    pub head_deadline: Duration,
    /// Without a request.
    pub idle: Duration,
    /// Without the client taking a byte that we have for it.
    pub write_stall: Duration,
    /// Bytes of all header names and values.
    pub head_bytes: usize,
    /// Header fields.
    pub head_fields: usize,
    /// Bytes of the target.
    pub uri_bytes: usize,
    /// HTTP/2 streams at a time on one connection.
    pub streams: u32,
    /// HTTP/2 streams reset by the client before we took them, until the connection is closed.
    pub pending_resets: usize,
    /// HTTP/2 streams reset by us for the client's errors, until the connection is closed.
    pub error_resets: usize,
    /// How long a body may take.
    pub body: BodyPace,
    /// Bytes that all bodies in flight may hold.
    pub ledger_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_peer: 128,
            head_deadline: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            head_bytes: 16 * 1_024,
            head_fields: 100,
            uri_bytes: 8 * 1_024,
            streams: 100,
            pending_resets: 20,
            error_resets: 200,
            body: BodyPace::default(),
            ledger_bytes: 512 << 20,
        }
    }
}

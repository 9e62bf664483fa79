//! A socket that notes when bytes came and went, so that slow and silent clients can be told apart from working ones.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    in_flight: AtomicUsize,
    is_http2: AtomicBool,
    /// Milliseconds after `opened`, plus one; 0 = not.
    head_since: AtomicU64,
    idle_since: AtomicU64,
    stalled_since: AtomicU64,
}

/// Why a connection should be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// A head was begun and not finished.
    Head,
    /// Nothing was asked for.
    Idle,
    /// The client does not take what it asked for.
    Write,
}

/// Counts a request until its answer has been handed over.
pub(super) struct InFlight(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            in_flight: AtomicUsize::new(0),
            is_http2: AtomicBool::new(false),
            head_since: AtomicU64::new(0),
            idle_since: AtomicU64::new(1),
            stalled_since: AtomicU64::new(0),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// A head is complete.
    pub(super) fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        self.head_since.store(0, Ordering::SeqCst);
        InFlight(self.clone())
    }

    pub(super) fn overdue(&self, head: Duration, idle: Duration, write: Duration) -> Option<Overdue> {
        let now = self.now();
        let passed =
            |since: u64, limit: Duration| since != 0 && now.saturating_sub(since) >= u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        if passed(self.stalled_since.load(Ordering::SeqCst), write) {
            return Some(Overdue::Write);
        }
        if self.in_flight.load(Ordering::SeqCst) > 0 {
            return None;
        }
        if passed(self.head_since.load(Ordering::SeqCst), head) {
            return Some(Overdue::Head);
        }
        passed(self.idle_since.load(Ordering::SeqCst), idle).then_some(Overdue::Idle)
    }

    fn read(&self, bytes: &[u8], is_first: bool) {
        if is_first && bytes.starts_with(b"PRI") {
            self.is_http2.store(true, Ordering::SeqCst);
        }
        // On HTTP/2 bytes between requests are pings and window updates.
        if !self.is_http2.load(Ordering::SeqCst) && self.in_flight.load(Ordering::SeqCst) == 0 {
            let _ = self.head_since.compare_exchange(0, self.now(), Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    fn wrote(&self, is_pending: bool) {
        if is_pending {
            let _ = self.stalled_since.compare_exchange(0, self.now(), Ordering::SeqCst, Ordering::SeqCst);
        } else {
            self.stalled_since.store(0, Ordering::SeqCst);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let now = self.0.now();
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle_since.store(now, Ordering::SeqCst);
        }
    }
}

/// The socket.
pub(super) struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
    has_read: bool,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self { stream, activity, has_read: false }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        let bytes = &buf.filled()[before..];
        if !bytes.is_empty() {
            self.activity.read(bytes, !self.has_read);
            self.has_read = true;
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.activity.wrote(result.is_pending());
        result
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.activity.wrote(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1_000);

    #[test]
    fn l5_phases_of_a_connection() {
        let activity = Activity::new();
        assert_eq!(activity.overdue(LONG, LONG, LONG), None);
        assert_eq!(activity.overdue(Duration::ZERO, LONG, Duration::ZERO), None, "no head was begun, nothing is being written");
        assert_eq!(activity.overdue(LONG, Duration::ZERO, LONG), Some(Overdue::Idle));
        activity.read(b"GET", true);
        assert_eq!(activity.overdue(Duration::ZERO, LONG, LONG), Some(Overdue::Head));
        let flight = activity.enter();
        activity.read(b"body", false);
        assert_eq!(activity.overdue(Duration::ZERO, Duration::ZERO, LONG), None);
        activity.wrote(true);
        assert_eq!(activity.overdue(LONG, LONG, Duration::ZERO), Some(Overdue::Write));
        activity.wrote(false);
        drop(flight);
        assert_eq!(activity.overdue(Duration::ZERO, LONG, Duration::ZERO), None);
    }

    #[test]
    fn otlp09_pings_are_no_heads() {
        let activity = Activity::new();
        activity.read(b"PRI * HTTP/2.0\r\n", true);
        activity.read(b"\0\0\x08\x06", false);
        assert_eq!(activity.overdue(Duration::ZERO, LONG, LONG), None);
    }
}

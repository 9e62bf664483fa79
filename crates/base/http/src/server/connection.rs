//! One connection, from its first byte to its last.

use super::Shared;
use super::accept::Life;
use super::service;
use super::watched::{Activity, Overdue, Watched};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Bytes of an HTTP/1 head before it is refused unread; also how much of a body is read at a time.
const HTTP1_BUFFER: usize = 64 * 1024;
/// HTTP/2 flow control: bytes in flight of one stream and of one connection.
const HTTP2_WINDOWS: (u32, u32) = (256 * 1024, 1024 * 1024);
/// HTTP/2 pings of ours, and how long an answer may take.
const HTTP2_PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, life: &Life) {
    let _ = stream.set_nodelay(true);
    shared.meters.connections.add(1);
    let activity = Activity::new();
    let service = service_fn({
        let (shared, activity) = (shared.clone(), activity.clone());
        move |request| service::answer(shared.clone(), activity.enter(), peer, request)
    });
    let builder = builder(&shared);
    let connection = builder.serve_connection(TokioIo::new(Watched::new(stream, activity.clone())), service);
    let mut connection = std::pin::pin!(connection);
    let limits = shared.limits;
    let mut ticks = tokio::time::interval(tick(&limits));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            // A client's mistake or absence ends its own connection; the requests on it were counted where they were answered.
            _ = connection.as_mut() => break,
            () = life.abort.cancelled() => break,
            () = life.stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = ticks.tick() => match activity.overdue(limits.head_deadline, limits.idle, limits.write_stall) {
                Some(Overdue::Idle) if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                Some(Overdue::Head | Overdue::Write) => {
                    shared.meters.overdue_connections.increment();
                    break;
                }
                _ => {}
            },
        }
    }
    shared.meters.connections.add(-1);
}

/// How often the deadlines are looked at.
fn tick(limits: &super::Limits) -> Duration {
    let shortest = limits.head_deadline.min(limits.idle).min(limits.write_stall);
    (shortest / 8).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

fn builder(shared: &Shared) -> auto::Builder<TokioExecutor> {
    let limits = &shared.limits;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(limits.head_fields + 1)
        .max_buf_size(HTTP1_BUFFER.max(limits.head_bytes + limits.uri_bytes));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes + limits.uri_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_local_error_reset_streams(limits.error_resets)
        .initial_stream_window_size(HTTP2_WINDOWS.0)
        .initial_connection_window_size(HTTP2_WINDOWS.1)
        .keep_alive_interval(HTTP2_PING.0)
        .keep_alive_timeout(HTTP2_PING.1);
    builder
}

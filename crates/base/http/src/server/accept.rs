//! Taking connections: how many, from whom, and what happens when the system has none left.

use super::{Shared, connection};
use crate::refusal::{RefusedRequest, shown_peer};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// What a client over the limits is told; HTTP/2 clients take it for a broken connection and come back later as well.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// Pauses after a failed accept: descriptors are exhausted, and trying at once would only burn the processor.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Ends of a listener's or a connection's life.
#[derive(Clone)]
pub(super) struct Life {
    /// Finish what is in flight, begin nothing.
    pub stop: CancellationToken,
    /// Cut.
    pub abort: CancellationToken,
    /// Dropped last.
    pub _alive: mpsc::Sender<()>,
}

/// Open connections by peer.
#[derive(Default)]
struct Peers(Mutex<HashMap<IpAddr, usize>>);

struct PeerSlot {
    peers: Arc<Peers>,
    address: IpAddr,
}

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, life: Life) {
    let slots = Arc::new(Semaphore::new(shared.limits.connections));
    let peers = Arc::new(Peers::default());
    let mut pause = BACK_OFF.0;
    loop {
        let accepted = tokio::select! {
            () = life.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_client(&error) => continue,
            Err(error) => {
                shared.meters.failed_accepts.increment();
                tracing::warn!(%error, "cannot accept connections; trying again in {pause:?}");
                tokio::select! {
                    () = life.stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(BACK_OFF.1);
                continue;
            }
        };
        pause = BACK_OFF.0;
        let slot = peers.clone().enter(peer.ip(), shared.limits.connections_per_peer);
        match (slots.clone().try_acquire_owned(), slot) {
            (Ok(permit), Some(slot)) => {
                let (shared, life) = (shared.clone(), life.clone());
                tokio::spawn(async move {
                    connection::serve(stream, peer, shared, &life).await;
                    drop((permit, slot, life));
                });
            }
            _ => refuse(stream, peer, &shared),
        }
    }
}

/// The connection was gone before we took it: nothing is wrong with us.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused)
}

fn refuse(mut stream: TcpStream, peer: SocketAddr, shared: &Shared) {
    shared.meters.refused_connections.increment();
    shared.refusals.push(RefusedRequest {
        time_ns: shared.clock.wall_ns(),
        peer: shown_peer(peer),
        protocol: "tcp".to_owned(),
        route: String::new(),
        target: String::new(),
        status: "503".to_owned(),
        reason: format!("too many connections (at most {}, {} of one peer)", shared.limits.connections, shared.limits.connections_per_peer),
        credential: None,
        environment: None,
        payload: None,
    });
    tokio::spawn(async move {
        let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(TOO_MANY)).await;
    });
}

impl Peers {
    /// A slot for one more connection of this peer, unless it has as many as it may. Loopback peers are all one machine's
    /// programs and are not counted.
    fn enter(self: Arc<Self>, address: IpAddr, limit: usize) -> Option<PeerSlot> {
        if !address.is_loopback() {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(address).or_default();
            if *count >= limit {
                return None;
            }
            *count += 1;
        }
        Some(PeerSlot { peers: self, address })
    }
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l5_slots_by_peer() {
        let peers = Arc::new(Peers::default());
        let far = IpAddr::from([10, 0, 0, 1]);
        let first = peers.clone().enter(far, 2);
        let second = peers.clone().enter(far, 2);
        assert!(first.is_some() && second.is_some() && peers.clone().enter(far, 2).is_none());
        assert!(peers.clone().enter(IpAddr::from([10, 0, 0, 2]), 2).is_some());
        drop(first);
        assert!(peers.clone().enter(far, 2).is_some());
        drop(second);
        assert!(peers.0.lock().unwrap().is_empty());
        let near: Vec<_> = (0..10).map(|_| peers.clone().enter(IpAddr::from([127, 0, 0, 1]), 2)).collect();
        assert!(near.iter().all(Option::is_some));
    }
}

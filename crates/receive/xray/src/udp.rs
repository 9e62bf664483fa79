//! The daemon's UDP socket: one thread that reads it and waits for nothing else, one that hands over what was read.

mod queue;

use crate::intake::{Intake, Prepared, is_temporary};
use crate::kernel;
use bytes::Bytes;
use glasshive_base::metrics::{Gauge, Registry};
use queue::Queue;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long the reading thread sleeps in the kernel before it looks whether it should stop.
const GLANCE: Duration = Duration::from_millis(100);
/// How often dropped datagrams are looked for and told.
const TELLING: Duration = Duration::from_secs(1);
/// How long the sink is left alone when it takes nothing now.
const BACK_OFF: Duration = Duration::from_millis(50);
/// Bytes for the longest datagram that there can be.
const BUFFER_BYTES: usize = 65_535;

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The address cannot be had.
    #[error("cannot listen for UDP on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no threads.
    #[error("cannot start the threads of the X-Ray daemon: {0}")]
    Threads(io::Error),
}

/// A bound socket that nobody reads yet, so that the address is known, and taken, before anything is kept.
pub struct Bound {
    socket: UdpSocket,
    address: SocketAddr,
    receive_buffer_bytes: usize,
}

/// The running daemon. Ends with [`Daemon::stop`]; when dropped its threads end too, without being waited for.
pub struct Daemon {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Bound {
    /// Takes an address (port 0 = any free one) and asks the kernel for a receive buffer.
    ///
    /// # Errors
    /// [`DaemonError::Bind`].
    pub fn take(address: SocketAddr, receive_buffer_bytes: usize) -> Result<Self, DaemonError> {
        let failed = |source| DaemonError::Bind { address, source };
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP)).map_err(failed)?;
        if address.is_ipv6() {
            // `[::]` takes IPv4 too, as the TCP side does.
            socket.set_only_v6(false).map_err(failed)?;
        }
        // A kernel that gives less than asked says so when it is read back.
        let _ = socket.set_recv_buffer_size(receive_buffer_bytes);
        socket.bind(&address.into()).map_err(failed)?;
        let granted = socket.recv_buffer_size().map_err(failed)?;
        let socket: UdpSocket = socket.into();
        socket.set_read_timeout(Some(GLANCE)).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address: local, receive_buffer_bytes: granted })
    }

    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that the kernel holds of datagrams that were not read yet; Linux counts its own bookkeeping among them.
    pub fn receive_buffer_bytes(&self) -> usize {
        self.receive_buffer_bytes
    }

    /// Starts to read. `runtime` is what the sink's futures run on.
    ///
    /// # Errors
    /// [`DaemonError::Threads`].
    pub fn start(self, intake: Arc<Intake>, runtime: Handle, registry: &Registry) -> Result<Daemon, DaemonError> {
        let queue = Arc::new(Queue::new(intake.config().queue_bytes));
        let stop = Arc::new(AtomicBool::new(false));
        let gauge = |name, help| registry.gauge(name, help, &[]);
        gauge("glasshive_xray_udp_receive_buffer_bytes", "Bytes that the kernel holds of datagrams that were not read yet.")
            .set(i64::try_from(self.receive_buffer_bytes).unwrap_or(i64::MAX));
        let waiting = gauge("glasshive_xray_udp_queue_bytes", "Bytes of datagrams that wait to be decoded.");
        let reader =
            Reader { socket: self.socket, intake: intake.clone(), queue: queue.clone(), stop: stop.clone(), told: Told::default() };
        let keeper = Keeper { intake, queue, stop: stop.clone(), runtime, waiting };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.to_owned()).spawn(work);
        let keeper = spawn("hive-xray-keep", Box::new(move || keeper.run())).map_err(DaemonError::Threads)?;
        let reader = spawn("hive-xray-udp", Box::new(move || reader.run())).map_err(DaemonError::Threads)?;
        Ok(Daemon { stop, threads: vec![reader, keeper] })
    }
}

impl Daemon {
    /// Stops reading, hands over what was read, and returns. Blocks meanwhile: for [`GLANCE`] and as long as the sink takes.
    pub fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has told it; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Reads the socket.
struct Reader {
    socket: UdpSocket,
    intake: Arc<Intake>,
    queue: Arc<Queue>,
    stop: Arc<AtomicBool>,
    told: Told,
}

/// What was told of dropped datagrams.
#[derive(Default)]
struct Told {
    at: Duration,
    kernel: u64,
    queue: u64,
    queue_told: u64,
}

impl Reader {
    fn run(mut self) {
        let mut buffer = vec![0; BUFFER_BYTES];
        while !self.stop.load(Ordering::Relaxed) {
            match self.socket.recv_from(&mut buffer) {
                Ok((len, peer)) => self.take(&buffer[..len], peer),
                Err(error) if is_nothing(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot read the X-Ray daemon's socket");
                    std::thread::sleep(GLANCE);
                }
            }
            self.tell();
        }
        self.queue.close();
    }

    fn take(&mut self, datagram: &[u8], peer: SocketAddr) {
        let meters = &self.intake.meters;
        meters.datagrams.increment();
        meters.datagram_bytes.add(datagram.len() as u64);
        if !self.queue.push(Bytes::copy_from_slice(datagram), peer) {
            meters.dropped_queue.increment();
            self.told.queue += 1;
        }
    }

    fn tell(&mut self) {
        let now = self.intake.clock().monotonic();
        if now.saturating_sub(self.told.at) < TELLING {
            return;
        }
        self.told.at = now;
        if let Some(drops) = kernel::drops(&self.socket).filter(|drops| *drops > self.told.kernel) {
            let new = drops - self.told.kernel;
            self.told.kernel = drops;
            self.intake.meters.dropped_kernel.add(new);
            tracing::warn!(
                datagrams = new,
                "the kernel dropped X-Ray datagrams: its receive buffer was full; see net.core.rmem_max in docs/xray.md"
            );
        }
        if self.told.queue > self.told.queue_told {
            let new = self.told.queue - self.told.queue_told;
            self.told.queue_told = self.told.queue;
            tracing::warn!(datagrams = new, "X-Ray datagrams were dropped: they came faster than they could be kept");
        }
    }
}

/// Nothing came in time, or the last answer to some sender could not be delivered.
fn is_nothing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted | ConnectionReset | ConnectionRefused)
}

/// Hands over what was read.
struct Keeper {
    intake: Arc<Intake>,
    queue: Arc<Queue>,
    stop: Arc<AtomicBool>,
    runtime: Handle,
    waiting: Gauge,
}

impl Keeper {
    fn run(self) {
        while let Some((datagrams, left)) = self.queue.pop() {
            self.waiting.set(i64::try_from(left).unwrap_or(i64::MAX));
            if let Some(prepared) = self.intake.prepare_datagrams(&datagrams) {
                self.keep(&prepared);
            }
        }
    }

    /// Tries until the sink takes it: meanwhile datagrams wait in the queue, and when that is full the newest are dropped and counted.
    fn keep(&self, prepared: &Prepared) {
        loop {
            match self.runtime.block_on(self.intake.keep(prepared)) {
                Ok(()) => return,
                Err(error) if is_temporary(&error) && !self.stop.load(Ordering::Relaxed) => {
                    self.runtime.block_on(self.intake.clock().sleep(BACK_OFF));
                }
                Err(error) => return self.intake.lost(prepared, &error),
            }
        }
    }
}

#[cfg(test)]
mod tests;

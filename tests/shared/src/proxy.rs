//! Stands between a client and PostgreSQL and makes the answer to a commit go missing.

use anyhow::{Context, Result};
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A simple query of this text ends a transaction.
const COMMIT: &[u8] = b"COMMIT\0";
/// What a client says that waits for other transactions.
const WAITS: &[u8] = b"FOR UPDATE";

/// What happens to the next commit. Afterwards everything passes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It never reaches the server.
    BeforeEffect,
    /// The server does it; the answer is lost.
    AfterEffect,
    /// The client is cut off at once; the server gets it only when another client waits for it.
    Late,
}

/// A proxy on a socket of its own.
pub struct Proxy {
    directory: tempfile::TempDir,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    next: Mutex<Option<Cut>>,
    somebody_waits: Mutex<bool>,
    changed: Condvar,
}

// === impl Proxy ===

impl Proxy {
    /// Listens, and passes everything to the server behind the socket in `server`.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn before(server: &Path) -> Result<Self> {
        let proxy = Self { directory: tempfile::tempdir()?, shared: Arc::default() };
        let listener = UnixListener::bind(socket(proxy.directory.path())).context("listen")?;
        let (server, shared) = (socket(server), proxy.shared.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (server, shared) = (server.clone(), shared.clone());
                std::thread::spawn(move || pass(client, &server, &shared));
            }
        });
        Ok(proxy)
    }

    /// The directory of its socket.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    /// Chooses what happens to the next commit.
    pub fn cut_next(&self, cut: Cut) {
        *self.shared.somebody_waits.lock().unwrap_or_else(PoisonError::into_inner) = false;
        *self.shared.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join(".s.PGSQL.5432")
}

/// One connection, until either side ends it. An error ends it for both.
fn pass(client: UnixStream, server: &Path, shared: &Shared) {
    let Ok(server) = UnixStream::connect(server) else { return };
    let (Ok(from_server), Ok(to_client)) = (server.try_clone(), client.try_clone()) else { return };
    let answers = std::thread::spawn(move || copy(from_server, to_client));
    drop(pass_questions(client, server, shared));
    drop(answers.join());
}

fn pass_questions(mut client: UnixStream, mut server: UnixStream, shared: &Shared) -> io::Result<()> {
    let mut buffer = [0; 64 << 10];
    loop {
        let length = client.read(&mut buffer)?;
        let bytes = &buffer[..length];
        if length == 0 {
            return server.shutdown(Shutdown::Both);
        }
        if contains(bytes, WAITS) {
            *shared.somebody_waits.lock().unwrap_or_else(PoisonError::into_inner) = true;
            shared.changed.notify_all();
        }
        let cut = match contains(bytes, COMMIT) {
            true => shared.next.lock().unwrap_or_else(PoisonError::into_inner).take(),
            false => None,
        };
        let Some(cut) = cut else {
            server.write_all(bytes)?;
            continue;
        };
        match cut {
            Cut::BeforeEffect => {
                server.shutdown(Shutdown::Both)?;
                return client.shutdown(Shutdown::Both);
            }
            Cut::AfterEffect => {
                // Nobody reads what the server answers; it says so once the commit is done, and then it is cut off.
                client.shutdown(Shutdown::Both)?;
                return server.write_all(bytes);
            }
            Cut::Late => {
                client.shutdown(Shutdown::Both)?;
                let mut waits = shared.somebody_waits.lock().unwrap_or_else(PoisonError::into_inner);
                while !*waits {
                    waits = shared.changed.wait(waits).unwrap_or_else(PoisonError::into_inner);
                }
                return server.write_all(bytes);
            }
        }
    }
}

fn copy(mut from: UnixStream, mut to: UnixStream) {
    let mut buffer = [0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

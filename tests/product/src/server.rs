//! A running `glasshive serve`.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Only bounds how long a broken server is waited for; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server with its addresses, and all that it said so far. Killed when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub http: String,
    /// The same of the gRPC door.
    pub grpc: String,
    said: Arc<Mutex<String>>,
    listeners: Vec<JoinHandle<()>>,
}

/// How a server is to be started.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Put in front of the command, such as `strace` and its flags.
    pub wrapper: Vec<OsString>,
    /// Further flags.
    pub flags: Vec<OsString>,
}

/// The binary under test.
pub fn glasshive() -> Result<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let binary = BINARY.get_or_init(|| find_or_build().map_err(|error| format!("{error:#}")));
    binary.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn find_or_build() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("GLASSHIVE_BIN") {
        return Ok(path.into());
    }
    // .../target/<profile>/deps/<this test>
    let own = std::env::current_exe().context("find this test's own path")?;
    let profile = own.parent().and_then(Path::parent).context("a test lies in target/<profile>/deps")?;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(manifest).args(["build", "--quiet", "--locked", "--package", "glasshive"]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    let status = build.status().context("run cargo build")?;
    anyhow::ensure!(status.success(), "cargo build --package glasshive ended with {status}");
    Ok(profile.join("glasshive"))
}

impl Server {
    /// Starts on free ports and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it ends before, with what it said.
    pub fn start(data: &Path) -> Result<Self> {
        Self::start_as(data, &Start::default())
    }

    /// The same, in another way.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_as(data: &Path, how: &Start) -> Result<Self> {
        let (sender, lines) = channel();
        let mut child = command(data, how)?.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("start the server")?;
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().context("standard output is piped")?;
        let stderr = child.stderr.take().context("standard error is piped")?;
        let listeners = vec![listen(stdout, said.clone(), Some(sender)), listen(stderr, said.clone(), None)];
        let mut server = Self { child, http: String::new(), grpc: String::new(), said, listeners };
        server.wait_until_ready(&lines)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, lines: &Receiver<String>) -> Result<()> {
        loop {
            let Ok(line) = lines.recv_timeout(PATIENCE) else {
                let _ = self.child.kill();
                let _ = self.child.wait();
                self.listeners.drain(..).for_each(|listener| drop(listener.join()));
                bail!("the server did not become ready; it said:\n{}", self.said());
            };
            if let Some(address) = line.strip_prefix("listening HTTP ") {
                address.clone_into(&mut self.http);
            } else if let Some(address) = line.strip_prefix("listening gRPC ") {
                address.clone_into(&mut self.grpc);
            } else if line.starts_with("ready ") {
                return Ok(());
            }
        }
    }

    /// Everything it wrote to standard output and standard error.
    pub fn said(&self) -> String {
        self.said.lock().expect("no thread panics with the lock").clone()
    }

    /// The number before `word` in a line that begins with `begin`, such as 12 in `recovered 12 events from the log`.
    pub fn said_number(&self, begin: &str) -> Option<u64> {
        self.said().lines().find_map(|line| line.strip_prefix(begin)?.split_whitespace().next()?.parse().ok())
    }

    /// The process: under a wrapper, the wrapper's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until the process is gone.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("kill the server")?;
        self.child.wait().context("wait for the server")?;
        Ok(())
    }

    /// Asks process `id` to end, waits for this server's end, and returns how it ended and everything it said.
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate_process(mut self, id: u32) -> Result<(ExitStatus, String)> {
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("a process has a number")?;
        kill_process(pid, Signal::TERM).context("send SIGTERM")?;
        let status = self.child.wait().context("wait for the server")?;
        self.listeners.drain(..).for_each(|listener| drop(listener.join()));
        Ok((status, self.said()))
    }

    /// SIGTERM; see [`Server::terminate_process`].
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate(self) -> Result<(ExitStatus, String)> {
        let id = self.id();
        self.terminate_process(id)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, how: &Start) -> Result<Command> {
    let mut words = how.wrapper.clone();
    words.push(glasshive()?.into());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg("serve").arg("--data").arg(data);
    command.args(["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]).args(&how.flags);
    // Settings of the machine's own must not change what is tested.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GLASSHIVE_")) {
        command.env_remove(name);
    }
    Ok(command)
}

/// Collects what a stream says, line by line.
fn listen(stream: impl Read + Send + 'static, said: Arc<Mutex<String>>, lines: Option<Sender<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut said = said.lock().expect("no thread panics with the lock");
            said.push_str(&line);
            said.push('\n');
            drop(said);
            if let Some(lines) = &lines {
                // Nobody listens any more once the server is ready.
                let _ = lines.send(line);
            }
        }
    })
}

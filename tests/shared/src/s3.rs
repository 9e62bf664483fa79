//! An S3-compatible server (moto, from PyPI) on a free port, and a proxy before it that makes requests fail.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A running server with one bucket, `hive`. Dropping it ends it.
pub struct S3 {
    process: Child,
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// What happens to requests. Each happens once, or so often as it says; then everything passes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many requests are answered with 503.
    Refuse(usize),
    /// An upload is done, and its answer lost.
    AnswerLost,
    /// The last byte of an upload arrives as another one.
    OtherByte,
    /// The first read is answered only after a second one has been.
    SlowRead,
    /// The server does not answer at all, until it is healed.
    Stall,
    /// Every upload is answered with 403, until it is healed.
    ForbidUploads,
    /// Whatever is asked for, nothing is there: what answers is no object store.
    Elsewhere,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    requests: Vec<String>,
    /// A read has been answered while another one was held back.
    has_overtaken: bool,
    /// How often everything was healed.
    healings: u64,
}

// === impl S3 ===

impl S3 {
    /// Starts one; installs it into cargo's target directory first, if it is not there.
    ///
    /// # Errors
    /// When there is no Python 3, or it cannot be installed.
    pub fn start() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("s3");
        let python = install(&here)?;
        let command =
            Command::new(python).arg(here.join("server.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = command.context("start the server")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output is piped")?).read_line(&mut line)?;
        let server = SocketAddr::from(([127, 0, 0, 1], line.trim().parse().context("the server ended before it had a port")?));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let s3 = Self { process, shared: Arc::default(), address: listener.local_addr()? };
        let shared = s3.shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                std::thread::spawn(move || drop(pass(client, server, &shared)));
            }
        });
        s3.ask("PUT", "/hive")?;
        Ok(s3)
    }

    /// Where clients are to send requests.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Chooses what happens.
    pub fn fail(&self, fault: Fault) {
        let mut state = self.shared.state();
        (state.fault, state.has_overtaken) = (Some(fault), false);
    }

    /// From now on everything passes again.
    pub fn heal(&self) {
        let mut state = self.shared.state();
        state.fault = None;
        state.healings += 1;
        self.shared.changed.notify_all();
    }

    /// From now on a request must be signed with a key that the server has given out, and no other; returns the key's id and secret.
    ///
    /// # Errors
    /// When the server does not do as asked.
    pub fn check_signatures(&self) -> Result<(String, String)> {
        let form = |body: &str| self.post("/", "iam", "application/x-www-form-urlencoded", &format!("{body}&Version=2010-05-08"));
        form("Action=CreateUser&UserName=hive")?;
        let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}";
        let encoded: String = policy.bytes().map(|byte| format!("%{byte:02X}")).collect();
        form(&format!("Action=PutUserPolicy&UserName=hive&PolicyName=all&PolicyDocument={encoded}"))?;
        let key = form("Action=CreateAccessKey&UserName=hive")?;
        let tag = |name: &str| Some(key.split_once(&format!("<{name}>"))?.1.split_once("</")?.0.to_owned());
        let key = tag("AccessKeyId").zip(tag("SecretAccessKey")).context("a key was made")?;
        self.post("/moto-api/reset-auth", "s3", "text/plain", "0")?;
        Ok(key)
    }

    fn post(&self, path: &str, service: &str, content_type: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        let credential = format!("AKIAEXAMPLE/20260101/us-east-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {signature}\r\n", self.address);
        write!(stream, "{head}Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 2"), "POST {path}: {answer}");
        self.requests();
        Ok(answer)
    }

    /// Method and path of every request since the last time this was asked.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().requests)
    }

    /// A request of somebody else.
    ///
    /// # Errors
    /// When it is not answered with success.
    pub fn ask(&self, method: &str, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        // The server asks for a signature before it removes anything, and does not look at it.
        let signature = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {signature}\r\nContent-Length: 0\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        self.requests();
        Ok(answer)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; says what is to happen to it.
    fn note(&self, head: &str) -> Option<Fault> {
        let mut state = self.state();
        let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        let (is_upload, is_read) = (line.starts_with("PUT "), line.starts_with("GET "));
        state.requests.push(line);
        let fault = state.fault?;
        let applies = match fault {
            Fault::Refuse(_) | Fault::Stall | Fault::Elsewhere => true,
            Fault::AnswerLost | Fault::OtherByte | Fault::ForbidUploads => is_upload,
            Fault::SlowRead => is_read,
        };
        if !applies {
            return None;
        }
        state.fault = match fault {
            Fault::Refuse(left @ 2..) => Some(Fault::Refuse(left - 1)),
            Fault::Stall | Fault::ForbidUploads | Fault::Elsewhere => Some(fault),
            _ => None,
        };
        Some(fault)
    }
}

/// One request on a connection of its own, and its answer.
fn pass(client: TcpStream, server: SocketAddr, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let start = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
        let line = head[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let fault = shared.note(&head);
    let mut client = client;
    let instead = match fault {
        Some(Fault::Refuse(_)) => Some("503 Slow Down"),
        Some(Fault::ForbidUploads) => Some("403 Forbidden"),
        Some(Fault::Elsewhere) => Some("404 Not Found"),
        Some(Fault::Stall) => {
            let mut state = shared.state();
            let healings = state.healings;
            while state.healings == healings {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            return client.shutdown(Shutdown::Both);
        }
        _ => None,
    };
    if let Some(status) = instead {
        write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return client.shutdown(Shutdown::Both);
    }
    if fault == Some(Fault::OtherByte)
        && let Some(byte) = body.last_mut()
    {
        *byte ^= 1;
    }
    let mut upstream = TcpStream::connect(server)?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    match fault {
        Some(Fault::AnswerLost) => return client.shutdown(Shutdown::Both),
        Some(Fault::SlowRead) => {
            let mut state = shared.state();
            while !state.has_overtaken {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        _ => {}
    }
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Both)?;
    if head.starts_with("GET ") {
        shared.state().has_overtaken = true;
        shared.changed.notify_all();
    }
    Ok(())
}

/// A Python with what `requirements.txt` names, made once.
fn install(here: &Path) -> Result<PathBuf> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let requirements = here.join("requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let executable = std::env::current_exe()?;
    let target = executable.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file()).context("cargo's target directory")?;
    let home = target.join("s3");
    let (python, stamp) = (home.join("venv/bin/python"), home.join("installed"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(&home)?;
    run(Command::new("python3").args(["-m", "venv"]).arg(home.join("venv")))?;
    run(Command::new(home.join("venv/bin/pip")).args(["install", "--quiet", "--no-deps", "--requirement"]).arg(&requirements))?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

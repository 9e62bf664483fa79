//! A PostgreSQL server in a temporary directory: its own data, its own socket, no port, no system service.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Where packages of PostgreSQL put the server's programs, besides the path.
const PLACES: &str = "/usr/lib/postgresql";
/// The user that the server runs as when we are root, which it refuses.
const USER: &str = "nobody";

/// A running server. Dropping it stops it and removes everything.
pub struct Postgres {
    programs: PathBuf,
    directory: tempfile::TempDir,
}

// === impl Postgres ===

impl Postgres {
    /// One that tests of this process share, each with databases of its own; it ends with the last of them.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// Makes and starts one.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let server = Self { programs: programs()?, directory: tempfile::tempdir().context("make a directory")? };
        if rustix::process::getuid().is_root() {
            server.run("chown", &[OsStr::new(USER), server.directory.path().as_os_str()], false)?;
        }
        let data = server.data();
        let init = ["--auth=trust", "--username=hive", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--pgdata"];
        server.run_program("initdb", init.iter().map(OsStr::new).chain([data.as_os_str()]))?;
        server.resume()?;
        Ok(server)
    }

    /// Starts it again after [`Postgres::stop`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn resume(&self) -> Result<()> {
        let settings = format!("-c listen_addresses='' -c unix_socket_directories='{}'", self.socket_directory().display());
        let log = self.directory.path().join("server.log");
        let data = self.data();
        let arguments: [&OsStr; 8] = [
            "start".as_ref(),
            "--wait".as_ref(),
            "--pgdata".as_ref(),
            data.as_ref(),
            "--log".as_ref(),
            log.as_ref(),
            "--options".as_ref(),
            settings.as_ref(),
        ];
        let started = self.run_program("pg_ctl", arguments);
        started.map(drop).with_context(|| fs::read_to_string(&log).unwrap_or_default())
    }

    /// Stops it as a kill would: nothing is finished, the next start recovers.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&self) -> Result<()> {
        let data = self.data();
        let arguments: [&OsStr; 6] =
            ["stop".as_ref(), "--wait".as_ref(), "--mode".as_ref(), "immediate".as_ref(), "--pgdata".as_ref(), data.as_ref()];
        self.run_program("pg_ctl", arguments).map(drop)
    }

    /// Makes a database; returns the URL of it.
    ///
    /// # Errors
    /// When there is one of that name.
    pub fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(Self::url(name, self.socket_directory()))
    }

    /// The URL of a database behind the socket in `directory`.
    pub fn url(name: &str, directory: &Path) -> String {
        format!("postgres:///{name}?user=hive&host={}", directory.display())
    }

    /// Runs a statement as somebody else would; returns the rows, fields with `|` between.
    ///
    /// # Errors
    /// What the database says.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let directory = self.socket_directory();
        let arguments: [&OsStr; 10] = [
            "--no-psqlrc".as_ref(),
            "--tuples-only".as_ref(),
            "--no-align".as_ref(),
            "--username=hive".as_ref(),
            "--host".as_ref(),
            directory.as_ref(),
            "--dbname".as_ref(),
            database.as_ref(),
            "--command".as_ref(),
            statement.as_ref(),
        ];
        let output = self.run_program("psql", arguments)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Copies a database into a new one by way of a backup, as its owner would; returns the URL of the new one.
    ///
    /// # Errors
    /// What the database says.
    pub fn restore(&self, from: &str, to: &str) -> Result<String> {
        let url = self.database(to)?;
        let backup = self.directory.path().join(format!("{to}.sql"));
        let host = self.socket_directory();
        let dump: [&OsStr; 6] =
            ["--username=hive".as_ref(), "--host".as_ref(), host.as_ref(), "--file".as_ref(), backup.as_ref(), from.as_ref()];
        self.run_program("pg_dump", dump)?;
        let load: [&OsStr; 10] = [
            "--no-psqlrc".as_ref(),
            "--quiet".as_ref(),
            "--variable=ON_ERROR_STOP=1".as_ref(),
            "--username=hive".as_ref(),
            "--host".as_ref(),
            host.as_ref(),
            "--dbname".as_ref(),
            to.as_ref(),
            "--file".as_ref(),
            backup.as_ref(),
        ];
        self.run_program("psql", load)?;
        Ok(url)
    }

    /// The directory of its socket.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn run_program<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<Output> {
        let arguments: Vec<&OsStr> = arguments.into_iter().collect();
        self.run(&self.programs.join(program).to_string_lossy(), &arguments, rustix::process::getuid().is_root())
    }

    fn run(&self, program: &str, arguments: &[&OsStr], as_other: bool) -> Result<Output> {
        let mut command = match as_other {
            true => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={USER}"), "--regid=nogroup", "--clear-groups", "--", program]);
                command
            }
            false => Command::new(program),
        };
        // What the server inherits must not be a pipe that is waited for.
        let mut out = tempfile::tempfile()?;
        let command = command.args(arguments).current_dir("/").env_remove("PGHOST").env_remove("PGUSER").env_remove("PGPASSWORD");
        let status = command.stdout(out.try_clone()?).stderr(out.try_clone()?).stdin(Stdio::null()).status();
        let status = status.with_context(|| format!("start {program}"))?;
        let mut told = Vec::new();
        out.rewind()?;
        out.read_to_end(&mut told)?;
        if !status.success() {
            bail!("{program} ended with {status}: {}", String::from_utf8_lossy(&told));
        }
        Ok(Output { status, stdout: told, stderr: Vec::new() })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

/// The directory of the newest server's programs.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir(PLACES).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let is_whole = |directory: &PathBuf| ["initdb", "pg_ctl", "pg_dump", "psql"].iter().all(|program| directory.join(program).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = versions.filter(is_whole).max().or_else(|| std::env::split_paths(&path).find(is_whole));
    found.context("PostgreSQL is not installed; on Debian: apt-get install postgresql")
}

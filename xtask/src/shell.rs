//! Running commands in the repository's root, printed before they run.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Where commands run.
pub struct Shell {
    root: PathBuf,
}

/// One command on its way.
pub struct Invocation {
    command: Command,
    line: String,
}

/// The directory that holds the workspace's `Cargo.toml`.
pub fn repository_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a directory of the repository").to_path_buf()
}

// === impl Shell ===

impl Shell {
    /// A shell whose commands run in `root`.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A command with its first arguments.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Invocation {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        Invocation { command, line: program.to_owned() }.args(arguments.iter().copied())
    }

    /// Where cargo puts what it builds.
    pub fn target_dir(&self) -> Result<PathBuf> {
        let metadata = self.metadata(&["--no-deps"])?;
        let directory = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
        Ok(PathBuf::from(directory))
    }

    /// `cargo metadata` as JSON.
    pub fn metadata(&self, extra: &[&str]) -> Result<serde_json::Value> {
        let output = Command::new("cargo")
            .current_dir(&self.root)
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(extra)
            .stderr(Stdio::inherit())
            .output()
            .context("run cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed");
        }
        serde_json::from_slice(&output.stdout).context("read the output of cargo metadata")
    }

    /// What a program prints to standard output.
    pub fn output(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(program).args(arguments).output().with_context(|| format!("start `{program}`"))?;
        if !output.status.success() {
            bail!("`{program} {}` ended with {}", arguments.join(" "), output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether a program is on the path and answers these arguments with success.
    pub fn answers(&self, program: &str, arguments: &[&str]) -> bool {
        let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}

// === impl Invocation ===

impl Invocation {
    /// More arguments.
    pub fn args<S: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.line.push(' ');
            self.line.push_str(&if argument.contains([' ', '\'']) { format!("{argument:?}") } else { argument.to_owned() });
            self.command.arg(OsString::from(argument));
        }
        self
    }

    /// One more environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.line = format!("{name}={value} {}", self.line);
        self.command.env(name, value);
        self
    }

    /// Runs to the end, with our terminal.
    pub fn status(mut self) -> Result<ExitStatus> {
        println!("$ {}", self.line);
        self.command.status().with_context(|| format!("start `{}`", self.line))
    }

    /// Runs to the end; anything but success is an error.
    pub fn run(self) -> Result<()> {
        let line = self.line.clone();
        let status = self.status()?;
        if !status.success() {
            bail!("`{line}` ended with {status}");
        }
        Ok(())
    }

    /// Runs to the end, showing what it prints; returns its last line that is not blank.
    pub fn run_for_last_line(self) -> Result<String> {
        self.run_for_line(|line| !line.trim().is_empty())
    }

    /// Runs to the end, showing what it prints; returns its last line of this kind.
    pub fn run_for_line(self, is_wanted: impl Fn(&str) -> bool) -> Result<String> {
        let mut last = String::new();
        self.env("NO_COLOR", "1").run_watching(|line| {
            if is_wanted(line) {
                line.trim().clone_into(&mut last);
            }
        })?;
        Ok(last)
    }

    /// Runs `cargo test` to the end, showing what it prints; returns how many tests held, in words.
    pub fn run_counting_tests(self) -> Result<String> {
        let (mut passed, mut ignored) = (0, 0);
        self.run_watching(|line| {
            if let Some(counts) = line.strip_prefix("test result: ok. ") {
                passed += count_of(counts, "passed");
                ignored += count_of(counts, "ignored");
            }
        })?;
        Ok(if ignored == 0 { format!("{passed} tests") } else { format!("{passed} tests, {ignored} ignored") })
    }

    fn run_watching(mut self, mut watch: impl FnMut(&str)) -> Result<()> {
        println!("$ {}", self.line);
        let mut child = self.command.stdout(Stdio::piped()).spawn().with_context(|| format!("start `{}`", self.line))?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        for line in BufReader::new(stdout).lines() {
            let line = line.with_context(|| format!("read what `{}` prints", self.line))?;
            println!("{line}");
            watch(&line);
        }
        let status = child.wait().with_context(|| format!("wait for `{}`", self.line))?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.line);
        }
        Ok(())
    }
}

/// The number before `word` in `12 passed; 0 failed; ...`.
fn count_of(counts: &str, word: &str) -> u64 {
    let part = counts.split(';').find_map(|part| part.trim().strip_suffix(word));
    part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::count_of;

    #[test]
    fn counts() {
        let counts = "12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!((count_of(counts, "passed"), count_of(counts, "ignored"), count_of(counts, "lost")), (12, 3, 0));
    }
}

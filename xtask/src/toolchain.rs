//! What the gate needs besides cargo: looked for, installed where that is one command, and said either way.

use crate::shell::Shell;
use anyhow::{Result, ensure};

/// Makes sure that `cargo fmt` and `cargo clippy` exist.
pub fn ensure_rust_components(shell: &Shell) -> Result<()> {
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        if !shell.answers(program, &["--version"]) {
            println!("installing the Rust component {component}");
            shell.command("rustup", &["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// Makes sure that `strace` exists, with which the order of syncs is seen. Without it, and without a way to install it, the test
/// that needs it says so and fails.
pub fn ensure_strace(shell: &Shell) {
    if !shell.answers("strace", &["-V"]) {
        install(shell, &["strace"]);
    }
}

/// Makes sure that a browser exists in which pages are walked. Without one, and without a way to install it, the tests say so and fail.
pub fn ensure_chromium(shell: &Shell) {
    if !shell.answers("chromium", &["--version"]) {
        install(shell, &["chromium"]);
    }
}

/// Makes sure that Python can make virtual environments, in which the SDK programs live.
pub fn ensure_python(shell: &Shell) -> Result<()> {
    let makes_environments = || shell.answers("python3", &["-c", "import venv, ensurepip"]);
    if !makes_environments() {
        install(shell, &["python3", "python3-venv"]);
    }
    ensure!(makes_environments(), "python3 with its module venv is needed and could not be installed");
    Ok(())
}

/// Makes sure that PostgreSQL's programs exist; tests start servers of their own with them. Without them, and without a way to
/// install them, the tests that need them say so and fail.
pub fn ensure_postgres(shell: &Shell) {
    let is_there =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().any(|version| version.path().join("bin/initdb").is_file());
    if !is_there && !shell.answers("initdb", &["--version"]) {
        // Debian's package would make and start a server of its own.
        let setting = "mkdir -p /etc/postgresql-common && echo create_main_cluster = false >/etc/postgresql-common/createcluster.conf";
        match as_root(shell, "sh", &["-c", setting]) {
            Ok(()) => install(shell, &["postgresql"]),
            Err(error) => println!("PostgreSQL could not be installed: {error:#}"),
        }
    }
}

/// Installs Debian packages, as root or by sudo; says why when that fails and goes on: whoever needs them fails in its own words.
fn install(shell: &Shell, packages: &[&str]) {
    println!("installing {}", packages.join(", "));
    let apt = |arguments: &[&str]| as_root(shell, "env", &[&["DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat());
    // A new machine's lists are empty or old.
    let installed = apt(&["update"]).and_then(|()| apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat()));
    if let Err(error) = installed {
        println!("{} could not be installed: {error:#}", packages.join(", "));
    }
}

fn as_root(shell: &Shell, program: &str, arguments: &[&str]) -> Result<()> {
    match shell.answers("sudo", &["--non-interactive", "true"]) {
        true => shell.command("sudo", &[program]).args(arguments.iter().copied()).run(),
        false => shell.command(program, arguments).run(),
    }
}

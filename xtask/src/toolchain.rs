//! What the gate needs besides cargo: looked for, installed where that is one command, and said either way.

use crate::shell::Shell;
use anyhow::Result;

/// Makes sure that `cargo fmt` and `cargo clippy` exist.
pub fn ensure_rust_components(shell: &Shell) -> Result<()> {
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        if !shell.answers(program, "--version") {
            println!("installing the Rust component {component}");
            shell.command("rustup", &["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// Makes sure that `strace` exists, with which the order of syncs is seen. Without it, and without a way to install it, the test
/// that needs it says so and fails.
pub fn ensure_strace(shell: &Shell) -> Result<()> {
    if shell.answers("strace", "-V") {
        return Ok(());
    }
    println!("installing strace");
    // A new machine's lists are empty or old.
    let installed = shell
        .command("apt-get", &["update"])
        .run()
        .and_then(|()| shell.command("apt-get", &["install", "--yes", "--no-install-recommends", "strace"]).run());
    if let Err(error) = installed {
        println!("strace could not be installed: {error:#}");
    }
    Ok(())
}

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

//! The binary: reads the command line and hands it to the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Gives memory back that bursts of requests, flushes and merges have left (docs/decisions/0019-allocator.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    glasshive::main(std::env::args_os())
}

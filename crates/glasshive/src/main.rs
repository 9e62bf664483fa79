//! The binary: reads the command line and hands it to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    glasshive::main(std::env::args_os())
}

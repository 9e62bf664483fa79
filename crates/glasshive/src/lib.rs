//! The binary: flags, configuration, wiring, shutdown, and the command line.
//!
//! [`main`] parses [`cli::Cli`]. A server command resolves its [`config::Config`], builds store, engine and listeners, and drains
//! them on a signal ([`serve`]); a client command asks a server's API and draws the answer ([`ask`]) with the pure functions of
//! [`screen`]; events go out to files and come in from them by [`transfer`]. Only this crate reads the environment, and only this
//! crate makes a clock.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ask;
pub mod cli;
pub mod config;
pub mod screen;
pub mod serve;
pub mod transfer;
pub mod verify;

use anyhow::{Context, Result};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use cli::{Cli, Command, ServerFlags};
use config::Config;
use screen::Screen;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// Does what the command line says.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = cli::with_default_command(arguments);
    let is_verify = arguments.get(1).is_some_and(|command| command == "verify");
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(said) => {
            // Nobody is there to be told when the terminal is gone.
            let _ = said.print();
            // Whoever asks whether data is lost is not told so by a mistyped flag.
            let status = if is_verify && said.use_stderr() { i32::from(verify::EXIT_FAILED) } else { said.exit_code() };
            return ExitCode::from(u8::try_from(status).unwrap_or(1));
        }
    };
    let done = Cli::from_arg_matches(&matches).map_err(Into::into).and_then(|cli| dispatch(cli.command, &matches));
    done.unwrap_or_else(|error| {
        tell(&error);
        ExitCode::FAILURE
    })
}

fn tell(error: &anyhow::Error) {
    // Nobody is there to be told when standard error is gone.
    let _ = writeln!(std::io::stderr(), "glasshive: {error:#}");
}

fn dispatch(command: Command, matches: &ArgMatches) -> Result<ExitCode> {
    let own = matches.subcommand().map(|(_, own)| own).context("no command")?;
    let config = |flags: &ServerFlags| Config::resolve(flags, own);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start threads")?;
    let done = |asked: Result<()>| asked.map(|()| ExitCode::SUCCESS);
    match command {
        Command::Serve(flags) => runtime.block_on(serve::run(config(&flags)?, None)),
        Command::Demo(flags) => runtime.block_on(serve::run(config(&flags.server)?, Some(flags))),
        Command::Query(flags) => done(runtime.block_on(ask::query::run(flags))),
        Command::Rows(flags) => done(runtime.block_on(ask::rows::run(flags))),
        Command::Trace(flags) => done(runtime.block_on(ask::trace::run(flags))),
        Command::Tail(flags) => done(runtime.block_on(ask::tail::run(flags))),
        // What keeps a check from an answer is not what fails it.
        Command::Check(flags) => runtime.block_on(ask::check::run(flags)).or_else(|error| {
            tell(&error);
            Ok(ExitCode::from(ask::check::UNANSWERED))
        }),
        Command::Doctor(flags) => runtime.block_on(ask::doctor::run(flags, own)),
        Command::Export(flags) => runtime.block_on(transfer::export::run(flags)),
        Command::Import(flags) => runtime.block_on(transfer::import::run(flags)),
        Command::Keys(flags) => done(runtime.block_on(ask::keys::run(flags))),
        Command::Accounts(flags) => done(runtime.block_on(ask::accounts::run(flags))),
        Command::Delete(flags) => done(runtime.block_on(ask::delete::run(flags))),
        Command::ConfirmClock(flags) => done(runtime.block_on(ask::delete::confirm_clock(flags))),
        Command::Verify(flags) => Ok(runtime.block_on(verify::run(flags))),
        Command::Config(flags) => {
            ask::print(&config::render(&config(&flags)?, Screen::of_stdout().width));
            Ok(ExitCode::SUCCESS)
        }
    }
}

//! The help of every command, as checked-in files: what users read is reviewed like code.

use clap::CommandFactory as _;
use expect_test::expect_file;
use glasshive::cli::Cli;

#[test]
fn help_is_what_is_checked_in() {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    check(&mut cli.clone(), "glasshive");
    let commands = [
        "serve",
        "demo",
        "query",
        "rows",
        "trace",
        "tail",
        "check",
        "doctor",
        "export",
        "import",
        "keys",
        "accounts",
        "delete",
        "confirm-clock",
        "config",
        "verify",
    ];
    for name in commands {
        let command = cli.find_subcommand_mut(name).expect("the command exists");
        check(command, name);
    }
    let keys = cli.find_subcommand_mut("keys").expect("the command exists");
    for name in ["create", "list", "disable", "enable"] {
        check(keys.find_subcommand_mut(name).expect("the command exists"), &format!("keys-{name}"));
    }
    let accounts = cli.find_subcommand_mut("accounts").expect("the command exists");
    for name in ["list", "invite", "reset", "role", "disable", "enable", "delete"] {
        check(accounts.find_subcommand_mut(name).expect("the command exists"), &format!("accounts-{name}"));
    }
}

fn check(command: &mut clap::Command, name: &str) {
    let help = command.clone().term_width(100).render_long_help().to_string();
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expect_file![format!("help/{name}.txt")].assert_eq(&help);
}

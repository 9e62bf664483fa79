use super::*;
use crate::cli::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use expect_test::{Expect, expect};

fn resolve(arguments: &[&str]) -> Result<Config> {
    let matches = Cli::command().try_get_matches_from([&["glasshive", "config"], arguments].concat())?;
    let cli = Cli::from_arg_matches(&matches)?;
    let Command::Config(flags) = cli.command else { panic!("parsed another command") };
    Config::resolve(&flags, matches.subcommand_matches("config").unwrap())
}

fn check_error(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&format!("{:#}", resolve(arguments).unwrap_err()));
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let file = file("http = \"127.0.0.1:9000\"\ngrpc = \"127.0.0.1:9001\"\n");
    let path = file.path().to_str().unwrap();
    let config = resolve(&["--config", path, "--http", "127.0.0.1:7000"]).unwrap();
    assert_eq!(config.http.value.port(), 7000);
    assert_eq!(config.http.origin, Origin::Flag);
    assert_eq!(config.grpc.value.port(), 9001);
    assert_eq!(config.grpc.origin, Origin::File(file.path().to_path_buf()));
    assert_eq!(config.data.origin, Origin::Default);
}

#[test]
fn keys_are_required_off_loopback() {
    assert_eq!(resolve(&[]).unwrap().auth.value, Auth::Open);
    assert_eq!(resolve(&["--http", "0.0.0.0:0"]).unwrap().auth.value, Auth::Keys);
    assert_eq!(resolve(&["--http", "0.0.0.0:0", "--auth", "open", "--insecure"]).unwrap().auth.value, Auth::Open);
    check_error(
        &["--http", "0.0.0.0:0", "--auth", "open"],
        expect![
            "--auth open on 0.0.0.0:0 lets everyone who reaches this machine read and send; say --insecure to allow it, or leave --auth out to require keys"
        ],
    );
    check_error(
        &["--http", "0.0.0.0:0", "--key", "local:ingest:short-one"],
        expect!["the secret of a key of kind 'ingest' must have at least 16 characters when a listener is not on loopback"],
    );
}

#[test]
fn what_is_wrong_is_named() {
    check_error(
        &["--key", "local:inges:0123456789"],
        expect![
            "'inges' is no kind of key; the kinds are ingest, configuration, browser, admin, management, aws, aws-id, rollbar and probe"
        ],
    );
    check_error(&["--query-time", "ten"], expect!["--query-time: `ten` does not begin with a number"]);
    let file = file("htpp = \"127.0.0.1:9000\"\n");
    let error = format!("{:#}", resolve(&["--config", file.path().to_str().unwrap()]).unwrap_err());
    assert!(error.contains("unknown field `htpp`"), "{error}");
}

#[test]
fn keys_are_read_and_never_shown() {
    let config = resolve(&["--key", "local:browser:0123456789:https://a.example,https://b.example"]).unwrap();
    let [key] = config.keys.value.as_slice() else { panic!("one key was given") };
    assert_eq!(key.origins, ["https://a.example", "https://b.example"]);
    assert_eq!(key.secret.0, "0123456789");
    let shown = render(&config, 120);
    assert!(shown.contains("local:browser:***") && !shown.contains("0123456789"), "{shown}");
    assert!(!format!("{config:?}").contains("0123456789"));
}

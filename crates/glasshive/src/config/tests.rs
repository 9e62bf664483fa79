use super::*;
use crate::cli::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use expect_test::{Expect, expect};
use glasshive_model::SignalClass;

pub(crate) fn resolve(arguments: &[&str]) -> Result<Config> {
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
fn bounds_of_time_reach_the_door() {
    let usual = resolve(&[]).unwrap().otlp();
    assert_eq!((usual.max_age_s, usual.max_future_s), (None, 600));
    let file = file("[ingest]\nmax_age = \"30d\"\n");
    let set = resolve(&["--config", file.path().to_str().unwrap(), "--ingest-max-future", "1m"]).unwrap();
    assert_eq!((set.otlp().max_age_s, set.otlp().max_future_s), (Some(30 * 86_400), 60));
    assert_eq!(set.ingest.max_future.origin, Origin::Flag);
    assert_eq!(resolve(&["--ingest-max-age", "off"]).unwrap().otlp().max_age_s, None);
    assert_eq!(resolve(&["--ingest-max-age", "1s"]).unwrap().otlp().max_age_s, Some(1));
    for text in ["500ms", "1500ms", "0s", "0"] {
        let error = format!("{:#}", resolve(&["--ingest-max-age", text]).unwrap_err());
        assert!(error.contains("whole seconds"), "{text}: {error}");
    }
}

#[test]
fn what_doors_are_told_reaches_them() {
    let usual = resolve(&[]).unwrap().otlp();
    assert_eq!((usual.base_paths.join(" "), usual.body_bytes, u16::from(usual.throttle_status)), (" /otlp".to_owned(), 64 << 20, 503));
    let file = file("[ingest]\nbase_paths = [\"/x/y/\", \"/\", \"/otlp\"]\nthrottle_status = 429\n[cors]\nheaders = [\"X-Tenant\"]\n");
    let set = resolve(&["--config", file.path().to_str().unwrap(), "--ingest-max-body", "1MiB"]).unwrap();
    let otlp = set.otlp();
    assert_eq!((otlp.base_paths.join(" "), otlp.body_bytes, u16::from(otlp.throttle_status)), (" /otlp /x/y".to_owned(), 1 << 20, 429));
    assert_eq!(set.ingest.headers.value, ["x-tenant"]);
    let tight = resolve(&["--memory", "64MiB"]).unwrap();
    assert_eq!(tight.otlp().body_bytes, tight.keeping.body_bytes());
}

#[test]
fn what_doors_cannot_be_told() {
    check_error(&["--ingest-base-path", "x"], expect!["--ingest-base-path: `x` does not begin with a slash, as /telemetry does"]);
    check_error(
        &["--ingest-base-path", "/a//b"],
        expect!["--ingest-base-path: `/a//b` is no plain path: letters, digits and -._~ between single slashes"],
    );
    check_error(
        &["--ingest-base-path", "/{a}"],
        expect!["--ingest-base-path: `/{a}` is no plain path: letters, digits and -._~ between single slashes"],
    );
    check_error(
        &["--ingest-base-path", "/a/../b"],
        expect!["--ingest-base-path: `/a/../b` is no plain path: letters, digits and -._~ between single slashes"],
    );
    check_error(&["--ingest-base-path", "/hive/v1/e"], expect!["--ingest-base-path: `/hive/v1/e` is where the server's own API is"]);
    check_error(&["--ingest-throttle-status", "500"], expect!["--ingest-throttle-status: throttle status must be 503 or 429, not 500"]);
    check_error(&["--ingest-max-body", "1B"], expect!["ingest.max_body is 1 B; 64 KiB are the least"]);
    check_error(
        &["--memory", "1GiB", "--ingest-max-body", "1GiB"],
        expect!["ingest.max_body is 1 GiB; all bodies on their way may take 256 MiB together: raise memory, or lower it"],
    );
    check_error(&["--cors-header", "a:b"], expect!["--cors-header: `a:b` is no name of a header: invalid HTTP header name"]);
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

#[test]
fn what_is_elsewhere_is_read_and_its_secrets_are_never_shown() {
    let file = file("[catalog]\nurl = \"postgres://me:s3cret@db.example/hive\"\n[objects]\ncache_bytes = \"1GiB\"\n");
    let config = resolve(&["--config", file.path().to_str().unwrap()]).unwrap();
    let places = config.placing.places();
    assert_eq!((places.catalog.as_deref(), &places.objects), (Some("postgres://me:s3cret@db.example/hive"), &None));
    assert!(config.placing.catalog.value.as_ref().unwrap().has_password());
    let shown = render(&config, 300);
    assert!(shown.contains("postgres://db.example:5432/hive") && shown.contains("1 GiB") && !shown.contains("s3cret"), "{shown}");
    assert!(!format!("{config:?} {places:?}").contains("s3cret"));
    check_error(
        &["--catalog-url", "postgres://me:s3cret@[/x"],
        expect!["catalog.url: catalog failed: its URL is not of the form postgres://user:password@host:port/database"],
    );
    check_error(&["--objects-url", "/var/hive"], expect!["objects.url is /var/hive; it is of the form s3://bucket/prefix"]);
}

#[test]
fn tables_of_the_file_are_the_settings_of_the_flags() {
    let file = file(
        "memory = \"1GiB\"\nserver.names = [\"hive.example\"]\ncors.origins = [\"https://a.example\"]\n\
         [query]\ntime = \"3s\"\nmemory = \"64MiB\"\n[flush]\nrows = 1000\nbytes = \"32MiB\"\nage = \"1m\"\n\
         [log]\nlevel = \"warn\"\nsegment_bytes = \"1MiB\"\nmax_bytes = \"8MiB\"\n",
    );
    let config = resolve(&["--config", file.path().to_str().unwrap(), "--flush-age", "90s"]).unwrap();
    let store = config.store();
    assert_eq!((store.flush_rows, store.live_bytes, store.flush_age), (1_000, 32 << 20, Duration::from_secs(90)));
    assert_eq!((store.segment_bytes, store.log_max_bytes), (1 << 20, 8 << 20));
    assert_eq!((config.query_limits().time, config.query_limits().memory_bytes), (Duration::from_secs(3), 64 << 20));
    assert_eq!((config.log.value.as_str(), config.server_names.value.as_slice()), ("warn", ["hive.example".to_owned()].as_slice()));
    assert_eq!(config.keeping.flush_age.origin, Origin::Flag);
    let shown = render(&config, 300);
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let from = format!("file {}", file.path().display());
    assert_eq!(line("memory"), format!("memory 1 GiB {from}"));
    assert_eq!(line("flush.rows"), format!("flush.rows 1000 rows {from}"));
    assert_eq!(line("flush.bytes"), format!("flush.bytes 32 MiB {from}"));
    assert_eq!(line("flush.age"), "flush.age 90 s flag");
    assert_eq!(line("log.max_bytes"), format!("log.max_bytes 8 MiB {from}"));
}

#[test]
fn dm83_what_is_kept_for_how_long_is_read_and_shown() {
    let file = file(
        "[retention]\nkeep = \"60d\"\n[[retention.rules]]\nclass = \"logs\"\nkeep = \"7d\"\n\
         [[retention.rules]]\nenvironment = \"shop\"\ndataset = \"noisy\"\nkeep = \"36h\"\n[merge]\nenabled = false\n",
    );
    let path = file.path().to_str().unwrap();
    let config = resolve(&["--config", path, "--retention-max-bytes", "100GiB"]).unwrap();
    let (day, store) = (Duration::from_secs(86_400), config.store());
    assert_eq!((store.retention.keep, store.retention.max_bytes, store.merge.enabled), (Some(60 * day), Some(100 << 30), false));
    for (environment, class, dataset, keep) in [
        ("local", SignalClass::Spans, "api", 60 * day),
        ("shop", SignalClass::Logs, "api", 7 * day),
        ("shop", SignalClass::Logs, "noisy", day * 3 / 2),
    ] {
        assert_eq!(store.retention.keep(environment, class, dataset), Some(keep), "{environment} {class:?} {dataset}");
    }
    let shown = render(&config, 300);
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(line("retention.keep"), format!("retention.keep 60 d file {path}"));
    assert_eq!(line("retention.max_bytes"), "retention.max_bytes 100 GiB flag");
    assert_eq!(line("retention.rules"), format!("retention.rules class logs, 7 d; environment shop, dataset noisy, 36 h file {path}"));
    // Nothing is deleted unless somebody says so, and a flag may take back what the file says.
    let config = resolve(&[]).unwrap();
    assert_eq!((config.store().retention, config.store().merge.enabled), (glasshive_store::Retention::default(), true));
    let config = resolve(&["--config", path, "--retention-keep", "forever"]).unwrap();
    assert_eq!(config.store().retention.keep, None);
}

#[test]
fn f15_bounds_of_memory_follow_from_what_there_is() {
    let config = resolve(&["--memory", "512MiB"]).unwrap();
    assert_eq!((config.store().live_bytes, config.keeping.body_bytes()), (64 << 20, 128 << 20));
    let slots = EngineConfig::default().slots;
    assert!(config.query_limits().memory_bytes * slots <= 512 << 20, "all queries together stay below what there is");
    let config = resolve(&["--memory", "64GiB"]).unwrap();
    assert_eq!((config.store().live_bytes, config.keeping.body_bytes()), (8 << 30, 512 << 20));
    let whole = memory::limit().bytes;
    let config = resolve(&[]).unwrap();
    assert_eq!(config.keeping.memory.value, (whole as f64 * 0.75) as u64);
    assert!(config.keeping.memory_of.starts_with("75% of "), "{}", config.keeping.memory_of);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    check_error(&["--memory", "1MiB"], expect!["memory is 1 MiB; 64 MiB are the least that works"]);
    check_error(&["--memory", "200%"], expect!["--memory: 200% is no share; use 1% to 100%"]);
    check_error(&["--flush-rows", "0"], expect!["flush.rows is 0; a flush needs rows"]);
    check_error(&["--flush-age", "10ms"], expect!["flush.age is less than a second"]);
    check_error(
        &["--memory", "1GiB", "--flush-bytes", "1GiB"],
        expect!["flush.bytes is 1 GiB: live rows may take twice that while a flush is written, and memory is 1 GiB"],
    );
    check_error(&["--log-segment-bytes", "1KiB"], expect!["log.segment_bytes is 1 KiB; 64 KiB are the least"]);
    check_error(&["--log-max-bytes", "1MiB"], expect!["log.max_bytes is 1 MiB, less than one segment of 64 MiB"]);
    check_error(&["--retention-keep", "10m"], expect!["--retention-keep: 10m is less than an hour, the least that events are kept"]);
    check_error(&["--retention-max-bytes", "1MiB"], expect!["retention.max_bytes is 1 MiB; 64 MiB are the least"]);
    for (rule, expected) in [
        ("class = \"spam\"\nkeep = \"1d\"", "retention.rules: `spam` is no class of events; there are spans, logs, metrics, errors"),
        (
            "class = \"logs\"\nkeep = \"forever\"",
            "retention.rules: a rule says for how long; leave it out, and retention.keep too, to keep events for ever",
        ),
        ("keep = \"1\"", "retention.rules: 1 is less than an hour, the least that events are kept"),
    ] {
        let file = file(&format!("[[retention.rules]]\n{rule}\n"));
        let error = format!("{:#}", resolve(&["--config", file.path().to_str().unwrap()]).unwrap_err());
        assert_eq!(error, expected);
    }
    check_error(&["--log-max-bytes", "ten"], expect!["--log-max-bytes: `ten` does not begin with a number"]);
}

#[test]
fn the_daemons_port_is_off_where_ports_are_free_ones() {
    let xray = |arguments: &[&str]| resolve(arguments).unwrap().xray.value.map(|address| address.to_string());
    assert_eq!(xray(&[]).as_deref(), Some("127.0.0.1:2000"));
    assert_eq!(xray(&["--grpc", "127.0.0.1:0"]), None);
    assert_eq!(xray(&["--http", "127.0.0.1:0", "--xray", "127.0.0.1:0"]).as_deref(), Some("127.0.0.1:0"));
    assert_eq!(xray(&["--xray", ":2000"]).as_deref(), Some("0.0.0.0:2000"));
    assert_eq!(xray(&["--xray", "off"]), None);
    let file = file("[xray]\nlisten = \"127.0.0.1:2001\"\n");
    assert_eq!(xray(&["--config", file.path().to_str().unwrap()]).as_deref(), Some("127.0.0.1:2001"));
}

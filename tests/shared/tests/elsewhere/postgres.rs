//! The real binary with its catalog in a real PostgreSQL.

use crate::support::{CONNECTIONS, Variables, doors, killed_again_and_again, refusal, run, start, telemetry, wait_for_check};
use glasshive_test_product::delivery::State;
use glasshive_test_product::{Ask, check};
use glasshive_test_shared::Postgres;
use std::path::Path;

fn catalog(url: &str) -> Variables {
    vec![("GLASSHIVE_CATALOG_URL".to_owned(), format!("{url}&password=s3cret"))]
}

fn node(data: &Path) -> String {
    std::fs::read_to_string(data.join("NODE")).unwrap()
}

/// Servers that are killed, a database that goes away and comes back, and one that is restored from a backup: nothing that was
/// acknowledged is lost, and nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let postgres = Postgres::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let variables = catalog(&postgres.database("hive").unwrap());
    let (delivery, window) = telemetry(1).unwrap();
    let total = delivery.bodies().len();

    killed_again_and_again(&data, &variables, &delivery, window).await.unwrap();
    let server = start(&data, &variables).unwrap();
    let ask = Ask::new(&server.http);
    check::nothing_lost(&delivery, &ask, window).await.unwrap();
    postgres.stop().unwrap();
    delivery.send_all(&doors(&server), CONNECTIONS).await.unwrap();
    assert_eq!(delivery.count(State::Acknowledged), total, "the log takes what the database cannot");
    let (is_ready, check) = wait_for_check(&server, "catalog", true).await.unwrap();
    let reason = check["reason"].as_str().unwrap();
    assert!(is_ready && check["ok"] == false && reason.starts_with("catalog unreachable for "), "{check}");
    check::complete(&delivery, &ask, window).await.unwrap();
    postgres.resume().unwrap();
    wait_for_check(&server, "catalog", false).await.unwrap();
    check::complete(&delivery, &ask, window).await.unwrap();
    let (status, said) = server.terminate().unwrap();
    assert!(status.success() && !said.contains("s3cret"), "{said}");
    assert!(postgres.sql("hive", "SELECT count(*) > 2 FROM file WHERE removed IS NULL").unwrap() == "t");
    assert!(!data.join("catalog.db").exists());

    // A question without a server, and a look at everything, change nothing.
    let before = postgres.sql("hive", "SELECT max(id) FROM snapshot").unwrap();
    let count = run(&["query", "--data", data.to_str().unwrap(), "--csv", "COUNT LAST 30h"], &variables).unwrap();
    let whole = run(&["verify", "--data", data.to_str().unwrap()], &variables).unwrap();
    let (counted, verified) = (String::from_utf8_lossy(&count.stdout), String::from_utf8_lossy(&whole.stdout));
    let items: u64 = delivery.bodies().iter().map(|(body, _)| u64::from(body.items)).sum();
    let counted: u64 = counted.lines().nth(1).unwrap_or_default().trim().parse().unwrap_or_default();
    assert!(counted >= items, "{counted} of at least {items}: {}", String::from_utf8_lossy(&count.stderr));
    assert!(whole.status.success(), "{verified}{}", String::from_utf8_lossy(&whole.stderr));
    assert_eq!(postgres.sql("hive", "SELECT max(id) FROM snapshot").unwrap(), before);

    // Restored from a backup, elsewhere.
    let restored = catalog(&postgres.restore("hive", "restored").unwrap());
    postgres.sql("postgres", "DROP DATABASE hive").unwrap();
    let server = start(&data, &restored).unwrap();
    check::complete(&delivery, &Ask::new(&server.http), window).await.unwrap();
    server.terminate().unwrap();
    assert!(node(&data).contains("/restored?") && !node(&data).contains("s3cret"), "{}", node(&data));
}

/// A directory is opened with its own catalog or not at all, and no refusal or listing tells the password.
#[test]
fn another_catalog_is_refused_in_words() {
    let postgres = Postgres::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (data, other) = (directory.path().join("data"), directory.path().join("other"));
    let (own, empty) = (catalog(&postgres.database("own").unwrap()), catalog(&postgres.database("empty").unwrap()));
    start(&data, &own).unwrap().terminate().unwrap();
    let shown = |name: &str| format!("postgres:///{name}?host={}&port=5432", postgres.socket_directory().display());

    let none = refusal(&data, &Variables::new()).unwrap();
    let words = format!("the catalog of {} is {}, and the settings name none. Set catalog.url", data.display(), shown("own"));
    assert!(none.ends_with(&words), "{none}");
    let moved = refusal(&data, &empty).unwrap();
    let words = format!("the catalog of {} is {}, and nothing is in {}, which", data.display(), shown("own"), shown("empty"));
    assert!(moved.contains(&words) && !moved.contains("s3cret"), "{moved}");
    let foreign = refusal(&other, &own).unwrap();
    assert!(foreign.contains("it is that of the data directory ") && foreign.contains(data.to_str().unwrap()), "{foreign}");
    postgres.sql("own", "DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    let missing = refusal(&data, &own).unwrap();
    assert!(missing.contains(&format!("is missing: nothing of it is in {}. Restore", shown("own"))), "{missing}");

    let with_file = directory.path().join("file");
    start(&with_file, &Variables::new()).unwrap().terminate().unwrap();
    assert!(!with_file.join("NODE").exists());
    let late = refusal(&with_file, &empty).unwrap();
    assert!(late.contains("is the file catalog.db in it, and the settings name"), "{late}");
    assert_eq!(postgres.sql("empty", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "0");

    postgres.stop().unwrap();
    let away = refusal(&data, &own).unwrap();
    assert!(away.contains(&format!("catalog unreachable at {}", shown("own"))) && !away.contains("s3cret"), "{away}");
    let config = run(&["config"], &own).unwrap();
    let config = String::from_utf8_lossy(&config.stdout).into_owned();
    assert!(config.contains("GLASSHIVE_CATALOG_URL") && config.contains("/own?host=") && !config.contains("s3cret"), "{config}");
    let doctor = run(&["doctor", "--data", data.to_str().unwrap(), "--server", "http://127.0.0.1:9"], &own).unwrap();
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("catalog") && doctor.contains("unreachable") && !doctor.contains("s3cret"), "{doctor}");
}

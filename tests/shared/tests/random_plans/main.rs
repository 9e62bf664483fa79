//! Random plans over random events with the catalog in a real PostgreSQL and data files in a real S3-compatible server: the engine and the
//! reference give the same answers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the engine's own tests use it")]
#[path = "../../../../crates/query/engine/tests/it/distant.rs"]
mod distant;
#[path = "../../../../crates/query/engine/tests/it/drawn.rs"]
mod drawn;
#[allow(dead_code, reason = "the engine's own tests use the rest")]
#[path = "../../../../crates/query/engine/tests/it/fixture.rs"]
mod fixture;

use drawn::{check, request_of};
use fixture::{Hive, small_store, two_threads};
use glasshive_query_plan::random::Random;
use glasshive_store::world::{ObjectOptions, Places};
use glasshive_test_shared::{Postgres, S3};

/// More than the data files have: what is read again comes from the copies, or each question would be thousands of requests.
const CACHE_BYTES: u64 = 8 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn restored_from_postgresql() {
    let postgres = Postgres::start().unwrap();
    let places = |url: String| Places { catalog: Some(url), ..Places::default() };
    let mut random = Random::new(200);
    let mut hive = Hive::in_places(small_store(), two_threads(), places(postgres.database("hive").unwrap())).await;
    for request in 0..6 {
        hive.send(&request_of(&mut random, request)).await;
        if request % 2 == 1 {
            hive.flush().await;
        }
    }
    check(&hive, 200, "catalog in PostgreSQL").await;
    hive.merge().await;
    hive.send(&request_of(&mut random, 6)).await;
    // With what is in the log alone, and with files that were merged.
    let hive = hive
        .reopen_after(|| {
            let restored = postgres.restore("hive", "restored").unwrap();
            postgres.sql("postgres", "DROP DATABASE hive").unwrap();
            places(restored)
        })
        .await;
    check(&hive, 200, "restored from PostgreSQL").await;
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_through_s3() {
    let s3 = S3::start().unwrap();
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let settings = vec![
        setting("aws_endpoint", &s3.endpoint()),
        setting("aws_region", "us-east-1"),
        setting("aws_access_key_id", "AKIAEXAMPLE"),
        setting("aws_secret_access_key", "secret"),
    ];
    let objects = ObjectOptions { url: "s3://hive/agreement".to_owned(), settings, cache_bytes: CACHE_BYTES };
    let places = Places { objects: Some(objects), ..Places::default() };
    let mut random = Random::new(201);
    let mut hive = Hive::in_places(small_store(), two_threads(), places.clone()).await;
    for request in 0..4 {
        hive.send(&request_of(&mut random, request)).await;
        hive.flush().await;
    }
    hive.merge().await;
    for request in 4..6 {
        hive.send(&request_of(&mut random, request)).await;
        hive.flush().await;
    }
    hive.send(&request_of(&mut random, 6)).await;
    let copies = hive.directory().join("data/cache");
    let hive = hive
        .reopen_after(|| {
            std::fs::remove_dir_all(copies).unwrap();
            places
        })
        .await;
    s3.requests();
    check(&hive, 201, "read through S3").await;
    let reads = s3.requests().iter().filter(|request| request.starts_with("GET ") && request.contains(".parquet")).count();
    assert!(reads >= 5, "{reads} reads of data files reached the object store");
    hive.close().await;
}

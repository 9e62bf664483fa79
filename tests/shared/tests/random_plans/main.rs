//! Random plans over random events with the catalog in a real PostgreSQL, before and after it was restored from a backup: the engine and
//! the reference give the same answers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../../crates/query/engine/tests/it/drawn.rs"]
mod drawn;
#[allow(dead_code, reason = "the engine's own tests use the rest")]
#[path = "../../../../crates/query/engine/tests/it/fixture.rs"]
mod fixture;

use drawn::{check, request_of};
use fixture::{Hive, small_store, two_threads};
use glasshive_query_plan::random::Random;
use glasshive_store::world::Places;
use glasshive_test_shared::Postgres;

#[tokio::test(flavor = "multi_thread")]
async fn restored_from_postgresql() {
    let postgres = Postgres::start().unwrap();
    let places = |url: String| Places { catalog: Some(url) };
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

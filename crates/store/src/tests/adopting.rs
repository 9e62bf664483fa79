//! F13: files that a restored catalog does not know, from quarantine back among the data files.

mod merged;
mod troubled;

use super::failures::{backup, quarantined};
use super::lines;
use super::support::TestWorld;
use crate::adopt::{AdoptError, Adopted, Adopter, Offer, Verdict};
use crate::catalog::memory::MemoryCatalog;
use crate::verify::set_aside;
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, EventSink, Value};
use merged::merged_since;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

/// Everything a directory held, and the catalog that was put back.
struct Restored {
    world: TestWorld,
    catalog: Arc<MemoryCatalog>,
    /// What was readable before.
    rows: Vec<ShownRow>,
}

/// Rows `a` in the backup; then `bodies`, flushed after each, whose log is freed as far as may be; then a kill.
async fn restored(bodies: &[&str]) -> Restored {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let first = world.open().await;
    first.append(&lines(10, "a")).await.unwrap();
    first.store.flush().await.unwrap();
    let catalog = backup(&world);
    for body in bodies {
        first.append(body).await.unwrap();
        first.store.flush().await.unwrap();
    }
    let rows = first.rows().await;
    first.kill().await;
    Restored { world, catalog, rows }
}

/// The same with one file of 600 rows, of which the log has lost the first.
async fn restored_with_end_of_log() -> Restored {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let first = world.open().await;
    first.append(&lines(10, "a")).await.unwrap();
    first.store.flush().await.unwrap();
    let catalog = backup(&world);
    for index in 0..20 {
        first.append(&lines(30, &format!("b{index}"))).await.unwrap();
    }
    first.store.flush().await.unwrap();
    let rows = first.rows().await;
    first.kill().await;
    fs::remove_file(&world.files(".seg")[0]).unwrap();
    Restored { world, catalog, rows }
}

/// The log is gone, so that nothing but the files has the rows.
fn lose_log(world: &TestWorld) {
    world.files(".seg").iter().for_each(|path| fs::remove_file(path).unwrap());
}

/// A start under the old catalog, which sorts the files out, and an orderly end. What it said of unknown files.
async fn start_and_stop(restored: &Restored) -> Vec<String> {
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let mut messages = running.messages();
    messages.retain(|message| message.contains("unknown to the catalog"));
    let checks = running.store.readiness();
    let files = checks.checks.iter().find(|check| check.name == "files").unwrap();
    let expected = messages.first().map(|message| format!("{message}. Stop the server and run: glasshive verify --data DATA"));
    assert_eq!((files.reason.clone(), checks.ready), (expected.unwrap_or_default(), true));
    running.store.flush().await.unwrap();
    running.store.shutdown().await;
    messages
}

async fn adopter(restored: &Restored) -> Adopter {
    Adopter::open(restored.world.config.clone(), restored.world.world(restored.catalog.clone(), Arc::default())).await.unwrap()
}

async fn adopt_all(restored: &Restored) -> Vec<Adopted> {
    let mut adopter = adopter(restored).await;
    let mut adopted = Vec::new();
    for offer in adopter.offers().await.unwrap() {
        if let Verdict::Adoptable { rows } = offer.verdict {
            match adopter.adopt(&offer.path).await {
                Ok(done) => {
                    assert_eq!(done.rows, rows);
                    adopted.push(done);
                }
                // Another that holds the same rows, from an attempt before, was taken in meanwhile.
                Err(AdoptError::Present { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    adopted
}

fn verdicts(offers: &[Offer]) -> Vec<Verdict> {
    offers.iter().map(|offer| offer.verdict.clone()).collect()
}

async fn rows_under(restored: &Restored) -> Vec<ShownRow> {
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let rows = running.rows().await;
    running.store.shutdown().await;
    rows
}

/// Rows whose sequences may be the same, in one order.
fn in_order(mut rows: Vec<ShownRow>) -> Vec<ShownRow> {
    rows.sort_by_cached_key(|row| (row.seq, format!("{row:?}")));
    rows
}

#[tokio::test]
async fn f13_an_adopted_file_is_readable_again_and_its_rows_are_there_once() {
    // Two hours, two datasets, an attribute and a type that the old catalog does not know.
    let restored = restored(&[&lines(80, "b"), "5 web new=i:1 i=text\n6 web new=f:1.5 empty="]).await;
    lose_log(&restored.world);
    assert_eq!(start_and_stop(&restored).await, ["3 files are unknown to the catalog; kept in quarantine"]);
    assert_eq!(rows_under(&restored).await.len(), 10);
    restored.world.clock.advance(Duration::from_secs(86_400 * 3));

    let mut offers = adopter(&restored).await.offers().await.unwrap();
    offers.sort_by_key(|offer| std::cmp::Reverse(offer.holds.as_ref().map(|holds| holds.rows)));
    assert_eq!(verdicts(&offers), [60, 20, 2].map(|rows| Verdict::Adoptable { rows }));
    assert!(offers.iter().all(|offer| offer.days_left == Some(27) && offer.path.starts_with("quarantine/orphans/2026-03-01-")));
    let holds = offers[2].holds.clone().unwrap();
    assert_eq!((holds.environment.as_str(), holds.class.word(), holds.rows), ("local", "spans", 2));
    assert_eq!((holds.datasets, holds.sequences, holds.rows_in_files, holds.rows_in_log), (vec![("web".to_owned(), 2)], (3, 3), 0, 0));

    let adopted = adopt_all(&restored).await;
    assert_eq!(adopted.iter().map(|adopted| adopted.rows).sum::<u64>(), 82);
    assert!(adopted.iter().all(|adopted| adopted.path.ends_with(&format!("/{}.parquet", adopted.offer.id))), "they keep their names");
    assert_eq!(quarantined(&restored.world), [""; 0]);
    assert!(adopter(&restored).await.offers().await.unwrap().is_empty());
    for _ in 0..2 {
        let running = restored.world.open_with(restored.catalog.clone()).await;
        assert_eq!((running.rows().await, running.messages()), (restored.rows.clone(), Vec::new()));
        assert_eq!(running.store.datasets(EnvironmentId::LOCAL).len(), 2);
        running.store.shutdown().await;
    }
}

#[tokio::test]
async fn f13_rows_that_the_log_still_has_are_not_adopted() {
    for is_flushed in [true, false] {
        let restored = restored_with_end_of_log().await;
        let running = restored.world.open_with(restored.catalog.clone()).await;
        let replayed = running.rows().await.len() - 10;
        assert!((1..600).contains(&replayed), "{replayed}");
        if is_flushed {
            running.store.flush().await.unwrap();
        }
        running.kill().await;
        let offers = adopter(&restored).await.offers().await.unwrap();
        assert_eq!(verdicts(&offers), [Verdict::Adoptable { rows: 600 - replayed as u64 }]);
        let holds = offers[0].holds.clone().unwrap();
        let expected = if is_flushed { (replayed as u64, 0) } else { (0, replayed as u64) };
        assert_eq!((holds.rows, holds.rows_in_files, holds.rows_in_log), (600, expected.0, expected.1));
        assert_eq!(adopt_all(&restored).await.len(), 1);

        // What was taken in part stays where it is, and there is nothing more to take.
        let offers = adopter(&restored).await.offers().await.unwrap();
        assert_eq!(verdicts(&offers), [Verdict::Present]);
        let error = adopter(&restored).await.adopt(&offers[0].id).await.unwrap_err();
        assert!(matches!(error, AdoptError::Present { .. }), "{error}");
        assert_eq!(rows_under(&restored).await, restored.rows, "flushed: {is_flushed}");
    }
}

#[tokio::test]
async fn f13_other_rows_of_the_same_sequences_are_all_kept() {
    let restored = restored(&[&lines(20, "b"), &lines(5, "c")]).await;
    lose_log(&restored.world);
    assert_eq!(start_and_stop(&restored).await.len(), 1);
    // The log goes on where the old catalog ends: sequences are given out once more, and so are column numbers.
    restored.world.clock.advance(Duration::from_secs(60));
    let running = restored.world.open_with(restored.catalog.clone()).await;
    running.append("7 api later=i:7").await.unwrap();
    running.append("8 api i=other").await.unwrap();
    let mut expected = restored.rows.clone();
    expected.extend(running.rows().await.split_off(10));
    running.store.flush().await.unwrap();
    running.append("9 web later=8").await.unwrap();
    expected.extend(running.rows().await.into_iter().filter(|row| row.get("later") == Some(&Value::Str("8".to_owned()))));
    running.kill().await;
    assert_eq!(adopt_all(&restored).await.iter().map(|adopted| adopted.rows).sum::<u64>(), 25);
    assert_eq!(in_order(rows_under(&restored).await), in_order(expected));
}

#[tokio::test]
async fn f13_columns_that_are_called_otherwise_by_now_are_renamed() {
    let restored = restored(&["3 api k=i:5 j=x\n4 api k=i:6"]).await;
    lose_log(&restored.world);
    start_and_stop(&restored).await;
    let running = restored.world.open_with(restored.catalog.clone()).await;
    // Another type is first now, under the number that the file's column has.
    running.append("5 api k=text").await.unwrap();
    running.store.flush().await.unwrap();
    let since = running.rows().await.split_off(10);
    running.store.shutdown().await;
    let adopted = adopt_all(&restored).await;
    assert!(!adopted[0].path.contains(&adopted[0].offer.id), "it was written anew");
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let names: Vec<String> = running.snapshot().registry.columns_of("k").iter().map(|column| column.physical.clone()).collect();
    assert_eq!(names, ["k", "k@i64"]);
    let mut expected = restored.rows.clone();
    expected.extend(since);
    assert_eq!(in_order(running.rows().await), in_order(expected));
    for file in &running.snapshot().files {
        let schema = file.schema().await.unwrap();
        let has = |name: &str| schema.field_with_name(name).ok().map(|field| field.data_type().clone());
        assert!(has("k").is_none_or(|data_type| data_type == arrow_schema::DataType::Utf8View), "a name has one type in all files");
    }
}

#[tokio::test]
async fn f13_an_environment_that_the_catalog_does_not_know_is_made_again() {
    let world = TestWorld::new();
    let catalog = backup(&world);
    let first = world.open().await;
    let other = crate::catalog::Catalog::ensure_environment(&*world.catalog, "other").await.unwrap();
    first.store.shutdown().await;
    let first = world.open().await;
    let submission = glasshive_model::Submission { environment: other, ..first.submission(&lines(7, "a")) };
    first.store.append(submission).await.unwrap();
    first.store.flush().await.unwrap();
    first.kill().await;
    lose_log(&world);
    let restored = Restored { world, catalog, rows: Vec::new() };
    start_and_stop(&restored).await;
    let offers = adopter(&restored).await.offers().await.unwrap();
    assert_eq!(offers[0].holds.as_ref().unwrap().environment, "other");
    assert_eq!(adopt_all(&restored).await.len(), 1);
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let made = running.store.environments().into_iter().find(|(_, slug)| slug == "other").unwrap().0;
    assert_eq!(running.store.snapshot(&crate::Scope::all(made)).files[0].read_rows(None).await.unwrap()[0].num_rows(), 7);
}

#[tokio::test]
async fn f13_what_is_not_proved_is_refused_in_words_and_kept() {
    type Spoil = fn(&TestWorld);
    let kept = |world: &TestWorld, ending: &str| world.files(ending).into_iter().find(|path| path.to_str().unwrap().contains("orphans"));
    let cases: [(Spoil, &str); 6] = [
        (|world| fs::remove_file(kept_file(world, ".sum")).unwrap(), "its checksums (the .sum file beside it) are missing"),
        (|world| flip(world, ".sum"), "its checksums (the .sum file beside it) are damaged"),
        (|world| flip(world, ".parquet"), "it is damaged: its bytes are not those that its checksums are of"),
        (|world| append_byte(world, ".parquet"), "bytes long and its checksums are of"),
        (|world| rename(world, "2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV"), "neither its name nor its place says whose rows it holds"),
        (
            |world| rename(world, "2026-03-01-01ARZ3NDEKTSV4RRFFQ69G5FAV.environment-9.spans"),
            "the catalog knows no environment whose files",
        ),
    ];
    for (spoil, expected) in cases {
        let restored = restored(&[&lines(20, "b")]).await;
        lose_log(&restored.world);
        start_and_stop(&restored).await;
        spoil(&restored.world);
        let before = quarantined(&restored.world);
        let offers = adopter(&restored).await.offers().await.unwrap();
        let Verdict::Refused { reason } = &offers[0].verdict else { panic!("{expected}: {offers:?}") };
        assert!(reason.contains(expected), "{reason}");
        let error = adopter(&restored).await.adopt(&offers[0].path).await.unwrap_err().to_string();
        assert_eq!(error, format!("{} cannot be adopted: {reason}", offers[0].path));
        assert_eq!(quarantined(&restored.world), before);
        assert!(kept(&restored.world, ".parquet").is_some());
        assert_eq!(rows_under(&restored).await.len(), 10);
    }
    let error = adopter(&restored(&[]).await).await.adopt("nothing").await.unwrap_err().to_string();
    assert_eq!(error, "nothing is not among the files that are offered");
}

#[tokio::test]
async fn f13_beside_a_file_that_cannot_be_read_nothing_that_may_be_in_it_is_adopted() {
    let restored = restored(&[&lines(20, "b")]).await;
    lose_log(&restored.world);
    start_and_stop(&restored).await;
    assert_eq!(adopt_all(&restored).await.len(), 1);
    // The same file once more, as if a backup of the files had been put back too; then the visible one decays.
    let visible = restored.world.files(".parquet").into_iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let again = visible.with_file_name("01ARZ3NDEKTSV4RRFFQ69G5FAV.parquet");
    fs::copy(&visible, &again).unwrap();
    fs::copy(visible.with_extension("sum"), again.with_extension("sum")).unwrap();
    assert_eq!(verdicts(&adopter(&restored).await.offers().await.unwrap()), [Verdict::Present]);
    fs::remove_file(&visible).unwrap();
    let offers = adopter(&restored).await.offers().await.unwrap();
    let Verdict::Refused { reason } = &offers[0].verdict else { panic!("{offers:?}") };
    assert!(reason.ends_with(" may hold rows that are in it too, and cannot be read"), "{reason}");
}

#[tokio::test]
async fn f13_a_file_among_the_data_files_is_adopted_where_it_is() {
    let restored = restored(&[&lines(20, "b")]).await;
    lose_log(&restored.world);
    // No start has looked yet.
    let offers = adopter(&restored).await.offers().await.unwrap();
    assert_eq!((verdicts(&offers), offers[0].days_left), (vec![Verdict::Adoptable { rows: 20 }], None));
    let inode = || fs::metadata(restored.world.directory.path().join(&offers[0].path)).unwrap().ino();
    let before = inode();
    let adopted = adopt_all(&restored).await;
    assert_eq!(adopted[0].path, offers[0].path);
    assert_ne!(inode(), before, "a name that another process made may be lost, and a sync would not tell");
    assert_eq!(restored.world.files(".tmp").len(), 0);
    assert_eq!(rows_under(&restored).await, restored.rows);
}

#[tokio::test]
async fn f13_a_file_that_is_written_anew_takes_no_more_memory_than_a_merge() {
    let mut restored = restored_with_end_of_log().await;
    start_and_stop(&restored).await;
    restored.world.config.row_group_bytes = 500;
    let adopted = adopt_all(&restored).await;
    assert!(adopted.len() == 1 && adopted[0].rows < adopted[0].offer.holds.as_ref().unwrap().rows, "{adopted:?}");
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let files = running.snapshot().files;
    let metadata = files.iter().find(|file| file.row.path == adopted[0].path).unwrap().metadata().await.unwrap();
    let bytes: Vec<i64> = metadata.row_groups().iter().map(|group| group.total_byte_size()).collect();
    assert!(bytes.len() > 2, "{bytes:?}");
}

#[tokio::test]
async fn f13_a_merged_file_outlives_the_taking_out_of_what_it_was_made_of() {
    let (restored, named) = merged_since(&[0], &[0, 1]).await;
    let gone: Vec<String> = named.into_iter().map(|file| file.path).collect();
    set_aside(&restored.world.world(restored.catalog.clone(), Arc::default()), &gone).await.unwrap();
    assert_eq!(restored.catalog.state().files, []);
    start_and_stop(&restored).await;
    assert_eq!(adopt_all(&restored).await.len(), 1);
    assert_eq!(in_order(rows_under(&restored).await), in_order(restored.rows.clone()));
}

#[tokio::test]
async fn f13_rows_that_were_deleted_meanwhile_stay_deleted() {
    let restored = restored(&["3 api label=bad\n4 api label=good", "5 web label=bad"]).await;
    lose_log(&restored.world);
    start_and_stop(&restored).await;
    let running = restored.world.open_with(restored.catalog.clone()).await;
    let filter = crate::RowFilter { equals: [("label".to_owned(), "bad".to_owned())].into(), ..crate::RowFilter::default() };
    running.store.delete_rows(EnvironmentId::LOCAL, filter, "the owner").await.unwrap();
    running.store.shutdown().await;
    let mut offers = adopter(&restored).await.offers().await.unwrap();
    offers.sort_by_key(|offer| offer.holds.as_ref().unwrap().rows);
    assert_eq!(verdicts(&offers), [Verdict::Present, Verdict::Adoptable { rows: 1 }]);
    assert!(offers.iter().all(|offer| offer.holds.as_ref().unwrap().rows_deleted == 1));
    assert_eq!(adopt_all(&restored).await.len(), 1);
    let rows = rows_under(&restored).await;
    assert_eq!((rows.len(), rows[10].get("label")), (11, Some(&Value::Str("good".to_owned()))));
}

/// A data file and its sidecar.
fn contents_of(world: &TestWorld, path: &str) -> (Vec<u8>, Vec<u8>) {
    let path = world.directory.path().join(path);
    (fs::read(&path).unwrap(), fs::read(path.with_extension("sum")).unwrap())
}

fn put_back(world: &TestWorld, path: &str, (data, sums): &(Vec<u8>, Vec<u8>)) {
    let path = world.directory.path().join(path);
    fs::write(&path, data).unwrap();
    fs::write(path.with_extension("sum"), sums).unwrap();
}

fn kept_file(world: &TestWorld, ending: &str) -> std::path::PathBuf {
    world.files(ending).into_iter().find(|path| path.to_str().unwrap().contains("orphans")).unwrap()
}

fn flip(world: &TestWorld, ending: &str) {
    let path = kept_file(world, ending);
    let mut bytes = fs::read(&path).unwrap();
    // In the head of a sidecar, in the first row group of a data file.
    bytes[26] ^= 4;
    fs::write(path, bytes).unwrap();
}

fn append_byte(world: &TestWorld, ending: &str) {
    let path = kept_file(world, ending);
    let mut bytes = fs::read(&path).unwrap();
    bytes.push(0);
    fs::write(path, bytes).unwrap();
}

fn rename(world: &TestWorld, stem: &str) {
    for ending in [".parquet", ".sum"] {
        let path = kept_file(world, ending);
        fs::rename(&path, path.with_file_name(format!("{stem}{ending}"))).unwrap();
    }
}

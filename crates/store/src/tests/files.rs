//! Flushing, data files and what may go wrong with them.

use super::lines;
use super::support::{MINUTE_NS, Op, START_NS, TestWorld};
use crate::catalog::memory::{CatalogCall, Fate, Outcome};
use crate::file::sidecar::{Sidecar, kind};
use crate::{Durability, FaultKind, ReadError, Scope};
use glasshive_base::BoxFuture;
use glasshive_model::column::{FIELD_ID, FIELD_KEY, FIELD_TYPE};
use glasshive_model::{EnvironmentId, Value, limits};
use parquet::basic::{Compression, Encoding};
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn st20_to_st25_a_file_is_laid_out_as_documented() {
    let mut world = TestWorld::new();
    world.config.row_group_rows = 100;
    world.config.own_file_rows = 200;
    let running = world.open().await;
    running.append(&lines(60, "x")).await.unwrap();
    let many: String = (0..250).map(|index| format!("{} big size=i:{index} size2=f:0.5 _odd=1\n", index % 50)).collect();
    running.append(&many).await.unwrap();
    running.append("3 web size=text").await.unwrap();
    let before = running.rows().await;
    running.store.flush().await.unwrap();
    assert_eq!(running.rows().await, before);

    let snapshot = running.snapshot();
    assert_eq!(snapshot.files.len(), 2, "the large dataset has a file of its own");
    let file = snapshot.files.iter().find(|file| file.row.rows == 250).unwrap();
    assert_eq!(file.row.datasets, [("big".to_owned(), 250)]);
    assert!(file.row.path.starts_with("events/local/spans/2026/03/01/00/"), "{}", file.row.path);
    assert_eq!((file.row.time_min_ns, file.row.time_max_ns), (START_NS, START_NS + 49 * MINUTE_NS));
    assert_eq!((file.row.sequence_first, file.row.sequence_last, file.row.rate_min, file.row.rate_max), (2, 2, 1.0, 1.0));

    let schema = file.schema().await.unwrap();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!((names[0], names[18], &names[19..]), ("_time", "_raw", &["size", "size2", "__odd", "_overflow"][..]));
    let odd = schema.field_with_name("__odd").unwrap().metadata();
    assert_eq!((odd[FIELD_KEY].as_str(), odd[FIELD_TYPE].as_str()), ("_odd", "str"));
    let ids: Vec<u32> = schema.fields()[19..22].iter().map(|field| field.metadata()[FIELD_ID].parse().unwrap()).collect();
    assert_eq!(ids, file.row.columns);

    let metadata = file.metadata().await.unwrap();
    assert_eq!(metadata.num_row_groups(), 3);
    let group = metadata.row_group(0);
    let trace = group.column(2);
    assert_eq!(trace.compression(), Compression::UNCOMPRESSED);
    assert!(trace.encodings().any(|encoding| encoding == Encoding::PLAIN) && trace.dictionary_page_offset().is_none());
    assert!(trace.bloom_filter_offset().is_some());
    assert!(group.column(0).encodings().any(|encoding| encoding == Encoding::DELTA_BINARY_PACKED));
    assert!(matches!(group.column(5).compression(), Compression::ZSTD(_)));
    let has_page_index = |column: usize| group.column(column).column_index_offset().is_some();
    assert_eq!([0, 1, 2, 3, 12, 19].map(has_page_index), [true, true, true, false, false, false]);
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    let value = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref());
    assert_eq!((value("hive.format"), value("hive.sequence_first"), value("hive.datasets")), (Some("1"), Some("2"), Some("{\"big\":250}")));

    let shared = snapshot.files.iter().find(|file| file.row.rows == 1 + 60).unwrap();
    assert_eq!(shared.row.datasets, [("api".to_owned(), 60), ("web".to_owned(), 1)]);
    assert!(shared.schema().await.unwrap().field_with_name("size@str").is_ok());
    let narrow = Scope { time: START_NS + 55 * MINUTE_NS..START_NS + 56 * MINUTE_NS, ..Scope::all(EnvironmentId::LOCAL) };
    assert_eq!(running.store.snapshot(&narrow).files.len(), 1);
    let web = Scope { datasets: Some(vec!["web".to_owned()]), ..Scope::all(EnvironmentId::LOCAL) };
    assert_eq!(running.store.snapshot(&web).files.len(), 1);
}

#[tokio::test]
async fn st33_keys_beyond_the_columns_of_a_file_go_to_overflow_and_stay_readable() {
    let world = TestWorld::new();
    let running = world.open().await;
    let wide: String = (0..30).map(|key| format!(" often{key}=i:{key}")).collect();
    running.append(&format!("1 api{wide}\n2 api{wide}")).await.unwrap();
    let rare: String = (0..1_100).map(|key| format!(" rare{key}=v{key}")).collect();
    running.append(&format!("3 api{rare} empty=")).await.unwrap();
    let before = running.rows().await;
    running.store.flush().await.unwrap();
    assert_eq!(running.rows().await, before);
    let file = &running.snapshot().files[0];
    assert_eq!(file.row.columns.len(), limits::COLUMNS_PER_FILE);
    assert_eq!(file.row.overflow_keys.len(), 30 + 1_100 + 1 - limits::COLUMNS_PER_FILE);
    assert!(file.row.overflow_keys.iter().all(|key| !key.starts_with("often")));
    assert!(running.snapshot().registry.columns_of("empty").is_empty(), "an empty value fixes no type");
}

#[tokio::test]
async fn st33_keys_beyond_those_of_the_environment_go_to_overflow_at_once() {
    let world = TestWorld::new();
    let running = world.open().await;
    for part in 0..6 {
        let keys: String = (0..1_900).map(|key| format!(" k{part}x{key}=i:{key}")).collect();
        running.append(&format!("1 api{keys}")).await.unwrap();
    }
    let snapshot = running.snapshot();
    assert_eq!(snapshot.registry.len(), limits::COLUMNS_PER_ENVIRONMENT);
    assert_eq!(snapshot.live[5].attributes().len() + snapshot.live[5].overflow_keys().len(), 1_900);
    assert_eq!(snapshot.live[5].overflow_keys().len(), 6 * 1_900 - limits::COLUMNS_PER_ENVIRONMENT);
    let before = running.rows().await;
    assert_eq!(before[5].get("k5x1899"), Some(&Value::Int(1_899)));
    running.kill().await;
    let again = world.open().await;
    assert_eq!(again.rows().await, before);
    assert!(again.snapshot().registry.columns().eq(snapshot.registry.columns()));
}

#[tokio::test]
async fn f06_a_file_that_cannot_be_synced_is_written_again_under_another_name() {
    for (op, path) in [(Op::Sync, ".parquet"), (Op::Sync, ".sum"), (Op::SyncDir, "events/local")] {
        let world = TestWorld::new();
        let running = world.open().await;
        running.append(&lines(10, "a")).await.unwrap();
        running.troubles.refuse(op, path, 5, 1);
        let error = running.store.flush().await.unwrap_err().to_string();
        let message = &running.messages()[0];
        assert!(message.starts_with("could not make events/local/spans/2026/03/01/00/"), "{message}");
        assert!(message.ends_with(".parquet durable (EIO); will write it again"), "{message}");
        assert_eq!(&error, &format!("flush failed: {message}"));
        assert_eq!((running.rows().await.len(), running.store.stats().flushed_through), (10, 0));
        while running.store.stats().flushed_through == 0 {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        assert_eq!(running.rows().await.len(), 10);
        running.store.shutdown().await;
        assert_eq!((world.files(".parquet").len(), world.files(".sum").len(), world.files(".tmp").len()), (1, 1, 0));
    }
}

/// The first commit of a cut goes so; every other call is done.
pub struct FirstCommit(Outcome, AtomicUsize);

impl FirstCommit {
    pub fn going(outcome: Outcome) -> Arc<Self> {
        Arc::new(Self(outcome, AtomicUsize::new(0)))
    }
}

impl Fate for FirstCommit {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let is_first = call == CatalogCall::CommitCut && self.1.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(ready(if is_first { self.0 } else { Outcome::Done }))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn p02_no_file_is_written_of_what_the_log_may_still_lose() {
    let mut world = TestWorld::new();
    world.config.durability = Durability::Relaxed { interval: Duration::from_secs(1) };
    let running = world.open().await;
    // The first group begins a segment, which is synced; the second is only written.
    running.append("1 api k=1").await.unwrap();
    running.append("2 api k=1").await.unwrap();
    let store = running.store.clone();
    let flushed = tokio::spawn(async move { store.flush().await });
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((flushed.is_finished(), world.files(".tmp").len() + world.files(".parquet").len()), (false, 0));
    world.clock.advance(Duration::from_secs(1));
    flushed.await.unwrap().unwrap();
    assert_eq!(world.files(".parquet").len(), 1);
    running.store.shutdown().await;
}

#[tokio::test]
async fn f07_an_uncertain_commit_is_looked_up() {
    for (outcome, told) in [(Outcome::Lost, "written again"), (Outcome::AnswerLost, "present")] {
        let world = TestWorld::new();
        let catalog = Arc::new(world.catalog.with_fate(FirstCommit::going(outcome)));
        let running = world.open_with(catalog).await;
        running.append(&lines(10, "a")).await.unwrap();
        running.store.flush().await.unwrap();
        assert_eq!(running.messages(), [format!("catalog write uncertain; re-checked: {told}")]);
        assert_eq!((running.rows().await.len(), world.catalog.state().files.len()), (10, 1));
    }
}

#[tokio::test]
async fn f13_files_that_a_crash_left_are_removed_and_strange_ones_kept() {
    let world = TestWorld::new();
    let failing = Arc::new(world.catalog.with_fate(FirstCommit::going(Outcome::Failed)));
    let first = world.open_with(failing).await;
    first.append(&lines(10, "a")).await.unwrap();
    assert!(first.store.flush().await.is_err());
    first.kill().await;
    assert_eq!(world.files(".parquet").len(), 1);
    let second = world.open().await;
    assert_eq!((second.rows().await.len(), world.files(".parquet").len()), (10, 1));
    second.store.flush().await.unwrap();
    // Replaced files are removed after the flush was told.
    second.until(|_| world.files(".sum").len() == 1).await;
    second.store.shutdown().await;
    let committed = world.files(".parquet");
    assert_eq!((committed.len(), world.files(".sum").len()), (1, 1), "the file of the first life is gone");

    let strange = committed[0].with_file_name("01ARZ3NDEKTSV4RRFFQ69G5FAV.parquet");
    std::fs::copy(&committed[0], &strange).unwrap();
    std::fs::copy(committed[0].with_extension("sum"), strange.with_extension("sum")).unwrap();
    std::fs::write(committed[0].with_extension("parquet.tmp"), b"unfinished").unwrap();
    let third = world.open().await;
    assert_eq!(third.messages(), ["1 files are unknown to the catalog; kept in quarantine"]);
    let kept = world.directory.path().join("quarantine/orphans");
    assert_eq!(std::fs::read_dir(kept).unwrap().count(), 2);
    assert!(!strange.exists() && world.files(".tmp").is_empty());
    assert_eq!(third.rows().await.len(), 10);
}

#[tokio::test]
async fn ranges_of_one_file_are_read_together() {
    let mut world = TestWorld::new();
    world.config.row_group_rows = 10_000;
    let running = world.open().await;
    // Values that do not compress, so that the file has several blocks of 256 KiB.
    let value = |index: u64| (0..12).map(move |word| format!("{:016x}", (index * 12 + word + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    let rows: String = (0..8_000).map(|index| format!("{} web a={index} b={}\n", index % 50, value(index).collect::<String>())).collect();
    running.append(&rows).await.unwrap();
    running.store.flush().await.unwrap();
    let file = running.snapshot().files[0].clone();
    let bytes = file.row.bytes;
    assert!(bytes > 3 * (256 << 10), "{bytes} bytes are too few for this test");
    let whole = file.read_range(0..bytes).await.unwrap();
    let ranges = [bytes - 9..bytes, 0..10, 5..5, 300_000..600_000, 8..300_000, 20..30];
    let reads = running.troubles.reads.load(Ordering::SeqCst);
    let read = file.read_ranges(&ranges).await.unwrap();
    for (range, bytes) in ranges.iter().zip(&read) {
        assert!(whole[range.start as usize..range.end as usize] == bytes[..], "{range:?}");
    }
    let far = u64::from(bytes.div_ceil(256 << 10) > 4);
    assert_eq!(running.troubles.reads.load(Ordering::SeqCst) - reads, 1 + far, "one read for all that lie beside one another");

    file.metadata().await.unwrap();
    let reads = running.troubles.reads.load(Ordering::SeqCst);
    assert_eq!(file.read_rows(None).await.unwrap().iter().map(|batch| batch.num_rows()).sum::<usize>(), 8_000);
    assert_eq!(running.troubles.reads.load(Ordering::SeqCst) - reads, 1, "columns that lie beside one another");
}

#[tokio::test]
async fn f11_a_damaged_file_is_named_and_gives_no_value() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(10, "a")).await.unwrap();
    running.store.flush().await.unwrap();
    let path = world.files(".parquet").pop().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for place in [200, bytes.len() / 2, bytes.len() - 3] {
        let mut broken = bytes.clone();
        broken[place] ^= 16;
        std::fs::write(&path, broken).unwrap();
        let error = running.snapshot().files[0].read_rows(None).await.unwrap_err();
        assert!(matches!(error, ReadError::Damaged { rows: 10, .. }), "{error}");
        let shown = error.to_string();
        assert!(shown.ends_with(" (10 rows, 2026-03-01T00:00:00Z to 2026-03-01T00:09:00Z) is damaged; results exclude it"), "{shown}");
    }
    let told = running.store.faults();
    assert_eq!((told.len(), told[0].kind), (1, FaultKind::FileDamage));
    assert!(running.store.readiness().ready, "ingest goes on");
    std::fs::remove_file(path.with_extension("sum")).unwrap();
    std::fs::write(&path, bytes).unwrap();
    running.store.shutdown().await;
    let again = world.open().await;
    assert!(again.snapshot().files[0].read_rows(None).await.is_err(), "without its sidecar nothing is believed");
}

#[tokio::test]
async fn f11_a_damaged_index_does_not_keep_damaged_rows_from_being_told() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(10, "a")).await.unwrap();
    running.store.flush().await.unwrap();
    let path = world.files(".parquet").pop().unwrap();
    let sidecar = path.with_extension("sum");
    let mut bytes = std::fs::read(&sidecar).unwrap();
    let section = Sidecar::decode(&bytes).unwrap().section(kind::TRACE_FILTER).unwrap().place.clone();
    bytes[section.start as usize] ^= 1;
    std::fs::write(&sidecar, bytes).unwrap();
    let file = running.snapshot().files[0].clone();
    assert!(file.trace_index().await.unwrap().is_none());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(file.read_rows(None).await.is_err());
    assert!(file.trace_index().await.unwrap().is_none());
    let told = running.messages();
    assert_eq!(told.len(), 2, "each once: {told:?}");
    assert!(told[0].starts_with("the trace index of ") && told[1].ends_with(" is damaged; results exclude it"), "{told:?}");
}

#[tokio::test]
async fn f13_a_file_of_the_same_sequences_by_another_log_is_kept() {
    let other = TestWorld::new();
    let running = other.open().await;
    running.append(&lines(10, "other")).await.unwrap();
    running.store.flush().await.unwrap();
    running.store.shutdown().await;
    let world = TestWorld::new();
    world.clock.advance(Duration::from_secs(60));
    let running = world.open().await;
    running.append(&lines(20, "own")).await.unwrap();
    running.kill().await;
    for ending in [".parquet", ".sum"] {
        let path = other.files(ending).pop().unwrap();
        let copy = world.directory.path().join(path.strip_prefix(other.directory.path()).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(path, copy).unwrap();
    }
    let running = world.open().await;
    assert_eq!(running.messages()[0], "1 files are unknown to the catalog; kept in quarantine");
    running.store.flush().await.unwrap();
    running.store.shutdown().await;
    assert_eq!(std::fs::read_dir(world.directory.path().join("quarantine/orphans")).unwrap().count(), 2);
    assert_eq!(world.open().await.rows().await.len(), 20);
}

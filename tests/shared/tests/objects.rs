//! Data files in an S3-compatible object store.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use glasshive_base::ManualClock;
use glasshive_store::world::{Disk, LocalDisk, ObjectDisk, ObjectOptions, SystemRng};
use glasshive_test_shared::{Fault, S3};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

const HOUR: &str = "events/a~b/logs/2026/01/02/03";
const MIB: usize = 1 << 20;

async fn open(s3: &S3, directory: &Path) -> ObjectDisk {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let options = ObjectOptions {
        url: "s3://hive/some/~where".to_owned(),
        settings: vec![
            setting("aws_endpoint", &s3.endpoint()),
            setting("aws_region", "us-east-1"),
            setting("aws_access_key_id", "AKIAEXAMPLE"),
            setting("aws_secret_access_key", "secret"),
        ],
        cache_bytes: 64 << 20,
    };
    let local = Arc::new(LocalDisk::new(directory));
    ObjectDisk::open(local, &options, Arc::new(ManualClock::at(7)), Arc::new(SystemRng)).await.unwrap()
}

/// Writes a file as a flush does.
async fn write(disk: &ObjectDisk, name: &str, bytes: &Bytes) -> std::io::Result<()> {
    let (unfinished, path) = (format!("{HOUR}/{name}.tmp"), format!("{HOUR}/{name}"));
    disk.create_dir_all(HOUR).await?;
    let file = disk.create_new(&unfinished).await?;
    file.write_at(0, vec![bytes.clone()]).await?;
    file.sync().await?;
    disk.rename(&unfinished, &path).await?;
    disk.sync_dir(HOUR).await
}

fn content(length: usize) -> Bytes {
    (0..length).map(|at| ((at * 31) >> 4) as u8).collect()
}

/// Methods of the requests, without their paths.
fn methods(s3: &S3) -> Vec<String> {
    s3.requests().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn files_become_objects_and_are_read_by_ranges() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    let bytes = content(6 * MIB + 17);
    write(&disk, "01A.parquet", &bytes).await.unwrap();
    write(&disk, "01A.sum", &content(40)).await.unwrap();
    assert_eq!(methods(&s3), ["PUT", "HEAD", "PUT", "HEAD"]);
    assert!(!directory.path().join("events").exists());

    // What was written is still here.
    let path = format!("{HOUR}/01A.parquet");
    let file = disk.open(&path, false).await.unwrap();
    assert_eq!(file.len().await.unwrap(), bytes.len() as u64);
    assert_eq!(file.read_at(MIB as u64 - 3, 10).await.unwrap(), bytes.slice(MIB - 3..MIB + 7));
    assert_eq!(methods(&s3), [""; 0]);

    // Another machine has it not, asks for what it needs, and keeps that.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = open(&s3, elsewhere.path()).await;
    let file = other.open(&path, false).await.unwrap();
    assert_eq!(file.read_at(5, 2 * MIB).await.unwrap(), bytes.slice(5..2 * MIB + 5));
    assert_eq!(methods(&s3), ["HEAD", "GET"]);
    assert_eq!(file.read_at(0, bytes.len()).await.unwrap(), bytes);
    assert_eq!(methods(&s3), ["GET"], "four of seven blocks are new, and side by side");
    assert_eq!(file.read_at(77, bytes.len() - 77).await.unwrap(), bytes.slice(77..));
    assert_eq!(methods(&s3), [""; 0]);
    for (offset, length) in [(bytes.len() as u64, 1), (u64::MAX, 1)] {
        assert_eq!(file.read_at(offset, length).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
    let names: Vec<(String, u64)> = other.list(HOUR).await.unwrap().into_iter().map(|entry| (entry.name, entry.len)).collect();
    assert_eq!(names, [("01A.parquet".to_owned(), bytes.len() as u64), ("01A.sum".to_owned(), 40)]);
    let top = other.list("events").await.unwrap();
    assert_eq!(top.iter().map(|entry| (entry.name.as_str(), entry.is_dir)).collect::<Vec<_>>(), [("a~b", true)]);
    s3.requests();
    assert_eq!(other.list(HOUR).await.unwrap().len(), 2);
    assert_eq!(other.list("events/a~b").await.unwrap().len(), 1);
    assert_eq!(methods(&s3), [""; 0], "one listing answers for every directory");
    assert_eq!(s3.ask("GET", "/hive?list-type=2").unwrap().matches("<Key>some/~where/events/").count(), 2);
}

#[tokio::test]
async fn objects_are_not_changed_and_can_be_moved_out_and_removed() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    let bytes = content(100);
    for name in ["01A.parquet", "01B.parquet"] {
        write(&disk, name, &bytes).await.unwrap();
    }
    let (first, second) = (format!("{HOUR}/01A.parquet"), format!("{HOUR}/01B.parquet"));
    assert_eq!(disk.open(&first, true).await.err().unwrap().kind(), ErrorKind::PermissionDenied);
    assert_eq!(disk.create_new(&format!("{HOUR}/01C.parquet")).await.err().unwrap().kind(), ErrorKind::InvalidInput);
    disk.create_dir_all("quarantine/orphans").await.unwrap();
    disk.rename(&first, "quarantine/orphans/01A.parquet").await.unwrap();
    assert_eq!(std::fs::read(directory.path().join("quarantine/orphans/01A.parquet")).unwrap(), bytes);
    disk.remove(&second).await.unwrap();
    disk.remove(&second).await.unwrap();
    assert_eq!(disk.list("events").await.unwrap(), []);
    for path in [&first, &second] {
        assert_eq!(disk.open(path, false).await.err().unwrap().kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_removed_at_the_next_start() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    disk.create_new(&format!("{HOUR}/01A.parquet.tmp")).await.unwrap();
    assert_eq!(std::fs::read_dir(directory.path().join("tmp")).unwrap().count(), 1);
    open(&s3, directory.path()).await;
    assert_eq!(std::fs::read_dir(directory.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_copy_that_is_damaged_is_forgotten() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    let bytes = content(2 * MIB);
    write(&disk, "01A.parquet", &bytes).await.unwrap();
    std::fs::write(directory.path().join("cache/01A.parquet"), vec![0; 2 * MIB]).unwrap();
    let file = disk.open(&format!("{HOUR}/01A.parquet"), false).await.unwrap();
    assert_eq!(file.read_at(MIB as u64, 3).await.unwrap(), [0; 3][..]);
    file.forget(MIB as u64, 3).await;
    assert_eq!(file.read_at(MIB as u64, 3).await.unwrap(), bytes.slice(MIB..MIB + 3));
}

#[tokio::test]
async fn f21_a_request_that_is_refused_is_repeated() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    s3.fail(Fault::Refuse(5));
    write(&disk, "01A.parquet", &content(100)).await.unwrap();
    assert_eq!(disk.list(HOUR).await.unwrap().len(), 1);
}

#[tokio::test]
async fn f22_an_upload_whose_answer_is_lost_is_found_and_not_repeated_over_itself() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    s3.fail(Fault::AnswerLost);
    write(&disk, "01A.parquet", &content(100)).await.unwrap();
    let seen = methods(&s3);
    assert_eq!(seen.iter().filter(|method| *method == "PUT").count(), 2, "{seen:?}");
    assert!(!seen.contains(&"DELETE".to_owned()), "{seen:?}");
    assert!(s3.ask("GET", "/hive?list-type=2").unwrap().contains("<Size>100</Size>"));
}

#[tokio::test]
async fn f22_an_upload_that_differs_from_the_file_is_repeated() {
    let (s3, directory, elsewhere) = (S3::start().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    let bytes = content(100);
    s3.fail(Fault::OtherByte);
    write(&disk, "01A.parquet", &bytes).await.unwrap();
    let seen = methods(&s3);
    assert_eq!(seen.iter().filter(|method| *method == "PUT").count(), 2, "{seen:?}");
    let file = open(&s3, elsewhere.path()).await.open(&format!("{HOUR}/01A.parquet"), false).await.unwrap();
    assert_eq!(file.read_at(0, 100).await.unwrap(), bytes);
}

#[tokio::test]
async fn another_object_of_that_name_is_never_written_over() {
    let (s3, directory, elsewhere) = (S3::start().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    let theirs = content(50);
    write(&disk, "01A.parquet", &theirs).await.unwrap();
    let other = open(&s3, elsewhere.path()).await;
    let error = write(&other, "01A.parquet", &content(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert!(s3.ask("GET", "/hive?list-type=2").unwrap().contains("<Size>50</Size>"));
}

#[tokio::test]
async fn f21_a_read_that_takes_long_is_asked_for_once_more() {
    let (s3, directory, elsewhere) = (S3::start().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = content(100);
    write(&open(&s3, directory.path()).await, "01A.parquet", &bytes).await.unwrap();
    let other = open(&s3, elsewhere.path()).await;
    let file = other.open(&format!("{HOUR}/01A.parquet"), false).await.unwrap();
    s3.requests();
    s3.fail(Fault::SlowRead);
    assert_eq!(file.read_at(0, 100).await.unwrap(), bytes);
    assert_eq!(methods(&s3), ["GET", "GET"]);
}

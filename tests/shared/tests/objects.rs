//! Data files in an S3-compatible object store.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use glasshive_base::ManualClock;
use glasshive_store::world::{
    Away, DataDirError, DataDirOptions, Disk, LocalDisk, ObjectDisk, ObjectOptions, Places, SystemRng, open_data_dir,
};
use glasshive_test_shared::{Fault, S3};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

const HOUR: &str = "events/a~b/logs/2026/01/02/03";
const MIB: usize = 1 << 20;

fn options(s3: &S3, url: &str, (id, secret): (&str, &str)) -> ObjectOptions {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let settings = vec![
        setting("aws_endpoint", &s3.endpoint()),
        setting("aws_region", "us-east-1"),
        setting("aws_access_key_id", id),
        setting("aws_secret_access_key", secret),
    ];
    ObjectOptions { url: url.to_owned(), settings, cache_bytes: 64 << 20 }
}

async fn open_at(s3: &S3, url: &str, directory: &Path) -> ObjectDisk {
    let local = Arc::new(LocalDisk::new(directory));
    let options = options(s3, url, ("AKIAEXAMPLE", "secret"));
    ObjectDisk::open(local, &options, Arc::new(ManualClock::at(7)), Arc::new(SystemRng)).await.unwrap()
}

async fn open(s3: &S3, directory: &Path) -> ObjectDisk {
    s3.ask("PUT", "/hive/some/~where/NODE").unwrap();
    open_at(s3, "s3://hive/some/~where", directory).await
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

/// Asks until it is so. Only bounds how long a broken one is waited for.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(120);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < patience, "it does not come");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn f21_what_answers_and_is_not_the_bucket_says_nothing_of_a_file() {
    let (s3, directory, elsewhere) = (S3::start().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    write(&disk, "01A.parquet", &content(100)).await.unwrap();
    let other = open(&s3, elsewhere.path()).await;
    let (there, gone) = (format!("{HOUR}/01A.parquet"), format!("{HOUR}/01B.parquet"));
    let error = other.open(&gone, false).await.err().unwrap();
    assert!(error.kind() == ErrorKind::NotFound && !Away::is(&error), "a file that is gone is told as such: {error}");
    assert_eq!((other.refuses(), other.unreachable_for()), (None, None));

    let check = |error: std::io::Error, words: &str| assert!(Away::is(&error) && error.to_string().contains(words), "{error}");
    s3.fail(Fault::Elsewhere);
    check(other.open(&there, false).await.err().unwrap(), "its object NODE is gone");
    check(other.list(HOUR).await.unwrap_err(), "404 Not Found");
    check(other.remove(&there).await.unwrap_err(), "404 Not Found");
    check(write(&other, "01C.parquet", &content(10)).await.unwrap_err(), "404 Not Found");
    let (words, _) = other.refuses().unwrap();
    assert!(words.starts_with("object store refuses reads for ") && words.contains("its object NODE is gone"), "{words}");
    s3.heal();
    assert_eq!(other.open(&there, false).await.unwrap().len().await.unwrap(), 100);
    other.list(HOUR).await.unwrap();
    other.remove(&gone).await.unwrap();
    write(&other, "01D.parquet", &content(10)).await.unwrap();
    assert_eq!(other.refuses(), None);

    // A bucket that was removed as a whole.
    s3.requests();
    for name in ["01A.parquet", "01D.parquet"] {
        s3.ask("DELETE", &format!("/hive/some/~where/{HOUR}/{name}")).unwrap();
    }
    s3.ask("DELETE", "/hive/some/~where/NODE").unwrap();
    s3.ask("DELETE", "/hive").unwrap();
    let nowhere = tempfile::tempdir().unwrap();
    let bare = open_at(&s3, "s3://hive/some/~where", nowhere.path()).await;
    check(bare.open(&there, false).await.err().unwrap(), "NoSuchBucket");
    check(bare.list("events").await.unwrap_err(), "NoSuchBucket");
    check(write(&bare, "01A.parquet", &content(10)).await.unwrap_err(), "NoSuchBucket");
    assert!(bare.unreachable_for().is_none() && bare.refuses().is_some());
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_until_it_is_there() {
    let (s3, directory) = (S3::start().unwrap(), tempfile::tempdir().unwrap());
    let disk = open(&s3, directory.path()).await;
    write(&disk, "01A.parquet", &content(100)).await.unwrap();
    s3.fail(Fault::ForbidUploads);
    let error = write(&disk, "01B.parquet", &content(100)).await.unwrap_err();
    assert!(Away::is(&error) && error.kind() == ErrorKind::PermissionDenied && error.to_string().contains("403 Forbidden"), "{error}");
    assert_eq!(methods(&s3).iter().filter(|method| *method == "PUT").count(), 2, "asking again at once does not help");
    // Other requests go on, and say nothing of this one.
    disk.list("events").await.unwrap();
    disk.remove(&format!("{HOUR}/01A.parquet")).await.unwrap();
    let (words, _) = disk.refuses().unwrap();
    assert!(words.starts_with("object store refuses uploads for ") && words.contains("403 Forbidden"), "{words}");
    assert_eq!(disk.unreachable_for(), None);
    s3.heal();
    disk.remove(&format!("{HOUR}/01B.parquet")).await.unwrap();
    write(&disk, "01C.parquet", &content(100)).await.unwrap();
    assert_eq!(disk.refuses(), None);
}

#[tokio::test]
async fn f21_a_read_that_stalls_is_given_up_and_those_after_it_are_not_tried() {
    let (s3, directory, elsewhere) = (S3::start().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&open(&s3, directory.path()).await, "01A.parquet", &content(100)).await.unwrap();
    let disk = open(&s3, elsewhere.path()).await;
    let path = format!("{HOUR}/01A.parquet");
    s3.fail(Fault::Stall);
    let error = disk.open(&path, false).await.err().unwrap();
    assert!(Away::is(&error) && error.to_string().contains("no answer within "), "{error}");
    s3.requests();
    let error = disk.open(&path, false).await.err().unwrap();
    assert!(Away::is(&error) && error.to_string().starts_with("object store unreachable for "), "{error}");
    assert!(!s3.requests().iter().any(|request| request.contains(".parquet")));
    s3.heal();
    until(async || disk.unreachable_for().is_none()).await;
    assert_eq!(disk.open(&path, false).await.unwrap().len().await.unwrap(), 100);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_words() {
    let s3 = S3::start().unwrap();
    let (id, secret) = s3.check_signatures().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let open = async |(id, secret): (&str, &str)| {
        let places = Places { objects: Some(options(&s3, "s3://hive/signed", (id, secret))), ..Places::default() };
        let options = DataDirOptions { version: "0.1.0".to_owned(), allow_network_fs: true, places, ..DataDirOptions::default() };
        open_data_dir(&directory.path().join("data"), &options).await
    };
    for (key, code) in [((id.as_str(), "wrong"), "SignatureDoesNotMatch"), (("AKIAUNKNOWN", secret.as_str()), "InvalidAccessKeyId")] {
        let error = open(key).await.err().unwrap();
        let DataDirError::Objects { place, error, .. } = &error else { panic!("{error}") };
        assert!(
            place.starts_with("s3://hive/signed") && error.to_string().contains("403 Forbidden") && error.to_string().contains(code),
            "{error}"
        );
    }
    // With the right one everything that a server does is signed as it must be.
    let data = open((&id, &secret)).await.unwrap();
    let disk = &data.world.disk;
    let bytes = content(2 * MIB);
    let hour = "events/local/logs/2026/01/02/03";
    let (unfinished, path) = (format!("{hour}/01A.parquet.tmp"), format!("{hour}/01A.parquet"));
    let file = disk.create_new(&unfinished).await.unwrap();
    file.write_at(0, vec![bytes.clone()]).await.unwrap();
    disk.rename(&unfinished, &path).await.unwrap();
    std::fs::remove_file(directory.path().join("data/cache/01A.parquet")).unwrap();
    let file = disk.open(&path, false).await.unwrap();
    file.forget(0, bytes.len()).await;
    assert_eq!(disk.open(&path, false).await.unwrap().read_at(7, MIB).await.unwrap(), bytes.slice(7..MIB + 7));
    assert_eq!(disk.list(hour).await.unwrap().len(), 1);
    disk.remove(&path).await.unwrap();
    assert_eq!(disk.list("events").await.unwrap(), []);
    assert_eq!((disk.refuses(), disk.unreachable_for()), (None, None));
    data.close_catalog().await;
}

#[tokio::test]
async fn prefixes_inside_one_another_are_refused_in_words() {
    let s3 = S3::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let open = async |name: &str, prefix: &str| {
        let places = Places { objects: Some(options(&s3, &format!("s3://hive{prefix}"), ("AKIAEXAMPLE", "secret"))), ..Places::default() };
        let options = DataDirOptions { version: "0.1.0".to_owned(), allow_network_fs: true, places, ..DataDirOptions::default() };
        let opened = open_data_dir(&directory.path().join(name), &options).await;
        match opened {
            Ok(data) => {
                data.close_catalog().await;
                String::new()
            }
            Err(error) => error.to_string(),
        }
    };
    // What others have in the bucket is nothing to us, whatever it is called.
    s3.ask("PUT", "/hive/team/b/NODE").unwrap();
    s3.ask("PUT", "/hive/team/a/b/else").unwrap();
    assert_eq!(open("first", "/team/a/first").await, "");
    assert_eq!(open("second", "/team/a/second").await, "", "one beside the other");
    let place = format!(":{})", directory.path().join("first").canonicalize().unwrap().display());
    for (prefix, found) in [("/team/a/first/x/y", "team/a/first/"), ("/team/a/first/events/x", "team/a/first/")] {
        let refusal = open("inner", prefix).await;
        assert!(
            refusal.contains(&format!("s3://hive{prefix} at ")) && refusal.contains(" lies within the prefix of another data directory ("),
            "{refusal}"
        );
        assert!(refusal.contains(&place) && refusal.contains(&format!(": {found}. Give each a prefix beside the other's")), "{refusal}");
    }
    for prefix in ["", "/team", "/team/a"] {
        let refusal = open("outer", prefix).await;
        assert!(
            refusal.contains(&format!("within s3://hive{prefix} at ")) && refusal.contains(" lies the prefix of another data directory ("),
            "{refusal}"
        );
        assert!(refusal.contains(&place) && refusal.contains(": team/a/first/. Give each"), "{refusal}");
    }
    // One that is below the data files of another.
    assert_eq!(open("inner", "/late/events/inner").await, "");
    let refusal = open("late", "/late").await;
    assert!(refusal.contains("has data files and does not say whose"), "{refusal}");
    assert_eq!(open("first", "/team/a/first").await, "", "one's own is no other's");
}

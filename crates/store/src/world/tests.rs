//! Opening data directories, with the messages of F18 and F20 as they are promised.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn options() -> DataDirOptions {
    DataDirOptions { version: "0.1.0".to_owned(), allow_network_fs: true, ..DataDirOptions::default() }
}

fn reading(scratch: &Path) -> DataDirOptions {
    DataDirOptions { read_only: Some(ReadOnly { scratch: scratch.to_owned() }), ..options() }
}

/// Every path below, with rights and content.
fn image(directory: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::metadata(&path).unwrap();
            let content = if metadata.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
            found.push((path.to_str().unwrap().to_owned(), metadata.permissions().mode(), content));
            if metadata.is_dir() {
                pending.push(path);
            }
        }
    }
    found.sort();
    found
}

async fn refusal(directory: &Path, options: &DataDirOptions) -> String {
    let before = directory.is_dir().then(|| image(directory));
    let error = open_data_dir(directory, options).await.err().expect("it is refused");
    assert_eq!(directory.is_dir().then(|| image(directory)), before, "a refusal changes nothing");
    error.to_string()
}

#[tokio::test]
async fn makes_a_private_directory_and_opens_it_again() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/data");
    for _ in 0..2 {
        let opened = open_data_dir(&directory, &options()).await.unwrap();
        opened.world.disk.create_dir_all("log").await.unwrap();
        assert_eq!(opened.world.catalog.load().await.unwrap().flushed_through, 0);
        assert_eq!(opened.spawner.failing(), []);
        opened.close_catalog().await;
    }
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    let format = fs::read_to_string(directory.join("FORMAT")).unwrap();
    assert_eq!(format, "glasshive data directory\nformat 1\nversion 0.1.0\n");
    for (path, mode, _) in image(&directory) {
        assert_eq!(mode & 0o077, 0, "{path}");
    }
}

#[tokio::test]
async fn f18_a_second_process_is_refused_with_pid_and_time() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let held = open_data_dir(directory, &options()).await.unwrap();
    let since = fs::read_to_string(directory.join("LOCK")).unwrap();
    let since = since.lines().find_map(|line| line.strip_prefix("start ")).unwrap();
    let expected = format!("{} is in use by process {} since {since}", directory.display(), std::process::id());
    let error = open_data_dir(directory, &options()).await.err().unwrap();
    assert!(matches!(error, DataDirError::InUse { .. }));
    assert_eq!(error.to_string(), expected);
    assert_eq!(since.len(), "2026-01-02T03:04:05Z".len());
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(refusal(directory, &reading(scratch.path())).await, expected);
    drop(held);
    open_data_dir(directory, &options()).await.unwrap();
}

#[tokio::test]
async fn f18_a_reader_is_named_though_it_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let scratch = tempfile::tempdir().unwrap();
    open_data_dir(directory, &options()).await.unwrap().close_catalog().await;
    fs::write(directory.join("LOCK"), "pid 4294967\nhost old\nstart 2001-01-01T00:00:00Z\n").unwrap();
    let _held = open_data_dir(directory, &reading(scratch.path())).await.unwrap();
    let message = refusal(directory, &options()).await;
    let expected = format!("{} is in use by process {} since 20", directory.display(), std::process::id());
    assert!(message.starts_with(&expected) && !message.contains("2001-"), "{message}");
}

#[tokio::test]
async fn f20_a_newer_directory_is_refused_before_anything_else() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let shown = directory.display();
    fs::write(directory.join("FORMAT"), "glasshive data directory\nformat 2\nversion 3.1.4\nshape round\n").unwrap();
    fs::write(directory.join("catalog.db"), "in a form of its own").unwrap();
    let expected = format!(
        "{shown} was written by glasshive 3.1.4; this is glasshive 0.1.0. Use glasshive 3.1.4 or restore a backup made with glasshive 0.1.0"
    );
    assert_eq!(refusal(directory, &options()).await, expected);
    assert_eq!(refusal(directory, &reading(directory)).await, expected);
    fs::write(directory.join("FORMAT"), "glasshive data directory\nformat 2\nversion 3.1.4\nbackup /b/1\n").unwrap();
    let expected = format!("{shown} was written by glasshive 3.1.4; this is glasshive 0.1.0. Use glasshive 3.1.4 or restore /b/1");
    assert_eq!(refusal(directory, &options()).await, expected);
}

#[test]
fn f18_network_file_systems_are_refused_unless_they_are_asked_for() {
    let check = |network, is_allowed| open::check_file_system(Path::new("/mnt/hive"), network, is_allowed);
    let error = check(Some("NFS"), false).unwrap_err();
    let words = "/mnt/hive is on NFS, where neither locks nor syncs can be relied on. Use a local disk or --allow-network-fs";
    assert_eq!((error.to_string().as_str(), error.kind()), (words, glasshive_base::ErrorKind::InvalidRequest));
    assert!(check(Some("NFS"), true).is_ok() && check(None, false).is_ok());
}

#[tokio::test]
async fn directories_that_are_not_ours_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let shown = directory.display();
    let scratch = tempfile::tempdir().unwrap();
    let absent = directory.join("absent");
    assert_eq!(refusal(&absent, &reading(scratch.path())).await, format!("{shown}/absent is not a Glasshive data directory"));
    assert_eq!(refusal(directory, &reading(scratch.path())).await, format!("{shown} is not a Glasshive data directory"));
    fs::write(directory.join("thesis.txt"), "").unwrap();
    let foreign = format!("{shown} is not empty and is not a Glasshive data directory");
    assert_eq!(refusal(directory, &options()).await, foreign);
    fs::write(directory.join("FORMAT"), "something else\n").unwrap();
    assert_eq!(refusal(directory, &options()).await, foreign);
    fs::set_permissions(directory, fs::Permissions::from_mode(0o770)).unwrap();
    fs::remove_file(directory.join("FORMAT")).unwrap();
    let message = refusal(directory, &options()).await;
    assert_eq!(message, format!("{shown} may be changed by others (mode 770). Run: chmod go-w {shown}"));
}

#[tokio::test]
async fn f12_no_empty_catalog_is_put_beside_data_files() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    open_data_dir(directory, &options()).await.unwrap().close_catalog().await;
    fs::create_dir_all(directory.join("events/local")).unwrap();
    fs::remove_file(directory.join("catalog.db")).unwrap();
    let error = open_data_dir(directory, &options()).await.err().unwrap();
    assert!(matches!(error, DataDirError::CatalogMissing { .. }), "{error}");
    assert!(!directory.join("catalog.db").exists());
}

#[tokio::test]
async fn reading_only_changes_nothing_whatever_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let scratch = tempfile::tempdir().unwrap();
    let opened = open_data_dir(directory, &options()).await.unwrap();
    let shop = opened.world.catalog.ensure_environment("shop").await.unwrap();
    opened.close_catalog().await;
    drop(opened);
    let before = image(directory);
    let opened = open_data_dir(directory, &reading(scratch.path())).await.unwrap();
    assert_eq!(opened.world.catalog.ensure_environment("shop").await.unwrap(), shop);
    opened.world.catalog.ensure_environment("other").await.unwrap();
    opened.world.disk.create_dir_all("log").await.unwrap();
    opened.world.disk.create_new("log/1").await.unwrap();
    drop(opened);
    assert_eq!(image(directory), before);
}

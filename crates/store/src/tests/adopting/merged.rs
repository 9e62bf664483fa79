//! Files that a merge made of others: they take the place of these, alone or together.

use super::{Restored, adopt_all, adopter, contents_of, in_order, lose_log, put_back, rows_under, start_and_stop, verdicts};
use crate::adopt::{Offer, Verdict};
use crate::catalog::FileRow;
use crate::tests::failures::backup;
use crate::tests::lines;
use crate::tests::support::TestWorld;
use crate::verify::set_aside;
use std::fs;
use std::sync::Arc;

/// Two files in the backup, which were merged after it, once for each of `rows` and together with so many more; those of `gone` are not on the disk any more, nor is the log.
/// Also the two as the backup names them.
pub(super) async fn merged_since(rows: &[usize], gone: &[usize]) -> (Restored, Vec<FileRow>) {
    let mut world = TestWorld::new();
    world.config.merge.enabled = false;
    let first = world.open().await;
    for body in [lines(10, "a"), lines(20, "b")] {
        first.append(&body).await.unwrap();
        first.store.flush().await.unwrap();
    }
    let catalog = backup(&world);
    let named = catalog.state().files;
    let kept: Vec<_> = named.iter().map(|file| contents_of(&world, &file.path)).collect();
    for (round, rows) in rows.iter().enumerate() {
        if *rows > 0 {
            first.append(&lines(*rows, &format!("c{round}"))).await.unwrap();
            first.store.flush().await.unwrap();
        }
        first.store.merge_all().await.unwrap();
    }
    let rows = first.rows().await;
    first.kill().await;
    lose_log(&world);
    // What was merged away has left the disk, but for what is put back here.
    let visible = world.catalog.state().files[0].path.clone();
    for path in world.files("").into_iter().filter(|path| path.to_str().unwrap().contains("/events/")) {
        if path.with_extension("parquet") != world.directory.path().join(&visible) {
            fs::remove_file(path).unwrap();
        }
    }
    for (index, file) in named.iter().enumerate().filter(|(index, _)| !gone.contains(index)) {
        put_back(&world, &file.path, &kept[index]);
    }
    (Restored { world, catalog, rows }, named)
}

#[tokio::test]
async fn f13_a_merged_file_takes_the_place_of_files_that_are_gone() {
    // How many rows came before each merge after the backup, and which of the two files that it names are gone.
    for (rows, gone) in [(&[5][..], vec![0, 1]), (&[5], vec![0]), (&[5, 5], vec![0, 1]), (&[5, 5], vec![1])] {
        let (restored, named) = merged_since(rows, &gone).await;
        start_and_stop(&restored).await;
        let offers = adopter(&restored).await.offers().await.unwrap();
        let there: u64 = named.iter().enumerate().filter(|(index, _)| !gone.contains(index)).map(|(_, file)| file.rows).sum();
        assert_eq!(verdicts(&offers), [Verdict::Adoptable { rows: restored.rows.len() as u64 - there }], "{rows:?} {gone:?}");
        let expected: Vec<String> = gone.iter().map(|index| named[*index].path.clone()).collect();
        assert_eq!(offers[0].holds.as_ref().unwrap().replaces, expected);
        assert_eq!(adopt_all(&restored).await.len(), 1);
        assert_eq!(in_order(rows_under(&restored).await), in_order(restored.rows.clone()), "{rows:?} {gone:?}");
        let running = restored.world.open_with(restored.catalog.clone()).await;
        assert_eq!(running.messages(), [""; 0]);
        running.store.merge_all().await.unwrap();
        assert_eq!(in_order(running.rows().await), in_order(restored.rows.clone()));
        running.store.shutdown().await;
    }
}

/// Three files of up to three datasets in the backup, merged after it into one of each dataset; the three and the log are gone. Paths of
/// the three.
async fn split_since() -> (Restored, Vec<String>) {
    let mut world = TestWorld::new();
    world.config.merge.enabled = false;
    world.config.own_file_rows = 8;
    let first = world.open().await;
    // One of the merged files has no row of the first one.
    for (label, alone) in [("a", 0), ("b", 4), ("c", 4)] {
        let row = |row: usize| format!("{row} {} label={label}", if row < alone { "alone" } else { "large" });
        let many: Vec<String> = (0..4 + alone).map(row).collect();
        first.append(&format!("{}\n9 small label={label}", many.join("\n"))).await.unwrap();
        first.store.flush().await.unwrap();
    }
    let catalog = backup(&world);
    let named: Vec<String> = catalog.state().files.into_iter().map(|file| file.path).collect();
    first.store.merge_all().await.unwrap();
    let rows = first.rows().await;
    assert_eq!((named.len(), first.store.stats().files, rows.len()), (3, 3, 23));
    first.kill().await;
    lose_log(&world);
    for path in &named {
        let path = world.directory.path().join(path);
        fs::remove_file(path.with_extension("sum")).unwrap();
        fs::remove_file(path).unwrap();
    }
    let restored = Restored { world, catalog, rows };
    assert_eq!(start_and_stop(&restored).await, ["3 files are unknown to the catalog; kept in quarantine"]);
    (restored, named)
}

#[tokio::test]
async fn f13_files_that_a_merge_split_take_the_place_of_others_together() {
    let (restored, named) = split_since().await;
    let mut adopter = adopter(&restored).await;
    let offers = adopter.offers().await.unwrap();
    let mut rows: Vec<u64> = offers.iter().map(|offer| offer.holds.as_ref().unwrap().rows).collect();
    rows.sort_unstable();
    assert_eq!(rows, [3, 8, 12]);
    assert!(offers.iter().all(|offer| matches!(offer.verdict, Verdict::Adoptable { .. })), "{offers:?}");
    assert!(offers.iter().all(|offer| offer.holds.as_ref().unwrap().replaces == named));
    for (adopted, files) in offers.iter().zip([4, 5]) {
        adopter.adopt(&adopted.path).await.unwrap();
        assert_eq!(restored.catalog.state().files.len(), files, "what the others hold is not there yet");
    }
    adopter.adopt(&offers[2].path).await.unwrap();
    assert_eq!(restored.catalog.state().files.len(), 3);
    assert_eq!(in_order(rows_under(&restored).await), in_order(restored.rows.clone()));
}

#[tokio::test]
async fn f13_a_file_that_a_merge_split_off_does_not_take_the_place_of_others_alone() {
    let (restored, named) = split_since().await;
    let sizes = |path: &std::path::PathBuf| path.metadata().unwrap().len();
    let lost = restored.world.files(".parquet").into_iter().min_by_key(sizes).unwrap();
    fs::remove_file(lost).unwrap();
    let offers = adopter(&restored).await.offers().await.unwrap();
    let is_refused = |offer: &Offer| match &offer.verdict {
        Verdict::Refused { reason } => reason.ends_with(" may hold rows that are in it too, and cannot be read"),
        _ => false,
    };
    assert!(offers.len() == 2 && offers.iter().all(is_refused), "{offers:?}");
    // Once somebody has been told that they are lost.
    set_aside(&restored.world.world(restored.catalog.clone(), Arc::default()), &named).await.unwrap();
    assert_eq!(adopt_all(&restored).await.len(), 2);
    assert_eq!(restored.catalog.state().files.len(), 2);
}

#[tokio::test]
async fn f13_a_part_whose_rows_cannot_be_read_is_none() {
    let (restored, _) = split_since().await;
    let mut adopter = adopter(&restored).await;
    let offers = adopter.offers().await.unwrap();
    // The first of its rows, of a file that is visible, and of one that is not; the footer is whole.
    let damage = |path: &std::path::Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[20] ^= 0x10;
        fs::write(path, bytes).unwrap();
    };
    let adopted = adopter.adopt(&offers[0].path).await.unwrap();
    for path in [&adopted.path, &offers[1].path] {
        let path = restored.world.directory.path().join(path);
        damage(&path);
        let again = adopter.offers().await.unwrap();
        let verdict = again.into_iter().find(|offer| offer.path == offers[2].path).unwrap().verdict;
        let Verdict::Refused { reason } = verdict else { panic!("{path:?} is counted on: {verdict:?}") };
        assert!(reason.ends_with(" may hold rows that are in it too, and cannot be read"), "{reason}");
        damage(&path);
    }
    let again = adopter.offers().await.unwrap();
    assert!(again.iter().any(|offer| offer.path == offers[2].path && matches!(offer.verdict, Verdict::Adoptable { .. })), "{again:?}");
}

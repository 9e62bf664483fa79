//! One suite that every catalog passes, each check on an empty one.

use super::{
    Catalog, CatalogError, ColumnRow, Cut, CutReason, DatasetRow, DefinitionRow, DeletionRow, FileRow, Finished, KeyRow, RemovedFile, Swap,
    SwapReason,
};
use glasshive_base::BoxFuture;
use glasshive_model::{ColumnType, EnvironmentId, KeyKind, SignalClass};

type Check = for<'a> fn(&'a dyn Catalog) -> BoxFuture<'a, ()>;

/// Every check.
pub const CHECKS: [Check; 14] = [
    |catalog| Box::pin(starts_with_the_local_environment(catalog)),
    |catalog| Box::pin(a_cut_reads_back_equal(catalog)),
    |catalog| Box::pin(files_are_adopted_without_a_flush(catalog)),
    |catalog| Box::pin(an_adopted_file_takes_the_place_of_others(catalog)),
    |catalog| Box::pin(a_refused_cut_changes_nothing(catalog)),
    |catalog| Box::pin(a_known_dataset_keeps_its_row(catalog)),
    |catalog| Box::pin(environments_are_made_once(catalog)),
    |catalog| Box::pin(keys_read_back_and_switch(catalog)),
    |catalog| Box::pin(the_first_setting_stays(catalog)),
    |catalog| Box::pin(a_setting_is_set_anew(catalog)),
    |catalog| Box::pin(a_swap_takes_files_out_and_puts_others_in(catalog)),
    |catalog| Box::pin(a_refused_swap_changes_nothing(catalog)),
    |catalog| Box::pin(deletions_are_noted_and_finished_once(catalog)),
    |catalog| Box::pin(definitions_are_made_changed_and_taken_out(catalog)),
];

/// A cut of one file, one column and one dataset, all named after `through`.
pub fn cut(through: u64) -> Cut {
    let sequence = i64::try_from(through).unwrap();
    Cut {
        reason: CutReason::Flush,
        flushed_through: through,
        files: vec![file(through)],
        columns: vec![ColumnRow {
            id: 1_000 + u32::try_from(through).unwrap(),
            environment: EnvironmentId::LOCAL,
            key: format!("key\0{through}"),
            column_type: ColumnType::Float,
            physical: format!("key\0{through}@f64"),
            first_seq: sequence << 24,
        }],
        datasets: vec![DatasetRow { environment: EnvironmentId::LOCAL, slug: format!("shop-{through}"), created_ns: -sequence }],
        replaced: Vec::new(),
    }
}

fn file(through: u64) -> FileRow {
    FileRow {
        id: format!("01J{through:023}"),
        environment: EnvironmentId::LOCAL,
        class: SignalClass::Logs,
        path: format!("events/local/logs/2026/01/02/03/01J{through:023}.parquet"),
        level: 0,
        rows: 12,
        bytes: 3_456,
        sidecar_crc: u32::MAX,
        time_min_ns: i64::MIN,
        time_max_ns: i64::MAX,
        ingest_max_ns: 17,
        sequence_first: through.saturating_sub(3),
        sequence_last: through,
        rate_min: 1.0,
        rate_max: 0.1 + 0.2,
        datasets: vec![(format!("shop-{through}"), 12)],
        columns: vec![1_000, 1_000 + u32::try_from(through).unwrap(), u32::MAX],
        overflow_keys: vec!["a\"b".to_owned(), "z\0".to_owned()],
    }
}

async fn starts_with_the_local_environment(catalog: &dyn Catalog) {
    let state = catalog.load().await.unwrap();
    assert_eq!(state.environments.len(), 1);
    assert_eq!((state.environments[0].id, state.environments[0].slug.as_str()), (EnvironmentId::LOCAL, "local"));
    assert_eq!((state.columns.len(), state.datasets.len(), state.files.len(), state.flushed_through), (0, 0, 0, 0));
}

async fn a_cut_reads_back_equal(catalog: &dyn Catalog) {
    catalog.commit_cut(cut(7)).await.unwrap();
    catalog.commit_cut(Cut { flushed_through: 8, ..Cut::default() }).await.unwrap();
    let mut second = cut(30);
    second.files.push(file(20));
    second.files[1].datasets = vec![("shop-30".to_owned(), 5), ("shop-7".to_owned(), 7)];
    catalog.commit_cut(second.clone()).await.unwrap();
    let state = catalog.load().await.unwrap();
    let first = cut(7);
    assert_eq!(state.flushed_through, 30);
    assert_eq!(state.columns, [first.columns[0].clone(), second.columns[0].clone()]);
    assert_eq!(state.datasets, [second.datasets[0].clone(), first.datasets[0].clone()], "by slug");
    assert_eq!(state.files, [first.files[0].clone(), second.files[1].clone(), second.files[0].clone()], "by id");
}

async fn files_are_adopted_without_a_flush(catalog: &dyn Catalog) {
    catalog.commit_cut(cut(7)).await.unwrap();
    // Its rows may be newer than the last flush, and be older ones beside rows of the same sequences.
    for (through, name) in [(9, 9), (6, 6)] {
        let adopted = Cut { reason: CutReason::Adoption, flushed_through: 7, ..cut(through) };
        catalog.commit_cut(adopted).await.unwrap();
        let state = catalog.load().await.unwrap();
        assert_eq!((state.flushed_through, state.files.iter().any(|row| *row == file(name))), (7, true));
    }
    assert_eq!(catalog.load().await.unwrap().files.len(), 3);
}

async fn an_adopted_file_takes_the_place_of_others(catalog: &dyn Catalog) {
    for through in [7, 8] {
        catalog.commit_cut(cut(through)).await.unwrap();
    }
    let adoption = Cut { reason: CutReason::Adoption, flushed_through: 8, replaced: vec![file(7).id], ..cut(20) };
    catalog.commit_cut(adoption).await.unwrap();
    let state = catalog.load().await.unwrap();
    assert_eq!(state.files, [file(8), file(20)]);
    assert_eq!(state.removed, [RemovedFile { id: file(7).id, path: file(7).path, is_accounted: false }]);
    let again = Cut { reason: CutReason::Adoption, flushed_through: 8, replaced: vec![file(7).id], ..cut(21) };
    assert!(matches!(catalog.commit_cut(again).await, Err(CatalogError::Failed(_))), "it is not visible any more");
    assert_eq!(catalog.load().await.unwrap(), state);
}

async fn a_refused_cut_changes_nothing(catalog: &dyn Catalog) {
    catalog.commit_cut(cut(7)).await.unwrap();
    let before = catalog.load().await.unwrap();
    type Spoil = fn(&mut Cut);
    let refused: [(&str, Spoil); 7] = [
        ("flushed_through goes back", |cut| cut.flushed_through = 6),
        ("a file that is there", |cut| cut.files.push(file(7))),
        ("a file at a path that is there", |cut| cut.files[0].path = file(7).path),
        ("a file of an unknown dataset", |cut| cut.files[0].datasets[0].0 = "unknown".to_owned()),
        ("a file of an unknown environment", |cut| cut.files[0].environment = EnvironmentId(9)),
        ("a column number that is there", |cut| cut.columns[0].id = 1_007),
        ("a column that is there under another number", |cut| {
            cut.columns[0].key = "key\u{0}7".to_owned();
        }),
    ];
    for (what, spoil) in refused {
        let mut spoiled = cut(9);
        spoil(&mut spoiled);
        let error = catalog.commit_cut(spoiled).await.expect_err(what);
        assert!(matches!(error, CatalogError::Failed(_)), "{what}: {error}");
        assert_eq!(catalog.load().await.unwrap(), before, "{what}");
    }
    catalog.commit_cut(cut(9)).await.unwrap();
}

async fn a_known_dataset_keeps_its_row(catalog: &dyn Catalog) {
    catalog.commit_cut(cut(7)).await.unwrap();
    let mut again = cut(8);
    again.datasets[0].slug = "shop-7".to_owned();
    again.files[0].datasets[0].0 = "shop-7".to_owned();
    catalog.commit_cut(again).await.unwrap();
    let state = catalog.load().await.unwrap();
    assert_eq!(state.datasets, cut(7).datasets);
    assert_eq!(state.files[1].datasets, [("shop-7".to_owned(), 12)]);
}

async fn environments_are_made_once(catalog: &dyn Catalog) {
    let shop = catalog.ensure_environment("shop").await.unwrap();
    assert_ne!(shop, EnvironmentId::LOCAL);
    assert_eq!(catalog.ensure_environment("shop").await.unwrap(), shop);
    assert_eq!(catalog.ensure_environment("local").await.unwrap(), EnvironmentId::LOCAL);
    let slugs: Vec<String> = catalog.load().await.unwrap().environments.into_iter().map(|row| row.slug).collect();
    assert_eq!(slugs, ["local", "shop"]);
    let mut elsewhere = cut(7);
    elsewhere.columns[0].environment = shop;
    elsewhere.datasets[0].environment = shop;
    elsewhere.files[0].environment = shop;
    catalog.commit_cut(elsewhere).await.unwrap();
    let mut same_names = cut(7);
    (same_names.columns[0].id, same_names.files[0].id, same_names.files[0].path) = (2_000, "other".to_owned(), "other".to_owned());
    catalog.commit_cut(same_names).await.expect("names are an environment's own");
}

async fn keys_read_back_and_switch(catalog: &dyn Catalog) {
    let key = KeyRow {
        id: 99,
        environment: Some(EnvironmentId::LOCAL),
        kind: KeyKind::Browser,
        digest: vec![0, 255, 1],
        shown: "abcdef…wxyz".to_owned(),
        is_classic: true,
        origins: vec!["https://a.example".to_owned(), "b,\"c".to_owned()],
        disabled: false,
        created_ns: -1,
    };
    let team = KeyRow { environment: None, kind: KeyKind::AwsId, is_classic: false, origins: Vec::new(), ..key.clone() };
    let first = catalog.insert_key(key.clone()).await.unwrap();
    let second = catalog.insert_key(team.clone()).await.unwrap();
    assert_eq!(catalog.keys().await.unwrap(), [KeyRow { id: first, ..key.clone() }, KeyRow { id: second, ..team }]);
    assert!(catalog.set_key_disabled(first, true).await.unwrap());
    assert!(!catalog.set_key_disabled(second + 1, true).await.unwrap());
    let disabled: Vec<bool> = catalog.keys().await.unwrap().iter().map(|key| key.disabled).collect();
    assert_eq!(disabled, [true, false]);
    let homeless = KeyRow { environment: Some(EnvironmentId(77)), ..key };
    assert!(matches!(catalog.insert_key(homeless).await, Err(CatalogError::Failed(_))));
}

async fn definitions_are_made_changed_and_taken_out(catalog: &dyn Catalog) {
    let shop = catalog.ensure_environment("shop").await.unwrap();
    let slow = DefinitionRow {
        id: 99,
        environment: EnvironmentId::LOCAL,
        kind: "field".to_owned(),
        name: "slow\0".to_owned(),
        body: vec![0, 255],
        created_ns: -1,
        updated_ns: 7,
    };
    let first = catalog.insert_definition(slow.clone()).await.unwrap().expect("the name is free");
    assert_eq!(catalog.insert_definition(slow.clone()).await.unwrap(), None, "the name is taken");
    let elsewhere = DefinitionRow { environment: shop, ..slow.clone() };
    let second = catalog.insert_definition(elsewhere.clone()).await.unwrap().expect("names are an environment's own");
    let other = DefinitionRow { kind: "board".to_owned(), ..slow.clone() };
    let third = catalog.insert_definition(other.clone()).await.unwrap().expect("names are a kind's own");
    assert!(catalog.update_definition(first, vec![1], 8).await.unwrap());
    assert!(!catalog.update_definition(third + 1, vec![1], 8).await.unwrap());
    assert!(catalog.delete_definition(third).await.unwrap());
    assert!(!catalog.delete_definition(third).await.unwrap());
    let changed = DefinitionRow { id: first, body: vec![1], updated_ns: 8, ..slow.clone() };
    assert_eq!(catalog.definitions().await.unwrap(), [changed, DefinitionRow { id: second, ..elsewhere }]);
    assert!(catalog.insert_definition(other).await.unwrap().is_some(), "a name is free again");
    let homeless = DefinitionRow { environment: EnvironmentId(77), ..slow };
    assert!(matches!(catalog.insert_definition(homeless).await, Err(CatalogError::Failed(_))));
}

async fn the_first_setting_stays(catalog: &dyn Catalog) {
    assert_eq!(catalog.setting("pepper").await.unwrap(), None);
    assert_eq!(catalog.setting_or_insert("pepper", vec![0, 1]).await.unwrap(), [0, 1]);
    assert_eq!(catalog.setting_or_insert("pepper", vec![2]).await.unwrap(), [0, 1]);
    assert_eq!(catalog.setting("pepper").await.unwrap(), Some(vec![0, 1]));
    assert_eq!(catalog.setting("other").await.unwrap(), None);
}

async fn a_setting_is_set_anew(catalog: &dyn Catalog) {
    catalog.set_setting("tick", vec![1, 0]).await.unwrap();
    catalog.set_setting("tick", vec![2, 0]).await.unwrap();
    assert_eq!(catalog.setting("tick").await.unwrap(), Some(vec![2, 0]));
    assert_eq!(catalog.setting_or_insert("tick", vec![3]).await.unwrap(), [2, 0]);
}

/// A swap that puts `file(added)` in the place of others, all of dataset `shop-7`.
fn swap(removed: &[u64], added: u64) -> Swap {
    let merged = FileRow { level: 1, datasets: vec![("shop-7".to_owned(), 12)], ..file(added) };
    Swap { reason: SwapReason::Merge, removed: removed.iter().map(|number| file(*number).id).collect(), added: vec![merged] }
}

async fn a_swap_takes_files_out_and_puts_others_in(catalog: &dyn Catalog) {
    for through in [7, 8, 9] {
        catalog.commit_cut(cut(through)).await.unwrap();
    }
    catalog.commit_swap(swap(&[9, 7], 20)).await.unwrap();
    let removed = |number: u64| RemovedFile { id: file(number).id, path: file(number).path, is_accounted: true };
    let state = catalog.load().await.unwrap();
    assert_eq!(state.files, [cut(8).files[0].clone(), swap(&[], 20).added[0].clone()]);
    assert_eq!((state.removed, state.flushed_through), (vec![removed(7), removed(9)], 9));
    catalog.forget_files(vec![file(8).id, file(9).id, file(99).id]).await.unwrap();
    let state = catalog.load().await.unwrap();
    assert_eq!((state.files.len(), state.removed), (2, vec![removed(7)]), "visible files are not forgotten");
    let expired = Swap { reason: SwapReason::Retention, removed: vec![file(8).id], added: Vec::new() };
    catalog.commit_swap(expired).await.unwrap();
    assert_eq!(catalog.load().await.unwrap().removed, [removed(7), removed(8)]);
    let set_aside = Swap { reason: SwapReason::Quarantine, removed: vec![file(20).id], added: Vec::new() };
    catalog.commit_swap(set_aside).await.unwrap();
    let unread = RemovedFile { is_accounted: false, ..removed(20) };
    assert_eq!(catalog.load().await.unwrap().removed, [removed(7), removed(8), unread]);
}

async fn a_refused_swap_changes_nothing(catalog: &dyn Catalog) {
    for through in [7, 8, 9] {
        catalog.commit_cut(cut(through)).await.unwrap();
    }
    catalog.commit_swap(Swap { added: Vec::new(), ..swap(&[9], 9) }).await.unwrap();
    let before = catalog.load().await.unwrap();
    let unknown_dataset = Swap { added: vec![file(20)], ..swap(&[7], 20) };
    for (what, refused) in [
        ("a file that was never there", swap(&[7, 50], 20)),
        ("a file that was taken out before", swap(&[7, 9], 20)),
        ("a file twice", swap(&[7, 7], 20)),
        ("a new file that is there", swap(&[7], 8)),
        ("a new file that was taken out", swap(&[7], 9)),
        ("a new file of an unknown dataset", unknown_dataset),
    ] {
        let error = catalog.commit_swap(refused).await.expect_err(what);
        assert!(matches!(error, CatalogError::Failed(_)), "{what}: {error}");
        assert_eq!(catalog.load().await.unwrap(), before, "{what}");
    }
}

async fn deletions_are_noted_and_finished_once(catalog: &dyn Catalog) {
    let asked = DeletionRow {
        id: 99,
        environment: EnvironmentId::LOCAL,
        asked_ns: -3,
        asked_by: "key gh\0".to_owned(),
        filter: "{\"user.id\":\"7\"}".to_owned(),
        through: 12,
        finished: None,
    };
    let first = catalog.insert_deletion(asked.clone()).await.unwrap();
    let second = catalog.insert_deletion(asked.clone()).await.unwrap();
    let finished = Finished { at_ns: 5, rows: 3, files: 2 };
    assert!(catalog.finish_deletion(first, finished).await.unwrap());
    assert!(!catalog.finish_deletion(first, Finished { rows: 9, ..finished }).await.unwrap(), "it is finished");
    assert!(!catalog.finish_deletion(second + 1, finished).await.unwrap());
    let expected = [DeletionRow { id: first, finished: Some(finished), ..asked.clone() }, DeletionRow { id: second, ..asked }];
    assert_eq!(catalog.deletions().await.unwrap(), expected);
}

use super::*;
use glasshive_base::{BoxFuture, ManualClock};
use glasshive_model::Action;
use glasshive_store::catalog::memory::{CatalogCall, Fate, MemoryCatalog, Outcome};
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};

async fn keys(catalog: &MemoryCatalog) -> Keys {
    Keys::open(Arc::new(catalog.clone()), Arc::new(ManualClock::at(7))).await.unwrap()
}

fn environment(slug: &str) -> Scope {
    Scope::Environment(slug.to_owned())
}

#[tokio::test]
async fn minted_keys_work_and_survive_a_restart() {
    let catalog = MemoryCatalog::default();
    let before = keys(&catalog).await;
    let made = before.create(&environment("dev"), KeyKind::Ingest, Vec::new()).await.unwrap();
    let browser = before.create(&environment("dev"), KeyKind::Browser, vec!["https://a.example".to_owned()]).await.unwrap();
    assert_eq!((made.info.environment.as_str(), made.info.created_ns, made.info.origin), ("dev", 7, KeyOrigin::Minted));
    assert!(!format!("{made:?}").contains(&made.secret));

    let after = keys(&catalog).await;
    assert_eq!(after.list(), [made.info.clone(), browser.info.clone()]);
    for keys in [&before, &after] {
        let grant = keys.find(&made.secret).unwrap();
        assert_eq!((grant.key_id, grant.kind, grant.state), (made.info.id, KeyKind::Ingest, KeyState::Enabled));
        let own = grant.environment.unwrap();
        assert!(own != EnvironmentId::LOCAL && grant.may(Action::Ingest, own) && !grant.may(Action::Ingest, EnvironmentId::LOCAL));
        assert_eq!(keys.find(&browser.secret).unwrap().origins, ["https://a.example"]);
        assert_eq!(keys.list()[0].used_ns, Some(7), "since the start");
        for wrong in ["", "unknown", &made.secret[1..], &made.secret.to_uppercase()] {
            assert_eq!(keys.find(wrong), None, "{wrong}");
        }
    }
}

#[tokio::test]
async fn environments_are_called_and_put_away_and_stay_what_they_are() {
    let catalog = MemoryCatalog::default();
    let before = keys(&catalog).await;
    let id = before.ensure_environment("dev").await.unwrap();
    assert_eq!(before.about(id), About::default());
    let away = About { name: "Development".to_owned(), archived: true };
    for said in [&About { name: "Dev".to_owned(), archived: false }, &away] {
        before.describe(id, said.clone()).await.unwrap();
    }
    for name in ["x".repeat(81), "a\nb".to_owned()] {
        assert!(matches!(before.describe(id, About { name, archived: false }).await, Err(KeyError::Name)));
    }
    let after = keys(&catalog).await;
    assert_eq!((after.about(id), after.about(EnvironmentId::LOCAL)), (away, About::default()));
    assert_eq!(after.environments(), before.environments(), "its slug stays");
}

/// The catalog does what it is told, and its next answer is lost.
#[derive(Default)]
struct Deaf(AtomicBool);

impl Fate for Deaf {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let is_lost = call == CatalogCall::Change && self.0.swap(false, Ordering::SeqCst);
        Box::pin(ready(if is_lost { Outcome::AnswerLost } else { Outcome::Done }))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn an_environment_is_renamed_again_after_an_answer_was_lost() {
    let deaf = Arc::new(Deaf::default());
    let keys = keys(&MemoryCatalog::default().with_fate(deaf.clone())).await;
    let id = keys.ensure_environment("dev").await.unwrap();
    let about = |name: &str| About { name: name.to_owned(), archived: false };
    deaf.0.store(true, Ordering::SeqCst);
    assert!(matches!(keys.describe(id, about("Dev")).await, Err(KeyError::Catalog(_))));
    keys.describe(id, about("Development")).await.unwrap();
    assert_eq!(keys.about(id), about("Development"));
}

#[tokio::test]
async fn s7_the_catalog_holds_no_secret() {
    let catalog = MemoryCatalog::default();
    let keys = keys(&catalog).await;
    let made = keys.create(&Scope::Team, KeyKind::Admin, Vec::new()).await.unwrap();
    let rows = catalog.keys().await.unwrap();
    assert_eq!((rows.len(), rows[0].digest.len(), rows[0].environment), (1, 32, None));
    assert!(!format!("{rows:?}").contains(&made.secret));
    assert_eq!(rows[0].shown, format!("{}...{}", &made.secret[..6], &made.secret[32..]));
}

#[tokio::test]
async fn s8_switching_off_takes_effect_at_once_and_lasts() {
    let catalog = MemoryCatalog::default();
    let before = keys(&catalog).await;
    let made = before.create(&environment("dev"), KeyKind::Configuration, Vec::new()).await.unwrap();
    assert!(before.set_disabled(made.info.id, true).await.unwrap().disabled);
    assert_eq!(before.find(&made.secret).unwrap().state, KeyState::Disabled);
    let after = keys(&catalog).await;
    assert_eq!(after.find(&made.secret).unwrap().state, KeyState::Disabled);
    assert!(!after.set_disabled(made.info.id, false).await.unwrap().disabled);
    assert_eq!(after.find(&made.secret).unwrap().state, KeyState::Enabled);
    assert!(matches!(after.set_disabled(99, true).await, Err(KeyError::Unknown { id: 99 })));
}

#[tokio::test]
async fn given_keys_live_in_memory() {
    let catalog = MemoryCatalog::default();
    let before = keys(&catalog).await;
    let spec = KeySpec::parse("dev:ingest:0123456789abcdef0123456789abcdef", 8).unwrap();
    let info = before.give(&spec).await.unwrap();
    assert!(info.is_classic && info.id >= GIVEN_IDS && info.id < 1 << 53);
    assert_eq!(before.give(&spec).await.unwrap().id, info.id, "given twice it is one key");
    assert_eq!(before.list().len(), 1);
    let grant = before.find("0123456789abcdef0123456789abcdef").unwrap();
    assert!(grant.is_classic && grant.environment == Some(catalog.ensure_environment("dev").await.unwrap()));
    assert!(matches!(before.set_disabled(info.id, true).await, Err(KeyError::Given { .. })));

    let after = keys(&catalog).await;
    assert_eq!(after.find("0123456789abcdef0123456789abcdef"), None);
    assert_eq!(after.give(&spec).await.unwrap().id, info.id, "and keeps its number");
}

#[tokio::test]
async fn pairs_are_found_by_both_halves() {
    let keys = keys(&MemoryCatalog::default()).await;
    keys.give(&KeySpec::parse("*:management:hcxmk_1:correct-horse", 8).unwrap()).await.unwrap();
    let grant = keys.find("hcxmk_1:correct-horse").unwrap();
    assert_eq!((grant.kind, grant.environment, grant.is_classic), (KeyKind::Management, None, false));
    assert_eq!(keys.find("correct-horse"), None);
    let minted = keys.create(&Scope::Team, KeyKind::Management, Vec::new()).await.unwrap();
    assert_eq!(keys.find(&minted.secret).unwrap().key_id, minted.info.id);
    assert!(matches!(keys.create(&environment("dev"), KeyKind::Management, Vec::new()).await, Err(KeyError::ManagementScope)));
}

#[tokio::test]
async fn environments_are_made_by_their_first_key() {
    let keys = keys(&MemoryCatalog::default()).await;
    assert_eq!(keys.environments(), [(EnvironmentId::LOCAL, "local".to_owned())]);
    let dev = keys.create(&environment("dev"), KeyKind::Ingest, Vec::new()).await.unwrap();
    let id = keys.find(&dev.secret).unwrap().environment.unwrap();
    assert_eq!(keys.environments(), [(EnvironmentId::LOCAL, "local".to_owned()), (id, "dev".to_owned())]);
    assert_eq!(keys.ensure_environment("dev").await.unwrap(), id);
    assert!(matches!(keys.ensure_environment("*").await, Err(KeyError::Environment { .. })));
}

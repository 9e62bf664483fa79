use super::*;
use crate::link::LinkPurpose;
use crate::role::Role;
use crate::session::SignedIn;
use glasshive_base::ManualClock;
use glasshive_store::catalog::memory::MemoryCatalog;
use std::time::Duration;

const CHEAP: HashCost = HashCost { memory_kib: 64, passes: 1 };
const GOOD: &str = "trombone-cactus-lid";
const OTHER: &str = "nine green violins";
const HOUR: Duration = Duration::from_secs(3_600);

struct World {
    catalog: MemoryCatalog,
    clock: Arc<ManualClock>,
    accounts: Arc<Accounts>,
}

impl World {
    async fn new() -> Self {
        let (catalog, clock) = (MemoryCatalog::default(), Arc::new(ManualClock::at(1_000)));
        let accounts = Self::open(&catalog, &clock).await;
        Self { catalog, clock, accounts }
    }

    async fn open(catalog: &MemoryCatalog, clock: &Arc<ManualClock>) -> Arc<Accounts> {
        Arc::new(Accounts::open(Arc::new(catalog.clone()), clock.clone(), CHEAP).await.unwrap())
    }

    async fn restart(self) -> Self {
        let accounts = Self::open(&self.catalog, &self.clock).await;
        Self { accounts, ..self }
    }

    async fn with_admin() -> (Self, SignedIn) {
        let world = Self::new().await;
        let link = world.accounts.set_up().await.unwrap().unwrap();
        let admin = world.accounts.accept(link.token.reveal(), "Andrew", GOOD, &visitor(1)).await.unwrap();
        (world, admin)
    }

    async fn add(&self, name: &str, role: Role) -> SignedIn {
        let link = self.accounts.invite(role, Some(name), "andrew", "").await.unwrap();
        self.accounts.accept(link.token.reveal(), "", OTHER, &visitor(2)).await.unwrap()
    }
}

fn visitor(last: u8) -> Visitor {
    Visitor { address: IpAddr::from([10, 0, 0, last]), agent: "Browser/1".to_owned() }
}

#[tokio::test]
async fn s13_the_set_up_link_makes_one_admin_once() {
    let world = World::new().await;
    let accounts = &world.accounts;
    let old = accounts.set_up().await.unwrap().unwrap();
    let link = accounts.set_up().await.unwrap().unwrap();
    assert!(accounts.is_empty() && accounts.has_set_up_link());
    assert!(matches!(accounts.look(old.token.reveal(), &visitor(1)), Err(AccountError::Link)), "a newer one replaces it");
    assert_eq!(accounts.look(link.token.reveal(), &visitor(1)).unwrap().purpose, LinkPurpose::Setup);
    assert!(matches!(accounts.accept(link.token.reveal(), "andrew", "short", &visitor(1)).await, Err(AccountError::Password { .. })));
    let admin = accounts.accept(link.token.reveal(), "Andrew", GOOD, &visitor(1)).await.unwrap();
    assert_eq!((admin.person.name.as_str(), admin.person.role), ("andrew", Role::Admin));
    assert!(matches!(accounts.accept(link.token.reveal(), "eve", GOOD, &visitor(1)).await, Err(AccountError::Link)));
    assert!(accounts.set_up().await.unwrap().is_none() && !accounts.has_set_up_link());
    assert_eq!(accounts.authenticate(admin.token.reveal()).unwrap(), admin.person);
}

#[tokio::test]
async fn s13_links_expire_and_survive_a_restart_until_then() {
    let world = World::new().await;
    let link = world.accounts.set_up().await.unwrap().unwrap();
    let world = world.restart().await;
    world.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert!(world.accounts.look(link.token.reveal(), &visitor(1)).is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(world.accounts.accept(link.token.reveal(), "andrew", GOOD, &visitor(1)).await, Err(AccountError::Link)));
    let world = world.restart().await;
    assert_eq!(world.catalog.definitions().await.unwrap(), [], "what is over is taken out");
}

#[tokio::test]
async fn s12_the_catalog_holds_no_secret() {
    let (world, admin) = World::with_admin().await;
    let link = world.accounts.invite(Role::Viewer, None, "andrew", "").await.unwrap();
    let rows = world.catalog.definitions().await.unwrap();
    let text: String = rows.iter().map(|row| format!("{} {} {}\n", row.kind, row.name, String::from_utf8_lossy(&row.body))).collect();
    assert!(text.contains("andrew") && text.contains("account-link"), "{text}");
    for secret in [GOOD, admin.token.reveal(), link.token.reveal(), &admin.person.csrf] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn s12_sessions_survive_a_restart_and_end_by_themselves() {
    let (world, admin) = World::with_admin().await;
    let viewer = world.add("bayko", Role::Viewer).await;
    let world = world.restart().await;
    let signed_in = |signed_in: &SignedIn| world.accounts.authenticate(signed_in.token.reveal()).is_some();
    assert!(signed_in(&admin) && signed_in(&viewer));
    for _ in 0..2 {
        world.clock.advance(11 * HOUR);
        assert!(signed_in(&admin) && signed_in(&viewer), "a use carries it on");
    }
    world.clock.advance(2 * HOUR);
    assert!(!signed_in(&admin), "24 hours are the most of an admin");
    for _ in 0..13 {
        assert!(signed_in(&viewer));
        world.clock.advance(11 * HOUR);
    }
    assert!(signed_in(&viewer));
    world.clock.advance(HOUR);
    assert!(!signed_in(&viewer), "seven days are the most");
    let again = world.accounts.sign_in("bayko", OTHER, &visitor(2)).await.unwrap();
    world.clock.advance(12 * HOUR);
    assert!(!signed_in(&again), "twelve hours without use");
    assert!(!world.accounts.is_signed_in(&again.person.session));
}

#[tokio::test]
async fn s12_uses_are_kept_every_ten_minutes() {
    let (world, admin) = World::with_admin().await;
    let kept = async |world: &World| {
        let rows = world.catalog.definitions().await.unwrap();
        let (_, _, session) = read::<Session>(&rows).next().unwrap();
        session.used_ns.into_inner()
    };
    world.clock.advance(Duration::from_secs(599));
    world.accounts.authenticate(admin.token.reveal()).unwrap();
    tokio::task::yield_now().await;
    assert_eq!(kept(&world).await, 1_000);
    world.clock.advance(Duration::from_secs(1));
    world.accounts.authenticate(admin.token.reveal()).unwrap();
    while kept(&world).await == 1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(kept(&world).await, 600_000_001_000);
}

#[tokio::test]
async fn s14_unknown_names_are_answered_as_wrong_passwords_are() {
    let (world, _) = World::with_admin().await;
    let accounts = &world.accounts;
    for (name, password) in [("andrew", OTHER), ("nobody", GOOD), ("", GOOD), ("not a name", GOOD), ("andrew", "")] {
        let refused = accounts.sign_in(name, password, &visitor(3)).await.unwrap_err();
        assert!(matches!(refused, AccountError::Wrong), "{name}: {refused}");
    }
    let again = accounts.sign_in("ANDREW", GOOD, &visitor(3)).await.unwrap();
    assert_eq!(accounts.authenticate(again.token.reveal()).unwrap().name, "andrew");
    for name in ["andrew", "noone"] {
        for _ in 0..10 {
            assert!(matches!(accounts.sign_in(name, OTHER, &visitor(4)).await, Err(AccountError::Wrong)));
        }
        let refused = accounts.sign_in(name, GOOD, &visitor(5)).await.unwrap_err();
        assert_eq!(refused.to_string(), "too many attempts; the next one is looked at in 60 s", "{name}");
    }
    world.clock.advance(Duration::from_secs(60));
    assert!(accounts.sign_in("andrew", GOOD, &visitor(5)).await.is_ok());
    let failures = accounts.audit(100).into_iter().filter(|entry| !entry.done).count();
    assert!((20..=30).contains(&failures), "failures are in the audit: {failures}");
}

#[tokio::test]
async fn s12_signing_out_here_and_everywhere() {
    let (world, here) = World::with_admin().await;
    let accounts = &world.accounts;
    let there = accounts.sign_in("andrew", GOOD, &visitor(2)).await.unwrap();
    let viewer = world.add("bayko", Role::Viewer).await;
    assert_eq!(accounts.sessions(here.person.account).len(), 2);
    assert!(accounts.sign_out(&viewer.person, &here.person.session, "").await.is_err(), "of others nobody ends one");
    accounts.sign_out(&here.person, &there.person.session, "").await.unwrap();
    assert!(accounts.authenticate(there.token.reveal()).is_none() && accounts.authenticate(here.token.reveal()).is_some());
    assert_eq!(accounts.sign_out_everywhere(here.person.account, "andrew", "").await.unwrap(), 1);
    assert!(accounts.authenticate(here.token.reveal()).is_none() && accounts.authenticate(viewer.token.reveal()).is_some());
    let world = world.restart().await;
    assert!(world.accounts.authenticate(here.token.reveal()).is_none());
}

#[tokio::test]
async fn s13_a_changed_password_ends_every_other_session() {
    let (world, here) = World::with_admin().await;
    let accounts = &world.accounts;
    let there = accounts.sign_in("andrew", GOOD, &visitor(2)).await.unwrap();
    assert!(matches!(accounts.change_password(&here.person, OTHER, OTHER, &visitor(1)).await, Err(AccountError::Wrong)));
    let after = accounts.change_password(&here.person, GOOD, OTHER, &visitor(1)).await.unwrap();
    assert!(accounts.authenticate(there.token.reveal()).is_none() && accounts.authenticate(here.token.reveal()).is_none());
    assert!(accounts.authenticate(after.token.reveal()).is_some());
    assert!(accounts.sign_in("andrew", GOOD, &visitor(2)).await.is_err());
    let reset = accounts.reset(here.person.account, "console", "").await.unwrap();
    let last = accounts.accept(reset.token.reveal(), "ignored", "seven yellow tubas", &visitor(1)).await.unwrap();
    assert_eq!(last.person.name, "andrew");
    assert!(accounts.authenticate(after.token.reveal()).is_none() && accounts.sign_in("andrew", OTHER, &visitor(2)).await.is_err());
}

#[tokio::test]
async fn s12_roles_and_switching_off_take_effect_at_once() {
    let (world, admin) = World::with_admin().await;
    let accounts = &world.accounts;
    let viewer = world.add("bayko", Role::Viewer).await;
    let id = viewer.person.account;
    accounts.set_role(id, Role::Editor, "andrew", "").await.unwrap();
    assert_eq!(accounts.authenticate(viewer.token.reveal()).unwrap().role, Role::Editor);
    assert!(accounts.set_disabled(id, true, "andrew", "").await.unwrap().disabled);
    assert!(accounts.authenticate(viewer.token.reveal()).is_none());
    assert!(matches!(accounts.sign_in("bayko", OTHER, &visitor(2)).await, Err(AccountError::Wrong)));
    accounts.set_disabled(id, false, "andrew", "").await.unwrap();
    assert!(accounts.sign_in("bayko", OTHER, &visitor(2)).await.is_ok());
    for refused in [
        accounts.set_role(admin.person.account, Role::Viewer, "andrew", "").await,
        accounts.set_disabled(admin.person.account, true, "andrew", "").await,
        accounts.delete(admin.person.account, "andrew", "").await,
    ] {
        assert!(matches!(refused, Err(AccountError::LastAdmin)));
    }
    accounts.set_role(id, Role::Admin, "andrew", "").await.unwrap();
    assert_eq!(accounts.admins(), ["andrew", "bayko"]);
    accounts.delete(admin.person.account, "bayko", "").await.unwrap();
    assert!(accounts.authenticate(admin.token.reveal()).is_none());
    let world = world.restart().await;
    assert_eq!(world.accounts.list().iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["bayko"]);
    assert_eq!(world.accounts.audit(1)[0].action, "deleted an account");
}

#[tokio::test]
async fn invitations_are_taken_back_and_names_are_unique() {
    let (world, _) = World::with_admin().await;
    let accounts = &world.accounts;
    assert!(matches!(accounts.invite(Role::Viewer, Some("Andrew"), "andrew", "").await, Err(AccountError::Taken { .. })));
    let link = accounts.invite(Role::Viewer, None, "andrew", "").await.unwrap();
    assert!(matches!(accounts.accept(link.token.reveal(), "andrew", OTHER, &visitor(2)).await, Err(AccountError::Taken { .. })));
    assert_eq!(accounts.links(), std::slice::from_ref(&link.info), "and the link is not spent");
    accounts.revoke_link(&link.info.id, "andrew", "").await.unwrap();
    assert!(matches!(accounts.accept(link.token.reveal(), "bayko", OTHER, &visitor(2)).await, Err(AccountError::Link)));
}

#[tokio::test]
async fn s12_an_account_has_at_most_so_many_sessions() {
    let (world, first) = World::with_admin().await;
    for n in 0..crate::session::PER_ACCOUNT as u8 {
        world.clock.advance(Duration::from_secs(61));
        world.accounts.sign_in("andrew", GOOD, &visitor(n)).await.unwrap();
    }
    assert_eq!(world.accounts.sessions(first.person.account).len(), crate::session::PER_ACCOUNT);
    assert!(world.accounts.authenticate(first.token.reveal()).is_none(), "the one that was not used the longest");
}

#[tokio::test]
async fn s12_the_second_proof_is_the_sessions_own() {
    let (world, admin) = World::with_admin().await;
    let viewer = world.add("bayko", Role::Viewer).await;
    assert!(admin.person.has_csrf(&admin.person.csrf));
    for wrong in ["", &viewer.person.csrf, &admin.person.csrf.to_uppercase(), &admin.person.csrf[1..]] {
        assert!(wrong == admin.person.csrf || !admin.person.has_csrf(wrong), "{wrong}");
    }
    assert_eq!(world.accounts.authenticate(admin.token.reveal()).unwrap().csrf, admin.person.csrf, "and stays");
}

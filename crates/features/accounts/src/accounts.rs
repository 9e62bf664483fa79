//! All accounts, sessions and links of the data directory.

mod linking;
mod managing;
mod signing;

use crate::account::Account;
use crate::attempts::Attempts;
use crate::audit::{Audit, AuditEntry};
use crate::error::AccountError;
use crate::keep::{Keep, read};
use crate::link::Link;
use crate::password::{HashCost, Hasher};
use crate::secret::{Digest, Pepper, digest_of_hex, hex, random};
use crate::session::{LiveSession, Session};
use glasshive_base::Clock;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::Mutex;

/// The setting of the data directory under which the pepper is kept.
const PEPPER: &str = "account-pepper";
/// Accounts there may be.
const ACCOUNTS_MAX: usize = 1_000;
/// Characters of a browser's own description that are kept.
const AGENT_CHARS: usize = 200;

/// All accounts, sessions and links.
pub struct Accounts {
    keep: Keep,
    clock: Arc<dyn Clock>,
    pepper: Pepper,
    hasher: Hasher,
    attempts: Attempts,
    audit: Audit,
    state: RwLock<State>,
    /// One change at a time, so that what was checked is what is changed, and no row is written after it was taken out.
    change: Arc<Mutex<()>>,
}

/// Who asks to be signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// From where.
    pub address: IpAddr,
    /// With what, as the browser says.
    pub agent: String,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<u64, Named>,
    sessions: HashMap<Digest, Arc<LiveSession>>,
    links: HashMap<Digest, (u64, Link)>,
}

#[derive(Clone)]
struct Named {
    name: String,
    account: Account,
}

impl Accounts {
    /// Those of the catalog. Makes the pepper of a new data directory.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, cost: HashCost) -> Result<Self, AccountError> {
        let pepper = catalog.setting_or_insert(PEPPER, random::<32>()?.to_vec()).await?;
        let rows = catalog.definitions().await?;
        let keep = Keep(catalog);
        let accounts = Self {
            pepper: Pepper::new(&pepper),
            hasher: Hasher::new(cost, &pepper),
            attempts: Attempts::new(clock.clone()),
            audit: Audit::open(keep.clone(), clock.clone(), &rows),
            state: RwLock::new(State::of_rows(&rows)),
            change: Arc::default(),
            keep,
            clock,
        };
        accounts.sweep().await?;
        Ok(accounts)
    }

    /// Whether nobody has an account yet: then a set-up link makes the first.
    pub fn is_empty(&self) -> bool {
        self.read().accounts.is_empty()
    }

    /// What was done about people and keys, newest first.
    pub fn audit(&self, limit: usize) -> Vec<AuditEntry> {
        self.audit.entries(limit)
    }

    /// Notes in the audit what somebody did elsewhere, such as making a key. `from` is an address, or empty.
    pub async fn note(&self, who: &str, from: &str, action: &str, object: &str) {
        self.audit.note(who, from, action, object, true).await;
    }

    /// Takes out sessions and links that are over, and sessions of nobody.
    async fn sweep(&self) -> Result<(), AccountError> {
        let now_ns = self.clock.wall_ns();
        let mut gone = Vec::new();
        {
            let mut state = self.write();
            let State { accounts, sessions, links } = &mut *state;
            sessions.retain(|_, live| {
                let owner = accounts.values().find(|named| named.account.uid == live.session.account);
                let stays = owner.is_some_and(|named| live.session.expires_ns(named.account.role) > now_ns);
                if !stays {
                    gone.push(live.row);
                }
                stays
            });
            links.retain(|_, (row, link)| {
                let stays = link.expires_ns > now_ns;
                if !stays {
                    gone.push(*row);
                }
                stays
            });
        }
        for row in gone {
            self.keep.delete(row).await?;
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of_rows(rows: &[DefinitionRow]) -> Self {
        let accounts = read::<Account>(rows).map(|(id, name, account)| (id, Named { name: name.to_owned(), account }));
        let sessions = read::<Session>(rows).filter_map(|(row, name, session)| {
            let digest = digest_of_hex(name)?;
            Some((digest, Arc::new(LiveSession::new(row, session))))
        });
        let links = read::<Link>(rows).filter_map(|(row, name, link)| Some((digest_of_hex(name)?, (row, link))));
        Self { accounts: accounts.collect(), sessions: sessions.collect(), links: links.collect() }
    }

    fn named(&self, name: &str) -> Option<(u64, &Named)> {
        self.accounts.iter().find(|(_, named)| named.name == name).map(|(id, named)| (*id, named))
    }

    fn of_uid(&self, uid: &str) -> Option<(u64, &Named)> {
        self.accounts.iter().find(|(_, named)| named.account.uid == uid).map(|(id, named)| (*id, named))
    }
}

/// The name of a row that is kept under a digest.
fn row_name(digest: &Digest) -> String {
    hex(digest)
}

#[cfg(test)]
mod tests;

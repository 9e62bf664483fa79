//! Sessions: who is signed in where.

use crate::keep::Kept;
use crate::role::Role;
use crate::secret::{Digest, Pepper, Token, Use, equal, hex};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering};

const SECOND_NS: i64 = 1_000_000_000;
const HOUR_NS: i64 = 3_600 * SECOND_NS;
/// A session that is not used for this long is over.
const IDLE_NS: i64 = 12 * HOUR_NS;
/// A session is over after this long, however much it is used.
const WHOLE_NS: i64 = 7 * 24 * HOUR_NS;
const WHOLE_ADMIN_NS: i64 = 24 * HOUR_NS;
/// How much of the last use may be forgotten by a crash.
const SAVE_EVERY_NS: i64 = 600 * SECOND_NS;
/// Sessions of one account; the one that was not used the longest makes room.
pub(crate) const PER_ACCOUNT: usize = 32;

/// A session as it is kept, under its token's digest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Names it for people; opens nothing.
    pub(crate) id: String,
    /// Its account's uid.
    pub(crate) account: String,
    pub(crate) created_ns: i64,
    #[serde(with = "cell")]
    pub(crate) used_ns: AtomicI64,
    pub(crate) address: String,
    pub(crate) agent: String,
}

/// A session in memory.
#[derive(Debug)]
pub(crate) struct LiveSession {
    /// Its row in the catalog.
    pub(crate) row: u64,
    pub(crate) session: Session,
    /// The last use that the catalog knows.
    pub(crate) saved_ns: AtomicI64,
}

/// A session as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Names it; opens nothing.
    pub id: String,
    /// When somebody signed in, ns since 1970.
    pub created_ns: i64,
    /// When it was last used.
    pub used_ns: i64,
    /// From where somebody signed in.
    pub address: String,
    /// With what, as the browser says.
    pub agent: String,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account's number.
    pub account: u64,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The session's id.
    pub session: String,
    /// What requests of this session that change something carry besides the cookie.
    pub csrf: String,
    /// When the session ends if it is not used again, ns since 1970.
    pub expires_ns: i64,
}

/// A session that has begun. The token is told this once.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What proves the session.
    pub token: Token,
    /// Who it is.
    pub person: Person,
}

impl Kept for Session {
    const KIND: &'static str = "session";
}

impl Session {
    /// When it ends for people of this role if it is not used again.
    pub(crate) fn expires_ns(&self, role: Role) -> i64 {
        let whole = if role == Role::Admin { WHOLE_ADMIN_NS } else { WHOLE_NS };
        self.used_ns.load(Ordering::Relaxed).saturating_add(IDLE_NS).min(self.created_ns.saturating_add(whole))
    }

    pub(crate) fn info(&self) -> SessionInfo {
        SessionInfo {
            id: self.id.clone(),
            created_ns: self.created_ns,
            used_ns: self.used_ns.load(Ordering::Relaxed),
            address: self.address.clone(),
            agent: self.agent.clone(),
        }
    }
}

impl LiveSession {
    pub(crate) fn new(row: u64, session: Session) -> Self {
        let saved_ns = AtomicI64::new(session.used_ns.load(Ordering::Relaxed));
        Self { row, session, saved_ns }
    }

    /// Notes a use. Whether the catalog should hear of it: then nobody else is told so.
    pub(crate) fn touch(&self, now_ns: i64) -> bool {
        self.session.used_ns.fetch_max(now_ns, Ordering::Relaxed);
        let saved = self.saved_ns.load(Ordering::Relaxed);
        now_ns.saturating_sub(saved) >= SAVE_EVERY_NS
            && self.saved_ns.compare_exchange(saved, now_ns, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Person {
    /// Whether this is the session's second proof, in the same time whatever it holds.
    pub fn has_csrf(&self, presented: &str) -> bool {
        equal(self.csrf.as_bytes(), presented.as_bytes())
    }
}

/// The second proof that goes with a session's token: a page of ours reads it, a page of another site cannot.
pub(crate) fn csrf(pepper: &Pepper, token: &str) -> String {
    hex(&pepper.digest(Use::Csrf, token)[..16])
}

/// The digest a session is kept under.
pub(crate) fn digest(pepper: &Pepper, token: &str) -> Digest {
    pepper.digest(Use::Session, token)
}

/// A number that is read and written as one.
mod cell {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::sync::atomic::{AtomicI64, Ordering};

    pub(super) fn serialize<S: Serializer>(cell: &AtomicI64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(cell.load(Ordering::Relaxed))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AtomicI64, D::Error> {
        i64::deserialize(deserializer).map(AtomicI64::new)
    }
}

//! One-time links: what an account begins with, or gets a new password by.

use crate::keep::Kept;
use crate::role::Role;
use crate::secret::Token;
use serde::{Deserialize, Serialize};

const MINUTE_NS: i64 = 60_000_000_000;
/// Links that wait to be used.
pub(crate) const LINKS_MAX: usize = 200;

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPurpose {
    /// Makes the first admin. Works only while there is no account.
    Setup,
    /// Makes an account.
    Invite {
        /// What it may do.
        role: Role,
        /// Its name, if whoever is invited may not choose.
        name: Option<String>,
    },
    /// Sets a new password.
    Reset {
        /// The account's uid.
        uid: String,
        /// Its name.
        name: String,
    },
}

/// A link as it is kept, under its token's digest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Link {
    /// Names it for people; opens nothing.
    pub(crate) id: String,
    pub(crate) purpose: LinkPurpose,
    pub(crate) created_ns: i64,
    pub(crate) expires_ns: i64,
    /// Who made it, in words.
    pub(crate) by: String,
}

/// A link as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    /// Names it; opens nothing.
    pub id: String,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
    /// Until when it works.
    pub expires_ns: i64,
    /// Who made it, in words.
    pub by: String,
}

/// A new link. The token is told this once.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// What the link's address holds.
    pub token: Token,
    /// The link.
    pub info: LinkInfo,
}

impl Kept for Link {
    const KIND: &'static str = "account-link";
}

impl LinkPurpose {
    /// How long such a link works.
    pub(crate) fn lasts_ns(&self) -> i64 {
        match self {
            LinkPurpose::Setup => 15 * MINUTE_NS,
            LinkPurpose::Invite { .. } => 3 * 24 * 60 * MINUTE_NS,
            LinkPurpose::Reset { .. } => 24 * 60 * MINUTE_NS,
        }
    }
}

impl Link {
    pub(crate) fn info(&self) -> LinkInfo {
        let Link { id, purpose, created_ns, expires_ns, by } = self.clone();
        LinkInfo { id, purpose, created_ns, expires_ns, by }
    }
}

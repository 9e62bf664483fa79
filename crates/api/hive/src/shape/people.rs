//! Accounts, invitations, and what was done.

use super::Nanoseconds;
use glasshive_feature_accounts as feature;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accounts {
    /// Every account, by name.
    pub accounts: Vec<Account>,
    /// Links that wait to be used, newest first.
    pub links: Vec<Link>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `viewer`, `editor` or `admin`.
    pub role: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When somebody last signed in as it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_ns: Option<Nanoseconds>,
    /// How many sessions it has now.
    pub sessions: u64,
}

/// A one-time link, without what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Names it; opens nothing.
    pub id: String,
    /// `setup`: makes the first admin; `invite`: makes an account; `reset`: sets a new password.
    pub purpose: String,
    /// What the account may do, of an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The account's name, where it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// Until when it works.
    pub expires_ns: Nanoseconds,
    /// Who made it.
    pub by: String,
}

/// Who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// `viewer`, `editor` or `admin`.
    pub role: String,
    /// The account's name; whoever is invited chooses when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A link that was made. What opens it is shown here and nowhere again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeLink {
    /// The link.
    pub link: Link,
    /// Its address below the server's.
    pub path: String,
}

/// What an account is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    /// `viewer`, `editor` or `admin`; as it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it is switched off; as it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// What was done about people and keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
}

/// Something that was done, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When.
    pub time_ns: Nanoseconds,
    /// By whom.
    pub who: String,
    /// From which address; empty where there is none.
    pub from: String,
    /// What.
    pub action: String,
    /// To what; empty where the action says it all.
    pub object: String,
    /// Whether it was done; else it was refused.
    pub done: bool,
}

impl From<feature::AccountInfo> for Account {
    fn from(account: feature::AccountInfo) -> Self {
        Self {
            id: account.id,
            name: account.name,
            role: account.role.word().to_owned(),
            disabled: account.disabled,
            created_ns: Nanoseconds(account.created_ns),
            signed_in_ns: account.signed_in_ns.map(Nanoseconds),
            sessions: account.sessions as u64,
        }
    }
}

impl From<feature::LinkInfo> for Link {
    fn from(link: feature::LinkInfo) -> Self {
        let (purpose, role, name) = match link.purpose {
            feature::LinkPurpose::Setup => ("setup", Some(feature::Role::Admin), None),
            feature::LinkPurpose::Invite { role, name } => ("invite", Some(role), name),
            feature::LinkPurpose::Reset { name, .. } => ("reset", None, Some(name)),
        };
        Self {
            id: link.id,
            purpose: purpose.to_owned(),
            role: role.map(|role| role.word().to_owned()),
            name,
            created_ns: Nanoseconds(link.created_ns),
            expires_ns: Nanoseconds(link.expires_ns),
            by: link.by,
        }
    }
}

impl From<feature::NewLink> for MadeLink {
    fn from(made: feature::NewLink) -> Self {
        // Behind the hash, which browsers keep to themselves: no log and no proxy sees it.
        Self { path: format!("/signin#link={}", made.token.reveal()), link: made.info.into() }
    }
}

impl From<feature::AuditEntry> for AuditEntry {
    fn from(entry: feature::AuditEntry) -> Self {
        let feature::AuditEntry { at_ns, who, from, action, object, done } = entry;
        Self { time_ns: Nanoseconds(at_ns), who, from, action, object, done }
    }
}

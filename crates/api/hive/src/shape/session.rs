//! Signing in, and who is signed in.

use super::Nanoseconds;
use super::people::Link;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How this server asks who somebody is, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// `open`: nobody is asked; `keys`: a key or a sign-in is needed.
    pub mode: String,
    /// Who is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<SignedIn>,
    /// Whether nobody has an account yet: the server printed a link that makes the first when it started.
    pub is_new: bool,
    /// Whether that link still works.
    pub has_set_up_link: bool,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    /// The account's number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `viewer`, `editor` or `admin`.
    pub role: String,
    /// Goes as `x-glasshive-csrf` with every request of the session that is no GET.
    pub csrf: String,
    /// When the session ends if it is not used again.
    pub expires_ns: Nanoseconds,
    /// Admins that can give another role, a few of them.
    pub admins: Vec<String>,
}

/// What somebody signs in with.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Another password.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The present one.
    pub old: String,
    /// The one from now on: 12 to 128 characters.
    pub new: String,
}

/// What a one-time link holds.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    /// What stands behind `#link=` in its address.
    pub token: String,
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundLink {
    /// The link.
    pub link: Link,
}

/// A link, and what the account begins with.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What stands behind `#link=` in its address.
    pub token: String,
    /// The account's name, where the link leaves it open.
    #[serde(default)]
    pub name: String,
    /// Its password: 12 to 128 characters.
    pub password: String,
}

/// Where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    /// The sessions of the asker, last used first.
    pub sessions: Vec<KnownSession>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownSession {
    /// Names it; opens nothing.
    pub id: String,
    /// When somebody signed in.
    pub created_ns: Nanoseconds,
    /// When it was last used.
    pub used_ns: Nanoseconds,
    /// From where somebody signed in.
    pub address: String,
    /// With what, as the browser says.
    pub agent: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// What was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// How many sessions.
    pub sessions: u64,
}

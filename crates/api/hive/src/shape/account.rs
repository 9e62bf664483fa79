//! Environments and keys.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Environments, by number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environments {
    /// Those the asker may read.
    pub environments: Vec<Environment>,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Its slug, as it stands in addresses and in the paths of its files. It stays.
    pub slug: String,
    /// How it is called, where that is not its slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is put away: not offered where environments are chosen. It takes what is sent to it, and answers, as before.
    pub archived: bool,
}

/// What is to be said of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AboutEnvironment {
    /// How it is called, at most 80 characters; empty = as its slug. As it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is put away. As it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

/// An environment to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewEnvironment {
    /// Its slug: a-z, 0-9 and _ . ~ -, at most 64 of them.
    pub slug: String,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The environment's slug; `*` = the whole team. `local` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// `ingest`, `configuration`, `browser` or `admin`.
    pub kind: String,
    /// Origins that a browser key is bound to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

/// A key that was made. The secret is shown here and nowhere again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedKey {
    /// The key.
    pub key: Key,
    /// Its secret.
    pub secret: String,
}

/// Keys, in order of creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keys {
    /// Those of the environments that the asker administers.
    pub keys: Vec<Key>,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its number.
    pub id: u64,
    /// The environment's slug; `*` = the whole team.
    pub environment: String,
    /// What it opens.
    pub kind: String,
    /// The secret's first and last characters.
    pub shown: String,
    /// Origins a browser key is bound to.
    pub origins: Vec<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When it was last presented since the server's start; absent = not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_ns: Option<Nanoseconds>,
    /// Whether it was given on start: then it is switched off where it is given.
    #[serde(default)]
    pub is_given: bool,
}

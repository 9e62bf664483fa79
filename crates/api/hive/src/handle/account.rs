//! Environments and keys.

use crate::access::{self, Caller};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::account::{AboutEnvironment, CreatedKey, Environment, Environments, Key, Keys, NewEnvironment, NewKey};
use glasshive_base_http::Response;
use glasshive_feature_accounts::Role;
use glasshive_feature_keys::{About, KeyError, KeyInfo, KeyOrigin, Scope};
use glasshive_model::{Action, EnvironmentId, KeyKind};

/// The environments that the asker may read.
pub async fn environments(call: Call) -> Result<Response, Failure> {
    let seen = call.hive.keys.environments().into_iter().filter(|(id, _)| call.caller.may(Action::Read, *id));
    ok(&Environments { environments: seen.map(|(id, slug)| said(&call, id, slug)).collect() })
}

/// Calls an environment something, puts it away or brings it back. Only who administers the team may.
pub async fn describe_environment(mut call: Call) -> Result<Response, Failure> {
    if !call.caller.may_everywhere(Action::Administer) {
        return Err(access::forbidden(Action::Administer));
    }
    let wanted: AboutEnvironment = call.body().await?;
    let (id, slug) = (call.environment, call.param("env").to_owned());
    let before = call.hive.keys.about(id);
    if id == EnvironmentId::LOCAL && wanted.archived == Some(true) {
        return Err(Failure::invalid(format!("{slug} is where every address without an environment leads; it cannot be put away")));
    }
    let name = wanted.name.map_or_else(|| before.name.clone(), |name| name.trim().to_owned());
    let about = About { name: if name == slug { String::new() } else { name }, archived: wanted.archived.unwrap_or(before.archived) };
    call.hive.keys.describe(id, about.clone()).await.map_err(key_failure)?;
    let action = match (before.archived, about.archived) {
        (false, true) => "put an environment away",
        (true, false) => "brought an environment back",
        _ => "renamed an environment",
    };
    if let Some(accounts) = call.hive.accounts() {
        accounts.note(&call.caller.name(), &super::session::address(&call), action, &slug).await;
    }
    ok(&said(&call, id, slug))
}

fn said(call: &Call, id: EnvironmentId, slug: String) -> Environment {
    let About { name, archived } = call.hive.keys.about(id);
    Environment { slug, name: Some(name).filter(|name| !name.is_empty()), archived }
}

/// Makes an environment. Only who administers the team may.
pub async fn create_environment(mut call: Call) -> Result<Response, Failure> {
    if !call.caller.may_everywhere(Action::Administer) {
        return Err(access::forbidden(Action::Administer));
    }
    let wanted: NewEnvironment = call.body().await?;
    let id = call.hive.keys.ensure_environment(&wanted.slug).await.map_err(key_failure)?;
    ok(&said(&call, id, wanted.slug))
}

/// Keys of the environments that the asker administers.
pub async fn keys(call: Call) -> Result<Response, Failure> {
    let mine = call.hive.keys.list().into_iter().filter(|key| may_administer(&call, key));
    ok(&Keys { keys: mine.map(Key::from).collect() })
}

/// Makes a key.
pub async fn create_key(mut call: Call) -> Result<Response, Failure> {
    let wanted: NewKey = call.body().await?;
    let scope = Scope::parse(&wanted.environment.unwrap_or_else(|| default_environment(&call))).map_err(key_failure)?;
    let kind = KeyKind::from_word(&wanted.kind).ok_or_else(|| key_failure(KeyError::Kind { kind: wanted.kind.clone() }))?;
    if !may_manage(&call, &scope, kind) {
        return Err(too_low(&call));
    }
    let minted = call.hive.keys.create(&scope, kind, wanted.origins).await.map_err(key_failure)?;
    note(&call, "made a key", &minted.info).await;
    ok(&CreatedKey { key: Key::from(minted.info), secret: minted.secret })
}

/// Switches a key off.
pub async fn disable_key(call: Call) -> Result<Response, Failure> {
    set_disabled(call, true).await
}

/// Switches a key on again.
pub async fn enable_key(call: Call) -> Result<Response, Failure> {
    set_disabled(call, false).await
}

async fn set_disabled(call: Call, disabled: bool) -> Result<Response, Failure> {
    let id: u64 = call.param("id").parse().map_err(|_| Failure::invalid("a key's id is a number"))?;
    // Another environment's key is as absent as one that does not exist.
    let known = call.hive.keys.list().into_iter().any(|key| key.id == id && may_administer(&call, &key));
    if !known {
        return Err(key_failure(KeyError::Unknown { id }));
    }
    let key = call.hive.keys.set_disabled(id, disabled).await.map_err(key_failure)?;
    note(&call, if disabled { "switched a key off" } else { "switched a key on" }, &key).await;
    ok(&Key::from(key))
}

/// The asker's own environment, or `local`.
fn default_environment(call: &Call) -> String {
    let own = match &call.caller {
        Caller::Key(grant) => grant.environment.unwrap_or(EnvironmentId::LOCAL),
        Caller::Anyone | Caller::Person(_) => EnvironmentId::LOCAL,
    };
    let environments = call.hive.keys.environments();
    environments.into_iter().find(|(id, _)| *id == own).map_or_else(|| "local".to_owned(), |(_, slug)| slug)
}

fn may_administer(call: &Call, key: &KeyInfo) -> bool {
    let kind = KeyKind::from_word(key.kind);
    kind.is_some_and(|kind| Scope::parse(&key.environment).is_ok_and(|scope| may_manage(call, &scope, kind)))
}

/// Keys of the team, and of environments that do not exist yet, are for who administers the team. Editors manage the keys that
/// only send.
fn may_manage(call: &Call, scope: &Scope, kind: KeyKind) -> bool {
    let environment = match scope {
        Scope::Team => None,
        Scope::Environment(slug) => call.hive.environment(slug),
    };
    let only_sends = matches!(kind, KeyKind::Ingest | KeyKind::Browser);
    match environment {
        Some(environment) if only_sends => call.caller.may(Action::Change, environment),
        Some(environment) => call.caller.may(Action::Administer, environment),
        None => call.caller.may_everywhere(Action::Administer),
    }
}

/// The refusal of who may not manage such a key.
fn too_low(call: &Call) -> Failure {
    match &call.caller {
        Caller::Person(person) => access::role_too_low(&call.hive, person.role, Role::Admin),
        _ => access::forbidden(Action::Administer),
    }
}

async fn note(call: &Call, action: &str, key: &KeyInfo) {
    if let Some(accounts) = call.hive.accounts() {
        let object = format!("key {} ({}, {})", key.id, key.kind, key.environment);
        accounts.note(&call.caller.name(), &super::session::address(call), action, &object).await;
    }
}

fn key_failure(error: KeyError) -> Failure {
    Failure::new(error.kind(), error.to_string())
}

impl From<KeyInfo> for Key {
    fn from(key: KeyInfo) -> Self {
        Self {
            id: key.id,
            environment: key.environment,
            kind: key.kind.to_owned(),
            shown: key.shown,
            origins: key.origins,
            disabled: key.disabled,
            created_ns: Nanoseconds(key.created_ns),
            used_ns: key.used_ns.map(Nanoseconds),
            is_given: key.origin == KeyOrigin::Given,
        }
    }
}

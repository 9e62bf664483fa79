//! Who is asking, and whether they may: one function for every route.

use crate::cookie;
use crate::endpoint::Endpoint;
use crate::hive::Hive;
use crate::problem::Failure;
use glasshive_base::ErrorKind;
use glasshive_base_http::Head;
use glasshive_feature_accounts::{Person, Role};
use glasshive_model::{Action, EnvironmentId, Grant, KeyState, KeyTable as _};
use http::Method;

/// Headers that may carry a key, in the order they are tried.
pub const CREDENTIAL_HEADERS: &[&str] = &["x-honeycomb-team", "authorization", "x-glasshive-key"];

/// The header that goes with a session's cookie in requests that may change something.
pub const CSRF_HEADER: &str = "x-glasshive-csrf";

/// Rows that need a higher role than what they do says: who sends what from where is no reader's business.
const HIGHER: &[(&str, Role)] = &[("refusals", Role::Editor)];

/// Whether keys are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Nothing is refused for its credential.
    Open,
    /// Every route but the public ones needs a key that may, or somebody who is signed in and may.
    Keys,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Caller {
    /// Anybody: the mode is open, or the route is public.
    Anyone,
    /// The holder of a key.
    Key(Grant),
    /// Somebody who is signed in.
    Person(Person),
}

impl Caller {
    /// Whether this caller may do `action` in `environment`.
    pub fn may(&self, action: Action, environment: EnvironmentId) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Key(grant) => grant.may(action, environment),
            Caller::Person(person) => person.role.may(action),
        }
    }

    /// Whether this caller may do `action` in environments that do not exist yet.
    pub fn may_everywhere(&self, action: Action) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Key(grant) => grant.environment.is_none() && grant.may(action, EnvironmentId::LOCAL),
            Caller::Person(person) => person.role.may(action),
        }
    }

    /// Whether this caller would still be let in, for answers that go on for long.
    pub fn stands(&self, hive: &Hive) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Key(grant) => hive.keys.is_enabled(grant.key_id),
            Caller::Person(person) => hive.accounts().is_some_and(|accounts| accounts.is_signed_in(&person.session)),
        }
    }

    /// Who it is, in a word or two for the notes of what was done.
    pub fn name(&self) -> String {
        match self {
            Caller::Anyone => "anyone".to_owned(),
            Caller::Key(grant) => format!("key {}", grant.key_id),
            Caller::Person(person) => person.name.clone(),
        }
    }
}

/// Finds out who is asking: by a key, or where none is presented by the cookie of a session. A missing, malformed, unknown and
/// disabled key are refused alike, and so is a session that is over.
///
/// # Errors
/// 401; 403 for a session's request that may change something and lacks the second proof.
pub fn identify(hive: &Hive, head: &Head, action: Action) -> Result<Caller, Failure> {
    if action == Action::Public || hive.auth == AuthMode::Open {
        return Ok(Caller::Anyone);
    }
    let Some(credential) = head.credential(CREDENTIAL_HEADERS) else { return identify_person(hive, head) };
    let grant = credential.secrets.iter().find_map(|secret| hive.keys.find(secret));
    match grant {
        Some(grant) if grant.state == KeyState::Enabled => Ok(Caller::Key(grant)),
        _ => Err(nobody()),
    }
}

fn identify_person(hive: &Hive, head: &Head) -> Result<Caller, Failure> {
    let person = person_of(hive, head).ok_or_else(nobody)?;
    let is_read = matches!(head.method, Method::GET | Method::HEAD);
    // Another server of this machine sees the cookie too; a page of another site can make a browser send it.
    if !is_read && !head.header(CSRF_HEADER).is_some_and(|presented| person.has_csrf(presented)) {
        let why = format!("a session's request with {} needs the header {CSRF_HEADER}", head.method);
        return Err(Failure::new(ErrorKind::Forbidden, why).with_remedy("GET /hive/v1/session tells its value"));
    }
    Ok(Caller::Person(person))
}

/// Who is signed in by a cookie of the request. Says nothing about what they may.
pub fn person_of(hive: &Hive, head: &Head) -> Option<Person> {
    let accounts = hive.accounts()?;
    cookie::presented(head).iter().find_map(|token| accounts.authenticate(token))
}

fn nobody() -> Failure {
    Failure::new(ErrorKind::Unauthenticated, "no key, or one that is not known and enabled; and nobody is signed in")
        .with_remedy("send a key as x-honeycomb-team, authorization: Bearer or x-glasshive-key, or sign in")
}

/// The least role for a row; `None` = no person may.
pub fn least_role(endpoint: &Endpoint) -> Option<Role> {
    let higher = HIGHER.iter().find(|(name, _)| *name == endpoint.name).map(|(_, role)| *role);
    higher.or(Role::least(endpoint.action))
}

/// Whether somebody's role is enough for what the row of this name tells, where another row tells of it too.
pub fn is_for(caller: &Caller, name: &str) -> bool {
    let Caller::Person(person) = caller else { return true };
    HIGHER.iter().find(|(known, _)| *known == name).is_none_or(|(_, role)| person.role >= *role)
}

/// Checks that somebody's role is enough for a row. Keys are looked at where their environment is known.
///
/// # Errors
/// 403, naming the role, and who can help.
pub fn check_role(hive: &Hive, caller: &Caller, endpoint: &Endpoint) -> Result<(), Failure> {
    let Caller::Person(person) = caller else { return Ok(()) };
    let least = least_role(endpoint);
    if least.is_some_and(|least| person.role >= least) {
        return Ok(());
    }
    Err(role_too_low(hive, person.role, least.unwrap_or(Role::Admin)))
}

/// The refusal of somebody whose role is not enough.
pub fn role_too_low(hive: &Hive, own: Role, least: Role) -> Failure {
    let admins = hive.accounts().map(|accounts| accounts.admins()).unwrap_or_default();
    let article = |role: Role| {
        if role == Role::Viewer {
            "a viewer"
        } else if role == Role::Editor {
            "an editor"
        } else {
            "an admin"
        }
    };
    let failure = Failure::new(ErrorKind::Forbidden, format!("this needs {}, and you are {}", article(least), article(own)));
    if admins.is_empty() { failure } else { failure.with_remedy(format!("an admin can change your role: {}", admins.join(", "))) }
}

/// Checks one action in one environment.
///
/// # Errors
/// 403, naming the action.
pub fn authorise(caller: &Caller, action: Action, environment: EnvironmentId) -> Result<(), Failure> {
    if caller.may(action, environment) { Ok(()) } else { Err(forbidden(action)) }
}

/// The refusal of an action.
pub fn forbidden(action: Action) -> Failure {
    let (what, who) = match action {
        Action::Ingest => ("send telemetry", "an ingest, configuration or admin key"),
        Action::Read => ("read telemetry", "a configuration or admin key of this environment"),
        Action::Change => ("change settings", "an admin key of this environment"),
        Action::Administer => ("manage keys and environments, or delete events", "an admin key of the environment, or of the team for all"),
        Action::Public => ("see this", "any key"),
    };
    Failure::new(ErrorKind::Forbidden, format!("this key may not {what}")).with_remedy(format!("use {who}"))
}

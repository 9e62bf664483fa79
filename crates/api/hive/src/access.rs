//! Who is asking, and whether they may: one function for every route.

use crate::hive::Hive;
use crate::problem::Failure;
use glasshive_base::ErrorKind;
use glasshive_base_http::Head;
use glasshive_model::{Action, EnvironmentId, Grant, KeyState, KeyTable as _};

/// Headers that may carry a key, in the order they are tried.
pub const CREDENTIAL_HEADERS: &[&str] = &["x-honeycomb-team", "authorization", "x-glasshive-key"];

/// Whether keys are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Nothing is refused for its credential.
    Open,
    /// Every route but the public ones needs a key that may.
    Keys,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Caller {
    /// Anybody: the mode is open, or the route is public.
    Anyone,
    /// The holder of a key.
    Key(Grant),
}

impl Caller {
    /// Whether this caller may do `action` in `environment`.
    pub fn may(&self, action: Action, environment: EnvironmentId) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Key(grant) => grant.may(action, environment),
        }
    }

    /// Whether this caller may do `action` in environments that do not exist yet.
    pub fn may_everywhere(&self, action: Action) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Key(grant) => grant.environment.is_none() && grant.may(action, EnvironmentId::LOCAL),
        }
    }
}

/// Finds out who is asking. A missing, malformed, unknown and disabled key are refused alike.
///
/// # Errors
/// 401.
pub fn identify(hive: &Hive, head: &Head, action: Action) -> Result<Caller, Failure> {
    if action == Action::Public || hive.auth == AuthMode::Open {
        return Ok(Caller::Anyone);
    }
    let credential = head.credential(CREDENTIAL_HEADERS);
    let secrets = credential.map(|credential| credential.secrets).unwrap_or_default();
    let grant = secrets.iter().find_map(|secret| hive.keys.find(secret));
    match grant {
        Some(grant) if grant.state == KeyState::Enabled => Ok(Caller::Key(grant)),
        _ => Err(Failure::new(ErrorKind::Unauthenticated, "no key, or one that is not known and enabled")
            .with_remedy("send a key as x-honeycomb-team, authorization: Bearer or x-glasshive-key")),
    }
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

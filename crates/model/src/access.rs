//! Keys as every door sees them: who is asking, and what they may do.

use crate::id::EnvironmentId;

/// What sort of credential a key is; each opens its own doors only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Sends telemetry.
    Ingest,
    /// Sends telemetry, reads, and changes its environment's settings.
    Configuration,
    /// Sends telemetry from a page, from named origins.
    Browser,
    /// Everything of its environment, or of all.
    Admin,
    /// Honeycomb's management API.
    Management,
    /// An AWS access key pair, signatures checked.
    Aws,
    /// An AWS access key id whose signatures cannot be checked.
    AwsId,
    /// A Rollbar project token.
    Rollbar,
    /// A remote check runner.
    Probe,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 9] = [
        KeyKind::Ingest,
        KeyKind::Configuration,
        KeyKind::Browser,
        KeyKind::Admin,
        KeyKind::Management,
        KeyKind::Aws,
        KeyKind::AwsId,
        KeyKind::Rollbar,
        KeyKind::Probe,
    ];

    /// The word in flags and the catalog.
    pub fn word(self) -> &'static str {
        match self {
            KeyKind::Ingest => "ingest",
            KeyKind::Configuration => "configuration",
            KeyKind::Browser => "browser",
            KeyKind::Admin => "admin",
            KeyKind::Management => "management",
            KeyKind::Aws => "aws",
            KeyKind::AwsId => "aws-id",
            KeyKind::Rollbar => "rollbar",
            KeyKind::Probe => "probe",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a route does, declared in its row of the route table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Takes telemetry in.
    Ingest,
    /// Reads telemetry.
    Read,
    /// Changes settings of an environment.
    Change,
    /// Manages keys and environments, deletes events.
    Administer,
    /// Says only that the process is well, or serves the page that everyone may see.
    Public,
}

/// Whether a known key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Enabled,
    /// It was switched off or has expired.
    Disabled,
}

/// What a presented secret turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The key's number in the catalog.
    pub key_id: u64,
    /// The environment it belongs to; `None` = the whole team.
    pub environment: Option<EnvironmentId>,
    /// What sort of key.
    pub kind: KeyKind,
    /// Whether it works.
    pub state: KeyState,
    /// A 32-hex ingest or configuration secret: dataset headers are required as with Honeycomb's classic keys.
    pub is_classic: bool,
    /// Origins that a browser key is bound to.
    pub origins: Vec<String>,
}

impl Grant {
    /// Whether this key may do `action` in `environment`. The one place where kinds become rights.
    pub fn may(&self, action: Action, environment: EnvironmentId) -> bool {
        if self.state == KeyState::Disabled || self.environment.is_some_and(|own| own != environment) {
            return action == Action::Public;
        }
        match action {
            Action::Public => true,
            Action::Ingest => matches!(self.kind, KeyKind::Ingest | KeyKind::Configuration | KeyKind::Browser | KeyKind::Admin),
            Action::Read => matches!(self.kind, KeyKind::Configuration | KeyKind::Admin),
            Action::Change | Action::Administer => self.kind == KeyKind::Admin,
        }
    }
}

impl Grant {
    /// The same where AWS's signature is the credential: there keys of AWS's kinds may do something, and others nothing.
    pub fn may_by_signature(&self, action: Action, environment: EnvironmentId) -> bool {
        if self.state == KeyState::Disabled || self.environment.is_some_and(|own| own != environment) {
            return action == Action::Public;
        }
        match action {
            Action::Public => true,
            Action::Ingest => matches!(self.kind, KeyKind::Aws | KeyKind::AwsId),
            Action::Read | Action::Change => self.kind == KeyKind::Aws,
            Action::Administer => false,
        }
    }
}

/// The one table of keys, asked by every door.
pub trait KeyTable: Send + Sync {
    /// What a secret is, or `None` when it is not known. Takes the same time for known and unknown secrets.
    fn find(&self, secret: &str) -> Option<Grant>;
}

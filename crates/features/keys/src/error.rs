//! What can be wrong with a key.

use glasshive_base::ErrorKind;
use glasshive_store::catalog::CatalogError;

/// Why a key was not taken, made or changed. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A `--key` without its two colons.
    #[error("a key is written ENVIRONMENT:KIND:SECRET; this one has {colons} of the two colons")]
    Form {
        /// How many colons there are.
        colons: usize,
    },
    /// A kind nobody knows.
    #[error("'{kind}' is no kind of key; the kinds are ingest, configuration, browser, admin, management, aws, aws-id, rollbar and probe")]
    Kind {
        /// The word that was given.
        kind: String,
    },
    /// A name that no environment can have.
    #[error("'{environment}' is no name for an environment: it takes a-z, 0-9 and _ . ~ -, at most 64 of them, or * for the whole team")]
    Environment {
        /// The name that was given.
        environment: String,
    },
    /// A name that no environment can be called by.
    #[error("an environment's name has at most {} characters, none of them a control character", crate::NAME_CHARACTERS)]
    Name,
    /// A management key belongs to the team.
    #[error("a management key belongs to the whole team: write *:management:ID:SECRET")]
    ManagementScope,
    /// A pair without its second half.
    #[error("a key of kind '{kind}' is written ENVIRONMENT:{kind}:ID:SECRET; the second half is missing")]
    Pair {
        /// The kind's word.
        kind: &'static str,
    },
    /// Too short to be a secret.
    #[error("the secret of a key of kind '{kind}' must have at least {least} characters{}", if *.least > crate::SECRET_BYTES_LOOPBACK { " when a listener is not on loopback" } else { "" })]
    Short {
        /// The kind's word.
        kind: &'static str,
        /// The least length.
        least: usize,
    },
    /// Too long, or holding something that cannot be sent in a header.
    #[error(
        "the secret of a key of kind '{kind}' must consist of at most {} printable ASCII characters without blanks",
        crate::spec::SECRET_BYTES_MOST
    )]
    Characters {
        /// The kind's word.
        kind: &'static str,
    },
    /// An origin list with something in it that is no origin.
    #[error("'{origin}' is no origin: write scheme://host, scheme://host:port or a pattern such as https://*.example.com")]
    Origin {
        /// What was given.
        origin: String,
    },
    /// A Rollbar scope nobody knows.
    #[error("'{scope}' is no scope of a rollbar token; the scopes are read, write, post_server_item and post_client_item")]
    RollbarScope {
        /// What was given.
        scope: String,
    },
    /// A line of a key file.
    #[error("line {line}: {source}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: Box<KeyError>,
    },
    /// A kind whose secrets must be readable again, and are therefore only taken from flags and files.
    #[error("keys of kind '{kind}' cannot be minted; give one with --key or --key-file")]
    NotMinted {
        /// The kind's word.
        kind: &'static str,
    },
    /// No such key.
    #[error("there is no key {id}")]
    Unknown {
        /// The number that was given.
        id: u64,
    },
    /// A key given on start cannot be switched off.
    #[error("key {id} was given on start; take it out of --key, GLASSHIVE_KEYS or the key file")]
    Given {
        /// Its number.
        id: u64,
    },
    /// The catalog did not do it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl KeyError {
    /// The kind that each dialect turns into its own answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            KeyError::Unknown { .. } => ErrorKind::NotFound,
            KeyError::Given { .. } => ErrorKind::Conflict,
            KeyError::Catalog(_) => ErrorKind::Unavailable,
            KeyError::Random(_) => ErrorKind::Internal,
            _ => ErrorKind::InvalidRequest,
        }
    }
}

//! What can be wrong with an account, a session or a link.

use glasshive_base::ErrorKind;
use glasshive_store::catalog::CatalogError;
use std::time::Duration;

/// Why somebody was not signed in, or something about accounts was not done. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Name and password do not belong together; which of them is wrong is not told.
    #[error("this name and password do not belong together")]
    Wrong,
    /// Too many attempts.
    #[error("too many attempts; the next one is looked at in {} s", .wait.as_secs().max(1))]
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
    /// Passwords of others are being checked.
    #[error("too many people sign in at this moment")]
    Busy,
    /// A password that cannot be taken.
    #[error("{reason}")]
    Password {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name that no account can have.
    #[error("a name has 1 to 64 of the characters a-z, 0-9 and . _ @ + -")]
    Name,
    /// Another account has the name.
    #[error("there is an account `{name}`")]
    Taken {
        /// The name that was given.
        name: String,
    },
    /// A role nobody knows.
    #[error("`{role}` is no role; the roles are viewer, editor and admin")]
    Role {
        /// The word that was given.
        role: String,
    },
    /// A link that was used, has expired or never was.
    #[error("this link was used, has expired, or was taken back")]
    Link,
    /// No such account.
    #[error("there is no account {id}")]
    Unknown {
        /// The number that was given.
        id: u64,
    },
    /// No such session or link.
    #[error("there is no {what} `{id}`")]
    Gone {
        /// What was named.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Nobody could manage accounts any more.
    #[error("this is the last admin; make another one first")]
    LastAdmin,
    /// There are as many as there may be.
    #[error("there are at most {limit} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
    /// The catalog did not do it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// A password could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
}

impl AccountError {
    /// The kind that the API turns into its answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            AccountError::Wrong => ErrorKind::Unauthenticated,
            AccountError::TooMany { .. } => ErrorKind::RateLimited,
            AccountError::Busy | AccountError::Catalog(_) => ErrorKind::Unavailable,
            AccountError::Password { .. } | AccountError::Name | AccountError::Role { .. } => ErrorKind::InvalidRequest,
            AccountError::Taken { .. } | AccountError::LastAdmin | AccountError::Full { .. } => ErrorKind::Conflict,
            AccountError::Link | AccountError::Unknown { .. } | AccountError::Gone { .. } => ErrorKind::NotFound,
            AccountError::Random(_) | AccountError::Hash(_) => ErrorKind::Internal,
        }
    }
}

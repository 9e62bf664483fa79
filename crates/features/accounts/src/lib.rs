//! Local accounts: who may sign in to the UI, as what, and the sessions of those who have.
//!
//! [`Accounts`] holds all of it. An account begins with a one-time link: the set-up link that a start without accounts prints, an
//! invitation, or a reset. [`Accounts::sign_in`] and [`Accounts::accept`] answer a [`SignedIn`] with the session's token, which is
//! told this once; [`Accounts::authenticate`] turns a token into a [`Person`] with a [`Role`]. What a role may do is said by
//! [`Role::may`] alone.
//!
//! Invariants: passwords, tokens and links are kept as hashes only, under a pepper of the data directory; at most
//! [`HASHING_MAX`] passwords are hashed at once; a link works once; there is always an enabled admin after the first; memory for
//! attempts, sessions, links and the audit is bounded.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod accounts;
mod attempts;
mod audit;
mod error;
mod keep;
mod link;
mod password;
mod role;
mod secret;
mod session;

pub use account::AccountInfo;
pub use accounts::{Accounts, Visitor};
pub use audit::AuditEntry;
pub use error::AccountError;
pub use link::{LinkInfo, LinkPurpose, NewLink};
pub use password::{HASHING_MAX, HashCost};
pub use role::Role;
pub use secret::Token;
pub use session::{Person, SessionInfo, SignedIn};

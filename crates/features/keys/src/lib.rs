//! Keys: which secrets are known, whose they are, and what may be done with them.
//!
//! [`Keys`] is the one [`KeyTable`](glasshive_model::KeyTable) of the process. It holds two sorts: keys minted by
//! [`Keys::create`], of which the catalog keeps a keyed hash, and keys given on start ([`KeySpec`]), of which memory keeps one.
//! A secret itself is shown once, when it is minted, and kept nowhere; but that of a key of kind `aws` given on start, which signatures
//! are checked with, is kept in memory.
//!
//! ```
//! use glasshive_feature_keys::{KeySpec, Scope};
//! use glasshive_model::KeyKind;
//!
//! let spec = KeySpec::parse("dev:ingest:correct-horse", 8)?;
//! assert_eq!((spec.scope, spec.kind), (Scope::Environment("dev".to_owned()), KeyKind::Ingest));
//! # Ok::<(), glasshive_feature_keys::KeyError>(())
//! ```
//!
//! Invariants: no secret appears in a message, a `Debug` form or the catalog; looking up takes the same work for known and
//! unknown secrets.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod about;
mod digest;
mod error;
mod keys;
mod mint;
mod spec;

pub use about::{About, NAME_CHARACTERS};
pub use error::KeyError;
pub use keys::{AwsKey, KeyInfo, KeyOrigin, Keys, MintedKey};
pub use spec::{KeySpec, SECRET_BYTES_LOOPBACK, SECRET_BYTES_OPEN_NETWORK, Scope, SecretText};

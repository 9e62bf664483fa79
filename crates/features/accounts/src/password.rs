//! Passwords: which are taken, and how they are hashed.

mod guess;

use crate::error::AccountError;
use crate::secret::{equal, random};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

/// Passwords that are hashed at once: a flood of them takes no more memory than four hashes.
pub const HASHING_MAX: usize = 4;
/// Passwords that wait to be hashed; more are refused.
const WAITING_MAX: usize = 32;
const HASH_BYTES: usize = 32;
/// Characters of a password.
const LEAST: usize = 12;
const MOST: usize = 128;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for HashCost {
    /// 32 MiB and three passes: above OWASP's least for argon2id (19 MiB, two passes), and about 50 ms on one core.
    fn default() -> Self {
        Self { memory_kib: 32 << 10, passes: 3 }
    }
}

/// A password as it is kept: argon2id version 19, one lane.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordHash {
    memory_kib: u32,
    passes: u32,
    salt: String,
    hash: String,
}

/// Hashes passwords, a few at a time.
pub(crate) struct Hasher {
    cost: HashCost,
    pepper: Arc<[u8]>,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Checks what a password must hold. `name` is whose it is.
pub(crate) fn check(password: &str, name: &str) -> Result<(), AccountError> {
    let refused = |reason| Err(AccountError::Password { reason });
    let characters = password.nfc().count();
    if characters < LEAST {
        return refused("a password has at least 12 characters; several words in a row are good");
    }
    if characters > MOST {
        return refused("a password has at most 128 characters");
    }
    if guess::is_easy(password, name) {
        return refused("this password is easy to guess: it is made of common words, the name, or characters in a row");
    }
    Ok(())
}

impl Hasher {
    pub(crate) fn new(cost: HashCost, pepper: &[u8]) -> Self {
        Self { cost, pepper: pepper.into(), permits: Arc::new(Semaphore::new(HASHING_MAX)), waiting: AtomicUsize::new(0) }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<PasswordHash, AccountError> {
        let salt = random::<16>()?;
        let hash = self.run(password, self.cost, salt.to_vec()).await?;
        let HashCost { memory_kib, passes } = self.cost;
        Ok(PasswordHash { memory_kib, passes, salt: STANDARD_NO_PAD.encode(salt), hash: STANDARD_NO_PAD.encode(hash) })
    }

    /// Whether this is the password. With `None`, for an account that does not exist, the answer takes as long and is no.
    pub(crate) async fn verify(&self, password: &str, kept: Option<&PasswordHash>) -> Result<bool, AccountError> {
        let decode = |text: &str| STANDARD_NO_PAD.decode(text).map_err(|error| AccountError::Hash(error.to_string()));
        let (cost, salt, expected) = match kept {
            Some(kept) => (HashCost { memory_kib: kept.memory_kib, passes: kept.passes }, decode(&kept.salt)?, decode(&kept.hash)?),
            None => (self.cost, random::<16>()?.to_vec(), Vec::new()),
        };
        let hash = self.run(password, cost, salt).await?;
        Ok(equal(&hash, &expected))
    }

    /// Whether a kept hash cost less than one costs now.
    pub(crate) fn is_outdated(&self, kept: &PasswordHash) -> bool {
        kept.memory_kib < self.cost.memory_kib || kept.passes < self.cost.passes
    }

    async fn run(&self, password: &str, cost: HashCost, salt: Vec<u8>) -> Result<[u8; HASH_BYTES], AccountError> {
        let _place = Place::take(&self.waiting).ok_or(AccountError::Busy)?;
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| AccountError::Busy)?;
        let normal: String = password.nfc().collect();
        let pepper = self.pepper.clone();
        // The permit goes along: a client that leaves does not make room while its password is still being hashed.
        let hashing = tokio::task::spawn_blocking(move || {
            let hashed = argon2id(&normal, cost, &salt, &pepper);
            drop(permit);
            hashed
        });
        hashing.await.map_err(|error| AccountError::Hash(error.to_string()))?
    }
}

fn argon2id(password: &str, cost: HashCost, salt: &[u8], pepper: &[u8]) -> Result<[u8; HASH_BYTES], AccountError> {
    let failed = |error: argon2::Error| AccountError::Hash(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES)).map_err(failed)?;
    let hasher = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(failed)?;
    let mut hash = [0; HASH_BYTES];
    hasher.hash_password_into(password.as_bytes(), salt, &mut hash).map_err(failed)?;
    Ok(hash)
}

/// A place among those that are hashed or wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = waiting.fetch_add(1, Ordering::Relaxed);
        let own = Self(waiting);
        (place < HASHING_MAX + WAITING_MAX).then_some(own)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

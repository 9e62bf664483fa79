//! Random tokens, and what is kept of them.

use crate::error::AccountError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fmt;

/// HMAC-SHA-256 of a token under the data directory's pepper. A slow hash would buy nothing: tokens are random.
pub(crate) type Digest = [u8; 32];

/// A secret that is told once. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What a digest is for; digests of one text for two uses have nothing in common.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    Session,
    Csrf,
    Link,
}

/// The pepper.
pub(crate) struct Pepper(Hmac<Sha256>);

impl Token {
    /// 256 random bits, as 43 letters that need no escaping in addresses and cookies.
    pub(crate) fn random() -> Result<Self, AccountError> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random::<32>()?)))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Pepper {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Hmac::new_from_slice(bytes).expect("HMAC takes keys of every length"))
    }

    pub(crate) fn digest(&self, purpose: Use, text: &str) -> Digest {
        let mut mac = self.0.clone();
        mac.update(match purpose {
            Use::Session => b"session\0",
            Use::Csrf => b"csrf\0",
            Use::Link => b"link\0",
        });
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(AccountError::Random)?;
    Ok(bytes)
}

/// 64 random bits as hex: names a thing, opens nothing.
pub(crate) fn random_id() -> Result<String, AccountError> {
    Ok(hex(&random::<8>()?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a digest as [`hex`] wrote it.
pub(crate) fn digest_of_hex(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// Whether two secrets are equal, in the same time whatever they hold.
pub(crate) fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_tokens_are_random_and_kept_as_digests_of_their_use() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert!(one != other && one.reveal().len() == 43);
        assert_eq!(format!("{one:?}"), "***");
        let pepper = Pepper::new(b"pepper");
        let digest = pepper.digest(Use::Session, one.reveal());
        assert_ne!(digest, pepper.digest(Use::Csrf, one.reveal()));
        assert_ne!(digest, Pepper::new(b"salt").digest(Use::Session, one.reveal()));
        assert_eq!(digest_of_hex(&hex(&digest)), Some(digest));
        assert_eq!(digest_of_hex("00"), None);
        assert!(equal(&digest, &digest) && !equal(&digest, &digest[1..]));
    }
}

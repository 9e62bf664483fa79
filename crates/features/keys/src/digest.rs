//! What is kept of a secret, and how it is shown.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// HMAC-SHA-256 of a secret under the data directory's pepper. A slow hash would buy nothing: secrets are random, and every
/// request is checked.
pub(crate) type Digest = [u8; 32];

/// The pepper.
#[derive(Clone)]
pub(crate) struct Pepper(Hmac<Sha256>);

impl Pepper {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Hmac::new_from_slice(bytes).expect("HMAC takes keys of every length"))
    }

    pub(crate) fn digest(&self, secret: &str) -> Digest {
        let mut mac = self.0.clone();
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Whether two digests are equal, in the same time whatever they hold.
pub(crate) fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

/// The first six and last four characters, when at least ten stay hidden.
pub(crate) fn shown(secret: &str) -> String {
    let (head, tail) = (secret.get(..6), secret.len().checked_sub(4).and_then(|start| secret.get(start..)));
    match (head, tail) {
        (Some(head), Some(tail)) if secret.len() >= 20 => format!("{head}...{tail}"),
        _ => "***".to_owned(),
    }
}

/// A secret by which Honeycomb's classic rules hold: 32 lower-case hex digits.
pub(crate) fn is_classic(secret: &str) -> bool {
    secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s7_the_digest_is_hmac_sha_256() {
        // RFC 4231, test case 2.
        let digest = Pepper::new(b"Jefe").digest("what do ya want for nothing?");
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(equal(&digest, &digest));
        assert!(!equal(&digest, &Pepper::new(b"Jefe").digest("what do ya want for nothing!")));
        assert!(!equal(&digest, &digest[..31]));
    }

    #[test]
    fn p12_what_is_shown() {
        for (secret, expected) in [("", "***"), ("0123456789012345678", "***"), ("abcdef0123456789wxyz", "abcdef...wxyz")] {
            assert_eq!(shown(secret), expected);
        }
    }
}

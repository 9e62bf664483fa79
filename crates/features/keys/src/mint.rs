//! New secrets, in the shapes that their kinds have.

use crate::error::KeyError;
use glasshive_model::KeyKind;

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Crockford's base 32, lower case, as ids of Honeycomb's keys have it.
const BASE32: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new secret: configuration 22 alphanumerics (never 32 characters, by which clients tell classic keys), ingest 64 with
/// `hcxik_`, management an id `hcxmk_` + 26 and a secret of 32 joined by a colon, browser `ghb_` + 32, admin `gha_` + 32, probe
/// `ghp_` + 32.
pub(crate) fn secret(kind: KeyKind) -> Result<String, KeyError> {
    match kind {
        KeyKind::Configuration => random(ALPHANUMERIC, 22),
        KeyKind::Ingest => Ok(format!("hcxik_{}{}", random(BASE32, 26)?, random(BASE32, 32)?)),
        KeyKind::Management => Ok(format!("hcxmk_{}:{}", random(BASE32, 26)?, random(ALPHANUMERIC, 32)?)),
        KeyKind::Browser => Ok(format!("ghb_{}", random(ALPHANUMERIC, 32)?)),
        KeyKind::Admin => Ok(format!("gha_{}", random(ALPHANUMERIC, 32)?)),
        KeyKind::Probe => Ok(format!("ghp_{}", random(ALPHANUMERIC, 32)?)),
        KeyKind::Aws | KeyKind::AwsId | KeyKind::Rollbar => Err(KeyError::NotMinted { kind: kind.word() }),
    }
}

/// `len` letters of `alphabet`, each equally likely.
fn random(alphabet: &[u8], len: usize) -> Result<String, KeyError> {
    // Bytes from the greatest multiple of the alphabet's length on are thrown away: taking them modulo would favour some letters.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(len);
    let mut bytes = [0; 64];
    while text.len() < len {
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        let letters = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        text.extend(letters.take(len - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    Ok(text)
}

/// 32 random bytes.
pub(crate) fn pepper() -> Result<Vec<u8>, KeyError> {
    let mut bytes = vec![0; 32];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::is_classic;

    #[test]
    fn dm90_shapes() {
        for (kind, head, len) in [
            (KeyKind::Configuration, "", 22),
            (KeyKind::Ingest, "hcxik_", 64),
            (KeyKind::Management, "hcxmk_", 65),
            (KeyKind::Browser, "ghb_", 36),
            (KeyKind::Admin, "gha_", 36),
            (KeyKind::Probe, "ghp_", 36),
        ] {
            let (one, other) = (secret(kind).unwrap(), secret(kind).unwrap());
            assert!(one.starts_with(head) && one.len() == len && one != other, "{kind:?} {one}");
            assert!(!is_classic(&one));
        }
        for kind in [KeyKind::Aws, KeyKind::AwsId, KeyKind::Rollbar] {
            assert!(secret(kind).unwrap_err().to_string().contains("cannot be minted"));
        }
    }

    #[test]
    fn every_letter_occurs() {
        let text = random(BASE32, 4_096).unwrap();
        assert!(BASE32.iter().all(|letter| text.contains(char::from(*letter))));
    }
}

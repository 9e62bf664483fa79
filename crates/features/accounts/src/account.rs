//! An account.

use crate::error::AccountError;
use crate::keep::Kept;
use crate::password::PasswordHash;
use crate::role::Role;
use serde::{Deserialize, Serialize};

/// Bytes of a name.
const NAME_BYTES: usize = 64;

/// An account as it is kept, under its name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Names the account for good: numbers and names of ones that were deleted may come again.
    pub(crate) uid: String,
    pub(crate) role: Role,
    pub(crate) password: PasswordHash,
    pub(crate) disabled: bool,
    pub(crate) created_ns: i64,
    pub(crate) signed_in_ns: Option<i64>,
}

/// An account as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its number.
    pub id: u64,
    /// Its name, unique.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
    /// When somebody last signed in as it.
    pub signed_in_ns: Option<i64>,
    /// How many sessions it has now.
    pub sessions: usize,
}

impl Kept for Account {
    const KIND: &'static str = "account";
}

/// A name as it is kept and compared: lower case, of characters that cannot be mistaken for others.
pub(crate) fn name_of(text: &str) -> Result<String, AccountError> {
    let name = text.trim().to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._@+-".contains(&byte);
    if (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(is_plain) { Ok(name) } else { Err(AccountError::Name) }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names() {
        assert_eq!(name_of(" Andrew@Example.com ").unwrap(), "andrew@example.com");
        for wrong in ["", " ", "a b", "añdrew", "a/b", &"a".repeat(65)] {
            assert!(name_of(wrong).is_err(), "{wrong}");
        }
    }
}

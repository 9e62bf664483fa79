//! Tags of groups and sampling rules.

use crate::error::{XrayError, invalid};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tags of one thing.
pub const TAGS_MAX: usize = 50;

/// Key and value, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags(pub BTreeMap<String, String>);

impl Tags {
    /// These and others, of which the others win; `arn` is whose they are.
    ///
    /// # Errors
    /// [`XrayError::Invalid`], [`XrayError::TooManyTags`].
    pub fn with(mut self, others: Tags, arn: &str) -> Result<Self, XrayError> {
        for key in others.0.keys() {
            if !(1..=128).contains(&key.chars().count()) || key.to_lowercase().starts_with("aws:") {
                return Err(invalid("a tag's Key has 1 to 128 characters and does not begin with aws:"));
            }
        }
        if others.0.values().any(|value| value.chars().count() > 256) {
            return Err(invalid("a tag's Value has at most 256 characters"));
        }
        self.0.extend(others.0);
        if self.0.len() > TAGS_MAX {
            return Err(XrayError::TooManyTags { arn: arn.to_owned(), most: TAGS_MAX });
        }
        Ok(self)
    }

    /// These without some.
    pub fn without(mut self, keys: &[String]) -> Self {
        self.0.retain(|key, _| !keys.contains(key));
        self
    }
}

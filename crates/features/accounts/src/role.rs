//! What people may do.

use glasshive_model::Action;
use serde::{Deserialize, Serialize};

/// What a person may do. Each role may all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Changes what an environment keeps for all, such as calculated fields, and makes keys for senders.
    Editor,
    /// Manages people, keys and environments, and deletes events.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Editor, Role::Admin];

    /// The word in the catalog and outside.
    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The least role that may do this; `None` = telemetry is sent with keys, by no person.
    pub fn least(action: Action) -> Option<Self> {
        match action {
            Action::Public | Action::Read => Some(Role::Viewer),
            Action::Change => Some(Role::Editor),
            Action::Administer => Some(Role::Admin),
            Action::Ingest => None,
        }
    }

    /// Whether people of this role may do this.
    pub fn may(self, action: Action) -> bool {
        Self::least(action).is_some_and(|least| self >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a12_the_matrix() {
        use Action::{Administer, Change, Ingest, Public, Read};
        for (role, expected) in [
            (Role::Viewer, [true, true, false, false, false]),
            (Role::Editor, [true, true, true, false, false]),
            (Role::Admin, [true, true, true, true, false]),
        ] {
            assert_eq!([Public, Read, Change, Administer, Ingest].map(|action| role.may(action)), expected, "{role:?}");
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
        assert_eq!(Role::from_word("owner"), None);
    }
}

//! JSON of requests and answers. Nanoseconds are decimal strings, because JSON numbers lose them; other numbers are numbers.

pub mod account;
pub mod board;
pub mod changes;
pub mod compare;
pub mod deletion;
pub mod export;
pub mod field;
pub mod library;
pub mod map;
pub mod people;
pub mod place;
pub mod process;
pub mod query;
pub mod row;
pub mod running;
pub mod session;
pub mod skeleton;
pub mod trace;
pub mod xray;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Nanoseconds: a point since 1970-01-01 UTC, or a length of time. In JSON a string of decimal digits, maybe with a minus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Nanoseconds(pub i64);

impl Serialize for Nanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nanoseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom("expected a decimal string of nanoseconds"))
    }
}

impl JsonSchema for Nanoseconds {
    fn schema_name() -> Cow<'static, str> {
        "Nanoseconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^-?[0-9]{1,19}$",
            "description": "Nanoseconds, as a decimal string: a point since 1970-01-01 UTC, or a length of time."
        })
    }
}

/// A value of any JSON type, as a schema.
pub(crate) fn any_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "description": "A value in the type it was sent with." })
}

//! Which series the points of a row belong to, as a number: equal for points of one sender with equal attributes.
//!
//! The low 64 bits of a 128-bit xxHash3 of, in this order: the resource's hash, which is made alike of its attributes; the scope's name
//! and version, each with its length before it; its attributes; four bytes `0xFF`; the point's attributes. Attributes are written as
//! [`Canonical`] does. Stored rows hold it: another way to reckon it would tear every series apart.

use super::canonical::Canonical;
use glasshive_wire_otlp::{KeyValues, Resource, Scope, Text, WireError};
use xxhash_rust::xxh3::Xxh3;

/// Between the attributes of a scope and of a point: no length begins so.
const END_OF_SCOPE: [u8; 4] = [0xFF; 4];

/// The series of the points of one request.
#[derive(Default)]
pub(in crate::normalise) struct Series {
    canonical: Canonical,
    resource: u64,
    /// What points of the scope at hand have in common, hashed so far: a large scope is read once, not for each of its points.
    scope: Xxh3,
    bytes: Vec<u8>,
    scratch: String,
}

// === impl Series ===

impl Series {
    /// A resource begins.
    pub(in crate::normalise) fn resource(&mut self, resource: &Resource<'_>) -> Result<(), WireError> {
        self.bytes.clear();
        self.canonical.append(resource.attributes, &mut self.bytes)?;
        let mut hash = Xxh3::new();
        hash.update(&self.bytes);
        self.resource = low(&hash);
        Ok(())
    }

    /// A scope of it begins.
    pub(in crate::normalise) fn scope(&mut self, scope: &Scope<'_>) -> Result<(), WireError> {
        self.bytes.clear();
        self.bytes.extend_from_slice(&self.resource.to_le_bytes());
        self.text(scope.name);
        self.text(scope.version);
        self.canonical.append(scope.attributes, &mut self.bytes)?;
        self.bytes.extend_from_slice(&END_OF_SCOPE);
        self.scope = Xxh3::new();
        self.scope.update(&self.bytes);
        Ok(())
    }

    fn text(&mut self, text: Text<'_>) {
        let text = text.read(&mut self.scratch).text;
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// The series of the scope's points with these attributes.
    pub(super) fn of(&mut self, attributes: KeyValues<'_>) -> Result<u64, WireError> {
        self.bytes.clear();
        self.canonical.append(attributes, &mut self.bytes)?;
        let mut hash = self.scope.clone();
        hash.update(&self.bytes);
        Ok(low(&hash))
    }
}

fn low(hash: &Xxh3) -> u64 {
    hash.digest128() as u64
}

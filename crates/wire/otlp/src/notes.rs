//! What was read leniently: counted while walking, told to the sender afterwards.

use std::cell::Cell;

/// Something that is not as OTLP wants it, and was read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// An `AnyValue` with more than one member; the last one holds.
    TwoValues,
    /// `{"Value":{"StringValue":..}}`: a Go struct dumped by `encoding/json`; read as an empty value.
    GoStruct,
    /// An enum name that is not known; read as 0.
    UnknownEnumName,
    /// A reference into a string table, which only profiles have; read as absent.
    StringIndex,
    /// A `bytesValue` that is not base64; kept as text.
    NotBase64,
}

/// How often each [`Note`] was made in one walk.
#[derive(Debug, Default)]
pub struct Notes {
    counts: [Cell<u32>; Note::ALL.len()],
}

// === impl Note ===

impl Note {
    /// Every note.
    pub const ALL: [Note; 5] = [Note::TwoValues, Note::GoStruct, Note::UnknownEnumName, Note::StringIndex, Note::NotBase64];

    /// The note in words.
    pub fn what(self) -> &'static str {
        match self {
            Note::TwoValues => "value with two members, the last one was kept",
            Note::GoStruct => "value that is a Go struct dumped by encoding/json (\"Value\":{\"StringValue\":..}), read as empty",
            Note::UnknownEnumName => "unknown enum name, read as 0",
            Note::StringIndex => "string table index outside profiles, read as absent",
            Note::NotBase64 => "bytesValue that is not base64, kept as text",
        }
    }
}

// === impl Notes ===

impl Notes {
    pub(crate) fn add(&self, note: Note) {
        let count = &self.counts[note as usize];
        count.set(count.get().saturating_add(1));
    }

    /// The notes that were made at all, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Note, u32)> {
        Note::ALL.into_iter().map(|note| (note, self.counts[note as usize].get())).filter(|(_, count)| *count > 0)
    }
}

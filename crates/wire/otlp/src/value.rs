//! Attribute values and lists of them, borrowed from the body and read as they are walked.

use crate::error::WireError;
use crate::json::{self, Node};
use crate::notes::Notes;
use crate::proto::{self, Fields, Part};
use crate::text::{Blob, Text};

/// An `AnyValue`.
#[derive(Debug, Clone, Copy)]
pub enum AnyValue<'a> {
    /// Sent without a value.
    Empty,
    /// Text.
    Str(Text<'a>),
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double; in JSON also an `intValue` outside 64 bits.
    Double(f64),
    /// Bytes.
    Bytes(Blob<'a>),
    /// A list.
    Array(Values<'a>),
    /// A map.
    Map(KeyValues<'a>),
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub struct KeyValue<'a> {
    /// The key, possibly empty.
    pub key: Text<'a>,
    /// The value.
    pub value: AnyValue<'a>,
}

/// A list of attributes. Iterating parses; a list can be iterated more than once.
#[derive(Debug, Clone, Copy)]
pub struct KeyValues<'a>(pub(crate) Repeated<'a>);

/// The elements of an array value.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a>(pub(crate) Repeated<'a>);

/// A repeated field of messages, in either encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeated<'a> {
    source: Source<'a>,
    pub(crate) notes: &'a Notes,
}

#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    None,
    /// All fields of this number in a message; `depth` is that of the elements.
    Proto {
        message: Part<'a>,
        field: u32,
        depth: u32,
    },
    Json(Node<'a>),
}

/// One message of a repeated field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element<'a> {
    Proto(Part<'a>, u32),
    Json(Node<'a>),
}

// === impl Repeated ===

impl<'a> Repeated<'a> {
    pub(crate) fn none(notes: &'a Notes) -> Self {
        Self { source: Source::None, notes }
    }

    pub(crate) fn proto(message: Part<'a>, field: u32, depth: u32, notes: &'a Notes) -> Self {
        Self { source: Source::Proto { message, field, depth }, notes }
    }

    pub(crate) fn json(array: Node<'a>, notes: &'a Notes) -> Self {
        Self { source: Source::Json(array), notes }
    }

    #[inline]
    pub(crate) fn iter(self) -> Elements<'a> {
        match self.source {
            Source::None => Elements::None,
            Source::Proto { message, field, depth } => Elements::Proto { fields: Fields::new(message), field, depth },
            Source::Json(array) => {
                let (next, end) = array.inside();
                Elements::Json { array, next, end, nulls: false }
            }
        }
    }

    /// The elements with JSON's nulls, which are left out elsewhere.
    fn iter_with_nulls(self) -> Elements<'a> {
        match self.iter() {
            Elements::Json { array, next, end, .. } => Elements::Json { array, next, end, nulls: true },
            elements => elements,
        }
    }

    /// How many messages there are.
    pub(crate) fn count(self) -> Result<u32, WireError> {
        self.iter().try_fold(0u32, |count, element| element.map(|_| count.saturating_add(1)))
    }
}

pub(crate) enum Elements<'a> {
    None,
    Proto { fields: Fields<'a>, field: u32, depth: u32 },
    Json { array: Node<'a>, next: u32, end: u32, nulls: bool },
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Elements::None => None,
            Elements::Proto { fields, field, depth } => match fields.next_message(*field, *depth) {
                Ok(Some(part)) => Some(Ok(Element::Proto(part, *depth))),
                Ok(None) => None,
                Err(error) => {
                    *self = Elements::None;
                    Some(Err(error))
                }
            },
            Elements::Json { array, next, end, nulls } => {
                while *next < *end {
                    let (node, behind) = array.at(*next);
                    *next = behind;
                    if *nulls || !node.is_null() {
                        return Some(Ok(Element::Json(node)));
                    }
                }
                None
            }
        }
    }
}

// === impl KeyValues ===

impl<'a> KeyValues<'a> {
    /// Parses one attribute after the other. After an error nothing more comes.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Result<KeyValue<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter().map(move |element| match element? {
            Element::Proto(part, depth) => proto::value::key_value(part, depth, notes),
            Element::Json(node) => json::value::key_value(node, notes),
        })
    }

    /// Walks everything, so that malformed bytes are found in what nobody reads.
    ///
    /// # Errors
    /// The first one met.
    pub fn check(self) -> Result<(), WireError> {
        self.iter().try_for_each(|pair| pair?.value.check())
    }
}

// === impl Values ===

impl<'a> Values<'a> {
    /// Parses one element after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<AnyValue<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter_with_nulls().map(move |element| match element? {
            Element::Proto(part, depth) => proto::value::any_value(part, depth, notes),
            Element::Json(node) => json::value::any_value(node, notes),
        })
    }
}

// === impl AnyValue ===

impl AnyValue<'_> {
    /// Walks everything inside.
    ///
    /// # Errors
    /// The first one met.
    pub fn check(self) -> Result<(), WireError> {
        match self {
            AnyValue::Array(values) => values.iter().try_for_each(|value| value?.check()),
            AnyValue::Map(pairs) => pairs.check(),
            _ => Ok(()),
        }
    }
}

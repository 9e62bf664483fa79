//! Lists of plain numbers: packed or not in protobuf, numbers or their texts in JSON.

use crate::error::WireError;
use crate::json::Node;
use crate::proto::{Fields, Part, Wire};

/// Whole numbers, such as the counts of buckets.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a>(pub(crate) Numbers<'a>);

/// Doubles, such as the bounds of buckets.
#[derive(Debug, Clone, Copy)]
pub struct Doubles<'a>(pub(crate) Numbers<'a>);

/// A repeated scalar field, in either encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Numbers<'a> {
    None,
    /// All fields of this number in a message.
    Proto {
        message: Part<'a>,
        field: u32,
        form: Form,
    },
    Json(Node<'a>),
}

/// How protobuf writes one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Varint,
    Fixed64,
}

/// Walks [`Numbers`]; doubles come as their bits.
struct Walk<'a> {
    source: Source<'a>,
    form: Form,
}

enum Source<'a> {
    Done,
    /// `packed` is what is left of the packed list that was met last.
    Proto {
        fields: Fields<'a>,
        field: u32,
        packed: Option<Fields<'a>>,
    },
    Json {
        array: Node<'a>,
        next: u32,
        end: u32,
    },
}

// === impl Counts, Doubles ===

impl<'a> Counts<'a> {
    /// One number after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<u64, WireError>> + 'a {
        self.0.walk(|node| node.u64("count"))
    }

    pub(crate) fn check(self) -> Result<(), WireError> {
        self.iter().try_for_each(|count| count.map(drop))
    }
}

impl<'a> Doubles<'a> {
    /// One number after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<f64, WireError>> + 'a {
        self.0.walk(|node| node.double("bound").map(f64::to_bits)).map(|bits| bits.map(f64::from_bits))
    }
}

// === impl Numbers ===

impl<'a> Numbers<'a> {
    fn walk(self, read: fn(Node<'a>) -> Result<u64, WireError>) -> impl Iterator<Item = Result<u64, WireError>> + 'a {
        let (source, form) = match self {
            Numbers::None => (Source::Done, Form::Varint),
            Numbers::Proto { message, field, form } => (Source::Proto { fields: Fields::new(message), field, packed: None }, form),
            Numbers::Json(array) => {
                let (next, end) = array.inside();
                (Source::Json { array, next, end }, Form::Varint)
            }
        };
        let mut walk = Walk { source, form };
        std::iter::from_fn(move || match walk.next(read) {
            Ok(number) => number.map(Ok),
            Err(error) => {
                walk.source = Source::Done;
                Some(Err(error))
            }
        })
    }
}

// === impl Walk ===

impl<'a> Walk<'a> {
    fn next(&mut self, read: fn(Node<'a>) -> Result<u64, WireError>) -> Result<Option<u64>, WireError> {
        match &mut self.source {
            Source::Done => Ok(None),
            Source::Json { array, next, end } => {
                while *next < *end {
                    let (node, behind) = array.at(*next);
                    *next = behind;
                    if !node.is_null() {
                        return read(node).map(Some);
                    }
                }
                Ok(None)
            }
            Source::Proto { fields, field, packed } => loop {
                if let Some(list) = packed {
                    match list.next_packed(self.form)? {
                        Some(number) => return Ok(Some(number)),
                        None => *packed = None,
                    }
                }
                match fields.next()? {
                    None => return Ok(None),
                    Some((number, _)) if number != *field => {}
                    Some((_, Wire::Bytes(part))) => *packed = Some(Fields::new(part)),
                    Some((_, wire)) => {
                        return match self.form {
                            Form::Varint => fields.integer(wire),
                            Form::Fixed64 => fields.fixed64(wire),
                        }
                        .map(Some);
                    }
                }
            },
        }
    }
}

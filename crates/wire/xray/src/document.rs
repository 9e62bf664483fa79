//! Documents: what a datagram holds, and what `PutTraceSegments` takes a list of.

use crate::entity::Entity;
use crate::json::{self, Json};
use crate::rejection::{Code, Rejection};

/// A document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'j> {
    /// The segment, or the subsegment that was sent by itself.
    pub top: Entity<'j>,
    /// Embedded subsegments that were left out, and why.
    pub faults: Vec<Rejection>,
}

/// Reads the tree of one document.
///
/// # Errors
/// [`Rejection`] when the document as a whole is not taken.
pub fn read<'j>(tree: &'j Json<'j>) -> Result<Document<'j>, Rejection> {
    let mut faults = Vec::new();
    let top = Entity::read(tree, &mut faults)?;
    Ok(Document { top, faults })
}

/// The texts of the documents in one text: itself, or the elements of the array that it is.
///
/// # Errors
/// [`Rejection`] when it is no JSON; [`Code::MissingId`] for an empty array, as X-Ray answers.
pub fn split(text: &[u8]) -> Result<Vec<&[u8]>, Rejection> {
    let texts = json::documents(text).map_err(|error| Rejection::unreadable(&error))?;
    if texts.is_empty() { Err(Rejection::new(Code::MissingId, false, None)) } else { Ok(texts) }
}

#[cfg(test)]
mod tests;

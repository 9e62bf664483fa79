//! New ids, in the shapes that clients of Honeycomb's API know.

use crate::error::LibraryError;

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8] = b"0123456789abcdef";

/// The shape of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdShape {
    /// Eleven letters and digits.
    Eleven,
    /// Six hexadecimal digits.
    SixHex,
}

/// A random id of this shape that `is_taken` does not know.
pub(crate) fn mint(shape: IdShape, is_taken: impl Fn(&str) -> bool) -> Result<String, LibraryError> {
    loop {
        let id = match shape {
            IdShape::Eleven => random(ALPHANUMERIC, 11)?,
            IdShape::SixHex => random(HEX, 6)?,
        };
        if !is_taken(&id) {
            return Ok(id);
        }
    }
}

/// `len` letters of `alphabet`. An id is no secret: that some letters are a little likelier does no harm.
fn random(alphabet: &[u8], len: usize) -> Result<String, LibraryError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(LibraryError::Random)?;
    Ok(bytes.iter().take(len).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn ids_have_their_shape_and_are_not_given_twice() {
        let asked = Cell::new(0);
        let id = mint(IdShape::Eleven, |_| asked.replace(asked.get() + 1) < 3).unwrap();
        assert_eq!((id.len(), asked.get()), (11, 4));
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        let id = mint(IdShape::SixHex, |_| false).unwrap();
        assert!(id.len() == 6 && id.bytes().all(|byte| HEX.contains(&byte)), "{id}");
    }
}

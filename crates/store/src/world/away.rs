//! What is not on this machine, and cannot be had now.

use std::fmt;
use std::io;

/// Why nothing can be said of a file: the store that it is in does not answer, refuses us, or is not the one that it was. The file may be
/// as it should be.
#[derive(Debug)]
pub struct Away(String);

// === impl Away ===

impl Away {
    /// An error that says so, as a [`super::Disk`] gives it.
    pub fn error(kind: io::ErrorKind, words: impl Into<String>) -> io::Error {
        io::Error::new(kind, Self(words.into()))
    }

    /// Whether an error says so.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|cause| cause.is::<Self>())
    }
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Away {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_told_from_what_a_disk_says() {
        let away = Away::error(io::ErrorKind::NotFound, "it does not answer");
        assert_eq!((away.to_string(), away.kind()), ("it does not answer".to_owned(), io::ErrorKind::NotFound));
        assert!(Away::is(&away));
        for other in [io::ErrorKind::NotFound.into(), io::Error::other("it does not answer"), io::Error::from_raw_os_error(5)] {
            assert!(!Away::is(&other), "{other}");
        }
    }
}

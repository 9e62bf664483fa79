//! A datagram: one line of header, a line feed, one document.

use crate::json::{self, Json};

/// The largest datagram that IPv4 carries, bytes.
pub const DATAGRAM_MAX: usize = 65_507;

/// Why a datagram holds no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There is no line feed.
    #[error("no line feed after the header; a datagram is a line of header, a line feed and a document")]
    NoLine,
    /// The first line is not the header.
    #[error("the first line is not {{\"format\":\"json\",\"version\":1}}")]
    Header,
    /// Nothing follows the header.
    #[error("nothing after the header")]
    Empty,
}

/// The text of the document in a datagram, without blanks around it. The document may have several lines; unknown members of the
/// header are overlooked.
///
/// # Errors
/// [`FrameError`] when the datagram is no such thing.
pub fn document_of(datagram: &[u8]) -> Result<&[u8], FrameError> {
    let line = datagram.iter().position(|byte| *byte == b'\n').ok_or(FrameError::NoLine)?;
    if !is_header(&datagram[..line]) {
        return Err(FrameError::Header);
    }
    let document = datagram[line + 1..].trim_ascii();
    if document.is_empty() { Err(FrameError::Empty) } else { Ok(document) }
}

fn is_header(line: &[u8]) -> bool {
    let Ok(header) = json::parse(line) else { return false };
    let is_json = header.get("format").and_then(Json::text).is_some_and(|format| format.eq_ignore_ascii_case("json"));
    is_json && matches!(header.get("version"), Some(Json::Number(_))) && header.get("version").and_then(Json::integer) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_sdk_and_what_is_none() {
        let check = |datagram: &str, expected: Result<&str, FrameError>| {
            assert_eq!(document_of(datagram.as_bytes()), expected.map(str::as_bytes), "{datagram}");
        };
        check("{\"format\":\"json\",\"version\":1}\n{\"a\":1}", Ok("{\"a\":1}"));
        check("{\"format\": \"json\", \"version\": 1}\n{}", Ok("{}"));
        check("{\"version\":1,\"format\":\"JSON\",\"more\":[]} \r\n {\n  \"a\": 1\n}\n", Ok("{\n  \"a\": 1\n}"));
        check("{\"format\":\"json\",\"version\":2}\n{}", Err(FrameError::Header));
        check("{\"format\":\"json\",\"version\":\"1\"}\n{}", Err(FrameError::Header));
        check("{\"format\":\"xml\",\"version\":1}\n{}", Err(FrameError::Header));
        check("{\"version\":1}\n{}", Err(FrameError::Header));
        check("nonsense\n{}", Err(FrameError::Header));
        check("\n{}", Err(FrameError::Header));
        check("{\"format\":\"json\",\"version\":1}{}", Err(FrameError::NoLine));
        check("", Err(FrameError::NoLine));
        check("{\"format\":\"json\",\"version\":1}\n \n", Err(FrameError::Empty));
    }

    #[test]
    fn the_largest_datagram_is_read() {
        let mut datagram = b"{\"format\":\"json\",\"version\":1}\n".to_vec();
        let document = DATAGRAM_MAX - datagram.len();
        datagram.extend(std::iter::repeat_n(b'x', document));
        assert_eq!(document_of(&datagram).map(<[u8]>::len), Ok(document));
    }
}

//! Why a document, or a part of one, was not taken: X-Ray's error codes.

use glasshive_base::ErrorKind;
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident: $why:literal;)+) => {
        /// What is wrong with a document, in X-Ray's words (`ErrorCode` of `UnprocessedTraceSegments`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $code,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$code),+];

            /// The code as X-Ray writes it.
            pub fn word(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)+ }
            }

            /// What should have been there.
            pub fn why(self) -> &'static str {
                match self { $(Code::$code => $why,)+ }
            }
        }
    };
}

codes! {
    /// No JSON, or no object.
    ParseError: "a document is one JSON object";
    /// No `id`; also an empty array in place of documents.
    MissingId: "id is missing";
    /// An `id` that is none.
    InvalidId: "id must be 16 hex digits, not all zero";
    /// No `name`.
    MissingName: "name is missing or empty";
    /// A `name` that is none.
    InvalidName: "name must be text without control characters";
    /// No `trace_id`.
    MissingTraceId: "trace_id is missing";
    /// A `trace_id` that is none.
    InvalidTraceId: "trace_id must be 1-8hex-24hex or 32 hex digits, not all zero";
    /// No `start_time`.
    MissingStartTime: "start_time is missing";
    /// A time that is none.
    InvalidTime: "start_time and end_time must be numbers of seconds since 1970, above 0 and less than 24 h ahead";
    /// Neither `end_time` nor `in_progress`.
    MissingEndTime: "end_time is missing, and in_progress is not true";
    /// An independent subsegment without `parent_id`.
    MissingParentId: "parent_id is missing; a subsegment that is sent by itself needs one";
    /// A `parent_id` that is none.
    InvalidParentId: "parent_id must be 16 hex digits, not all zero";
    /// More bytes than are taken.
    SegmentTooLarge: "the document is too large";
}

/// One document, or one subsegment within it, that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Rejection {
    /// What is wrong.
    pub code: Code,
    /// Whether it is a subsegment.
    pub is_subsegment: bool,
    /// The `id` that it has, as written, cut to 64 characters.
    pub id: Option<String>,
    /// More about it, where there is more to say.
    pub detail: Option<String>,
}

/// Characters of an id that are repeated.
const SHOWN_ID: usize = 64;

impl Rejection {
    /// A rejection of what calls itself `id`.
    pub fn new(code: Code, is_subsegment: bool, id: Option<&str>) -> Self {
        let id = id.filter(|id| !id.is_empty()).map(|id| id.chars().take(SHOWN_ID).collect());
        Self { code, is_subsegment, id, detail: None }
    }

    /// A whole document that is no JSON.
    pub fn unreadable(error: &crate::json::JsonError) -> Self {
        Self { detail: Some(error.to_string()), ..Self::new(Code::ParseError, false, None) }
    }

    /// Always [`ErrorKind::InvalidRequest`], but for [`Code::SegmentTooLarge`].
    pub fn kind(&self) -> ErrorKind {
        if self.code == Code::SegmentTooLarge { ErrorKind::TooLarge } else { ErrorKind::InvalidRequest }
    }

    /// X-Ray's sentence, as in `UnprocessedTraceSegments`.
    pub fn message(&self) -> String {
        if self.is_subsegment {
            format!("Invalid subsegment. ErrorCode: {}, Cause: {}", self.code.word(), self.why())
        } else {
            format!("Invalid segment. ErrorCode: {}", self.code.word())
        }
    }

    fn why(&self) -> String {
        let why = self.code.why();
        self.detail.as_ref().map_or_else(|| why.to_owned(), |detail| format!("{why} ({detail})"))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_subsegment { "subsegment" } else { "segment" };
        write!(f, "{}: {what}", self.code.word())?;
        if let Some(id) = &self.id {
            write!(f, " {id:?}")?;
        }
        write!(f, ": {}", self.why())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_sentence_and_its_kind() {
        for code in Code::ALL {
            let segment = Rejection::new(*code, false, Some("x"));
            assert_eq!(segment.message(), format!("Invalid segment. ErrorCode: {}", code.word()));
            let subsegment = Rejection::new(*code, true, None);
            assert_eq!(subsegment.message(), format!("Invalid subsegment. ErrorCode: {}, Cause: {}", code.word(), code.why()));
            let expected = if *code == Code::SegmentTooLarge { ErrorKind::TooLarge } else { ErrorKind::InvalidRequest };
            assert_eq!(segment.kind(), expected);
            assert!(segment.to_string().starts_with(code.word()), "{segment}");
        }
        assert_eq!(Rejection::new(Code::InvalidId, false, Some(&"x".repeat(100))).id.unwrap().len(), 64);
    }
}

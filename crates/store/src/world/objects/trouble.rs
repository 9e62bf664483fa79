//! What an object store says when it does not do what it was asked.

use crate::world::Away;
use object_store::Error;
use std::fmt::Display;
use std::io;

/// What failed, for what can be done about it.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such object, or no such bucket: nothing but the answer to a question for something else tells.
    Absent(String),
    /// There is one already.
    Exists,
    /// The object ends before what was asked for.
    Short,
    /// It answers that we may not, or that there is nothing of the kind here: asking again does not help.
    Refused(String),
    /// It does not answer, or answers that it cannot now.
    Silent(String),
}

/// Codes of answers with status 400 that asking again may help.
const PASSING: [&str; 2] = ["RequestTimeout", "IncompleteBody"];

// === impl Trouble ===

impl Trouble {
    pub fn of(error: &Error) -> Self {
        let told = words(error);
        match error {
            Error::NotFound { .. } if told.contains("NoSuchBucket") => Self::Refused(told),
            Error::NotFound { .. } => Self::Absent(told),
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Self::Exists,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Refused(told),
            _ => match status(error) {
                Some(416) => Self::Short,
                Some(400) if PASSING.iter().any(|code| told.contains(code)) => Self::Silent(told),
                Some(404) if !told.contains("NoSuchBucket") => Self::Absent(told),
                Some(300..=404) => Self::Refused(told),
                None if is_refused_part(error) => Self::Refused(told),
                _ => Self::Silent(told),
            },
        }
    }

    /// The same in terms of a disk.
    pub fn into_error(self) -> io::Error {
        match self {
            Self::Absent(words) => io::Error::new(io::ErrorKind::NotFound, words),
            Self::Exists => io::ErrorKind::AlreadyExists.into(),
            Self::Short => io::ErrorKind::UnexpectedEof.into(),
            Self::Refused(words) => Away::error(io::ErrorKind::PermissionDenied, words),
            Self::Silent(words) => Away::error(io::ErrorKind::TimedOut, words),
        }
    }
}

/// No answer, or none that goes on, for so long.
pub(super) fn no_answer(limit: impl Display) -> Error {
    Error::Generic { store: "S3", source: format!("no answer within {limit}").into() }
}

/// Of an answer that is no success; it stands nowhere but in the words.
fn status(error: &Error) -> Option<u16> {
    let text = error.to_string();
    if text.contains("Received redirect without LOCATION") {
        return Some(301);
    }
    text.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// Objects are removed by a request for several, which as a whole succeeds.
fn is_refused_part(error: &Error) -> bool {
    error.to_string().contains("(code: AccessDenied)")
}

/// What went wrong in one line: an answer's code and message without the document around them, and what lies below it all.
pub(super) fn words(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    let (text, cause) = (error.to_string(), cause.to_string());
    if let Some((request, document)) = text.split_once(": <") {
        let tag = |name: &str| Some(document.split_once(&format!("<{name}>"))?.1.split_once("</")?.0);
        let told: Vec<&str> = [Some(request), tag("Code"), tag("Message")].into_iter().flatten().collect();
        return told.join(": ");
    }
    let text = text.trim_end_matches([' ', ':']).to_owned();
    match text.contains(cause.trim_end_matches([' ', ':'])) {
        true => text,
        false => format!("{text}: {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Source = Box<dyn std::error::Error + Send + Sync>;

    fn generic(source: impl Into<Source>) -> Error {
        Error::Generic { store: "S3", source: source.into() }
    }

    #[test]
    fn what_went_wrong_is_told_in_a_line() {
        let answer =
            "403 Forbidden: <?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Not yours</Message><Key>a</Key></Error>";
        assert_eq!(words(&generic(answer)), "Generic S3 error: 403 Forbidden: AccessDenied: Not yours");
        assert_eq!(words(&generic("502 Bad Gateway: <html>")), "Generic S3 error: 502 Bad Gateway");
        assert_eq!(words(&generic("refused")), "Generic S3 error: refused");
        assert_eq!(words(&generic("status code: 403 Forbidden: ")), "Generic S3 error: status code: 403 Forbidden");
    }

    #[test]
    fn troubles_are_told_apart() {
        let said = |answer: &str| format!("Server returned non-2xx status code: {answer}");
        let kind = |error: Error| match Trouble::of(&error) {
            Trouble::Absent(_) => "absent",
            Trouble::Exists => "exists",
            Trouble::Short => "short",
            Trouble::Refused(_) => "refused",
            Trouble::Silent(_) => "silent",
        };
        let of = |answer: &str| kind(generic(said(answer)));
        assert_eq!(of("400 Bad Request: <Error><Code>AuthorizationHeaderMalformed</Code></Error>"), "refused");
        assert_eq!(of("400 Bad Request: <Error><Code>RequestTimeout</Code></Error>"), "silent");
        assert_eq!(
            (of("416 Range Not Satisfiable: "), of("503 Slow Down: "), of("429 Too Many Requests: ")),
            ("short", "silent", "silent")
        );
        assert_eq!(kind(generic("Received redirect without LOCATION, this normally indicates")), "refused");
        assert_eq!(kind(generic("DeleteObjects request failed for key a: Not yours (code: AccessDenied)")), "refused");
        assert_eq!(kind(generic("connection refused")), "silent");
        assert_eq!((of("403 Forbidden: "), of("404 Not Found: ")), ("refused", "absent"), "of listings nothing else is told");
        let missing = |answer: &str| kind(Error::NotFound { path: "a".to_owned(), source: said(answer).into() });
        assert_eq!(missing("404 Not Found: <Error><Code>NoSuchKey</Code></Error>"), "absent");
        assert_eq!(missing("404 Not Found: <Error><Code>NoSuchBucket</Code></Error>"), "refused");
        assert_eq!(missing("404 Not Found: "), "absent");
        assert_eq!(kind(Error::PermissionDenied { path: "a".to_owned(), source: said("403 Forbidden: ").into() }), "refused");
    }
}

//! The blocks of a segment or subsegment: `http`, `sql`, `cause`, `links`.
//!
//! Nothing here is refused: a member of another type than expected, or an empty string, counts as absent. The document's text is
//! kept beside, so nothing is lost.

use crate::id;
use crate::json::Json;

/// Links of one segment that are read; later ones stay in the text.
pub const LINKS_MAX: usize = 1_024;
/// Exceptions of one cause that are read; later ones stay in the text.
pub const EXCEPTIONS_MAX: usize = 1_024;

/// `http`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Http<'j> {
    /// `request.method` as sent: Python's `requests` writes it in lower case.
    pub method: Option<&'j str>,
    /// `request.url`.
    pub url: Option<&'j str>,
    /// `request.user_agent`.
    pub user_agent: Option<&'j str>,
    /// `request.client_ip`.
    pub client_ip: Option<&'j str>,
    /// `request.x_forwarded_for`: whether `client_ip` is from that header.
    pub is_forwarded: bool,
    /// `request.traced`: the other side sends a segment of its own.
    pub is_traced: bool,
    /// Whether there is a `request` at all.
    pub has_request: bool,
    /// `response.status`, a number or a number in a string.
    pub status: Option<i64>,
    /// `response.content_length`; -1 is not known.
    pub content_length: Option<i64>,
}

/// `sql`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sql<'j> {
    /// `url`, without a password.
    pub url: Option<&'j str>,
    /// `connection_string`, for databases without a URL.
    pub connection_string: Option<&'j str>,
    /// `sanitized_query`.
    pub query: Option<&'j str>,
    /// `database_type`.
    pub database_type: Option<&'j str>,
    /// `database_version`.
    pub database_version: Option<&'j str>,
    /// `driver_version`.
    pub driver_version: Option<&'j str>,
    /// `user`.
    pub user: Option<&'j str>,
    /// `preparation`: `call` or `statement`.
    pub preparation: Option<&'j str>,
}

/// `cause`.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause<'j> {
    /// The id of an exception that another entity of the trace has.
    Elsewhere(&'j str),
    /// Exceptions of its own.
    Here {
        /// `working_directory`.
        working_directory: Option<&'j str>,
        /// `exceptions`.
        exceptions: Vec<Exception<'j>>,
    },
}

/// One of `cause.exceptions`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exception<'j> {
    /// `id` as sent.
    pub id: Option<&'j str>,
    /// `type`.
    pub kind: Option<&'j str>,
    /// `message`.
    pub message: Option<&'j str>,
    /// `remote`: it came from the other side of a call.
    pub is_remote: bool,
    /// `cause`: the id of the exception that made this one.
    pub cause: Option<&'j str>,
    /// `truncated`: frames that are left out.
    pub truncated: Option<i64>,
    /// `skipped`: exceptions that are left out between this one and its child.
    pub skipped: Option<i64>,
    /// `stack`.
    pub stack: Vec<StackFrame<'j>>,
}

/// One frame of a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StackFrame<'j> {
    /// `path`.
    pub path: Option<&'j str>,
    /// `line`.
    pub line: Option<i64>,
    /// `label`.
    pub label: Option<&'j str>,
}

/// One of `links`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link<'j> {
    /// The other trace.
    pub trace_id: [u8; 16],
    /// The other entity, where one is named.
    pub id: Option<[u8; 8]>,
    /// `attributes`.
    pub attributes: Option<&'j Json<'j>>,
}

/// A member that is text and not empty.
pub(crate) fn text<'j>(object: &'j Json<'j>, name: &str) -> Option<&'j str> {
    object.get(name).and_then(Json::filled)
}

fn flag(object: &Json<'_>, name: &str) -> bool {
    object.get(name).is_some_and(Json::is_true)
}

impl<'j> Http<'j> {
    /// Reads the block; `None` when it is no object.
    pub fn read(block: &'j Json<'j>) -> Option<Self> {
        let Json::Object(_) = block else { return None };
        let nothing = &Json::Null;
        let request = block.get("request").unwrap_or(nothing);
        let response = block.get("response").unwrap_or(nothing);
        Some(Self {
            method: text(request, "method"),
            url: text(request, "url"),
            user_agent: text(request, "user_agent"),
            client_ip: text(request, "client_ip"),
            is_forwarded: flag(request, "x_forwarded_for"),
            is_traced: flag(request, "traced"),
            has_request: !request.members().is_empty(),
            status: response.get("status").and_then(Json::integer),
            content_length: response.get("content_length").and_then(Json::integer).filter(|length| *length >= 0),
        })
    }
}

impl<'j> Sql<'j> {
    /// Reads the block; `None` when it is no object.
    pub fn read(block: &'j Json<'j>) -> Option<Self> {
        let Json::Object(_) = block else { return None };
        let member = |name: &str| text(block, name);
        Some(Self {
            url: member("url"),
            connection_string: member("connection_string"),
            query: member("sanitized_query"),
            database_type: member("database_type"),
            database_version: member("database_version"),
            driver_version: member("driver_version"),
            user: member("user"),
            preparation: member("preparation"),
        })
    }
}

impl<'j> Cause<'j> {
    /// Reads the block; `None` when it is neither an object nor an id.
    pub fn read(block: &'j Json<'j>) -> Option<Self> {
        match block {
            Json::Str(id) if !id.is_empty() => Some(Cause::Elsewhere(id)),
            Json::Object(_) => {
                let listed = block.get("exceptions").map_or(&[][..], Json::elements);
                let says_something = |exception: &Exception<'_>| *exception != Exception::default();
                let exceptions = listed.iter().take(EXCEPTIONS_MAX).map(Exception::read).filter(says_something).collect();
                Some(Cause::Here { working_directory: text(block, "working_directory"), exceptions })
            }
            _ => None,
        }
    }
}

impl<'j> Exception<'j> {
    fn read(block: &'j Json<'j>) -> Self {
        let stack = block.get("stack").map_or(&[][..], Json::elements);
        let frame = |frame: &'j Json<'j>| StackFrame {
            path: text(frame, "path"),
            line: frame.get("line").and_then(Json::integer),
            label: text(frame, "label"),
        };
        Self {
            id: text(block, "id"),
            kind: text(block, "type"),
            message: text(block, "message"),
            is_remote: flag(block, "remote"),
            cause: text(block, "cause"),
            truncated: block.get("truncated").and_then(Json::integer).filter(|count| *count > 0),
            skipped: block.get("skipped").and_then(Json::integer).filter(|count| *count > 0),
            stack: stack.iter().map(frame).collect(),
        }
    }

    /// The stack as text: a line for each frame, `\tat label(path: line)`.
    pub fn stack_text(&self) -> String {
        let mut out = String::new();
        for frame in &self.stack {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str("\tat ");
            out.push_str(frame.label.unwrap_or("anonymous"));
            out.push('(');
            out.push_str(frame.path.unwrap_or("unknown"));
            if let Some(line) = frame.line {
                out.push_str(": ");
                out.push_str(&line.to_string());
            }
            out.push(')');
        }
        out
    }
}

impl<'j> Link<'j> {
    /// Reads the list; links without a trace are left out.
    pub fn read_all(block: &'j Json<'j>) -> Vec<Self> {
        let link = |link: &'j Json<'j>| {
            Some(Self {
                trace_id: id::trace_id(text(link, "trace_id")?)?,
                id: text(link, "id").and_then(id::entity_id),
                attributes: link.get("attributes"),
            })
        };
        block.elements().iter().take(LINKS_MAX).filter_map(link).collect()
    }
}

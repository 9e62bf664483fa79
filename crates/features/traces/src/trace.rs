//! The shape of a built trace.

use crate::words::{Word, Words};
use glasshive_model::SpanId;

/// One trace, ready to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Earliest start of any span, ns since 1970; of any row when there is no span; 0 when there is none at all.
    pub start_ns: i64,
    /// From `start_ns` to the latest end of any span, ns.
    pub duration_ns: i64,
    /// Spans received, folded copies not counted.
    pub span_count: usize,
    /// Spans that are marked as errors.
    pub error_count: usize,
    /// No span without a parent was received.
    pub missing_root: bool,
    /// Services, the one with the most time of its own first.
    pub services: Vec<ServiceShare>,
    /// Depth-first, parents before children, siblings by start, then longer first, then span id.
    pub nodes: Vec<Node>,
    /// Annotations and log lines that name no span, by time.
    pub unattached: Vec<Annotation>,
    /// What names, services, kinds and sources are called.
    pub words: Words,
}

impl Trace {
    /// What a word of it is.
    pub fn text(&self, word: Word) -> &str {
        self.words.text(word)
    }
}

/// How much of a trace is one service's.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceShare {
    /// `service.name`; empty when spans have none.
    pub name: Word,
    /// Its spans.
    pub span_count: usize,
    /// Those marked as errors.
    pub error_count: usize,
    /// Sum of its spans' own time, ns.
    pub self_ns: i64,
}

/// One line of the waterfall.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What the line stands for.
    pub kind: NodeKind,
    /// Index of the row among those it was built from; `None` for a placeholder.
    pub row: Option<usize>,
    /// Levels below the top.
    pub depth: usize,
    /// Index of the parent in [`Trace::nodes`].
    pub parent: Option<usize>,
    /// Direct children.
    pub child_count: usize,
    /// All nodes below; they follow this one directly.
    pub descendant_count: usize,
    /// How many of those are marked as errors.
    pub descendant_error_count: usize,
    /// Its id; for a placeholder the one that was named but never came.
    pub span_id: SpanId,
    /// From the trace's start to this one's, ns.
    pub offset_ns: i64,
    /// `None` while unfinished, and for placeholders.
    pub duration_ns: Option<i64>,
    /// The part of the duration in which no child ran, ns.
    pub self_ns: i64,
    /// The span's name; empty, as all words are where there is none.
    pub name: Word,
    /// `service.name`.
    pub service: Word,
    /// `host.name`, else `host.id`.
    pub host: Word,
    /// `span.kind` in words.
    pub span_kind: Word,
    /// `meta.source` in words.
    pub source: Word,
    /// Marked as an error.
    pub is_error: bool,
    /// What is wrong with it.
    pub problem: Option<Problem>,
    /// How often the very same row came again.
    pub copies: usize,
    /// Span events, links, log lines and occurrences, by time.
    pub annotations: Vec<Annotation>,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A span that was received.
    Span,
    /// A parent that spans or annotations name but that was not received.
    MissingParent,
}

/// What is wrong with a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Another span of this id came first, with other contents. Children belong to the first.
    DuplicateId,
    /// It is its own ancestor; it is shown without its parent.
    Cycle,
}

/// Something that happened within a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// What sort.
    pub kind: AnnotationKind,
    /// Index of the row among those it was built from.
    pub row: usize,
    /// From the trace's start, ns; may be negative.
    pub offset_ns: i64,
    /// Its name; for a log line without one the beginning of its body, else the name of its event, else the type of its exception.
    pub name: Word,
    /// An exception, or severity error and above.
    pub is_error: bool,
}

/// What sort of annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationKind {
    /// A span event.
    SpanEvent,
    /// A link to another span.
    Link,
    /// A log record.
    Log,
    /// An error occurrence.
    Error,
    /// Any other row of the trace.
    Other,
}

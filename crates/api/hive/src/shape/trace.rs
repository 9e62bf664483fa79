//! One trace: its tree, ready to draw, and its rows.

use super::Nanoseconds;
use super::row::Row;
use glasshive_feature_traces as traces;
use glasshive_query_plan as plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// 32 hex digits.
    pub trace_id: String,
    /// Earliest start of any span.
    pub start_ns: Nanoseconds,
    /// From there to the latest end.
    pub duration_ns: Nanoseconds,
    /// Spans received.
    pub span_count: usize,
    /// Spans marked as errors.
    pub error_count: usize,
    /// No span without a parent was received.
    pub missing_root: bool,
    /// Services, the one with the most time of its own first.
    pub services: Vec<Service>,
    /// The tree, depth first: parents before children, siblings by start.
    pub nodes: Vec<Node>,
    /// Annotations and log lines that name no span, by time.
    pub unattached: Vec<Annotation>,
    /// Every row of the trace; `row` of nodes and annotations is an index into it.
    pub rows: Vec<Row>,
    /// Whether rows of the trace may be missing; notes with a `missing` say why.
    #[serde(default)]
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<super::query::Note>,
    /// What it took.
    #[serde(default)]
    pub cost: super::query::Cost,
}

/// How much of a trace is one service's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// `service.name`.
    pub name: String,
    /// Its spans.
    pub span_count: usize,
    /// Those marked as errors.
    pub error_count: usize,
    /// Time of its spans in which no child ran.
    pub self_ns: Nanoseconds,
}

/// One line of the waterfall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// `span`, or `missing_parent` for one that was named but never came.
    pub kind: String,
    /// Index of its row; null for a missing parent.
    pub row: Option<usize>,
    /// Levels below the top.
    pub depth: usize,
    /// Index of the parent node.
    pub parent: Option<usize>,
    /// Direct children.
    pub child_count: usize,
    /// All nodes below; they follow this one directly.
    pub descendant_count: usize,
    /// How many of those are errors.
    pub descendant_error_count: usize,
    /// 16 hex digits.
    pub span_id: String,
    /// From the trace's start to this one's.
    pub offset_ns: Nanoseconds,
    /// Null while unfinished.
    pub duration_ns: Option<Nanoseconds>,
    /// The part in which no child ran.
    pub self_ns: Nanoseconds,
    /// The span's name.
    pub name: String,
    /// `service.name`.
    pub service: String,
    /// `span.kind` in words.
    pub span_kind: String,
    /// `meta.source` in words.
    pub source: String,
    /// Marked as an error.
    pub is_error: bool,
    /// `duplicate_id` or `cycle`; null when nothing is wrong with it.
    pub problem: Option<String>,
    /// How often the very same row came again.
    pub copies: usize,
    /// What happened within it, by time.
    pub annotations: Vec<Annotation>,
}

/// Something that happened within a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Annotation {
    /// `span_event`, `link`, `log`, `error` or `other`.
    pub kind: String,
    /// Index of its row.
    pub row: usize,
    /// From the trace's start; may be negative.
    pub offset_ns: Nanoseconds,
    /// Its name, or the beginning of a log line's body.
    pub name: String,
    /// An exception, or severity error and above.
    pub is_error: bool,
}

impl Trace {
    /// A built trace with the rows it was built from.
    pub fn new(trace_id: String, trace: traces::Trace, rows: Vec<Row>, notes: Vec<plan::Note>, cost: super::query::Cost) -> Self {
        let words = &trace.words;
        Self {
            trace_id,
            start_ns: Nanoseconds(trace.start_ns),
            duration_ns: Nanoseconds(trace.duration_ns),
            span_count: trace.span_count,
            error_count: trace.error_count,
            missing_root: trace.missing_root,
            services: trace.services.into_iter().map(|share| Service::new(share, words)).collect(),
            nodes: trace.nodes.into_iter().map(|node| Node::new(node, words)).collect(),
            unattached: trace.unattached.into_iter().map(|annotation| Annotation::new(annotation, words)).collect(),
            rows,
            partial: notes.iter().any(plan::Note::is_partial),
            notes: notes.into_iter().map(Into::into).collect(),
            cost,
        }
    }
}

impl Service {
    fn new(share: traces::ServiceShare, words: &traces::Words) -> Self {
        let name = words.text(share.name).to_owned();
        Self { name, span_count: share.span_count, error_count: share.error_count, self_ns: Nanoseconds(share.self_ns) }
    }
}

impl Node {
    fn new(node: traces::Node, words: &traces::Words) -> Self {
        let text = |word| words.text(word).to_owned();
        let kind = match node.kind {
            traces::NodeKind::Span => "span",
            traces::NodeKind::MissingParent => "missing_parent",
        };
        let problem = node.problem.map(|problem| match problem {
            traces::Problem::DuplicateId => "duplicate_id",
            traces::Problem::Cycle => "cycle",
        });
        Self {
            kind: kind.to_owned(),
            row: node.row,
            depth: node.depth,
            parent: node.parent,
            child_count: node.child_count,
            descendant_count: node.descendant_count,
            descendant_error_count: node.descendant_error_count,
            span_id: node.span_id.to_string(),
            offset_ns: Nanoseconds(node.offset_ns),
            duration_ns: node.duration_ns.map(Nanoseconds),
            self_ns: Nanoseconds(node.self_ns),
            name: text(node.name),
            service: text(node.service),
            span_kind: text(node.span_kind),
            source: text(node.source),
            is_error: node.is_error,
            problem: problem.map(str::to_owned),
            copies: node.copies,
            annotations: node.annotations.into_iter().map(|annotation| Annotation::new(annotation, words)).collect(),
        }
    }
}

impl Annotation {
    fn new(annotation: traces::Annotation, words: &traces::Words) -> Self {
        let kind = match annotation.kind {
            traces::AnnotationKind::SpanEvent => "span_event",
            traces::AnnotationKind::Link => "link",
            traces::AnnotationKind::Log => "log",
            traces::AnnotationKind::Error => "error",
            traces::AnnotationKind::Other => "other",
        };
        Self {
            kind: kind.to_owned(),
            row: annotation.row,
            offset_ns: Nanoseconds(annotation.offset_ns),
            name: words.text(annotation.name).to_owned(),
            is_error: annotation.is_error,
        }
    }
}

//! One trace as columns: what a waterfall draws, without the fields of its spans.

use super::Nanoseconds;
use super::query::{Cost, Note};
use glasshive_feature_traces as traces;
use glasshive_model::SpanId;
use glasshive_query_plan as plan;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// One trace. Entry n of each list of `spans` is the n-th line, depth first; times are nanoseconds from the trace's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Skeleton {
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
    /// Annotations and log lines that name no span.
    pub unattached: usize,
    /// Every name once; spans and marks have an index into it.
    pub names: Vec<String>,
    /// Every service once.
    pub services: Vec<String>,
    /// Every host once, by its name, else by its id.
    pub hosts: Vec<String>,
    /// Every kind of span once, in words.
    pub kinds: Vec<String>,
    /// The lines.
    pub spans: SpanColumns,
    /// What happened within spans, by span, then by time.
    pub marks: MarkColumns,
    /// Whether rows of the trace may be missing; notes with a `missing` say why.
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<Note>,
    /// What it took.
    pub cost: Cost,
}

/// Lines of a waterfall, by column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanColumns {
    /// Index of the parent's line; -1 at the top.
    pub parent: Vec<i64>,
    /// 16 hex digits; of a parent that was named but never came too.
    #[schemars(with = "Vec<String>")]
    pub id: Vec<Id>,
    /// Start, nanoseconds.
    pub start: Vec<i64>,
    /// Length, nanoseconds; -1 where it is not known.
    pub duration: Vec<i64>,
    /// The part in which no child ran, nanoseconds.
    #[serde(rename = "self")]
    pub own: Vec<i64>,
    /// Index into `names`.
    pub name: Vec<usize>,
    /// Index into `services`.
    pub service: Vec<usize>,
    /// Index into `hosts`.
    pub host: Vec<usize>,
    /// Index into `kinds`.
    pub kind: Vec<usize>,
    /// Sum of: 1 error, 2 a parent that never came, 4 another span had this id before, 8 it was its own ancestor.
    pub flags: Vec<u8>,
}

/// Annotations, by column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarkColumns {
    /// Index of the line.
    pub span: Vec<usize>,
    /// When, nanoseconds; may be negative.
    pub at: Vec<i64>,
    /// 0 span event, 1 link, 2 log line, 3 error, 4 other.
    pub kind: Vec<u8>,
    /// Whether it tells of an error.
    pub is_error: Vec<bool>,
    /// Index into `names`.
    pub name: Vec<usize>,
}

/// A span's id, in JSON its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub SpanId);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.0.digits()).expect("digits are ASCII"))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        SpanId::parse(&text).map(Self).ok_or_else(|| serde::de::Error::custom("expected 16 hex digits"))
    }
}

/// Those of a trace's words that a column has, each once, in order of first sight.
struct Used<'a> {
    words: &'a traces::Words,
    list: Vec<String>,
    places: Vec<Option<usize>>,
}

impl<'a> Used<'a> {
    fn none_of(words: &'a traces::Words) -> Self {
        Self { words, list: Vec::new(), places: vec![None; words.len()] }
    }

    fn place(&mut self, word: traces::Word) -> usize {
        let (list, words) = (&mut self.list, self.words);
        *self.places[word.place()].get_or_insert_with(|| {
            list.push(words.text(word).to_owned());
            list.len() - 1
        })
    }
}

impl SpanColumns {
    fn with_capacity(lines: usize) -> Self {
        Self {
            parent: Vec::with_capacity(lines),
            id: Vec::with_capacity(lines),
            start: Vec::with_capacity(lines),
            duration: Vec::with_capacity(lines),
            own: Vec::with_capacity(lines),
            name: Vec::with_capacity(lines),
            service: Vec::with_capacity(lines),
            host: Vec::with_capacity(lines),
            kind: Vec::with_capacity(lines),
            flags: Vec::with_capacity(lines),
        }
    }
}

impl Skeleton {
    /// A built trace as columns.
    pub fn new(trace_id: String, trace: &traces::Trace, notes: Vec<plan::Note>, cost: Cost) -> Self {
        let [mut names, mut services, mut hosts, mut kinds] = [(); 4].map(|()| Used::none_of(&trace.words));
        let (mut spans, mut marks) = (SpanColumns::with_capacity(trace.nodes.len()), MarkColumns::default());
        for (index, node) in trace.nodes.iter().enumerate() {
            spans.parent.push(node.parent.map_or(-1, |parent| parent as i64));
            spans.id.push(Id(node.span_id));
            spans.start.push(node.offset_ns);
            spans.duration.push(node.duration_ns.unwrap_or(-1));
            spans.own.push(node.self_ns);
            spans.name.push(names.place(node.name));
            spans.service.push(services.place(node.service));
            spans.host.push(hosts.place(node.host));
            spans.kind.push(kinds.place(node.span_kind));
            spans.flags.push(flags(node));
            for annotation in &node.annotations {
                marks.span.push(index);
                marks.at.push(annotation.offset_ns);
                marks.kind.push(kind(annotation.kind));
                marks.is_error.push(annotation.is_error);
                marks.name.push(names.place(annotation.name));
            }
        }
        Self {
            trace_id,
            start_ns: Nanoseconds(trace.start_ns),
            duration_ns: Nanoseconds(trace.duration_ns),
            span_count: trace.span_count,
            error_count: trace.error_count,
            missing_root: trace.missing_root,
            unattached: trace.unattached.len(),
            names: names.list,
            services: services.list,
            hosts: hosts.list,
            kinds: kinds.list,
            spans,
            marks,
            partial: notes.iter().any(plan::Note::is_partial),
            notes: notes.into_iter().map(Into::into).collect(),
            cost,
        }
    }
}

fn flags(node: &traces::Node) -> u8 {
    let problem = match node.problem {
        Some(traces::Problem::DuplicateId) => 4,
        Some(traces::Problem::Cycle) => 8,
        None => 0,
    };
    u8::from(node.is_error) | if node.kind == traces::NodeKind::MissingParent { 2 } else { 0 } | problem
}

fn kind(kind: traces::AnnotationKind) -> u8 {
    match kind {
        traces::AnnotationKind::SpanEvent => 0,
        traces::AnnotationKind::Link => 1,
        traces::AnnotationKind::Log => 2,
        traces::AnnotationKind::Error => 3,
        traces::AnnotationKind::Other => 4,
    }
}

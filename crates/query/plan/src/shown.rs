//! Which shown names are computed from system columns, and how.
//!
//! These names exist in every dataset and need no registry entry. Where a row has an attribute of the same name, the attribute
//! is what is shown ([`Shown::attribute_wins`]); the ids are the exception, because an attribute of that name only keeps the
//! spelling in which the id was sent, and questions find every spelling.

use glasshive_model::{ColumnType, SpanId, SystemColumn, TraceId, names};

macro_rules! shown {
    ($($(#[$doc:meta])* $variant:ident: $($name:path)|+, $column_type:ident, [$($system:ident),+];)+) => {
        /// A shown name that is computed from system columns.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Shown { $($(#[$doc])* $variant,)+ }

        impl Shown {
            /// All of them.
            pub const ALL: &'static [Shown] = &[$(Shown::$variant),+];

            /// What this name is computed from; `None` for names that are attributes only.
            pub fn from_name(name: &str) -> Option<Self> {
                $(if [$($name),+].contains(&name) { return Some(Shown::$variant); })+
                None
            }

            /// The shown type, whatever attributes of the same name hold.
            pub fn column_type(self) -> ColumnType {
                match self { $(Shown::$variant => ColumnType::$column_type,)+ }
            }

            /// The system columns that are read.
            pub fn reads(self) -> &'static [SystemColumn] {
                match self { $(Shown::$variant => &[$(SystemColumn::$system),+],)+ }
            }
        }
    };
}

shown! {
    /// `_duration_ns` / 10^6.
    DurationMs: names::DURATION_MS, Float, [DurationNs];
    /// 32 lower-case hex digits.
    TraceId: names::TRACE_ID, Str, [TraceId];
    /// 16 lower-case hex digits.
    SpanId: names::SPAN_ID, Str, [SpanId];
    /// 16 lower-case hex digits.
    ParentId: names::PARENT_ID, Str, [ParentId];
    /// As stored.
    Name: names::NAME, Str, [Name];
    /// `glasshive_model::SpanKind::word`; numbers without a word as decimal text.
    Kind: names::SPAN_KIND | names::TYPE, Str, [Kind];
    /// The number.
    StatusCode: names::STATUS_CODE, Int, [Status];
    /// `glasshive_model::Signal::word`; absent for plain events.
    SignalType: names::META_SIGNAL_TYPE, Str, [Signal];
    /// `glasshive_model::Source::word`.
    Source: names::META_SOURCE, Str, [Source];
    /// `glasshive_model::Annotation::word`; absent for rows that stand for themselves.
    AnnotationType: names::META_ANNOTATION_TYPE, Str, [Annotation];
    /// As stored.
    SampleRate: names::META_SAMPLE_RATE, Float, [SampleRate];
    /// Nanoseconds since 1970 as an integer.
    IngestTime: names::META_INGEST_TIME, Int, [IngestTime];
    /// The slug.
    Dataset: names::META_DATASET, Str, [Dataset];
    /// Has a trace id, no parent id and is no annotation; absent without a trace id.
    IsRoot: names::IS_ROOT, Bool, [TraceId, ParentId, Annotation];
}

impl Shown {
    /// Whether an attribute of the same name is shown in its place.
    pub fn attribute_wins(self) -> bool {
        !matches!(self, Shown::TraceId | Shown::SpanId | Shown::ParentId)
    }

    /// The canonical spelling of an id: every spelling of one id becomes the same text. Other columns' text stays as it is.
    pub fn normalise(self, text: &str) -> String {
        match self {
            Shown::TraceId => TraceId::from_text(text).to_string(),
            Shown::SpanId | Shown::ParentId => SpanId::from_text(text).to_string(),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_source() {
        assert_eq!(Shown::from_name("type"), Some(Shown::Kind));
        assert_eq!(Shown::from_name("span.kind"), Some(Shown::Kind));
        assert_eq!(Shown::from_name("http.route"), None);
        assert_eq!(Shown::from_name("is_root").unwrap().reads().len(), 3);
        assert!(!Shown::TraceId.attribute_wins() && Shown::Name.attribute_wins());
    }

    #[test]
    fn ids_have_one_spelling() {
        let check = |shown: Shown, text: &str, expected: &str| assert_eq!(shown.normalise(text), expected);
        check(Shown::TraceId, "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793");
        check(Shown::TraceId, "E1BE46A994272793", "0000000000000000e1be46a994272793");
        check(Shown::SpanId, "E1BE46A994272793", "e1be46a994272793");
        check(Shown::Name, "E1BE", "E1BE");
    }
}

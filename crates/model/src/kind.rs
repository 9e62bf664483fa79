//! The closed sets that an event's small system columns are drawn from. Numbers are stored and never change.

macro_rules! numbered {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $number:literal, $word:literal;)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i8)]
        pub enum $name { $($(#[$inner])* $variant = $number,)+ }

        impl $name {
            /// Every member, by number.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The stored number.
            pub fn number(self) -> i8 {
                self as i8
            }

            /// The member with this number.
            pub fn from_number(number: i8) -> Option<Self> {
                match number { $($number => Some($name::$variant),)+ _ => None }
            }

            /// The shown word.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// The member with this shown word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

numbered! {
    /// What sort of signal a row is (`_signal`, shown as `meta.signal_type`).
    Signal {
        /// A plain event, as Honeycomb's own API sends them; shown as absent.
        Event = 0, "event";
        /// A span, span event or link.
        Trace = 1, "trace";
        /// A log record.
        Log = 2, "log";
        /// Metric points of one time.
        Metric = 3, "metric";
        /// An error occurrence.
        Error = 4, "error";
        /// A real-user-monitoring event.
        Rum = 5, "rum";
        /// A synthetic check's run.
        Check = 6, "check";
    }
}

numbered! {
    /// How a row came (`_source`, shown as `meta.source`).
    Source {
        /// OTLP over HTTP or gRPC.
        Otlp = 0, "otlp";
        /// Honeycomb's events API.
        Honeycomb = 1, "honeycomb";
        /// X-Ray segment documents.
        Xray = 2, "xray";
        /// CloudWatch Logs.
        Cloudwatch = 3, "cloudwatch";
        /// Rollbar items.
        Rollbar = 4, "rollbar";
        /// Browser beacons.
        Rum = 5, "rum";
        /// Our own check runners.
        Synthetic = 6, "synthetic";
    }
}

numbered! {
    /// Whether a row stands for itself or hangs on a span (`_annotation`, shown as `meta.annotation_type`).
    Annotation {
        /// The row stands for itself.
        None = 0, "none";
        /// Something that happened within the span `_parent_id`.
        SpanEvent = 1, "span_event";
        /// A link from the span `_parent_id` to another.
        Link = 2, "link";
    }
}

numbered! {
    /// A span's kind, by OTLP's numbers (`_kind`, shown as `span.kind` and `type`).
    SpanKind {
        /// Not said; views treat it as internal.
        Unspecified = 0, "unspecified";
        /// Within one process.
        Internal = 1, "internal";
        /// The serving side of a call.
        Server = 2, "server";
        /// The calling side of a call.
        Client = 3, "client";
        /// The sending side of a message.
        Producer = 4, "producer";
        /// The receiving side of a message.
        Consumer = 5, "consumer";
    }
}

numbered! {
    /// A span's status, by OTLP's numbers (`_status`, shown as the integer `status_code`).
    StatusCode {
        /// Nothing was said.
        Unset = 0, "unset";
        /// Declared good.
        Ok = 1, "ok";
        /// Declared bad.
        Error = 2, "error";
    }
}

/// The kinds of data files: rows of one class share partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignalClass {
    /// Events, traces, RUM and checks.
    Spans,
    /// Log records.
    Logs,
    /// Metrics.
    Metrics,
    /// Error occurrences.
    Errors,
}

impl SignalClass {
    /// Every class.
    pub const ALL: [SignalClass; 4] = [SignalClass::Spans, SignalClass::Logs, SignalClass::Metrics, SignalClass::Errors];

    /// The folder name and catalog word.
    pub fn word(self) -> &'static str {
        match self {
            SignalClass::Spans => "spans",
            SignalClass::Logs => "logs",
            SignalClass::Metrics => "metrics",
            SignalClass::Errors => "errors",
        }
    }

    /// The class with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

impl Signal {
    /// Which files rows of this signal live in.
    pub fn class(self) -> SignalClass {
        match self {
            Signal::Event | Signal::Trace | Signal::Rum | Signal::Check => SignalClass::Spans,
            Signal::Log => SignalClass::Logs,
            Signal::Metric => SignalClass::Metrics,
            Signal::Error => SignalClass::Errors,
        }
    }
}

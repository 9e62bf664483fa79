//! Columns: what an event's cells are called in chunks and data files, and in which Arrow types they stand.

use arrow_schema::{DataType, Field, TimeUnit};
use std::collections::HashMap;

/// The type of an attribute column. Every (key, type) has a column of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnType {
    /// Text; Arrow `Utf8View`.
    Str,
    /// 64-bit integer; Arrow `Int64`.
    Int,
    /// Double; Arrow `Float64`.
    Float,
    /// Truth value; Arrow `Boolean`.
    Bool,
    /// JSON text of an array, map or bytes; Arrow `Utf8View`.
    Json,
}

impl ColumnType {
    /// Every type, in the order of their stored suffixes.
    pub const ALL: [ColumnType; 5] = [ColumnType::Str, ColumnType::Int, ColumnType::Float, ColumnType::Bool, ColumnType::Json];

    /// The stored tag: `str`, `i64`, `f64`, `bool`, `json`.
    pub fn tag(self) -> &'static str {
        match self {
            ColumnType::Str => "str",
            ColumnType::Int => "i64",
            ColumnType::Float => "f64",
            ColumnType::Bool => "bool",
            ColumnType::Json => "json",
        }
    }

    /// The type with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column_type| column_type.tag() == tag)
    }

    /// The Arrow type of chunks and files.
    pub fn data_type(self) -> DataType {
        match self {
            ColumnType::Str | ColumnType::Json => DataType::Utf8View,
            ColumnType::Int => DataType::Int64,
            ColumnType::Float => DataType::Float64,
            ColumnType::Bool => DataType::Boolean,
        }
    }
}

/// The physical name of (key, type): the escaped key, with `@tag` when another type of the key came first.
///
/// A key that begins with `_` gets one more in front; a key that ends in `@tag` of any type has that `@` doubled.
pub fn physical_name(key: &str, column_type: ColumnType, bare: bool) -> String {
    let mut name = String::with_capacity(key.len() + 8);
    if key.starts_with('_') {
        name.push('_');
    }
    match key.rsplit_once('@') {
        Some((stem, tag)) if ColumnType::from_tag(tag).is_some() => {
            name.push_str(stem);
            name.push_str("@@");
            name.push_str(tag);
        }
        _ => name.push_str(key),
    }
    if !bare {
        name.push('@');
        name.push_str(column_type.tag());
    }
    name
}

/// Metadata key of an attribute column's Arrow field: the attribute's key as sent.
pub const FIELD_KEY: &str = "hive.key";
/// Metadata key of an attribute column's Arrow field: [`ColumnType::tag`].
pub const FIELD_TYPE: &str = "hive.type";
/// Metadata key under which the Parquet writer finds a column's field id.
pub const FIELD_ID: &str = "PARQUET:field_id";

/// The Arrow field of an attribute column.
pub fn attribute_field(physical: &str, key: &str, column_type: ColumnType, id: i64) -> Field {
    Field::new(physical, column_type.data_type(), true).with_metadata(HashMap::from([
        (FIELD_KEY.to_owned(), key.to_owned()),
        (FIELD_TYPE.to_owned(), column_type.tag().to_owned()),
        (FIELD_ID.to_owned(), id.to_string()),
    ]))
}

/// Names one column of a chunk or file, whatever it is called there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnRef {
    /// A system column.
    System(SystemColumn),
    /// The column of one attribute key in one type.
    Attribute {
        /// The key as sent.
        key: String,
        /// The type.
        column_type: ColumnType,
    },
}

macro_rules! system_columns {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $name:literal, $data_type:expr, $nullable:literal;)+) => {
        /// The columns that every event has, whatever was sent. Their numbers (below 1,000) are Parquet field ids.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SystemColumn { $($(#[$doc])* $variant = $id,)+ }

        impl SystemColumn {
            /// All of them, in file order.
            pub const ALL: &'static [SystemColumn] = &[$(SystemColumn::$variant),+];

            /// The stored name.
            pub fn name(self) -> &'static str {
                match self { $(SystemColumn::$variant => $name,)+ }
            }

            /// The Arrow field: type, nullability, field id.
            pub fn field(self) -> Field {
                let (data_type, nullable) = match self { $(SystemColumn::$variant => ($data_type, $nullable),)+ };
                Field::new(self.name(), data_type, nullable)
                    .with_metadata(HashMap::from([(FIELD_ID.to_owned(), (self as i64).to_string())]))
            }

            /// The column with this stored name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(SystemColumn::$variant),)+ _ => None }
            }
        }
    };
}

/// Arrow type of `_time` and `_ingest_time`.
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
}

system_columns! {
    /// Event time, ns since 1970 UTC; for a span its start.
    Time = 1, "_time", timestamp_type(), false;
    /// Span duration in ns; null when not a span or unfinished.
    DurationNs = 2, "_duration_ns", DataType::Int64, true;
    /// 16 bytes.
    TraceId = 3, "_trace_id", DataType::FixedSizeBinary(16), true;
    /// 8 bytes; spans only.
    SpanId = 4, "_span_id", DataType::FixedSizeBinary(8), true;
    /// 8 bytes; the parent, or the span that an annotation belongs to.
    ParentId = 5, "_parent_id", DataType::FixedSizeBinary(8), true;
    /// The dataset's slug.
    Dataset = 6, "_dataset", DataType::Utf8View, false;
    /// [`crate::Signal`] by number.
    Signal = 7, "_signal", DataType::Int8, false;
    /// [`crate::Source`] by number.
    Source = 8, "_source", DataType::Int8, false;
    /// [`crate::Annotation`] by number.
    Annotation = 9, "_annotation", DataType::Int8, false;
    /// The span's or event's name.
    Name = 10, "_name", DataType::Utf8View, true;
    /// OTLP span kind; unknown numbers are kept.
    Kind = 11, "_kind", DataType::Int8, true;
    /// OTLP status code.
    Status = 12, "_status", DataType::Int8, true;
    /// The row's weight, at least 1.
    SampleRate = 13, "_sample_rate", DataType::Float64, false;
    /// When the request was received.
    IngestTime = 14, "_ingest_time", timestamp_type(), false;
    /// Log sequence << 24 | row in request.
    Seq = 15, "_seq", DataType::Int64, false;
    /// The row repeats a span that another dialect reported first.
    Twin = 16, "_twin", DataType::Boolean, false;
    /// Which fields came from the resource: sorted keys, one `\n` between.
    ResourceKeys = 17, "_resource_keys", DataType::Utf8View, true;
    /// Which fields came from the scope.
    ScopeKeys = 18, "_scope_keys", DataType::Utf8View, true;
    /// The document as received, where the dialect keeps one.
    Raw = 19, "_raw", DataType::Binary, true;
    /// JSON object of keys that have no column here; null when empty.
    Overflow = 20, "_overflow", DataType::Utf8View, true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn physical_names_never_collide() {
        let check = |key, column_type, bare, expected: &str| assert_eq!(physical_name(key, column_type, bare), expected);
        check("http.route", ColumnType::Str, true, "http.route");
        check("http.route", ColumnType::Int, false, "http.route@i64");
        check("http.route@i64", ColumnType::Str, true, "http.route@@i64");
        check("_time", ColumnType::Str, true, "__time");
        check("a@b", ColumnType::Str, false, "a@b@str");
    }
}

//! Rows as they are stored, page by page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The metadata entry of a page's Parquet file that holds its [`ExportPageInfo`] as JSON.
pub const PAGE_INFO: &str = "glasshive.page";

/// Which page of which rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportRequest {
    /// The clauses WHERE, IN and time of a query, such as `WHERE error = true IN web LAST 1h`; of all times when it names none.
    pub text: String,
    /// Only rows of later log sequences: an earlier page's `next`.
    pub after: u64,
    /// Only rows of log sequences up to this: the first page's `through`, so that an export ends although events arrive. What is
    /// readable now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    /// About how many rows a page is to have: 1 to 65,536; 16,384 when left out. Pages end between requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// With a span come all its events and links, with one of these its span.
    pub whole_spans: bool,
}

/// What a page's Parquet file says of itself, as JSON in its metadata under `glasshive.page`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportPageInfo {
    /// Version of this form: 1.
    pub version: u32,
    /// Its rows.
    pub rows: u64,
    /// Up to which log sequence the export goes.
    pub through: u64,
    /// Give this as `after` for the next page; absent when there is none. A page may be empty and have others after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Rows that could not be read, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

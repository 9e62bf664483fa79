//! Named limits on what one event may hold. What happens above each is said beside it.

/// Bytes of a string field; longer is cut on a UTF-8 boundary and named in `meta.truncated`.
pub const STRING_BYTES: usize = 65_535;
/// Bytes of `body` and `exception.stacktrace`; longer is cut likewise.
pub const LONG_STRING_BYTES: usize = 1 << 20;
/// Fields of one event over all levels after flattening; surplus is dropped and counted in `meta.dropped_attributes`.
pub const FIELDS_PER_EVENT: usize = 2_000;
/// Bytes of a key that gets a column of its own; up to [`KEY_OVERFLOW_BYTES`] it lives in `_overflow`.
pub const KEY_BYTES: usize = 255;
/// Bytes of the longest key that is kept at all; longer is dropped and counted.
pub const KEY_OVERFLOW_BYTES: usize = 1_024;
/// Span events kept of one span; surplus is dropped and counted on the span.
pub const EVENTS_PER_SPAN: usize = 1_024;
/// Links kept of one span; surplus is dropped and counted on the span.
pub const LINKS_PER_SPAN: usize = 1_024;
/// Levels of maps that are flattened into dotted keys; below that the rest is JSON text.
pub const FLATTEN_LEVELS: usize = 5;
/// Rows one request may yield: `_seq` leaves 24 bits for them.
pub const ROWS_PER_REQUEST: usize = 1 << 24;
/// Attribute columns of one data file; the least frequent keys beyond go to `_overflow`.
pub const COLUMNS_PER_FILE: usize = 1_024;
/// Keys of one environment that get columns; later ones go to `_overflow`.
pub const COLUMNS_PER_ENVIRONMENT: usize = 10_000;
/// A start time this far ahead of receipt is marked `meta.future`.
pub const FUTURE_MARKED_NS: i64 = 10 * 60 * 1_000_000_000;
/// A start time this far ahead of receipt is refused.
pub const FUTURE_REFUSED_NS: i64 = 24 * 3_600 * 1_000_000_000;

//! The store's own metrics.

use glasshive_base::metrics::{Counter, Gauge, Histogram, Registry};

/// Handles of the metrics that the store keeps.
pub(crate) struct Numbers {
    pub sync_seconds: Histogram,
    pub flush_seconds: Histogram,
    pub appended_events: Counter,
    pub appended_bytes: Counter,
    pub duplicates: Counter,
    pub live_rows: Gauge,
    pub live_bytes: Gauge,
    pub log_bytes: Gauge,
    pub files: Counter,
    pub file_bytes: Counter,
    pub merge_seconds: Histogram,
    pub merged_files: Counter,
    pub folded_rows: Counter,
    pub expired_rows: Counter,
    pub remove_failures: Counter,
}

impl Numbers {
    pub fn new(registry: &Registry) -> Self {
        Self {
            sync_seconds: registry.histogram("glasshive_log_sync_seconds", "Time of a sync of the write-ahead log.", &[]),
            flush_seconds: registry.histogram("glasshive_flush_seconds", "Time from a cut to its commit.", &[]),
            appended_events: registry.counter("glasshive_appended_events_total", "Events made readable.", &[]),
            appended_bytes: registry.counter("glasshive_appended_bytes_total", "Bytes of bodies written to the log.", &[]),
            duplicates: registry.counter("glasshive_duplicate_requests_total", "Requests answered without being stored.", &[]),
            live_rows: registry.gauge("glasshive_live_rows", "Rows that are not in committed files yet.", &[]),
            live_bytes: registry.gauge("glasshive_live_bytes", "Bytes of memory behind live rows.", &[]),
            log_bytes: registry.gauge("glasshive_log_bytes", "Bytes of log segments.", &[]),
            merge_seconds: registry.histogram("glasshive_merge_seconds", "Time of a merge of data files.", &[]),
            merged_files: registry.counter("glasshive_files_merged_total", "Data files that were merged into others.", &[]),
            folded_rows: registry.counter("glasshive_folded_events_total", "Events that a merge found to be there already.", &[]),
            expired_rows: registry.counter("glasshive_expired_events_total", "Events that were kept as long as they were to be.", &[]),
            remove_failures: registry.counter("glasshive_file_remove_failures_total", "Attempts to remove a data file that failed.", &[]),
            files: registry.counter("glasshive_files_written_total", "Data files committed.", &[]),
            file_bytes: registry.counter("glasshive_file_bytes_written_total", "Bytes of data files committed.", &[]),
        }
    }
}

//! A trace as a tree: spans, annotations and log lines of one trace id, in drawing order

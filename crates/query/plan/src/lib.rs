//! The one form of a query, and the languages that are parsed into it

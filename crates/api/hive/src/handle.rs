//! What answers each row, a file for each noun.

pub mod account;
pub mod board;
pub mod changes;
pub mod compare;
pub mod deletion;
pub mod events;
pub mod export;
pub mod field;
pub mod library;
pub mod map;
pub mod page;
pub mod people;
pub mod place;
pub mod process;
pub mod query;
pub mod session;
pub mod tail;
pub mod trace;
pub mod xray;

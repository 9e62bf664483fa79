//! The engine over real stores on disk, compared with the reference evaluator and with expectations written by hand.
#![allow(clippy::unwrap_used)]

mod agreement;
mod aliases;
mod board;
mod calculations;
mod compare;
mod cost;
mod distant;
mod documents;
mod drawn;
mod edges;
mod fields;
mod fixture;
mod follow;
mod histograms;
mod kept;
mod levels;
mod limits;
mod listing;
mod overflow;
mod provisional;
mod raw_rows;
mod shapes;
mod spans;
mod stored;
mod table;
mod traces;
mod unread;

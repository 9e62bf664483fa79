//! The store under a seeded world: torn writes, lost directories, failing syncs, jumping clocks, crashes at every await.
//!
//! [`run`] plays one seed: the real store over [`disk`], the model catalog, a virtual clock and a scheduler that draws which
//! task runs next at every await. Clients append, readers compare every snapshot with an in-memory [`reference`], rows are
//! deleted, the process dies and starts again, older catalogs are put back and files adopted, and in the end the faults stop and
//! everything must settle. What is checked:
//!
//! - I1 what was answered, or was ever readable, is there, unless a decayed byte of the log took it and a message names it;
//! - I2 nothing is there twice, and every request is there whole or not at all;
//! - I3 every row is the row that was sent, and files and chunks say of themselves what is so;
//! - I4 when the faults have stopped, no file is left that nobody refers to;
//! - I5 recovering twice from one image gives the same rows, sequences and columns;
//! - I6 sequences, columns and `flushed_through` never go back;
//! - I8 every refusal may be retried;
//! - I9 what was proved to be deleted is gone for good, and rows that came later stay;
//! - I10 an index names exactly the rows that are wanted;
//! - I11 once an older catalog was put back and unknown files are adopted, every row that was kept is there once;
//! - I12 looking over a directory finds nothing where nothing is wrong, and what is damaged where something is.
//!
//! A violation comes with its seed; `cargo run -p glasshive-test-simulation -- --seed N --trace` plays it again.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod age;
pub mod body;
pub mod disk;
pub mod executor;
pub mod fate;
pub mod lookup;
pub mod process;
pub mod random;
pub mod reading;
pub mod reference;
mod restoring;
pub mod run;
pub mod setup;
pub mod steps;
pub mod universe;
mod verifying;
pub mod workload;

pub use run::{Report, Violation, run};
pub use setup::Setup;

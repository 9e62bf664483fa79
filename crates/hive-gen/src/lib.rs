//! hive-gen: telemetry as a pure function of seed, size and profile.
//!
//! A [`Generator`] yields OTLP/protobuf request [`Body`]s as 96 instances of 24 services would send them: one resource and one
//! scope per request, up to 512 items, traces interleaved. The same (profile, seed, spans, end time) gives the same bytes on
//! every platform: the random numbers are SplitMix64 and nothing calls a floating-point library. [`LiveStream`] makes the same
//! kind of traffic with times near now, for demonstrations. [`PlantedCause`] tells which traces were made slow on purpose.
//!
//! ```
//! use glasshive_hive_gen::{Generator, Profile, Signal};
//!
//! let bodies: Vec<_> = Generator::new(Profile::Wide, 1, 2_000, 1_800_000_000_000_000_000).collect();
//! let spans: u32 = bodies.iter().filter(|body| body.signal == Signal::Traces).map(|body| body.items).sum();
//! assert_eq!(spans, 2_000);
//! ```
//!
//! It sends nothing and reads no clock; the program `hive-gen` beside it does.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
mod body;
mod day;
mod generator;
mod live;
mod log;
mod planted;
mod random;
mod span;
mod trace;
mod vocabulary;
mod writer;

pub use body::{Body, Checksum, Profile, Signal};
pub use generator::Generator;
pub use live::LiveStream;
pub use planted::PlantedCause;

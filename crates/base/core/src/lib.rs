//! Clocks, error kinds, limits, own metrics and bounded caches: what every floor may use and nothing of the product.
//!
//! Start with [`Clock`] (the only way any floor learns the time) and [`ErrorKind`] (the short list every error answers to).
//! There is no I/O and no async runtime here; [`BoxFuture`] is the one shape in which floors hand futures to each other.

pub mod cache;
pub mod clock;
pub mod error;
pub mod metrics;

pub use cache::Cache;
pub use clock::{Clock, ManualClock};
pub use error::ErrorKind;

/// A boxed, sendable future: what traits with asynchronous calls return, so that they stay object safe.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

//! Histograms of metrics: how calculations read the buckets that `<metric>.histogram` holds, and merge those of many points.
//!
//! A calculation on numbers ([`crate::Op::is_numeric`]) whose column is `<metric>.histogram`, or `<metric>` where no event has a
//! column of that name ([`metric_of`]), looks at the values that were measured, not at the points that report them. Of every event
//! it takes what its point *adds*:
//!
//! - A **delta** point adds all it holds.
//! - A **cumulative** point belongs to the stream of its `metric.series` and `metric.start_time_ns`. It adds what it holds more
//!   than the stream's point before, by time and then by arrival, of those events that the question is about, in its time or up to
//!   [`LOOK_BACK_NS`] before ([`Buckets::increase`]). Where something fell, or the buckets cannot be compared, the sender has begun
//!   anew, and the point adds all it holds. So does the first point of a stream that began within that time; the first of one that
//!   began earlier, or that does not say when, adds nothing: it is what later ones are counted from; of a partial answer, the time is
//!   the part that was looked at. A point without a series adds nothing, nor does one before the question's time.
//! - The temporality is what `metric.descriptors` says of the metric; a point that says none adds nothing.
//!
//! What is added becomes [`Range`]s, in which values lie evenly. Percentiles are interpolated in them ([`quantile`]), heatmaps get
//! their shares of rows ([`add_to_rows`]), `MIN` and `MAX` are the outermost edges; `SUM` and `AVG` come from `<metric>.sum` and
//! `<metric>.count`, of points that have a sum; `HISTOGRAM_COUNT` from `<metric>.count` of all points.

mod buckets;
mod ranges;
#[cfg(test)]
mod tests;

pub use buckets::{Buckets, Side};
pub use ranges::{Range, add_to_rows, around, distribution, extremes, quantile};

use crate::time::Window;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// What the name of a column of histograms ends in.
pub const SUFFIX: &str = ".histogram";

/// How far before the question's time points are looked for that those within are counted from: several of the intervals in which
/// SDKs and scrapers send. It does not depend on the steps, so that a value over the whole time does not either.
pub const LOOK_BACK_NS: i64 = 300_000_000_000;

/// A question's time, and what is looked at before it.
pub fn reach(window: Window) -> Window {
    Window { start_ns: window.start_ns.saturating_sub(LOOK_BACK_NS), ..window }
}

/// What a point counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporality {
    /// The point before.
    Delta,
    /// The start of its stream.
    Cumulative,
}

/// What a point reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The values by bucket.
    pub buckets: Buckets,
    /// How many values.
    pub count: f64,
    /// Their sum, if it is known.
    pub sum: Option<f64>,
    /// The least value, or less, if it is known.
    pub min: Option<f64>,
    /// The greatest, or more.
    pub max: Option<f64>,
}

/// The metric whose histograms a calculation over a column of this name looks at. `has_json` says whether some event has JSON text
/// under a name, `is_known` whether the name means something as it stands.
pub fn metric_of(name: &str, has_json: impl Fn(&str) -> bool, is_known: bool) -> Option<String> {
    match name.strip_suffix(SUFFIX) {
        Some(metric) if has_json(name) => Some(metric.to_owned()),
        _ => (!is_known && has_json(&format!("{name}{SUFFIX}"))).then(|| name.to_owned()),
    }
}

/// What `metric.descriptors` says of a metric's histogram. A row may have a gauge, say, of the same name: the text then has the name
/// twice.
pub fn temporality(descriptors: &str, metric: &str) -> Option<Temporality> {
    #[derive(Deserialize)]
    struct Descriptor<'a> {
        #[serde(borrow, default)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        temporality: Option<Cow<'a, str>>,
    }

    /// Looks for a metric's histogram among the members of an object.
    struct OfHistogram<'a>(&'a str);

    impl<'de> Visitor<'de> for OfHistogram<'_> {
        type Value = Option<Temporality>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("descriptors by metric")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(name) = members.next_key::<Cow<'de, str>>()? {
                let descriptor: Descriptor<'de> = members.next_value()?;
                if name != self.0 || !matches!(&*descriptor.kind, "histogram" | "exponential_histogram") {
                    continue;
                }
                found = found.or(match descriptor.temporality.as_deref() {
                    Some("delta") => Some(Temporality::Delta),
                    Some("cumulative") => Some(Temporality::Cumulative),
                    _ => None,
                });
            }
            Ok(found)
        }
    }

    serde_json::Deserializer::from_str(descriptors).deserialize_map(OfHistogram(metric)).ok()?
}

// === impl Histogram ===

impl Histogram {
    /// What it holds more than an earlier point of its stream; `None` where something fell.
    pub fn increase(&self, before: &Histogram) -> Option<Histogram> {
        let buckets = self.buckets.increase(&before.buckets).filter(|_| self.count >= before.count)?;
        let sum = self.sum.zip(before.sum).map(|(sum, before)| sum - before).filter(|sum| sum.is_finite());
        Some(Histogram { buckets, count: self.count - before.count, sum, min: self.min, max: self.max })
    }

    /// Where its values lie.
    pub fn ranges(&self) -> Vec<Range> {
        self.buckets.ranges(self.min, self.max)
    }
}

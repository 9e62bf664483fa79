//! Metrics, their points and exemplars as borrowed views.

mod numbers;

pub use numbers::{Counts, Doubles};
pub(crate) use numbers::{Form, Numbers};

use crate::error::WireError;
use crate::id::WireId;
use crate::json;
use crate::notes::Notes;
use crate::proto;
use crate::text::Text;
use crate::value::{Element, KeyValues, Repeated};

/// The metrics of a scope, parsed as they are walked; they can be walked more than once.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a>(pub(crate) Repeated<'a>);

/// A metric and what was measured of it.
#[derive(Debug, Clone, Copy)]
pub struct Metric<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it means.
    pub description: Text<'a>,
    /// Its unit, in UCUM.
    pub unit: Text<'a>,
    /// What else is known of it, such as `prometheus.type`.
    pub metadata: KeyValues<'a>,
    /// How it was aggregated; `None` when no kind, or none that is known, was sent.
    pub kind: Option<MetricKind>,
    /// 1 delta, 2 cumulative; 0 for kinds that have none.
    pub temporality: i32,
    /// Of a sum: whether it only grows.
    pub is_monotonic: bool,
    /// Its points.
    pub points: Points<'a>,
}

/// How a metric was aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// Values that are what they are at their time.
    Gauge,
    /// Values that were added up.
    Sum,
    /// Distributions over explicit bounds.
    Histogram,
    /// Distributions over exponentially growing buckets.
    ExponentialHistogram,
    /// Quantiles computed by the source.
    Summary,
}

/// The points of a metric, as they stand in the body.
#[derive(Debug, Clone, Copy)]
pub struct Points<'a> {
    pub(crate) list: Repeated<'a>,
    pub(crate) kind: MetricKind,
}

/// A point that is still to be read; small, so that many can be kept while they are sorted.
#[derive(Debug, Clone, Copy)]
pub struct RawPoint<'a> {
    element: Element<'a>,
    kind: MetricKind,
}

/// A point. Times are ns since 1970 UTC, 0 = not sent.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Since when it counts.
    pub start_ns: u64,
    /// When it was taken.
    pub time_ns: u64,
    /// Bit 0: nothing was recorded.
    pub flags: u32,
    /// Single measurements of which it is made.
    pub exemplars: Exemplars<'a>,
    /// What was measured.
    pub value: PointValue<'a>,
}

/// What a point says.
#[derive(Debug, Clone, Copy)]
pub enum PointValue<'a> {
    /// A number.
    Number(Number),
    /// A distribution over explicit bounds.
    Histogram(Histogram<'a>),
    /// A distribution over exponentially growing buckets.
    Exponential(Exponential<'a>),
    /// Quantiles.
    Summary(Summary<'a>),
}

/// A distribution over explicit bounds.
#[derive(Debug, Clone, Copy)]
pub struct Histogram<'a> {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// Upper bounds of all buckets but the last, which has none.
    pub bounds: Doubles<'a>,
    /// Values in each bucket.
    pub counts: Counts<'a>,
}

/// A distribution over buckets that grow by the factor 2^(2^-scale).
#[derive(Debug, Clone, Copy)]
pub struct Exponential<'a> {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The resolution.
    pub scale: i32,
    /// Values so close to zero that they have no bucket.
    pub zero_count: u64,
    /// How close that is.
    pub zero_threshold: f64,
    /// Values above zero.
    pub positive: Buckets<'a>,
    /// Values below zero.
    pub negative: Buckets<'a>,
}

/// One side of an exponential histogram: bucket `i` covers (base^(offset + i), base^(offset + i + 1)].
#[derive(Debug, Clone, Copy)]
pub struct Buckets<'a> {
    /// The index of the first bucket.
    pub offset: i32,
    /// Values in each bucket.
    pub counts: Counts<'a>,
}

/// Quantiles computed by the source.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a> {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The quantiles.
    pub quantiles: Quantiles<'a>,
}

/// The quantiles of a summary, parsed as they are walked.
#[derive(Debug, Clone, Copy)]
pub struct Quantiles<'a>(pub(crate) Repeated<'a>);

/// A quantile of a summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// Which, from 0 to 1.
    pub quantile: f64,
    /// Its value.
    pub value: f64,
}

/// The exemplars of a point, parsed as they are walked.
#[derive(Debug, Clone, Copy)]
pub struct Exemplars<'a>(pub(crate) Repeated<'a>);

/// A single measurement.
#[derive(Debug, Clone, Copy)]
pub struct Exemplar<'a> {
    /// When, ns since 1970 UTC, 0 = not sent.
    pub time_ns: u64,
    /// What.
    pub value: Number,
    /// The trace it was taken in.
    pub trace_id: WireId<16>,
    /// The span it was taken in.
    pub span_id: WireId<8>,
    /// Attributes that the point's aggregation dropped.
    pub attributes: KeyValues<'a>,
}

/// What a number point or an exemplar measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// No number was sent.
    None,
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
}

/// The flag of a point that says: nothing was recorded.
pub const NO_RECORDED_VALUE: u32 = 1;

// === impl Metrics ===

impl<'a> Metrics<'a> {
    /// Parses one after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<Metric<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter().map(move |element| match element? {
            Element::Proto(part, depth) => proto::metrics::metric(part, depth, notes),
            Element::Json(node) => json::metrics::metric(node, notes),
        })
    }

    /// Walks everything.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn check(self) -> Result<(), WireError> {
        self.iter().try_for_each(|metric| metric?.check())
    }
}

// === impl Metric ===

impl<'a> Metric<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        let none = Repeated::none(notes);
        Self {
            name: Text::default(),
            description: Text::default(),
            unit: Text::default(),
            metadata: KeyValues(none),
            kind: None,
            temporality: 0,
            is_monotonic: false,
            points: Points { list: none, kind: MetricKind::Gauge },
        }
    }

    /// Walks all that the view leaves unread.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn check(&self) -> Result<(), WireError> {
        self.metadata.check()?;
        self.points.iter().try_for_each(|point| point?.read(self.points.list.notes)?.check())
    }
}

// === impl MetricKind ===

impl MetricKind {
    /// The kind in words, with underscores.
    pub fn word(self) -> &'static str {
        match self {
            MetricKind::Gauge => "gauge",
            MetricKind::Sum => "sum",
            MetricKind::Histogram => "histogram",
            MetricKind::ExponentialHistogram => "exponential_histogram",
            MetricKind::Summary => "summary",
        }
    }

    /// Whether a temporality belongs to it.
    pub fn has_temporality(self) -> bool {
        matches!(self, MetricKind::Sum | MetricKind::Histogram | MetricKind::ExponentialHistogram)
    }
}

// === impl Points, RawPoint, Point ===

impl<'a> Points<'a> {
    /// One point after the other, unread. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<RawPoint<'a>, WireError>> {
        self.list.iter().map(move |element| Ok(RawPoint { element: element?, kind: self.kind }))
    }

    /// Where readers of these points note what they read leniently.
    pub fn notes(self) -> &'a Notes {
        self.list.notes
    }
}

impl RawPoint<'_> {
    /// Reads the point. What is read leniently is noted in `notes`: those of the walk the first time, others when the point is
    /// read again, so that nothing is counted twice.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn read<'b>(&'b self, notes: &'b Notes) -> Result<Point<'b>, WireError> {
        match self.element {
            Element::Proto(part, depth) => proto::metrics::point(self.kind, part, depth, notes),
            Element::Json(node) => json::metrics::point(self.kind, node, notes),
        }
    }
}

impl<'a> Point<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        let (none, value) = (Repeated::none(notes), PointValue::Number(Number::None));
        Self { attributes: KeyValues(none), start_ns: 0, time_ns: 0, flags: 0, exemplars: Exemplars(none), value }
    }

    /// Walks all that the view leaves unread.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn check(&self) -> Result<(), WireError> {
        self.attributes.check()?;
        self.exemplars.iter().try_for_each(|exemplar| exemplar?.attributes.check())?;
        match self.value {
            PointValue::Number(_) => Ok(()),
            PointValue::Histogram(histogram) => {
                histogram.bounds.iter().try_for_each(|bound| bound.map(drop))?;
                histogram.counts.check()
            }
            PointValue::Exponential(exponential) => {
                exponential.positive.counts.check()?;
                exponential.negative.counts.check()
            }
            PointValue::Summary(summary) => summary.quantiles.iter().try_for_each(|quantile| quantile.map(drop)),
        }
    }
}

// === impl Exponential ===

impl Exponential<'_> {
    pub(crate) fn empty() -> Self {
        let none = Buckets { offset: 0, counts: Counts(Numbers::None) };
        Self { count: 0, sum: None, min: None, max: None, scale: 0, zero_count: 0, zero_threshold: 0.0, positive: none, negative: none }
    }
}

// === impl Quantiles, Exemplars ===

impl<'a> Quantiles<'a> {
    /// Parses one after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<Quantile, WireError>> + 'a {
        self.0.iter().map(|element| match element? {
            Element::Proto(part, _) => proto::metrics::quantile(part),
            Element::Json(node) => json::metrics::quantile(node),
        })
    }
}

impl<'a> Exemplars<'a> {
    /// Parses one after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<Exemplar<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter().map(move |element| match element? {
            Element::Proto(part, depth) => proto::metrics::exemplar(part, depth, notes),
            Element::Json(node) => json::metrics::exemplar(node, notes),
        })
    }
}

//! Metric points to rows.
//!
//! Points of one scope with equal attributes, equal start and equal time become one row; a second value for a field that is
//! already set begins another. Attributes of the point are the row's own.
//!
//! | field | from |
//! |---|---|
//! | `_time` | the point's time, exactly |
//! | `<metric>` | a gauge's or sum's value, integer or double as sent |
//! | `<metric>.count`, `.sum`, `.min`, `.max` | a histogram's, where sent; a summary's `.count`, `.sum` |
//! | `<metric>.avg` | sum / count, where both are there |
//! | `<metric>.p001` ... `.p999` | a histogram's percentiles, estimated within buckets ([`distribution`]); a summary's quantiles as sent |
//! | `<metric>.histogram` | JSON text of a histogram's buckets, nothing lost ([`histogram`]) |
//! | `<metric>.exemplars` | JSON text of the exemplars ([`descriptor`]) |
//! | `metric.start_time_ns` | where not 0 |
//! | `metric.series` | hash of the attributes of resource, scope and point, and of the scope's name and version ([`series`]) |
//! | `metric.descriptors` | JSON text: kind, unit, temporality, monotonicity, description, metadata of each metric of the row |
//! | `meta.no_recorded_value` | JSON array of the metrics whose point says that nothing was recorded; they have no fields |
//! | `metric.<field>` | in place of `<field>`, where an attribute of the point has that name |
//!
//! Metrics are not sampled: the weight is 1, and sampling attributes stay what they are.

mod canonical;
mod descriptor;
mod distribution;
mod histogram;
mod place;
mod quantile;
mod row;
pub(super) mod series;

use super::Normaliser;
use super::ledger::{Reason, Repair};
use super::time::{self, Believed};
use glasshive_model::limits::KEY_OVERFLOW_BYTES;
use glasshive_wire_otlp::metric::{Metric, Metrics, NO_RECORDED_VALUE, Number, Point, PointValue};
use glasshive_wire_otlp::{Notes, WireError};
use place::Places;
use row::RowWriter;

/// Bytes of the longest metric name: the names of its fields are longer by a suffix.
const NAME_BYTES: usize = KEY_OVERFLOW_BYTES - 24;

// === impl Normaliser ===

impl Normaliser<'_> {
    pub(super) fn normalise_metrics(&mut self, metrics: Metrics<'_>) -> Result<(), WireError> {
        let mut places = Places::default();
        let mut kept = Vec::new();
        for metric in metrics.iter() {
            let metric = metric?;
            if self.place_points(&metric, kept.len(), &mut places)? {
                kept.push(metric);
            }
        }
        let points = places.into_points();
        let mut writer = RowWriter::new(&kept);
        for of_one_row in points.chunk_by(|left, right| left.row == right.row) {
            let mut later = Vec::new();
            self.write_rows(&mut writer, of_one_row, &mut later)?;
            while !later.is_empty() {
                let points = std::mem::take(&mut later);
                self.write_rows(&mut writer, &points, &mut later)?;
            }
        }
        Ok(())
    }

    /// Judges the points of a metric and gives each that is kept its row; whether any was. Reads everything, so that what is
    /// malformed is found.
    fn place_points<'a>(&mut self, metric: &Metric<'a>, index: usize, places: &mut Places<'a>) -> Result<bool, WireError> {
        metric.metadata.check()?;
        if metric.kind.is_none() {
            self.ledger.repair(Repair::UnknownMetricKind);
            return Ok(false);
        }
        let mut scratch = String::new();
        let name = metric.name.read(&mut scratch).text;
        let fault = self.judge_metric(metric, name).err();
        let mut key = None;
        let quiet = Notes::default();
        for raw in metric.points.iter() {
            let raw = raw?;
            let point = raw.read(metric.points.notes())?;
            point.check()?;
            let judged = match fault {
                Some(fault) => Err(fault),
                None => self.judge_point(&point)?,
            };
            match judged {
                Ok(()) => {
                    let key = *key.get_or_insert_with(|| self.fields.rows.key(name));
                    places.add(index, key, raw, &raw.read(&quiet)?)?;
                }
                Err(reason) => self.ledger.reject(reason, 1),
            }
        }
        Ok(key.is_some())
    }

    fn judge_metric(&self, metric: &Metric<'_>, name: &str) -> Result<(), Reason> {
        if name.is_empty() {
            return Err(Reason::NoMetricName);
        }
        if name.len() > NAME_BYTES {
            return Err(Reason::LongMetricName);
        }
        if metric.kind.is_some_and(|kind| kind.has_temporality()) && !matches!(metric.temporality, 1 | 2) {
            return Err(Reason::NoTemporality);
        }
        Ok(())
    }

    fn judge_point(&self, point: &Point<'_>) -> Result<Result<(), Reason>, WireError> {
        if let Err(reason) = self.point_time(point) {
            return Ok(Err(reason));
        }
        if point.flags & NO_RECORDED_VALUE != 0 {
            return Ok(Ok(()));
        }
        match point.value {
            PointValue::Number(Number::None) => Ok(Err(Reason::NoValue)),
            PointValue::Number(_) | PointValue::Summary(_) => Ok(Ok(())),
            PointValue::Histogram(buckets) => histogram::judge(&buckets),
            PointValue::Exponential(buckets) => histogram::judge_exponential(&buckets),
        }
    }

    fn point_time(&self, point: &Point<'_>) -> Result<Believed, Reason> {
        time::judge(point.time_ns, self.context).map_err(|reason| if reason == Reason::NoTime { Reason::NoPointTime } else { reason })
    }
}

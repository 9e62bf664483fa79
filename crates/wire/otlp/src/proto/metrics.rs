//! Metrics in protobuf.

use super::items::ITEM_DEPTH;
use super::{Fields, Part};
use crate::error::WireError;
use crate::field::{metric as field, metric_data};
use crate::metric::Metric;
use crate::notes::Notes;
use crate::value::Repeated;

pub(crate) fn metric<'a>(part: Part<'a>, notes: &'a Notes) -> Result<Metric<'a>, WireError> {
    let mut metric = Metric::default();
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            field::NAME => metric.name = fields.text(wire)?,
            field::DESCRIPTION => metric.description = fields.text(wire)?,
            field::UNIT => metric.unit = fields.text(wire)?,
            field::GAUGE | field::SUM | field::HISTOGRAM | field::EXPONENTIAL_HISTOGRAM | field::SUMMARY => {
                let data = fields.message(wire, ITEM_DEPTH + 1)?;
                metric.points = Repeated::proto(data, metric_data::DATA_POINTS, ITEM_DEPTH + 2, notes).count()?;
            }
            _ => {}
        }
    }
    Ok(metric)
}

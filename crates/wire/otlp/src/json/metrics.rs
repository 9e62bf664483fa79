//! Metrics in JSON.

use super::items::repeated;
use super::{Node, name};
use crate::error::WireError;
use crate::metric::Metric;
use crate::notes::Notes;

pub(super) fn metric<'a>(node: Node<'a>, notes: &'a Notes) -> Result<Metric<'a>, WireError> {
    let mut metric = Metric::default();
    let mut scratch = String::new();
    for (member, value) in node.object("metric")?.members() {
        match name(member, &mut scratch) {
            b"name" => metric.name = value.text("name")?,
            b"description" => metric.description = value.text("description")?,
            b"unit" => metric.unit = value.text("unit")?,
            b"gauge" | b"sum" | b"histogram" | b"exponentialHistogram" | b"exponential_histogram" | b"summary" => {
                metric.points = points(value, notes)?;
            }
            _ => {}
        }
    }
    Ok(metric)
}

fn points(node: Node<'_>, notes: &Notes) -> Result<u32, WireError> {
    let mut points = 0;
    let mut scratch = String::new();
    for (member, value) in node.object("metric data")?.members() {
        if matches!(name(member, &mut scratch), b"dataPoints" | b"data_points") {
            points = repeated(value, "dataPoints", notes)?.count()?;
        }
    }
    Ok(points)
}

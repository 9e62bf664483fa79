//! Statistics of one node or one sort of calls, period by period.

use crate::error::{XrayError, invalid};
use crate::filter::{self, Filter};
use crate::graph::{Histogram, Statistics};
use crate::summary::seconds;
use crate::trace::{Trace, duration_s};
use glasshive_query_plan::Window;
use glasshive_wire_xray::Entity;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    filter: Option<Filter>,
    /// Whether it is one node, named by its id.
    pub is_id: bool,
}

/// Statistics in the making.
pub struct Series {
    subject: Subject,
    window: Window,
    period_ns: i64,
    periods: BTreeMap<i64, (Statistics, Histogram)>,
}

impl Subject {
    /// Reads a selector: one `id(...)`, `service(...)` or `edge(...)`, perhaps with a block; `None` is all that comes in.
    ///
    /// # Errors
    /// [`XrayError::Invalid`].
    pub fn read(selector: Option<&str>) -> Result<Self, XrayError> {
        let Some(selector) = selector else { return Ok(Self { filter: None, is_id: false }) };
        let is_id = selector.trim_start().to_ascii_lowercase().starts_with("id(");
        let text = if is_id { format!("service({})", selector.trim()) } else { selector.to_owned() };
        match filter::parse(&text).map_err(|error| invalid(error.to_string()))? {
            filter @ (Filter::Service { .. } | Filter::Edge { .. }) => Ok(Self { filter: Some(filter), is_id }),
            _ => Err(invalid("EntitySelectorExpression is one id(...), service(...) or edge(...)")),
        }
    }
}

impl Series {
    /// Nothing counted yet; `period_s` is a multiple of a minute.
    pub fn new(subject: Subject, window: Window, period_s: i64) -> Self {
        Self { subject, window, period_ns: period_s * 1_000_000_000, periods: BTreeMap::new() }
    }

    /// Counts what a trace has of it in the window.
    pub fn add(&mut self, trace: &Trace<'_>) {
        let entities: Vec<&Entity<'_>> = match &self.subject.filter {
            None => trace.segments.iter().filter(|segment| segment.is_entry).map(|segment| &segment.entity).collect(),
            Some(filter) => filter.matched(trace),
        };
        for entity in entities {
            if (self.window.start_ns..self.window.end_ns).contains(&entity.start_ns) {
                let period = entity.start_ns.div_euclid(self.period_ns) * self.period_ns;
                let (statistics, histogram) = self.periods.entry(period).or_default();
                statistics.add(entity);
                histogram.add(duration_s(entity));
            }
        }
    }

    /// The periods in which there was something, as X-Ray tells them.
    pub fn told(&self) -> Vec<Value> {
        let member = match &self.subject.filter {
            Some(Filter::Service { .. }) => "ServiceSummaryStatistics",
            _ => "EdgeSummaryStatistics",
        };
        let told = |(period, (statistics, histogram)): (&i64, &(Statistics, Histogram))| {
            let mut told = json!({"Timestamp": seconds(*period), "ResponseTimeHistogram": histogram.told()});
            told[member] = statistics.told();
            told
        };
        self.periods.iter().map(told).collect()
    }
}

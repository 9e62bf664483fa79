//! The service map: which services called which, how often, how long it took, how it ended.
//!
//! Nodes are measured by their own segments, edges by what the caller saw. Every segment that has ended counts once.

mod told;

pub use told::{Called, Figures, Told};

use crate::trace::{Call, Node, Trace, duration_s, walk};
use glasshive_query_plan::Window;
use glasshive_wire_xray::Entity;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Distinct values of a histogram that are told as they are; more are put together.
const VALUES_MAX: usize = 100;
/// The ratio of the bounds of what is put together.
const RATIO: f64 = 1.02;

/// A graph in the making.
#[derive(Default)]
pub struct Graph {
    nodes: HashMap<Node, Service>,
    edges: HashMap<(Node, Node), Edge>,
}

#[derive(Default)]
struct Service {
    is_root: bool,
    is_received: bool,
    extent: Extent,
    statistics: Statistics,
    responses: Histogram,
    durations: Histogram,
}

#[derive(Default)]
struct Edge {
    extent: Extent,
    statistics: Statistics,
    responses: Histogram,
    /// What the caller calls it, where that is not its name.
    aliases: BTreeSet<String>,
}

/// The first start and the last end.
struct Extent {
    start_ns: i64,
    end_ns: i64,
}

/// How what has ended did end, and how long it took together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistics {
    /// Well.
    pub ok: u64,
    /// Refused, because there were too many.
    pub throttles: u64,
    /// With a request that was wrong otherwise.
    pub errors: u64,
    /// With a fault of the server's.
    pub faults: u64,
    /// Seconds, all together.
    pub time_s: f64,
}

/// Counts by milliseconds.
#[derive(Default)]
pub(crate) struct Histogram(BTreeMap<i64, u64>);

impl Graph {
    /// Adds a trace; of it what meets the window, where one is given.
    pub fn add(&mut self, trace: &Trace<'_>, window: Option<Window>) {
        let meets = |entity: &Entity<'_>| {
            window.is_none_or(|window| entity.start_ns < window.end_ns && entity.end_ns.unwrap_or(entity.start_ns) >= window.start_ns)
        };
        for segment in trace.segments.iter().filter(|segment| !segment.tree.is_orphan && meets(&segment.entity)) {
            let service = self.nodes.entry(segment.node.clone()).or_default();
            service.is_root |= segment.is_entry;
            service.is_received |= !segment.tree.is_inferred;
            service.extent.add(&segment.entity, window);
            service.statistics.add(&segment.entity);
            service.responses.add(duration_s(&segment.entity));
            service.durations.add(duration_s(&segment.entity).map(|_| whole_s(&segment.entity)));
            if segment.is_entry {
                self.edge(client_of(&segment.node), segment.node.clone()).add(&segment.entity, window);
            }
        }
        for Call { from, to, entity } in trace.calls() {
            let (from, to) = (&trace.segments[from], &trace.segments[to]);
            if !from.tree.is_orphan && meets(&from.entity) && meets(&to.entity) {
                let edge = self.edge(from.node.clone(), to.node.clone());
                edge.add(entity, window);
                if entity.is_subsegment && entity.name != to.node.name {
                    edge.aliases.insert(entity.name.to_owned());
                }
            }
        }
    }

    fn edge(&mut self, from: Node, to: Node) -> &mut Edge {
        self.edges.entry((from, to)).or_default()
    }
}

/// The client of a service.
fn client_of(node: &Node) -> Node {
    Node { name: node.name.clone(), kind: Some("client".to_owned()), account_id: None }
}

fn is_client(node: &Node) -> bool {
    node.kind.as_deref() == Some("client")
}

/// Seconds until the last of an entity's own subsegments had ended.
fn whole_s(entity: &Entity<'_>) -> f64 {
    let mut end_ns = entity.start_ns;
    walk(entity, &mut |entity| end_ns = end_ns.max(entity.end_ns.unwrap_or(entity.start_ns)));
    (end_ns - entity.start_ns) as f64 / 1e9
}

impl Edge {
    fn add(&mut self, entity: &Entity<'_>, window: Option<Window>) {
        self.extent.add(entity, window);
        self.statistics.add(entity);
        self.responses.add(duration_s(entity));
    }
}

impl Default for Extent {
    fn default() -> Self {
        Self { start_ns: i64::MAX, end_ns: i64::MIN }
    }
}

impl Extent {
    fn add(&mut self, entity: &Entity<'_>, window: Option<Window>) {
        let window = window.unwrap_or(Window { start_ns: i64::MIN, end_ns: i64::MAX });
        self.start_ns = self.start_ns.min(entity.start_ns.max(window.start_ns));
        self.end_ns = self.end_ns.max(entity.end_ns.unwrap_or(entity.start_ns).min(window.end_ns));
    }
}

impl Statistics {
    /// Counts what has ended.
    pub(crate) fn add(&mut self, entity: &Entity<'_>) {
        let Some(own_s) = duration_s(entity) else { return };
        let count = if entity.is_fault {
            &mut self.faults
        } else if entity.is_throttle {
            &mut self.throttles
        } else if entity.is_error {
            &mut self.errors
        } else {
            &mut self.ok
        };
        *count += 1;
        self.time_s += own_s;
    }

    /// All that have ended.
    pub fn total(&self) -> u64 {
        self.ok + self.throttles + self.errors + self.faults
    }

    pub(crate) fn told(&self) -> Value {
        let Self { ok, throttles, errors, faults, time_s } = self;
        json!({
            "OkCount": ok,
            "ErrorStatistics": {"ThrottleCount": throttles, "OtherCount": errors, "TotalCount": throttles + errors},
            "FaultStatistics": {"OtherCount": faults, "TotalCount": faults},
            "TotalCount": self.total(),
            "TotalResponseTime": (time_s * 1e3).round() / 1e3,
        })
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, own_s: Option<f64>) {
        if let Some(own_s) = own_s {
            *self.0.entry((own_s * 1e3).round() as i64).or_default() += 1;
        }
    }

    pub(crate) fn told(&self) -> Value {
        self.entries().into_iter().map(|(value_s, count)| json!({"Value": value_s, "Count": count})).collect()
    }

    /// Seconds and count, ascending. Where there are many values, those that are near each other are put together at their mean.
    pub(crate) fn entries(&self) -> Vec<(f64, u64)> {
        if self.0.len() <= VALUES_MAX {
            return self.0.iter().map(|(ms, count)| (*ms as f64 / 1e3, *count)).collect();
        }
        let mut bins: BTreeMap<i64, (f64, u64)> = BTreeMap::new();
        for (ms, count) in &self.0 {
            let bin = bins.entry(if *ms <= 0 { -1 } else { ((*ms as f64).ln() / RATIO.ln()).floor() as i64 }).or_default();
            bin.0 += *ms as f64 * *count as f64;
            bin.1 += count;
        }
        bins.values().map(|(sum, count)| ((sum / *count as f64).round() / 1e3, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forest::Forest;

    /// Two requests to `backend` that ask a database; one fails.
    #[test]
    fn two_requests_and_a_database() {
        let mut graph = Graph::default();
        for (number, start, end, more) in [(1, 10.0, 10.1, ""), (2, 19.8, 20.0, ",\"fault\":true")] {
            let trace = format!("1-581cf771-{number:024x}");
            let call_start = if number == 1 { 10.01 } else { 19.895 };
            let document = format!(
                r#"{{"name":"backend","id":"0000000000000001","trace_id":"{trace}","start_time":{start},"end_time":{end}{more},
                "subsegments":[{{"name":"db@h","id":"0000000000000002","namespace":"remote","sql":{{"url":"x"}},"start_time":{call_start},"end_time":{}}}]}}"#,
                call_start + 0.005
            );
            let id = glasshive_wire_xray::id::trace_id(&trace).unwrap();
            let forest = Forest::grow(id, &[document.as_bytes()], 0);
            graph.add(&Trace::read(id, &forest).unwrap(), None);
        }
        let services = graph.services();
        let told: Vec<String> = services
            .iter()
            .map(|service| {
                let edges: Vec<String> =
                    service["Edges"].as_array().unwrap().iter().map(|edge| format!("{}", edge["ReferenceId"])).collect();
                let of = |value: &Value| value.as_str().unwrap_or("-").to_owned();
                let total = &service["SummaryStatistics"]["TotalCount"];
                format!("{} {} {} {total} -> {}", of(&service["Name"]), of(&service["Type"]), of(&service["State"]), edges.join(","))
            })
            .collect();
        assert_eq!(told, ["backend client unknown null -> 1", "backend - active 2 -> 2", "db@h Database::SQL unknown 2 -> "]);
        assert_eq!(services[1]["Root"], true);
        assert_eq!(services[1]["SummaryStatistics"]["FaultStatistics"], json!({"OtherCount": 1, "TotalCount": 1}));
        assert_eq!(services[1]["SummaryStatistics"]["TotalResponseTime"], 0.3);
        assert_eq!(services[1]["ResponseTimeHistogram"], json!([{"Value": 0.1, "Count": 1}, {"Value": 0.2, "Count": 1}]));
        assert_eq!(services[2]["DurationHistogram"], json!([{"Value": 0.005, "Count": 2}]));
        assert_eq!((&services[0]["StartTime"], &services[0]["EndTime"]), (&json!(10.0), &json!(20.0)));
        assert!(services[0].get("SummaryStatistics").is_none() && services[1]["Edges"][0]["Aliases"] == json!([]));
    }

    #[test]
    fn many_values_are_put_together_and_none_is_lost() {
        let mut histogram = Histogram::default();
        (1..=10_000).for_each(|ms| histogram.add(Some(f64::from(ms) / 1e3)));
        let told = histogram.told();
        let entries = told.as_array().unwrap();
        assert!(entries.len() < 600, "{}", entries.len());
        assert_eq!(entries.iter().map(|entry| entry["Count"].as_u64().unwrap()).sum::<u64>(), 10_000);
        assert!(entries.is_sorted_by(|left, right| left["Value"].as_f64() < right["Value"].as_f64()));
    }
}

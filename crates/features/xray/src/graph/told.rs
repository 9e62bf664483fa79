//! A graph that is told: its nodes in order, each with its edges. X-Ray's answer and our own are two forms of this.

use super::{Edge, Extent, Graph, Histogram, Service, Statistics, is_client};
use crate::summary::seconds;
use crate::trace::Node;
use serde_json::{Value, json};
use std::collections::HashMap;

/// A node as it is told.
pub struct Told<'g> {
    /// Which.
    pub node: &'g Node,
    /// Whether requests came in through it from outside.
    pub is_root: bool,
    /// Whether it sent segments itself.
    pub is_received: bool,
    /// The first start, ns since 1970, and the last end.
    pub extent_ns: Option<(i64, i64)>,
    /// What was measured of it; clients are not.
    pub figures: Option<Figures>,
    /// Seconds until everything that its requests began was done, with their counts; empty of clients.
    pub durations: Vec<(f64, u64)>,
    /// Whom it calls, in order of their places.
    pub edges: Vec<Called<'g>>,
}

/// An edge as it is told.
pub struct Called<'g> {
    /// The place of the one that is called, among all nodes.
    pub to: usize,
    /// The first start, ns since 1970, and the last end.
    pub extent_ns: (i64, i64),
    /// What the caller saw.
    pub figures: Figures,
    /// What the caller calls it, where that is not its name.
    pub aliases: Vec<&'g str>,
}

/// Counts and times.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// How it ended.
    pub statistics: Statistics,
    /// Seconds until the answer with their counts, ascending.
    pub responses: Vec<(f64, u64)>,
}

impl Graph {
    /// All nodes: in order of their first start, clients before what they call.
    pub fn nodes<'g>(&'g self) -> Vec<Told<'g>> {
        let mut order: Vec<(i64, &'g Node)> = self.nodes.iter().map(|(node, service)| (service.extent.start_ns, node)).collect();
        let mut calls: HashMap<&'g Node, Vec<(&'g Node, &'g Edge)>> = HashMap::new();
        for ((from, to), edge) in &self.edges {
            calls.entry(from).or_default().push((to, edge));
        }
        for (from, edges) in &calls {
            if !self.nodes.contains_key(*from) {
                order.push((edges.iter().map(|(_, edge)| edge.extent.start_ns).min().unwrap_or(i64::MAX), from));
            }
        }
        order.sort_by_key(|(start_ns, node)| (*start_ns, &node.name, !is_client(node), &node.kind, &node.account_id));
        let places: HashMap<&'g Node, usize> = order.iter().enumerate().map(|(place, (_, node))| (*node, place)).collect();
        let told = |(_, node): (i64, &'g Node)| {
            let mut edges: Vec<Called<'g>> =
                calls.get(node).map_or(&[][..], Vec::as_slice).iter().map(|(to, edge)| edge.told(places[to])).collect();
            edges.sort_by_key(|edge| edge.to);
            told_node(node, self.nodes.get(node), edges)
        };
        order.iter().copied().map(told).collect()
    }

    /// The services as X-Ray tells them, with their edges.
    pub fn services(&self) -> Vec<Value> {
        self.nodes().iter().enumerate().map(|(place, told)| told.service(place)).collect()
    }
}

fn told_node<'g>(node: &'g Node, service: Option<&'g Service>, edges: Vec<Called<'g>>) -> Told<'g> {
    let of_edges = || Some((edges.iter().map(|edge| edge.extent_ns.0).min()?, edges.iter().map(|edge| edge.extent_ns.1).max()?));
    let extent_ns = service.map(|service| service.extent.both()).or_else(of_edges);
    Told {
        node,
        is_root: service.is_some_and(|service| service.is_root),
        is_received: service.is_some_and(|service| service.is_received),
        extent_ns,
        figures: service.map(|service| Figures::of(&service.statistics, &service.responses)),
        durations: service.map(|service| service.durations.entries()).unwrap_or_default(),
        edges,
    }
}

impl Told<'_> {
    fn service(&self, place: usize) -> Value {
        let node = self.node;
        let mut told = json!({
            "ReferenceId": place,
            "Name": node.name,
            "Names": [node.name],
            "State": if self.is_received { "active" } else { "unknown" },
            "Edges": self.edges.iter().map(Called::edge).collect::<Vec<Value>>(),
        });
        for (member, value) in [("Type", &node.kind), ("AccountId", &node.account_id)] {
            if let Some(value) = value {
                told[member] = value.as_str().into();
            }
        }
        if let Some((start_ns, end_ns)) = self.extent_ns {
            told["StartTime"] = seconds(start_ns);
            told["EndTime"] = seconds(end_ns);
        }
        if let Some(figures) = &self.figures {
            told["SummaryStatistics"] = figures.statistics.told();
            told["ResponseTimeHistogram"] = histogram(&figures.responses);
            told["DurationHistogram"] = histogram(&self.durations);
            if self.is_root {
                told["Root"] = true.into();
            }
        }
        told
    }
}

impl Called<'_> {
    fn edge(&self) -> Value {
        let alias = |name: &&str| json!({"Name": name, "Names": [name]});
        json!({
            "ReferenceId": self.to,
            "StartTime": seconds(self.extent_ns.0),
            "EndTime": seconds(self.extent_ns.1),
            "SummaryStatistics": self.figures.statistics.told(),
            "ResponseTimeHistogram": histogram(&self.figures.responses),
            "Aliases": self.aliases.iter().map(alias).collect::<Vec<Value>>(),
        })
    }
}

impl Edge {
    fn told(&self, to: usize) -> Called<'_> {
        let aliases = self.aliases.iter().map(String::as_str).collect();
        Called { to, extent_ns: self.extent.both(), figures: Figures::of(&self.statistics, &self.responses), aliases }
    }
}

impl Extent {
    fn both(&self) -> (i64, i64) {
        (self.start_ns, self.end_ns)
    }
}

impl Figures {
    fn of(statistics: &Statistics, responses: &Histogram) -> Self {
        Self { statistics: *statistics, responses: responses.entries() }
    }
}

fn histogram(entries: &[(f64, u64)]) -> Value {
    entries.iter().map(|(value_s, count)| json!({"Value": value_s, "Count": count})).collect()
}

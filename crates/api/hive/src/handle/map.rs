//! The service map, and where its nodes stand.

use super::xray::{Looker, asked_window, failure, filter, kept};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::map::{Layout, Layouts, Map, MapEdge, MapNode, NodePlace};
use glasshive_base_http::Response;
use glasshive_feature_xray::find::{Search, TimeType};
use glasshive_feature_xray::graph::{Graph, Told};
use glasshive_feature_xray::layout::Position;
use glasshive_feature_xray::trace::Trace;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Nodes of one answer.
const NODES_MAX: usize = 1_000;
/// Edges of one answer.
const EDGES_MAX: usize = 5_000;
/// How far before the range traces are looked for that reach into it, ns.
const REACH_NS: i64 = 3_600 * 1_000_000_000;

/// Answers the graph of a time's traces: the one that `GetServiceGraph` tells, in our words.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let window = asked_window(&call)?;
    let filter = filter(&call)?;
    let xray = kept(&call)?;
    let ticket = call.enter("map", &format!("{} {}", call.query("group").unwrap_or_default(), call.query("filter").unwrap_or_default()))?;
    let looker = Looker::new(&call, ticket.cancel.clone());
    let graph = Mutex::new(Graph::default());
    let look = |trace: &Trace<'_>| graph.lock().unwrap_or_else(PoisonError::into_inner).add(trace, Some(window));
    let search = Search {
        environment: call.environment,
        window,
        time_type: TimeType::Event,
        filter: &filter,
        share: 1.0,
        after: None,
        limit: usize::MAX,
        now_ns: call.hive.clock.wall_ns(),
        reach_ns: REACH_NS,
        watch: &looker,
    };
    let found = search.page(&open.engine, look).await.map_err(failure)?;
    looker.check()?;
    let graph = graph.into_inner().unwrap_or_else(PoisonError::into_inner);
    let nodes = graph.nodes();
    let positions = xray.layouts.positions(call.environment);
    let positions: HashMap<&str, &Position> = positions.iter().map(|position| (position.node.as_str(), position)).collect();
    let kept = busiest(&nodes);
    let mut told = Map {
        from_ns: Nanoseconds(window.start_ns),
        to_ns: Nanoseconds(window.end_ns),
        nodes: Vec::new(),
        edges: Vec::new(),
        examined: found.examined,
        matched: found.traces.len(),
        services_seen: looker.services(),
        cut: looker.cut(found.next, window),
        nodes_left_out: nodes.len() - kept.len(),
        edges_left_out: 0,
    };
    let mut edges = 0;
    for (place, node) in nodes.iter().enumerate().filter(|(place, _)| kept.contains(place)) {
        let own = MapNode::new(node, None);
        let position = positions.get(own.id.as_str());
        told.nodes.push(MapNode { position: MapNode::new(node, position.copied()).position, ..own });
        edges += node.edges.len();
        let calls = node.edges.iter().filter(|edge| kept.contains(&edge.to));
        told.edges.extend(calls.map(|edge| MapEdge::new(nodes[place].node, nodes[edge.to].node, edge)));
    }
    edges += nodes.iter().enumerate().filter(|(place, _)| !kept.contains(place)).map(|(_, node)| node.edges.len()).sum::<usize>();
    if told.edges.len() > EDGES_MAX {
        told.edges.sort_by_key(|edge| std::cmp::Reverse(edge.figures.total));
        told.edges.truncate(EDGES_MAX);
    }
    told.edges_left_out = edges - told.edges.len();
    ok(&told)
}

/// The places of the nodes that are told: all, or those with the most requests.
fn busiest(nodes: &[Told<'_>]) -> HashSet<usize> {
    let requests = |node: &Told<'_>| {
        let own = node.figures.as_ref().map_or(0, |figures| figures.statistics.total());
        own.max(node.edges.iter().map(|edge| edge.figures.statistics.total()).sum())
    };
    let mut places: Vec<usize> = (0..nodes.len()).collect();
    if places.len() > NODES_MAX {
        places.sort_by_key(|place| std::cmp::Reverse(requests(&nodes[*place])));
        places.truncate(NODES_MAX);
    }
    places.into_iter().collect()
}

/// Keeps where nodes stand.
pub async fn put_layout(mut call: Call) -> Result<Response, Failure> {
    let Layout { positions, replace } = call.body().await?;
    let said = positions.into_iter().map(Into::into).collect();
    let kept = kept(&call)?.layouts.put(call.environment, said, replace).await.map_err(failure)?;
    ok(&Layouts { positions: kept.into_iter().map(NodePlace::from).collect() })
}

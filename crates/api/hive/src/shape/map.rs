//! The service map.

use super::Nanoseconds;
use glasshive_feature_xray::graph::{Called, Figures, Told};
use glasshive_feature_xray::layout;
use glasshive_feature_xray::trace::Node;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which services called which, over a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Map {
    /// From when.
    pub from_ns: Nanoseconds,
    /// Until when, this moment not included.
    pub to_ns: Nanoseconds,
    /// Services and what they call, those that began first before others, callers before what they call.
    pub nodes: Vec<MapNode>,
    /// Calls from one to another.
    pub edges: Vec<MapEdge>,
    /// Traces that were looked at.
    pub examined: usize,
    /// Of them those that the filter and the group accept.
    pub matched: usize,
    /// The names of services that were met, whether their traces were accepted or not.
    pub services_seen: Vec<String>,
    /// The map is not of the whole time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Nodes that are not told, those with the fewest requests.
    pub nodes_left_out: usize,
    /// Edges that are not told, with their nodes or by themselves.
    pub edges_left_out: usize,
}

/// How far an answer goes that ended before all was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// `traces`: there were too many; `time`: it took too long.
    pub reason: String,
    /// From here on everything was looked at.
    pub from_ns: Nanoseconds,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapNode {
    /// By what it is known, now and later: its type, its name and its account.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `client`, `remote`, `Database::SQL`, `AWS::DynamoDB::Table` and so on; absent of most services.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its account at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Whether requests came in through it from outside.
    pub is_root: bool,
    /// Whether it sends spans itself; otherwise it is known by those who call it.
    pub is_received: bool,
    /// What was measured; absent of clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<MapFigures>,
    /// Where it stands, where somebody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Place>,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapEdge {
    /// The calling node.
    pub from: String,
    /// The called one.
    pub to: String,
    /// What the caller saw.
    pub figures: MapFigures,
    /// What the caller calls it, where that is not its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// Counts of what has ended, and times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapFigures {
    /// All.
    pub total: u64,
    /// Those that went well.
    pub ok: u64,
    /// Those whose request was wrong.
    pub errors: u64,
    /// Those that were too many.
    pub throttles: u64,
    /// Those that failed on the server's side.
    pub faults: u64,
    /// Seconds of all together.
    pub seconds: f64,
    /// How often which time was taken, ascending; the counts add up to the total.
    pub response_times: Vec<Bin>,
}

/// A time and how often it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// Seconds.
    pub seconds: f64,
    /// How often.
    pub count: u64,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// Somebody put it there.
    #[serde(default)]
    pub pinned: bool,
}

/// Where nodes stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Of each node the place; of nodes that are not named it stays.
    pub positions: Vec<NodePlace>,
    /// These are all: others are forgotten.
    #[serde(default)]
    pub replace: bool,
}

/// The place of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodePlace {
    /// The node's id.
    pub node: String,
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// Somebody put it there: a new layout leaves it.
    #[serde(default)]
    pub pinned: bool,
}

/// Where all nodes stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Layouts {
    /// Those that were said last stand last.
    pub positions: Vec<NodePlace>,
}

/// By what a node is known: type, name, account; what is not there is empty.
pub fn node_id(node: &Node) -> String {
    let part = |text: Option<&String>| text.map(|text| text.replace('%', "%25").replace('|', "%7C")).unwrap_or_default();
    let id = format!("{}|{}", part(node.kind.as_ref()), part(Some(&node.name)));
    if node.account_id.is_some() { format!("{id}|{}", part(node.account_id.as_ref())) } else { id }
}

impl MapNode {
    /// A node of a graph.
    pub fn new(told: &Told<'_>, position: Option<&layout::Position>) -> Self {
        Self {
            id: node_id(told.node),
            name: told.node.name.clone(),
            kind: told.node.kind.clone(),
            account_id: told.node.account_id.clone(),
            is_root: told.is_root,
            is_received: told.is_received,
            figures: told.figures.as_ref().map(MapFigures::from),
            position: position.map(|at| Place { x: at.x, y: at.y, pinned: at.is_pinned }),
        }
    }
}

impl MapEdge {
    /// An edge of a graph.
    pub fn new(from: &Node, to: &Node, called: &Called<'_>) -> Self {
        let aliases = called.aliases.iter().map(|alias| (*alias).to_owned()).collect();
        Self { from: node_id(from), to: node_id(to), figures: MapFigures::from(&called.figures), aliases }
    }
}

impl From<&Figures> for MapFigures {
    fn from(figures: &Figures) -> Self {
        let counts = &figures.statistics;
        Self {
            total: counts.total(),
            ok: counts.ok,
            errors: counts.errors,
            throttles: counts.throttles,
            faults: counts.faults,
            seconds: (counts.time_s * 1e6).round() / 1e6,
            response_times: figures.responses.iter().map(|(seconds, count)| Bin { seconds: *seconds, count: *count }).collect(),
        }
    }
}

impl From<NodePlace> for layout::Position {
    fn from(NodePlace { node, x, y, pinned }: NodePlace) -> Self {
        Self { node, x, y, is_pinned: pinned }
    }
}

impl From<layout::Position> for NodePlace {
    fn from(position: layout::Position) -> Self {
        Self { node: position.node, x: position.x, y: position.y, pinned: position.is_pinned }
    }
}

//! Sums over a tree that stands in drawing order.

use crate::trace::{Node, NodeKind, ServiceShare};
use crate::words::Words;

/// Fills in child counts, descendant counts and own time.
pub(crate) fn measure(nodes: &mut [Node]) {
    let mut children: Vec<Vec<(i64, i64)>> = vec![Vec::new(); nodes.len()];
    for index in (0..nodes.len()).rev() {
        let node = &mut nodes[index];
        node.self_ns = own_time(node, std::mem::take(&mut children[index]));
        let (below, errors_below) = (node.descendant_count + 1, node.descendant_error_count + usize::from(node.is_error));
        let extent = node.duration_ns.map(|duration| (node.offset_ns, node.offset_ns.saturating_add(duration)));
        let Some(parent) = node.parent else { continue };
        children[parent].extend(extent);
        let parent = &mut nodes[parent];
        parent.child_count += 1;
        parent.descendant_count += below;
        parent.descendant_error_count += errors_below;
    }
}

/// The duration without the union of the children's extents within it.
fn own_time(node: &Node, mut children: Vec<(i64, i64)>) -> i64 {
    let Some(duration) = node.duration_ns else { return 0 };
    let (start, end) = (node.offset_ns, node.offset_ns.saturating_add(duration));
    children.sort_unstable();
    let mut covered = 0;
    let mut reached = start;
    for (child_start, child_end) in children {
        let (from, to) = (child_start.max(reached), child_end.min(end));
        if to > from {
            covered += to - from;
            reached = to;
        }
    }
    duration - covered
}

/// Services by own time, the busiest first, then by name.
pub(crate) fn services(nodes: &[Node], words: &Words) -> Vec<ServiceShare> {
    let mut by_word: Vec<Option<ServiceShare>> = vec![None; words.len()];
    for node in nodes.iter().filter(|node| node.kind == NodeKind::Span) {
        let nothing = ServiceShare { name: node.service, span_count: 0, error_count: 0, self_ns: 0 };
        let share = by_word[node.service.place()].get_or_insert(nothing);
        share.span_count += 1;
        share.error_count += usize::from(node.is_error);
        share.self_ns = share.self_ns.saturating_add(node.self_ns);
    }
    let mut services: Vec<ServiceShare> = by_word.into_iter().flatten().collect();
    services.sort_by(|left, right| right.self_ns.cmp(&left.self_ns).then_with(|| words.text(left.name).cmp(words.text(right.name))));
    services
}

//! The lines that lead from parents to children.

use super::Line;

/// What stands before one line of the tree.
pub(super) struct Guide {
    /// Before the name.
    pub before: String,
    below: String,
}

impl Guide {
    /// Before what belongs to the line and stands below it.
    pub(super) fn below(&self) -> String {
        self.below.clone()
    }
}

/// One for each line. Lines are in drawing order: parents before children, a subtree in one piece. At most `levels`
/// levels are drawn, the lowest; how many are left out stands before them.
pub(super) fn guides(lines: &[Line], levels: usize) -> Vec<Guide> {
    // From the last line upwards: `open[level]` says that a later line of this level has the same parent.
    let mut open: Vec<bool> = Vec::new();
    let mut guides = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate().rev() {
        let has_children = lines.get(index + 1).is_some_and(|next| next.depth > line.depth);
        open.resize(line.depth.max(open.len()) + 1, false);
        let through = |level: usize| if open[level] { "│ " } else { "  " };
        let first = (line.depth + 1).saturating_sub(levels).max(1);
        let skipped = if first > 1 { format!("{} ", first - 1) } else { String::new() };
        let above: String = (first..line.depth).map(through).collect();
        let (own, below) = match line.depth {
            0 => ("", ""),
            level => (if open[level] { "├ " } else { "└ " }, through(level)),
        };
        let child = if has_children { "│ " } else { "  " };
        let blank = " ".repeat(skipped.len());
        guides.push(Guide { before: format!("{skipped}{above}{own}"), below: format!("{blank}{above}{below}{child}") });
        open.truncate(line.depth + 1);
        open[line.depth] = true;
    }
    guides.reverse();
    guides
}

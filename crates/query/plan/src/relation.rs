//! Columns of other spans of the same trace: `root.name`, `child.error`.
//!
//! In conditions and groups, a column of this form means the rest of the name in another span of the event's trace, unless some
//! event has a column of the whole name. *Spans* are the events with a trace id and a span id that are no annotations; they are
//! looked for in all datasets, in the window and [`REACH_NS`] round it. All conditions of one prefix are met by one span; where
//! several meet them, the earliest is taken (and of these, the first to arrive), so that an event counts once. An event without
//! such a span does not pass, except that under a prefix that has no conditions its group is null.

use crate::filter::{Combination, Filters};
use crate::plan::Column;
use crate::time::Window;

/// Which other span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// The span of the trace that has no parent.
    Root,
    /// The span whose id is the event's parent id.
    Parent,
    /// A span whose parent id is the event's span id.
    Child,
    /// A span anywhere in the trace, the event itself included.
    Any,
    /// Another such one.
    Any2,
    /// And another.
    Any3,
    /// A span that must not be anywhere in the trace.
    None,
}

/// How far beyond the window other spans are looked for.
pub const REACH_NS: i64 = 3_600_000_000_000;
/// Most traces that are looked at; with more, the answer is partial.
pub const TRACES_MAX: usize = 200_000;

impl Relation {
    /// All of them, as the documents list them.
    pub const ALL: [Relation; 7] =
        [Relation::Root, Relation::Parent, Relation::Child, Relation::Any, Relation::Any2, Relation::Any3, Relation::None];

    /// What stands before the dot.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Root => "root",
            Relation::Parent => "parent",
            Relation::Child => "child",
            Relation::Any => "any",
            Relation::Any2 => "any2",
            Relation::Any3 => "any3",
            Relation::None => "none",
        }
    }

    /// The relation and the other span's column, if a column is written so. An exact column is not.
    pub fn split(column: &Column) -> Option<(Self, Column)> {
        if column.exact {
            return None;
        }
        let (prefix, rest) = column.name.split_once('.')?;
        let relation = Self::ALL.into_iter().find(|relation| relation.name() == prefix)?;
        (!rest.is_empty() && rest != "=").then(|| (relation, Column::from_shown(rest)))
    }

    /// Where other spans of events of a window are looked for.
    pub fn reach(window: Window) -> Window {
        Window { start_ns: window.start_ns.saturating_sub(REACH_NS), end_ns: window.end_ns.saturating_add(REACH_NS) }
    }
}

/// What is wrong with how a question uses such columns in its conditions.
pub(crate) fn check_filters(filters: &Filters) -> Result<(), String> {
    let related = filters.conditions.iter().map(|condition| &condition.column).find(|column| Relation::split(column).is_some());
    match related {
        Some(column) if filters.combination == Combination::Or => {
            Err(format!("conditions on other spans of the trace are joined by AND; if {column} is a column's own name, write ={column}"))
        }
        _ => Ok(()),
    }
}

/// What is wrong with grouping by a column, or taking one value of it.
///
/// # Errors
/// When there is no such span.
pub fn check_breakdown(column: &Column) -> Result<(), String> {
    match Relation::split(column) {
        Some((Relation::None, _)) => {
            Err(format!("there is no span to group by behind \"none.\"; if {column} is a column's own name, write ={column}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_split_off() {
        let split = |name: &str| Relation::split(&Column::from_shown(name)).map(|(relation, rest)| (relation, rest.to_string()));
        assert_eq!(split("root.http.route"), Some((Relation::Root, "http.route".to_owned())));
        assert_eq!(split("any3.=http.status_code"), Some((Relation::Any3, "=http.status_code".to_owned())));
        for plain in ["=root.name", "root", "root.", "route.name", "none.=", "Root.name"] {
            assert_eq!(split(plain), None, "{plain}");
        }
    }
}

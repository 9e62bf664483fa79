//! Columns by where their values came from: `resource.host.name`, `scope.version`, `span.route`.
//!
//! An event's own fields, those of its scope and those of its resource are one set of columns. A column of this form means the rest
//! of the name where it came from that level; `span.` are the event's own, whatever sort of event it is. A resource's or scope's value
//! that lost to a different one is kept in a column of the whole name, prefix and all: where an event has that, it is what is meant.
//! `span.` means the level only where no event has a column of the whole name, and nothing does so in an exact column.

use crate::alias::{When, alias_group};
use crate::plan::Column;
use glasshive_model::SystemColumn;
use glasshive_model::shown::ShownRow;

/// Where a value of an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The resource.
    Resource,
    /// The scope.
    Scope,
    /// The event itself.
    Own,
}

/// One name that a column is read under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The column's name.
    pub name: String,
    /// On which rows it counts.
    pub when: When,
    /// Where its value must have come from; `None` = anywhere.
    pub level: Option<Level>,
}

impl Level {
    /// All of them.
    pub const ALL: [Level; 3] = [Level::Resource, Level::Scope, Level::Own];

    /// What stands before the dot.
    pub fn name(self) -> &'static str {
        match self {
            Level::Resource => "resource",
            Level::Scope => "scope",
            Level::Own => "span",
        }
    }

    /// The level and the rest, if a column is written so. An exact column is not.
    pub fn split(column: &Column) -> Option<(Self, Column)> {
        if column.exact {
            return None;
        }
        let (prefix, rest) = column.name.split_once('.')?;
        let level = Self::ALL.into_iter().find(|level| level.name() == prefix)?;
        (!rest.is_empty() && rest != "=").then(|| (level, Column::from_shown(rest)))
    }

    /// The stored lists of keys that tell the level: a value came from it when its key is on one of them, or of [`Level::Own`] on none.
    pub fn lists(self) -> &'static [SystemColumn] {
        match self {
            Level::Resource => &[SystemColumn::ResourceKeys],
            Level::Scope => &[SystemColumn::ScopeKeys],
            Level::Own => &[SystemColumn::ResourceKeys, SystemColumn::ScopeKeys],
        }
    }

    /// Whether a value is of this level whose key is on one of its lists, or on none.
    pub fn admits(self, is_listed: bool) -> bool {
        is_listed == (self != Level::Own)
    }

    /// Whether what a row has under a name came from here.
    pub fn holds(self, row: &ShownRow, name: &str) -> bool {
        let is_in = |keys: &[String]| keys.iter().any(|key| key == name);
        match self {
            Level::Resource => is_in(&row.resource_keys),
            Level::Scope => is_in(&row.scope_keys),
            Level::Own => !is_in(&row.resource_keys) && !is_in(&row.scope_keys),
        }
    }
}

/// The names that a column is read under, in order. `is_known` says whether a name means a column as it stands.
pub fn readings(column: &Column, is_known: impl Fn(&str) -> bool) -> Vec<Reading> {
    let aliases = of_group(column, None);
    let level = Level::split(column).filter(|(level, _)| *level != Level::Own || !is_known(&column.name));
    match level {
        Some((level, rest)) if aliases.len() == 1 => aliases.into_iter().chain(of_group(&rest, Some(level))).collect(),
        _ => aliases,
    }
}

/// A column's aliases, or itself alone.
fn of_group(column: &Column, level: Option<Level>) -> Vec<Reading> {
    let group = if column.exact { &[] } else { alias_group(&column.name) };
    if group.is_empty() {
        return vec![Reading { name: column.name.clone(), when: When::Always, level }];
    }
    group.iter().map(|member| Reading { name: member.name.to_owned(), when: member.when, level }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_split_off() {
        let split = |name: &str| Level::split(&Column::from_shown(name)).map(|(level, rest)| (level, rest.to_string()));
        assert_eq!(split("resource.service.name"), Some((Level::Resource, "service.name".to_owned())));
        assert_eq!(split("scope.=a.b"), Some((Level::Scope, "=a.b".to_owned())));
        assert_eq!(split("span.http.route"), Some((Level::Own, "http.route".to_owned())));
        for plain in ["=resource.name", "resource", "resource.", "spans.name", "span.=", "Scope.name"] {
            assert_eq!(split(plain), None, "{plain}");
        }
    }

    #[test]
    fn names_are_read_in_order() {
        let read = |name: &str, known: &[&str]| -> Vec<(String, Option<Level>)> {
            let readings = readings(&Column::from_shown(name), |name| known.contains(&name));
            readings.into_iter().map(|reading| (reading.name, reading.level)).collect()
        };
        let plain = |name: &str| (name.to_owned(), None);
        let of = |level: Level, name: &str| (name.to_owned(), Some(level));
        for known in [&[][..], &["resource.zone"]] {
            assert_eq!(read("resource.zone", known), [plain("resource.zone"), of(Level::Resource, "zone")]);
        }
        assert_eq!(read("span.route", &[]), [plain("span.route"), of(Level::Own, "route")]);
        assert_eq!(read("span.route", &["span.route"]), [plain("span.route")]);
        assert_eq!(read("=resource.zone", &[]), [plain("resource.zone")]);
        assert_eq!(read("zone", &[]), [plain("zone")]);
        let aliased = read("span.http.status_code", &[]);
        assert_eq!(aliased[1..], [of(Level::Own, "http.response.status_code"), of(Level::Own, "http.status_code")]);
        assert_eq!(read("span.=http.status_code", &[])[1..], [of(Level::Own, "http.status_code")]);
    }
}

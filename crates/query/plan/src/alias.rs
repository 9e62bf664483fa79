//! Names that mean one column: old and new spellings of one attribute, both of which live side by side for years.
//!
//! A question that names any member of a group reads, per row, the first member in order that has a value; `exists` asks
//! whether any member is there. Raw rows show what was sent. The table is `aliases.csv`; a few names belong to a group only on
//! one side of a call, since `net.peer.name` is the server to a client and the client to a server.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One name that a column is read under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The attribute's name.
    pub name: &'static str,
    /// On which rows it counts.
    pub when: When,
}

/// On which rows a member counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On all.
    Always,
    /// Where the span's kind is client or producer.
    ClientSpans,
    /// Where the span's kind is server or consumer.
    ServerSpans,
}

/// What a column of this name reads, newest first; empty when it has no aliases and so reads itself alone. Otherwise the name
/// itself is one of the members.
pub fn alias_group(name: &str) -> &'static [Member] {
    READINGS.get(name).map_or(&[], Vec::as_slice)
}

static READINGS: LazyLock<HashMap<&'static str, Vec<Member>>> = LazyLock::new(|| readings(include_str!("aliases.csv")));

fn readings(table: &'static str) -> HashMap<&'static str, Vec<Member>> {
    let groups: Vec<Vec<Member>> =
        table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').map(Member::read).collect()).collect();
    let mut readings: HashMap<&'static str, Vec<Member>> = HashMap::new();
    for group in &groups {
        for member in group.iter().filter(|member| member.when == When::Always) {
            readings.insert(member.name, group.clone());
        }
    }
    // A name that belongs to a group on some rows reads the group on those rows, and else itself. One that belongs to another
    // group on all rows reads that one first.
    let mut sided: HashMap<&'static str, Vec<Member>> = HashMap::new();
    for group in &groups {
        for member in group.iter().filter(|member| member.when != When::Always) {
            let on_its_rows = group.iter().filter(|other| other.when == When::Always || other.when == member.when);
            sided.entry(member.name).or_default().extend(on_its_rows.map(|other| Member { name: other.name, when: member.when }));
        }
    }
    for (name, mut members) in sided {
        match readings.get_mut(name) {
            Some(reading) => reading.append(&mut members),
            None => {
                members.push(Member { name, when: When::Always });
                readings.insert(name, members);
            }
        }
    }
    readings
}

impl Member {
    fn read(text: &'static str) -> Self {
        match text.rsplit_once('@') {
            Some((name, "client")) => Self { name, when: When::ClientSpans },
            Some((name, "server")) => Self { name, when: When::ServerSpans },
            _ => Self { name: text, when: When::Always },
        }
    }
}

impl When {
    /// Whether a member counts on a row whose `span.kind` is this word.
    pub fn admits(self, kind: Option<&str>) -> bool {
        match self {
            When::Always => true,
            When::ClientSpans => matches!(kind, Some("client" | "producer")),
            When::ServerSpans => matches!(kind, Some("server" | "consumer")),
        }
    }

    /// The numbers of `_kind` that admit a member; `None` = any, also none.
    pub fn kind_numbers(self) -> Option<[i8; 2]> {
        match self {
            When::Always => None,
            When::ClientSpans => Some([3, 4]),
            When::ServerSpans => Some([2, 5]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_model::SpanKind;
    use std::collections::HashSet;

    fn names(name: &str) -> Vec<&'static str> {
        alias_group(name).iter().map(|member| member.name).collect()
    }

    #[test]
    fn every_member_of_a_group_reads_the_group() {
        for name in ["http.status_code", "http.response.status_code"] {
            assert_eq!(names(name), ["http.response.status_code", "http.status_code"], "{name}");
        }
        assert_eq!(names("otel.library.name"), ["library.name", "otel.scope.name", "otel.library.name"]);
        assert!(names("http.route").is_empty());
    }

    #[test]
    fn sides_of_a_call_read_different_columns() {
        let read = |name: &str, kind: Option<&str>| {
            let members = alias_group(name).iter().filter(|member| member.when.admits(kind));
            members.map(|member| member.name).collect::<Vec<_>>()
        };
        for (name, group, kind) in [
            ("net.peer.name", "server.address", "client"),
            ("net.peer.name", "client.address", "server"),
            ("net.host.name", "server.address", "server"),
            ("net.peer.port", "server.port", "client"),
            ("http.host", "server.address", "server"),
        ] {
            let reads_group = read(name, Some(kind)).starts_with(&read(group, Some(kind)));
            assert!(reads_group, "{name} of a {kind} is {group}: {:?}", read(name, Some(kind)));
        }
        assert_eq!(read("net.peer.name", None), ["net.peer.name"]);
        assert!(!read("net.host.name", Some("client")).contains(&"server.address"));
        let ip = ["network.peer.address", "net.sock.peer.addr", "net.peer.ip"];
        assert_eq!(read("net.peer.ip", None), ip);
        assert!(read("net.peer.ip", Some("server")).starts_with(&ip), "its own group before those of one side");
        assert!(read("net.peer.ip", Some("server")).contains(&"client.address"));
        for when in [When::ClientSpans, When::ServerSpans] {
            for kind in when.kind_numbers().unwrap() {
                assert!(when.admits(SpanKind::from_number(kind).map(SpanKind::word)));
            }
        }
    }

    #[test]
    fn the_table_is_in_order() {
        let lines: Vec<&str> = include_str!("aliases.csv").lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.is_sorted(), "groups are sorted by their newest name");
        let mut seen = HashSet::new();
        for line in lines {
            assert!(line.split(',').count() > 1, "{line}: a group of one");
            for name in line.split(',').filter(|name| !name.contains('@')) {
                assert!(seen.insert(name), "{name} stands in two groups without a side");
                assert!(names(name).contains(&name), "{name} reads itself");
            }
        }
    }
}

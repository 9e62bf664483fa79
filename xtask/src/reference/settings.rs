//! The server's settings: name in the file, flag, variable, default and meaning, from the help of `serve` and the file's declaration.

use super::commands::HELP;
use super::{cell, read};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Where `glasshive.toml` is declared: each member's comment names its flag.
const FILE: &str = "crates/glasshive/src/config/file.rs";

/// A flag of the server.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flag {
    name: String,
    value: String,
    meaning: String,
    default: String,
    variable: String,
}

pub fn page(root: &Path) -> Result<String> {
    let flags = flags(&read(root, &format!("{HELP}/serve.txt"))?);
    let declaration = read(root, FILE)?;
    let names = names_in_file(&declaration);
    let mut out = String::from(
        "<!-- written by `cargo xtask gen` from the flags of `glasshive serve` and the declaration of glasshive.toml -->\n\n\
         # Settings of the server\n\nA flag wins over its environment variable, that over `glasshive.toml`, that over the default. What \
         follows from them, and an example of the file: [settings.md](../settings.md).\n\n\
         | in the file | flag | variable | default | what it is |\n| --- | --- | --- | --- | --- |\n",
    );
    for flag in &flags {
        let in_file = names.get(flag.name.as_str()).map_or_else(|| "-".to_owned(), |name| format!("`{name}`"));
        let default = if flag.default.is_empty() { "-" } else { &flag.default };
        let shown = if flag.value.is_empty() { format!("`--{}`", flag.name) } else { format!("`--{} {}`", flag.name, flag.value) };
        let line =
            [&in_file, &shown, &format!("`{}`", flag.variable), &cell(default), &cell(&flag.meaning)].map(String::as_str).join(" | ");
        out.push_str(&format!("| {line} |\n"));
    }
    for (flag, name) in &names {
        flags
            .iter()
            .find(|known| known.name == *flag)
            .with_context(|| format!("{FILE}: `{name}` names the flag --{flag}, which `serve` has not"))?;
    }
    out.push_str(&lists(&declaration));
    Ok(out)
}

/// What the file alone has: lists of tables, with their members.
fn lists(declaration: &str) -> String {
    let structs = members(declaration);
    let of = |kind: &str| structs.iter().find(|(name, _)| *name == kind).map(|(_, members)| members.as_slice()).unwrap_or_default();
    let mut out = String::new();
    for Member { name, kind, .. } in of("FileConfig") {
        for Member { name: list, kind, meaning } in of(inner(kind, "Option<")) {
            let row = inner(inner(kind, "Option<"), "Vec<");
            if !row.ends_with("Table") {
                continue;
            }
            let _ = write!(
                out,
                "\n## `[[{name}.{list}]]`\n\n{meaning} In the file alone, as often as needed.\n\n| member | needed | what it is |\n| --- | --- | --- |\n"
            );
            for Member { name: member, kind, meaning } in of(row) {
                let needed = if kind.starts_with("Option<") { "no" } else { "yes" };
                let _ = writeln!(out, "| `{member}` | {needed} | {} |", cell(meaning.trim_end_matches('.')));
            }
        }
    }
    out
}

/// `T` of `Outer<T>`, else what there is.
fn inner<'a>(kind: &'a str, outer: &str) -> &'a str {
    kind.strip_prefix(outer).and_then(|kind| kind.strip_suffix('>')).unwrap_or(kind)
}

/// A member of a structure.
struct Member<'a> {
    name: &'a str,
    kind: &'a str,
    meaning: String,
}

/// Structures by name, with their members.
fn members(source: &str) -> Vec<(&str, Vec<Member<'_>>)> {
    let (mut found, mut comment): (Vec<(&str, Vec<_>)>, Vec<&str>) = (Vec::new(), Vec::new());
    for line in source.lines() {
        let text = line.trim();
        if let Some(name) = text.strip_prefix("pub struct ").and_then(|rest| rest.split_whitespace().next()) {
            found.push((name, Vec::new()));
        } else if let Some(words) = text.strip_prefix("/// ") {
            comment.push(words);
            continue;
        } else if let (Some((name, kind)), Some((_, members))) = (member(line), found.last_mut()) {
            members.push(Member { name, kind, meaning: comment.join(" ") });
        }
        comment.clear();
    }
    found
}

/// The flags that a help explains.
fn flags(help: &str) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    for line in help.lines().skip_while(|line| *line != "Options:").skip(1) {
        let text = line.trim();
        if let Some(written) = text.strip_prefix("--").filter(|_| line.starts_with("      --")) {
            let (name, value) = written.split_once(' ').unwrap_or((written, ""));
            flags.push(Flag { name: name.to_owned(), value: value.to_owned(), ..Flag::default() });
            continue;
        }
        if text.starts_with("-h,") {
            break;
        }
        let Some(flag) = flags.last_mut() else { continue };
        if let Some(variable) = text.strip_prefix("[env: ") {
            variable.trim_end_matches([']', '=']).clone_into(&mut flag.variable);
        } else if !text.is_empty() && !text.starts_with("[possible") && !text.starts_with("Possible") {
            let more = match text.strip_prefix("- ") {
                Some(value) => format!("; {}", value.split_whitespace().collect::<Vec<_>>().join(" ")),
                None if flag.meaning.is_empty() => text.to_owned(),
                None => format!(" {text}"),
            };
            flag.meaning.push_str(&more);
        }
    }
    flags.iter_mut().for_each(take_default);
    flags
}

/// What stands in brackets in a meaning.
fn take_default(flag: &mut Flag) {
    let Some((before, rest)) = flag.meaning.split_once(" [default: ") else { return };
    let Some((default, after)) = rest.split_once(']') else { return };
    let (default, meaning) = (default.to_owned(), format!("{before}{after}"));
    (flag.default, flag.meaning) = (default, meaning);
}

/// By flag, what the file calls it: members whose comment is ``See `--flag` ``, in tables where a member's type is one.
fn names_in_file(source: &str) -> BTreeMap<&str, String> {
    let mut tables: BTreeMap<&str, &str> = BTreeMap::new();
    for line in source.lines() {
        if let Some((name, kind)) = member(line)
            && let Some(table) = kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')).filter(|kind| kind.ends_with("Table"))
        {
            tables.insert(table, name);
        }
    }
    let (mut names, mut table, mut flag) = (BTreeMap::new(), "", None);
    for line in source.lines() {
        let text = line.trim();
        if let Some(name) = text.strip_prefix("pub struct ").and_then(|rest| rest.split_whitespace().next()) {
            table = tables.get(name).copied().unwrap_or_default();
        } else if let Some(rest) = text.strip_prefix("/// See `--") {
            flag = rest.split('`').next();
        } else if let Some((name, _)) = member(line)
            && let Some(flag) = flag.take()
        {
            names.insert(flag, if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") });
        }
    }
    names
}

/// `pub name: kind,`
fn member(line: &str) -> Option<(&str, &str)> {
    line.trim().strip_prefix("pub ")?.trim_end_matches(',').split_once(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_help() {
        let help = "Usage\n\nOptions:\n      --data <DIR>\n          Directory that holds\n          everything [default: ./x]\n\n          [env: GLASSHIVE_DATA]\n\n      --auth <A>\n          Whether\n\n          Possible values:\n          - open: No key\n\n          [env: A=]\n\n  -h, --help\n          Print help\n";
        let found = flags(help);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].meaning.as_str(), found[0].default.as_str(), found[0].variable.as_str()),
            ("Directory that holds everything", "./x", "GLASSHIVE_DATA")
        );
        assert_eq!((found[1].meaning.as_str(), found[1].value.as_str(), found[1].variable.as_str()), ("Whether; open: No key", "<A>", "A"));
    }

    #[test]
    fn lists_are_of_the_file_alone() {
        let source = "pub struct FileConfig {\n    /// What\n    pub keep: Option<KeepTable>,\n}\n/// K\npub struct KeepTable {\n    /// See `--x`.\n    pub x: Option<String>,\n    /// Further ones.\n    pub rules: Option<Vec<RuleTable>>,\n}\npub struct RuleTable {\n    /// Whose,\n    /// if anybody's.\n    pub of: Option<String>,\n    /// How long.\n    pub keep: String,\n}\n";
        let page = lists(source);
        assert!(page.starts_with("\n## `[[keep.rules]]`\n\nFurther ones. In the file alone"), "{page}");
        assert!(page.ends_with("| `of` | no | Whose, if anybody's |\n| `keep` | yes | How long |\n"), "{page}");
    }

    #[test]
    fn names_are_read_from_the_declaration() {
        let source = "pub struct FileConfig {\n    /// See `--data`.\n    pub data: Option<PathBuf>,\n    /// What\n    pub query: Option<QueryTable>,\n}\npub struct QueryTable {\n    /// See `--query-time`.\n    pub time: Option<String>,\n}\n";
        assert_eq!(names_in_file(source), BTreeMap::from([("data", "data".to_owned()), ("query-time", "query.time".to_owned())]));
    }
}

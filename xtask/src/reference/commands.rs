//! The commands and their flags, as they explain themselves.

use super::read;
use anyhow::{Context, Result};
use std::path::Path;

/// Where the help of every command is checked in.
pub const HELP: &str = "crates/glasshive/tests/help";

pub fn page(root: &Path) -> Result<String> {
    let mut out = String::from(
        "<!-- written by `cargo xtask gen` from the commands' own help -->\n\n# Commands\n\nWhat `glasshive help COMMAND` prints. \
         The server's settings in one table: [settings.md](settings.md); the language of queries: [query.md](../query.md).\n",
    );
    let overview = read(root, &format!("{HELP}/glasshive.txt"))?;
    push(&mut out, "glasshive", &overview);
    for name in listed(&overview) {
        let help = read(root, &format!("{HELP}/{name}.txt"))?;
        push(&mut out, &format!("glasshive {name}"), &help);
        for below in listed(&help) {
            let help = read(root, &format!("{HELP}/{name}-{below}.txt")).with_context(|| format!("{name} lists `{below}`"))?;
            push(&mut out, &format!("glasshive {name} {below}"), &help);
        }
    }
    Ok(out)
}

fn push(out: &mut String, title: &str, help: &str) {
    out.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", help.trim_end()));
}

/// The commands that a help lists, but for `help` itself.
fn listed(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line that goes on is indented further.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn commands_are_listed_once() {
        let help = "Usage\n\nCommands:\n  serve  Receive\n           and answer\n  keys   Create\n  help   Print\n\nOptions:\n  -h\n";
        assert_eq!(listed(help), ["serve", "keys"]);
    }
}

//! Words that promise later work instead of doing it, and macros that stand for missing code.

use super::tree::Tree;
use anyhow::Result;
use std::path::Path;

const FORBIDDEN: &[&str] = &["TODO", "FIXME", "XXX", "HACK:", "for now", "not yet implemented", "lorem ipsum"];
const ENDINGS: &[&str] = &[".rs", ".toml", ".md", ".sh", ".py", ".js", ".mjs", ".ts", ".tsx", ".css", ".go", ".java", "run"];

/// Finds them in every text file but this one.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (path, text) in tree.texts(ENDINGS).filter(|(path, _)| *path != Path::new("xtask/src/tidy/words.rs")) {
        for (number, line) in text.lines().enumerate() {
            for word in FORBIDDEN.iter().filter(|word| has_word(line, word)) {
                breaches.push(format!("{}:{}: `{word}`", path.display(), number + 1));
            }
        }
    }
    Ok(breaches)
}

/// Whether `line` holds `word` with no letter or digit at either side.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_part = |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn words_are_whole() {
        assert!(has_word("// TODO(x): later", "TODO"));
        assert!(has_word("good enough for now.", "for now"));
        assert!(!has_word("let mastodon = METODO;", "TODO"));
        assert!(!has_word("waits for nowhere", "for now"));
    }
}

//! Path patterns.

use crate::percent;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
    overlooks_slashes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Captured(&'static str),
    Rest(&'static str),
}

impl Pattern {
    /// Names of captures live as long as the process: patterns are made once, at start.
    pub(crate) fn parse(pattern: &str, overlooks_slashes: bool) -> Self {
        let keep = |name: &str| -> &'static str { Box::leak(name.to_owned().into_boxed_str()) };
        let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => name.strip_prefix('*').map_or_else(|| Segment::Captured(keep(name)), |name| Segment::Rest(keep(name))),
            None => Segment::Literal(text.to_owned()),
        };
        let segments = pattern.split('/').filter(|text| !text.is_empty()).map(segment).collect();
        Self { segments, overlooks_slashes }
    }

    /// The captured parts, decoded, when the path fits. One trailing slash is overlooked.
    pub(crate) fn captures(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/').filter(|part| !part.is_empty() || !self.overlooks_slashes && !path.is_empty());
        let mut captured = Vec::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => parts.next().filter(|part| part == text).map(|_| ())?,
                Segment::Captured(name) => {
                    captured.push((*name, percent::decode(parts.next().filter(|part| !part.is_empty())?)));
                }
                Segment::Rest(name) => {
                    captured.push((*name, parts.by_ref().collect::<Vec<_>>().join("/")));
                }
            }
        }
        parts.next().is_none().then_some(captured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, overlooks: bool, path: &str, expected: Option<&[(&str, &str)]>) {
        let found = Pattern::parse(pattern, overlooks).captures(path);
        let found: Option<Vec<(&str, &str)>> =
            found.as_ref().map(|found| found.iter().map(|(name, value)| (*name, value.as_str())).collect());
        assert_eq!(found.as_deref(), expected, "{pattern} {path}");
    }

    #[test]
    fn model13_paths() {
        check("/v1/traces", true, "/v1/traces", Some(&[]));
        check("/v1/traces", true, "/v1/traces/", Some(&[]));
        check("/v1/traces", true, "//v1/traces", Some(&[]));
        check("/otlp/v1/traces", true, "/otlp//v1/traces", Some(&[]));
        check("/v1/traces", false, "//v1/traces", None);
        check("/v1/traces", false, "/v1/traces//", None);
        check("/v1/traces", true, "/v1/trace", None);
        check("/v1/traces", true, "/v1/traces/x", None);
        check("/v1/traces", true, "/V1/traces", None);
        check("/", false, "/", Some(&[]));
        check("/", false, "/x", None);
        check("/", false, "*", None);
        check("/e/{environment}/traces/{id}", false, "/e/a%20b/traces/1/", Some(&[("environment", "a b"), ("id", "1")]));
        check("/e/{environment}/traces/{id}", false, "/e//traces/1", None);
        check("/1/{*rest}", false, "/1/a/b%2F", Some(&[("rest", "a/b%2F")]));
        check("/{*rest}", false, "/", Some(&[("rest", "")]));
        check("/{*rest}", false, "/a/b", Some(&[("rest", "a/b")]));
    }
}

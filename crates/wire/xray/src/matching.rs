//! Which sampling rule a request falls under, as clients find it: the same function tells people why.

use crate::sampling::SamplingRule;
use std::collections::BTreeMap;

/// What is known of a request. What is not known counts as a match, as it does for clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The service that gets it.
    pub service_name: Option<String>,
    /// Its `origin`.
    pub service_type: Option<String>,
    /// The `Host` of the request.
    pub host: Option<String>,
    /// Its method.
    pub http_method: Option<String>,
    /// Its path.
    pub url_path: Option<String>,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
}

/// Why a rule is not the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The rule's member.
    pub member: &'static str,
    /// What it wants.
    pub wanted: String,
    /// What the request has; `None` = nothing of that name.
    pub found: Option<String>,
}

impl SamplingRule {
    /// Whether a request falls under this rule; the first member that says no.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn admits(&self, asked: &Asked) -> Result<(), Mismatch> {
        let members = [
            ("ServiceName", &self.service_name, &asked.service_name),
            ("ServiceType", &self.service_type, &asked.service_type),
            ("Host", &self.host, &asked.host),
            ("HTTPMethod", &self.http_method, &asked.http_method),
            ("URLPath", &self.url_path, &asked.url_path),
        ];
        for (member, wanted, found) in members {
            if let Some(found) = found
                && !is_like(wanted, found)
            {
                return Err(Mismatch { member, wanted: wanted.clone(), found: Some(found.clone()) });
            }
        }
        for (name, wanted) in &self.attributes {
            let found = asked.attributes.get(name);
            if !found.is_some_and(|found| is_like(wanted, found)) {
                return Err(Mismatch { member: "Attributes", wanted: format!("{name} = {wanted}"), found: found.cloned() });
            }
        }
        Ok(())
    }

    /// Why X-Ray's own SDKs skip this rule, whatever the request: they know neither attributes nor resources.
    pub fn is_skipped_by_sdks(&self) -> bool {
        !self.attributes.is_empty() || self.resource_arn != "*"
    }
}

/// Whether a text fits a pattern of `*` (any run) and `?` (one character), in any case.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (pattern, text) = (lower(pattern), lower(text));
    let (mut at, mut seen) = (0, 0);
    // The last star, and how much of the text it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((place, covers)) => {
                    star = Some((place, covers + 1));
                    at = place + 1;
                    seen = covers + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|wanted| *wanted == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("*.example.com", "API.Example.com", true),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("*ab*ab", "abxab", true),
            ("*ab?", "ababc", true),
            ("/api/*/x", "/api/x", false),
            ("a**", "a", true),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_rule_says_what_does_not_fit() {
        let any = || "*".to_owned();
        let rule = SamplingRule {
            rule_name: "r".to_owned(),
            rule_arn: String::new(),
            resource_arn: any(),
            priority: 1,
            fixed_rate: 0.0,
            reservoir_size: 0,
            service_name: "shop*".to_owned(),
            service_type: any(),
            host: any(),
            http_method: "GET".to_owned(),
            url_path: "/api/*".to_owned(),
            version: 1,
            attributes: BTreeMap::from([("tier".to_owned(), "gold".to_owned())]),
        };
        let some = |text: &str| Some(text.to_owned());
        let mut asked = Asked { service_name: some("Shop-eu"), http_method: some("get"), ..Asked::default() };
        let mismatch = rule.admits(&asked).unwrap_err();
        assert_eq!((mismatch.member, mismatch.found), ("Attributes", None));
        asked.attributes.insert("tier".to_owned(), "Gold".to_owned());
        assert_eq!(rule.admits(&asked), Ok(()));
        asked.url_path = some("/");
        let mismatch = rule.admits(&asked).unwrap_err();
        assert_eq!((mismatch.member, mismatch.wanted.as_str(), mismatch.found.as_deref()), ("URLPath", "/api/*", Some("/")));
        assert!(rule.is_skipped_by_sdks());
    }
}

//! Credentials as headers carry them, and how they are shown to people.

use crate::percent;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::HeaderMap;

/// A credential that a request presented.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The header it was in.
    pub header: &'static str,
    /// The secrets that the header's value may mean, likeliest first; never empty.
    pub secrets: Vec<String>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({}: {})", self.header, self.masked())
    }
}

impl Credential {
    /// How it is shown: see [`mask`].
    pub fn masked(&self) -> String {
        mask(self.secrets.first().map_or("", String::as_str))
    }
}

/// The credential in the first of `headers` (tried in this order) that holds one. `authorization` may be `Bearer <key>` or
/// `Basic <base64 of id:key>`; of any other header the value is the key. An empty value is as good as none. A value with
/// `%20` in it is also tried decoded, because exporters pass header values from the environment decoded or not.
pub fn presented(headers: &HeaderMap, names: &[&'static str]) -> Option<Credential> {
    names.iter().find_map(|name| {
        let value = headers.get(*name)?.to_str().ok()?.trim();
        let mut spellings = vec![value.to_owned()];
        if value.contains("%20") {
            spellings.push(percent::decode(value).trim().to_owned());
        }
        let mut secrets: Vec<String> = Vec::new();
        for spelling in spellings {
            let found = if *name == "authorization" { of_authorization(&spelling) } else { vec![spelling] };
            for secret in found {
                if !secret.is_empty() && !secrets.contains(&secret) {
                    secrets.push(secret);
                }
            }
        }
        (!secrets.is_empty()).then_some(Credential { header: name, secrets })
    })
}

fn of_authorization(value: &str) -> Vec<String> {
    let Some((scheme, rest)) = value.split_once(' ') else { return Vec::new() };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return vec![rest.to_owned()];
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Vec::new();
    }
    let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().map(|pair| pair.split_once(':').unwrap_or((pair, ""))) {
        Some((user, "")) => vec![user.to_owned()],
        Some((_, password)) => vec![password.to_owned()],
        None => Vec::new(),
    }
}

/// A secret as it may be shown: the first six and last four characters when at least ten stay hidden, else `***`.
pub fn mask(secret: &str) -> String {
    const HEAD: usize = 6;
    const TAIL: usize = 4;
    const HIDDEN: usize = 10;
    let count = secret.chars().count();
    if count < HEAD + TAIL + HIDDEN || !secret.chars().all(|character| character.is_ascii_graphic()) {
        return "***".to_owned();
    }
    format!("{}...{}", &secret[..HEAD], &secret[count - TAIL..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const NAMES: &[&str] = &["x-team", "authorization", "api-key"];

    fn check(fields: &[(&'static str, &str)], expected: Option<(&str, &[&str])>) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let found = presented(&headers, NAMES);
        let found = found.as_ref().map(|found| (found.header, found.secrets.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(found, expected.map(|(header, secrets)| (header, secrets.to_vec())), "{fields:?}");
    }

    #[test]
    fn every_way_to_present_one() {
        check(&[], None);
        check(&[("x-team", "abc")], Some(("x-team", &["abc"])));
        check(&[("x-team", " "), ("api-key", "k")], Some(("api-key", &["k"])));
        check(&[("api-key", "k"), ("x-team", "abc")], Some(("x-team", &["abc"])));
        check(&[("authorization", "Bearer abc")], Some(("authorization", &["abc"])));
        check(&[("authorization", "bearer  abc ")], Some(("authorization", &["abc"])));
        check(&[("authorization", "Bearer%20abc")], Some(("authorization", &["abc"])));
        check(&[("authorization", "Bearer a%20b")], Some(("authorization", &["a%20b", "a b"])));
        check(&[("authorization", "Basic aWQ6a2V5")], Some(("authorization", &["key"])));
        check(&[("authorization", "Basic aWQ6")], Some(("authorization", &["id"])));
        check(&[("authorization", "Basic %%%"), ("api-key", "k")], Some(("api-key", &["k"])));
        check(&[("authorization", "abc")], None);
        check(&[("authorization", "Digest abc")], None);
        check(&[("authorization", "Bearer ")], None);
    }

    #[test]
    fn p12_masks() {
        for (secret, shown) in [
            ("", "***"),
            ("short", "***"),
            ("0123456789012345678", "***"),
            ("abcdef0123456789wxyz", "abcdef...wxyz"),
            ("geheim-geheim-gehäim-geheim", "***"),
        ] {
            assert_eq!(mask(secret), shown);
        }
        let credential = Credential { header: "api-key", secrets: vec!["supersecret".to_owned()] };
        assert_eq!(format!("{credential:?}"), "Credential(api-key: ***)");
    }
}

//! Which pages may send, and what preflights are told.

use crate::gate::split_port;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Headers that pages may send to ingest routes without being configured.
const ALLOWED_HEADERS: &[&str] =
    &["content-type", "content-encoding", "traceparent", "tracestate", "baggage", "x-amzn-trace-id", "authorization", "x-requested-with"];

/// Seconds for which a browser may remember a preflight's answer.
pub(crate) const MAX_AGE_SECONDS: &str = "7200";
/// What answers vary by.
pub(crate) const VARY: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// Origins and headers that ingest routes take from pages. `null` is never among them.
#[derive(Debug, Clone, Default)]
pub struct CorsPolicy {
    /// Any page may send (its key decides); else only those below.
    pub any: bool,
    /// Pages on loopback names may send.
    pub loopback: bool,
    /// Origins that may send, with `*` for any run of characters: `https://*.example.com`.
    pub origins: Vec<String>,
    /// Request headers allowed besides the usual ones, lower case.
    pub headers: Vec<String>,
}

impl CorsPolicy {
    /// Whether a page of this origin may send.
    pub fn allows(&self, origin: &str) -> bool {
        origin != "null"
            && (self.any || self.loopback && is_loopback(origin) || self.origins.iter().any(|pattern| matches(pattern, origin)))
    }

    /// Those of the requested headers (a comma list) that may be sent.
    pub fn allowed_headers(&self, requested: &str) -> String {
        let may = |name: &&str| {
            let known = ALLOWED_HEADERS.iter().copied().chain(self.headers.iter().map(String::as_str));
            !name.is_empty() && known.into_iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        requested.split(',').map(str::trim).filter(may).collect::<Vec<_>>().join(", ")
    }
}

/// Whether `origin` fits `pattern`, in which `*` stands for any run of characters; case does not matter.
pub fn matches(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.to_ascii_lowercase(), origin.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| origin.strip_prefix(head)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Whether this is an origin on a loopback name: `localhost`, below `.localhost`, `127.0.0.0/8`, `[::1]`.
pub fn is_loopback(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else { return false };
    let (host, _) = split_port(authority);
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']')?.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otlp30_patterns() {
        for (pattern, origin, expected) in [
            ("https://app.example.com", "https://app.example.com", true),
            ("https://app.example.com", "https://APP.example.com", true),
            ("https://app.example.com", "http://app.example.com", false),
            ("https://app.example.com", "https://app.example.com:8443", false),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://a.example.com.evil.net", false),
            ("http://localhost:*", "http://localhost:3000", true),
            ("https://*.dev.*.com", "https://a.dev.b.com", true),
            ("https://*.dev.*.com", "https://a.prod.b.com", false),
            ("*", "https://anything", true),
            ("", "https://anything", false),
        ] {
            assert_eq!(matches(pattern, origin), expected, "{pattern} {origin}");
        }
    }

    #[test]
    fn s1_loopback_names() {
        for (origin, expected) in [
            ("http://localhost:3000", true),
            ("https://localhost", true),
            ("http://app.localhost:3000", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:3000", true),
            ("http://localhost.evil.net", false),
            ("http://evillocalhost", false),
            ("http://127.0.0.1.evil.net", false),
            ("http://10.0.0.1", false),
            ("null", false),
            ("file://", false),
        ] {
            assert_eq!(is_loopback(origin), expected, "{origin}");
        }
    }

    #[test]
    fn policy() {
        let open =
            CorsPolicy { loopback: true, origins: vec!["https://a.example".into()], headers: vec!["x-key".into()], ..Default::default() };
        assert!(open.allows("http://localhost:3000") && open.allows("https://a.example"));
        assert!(!open.allows("https://b.example") && !open.allows("null"));
        let any = CorsPolicy { any: true, ..CorsPolicy::default() };
        assert!(any.allows("https://b.example") && !any.allows("null"));
        assert_eq!(open.allowed_headers("Content-Type, X-KEY,x-evil, "), "Content-Type, X-KEY");
    }
}

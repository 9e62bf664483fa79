//! The one check before every handler: is this request's `Host` a name of ours, and may the page that sent it?
//!
//! It ends DNS rebinding (a foreign name that resolves to us sends its own `Host`) and cross-site requests (a page cannot leave
//! out its `Origin` or `Sec-Fetch-Site`), in open mode too, where no credential would stop them.

use crate::cors::CorsPolicy;
use crate::route::{Cause, Door, Refusal};
use http::{HeaderMap, Method, StatusCode, Uri, Version, header};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// Whether the headers of a request prove a known, enabled key.
pub type KeyProof = Arc<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

/// Longest text of a peer that is repeated in a message.
const SHOWN_BYTES: usize = 256;

pub(crate) struct Gate {
    /// Lower case: the configured names and the machine's.
    pub names: Vec<String>,
    /// Origins that are ours besides `http://{Host}`: how a proxy in front of us is reached.
    pub own_origins: Vec<String>,
    pub cors: CorsPolicy,
    pub key_proof: Option<KeyProof>,
}

/// What the gate looks at.
pub(crate) struct Visit<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub version: Version,
    pub headers: &'a HeaderMap,
    pub door: Door,
}

impl Gate {
    pub(crate) fn check(&self, visit: &Visit<'_>) -> Result<(), Refusal> {
        self.check_host(visit)?;
        self.check_origin(visit)
    }

    fn check_host(&self, visit: &Visit<'_>) -> Result<(), Refusal> {
        let mut hosts = visit.headers.get_all(header::HOST).iter();
        let (first, second) = (hosts.next(), hosts.next());
        if second.is_some() || (first.is_none() && visit.version == Version::HTTP_11 && visit.uri.authority().is_none()) {
            return Err(refusal(StatusCode::BAD_REQUEST, Cause::Host, "a request needs exactly one Host header".to_owned()));
        }
        if visit.door == Door::Ingest {
            return Ok(());
        }
        let named = first.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let target = visit.uri.authority().map(|authority| authority.as_str().to_owned());
        for host in [named, target].into_iter().flatten() {
            if !self.is_our_name(&host) && !self.key_proof.as_ref().is_some_and(|proof| proof(visit.headers)) {
                let reason = format!("host '{}' is not a name of this server; add it to server.names to allow it", shown(&host));
                return Err(refusal(StatusCode::MISDIRECTED_REQUEST, Cause::Host, reason));
            }
        }
        Ok(())
    }

    /// IP literals, `localhost` and names below it, single-label names, the machine's and the configured names, each also
    /// behind `stream-` or `streaming-`.
    fn is_our_name(&self, host: &str) -> bool {
        let (name, _) = split_port(host);
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name.parse::<Ipv4Addr>().is_ok()
            || name.strip_prefix('[').and_then(|name| name.strip_suffix(']')?.parse::<Ipv6Addr>().ok()).is_some()
        {
            return true;
        }
        let is_ours = |name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let is_single_label = !name.is_empty() && name.bytes().all(plain);
            is_single_label || name.ends_with(".localhost") || self.names.iter().any(|known| known == name)
        };
        let bare = name.strip_prefix("streaming-").or_else(|| name.strip_prefix("stream-"));
        is_ours(&name) || bare.is_some_and(is_ours)
    }

    fn check_origin(&self, visit: &Visit<'_>) -> Result<(), Refusal> {
        let origin = visit.headers.get(header::ORIGIN).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let field = |name: &str| visit.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_other_site = matches!(field("sec-fetch-site"), "cross-site" | "same-site");
        let is_read = matches!(*visit.method, Method::GET | Method::HEAD);
        let who = match &origin {
            Some(origin) if !self.is_own_origin(origin, visit) => shown(origin),
            None if is_other_site => "another site".to_owned(),
            // With an origin of our own (or none, and no word of another site) there is nothing foreign.
            _ => return Ok(()),
        };
        let is_navigation = is_read && field("sec-fetch-mode") == "navigate" && field("sec-fetch-dest") == "document";
        let allowed = match visit.door {
            Door::Ingest => match &origin {
                Some(origin) => self.cors.allows(origin),
                None => self.cors.any || is_read,
            },
            Door::Public => is_navigation && origin.is_none(),
            Door::Read | Door::Change | Door::Administer => false,
        };
        if allowed {
            return Ok(());
        }
        let reason = if visit.door == Door::Ingest {
            format!("origin {who} may not send here; add it to cors.origins to allow it")
        } else {
            format!("a page of {who} may neither read nor change anything here")
        };
        Err(refusal(StatusCode::FORBIDDEN, Cause::Origin, reason))
    }

    /// Whether `origin` is where this very request was sent to.
    pub(crate) fn is_own_origin(&self, origin: &str, visit: &Visit<'_>) -> bool {
        if self.own_origins.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let host = visit.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let host = host.or_else(|| visit.uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
        let Some(authority) = origin.strip_prefix("http://") else { return false };
        let with_port = |text: &str| {
            let (name, port) = split_port(text);
            (name.to_ascii_lowercase(), port.unwrap_or("80").to_owned())
        };
        !host.is_empty() && with_port(authority) == with_port(host)
    }
}

fn refusal(status: StatusCode, cause: Cause, reason: String) -> Refusal {
    Refusal { status, cause, reason }
}

/// Host and port of an authority; an IPv6 literal keeps its brackets.
pub(crate) fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_literal = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[after_literal..].rfind(':') {
        Some(at) => (&authority[..after_literal + at], Some(&authority[after_literal + at + 1..])),
        None => (authority, None),
    }
}

/// A peer's text as it may be repeated: printable ASCII, cut.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_BYTES).map(|character| if character.is_ascii_graphic() { character } else { '?' }).collect()
}

#[cfg(test)]
mod tests;

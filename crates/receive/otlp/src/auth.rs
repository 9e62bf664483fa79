//! Who sends: which header holds the key, what the key may do, and whose environment it is.

use crate::config::AuthMode;
use crate::decode::Signal3;
use crate::error::OtlpError;
use glasshive_base_http::{Credential, Head, cors};
use glasshive_model::{Action, EnvironmentId, Grant, KeyKind, KeyState, KeyTable};

/// Headers that may hold a key, in the order in which they are looked at; the first with one wins.
pub const KEY_HEADERS: &[&str] = &["x-honeycomb-team", "authorization", "x-glasshive-key", "api-key"];

/// Headers that pages may send to this door besides the usual ones: what [`CorsPolicy::headers`](glasshive_base_http::CorsPolicy)
/// has to hold.
pub const PAGE_HEADERS: &[&str] = &["x-honeycomb-team", DATASET_HEADER, "x-glasshive-key", "api-key"];

/// Names the dataset, where a key's rules let it.
const DATASET_HEADER: &str = "x-honeycomb-dataset";

/// A sender that may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Where its data goes.
    pub environment: EnvironmentId,
    /// The key's number, 0 for none.
    pub key_id: u64,
    /// Whether the dataset header decides about datasets, as with Honeycomb's classic keys.
    pub is_classic: bool,
    /// The dataset header, if one was sent.
    pub dataset: Option<String>,
    /// The browser origin, if one was sent.
    pub origin: Option<String>,
}

/// Looks at the headers alone; the body is not read before this has passed.
///
/// # Errors
/// In the order of the checks: no key, no dataset header with a classic key, unknown key, disabled key, missing permission, wrong
/// origin of a browser key. In open mode none.
pub fn check(mode: AuthMode, keys: &dyn KeyTable, head: &Head, signal: Signal3) -> Result<Pass, OtlpError> {
    let visitor = Visitor { dataset: utf8_header(head, DATASET_HEADER), origin: utf8_header(head, "origin") };
    let credential = head.credential(KEY_HEADERS);
    match mode {
        AuthMode::Open => Ok(visitor.pass_openly(keys, credential.as_ref())),
        AuthMode::Keys => visitor.pass_by_key(keys, credential.ok_or(OtlpError::MissingKey)?, signal),
    }
}

struct Visitor {
    dataset: Option<String>,
    origin: Option<String>,
}

impl Visitor {
    /// Nothing is refused for its key: a known one names the environment, everything else goes to `local`.
    fn pass_openly(self, keys: &dyn KeyTable, credential: Option<&Credential>) -> Pass {
        let grant = credential.and_then(|credential| find(keys, credential));
        let looks_classic = credential.is_some_and(|credential| credential.secrets.iter().any(|secret| is_classic_shape(secret)));
        let is_classic = self.dataset.is_some() && grant.as_ref().map_or(looks_classic, |grant| grant.is_classic);
        self.pass(grant.as_ref(), is_classic)
    }

    fn pass_by_key(self, keys: &dyn KeyTable, credential: Credential, signal: Signal3) -> Result<Pass, OtlpError> {
        let header = credential.header;
        let needs_dataset = signal != Signal3::Logs && self.dataset.is_none();
        if needs_dataset && credential.secrets.iter().any(|secret| is_classic_shape(secret)) {
            return Err(OtlpError::MissingDataset);
        }
        let grant = find(keys, &credential).ok_or(OtlpError::UnknownKey { header })?;
        if grant.state == KeyState::Disabled {
            return Err(OtlpError::DisabledKey { header });
        }
        if !grant.may(Action::Ingest, grant.environment.unwrap_or(EnvironmentId::LOCAL)) {
            return Err(OtlpError::NoPermission { header, kind: grant.kind.word() });
        }
        if grant.kind == KeyKind::Browser && !self.is_from_a_page_of(&grant) {
            let origin = self.origin.map_or_else(|| "a request without an origin".to_owned(), |origin| format!("origin '{origin}'"));
            return Err(OtlpError::ForeignOrigin { header, origin });
        }
        let is_classic = grant.is_classic;
        Ok(self.pass(Some(&grant), is_classic))
    }

    /// A browser key is public; it works from its origins, by default from pages on loopback names.
    fn is_from_a_page_of(&self, grant: &Grant) -> bool {
        let Some(origin) = &self.origin else { return false };
        if grant.origins.is_empty() {
            return cors::is_loopback(origin);
        }
        origin != "null" && grant.origins.iter().any(|pattern| cors::matches(pattern, origin))
    }

    fn pass(self, grant: Option<&Grant>, is_classic: bool) -> Pass {
        Pass {
            environment: grant.and_then(|grant| grant.environment).unwrap_or(EnvironmentId::LOCAL),
            key_id: grant.map_or(0, |grant| grant.key_id),
            is_classic,
            dataset: self.dataset,
            origin: self.origin,
        }
    }
}

fn find(keys: &dyn KeyTable, credential: &Credential) -> Option<Grant> {
    credential.secrets.iter().find_map(|secret| keys.find(secret))
}

/// Honeycomb's own rule by which clients and servers tell classic keys: 32 hex digits, or `hc?ic_` and 58 more.
fn is_classic_shape(secret: &str) -> bool {
    let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_base36 = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    match secret.as_bytes() {
        bytes if bytes.len() == 32 => bytes.iter().all(|byte| is_lower_hex(*byte)),
        [b'h', b'c', letter, b'i', b'c', b'_', rest @ ..] => letter.is_ascii_lowercase() && rest.len() == 58 && rest.iter().all(is_base36),
        _ => false,
    }
}

/// A header's text, when it is UTF-8 and not blank.
fn utf8_header(head: &Head, name: &str) -> Option<String> {
    let value = std::str::from_utf8(head.headers.get(name)?.as_bytes()).ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests;

//! Keys as they are written on the command line, in `GLASSHIVE_KEYS` and in key files.

use crate::error::KeyError;
use glasshive_model::KeyKind;
use std::fmt;

/// The shortest secret while every listener is on loopback.
pub const SECRET_BYTES_LOOPBACK: usize = 8;
/// The shortest secret otherwise.
pub const SECRET_BYTES_OPEN_NETWORK: usize = 16;
/// The longest secret.
pub(crate) const SECRET_BYTES_MOST: usize = 128;
/// The longest name of an environment.
const ENVIRONMENT_BYTES: usize = 64;
const ROLLBAR_SCOPES: [&str; 4] = ["read", "write", "post_server_item", "post_client_item"];

/// A key that is given on start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpec {
    /// Whose.
    pub scope: Scope,
    /// What sort.
    pub kind: KeyKind,
    /// The public half of a pair: the id of a management or AWS key.
    pub id: Option<String>,
    /// The secret. Of an `aws-id`, whose secret we do not hold, the id.
    pub secret: SecretText,
    /// Origins of a browser key; empty = pages on loopback names.
    pub origins: Vec<String>,
    /// Scopes of a Rollbar token; empty = all.
    pub scopes: Vec<String>,
}

/// Whose a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole team's: `*`.
    Team,
    /// An environment's, by its slug.
    Environment(String),
}

/// A secret, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(pub String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl KeySpec {
    /// Reads `ENVIRONMENT:KIND:REST`, split at the first two colons. REST is the secret; for `browser` perhaps `:origin,origin`
    /// after it, for `management` and `aws` `id:secret`, for `aws-id` the id, for `rollbar` perhaps `:scope,scope` after it.
    /// `least` is the shortest secret that is taken.
    ///
    /// # Errors
    /// What is wrong, in words and without the secret.
    pub fn parse(text: &str, least: usize) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, ':');
        let (Some(environment), Some(word), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form { colons: text.matches(':').count() });
        };
        let scope = Scope::parse(environment)?;
        // What stands in the kind's place may be a secret that was put there by mistake.
        let kind = KeyKind::from_word(word).ok_or_else(|| KeyError::Kind { kind: word.chars().take(6).collect() })?;
        if kind == KeyKind::Management && scope != Scope::Team {
            return Err(KeyError::ManagementScope);
        }
        let mut spec = Self { scope, kind, id: None, secret: SecretText(String::new()), origins: Vec::new(), scopes: Vec::new() };
        spec.read_rest(rest)?;
        spec.check_secret(least)?;
        Ok(spec)
    }

    /// Reads several, separated by blanks, as in `GLASSHIVE_KEYS`.
    ///
    /// # Errors
    /// See [`KeySpec::parse`].
    pub fn parse_list(text: &str, least: usize) -> Result<Vec<Self>, KeyError> {
        text.split_whitespace().map(|text| Self::parse(text, least)).collect()
    }

    /// Reads a key file: one a line; empty lines and those that begin with `#` are skipped.
    ///
    /// # Errors
    /// See [`KeySpec::parse`]; names the line.
    pub fn parse_file(text: &str, least: usize) -> Result<Vec<Self>, KeyError> {
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let parse = |(index, line)| Self::parse(line, least).map_err(|error| KeyError::Line { line: index + 1, source: Box::new(error) });
        lines.map(parse).collect()
    }

    fn read_rest(&mut self, rest: &str) -> Result<(), KeyError> {
        let (first, second) = rest.split_once(':').map_or((rest, None), |(first, second)| (first, Some(second)));
        let list = |text: &str| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        match self.kind {
            KeyKind::Management | KeyKind::Aws => {
                self.id = Some(first.to_owned());
                self.secret.0 = second.filter(|_| !first.is_empty()).ok_or(KeyError::Pair { kind: self.kind.word() })?.to_owned();
            }
            KeyKind::Browser => {
                first.clone_into(&mut self.secret.0);
                self.origins = list(second.unwrap_or_default());
                if let Some(origin) = self.origins.iter().find(|origin| !is_origin(origin)) {
                    return Err(KeyError::Origin { origin: origin.clone() });
                }
            }
            KeyKind::Rollbar => {
                first.clone_into(&mut self.secret.0);
                self.scopes = list(second.unwrap_or_default());
                if let Some(scope) = self.scopes.iter().find(|scope| !ROLLBAR_SCOPES.contains(&scope.as_str())) {
                    return Err(KeyError::RollbarScope { scope: scope.clone() });
                }
            }
            KeyKind::Ingest | KeyKind::Configuration | KeyKind::Admin | KeyKind::Probe | KeyKind::AwsId => {
                rest.clone_into(&mut self.secret.0);
            }
        }
        Ok(())
    }

    fn check_secret(&self, least: usize) -> Result<(), KeyError> {
        let kind = self.kind.word();
        let halves = [Some(&self.secret.0), self.id.as_ref()];
        let is_plain = |text: &String| text.len() <= SECRET_BYTES_MOST && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !halves.into_iter().flatten().all(is_plain) {
            return Err(KeyError::Characters { kind });
        }
        if self.secret.0.len() < least { Err(KeyError::Short { kind, least }) } else { Ok(()) }
    }

    /// The text that a request presents to use this key.
    pub(crate) fn presented(&self) -> String {
        match &self.id {
            Some(id) => format!("{id}:{}", self.secret.0),
            None => self.secret.0.clone(),
        }
    }
}

impl Scope {
    /// Reads `*` or an environment's slug.
    ///
    /// # Errors
    /// [`KeyError::Environment`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.~-".contains(&byte);
        match text {
            "*" => Ok(Scope::Team),
            text if (1..=ENVIRONMENT_BYTES).contains(&text.len()) && text.bytes().all(is_plain) => Ok(Scope::Environment(text.to_owned())),
            text => Err(KeyError::Environment { environment: text.chars().take(ENVIRONMENT_BYTES).collect() }),
        }
    }
}

/// `scheme://` and something without a path.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty()
            && !host.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !host.contains(['/', '?', '#', '@'])
    })
}

#[cfg(test)]
mod tests;

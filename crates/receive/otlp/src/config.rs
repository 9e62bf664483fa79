//! What the OTLP door can be told.

use crate::decode::TimeBounds;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of the OTLP door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtlpConfig {
    /// Whether a key is asked for. Default `open`; the binary sets `keys` as soon as a listener is not loopback. Since 0.1.
    pub auth: AuthMode,
    /// Paths in front of `/v1/{signal}`; the empty one is the bare path. Default `["", "/otlp"]`. Since 0.1.
    pub base_paths: Vec<String>,
    /// Bytes of a request body, compressed and decompressed alike; more is 413. Default 64 MiB. Since 0.1.
    pub body_bytes: usize,
    /// The HTTP status by which pressure of our own is told: 503, which old Python exporters retry, or 429, which they do not.
    /// Default 503. Since 0.1.
    pub throttle_status: ThrottleStatus,
    /// Milliseconds after which a request that is not yet durable is answered with 503. It is stored all the same, once, and the
    /// retry is recognised. Default 2,000. Since 0.1.
    pub answer_within_ms: u64,
    /// Seconds by which an event may be older than its receipt; older ones are rejected, item by item. Default none: any age is
    /// taken, since retention goes by receipt. Since 0.1.
    pub max_age_s: Option<u64>,
    /// Seconds by which an event may lie ahead of its receipt; further ahead it is marked `meta.future`, and rejected beyond 24 h.
    /// Default 600. Since 0.1.
    pub max_future_s: u64,
}

/// Whether senders must show a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// No: what comes without a known key goes to the environment `local`.
    #[default]
    Open,
    /// Yes.
    Keys,
}

/// The HTTP status by which pressure of our own is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum ThrottleStatus {
    /// 503 Service Unavailable.
    #[default]
    Unavailable,
    /// 429 Too Many Requests.
    TooManyRequests,
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            auth: AuthMode::Open,
            base_paths: vec![String::new(), "/otlp".to_owned()],
            body_bytes: 64 << 20,
            throttle_status: ThrottleStatus::Unavailable,
            answer_within_ms: 2_000,
            max_age_s: None,
            max_future_s: 600,
        }
    }
}

impl OtlpConfig {
    pub(crate) fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_within_ms)
    }

    pub(crate) fn bounds(&self) -> TimeBounds {
        let ns = |seconds: u64| seconds.saturating_mul(1_000_000_000);
        TimeBounds { age_max_ns: self.max_age_s.map(ns), future_max_ns: ns(self.max_future_s) }
    }
}

impl TryFrom<u16> for ThrottleStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            503 => Ok(ThrottleStatus::Unavailable),
            429 => Ok(ThrottleStatus::TooManyRequests),
            other => Err(format!("throttle status must be 503 or 429, not {other}")),
        }
    }
}

impl From<ThrottleStatus> for u16 {
    fn from(status: ThrottleStatus) -> u16 {
        match status {
            ThrottleStatus::Unavailable => 503,
            ThrottleStatus::TooManyRequests => 429,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_bounds_are_those_of_the_rules() {
        assert_eq!(OtlpConfig::default().bounds(), TimeBounds::default());
    }

    #[test]
    fn reads_and_refuses() {
        let config: OtlpConfig = serde_json::from_str(r#"{"auth":"keys","throttle_status":429}"#).unwrap();
        assert_eq!((config.auth, config.throttle_status, config.body_bytes), (AuthMode::Keys, ThrottleStatus::TooManyRequests, 64 << 20));
        assert!(serde_json::from_str::<OtlpConfig>(r#"{"throttle_status":500}"#).is_err());
        assert!(serde_json::from_str::<OtlpConfig>(r#"{"atuh":"keys"}"#).is_err());
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<OtlpConfig>(&text).unwrap(), config);
    }
}

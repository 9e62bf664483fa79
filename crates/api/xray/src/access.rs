//! Who asks, and whether they may.

use crate::fault::forbidden;
use crate::sigv4::{Broken, SKEW_S, Signed};
use glasshive_base_http::Head;
use glasshive_feature_keys::Keys;
use glasshive_model::{Action, EnvironmentId, KeyState};
use glasshive_receive_xray::Fault;

/// Whether keys are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Nothing is refused for its credential; a known key says which environment is meant.
    Open,
    /// Every request needs a signature.
    Keys,
}

/// The environment that a request is about, when its sender may do `action` there. The region of a signature selects nothing.
pub(crate) fn check(mode: AuthMode, keys: &Keys, head: &Head, body: &[u8], action: Action) -> Result<EnvironmentId, Fault> {
    let signed = head.header("authorization").and_then(Signed::read);
    if mode == AuthMode::Open {
        let key = signed.and_then(Result::ok).and_then(|signed| keys.find_aws(&signed.key_id));
        return Ok(key.and_then(|key| key.grant.environment).unwrap_or(EnvironmentId::LOCAL));
    }
    let Some(signed) = signed else {
        let message = "the request is not signed: it needs an Authorization of AWS4-HMAC-SHA256 for the service xray";
        return Err(forbidden("MissingAuthenticationTokenException", message));
    };
    let signed = signed.map_err(|broken| of_signature(broken, head))?;
    let unknown = || forbidden("UnrecognizedClientException", "the access key id is not known here, or is switched off");
    let key = keys.find_aws(&signed.key_id).filter(|key| key.grant.state == KeyState::Enabled).ok_or_else(unknown)?;
    // The secret of an id is its owner's alone: what it signed cannot be checked, and it may do little.
    if let Some(secret) = &key.secret {
        let called = head.header("host").or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
        let hosts: Vec<&str> = called.into_iter().chain(head.header("x-forwarded-host")).collect();
        signed.check(&secret.0, head, body, head.received_ns / 1_000_000_000, &hosts).map_err(|broken| of_signature(broken, head))?;
    }
    let environment = key.grant.environment.unwrap_or(EnvironmentId::LOCAL);
    if !key.grant.may_by_signature(action, environment) {
        let message = format!("a key of kind {} may not do that; one of kind aws may", key.grant.kind.word());
        return Err(forbidden("AccessDeniedException", message));
    }
    Ok(environment)
}

fn of_signature(broken: Broken, head: &Head) -> Fault {
    let message = match broken {
        Broken::Form(why) => why,
        Broken::Time => {
            let now = jiff::Timestamp::from_second(head.received_ns / 1_000_000_000).unwrap_or_default();
            format!("Signature expired or not yet valid: the time here is {now}, and x-amz-date may differ by {} minutes", SKEW_S / 60)
        }
        Broken::Signature => {
            "The request signature we calculated does not match the signature you provided. Check the secret access key.".to_owned()
        }
    };
    forbidden("InvalidSignatureException", message)
}

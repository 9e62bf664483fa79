//! Who asks, and whether they may.

use crate::fault::forbidden;
use crate::sigv4::{Broken, SKEW_S, Signed};
use glasshive_base_http::Head;
use glasshive_feature_keys::{Keys, SecretText};
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

/// Who a request says that it is from.
pub(crate) struct Caller {
    /// What the request is about. The region of a signature selects nothing.
    pub environment: EnvironmentId,
    /// What is still to be shown.
    signed: Option<(Signed, SecretText)>,
}

impl Caller {
    /// Looks at a request before its body is read: whether its sender may do `action`, if it is who it says.
    pub(crate) fn of(mode: AuthMode, keys: &Keys, head: &Head, action: Action) -> Result<Self, Fault> {
        let signed = head.header("authorization").and_then(Signed::read);
        if mode == AuthMode::Open {
            let key = signed.and_then(Result::ok).and_then(|signed| keys.find_aws(&signed.key_id));
            return Ok(Self { environment: key.and_then(|key| key.grant.environment).unwrap_or(EnvironmentId::LOCAL), signed: None });
        }
        let Some(signed) = signed else {
            let message = "the request is not signed: it needs an Authorization of AWS4-HMAC-SHA256 for the service xray";
            return Err(forbidden("MissingAuthenticationTokenException", message));
        };
        let signed = signed.map_err(|broken| of_signature(broken, head))?;
        let unknown = || forbidden("UnrecognizedClientException", "the access key id is not known here, or is switched off");
        let key = keys.find_aws(&signed.key_id).filter(|key| key.grant.state == KeyState::Enabled).ok_or_else(unknown)?;
        let environment = key.grant.environment.unwrap_or(EnvironmentId::LOCAL);
        if !key.grant.may_by_signature(action, environment) {
            let message = format!("a key of kind {} may not do that; one of kind aws may", key.grant.kind.word());
            return Err(forbidden("AccessDeniedException", message));
        }
        // The secret of an id is its owner's alone: what it signed cannot be checked, and it may do little.
        Ok(Self { environment, signed: key.secret.clone().map(|secret| (signed, secret)) })
    }

    /// Checks that the request is from who it says.
    pub(crate) fn check(&self, head: &Head, body: &[u8]) -> Result<(), Fault> {
        let Some((signed, secret)) = &self.signed else { return Ok(()) };
        let called = head.header("host").or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
        let hosts: Vec<&str> = called.into_iter().chain(head.header("x-forwarded-host")).collect();
        signed.check(&secret.0, head, body, head.received_ns / 1_000_000_000, &hosts).map_err(|broken| of_signature(broken, head))
    }
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

//! Refusals in X-Ray's words.

use glasshive_base::ErrorKind;
use glasshive_feature_xray::XrayError;
use glasshive_receive_xray::Fault;
use http::StatusCode;

/// A request that cannot be done as it is.
pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "InvalidRequestException", message)
}

/// Something that is not there, by its name.
pub(crate) fn not_found(name: &str, message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message).about(name)
}

/// A refusal of who asks.
pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::FORBIDDEN, code, message)
}

/// What has to be tried again later.
pub(crate) fn throttled(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::TOO_MANY_REQUESTS, "ThrottledException", message)
}

/// The refusal for what the feature says.
pub(crate) fn of_feature(error: XrayError) -> Fault {
    let message = error.to_string();
    match error {
        XrayError::Invalid(_) => invalid(message),
        XrayError::TooManyRules { .. } => Fault::new(StatusCode::BAD_REQUEST, "RuleLimitExceededException", message),
        XrayError::UnknownArn { arn } => not_found(&arn, message),
        XrayError::TooManyTags { arn, .. } => Fault::new(StatusCode::BAD_REQUEST, "TooManyTagsException", message).about(&arn),
        error => match error.kind() {
            ErrorKind::Internal => Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", message),
            ErrorKind::InvalidRequest => invalid(message),
            _ => throttled(message),
        },
    }
}

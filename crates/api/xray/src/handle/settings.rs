//! What is as it is here: encryption is the storage's, and policies there are none.

use crate::ask;
use crate::fault::invalid;
use crate::operation::Call;
use glasshive_receive_xray::Fault;
use http::StatusCode;
use serde_json::{Value, json};

fn not_encrypted() -> Value {
    json!({"EncryptionConfig": {"Type": "NONE", "Status": "ACTIVE"}})
}

/// `GetEncryptionConfig`.
pub(crate) async fn encryption(_: Call<'_>) -> Result<Value, Fault> {
    Ok(not_encrypted())
}

/// `PutEncryptionConfig`.
pub(crate) async fn put_encryption(call: Call<'_>) -> Result<Value, Fault> {
    match ask::needed_text(&call.body, "Type")?.as_str() {
        "NONE" => Ok(not_encrypted()),
        "KMS" => Err(invalid("Type KMS: whatever encrypts the disk or the object store holds the keys; none are managed here")),
        _ => Err(invalid("Type is NONE or KMS")),
    }
}

/// `ListResourcePolicies`.
pub(crate) async fn policies(_: Call<'_>) -> Result<Value, Fault> {
    Ok(json!({"ResourcePolicies": []}))
}

/// `PutResourcePolicy`.
pub(crate) async fn put_policy(_: Call<'_>) -> Result<Value, Fault> {
    Err(Fault::new(StatusCode::BAD_REQUEST, "MalformedPolicyDocumentException", "resource policies are not supported: keys say who may"))
}

/// `DeleteResourcePolicy`.
pub(crate) async fn delete_policy(_: Call<'_>) -> Result<Value, Fault> {
    Ok(json!({}))
}

/// Operations that nothing here answers, told in words that clients know.
pub(crate) async fn not_here(call: Call<'_>) -> Result<Value, Fault> {
    let message = format!("{} is not answered here; docs/xray.md lists what is", call.head.path());
    Err(Fault::new(StatusCode::NOT_FOUND, "UnknownOperationException", message))
}

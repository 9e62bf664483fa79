//! Tags of groups and sampling rules.

use crate::ask;
use crate::fault::{invalid, not_found, of_feature};
use crate::operation::Call;
use glasshive_feature_xray::Tags;
use glasshive_receive_xray::Fault;
use serde_json::{Value, json};

/// `ListTagsForResource`.
pub(crate) async fn list(call: Call<'_>) -> Result<Value, Fault> {
    let arn = ask::needed_text(&call.body, "ResourceARN")?;
    let Tags(tags) = of(&call, &arn)?;
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": tags}))
}

/// `TagResource`.
pub(crate) async fn tag(call: Call<'_>) -> Result<Value, Fault> {
    let arn = ask::needed_text(&call.body, "ResourceARN")?;
    let more = ask::tags(&call.body)?.ok_or_else(|| invalid("Tags is needed"))?;
    let tags = of(&call, &arn)?.with(more, &arn).map_err(of_feature)?;
    set(&call, &arn, tags).await
}

/// `UntagResource`.
pub(crate) async fn untag(call: Call<'_>) -> Result<Value, Fault> {
    let arn = ask::needed_text(&call.body, "ResourceARN")?;
    let keys = ask::texts(&call.body, "TagKeys")?.ok_or_else(|| invalid("TagKeys is needed"))?;
    let tags = of(&call, &arn)?.without(&keys);
    set(&call, &arn, tags).await
}

/// The name of the sampling rule that an ARN is of.
fn rule(arn: &str) -> Option<&str> {
    arn.rsplit(':').next()?.strip_prefix("sampling-rule/")
}

fn of(call: &Call<'_>, arn: &str) -> Result<Tags, Fault> {
    let found = match rule(arn) {
        Some(name) => call.api.xray.rules.tags(call.environment, name),
        None => call.api.xray.groups.tags(call.environment, arn),
    };
    found.ok_or_else(|| not_found(arn, "there is no group and no sampling rule with this ARN"))
}

async fn set(call: &Call<'_>, arn: &str, tags: Tags) -> Result<Value, Fault> {
    let is_set = match rule(arn) {
        Some(name) => call.api.xray.rules.set_tags(call.environment, name, tags).await,
        None => call.api.xray.groups.set_tags(call.environment, arn, tags).await,
    };
    if is_set.map_err(of_feature)? {
        Ok(json!({}))
    } else {
        Err(invalid("the Default group and the Default rule take no tags until they are changed"))
    }
}

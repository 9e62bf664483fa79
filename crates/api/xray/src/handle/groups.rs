//! Groups.

use crate::ask;
use crate::fault::{invalid, of_feature};
use crate::operation::Call;
use glasshive_feature_xray::Tags;
use glasshive_feature_xray::groups::{Group, GroupKey, Insights};
use glasshive_receive_xray::Fault;
use serde_json::{Value, json};

/// `GetGroups`.
pub(crate) async fn list(call: Call<'_>) -> Result<Value, Fault> {
    let groups = call.api.xray.groups.list(call.environment);
    Ok(json!({"Groups": groups.iter().map(shape).collect::<Vec<Value>>()}))
}

/// `GetGroup`.
pub(crate) async fn get(call: Call<'_>) -> Result<Value, Fault> {
    let group = call.api.xray.groups.get(call.environment, &needed_key(&call.body)?).map_err(of_feature)?;
    Ok(json!({"Group": shape(&group)}))
}

/// `CreateGroup`.
pub(crate) async fn create(call: Call<'_>) -> Result<Value, Fault> {
    let name = ask::needed_text(&call.body, "GroupName")?;
    let filter = ask::text(&call.body, "FilterExpression")?;
    let insights = insights(&call.body)?.unwrap_or_default();
    let arn = call.api.names.arn(&format!("group/{name}"));
    let tags = Tags::default().with(ask::tags(&call.body)?.unwrap_or_default(), &arn).map_err(of_feature)?;
    let group = call.api.xray.groups.create(call.environment, &name, filter, insights, tags).await.map_err(of_feature)?;
    Ok(json!({"Group": shape(&group)}))
}

/// `UpdateGroup`.
pub(crate) async fn update(call: Call<'_>) -> Result<Value, Fault> {
    let filter = ask::text(&call.body, "FilterExpression")?;
    let (key, insights) = (needed_key(&call.body)?, insights(&call.body)?);
    let group = call.api.xray.groups.update(call.environment, &key, filter, insights).await.map_err(of_feature)?;
    Ok(json!({"Group": shape(&group)}))
}

/// `DeleteGroup`.
pub(crate) async fn delete(call: Call<'_>) -> Result<Value, Fault> {
    call.api.xray.groups.delete(call.environment, &needed_key(&call.body)?).await.map_err(of_feature)?;
    Ok(json!({}))
}

fn needed_key(body: &Value) -> Result<GroupKey, Fault> {
    match (ask::text(body, "GroupName")?, ask::text(body, "GroupARN")?) {
        (_, Some(arn)) => Ok(GroupKey::Arn(arn)),
        (Some(name), None) => Ok(GroupKey::Name(name)),
        (None, None) => Err(invalid("GroupName or GroupARN is needed")),
    }
}

fn insights(body: &Value) -> Result<Option<Insights>, Fault> {
    let Some(said) = ask::get(body, "InsightsConfiguration") else { return Ok(None) };
    let truth = |name: &str| ask::truth(said, name).map(Option::unwrap_or_default);
    Ok(Some(Insights { is_enabled: truth("InsightsEnabled")?, is_notifying: truth("NotificationsEnabled")? }))
}

fn shape(group: &Group) -> Value {
    let Insights { is_enabled, is_notifying } = group.insights;
    let mut shape = json!({
        "GroupName": group.name,
        "GroupARN": group.arn,
        "InsightsConfiguration": {"InsightsEnabled": is_enabled, "NotificationsEnabled": is_notifying},
    });
    if let Some(filter) = &group.filter {
        shape["FilterExpression"] = filter.as_str().into();
    }
    shape
}

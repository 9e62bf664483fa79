//! Groups.

use super::{failure, kept};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::xray::{ChangedXrayGroup, NewXrayGroup, XrayGroup, XrayGroups};
use glasshive_base_http::Response;
use glasshive_feature_xray::Tags;
use glasshive_feature_xray::groups::{DEFAULT, Group, GroupKey, Insights};

/// Those of the environment.
pub async fn groups(call: Call) -> Result<Response, Failure> {
    let groups = kept(&call)?.groups.list(call.environment);
    ok(&XrayGroups { groups: groups.into_iter().map(XrayGroup::from).collect() })
}

/// Makes one.
pub async fn create_group(mut call: Call) -> Result<Response, Failure> {
    let NewXrayGroup { name, filter } = call.body().await?;
    let made = kept(&call)?.groups.create(call.environment, &name, Some(filter), Insights::default(), Tags::default()).await;
    ok(&XrayGroup::from(made.map_err(failure)?))
}

/// Gives one another expression.
pub async fn update_group(mut call: Call) -> Result<Response, Failure> {
    let ChangedXrayGroup { filter } = call.body().await?;
    let key = found(&call)?;
    ok(&XrayGroup::from(kept(&call)?.groups.update(call.environment, &key, Some(filter), None).await.map_err(failure)?))
}

/// Takes one out.
pub async fn delete_group(call: Call) -> Result<Response, Failure> {
    let key = found(&call)?;
    let groups = &kept(&call)?.groups;
    let gone = groups.get(call.environment, &key).map_err(failure)?;
    groups.delete(call.environment, &key).await.map_err(failure)?;
    ok(&XrayGroup::from(gone))
}

/// The group that the path names; status 404 when there is none.
fn found(call: &Call) -> Result<GroupKey, Failure> {
    let key = GroupKey::Name(call.param("name").to_owned());
    match kept(call)?.groups.get(call.environment, &key) {
        Ok(_) => Ok(key),
        Err(error) => Err(Failure::not_found(error.to_string())),
    }
}

impl From<Group> for XrayGroup {
    fn from(group: Group) -> Self {
        Self { is_default: group.name == DEFAULT, name: group.name, arn: group.arn, filter: group.filter.unwrap_or_default() }
    }
}

//! Sampling rules.

use crate::ask;
use crate::fault::{invalid, of_feature};
use crate::operation::Call;
use glasshive_feature_xray::Tags;
use glasshive_feature_xray::rules::RuleChange;
use glasshive_receive_xray::Fault;
use glasshive_wire_xray::sampling::SamplingRuleRecord;
use serde_json::{Value, json};

/// `CreateSamplingRule`.
pub(crate) async fn create(call: Call<'_>) -> Result<Value, Fault> {
    let rule = ask::get(&call.body, "SamplingRule").filter(|rule| rule.is_object()).ok_or_else(|| invalid("SamplingRule is needed"))?;
    let name = ask::needed_text(rule, "RuleName")?;
    let arn = call.api.names.arn(&format!("sampling-rule/{name}"));
    let tags = Tags::default().with(ask::tags(&call.body)?.unwrap_or_default(), &arn).map_err(of_feature)?;
    let made = call.api.xray.rules.create(call.environment, &name, change(rule)?, tags).await.map_err(of_feature)?;
    record(&made)
}

/// `UpdateSamplingRule`.
pub(crate) async fn update(call: Call<'_>) -> Result<Value, Fault> {
    let rule = ask::get(&call.body, "SamplingRuleUpdate")
        .filter(|rule| rule.is_object())
        .ok_or_else(|| invalid("SamplingRuleUpdate is needed"))?;
    let name = name(rule)?;
    record(&call.api.xray.rules.update(call.environment, &name, change(rule)?).await.map_err(of_feature)?)
}

/// `DeleteSamplingRule`.
pub(crate) async fn delete(call: Call<'_>) -> Result<Value, Fault> {
    let name = name(&call.body)?;
    record(&call.api.xray.rules.delete(call.environment, &name).await.map_err(of_feature)?)
}

fn record(record: &SamplingRuleRecord) -> Result<Value, Fault> {
    Ok(json!({"SamplingRuleRecord": record}))
}

/// By name or by ARN, of which the part after the last colon counts.
fn name(body: &Value) -> Result<String, Fault> {
    match (ask::text(body, "RuleName")?, ask::text(body, "RuleARN")?) {
        (Some(name), None) => Ok(name),
        (None, Some(arn)) => {
            let last = arn.rsplit(':').next().unwrap_or_default();
            last.strip_prefix("sampling-rule/").map(str::to_owned).ok_or_else(|| invalid("RuleARN is not one of a sampling rule"))
        }
        (Some(_), Some(_)) => Err(invalid("RuleName or RuleARN is needed, not both")),
        (None, None) => Err(invalid("RuleName or RuleARN is needed")),
    }
}

fn change(rule: &Value) -> Result<RuleChange, Fault> {
    Ok(RuleChange {
        resource_arn: ask::text(rule, "ResourceARN")?,
        priority: ask::integer(rule, "Priority")?,
        fixed_rate: ask::number(rule, "FixedRate")?,
        reservoir_size: ask::integer(rule, "ReservoirSize")?,
        service_name: ask::text(rule, "ServiceName")?,
        service_type: ask::text(rule, "ServiceType")?,
        host: ask::text(rule, "Host")?,
        http_method: ask::text(rule, "HTTPMethod")?,
        url_path: ask::text(rule, "URLPath")?,
        version: ask::integer(rule, "Version")?,
        attributes: ask::pairs(rule, "Attributes")?,
    })
}

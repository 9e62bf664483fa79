//! Sampling rules of an environment: kept in the catalog, told to whoever samples.

use crate::error::{XrayError, invalid};
use crate::kept::{Item, Kept};
use crate::tags::Tags;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_receive_xray::XrayConfig;
use glasshive_receive_xray::sampling::{self, Sampling};
use glasshive_store::catalog::{Catalog, DefinitionRow};
use glasshive_wire_xray::matching::{Asked, Mismatch};
pub use glasshive_wire_xray::sampling::{SamplingRule, SamplingRuleRecord};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// The catalog's word for them.
const KIND: &str = "xray_rule";
/// Rules that an environment may have, the Default one not counted.
pub const RULES_MAX: usize = 1_000;
/// The rule that is always there.
pub const DEFAULT: &str = "Default";
const PRIORITY_MAX: i64 = 9_999;

/// What a rule says, without its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    resource_arn: String,
    priority: i32,
    fixed_rate: f64,
    reservoir_size: i32,
    service_name: String,
    service_type: String,
    host: String,
    http_method: String,
    url_path: String,
    attributes: BTreeMap<String, String>,
    tags: Tags,
}

/// What is said of a rule when it is made or changed: a member that is `None` was not said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleChange {
    /// `ResourceARN`.
    pub resource_arn: Option<String>,
    /// `Priority`.
    pub priority: Option<i64>,
    /// `FixedRate`.
    pub fixed_rate: Option<f64>,
    /// `ReservoirSize`.
    pub reservoir_size: Option<i64>,
    /// `ServiceName`.
    pub service_name: Option<String>,
    /// `ServiceType`.
    pub service_type: Option<String>,
    /// `Host`.
    pub host: Option<String>,
    /// `HTTPMethod`.
    pub http_method: Option<String>,
    /// `URLPath`.
    pub url_path: Option<String>,
    /// `Version`; rules cannot change theirs.
    pub version: Option<i64>,
    /// `Attributes`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// The rules of all environments.
pub struct Rules {
    kept: Kept<Content>,
    config: XrayConfig,
    clock: Arc<dyn Clock>,
    live: Mutex<HashMap<EnvironmentId, Arc<Sampling>>>,
}

impl Rules {
    pub(crate) fn of_rows(rows: &[DefinitionRow], catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, config: XrayConfig) -> Self {
        Self { kept: Kept::of_rows(KIND, rows, catalog, clock.clone()), config, clock, live: Mutex::default() }
    }

    /// What samplers of an environment are told; the same each time, kept up to date with every change.
    pub fn sampling(&self, environment: EnvironmentId) -> Arc<Sampling> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let sampling = Sampling::new(&self.config, self.clock.wall_ns());
            sampling.replace(self.list(environment), None);
            Arc::new(sampling)
        };
        live.entry(environment).or_insert_with(made).clone()
    }

    /// All rules, those that are tried first before others.
    pub fn list(&self, environment: EnvironmentId) -> Vec<SamplingRuleRecord> {
        let items = self.kept.list(environment);
        let mut records: Vec<SamplingRuleRecord> = items.iter().map(|item| self.record(item)).collect();
        if !items.iter().any(|item| item.name == DEFAULT) {
            records.push(sampling::default_rule(&self.config));
        }
        let key = |record: &SamplingRuleRecord| (record.sampling_rule.priority, record.sampling_rule.rule_name.clone());
        records.sort_by_key(key);
        records
    }

    /// Makes a rule. Every member but the attributes has to be said.
    ///
    /// # Errors
    /// [`XrayError::Invalid`], [`XrayError::TooManyRules`]; or the catalog's.
    pub async fn create(
        &self,
        environment: EnvironmentId,
        name: &str,
        said: RuleChange,
        tags: Tags,
    ) -> Result<SamplingRuleRecord, XrayError> {
        if !(1..=32).contains(&name.chars().count()) {
            return Err(invalid("RuleName has 1 to 32 characters"));
        }
        if name == DEFAULT {
            return Err(invalid("RuleName Default is taken: that rule is always there"));
        }
        if said.version != Some(1) {
            return Err(invalid("Version is needed, and has to be 1"));
        }
        let needed = |member: &str| invalid(format!("{member} is needed"));
        let text = |value: Option<String>, member: &str| value.ok_or_else(|| needed(member));
        let content = Content {
            resource_arn: text(said.resource_arn, "ResourceARN")?,
            priority: priority(said.priority.ok_or_else(|| needed("Priority"))?)?,
            fixed_rate: said.fixed_rate.ok_or_else(|| needed("FixedRate"))?,
            reservoir_size: reservoir(said.reservoir_size.ok_or_else(|| needed("ReservoirSize"))?)?,
            service_name: text(said.service_name, "ServiceName")?,
            service_type: text(said.service_type, "ServiceType")?,
            host: text(said.host, "Host")?,
            http_method: text(said.http_method, "HTTPMethod")?,
            url_path: text(said.url_path, "URLPath")?,
            attributes: said.attributes.unwrap_or_default(),
            tags,
        };
        content.check()?;
        let change = self.kept.begin().await;
        if self.kept.list(environment).len() >= RULES_MAX {
            return Err(XrayError::TooManyRules { most: RULES_MAX });
        }
        let made = change.insert(environment, name, content).await?;
        let item = made.ok_or_else(|| invalid(format!("a sampling rule with the name {name} exists already")))?;
        self.changed(environment, item.updated_ns);
        Ok(self.record(&item))
    }

    /// Changes what is said of a rule. Of the Default rule nothing but its rate and its reservoir can be changed.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn update(&self, environment: EnvironmentId, name: &str, said: RuleChange) -> Result<SamplingRuleRecord, XrayError> {
        let change = self.kept.begin().await;
        let only_rates = RuleChange { fixed_rate: said.fixed_rate, reservoir_size: said.reservoir_size, ..RuleChange::default() };
        if name == DEFAULT && said != only_rates {
            return Err(invalid("of the Default rule only FixedRate and ReservoirSize can be changed"));
        }
        let item = match self.kept.get(environment, name) {
            Some(item) => item,
            None if name == DEFAULT => {
                let content = Content::of(sampling::default_rule(&self.config).sampling_rule);
                change.insert(environment, DEFAULT, content).await?.ok_or_else(|| unknown(name))?
            }
            None => return Err(unknown(name)),
        };
        let before = item.content.clone();
        let content = Content {
            resource_arn: said.resource_arn.unwrap_or(before.resource_arn),
            priority: said.priority.map_or(Ok(before.priority), priority)?,
            fixed_rate: said.fixed_rate.unwrap_or(before.fixed_rate),
            reservoir_size: said.reservoir_size.map_or(Ok(before.reservoir_size), reservoir)?,
            service_name: said.service_name.unwrap_or(before.service_name),
            service_type: said.service_type.unwrap_or(before.service_type),
            host: said.host.unwrap_or(before.host),
            http_method: said.http_method.unwrap_or(before.http_method),
            url_path: said.url_path.unwrap_or(before.url_path),
            attributes: said.attributes.unwrap_or(before.attributes),
            tags: before.tags,
        };
        content.check()?;
        let item = change.put(item, content).await?;
        self.changed(environment, item.updated_ns);
        Ok(self.record(&item))
    }

    /// Takes a rule out, and says what it was.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn delete(&self, environment: EnvironmentId, name: &str) -> Result<SamplingRuleRecord, XrayError> {
        if name == DEFAULT {
            return Err(invalid("the Default rule cannot be deleted"));
        }
        let change = self.kept.begin().await;
        let item = self.kept.get(environment, name).ok_or_else(|| unknown(name))?;
        change.remove(&item).await?;
        self.changed(environment, self.clock.wall_ns());
        Ok(self.record(&item))
    }

    /// The tags of a rule; `None` when there is no such rule.
    pub fn tags(&self, environment: EnvironmentId, name: &str) -> Option<Tags> {
        match self.kept.get(environment, name) {
            Some(item) => Some(item.content.tags),
            None => (name == DEFAULT).then(Tags::default),
        }
    }

    /// Gives a rule other tags. `false` when there is no such rule, or it is one that has none.
    ///
    /// # Errors
    /// The catalog's.
    pub async fn set_tags(&self, environment: EnvironmentId, name: &str, tags: Tags) -> Result<bool, XrayError> {
        let change = self.kept.begin().await;
        let Some(item) = self.kept.get(environment, name) else { return Ok(false) };
        let content = Content { tags, ..item.content.clone() };
        change.put(item, content).await?;
        Ok(true)
    }

    fn changed(&self, environment: EnvironmentId, at_ns: i64) {
        self.sampling(environment).replace(self.list(environment), Some(at_ns));
    }

    fn record(&self, item: &Item<Content>) -> SamplingRuleRecord {
        let content = item.content.clone();
        let is_default = item.name == DEFAULT;
        SamplingRuleRecord {
            sampling_rule: SamplingRule {
                rule_arn: self.config.arn(&format!("sampling-rule/{}", item.name)),
                rule_name: item.name.clone(),
                resource_arn: content.resource_arn,
                priority: content.priority,
                fixed_rate: content.fixed_rate,
                reservoir_size: content.reservoir_size,
                service_name: content.service_name,
                service_type: content.service_type,
                host: content.host,
                http_method: content.http_method,
                url_path: content.url_path,
                version: 1,
                attributes: content.attributes,
            },
            created_at: if is_default { 0.0 } else { seconds(item.created_ns) },
            modified_at: seconds(item.updated_ns),
        }
    }
}

impl Content {
    fn of(rule: SamplingRule) -> Self {
        Self {
            resource_arn: rule.resource_arn,
            priority: rule.priority,
            fixed_rate: rule.fixed_rate,
            reservoir_size: rule.reservoir_size,
            service_name: rule.service_name,
            service_type: rule.service_type,
            host: rule.host,
            http_method: rule.http_method,
            url_path: rule.url_path,
            attributes: rule.attributes,
            tags: Tags::default(),
        }
    }

    fn check(&self) -> Result<(), XrayError> {
        if !(0.0..=1.0).contains(&self.fixed_rate) {
            return Err(invalid("FixedRate is from 0 to 1"));
        }
        let lengths = [
            ("ResourceARN", &self.resource_arn, 500),
            ("ServiceName", &self.service_name, 64),
            ("ServiceType", &self.service_type, 64),
            ("Host", &self.host, 64),
            ("HTTPMethod", &self.http_method, 10),
            ("URLPath", &self.url_path, 128),
        ];
        if let Some((member, _, most)) = lengths.iter().find(|(_, text, most)| text.chars().count() > *most) {
            return Err(invalid(format!("{member} has at most {most} characters")));
        }
        let is_short = |text: &String| (1..=32).contains(&text.chars().count());
        if self.attributes.len() > 5 || !self.attributes.iter().all(|(key, value)| is_short(key) && is_short(value)) {
            return Err(invalid("Attributes are at most 5 pairs, names and values of 1 to 32 characters"));
        }
        Ok(())
    }
}

/// The first of the rules that a request falls under, and why those before it are not the one.
pub fn rule_of<'r>(records: &'r [SamplingRuleRecord], asked: &Asked) -> (Option<&'r SamplingRule>, Vec<(&'r SamplingRule, Mismatch)>) {
    let mut passed = Vec::new();
    for rule in records.iter().map(|record| &record.sampling_rule) {
        match rule.admits(asked) {
            Ok(()) => return (Some(rule), passed),
            Err(mismatch) => passed.push((rule, mismatch)),
        }
    }
    (None, passed)
}

fn priority(priority: i64) -> Result<i32, XrayError> {
    let fits = (1..=PRIORITY_MAX).contains(&priority);
    i32::try_from(priority).ok().filter(|_| fits).ok_or_else(|| invalid("Priority is a whole number from 1 to 9999"))
}

fn reservoir(size: i64) -> Result<i32, XrayError> {
    i32::try_from(size).ok().filter(|size| *size >= 0).ok_or_else(|| invalid("ReservoirSize is a whole number, 0 or more"))
}

fn unknown(name: &str) -> XrayError {
    invalid(format!("there is no sampling rule with the name {name}"))
}

fn seconds(ns: i64) -> f64 {
    (ns / 1_000) as f64 / 1e6
}

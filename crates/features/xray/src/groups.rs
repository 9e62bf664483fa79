//! Groups: names for filter expressions, kept in the catalog.

use crate::error::{XrayError, invalid};
use crate::filter::{self, Filter};
use crate::kept::{Item, Kept};
use crate::tags::Tags;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_receive_xray::XrayConfig;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The catalog's word for them.
const KIND: &str = "xray_group";
/// Groups that an environment may have, the Default one not counted.
pub const GROUPS_MAX: usize = 1_000;
/// The group that is always there: every trace is in it.
pub const DEFAULT: &str = "Default";
/// Groups within groups.
const DEPTH_MAX: usize = 8;
/// Characters of an expression with those of all groups within it, each as often as it is named.
const COMPILED_BYTES: usize = 64 << 10;

/// What is kept of a group besides its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    /// The last part of its ARN.
    id: String,
    filter: Option<String>,
    insights: Insights,
    tags: Tags,
}

/// Whether insights are looked for in a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insights {
    /// They are.
    pub is_enabled: bool,
    /// And told.
    pub is_notifying: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Which traces are in it; `None` = all.
    pub filter: Option<String>,
    /// Whether insights are looked for.
    pub insights: Insights,
}

/// How a group is named in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupKey {
    /// By its name.
    Name(String),
    /// By its ARN.
    Arn(String),
}

/// The groups of all environments.
pub struct Groups {
    kept: Kept<Content>,
    config: XrayConfig,
}

impl Groups {
    pub(crate) fn of_rows(rows: &[DefinitionRow], catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, config: XrayConfig) -> Self {
        Self { kept: Kept::of_rows(KIND, rows, catalog, clock), config }
    }

    /// All of them, the Default one first, the others in order of their making.
    pub fn list(&self, environment: EnvironmentId) -> Vec<Group> {
        let (default, others): (Vec<_>, Vec<_>) = self.kept.list(environment).into_iter().partition(|item| item.name == DEFAULT);
        let default = default.first().map_or_else(|| self.default_group(Insights::default()), |item| self.group(item));
        std::iter::once(default).chain(others.iter().map(|item| self.group(item))).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// [`XrayError::Invalid`] when there is none.
    pub fn get(&self, environment: EnvironmentId, key: &GroupKey) -> Result<Group, XrayError> {
        let found = self.list(environment).into_iter().find(|group| key.is_of(group));
        found.ok_or_else(|| invalid(format!("there is no group {}", key.text())))
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn create(
        &self,
        environment: EnvironmentId,
        name: &str,
        filter: Option<String>,
        insights: Insights,
        tags: Tags,
    ) -> Result<Group, XrayError> {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if !(1..=32).contains(&name.chars().count()) || !name.chars().all(is_plain) {
            return Err(invalid("GroupName has 1 to 32 characters: letters, digits, - _ and ."));
        }
        if name == DEFAULT {
            return Err(invalid("GroupName Default is taken: that group is always there"));
        }
        let filter = filter.filter(|filter| !filter.is_empty());
        self.check(environment, name, filter.as_deref(), insights)?;
        let change = self.kept.begin().await;
        if self.kept.list(environment).len() >= GROUPS_MAX {
            return Err(invalid(format!("an environment keeps at most {GROUPS_MAX} groups")));
        }
        let content = Content { id: id()?, filter, insights, tags };
        let made = change.insert(environment, name, content).await?;
        made.map(|item| self.group(&item)).ok_or_else(|| invalid(format!("a group with the name {name} exists already")))
    }

    /// Changes what is said of one.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn update(
        &self,
        environment: EnvironmentId,
        key: &GroupKey,
        filter: Option<String>,
        insights: Option<Insights>,
    ) -> Result<Group, XrayError> {
        let change = self.kept.begin().await;
        let group = self.get(environment, key)?;
        if group.name == DEFAULT && filter.is_some() {
            return Err(invalid("the Default group has every trace: it cannot be given a FilterExpression"));
        }
        let item = match self.kept.get(environment, &group.name) {
            Some(item) => item,
            None => change.insert(environment, DEFAULT, Content::default()).await?.ok_or_else(|| invalid("there is no such group"))?,
        };
        let before = item.content.clone();
        let filter = filter.map_or(before.filter.clone(), |filter| Some(filter).filter(|filter| !filter.is_empty()));
        let content = Content { filter, insights: insights.unwrap_or(before.insights), ..before };
        self.check(environment, &group.name, content.filter.as_deref(), content.insights)?;
        Ok(self.group(&change.put(item, content).await?))
    }

    /// Takes one out.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn delete(&self, environment: EnvironmentId, key: &GroupKey) -> Result<(), XrayError> {
        let change = self.kept.begin().await;
        let group = self.get(environment, key)?;
        if group.name == DEFAULT {
            return Err(invalid("the Default group cannot be deleted"));
        }
        match self.kept.get(environment, &group.name) {
            Some(item) => change.remove(&item).await,
            None => Ok(()),
        }
    }

    /// The tags of one; `None` when there is no such group.
    pub fn tags(&self, environment: EnvironmentId, arn: &str) -> Option<Tags> {
        let group = self.get(environment, &GroupKey::Arn(arn.to_owned())).ok()?;
        Some(self.kept.get(environment, &group.name).map(|item| item.content.tags).unwrap_or_default())
    }

    /// Gives one other tags. `false` when there is no such group, or it is one that has none.
    ///
    /// # Errors
    /// The catalog's.
    pub async fn set_tags(&self, environment: EnvironmentId, arn: &str, tags: Tags) -> Result<bool, XrayError> {
        let change = self.kept.begin().await;
        let Ok(group) = self.get(environment, &GroupKey::Arn(arn.to_owned())) else { return Ok(false) };
        let Some(item) = self.kept.get(environment, &group.name) else { return Ok(false) };
        let content = Content { tags, ..item.content.clone() };
        change.put(item, content).await?;
        Ok(true)
    }

    /// Reads a filter expression, and puts what groups say in the place of their names.
    ///
    /// # Errors
    /// [`XrayError::Invalid`], with the character at which the fault lies where it lies in the expression.
    pub fn compile(&self, environment: EnvironmentId, expression: &str) -> Result<Filter, XrayError> {
        self.compile_within(environment, expression, &mut Compiled::default())
    }

    fn compile_within(&self, environment: EnvironmentId, expression: &str, compiled: &mut Compiled) -> Result<Filter, XrayError> {
        compiled.bytes += expression.len();
        if compiled.bytes > COMPILED_BYTES {
            return Err(invalid(format!("with the groups that it names the expression is longer than {COMPILED_BYTES} characters")));
        }
        // Where a fault lies is told of the expression that was given, not of one that it leads to.
        let filter = match filter::parse(expression) {
            Err(error) if compiled.within.is_empty() => return Err(error.into()),
            parsed => parsed.map_err(|error| invalid(error.to_string()))?,
        };
        filter.with_groups(&mut |key| {
            let group = self.get(environment, key)?;
            if compiled.within.contains(&group.name) || compiled.within.len() >= DEPTH_MAX {
                return Err(invalid(format!("the group {} is within itself, or within more than {DEPTH_MAX} others", group.name)));
            }
            compiled.within.push(group.name.clone());
            let filter = self.compile_within(environment, group.filter.as_deref().unwrap_or_default(), compiled)?;
            compiled.within.pop();
            Ok(filter)
        })
    }

    fn check(&self, environment: EnvironmentId, name: &str, filter: Option<&str>, insights: Insights) -> Result<(), XrayError> {
        if insights.is_notifying && !insights.is_enabled {
            return Err(invalid("InsightsConfiguration: NotificationsEnabled needs InsightsEnabled"));
        }
        let filter = filter.unwrap_or_default();
        filter::parse(filter)?;
        let mut compiled = Compiled { within: vec![name.to_owned()], bytes: 0 };
        self.compile_within(environment, filter, &mut compiled).map(|_| ())
    }

    fn default_group(&self, insights: Insights) -> Group {
        Group { name: DEFAULT.to_owned(), arn: self.config.arn("group/Default"), filter: None, insights }
    }

    fn group(&self, item: &Item<Content>) -> Group {
        if item.name == DEFAULT {
            return self.default_group(item.content.insights);
        }
        Group {
            name: item.name.clone(),
            arn: self.config.arn(&format!("group/{}/{}", item.name, item.content.id)),
            filter: item.content.filter.clone(),
            insights: item.content.insights,
        }
    }
}

/// An expression on its way through the groups that it names.
#[derive(Default)]
struct Compiled {
    /// The groups that stand around what is compiled.
    within: Vec<String>,
    /// Of all expressions so far.
    bytes: usize,
}

impl GroupKey {
    /// Whether it names this group. Of an ARN the part after the last colon counts: region and account are decoration.
    fn is_of(&self, group: &Group) -> bool {
        let last = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
        match self {
            GroupKey::Name(name) => *name == group.name,
            GroupKey::Arn(arn) => last(arn) == last(&group.arn),
        }
    }

    fn text(&self) -> &str {
        match self {
            GroupKey::Name(text) | GroupKey::Arn(text) => text,
        }
    }
}

/// 26 letters and digits of base 32.
fn id() -> Result<String, XrayError> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = [0; 26];
    getrandom::fill(&mut bytes).map_err(XrayError::Random)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % 32])).collect())
}

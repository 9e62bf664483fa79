//! The fields of all environments.

use crate::error::FieldError;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_query_plan::alias::alias_group;
use glasshive_query_plan::expression::PATTERNS_MAX;
use glasshive_query_plan::fields::{check, field_of};
use glasshive_query_plan::{CalculatedField, Column, Expression, Relation};
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The catalog's word for a calculated field.
const KIND: &str = "field";
const NAME_BYTES: usize = 255;
const DESCRIPTION_CHARS: usize = 1_000;
/// Fields of one environment.
const FIELDS_MAX: usize = 1_000;

/// Every field that is kept.
pub struct Fields {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    kept: RwLock<Vec<KeptField>>,
    /// One change at a time, so that what was checked is what is added to.
    change: Mutex<()>,
}

/// A field that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptField {
    /// Its number.
    pub id: u64,
    /// Whose.
    pub environment: EnvironmentId,
    /// Its name, and what it is.
    pub field: CalculatedField,
    /// What it is for, in its maker's words.
    pub description: String,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
    /// When it was last changed, ns since 1970.
    pub updated_ns: i64,
}

/// A field to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewField {
    /// Its name.
    pub name: String,
    /// What it is.
    pub expression: String,
    /// What it is for.
    pub description: String,
}

/// What the catalog keeps of a field besides its name.
#[derive(Serialize, Deserialize)]
struct Body {
    expression: String,
    description: String,
}

impl Fields {
    /// The fields of the catalog. One that cannot be read is left alone, and said so in the log.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Result<Self, FieldError> {
        let kept = catalog.definitions().await?.into_iter().filter_map(KeptField::of_row).collect();
        Ok(Self { catalog, clock, kept: RwLock::new(kept), change: Mutex::default() })
    }

    /// Those of an environment, by name.
    pub fn list(&self, environment: EnvironmentId) -> Vec<KeptField> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let mut own: Vec<KeptField> = kept.iter().filter(|field| field.environment == environment).cloned().collect();
        own.sort_by(|left, right| left.field.name.cmp(&right.field.name));
        own
    }

    /// Makes a field. `is_column` says whether events have a column of a name.
    ///
    /// # Errors
    /// As [`FieldError`] says.
    pub async fn create(
        &self,
        environment: EnvironmentId,
        new: NewField,
        is_column: impl Fn(&str) -> bool,
    ) -> Result<KeptField, FieldError> {
        let _one = self.change.lock().await;
        let NewField { name, expression, description } = new;
        if name.is_empty() || name.len() > NAME_BYTES || name.starts_with('=') {
            return Err(FieldError::Name);
        }
        if is_column(&name) {
            return Err(FieldError::IsColumn { name });
        }
        if let Some((_, column)) = Relation::split(&Column::named(name.as_str())) {
            return Err(FieldError::IsRelated { name, column: column.name });
        }
        if let Some(other) = alias_group(&name).iter().find(|member| member.name != name) {
            return Err(FieldError::IsAlias { name, other: other.name.to_owned() });
        }
        let others = self.list(environment);
        if others.len() >= FIELDS_MAX {
            return Err(FieldError::TooMany);
        }
        if others.iter().any(|other| other.field.name == name) {
            return Err(FieldError::Taken { name });
        }
        let field = checked(name, &expression, &description, &others)?;
        let now_ns = self.clock.wall_ns();
        let mut kept = KeptField { id: 0, environment, field, description, created_ns: now_ns, updated_ns: now_ns };
        let Some(id) = self.catalog.insert_definition(kept.row()).await? else {
            return Err(FieldError::Taken { name: kept.field.name });
        };
        kept.id = id;
        self.kept.write().unwrap_or_else(PoisonError::into_inner).push(kept.clone());
        Ok(kept)
    }

    /// Gives a field another expression and description.
    ///
    /// # Errors
    /// As [`FieldError`] says.
    pub async fn update(
        &self,
        environment: EnvironmentId,
        id: u64,
        expression: &str,
        description: String,
    ) -> Result<KeptField, FieldError> {
        let _one = self.change.lock().await;
        let (own, others): (Vec<_>, Vec<_>) = self.list(environment).into_iter().partition(|field| field.id == id);
        let Some(before) = own.into_iter().next() else { return Err(FieldError::Unknown { id }) };
        let field = checked(before.field.name.clone(), expression, &description, &others)?;
        let after = KeptField { field, description, updated_ns: self.clock.wall_ns(), ..before };
        if !self.catalog.update_definition(id, after.body(), after.updated_ns).await? {
            return Err(FieldError::Unknown { id });
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.iter_mut().filter(|field| field.id == id).for_each(|field| *field = after.clone());
        Ok(after)
    }

    /// Takes a field out, unless another one names it.
    ///
    /// # Errors
    /// As [`FieldError`] says.
    pub async fn delete(&self, environment: EnvironmentId, id: u64) -> Result<KeptField, FieldError> {
        let _one = self.change.lock().await;
        let (own, others): (Vec<_>, Vec<_>) = self.list(environment).into_iter().partition(|field| field.id == id);
        let Some(gone) = own.into_iter().next() else { return Err(FieldError::Unknown { id }) };
        let names_it = |other: &&KeptField| other.field.columns().any(|column| !column.exact && column.name == gone.field.name);
        if let Some(other) = others.iter().find(names_it) {
            return Err(FieldError::Used { by: other.field.name.clone() });
        }
        if !self.catalog.delete_definition(id).await? {
            return Err(FieldError::Unknown { id });
        }
        self.kept.write().unwrap_or_else(PoisonError::into_inner).retain(|field| field.id != id);
        Ok(gone)
    }

    /// Adds to a question's own fields those that are kept and that it names, directly, through another field, or of another span
    /// of the trace. `named` are the columns that the question names outside of its own fields.
    ///
    /// # Errors
    /// [`FieldError::Unusable`] when they are too many or too deep together.
    pub fn add_to<'a>(
        &self,
        environment: EnvironmentId,
        fields: &mut Vec<CalculatedField>,
        named: impl Iterator<Item = &'a Column>,
        is_column: impl Fn(&str) -> bool,
    ) -> Result<(), FieldError> {
        let kept = self.list(environment);
        if kept.is_empty() {
            return Ok(());
        }
        let own = fields.len();
        let mut open: Vec<Column> = named.cloned().chain(fields.iter().flat_map(CalculatedField::columns).cloned()).collect();
        while let Some(column) = open.pop() {
            let of_other_span = Relation::split(&column).filter(|_| !is_column(&column.name)).map(|(_, column)| column);
            let column = of_other_span.unwrap_or(column);
            if column.exact || is_column(&column.name) || field_of(fields, &column).is_some() {
                continue;
            }
            if let Some(found) = kept.iter().find(|kept| kept.field.name == column.name) {
                open.extend(found.field.columns().cloned());
                fields.push(found.field.clone());
            }
        }
        if fields.len() == own {
            return Ok(());
        }
        let unusable = |reason: String| FieldError::Unusable { reason };
        if fields.iter().map(|field| field.expression.patterns()).sum::<usize>() > PATTERNS_MAX {
            return Err(unusable(format!("the calculated fields of a query may have at most {PATTERNS_MAX} regular expressions")));
        }
        check(fields).map_err(|(_, reason)| unusable(reason))
    }
}

/// A field that can stand beside others.
fn checked(name: String, expression: &str, description: &str, others: &[KeptField]) -> Result<CalculatedField, FieldError> {
    if description.chars().count() > DESCRIPTION_CHARS {
        return Err(FieldError::Description);
    }
    let field = CalculatedField { name, expression: Expression::parse(expression)? };
    let mut all: Vec<CalculatedField> = others.iter().map(|other| other.field.clone()).collect();
    all.insert(0, field.clone());
    check(&all).map_err(|(_, reason)| FieldError::Unusable { reason })?;
    Ok(field)
}

impl KeptField {
    fn of_row(row: DefinitionRow) -> Option<Self> {
        if row.kind != KIND {
            return None;
        }
        let read = || {
            let body: Body = serde_json::from_slice(&row.body).map_err(|error| error.to_string())?;
            let expression = Expression::parse(&body.expression).map_err(|error| error.to_string())?;
            Ok::<_, String>((expression, body.description))
        };
        match read() {
            Ok((expression, description)) => Some(Self {
                id: row.id,
                environment: row.environment,
                field: CalculatedField { name: row.name, expression },
                description,
                created_ns: row.created_ns,
                updated_ns: row.updated_ns,
            }),
            Err(error) => {
                tracing::warn!(id = row.id, error, "a calculated field that is kept cannot be read; it is left alone");
                None
            }
        }
    }

    fn row(&self) -> DefinitionRow {
        DefinitionRow {
            id: self.id,
            environment: self.environment,
            kind: KIND.to_owned(),
            name: self.field.name.clone(),
            body: self.body(),
            created_ns: self.created_ns,
            updated_ns: self.updated_ns,
        }
    }

    fn body(&self) -> Vec<u8> {
        let body = Body { expression: self.field.expression.to_string(), description: self.description.clone() };
        serde_json::to_vec(&body).expect("two texts are always JSON")
    }
}

#[cfg(test)]
mod tests;

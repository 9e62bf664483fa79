//! Calculated fields that are kept: managed, and put into the questions that name them.

use super::place::type_word;
use crate::endpoint::{Call, ok};
use crate::hive::Open;
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::field::{ChangedField, Field, Fields, NewField};
use crate::shape::place::Column;
use glasshive_base::ErrorKind;
use glasshive_base_http::Response;
use glasshive_feature_fields::{FieldError, Fields as Kept, KeptField};
use glasshive_model::{ColumnType, EnvironmentId};
use glasshive_query_plan::coerce::Class;
use glasshive_query_plan::expression::Input;
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::{self as plan, CalculatedField, EventsRequest, Filters, Plan};
use glasshive_store::Registry;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Those of the environment.
pub async fn list(call: Call) -> Result<Response, Failure> {
    ok(&Fields { fields: kept(&call)?.list(call.environment).into_iter().map(Field::from).collect() })
}

/// Keeps one.
pub async fn create(mut call: Call) -> Result<Response, Failure> {
    let NewField { name, expression, description } = call.body().await?;
    let registry = call.open()?.store.registry(call.environment);
    let new = glasshive_feature_fields::NewField { name, expression, description };
    let made = kept(&call)?.create(call.environment, new, |name| is_column(&registry, name)).await;
    ok(&Field::from(made.map_err(field_failure)?))
}

/// Gives one another expression.
pub async fn update(mut call: Call) -> Result<Response, Failure> {
    let ChangedField { expression, description } = call.body().await?;
    let changed = kept(&call)?.update(call.environment, id(&call)?, &expression, description).await;
    ok(&Field::from(changed.map_err(field_failure)?))
}

/// Takes one out.
pub async fn delete(call: Call) -> Result<Response, Failure> {
    ok(&Field::from(kept(&call)?.delete(call.environment, id(&call)?).await.map_err(field_failure)?))
}

fn kept(call: &Call) -> Result<Arc<Kept>, Failure> {
    let missing = || Failure::new(ErrorKind::Unavailable, "calculated fields are not kept here");
    call.hive.fields().cloned().ok_or_else(missing)
}

fn id(call: &Call) -> Result<u64, Failure> {
    call.param("id").parse().map_err(|_| Failure::invalid("a field's id is a number"))
}

fn field_failure(error: FieldError) -> Failure {
    Failure { position: error.position(), ..Failure::new(error.kind(), error.to_string()) }
}

/// Whether events have a column of this name, or it is computed of every event.
pub fn is_column(registry: &Registry, name: &str) -> bool {
    Shown::from_name(name).is_some() || !registry.columns_of(name).is_empty()
}

/// The fields that an environment keeps, and the columns that come before them.
pub struct KeptFields<'a> {
    environment: EnvironmentId,
    kept: Option<&'a Kept>,
    registry: Arc<Registry>,
}

impl<'a> KeptFields<'a> {
    /// Those of a call's environment.
    pub fn of(call: &'a Call, open: &Open) -> Self {
        Self::new(call.hive.fields().map(AsRef::as_ref), open, call.environment)
    }

    /// Those of an environment; none without `kept`.
    pub fn new(kept: Option<&'a Kept>, open: &Open, environment: EnvironmentId) -> Self {
        Self { environment, kept, registry: open.store.registry(environment) }
    }

    /// Adds to `fields` those that are kept and named.
    fn add<'c>(&self, fields: &mut Vec<CalculatedField>, named: impl Iterator<Item = &'c plan::Column>) -> Result<(), Failure> {
        let Some(kept) = self.kept else { return Ok(()) };
        kept.add_to(self.environment, fields, named, |name| is_column(&self.registry, name)).map_err(field_failure)
    }

    /// A plan with the fields that it names, or that `more` names beside it.
    pub fn in_plan<'c>(&self, plan: &'c Plan, more: impl Iterator<Item = &'c plan::Column>) -> Result<Plan, Failure> {
        let mut whole = plan.clone();
        self.add(&mut whole.fields, plan.columns().chain(more))?;
        Ok(whole)
    }

    /// A request for rows with the fields that it names.
    pub fn in_events(&self, request: &EventsRequest) -> Result<EventsRequest, Failure> {
        let mut whole = request.clone();
        let named = request.columns.iter().chain(request.filters.conditions.iter().map(|condition| &condition.column));
        self.add(&mut whole.fields, named)?;
        Ok(whole)
    }

    /// The fields that a request for values names.
    pub fn in_values(&self, column: &plan::Column, filters: &Filters) -> Result<Vec<CalculatedField>, Failure> {
        let mut fields = Vec::new();
        let named = filters.conditions.iter().map(|condition| &condition.column).chain([column]);
        self.add(&mut fields, named)?;
        Ok(fields)
    }
}

/// The environment's fields as columns, but for those whose name has become a column's.
pub fn as_columns(call: &Call, open: &Open, prefix: &str) -> Vec<Column> {
    let registry = open.store.registry(call.environment);
    let kept = call.hive.fields().map(|kept| kept.list(call.environment)).unwrap_or_default();
    let shown = kept.iter().filter(|field| field.field.name.starts_with(prefix) && !is_column(&registry, &field.field.name));
    let classes = Classes { kept: &kept, registry: &registry, known: RefCell::default() };
    let column = |field: &KeptField| Column {
        name: field.field.name.clone(),
        shown_type: type_word(column_type(classes.of(&field.field))).to_owned(),
        types: Vec::new(),
        alias_of: None,
        computed: true,
        events: 0,
        last_seen_ns: None,
        expression: Some(field.field.expression.to_string()),
        description: Some(field.description.clone()).filter(|description| !description.is_empty()),
    };
    shown.map(column).collect()
}

/// What the values of kept fields are compared as. Each field is looked at once, however many name it and how often.
struct Classes<'a> {
    kept: &'a [KeptField],
    registry: &'a Registry,
    known: RefCell<HashMap<String, Option<Class>>>,
}

impl Classes<'_> {
    /// Fields name each other without circles.
    fn of(&self, field: &CalculatedField) -> Option<Class> {
        if let Some(known) = self.known.borrow().get(&field.name) {
            return *known;
        }
        let inputs: Vec<Option<Class>> = field.expression.inputs().iter().map(|input| self.of_input(input)).collect();
        let class = field.expression.class(&|index| inputs[index]);
        self.known.borrow_mut().insert(field.name.clone(), class);
        class
    }

    fn of_input(&self, input: &Input) -> Option<Class> {
        let Input::Column(column) = input else { return Some(Class::Number) };
        let of_column = self.registry.columns_of(&column.name).first().map(|known| known.column_type);
        let of_column = Shown::from_name(&column.name).map(Shown::column_type).or(of_column).map(Class::of);
        let named = || self.kept.iter().find(|kept| !column.exact && kept.field.name == column.name);
        of_column.or_else(|| self.of(&named()?.field))
    }
}

fn column_type(class: Option<Class>) -> ColumnType {
    match class {
        Some(Class::Number) => ColumnType::Float,
        Some(Class::Truth) => ColumnType::Bool,
        Some(Class::Text) | None => ColumnType::Str,
    }
}

impl From<KeptField> for Field {
    fn from(kept: KeptField) -> Self {
        Self {
            id: kept.id,
            name: kept.field.name,
            expression: kept.field.expression.to_string(),
            description: kept.description,
            created_ns: Nanoseconds(kept.created_ns),
            updated_ns: Nanoseconds(kept.updated_ns),
        }
    }
}

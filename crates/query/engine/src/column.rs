//! What a column name means: which stored columns are read for it, in which order, and as what they are compared.

mod bind;

pub(crate) use bind::{Binding, BoundFormula, BoundLevel, BoundOperand, Piece, Reads, Source};

use glasshive_model::names::{META_INGEST_TIME, SPAN_KIND};
use glasshive_model::{ColumnRef, ColumnType};
use glasshive_query_plan::alias::{When, alias_group};
use glasshive_query_plan::coerce::Class;
use glasshive_query_plan::expression::{Expression, Input};
use glasshive_query_plan::fields::field_of;
use glasshive_query_plan::histogram::metric_of;
use glasshive_query_plan::level::{self, Reading};
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::{CalculatedField, Column, Level};
use glasshive_store::Registry;
use glasshive_store::catalog::ColumnRow;
use std::sync::Arc;

/// What names can mean: columns of an environment, and the calculated fields of a question.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub registry: &'a Registry,
    pub fields: &'a [CalculatedField],
}

impl Names<'_> {
    /// Whether a question may name a column as it stands: some event has it, or it is computed from what every event has.
    pub(crate) fn has(self, column: &Column) -> bool {
        let is_alias = !column.exact && !alias_group(&column.name).is_empty();
        field_of(self.fields, column).is_some()
            || is_alias
            || Shown::from_name(&column.name).is_some()
            || !self.registry.columns_of(&column.name).is_empty()
    }

    /// The metric whose histograms a calculation on numbers looks at under a name.
    pub(crate) fn histogram(self, column: &Column) -> Option<String> {
        let has_json = |name: &str| self.registry.columns_of(name).iter().any(|column| column.column_type == ColumnType::Json);
        let is_field = field_of(self.fields, column).is_some();
        if is_field { None } else { metric_of(&column.name, has_json, self.has(column)) }
    }
}

/// A name, looked up.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// As the question names it.
    pub column: Column,
    /// What its values are compared as; `None` when no event has it.
    pub class: Option<Class>,
    /// The names that are read, in order; the first of which a row has a value that was not sent empty is taken.
    pub members: Vec<Member>,
    /// `span.kind`, where a member counts on some kinds of spans only.
    pub kind: Option<Box<Resolved>>,
    /// What is calculated, where the name is a calculated field's; it has no members then.
    pub formula: Option<Formula>,
}

/// A calculated field, its columns looked up.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    pub expression: Arc<Expression>,
    /// By index of the expression's inputs.
    pub inputs: Vec<Operand>,
}

/// What a calculated field reads.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// A column, or another calculated field.
    Column(Resolved),
    /// The event's time, told in seconds.
    EventTime,
    /// Its arrival, told in seconds.
    IngestTime(Resolved),
}

/// One name that is read.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub name: String,
    pub when: When,
    /// What the name is computed from where no attribute of it is there.
    pub shown: Option<Shown>,
    /// Attribute columns of all types; none where an attribute does not count.
    pub columns: Vec<ColumnRow>,
    /// Whether values in `_overflow` count.
    pub reads_overflow: bool,
    /// Where its value must have come from, if that matters.
    pub level: Option<Level>,
}

impl Resolved {
    /// Looks a name up.
    pub(crate) fn new(column: &Column, names: Names<'_>) -> Self {
        if let Some(field) = field_of(names.fields, column) {
            return Self::calculated(column, field, names);
        }
        let is_known = |name: &str| Shown::from_name(name).is_some() || !names.registry.columns_of(name).is_empty();
        let members: Vec<Member> =
            level::readings(column, is_known).into_iter().map(|reading| Member::new(reading, names.registry)).collect();
        let class = members.iter().find_map(Member::class);
        let asks_kind = members.iter().any(|member| member.when != When::Always);
        let kind = asks_kind.then(|| Box::new(Self::new(&Column::exact(SPAN_KIND), names)));
        Self { column: column.clone(), class, members, kind, formula: None }
    }

    fn calculated(column: &Column, field: &CalculatedField, names: Names<'_>) -> Self {
        let operand = |input: &Input| match input {
            Input::Column(column) => Operand::Column(Self::new(column, names)),
            Input::EventTimestamp => Operand::EventTime,
            Input::IngestTimestamp => Operand::IngestTime(Self::new(&Column::exact(META_INGEST_TIME), names)),
        };
        let inputs: Vec<Operand> = field.expression.inputs().iter().map(operand).collect();
        let class = field.expression.class(&|index| match &inputs[index] {
            Operand::Column(resolved) => resolved.class,
            Operand::EventTime | Operand::IngestTime(_) => Some(Class::Number),
        });
        let formula = Formula { expression: Arc::new(field.expression.clone()), inputs };
        Self { column: column.clone(), class, members: Vec::new(), kind: None, formula: Some(formula) }
    }

    /// The columns of other names that a calculated field reads; the name itself when it is none.
    pub(crate) fn stored(&self) -> Vec<&Resolved> {
        let Some(formula) = &self.formula else { return vec![self] };
        formula
            .inputs
            .iter()
            .flat_map(|operand| match operand {
                Operand::Column(resolved) => resolved.stored(),
                Operand::EventTime | Operand::IngestTime(_) => Vec::new(),
            })
            .collect()
    }

    /// Whether every value, in whatever row, is an integer.
    pub(crate) fn holds_only_integers(&self) -> bool {
        self.only_type() == Some(ColumnType::Int)
    }

    /// The type of all values that have a column, if it is one.
    pub(crate) fn only_type(&self) -> Option<ColumnType> {
        let attributes = self.members.iter().flat_map(|member| &member.columns).map(|column| column.column_type);
        let shown = self.members.iter().filter_map(|member| member.shown.map(Shown::column_type));
        let mut types = attributes.chain(shown);
        let first = types.next()?;
        types.all(|other| other == first).then_some(first)
    }

    /// The same, looking at attribute columns of one type alone.
    pub(crate) fn of_type(mut self, column_type: ColumnType) -> Self {
        for member in &mut self.members {
            member.columns.retain(|column| column.column_type == column_type);
        }
        self
    }

    /// The one system column behind the name, when nothing else is read for it.
    pub(crate) fn only_shown(&self) -> Option<Shown> {
        match self.members.as_slice() {
            [Member { shown, columns, reads_overflow: false, .. }] if columns.is_empty() => *shown,
            _ => None,
        }
    }

    /// Whether no event of the environment has it, as far as the registry knows.
    pub(crate) fn is_unknown(&self) -> bool {
        self.formula.is_none() && self.members.iter().all(|member| member.columns.is_empty() && member.shown.is_none())
    }
}

impl Member {
    fn new(Reading { name, when, level }: Reading, registry: &Registry) -> Self {
        let shown = Shown::from_name(&name);
        let attributes_count = shown.is_none_or(Shown::attribute_wins);
        let columns = if attributes_count { registry.columns_of(&name).to_vec() } else { Vec::new() };
        Self { name, when, shown, columns, reads_overflow: attributes_count, level }
    }

    /// A system column's type, else that of the first value ever seen.
    fn class(&self) -> Option<Class> {
        let shown = self.shown.map(Shown::column_type);
        shown.or_else(|| self.columns.first().map(|column| column.column_type)).map(Class::of)
    }
}

/// How an attribute column is asked for.
pub(crate) fn column_ref(column: &ColumnRow) -> ColumnRef {
    ColumnRef::Attribute { key: column.key.clone(), column_type: column.column_type }
}

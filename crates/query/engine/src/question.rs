//! Which rows are wanted: a plan's window, datasets and filters, looked up in a registry.

use crate::cells::{self, Budget, Prepared};
use crate::column::{Binding, Names, Reads, Resolved, Source};
use crate::control::Control;
use crate::error::Failure;
use crate::superseded::Superseded;
use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use glasshive_model::names::{ERROR, META_DERIVED, META_SELF_TELEMETRY};
use glasshive_model::{ColumnType, SystemColumn};
use glasshive_query_plan::coerce::Class;
use glasshive_query_plan::{Column, Combination, Condition, FilterOp, Filters, Literal, Note, NoteKind, Window};
use std::sync::Arc;

/// Which rows are wanted.
pub(crate) struct Question {
    pub window: Window,
    /// Slugs; `None` = all.
    pub datasets: Option<Vec<String>>,
    pub combination: Combination,
    pub conditions: Vec<Wanted>,
    /// Must hold whatever the combination.
    pub exclusions: Vec<Wanted>,
    /// Rows that are left out one by one; `None` where no row in reach can be one.
    pub superseded: Option<Arc<Superseded>>,
}

/// One condition, looked up.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub column: Resolved,
    pub prepared: Prepared,
}

/// The question's conditions in one source.
pub(crate) struct BoundFilter {
    combination: Combination,
    conditions: Vec<(Binding, Prepared)>,
    exclusions: Vec<(Binding, Prepared)>,
    dataset: Option<(usize, Vec<String>)>,
    time: Option<(usize, Window)>,
    superseded: Option<(usize, Arc<Superseded>)>,
    /// What is read for it.
    pub reads: Reads,
}

impl Question {
    /// `leaves_out` says of a marker column whether rows in which it is true are left out.
    pub(crate) fn new(
        window: Window,
        datasets: Option<Vec<String>>,
        filters: &Filters,
        leaves_out: impl Fn(&str) -> bool,
        names: Names<'_>,
    ) -> Self {
        let conditions = filters.conditions.iter().map(|condition| Wanted::new(condition, names)).collect();
        let markers = [META_DERIVED, META_SELF_TELEMETRY];
        let marked = markers.into_iter().filter(|marker| leaves_out(marker) && !names.registry.columns_of(marker).is_empty());
        let exclusions = marked.map(|marker| {
            let condition = Condition { column: Column::exact(marker), op: FilterOp::NotEqual, values: vec![Literal::Bool(true)] };
            let column = Resolved::new(&condition.column, names).of_type(ColumnType::Bool);
            Wanted { column, prepared: Prepared::new(&condition, Some(Class::Truth)) }
        });
        Self { window, datasets, combination: filters.combination, conditions, exclusions: exclusions.collect(), superseded: None }
    }

    /// The same without the rows that others supersede.
    pub(crate) fn without(self, superseded: Option<Arc<Superseded>>) -> Self {
        Self { superseded, ..self }
    }

    /// Whether a source may hold rows that pass, going by which columns it has.
    pub(crate) fn may_pass(&self, source: Source<'_>) -> bool {
        let mut reads = Reads::default();
        let mut passes = self.conditions.iter().map(|wanted| {
            let is_absent = Binding::new(&wanted.column, source, &mut reads).is_absent();
            wanted.prepared.is_negative() || !is_absent
        });
        match self.combination {
            Combination::And => passes.all(|passes| passes),
            Combination::Or => self.conditions.is_empty() || passes.any(|passes| passes),
        }
    }

    /// The conditions in a source. `all_in_window` and `all_in_datasets` say that these need not be looked at.
    pub(crate) fn bind(&self, source: Source<'_>, all_in_window: bool, all_in_datasets: bool) -> BoundFilter {
        let mut reads = Reads::default();
        let time = (!all_in_window).then(|| (reads.system(SystemColumn::Time), self.window));
        let datasets = self.datasets.clone().filter(|_| !all_in_datasets);
        let dataset = datasets.map(|slugs| (reads.system(SystemColumn::Dataset), slugs));
        let mut bind = |wanted: &Vec<Wanted>| {
            let bind = |wanted: &Wanted| (Binding::new(&wanted.column, source, &mut reads), wanted.prepared.clone());
            wanted.iter().map(bind).collect()
        };
        let (exclusions, conditions) = (bind(&self.exclusions), bind(&self.conditions));
        let superseded = self.superseded.clone().filter(|superseded| superseded.may_be_in(source));
        let superseded = superseded.map(|superseded| (reads.system(SystemColumn::Seq), superseded));
        BoundFilter { combination: self.combination, conditions, exclusions, dataset, time, superseded, reads }
    }

    /// What to tell about columns that nobody has and literals that fit no value.
    pub(crate) fn notes(&self, overflow_has: impl Fn(&str) -> bool) -> Vec<Note> {
        let mut notes = Vec::new();
        for wanted in &self.conditions {
            let column = &wanted.column;
            notes.extend(unknown_columns(column, &overflow_has));
            let compares =
                !matches!(wanted.prepared.op(), FilterOp::Exists | FilterOp::StartsWith | FilterOp::EndsWith | FilterOp::Contains);
            let Some(class) = wanted.prepared.class().filter(|_| compares) else { continue };
            for literal in wanted.prepared.condition().values.iter().filter(|literal| class.literal(literal).is_none()) {
                let kind = match class {
                    Class::Text => "text",
                    Class::Number => "a number",
                    Class::Truth => "true or false",
                };
                let literal = glasshive_query_plan::coerce::text_of_literal(literal);
                notes.push(Note::new(NoteKind::TypeClash, format!("{} is {kind}; \"{literal}\" is not", column.column.name)));
            }
        }
        notes
    }
}

/// The remarks on a column that no event has, or on those that a calculated field names.
pub(crate) fn unknown_columns(column: &Resolved, overflow_has: impl Fn(&str) -> bool) -> Vec<Note> {
    // Where nothing failed, nothing says `error`: that is an answer, and no mistyped name.
    let is_given = |column: &&Resolved| column.column.name == ERROR;
    let is_unknown =
        |column: &&Resolved| !is_given(column) && column.is_unknown() && !column.members.iter().any(|member| overflow_has(&member.name));
    let note = |column: &Resolved| Note::new(NoteKind::UnknownColumn, format!("no event has a column \"{}\"", column.column.name));
    column.stored().into_iter().filter(is_unknown).map(note).collect()
}

impl Wanted {
    fn new(condition: &Condition, names: Names<'_>) -> Self {
        let column = Resolved::new(&condition.column, names);
        let prepared = Prepared::new(condition, column.class);
        Self { column, prepared }
    }
}

// === impl BoundFilter ===

impl BoundFilter {
    /// Whether there is anything to look at.
    pub(crate) fn is_trivial(&self) -> bool {
        self.time.is_none() && self.has_only_time()
    }

    /// Whether nothing but the time is looked at.
    pub(crate) fn has_only_time(&self) -> bool {
        self.conditions.is_empty() && self.exclusions.is_empty() && self.dataset.is_none() && self.superseded.is_none()
    }

    /// The bound conditions that decide together with how they are joined; for pruning.
    pub(crate) fn conditions(&self) -> (Combination, &[(Binding, Prepared)]) {
        (self.combination, &self.conditions)
    }

    /// The rows that pass; `arrays` lie by slot.
    pub(crate) fn mask(&self, arrays: &[ArrayRef], rows: usize, control: &Control) -> Result<BooleanBuffer, Failure> {
        let budget = Budget::of(control);
        let mut mask = BooleanBuffer::new_set(rows);
        if let Some((slot, window)) = self.time {
            let times = crate::scan::times(&arrays[slot]);
            mask = BooleanBuffer::collect_bool(rows, |row| window.contains(times[row]));
        }
        if let Some((slot, slugs)) = &self.dataset {
            let datasets = arrow_array::cast::AsArray::as_string_view(&arrays[*slot]);
            let wanted = |row: usize| slugs.iter().any(|slug| slug == datasets.value(row));
            mask = &mask & &BooleanBuffer::collect_bool(rows, |row| mask.value(row) && wanted(row));
        }
        for (binding, prepared) in &self.exclusions {
            mask = &mask & &prepared.mask(&cells::read(binding, arrays, rows, &budget)?)?;
        }
        if let Some((slot, superseded)) = &self.superseded {
            let seqs = cells::int64(&arrays[*slot]).values();
            mask = BooleanBuffer::collect_bool(rows, |row| mask.value(row) && !superseded.has(seqs[row]));
        }
        if self.conditions.is_empty() {
            return Ok(mask);
        }
        let passed = match self.combination {
            Combination::And => {
                for (binding, prepared) in &self.conditions {
                    if mask.count_set_bits() == 0 {
                        break;
                    }
                    mask = &mask & &prepared.mask(&cells::read(binding, arrays, rows, &budget)?)?;
                }
                return Ok(mask);
            }
            Combination::Or => self.conditions.iter().try_fold(BooleanBuffer::new_unset(rows), |any, (binding, prepared)| {
                Ok::<_, Failure>(&any | &prepared.mask(&cells::read(binding, arrays, rows, &budget)?)?)
            })?,
        };
        Ok(&mask & &passed)
    }
}

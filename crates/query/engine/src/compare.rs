//! Two sets of rows told apart: every column counted on both sides in one pass.
//!
//! A scan hands out the rows of a question; [`Side`]s decides row by row which of them are selected; for each column a [`Tallies`]
//! counts values (or, of numbers with many values, distribution buckets) of the selected rows and of the rest.

mod sample;
mod selection;
mod slots;
mod tally;

pub use sample::Sampled;
pub use selection::{Selection, SelectionPart};
pub use tally::{BucketTally, ColumnTally, Tally, ValueTally};

use crate::aggregate::{Run, overflow_has};
use crate::cells::KeyForm;
use crate::column::Resolved;
use crate::cost::Cost;
use crate::error::Failure;
use crate::intake::Intake;
use crate::scan::{Output, Outputs, Scan, Unit};
use crate::tasks::Tasks;
use glasshive_model::ColumnType;
use glasshive_model::names;
use glasshive_query_plan::alias::alias_group;
use glasshive_query_plan::coerce::Class;
use glasshive_query_plan::{Column, Note};
use selection::Sides;
use std::collections::BTreeSet;
use std::sync::Arc;
use tally::{Batch, Counted, Kind, Tallies};

/// Columns that are compared at most; beyond, those whose names come later are left out.
const COLUMNS_MAX: usize = 1_000;
/// Computed names that can tell rows apart. Ids and times differ in every row.
const SHOWN: [&str; 10] = [
    names::DURATION_MS,
    names::NAME,
    names::SPAN_KIND,
    names::TYPE,
    names::STATUS_CODE,
    names::META_SIGNAL_TYPE,
    names::META_SOURCE,
    names::META_ANNOTATION_TYPE,
    names::META_DATASET,
    names::IS_ROOT,
];

/// Both sides, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The selected rows.
    pub selected: Tally,
    /// The question's other rows.
    pub rest: Tally,
    /// What was counted of each column that some row has, by name.
    pub columns: Vec<ColumnTally>,
    /// Whether columns were left out because there are too many.
    pub is_cut: bool,
    /// How much was looked at, where not everything was: weights are then estimates for all.
    pub sampled: Option<Sampled>,
    /// What to know about it.
    pub notes: Vec<Note>,
    /// What it took.
    pub cost: Cost,
}

/// A column on its way through a comparison.
struct Compared {
    name: String,
    /// Its place among a scan's columns.
    output: usize,
    kind: Kind,
}

impl Run<'_> {
    /// Counts all columns of the plan's rows, apart for those that are selected and the rest. The plan is grouped by what the parts of
    /// the selection are about, so that columns of other spans are found; notes and cost are left for the engine to add.
    /// Of more than `sample` rows only about so many are looked at.
    pub(crate) async fn compare(&self, selection: &Selection, sample: Option<u64>) -> Result<Comparison, Failure> {
        let related = self.related().await?;
        let mut outputs = Outputs::default();
        let sides = Sides::new(selection, &mut outputs, self.names(), &self.ask.breakdowns);
        // No columns but the selection's are there yet.
        let mut notes = self.remarks(&outputs);
        let of_others = self.ask.breakdowns.iter().map(Option::is_some).chain(std::iter::repeat(false));
        let own = selection.parts.iter().zip(of_others).filter(|(_, is_other)| !is_other);
        notes.extend(own.filter_map(|(part, _)| part.remark(self.names())));
        let intake = Intake::new(&mut outputs, related, None, &[]);
        let weight = self.is_weighted().then(|| outputs.add(Output::Weight));
        let (columns, is_cut) = self.compared(&mut outputs);
        let columns = Arc::new(columns);
        let scan = Arc::new(Scan { question: self.question(self.plan.time.window), outputs });
        let queue = Arc::new(scan.units(&self.snapshot, &self.footers, &self.control, None).await?);
        let thinned = sample.and_then(|most| queue.choose(|units| sample::thin(units, self.plan.time.window, selection.window, most)));
        let sampled = thinned.as_ref().map(|(sampled, _)| *sampled);
        let strata = thinned.map(|(_, strata)| strata);
        let sides = Arc::new(sides);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control) = (scan.clone(), queue.clone(), self.control.clone());
            let (columns, sides, intake) = (columns.clone(), sides.clone(), intake.clone());
            tasks.spawn(async move {
                let held = control.reservation("comparison");
                let mut counted = Counted::new(columns.len());
                let mut take = |unit: &Unit, arrays: Vec<arrow_array::ArrayRef>| {
                    let arrays = intake.columns(arrays)?;
                    let is_selected = sides.of(&arrays);
                    let batch = Batch::new(&arrays, weight, strata.map(|strata| strata[unit.stratum()]), &is_selected);
                    counted.rows(&batch);
                    for (index, column) in columns.iter().enumerate() {
                        counted.column(index, &batch, &arrays[column.output], column.kind);
                    }
                    held.try_resize(counted.heap_bytes())?;
                    Ok(())
                };
                scan.work(&queue, &control, &mut take).await?;
                Ok((counted, held))
            });
        }
        let mut whole = Counted::new(columns.len());
        let held = self.control.reservation("comparison");
        for (counted, theirs) in tasks.all().await? {
            whole.merge(counted);
            // It is part of the whole now.
            drop(theirs);
            held.try_resize(whole.heap_bytes())?;
        }
        let tallies = columns.iter().zip(whole.columns).filter_map(|(column, tallies): (_, Tallies)| tallies.finish(&column.name));
        let [selected, rest] = whole.sides;
        Ok(Comparison { selected, rest, columns: tallies.collect(), is_cut, sampled, notes, cost: Cost::default() })
    }

    /// The columns that can tell rows apart, added to what the scan hands out.
    fn compared(&self, outputs: &mut Outputs) -> (Vec<Compared>, bool) {
        let mut found: BTreeSet<String> = SHOWN.iter().map(|name| (*name).to_owned()).collect();
        for column in self.snapshot.registry.columns() {
            // Old names of a column are read with its newest.
            let newest = alias_group(&column.key).first().map_or(column.key.as_str(), |member| member.name);
            found.insert(newest.to_owned());
        }
        let is_cut = found.len() > COLUMNS_MAX;
        let mut columns = Vec::new();
        for name in found.into_iter().take(COLUMNS_MAX) {
            // A value that lost to another is compared as it is kept, and not with all that came from its level.
            let resolved = Resolved::new(&Column { exact: alias_group(&name).is_empty(), name: name.clone() }, self.names());
            let form = KeyForm::of(&resolved, resolved.members.iter().any(|member| overflow_has(&self.snapshot, &member.name)));
            if resolved.is_unknown() || matches!(form, KeyForm::Id(_)) {
                continue;
            }
            let is_number = resolved.class == Some(Class::Number) && !matches!(form, KeyForm::Code(_));
            let is_integer = resolved.only_type() == Some(ColumnType::Int);
            let index = outputs.column(resolved);
            let output = outputs.add(if is_number { Output::Numbers(index) } else { Output::Key(index, form) });
            let kind = if is_number { Kind::Numbers(is_integer) } else { Kind::Keys(form) };
            columns.push(Compared { name, output, kind });
        }
        (columns, is_cut)
    }
}

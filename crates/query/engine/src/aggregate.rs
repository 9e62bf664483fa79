//! Answering a plan: scan and fold on all query threads, then merge, choose groups, and read the calculations.

mod steps;

use crate::cells::{KeyForm, group_value};
use crate::column::{Names, Resolved, Source};
use crate::control::Control;
use crate::error::Failure;
use crate::fold::{Aggregate, Fold, Folded};
use crate::histogram::Points;
use crate::intake::Intake;
use crate::measures::{KnownRows, Measures};
use crate::partials::{Asked, Folding, Partials, Session, Shape};
use crate::question::{Question, unknown_columns};
use crate::related::{Ask, Related, Search};
use crate::scan::{Footers, Output, Outputs, Scan};
use crate::superseded::Superseded;
use crate::tasks::Tasks;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_query_plan::heatmap::Scale;
use glasshive_query_plan::histogram;
use glasshive_query_plan::{
    Answer, Calculation, Column, GroupRow, GroupValue, Measure, Note, Op, OrderKey, Plan, SeriesRow, Wants, Window,
};
use glasshive_store::Snapshot;
use std::cmp::Ordering;
use std::sync::Arc;
use steps::{StepRow, Steps};

/// One plan over one snapshot.
pub(crate) struct Run<'a> {
    pub plan: &'a Plan,
    pub wants: Wants,
    pub ask: Ask,
    /// Where events are looked for: the plan's time and what is wanted from before it.
    pub reach: Window,
    pub snapshot: Arc<Snapshot>,
    /// Of all datasets, in the window and round it; where other spans are asked about.
    pub spans: Option<Arc<Snapshot>>,
    /// Rows that are left out.
    pub superseded: Option<Arc<Superseded>>,
    pub footers: Arc<Footers>,
    pub partials: Arc<Partials>,
    pub control: Arc<Control>,
    pub threads: usize,
}

/// What was folded, by thread.
struct States {
    folded: Vec<Folded>,
    held: MemoryReservation,
}

impl Run<'_> {
    /// The answer, and the part of the window that was looked at if the time was up.
    pub(crate) async fn answer(&self) -> Result<(Answer, Option<Window>), Failure> {
        let related = self.related().await?;
        let mut known = self.linear_rows(related.as_ref()).await?;
        loop {
            let mut measures = Measures::new(&self.plan.calculations, self.plan.grid(), self.names(), self.is_weighted(), &known);
            let has_overflow = |column: &Resolved| self.has_overflow(column);
            let (keys, forms) = measures.keys(self.plan, self.wants.series, self.names(), &self.ask.breakdowns, has_overflow);
            let (states, covered) = self.fold(self.reach, &mut measures, &keys, related.clone()).await?;
            let total = self.merged(&measures.aggregates, &states, |keys| vec![zeros(keys)])?;
            let again = measures.choose_rows(self.plan, &total.states);
            if again.is_empty() {
                let coarse = measures.coarse(&self.plan.calculations, &total.states);
                let mut answer = Choice { run: self, measures: &measures, forms: &forms, rates: Vec::new() }.answer(states, total)?;
                answer.notes.extend(coarse);
                answer.notes.extend(self.remarks(&measures.outputs));
                return Ok((answer, covered));
            }
            known.extend(again);
        }
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names { registry: &self.snapshot.registry, fields: &self.plan.fields }
    }

    /// What other spans say, where they are asked about.
    pub(crate) async fn related(&self) -> Result<Option<Arc<Related>>, Failure> {
        let Some(spans) = &self.spans else { return Ok(None) };
        let search = Search {
            ask: &self.ask,
            names: self.names(),
            question: &|| self.question(self.reach),
            snapshot: &self.snapshot,
            spans,
            window: self.plan.time.window,
            footers: &self.footers,
            control: &self.control,
            threads: self.threads,
        };
        Ok(Some(Arc::new(search.run().await?)))
    }

    /// Whether some row weighs other than 1.
    pub(crate) fn is_weighted(&self) -> bool {
        let mut chunks = self.snapshot.live.iter().map(|chunk| chunk.rates());
        let mut files = self.snapshot.files.iter().map(|file| (file.row.rate_min, file.row.rate_max));
        chunks.any(|rates| rates != (1.0, 1.0)) || files.any(|rates| rates != (1.0, 1.0))
    }

    fn has_overflow(&self, column: &Resolved) -> bool {
        column.members.iter().any(|member| member.reads_overflow && overflow_has(&self.snapshot, &member.name))
    }

    pub(crate) fn question(&self, window: Window) -> Question {
        let plan = self.plan;
        Question::new(window, plan.datasets.clone(), &self.ask.own, |marker| plan.leaves_out(marker), self.names())
            .without(self.superseded.clone())
    }

    /// What to tell about columns that are read and about the question's conditions.
    pub(crate) fn remarks(&self, outputs: &Outputs) -> Vec<Note> {
        let overflow_has = |key: &str| overflow_has(&self.snapshot, key);
        let mut notes: Vec<Note> = outputs.asked().flat_map(|column| unknown_columns(column, overflow_has)).collect();
        let of_conditions = self.question(self.plan.time.window).notes(overflow_has);
        for note in of_conditions.into_iter().chain(self.ask.notes(self.names(), overflow_has)) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }

    /// The rows of heatmaps on a linear scale, which must be known before anything is counted in them: one scan for their values.
    async fn linear_rows(&self, related: Option<&Arc<Related>>) -> Result<KnownRows, Failure> {
        let is_linear = |calculation: &&Calculation| {
            let of_numbers = |column: &&Column| self.names().histogram(column).is_none();
            let column = calculation.column.as_ref().filter(of_numbers);
            calculation.op == Op::Heatmap && column.is_some_and(|column| Scale::of_column(&column.name) == Scale::Linear)
        };
        let heatmaps: Vec<Calculation> = self.plan.calculations.iter().filter(is_linear).cloned().collect();
        if heatmaps.is_empty() {
            return Ok(KnownRows::new());
        }
        let plan = Plan { calculations: heatmaps, breakdowns: Vec::new(), orders: Vec::new(), havings: Vec::new(), ..self.plan.clone() };
        let mut measures = Measures::new(&plan.calculations, plan.grid(), self.names(), self.is_weighted(), &KnownRows::new());
        let (keys, _) = measures.keys(&plan, false, self.names(), &[], |_| false);
        let (states, _) = self.fold(plan.time.window, &mut measures, &keys, related.cloned()).await?;
        let total = self.merged(&measures.aggregates, &states, |keys| vec![zeros(keys)])?;
        measures.choose_rows(&plan, &total.states);
        let rows = measures.heatmap_rows().into_iter().zip(&plan.calculations);
        Ok(rows.filter_map(|(rows, calculation)| Some((calculation.column.as_ref()?.to_string(), Arc::new(rows?)))).collect())
    }

    async fn fold(
        &self,
        window: Window,
        measures: &mut Measures,
        keys: &[usize],
        related: Option<Arc<Related>>,
    ) -> Result<(States, Option<Window>), Failure> {
        let is_own = related.is_none();
        let intake = Intake::new(&mut measures.outputs, related, measures.progress, &measures.histograms);
        let scan = Arc::new(Scan { question: self.question(window), outputs: measures.outputs.clone() });
        let shape = Shape { keys: keys.to_vec(), schema: measures.outputs.key_schema(keys), aggregates: measures.aggregates.clone() };
        let session = if is_own { self.session(&scan, &shape) } else { None };
        let queue = Arc::new(scan.units(&self.snapshot, &self.footers, &self.control, session.as_deref()).await?);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control) = (scan.clone(), queue.clone(), self.control.clone());
            let mut folding = Folding::new(shape.clone(), intake.clone(), control.clone(), session.clone())?;
            tasks.spawn(async move {
                scan.work(&queue, &control, &mut folding).await?;
                folding.finish()
            });
        }
        let (mut folded, mut points, mut waiting) = (Vec::new(), intake.points(), Vec::new());
        for (of_worker, later, held) in tasks.all().await? {
            folded.push(of_worker);
            points.iter_mut().zip(later).for_each(|(all, later)| all.append(later));
            waiting.push(held);
        }
        let asked = self.plan.time.window;
        let unseen_until = queue.looked_after_ns().map(|last| last.saturating_add(1));
        let covered = unseen_until.filter(|start| *start < asked.end_ns);
        let covered = covered.map(|start_ns| Window { start_ns: start_ns.max(asked.start_ns), ..asked });
        if !points.is_empty() {
            let known_ns = histogram::reach(asked).start_ns.max(window.start_ns);
            let known_ns = unseen_until.map_or(known_ns, |until| known_ns.max(until));
            folded.push(self.increases(points, known_ns, shape.fold(&self.control, "groups")?)?);
        }
        drop(waiting);
        let held = self.control.reservation("states");
        held.try_resize(folded.iter().map(Folded::heap_bytes).sum())?;
        Ok((States { folded, held }, covered))
    }

    /// What points add that had to wait until all since a time were there.
    fn increases(&self, points: Vec<Points>, known_ns: i64, mut fold: Fold) -> Result<Folded, Failure> {
        for (of, points) in points.into_iter().enumerate() {
            points.fold(of, self.plan.time.window, known_ns, &mut fold, &self.control)?;
        }
        Ok(fold.finish()?)
    }

    /// What is kept of files for a fold, where it can be.
    fn session(&self, scan: &Scan, shape: &Shape) -> Option<Arc<Session>> {
        let asked = Asked::new(scan, &shape.keys, &shape.aggregates)?;
        let grid = shape.keys.first().and_then(|first| match &scan.outputs.outputs[*first] {
            Output::Step(grid) => Some(*grid),
            _ => None,
        });
        Session::new(&self.partials, asked, shape.clone(), scan.question.window, grid, &self.control).map(Arc::new)
    }

    /// All states merged under the keys that `keys` makes of theirs.
    fn merged(&self, aggregates: &[Aggregate], states: &States, keys: impl Fn(&[ArrayRef]) -> Vec<ArrayRef>) -> Result<Folded, Failure> {
        let schema = schema_of(states.folded.first().map(|folded| keys(&folded.keys)).unwrap_or_default().as_slice());
        let mut fold = Fold::new(Vec::new(), &schema, aggregates.to_vec(), self.control.reservation("merge"))?;
        for folded in &states.folded {
            self.control.is_wanted()?;
            fold.merge(&keys(&folded.keys), &folded.states)?;
        }
        Ok(fold.finish()?)
    }
}

/// Whether `_overflow` of some source has values of a key.
pub(crate) fn overflow_has(snapshot: &Snapshot, key: &str) -> bool {
    let mut chunks = snapshot.live.iter().map(|chunk| Source::Chunk(chunk));
    let mut files = snapshot.files.iter().map(|file| Source::File(&file.row));
    chunks.any(|source| source.has_overflow(key)) || files.any(|source| source.has_overflow(key))
}

fn zeros(keys: &[ArrayRef]) -> ArrayRef {
    Arc::new(Int64Array::from_value(0, keys.first().map_or(0, |keys| keys.len())))
}

fn schema_of(keys: &[ArrayRef]) -> SchemaRef {
    let fields = keys.iter().enumerate().map(|(index, key)| Field::new(format!("key {index}"), key.data_type().clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Which groups are given back, and what of them.
struct Choice<'a> {
    run: &'a Run<'a>,
    measures: &'a Measures,
    forms: &'a [KeyForm],
    /// By calculation, for those that are changes from step to step: by group.
    rates: Vec<Vec<Measure>>,
}

/// A group that is not given back.
const NOT_CHOSEN: i64 = -1;

impl Choice<'_> {
    fn answer(mut self, states: States, total: Folded) -> Result<Answer, Failure> {
        let plan = self.run.plan;
        let mut answer = Answer::empty(plan);
        answer.heatmaps = self.measures.heatmap_rows();
        let mut fold = self.group_fold()?;
        let mut group_of_row = Vec::new();
        for folded in &states.folded {
            self.run.control.is_wanted()?;
            fold.merge(&self.group_keys(&folded.keys), &folded.states)?;
            group_of_row.push(fold.last_indices().to_vec());
        }
        let groups = fold.finish()?;
        let of_groups: Vec<i64> = (0..groups.len() as i64).collect();
        self.rates = self.rates_of(&states, &group_of_row, &of_groups, groups.len())?;
        let mut chosen = self.meeting_havings(&groups);
        // Without breakdowns there is one group, of which nothing was seen when no event matched.
        let is_one_empty_group = plan.breakdowns.is_empty() && groups.len() == 0;
        if is_one_empty_group {
            let values = self.measures.of_nothing();
            let meets = plan
                .havings
                .iter()
                .all(|having| values[having.calculation].number().is_some_and(|number| having.op.holds(number, having.value)));
            answer.groups = u64::from(meets);
            answer.results.extend(meets.then(|| GroupRow { group: Vec::new(), values }));
        }
        answer.groups += chosen.len() as u64;
        self.sort(&mut chosen, &groups);
        let cut = chosen.split_off(chosen.len().min(plan.limit as usize));
        answer.results.extend(chosen.iter().map(|row| GroupRow { group: self.group(&groups, *row), values: self.values(&groups, *row) }));
        if self.run.wants.total {
            let has_any = total.len() > 0;
            let rates = || self.rates_of(&states, &group_of_row, &vec![0; groups.len()], 1);
            answer.total =
                Some(if has_any { with_rates(self.measures.values(&total.states, 0), &rates()?, 0) } else { self.measures.of_nothing() });
        }
        if self.run.wants.other && !cut.is_empty() {
            let mut place = vec![NOT_CHOSEN; groups.len()];
            cut.iter().for_each(|row| place[*row] = 0);
            let rates = self.rates_of(&states, &group_of_row, &place, 1)?;
            answer.other = Some(with_rates(self.together(&groups, &cut)?, &rates, 0));
        }
        if self.run.wants.series {
            answer.series = self.series(&states, &group_of_row, &chosen, groups.len())?;
        }
        drop(states.held);
        Ok(answer)
    }

    fn group_fold(&self) -> Result<Fold, Failure> {
        let types = self.forms.iter().map(|form| form.data_type()).chain(self.forms.is_empty().then_some(DataType::Int64));
        let fields: Vec<Field> = types.enumerate().map(|(index, data_type)| Field::new(format!("key {index}"), data_type, true)).collect();
        self.empty_fold(Arc::new(Schema::new(fields)))
    }

    fn empty_fold(&self, schema: SchemaRef) -> Result<Fold, Failure> {
        Ok(Fold::new(Vec::new(), &schema, self.measures.aggregates.clone(), self.run.control.reservation("merge"))?)
    }

    /// The breakdowns among a state's keys, or a constant when there are none.
    fn group_keys(&self, keys: &[ArrayRef]) -> Vec<ArrayRef> {
        if self.forms.is_empty() { vec![zeros(keys)] } else { keys[1..].to_vec() }
    }

    fn group(&self, groups: &Folded, row: usize) -> Vec<GroupValue> {
        self.forms.iter().zip(&groups.keys).map(|(form, keys)| group_value(*form, keys, row)).collect()
    }

    fn value(&self, calculation: usize, groups: &Folded, row: usize) -> Measure {
        match self.rates.get(calculation).and_then(|rates| rates.get(row)) {
            Some(rate) => rate.clone(),
            None => self.measures.value(calculation, &groups.states, row),
        }
    }

    fn values(&self, groups: &Folded, row: usize) -> Vec<Measure> {
        with_rates(self.measures.values(&groups.states, row), &self.rates, row)
    }

    fn meeting_havings(&self, groups: &Folded) -> Vec<usize> {
        let meets = |row: &usize| {
            self.run.plan.havings.iter().all(|having| {
                let value = self.value(having.calculation, groups, *row);
                value.number().is_some_and(|number| having.op.holds(number, having.value))
            })
        };
        (0..groups.len()).filter(meets).collect()
    }

    fn sort(&self, rows: &mut [usize], groups: &Folded) {
        enum Keys {
            Values(Vec<Measure>),
            Groups(Vec<GroupValue>),
        }
        let keys = |key: OrderKey| match key {
            OrderKey::Calculation(index) => Keys::Values((0..groups.len()).map(|row| self.value(index, groups, row)).collect()),
            OrderKey::Breakdown(index) => {
                Keys::Groups((0..groups.len()).map(|row| group_value(self.forms[index], &groups.keys[index], row)).collect())
            }
        };
        let orders: Vec<(Keys, bool)> = self.run.plan.ordering().iter().map(|order| (keys(order.key), order.descending)).collect();
        rows.sort_by(|left, right| {
            let compare = |(keys, descending): &(Keys, bool)| match keys {
                Keys::Values(values) => values[*left].order(&values[*right], *descending),
                Keys::Groups(groups) => groups[*left].order(&groups[*right], *descending),
            };
            orders.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }

    /// Some groups as one.
    fn together(&self, groups: &Folded, rows: &[usize]) -> Result<Vec<Measure>, Failure> {
        let mut keep = vec![false; groups.len()];
        rows.iter().for_each(|row| keep[*row] = true);
        let kept = groups.filtered(&BooleanArray::from(keep))?;
        let mut fold = self.empty_fold(schema_of(&[zeros(&kept.keys)]))?;
        fold.merge(&[zeros(&kept.keys)], &kept.states)?;
        Ok(self.measures.values(&fold.finish()?.states, 0))
    }

    /// States by (step, place), of the groups that have a place: `place` gives each group its own. `group_of_row` gives each
    /// state's rows their groups. `None` when there is nothing.
    fn by_step(&self, states: &States, group_of_row: &[Vec<usize>], place: &[i64]) -> Result<Option<Folded>, Failure> {
        let mut fold: Option<Fold> = None;
        for (folded, group_of_row) in states.folded.iter().zip(group_of_row) {
            let places: Int64Array = group_of_row.iter().map(|group| Some(place[*group])).collect();
            let keep: BooleanArray = places.iter().map(|place| Some(place != Some(NOT_CHOSEN))).collect();
            let keyed = Folded { keys: vec![folded.keys[0].clone(), Arc::new(places)], states: folded.states.clone() };
            let kept = if keep.true_count() == keep.len() { keyed } else { keyed.filtered(&keep)? };
            let fold = match &mut fold {
                Some(fold) => fold,
                None => fold.insert(self.empty_fold(schema_of(&kept.keys))?),
            };
            fold.merge(&kept.keys, &kept.states)?;
        }
        Ok(fold.map(Fold::finish).transpose()?)
    }

    /// The calculations that are changes from step to step, for each of so many places; nothing when there are none.
    fn rates_of(&self, states: &States, group_of_row: &[Vec<usize>], place: &[i64], places: usize) -> Result<Vec<Vec<Measure>>, Failure> {
        if !self.measures.has_rates() {
            return Ok(Vec::new());
        }
        let steps = self.by_step(states, group_of_row, place)?.map(Steps::new);
        let rates = |calculation: usize| -> Vec<Measure> {
            if !self.measures.is_rate(calculation) {
                return Vec::new();
            }
            let mut ends: Vec<Option<[(i64, f64); 2]>> = vec![None; places];
            for row in steps.iter().flat_map(Steps::rows) {
                if let Some(number) = self.measures.value(calculation, row.states, row.row).number() {
                    let here = (row.step, number);
                    let [first, last] = ends[row.place].unwrap_or([here, here]);
                    ends[row.place] = Some([if here.0 < first.0 { here } else { first }, if here.0 > last.0 { here } else { last }]);
                }
            }
            let rate = |ends: Option<[(i64, f64); 2]>| match ends {
                Some([(first, start), (last, end)]) if last > first => measured((end - start) / (last - first) as f64),
                _ => Measure::Null,
            };
            ends.into_iter().map(rate).collect()
        };
        Ok((0..self.run.plan.calculations.len()).map(rates).collect())
    }

    /// The chosen groups step by step.
    fn series(&self, states: &States, group_of_row: &[Vec<usize>], chosen: &[usize], groups: usize) -> Result<Vec<SeriesRow>, Failure> {
        let mut place = vec![NOT_CHOSEN; groups];
        chosen.iter().enumerate().for_each(|(index, group)| place[*group] = index as i64);
        let Some(steps) = self.by_step(states, group_of_row, &place)?.map(Steps::new) else { return Ok(Vec::new()) };
        let mut rows: Vec<StepRow<'_>> = steps.rows().collect();
        rows.sort_by_key(|row| (row.place, row.step));
        let mut series = Vec::with_capacity(rows.len());
        for group in rows.chunk_by(|left, right| left.place == right.place) {
            self.series_of(group, &mut series);
        }
        series.sort_by_key(|row: &SeriesRow| (row.step, row.group));
        Ok(series)
    }

    /// One group's series; its rows are in order of step.
    fn series_of(&self, rows: &[StepRow<'_>], series: &mut Vec<SeriesRow>) {
        let grid = self.run.plan.grid();
        let index = |step: i64| usize::try_from(step).unwrap_or(0);
        let concurrency = self.measures.concurrency();
        let (mut whole, mut count) = (0.0, 0.0);
        let mut before: Option<&StepRow<'_>> = None;
        for row in rows {
            // Steps that events fill wholly, and in which none begins or ends.
            if let Some(calculation) = concurrency.filter(|_| count > 0.0) {
                for step in before.map_or(row.step, |before| before.step + 1)..row.step {
                    let mut values = self.measures.of_nothing();
                    values[calculation] = Measure::Float(whole);
                    series.push(SeriesRow { step: index(step), group: row.place, values });
                }
            }
            let mut values = self.measures.values(row.states, row.row);
            for (calculation, value) in values.iter_mut().enumerate() {
                if let Some(here) = self.measures.in_step(calculation, row.states, row.row) {
                    count += here.count;
                    whole = if count > 0.0 { whole + here.whole } else { 0.0 };
                    *value = Measure::Float(whole + here.part / grid.part(index(row.step)).length_ns() as f64);
                }
                if self.measures.is_rate(calculation) {
                    let before = before.filter(|before| before.step + 1 == row.step);
                    let before = before.and_then(|before| self.measures.value(calculation, before.states, before.row).number());
                    *value = before.zip(value.number()).map_or(Measure::Null, |(before, here)| measured(here - before));
                }
            }
            series.push(SeriesRow { step: index(row.step), group: row.place, values });
            before = Some(row);
        }
    }
}

/// Values with those that are changes from step to step in their places.
fn with_rates(mut values: Vec<Measure>, rates: &[Vec<Measure>], row: usize) -> Vec<Measure> {
    for (value, rates) in values.iter_mut().zip(rates) {
        if let Some(rate) = rates.get(row) {
            *value = rate.clone();
        }
    }
    values
}

/// A number that may not be one.
fn measured(number: f64) -> Measure {
    if number.is_nan() { Measure::Null } else { Measure::Float(number) }
}

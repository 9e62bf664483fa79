//! A trace by column: what its tree is made of, without the other fields of its rows.

use super::Engine;
use super::raw::{TraceRequest, too_long};
use crate::cells::{Budget, Cells};
use crate::control::Cancel;
use crate::cost::Cost;
use crate::error::{EngineError, Failure};
use crate::rows::{Fields, Finder, Gathered};
use glasshive_model::shown::{FieldRows, ShownRow};
use glasshive_model::{EnvironmentId, SpanId, ValueRef, names};
use glasshive_query_plan::Note;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

/// Rows of a trace, by column. A field is its place among those that were asked for.
#[derive(Debug)]
pub struct Outline {
    parts: Vec<Values>,
    /// Of each row its part, and its place there.
    places: Vec<(u32, u32)>,
    /// Rows whose span id comes more than once, with all their fields.
    whole: HashMap<usize, ShownRow>,
    /// What to know about them.
    pub notes: Vec<Note>,
    /// What they took.
    pub cost: Cost,
}

#[derive(Debug)]
struct Values {
    times_ns: Vec<i64>,
    seqs: Vec<i64>,
    columns: Vec<Cells>,
}

impl Engine {
    /// The rows of one trace with no more than these fields, in any order. Rows whose span id comes more than once are compared
    /// whole: whether two are one row that was sent again is told by all that they hold. At most
    /// [`super::EngineConfig::trace_rows`]; a note says when there are more.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn trace_outline(
        &self,
        environment: EnvironmentId,
        request: TraceRequest,
        fields: &[&str],
        cancel: Cancel,
    ) -> Result<Outline, EngineError> {
        // Told apart by their span ids in any case.
        let fields: Vec<String> = fields.iter().chain(&[names::SPAN_ID]).map(|field| (*field).to_owned()).collect();
        self.run("trace", cancel, move |inner, control| async move {
            let finder = inner.trace_finder(environment, request.trace_id, &control).await?;
            let names: Vec<&str> = fields.iter().map(String::as_str).collect();
            let fields = Fields::new(&names, &finder.snapshot);
            let (gathered, is_cut) = finder.trace(request, &fields, inner.config.trace_rows).await?;
            let mut outline = finder.outline(gathered, &fields).await?;
            outline.notes = control.take_notes(inner.config.time_limit, None, None)?;
            outline.notes.extend(is_cut.then(|| too_long(inner.config.trace_rows)));
            outline.cost = control.meter.cost(&finder.snapshot.files);
            Ok(outline)
        })
        .await
    }
}

impl Finder {
    async fn outline(&self, mut gathered: Gathered, fields: &Fields) -> Result<Outline, Failure> {
        gathered.parts.sort_by_key(|part| part.seqs().first().copied());
        let budget = Budget::of(&self.control);
        let mut parts = Vec::with_capacity(gathered.parts.len());
        let mut places = Vec::with_capacity(gathered.len());
        for (index, part) in gathered.parts.iter().enumerate() {
            self.control.is_wanted()?;
            let columns = part.cells(fields, &budget)?.into_iter().map(Cells::lent).collect();
            parts.push(Values { times_ns: part.times().to_vec(), seqs: part.seqs().to_vec(), columns });
            places.extend((0..part.len()).map(|row| (index as u32, row as u32)));
        }
        let mut outline = Outline { parts, places, whole: HashMap::new(), notes: Vec::new(), cost: Cost::default() };
        let repeated = outline.repeated(fields.len() - 1);
        if !repeated.is_empty() {
            let hits = repeated.iter().map(|row| {
                let (part, place) = outline.places[*row];
                gathered.parts[part as usize].hit(place as usize)
            });
            let by_seq: HashMap<i64, usize> = repeated.iter().map(|row| (outline.seq(*row), *row)).collect();
            let whole = self.rows(hits.collect(), None).await?;
            outline.whole = whole.into_iter().filter_map(|row| Some((*by_seq.get(&row.seq)?, row))).collect();
        }
        Ok(outline)
    }
}

impl Outline {
    /// The rows whose span id is not theirs alone. `field` is that of the span ids.
    fn repeated(&self, field: usize) -> BTreeSet<usize> {
        let mut first: HashMap<SpanId, usize> = HashMap::with_capacity(self.places.len());
        let mut repeated = BTreeSet::new();
        for row in 0..self.places.len() {
            let id = match self.value(row, field) {
                Some(ValueRef::Span(id)) => id,
                Some(value @ (ValueRef::Str(_) | ValueRef::Int(_))) => SpanId::from_text(&value.to_string()),
                _ => continue,
            };
            match first.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(row);
                }
                Entry::Occupied(entry) => repeated.extend([*entry.get(), row]),
            }
        }
        repeated
    }

    fn place(&self, row: usize) -> (&Values, usize) {
        let (part, place) = self.places[row];
        (&self.parts[part as usize], place as usize)
    }
}

impl FieldRows for Outline {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn time_ns(&self, row: usize) -> i64 {
        let (values, place) = self.place(row);
        values.times_ns[place]
    }

    fn seq(&self, row: usize) -> i64 {
        let (values, place) = self.place(row);
        values.seqs[place]
    }

    fn value(&self, row: usize, field: usize) -> Option<ValueRef<'_>> {
        let (values, place) = self.place(row);
        values.columns[field].lend(place)
    }

    /// A row that could not be read again is taken for another.
    fn is_same(&self, left: usize, right: usize) -> bool {
        let whole = |row: usize| self.whole.get(&row);
        whole(left).zip(whole(right)).is_some_and(|(left, right)| left.is_same(right))
    }
}

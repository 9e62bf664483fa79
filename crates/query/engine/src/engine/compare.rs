//! What tells some of a question's rows from the others.

use super::Engine;
use crate::compare::{Comparison, Selection};
use crate::control::Cancel;
use crate::error::EngineError;
use glasshive_model::EnvironmentId;
use glasshive_query_plan::{Plan, Wants};

impl Engine {
    /// Counts every column of the rows that pass a plan's filters, apart for the selected rows and the rest. Calculations, groups
    /// and limits of the plan do not matter. Of more than `sample` rows only about so many are looked at, spread over all of them.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn compare(
        &self,
        environment: EnvironmentId,
        plan: &Plan,
        selection: &Selection,
        sample: Option<u64>,
        cancel: Cancel,
    ) -> Result<Comparison, EngineError> {
        let breakdowns = selection.parts.iter().map(|part| part.column().clone()).collect();
        let plan = Plan { breakdowns, havings: Vec::new(), orders: Vec::new(), ..plan.clone() };
        let selection = selection.clone();
        self.run("compare", cancel, move |inner, control| async move {
            let run = inner.prepared(environment, &plan, Wants::TABLE, &control).await?;
            let mut comparison = run.compare(&selection, sample).await?;
            comparison.notes.splice(0..0, control.take_notes(inner.config.time_limit, Some(plan.time.window), None)?);
            Ok(Comparison { cost: control.meter.cost(&run.snapshot.files), ..comparison })
        })
        .await
    }
}

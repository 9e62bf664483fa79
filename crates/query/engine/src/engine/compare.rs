//! What tells some of a question's rows from the others.

use super::Engine;
use crate::compare::{Comparison, Selection};
use crate::control::Cancel;
use crate::error::EngineError;
use glasshive_model::EnvironmentId;
use glasshive_query_plan::{Plan, Wants};

impl Engine {
    /// Counts every column of the rows that pass a plan's filters, apart for the selected rows and the rest. Calculations, groups
    /// and limits of the plan do not matter.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn compare(
        &self,
        environment: EnvironmentId,
        plan: &Plan,
        selection: &Selection,
        cancel: Cancel,
    ) -> Result<Comparison, EngineError> {
        let plan = Plan { breakdowns: Vec::new(), havings: Vec::new(), orders: Vec::new(), ..plan.clone() };
        let selection = selection.clone();
        self.run("compare", cancel, move |inner, control| async move {
            let run = inner.prepared(environment, &plan, Wants::TABLE, &control);
            let (selected, rest, columns, is_cut) = run.compare(&selection).await?;
            let notes = control.take_notes(inner.config.time_limit, Some(plan.time.window), None);
            Ok(Comparison { selected, rest, columns, is_cut, notes, cost: control.meter.cost(&run.snapshot.files) })
        })
        .await
    }
}

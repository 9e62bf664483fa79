//! What a question asks of a file, whatever its window: everything that decides which state the fold of its rows comes to.

use crate::fold::Aggregate;
use crate::fold::distribution::Buckets;
use crate::question::Question;
use crate::scan::{Output, Outputs, Scan};
use glasshive_store::catalog::FileRow;
use std::fmt::Write as _;

/// What a question asks, in words of our own. Equal words ask the same: names stand there as they were looked up, with all
/// columns that are read for them, so that a column that comes later, or a further type of one, makes another question of it.
pub(crate) struct Asked {
    /// Of files of which all datasets are wanted.
    everywhere: String,
    /// Of files that hold other datasets too.
    somewhere: String,
    datasets: Option<Vec<String>>,
}

impl Asked {
    /// What a scan and its fold ask; `None` when they ask for more than the rows of a file say by themselves.
    pub(crate) fn new(scan: &Scan, keys: &[usize], aggregates: &[Aggregate]) -> Option<Self> {
        let Question { window: _, datasets, combination, conditions, exclusions, superseded } = &scan.question;
        // What is left out of a file may change without it.
        if superseded.is_some() {
            return None;
        }
        let mut text = format!("{combination:?} {conditions:?} {exclusions:?}");
        for key in keys {
            append(&mut text, "by", &output(&scan.outputs, *key)?);
        }
        for aggregate in aggregates {
            let (name, value) = match aggregate {
                // A file's weights are its own: where all are 1, states with and without them are the same.
                Aggregate::Weight { value, weight: _ } => ("count", *value),
                Aggregate::Sum { value, weight: _ } => ("sum", Some(*value)),
                Aggregate::Min { value } => ("min", Some(*value)),
                Aggregate::Max { value } => ("max", Some(*value)),
                Aggregate::Distinct { value } => ("distinct", Some(*value)),
                Aggregate::Distribution { value, weight: _, buckets: Buckets::Lhist } => ("distribution", Some(*value)),
                Aggregate::Distribution { buckets: Buckets::Places(_), .. }
                | Aggregate::Progress(_)
                | Aggregate::Ranges(_)
                | Aggregate::Increase(..) => return None,
            };
            let value = match value {
                Some(value) => output(&scan.outputs, value)?,
                None => String::new(),
            };
            append(&mut text, name, &value);
        }
        let somewhere = format!("{text} in {datasets:?}");
        Some(Self { everywhere: text, somewhere, datasets: datasets.clone() })
    }

    /// What is asked of files of which all datasets are wanted, and of others.
    pub(super) fn words(&self) -> [&str; 2] {
        [&self.everywhere, &self.somewhere]
    }

    /// Which of the two is asked of a file.
    pub(super) fn index(&self, file: &FileRow) -> usize {
        let is_wanted = |slug: &String| self.datasets.as_ref().is_none_or(|wanted| wanted.contains(slug));
        usize::from(!file.datasets.iter().all(|(slug, _)| is_wanted(slug)))
    }
}

fn append(text: &mut String, name: &str, value: &str) {
    let written = write!(text, " {name} {value}");
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

/// A column of the scan; `None` for those that are filled in from elsewhere.
fn output(outputs: &Outputs, index: usize) -> Option<String> {
    let column = |column: &usize| &outputs.columns[*column];
    Some(match &outputs.outputs[index] {
        Output::One => "everything".to_owned(),
        Output::Step(grid) => format!("steps of {} ns", grid.step_ns),
        Output::Key(key, form) => format!("key {form:?} {:?}", column(key)),
        Output::Numbers(numbers) => format!("numbers {:?}", column(numbers)),
        Output::Counted(counted) => format!("counted {:?}", column(counted)),
        Output::Hashes(hashes) => format!("hashes {:?}", column(hashes)),
        Output::Weight | Output::Time | Output::Seq | Output::System(_) | Output::Stored(_) => return None,
        Output::Related(_) | Output::Json(_) | Output::Integers(_) => return None,
    })
}

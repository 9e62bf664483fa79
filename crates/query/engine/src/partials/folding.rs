//! Folding the units of a scan, each by itself where it is to be kept.

use super::Session;
use crate::control::Control;
use crate::error::Failure;
use crate::fold::{Aggregate, Fold, Folded};
use crate::histogram::Points;
use crate::intake::Intake;
use crate::scan::{Ending, Group, Kept, Taker, Unit};
use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use datafusion_execution::memory_pool::MemoryReservation;
use std::sync::Arc;

/// One worker's fold, and that of the unit at hand.
pub(crate) struct Folding {
    shape: Shape,
    intake: Intake,
    control: Arc<Control>,
    session: Option<Arc<Session>>,
    /// Of everything.
    all: Fold,
    /// Of the unit at hand.
    unit: Option<Fold>,
    /// Of histograms, what waits for the rest.
    points: Vec<Points>,
    held: MemoryReservation,
}

/// What is folded.
#[derive(Clone)]
pub(crate) struct Shape {
    pub keys: Vec<usize>,
    pub schema: SchemaRef,
    pub aggregates: Vec<Aggregate>,
}

impl Shape {
    pub(crate) fn fold(&self, control: &Control, name: &str) -> Result<Fold, Failure> {
        Ok(Fold::new(self.keys.clone(), &self.schema, self.aggregates.clone(), control.reservation(name))?)
    }
}

impl Folding {
    pub(crate) fn new(shape: Shape, intake: Intake, control: Arc<Control>, session: Option<Arc<Session>>) -> Result<Self, Failure> {
        let all = shape.fold(&control, "groups")?;
        let (points, held) = (intake.points(), control.reservation("histograms"));
        Ok(Self { shape, intake, control, session, all, unit: None, points, held })
    }

    /// What was folded, and what waits for what others have, with the memory that this takes.
    pub(crate) fn finish(self) -> Result<(Folded, Vec<Points>, MemoryReservation), Failure> {
        Ok((self.all.finish()?, self.points, self.held))
    }

    /// The session, when the unit is to be kept.
    fn keeper<'a>(&self, unit: &'a Unit) -> Option<(Arc<Session>, &'a Group)> {
        let Unit::Group(group) = unit else { return None };
        Some((self.session.clone().filter(|session| session.wants(group))?, group))
    }

    /// The unit at hand goes the way of all others.
    fn merge_unit(&mut self) -> Result<Option<Folded>, Failure> {
        let Some(folded) = self.unit.take().map(Fold::finish).transpose()? else { return Ok(None) };
        if folded.len() > 0 {
            self.all.merge(&folded.keys, &folded.states)?;
        }
        Ok(Some(folded))
    }

    /// Joins what is kept of a file's row groups. For want of memory, or of one of them, they stay by themselves.
    fn join(&self, session: &Session, group: &Group, groups: &[usize]) -> Result<(), Failure> {
        let Some(parts) = session.parts(&group.file, groups) else { return Ok(()) };
        let mut fold = self.shape.fold(&self.control, "partials")?;
        for part in parts.iter().filter(|part| part.len() > 0) {
            self.control.is_wanted()?;
            if fold.merge(&part.keys, &part.states).is_err() || fold.bytes() > session.bytes_max {
                return Ok(());
            }
        }
        session.keep_file(&group.file, groups, fold.finish()?);
        Ok(())
    }
}

impl Taker for Folding {
    fn rows(&mut self, unit: &Unit, columns: Vec<ArrayRef>) -> Result<(), Failure> {
        let Some((session, _)) = self.keeper(unit) else {
            self.merge_unit()?;
            self.intake.push(&mut self.all, &mut self.points, columns)?;
            return Ok(self.held.try_resize(self.points.iter().map(Points::bytes).sum())?);
        };
        let fold = match &mut self.unit {
            Some(fold) => fold,
            None => self.unit.insert(self.shape.fold(&self.control, "groups")?),
        };
        // Questions about histograms keep nothing.
        self.intake.push(fold, &mut self.points, columns)?;
        if fold.bytes() > session.bytes_max {
            session.give_up();
            self.merge_unit()?;
        }
        Ok(())
    }

    fn end(&mut self, unit: &Unit, ending: Ending) -> Result<(), Failure> {
        if ending == Ending::Unread {
            self.unit = None;
            return Ok(());
        }
        let folded = self.merge_unit()?;
        let Some((session, group)) = self.keeper(unit).filter(|_| ending == Ending::Whole) else { return Ok(()) };
        let mut folded = match folded {
            Some(folded) => folded,
            None => self.shape.fold(&self.control, "partials")?.finish()?,
        };
        folded.keys = session.kept_keys(folded.keys);
        if let Some(groups) = session.keep_group(group, folded) {
            self.join(&session, group, &groups)?;
        }
        Ok(())
    }

    fn kept(&mut self, kept: &Kept) -> Result<(), Failure> {
        let Some(session) = self.session.as_ref().filter(|_| kept.folded.len() > 0) else { return Ok(()) };
        let keys = session.own_keys(kept.folded.keys.clone());
        Ok(self.all.merge(&keys, &kept.folded.states)?)
    }
}

//! Some of the rows for all of them: what stands on the screen until all are counted.
//!
//! Rows near the selection's time and the others are two strata, each read up to half of the rows that may be: a box is mostly narrow
//! in time. Of each stratum stretches of rows are read at equal distances, and each row that is read stands for as many as there are for
//! one. Rows that stand side by side came in one request and are much alike: stretches are as short as reading them lets them be.

use crate::scan::{Group, Live, Unit, pages_in_window};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use glasshive_query_plan::Window;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};

/// Rows of files that are read side by side: enough that pages are worth opening.
const STRETCH: u64 = 256;
/// Live rows that are read side by side: any of them is as near as the others.
const LIVE_STRETCH: u64 = 16;

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// Stored rows.
    pub rows: u64,
    /// Of so many.
    pub of: u64,
}

/// Rows of a unit.
type Part = (Unit, RowSelection);

/// Leaves of the units about `most` rows of those that a question about the window `asked` reads, and says of each stratum how many a row
/// of it stands for. `None` where there are no more than that: then all are left.
pub(super) fn thin(units: &mut Vec<Unit>, asked: Window, near: Window, most: u64) -> Option<(Sampled, [f64; 2])> {
    let wanted: Vec<RowSelection> = units.iter().map(|unit| wanted(unit, asked)).collect();
    let of: u64 = wanted.iter().map(|rows| rows.row_count() as u64).sum();
    if of <= most {
        return None;
    }
    let mut strata: [Vec<Part>; 2] = Default::default();
    for (unit, wanted) in units.drain(..).zip(wanted) {
        for (stratum, part) in parts(&unit, wanted, near).into_iter().enumerate() {
            strata[stratum].extend(part.filter(RowSelection::selects_any).map(|rows| (unit.clone(), rows)));
        }
    }
    let counts = [0, 1].map(|stratum: usize| strata[stratum].iter().map(|(_, rows)| rows.row_count() as u64).sum::<u64>());
    // What one stratum has no rows for is left to the other.
    let near_most = counts[0].min((most / 2).max(most.saturating_sub(counts[1])));
    let mosts = [near_most, most - near_most.min(most)];
    let mut stand_for = [1.0; 2];
    let mut looked_at = 0;
    for (stratum, parts) in strata.into_iter().enumerate() {
        let every = counts[stratum].div_ceil(mosts[stratum].max(1)).max(1);
        let read = stretches(parts, every, stratum, units);
        stand_for[stratum] = counts[stratum] as f64 / read.max(1) as f64;
        looked_at += read;
    }
    Some((Sampled { rows: looked_at, of }, stand_for))
}

/// The rows of a unit that the question reads: of a group those of pages in its window.
fn wanted(unit: &Unit, asked: Window) -> RowSelection {
    let all = || RowSelection::from(vec![RowSelector::select(usize::try_from(unit.arrivals().1).unwrap_or(usize::MAX))]);
    let Unit::Group(group) = unit else { return all() };
    let rows = group.rows.clone().unwrap_or_else(all);
    match pages_in_window(group.metadata(), group.index, asked) {
        Some(inside) => rows.intersection(&inside),
        None => rows,
    }
}

/// The wanted rows of a unit by stratum: near the selection's time, and far from it.
fn parts(unit: &Unit, wanted: RowSelection, near: Window) -> [Option<RowSelection>; 2] {
    let (first_ns, last_ns) = unit.times_ns();
    if first_ns >= near.end_ns || last_ns < near.start_ns {
        return [None, Some(wanted)];
    }
    let inside = match unit {
        Unit::Group(group) => pages_in_window(group.metadata(), group.index, near),
        Unit::Chunk(_) | Unit::Kept(_) => None,
    };
    match inside {
        Some(inside) => {
            let outside: Vec<RowSelector> = inside.iter().map(|part| RowSelector { skip: !part.skip, ..*part }).collect();
            [Some(wanted.intersection(&inside)), Some(wanted.intersection(&outside.into()))]
        }
        None => [Some(wanted), None],
    }
}

/// Adds of each `every` stretches of rows the first, over all parts; how many rows these are.
fn stretches(parts: Vec<Part>, every: u64, stratum: usize, units: &mut Vec<Unit>) -> u64 {
    let (mut seen_live, mut seen_in_files, mut read) = (0, 0, 0);
    for (unit, rows) in parts {
        let (stretch, seen) = if matches!(unit, Unit::Chunk(_)) { (LIVE_STRETCH, &mut seen_live) } else { (STRETCH, &mut seen_in_files) };
        let mut left = Vec::new();
        for part in rows.iter() {
            if part.skip {
                left.push(*part);
                continue;
            }
            let mut rest = part.row_count as u64;
            while rest > 0 {
                let length = rest.min(stretch - *seen % stretch);
                let is_read = (*seen / stretch).is_multiple_of(every);
                left.push(RowSelector { row_count: usize::try_from(length).unwrap_or(usize::MAX), skip: !is_read });
                read += if is_read { length } else { 0 };
                *seen += length;
                rest -= length;
            }
        }
        let left = RowSelection::from(left);
        if left.selects_any() {
            units.extend(match unit {
                Unit::Chunk(live) => Some(Unit::Chunk(Live { rows: Some(marked(&left)), stratum, ..live })),
                Unit::Group(group) => Some(Unit::Group(Group { rows: Some(left), stratum, ..group })),
                Unit::Kept(_) => None,
            });
        }
    }
    read
}

/// A mark for each row that is selected.
fn marked(rows: &RowSelection) -> BooleanBuffer {
    let mut marks = BooleanBufferBuilder::new(rows.iter().map(|part| part.row_count).sum());
    rows.iter().for_each(|part| marks.append_n(part.row_count, !part.skip));
    marks.finish()
}

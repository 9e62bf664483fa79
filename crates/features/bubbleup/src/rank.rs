//! From counts to panels.

use crate::bins::{Sides, distance};
use crate::class::class_of;
use crate::panel::{Bin, BinKind, Class, Panel, Ranking};
use crate::score::{Score, of_distance, of_shares, rows_of, rows_of_value};
use glasshive_query_engine::{ColumnTally, Comparison};
use glasshive_query_plan::GroupValue;
use std::cmp::Ordering;

/// Names that people know come first among equals, in this order.
const WELL_KNOWN: [&str; 9] = [
    "service.name",
    "http.route",
    "http.response.status_code",
    "error",
    "exception.type",
    "user.id",
    "service.version",
    "db.system",
    "name",
];
/// Columns whose deciding values cover the same selected rows to this share, and as many of the others, say the same.
const SAME: f64 = 0.98;
/// Stored rows that must have a value for it to decide, and as many that must not: shares go by weight, chance goes by rows, and one row
/// that stands for thousands is still one. What several heavy rows prove is in the noise.
const ROWS_MIN: u64 = 5;

/// A panel, with the rows of the sample that its deciding bin covers.
struct Candidate<'a> {
    panel: Panel,
    column: &'a ColumnTally,
    covers: Option<u64>,
}

/// All columns, the most telling first; none where a side is empty. `asked` names those that the question or the selection is about.
pub fn rank(comparison: &Comparison, asked: &[String]) -> Ranking {
    let sides = Sides { selected: comparison.selected, rest: comparison.rest };
    if sides.selected.rows == 0 || sides.rest.rows == 0 {
        return Ranking { selected: sides.selected, rest: sides.rest, panels: Vec::new() };
    }
    let mut candidates: Vec<Candidate<'_>> = comparison.columns.iter().map(|column| candidate(column, &sides, asked)).collect();
    candidates.sort_by(|left, right| {
        let (one, other) = (&left.panel, &right.panel);
        let known = |name: &str| WELL_KNOWN.iter().position(|known| *known == name).unwrap_or(WELL_KNOWN.len());
        one.class
            .cmp(&other.class)
            .then_with(|| other.score.total_cmp(&one.score))
            .then_with(|| other.effect.total_cmp(&one.effect))
            .then_with(|| known(&one.name).cmp(&known(&other.name)))
            .then_with(|| one.name.cmp(&other.name))
    });
    let mut kept: Vec<Candidate<'_>> = Vec::new();
    for candidate in candidates {
        let twin = kept.iter_mut().find(|leader| leader.panel.class == Class::Normal && says_the_same(leader, &candidate));
        match twin {
            Some(leader) if candidate.panel.class == Class::Normal => leader.panel.twins.push(candidate.panel.name),
            _ => kept.push(candidate),
        }
    }
    Ranking { selected: comparison.selected, rest: comparison.rest, panels: kept.into_iter().map(|candidate| candidate.panel).collect() }
}

fn candidate<'a>(column: &'a ColumnTally, sides: &Sides, asked: &[String]) -> Candidate<'a> {
    let is_measure = !column.buckets.is_empty();
    let (bins, score, deciding) = if is_measure { of_measure(column, sides) } else { of_dimension(column, sides) };
    let fixed = class_of(column, sides.selected, sides.rest, asked);
    let class = fixed.unwrap_or(if score.value() > 0.0 { Class::Normal } else { Class::NoEvidence });
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let coverage = [share(column.selected.weight, sides.selected.weight), share(column.rest.weight, sides.rest.weight)];
    let covers = deciding.and_then(|index| match &bins.get(index)?.kind {
        BinKind::Missing => Some(0),
        BinKind::Value(value) => hash_of(column, value),
        BinKind::Range(..) | BinKind::Other(_) => None,
    });
    let bins = if class == Class::Normal { bins } else { Vec::new() };
    let deciding = deciding.filter(|_| class == Class::Normal);
    let panel = Panel {
        name: column.name.clone(),
        is_measure,
        class,
        score: score.value(),
        effect: score.effect,
        noise: score.noise,
        deciding,
        coverage,
        bins,
        twins: Vec::new(),
    };
    Candidate { panel, column, covers }
}

fn hash_of(column: &ColumnTally, value: &GroupValue) -> Option<u64> {
    column.values.iter().find(|tally| tally.value == *value).map(|tally| tally.hash)
}

/// The score of one bin among `count`.
fn of_bin(bin: &Bin, count: usize, sides: &Sides) -> Score {
    let (p, q) = (bin.selected_share, bin.rest_share);
    let (selected, rest) = (rows_of(sides.selected), rows_of(sides.rest));
    let pooled = ((p * selected + q * rest) / (selected + rest)).clamp(0.0, 1.0);
    let (selected, rest) = (rows_of_value(bin.selected, sides.selected, pooled), rows_of_value(bin.rest, sides.rest, pooled));
    let score = of_shares(p, q, pooled, count, selected, rest);
    let (with, rows) = (bin.selected.rows + bin.rest.rows, sides.selected.rows + sides.rest.rows);
    match (ROWS_MIN..=rows.saturating_sub(ROWS_MIN)).contains(&with) {
        true => score,
        false => Score { noise: score.noise.max(score.effect), ..score },
    }
}

/// The bin that tells the sides apart best decides: by its score, or by its effect where chance would do the same in all.
fn of_dimension(column: &ColumnTally, sides: &Sides) -> (Vec<Bin>, Score, Option<usize>) {
    let (bins, count) = sides.of_values(column);
    let scored = |(index, bin): (usize, &Bin)| {
        let is_one = !matches!(bin.kind, BinKind::Other(_));
        is_one.then(|| (index, bin.selected_share, of_bin(bin, count, sides)))
    };
    let best = bins.iter().enumerate().filter_map(scored).max_by(|(_, left_share, left), (_, right_share, right)| {
        let order = |left: f64, right: f64| if (left - right).abs() < 1e-9 { Ordering::Equal } else { left.total_cmp(&right) };
        // Of two that differ alike, as both values of a truth do, the one that the selected have more of says it.
        let by_effect = || order(left.effect, right.effect);
        order(left.value(), right.value()).then_with(by_effect).then_with(|| left_share.total_cmp(right_share))
    });
    match best {
        Some((index, _, score)) => (bins, score, Some(index)),
        None => (bins, Score { effect: 0.0, noise: 0.0 }, None),
    }
}

/// The better of two readings: whether it is there at all, and how its numbers lie.
fn of_measure(column: &ColumnTally, sides: &Sides) -> (Vec<Bin>, Score, Option<usize>) {
    let bins = sides.of_numbers(column);
    let missing = bins.iter().position(|bin| bin.kind == BinKind::Missing);
    let presence = missing.map_or(Score { effect: 0.0, noise: 0.0 }, |index| of_bin(&bins[index], 2, sides));
    let is_on_both = column.selected.rows > 0 && column.rest.rows > 0;
    let coverage = (column.selected.weight / sides.selected.weight).min(column.rest.weight / sides.rest.weight);
    let spread = match is_on_both {
        true => of_distance(distance(column), coverage, rows_of(column.selected), rows_of(column.rest)),
        false => Score { effect: 0.0, noise: 0.0 },
    };
    if presence.value() > spread.value() { (bins, presence, missing) } else { (bins, spread, None) }
}

/// Whether the deciding values of both cover the same selected rows, and shares of the others that differ as little: where a value
/// that few others have covers all that is selected, what most of the others have as well covers it too, and says something else.
fn says_the_same(leader: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let (Some(one), Some(two)) = (leader.covers, other.covers) else { return false };
    let rest_share = |panel: &Panel| panel.deciding.and_then(|index| panel.bins.get(index)).map(|bin| bin.rest_share);
    let (Some(of_one), Some(of_two)) = (rest_share(&leader.panel), rest_share(&other.panel)) else { return false };
    if (of_one - of_two).abs() > 1.0 - SAME {
        return false;
    }
    let pairs = leader.column.sample.iter().zip(&other.column.sample);
    let (mut both, mut either) = (0_usize, 0_usize);
    for (left, right) in pairs {
        let (left, right) = (*left == one, *right == two);
        both += usize::from(left && right);
        either += usize::from(left || right);
    }
    either > 0 && both as f64 / either as f64 >= SAME
}

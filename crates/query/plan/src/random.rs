//! Random plans over the columns that rows have, the same for the same seed.

use crate::answer::GroupValue;
use crate::calculation::{Calculation, Op};
use crate::events::{EVENTS_MAX, EventsRequest};
use crate::expression::Expression;
use crate::fields::{self, CalculatedField};
use crate::filter::{Combination, Condition, FilterOp, Filters, Literal, Takes};
use crate::level::Level;
use crate::plan::{Column, Having, HavingOp, Order, OrderKey, Plan};
use crate::relation::Relation;
use crate::time::{Point, SECOND_NS, Step, TimeRange, Window, Written};
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use std::collections::{BTreeMap, BTreeSet};

/// SplitMix64: a small generator whose whole state is its seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.bits() % bound }
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items, if there are any.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }
}

/// What random questions are made of.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Column names, each with some of its values; a value never seen is among the literals now and then.
    pub columns: Vec<(String, Vec<Literal>)>,
    /// Columns of which some value is a number.
    pub numeric: Vec<String>,
    /// Dataset slugs.
    pub datasets: Vec<String>,
    /// From the first row to just after the last.
    pub window: Window,
}

impl Vocabulary {
    /// The columns of these rows, with at most 20 values each. `None` when there are no rows.
    pub fn of_rows(rows: &[ShownRow]) -> Option<Self> {
        let mut values: BTreeMap<&str, BTreeSet<GroupValue>> = BTreeMap::new();
        for (name, value) in rows.iter().flat_map(|row| &row.fields) {
            let seen = values.entry(name).or_default();
            if seen.len() < 20 {
                seen.insert(GroupValue::of(Some(value)));
            }
        }
        let is_number = |value: &GroupValue| matches!(value, GroupValue::Int(_) | GroupValue::Float(_));
        let numeric = values.iter().filter(|(_, values)| values.iter().any(is_number)).map(|(name, _)| (*name).to_owned()).collect();
        let columns =
            values.into_iter().map(|(name, values)| (name.to_owned(), values.into_iter().filter_map(literal_of).collect())).collect();
        let dataset = |row: &ShownRow| match row.get(names::META_DATASET) {
            Some(Value::Str(slug)) => Some(slug.clone()),
            _ => None,
        };
        let datasets: BTreeSet<String> = rows.iter().filter_map(dataset).collect();
        let start_ns = rows.iter().map(|row| row.time_ns).min()?;
        let end_ns = rows.iter().map(|row| row.time_ns).max()?.saturating_add(1);
        Some(Self { columns, numeric, datasets: datasets.into_iter().collect(), window: Window { start_ns, end_ns } })
    }
}

fn literal_of(value: GroupValue) -> Option<Literal> {
    match value {
        GroupValue::Bool(truth) => Some(Literal::Bool(truth)),
        GroupValue::Int(number) => Some(Literal::Int(number)),
        GroupValue::Float(number) => number.is_finite().then(|| Literal::number(number)),
        GroupValue::Str(text) | GroupValue::Json(text) => Some(Literal::Str(text)),
        GroupValue::Null => None,
    }
}

/// A random valid plan.
pub fn plan(random: &mut Random, vocabulary: &Vocabulary) -> Plan {
    let time = time(random, vocabulary.window);
    let (fields, vocabulary) = &with_fields(random, vocabulary);
    let mut plan = Plan { fields: fields.clone(), limit: 1 + random.below(1_000) as u32, ..Plan::count(time) };
    if random.chance(20) {
        plan.limit = 1 + random.below(5) as u32;
    }
    plan.datasets = datasets(random, vocabulary);
    plan.filters = filters(random, vocabulary);
    plan.calculations.clear();
    for _ in 0..1 + random.below(4) {
        push_once(&mut plan.calculations, calculation(random, vocabulary));
    }
    for _ in 0..random.below(3) {
        push_once(&mut plan.breakdowns, breakdown(random, vocabulary));
    }
    let (least, most) = Step::bounds(time.window);
    if random.chance(30) {
        plan.step = Step::Seconds(least.max(most / 50) + random.below(most - least.max(most / 50) + 1));
    }
    let orderable: Vec<usize> = (0..plan.calculations.len()).filter(|index| plan.calculations[*index].op.is_orderable()).collect();
    let keys: Vec<OrderKey> =
        orderable.iter().map(|index| OrderKey::Calculation(*index)).chain((0..plan.breakdowns.len()).map(OrderKey::Breakdown)).collect();
    for _ in 0..random.below(3) {
        let descending = random.chance(50);
        plan.orders.extend(random.pick(&keys).map(|key| Order { key: *key, descending }));
    }
    if let Some(index) = random.pick(&orderable).copied().filter(|_| random.chance(20)) {
        let op = *random.pick(&HavingOp::ALL).expect("there are operators");
        plan.havings.push(Having { calculation: index, op, value: random.below(200) as f64 });
    }
    plan
}

/// A random valid request for raw rows.
pub fn events(random: &mut Random, vocabulary: &Vocabulary) -> EventsRequest {
    let most = if random.chance(50) { 20 } else { EVENTS_MAX.into() };
    let (fields, vocabulary) = &with_fields(random, vocabulary);
    EventsRequest {
        fields: fields.clone(),
        datasets: datasets(random, vocabulary),
        filters: filters(random, vocabulary),
        limit: 1 + random.below(most) as u32,
        ..EventsRequest::all(time(random, vocabulary.window))
    }
}

fn time(random: &mut Random, window: Window) -> TimeRange {
    let length = window.length_ns().unsigned_abs();
    let cut = |share: u64| i64::try_from(share).unwrap_or(0);
    let (start, end) = if random.chance(50) { (0, 0) } else { (cut(random.below(length / 2 + 1)), cut(random.below(length / 2))) };
    let start_ns = window.start_ns + start;
    let start_ns = if random.chance(50) { start_ns } else { start_ns - start_ns.rem_euclid(SECOND_NS) };
    let end_ns = (window.end_ns - end).max(start_ns + 1);
    let written = Written::Between { start: Point::At(start_ns), end: Point::At(end_ns) };
    TimeRange { window: Window { start_ns, end_ns }, written }
}

fn datasets(random: &mut Random, vocabulary: &Vocabulary) -> Option<Vec<String>> {
    if !random.chance(20) {
        return None;
    }
    random.pick(&vocabulary.datasets).map(|slug| vec![slug.clone()])
}

/// Some calculated fields, and the vocabulary with these in it; mostly none.
fn with_fields(random: &mut Random, vocabulary: &Vocabulary) -> (Vec<CalculatedField>, Vocabulary) {
    let mut known = vocabulary.clone();
    let mut fields = Vec::new();
    if random.chance(60) {
        return (fields, known);
    }
    for index in 0..1 + random.below(3) {
        // Now and then a field takes a column's name, and reads that very column.
        let shadowed = random.pick(&vocabulary.columns).filter(|_| random.chance(20)).map(|(name, _)| name.clone());
        let name = shadowed.clone().unwrap_or_else(|| format!("field {index}"));
        let own = shadowed.map(|name| format!("={name}"));
        let expression = Expression::parse(&expression(random, &known, own.as_deref())).expect("templates are valid");
        fields.push(CalculatedField { name: name.clone(), expression });
        if fields::check(&fields).is_err() {
            fields.pop();
            continue;
        }
        let literals = [Literal::Bool(true), Literal::Int(7), Literal::Str("none".into()), Literal::number(2.5), Literal::Str("a".into())];
        // More than once, so that they are drawn often.
        known.columns.extend(vec![(name.clone(), literals.to_vec()); 4]);
        known.numeric.extend(vec![name; 2]);
    }
    (fields, known)
}

fn expression(random: &mut Random, vocabulary: &Vocabulary, own: Option<&str>) -> String {
    let written = |name: &str| format!("$\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let pick = |random: &mut Random| match own {
        Some(own) => written(own),
        None => random.pick(&vocabulary.columns).map_or_else(|| "$nothing".to_owned(), |(name, _)| written(name)),
    };
    let (a, b, n) = (pick(random), pick(random), random.pick(&vocabulary.numeric).filter(|_| own.is_none()).map(|name| written(name)));
    let n = n.unwrap_or_else(|| a.clone());
    let templates = [
        format!("{n} * 2 + 1"),
        format!("{n} / 7 - {a}"),
        format!("IF({a} > {b}, {a}, {n} < 100, \"small\", 7)"),
        format!("IF({a}, {b})"),
        format!("COALESCE({a}, {b}, \"none\")"),
        format!("CONCAT({a}, \"-\", {b})"),
        format!("{a} = {b} OR !EXISTS({n})"),
        format!("INT({n}) % 3"),
        format!("BUCKET({n}, 50, 0, 400)"),
        format!("REG_VALUE({a}, `[a-z]+`)"),
        format!("LENGTH({a}) + REG_COUNT({b}, `[0-9]`)"),
        format!("SWITCH({a}, \"/a\", 1, \"/b\", 2.5, {b})"),
        format!("MIN({a}, {b}, {n})"),
        "EVENT_TIMESTAMP() % 10".to_owned(),
        "INGEST_TIMESTAMP() - EVENT_TIMESTAMP()".to_owned(),
        format!("FORMAT_TIME(\"%H\", EVENT_TIMESTAMP()) = STRING({n})"),
    ];
    random.pick(&templates).cloned().unwrap_or_default()
}

/// Mostly a column of the event, else one of another span.
fn breakdown(random: &mut Random, vocabulary: &Vocabulary) -> Column {
    let column = column(random, vocabulary);
    let relation = random.pick(&Relation::ALL).copied().filter(|relation| *relation != Relation::None);
    match relation.filter(|_| random.chance(20)) {
        Some(relation) => Column::named(format!("{}.{column}", relation.name())),
        None => column,
    }
}

fn column(random: &mut Random, vocabulary: &Vocabulary) -> Column {
    let exact = random.chance(10);
    match random.pick(&vocabulary.columns) {
        Some((name, _)) if exact => Column::exact(name),
        Some((name, _)) if !random.chance(3) => of_level(random, name),
        _ => Column::named("no.such.column"),
    }
}

/// A column, now and then of one level alone.
fn of_level(random: &mut Random, name: &str) -> Column {
    let level = random.pick(&Level::ALL).copied().filter(|_| random.chance(12));
    Column::named(level.map_or_else(|| name.to_owned(), |level| format!("{}.{name}", level.name())))
}

fn calculation(random: &mut Random, vocabulary: &Vocabulary) -> Calculation {
    let op = *random.pick(&Op::ALL).expect("there are operators");
    let is_any = !op.is_numeric() || random.chance(10);
    let column = match random.pick(&vocabulary.numeric).cloned() {
        Some(name) if !is_any => of_level(random, &name),
        _ => column(random, vocabulary),
    };
    let is_bare = !op.takes_column() || (op == Op::Count && random.chance(70));
    Calculation { op, column: (!is_bare).then_some(column) }
}

fn filters(random: &mut Random, vocabulary: &Vocabulary) -> Filters {
    let combination = if random.chance(30) { Combination::Or } else { Combination::And };
    let related = combination == Combination::And && random.chance(25);
    let conditions = (0..random.below(4)).map(|_| condition(random, vocabulary, related)).collect();
    Filters::new(combination, conditions)
}

/// `related` says that it may be about another span.
fn condition(random: &mut Random, vocabulary: &Vocabulary, related: bool) -> Condition {
    let op = *random.pick(&FilterOp::ALL).expect("there are operators");
    let picked = random.pick(&vocabulary.columns).cloned();
    let (name, known) = picked.unwrap_or_else(|| ("no.such.column".to_owned(), Vec::new()));
    let count = match op.takes() {
        Takes::Nothing => 0,
        Takes::One => 1,
        Takes::List => 1 + random.below(4),
    };
    let values = (0..count).map(|_| literal(random, op, &known)).collect();
    let column = if random.chance(10) { Column::exact(name) } else { of_level(random, &name) };
    let relation = random.pick(&Relation::ALL).filter(|_| related && random.chance(70));
    let column = relation.map_or(column.clone(), |relation| Column::named(format!("{}.{column}", relation.name())));
    Condition { column, op, values }
}

/// Mostly a value that the column has, or for parts of text a piece of one; now and then one of another type.
fn literal(random: &mut Random, op: FilterOp, known: &[Literal]) -> Literal {
    let strange = [Literal::Int(1), Literal::number(0.5), Literal::Str("x".into()), Literal::Bool(true), Literal::Str("10".into())];
    let items = if random.chance(85) && !known.is_empty() { known } else { &strange };
    let literal = random.pick(items).cloned().unwrap_or(Literal::Int(0));
    let is_part = matches!(op.positive(), FilterOp::StartsWith | FilterOp::EndsWith | FilterOp::Contains);
    if !is_part {
        return literal;
    }
    let text: Vec<char> = crate::coerce::text_of_literal(&literal).chars().collect();
    let half = text.len().div_ceil(2);
    Literal::Str(if op.positive() == FilterOp::EndsWith { &text[text.len() - half..] } else { &text[..half] }.iter().collect())
}

fn push_once<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn every_construct_is_drawn() {
        let columns = [("route", Literal::Str("/a".into())), ("bytes", Literal::Int(5)), ("flag", Literal::Bool(true))];
        let vocabulary = Vocabulary {
            columns: columns.map(|(name, literal)| (name.to_owned(), vec![literal])).to_vec(),
            numeric: vec!["bytes".to_owned()],
            datasets: vec!["shop".to_owned()],
            window: Window { start_ns: 0, end_ns: 7_200 * SECOND_NS },
        };
        let (mut ops, mut filters, mut conditions_on, mut groups_of, mut fields_at) = (0, 0, 0, 0, [0; 4]);
        let drawn: Vec<Plan> = (0..2_000).map(|seed| plan(&mut Random::new(seed), &vocabulary)).collect();
        for plan in &drawn {
            assert_eq!(&text::parse(&text::to_text(plan), 0).unwrap(), plan);
            let is_field = |column: &Column| plan.field(column).is_some();
            fields_at[0] += usize::from(plan.breakdowns.iter().any(is_field));
            fields_at[1] += usize::from(plan.filters.conditions.iter().any(|condition| is_field(&condition.column)));
            fields_at[2] += usize::from(plan.calculations.iter().filter_map(|one| one.column.as_ref()).any(is_field));
            fields_at[3] += usize::from(plan.fields.iter().flat_map(CalculatedField::columns).any(is_field));
        }
        let has = |holds: &dyn Fn(&Plan) -> bool| usize::from(drawn.iter().any(holds));
        for op in Op::ALL {
            ops += has(&|plan| plan.calculations.iter().any(|calculation| calculation.op == op));
        }
        for op in FilterOp::ALL {
            filters += has(&|plan| plan.filters.conditions.iter().any(|condition| condition.op == op));
        }
        for relation in Relation::ALL {
            let is_one = |column: &Column| Relation::split(column).is_some_and(|(split, _)| split == relation);
            conditions_on += has(&|plan| plan.filters.conditions.iter().any(|condition| is_one(&condition.column)));
            groups_of += has(&|plan| plan.breakdowns.iter().any(is_one));
        }
        for level in Level::ALL {
            let is_one = |column: &Column| Level::split(column).is_some_and(|(split, _)| split == level);
            assert_eq!(has(&|plan| plan.filters.conditions.iter().any(|condition| is_one(&condition.column))), 1, "{level:?}");
            assert_eq!(has(&|plan| plan.breakdowns.iter().any(is_one)), 1, "{level:?}");
            assert_eq!(has(&|plan| plan.calculations.iter().filter_map(|one| one.column.as_ref()).any(is_one)), 1, "{level:?}");
        }
        assert_eq!((ops, filters, conditions_on, groups_of), (Op::ALL.len(), FilterOp::ALL.len(), 7, 6));
        assert!(fields_at.iter().all(|count| *count > 20), "{fields_at:?}");
    }
}

//! Text to plan.

mod condition;
mod group;

use condition::conditions;
use group::{Named, havings, order_key, orders};

use super::TEXT_MAX;
use super::scan::{Raw, Scanner};
use super::value::{duration_seconds, point};
use crate::answer::Wants;
use crate::calculation::{Calculation, Op};
use crate::error::{Place, Problem, QueryError};
use crate::events::{EVENTS_DEFAULT, EVENTS_MAX, EventsRequest};
use crate::expression;
use crate::fields::{self, CalculatedField};
use crate::filter::Filters;
use crate::plan::{Column, Having, HavingOp, LIMIT_DEFAULT_TEXT, LIST_MAX, Order, OrderKey, Plan, limit_words};
use crate::relation;
use crate::spec;
use crate::time::{Point, RANGE_DEFAULT_SECONDS, Step, TimeRange, Written};
use glasshive_model::id::dataset_slug;

/// Reads a query, relative times being resolved at `now_ns`.
///
/// # Errors
/// [`Problem::Malformed`] with the character at which the text could not be read on; [`Problem::Unanswerable`] when the time
/// range is empty.
pub fn parse(text: &str, now_ns: i64) -> Result<Plan, QueryError> {
    parse_for(text, Wants::default(), now_ns)
}

/// [`parse`] for an answer that holds what is wanted: without series it may have more groups.
///
/// # Errors
/// As [`parse`].
pub fn parse_for(text: &str, wants: Wants, now_ns: i64) -> Result<Plan, QueryError> {
    let mut scanner = start(text)?;
    let fields = with(&mut scanner)?;
    scanner.clause = "calculations";
    let mut calculations = Vec::new();
    if !scanner.at_end() && !at_clause(&mut scanner) {
        list(&mut scanner, &mut calculations, calculation)?;
    }
    if calculations.is_empty() {
        calculations.push(Calculation::COUNT);
    }
    let clauses = Clauses::read(&mut scanner, true)?;
    let mut plan = Plan {
        fields,
        datasets: clauses.datasets,
        time: resolve(&scanner, clauses.time, now_ns)?,
        step: clauses.step.map_or(Step::Auto, |(_, step)| step),
        calculations,
        filters: clauses.filters,
        breakdowns: clauses.breakdowns,
        orders: Vec::new(),
        havings: Vec::new(),
        limit: limit(&scanner, clauses.limit, wants.limit_max())?.unwrap_or(LIMIT_DEFAULT_TEXT),
    };
    for (key, at, descending) in clauses.orders {
        let key = order_key(&key, &plan).map_err(|message| scanner.error_in("ORDER BY", at, message))?;
        plan.orders.push(Order { key, descending });
    }
    for (calculation, at, op, value) in clauses.havings {
        let calculation = match order_key(&calculation, &plan) {
            Ok(OrderKey::Calculation(index)) => index,
            Ok(OrderKey::Breakdown(_)) => return Err(scanner.error_in("HAVING", at, "HAVING compares a calculation of the query")),
            Err(message) => return Err(scanner.error_in("HAVING", at, message)),
        };
        plan.havings.push(Having { calculation, op, value });
    }
    if let Some((at, _)) = clauses.step.filter(|(_, step)| !step.fits(plan.time.window)) {
        let (least, most) = Step::bounds(plan.time.window);
        return Err(scanner.error_in("STEP", at, format!("STEP must be from {least} to {most} seconds for this time range")));
    }
    Ok(plan)
}

/// Reads a request for raw rows: `WITH`, `[column {"," column}]` and the clauses `WHERE`, `IN`, `LIMIT` (to 10,000), and time.
///
/// # Errors
/// As [`parse`].
pub fn parse_events(text: &str, now_ns: i64) -> Result<EventsRequest, QueryError> {
    let mut scanner = start(text)?;
    let fields = with(&mut scanner)?;
    scanner.clause = "columns";
    let mut columns = Vec::new();
    if !scanner.at_end() && !at_clause(&mut scanner) {
        list(&mut scanner, &mut columns, column)?;
    }
    let clauses = Clauses::read(&mut scanner, false)?;
    Ok(EventsRequest {
        fields,
        datasets: clauses.datasets,
        time: resolve(&scanner, clauses.time, now_ns)?,
        filters: clauses.filters,
        columns,
        limit: limit(&scanner, clauses.limit, EVENTS_MAX)?.unwrap_or(EVENTS_DEFAULT),
        after: None,
    })
}

/// Reads conditions alone, with or without the word `WHERE`; nothing lets all events pass.
///
/// # Errors
/// As [`parse`].
pub fn parse_filters(text: &str) -> Result<Filters, QueryError> {
    let mut scanner = start(text)?;
    scanner.clause = "WHERE";
    if !scanner.keyword("WHERE") && scanner.at_end() {
        return Ok(Filters::default());
    }
    let filters = conditions(&mut scanner)?;
    if scanner.at_end() { Ok(filters) } else { Err(scanner.error("expected AND, OR or the end")) }
}

/// Reads where to look alone: the clause `IN` and a time. Gives the time and the slugs of the datasets, `None` being all.
///
/// # Errors
/// As [`parse`]; also when anything else is there, which would be left aside.
pub fn parse_range(text: &str, now_ns: i64) -> Result<(TimeRange, Option<Vec<String>>), QueryError> {
    let more = || QueryError::whole(Problem::Malformed, "a range names datasets (IN) and a time (LAST, FROM or SINCE), and nothing else");
    let mut scanner = start(text)?;
    if !scanner.at_end() && !at_clause(&mut scanner) {
        return Err(more());
    }
    let clauses = Clauses::read(&mut scanner, false)?;
    if clauses.limit.is_some() || !clauses.filters.conditions.is_empty() {
        return Err(more());
    }
    Ok((resolve(&scanner, clauses.time, now_ns)?, clauses.datasets))
}

fn start(text: &str) -> Result<Scanner, QueryError> {
    if text.len() > TEXT_MAX {
        return Err(QueryError::whole(Problem::Malformed, format!("a query may have at most {TEXT_MAX} bytes")));
    }
    Ok(Scanner::new(text))
}

/// The calculated fields, if the text begins with them.
fn with(scanner: &mut Scanner) -> Result<Vec<CalculatedField>, QueryError> {
    let mut fields = Vec::new();
    let mut places = Vec::new();
    scanner.clause = "WITH";
    if !scanner.keyword("WITH") {
        return Ok(fields);
    }
    loop {
        let at = scanner.at();
        let name = scanner.name("the name of a calculated field")?;
        if !scanner.take('=') {
            return Err(scanner.error(format!("expected \"=\" and an expression after {name}")));
        }
        let read = expression::parse_at(scanner.characters(), scanner.at());
        let (expression, end) = read.map_err(|error| QueryError {
            problem: Problem::Malformed,
            place: Place::Character { clause: "WITH", position: error.position },
            message: error.message,
        })?;
        scanner.go_to(end);
        fields.push(CalculatedField { name, expression });
        places.push(at);
        fields::check_patterns(&fields).map_err(|message| scanner.error_at(at, message))?;
        if fields.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.take(',') || !at_field(scanner) {
            break;
        }
    }
    fields::check(&fields).map_err(|(index, message)| scanner.error_at(places[index], message))?;
    Ok(fields)
}

/// Whether `name =` comes next; after a comma, all else is what is asked for.
fn at_field(scanner: &mut Scanner) -> bool {
    let before = scanner.at();
    let is_field = scanner.name("").is_ok() && scanner.peek() == Some('=');
    scanner.go_to(before);
    is_field
}

fn resolve(scanner: &Scanner, time: Option<(usize, &'static str, Written)>, now_ns: i64) -> Result<TimeRange, QueryError> {
    let Some((at, clause, written)) = time else { return TimeRange::last(RANGE_DEFAULT_SECONDS, now_ns) };
    TimeRange::resolve(written, now_ns)
        .map_err(|error| QueryError { problem: error.problem, ..scanner.error_in(clause, at, error.message) })
}

fn limit(scanner: &Scanner, limit: Option<(usize, u64)>, most: u32) -> Result<Option<u32>, QueryError> {
    let Some((at, limit)) = limit else { return Ok(None) };
    let limit = u32::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
    limit.map(Some).ok_or_else(|| scanner.error_in("LIMIT", at, format!("LIMIT must be {}", limit_words(most))))
}

/// What the clauses of one query say, references to calculations and breakdowns unresolved.
#[derive(Default)]
struct Clauses {
    filters: Filters,
    breakdowns: Vec<Column>,
    orders: Vec<(Named, usize, bool)>,
    havings: Vec<(Named, usize, HavingOp, f64)>,
    limit: Option<(usize, u64)>,
    step: Option<(usize, Step)>,
    datasets: Option<Vec<String>>,
    /// Where the time range stands, in which clause, and what it is.
    time: Option<(usize, &'static str, Written)>,
}

/// The clauses, and whether a request for raw rows has them.
const CLAUSES: [(&str, bool); 10] = [
    ("WHERE", true),
    ("GROUP BY", false),
    ("HAVING", false),
    ("ORDER BY", false),
    ("LIMIT", true),
    ("STEP", false),
    ("IN", true),
    ("LAST", true),
    ("FROM", true),
    ("SINCE", true),
];

fn at_clause(scanner: &mut Scanner) -> bool {
    let word = scanner.peek_word();
    CLAUSES.iter().any(|(clause, _)| clause.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(&word)))
}

impl Clauses {
    fn read(scanner: &mut Scanner, is_query: bool) -> Result<Self, QueryError> {
        let mut clauses = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        while !scanner.at_end() {
            let at = scanner.at();
            let found = CLAUSES.iter().find(|(clause, events)| (is_query || *events) && scanner.keyword(clause));
            let Some((clause, _)) = found else {
                let more = (scanner.clause == "WHERE").then(|| condition::more_of_value(scanner, &clauses.filters.conditions)).flatten();
                return Err(scanner.error(more.unwrap_or_else(|| expected_next(scanner.clause, is_query))));
            };
            let slot = if matches!(*clause, "LAST" | "FROM" | "SINCE") { "the time range" } else { clause };
            if seen.contains(&slot) {
                return Err(scanner.error_in(clause, at, format!("{slot} is given twice")));
            }
            seen.push(slot);
            scanner.clause = clause;
            clauses.read_one(scanner, clause)?;
        }
        Ok(clauses)
    }

    fn read_one(&mut self, scanner: &mut Scanner, clause: &'static str) -> Result<(), QueryError> {
        let at = scanner.at();
        match clause {
            "WHERE" => self.filters = conditions(scanner)?,
            "GROUP BY" => list(scanner, &mut self.breakdowns, breakdown)?,
            "HAVING" => self.havings = havings(scanner)?,
            "ORDER BY" => self.orders = orders(scanner)?,
            "LIMIT" => self.limit = Some((at, whole_number(scanner)?)),
            "STEP" => self.step = Some((at, step(scanner)?)),
            "IN" => {
                let mut slugs = Vec::new();
                list(scanner, &mut slugs, dataset)?;
                self.datasets = Some(slugs);
            }
            "LAST" => self.time = Some((at, clause, Written::Last { seconds: seconds(scanner)? })),
            "SINCE" => self.time = Some((at, clause, Written::Since { start: time_point(scanner)? })),
            _ => {
                let start = time_point(scanner)?;
                if !scanner.keyword("TO") {
                    return Err(scanner.error("expected TO and the end of the time range"));
                }
                self.time = Some((at, clause, Written::Between { start, end: time_point(scanner)? }));
            }
        }
        Ok(())
    }
}

fn expected_next(clause: &str, is_query: bool) -> String {
    let clauses = CLAUSES.iter().filter(|(_, events)| is_query || *events).map(|(clause, _)| *clause).collect::<Vec<_>>().join(", ");
    match clause {
        "WHERE" => format!("expected AND, OR or one of {clauses}"),
        "LAST" | "FROM" | "SINCE" | "LIMIT" | "STEP" => format!("expected one of {clauses}"),
        _ => format!("expected a comma or one of {clauses}"),
    }
}

/// Reads items with commas between; an item that is there already is left out.
fn list<T: PartialEq>(
    scanner: &mut Scanner,
    items: &mut Vec<T>,
    mut read: impl FnMut(&mut Scanner) -> Result<T, QueryError>,
) -> Result<(), QueryError> {
    loop {
        let at = scanner.at();
        let item = read(scanner)?;
        if !items.contains(&item) {
            items.push(item);
        }
        if items.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.take(',') {
            return Ok(());
        }
    }
}

fn column(scanner: &mut Scanner) -> Result<Column, QueryError> {
    if scanner.take('=') {
        return Ok(Column::exact(scanner.name("a column")?));
    }
    Ok(Column::named(scanner.name("a column")?))
}

fn breakdown(scanner: &mut Scanner) -> Result<Column, QueryError> {
    let at = scanner.at();
    let column = column(scanner)?;
    relation::check_breakdown(&column).map_err(|message| scanner.error_at(at, message))?;
    Ok(column)
}

fn dataset(scanner: &mut Scanner) -> Result<String, QueryError> {
    let at = scanner.at();
    let name = match scanner.peek() {
        Some('"' | '\'') => match scanner.value("a dataset")? {
            Raw::Bare(name) | Raw::Quoted(name) => name,
        },
        _ => scanner.name("a dataset")?,
    };
    let slug = dataset_slug(&name);
    if slug.is_empty() { Err(scanner.error_at(at, "a name cannot be empty")) } else { Ok(slug) }
}

fn calculation(scanner: &mut Scanner) -> Result<Calculation, QueryError> {
    let at = scanner.at();
    let name = scanner.name("a calculation")?;
    let op = Op::from_name(&name).ok_or_else(|| scanner.error_at(at, spec::unknown_calculation(&name)))?;
    let column = in_parentheses(scanner)?;
    if op.needs_column() && column.is_none() {
        return Err(scanner.error_at(at, format!("{op} requires a column")));
    }
    if !op.takes_column() && column.is_some() {
        return Err(scanner.error_at(at, format!("{op} should not have an accompanying column")));
    }
    Ok(Calculation { op, column })
}

fn in_parentheses(scanner: &mut Scanner) -> Result<Option<Column>, QueryError> {
    if !scanner.take('(') {
        return Ok(None);
    }
    let column = column(scanner)?;
    if scanner.take(')') { Ok(Some(column)) } else { Err(scanner.error("expected \")\"")) }
}

fn whole_number(scanner: &mut Scanner) -> Result<u64, QueryError> {
    let at = scanner.at();
    let word = scanner.peek_word();
    scanner.skip_word(&word);
    word.parse().map_err(|_| scanner.error_at(at, "expected a whole number"))
}

fn step(scanner: &mut Scanner) -> Result<Step, QueryError> {
    if scanner.keyword("AUTO") { Ok(Step::Auto) } else { seconds(scanner).map(Step::Seconds) }
}

fn seconds(scanner: &mut Scanner) -> Result<u64, QueryError> {
    let at = scanner.at();
    let expected = "a duration of whole seconds, such as 30s, 15m or 2h";
    let Raw::Bare(word) = scanner.value(expected)? else { return Err(scanner.error_at(at, format!("expected {expected}"))) };
    duration_seconds(&word).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}

fn time_point(scanner: &mut Scanner) -> Result<Point, QueryError> {
    let at = scanner.at();
    let expected = "a point in time, such as 2026-01-02T15:04:05Z, 1767366245, -2h or now";
    let text = match scanner.value(expected)? {
        Raw::Bare(text) | Raw::Quoted(text) => text,
    };
    point(&text).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}

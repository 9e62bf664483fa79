//! Arbitrary valid plans and requests, for property tests: odd names, odd text, every operator.

use crate::*;
use glasshive_model::id::dataset_slug;
use proptest::prelude::*;

/// The time at which everything arbitrary was written.
pub const NOW_NS: i64 = 1_767_225_600_123_456_789;

fn text() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "http.route",
        "where",
        "IN",
        "last",
        "true",
        "false",
        "500",
        "007",
        "1.50",
        "1.5",
        "-0",
        "1e5",
        "inf",
        "250ms",
        "2h",
        "",
        " ",
        "a b",
        "it's",
        "\"",
        "\\",
        "`",
        "a`b",
        "=x",
        "<",
        "?x",
        "/api/{id}?q=1",
        "(",
        ",",
        "\n\t\r",
        "\u{7}",
        "é µs",
        "COUNT",
        "p99",
        "asc",
        "auto",
        "12345678901234567890",
        "9007199254740993",
    ];
    prop_oneof![prop::sample::select(words.map(str::to_owned).to_vec()), any::<String>()]
}

fn column() -> impl Strategy<Value = Column> {
    let name = prop_oneof![
        text(),
        Just("duration_ms".to_owned()),
        Just("wait_s".to_owned()),
        Just("x.duration".to_owned()),
        Just("root.name".to_owned()),
        Just("any2.a".to_owned())
    ];
    (name.prop_filter("a column needs a name", |name| !name.is_empty()), any::<bool>())
        .prop_map(|(name, exact)| if exact { Column::exact(name) } else { Column::named(name) })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(Literal::Str),
        any::<i64>().prop_map(Literal::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Literal::number),
        (-1e4..1e4f64).prop_map(Literal::number),
        any::<bool>().prop_map(Literal::Bool),
    ]
}

pub fn filters() -> impl Strategy<Value = Filters> {
    let condition = (column(), prop::sample::select(FilterOp::ALL.to_vec()), prop::collection::vec(literal(), 1..4));
    let condition = condition.prop_map(|(column, op, mut values)| {
        values.truncate(match op.takes() {
            filter::Takes::Nothing => 0,
            filter::Takes::One => 1,
            filter::Takes::List => 3,
        });
        Condition { column, op, values }
    });
    (prop::collection::vec(condition, 0..4), any::<bool>()).prop_map(|(mut conditions, or)| {
        let combination = if or { Combination::Or } else { Combination::And };
        if or {
            conditions.retain(|condition| Relation::split(&condition.column).is_none());
        }
        Filters::new(combination, conditions)
    })
}

/// Expressions that are read from text: every operator and a good part of the functions, with odd columns and literals.
pub fn expression() -> impl Strategy<Value = Expression> {
    let literals = ["1", "-2", "2.5", "1e30", "true", "null", "\"\"", "\"a\\n\\\"b\"", "`raw`", "-9223372036854775808"];
    let columns = column().prop_map(|column| format!("$\"{}\"", escaped(&column.to_string())));
    let leaf = prop_oneof![
        prop::sample::select(literals.to_vec()).prop_map(str::to_owned),
        columns,
        Just("$a.b".to_owned()),
        Just("EVENT_TIMESTAMP()".to_owned())
    ];
    let text = leaf.prop_recursive(4, 24, 4, |inner| {
        let infix = ["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "AND", "OR", "and"];
        let calls = ["IF", "COALESCE", "MIN", "SUM", "MUL", "AND", "OR", "CONCAT"];
        prop_oneof![
            (inner.clone(), prop::sample::select(infix.to_vec()), inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            inner.clone().prop_map(|inner| format!("REG_VALUE({inner}, `(a+)`)")),
            inner.clone().prop_map(|inner| format!("SWITCH({inner}, \"x\", {inner}, {inner})")),
            (prop::sample::select(calls.to_vec()), inner.clone(), inner).prop_map(|(name, left, right)| format!("{name}({left}, {right})")),
        ]
    });
    text.prop_filter_map("too long or too deep", |text| Expression::parse(&text).ok())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn fields() -> impl Strategy<Value = Vec<CalculatedField>> {
    let name = text().prop_filter("a name", |name| !name.is_empty() && !name.starts_with('='));
    let field = (name, expression()).prop_map(|(name, expression)| CalculatedField { name, expression });
    prop::collection::vec(field, 0..3).prop_map(|mut fields| {
        while fields::check(&fields).is_err() {
            fields.pop();
        }
        fields
    })
}

fn point() -> impl Strategy<Value = Point> {
    prop_oneof![
        (0..2_000_000_000i64).prop_map(|s| Point::At(s * 1_000_000_000)),
        any::<i64>().prop_map(Point::At),
        (0..100_000u64).prop_map(Point::Ago)
    ]
}

fn time() -> impl Strategy<Value = TimeRange> {
    let written = prop_oneof![
        (1..1_000_000u64).prop_map(|seconds| Written::Last { seconds }),
        (point(), point()).prop_map(|(start, end)| Written::Between { start, end }),
        point().prop_map(|start| Written::Since { start }),
    ];
    written.prop_filter_map("an empty window", |written| TimeRange::resolve(written, NOW_NS).ok())
}

fn datasets() -> impl Strategy<Value = Option<Vec<String>>> {
    let slug = text().prop_map(|name| dataset_slug(&name)).prop_filter("a dataset needs a name", |slug| !slug.is_empty());
    prop::option::of(prop::collection::vec(slug, 1..3).prop_map(unique))
}

fn unique<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let calculation = (prop::sample::select(Op::ALL.to_vec()), prop::option::of(column()), column()).prop_map(|(op, optional, column)| {
        Calculation { op, column: if op.needs_column() { Some(column) } else { optional.filter(|_| op.takes_column()) } }
    });
    let head =
        (prop::collection::vec(calculation, 1..4).prop_map(unique), prop::collection::vec(column(), 0..3).prop_map(unique), filters());
    let tail = (fields(), datasets(), time(), prop::option::of(0.0..1.0f64), 1..=1_000u32);
    let keys = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..3);
    let havings = prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(HavingOp::ALL.to_vec()), -1e6..1e6f64), 0..3);
    (head, tail, keys, havings).prop_map(|((calculations, breakdowns, filters), (fields, datasets, time, step, limit), keys, havings)| {
        let orderable: Vec<usize> = (0..calculations.len()).filter(|index| calculations[*index].op.is_orderable()).collect();
        let all_keys: Vec<OrderKey> =
            orderable.iter().map(|index| OrderKey::Calculation(*index)).chain((0..breakdowns.len()).map(OrderKey::Breakdown)).collect();
        let orders = keys
            .iter()
            .filter(|_| !all_keys.is_empty())
            .map(|(index, descending)| Order { key: *index.get(&all_keys), descending: *descending });
        let havings = havings.iter().filter(|_| !orderable.is_empty()).map(|(index, op, value)| Having {
            calculation: *index.get(&orderable),
            op: *op,
            value: *value,
        });
        let (least, most) = Step::bounds(time.window);
        let step = step.map_or(Step::Auto, |share| Step::Seconds(least + ((most - least) as f64 * share) as u64));
        Plan {
            fields,
            orders: orders.collect(),
            havings: havings.collect(),
            datasets,
            time,
            step,
            calculations,
            filters,
            breakdowns,
            limit,
        }
    })
}

pub fn events() -> impl Strategy<Value = EventsRequest> {
    (fields(), datasets(), time(), filters(), prop::collection::vec(column(), 0..3).prop_map(unique), 1..=10_000u32).prop_map(
        |(fields, datasets, time, filters, columns, limit)| EventsRequest { fields, datasets, time, filters, columns, limit, after: None },
    )
}

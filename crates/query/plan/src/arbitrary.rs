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
    let name = prop_oneof![text(), Just("duration_ms".to_owned()), Just("wait_s".to_owned()), Just("x.duration".to_owned())];
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
    (prop::collection::vec(condition, 0..4), any::<bool>())
        .prop_map(|(conditions, or)| Filters::new(if or { Combination::Or } else { Combination::And }, conditions))
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
    let calculation = (prop::sample::select(Op::ALL.to_vec()), prop::option::of(column()), column())
        .prop_map(|(op, optional, column)| Calculation { op, column: if op.needs_column() { Some(column) } else { optional } });
    let head =
        (prop::collection::vec(calculation, 1..4).prop_map(unique), prop::collection::vec(column(), 0..3).prop_map(unique), filters());
    let tail = (datasets(), time(), prop::option::of(0.0..1.0f64), 1..=1_000u32);
    let keys = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..3);
    let havings = prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(HavingOp::ALL.to_vec()), -1e6..1e6f64), 0..3);
    (head, tail, keys, havings).prop_map(|((calculations, breakdowns, filters), (datasets, time, step, limit), keys, havings)| {
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
        Plan { orders: orders.collect(), havings: havings.collect(), datasets, time, step, calculations, filters, breakdowns, limit }
    })
}

pub fn events() -> impl Strategy<Value = EventsRequest> {
    (datasets(), time(), filters(), prop::collection::vec(column(), 0..3).prop_map(unique), 1..=10_000u32)
        .prop_map(|(datasets, time, filters, columns, limit)| EventsRequest { datasets, time, filters, columns, limit, after: None })
}

//! Every filter operator on every sort of column, with literals of every type: as the reference says, live and in files.

use crate::fixture::{Event, Hive, SECOND_NS, plan};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::filter::Takes;
use glasshive_query_plan::{Column, Condition, FilterOp, Literal, Wants, reference, text};
use serde_json::json;

const COLUMNS: [&str; 17] = [
    "text",
    "int",
    "float",
    "truth",
    "list",
    "conflict",
    "empty",
    "trace.trace_id",
    "trace.span_id",
    "span.kind",
    "status_code",
    "duration_ms",
    "is_root",
    "meta.annotation_type",
    "name",
    "http.status_code",
    "nowhere",
];

fn events() -> Vec<Event> {
    let texts = [json!("abc"), json!("abd"), json!(""), json!("10"), json!("true"), json!(null)];
    let conflicts = [json!(10), json!("10"), json!(10.0), json!(true), json!("abc"), json!([10]), json!(null)];
    (0..60)
        .map(|index: i64| {
            let mut fields = json!({});
            let mut set = |every: i64, name: &str, value: serde_json::Value| {
                if index % every != 0 {
                    fields[name] = value;
                }
            };
            set(5, "text", texts[index as usize % texts.len()].clone());
            set(4, "int", json!(index - 20));
            set(3, "float", json!((index - 30) as f64 / 2.0));
            set(6, "truth", json!(index % 2 == 0));
            set(7, "list", json!([index % 3]));
            set(8, "conflict", conflicts[index as usize % conflicts.len()].clone());
            set(9, "empty", json!(null));
            set(2, "http.status_code", json!(200 + index % 3));
            set(3, "http.response.status_code", json!((200 + index % 4).to_string()));
            set(11, "name", json!(index));
            json!({
                "t": index * SECOND_NS,
                "f": fields,
                "trace": format!("{:032x}", 10 + index % 3),
                "span": format!("{:016x}", 10 + index),
                "kind": index % 7,
                "status": index % 3,
                "duration": index * 500_000,
                "annotation": index % 3,
                "name": "abc",
            })
        })
        .collect()
}

fn literals() -> Vec<Literal> {
    let texts = ["abc", "", "10", "true", "server", "[1]", "0000000000000000000000000000000A", "000000000000000b"];
    let mut literals: Vec<Literal> = texts.into_iter().map(Literal::from).collect();
    literals.extend([
        Literal::Int(10),
        Literal::Int(0),
        Literal::Int(200),
        Literal::Int(-5),
        Literal::Float(1.5),
        Literal::Bool(true),
        Literal::Bool(false),
    ]);
    literals
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_by_columns_by_literals() {
    let mut hive = Hive::new().await;
    let events = events();
    hive.send(&events[..30]).await;
    hive.send(&events[30..]).await;
    check(&hive, "live").await;
    hive.flush().await;
    check(&hive, "flushed").await;
    hive.close().await;
}

async fn check(hive: &Hive, state: &str) {
    let literals = literals();
    let mut cases = 0;
    for column in COLUMNS {
        for op in FilterOp::ALL {
            let lists: Vec<Vec<Literal>> = match op.takes() {
                Takes::Nothing => vec![Vec::new()],
                Takes::One => literals.iter().map(|literal| vec![literal.clone()]).collect(),
                Takes::List => vec![literals.clone(), literals[..1].to_vec(), literals[8..10].to_vec(), literals[10..].to_vec()],
            };
            for values in lists {
                let mut plan = plan("COUNT");
                plan.filters.conditions = vec![Condition { column: Column::named(column), op, values }];
                let expected = reference::evaluate(&plan, &hive.rows, Wants::TABLE);
                let actual = hive.answer(&plan, Wants::TABLE).await;
                let found = differences(&plan, &expected, &actual, Tolerance::default());
                assert!(found.is_empty(), "{state}: {}\n{}", text::to_text(&plan), found.join("\n"));
                cases += 1;
            }
        }
    }
    assert!(cases > 3_000, "{cases}");
}

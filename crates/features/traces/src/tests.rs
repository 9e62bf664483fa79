use super::*;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use proptest::prelude::*;

struct Row(ShownRow);

impl Row {
    fn at(seq: i64, time_ns: i64) -> Self {
        let fields = vec![(names::TRACE_ID.to_owned(), Value::Str("5759e988bd862e3fe1be46a994272793".into()))];
        Row(ShownRow { time_ns, seq, fields, resource_keys: Vec::new(), scope_keys: Vec::new() })
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.0.fields.retain(|(field, _)| field != name);
        self.0.fields.push((name.to_owned(), value));
        self.0.fields.sort_by(|left, right| left.0.cmp(&right.0));
        self
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.with(name, Value::Str(text.to_owned()))
    }

    fn span(seq: i64, id: u64, parent: Option<u64>, start_ns: i64, duration_ns: i64) -> Self {
        let row = Row::at(seq, start_ns)
            .text(names::SPAN_ID, &format!("{id:016x}"))
            .text(names::NAME, &format!("span {id:x}"))
            .text(names::SERVICE_NAME, if id.is_multiple_of(2) { "backend" } else { "db" })
            .with(names::DURATION_MS, Value::Float(duration_ns as f64 / 1e6));
        match parent {
            Some(parent) => row.text(names::PARENT_ID, &format!("{parent:016x}")),
            None => row,
        }
    }

    fn event(seq: i64, parent: u64, time_ns: i64, name: &str) -> Self {
        Row::at(seq, time_ns)
            .text(names::PARENT_ID, &format!("{parent:016x}"))
            .text(names::META_ANNOTATION_TYPE, "span_event")
            .text(names::META_SIGNAL_TYPE, "trace")
            .text(names::NAME, name)
    }

    /// A log record within a span.
    fn log(seq: i64, parent: u64, time_ns: i64) -> Self {
        Row::at(seq, time_ns).text(names::PARENT_ID, &format!("{parent:016x}")).text(names::META_SIGNAL_TYPE, "log")
    }
}

fn tree(rows: Vec<Row>) -> Trace {
    build(&rows.into_iter().map(|row| row.0).collect::<Vec<_>>())
}

/// One line per node: indent, id or placeholder, marks.
fn drawing(trace: &Trace) -> String {
    let line = |node: &Node| {
        let indent = "  ".repeat(node.depth);
        let id = node.span_id.to_string();
        let id = id.trim_start_matches('0');
        let missing = if node.kind == NodeKind::MissingParent { "?" } else { "" };
        let problem = match node.problem {
            Some(Problem::Cycle) => " cycle",
            Some(Problem::DuplicateId) => " duplicate",
            None => "",
        };
        let annotations: String = node.annotations.iter().map(|annotation| format!(" [{}]", trace.text(annotation.name))).collect();
        let copies = if node.copies > 0 { format!(" x{}", node.copies + 1) } else { String::new() };
        format!("{indent}{missing}{id}{problem}{copies}{annotations}\n")
    };
    trace.nodes.iter().map(line).collect()
}

#[test]
fn siblings_stand_by_start_then_longer_first() {
    let trace = tree(vec![
        Row::span(5, 0xd, Some(0xb), 30, 10),
        Row::span(4, 0xc, Some(0xa), 20, 10),
        Row::span(3, 0xe, Some(0xa), 20, 40),
        Row::span(2, 0xb, Some(0xa), 10, 50),
        Row::span(1, 0xa, None, 0, 100),
    ]);
    assert_eq!(drawing(&trace), "a\n  b\n    d\n  e\n  c\n");
    assert_eq!((trace.start_ns, trace.duration_ns, trace.span_count), (0, 100, 5));
    assert!(!trace.missing_root);
    let root = &trace.nodes[0];
    assert_eq!((root.child_count, root.descendant_count), (3, 4));
    assert_eq!(root.self_ns, 100 - 50, "children cover 10..60");
    assert_eq!(trace.nodes[1].self_ns, 40);
}

#[test]
fn annotations_hang_on_their_span_in_time_order() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 100, 100),
        Row::event(2, 0xa, 180, "late"),
        Row::event(3, 0xa, 120, "second").with(names::META_ANNOTATION_INDEX, Value::Int(1)),
        Row::event(4, 0xa, 120, "first").with(names::META_ANNOTATION_INDEX, Value::Int(0)),
        Row::event(5, 0xa, 130, "line").text(names::META_SIGNAL_TYPE, "log").with(names::SEVERITY_CODE, Value::Int(17)),
        Row::at(6, 90).text(names::BODY, "no span").text(names::META_SIGNAL_TYPE, "log"),
    ]);
    assert_eq!(drawing(&trace), "a [first] [second] [line] [late]\n");
    let line = &trace.nodes[0].annotations[2];
    assert_eq!((line.kind, line.is_error, line.offset_ns), (AnnotationKind::Log, true, 30));
    assert_eq!(trace.unattached.len(), 1);
    assert_eq!((trace.text(trace.unattached[0].name), trace.unattached[0].offset_ns), ("no span", -10));
}

#[test]
fn exceptions_are_errors_as_span_events_and_as_log_records() {
    let exception = |row: Row| row.text(names::EXCEPTION_TYPE, "KeyError").text(names::EXCEPTION_MESSAGE, "'cart'");
    let logged = |seq: i64| Row::log(seq, 0xa, seq).with(names::SEVERITY_CODE, Value::Int(13));
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100).text(names::EXCEPTION_TYPE, "KeyError"),
        exception(Row::event(2, 0xa, 2, "exception")),
        exception(logged(3)).text(names::EVENT_NAME, "exception"),
        exception(logged(4)),
        exception(logged(5)).text(names::EVENT_NAME, "db.client.exception"),
        exception(logged(6)).text(names::EVENT_NAME, "exception").text(names::BODY, "no such key"),
        logged(7).text(names::EVENT_NAME, "exception"),
        logged(8).text(names::EVENT_NAME, "checkout"),
        logged(9).text(names::EXCEPTION_TYPE, ""),
        logged(10).with(names::EXCEPTION_TYPE, Value::Null).text(names::BODY, "retried"),
    ]);
    let told: Vec<(&str, bool)> = trace.nodes[0].annotations.iter().map(|one| (trace.text(one.name), one.is_error)).collect();
    assert_eq!(
        told,
        [
            ("exception", true),
            ("exception", true),
            ("KeyError", true),
            ("db.client.exception", true),
            ("no such key", true),
            ("exception", true),
            ("checkout", false),
            ("", false),
            ("retried", false),
        ]
    );
    let mut span = Row::span(1, 0xa, None, 0, 100).text(names::EXCEPTION_TYPE, "KeyError");
    span.0.fields.retain(|(name, _)| name != names::NAME);
    let nameless = tree(vec![span]);
    assert_eq!((nameless.text(nameless.nodes[0].name), nameless.error_count), ("", 0), "a span is called what its sender called it");
}

#[test]
fn missing_parents_get_a_line_and_missing_roots_a_mark() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100),
        Row::span(2, 0xb, Some(0x99), 20, 5),
        Row::span(3, 0xc, Some(0x99), 10, 5),
        Row::event(4, 0x77, 50, "orphan"),
    ]);
    assert_eq!(drawing(&trace), "a\n  ?99\n    c\n    b\n  ?77 [orphan]\n");
    assert_eq!(trace.nodes[1].offset_ns, 10, "a placeholder stands at its earliest child");
    assert!(!trace.missing_root);

    let rootless = tree(vec![Row::span(1, 0xb, Some(0x99), 20, 5), Row::span(2, 0xc, Some(0x98), 10, 5)]);
    assert_eq!(drawing(&rootless), "?98\n  c\n?99\n  b\n");
    assert!(rootless.missing_root);
}

#[test]
fn cycles_are_cut_at_the_earliest_span() {
    let trace = tree(vec![
        Row::span(1, 0xa, Some(0xc), 10, 5),
        Row::span(2, 0xb, Some(0xa), 5, 5),
        Row::span(3, 0xc, Some(0xb), 20, 5),
        Row::span(4, 0xd, Some(0xc), 30, 5),
        Row::span(5, 0xe, Some(0xe), 40, 5),
    ]);
    assert_eq!(drawing(&trace), "b cycle\n  c\n    a\n    d\ne cycle\n");
}

#[test]
fn copies_fold_and_other_spans_of_one_id_are_marked() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100),
        Row::span(2, 0xb, Some(0xa), 10, 5).with(names::META_INGEST_TIME, Value::Int(1)),
        Row::span(3, 0xb, Some(0xa), 10, 5).with(names::META_INGEST_TIME, Value::Int(2)),
        Row::span(4, 0xb, Some(0xa), 12, 5).text(names::META_SOURCE, "xray"),
        Row::span(5, 0xc, Some(0xb), 13, 1),
    ]);
    assert_eq!(drawing(&trace), "a\n  b x2\n    c\n  b duplicate\n");
    assert_eq!(trace.span_count, 4);
}

#[test]
fn errors_and_services_are_counted() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100).with(names::ERROR, Value::Bool(true)),
        Row::span(2, 0xb, Some(0xa), 0, 90).with(names::STATUS_CODE, Value::Int(2)),
        Row::span(3, 0xc, Some(0xb), 0, 10).text(names::ERROR, "timeout"),
        Row::span(4, 0xd, Some(0xb), 0, 10).with(names::STATUS_CODE, Value::Int(500)).with(names::ERROR, Value::Bool(false)),
    ]);
    assert_eq!(trace.error_count, 3);
    assert_eq!(trace.nodes[0].descendant_error_count, 2);
    let shares: Vec<_> = trace.services.iter().map(|share| (trace.text(share.name), share.span_count, share.error_count)).collect();
    assert_eq!(shares, [("db", 2, 1), ("backend", 2, 2)]);
}

#[test]
fn ids_in_other_spellings_meet() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100).text(names::SPAN_ID, "my span"),
        Row::span(2, 0xb, None, 1, 1).text(names::PARENT_ID, "my span"),
        Row::span(3, 0xc, None, 2, 1).text(names::PARENT_ID, "000000000000000B"),
        Row::span(4, 0xd, None, 3, 1).text(names::PARENT_ID, ""),
    ]);
    let depths: Vec<usize> = trace.nodes.iter().map(|node| node.depth).collect();
    assert_eq!(depths, [0, 1, 2, 0]);
}

#[test]
fn an_empty_trace_is_empty() {
    let trace = tree(Vec::new());
    assert!(trace.nodes.is_empty() && trace.missing_root && trace.start_ns == 0);
}

#[test]
fn a_deep_chain_is_walked_without_recursion() {
    let depth = 100_000;
    let rows = (0..depth).map(|n| Row::span(n, n as u64 + 1, (n > 0).then_some(n as u64), n, 2 * (depth - n))).collect();
    let trace = tree(rows);
    assert_eq!(trace.nodes.last().unwrap().depth, depth as usize - 1);
    assert_eq!(trace.nodes[0].descendant_count, depth as usize - 1);
}

#[test]
fn a_host_is_told_by_its_name_else_by_its_id() {
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100).text(names::HOST_NAME, "web-1").text(names::HOST_ID, "i-1"),
        Row::span(2, 0xb, Some(0xa), 1, 1).text(names::HOST_NAME, "").text(names::HOST_ID, "i-2"),
        Row::span(3, 0xc, Some(0xa), 2, 1),
    ]);
    let hosts: Vec<&str> = trace.nodes.iter().map(|node| trace.text(node.host)).collect();
    assert_eq!(hosts, ["web-1", "i-2", ""]);
}

#[test]
fn names_are_words_and_long_lines_are_cut() {
    let long = "é".repeat(200);
    let trace = tree(vec![
        Row::span(1, 0xa, None, 0, 100).text(names::SPAN_KIND, "server").text(names::META_SOURCE, "otlp"),
        Row::span(2, 0xb, Some(0xa), 1, 1).with(names::NAME, Value::Int(7)).with(names::SERVICE_NAME, Value::Bool(true)),
        Row::at(3, 5).text(names::BODY, &long).text(names::META_SIGNAL_TYPE, "log"),
        Row::span(4, 0xc, Some(0x99), 2, 1),
    ]);
    let words = |node: &Node| [node.name, node.service, node.span_kind, node.source].map(|word| trace.text(word).to_owned());
    assert_eq!(words(&trace.nodes[0]), ["span a", "backend", "server", "otlp"]);
    assert_eq!(words(&trace.nodes[1]), ["7", "true", "", ""]);
    assert_eq!((trace.nodes[2].kind, words(&trace.nodes[2])), (NodeKind::MissingParent, [""; 4].map(str::to_owned)));
    assert_eq!(trace.text(trace.unattached[0].name), "é".repeat(120));
}

proptest! {
    /// Any graph of parents: every row appears once, subtrees stand together, and input order does not matter.
    #[test]
    fn every_row_is_found_again(
        spans in prop::collection::vec((0u64..12, prop::option::of(0u64..12), 0i64..50, 0i64..50), 0..30),
        events in prop::collection::vec((0u64..14, 0i64..50), 0..10),
        rotation in 0usize..40,
    ) {
        let mut rows: Vec<Row> = spans
            .iter()
            .enumerate()
            .map(|(seq, (id, parent, start, duration))| Row::span(seq as i64, id + 1, parent.map(|id| id + 1), *start, *duration))
            .collect();
        rows.extend(events.iter().enumerate().map(|(seq, (id, time))| Row::event(1_000 + seq as i64, id + 1, *time, "event")));
        let shown: Vec<ShownRow> = rows.into_iter().map(|row| row.0).collect();
        let trace = build(&shown);
        let in_nodes: usize = trace.nodes.iter().map(|node| usize::from(node.row.is_some()) + node.copies + node.annotations.len()).sum();
        prop_assert_eq!(in_nodes + trace.unattached.len(), shown.len());
        for (index, node) in trace.nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                prop_assert!(parent < index && index <= parent + trace.nodes[parent].descendant_count);
                prop_assert_eq!(node.depth, trace.nodes[parent].depth + 1);
            }
            prop_assert!(node.self_ns >= 0 && node.self_ns <= node.duration_ns.unwrap_or(0));
        }
        let mut rotated = shown.clone();
        rotated.rotate_left(rotation % shown.len().max(1));
        prop_assert_eq!(drawing(&trace), drawing(&build(&rotated)));
    }
}

#[test]
fn the_named_fields_make_the_whole_tree() {
    let rows = || {
        let log = Row::log(6, 2, 25);
        vec![
            Row::span(1, 1, None, 0, 100)
                .text(names::SPAN_KIND, "server")
                .text(names::META_SOURCE, "otlp")
                .text(names::HOST_NAME, "ip-10-0-1-7"),
            Row::span(2, 2, Some(1), 10, 50).with(names::ERROR, Value::Bool(true)).text(names::HOST_ID, "i-07ab"),
            Row::span(3, 3, Some(9), 20, 10).with(names::STATUS_CODE, Value::Int(2)),
            Row::event(4, 2, 30, "exception").with(names::META_ANNOTATION_INDEX, Value::Int(1)),
            Row::event(5, 2, 30, "first").with(names::META_ANNOTATION_INDEX, Value::Int(0)),
            log.text(names::BODY, "it failed").with(names::SEVERITY_CODE, Value::Int(17)),
            Row::at(7, 26).text(names::META_ANNOTATION_TYPE, "link"),
            Row::log(8, 3, 27).text(names::EVENT_NAME, "exception"),
            Row::log(9, 3, 28).text(names::EXCEPTION_TYPE, "KeyError"),
        ]
    };
    let narrow = |mut row: Row| {
        row.0.fields.retain(|(name, _)| FIELDS.contains(&name.as_str()));
        row
    };
    let whole = rows().into_iter().map(|row| row.text("more", "of it")).collect();
    assert_eq!(tree(rows().into_iter().map(narrow).collect()), tree(whole));
    for field in FIELDS {
        let without = |mut row: Row| {
            row.0.fields.retain(|(name, _)| name != field);
            row
        };
        assert_ne!(tree(rows().into_iter().map(without).collect()), tree(rows()), "{field} is needed");
    }
}

use super::*;
use crate::body::Checksum;
use std::collections::{HashMap, HashSet};

const END: i64 = 1_800_000_000_000_000_000;

fn generator(spans: u64) -> Generator {
    Generator::new(Profile::Wide, 1, spans, END)
}

/// A field of a protobuf message: its number, and its content (eight bytes for a number of any kind).
struct Field<'a> {
    number: u64,
    bytes: &'a [u8],
    value: u64,
}

fn varint(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = rest[0];
        *rest = &rest[1..];
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn fields(mut rest: &[u8]) -> Vec<Field<'_>> {
    let mut out = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest);
        let (len, mut value) = match tag & 7 {
            0 => (0, varint(&mut rest)),
            1 => (8, 0),
            2 => (varint(&mut rest) as usize, 0),
            5 => (4, 0),
            other => panic!("wire type {other}"),
        };
        let (bytes, after) = rest.split_at(len);
        rest = after;
        if tag & 7 == 1 {
            value = u64::from_le_bytes(bytes.try_into().unwrap());
        }
        out.push(Field { number: tag >> 3, bytes, value });
    }
    out
}

fn only(message: &[u8], number: u64) -> Vec<&[u8]> {
    fields(message).into_iter().filter(|field| field.number == number).map(|field| field.bytes).collect()
}

#[derive(Debug, Clone)]
struct Span {
    trace_id: Vec<u8>,
    id: Vec<u8>,
    parent: Option<Vec<u8>>,
    name: String,
    start_ns: i64,
    end_ns: i64,
    strings: HashMap<String, String>,
    attributes: usize,
    events: usize,
    links: usize,
    failed: bool,
}

fn spans(body: &Body) -> Vec<Span> {
    only(&body.bytes, 1).into_iter().flat_map(|resource| only(resource, 2)).flat_map(|scope| only(scope, 2)).map(span).collect()
}

fn span(bytes: &[u8]) -> Span {
    let one = |number| only(bytes, number).first().map(|bytes| bytes.to_vec());
    let value = |number| fields(bytes).iter().find(|field| field.number == number).unwrap().value as i64;
    let attributes = only(bytes, 9);
    let pair = |kv: &&[u8]| {
        let text = only(only(kv, 2)[0], 1).first().map(|text| String::from_utf8(text.to_vec()).unwrap())?;
        Some((String::from_utf8(only(kv, 1)[0].to_vec()).unwrap(), text))
    };
    Span {
        trace_id: one(1).unwrap(),
        id: one(2).unwrap(),
        parent: one(4),
        name: String::from_utf8(one(5).unwrap()).unwrap(),
        start_ns: value(7),
        end_ns: value(8),
        strings: attributes.iter().filter_map(pair).collect(),
        attributes: attributes.len(),
        events: only(bytes, 11).len(),
        links: only(bytes, 13).len(),
        failed: one(15).is_some(),
    }
}

fn all_spans(count: u64) -> Vec<Span> {
    generator(count).without_logs().flat_map(|body| spans(&body)).collect()
}

#[test]
fn the_first_million_spans_are_these_bytes() {
    let mut sum = Checksum::default();
    generator(1_000_000).for_each(|body| sum.add(&body));
    expect_test::expect!["121f02b66e75e895"].assert_eq(&format!("{:016x}", sum.value()));
}

#[test]
fn a_seed_is_a_run_and_logs_do_not_change_its_spans() {
    let run = |seed| Generator::new(Profile::Wide, seed, 5_000, END).collect::<Vec<_>>();
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let with: Vec<Body> = run(1).into_iter().filter(|body| body.signal == Signal::Traces).collect();
    let mut without: Vec<Body> = generator(5_000).without_logs().collect();
    without.sort_by(|left, right| left.bytes.cmp(&right.bytes));
    let mut sorted = with;
    sorted.sort_by(|left, right| left.bytes.cmp(&right.bytes));
    assert_eq!(sorted, without);
}

#[test]
fn bodies_hold_the_items_they_say_and_as_many_as_asked_for() {
    let mut totals = HashMap::new();
    for body in generator(30_000) {
        let resources = only(&body.bytes, 1);
        assert_eq!(resources.len(), 1);
        let scopes = only(resources[0], 2);
        assert_eq!((scopes.len(), only(scopes[0], 2).len()), (1, body.items as usize));
        assert!(body.items <= 512);
        assert_eq!(only(only(resources[0], 1)[0], 1).len(), 16);
        *totals.entry(body.signal).or_insert(0) += body.items;
    }
    assert_eq!(totals[&Signal::Traces], 30_000);
    assert!((35_000..37_000).contains(&totals[&Signal::Logs]), "{totals:?}");
}

#[test]
fn spans_have_the_size_and_breadth_of_the_profile() {
    let bytes: usize = generator(60_000).without_logs().map(|body| body.bytes.len()).sum();
    let spans = all_spans(60_000);
    let mean = |of: fn(&Span) -> usize| spans.iter().map(of).sum::<usize>() as f64 / spans.len() as f64;
    let attributes = mean(|span| span.attributes);
    assert!((15.2..15.8).contains(&attributes), "{attributes} attributes");
    let size = bytes as f64 / spans.len() as f64;
    assert!((610.0..660.0).contains(&size), "{size} bytes");
    let names: HashSet<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert!((4_000..=4_800).contains(&names.len()), "{} names", names.len());
    assert!(spans.iter().all(|span| span.strings.contains_key("app.tenant") && span.id != [0; 8]));
}

#[test]
fn traces_have_the_shape_of_the_profile() {
    let spans = all_spans(60_000);
    let mut traces: HashMap<&[u8], Vec<&Span>> = HashMap::new();
    spans.iter().for_each(|span| traces.entry(&span.trace_id).or_default().push(span));
    let mean = spans.len() as f64 / traces.len() as f64;
    assert!((9.5..11.8).contains(&mean), "{mean} spans a trace");
    let known: HashSet<(&[u8], &[u8])> = spans.iter().map(|span| (&span.trace_id[..], &span.id[..])).collect();
    assert_eq!(known.len(), spans.len(), "an id is used once");
    let orphan = |span: &&Span| span.parent.as_ref().is_some_and(|parent| !known.contains(&(&span.trace_id[..], &parent[..])));
    let orphans = spans.iter().filter(orphan).count();
    assert!((60..180).contains(&orphans), "{orphans} orphans");
    let links: usize = spans.iter().map(|span| span.links).sum();
    assert!((25..100).contains(&links), "{links} links");
    for spans in traces.values() {
        let roots = spans.iter().filter(|span| span.parent.is_none()).count();
        assert_eq!(roots, 1);
        assert!(spans.iter().all(|span| span.failed == (span.events == 1) && span.start_ns < span.end_ns));
    }
    let bad = traces.values().filter(|spans| spans.iter().any(|span| span.failed && span.parent.is_none())).count();
    let share = bad as f64 / traces.len() as f64;
    assert!((0.015..0.026).contains(&share), "{share} of traces are bad");
}

#[test]
fn spans_lie_in_the_day() {
    let spans = all_spans(20_000);
    let day = END - crate::day::DAY_NS - 700_000_000_000..END + 5_000_000_000;
    assert!(spans.iter().all(|span| day.contains(&span.start_ns)));
    let last_hour = spans.iter().filter(|span| span.end_ns > END - 3_600_000_000_000).count() as f64 / spans.len() as f64;
    assert!((0.05..0.10).contains(&last_hour), "{last_hour} in the last hour");
}

/// `(mean, count)` of the roots' durations in ms, of those with the three values while the cause is at work, and of all others.
fn means(cause: &PlantedCause, roots: &[Span]) -> [(f64, usize); 2] {
    let is_planted = |span: &Span| {
        let values = [("app.build_id", cause.build), ("app.region", cause.region), ("app.flag", cause.flag)];
        (cause.start_ns..cause.end_ns).contains(&span.end_ns) && values.into_iter().all(|(key, value)| span.strings[key] == value)
    };
    [true, false].map(|wanted| {
        let chosen = roots.iter().filter(|span| is_planted(span) == wanted);
        let chosen: Vec<f64> = chosen.map(|span| (span.end_ns - span.start_ns) as f64 / 1e6).collect();
        (chosen.iter().sum::<f64>() / chosen.len() as f64, chosen.len())
    })
}

#[test]
fn planted_causes_are_slow_and_nothing_else_is() {
    for (spans, least) in [(10_000, 3), (300_000, 100)] {
        let generator = generator(spans).without_logs();
        let causes = *generator.causes();
        let roots: Vec<Span> = generator.flat_map(|body| self::spans(&body)).filter(|span| span.parent.is_none()).collect();
        for cause in causes {
            let [(slow, count), (others, _)] = means(&cause, &roots);
            assert!(count >= least, "{count} traces of {cause:?} in {spans} spans");
            assert!((1_200.0..1_900.0).contains(&slow), "{cause:?}: {slow} ms, {count} traces");
            // The other two causes are among them.
            assert!(slow > 8.0 * others, "{cause:?}: {slow} ms against {others} ms");
        }
    }
}

#[test]
fn planted_traces_are_slow_through_and_through() {
    let generator = generator(100_000).without_logs();
    let cause = generator.causes()[2];
    let within = |span: &Span| (cause.start_ns..cause.end_ns).contains(&span.end_ns) && span.strings["app.build_id"] == cause.build;
    let spans: Vec<Span> = generator.flat_map(|body| self::spans(&body)).filter(within).collect();
    let values = |span: &&Span| span.strings["app.region"] == cause.region && span.strings["app.flag"] == cause.flag;
    let slow = |span: &&Span| span.end_ns - span.start_ns > 300_000_000;
    let (planted, others): (Vec<&Span>, Vec<&Span>) = spans.iter().partition(values);
    let share = |spans: &[&Span]| spans.iter().copied().filter(|span| slow(span)).count() as f64 / spans.len() as f64;
    assert!(share(&planted) > 0.8 && share(&others) < 0.05, "{} and {}", share(&planted), share(&others));
}

//! The shape of one trace: how many spans, whose children, when, and what all of them share.

use crate::planted::{FACTOR, KEYS, PlantedCause};
use crate::random::{LogNormal, Random};
use crate::vocabulary::{BUILDS, EXCEPTIONS, FLAGS, INSTANCES_PER_SERVICE, REGIONS, ROUTES_PER_SERVICE, Role, SERVICES, SPAN_ATTRIBUTES};
use crate::writer::{Any, attribute};
use std::fmt::Write;

/// Stream number of a seed's first trace; lower ones are free for other uses.
const FIRST_TRACE_STREAM: u64 = 1 << 32;

const MEDIAN_LENGTH: f64 = 6.686; // e^1.9
const LENGTH_CAP: usize = 400;
const HUGE_LENGTH: usize = 5_000;
const MEDIAN_ROOT_NS: f64 = 36e6;
const MIN_DURATION_NS: i64 = 1_000;
const USERS: u32 = 200_000;
const TENANTS: u32 = 500;

/// The one instance in 96 whose clock is wrong, and by how much.
const SKEWED_INSTANCE: usize = 37;
const SKEW_NS: i64 = 1_400_000_000;

/// Late by up to this much.
const LATE_NS: f64 = 600e9;

/// One span, before its attributes.
#[derive(Debug, Clone)]
pub struct SpanPlan {
    pub span_id: u64,
    pub parent_id: Option<u64>,
    pub service: usize,
    pub instance: usize,
    pub route: usize,
    pub role: Role,
    /// OTLP number.
    pub kind: u64,
    pub start_ns: i64,
    pub end_ns: i64,
    /// Which exception it failed with.
    pub exception: Option<usize>,
    pub linked: bool,
}

/// One trace; the buffers are used again for the next.
pub struct Trace {
    pub trace_id: [u8; 16],
    /// Attributes that all its spans carry, encoded as fields of a span.
    pub attributes: Vec<u8>,
    pub tenant: u32,
    pub spans: Vec<SpanPlan>,
    /// For what is drawn span by span afterwards.
    pub random: Random,
    text: String,
}

/// What stays the same from trace to trace.
pub struct Shapes {
    seed: u64,
    length: LogNormal,
    root_ns: LogNormal,
    /// Where a planted cause is at work.
    slow_root_ns: LogNormal,
}

/// How the spans of a trace lie within their parents.
#[derive(Clone, Copy)]
struct Nesting {
    /// They begin in this share of it, from its start.
    latest: f64,
    /// They take at least this share of what is left, and `more` at most besides.
    least: f64,
    more: f64,
}

impl Nesting {
    const USUAL: Nesting = Nesting { latest: 0.5, least: 0.05, more: 0.9 };
    /// Slow through and through: whoever looks at the slow spans sees whole traces, not their roots alone.
    const SLOW: Nesting = Nesting { latest: 0.1, least: 0.7, more: 0.25 };
}

impl Shapes {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            length: LogNormal::new(MEDIAN_LENGTH, 0.9),
            root_ns: LogNormal::new(MEDIAN_ROOT_NS, 1.0),
            slow_root_ns: LogNormal::new(MEDIAN_ROOT_NS * f64::from(FACTOR), 0.3),
        }
    }

    /// Makes trace `number` so that its root ends at `end_ns` or, one time in a thousand, up to ten minutes before, with at most
    /// `limit` spans.
    pub fn fill(&self, trace: &mut Trace, number: u64, end_ns: i64, causes: &[PlantedCause], limit: u64) {
        let mut random = Random::new(self.seed, FIRST_TRACE_STREAM + number);
        trace.trace_id[..8].copy_from_slice(&random.id().to_be_bytes());
        trace.trace_id[8..].copy_from_slice(&random.id().to_be_bytes());
        let build = BUILDS[random.low(BUILDS.len() as u32) as usize];
        let region = REGIONS[random.below(REGIONS.len() as u32) as usize];
        let flag = FLAGS[random.below(FLAGS.len() as u32) as usize];
        // Given or drawn, what comes after is the same.
        let given = causes.iter().find_map(|cause| cause.given_to(number, end_ns));
        let planted = given.unwrap_or([build, region, flag]);
        trace.tenant = tenant(&mut random);
        trace.encode_shared(&mut random, planted);

        let late_ns = if random.chance(1, 1_000) { (random.unit() * LATE_NS) as i64 } else { 0 };
        let root_end_ns = end_ns - late_ns;
        let is_slow = causes.iter().any(|cause| cause.slows(root_end_ns, planted));
        let (root_ns, nesting) = if is_slow { (&self.slow_root_ns, Nesting::SLOW) } else { (&self.root_ns, Nesting::USUAL) };
        let root_ns = root_ns.draw(&mut random) as i64;
        let length = self.length(&mut random).min(limit as usize);
        let bad = random.chance(2, 100).then(|| random.below(EXCEPTIONS.len() as u32) as usize);
        let instances = random.next();

        trace.spans.clear();
        let root = root_plan(&mut random, root_end_ns, root_ns.max(MIN_DURATION_NS), bad);
        trace.spans.push(root);
        for _ in 1..length {
            let parent = random.below(trace.spans.len().min(6) as u32) as usize;
            let child = child_plan(&mut random, &trace.spans[parent], bad, nesting);
            trace.spans.push(child);
        }
        trace.spans.iter_mut().for_each(|span| place(span, instances));
        trace.random = random;
    }

    fn length(&self, random: &mut Random) -> usize {
        let length = (self.length.draw(random) + 0.5) as usize;
        if random.chance(1, 10_000) { HUGE_LENGTH } else { length.clamp(1, LENGTH_CAP) }
    }
}

impl Trace {
    pub fn new() -> Self {
        let random = Random::new(0, 0);
        Self { trace_id: [0; 16], attributes: Vec::new(), tenant: 0, spans: Vec::new(), random, text: String::new() }
    }

    fn encode_shared(&mut self, random: &mut Random, planted: [&str; 3]) {
        self.attributes.clear();
        for (key, value) in KEYS.into_iter().zip(planted) {
            attribute(&mut self.attributes, SPAN_ATTRIBUTES, key, Any::Str(value));
        }
        self.shared("app.user_id", format_args!("usr_{:06}", random.low(USERS)));
        let tenant = self.tenant;
        self.shared("app.tenant", format_args!("tenant-{tenant:03}"));
        self.shared("app.session_id", format_args!("{:016x}{:08x}", random.next(), random.next() as u32));
    }

    fn shared(&mut self, key: &str, value: std::fmt::Arguments<'_>) {
        self.text.clear();
        self.text.write_fmt(value).expect("writing to a string does not fail");
        attribute(&mut self.attributes, SPAN_ATTRIBUTES, key, Any::Str(&self.text));
    }
}

/// 500 tenants, the smallest with one trace in 3,000.
fn tenant(random: &mut Random) -> u32 {
    if random.chance(1, 6) { random.below(TENANTS) } else { random.low(TENANTS) }
}

fn root_plan(random: &mut Random, end_ns: i64, duration_ns: i64, bad: Option<usize>) -> SpanPlan {
    SpanPlan {
        span_id: random.id(),
        parent_id: None,
        service: random.low(SERVICES.len() as u32) as usize,
        instance: 0,
        route: random.below(ROUTES_PER_SERVICE as u32) as usize,
        role: Role::Server,
        kind: 2,
        start_ns: end_ns - duration_ns,
        end_ns,
        exception: bad,
        linked: false,
    }
}

fn child_plan(random: &mut Random, parent: &SpanPlan, bad: Option<usize>, nesting: Nesting) -> SpanPlan {
    let (role, kind) = role(random);
    let crosses = role == Role::Server || kind == 5;
    let service = if crosses { random.below(SERVICES.len() as u32) as usize } else { parent.service };
    let route = if crosses || random.chance(1, 2) { random.below(ROUTES_PER_SERVICE as u32) as usize } else { parent.route };
    let room_ns = parent.end_ns - parent.start_ns;
    let start_ns = parent.start_ns + (room_ns as f64 * random.unit() * nesting.latest) as i64;
    let share = nesting.least + nesting.more * random.unit() * random.unit();
    let inside_ns = ((parent.end_ns - start_ns) as f64 * share) as i64;
    let outlives_ns = if random.chance(5, 1_000) { room_ns } else { 0 };
    SpanPlan {
        span_id: random.id(),
        parent_id: Some(if random.chance(2, 1_000) { random.id() } else { parent.span_id }),
        service,
        instance: 0,
        route,
        role,
        kind,
        start_ns,
        end_ns: start_ns + inside_ns.max(MIN_DURATION_NS) + outlives_ns,
        exception: bad.filter(|_| random.chance(1, 4)),
        linked: random.chance(1, 1_000),
    }
}

fn role(random: &mut Random) -> (Role, u64) {
    match random.below(100) {
        0..22 => (Role::Server, 2),
        22..42 => (Role::Client, 3),
        42..62 => (Role::Database, 3),
        62..92 => (Role::Internal, 1),
        92..96 => (Role::Messaging, 4),
        _ => (Role::Messaging, 5),
    }
}

/// Which of its service's instances runs a span: the same one for all spans of a service in a trace.
fn place(span: &mut SpanPlan, instances: u64) {
    let own = (instances >> (2 * span.service)) as usize % INSTANCES_PER_SERVICE;
    span.instance = span.service * INSTANCES_PER_SERVICE + own;
    if span.instance == SKEWED_INSTANCE {
        span.start_ns += SKEW_NS;
        span.end_ns += SKEW_NS;
    }
}

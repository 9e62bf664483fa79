//! What X-Ray's console has: traces by filter expression, documents, groups and sampling rules.

mod groups;
mod rules;
mod traces;

pub use groups::{create_group, delete_group, groups, update_group};
pub use rules::{create_rule, delete_rule, match_rule, matched, rules, update_rule};
pub use traces::{advice, parse_filter, segment, traces};

use crate::endpoint::Call;
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::map::Cut;
use glasshive_base::{Clock, ErrorKind};
use glasshive_feature_xray::filter::Filter;
use glasshive_feature_xray::find::{EXAMINED_MAX, Place, Watch};
use glasshive_feature_xray::groups::GroupKey;
use glasshive_feature_xray::trace::Trace;
use glasshive_feature_xray::{Xray, XrayError};
use glasshive_query_engine::Cancel;
use glasshive_query_plan::Window;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long traces are looked at for one answer.
const LOOK_TIME: Duration = Duration::from_secs(10);
/// What is looked at when nobody says when.
const DEFAULT_NS: i64 = 2 * 3_600 * 1_000_000_000;
/// Names of services that are told.
const SEEN_MAX: usize = 50;

/// What is kept of X-Ray's.
pub(super) fn kept(call: &Call) -> Result<Arc<Xray>, Failure> {
    let missing = || Failure::new(ErrorKind::Unavailable, "groups, sampling rules and maps are not kept here");
    call.hive.xray().cloned().ok_or_else(missing)
}

pub(super) fn failure(error: XrayError) -> Failure {
    Failure { position: error.position(), ..Failure::new(error.kind(), error.to_string()) }
}

/// The time that is asked about: the parameters `from` and `to`, or the last two hours.
pub(super) fn asked_window(call: &Call) -> Result<Window, Failure> {
    let time = |name: &str| {
        let wrong = |_| Failure::invalid(format!("{name} is a number of nanoseconds since 1970"));
        call.query(name).map(|text| text.parse::<i64>().map_err(wrong)).transpose()
    };
    let end_ns = time("to")?.unwrap_or_else(|| call.hive.clock.wall_ns());
    let start_ns = time("from")?.unwrap_or(end_ns.saturating_sub(DEFAULT_NS));
    if start_ns >= end_ns {
        return Err(Failure::invalid("from has to lie before to"));
    }
    Ok(Window { start_ns, end_ns })
}

/// The traces of the parameters `group` and `filter`, both where both are given.
pub(super) fn filter(call: &Call) -> Result<Filter, Failure> {
    let groups = &kept(call)?.groups;
    let own = groups.compile(call.environment, &call.query("filter").unwrap_or_default()).map_err(failure)?;
    let Some(name) = call.query("group") else { return Ok(own) };
    let group = groups.get(call.environment, &GroupKey::Name(name)).map_err(failure)?;
    let of_group = groups.compile(call.environment, &group.filter.unwrap_or_default());
    let of_group = of_group.map_err(|error| Failure { position: None, ..failure(error) })?;
    Ok(match (of_group, own) {
        (Filter::All, one) | (one, Filter::All) => one,
        (one, other) => Filter::Every(vec![one, other]),
    })
}

/// Looks on while traces are put together: for so many, for so long, and as long as somebody waits.
pub(super) struct Looker {
    clock: Arc<dyn Clock>,
    until: Duration,
    cancel: Cancel,
    is_late: AtomicBool,
    seen: Mutex<BTreeSet<String>>,
}

impl Looker {
    pub(super) fn new(call: &Call, cancel: Cancel) -> Self {
        let clock = call.hive.clock.clone();
        let until = clock.monotonic().saturating_add(LOOK_TIME);
        Self { clock, until, cancel, is_late: AtomicBool::new(false), seen: Mutex::default() }
    }

    /// Whether somebody still waits.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if !self.cancel.is_cancelled() {
            return Ok(());
        }
        Err(Failure::new(ErrorKind::Conflict, "the question was called off"))
    }

    /// Names of services that were met.
    pub(super) fn services(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// How far an answer goes that could have gone on at a place.
    pub(super) fn cut(&self, next: Option<Place>, window: Window) -> Option<Cut> {
        let next = next?;
        let reason = if self.is_late.load(Ordering::Relaxed) { "time" } else { "traces" };
        Some(Cut { reason: reason.to_owned(), from_ns: Nanoseconds(next.start_ns.clamp(window.start_ns, window.end_ns)) })
    }
}

impl Watch for Looker {
    fn goes_on(&self, examined: usize) -> bool {
        let is_late = self.clock.monotonic() >= self.until;
        self.is_late.fetch_or(is_late, Ordering::Relaxed);
        examined < EXAMINED_MAX && !is_late && !self.cancel.is_cancelled()
    }

    fn comes_back(&self) -> bool {
        false
    }

    fn meets(&self, trace: &Trace<'_>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for segment in trace.segments.iter().filter(|segment| !segment.tree.is_inferred) {
            if seen.len() < SEEN_MAX {
                seen.insert(segment.node.name.clone());
            }
        }
    }
}

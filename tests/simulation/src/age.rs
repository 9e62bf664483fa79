//! Which rows may have been kept long enough, by what a careful reader of clocks could believe.

use glasshive_model::SignalClass;
use glasshive_store::{Retention, RetentionRule};
use std::time::Duration;

/// Jumps of the wall clock beyond this are not believed at once.
const JUMP_MAX_NS: i64 = 86_400 * 1_000_000_000;
/// A clock that goes on for so long without another jump may be believed.
const STEADY: Duration = Duration::from_secs(3_600);

/// The latest time that the store may believe it to be: never less than what it believes.
#[derive(Debug, Clone, Default)]
pub struct Age {
    keep_ns: Option<i64>,
    rules: Vec<RetentionRule>,
    /// Rows may go because they take too much room, however old they are.
    is_short_of_room: bool,
    believed_ns: Option<i64>,
    at: Duration,
    jumped_at: Duration,
}

/// What sort of rows, as rules of retention tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Slug of the environment.
    pub environment: String,
    pub class: SignalClass,
    /// Slug of the dataset.
    pub dataset: String,
}

impl Age {
    /// Rows are kept so long.
    pub fn new(retention: &Retention) -> Self {
        let keep_ns = retention.keep.map(nanoseconds);
        Self { keep_ns, rules: retention.rules.clone(), is_short_of_room: retention.max_bytes.is_some(), ..Self::default() }
    }

    /// Looks at both clocks.
    pub fn tick(&mut self, wall_ns: i64, now: Duration) {
        let expected_ns = self.believed_ns.map_or(wall_ns, |believed_ns| believed_ns + (now - self.at).as_nanos() as i64);
        let is_believed = wall_ns <= expected_ns + JUMP_MAX_NS || now >= self.jumped_at + STEADY;
        self.believed_ns = Some(if is_believed { expected_ns.max(wall_ns) } else { expected_ns });
        self.at = now;
    }

    /// The wall clock has jumped.
    pub fn jumped(&mut self, now: Duration) {
        self.jumped_at = now;
    }

    /// The latest time that the store may believe it to be.
    pub fn believed_ns(&self) -> i64 {
        self.believed_ns.unwrap_or(i64::MIN)
    }

    /// Whether what was received then may be gone.
    pub fn is_over(&self, received_ns: i64, sort: &Sort) -> bool {
        let (Some(keep_ns), Some(believed_ns)) = (self.keep_ns(sort), self.believed_ns) else { return self.is_short_of_room };
        self.is_short_of_room || received_ns < believed_ns - keep_ns
    }

    /// The shortest of the rules that speak of them, or what holds for the rest.
    fn keep_ns(&self, sort: &Sort) -> Option<i64> {
        let mut shortest = None;
        for rule in &self.rules {
            let speaks = [
                rule.environment.as_ref().is_none_or(|environment| *environment == sort.environment),
                rule.class.is_none_or(|class| class == sort.class),
                rule.dataset.as_ref().is_none_or(|dataset| *dataset == sort.dataset),
            ];
            if speaks == [true; 3] {
                let keep_ns = nanoseconds(rule.keep);
                shortest = Some(shortest.map_or(keep_ns, |other: i64| other.min(keep_ns)));
            }
        }
        shortest.or(self.keep_ns)
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    duration.as_nanos() as i64
}

//! Which rows may have been kept long enough, by what a careful reader of clocks could believe.

use std::time::Duration;

/// Jumps of the wall clock beyond this are not believed at once.
const JUMP_MAX_NS: i64 = 86_400 * 1_000_000_000;
/// A clock that goes on for so long without another jump may be believed.
const STEADY: Duration = Duration::from_secs(3_600);

/// The latest time that the store may believe it to be: never less than what it believes.
#[derive(Debug, Clone, Default)]
pub struct Age {
    keep_ns: Option<i64>,
    believed_ns: Option<i64>,
    at: Duration,
    jumped_at: Duration,
}

impl Age {
    /// Rows are kept so long; `None` = for ever.
    pub fn new(keep: Option<Duration>) -> Self {
        Self { keep_ns: keep.map(|keep| keep.as_nanos() as i64), ..Self::default() }
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

    /// Whether what was received then may be gone.
    pub fn is_over(&self, received_ns: i64) -> bool {
        let (Some(keep_ns), Some(believed_ns)) = (self.keep_ns, self.believed_ns) else { return false };
        received_ns < believed_ns - keep_ns
    }
}

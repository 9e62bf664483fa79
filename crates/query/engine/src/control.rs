//! What a running query is told from outside: to stop, that its time is up, how much memory it may take.

use crate::cost::Meter;
use crate::error::Failure;
use crate::scan::window_of;
use datafusion_execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool, MemoryReservation};
use glasshive_base::Clock;
use glasshive_base::metrics::Counter;
use glasshive_query_plan::{Missing, Note, NoteKind, Reason, Window};
use glasshive_store::ReadError;
use glasshive_store::catalog::FileRow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Calls a query off. Clones share; the query ends within one batch of rows.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Calls it off, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Who waits for an answer. Dropping it calls the query off, and counts it as left unless it was answered.
pub(crate) struct Asker {
    pub cancel: Cancel,
    /// Counts those who left; taken once there is an answer.
    pub left: Option<Counter>,
    /// Tells a question that waits for its slot.
    pub _waits: oneshot::Sender<()>,
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(left) = self.left.take() {
            left.increment();
        }
    }
}

/// Shared by everything that works on one query.
pub(crate) struct Control {
    cancel: Cancel,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    pool: Arc<dyn MemoryPool>,
    /// What the pool gives at most.
    pub(crate) memory_bytes: usize,
    is_out_of_time: AtomicBool,
    notes: Mutex<Vec<Note>>,
    unread: Mutex<Unread>,
    /// Something that the question is about was looked at to its end.
    has_looked: AtomicBool,
    pub(crate) meter: Arc<Meter>,
}

/// Files that cannot be had now.
#[derive(Default)]
struct Unread {
    /// Rows by path.
    files: BTreeMap<String, u64>,
    window: Option<Window>,
    /// What was said of the first.
    error: Option<ReadError>,
}

/// Whether to read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    GoOn,
    /// The time is up: what was found so far is the answer.
    Stop,
}

impl Control {
    pub(crate) fn new(cancel: Cancel, clock: Arc<dyn Clock>, time_limit: Duration, memory_bytes: usize, meter: Meter) -> Self {
        let deadline = clock.monotonic().saturating_add(time_limit);
        let pool = Arc::new(GreedyMemoryPool::new(memory_bytes));
        Self {
            cancel,
            clock,
            deadline,
            pool,
            memory_bytes,
            is_out_of_time: AtomicBool::new(false),
            notes: Mutex::default(),
            unread: Mutex::default(),
            has_looked: AtomicBool::new(false),
            meter: Arc::new(meter),
        }
    }

    /// Asked where work goes on that cannot be cut short: it is finished, unless nobody wants it.
    pub(crate) fn is_wanted(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }

    /// Asked before every batch.
    pub(crate) fn flow(&self) -> Result<Flow, Failure> {
        self.is_wanted()?;
        if self.is_out_of_time() || self.clock.monotonic() >= self.deadline {
            self.is_out_of_time.store(true, Ordering::Relaxed);
            return Ok(Flow::Stop);
        }
        Ok(Flow::GoOn)
    }

    /// Whether the time was up before the end.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.is_out_of_time.load(Ordering::Relaxed)
    }

    /// The same where only a failure can end the work.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        match self.flow()? {
            Flow::GoOn => Ok(()),
            Flow::Stop => Err(Failure::OutOfTime),
        }
    }

    /// An account of memory in the query's pool.
    pub(crate) fn reservation(&self, name: &str) -> MemoryReservation {
        MemoryConsumer::new(name).register(&self.pool)
    }

    /// Remarks on the answer, each told once.
    pub(crate) fn note(&self, note: Note) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Notes that something was looked at to its end.
    pub(crate) fn looked_at(&self) {
        self.has_looked.store(true, Ordering::Relaxed);
    }

    /// Notes that the answer goes without a file that cannot be had now.
    pub(crate) fn leave_unread(&self, error: ReadError, file: &FileRow) {
        let mut unread = self.unread();
        unread.files.insert(file.path.clone(), file.rows);
        let own = window_of(file);
        let all = unread.window.unwrap_or(own);
        unread.window = Some(Window { start_ns: all.start_ns.min(own.start_ns), end_ns: all.end_ns.max(own.end_ns) });
        unread.error.get_or_insert(error);
    }

    /// For who wants all or nothing: fails where a file could not be had.
    pub(crate) fn nothing_is_unread(&self) -> Result<(), Failure> {
        self.unread().error.take().map_or(Ok(()), |error| Err(Failure::Read(error)))
    }

    /// All remarks so far, and that the time was up if it was. `covered` is the part of `asked` that was looked at. Fails where files could
    /// not be had and nothing else was there to look at: that is no answer.
    pub(crate) fn take_notes(&self, time_limit: Duration, asked: Option<Window>, covered: Option<Window>) -> Result<Vec<Note>, Failure> {
        if !self.has_looked.load(Ordering::Relaxed) && !self.is_out_of_time() {
            self.nothing_is_unread()?;
        }
        let mut notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(note) = self.unread().note(asked) {
            notes.insert(0, note);
        }
        if self.is_out_of_time() {
            let text = format!("the query took longer than {} s; the answer holds what was found by then", time_limit.as_secs_f64());
            let window = asked.zip(covered).map(|(asked, covered)| Window { start_ns: asked.start_ns, end_ns: covered.start_ns });
            // What was looked at may reach back to the start: then no part of the time is missing as a whole.
            let window = window.filter(|window| window.start_ns < window.end_ns);
            let missing = Missing { reason: Reason::TimeLimit, window, file: None, events: None };
            notes.insert(0, Note { kind: NoteKind::Partial, text, covered, missing: Some(missing) });
        }
        Ok(notes)
    }

    fn unread(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unread {
    /// One remark on all of them. What is later than they are was looked at.
    fn note(&self, asked: Option<Window>) -> Option<Note> {
        let (error, window) = (self.error.as_ref()?, self.window?);
        let files = match self.files.len() {
            1 => "1 data file".to_owned(),
            count => format!("{count} data files"),
        };
        let text = format!("{files} cannot be had now; results exclude what is there: {error}");
        let covered = asked.map(|asked| Window { start_ns: window.end_ns.max(asked.start_ns), end_ns: asked.end_ns });
        let covered = covered.filter(|covered| covered.start_ns < covered.end_ns);
        let only = if self.files.len() == 1 { self.files.keys().next().cloned() } else { None };
        let events = Some(self.files.values().sum());
        let missing = Missing { reason: Reason::Unreachable, window: Some(window), file: only, events };
        Some(Note { kind: NoteKind::Partial, text, covered, missing: Some(missing) })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use glasshive_base::{BoxFuture, metrics};

    /// A clock that stands still.
    pub(crate) struct Still;

    impl Clock for Still {
        fn wall_ns(&self) -> i64 {
            0
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn no_empty_window_is_missing() {
        let missing = |covered: i64| {
            let meter = Meter::new(metrics::Registry::default().counter("batches", "", &[]));
            let control = Control::new(Cancel::default(), Arc::new(Still), Duration::ZERO, 0, meter);
            assert!(matches!(control.flow(), Ok(Flow::Stop)));
            let window = |start_ns| Some(Window { start_ns, end_ns: 10 });
            let mut notes = control.take_notes(Duration::ZERO, window(1), window(covered)).expect("nothing was unread");
            notes.remove(0).missing.expect("the time was up").window
        };
        assert_eq!(missing(5), Some(Window { start_ns: 1, end_ns: 5 }));
        assert_eq!(missing(1), None);
    }
}

//! The engine: takes a question, waits for a slot, answers on threads of its own.

mod compare;
mod documents;
mod listing;
mod outline;
mod raw;
mod run;
mod stored;

pub use documents::{DocumentsRequest, StoredDocument};
pub use listing::{ColumnInfo, ColumnValues, Columns, ColumnsRequest, ValuesRequest};
pub use outline::Outline;
pub use raw::{Follower, RawRows, TraceRequest};
pub use stored::{StoredPage, StoredRequest};

use crate::aggregate::Run;
use crate::column::Names;
use crate::control::{Cancel, Control};
use crate::cost::{Cost, Meter};
use crate::error::{EngineError, Failure};
use crate::partials::Partials;
use crate::related::Ask;
use crate::scan::Footers;
use crate::superseded::{self, Superseded};
use glasshive_base::{Clock, metrics};
use glasshive_model::EnvironmentId;
use glasshive_query_plan::{Answer, Plan, Relation, Wants, Window, histogram};
use glasshive_store::{Scope, Snapshot, Store};
use run::Slots;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What can be set about the engine.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Threads that queries run on; at least 1. Default: cores - 1.
    pub threads: usize,
    /// Bytes that one query may take for its groups. Default 256 MiB.
    pub memory_bytes: usize,
    /// After this long a query answers with what it has found. Default 10 s.
    pub time_limit: Duration,
    /// Queries that run at once. Default: cores x 2.
    pub slots: usize,
    /// Queries that may wait for a slot. Default 32.
    pub queue: usize,
    /// How long a query waits for a slot. Default 5 s.
    pub wait_limit: Duration,
    /// Rows of one trace that are given back. Default 250,000.
    pub trace_rows: usize,
    /// Bytes that decoded footers of data files may take between questions; the files of those that are kept stay open.
    /// Default 64 MiB.
    pub footer_bytes: usize,
    /// Bytes that filters of trace indexes may take between questions: about 0.2 for each stored span. Default 32 MiB.
    pub trace_index_bytes: usize,
    /// Bytes that partial results of data files may take between questions. Default 128 MiB.
    pub partial_bytes: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            threads: cores.saturating_sub(1).max(1),
            memory_bytes: 256 << 20,
            time_limit: Duration::from_secs(10),
            slots: cores * 2,
            queue: 32,
            wait_limit: Duration::from_secs(5),
            trace_rows: 250_000,
            footer_bytes: 64 << 20,
            trace_index_bytes: 32 << 20,
            partial_bytes: 128 << 20,
        }
    }
}

impl EngineConfig {
    /// The defaults for queries of so much memory each. What is kept between questions goes with it: as much as seven eighths of
    /// one query may take, half of one for partial results.
    pub fn with_memory(memory_bytes: usize) -> Self {
        Self {
            memory_bytes,
            partial_bytes: memory_bytes / 2,
            footer_bytes: memory_bytes / 4,
            trace_index_bytes: memory_bytes / 8,
            ..Self::default()
        }
    }
}

/// Answers questions about a store's events.
///
/// Every question runs on the engine's own threads, which are niced, so that ingest goes first. Dropping the future of a
/// question, or its [`Cancel`], ends it within one batch of rows.
pub struct Engine {
    inner: Arc<Inner>,
    runtime: Option<Runtime>,
}

/// What questions share.
pub(crate) struct Inner {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    config: EngineConfig,
    footers: Arc<Footers>,
    partials: Arc<Partials>,
    slots: Slots,
    metrics: metrics::Registry,
    batches: metrics::Counter,
    /// Makes ids of internal errors differ.
    failures: AtomicU64,
}

/// How far the niceness of query threads is raised.
const NICENESS: i32 = 5;

impl Engine {
    /// An engine over a store. Starts its threads.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn new(store: Arc<Store>, config: EngineConfig, clock: Arc<dyn Clock>, metrics: metrics::Registry) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("hive-query")
            // A question that waits for a slot gives up after a while: that needs a timer.
            .enable_time()
            .on_thread_start(|| {
                // On Linux this is the thread's own niceness. Where it is refused, queries run as everything else does.
                let _ = rustix::process::nice(NICENESS);
            })
            .build()?;
        let slots = Slots::new(config.slots, config.queue, config.wait_limit);
        let batches = metrics.counter("glasshive_query_batches_total", "Batches of rows that questions looked at.", &[]);
        let footers = Arc::new(Footers::new(config.footer_bytes, config.trace_index_bytes, &metrics));
        let partials = Arc::new(Partials::new(config.partial_bytes, &metrics));
        let inner = Inner { store, clock, config, footers, partials, slots, metrics, batches, failures: AtomicU64::new(0) };
        Ok(Self { inner: Arc::new(inner), runtime: Some(runtime) })
    }

    /// Answers a plan.
    ///
    /// When the time limit passes, the answer holds what was found by then and a note says so; likewise when a file is damaged.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn query(&self, environment: EnvironmentId, plan: &Plan, wants: Wants, cancel: Cancel) -> Result<Answer, EngineError> {
        self.query_with_cost(environment, plan, wants, cancel).await.map(|(answer, _)| answer)
    }

    /// The same, and what it took.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn query_with_cost(
        &self,
        environment: EnvironmentId,
        plan: &Plan,
        wants: Wants,
        cancel: Cancel,
    ) -> Result<(Answer, Cost), EngineError> {
        let plan = plan.clone();
        self.run("query", cancel, move |inner, control| async move {
            let run = inner.prepared(environment, &plan, wants, &control).await?;
            let (mut answer, covered) = run.answer().await?;
            answer.notes.splice(0..0, control.take_notes(inner.config.time_limit, Some(plan.time.window), covered)?);
            Ok((answer, control.meter.cost(&run.snapshot.files)))
        })
        .await
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Inner {
    fn snapshot(&self, environment: EnvironmentId, window: Window, datasets: Option<Vec<String>>) -> Arc<Snapshot> {
        let time = window.start_ns..window.end_ns;
        Arc::new(self.store.snapshot(&Scope { environment, classes: Vec::new(), time, datasets }))
    }

    /// A plan over a snapshot of what it is about.
    pub(crate) async fn prepared<'a>(
        &self,
        environment: EnvironmentId,
        plan: &'a Plan,
        wants: Wants,
        control: &Arc<Control>,
    ) -> Result<Run<'a>, Failure> {
        let reach = self.reach(environment, plan);
        let superseded = self.superseded(environment, reach, control).await?;
        let snapshot = self.snapshot(environment, reach, plan.datasets.clone());
        let ask = Ask::new(&plan.filters, &plan.breakdowns, Names { registry: &snapshot.registry, fields: &plan.fields });
        let spans = ask.has_others().then(|| self.snapshot(environment, Relation::reach(plan.time.window), None));
        Ok(Run {
            plan,
            wants,
            ask,
            reach,
            snapshot,
            spans,
            superseded,
            footers: self.footers.clone(),
            partials: self.partials.clone(),
            control: control.clone(),
            threads: self.threads(),
        })
    }

    /// The rows of a window that others supersede. Asked for before the rows themselves, so that what supersedes one is never missing.
    pub(crate) async fn superseded(
        &self,
        environment: EnvironmentId,
        window: Window,
        control: &Arc<Control>,
    ) -> Result<Option<Arc<Superseded>>, Failure> {
        if !superseded::may_be_any(&self.store.registry(environment)) {
            return Ok(None);
        }
        let snapshot = self.snapshot(environment, superseded::reach(window), None);
        let (footers, threads) = (&self.footers, self.threads());
        superseded::Search { snapshot: &snapshot, window, trace: None, footers, control, threads }.run().await
    }

    /// Where the events of a plan are looked for.
    fn reach(&self, environment: EnvironmentId, plan: &Plan) -> Window {
        let (window, registry) = (plan.scan_window(), self.store.registry(environment));
        let names = Names { registry: &registry, fields: &plan.fields };
        let numeric = plan.calculations.iter().filter(|calculation| calculation.op.is_numeric());
        let mut columns = numeric.filter_map(|calculation| calculation.column.as_ref());
        if columns.any(|column| names.histogram(column).is_some()) {
            return Window { start_ns: window.start_ns.min(histogram::reach(plan.time.window).start_ns), ..window };
        }
        window
    }

    fn threads(&self) -> usize {
        self.config.threads.max(1)
    }

    pub(crate) fn control(&self, cancel: Cancel) -> Control {
        let meter = Meter::new(self.batches.clone());
        Control::new(cancel, self.clock.clone(), self.config.time_limit, self.config.memory_bytes, meter)
    }
}

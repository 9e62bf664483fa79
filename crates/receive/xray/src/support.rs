//! What several tests need: a sink that remembers, and an intake before it.

use crate::config::XrayConfig;
use crate::intake::Intake;
use glasshive_base::metrics::Registry;
use glasshive_base::{BoxFuture, ManualClock};
use glasshive_base_http::RefusalRing;
use glasshive_model::rows::Stamp;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::{Appended, EnvironmentId, EventSink, Rows, SinkError, Submission};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// 2023-11-14T22:13:20Z.
pub(crate) const NOW_NS: i64 = 1_700_000_000_000_000_000;

/// Hands on what it is given, after failing as often as it was told to.
pub(crate) struct Sink {
    failures: Mutex<Vec<SinkError>>,
    taken: Mutex<Sender<Submission>>,
}

impl Sink {
    pub(crate) fn new(failures: Vec<SinkError>) -> (Arc<Self>, Receiver<Submission>) {
        let (sender, taken) = channel();
        (Arc::new(Self { failures: Mutex::new(failures), taken: Mutex::new(sender) }), taken)
    }
}

impl EventSink for Sink {
    fn append(&self, submission: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        let failure = self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let result = failure.map_or(Ok(Appended::Stored { sequence: 1 }), Err);
        if result.is_ok() {
            // A test that looks at refusals alone takes none.
            let _ = self.taken.lock().unwrap_or_else(PoisonError::into_inner).send(submission);
        }
        Box::pin(std::future::ready(result))
    }

    fn admit(&self, _: usize) -> Result<(), SinkError> {
        Ok(())
    }
}

/// An intake with its sink's other end, its refusals and its metrics.
pub(crate) struct Stage {
    pub intake: Arc<Intake>,
    pub taken: Receiver<Submission>,
    pub refusals: Arc<RefusalRing>,
    pub registry: Registry,
}

impl Stage {
    pub(crate) fn new(failures: Vec<SinkError>) -> Self {
        let (sink, taken) = Sink::new(failures);
        let (refusals, registry) = (Arc::new(RefusalRing::default()), Registry::default());
        let clock = Arc::new(ManualClock::at(NOW_NS));
        let intake = Intake::new(XrayConfig::default(), EnvironmentId::LOCAL, sink, clock, refusals.clone(), &registry);
        Self { intake: Arc::new(intake), taken, refusals, registry }
    }
}

pub(crate) fn shown(rows: &Rows) -> Vec<ShownRow> {
    shown_rows(&rows.to_batch(Stamp { sequence: 1, ingest_time_ns: NOW_NS }))
}

/// A row as lines of `field = value`, without what every row has.
pub(crate) fn text(row: &ShownRow) -> String {
    let common = ["meta.sample_rate", "meta.ingest_time", "meta.source", "meta.signal_type", "trace.trace_id", "type", "is_root"];
    let fields = row.fields.iter().filter(|(name, _)| !common.contains(&name.as_str()));
    fields.map(|(name, value)| format!("{name} = {value}\n")).collect()
}

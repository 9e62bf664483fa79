//! How the store is.

use super::Inner;
use crate::fault::FaultKind;
use crate::ingest::Stop;
use crate::store::{Check, Readiness, StoreStats};
use std::time::Duration;

impl Inner {
    pub fn readiness(&self) -> Readiness {
        let stopped = self.ingest.stopped();
        let flush = self.flush_progress.borrow().clone();
        let check = |name, problem: Option<(String, i64)>| match problem {
            None => Check { name, ok: true, reason: String::new(), since_ns: 0 },
            Some((reason, since_ns)) => Check { name, ok: false, reason, since_ns },
        };
        let is =
            |stop: Stop| stopped.as_ref().filter(|stopped| stopped.stop == stop).map(|stopped| (stopped.reason.clone(), stopped.since_ns));
        let damage = self.faults.list().into_iter().rfind(|fault| matches!(fault.kind, FaultKind::LogDamage | FaultKind::FileDamage));
        let unknown = self.faults.list().into_iter().rfind(|fault| fault.kind == FaultKind::UnknownFiles);
        let what_to_do = |message| format!("{message}. Stop the server and run: glasshive verify --data {}", self.config.shown_path);
        let mut checks = vec![
            check("log", is(Stop::Refused)),
            check("disk", is(Stop::DiskFull)),
            check("stopping", is(Stop::Stopping)),
            check("flush", (flush.failing_since_ns != 0).then(|| (flush.last_failure.clone(), flush.failing_since_ns))),
            check("data", damage.map(|fault| (fault.message, fault.at_ns))),
            check("files", unknown.map(|fault| (what_to_do(fault.message), fault.at_ns))),
        ];
        let (_, waiting) = self.log.size();
        // Told while it lasts. Ingest goes on: the other checks say when it no longer does.
        let lasting = |name, words: String, so_long: Duration| {
            let since_ns = self.wall_ns().saturating_sub(i64::try_from(so_long.as_nanos()).unwrap_or(i64::MAX));
            check(name, Some((format!("{words}; {waiting} bytes wait in the log"), since_ns.max(1))))
        };
        let away = |name, words: &str, away: Option<Duration>| {
            let away = away?;
            Some(lasting(name, format!("{words} unreachable for {}", crate::time::shown_duration(away)), away))
        };
        checks.extend(away("catalog", "catalog", self.world.catalog.unreachable_for()));
        let objects = away("objects", "object store", self.world.disk.unreachable_for());
        checks.extend(objects.or_else(|| self.world.disk.refuses().map(|(words, refused_for)| lasting("objects", words, refused_for))));
        Readiness { ready: stopped.is_none(), checks }
    }

    pub fn stats(&self) -> StoreStats {
        let (log_segments, log_bytes) = self.log.size();
        self.numbers.log_bytes.set(log_bytes as i64);
        let remembered_requests = self.window().len() as u64;
        let state = self.state();
        let (live_rows, live_bytes) = state.live_size();
        let files = || state.environments.values().flat_map(|environment| &environment.files);
        StoreStats {
            live_rows: live_rows as u64,
            live_bytes: live_bytes as u64,
            live_chunks: state.live_chunks() as u64,
            files: files().count() as u64,
            file_rows: files().map(|file| file.row.rows).sum(),
            file_bytes: files().map(|file| file.row.bytes).sum(),
            log_segments,
            log_bytes,
            queued_bytes: self.queue.bytes() as u64,
            published_through: state.published_through,
            flushed_through: state.flushed_through,
            duplicates: self.numbers.duplicates.get(),
            remembered_requests,
        }
    }
}

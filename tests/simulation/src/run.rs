//! Playing a seed from its first start to the end of its faults.

use crate::disk::Medium;
use crate::fate::Troubles;
use crate::process::{Drive, Machine, Process, STEPS_MAX};
use crate::random::Random;
use crate::reading::{self, Found, Unread};
use crate::reference::Damage;
use crate::setup::Setup;
use crate::universe::Universe;
use crate::verifying;
use crate::workload::{self, Shared};
use futures_util::FutureExt as _;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::memory::MemoryCatalog;
use glasshive_store::catalog::{Catalog as _, ColumnRow, FileRow};
use glasshive_store::{Fault, FaultKind, OpenReport, Scope, Snapshot, Store};
use std::sync::Arc;
use std::time::Duration;

/// What a seed came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Requests answered `Stored`, `Duplicate`, and refused.
    pub answers: [u64; 3],
    /// Starts that succeeded.
    pub starts: u64,
    /// Messages that the store told, over all lives.
    pub faults: Vec<Fault>,
    /// Every event, when a trace was asked for.
    pub trace: Vec<String>,
}

/// What went wrong, and in which seed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("seed {seed}: {what}\nsetup: {setup}\nplay it again: cargo run -p glasshive-test-simulation -- --seed {seed} --trace{planted}")]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// In words.
    pub what: String,
    /// What the seed decided.
    pub setup: String,
    /// The flag that plants the same defect again, if there was one.
    pub planted: String,
    /// Every event, when a trace was asked for.
    pub trace: Vec<String>,
    /// What was on the disk, when a trace was asked for.
    pub disk: Vec<(String, Vec<u8>)>,
}

/// A start that no fault disturbs takes at most this long.
const START_TIME: Duration = Duration::from_secs(30);
/// When the faults have stopped, everything is done within this time: what failed last may be tried again a minute later.
const SETTLE_TIME: Duration = Duration::from_secs(65);
/// A shutdown under faults may take the sum of a few latencies and its own limit on flushing.
const SHUTDOWN_TIME: Duration = Duration::from_secs(120);

/// Plays a setup.
///
/// # Errors
/// The first violation.
pub fn run(setup: &Setup, trace: bool) -> Result<Report, Box<Violation>> {
    let mut simulation = Simulation::new(setup.clone(), trace);
    let result = simulation.play();
    let disk = if trace { simulation.machine.medium.image() } else { Vec::new() };
    let trace = simulation.machine.universe.trace();
    match result {
        Ok(()) => {
            let answers = simulation.shared.reference().answers;
            Ok(Report { answers, starts: simulation.starts, faults: simulation.faults, trace })
        }
        Err(what) => Err(Box::new(Violation {
            seed: setup.seed,
            what,
            setup: format!("{:?}", Setup { seed: setup.seed, ..setup.clone() }),
            planted: setup.config.planted.map_or_else(String::new, |bug| format!(" --planted {bug:?}")),
            trace,
            disk,
        })),
    }
}

pub(crate) struct Simulation {
    pub(crate) setup: Setup,
    pub(crate) machine: Machine,
    pub(crate) shared: Arc<Shared>,
    pub(crate) random: Random,
    pub(crate) starts: u64,
    faults: Vec<Fault>,
    pub(crate) log_decayed: bool,
    /// A start that did not come to its end has said that the log ends in a torn group, and may have written it anew.
    torn_told: bool,
    /// When the last process ended that had opened the store.
    served_until: Duration,
    pub(crate) flushed_through: u64,
    /// Copies of the catalog, oldest first.
    pub(crate) backups: Vec<MemoryCatalog>,
    /// How often one of them may still be put back.
    pub(crate) restores_left: u64,
    /// One was, and files that it does not know have not been adopted.
    pub(crate) is_hidden: bool,
    /// One was, so that the log may begin later than files end.
    pub(crate) has_restored: bool,
    /// The last process has ended in order with nothing left to be flushed.
    pub(crate) is_all_in_files: bool,
    /// Events that the next start reads from the log, as somebody has found who looked.
    pub(crate) log_events: Option<u64>,
}

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    PowerFailure,
    Kill,
    Shutdown { power_fails: bool },
}

/// What is in the store at one instant, for comparing two recoveries.
type Content = Vec<(EnvironmentId, Vec<Found>, Vec<FileRow>, Vec<ColumnRow>)>;

impl Simulation {
    fn new(setup: Setup, trace: bool) -> Self {
        let universe = Universe::new(setup.seed, trace);
        let medium = Medium::new(setup.seed, &universe, setup.rates.clone());
        let catalog = MemoryCatalog::default();
        for slug in &setup.environments {
            let made = catalog.ensure_environment(slug).now_or_never();
            made.expect("a catalog without a fate answers at once").expect("and does not fail");
        }
        let troubles = Arc::new(Troubles::new(setup.rates.catalog, Random::new(setup.seed, "troubles")));
        let shared = Arc::new(Shared::new(setup.clone(), universe.clone(), medium.clone()));
        let random = Random::new(setup.seed, "driver");
        let machine = Machine { universe, medium, catalog, troubles };
        Self {
            restores_left: setup.restores,
            setup,
            machine,
            shared,
            random,
            starts: 0,
            faults: Vec::new(),
            log_decayed: false,
            torn_told: false,
            served_until: Duration::ZERO,
            flushed_through: 0,
            backups: Vec::new(),
            is_hidden: false,
            has_restored: false,
            is_all_in_files: false,
            log_events: None,
        }
    }

    fn play(&mut self) -> Result<(), String> {
        for _ in 0..self.setup.lives {
            self.live_once()?;
            self.restore()?;
            self.back_up();
        }
        self.settle()
    }

    /// One life under faults: start, work, end, and what happens to the machine before the next start.
    pub(crate) fn live_once(&mut self) -> Result<(), String> {
        let Some((mut process, store)) = self.start()? else { return Ok(()) };
        self.work(&mut process, &store);
        let steps = self.random.between(50, *self.random.clone().pick(&[300, 2_000, 8_000]));
        let shared = self.shared.clone();
        let drive = process.drive(steps, Duration::MAX / 4, || shared.reference().violation.is_some());
        self.no_violation(&drive)?;
        let end = match self.random.below(10) {
            0..5 => End::PowerFailure,
            5..7 => End::Kill,
            _ => End::Shutdown { power_fails: self.random.one_in(2) },
        };
        self.machine.universe.note(|| format!("end: {end:?}"));
        if let End::Shutdown { .. } = end {
            let closing = store.clone();
            let stopped = process.wait(async move { closing.shutdown().await }, SHUTDOWN_TIME);
            stopped.map_err(|drive| format!("shutdown does not end: {drive:?}"))?;
            self.no_violation(&Drive::Done)?;
        }
        let is_all_in_files = matches!(end, End::Shutdown { .. }) && store.stats().live_rows == 0;
        self.end_life(process, Some(store), matches!(end, End::PowerFailure | End::Shutdown { power_fails: true }), end);
        self.check_flushed_through()?;
        self.is_all_in_files = is_all_in_files;
        if self.random.one_in(4) {
            self.verify()?;
        }
        if self.random.one_in(3) {
            self.recover_twice()?;
        }
        self.log_events = None;
        if self.random.one_in(self.setup.rates.flip) {
            self.machine.medium.decay();
        }
        self.log_decayed |= self.machine.medium.flips().iter().any(|flip| flip.path.starts_with("log/"));
        let pause_s = *self.random.pick(&[0, 0, 1, 100, 1_000]);
        self.machine.universe.advance(Duration::from_secs(pause_s));
        Ok(())
    }

    /// Starts the process, over crashes during recovery, until it is open and what it holds has been compared. `None` when the
    /// faults did not let it open.
    pub(crate) fn start(&mut self) -> Result<Option<(Process, Arc<Store>)>, String> {
        let rate = self.setup.rates.full;
        if self.random.one_in(rate) {
            let room = self.random.below(64 << 10);
            self.machine.medium.set_room(Some(room));
        }
        for attempt in 0..12 {
            let mut process = Process::start(&self.machine, &self.setup.config, &mut self.random);
            // The last attempts are left alone, so that a start is seen in the end.
            let is_calm = attempt >= 6;
            self.suspend_faults(is_calm, true);
            let steps = if !is_calm && self.random.one_in(3) { self.random.between(1, 150) } else { STEPS_MAX };
            let opened = &process.opened_flag();
            let drive = process.drive(steps, START_TIME * 20, || opened.is_set());
            self.suspend_faults(is_calm, false);
            let opened = process.take_opened();
            if !matches!(opened, Some(Ok(_))) {
                self.torn_told |= process.has_told(FaultKind::TornTail);
            }
            match (drive, opened) {
                (Drive::Done, Some(Ok((store, report)))) => {
                    self.starts += 1;
                    self.settle_start(&mut process, &store, &report)?;
                    return Ok(Some((process, store)));
                }
                (Drive::Done, Some(Err(error))) => {
                    self.machine.universe.note(|| format!("the store does not open: {error}"));
                    if is_calm && self.setup.rates.full == 0 && self.setup.rates.catalog == 0 {
                        return Err(format!("the store does not open although nothing fails: {error}"));
                    }
                    self.end_life(process, None, false, End::Kill);
                }
                (Drive::Steps, None) => {
                    let power_fails = self.random.one_in(2);
                    self.end_life(process, None, power_fails, if power_fails { End::PowerFailure } else { End::Kill });
                }
                (drive, _) => return Err(format!("starting does not end: {drive:?}")),
            }
            self.check_flushed_through()?;
        }
        self.machine.medium.set_room(None);
        Ok(None)
    }

    /// The first look after a start, undisturbed: what must be there is, and what is not there now will not come.
    fn settle_start(&mut self, process: &mut Process, store: &Arc<Store>, report: &OpenReport) -> Result<(), String> {
        let mut damage = damage(report, self.log_decayed);
        damage.torn_tail |= std::mem::take(&mut self.torn_told);
        self.machine.universe.note(|| format!("open: {} events recovered, {:?}", report.recovered_events, messages(&report.faults)));
        self.faults.extend(report.faults.iter().cloned());
        let said = report.faults.iter().find(|fault| fault.kind == FaultKind::LogDamage);
        if let Some(fault) = said.filter(|_| !self.log_decayed && !self.has_restored) {
            return Err(format!("a crash alone is told as damage: {}", fault.message));
        }
        let mut registries = Vec::new();
        for (environment, _) in store.environments() {
            let claims = self.shared.reference().claims(environment);
            let snapshot = store.snapshot(&Scope::all(environment));
            let found = self.read(process, &snapshot)?;
            self.shared.tick();
            self.shared.reference().compare(&claims, found, self.machine.universe.now(), Some(&damage))?;
            reading::check_received(&snapshot, self.shared.reference().latest_ns())?;
            registries.push((environment, snapshot.registry));
        }
        // Column numbers are drawn over all environments: what one has lost may change those of another.
        for (environment, registry) in registries {
            self.shared.reference().compare_registry(environment, &registry)?;
        }
        Ok(())
    }

    fn read(&self, process: &mut Process, snapshot: &Snapshot) -> Result<Vec<Found>, String> {
        self.suspend_faults(true, true);
        let (snapshot, shared) = (snapshot.clone(), self.shared.clone());
        let found = process.wait(async move { reading::read(&snapshot, &shared.medium, &shared.files).await }, START_TIME);
        self.suspend_faults(true, false);
        match found {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(Unread::Wrong(wrong))) => Err(wrong),
            Ok(Err(Unread::Disk)) => Err("a read fails although no fault was injected".to_owned()),
            Err(drive) => Err(format!("reading does not end: {drive:?}")),
        }
    }

    pub(crate) fn suspend_faults(&self, wanted: bool, suspend: bool) {
        if wanted {
            self.machine.medium.faults(|faults| faults.suspend(suspend));
        }
    }

    fn work(&mut self, process: &mut Process, store: &Arc<Store>) {
        let spawner = &process.spawner;
        for _ in 0..self.setup.clients {
            let count = self.random.between(1, 25);
            spawner.start("client", workload::client(self.shared.clone(), store.clone(), count));
        }
        let looks = self.random.between(1, 6);
        spawner.start("reader", workload::reader(self.shared.clone(), store.clone(), looks));
        spawner.start("follower", workload::follower(self.shared.clone(), store.clone()));
        spawner.start("janitor", workload::janitor(self.shared.clone()));
        if self.random.one_in(2) {
            spawner.start("flusher", workload::flusher(self.shared.clone(), store.clone()));
        }
        if self.setup.deletes {
            let count = self.random.between(1, 4);
            spawner.start("deleter", workload::deleter(self.shared.clone(), store.clone(), count));
        }
    }

    pub(crate) fn end_life(&mut self, process: Process, store: Option<Arc<Store>>, power_fails: bool, end: End) {
        if let Some(store) = &store {
            self.faults.extend(store.faults());
        }
        if store.is_some() {
            self.served_until = self.machine.universe.now();
        }
        drop(store);
        process.end(power_fails, &self.machine.medium);
        self.forgive(end);
    }

    /// A process is gone, whatever it was for; what it was said to have may be lost, as relaxed durability allows.
    pub(crate) fn forgive(&mut self, end: End) {
        let interval = self.setup.relaxed_interval().filter(|_| end == End::PowerFailure);
        // The sync itself takes a moment too. What a killed process has left unsynced stays so until the next start is done.
        let forgiven = interval.map(|interval| self.served_until.saturating_sub(interval + Duration::from_millis(100)));
        self.shared.reference().end_life(forgiven);
    }

    fn no_violation(&self, drive: &Drive) -> Result<(), String> {
        if let Some(violation) = &self.shared.reference().violation {
            return Err(violation.clone());
        }
        match drive {
            Drive::Panicked(what) => Err(what.clone()),
            Drive::Stuck => Err("nothing can run any more".to_owned()),
            Drive::Done | Drive::Steps | Drive::Time => Ok(()),
        }
    }

    fn check_flushed_through(&mut self) -> Result<(), String> {
        let now = self.machine.catalog.state().flushed_through;
        if now < self.flushed_through {
            return Err(format!("flushed_through went back from {} to {now}", self.flushed_through));
        }
        self.flushed_through = now;
        Ok(())
    }

    /// Two recoveries from one image, under different schedules, find the same.
    fn recover_twice(&mut self) -> Result<(), String> {
        let (one, two) = (self.recover_copy()?, self.recover_copy()?);
        if one != two {
            return Err(format!("two recoveries from one image differ: {one:?} and {two:?}"));
        }
        Ok(())
    }

    fn recover_copy(&mut self) -> Result<Content, String> {
        let copy = self.machine.copy(self.random.next_u64());
        // What is found, before anything is made of it.
        let mut config = self.setup.config.clone();
        config.merge.enabled = false;
        config.retention.keep = None;
        let mut process = Process::start(&copy, &config, &mut self.random);
        let opened = &process.opened_flag();
        let drive = process.drive(STEPS_MAX, START_TIME, || opened.is_set());
        let opened = process.take_opened();
        let (store, report) = match opened {
            Some(Ok(opened)) => opened,
            Some(Err(error)) => return Err(format!("a copy does not open although nothing fails: {error}")),
            None => return Err(format!("starting a copy does not end: {drive:?}")),
        };
        if let Some(events) = self.log_events.filter(|events| *events != report.recovered_events) {
            return Err(format!("the log was said to have {events} events, a start recovers {}", report.recovered_events));
        }
        let mut content = Content::new();
        for (environment, _) in store.environments() {
            let snapshot = store.snapshot(&Scope::all(environment));
            let columns = snapshot.registry.columns().cloned().collect();
            let files = snapshot.files.iter().map(|file| file.row.clone()).collect();
            let mut found = reading::live_rows(&snapshot)?;
            found.sort_by_key(|row| row.seq);
            content.push((environment, found, files, columns));
        }
        drop(store);
        process.end(false, &copy.medium);
        Ok(content)
    }

    /// The faults stop. Half of the time the process goes on, half of the time it is started again; soon after a minute at the latest
    /// everything is flushed, ready and tidy, and after a last clean restart everything is there.
    fn settle(&mut self) -> Result<(), String> {
        let running = if self.random.one_in(2) { self.start()? } else { None };
        if let Some((process, store)) = running {
            let mut process = process;
            self.work(&mut process, &store);
            let steps = self.random.between(50, 2_000);
            let shared = self.shared.clone();
            let drive = process.drive(steps, Duration::MAX / 4, || shared.reference().violation.is_some());
            self.no_violation(&drive)?;
            self.stop_faults();
            self.calm_down(process, store)?;
        }
        self.stop_faults();
        if self.setup.adopts_in_the_end || self.is_hidden {
            self.adopt()?;
        }
        let (process, store) = self.start()?.ok_or("the store does not open although the faults have stopped")?;
        self.calm_down(process, store)?;
        self.verify()?;
        let (process, store) = self.start()?.ok_or("the store does not open after a clean shutdown")?;
        self.calm_down(process, store)
    }

    fn stop_faults(&mut self) {
        self.machine.universe.note(|| "the faults stop".to_owned());
        self.setup.rates = crate::disk::FaultRates::default();
        self.machine.medium.faults(crate::disk::Faults::stop);
        self.machine.medium.set_room(None);
        self.machine.troubles.stop();
    }

    fn calm_down(&mut self, mut process: Process, store: Arc<Store>) -> Result<(), String> {
        let shared = self.shared.clone();
        let drive = process.drive(STEPS_MAX, SETTLE_TIME, || shared.reference().violation.is_some());
        self.no_violation(&drive)?;
        let (readiness, stats) = (store.readiness(), store.stats());
        if !readiness.ready {
            return Err(format!("not ready a minute after the faults stopped: {:?}", readiness.checks));
        }
        if (stats.live_rows, stats.queued_bytes) != (0, 0) {
            return Err(format!("not everything is flushed a minute after the faults stopped: {stats:?}, {:?}", messages(&store.faults())));
        }
        for (environment, _) in store.environments() {
            let claims = self.shared.reference().claims(environment);
            let snapshot = store.snapshot(&Scope::all(environment));
            let found = self.read(&mut process, &snapshot)?;
            self.shared.tick();
            self.shared.reference().compare(&claims, found, self.machine.universe.now(), None)?;
            reading::check_received(&snapshot, self.shared.reference().latest_ns())?;
        }
        self.check_flushed_through()?;
        // A file may be being written just now.
        for _ in 0..10 {
            if verifying::check_files(&self.machine).is_err() {
                let drive = process.drive(STEPS_MAX, Duration::from_secs(1), || false);
                self.no_violation(&drive)?;
            }
        }
        verifying::check_files(&self.machine)?;
        let deletions = self.machine.deletions();
        self.shared.reference().learn_deletions(&deletions);
        self.no_violation(&Drive::Done)?;
        if let Some(deletion) = deletions.iter().find(|deletion| deletion.finished.is_none() && self.machine.medium.flips().is_empty()) {
            return Err(format!("a minute after the faults stopped {deletion:?} is not done"));
        }
        let closing = store.clone();
        let stopped = process.wait(async move { closing.shutdown().await }, SHUTDOWN_TIME);
        stopped.map_err(|drive| format!("shutdown does not end: {drive:?}"))?;
        self.end_life(process, Some(store), false, End::Shutdown { power_fails: false });
        Ok(())
    }
}

fn damage(report: &OpenReport, log_decayed: bool) -> Damage {
    let damages = report.faults.iter().filter(|fault| fault.kind == FaultKind::LogDamage);
    let named = damages.filter_map(|fault| {
        let word = fault.message.strip_prefix("log record ")?.split(' ').next()?;
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        Some(first.parse::<u64>().ok()?..=last.parse().ok()?)
    });
    let torn_tail = report.faults.iter().any(|fault| fault.kind == FaultKind::TornTail);
    Damage { log_decayed, named: named.flatten().collect(), torn_tail }
}

fn messages(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.message.as_str()).collect()
}

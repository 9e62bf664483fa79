//! A process that ends after each step of a merge, of retention and of a deletion: the next one finds every row that was to
//! stay, none twice, comes to the same end, and leaves nothing lying about.

use crate::age::Age;
use crate::body;
use crate::disk::{FaultRates, Medium};
use crate::fate::Troubles;
use crate::process::{Drive, Machine, Process, STEPS_MAX};
use crate::random::Random;
use crate::reading::{self, FileCache, Found, Unread};
use crate::reference::Reference;
use crate::universe::Universe;
use crate::verifying::check_files;
use glasshive_model::{Codec, EnvironmentId, EventSink as _, Signal};
use glasshive_store::catalog::memory::MemoryCatalog;
use glasshive_store::{MergeConfig, Retention, RetentionRule, RowFilter, Scope, Store, StoreConfig};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a process is doing when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Merging all files, and removing those that were merged.
    Merge,
    /// Letting go of files, and of some datasets of files that others share.
    Retention,
    /// Deleting the rows of one request.
    Deletion,
}

/// Whatever is waited for takes less.
const TIME: Duration = Duration::from_secs(600);
/// The dataset that is not kept for long.
const SHORT_LIVED: &str = "shop";
/// The request whose rows are deleted.
const DELETED: u64 = 2;
const REQUESTS: u64 = 8;

/// What is on the machine before the work, and what must be there after it.
struct Stage {
    work: Work,
    seed: u64,
    machine: Machine,
    config: StoreConfig,
    before: Vec<Found>,
    after: Vec<Found>,
}

/// Plays the work to its end once, then again and again up to each step of it, after which the process is killed or the power
/// fails. Returns how many steps there are.
///
/// # Errors
/// The first thing that is wrong, in words.
pub fn end_at_each_step(work: Work, seed: u64) -> Result<u64, String> {
    let stage = Stage::new(work, seed)?;
    let mut steps = 0;
    loop {
        let mut has_ended = true;
        for power_fails in [false, true] {
            let played = stage.play(steps, power_fails);
            has_ended &=
                played.map_err(|what| format!("{work:?}, seed {seed}, after {steps} steps, power fails: {power_fails}: {what}"))?;
        }
        if has_ended {
            return Ok(steps);
        }
        steps += 1;
    }
}

impl Stage {
    fn new(work: Work, seed: u64) -> Result<Self, String> {
        let universe = Universe::new(seed, false);
        let machine = Machine {
            medium: Medium::new(seed, &universe, FaultRates::default()),
            catalog: MemoryCatalog::default(),
            troubles: Arc::new(Troubles::new(0, Random::new(seed, "troubles"))),
            universe,
        };
        let mut stage = Self { work, seed, machine, config: config(), before: Vec::new(), after: Vec::new() };
        let (mut process, store) = stage.start(&stage.machine, 0)?;
        let mut reference = Reference::new(Age::default());
        for _ in 0..REQUESTS {
            let text = request(reference.next_number(), stage.machine.universe.wall_ns());
            let number = reference.add((EnvironmentId::LOCAL, "local"), None, &text, Codec::Identity, text.clone().into_bytes());
            let submission = reference.begin(number, stage.machine.universe.wall_ns(), stage.machine.universe.now());
            let writer = store.clone();
            let written = process.wait(
                async move {
                    writer.append(submission).await.map_err(|error| error.to_string())?;
                    writer.flush().await.map_err(|error| error.to_string())
                },
                TIME,
            );
            written.map_err(|drive| format!("writing does not end: {drive:?}"))??;
        }
        stage.before = rows(&mut process, &store, &stage.machine)?;
        stage.after = stage.before.iter().filter(|row| stage.stays(row)).cloned().collect();
        shut_down(&mut process, &store)?;
        drop(store);
        process.end(false, &stage.machine.medium);
        if work == Work::Retention {
            stage.config.retention.rules = vec![rule(SHORT_LIVED, 1)];
            // Longer than that, and not so long that the clock would be doubted.
            stage.machine.universe.advance(Duration::from_secs(2 * 3_600));
        }
        Ok(stage)
    }

    fn stays(&self, row: &Found) -> bool {
        let dataset = row.shown.get(glasshive_model::names::META_DATASET).map(ToString::to_string).unwrap_or_default();
        match self.work {
            Work::Merge => true,
            Work::Retention => dataset != SHORT_LIVED,
            Work::Deletion => row.request != DELETED,
        }
    }

    /// Starts a process; `life` draws its schedule.
    fn start(&self, machine: &Machine, life: u64) -> Result<(Process, Arc<Store>), String> {
        let mut process = Process::start(machine, &self.config, &mut Random::new(self.seed * 100 + life, "steps"));
        let opened = process.opened_flag();
        let drive = process.drive(STEPS_MAX, TIME, || opened.is_set());
        match process.take_opened() {
            Some(Ok((store, report))) if report.faults.iter().all(|fault| fault.message.starts_with("recovered ")) => Ok((process, store)),
            Some(Ok((_, report))) => Err(format!("a start says {:?}", report.faults)),
            Some(Err(error)) => Err(format!("the store does not open: {error}")),
            None => Err(format!("starting does not end: {drive:?}")),
        }
    }

    /// Begins the work; the flag is set when nothing is left to be done but to remove what was replaced.
    fn begin(&self, process: &Process, store: &Arc<Store>) -> Arc<AtomicBool> {
        let (work, store, flag) = (self.work, store.clone(), Arc::new(AtomicBool::new(false)));
        let done = flag.clone();
        process.spawner.start("work", async move {
            let is_done = match work {
                Work::Merge => store.merge_all().await.is_ok(),
                Work::Retention => true,
                Work::Deletion => store.delete_rows(EnvironmentId::LOCAL, filter(), "somebody").await.is_ok(),
            };
            done.store(is_done, Ordering::SeqCst);
        });
        flag
    }

    fn is_done(&self, machine: &Machine, flag: &AtomicBool) -> bool {
        let state = machine.catalog.state();
        let is_short_lived = |(slug, _): &(String, u64)| slug == SHORT_LIVED;
        let is_kept_too_long = self.work == Work::Retention && state.files.iter().any(|file| file.datasets.iter().any(is_short_lived));
        flag.load(Ordering::SeqCst) && state.removed.is_empty() && !is_kept_too_long
    }

    /// Lets the process end after so many steps, starts another and lets it do the rest. `true` when it had come to its end before.
    fn play(&self, steps: u64, power_fails: bool) -> Result<bool, String> {
        let machine = self.machine.copy(self.seed);
        let (mut process, store) = self.start(&machine, 1)?;
        let flag = self.begin(&process, &store);
        let drive = process.drive(steps, TIME, || self.is_done(&machine, &flag));
        if let Drive::Panicked(what) = drive {
            return Err(what);
        }
        drop(store);
        process.end(power_fails, &machine.medium);

        let (mut process, store) = self.start(&machine, 2)?;
        self.check_between(&rows(&mut process, &store, &machine)?)?;
        let flag = self.begin(&process, &store);
        let finished = process.drive(STEPS_MAX, TIME, || self.is_done(&machine, &flag));
        if finished != Drive::Done {
            return Err(format!("the next process does not do the rest: {finished:?}"));
        }
        if rows(&mut process, &store, &machine)? != self.after {
            return Err("the next process comes to another end".to_owned());
        }
        check_files(&machine)?;
        shut_down(&mut process, &store)?;
        Ok(drive == Drive::Done)
    }

    /// What stays is there, and of what goes there is nothing that was not there before.
    fn check_between(&self, found: &[Found]) -> Result<(), String> {
        let before: BTreeSet<i64> = self.before.iter().map(|row| row.seq).collect();
        let seen: BTreeSet<i64> = found.iter().map(|row| row.seq).collect();
        if seen.len() != found.len() {
            return Err("a row is there twice".to_owned());
        }
        if let Some(new) = seen.difference(&before).next() {
            return Err(format!("row {new:#x} was not there before"));
        }
        match self.after.iter().find(|row| !found.binary_search_by_key(&row.seq, |row| row.seq).is_ok_and(|at| found[at] == **row)) {
            Some(row) => Err(format!("row {} of request {} is not there, or another", row.row, row.request)),
            None => Ok(()),
        }
    }
}

fn config() -> StoreConfig {
    StoreConfig {
        shown_path: "/sim".to_owned(),
        segment_bytes: 64 << 10,
        reserve_bytes: 0,
        own_file_rows: 6,
        row_group_rows: 16,
        seal_rows: 16,
        merge: MergeConfig { enabled: false, grace: Duration::from_secs(1), ..MergeConfig::default() },
        retention: Retention { every: Duration::from_secs(1), ..Retention::default() },
        ..StoreConfig::default()
    }
}

/// A file for each: the first holds nothing but what does not live long, the others share theirs.
fn request(number: u64, now_ns: i64) -> String {
    let datasets = if number == 0 { [SHORT_LIVED; 3] } else { [SHORT_LIVED, "cart", "mail"] };
    let mut body = format!("request {number}\n");
    for (row, dataset) in datasets.into_iter().enumerate() {
        let signal = Signal::Trace.number();
        let _ = writeln!(body, "row {now_ns} {signal} {dataset} 1 {}\ncell sk{row}=text\ncell ik=7", number + 1);
    }
    body
}

fn rule(dataset: &str, hours: u64) -> RetentionRule {
    RetentionRule { environment: None, class: None, dataset: Some(dataset.to_owned()), keep: Duration::from_secs(hours * 3_600) }
}

fn filter() -> RowFilter {
    let equals = [(body::REQUEST.to_owned(), DELETED.to_string())];
    RowFilter { equals: equals.into(), ..RowFilter::default() }
}

/// Every row that is readable now, in order of `_seq`.
fn rows(process: &mut Process, store: &Arc<Store>, machine: &Machine) -> Result<Vec<Found>, String> {
    let (snapshot, medium) = (store.snapshot(&Scope::all(EnvironmentId::LOCAL)), machine.medium.clone());
    let found = process.wait(async move { reading::read(&snapshot, &medium, &FileCache::default()).await }, TIME);
    match found {
        Ok(Ok(mut found)) => {
            found.sort_by_key(|row| row.seq);
            Ok(found)
        }
        Ok(Err(Unread::Wrong(wrong))) => Err(wrong),
        Ok(Err(Unread::Disk)) => Err("a read fails although no fault was injected".to_owned()),
        Err(drive) => Err(format!("reading does not end: {drive:?}")),
    }
}

fn shut_down(process: &mut Process, store: &Arc<Store>) -> Result<(), String> {
    let closing = store.clone();
    let stopped = process.wait(async move { closing.shutdown().await }, TIME);
    stopped.map_err(|drive| format!("shutdown does not end: {drive:?}"))
}

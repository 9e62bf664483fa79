//! Looking over the directory while no process has it open, as `glasshive verify` does: where nothing is wrong nothing is found,
//! and where something is it is found.

use crate::process::{Machine, Process};
use crate::random::Random;
use crate::reading::sidecar;
use crate::run::Simulation;
use glasshive_store::StoreConfig;
use glasshive_store::adopt::{Adopter, Offer};
use glasshive_store::verify::{Depth, Finding, Level, Verified, verify};
use glasshive_store::world::World;
use std::collections::BTreeSet;
use std::time::Duration;

/// Looking over a small directory takes less.
const TIME: Duration = Duration::from_secs(600);

impl Simulation {
    /// Looks over a copy of what is there, then over one with a damage in it.
    pub(crate) fn verify(&mut self) -> Result<(), String> {
        let copy = self.machine.copy(self.random.next_u64());
        let before = copy.medium.shared_image();
        let is_deep = self.random.one_in(2);
        let (verified, _) = look_over(&copy, &self.setup.config, is_deep, &mut self.random)?;
        if copy.medium.shared_image() != before {
            return Err("looking over the directory changes it".to_owned());
        }
        let state = copy.catalog.state();
        let rows = state.files.iter().map(|file| file.rows).sum::<u64>();
        if (verified.files, verified.rows) != (state.files.len() as u64, rows) {
            return Err(format!("{} files with {rows} rows are looked over as {verified:?}", state.files.len()));
        }
        if let Some(finding) = verified.findings.iter().find(|finding| !self.is_expected(finding)) {
            return Err(format!("looking over the directory finds {finding:?}"));
        }
        self.log_events = Some(verified.log_events);
        let sound = state.files.iter().filter(|file| !verified.findings.iter().any(|finding| finding.file == file.path));
        let sound: Vec<_> = sound.map(|file| file.path.clone()).collect();
        if sound.is_empty() {
            return Ok(());
        }
        let damaged = self.random.pick(&sound).clone();
        let path = if self.random.one_in(3) { sidecar(&damaged) } else { damaged.clone() };
        let done = copy.medium.damage(&path);
        let (verified, _) = look_over(&copy, &self.setup.config, is_deep, &mut self.random)?;
        match verified.findings.iter().any(|finding| finding.file == damaged && finding.level > Level::Note) {
            true => Ok(()),
            false => Err(format!("{done} of {path} is not found: {:?}", verified.findings)),
        }
    }

    /// Whether something has happened that a finding tells of.
    fn is_expected(&self, finding: &Finding) -> bool {
        let is_decayed = |path: &str| self.machine.medium.flips().iter().any(|flip| flip.path == path);
        match finding.file.strip_suffix(".parquet") {
            _ if finding.level == Level::Note => true,
            Some(_) => self.is_hidden || is_decayed(&finding.file) || is_decayed(&sidecar(&finding.file)),
            // What is missing in the log.
            None => self.log_decayed || self.has_restored,
        }
    }
}

/// What there is that the catalog does not know, and what is the matter with the rest.
fn look_over(machine: &Machine, config: &StoreConfig, is_deep: bool, random: &mut Random) -> Result<(Verified, Vec<Offer>), String> {
    let (mut process, world) = Process::idle(machine, random);
    let config = config.clone();
    machine.medium.faults(|faults| faults.suspend(true));
    let looked = process.wait(look(world, config, Depth { rows: is_deep }), TIME);
    machine.medium.faults(|faults| faults.suspend(false));
    process.end(false, &machine.medium);
    looked.map_err(|drive| format!("looking over the directory does not end: {drive:?}"))?
}

pub(crate) async fn look(world: World, config: StoreConfig, depth: Depth) -> Result<(Verified, Vec<Offer>), String> {
    let failed = |error: glasshive_store::OpenError| format!("the directory cannot be looked over: {error}");
    let offers = Adopter::open(config.clone(), world.clone()).await.map_err(failed)?.offers().await.map_err(failed)?;
    let verified = verify(&world, &config, depth, &offers).await.map_err(failed)?;
    Ok((verified, offers))
}

/// I4: every file is a log segment, the reserve, in quarantine, or a data file (with its sidecar) that the catalog names; and
/// every file that it names is there.
pub(crate) fn check_files(machine: &Machine) -> Result<(), String> {
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for file in machine.catalog.state().files {
        expected.insert(sidecar(&file.path));
        expected.insert(file.path);
    }
    let leaving = machine.catalog.state().removed;
    let leaving: BTreeSet<String> = leaving.into_iter().flat_map(|file| [sidecar(&file.path), file.path]).collect();
    let present: BTreeSet<String> = machine.medium.files().into_iter().map(|(path, _)| path).collect();
    if let Some(missing) = expected.difference(&present).next() {
        return Err(format!("{missing} is in the catalog and not on the disk"));
    }
    let is_known = |path: &str| path.starts_with("log/") || path.starts_with("quarantine/") || !path.contains('/');
    match present.difference(&expected).find(|path| !is_known(path) && !leaving.contains(*path)) {
        Some(unknown) => Err(format!("{unknown} is on the disk and nobody refers to it")),
        None => Ok(()),
    }
}

//! A catalog of before is put back: files that it does not know are kept, told of and adopted, and every row is there once.

use crate::process::{Drive, Process, STEPS_MAX};
use crate::run::{End, Simulation};
use crate::verifying::look;
use glasshive_store::StoreConfig;
use glasshive_store::adopt::{AdoptError, Adopter, Offer, Verdict};
use glasshive_store::catalog::memory::MemoryCatalog;
use glasshive_store::verify::{Depth, Level, set_aside};
use glasshive_store::world::World;
use std::time::Duration;

/// Adopting everything in a small directory takes less.
const TIME: Duration = Duration::from_secs(600);
/// Adopting once more what was not adopted the time before, so often.
const ROUNDS_MAX: usize = 8;
/// Backups that are kept.
const BACKUPS_MAX: usize = 3;

impl Simulation {
    /// Keeps a copy of the catalog now and then. One of before the first start knows nothing of the log.
    pub(crate) fn back_up(&mut self) {
        if self.setup.restores > 0 && self.starts > 0 && self.random.one_in(2) {
            if self.backups.len() == BACKUPS_MAX {
                self.backups.remove(0);
            }
            self.machine.universe.note(|| "the catalog is backed up".to_owned());
            self.backups.push(self.machine.backup());
        }
    }

    /// Puts one of the copies back, lets the store live with it for a while, and adopts what it does not know.
    pub(crate) fn restore(&mut self) -> Result<(), String> {
        if self.backups.is_empty() || self.restores_left == 0 || !self.random.one_in(2) {
            return Ok(());
        }
        self.restores_left -= 1;
        let place = self.random.below(self.backups.len() as u64) as usize;
        // Those of later would not know what is done from now on.
        self.backups.truncate(place + 1);
        let backup = self.backups[place].clone();
        let loses_log = self.is_all_in_files && self.random.one_in(3);
        self.machine.universe.note(|| format!("an older catalog is put back, the log is lost: {loses_log}"));
        self.put_back(&backup, loses_log)?;
        if self.random.one_in(2) {
            // As good as any other life, but that rows may be missing.
            self.live_once()?;
        } else if self.random.one_in(2) {
            self.start_and_end()?;
        }
        self.adopt()?;
        let expected = self.random.one_in(2);
        if expected { self.start_and_end() } else { Ok(()) }
    }

    fn put_back(&mut self, backup: &MemoryCatalog, loses_log: bool) -> Result<(), String> {
        let copy = crate::process::Machine { catalog: backup.clone(), ..self.machine.clone() }.backup();
        self.machine.catalog = copy;
        if loses_log {
            self.machine.medium.lose("log/");
        }
        self.set_hidden(true);
        self.has_restored = true;
        self.flushed_through = self.machine.catalog.state().flushed_through;
        self.shared.forget_births();
        let deletions = self.machine.deletions();
        self.shared.reference().catalog_restored(&deletions, loses_log)
    }

    fn set_hidden(&mut self, is_hidden: bool) {
        self.is_hidden = is_hidden;
        self.shared.files.set_old(is_hidden);
    }

    fn start_and_end(&mut self) -> Result<(), String> {
        let Some((process, store)) = self.start()? else { return Ok(()) };
        let power_fails = self.random.one_in(2);
        self.end_life(process, Some(store), power_fails, if power_fails { End::PowerFailure } else { End::Kill });
        Ok(())
    }

    /// Adopts everything, first under faults and ends of the process, then undisturbed. What cannot be read and was not replaced is
    /// set aside.
    pub(crate) fn adopt(&mut self) -> Result<(), String> {
        for _ in 0..self.random.below(4) {
            let steps = self.random.between(1, 400);
            self.adopt_for(steps, false)?;
        }
        self.machine.medium.set_room(None);
        let offers = self.adopt_for(STEPS_MAX, true)?.ok_or("adopting does not end")?;
        if let Some(offer) = offers.iter().find(|offer| matches!(offer.verdict, Verdict::Adoptable { .. })) {
            return Err(format!("adopting everything leaves {offer:?}"));
        }
        let is_beside_damage = |offer: &&Offer| match &offer.verdict {
            Verdict::Refused { reason } => reason.contains("cannot be read"),
            _ => false,
        };
        if let Some(offer) = offers.iter().find(is_beside_damage).filter(|_| self.setup.rates.flip == 0) {
            return Err(format!("nothing is damaged any more, and yet {offer:?}"));
        }
        self.set_hidden(false);
        self.is_all_in_files = false;
        self.shared.reference().unknown_files_adopted();
        Ok(())
    }

    /// What is offered in the end; `None` when it did not come to that.
    fn adopt_for(&mut self, steps: u64, is_calm: bool) -> Result<Option<Vec<Offer>>, String> {
        let (mut process, world) = Process::idle(&self.machine, &mut self.random);
        self.suspend_faults(is_calm, true);
        self.machine.troubles.suspend(is_calm);
        let ended = process.wait_steps(adopt_all(world, self.setup.config.clone()), steps, TIME);
        self.machine.troubles.suspend(false);
        self.suspend_faults(is_calm, false);
        let power_fails = !is_calm && self.random.one_in(2);
        process.end(power_fails, &self.machine.medium);
        if power_fails {
            // What the process before has left unsynced may be lost by now.
            self.forgive(End::PowerFailure);
        }
        match ended {
            Ok(Ok(offers)) => Ok(Some(offers)),
            Ok(Err(error)) if is_calm => Err(format!("adopting fails although nothing else does: {error}")),
            Err(Drive::Panicked(what)) => Err(what),
            Ok(Err(_)) | Err(Drive::Steps | Drive::Time) => Ok(None),
            Err(drive) => Err(format!("adopting does not end: {drive:?}")),
        }
    }
}

/// Adopts until nothing is left to be adopted, sets aside what cannot be read, and adopts again. What is offered then.
async fn adopt_all(world: World, config: StoreConfig) -> Result<Vec<Offer>, String> {
    loop {
        adopt_each(&world, &config).await?;
        let (verified, offers) = look(world.clone(), config.clone(), Depth::default()).await?;
        let lost = verified.findings.iter().filter(|finding| finding.level == Level::Lost && finding.file.ends_with(".parquet"));
        let lost: Vec<String> = lost.map(|finding| finding.file.clone()).collect();
        if lost.is_empty() {
            return Ok(offers);
        }
        set_aside(&world, &lost).await.map_err(|error| error.to_string())?;
    }
}

/// Until there is nothing more.
async fn adopt_each(world: &World, config: &StoreConfig) -> Result<(), String> {
    for _ in 0..ROUNDS_MAX {
        let mut adopter = Adopter::open(config.clone(), world.clone()).await.map_err(|error| error.to_string())?;
        let offers = adopter.offers().await.map_err(|error| error.to_string())?;
        let mut has_adopted = false;
        for offer in offers {
            let Verdict::Adoptable { .. } = offer.verdict else { continue };
            match adopter.adopt(&offer.path).await {
                Ok(adopted) => {
                    has_adopted |= adopted.rows > 0;
                }
                // Another that has its rows was taken in meanwhile.
                Err(AdoptError::Present { .. }) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        if !has_adopted {
            return Ok(());
        }
    }
    Err("there is always more to be adopted".to_owned())
}

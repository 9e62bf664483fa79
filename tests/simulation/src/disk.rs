//! A disk that does everything a disk may do to those who forget to sync.
//!
//! Per file a write-back cache of 512-byte sectors, per directory a queue of unsynced names; a power failure keeps, loses or
//! tears them independently and lets old blocks show through. Calls fail by [`FaultRates`], and every call lets other tasks
//! run before and after its effect.

mod faults;
mod file;
mod inode;
mod names;

pub use faults::{FaultRates, Faults};

use crate::random::Random;
use crate::universe::Universe;
use faults::Call;
use file::SimFile;
use glasshive_base::BoxFuture;
use glasshive_store::world::{Disk, DiskEntry, DiskFile};
use inode::{Inode, Loss};
use names::{NameLoss, Names, name, parent};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `EIO` of Linux.
const EIO: i32 = 5;
/// Removed files whose blocks may come back in new ones.
const GHOSTS_MAX: usize = 6;
/// Bytes of a disk that is not full.
const AMPLE: u64 = 1 << 40;

/// The medium, which outlives every life of the process. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Medium {
    universe: Universe,
    state: Arc<Mutex<State>>,
}

/// The disk as one life of the process sees it.
pub struct SimDisk {
    medium: Medium,
    life: u64,
}

/// A byte that decayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// The file's path when it happened.
    pub path: String,
    /// Where in the file.
    pub offset: usize,
    mask: u8,
    inode: u64,
}

/// A file and how often it has changed, as it is shown or as a power failure would leave it.
pub type Version = (u64, u64);

struct State {
    inodes: BTreeMap<u64, Inode>,
    next_inode: u64,
    names: Names,
    /// How many handles each file has; a removed file stays readable through them.
    handles: BTreeMap<u64, usize>,
    /// A name or a handle went away since files without any were last looked for.
    may_have_orphans: bool,
    ghosts: Vec<Arc<Vec<u8>>>,
    flips: Vec<Flip>,
    capacity: u64,
    faults: Faults,
    random: Random,
}

// === impl Medium ===

impl Medium {
    /// An empty disk.
    pub fn new(seed: u64, universe: &Universe, rates: FaultRates) -> Self {
        let state = State {
            inodes: BTreeMap::new(),
            next_inode: 1,
            names: Names::default(),
            handles: BTreeMap::new(),
            may_have_orphans: true,
            ghosts: Vec::new(),
            flips: Vec::new(),
            capacity: AMPLE,
            faults: Faults::new(rates, Random::new(seed, "faults")),
            random: Random::new(seed, "disk"),
        };
        Self { universe: universe.clone(), state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk for the present life.
    pub fn mount(&self) -> Arc<SimDisk> {
        Arc::new(SimDisk { medium: self.clone(), life: self.universe.life() })
    }

    /// A second disk with the same content, in another universe and without faults.
    pub fn copy(&self, universe: &Universe) -> Medium {
        let state = self.state();
        let copy = State {
            inodes: state.inodes.clone(),
            next_inode: state.next_inode,
            names: state.names.clone(),
            handles: BTreeMap::new(),
            may_have_orphans: true,
            ghosts: state.ghosts.clone(),
            flips: state.flips.clone(),
            capacity: AMPLE,
            faults: Faults::new(FaultRates::default(), state.random.clone()),
            random: state.random.clone(),
        };
        Medium { universe: universe.clone(), state: Arc::new(Mutex::new(copy)) }
    }

    /// The power fails: what was not synced is kept, lost or torn.
    pub fn lose_power(&self) {
        let mut state = self.state();
        let state = &mut *state;
        let random = &mut state.random;
        let loss = *random.pick(&[Loss::All, Loss::None, Loss::Each, Loss::Each, Loss::Tail, Loss::Head]);
        let name_loss = *random.pick(&[NameLoss::All, NameLoss::None, NameLoss::Prefix, NameLoss::Each]);
        self.universe.note(|| format!("power fails: sectors {loss:?}, names {name_loss:?}"));
        state.names.lose_power(name_loss, random);
        state.may_have_orphans = true;
        state.collect();
        for inode in state.inodes.values_mut() {
            inode.lose_power(loss, &mut state.random);
        }
    }

    /// A byte of some synced file decays, if there is one. Zeros that were never written hold nothing, so bytes that say
    /// something are preferred.
    pub fn decay(&self) {
        let mut state = self.state();
        let state = &mut *state;
        let found = state.names.iter().filter(|(_, inode)| {
            let inode = &state.inodes[inode];
            inode.is_clean() && !inode.medium.is_empty()
        });
        let mut files: Vec<(String, u64)> = found.map(|(path, inode)| (path.to_owned(), inode)).collect();
        // The log is where it hurts: what stands there may stand nowhere else.
        let log: Vec<(String, u64)> = files.iter().filter(|(path, _)| path.starts_with("log/")).cloned().collect();
        if !log.is_empty() && state.random.one_in(2) {
            files = log;
        }
        if files.is_empty() {
            return;
        }
        let (path, inode) = state.random.pick(&files).clone();
        let bytes = &state.inodes[&inode].medium;
        let mut offset = 0;
        for _ in 0..64 {
            offset = state.random.below(bytes.len() as u64) as usize;
            if bytes[offset] != 0 {
                break;
            }
        }
        let mask = 1 << state.random.below(8);
        self.universe.note(|| format!("byte {offset} of {path} decays"));
        state.inodes.get_mut(&inode).expect("a named file exists").flip(offset, mask);
        state.flips.push(Flip { path, offset, mask, inode });
    }

    /// Every byte that decayed and was not healed.
    pub fn flips(&self) -> Vec<Flip> {
        self.state().flips.clone()
    }

    /// Turns the decayed bytes of the file at `path` back. `false` when it had none.
    pub fn heal(&self, path: &str) -> bool {
        let mut state = self.state();
        let Some(inode) = state.names.get(path) else { return false };
        let (healed, rest) = std::mem::take(&mut state.flips).into_iter().partition(|flip| flip.inode == inode);
        state.flips = rest;
        for Flip { offset, mask, .. } in &healed {
            state.inodes.get_mut(&inode).expect("a named file exists").flip(*offset, *mask);
        }
        !Vec::is_empty(&healed)
    }

    /// Somebody damages a file: changes a byte of it, cuts it short or removes it. What was done, in words.
    pub fn damage(&self, path: &str) -> &'static str {
        let mut state = self.state();
        let state = &mut *state;
        let inode = state.names.get(path).expect("only files that are there are damaged");
        let length = state.inodes[&inode].medium.len() as u64;
        let (random, file) = (&mut state.random, state.inodes.get_mut(&inode).expect("a named file exists"));
        match random.below(4) {
            0 if length > 0 => {
                file.cut(random.below(length) as usize);
                "a cut"
            }
            1 => {
                state.names.lose(path);
                "the loss"
            }
            _ if length > 0 => {
                file.flip(random.below(length) as usize, 1 << random.below(8));
                "a changed byte"
            }
            _ => {
                state.names.lose(path);
                "the loss"
            }
        }
    }

    /// Somebody removes every file whose path begins so, durably.
    pub fn lose(&self, prefix: &str) {
        let mut state = self.state();
        let paths: Vec<String> = state.names.iter().map(|(path, _)| path.to_owned()).filter(|path| path.starts_with(prefix)).collect();
        paths.iter().for_each(|path| state.names.lose(path));
        state.may_have_orphans = true;
        state.collect();
    }

    /// Leaves `room` bytes free from now on; as many as anybody wants with `None`.
    pub fn set_room(&self, room: Option<u64>) {
        let mut state = self.state();
        state.capacity = room.map_or(AMPLE, |room| state.used() + room);
        self.universe.note(|| format!("room on disk: {room:?}"));
    }

    /// Asks or changes the faults.
    pub fn faults<T>(&self, ask: impl FnOnce(&mut Faults) -> T) -> T {
        ask(&mut self.state().faults)
    }

    /// Every path and length.
    pub fn files(&self) -> Vec<(String, u64)> {
        let state = self.state();
        state.names.iter().map(|(path, inode)| (path.to_owned(), state.inodes[&inode].cache.len() as u64)).collect()
    }

    /// Every path, and what the file holds.
    pub fn image(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.state();
        state.names.iter().map(|(path, inode)| (path.to_owned(), state.inodes[&inode].cache.to_vec())).collect()
    }

    /// The same to be compared with what is there later: costs nothing where nothing has changed.
    pub fn shared_image(&self) -> Vec<(String, Arc<Vec<u8>>)> {
        let state = self.state();
        state.names.iter().map(|(path, inode)| (path.to_owned(), state.inodes[&inode].cache.clone())).collect()
    }

    /// What file a path names in which state; `None` when there is none.
    pub fn version(&self, path: &str) -> Option<Version> {
        let state = self.state();
        state.names.get(path).map(|inode| state.version(inode))
    }
}

impl State {
    fn version(&self, inode: u64) -> Version {
        (inode, self.inodes[&inode].changes)
    }

    fn used(&self) -> u64 {
        self.inodes.values().map(|inode| inode.cache.len() as u64).sum()
    }

    /// Forgets files without a name; their blocks are free to come back.
    fn collect(&mut self) {
        if !std::mem::take(&mut self.may_have_orphans) {
            return;
        }
        let mut needed = self.names.needed();
        needed.extend(self.handles.keys());
        needed.sort_unstable();
        let gone: Vec<u64> = self.inodes.keys().copied().filter(|inode| needed.binary_search(inode).is_err()).collect();
        for inode in gone {
            let medium = self.inodes.remove(&inode).expect("the key was just listed").medium;
            if medium.is_empty() {
                continue;
            }
            if self.ghosts.len() == GHOSTS_MAX {
                self.ghosts.remove(0);
            }
            self.ghosts.push(medium);
        }
    }

    fn disturb(&mut self) {
        if self.random.one_in(16) {
            self.names.write_back(&mut self.random);
        }
        if self.random.one_in(16) {
            for inode in self.inodes.values_mut() {
                inode.write_back(&mut self.random);
            }
        }
    }
}

// === impl SimDisk ===

impl SimDisk {
    /// What every call does before its effect: time, other tasks, perhaps a failure.
    async fn before(&self, call: Call, what: impl FnOnce() -> String) -> io::Result<()> {
        let universe = &self.medium.universe;
        // Reads of somebody who checks need no schedule of their own, and there are many.
        if call == Call::Read && self.medium.state().faults.is_suspended() {
            return Ok(());
        }
        universe.pause().await;
        let latency = self.medium.state().faults.latency();
        if latency > Duration::ZERO {
            universe.sleep(latency).await;
        }
        if universe.life() != self.life {
            // The process is gone; what its tasks still do while they are dropped goes nowhere.
            return std::future::pending().await;
        }
        let strikes = {
            let mut state = self.medium.state();
            state.disturb();
            state.faults.strikes(call, universe.now())
        };
        universe.note(|| format!("{}{}", what(), if strikes { " FAILS" } else { "" }));
        if strikes { Err(io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    }

    /// What every call does after its effect.
    async fn after(&self) {
        self.medium.universe.pause().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.medium.state()
    }

    fn file(self: &Arc<Self>, path: &str, inode: u64) -> Arc<dyn DiskFile> {
        *self.state().handles.entry(inode).or_default() += 1;
        Arc::new(SimFile { disk: self.clone(), path: path.to_owned(), inode })
    }
}

/// [`Disk`] hands out files that outlive the call, so the calls need the disk by `Arc`.
#[derive(Clone)]
pub struct Mounted(pub Arc<SimDisk>);

impl Disk for Mounted {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            self.0.before(Call::Names, || format!("create {path}")).await?;
            let inode = {
                let mut state = self.0.state();
                if !state.names.is_directory(parent(path)) {
                    return Err(io::ErrorKind::NotFound.into());
                }
                if state.names.get(path).is_some() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                if state.used() >= state.capacity {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                let ghosts = state.ghosts.clone();
                let has_ghost = !ghosts.is_empty() && !state.random.one_in(3);
                let ghost = has_ghost.then(|| state.random.pick(&ghosts).clone());
                let inode = state.next_inode;
                state.next_inode += 1;
                state.inodes.insert(inode, Inode::new(ghost));
                state.names.create(path, inode);
                inode
            };
            self.0.after().await;
            Ok(self.0.file(path, inode))
        })
    }

    fn open<'a>(&'a self, path: &'a str, _: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            self.0.before(Call::Names, || format!("open {path}")).await?;
            let inode = self.0.state().names.get(path).ok_or(io::ErrorKind::NotFound)?;
            Ok(self.0.file(path, inode))
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.0.before(Call::Names, || format!("rename {from} to {to}")).await?;
            {
                let mut state = self.0.state();
                let inode = state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
                if !state.names.is_directory(parent(to)) {
                    return Err(io::ErrorKind::NotFound.into());
                }
                state.names.rename(from, to, inode);
                state.may_have_orphans = true;
                state.collect();
            }
            self.0.after().await;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.0.before(Call::Names, || format!("remove {path}")).await?;
            {
                let mut state = self.0.state();
                state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
                state.names.remove(path);
                state.may_have_orphans = true;
                state.collect();
            }
            self.0.after().await;
            Ok(())
        })
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        Box::pin(async move {
            self.0.before(Call::Read, || format!("list {directory}")).await?;
            let mut state = self.0.state();
            let directories = state.names.directories_below(directory);
            let directories = directories.map(|name| DiskEntry { name: name.to_owned(), is_dir: true, len: 0 });
            let files = state.names.iter().filter(|(path, _)| parent(path) == directory).map(|(path, inode)| {
                let len = state.inodes[&inode].cache.len() as u64;
                DiskEntry { name: name(path).to_owned(), is_dir: false, len }
            });
            let mut entries: Vec<DiskEntry> = directories.chain(files).collect();
            // In any order, as directories are.
            for place in (1..entries.len()).rev() {
                let other = state.random.below(place as u64 + 1) as usize;
                entries.swap(place, other);
            }
            Ok(entries)
        })
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.0.before(Call::Names, || format!("make directory {directory}")).await?;
            let mut state = self.0.state();
            let ends = directory.match_indices('/').map(|(end, _)| end).chain([directory.len()]);
            ends.for_each(|end| state.names.make_directory(&directory[..end]));
            Ok(())
        })
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let before = self.0.before(Call::SyncDir, || format!("sync directory {directory}")).await;
            {
                let mut state = self.0.state();
                let state = &mut *state;
                if !state.names.is_directory(directory) {
                    return Err(io::ErrorKind::NotFound.into());
                }
                match before {
                    Ok(()) => state.may_have_orphans |= state.names.sync(directory),
                    Err(_) => {
                        state.names.fail_sync(directory, &mut state.random);
                        state.may_have_orphans = true;
                    }
                }
                state.collect();
            }
            self.0.after().await;
            before
        })
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move {
            let state = self.0.state();
            Ok(state.capacity.saturating_sub(state.used()))
        })
    }
}

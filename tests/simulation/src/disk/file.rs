//! An open file of the simulated disk.

use super::SimDisk;
use super::faults::Call;
use bytes::Bytes;
use glasshive_base::BoxFuture;
use glasshive_store::world::DiskFile;
use std::io;
use std::sync::Arc;

/// A handle; the file lives while there is one.
pub(super) struct SimFile {
    pub disk: Arc<SimDisk>,
    pub path: String,
    pub inode: u64,
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        let count = state.handles.entry(self.inode).or_default();
        *count -= 1;
        if *count == 0 {
            state.handles.remove(&self.inode);
            // Files with a name, which are nearly all, need no search.
            let path_is = state.names.get(&self.path);
            state.may_have_orphans |= path_is != Some(self.inode);
        }
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            self.disk.before(Call::Read, || format!("read {len} at {offset} of {}", self.path)).await?;
            let state = self.disk.state();
            let inode = &state.inodes[&self.inode];
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = inode.cache.get(start..start.saturating_add(len));
            bytes.map(Bytes::copy_from_slice).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        })
    }

    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let bytes = parts.concat();
            let before = self.disk.before(Call::Write, || format!("write {} at {offset} of {}", bytes.len(), self.path)).await;
            let result = {
                let mut state = self.disk.state();
                let state = &mut *state;
                let room = state.capacity.saturating_sub(state.used());
                let inode = state.inodes.get_mut(&self.inode).expect("a file with a handle exists");
                let end = offset + bytes.len() as u64;
                let growth = end.saturating_sub(inode.cache.len() as u64);
                let (len, result) = match before {
                    Err(error) => (state.random.below(bytes.len() as u64 + 1) as usize, Err(error)),
                    Ok(()) if growth > room => {
                        ((bytes.len() as u64).saturating_sub(growth - room) as usize, Err(io::ErrorKind::StorageFull.into()))
                    }
                    Ok(()) => (bytes.len(), Ok(())),
                };
                inode.write(offset as usize, &bytes[..len]);
                result
            };
            self.disk.after().await;
            result
        })
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let before = self.disk.before(Call::Sync, || format!("sync {}", self.path)).await;
            {
                let mut state = self.disk.state();
                let state = &mut *state;
                let inode = state.inodes.get_mut(&self.inode).expect("a file with a handle exists");
                match before {
                    Ok(()) => inode.sync(),
                    Err(_) => inode.fail_sync(&mut state.random),
                }
            }
            self.disk.after().await;
            before
        })
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move {
            let state = self.disk.state();
            Ok(state.inodes[&self.inode].cache.len() as u64)
        })
    }
}

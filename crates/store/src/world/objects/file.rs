//! An object as a file that is read at positions.

use super::bucket::Bucket;
use super::cache::Cache;
use super::name_of;
use crate::world::DiskFile;
use bytes::{Bytes, BytesMut};
use futures_util::future::try_join_all;
use glasshive_base::BoxFuture;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// What is read and kept at once.
const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks side by side that one request asks for.
const BLOCKS_PER_REQUEST: u64 = 4;

pub(super) struct ObjectFile {
    pub bucket: Arc<Bucket>,
    pub cache: Arc<Cache>,
    pub path: String,
    pub len: u64,
}

// === impl ObjectFile ===

impl ObjectFile {
    fn blocks(offset: u64, len: u64) -> Range<u64> {
        offset / BLOCK_BYTES..(offset + len).div_ceil(BLOCK_BYTES)
    }

    fn block_name(&self, block: u64) -> String {
        format!("{}.{block}", name_of(&self.path))
    }

    fn block_len(&self, block: u64) -> u64 {
        BLOCK_BYTES.min(self.len - block * BLOCK_BYTES)
    }

    /// Whole blocks, from the cache where it has them.
    async fn read_blocks(&self, blocks: Range<u64>) -> io::Result<Vec<Bytes>> {
        let mut found = Vec::new();
        for block in blocks.clone() {
            found.push(self.cache.get(&self.block_name(block), 0, self.block_len(block) as usize).await);
        }
        let mut missing: Vec<Range<u64>> = Vec::new();
        for block in blocks.clone().filter(|block| found[(block - blocks.start) as usize].is_none()) {
            match missing.last_mut() {
                Some(run) if run.end == block && run.end - run.start < BLOCKS_PER_REQUEST => run.end += 1,
                _ => missing.push(block..block + 1),
            }
        }
        let runs = try_join_all(missing.into_iter().map(|run| self.fetch(run))).await?;
        for (block, bytes) in runs.into_iter().flatten() {
            self.cache.put(&self.block_name(block), bytes.clone()).await;
            found[(block - blocks.start) as usize] = Some(bytes);
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// One request, cut into blocks.
    async fn fetch(&self, run: Range<u64>) -> io::Result<Vec<(u64, Bytes)>> {
        let range = run.start * BLOCK_BYTES..(run.end * BLOCK_BYTES).min(self.len);
        let wanted = range.end - range.start;
        let mut bytes = self.bucket.get_range(&self.path, range).await?;
        if bytes.len() as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(run.map(|block| (block, bytes.split_to(self.block_len(block) as usize))).collect())
    }
}

impl DiskFile for ObjectFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            let end = offset.checked_add(len as u64).filter(|end| *end <= self.len);
            let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
            if len == 0 {
                return Ok(Bytes::new());
            }
            if let Some(bytes) = self.cache.get(name_of(&self.path), offset, len).await {
                return Ok(bytes);
            }
            let blocks = Self::blocks(offset, len as u64);
            let first = blocks.start * BLOCK_BYTES;
            let parts = self.read_blocks(blocks).await?;
            let bytes = match <[Bytes; 1]>::try_from(parts) {
                Ok([only]) => only,
                Err(parts) => {
                    let mut joined = BytesMut::with_capacity((end - first) as usize + BLOCK_BYTES as usize);
                    parts.iter().for_each(|part| joined.extend_from_slice(part));
                    joined.freeze()
                }
            };
            Ok(bytes.slice((offset - first) as usize..(end - first) as usize))
        })
    }

    fn write_at(&self, _: u64, _: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Err(io::ErrorKind::PermissionDenied.into()) })
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async { Ok(self.len) })
    }

    fn forget(&self, offset: u64, len: usize) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.cache.forget(name_of(&self.path)).await;
            for block in Self::blocks(offset, len as u64) {
                self.cache.forget(&self.block_name(block)).await;
            }
        })
    }
}

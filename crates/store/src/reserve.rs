//! A file that only takes room, given back when the disk is full so that the catalog and a shutdown still work.

use crate::world::World;
use bytes::Bytes;
use std::io;

const PATH: &str = "reserve";
const PART: usize = 1 << 20;
static FILLER: [u8; PART] = [0; PART];

pub(crate) struct Reserve {
    bytes: u64,
}

impl Reserve {
    pub fn new(bytes: u64) -> Self {
        Self { bytes }
    }

    /// Takes the room unless it is taken; `false` when there is none.
    pub async fn ensure(&self, world: &World) -> bool {
        match self.try_ensure(world).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "no room for the reserve");
                self.give_back(world).await;
                false
            }
        }
    }

    async fn try_ensure(&self, world: &World) -> io::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        let found = world.disk.list("").await?.into_iter().find(|entry| entry.name == PATH);
        match found {
            Some(entry) if entry.len == self.bytes => return Ok(()),
            Some(_) => world.disk.remove(PATH).await?,
            None => {}
        }
        let file = world.disk.create_new(PATH).await?;
        let mut position = 0;
        while position < self.bytes {
            let length = (self.bytes - position).min(PART as u64);
            file.write_at(position, vec![Bytes::from_static(&FILLER[..length as usize])]).await?;
            position += length;
        }
        file.sync().await
    }

    /// Gives the room back. Cheap when it is not taken.
    pub async fn give_back(&self, world: &World) {
        if self.bytes > 0 {
            // Nothing to give back is as good.
            drop(world.disk.remove(PATH).await);
        }
    }
}

//! The disk of a data directory whose data files are in an object store.

use super::Disk;
use super::clock::{SystemClock, SystemRng};
use super::node::Node;
use super::objects::{self, ObjectDisk};
use super::open::{DataDirError, ObjectOptions};
use super::overlay::OverlayDisk;
use super::places::{self, Found};
use glasshive_base::Clock;
use std::io;
use std::sync::Arc;

/// Bytes of the objects read by who changes nothing, which are kept in memory.
const READER_BYTES: u64 = 64 << 20;

/// For a server. The directory has its number before the object store knows it, and says where its files are once that does.
pub(super) async fn open(
    local: Arc<dyn Disk>,
    options: &ObjectOptions,
    found: &mut Found<'_>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Disk>, DataDirError> {
    let disk = ask_whose(local, options, found, clock).await?;
    let around = disk.disk.nodes_around().await.map_err(|error| found.objects_error(options, error))?;
    found.check_around(options, &around)?;
    let node = found.numbered()?;
    if disk.says.is_none() {
        let own = Node { id: node.id.clone(), place: Some(places::place(found.directory())), ..Node::default() };
        disk.disk.put_node(own.text()).await.map_err(|error| found.objects_error(options, error))?;
    }
    found.settle(Node { objects: Some(options.shown()), ..node })?;
    Ok(Arc::new(disk.disk))
}

/// For who changes nothing, neither in the directory, of which `local` is an overlay, nor in the object store.
pub(super) async fn open_read_only(
    local: Arc<dyn Disk>,
    options: &ObjectOptions,
    found: &Found<'_>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Disk>, DataDirError> {
    let options = ObjectOptions { cache_bytes: options.cache_bytes.min(READER_BYTES), ..options.clone() };
    // What is looked at is in the object store: a server's copies would hide what is missing there.
    let forgotten = async {
        for copy in local.list(objects::CACHE).await? {
            local.remove(&format!("{}/{}", objects::CACHE, copy.name)).await?;
        }
        Ok(())
    };
    forgotten.await.map_err(|error| found.objects_error(&options, error))?;
    let disk = ask_whose(local, &options, found, clock).await?;
    Ok(Arc::new(OverlayDisk::new(Arc::new(disk.disk))))
}

/// Whose data files are in an object store, in words; `None` when they are nobody's yet. Changes nothing there.
///
/// # Errors
/// When the options make no sense, or the object store does not answer.
pub async fn look_at_objects(options: &ObjectOptions) -> io::Result<Option<String>> {
    let (says, has_files) = objects::whose(options, Arc::new(SystemClock::default()), Arc::new(SystemRng)).await?;
    let unknown = || "somebody unknown".to_owned();
    let place = says.map(|says| Node::parse(&says).and_then(|node| node.place).unwrap_or_else(unknown));
    Ok(place.or_else(|| has_files.then(unknown)))
}

/// A disk, and what its object store says of whose it is.
struct Asked {
    disk: ObjectDisk,
    says: Option<String>,
}

async fn ask_whose(local: Arc<dyn Disk>, options: &ObjectOptions, found: &Found<'_>, clock: Arc<dyn Clock>) -> Result<Asked, DataDirError> {
    let failed = |error| found.objects_error(options, error);
    let disk = ObjectDisk::open(local, options, clock, Arc::new(SystemRng)).await.map_err(failed)?;
    let says = disk.node().await.map_err(failed)?;
    let has_files = says.is_none() && disk.has_files().await.map_err(failed)?;
    found.check_objects(options, says.as_deref(), has_files)?;
    Ok(Asked { disk, says })
}

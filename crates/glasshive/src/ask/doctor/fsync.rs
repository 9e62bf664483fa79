//! Whether a sync is one: how long it takes, held against what the disk says it is.

use super::Finding;
use crate::screen::number;
use glasshive_base::Clock as _;
use glasshive_store::world::SystemClock;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

/// How often it is tried.
const TRIES: usize = 32;
/// No disk that keeps what it was given answers sooner, whatever it is made of; memory and lies do.
const ANY_DISK: Duration = Duration::from_micros(10);
/// Nor does one that has to turn.
const TURNING_DISK: Duration = Duration::from_micros(500);
/// Slower than this, each request waits noticeably.
const SLOW: Duration = Duration::from_millis(50);

/// Tries the disk behind a directory, in a file without a name. `device` is its number.
pub fn look(directory: &Path, device: u64) -> Finding {
    match measure(directory) {
        Ok(median) => judge(median, is_turning(device)),
        Err(error) => {
            let fix = "run doctor as the user that the server runs as";
            Finding::warn("fsync", format!("syncs cannot be tried in {}: {error}", directory.display()), fix)
        }
    }
}

/// The median time of writing a page and syncing it.
fn measure(directory: &Path) -> io::Result<Duration> {
    let file = File::from(rustix::fs::open(directory, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)?);
    let clock = SystemClock::default();
    // The first writes also make the file longer, which the log does not do.
    file.write_all_at(&[0; 4096 * TRIES], 0)?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(TRIES);
    for place in 0..TRIES {
        let page = [place as u8 + 1; 4096];
        let started = clock.monotonic();
        file.write_all_at(&page, 4096 * place as u64)?;
        file.sync_data()?;
        times.push(clock.monotonic().saturating_sub(started));
    }
    times.sort_unstable();
    Ok(times[TRIES / 2])
}

/// What the kernel says of the disk; `None` where it is none that it knows, such as an overlay.
fn is_turning(device: u64) -> Option<bool> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let of = |path: String| std::fs::read_to_string(path).ok();
    // A partition has no queue of its own; its disk lies one up.
    let text = of(format!("/sys/dev/block/{major}:{minor}/queue/rotational"))
        .or_else(|| of(format!("/sys/dev/block/{major}:{minor}/../queue/rotational")))?;
    Some(text.trim() == "1")
}

fn judge(median: Duration, is_turning: Option<bool>) -> Finding {
    let took = format!("a sync takes {} (median of {TRIES})", number::duration(median.as_nanos() as f64));
    let lies = "the disk or what lies between (a virtual machine's cache mode, a RAID controller without a battery) acknowledges what it \
                has not kept; turn that cache off, or power loss can take what was acknowledged";
    if median < ANY_DISK {
        return Finding::warn("fsync", format!("{took}: no disk is that fast"), lies);
    }
    if is_turning == Some(true) && median < TURNING_DISK {
        return Finding::warn("fsync", format!("{took}: no turning disk is that fast"), lies);
    }
    if median > SLOW {
        return Finding::warn("fsync", took, "each request waits for one: use a faster disk, or have senders batch more");
    }
    let kind = match is_turning {
        Some(true) => ", as a turning disk's would",
        Some(false) => ", as a solid-state disk's would",
        None => "",
    };
    Finding::ok("fsync", format!("{took}{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::doctor::Level;

    #[test]
    fn syncs_that_are_too_fast_to_be_true_are_told() {
        let check = |micros, is_turning, level| assert_eq!(judge(Duration::from_micros(micros), is_turning).level, level, "{micros}");
        check(2, None, Level::Warn);
        check(80, Some(false), Level::Ok);
        check(80, Some(true), Level::Warn);
        check(8_000, Some(true), Level::Ok);
        check(90_000, Some(true), Level::Warn);
        assert!(judge(Duration::from_micros(80), Some(true)).fix.unwrap().contains("power loss"));
    }

    #[test]
    fn the_disk_is_tried_without_leaving_anything() {
        let directory = tempfile::tempdir().unwrap();
        let found = look(directory.path(), 0);
        assert_eq!(found.check, "fsync");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

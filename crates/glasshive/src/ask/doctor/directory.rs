//! The data directory: whether it is there, who may change it, what it is on, and whether its disk keeps its word.

use super::{Finding, fsync};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Free space below which a server is short of it, and below which it stops taking events in, about.
const FREE: (u64, u64) = (5 << 30, 256 << 20);

/// File systems by the number that `statfs` gives: what they are, and whether they are kept in memory or elsewhere.
const KINDS: [(i64, &str, Kind); 8] = [
    (0x0102_1994, "tmpfs", Kind::Memory),
    (0x8584_58f6, "ramfs", Kind::Memory),
    (0x6969, "NFS", Kind::Network),
    (0xff53_4d42, "CIFS", Kind::Network),
    (0xfe53_4d42, "SMB", Kind::Network),
    (0x6573_5546, "FUSE", Kind::Network),
    (0x0102_1997, "9p", Kind::Network),
    (0x00c3_6400, "Ceph", Kind::Network),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Memory,
    Network,
}

/// Looks at the directory.
pub fn look(directory: &Path, allow_network_fs: bool) -> Vec<Finding> {
    let shown = directory.display();
    let metadata = match std::fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => return vec![Finding::fail("directory", format!("{shown} is no directory"), "name another with --data")],
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let found = format!("{shown} does not exist yet; a server makes it");
            return vec![Finding::warn("directory", found, "start the server, or name the directory it uses with --data")];
        }
        Err(error) => {
            return vec![Finding::fail("directory", format!("{shown}: {error}"), "run doctor as the user that the server runs as")];
        }
    };
    let mut findings = permissions(directory, &metadata);
    findings.extend(kind(directory, allow_network_fs));
    findings.extend(space(directory));
    findings.push(fsync::look(directory, metadata.dev()));
    findings
}

fn permissions(directory: &Path, metadata: &std::fs::Metadata) -> Vec<Finding> {
    let shown = directory.display();
    let (mode, own) = (metadata.permissions().mode(), rustix::process::geteuid().as_raw());
    let mut findings = Vec::new();
    if mode & 0o022 != 0 {
        let found = format!("others may change {shown} (mode {:o}); a server does not start on it", mode & 0o777);
        findings.push(Finding::fail("directory", found, format!("chmod go-w {shown}")));
    }
    if mode & 0o005 != 0 {
        findings.push(Finding::warn(
            "directory",
            format!("everyone on this machine may read {shown} (mode {:o})", mode & 0o777),
            format!("chmod o-rx {shown}"),
        ));
    }
    if metadata.uid() != own && own != 0 {
        let found = format!("{shown} belongs to user {}, and this is user {own}", metadata.uid());
        findings.push(Finding::warn("directory", found, "run the server as its owner, or give it: chown -R"));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("directory", format!("{shown}, changed by its owner alone")));
    }
    findings
}

fn kind(directory: &Path, allow_network_fs: bool) -> Option<Finding> {
    let found = rustix::fs::statfs(directory).ok()?;
    // The number's type differs from one machine to the next.
    let number = (found.f_type as i64) & 0xffff_ffff;
    let (_, name, kind) = KINDS.into_iter().find(|(known, _, _)| *known == number)?;
    let shown = directory.display();
    Some(match kind {
        Kind::Memory => Finding::fail(
            "directory",
            format!("{shown} is on {name}, which is memory: nothing there survives a restart of the machine"),
            "put it on a disk with --data",
        ),
        Kind::Network if allow_network_fs => Finding::warn(
            "directory",
            format!("{shown} is on {name}, where neither locks nor syncs can be relied on"),
            "put it on a disk of this machine",
        ),
        Kind::Network => Finding::fail(
            "directory",
            format!("{shown} is on {name}; a server does not start there"),
            "put it on a disk of this machine with --data",
        ),
    })
}

fn space(directory: &Path) -> Option<Finding> {
    let found = rustix::fs::statvfs(directory).ok()?;
    let (free, all) = (found.f_bavail * found.f_frsize, (found.f_blocks * found.f_frsize).max(1));
    let words = format!("{} of {} free", crate::screen::number::bytes(free as f64), crate::screen::number::bytes(all as f64));
    let fix = "make room, or move the data directory to a larger disk";
    Some(match free {
        free if free < FREE.1 => Finding::fail("space", format!("{words}: the server refuses what is sent"), fix),
        free if free < FREE.0 && free < all / 10 => Finding::warn("space", words, fix),
        _ => Finding::ok("space", words),
    })
}

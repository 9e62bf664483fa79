//! File systems on which neither locks nor syncs mean what they say.

use std::io;
use std::path::Path;

/// `f_type` of `statfs(2)` and what people call it, from the kernel's `linux/magic.h` and the file systems' own sources.
const NETWORK: [(u64, &str); 13] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x0102_1997, "9P"),
    (0x7375_7245, "Coda"),
    (0x0116_1970, "GFS2"),
    (0x0BD0_0BD0, "Lustre"),
    (0x7461_636F, "OCFS2"),
    (0x4750_4653, "GPFS"),
];

/// The name of the network or FUSE file system that `directory` is on, if it is on one.
pub(super) fn name(directory: &Path) -> io::Result<Option<&'static str>> {
    let magic = rustix::fs::statfs(directory)?.f_type;
    // The field's width and sign differ by architecture; magic numbers are 32 bits.
    Ok(of_magic(magic as u64 & 0xFFFF_FFFF))
}

fn of_magic(magic: u64) -> Option<&'static str> {
    NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_network_file_systems_from_local_ones() {
        let [ext4, xfs, btrfs, tmpfs, overlay] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630];
        assert_eq!([ext4, xfs, btrfs, tmpfs, overlay].map(of_magic), [None; 5]);
        assert_eq!([0x6969, 0x6573_5546, 0xFF53_4D42].map(of_magic), [Some("NFS"), Some("FUSE"), Some("CIFS")]);
    }
}

//! How much memory there is: the machine's, or what the control group of a container or service leaves of it.

use std::path::{Path, PathBuf};

/// What is assumed where the system does not say.
const ASSUMED: u64 = 4 << 30;

/// The most that this process can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// Whose limit it is, in words.
    pub of: &'static str,
}

/// The least of the machine's memory and of the limits of all control groups around this process.
pub fn limit() -> Limit {
    limit_by(&|path| std::fs::read_to_string(path).ok())
}

fn limit_by(read: &dyn Fn(&Path) -> Option<String>) -> Limit {
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| machine_bytes(&text));
    let machine = machine.map(|bytes| Limit { bytes, of: "the machine's memory" });
    let machine = machine.unwrap_or(Limit { bytes: ASSUMED, of: "memory, assumed" });
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(files_of).filter_map(|path| read(&path)?.trim().parse().ok());
    let group = limits.min().map(|bytes| Limit { bytes, of: "the control group's limit" });
    // A control group without a limit says `max`, an old one says nearly 2^63.
    group.filter(|group| group.bytes < machine.bytes).unwrap_or(machine)
}

/// `MemTotal:       16316412 kB`.
fn machine_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

/// The files that hold the limits of a control group and of those it is in. A line is `hierarchy:controllers:path`; version 2 has
/// no controllers.
fn files_of(line: &str) -> Vec<PathBuf> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        controllers if controllers.split(',').any(|controller| controller == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = Path::new(path.trim_start_matches('/'));
    group.ancestors().map(|group| Path::new(root).join(group).join(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const MEMINFO: (&str, &str) = ("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");

    #[track_caller]
    fn check(files: &[(&str, &str)], bytes: u64, of: &str) {
        let files: BTreeMap<&Path, &str> = files.iter().map(|(path, text)| (Path::new(*path), *text)).collect();
        let found = limit_by(&|path| files.get(path).map(|text| (*text).to_owned()));
        assert_eq!((found.bytes, found.of), (bytes, of));
    }

    #[test]
    fn f15_the_least_limit_counts() {
        check(&[], 4 << 30, "memory, assumed");
        check(&[MEMINFO], 8 << 30, "the machine's memory");
        let unified = ("/proc/self/cgroup", "0::/system.slice/hive.service\n");
        check(&[MEMINFO, unified, ("/sys/fs/cgroup/system.slice/hive.service/memory.max", "max\n")], 8 << 30, "the machine's memory");
        let own = ("/sys/fs/cgroup/system.slice/hive.service/memory.max", "1073741824\n");
        check(&[MEMINFO, unified, own], 1 << 30, "the control group's limit");
        let outer = ("/sys/fs/cgroup/system.slice/memory.max", "536870912\n");
        check(&[MEMINFO, unified, own, outer], 512 << 20, "the control group's limit");
        // In a container the group is the root of what it sees.
        check(
            &[MEMINFO, ("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "2147483648")],
            2 << 30,
            "the control group's limit",
        );
        let old = ("/proc/self/cgroup", "5:cpu:/x\n4:hugetlb,memory:/docker/1\n");
        check(&[MEMINFO, old, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712")], 8 << 30, "the machine's memory");
        check(
            &[MEMINFO, old, ("/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "268435456")],
            256 << 20,
            "the control group's limit",
        );
    }
}

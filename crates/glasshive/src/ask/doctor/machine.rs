//! The machine: open files, memory, and a clock that can be right.

use super::Finding;
use crate::config::Config;
use crate::screen::number;
use glasshive_base::Clock as _;
use glasshive_store::world::SystemClock;
use rustix::process::{Resource, getrlimit};

/// Files that a server with many data files and connections may have open.
const FILES: u64 = 4_096;
/// 2025-01-01: this program is not older.
const NOT_BEFORE_NS: i64 = 1_735_689_600_000_000_000;

/// Looks at the machine.
pub fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![files(getrlimit(Resource::Nofile).current)];
    let memory = config.keeping.memory.value;
    findings.push(Finding::ok("memory", format!("{} are planned with", number::bytes(memory as f64))));
    findings.extend(clock(SystemClock::default().wall_ns()));
    findings
}

fn files(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < FILES => Finding::warn(
            "limits",
            format!("a server started here may have {limit} files open; data files and connections each take one"),
            format!("ulimit -n {FILES} before it starts (systemd: LimitNOFILE={FILES})"),
        ),
        Some(limit) => {
            Finding::ok("limits", format!("{} open files are allowed", number::counted(limit, "file", "files").replace(" files", "")))
        }
        None => Finding::ok("limits", "any number of open files is allowed"),
    }
}

fn clock(now_ns: i64) -> Option<Finding> {
    (now_ns < NOT_BEFORE_NS).then(|| {
        let found = format!("this machine's clock says {}", number::rfc3339(now_ns));
        Finding::fail("clock", found, "set it, and let a time service keep it (timedatectl set-ntp true): events ahead of it are refused")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::doctor::Level;

    #[test]
    fn few_files_and_old_clocks_are_told() {
        assert_eq!(files(Some(256)).level, Level::Warn);
        assert_eq!(files(Some(1 << 20)).found, "1 048 576 open files are allowed");
        assert_eq!(clock(0).unwrap().level, Level::Fail);
        assert_eq!(clock(NOT_BEFORE_NS + 1), None);
    }
}

//! Why an address could not be had, and who has it.

use std::io;
use std::net::SocketAddr;

/// An address that could not be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody listens there.
    #[error("address {address} is in use by {}", .owner.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The process, when it can be found out (Linux, same user or root).
        owner: Option<u32>,
    },
    /// Anything else.
    #[error("cannot listen on {address}")]
    Failed {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

pub(super) fn explain(address: SocketAddr, source: io::Error) -> BindError {
    if source.kind() == io::ErrorKind::AddrInUse {
        BindError::InUse { address, owner: owner_of(address.port()) }
    } else {
        BindError::Failed { address, source }
    }
}

/// The process that listens on a TCP port, by the kernel's socket table.
fn owner_of(port: u16) -> Option<u32> {
    let inode =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| listening_inode(&std::fs::read_to_string(table).ok()?, port))?;
    let link = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == link.as_str()))
    })
}

/// The inode of the listening socket with this port in a table of `/proc/net`.
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let is_it = u16::from_str_radix(local_port, 16).ok()? == port && *fields.get(3)? == LISTEN;
        if is_it { fields.get(9)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_socket_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: 0100007F:10DE 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 11 1\n   \
             1: 0100007F:10DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1\n";
        assert_eq!(listening_inode(table, 4318), Some(4711));
        assert_eq!(listening_inode(table, 4317), None);
    }

    #[test]
    fn f25_names_the_address_and_its_owner() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = explain(address, io::Error::from(io::ErrorKind::AddrInUse));
        assert!(error.to_string().starts_with(&format!("address {address} is in use by ")), "{error}");
        #[cfg(target_os = "linux")]
        assert_eq!(owner_of(address.port()), Some(std::process::id()));
    }
}

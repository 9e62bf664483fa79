//! What the kernel says of a UDP socket: how many datagrams it dropped because nobody had read them yet.

use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;

/// Datagrams that the kernel dropped at this socket since it was opened; `None` where that cannot be known (not on Linux).
pub(crate) fn drops(socket: &UdpSocket) -> Option<u64> {
    let inode = inode(socket)?;
    let is_v6 = socket.local_addr().ok()?.is_ipv6();
    let table = std::fs::read_to_string(if is_v6 { "/proc/self/net/udp6" } else { "/proc/self/net/udp" }).ok()?;
    drops_of(&table, &inode)
}

/// The number by which the kernel's table of sockets names it.
fn inode(socket: &UdpSocket) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
}

fn drops_of(table: &str, inode: &str) -> Option<u64> {
    let mut lines = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<&str>>());
    lines.find(|fields| fields.get(9) == Some(&inode))?.last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_table() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             12: 0100007F:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 42\n\
             13: 0100007F:07D1 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4712 2 0000000000000000 0\n";
        assert_eq!((drops_of(table, "4711"), drops_of(table, "4712"), drops_of(table, "1")), (Some(42), Some(0), None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_of_ours_is_in_it() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(drops(&socket), Some(0));
    }
}

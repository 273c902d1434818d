//! Which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses: its first one and the length of its prefix in bits.
type Block4 = (Ipv4Addr, u32);
type Block6 = (Ipv6Addr, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> Block4 {
    (Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, bits: u32) -> Block6 {
    (Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

/// What IANA's registry of special-purpose IPv4 addresses holds, and multicast. Cloud
/// metadata (169.254.169.254, 100.100.100.200, 192.0.0.192) lies inside of these.
const SPECIAL_V4: [Block4; 15] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// What the Internet routes at all. Everything outside, such as loopback, unique local and
/// link-local addresses, is refused without being listed.
const GLOBAL_V6: Block6 = v6(0x2000, 0, 3);

/// Special-purpose blocks inside of [`GLOBAL_V6`]: protocol assignments with Teredo,
/// documentation, 6to4. The tunnels are refused whole, because what they lead to is an
/// IPv4 address that nobody checked.
const SPECIAL_V6: [Block6; 4] =
    [v6(0x2001, 0, 23), v6(0x2001, 0x0db8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

/// Which addresses and ports may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// Unicast addresses of the public Internet, and HTTPS's own port.
    Public,
    /// Also 127.0.0.1, on any port: a test's own server. Never the name `localhost`'s other
    /// addresses.
    PublicAndLoopback,
}

impl AddressRule {
    /// Whether a connection to `address` may be opened.
    pub fn allows_address(self, address: IpAddr) -> bool {
        let own = self == Self::PublicAndLoopback && address == IpAddr::V4(Ipv4Addr::LOCALHOST);
        own || is_public(address)
    }

    /// Whether `port` may be asked: one port, or a probe would be a port scanner.
    pub fn allows_port(self, port: u16) -> bool {
        self == Self::PublicAndLoopback || port == 443
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|block| holds_v4(*block, address)),
        // `::ffff:a.b.c.d` is outside of the global block and so refused like the rest.
        IpAddr::V6(address) => {
            holds_v6(GLOBAL_V6, address) && !SPECIAL_V6.iter().any(|block| holds_v6(*block, address))
        }
    }
}

fn holds_v4((first, bits): Block4, address: Ipv4Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= bits
}

fn holds_v6((first, bits): Block6, address: Ipv6Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(address: &str) -> bool {
        AddressRule::Public.allows_address(address.parse().unwrap())
    }

    #[test]
    fn every_special_block_is_refused_from_its_first_to_its_last_address() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.255"),
            ("::", "::1"),
            ("::ffff:0.0.0.0", "::ffff:8.8.8.8"),
            ("64:ff9b::7f00:1", "64:ff9b::808:808"),
            ("100::", "100::1"),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002::", "2002:7f00:1::"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("4000::", "5f00::"),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            assert!(!allows(first), "{first}");
            assert!(!allows(last), "{last}");
        }
    }

    #[test]
    fn the_neighbours_of_the_blocks_are_allowed() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::",
            "2001:db7:ffff::",
            "2003::",
            "2606:4700::1111",
            "3fff:1000::",
        ] {
            assert!(allows(address), "{address}");
        }
    }

    #[test]
    fn only_the_test_rule_knows_the_machine_itself() {
        let (own, other): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap());
        assert!(AddressRule::PublicAndLoopback.allows_address(own));
        assert!(!AddressRule::PublicAndLoopback.allows_address(other));
        assert!(!AddressRule::Public.allows_address(own));
        assert!(AddressRule::Public.allows_port(443));
        assert!(!AddressRule::Public.allows_port(8443));
    }
}

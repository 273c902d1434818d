//! Who is at the other end of a connection, for those who do not say who they are.
//!
//! **Invariant:** what a request says of its own origin counts only when the connection comes
//! from a proxy that the operator named.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The other end of the connection, as the socket knows it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Bits of an address that one subscriber has: they choose the rest as they like.
const SUBSCRIBER: u128 = !0 << 64;

/// The name under which requests of this origin are counted.
pub(crate) fn origin(peer: Option<Peer>, headers: &HeaderMap, proxies: &[IpNet]) -> String {
    let Some(Peer(mut address)) = peer else { return "nowhere".to_owned() };
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(&address.to_canonical()));
    // Each proxy appends whom it heard: from the end, the first that is none of ours.
    let told = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let told: Vec<&str> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in told.into_iter().rev() {
        match hop.parse() {
            Ok(before) if is_proxy(address) => address = before,
            _ => break,
        }
    }
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & SUBSCRIBER)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &[&str]) -> String {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        origin(Some(Peer(peer.parse().unwrap())), &headers, &proxies)
    }

    #[test]
    fn a_stranger_cannot_say_where_they_come_from() {
        assert_eq!(of("198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(of("::ffff:198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
    }

    #[test]
    fn behind_proxies_of_ours_the_last_one_that_is_none_counts() {
        assert_eq!(of("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.2.3.4"]), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["192.0.2.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["what is this"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn all_addresses_of_one_subscriber_are_one() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2:ffff::1", &[]), of("2001:db8:1:2::9", &[]));
    }
}

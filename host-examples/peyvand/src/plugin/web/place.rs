//! Where does the name of a host lead, and may a plugin be taken there?
//!
//! Names belong to whoever answers for them, so one that was granted may lead to this machine or into the house's own
//! network, today or from the next look-up on. Such a place is reached by who was granted it as it is (`localhost`,
//! `10.1.2.3`), and under a name that the administrator says is inside.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Looks names up, and leaves out where they must not lead.
#[derive(Debug)]
pub(super) struct Places {
    /// Names of the house's own, in lower case.
    inside: BTreeSet<String>,
    names: DefaultResolver,
}

/// A name leads where its plugin must not get.
#[derive(Debug, thiserror::Error)]
#[error(
    "'{host}' leads to {place}, which is not on the internet: grant that address itself, or say --inside {host}"
)]
pub(super) struct Inside {
    host: String,
    place: IpAddr,
}

impl Places {
    pub(super) fn new(inside: BTreeSet<String>) -> Self {
        Self {
            inside,
            names: DefaultResolver::default(),
        }
    }

    /// Of the places that a name leads to, the first that is out of bounds.
    fn out_of_bounds(&self, host: &str, places: &[SocketAddr]) -> Option<IpAddr> {
        let host = host.to_lowercase();
        let says_so = host == "localhost" || host.parse::<IpAddr>().is_ok();
        if says_so || self.inside.contains(&host) {
            return None;
        }
        let mut places = places.iter().map(SocketAddr::ip);
        places.find(|place| !is_of_the_internet(*place))
    }
}

impl Resolver for Places {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let places = self.names.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        // A name that leads to both is up to something.
        match self.out_of_bounds(host, &places) {
            None => Ok(places),
            Some(place) => Err(ureq::Error::Other(Box::new(Inside {
                host: host.to_owned(),
                place,
            }))),
        }
    }
}

fn is_of_the_internet(place: IpAddr) -> bool {
    match place {
        IpAddr::V4(place) => is_public(place),
        IpAddr::V6(place) => match carried(place) {
            Some(place) => is_public(place),
            None => is_public_6(place),
        },
    }
}

/// By the registry of special-purpose addresses of IANA.
fn is_public(place: Ipv4Addr) -> bool {
    let [a, b, c, _] = place.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224.., ..)
    );
    !special
}

fn is_public_6(place: Ipv6Addr) -> bool {
    let [first, second, ..] = place.segments();
    // Of 2000::/3, all but documentation and what is assigned to protocols.
    let special = matches!(
        (first, second),
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff)
    );
    first & 0xe000 == 0x2000 && !special
}

/// The older address that a newer one stands for: mapped, translated (64:ff9b::/96) or tunnelled (2002::/16).
fn carried(place: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = place.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn is_reached(inside: &[&str], host: &str, place: &str) -> bool {
        let inside = inside.iter().map(|host| (*host).to_owned()).collect();
        let place = SocketAddr::new(place.parse().unwrap(), 443);
        let far = SocketAddr::new("93.184.216.34".parse().unwrap(), 443);
        let places = Places::new(inside);
        places.out_of_bounds(host, &[far, place]).is_none()
    }

    #[test]
    fn a_name_does_not_lead_into_the_house() {
        for place in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!is_reached(&[], "api.example.com", place), "{place}");
            assert!(
                is_reached(&["erp.example.com"], "ERP.example.com", place),
                "{place}"
            );
        }
        for place in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2a00:1450::1",
            "64:ff9b::808:808",
        ] {
            assert!(is_reached(&[], "api.example.com", place), "{place}");
        }
    }

    #[test]
    fn what_was_granted_as_it_is_is_reached() {
        assert!(is_reached(&[], "127.0.0.1", "127.0.0.1"));
        assert!(is_reached(&[], "10.1.2.3", "10.1.2.3"));
        assert!(is_reached(&[], "localhost", "::1"));
        // Ways to write 127.0.0.1 that are no address: names like any other.
        for host in ["127.1", "2130706433", "0x7f.1", "localhost.example.com"] {
            assert!(!is_reached(&[], host, "127.0.0.1"), "{host}");
        }
    }
}

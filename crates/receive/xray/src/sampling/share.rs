//! A rule's reservoir, shared among the clients that use it.
//!
//! Each client gets what it needs as long as there is enough; what is left goes round, one by one, beginning with the busiest. The
//! quotas of all active clients add up to the reservoir.

use std::collections::HashMap;

/// Seconds after its last report in which a client counts.
const ACTIVE_S: f64 = 30.0;
/// Seconds after which half of a rate is that of the last report.
const HALF_LIFE_S: f64 = 30.0;
/// Seconds that a client's first report is taken to cover.
const FIRST_S: f64 = 10.0;
/// Clients of one rule that are remembered; others borrow, as all do until they have a quota.
const CLIENTS_MAX: usize = 2_000;
/// Clients of one rule that are shown.
const SHOWN_MAX: usize = 100;

/// The clients of one rule.
#[derive(Debug, Default)]
pub(super) struct Clients {
    known: HashMap<String, Client>,
}

/// What a client has of a rule's reservoir.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Who.
    pub client_id: String,
    /// Requests a second, of late.
    pub rate: f64,
    /// When it last reported, seconds since 1970.
    pub last_s: f64,
    /// Requests a second that it may sample.
    pub quota: u32,
}

#[derive(Debug, Clone, Copy)]
struct Client {
    last_s: f64,
    /// Requests a second.
    rate: f64,
}

impl Clients {
    /// A client reported; its share of the reservoir from now on.
    pub(super) fn quota(&mut self, id: &str, requests: u64, now_s: f64, reservoir: u32) -> u32 {
        self.known.retain(|_, client| now_s - client.last_s <= ACTIVE_S);
        let known = self.known.get(id).copied();
        if known.is_none() && self.known.len() >= CLIENTS_MAX {
            return 0;
        }
        let since = known.map_or(FIRST_S, |client| (now_s - client.last_s).clamp(1.0, 60.0));
        let sample = requests as f64 / since;
        let rate = known.map_or(sample, |client| {
            let kept = 0.5f64.powf(since / HALF_LIFE_S);
            client.rate * kept + sample * (1.0 - kept)
        });
        self.known.insert(id.to_owned(), Client { last_s: now_s, rate });
        self.share_of(id, reservoir)
    }

    /// The clients that count now, in order of their ids, with what each would be told.
    pub(super) fn shares(&self, now_s: f64, reservoir: u32) -> Vec<Share> {
        let is_active = |client: &Client| now_s - client.last_s <= ACTIVE_S;
        let active =
            Self { known: self.known.iter().filter(|(_, client)| is_active(client)).map(|(id, client)| (id.clone(), *client)).collect() };
        let share = |(id, client): (&String, &Client)| Share {
            client_id: id.clone(),
            rate: client.rate,
            last_s: client.last_s,
            quota: active.share_of(id, reservoir),
        };
        let mut shares: Vec<Share> = active.known.iter().take(SHOWN_MAX).map(share).collect();
        shares.sort_by(|left, right| left.client_id.cmp(&right.client_id));
        shares
    }

    fn share_of(&self, id: &str, reservoir: u32) -> u32 {
        let demand = |client: &Client| client.rate.ceil().clamp(1.0, f64::from(u32::MAX)) as u32;
        let mut clients: Vec<(u32, &str)> = self.known.iter().map(|(id, client)| (demand(client), id.as_str())).collect();
        clients.sort_unstable();
        let mut left = reservoir;
        let mut quotas = Vec::with_capacity(clients.len());
        for (place, (demand, _)) in clients.iter().enumerate() {
            let share = left / u32::try_from(clients.len() - place).unwrap_or(u32::MAX);
            quotas.push(share.min(*demand));
            left -= share.min(*demand);
        }
        // What nobody needs goes to the busiest first: every one of them may get busier.
        let count = u32::try_from(clients.len()).unwrap_or(u32::MAX).max(1);
        let (all, rest) = (left / count, usize::try_from(left % count).unwrap_or(0));
        let place = clients.iter().position(|(_, known)| *known == id);
        place.map_or(0, |place| quotas[place] + all + u32::from(clients.len() - 1 - place < rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotas of clients that report so many requests every ten seconds, for as long as it takes to settle.
    fn settled(requests: &[u64], reservoir: u32) -> Vec<u32> {
        let mut clients = Clients::default();
        let mut quotas = Vec::new();
        for round in 0..20 {
            let now_s = 1_000.0 + f64::from(round) * 10.0;
            quotas = requests.iter().enumerate().map(|(id, count)| clients.quota(&id.to_string(), *count, now_s, reservoir)).collect();
        }
        quotas
    }

    #[test]
    fn the_reservoir_is_shared_exactly() {
        for (requests, reservoir, expected) in [
            (&[1_000][..], 10, vec![10]),
            (&[1_000, 1_000], 10, vec![5, 5]),
            (&[10, 1_000], 10, vec![1, 9]),
            (&[10, 10, 10], 10, vec![3, 3, 4]),
            (&[0, 0], 1, vec![0, 1]),
            (&[1_000, 1_000], 0, vec![0, 0]),
        ] {
            let quotas = settled(requests, reservoir);
            assert_eq!((quotas.iter().sum::<u32>(), &quotas), (reservoir, &expected), "{requests:?}");
        }
    }

    #[test]
    fn what_is_shown_is_what_is_told() {
        let mut clients = Clients::default();
        clients.quota("b", 50, 0.0, 10);
        let told = clients.quota("a", 1_000, 20.0, 10);
        let shares = clients.shares(25.0, 10);
        assert_eq!(shares.iter().map(|share| (share.client_id.as_str(), share.quota)).collect::<Vec<_>>(), [("a", told), ("b", 10 - told)]);
        assert_eq!(clients.shares(31.0, 10).len(), 1, "one that is silent does not count");
    }

    #[test]
    fn who_leaves_frees_its_share() {
        let mut clients = Clients::default();
        clients.quota("a", 1_000, 0.0, 10);
        assert_eq!(clients.quota("b", 1_000, 0.0, 10), 5);
        assert_eq!(clients.quota("b", 1_000, 31.0, 10), 10);
    }

    #[test]
    fn strangers_are_bounded() {
        let mut clients = Clients::default();
        for id in 0..CLIENTS_MAX + 5 {
            clients.known.insert(id.to_string(), Client { last_s: 0.0, rate: 1.0 });
        }
        let before = clients.known.len();
        assert_eq!(clients.quota("new", 1, 1.0, 10), 0);
        assert_eq!(clients.known.len(), before);
    }
}

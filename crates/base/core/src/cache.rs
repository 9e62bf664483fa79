//! A bounded cache of what can be made again.

use crate::metrics::{Counter, Gauge, Registry};
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values under keys, as many as fit into a number of bytes.
///
/// What goes first is what was not asked for lately and is cheap for its size: a value's rank is its cost per byte added to the
/// rank of what went last, anew each time it is asked for. Values of equal cost per byte go in order of last use.
pub struct Cache<K, V> {
    state: Mutex<State<K, V>>,
    bytes_max: usize,
    numbers: Numbers,
}

struct State<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// By rank, then by when they were asked for.
    ranks: BTreeMap<(u64, u64), K>,
    bytes: usize,
    /// The rank of what went last.
    floor: u64,
    uses: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    /// What each use adds to the floor.
    weight: u64,
    rank: (u64, u64),
}

struct Numbers {
    hits: Counter,
    misses: Counter,
    evictions: Counter,
    bytes: Gauge,
    entries: Gauge,
}

/// What a table's slot, a rank and the pointers to both take besides key and value.
const ENTRY_BYTES: usize = 128;
/// A value that takes more than this part of the cache is not kept: it would drive out too many others.
const LARGEST_ONE_IN: usize = 4;
/// Ranks are costs per so many bytes.
const RANK_BYTES: u64 = 1 << 12;

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache of at most `bytes_max` bytes; 0 keeps nothing. `name` is its label in the metrics.
    pub fn new(name: &'static str, bytes_max: usize, metrics: &Registry) -> Self {
        let asked = |outcome| {
            let help = "Times that something was looked for in a cache.";
            metrics.counter("glasshive_cache_lookups_total", help, &[("cache", name), ("outcome", outcome)])
        };
        let label = [("cache", name)];
        let numbers = Numbers {
            hits: asked("hit"),
            misses: asked("miss"),
            evictions: metrics.counter("glasshive_cache_evictions_total", "Values that went from a cache for want of room.", &label),
            bytes: metrics.gauge("glasshive_cache_bytes", "Bytes that the values of a cache take.", &label),
            entries: metrics.gauge("glasshive_cache_entries", "Values in a cache.", &label),
        };
        metrics.gauge("glasshive_cache_limit_bytes", "Bytes that the values of a cache may take.", &label).set(bytes_max as i64);
        let state = State { entries: HashMap::new(), ranks: BTreeMap::new(), bytes: 0, floor: 0, uses: 0 };
        Self { state: Mutex::new(state), bytes_max, numbers }
    }

    /// Most bytes that one value may take to be kept.
    pub fn largest(&self) -> usize {
        self.bytes_max / LARGEST_ONE_IN
    }

    /// The value of a key, which counts as used.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let found = self.state().touch(key);
        let counter = if found.is_some() { &self.numbers.hits } else { &self.numbers.misses };
        counter.increment();
        found
    }

    /// The value of a key, without counting that it was looked for or used.
    pub fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.state().entries.get(key).map(|entry| entry.value.clone())
    }

    /// Keeps a value, in place of the one that the key had. `bytes` is what it takes, `cost` what it takes to make it again, in
    /// any unit that all values of the cache are told in. A value that is too large is not kept.
    pub fn insert(&self, key: K, value: V, bytes: usize, cost: u64) {
        let bytes = bytes.saturating_add(ENTRY_BYTES);
        let mut gone = Vec::new();
        let mut state = self.state();
        gone.extend(state.remove(&key));
        if bytes <= self.largest() {
            let weight = (cost.saturating_mul(RANK_BYTES) / bytes as u64).max(1);
            while state.bytes + bytes > self.bytes_max {
                let Some((rank, oldest)) = state.ranks.first_key_value().map(|(rank, key)| (*rank, key.clone())) else { break };
                state.floor = state.floor.max(rank.0);
                gone.extend(state.remove(&oldest));
                self.numbers.evictions.increment();
            }
            state.add(key, value, bytes, weight);
        }
        self.tell(&state);
        drop(state);
        // Dropping a value may take its time, or look into the cache.
        drop(gone);
    }

    /// Takes a value out.
    pub fn remove<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut state = self.state();
        let removed = state.remove(key);
        self.tell(&state);
        removed
    }

    /// Bytes that the values take.
    pub fn bytes(&self) -> usize {
        self.state().bytes
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.state().entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn tell(&self, state: &State<K, V>) {
        self.numbers.bytes.set(state.bytes as i64);
        self.numbers.entries.set(state.entries.len() as i64);
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone, V: Clone> State<K, V> {
    fn touch<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        let rank = (self.floor.saturating_add(entry.weight), self.uses);
        if let Some(key) = self.ranks.remove(&entry.rank) {
            self.ranks.insert(rank, key);
        }
        entry.rank = rank;
        Some(entry.value.clone())
    }

    fn add(&mut self, key: K, value: V, bytes: usize, weight: u64) {
        self.uses += 1;
        let rank = (self.floor.saturating_add(weight), self.uses);
        self.ranks.insert(rank, key.clone());
        self.bytes += bytes;
        self.entries.insert(key, Entry { value, bytes, weight, rank });
    }

    fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.remove(key)?;
        self.ranks.remove(&entry.rank);
        self.bytes -= entry.bytes;
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: usize = 1_000 - ENTRY_BYTES;

    /// Room for ten values of [`ONE`].
    fn cache(metrics: &Registry) -> Cache<String, u32> {
        Cache::new("test", 10_000, metrics)
    }

    #[test]
    fn what_was_not_asked_for_lately_goes_first() {
        let cache = cache(&Registry::default());
        (0..10).for_each(|index| cache.insert(index.to_string(), index, ONE, 1));
        assert_eq!(cache.get("0"), Some(0));
        cache.insert("10".to_owned(), 10, ONE, 1);
        assert_eq!((cache.get("0"), cache.get("1"), cache.get("10"), cache.len(), cache.bytes()), (Some(0), None, Some(10), 10, 10_000));
    }

    #[test]
    fn what_was_dear_to_make_stays_longer_but_not_for_ever() {
        let cache = cache(&Registry::default());
        cache.insert("dear".to_owned(), 0, ONE, 20);
        let stays = |rounds: u32| {
            (0..rounds).for_each(|index| cache.insert(format!("cheap {index}"), index, ONE, 1));
            cache.state().entries.contains_key("dear")
        };
        assert!(stays(50));
        assert!(!stays(400));
    }

    #[test]
    fn bytes_are_bounded_and_counted() {
        let metrics = Registry::default();
        let cache = cache(&metrics);
        cache.insert("large".to_owned(), 0, 2_501 - ENTRY_BYTES, 1_000_000);
        assert!(cache.is_empty(), "more than a quarter");
        for index in 0..1_000_u32 {
            cache.insert((index % 37).to_string(), index, (index as usize * 31) % 2_300, u64::from(index % 5));
            assert!(cache.bytes() <= 10_000);
        }
        assert_eq!(cache.get("nobody"), None);
        cache.insert("again".to_owned(), 1, ONE, 1);
        cache.insert("again".to_owned(), 2, ONE, 1);
        assert_eq!(
            (cache.peek("again"), cache.get("again"), cache.remove("again"), cache.peek("again")),
            (Some(2), Some(2), Some(2), None)
        );
        let text = metrics.render();
        let line = |line: &str| assert!(text.contains(line), "{line} in {text}");
        line("glasshive_cache_lookups_total{cache=\"test\",outcome=\"hit\"} 1\n");
        line("glasshive_cache_lookups_total{cache=\"test\",outcome=\"miss\"} 1\n");
        line(&format!("glasshive_cache_bytes{{cache=\"test\"}} {}\n", cache.bytes()));
        line("glasshive_cache_limit_bytes{cache=\"test\"} 10000\n");
        let state = cache.state();
        assert_eq!((state.entries.len(), state.bytes), (state.ranks.len(), state.entries.values().map(|entry| entry.bytes).sum()));
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        let cache: Cache<u32, u32> = Cache::new("test", 0, &Registry::default());
        cache.insert(1, 1, 0, 1);
        assert_eq!(cache.get(&1), None);
    }
}

//! Own metrics: counters, gauges and histograms, rendered as Prometheus text.
//!
//! A metric is declared once, with its help sentence, by asking the [`Registry`] for it; asking again gives the same one.
//! Label values come from our own closed lists (kinds, routes, dialects), never from telemetry.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// All metrics of one process. Cheap to clone; clones share.
#[derive(Clone, Default)]
pub struct Registry {
    families: Arc<Mutex<BTreeMap<&'static str, Family>>>,
}

/// A number that only grows.
#[derive(Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes both ways.
#[derive(Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// A distribution of seconds over fixed bounds.
#[derive(Clone)]
pub struct Histogram(Arc<HistogramState>);

struct HistogramState {
    counts: [AtomicU64; BOUNDS_SECONDS.len() + 1],
    sum_ns: AtomicU64,
}

/// Upper bounds of the histogram buckets, in seconds: an fsync at the low end, a query's time limit at the high end.
const BOUNDS_SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

struct Family {
    help: &'static str,
    series: BTreeMap<String, Series>,
}

enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

// === impl Registry ===

impl Registry {
    /// The counter `name` with these labels; its name ends in `_total`.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        self.with(
            name,
            help,
            labels,
            || Series::Counter(Counter::default()),
            |series| match series {
                Series::Counter(counter) => Some(counter.clone()),
                _ => None,
            },
        )
    }

    /// The gauge `name` with these labels.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        self.with(
            name,
            help,
            labels,
            || Series::Gauge(Gauge::default()),
            |series| match series {
                Series::Gauge(gauge) => Some(gauge.clone()),
                _ => None,
            },
        )
    }

    /// The histogram of seconds `name` with these labels; its name ends in `_seconds`.
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
        self.with(
            name,
            help,
            labels,
            || Series::Histogram(Histogram::default()),
            |series| match series {
                Series::Histogram(histogram) => Some(histogram.clone()),
                _ => None,
            },
        )
    }

    fn with<T: Default>(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Series,
        pick: impl Fn(&Series) -> Option<T>,
    ) -> T {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        let series = family.series.entry(label_text(labels)).or_insert_with(make);
        let picked = pick(series);
        debug_assert!(picked.is_some(), "metric {name} is declared with two types");
        picked.unwrap_or_default()
    }

    /// Everything in the Prometheus text format, version 0.0.4, sorted by name and labels.
    pub fn render(&self) -> String {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        for (name, family) in families.iter() {
            let kind = match family.series.values().next() {
                Some(Series::Counter(_)) => "counter",
                Some(Series::Gauge(_)) => "gauge",
                Some(Series::Histogram(_)) => "histogram",
                None => continue,
            };
            let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
            for (labels, series) in &family.series {
                match series {
                    Series::Counter(counter) => line(&mut out, name, labels, counter.get()),
                    Series::Gauge(gauge) => line(&mut out, name, labels, gauge.get()),
                    Series::Histogram(histogram) => histogram.render(&mut out, name, labels),
                }
            }
        }
        out
    }
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = if labels.is_empty() { writeln!(out, "{name} {value}") } else { writeln!(out, "{name}{{{labels}}} {value}") };
}

fn label_text(labels: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (index, (name, value)) in labels.iter().enumerate() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{}{name}=\"{value}\"", if index == 0 { "" } else { "," });
    }
    out
}

// === impl Counter, Gauge, Histogram ===

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The present count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Replaces the value.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds `delta`, which may be negative.
    pub fn add(&self, delta: i64) {
        self.0.fetch_add(delta, Ordering::Relaxed);
    }

    /// The present value.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self(Arc::new(HistogramState { counts: Default::default(), sum_ns: AtomicU64::new(0) }))
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn observe(&self, duration: std::time::Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BOUNDS_SECONDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS_SECONDS.len());
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.0.sum_ns.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn render(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut total = 0;
        for (index, count) in self.0.counts.iter().enumerate() {
            total += count.load(Ordering::Relaxed);
            let bound = BOUNDS_SECONDS.get(index).map_or_else(|| "+Inf".to_owned(), f64::to_string);
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {total}");
        }
        line(out, &format!("{name}_sum"), labels, self.0.sum_ns.load(Ordering::Relaxed) as f64 / 1e9);
        line(out, &format!("{name}_count"), labels, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_prometheus_text() {
        let registry = Registry::default();
        registry.counter("hive_refused_total", "Requests refused.", &[("reason", "a\"b")]).add(3);
        registry.counter("hive_refused_total", "Requests refused.", &[("reason", "a\"b")]).increment();
        registry.gauge("hive_live_rows", "Rows not yet in files.", &[]).set(-2);
        registry.histogram("hive_sync_seconds", "Time of a sync.", &[]).observe(std::time::Duration::from_millis(3));
        let text = registry.render();
        assert!(text.contains("hive_refused_total{reason=\"a\\\"b\"} 4\n"), "{text}");
        assert!(text.contains("hive_live_rows -2\n"), "{text}");
        assert!(text.contains("hive_sync_seconds_bucket{le=\"0.0025\"} 0\n"), "{text}");
        assert!(text.contains("hive_sync_seconds_bucket{le=\"0.005\"} 1\n"), "{text}");
        assert!(text.contains("hive_sync_seconds_count 1\n"), "{text}");
    }
}

//! What a seed decides before anything runs.

use crate::disk::FaultRates;
use crate::random::Random;
use glasshive_model::SignalClass;
use glasshive_store::{Compression, Durability, MergeConfig, PlantedBug, Retention, RetentionRule, StoreConfig};
use std::time::Duration;

/// One simulation, but for the store's code.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The seed that decides everything.
    pub seed: u64,
    /// The store's sizes and limits, all small.
    pub config: StoreConfig,
    /// What goes wrong, and how often.
    pub rates: FaultRates,
    /// How many lives the process has before the faults stop.
    pub lives: u64,
    /// Clients that send at the same time.
    pub clients: u64,
    /// Environments beside `local`.
    pub environments: Vec<String>,
    /// A body is sent again only this long after it was first sent.
    pub retry_within: Duration,
    /// Whether it may be sent again in a later life: not if the log keeps less than the re-delivery window.
    pub retry_across_lives: bool,
    /// Once in so many requests the rows of an earlier one are sent again; 0 = never.
    pub again: u64,
    /// Whether rows are deleted.
    pub deletes: bool,
    /// After so many lives an older catalog may be put back; 0 = never.
    pub restores: u64,
    /// Whether files that the catalog does not know are adopted when the faults have stopped.
    pub adopts_in_the_end: bool,
}

impl Setup {
    /// Draws a setup.
    pub fn draw(seed: u64, planted: Option<PlantedBug>) -> Self {
        let mut random = Random::new(seed, "setup");
        let rates = FaultRates::draw(&mut random);
        let second = Duration::from_secs(1);
        let window = second * *random.pick(&[3, 60, 600, 600]);
        let small_log = random.one_in(6);
        let is_relaxed = random.one_in(10);
        let config = StoreConfig {
            shown_path: "/sim".to_owned(),
            durability: Durability::Fsync,
            segment_bytes: *random.pick(&[16 << 10, 32 << 10, 64 << 10]),
            group_bytes: *random.pick(&[2 << 10, 8 << 10, 64 << 10]),
            queue_bytes: *random.pick(&[16 << 10, 256 << 10, 1 << 20]),
            log_max_bytes: if small_log { 128 << 10 } else { 1 << 30 },
            redelivery_window: window,
            redelivery_requests: 100_000,
            reserve_bytes: *random.pick(&[0, 16 << 10]),
            flush_rows: *random.pick(&[10, 60, 1_000, 100_000]),
            live_bytes: *random.pick(&[64 << 10, 1 << 20, 64 << 20]),
            flush_age: *random.pick(&[second / 2, second * 5, second * 20, second * 20]),
            own_file_rows: *random.pick(&[4, 16, 1_000]),
            row_group_rows: *random.pick(&[16, 64, 1_024, 1_024]),
            row_group_bytes: 128 << 20,
            compression: compression(seed),
            seal_rows: *random.pick(&[4, 16, 64]),
            shutdown_flush: second * *random.pick(&[0, 10]),
            merge: MergeConfig::default(),
            retention: Retention::default(),
            planted,
        };
        let setup = Self {
            seed,
            config,
            rates: rates.clone(),
            lives: random.between(1, 5),
            clients: random.between(2, 5),
            environments: ["shop".to_owned()][..random.below(2) as usize].to_vec(),
            retry_within: window / 2,
            retry_across_lives: !small_log && rates.flip == 0,
            again: 0,
            deletes: false,
            restores: 0,
            adopts_in_the_end: false,
        };
        let setup = if is_relaxed { setup.relaxed() } else { setup };
        setup.with_long_lived_files().with_what_people_do()
    }

    /// Files are merged early and rows are kept for no more than a while, both in some seeds only.
    fn with_long_lived_files(mut self) -> Self {
        let mut random = Random::new(self.seed, "files");
        let second = Duration::from_secs(1);
        self.config.merge = MergeConfig {
            enabled: !random.one_in(4),
            files: *random.pick(&[1, 1, 2, 4]),
            files_of_partition: *random.pick(&[2, 4, 50]),
            inputs: *random.pick(&[2, 3, 32]),
            rows: *random.pick(&[40, 1_000_000]),
            quiet: second * *random.pick(&[1, 3_600]),
            grace: second * *random.pick(&[1, 1, 20, 600]),
            ..MergeConfig::default()
        };
        let keep = *random.pick(&[None, Some(second * 1_800), Some(second * 86_400), Some(second * 86_400 * 60)]);
        self.config.retention = Retention { keep, every: second * *random.pick(&[1, 10, 60]), ..Retention::default() };
        if random.one_in(3) {
            self.config.retention.rules = (0..random.between(1, 3)).map(|_| rule(&mut random)).collect();
        }
        if random.one_in(24) {
            self.config.retention.max_bytes = Some(random.between(20, 200) << 10);
        }
        self
    }

    /// Rows are sent again and deleted, and backups of the catalog are put back, each in some seeds only.
    fn with_what_people_do(mut self) -> Self {
        let mut random = Random::new(self.seed, "people");
        self.again = *random.pick(&[0, 0, 4, 12]);
        self.deletes = random.one_in(2);
        // A byte that decayed may be one of the only copy that is left then.
        self.restores = if self.rates.flip == 0 && random.one_in(3) { random.between(1, 2) } else { 0 };
        self.adopts_in_the_end = self.rates.flip == 0 && random.one_in(3);
        self
    }

    /// The same with relaxed durability, on a disk that works: what it promises is stated for one.
    pub fn relaxed(mut self) -> Self {
        self.config.durability = Durability::Relaxed { interval: Duration::from_secs(1) };
        self.rates = FaultRates::default();
        self
    }

    /// Whether a power failure may cost what was acknowledged last, and how long ago that may be.
    pub fn relaxed_interval(&self) -> Option<Duration> {
        match self.config.durability {
            Durability::Relaxed { interval } => Some(interval),
            Durability::Fsync => None,
        }
    }
}

/// Few seeds compress data files: what these are written with changes nothing of what the store does, and one that makes a compressor
/// for each column of each small file takes as long as three others.
fn compression(seed: u64) -> Compression {
    let mut random = Random::new(seed, "compression");
    if random.one_in(64) { Compression::default() } else { Compression { flush: 0, merge: 0 } }
}

/// A rule of retention for some of the rows that are drawn.
fn rule(random: &mut Random) -> RetentionRule {
    let second = Duration::from_secs(1);
    RetentionRule {
        environment: random.pick(&[None, None, Some("local".to_owned()), Some("shop".to_owned())]).clone(),
        class: *random.pick(&[None, None, Some(SignalClass::Spans), Some(SignalClass::Logs)]),
        dataset: random.pick(&[None, Some("shop".to_owned()), Some("cart".to_owned()), Some("mail".to_owned())]).clone(),
        keep: second * *random.pick(&[5, 300, 3_600, 86_400]),
    }
}

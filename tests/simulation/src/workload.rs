//! What runs beside the store's own tasks: clients, readers, a flusher, a follower, somebody who has rows deleted.

use crate::age::Age;
use crate::body;
use crate::disk::Medium;
use crate::lookup;
use crate::random::Random;
use crate::reading::{self, FileCache, Unread};
use crate::reference::{Deletions, Reference};
use crate::setup::Setup;
use crate::universe::Universe;
use futures_util::future::join;
use glasshive_model::names::{META_DATASET, TRACE_ID};
use glasshive_model::{Appended, EnvironmentId, EventSink as _, SinkError, Value};
use glasshive_store::{RowFilter, Scope, Store};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all of them share, across lives.
pub struct Shared {
    /// The setup.
    pub setup: Setup,
    /// Time and trace.
    pub universe: Universe,
    /// The disk.
    pub medium: Medium,
    /// What was read of it in the present life.
    pub files: FileCache,
    reference: Mutex<Reference>,
    random: Mutex<Random>,
    wall_jumps: Mutex<u64>,
    /// The life in which each request was first sent, with the jumps of the clock before that.
    births: Mutex<Vec<(u64, u64)>>,
}

impl Shared {
    /// Nothing has been sent yet.
    pub fn new(setup: Setup, universe: Universe, medium: Medium) -> Self {
        let random = Mutex::new(Random::new(setup.seed, "workload"));
        let files = FileCache::default();
        let reference = Mutex::new(Reference::new(Age::new(&setup.config.retention)));
        Self { setup, universe, medium, files, reference, random, wall_jumps: Mutex::default(), births: Mutex::default() }
    }

    /// The reference.
    pub fn reference(&self) -> MutexGuard<'_, Reference> {
        self.reference.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the reference see the time.
    pub fn tick(&self) {
        self.reference().age.tick(self.universe.wall_ns(), self.universe.now());
    }

    fn random<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn rest(&self, ms_max: u64) {
        let ms = self.random(|random| random.below(ms_max + 1));
        self.universe.sleep(Duration::from_millis(ms)).await;
    }

    fn jumps(&self) -> MutexGuard<'_, u64> {
        self.wall_jumps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn births(&self) -> MutexGuard<'_, Vec<(u64, u64)>> {
        self.births.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw_request(&self, store: &Store) -> u64 {
        let environments = store.environments();
        let now_ns = self.universe.wall_ns();
        let mut reference = self.reference();
        let number = reference.next_number();
        let (again, rate) = (number.min(16), self.setup.again);
        let earlier = self.random(|random| (again > 0 && random.one_in(rate)).then(|| number - 1 - random.below(again)));
        let earlier = earlier.map(|earlier| {
            let (environment, root, text) = reference.original(earlier);
            (environment, root, body::again(number, text))
        });
        let (environment, root, text) = match earlier {
            Some((environment, root, text)) => (environments.iter().find(|(id, _)| *id == environment), Some(root), text),
            None => self.random(|random| (Some(random.pick(&environments)), None, body::draw(number, now_ns, random))),
        };
        let (environment, slug) = environment.expect("environments do not go away");
        let (codec, body) = self.random(|random| body::encode(&text, random));
        self.births().push((self.universe.life(), *self.jumps()));
        reference.add((*environment, slug), root, &text, codec, body)
    }

    /// What was sent before now is not sent again: it is not known any more.
    pub fn forget_births(&self) {
        *self.jumps() += 1;
    }

    /// Whether the store must still know this body if it has it.
    fn may_retry(&self, number: u64) -> bool {
        let (life, jumps) = self.births()[number as usize];
        let first_sent = self.reference().first_sent(number);
        let is_recent = first_sent.is_none_or(|at| self.universe.now() - at <= self.setup.retry_within);
        is_recent && jumps == *self.jumps() && (life == self.universe.life() || self.setup.retry_across_lives)
    }

    async fn send(&self, store: &Store, number: u64) -> Result<Appended, SinkError> {
        let was_answered = self.reference().is_answered(number);
        let submission = self.reference().begin(number, self.universe.wall_ns(), self.universe.now());
        self.universe.note(|| format!("request {number} is sent, {} bytes, {} rows", submission.body.len(), submission.rows.len()));
        let answer = store.append(submission).await;
        self.universe.note(|| format!("request {number} is answered {answer:?}"));
        self.reference().end(number, was_answered, &answer, self.universe.now());
        answer
    }
}

/// Sends requests, new ones and old ones again, until it has sent `count`.
pub async fn client(shared: Arc<Shared>, store: Arc<Store>, count: u64) {
    for _ in 0..count {
        let pause_ms_max = shared.random(|random| *random.pick(&[0, 1, 20, 300, 4_000]));
        shared.rest(pause_ms_max).await;
        let rate = shared.setup.rates.jump;
        if shared.random(|random| random.one_in(rate)) {
            *shared.jumps() += 1;
            let by_s = shared.random(|random| *random.pick(&[-86_400 * 3, -3_600, -30, 30, 3_600, 86_400 * 2]));
            shared.tick();
            shared.universe.jump(by_s * 1_000_000_000);
            shared.reference().age.jumped(shared.universe.now());
        }
        let known = shared.reference().next_number();
        let again = shared.random(|random| (known > 0 && random.one_in(5)).then(|| known - 1 - random.below(known.min(8))));
        let number = match again {
            Some(number) if shared.may_retry(number) => number,
            _ => shared.draw_request(&store),
        };
        if store.admit(1_000).is_err() && shared.random(|random| random.one_in(2)) {
            continue;
        }
        match shared.random(|random| random.below(20)) {
            0 => give_up(&shared, &store, number).await,
            1 => {
                let (first, second) = join(shared.send(&store, number), shared.send(&store, number)).await;
                drop((first, second));
            }
            _ => patient(&shared, &store, number).await,
        }
    }
}

/// Sends until it is kept, as an exporter does, but not for ever.
async fn patient(shared: &Shared, store: &Store, number: u64) {
    for _ in 0..3 {
        if !shared.may_retry(number) || shared.send(store, number).await.is_ok() {
            return;
        }
        shared.rest(3_000).await;
    }
}

/// Sends and goes away before the answer; the delivery stays in flight for the rest of this life.
async fn give_up(shared: &Shared, store: &Store, number: u64) {
    let submission = shared.reference().begin(number, shared.universe.wall_ns(), shared.universe.now());
    let mut append = store.append(submission);
    for _ in 0..shared.random(|random| random.below(6)) {
        if futures_util::poll!(&mut append).is_ready() {
            return;
        }
        shared.universe.pause().await;
    }
    shared.universe.note(|| format!("the sender of request {number} goes away"));
}

/// Asks for flushes now and then.
pub async fn flusher(shared: Arc<Shared>, store: Arc<Store>) {
    loop {
        shared.rest(6_000).await;
        // What a failed flush leaves is looked at by the readers.
        drop(store.flush().await);
    }
}

/// Takes `count` snapshots, holds some of them for a while, and compares what they hold.
pub async fn reader(shared: Arc<Shared>, store: Arc<Store>, count: u64) {
    for _ in 0..count {
        let pause_ms_max = shared.random(|random| *random.pick(&[10, 500, 8_000]));
        shared.rest(pause_ms_max).await;
        let held_ms = shared.random(|random| *random.pick(&[0, 0, 10, 2_000]));
        for (environment, _) in store.environments() {
            if look(&shared, &store, environment, held_ms).await.is_err() {
                return;
            }
        }
    }
}

async fn look(shared: &Shared, store: &Store, environment: EnvironmentId, held_ms: u64) -> Result<(), ()> {
    let claims = shared.reference().claims(environment);
    let snapshot = store.snapshot(&Scope::all(environment));
    if held_ms > 0 {
        shared.universe.sleep(Duration::from_millis(held_ms)).await;
    }
    let mut random = shared.random(|random| Random::new(random.next_u64(), "lookup"));
    let read = match reading::read(&snapshot, &shared.medium, &shared.files).await {
        Ok(found) => lookup::look_up(&snapshot, &shared.medium, &shared.files, &mut random).await.map(|()| found),
        error => error,
    };
    let result = match read {
        Ok(found) => {
            shared.tick();
            let mut reference = shared.reference();
            reference
                .compare(&claims, found, shared.universe.now(), None)
                .and_then(|()| reference.compare_registry(environment, &snapshot.registry))
                .and_then(|()| reading::check_received(&snapshot, reference.latest_ns()))
        }
        Err(Unread::Disk) => Ok(()),
        Err(Unread::Wrong(wrong)) => Err(wrong),
    };
    result.map_err(|wrong| shared.reference().wrong(wrong))
}

/// Has rows deleted now and then, the same ones twice sometimes, and compares the proofs.
pub async fn deleter(shared: Arc<Shared>, store: Arc<Store>, count: u64) {
    for _ in 0..count {
        let pause_ms_max = shared.random(|random| *random.pick(&[10, 1_000, 12_000]));
        shared.rest(pause_ms_max).await;
        let Some((environment, filter)) = draw_deletion(&shared) else { continue };
        let number = shared.reference().ask_deletion(environment, filter.clone());
        shared.universe.note(|| format!("deletion {number} is asked for: {filter:?}"));
        let asked = store.ask_deletion(environment, filter, &Deletions::asker(number)).await;
        shared.universe.note(|| format!("deletion {number} is noted: {asked:?}"));
        {
            let mut reference = shared.reference();
            let next = reference.next_number();
            reference.deletions.was_asked(number, next);
        }
        if let Ok(asked) = asked {
            shared.reference().learn_deletions(std::slice::from_ref(&asked));
            // Somebody who waits is told; somebody who does not looks later.
            if shared.random(|random| !random.one_in(3))
                && let Ok(done) = store.wait_for_deletion(asked.id).await
            {
                shared.universe.note(|| format!("deletion {number} is done: {done:?}"));
                let mut reference = shared.reference();
                if done.finished.is_none() {
                    reference.wrong(format!("deletion {number} is said to be done without a proof"));
                }
                reference.learn_deletions(&[done]);
            }
        }
        if let Ok(deletions) = store.deletions().await {
            shared.reference().learn_deletions(&deletions);
        }
    }
}

/// Rows of a request that was sent not long ago, as somebody would name them.
fn draw_deletion(shared: &Shared) -> Option<(EnvironmentId, RowFilter)> {
    let reference = shared.reference();
    shared.random(|random| {
        let earlier = reference.deletions.count();
        if earlier > 0 && random.one_in(4) {
            return reference.deletions.filter(random.below(earlier as u64) as usize);
        }
        let known = reference.next_number().min(30);
        if known == 0 {
            return None;
        }
        let (environment, rows) = reference.rows(reference.next_number() - 1 - random.below(known));
        let row = random.pick(rows);
        let text = |name: &str| row.get(name).map(Value::to_string);
        let attributes: Vec<_> = row.fields.iter().filter(|(key, value)| key.starts_with('k') && *value != Value::Null).collect();
        let mut filter = RowFilter::default();
        match random.below(4) {
            0 if text(TRACE_ID).is_some() => filter.trace_id = text(TRACE_ID),
            1 if !attributes.is_empty() => {
                let (key, value) = random.pick(&attributes);
                filter.equals.insert(key.clone(), value.to_string());
            }
            _ => drop(filter.equals.insert(body::REQUEST.to_owned(), text(body::REQUEST).unwrap_or_default())),
        }
        if random.one_in(4) {
            filter.dataset = text(META_DATASET);
        }
        if random.one_in(6) {
            (filter.time_from_ns, filter.time_to_ns) = (Some(row.time_ns), Some(row.time_ns.saturating_add(1_000_000_000)));
        }
        Some((environment, filter))
    })
}

/// Follows what arrives: every chunk holds rows that somebody sent.
pub async fn follower(shared: Arc<Shared>, store: Arc<Store>) {
    let mut tail = store.subscribe();
    drop(store);
    while let Some(chunk) = tail.next().await {
        let claims = shared.reference().claims(chunk.environment());
        let rows = match reading::rows_of_chunk(&chunk) {
            Ok(rows) => rows,
            Err(wrong) => return shared.reference().wrong(wrong),
        };
        if let Some(row) = rows.iter().find(|row| !claims.may_hold(row.request)) {
            return shared.reference().wrong(format!("the tail shows a row of request {}, which nobody sent", row.request));
        }
    }
}

/// Frees the disk after a while.
pub async fn janitor(shared: Arc<Shared>) {
    shared.rest(30_000).await;
    shared.medium.set_room(None);
}

//! What is told at the end of a day.

use crate::ENVIRONMENT;
use anyhow::{Context, Result, ensure};
use glasshive_benchmark_parts::{cpu_seconds, kernel_says};
use glasshive_model::{TraceId, Value};
use glasshive_query_engine::{Cancel, Cost, Engine, TraceRequest};
use glasshive_query_plan::{Note, NoteKind, Wants, text};
use glasshive_store::{Scope, Store};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// How often a question is asked again after its first time of the day.
const AGAIN: usize = 7;

/// A question, of a window that begins and ends so long ago.
struct Question {
    name: &'static str,
    text: &'static str,
    from: Duration,
    to: Duration,
}

/// Each window is a whole number of its question's steps, so that what was found in files may be kept from one day to the next.
const QUESTIONS: [Question; 5] = [
    Question {
        name: "planning alone: statistics exclude every file of 30 days",
        text: "COUNT WHERE duration_ms > 1e15",
        from: DAY.saturating_mul(30),
        to: Duration::ZERO,
    },
    Question {
        name: "last hour: count by service",
        text: "COUNT WHERE trace.span_id exists GROUP BY service.name",
        from: HOUR,
        to: Duration::ZERO,
    },
    Question {
        name: "last day: P99 of duration by route",
        text: "P99(duration_ms) WHERE trace.span_id exists GROUP BY http.route",
        from: DAY,
        to: Duration::ZERO,
    },
    Question {
        name: "a day of a week ago: heatmap of duration",
        text: "HEATMAP(duration_ms) WHERE trace.span_id exists",
        from: DAY.saturating_mul(8),
        to: DAY.saturating_mul(7),
    },
    Question {
        name: "14 days: errors by service",
        text: "COUNT WHERE error = true GROUP BY service.name",
        from: DAY.saturating_mul(14),
        to: Duration::ZERO,
    },
];

/// How long ago the traces were that are looked up.
const TRACES: [(&str, Duration); 2] =
    [("a trace of two hours ago by its id", HOUR.saturating_mul(2)), ("a trace of six days ago by its id", DAY.saturating_mul(6))];

/// Reads a store from day to day.
pub struct Reader<'a> {
    store: &'a Store,
    engine: &'a Engine,
    cpu_seconds: f64,
    written: u64,
    began: Instant,
}

impl<'a> Reader<'a> {
    /// Counts from now on.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn new(store: &'a Store, engine: &'a Engine) -> Result<Self> {
        Ok(Self { store, engine, cpu_seconds: cpu_seconds()?, written: kernel_says("io", "wchar")?, began: Instant::now() })
    }

    /// What there is and what it costs; the time of questions counts for no day.
    ///
    /// # Errors
    /// When a question is refused, or answered in part.
    pub async fn read(&mut self, day: u64, now_ns: i64) -> Result<Json> {
        let (cpu, written) = (cpu_seconds()?, kernel_says("io", "wchar")?);
        let mut reading = self.kept();
        reading.insert("day".to_owned(), json!(day));
        reading.insert("cpu_s".to_owned(), json!(rounded(cpu - self.cpu_seconds)));
        reading.insert("wall_s".to_owned(), json!(rounded(self.began.elapsed().as_secs_f64())));
        reading.insert("written_mib".to_owned(), json!((written - self.written) >> 20));
        reading.insert("rss_mib".to_owned(), json!(kernel_says("status", "VmRSS")? >> 10));
        reading.insert("peak_mib".to_owned(), json!(kernel_says("status", "VmHWM")? >> 10));
        let mut questions = Map::new();
        for question in &QUESTIONS {
            questions.insert(question.name.to_owned(), self.ask(question, now_ns).await?);
        }
        for (name, ago) in TRACES {
            questions.insert(name.to_owned(), self.look_up(now_ns - ago.as_nanos() as i64, now_ns).await?);
        }
        reading.insert("questions".to_owned(), Json::Object(questions));
        reading.insert("peak_asking_mib".to_owned(), json!(kernel_says("status", "VmHWM")? >> 10));
        // The next day has a peak of its own.
        std::fs::write("/proc/self/clear_refs", "5").context("reset the peak of memory")?;
        (self.cpu_seconds, self.written, self.began) = (cpu_seconds()?, kernel_says("io", "wchar")?, Instant::now());
        Ok(Json::Object(reading))
    }

    /// What is on the disk and in memory.
    fn kept(&self) -> Map<String, Json> {
        let stats = self.store.stats();
        let mut partitions: BTreeMap<String, u64> = BTreeMap::new();
        let mut levels: BTreeMap<u8, u64> = BTreeMap::new();
        for file in self.store.snapshot(&Scope::all(ENVIRONMENT)).files {
            let partition = file.row.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            *partitions.entry(partition.to_owned()).or_default() += 1;
            *levels.entry(file.row.level).or_default() += 1;
        }
        let mut counts: Vec<u64> = partitions.into_values().collect();
        counts.sort_unstable();
        let levels: Map<String, Json> = levels.into_iter().map(|(level, files)| (level.to_string(), json!(files))).collect();
        let kept = json!({
            "rows": stats.file_rows + stats.live_rows, "live_rows": stats.live_rows, "files": stats.files, "files_by_level": levels,
            "partitions": counts.len(), "files_of_a_partition_median": counts.get(counts.len() / 2), "files_of_a_partition_most": counts.last(),
            "file_mib": stats.file_bytes >> 20, "bytes_per_row": rounded(stats.file_bytes as f64 / stats.file_rows.max(1) as f64),
            "log_mib": stats.log_bytes >> 20,
        });
        match kept {
            Json::Object(kept) => kept,
            _ => Map::new(),
        }
    }

    async fn ask(&self, question: &Question, now_ns: i64) -> Result<Json> {
        let between = format!("FROM {} TO {}", stamp(now_ns, question.from)?, stamp(now_ns, question.to)?);
        let plan = text::parse(&format!("{} {between}", question.text), now_ns)?;
        let mut times = Times::default();
        for _ in 0..=AGAIN {
            let began = Instant::now();
            let (answer, cost) = self.engine.query_with_cost(ENVIRONMENT, &plan, Wants::ALL, Cancel::default()).await?;
            times.add(began, &cost, &answer.notes)?;
        }
        Ok(times.told())
    }

    /// Looks up a trace that a row of about that time is of.
    async fn look_up(&self, near_ns: i64, now_ns: i64) -> Result<Json> {
        let ago = Duration::from_nanos(now_ns.abs_diff(near_ns));
        let between = format!("FROM {} TO {}", stamp(now_ns, ago + HOUR)?, stamp(now_ns, ago)?);
        let request = text::parse_events(&format!("trace.trace_id WHERE trace.span_id exists {between} LIMIT {}", AGAIN + 1), now_ns)?;
        let found = self.engine.events(ENVIRONMENT, &request, Cancel::default()).await?;
        ensure!(!found.rows.is_empty(), "no spans {between}");
        let mut times = Times::default();
        for row in &found.rows {
            let Some(Value::Str(id)) = row.get("trace.trace_id") else { continue };
            let request = TraceRequest { trace_id: TraceId::from_text(id), near_ns: None };
            let began = Instant::now();
            let trace = self.engine.trace(ENVIRONMENT, request, Cancel::default()).await?;
            times.add(began, &trace.cost, &trace.notes)?;
        }
        Ok(times.told())
    }
}

/// What one question took, the first time and again.
#[derive(Default)]
struct Times {
    elapsed_ms: Vec<f64>,
    first: Option<Cost>,
    again: Option<Cost>,
}

impl Times {
    fn add(&mut self, began: Instant, cost: &Cost, notes: &[Note]) -> Result<()> {
        self.elapsed_ms.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(!notes.iter().any(|note| note.kind == NoteKind::Partial), "a partial answer is no reading: {notes:?}");
        match self.first {
            None => self.first = Some(*cost),
            Some(_) => self.again = Some(*cost),
        }
        Ok(())
    }

    fn told(mut self) -> Json {
        let first_ms = self.elapsed_ms.remove(0);
        self.elapsed_ms.sort_by(f64::total_cmp);
        let again = self.elapsed_ms.get(self.elapsed_ms.len() / 2);
        let cost = |cost: Option<Cost>| {
            cost.map(|cost| json!({"rows_scanned": cost.rows_scanned, "rows_kept": cost.rows_kept, "files_read": cost.files_read}))
        };
        json!({"first_ms": rounded(first_ms), "again_ms": again.map(|ms| rounded(*ms)), "first": cost(self.first), "again": cost(self.again)})
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn stamp(now_ns: i64, ago: Duration) -> Result<jiff::Timestamp> {
    Ok(jiff::Timestamp::from_nanosecond(i128::from(now_ns) - ago.as_nanos() as i128)?)
}

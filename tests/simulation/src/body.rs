//! Requests of the simulation: a body format of its own, drawn from the seed, decoded into rows.
//!
//! A body is lines of words. `request <n>` comes first; `again <n>` may follow, so that the same rows are another body.
//! `resource <cell>` holds for all rows. `row <time> <signal> <dataset>
//! <weight> <trace>` begins a row, `cell` lines follow. A cell is a type letter, a key, `=`, a value: `s` text, `i` integer,
//! `f` double, `b` truth, `j` JSON, `n` empty. Every row gets the attributes [`REQUEST`] and [`ROW`] besides.

use crate::random::Random;
use glasshive_model::rows::Level;
use glasshive_model::{Annotation, Cell, Codec, Decoder, RecordMeta, Rows, RowsBuilder, Signal, Source, SystemRow, TraceId};
use std::fmt::Write as _;
use std::io::Write as _;

/// The format's number in records of the log.
pub const FORMAT: u16 = 0x00ee;
/// The attribute that says which request a row is of.
pub const REQUEST: &str = "sim.request";
/// The attribute that says which row of its request a row is.
pub const ROW: &str = "sim.row";

/// Decodes the format above.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimDecoder;

/// Draws request `number`, received at `now_ns`.
pub fn draw(number: u64, now_ns: i64, random: &mut Random) -> String {
    const DATASETS: [&str; 6] = ["shop", "shop", "shop", "cart", "mail", "rare-dataset"];
    let mut body = format!("request {number}\n");
    for _ in 0..random.below(3) {
        let _ = writeln!(body, "resource {}", cell(random));
    }
    let rows = if random.one_in(12) { random.between(20, 60) } else { random.between(1, 6) };
    for row in 0..rows {
        let signal = match random.below(10) {
            0..8 => Signal::Trace,
            8 => Signal::Log,
            _ => *random.pick(&[Signal::Event, Signal::Metric, Signal::Error]),
        };
        let weight = *random.pick(&["1", "1", "1", "2", "7.5"]);
        let trace = if random.one_in(3) { 0 } else { number * 1_000 + row / 4 + 1 };
        let (time, dataset) = (time(now_ns, random), random.pick(&DATASETS));
        let _ = writeln!(body, "row {time} {} {dataset} {weight} {trace}", signal.number());
        for _ in 0..random.below(5) {
            let _ = writeln!(body, "cell {}", cell(random));
        }
    }
    body
}

/// The body of request `number`, with the rows of an earlier one.
pub fn again(number: u64, text: &str) -> String {
    let (first, rest) = text.split_once('\n').expect("a body has a first line");
    format!("{first}\nagain {number}\n{rest}")
}

/// Mostly now; also late, ahead, and long ago.
fn time(now_ns: i64, random: &mut Random) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    let ago = match random.below(40) {
        0..34 => random.below(60) as i64 * SECOND + random.below(1_000) as i64,
        34..37 => *random.pick(&[1, 2, 30]) * 3_600 * SECOND,
        37 => -(random.below(600) as i64) * SECOND,
        _ => return *random.pick(&[-1, 0, 1, 3_600 * SECOND - 1, 3_600 * SECOND, 1_500_000_000 * SECOND]),
    };
    now_ns - ago
}

fn cell(random: &mut Random) -> String {
    let key = match random.below(24) {
        0 => format!("rare.{}", random.below(200)),
        1 => format!("long.{}", "k".repeat(260)),
        2 => "_time".to_owned(),
        3 => "k@i64".to_owned(),
        n => format!("k{}", n % 6),
    };
    match random.below(12) {
        0..4 => format!("s{key}={}", text(random)),
        4..7 => format!("i{key}={}", random.next_u64() as i64 >> random.below(60)),
        7 | 8 => format!("f{key}={:?}", random.below(1_000) as f64 / 8.0),
        9 => format!("b{key}={}", random.one_in(2)),
        10 => format!("j{key}=[{},\"x\"]", random.below(9)),
        _ => format!("n{key}="),
    }
}

fn text(random: &mut Random) -> String {
    const WORDS: [&str; 8] = ["", "GET /", "é", "a\"b\\c", "NaN", "1", "null", "=cmd"];
    let mut text = (*random.pick(&WORDS)).to_owned();
    if random.one_in(6) {
        for _ in 0..random.between(1, 60) {
            let _ = write!(text, "{:016x}", random.next_u64());
        }
    }
    text
}

/// The body as it is sent: a codec, and the bytes in it.
pub fn encode(body: &str, random: &mut Random) -> (Codec, Vec<u8>) {
    let bytes = body.as_bytes();
    let written = "writing into a vector does not fail";
    match random.below(6) {
        0 => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect(written);
            (Codec::Gzip, encoder.finish().expect(written))
        }
        1 => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect(written);
            (Codec::Zlib, encoder.finish().expect(written))
        }
        2 => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect(written);
            (Codec::Deflate, encoder.finish().expect(written))
        }
        3 => (Codec::Zstd, zstd::bulk::compress(bytes, 1).expect(written)),
        _ => (Codec::Identity, bytes.to_vec()),
    }
}

impl Decoder for SimDecoder {
    fn decode(&self, meta: &RecordMeta, _: i64, body: &[u8]) -> Result<Rows, String> {
        if meta.format != FORMAT {
            return Err(format!("format {:#x} is not the simulation's", meta.format));
        }
        let body = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        decode(body).ok_or_else(|| "a line cannot be read".to_owned())
    }
}

fn decode(body: &str) -> Option<Rows> {
    let mut lines = body.lines().peekable();
    let request: i64 = lines.next()?.strip_prefix("request ")?.parse().ok()?;
    let mut rows = RowsBuilder::new();
    lines.next_if(|line| line.starts_with("again "));
    while let Some(line) = lines.next_if(|line| line.starts_with("resource ")) {
        let (key, cell) = read_cell(&mut rows, line.strip_prefix("resource ")?)?;
        rows.open(Level::Resource, key, cell);
    }
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.strip_prefix("row ")?.split(' ').collect();
        let [time, signal, dataset, weight, trace] = words[..] else { return None };
        let system = SystemRow {
            time_ns: time.parse().ok()?,
            duration_ns: None,
            trace_id: TraceId::new(u128::to_be_bytes(trace.parse().ok()?)),
            span_id: None,
            parent_id: None,
            dataset: rows.dataset(dataset),
            signal: Signal::from_number(signal.parse().ok()?)?,
            source: Source::Otlp,
            annotation: Annotation::None,
            name: None,
            kind: None,
            status: None,
            sample_rate: weight.parse().ok()?,
        };
        let row = rows.len() as i64;
        rows.start_row(&system);
        for (name, value) in [(REQUEST, request), (ROW, row)] {
            let key = rows.key(name);
            rows.set(key, Cell::Int(value));
        }
        while let Some(line) = lines.next_if(|line| line.starts_with("cell ")) {
            let (key, cell) = read_cell(&mut rows, line.strip_prefix("cell ")?)?;
            rows.set(key, cell);
        }
        rows.finish_row();
    }
    Some(rows.finish())
}

fn read_cell(rows: &mut RowsBuilder, text: &str) -> Option<(glasshive_model::KeyCode, Cell)> {
    let (name, value) = text.get(1..)?.split_once('=')?;
    let key = rows.key(name);
    let cell = match text.as_bytes().first()? {
        b's' => Cell::Str(rows.text(value)),
        b'i' => Cell::Int(value.parse().ok()?),
        b'f' => Cell::Float(value.parse().ok()?),
        b'b' => Cell::Bool(value.parse().ok()?),
        b'j' => Cell::Json(rows.text(value)),
        b'n' => Cell::Null,
        _ => return None,
    };
    Some((key, cell))
}

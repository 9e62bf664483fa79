//! OTLP JSON lines: one request a line, as the Collector's file exporter writes them.

use super::Bad;
use super::source::Request;
use crate::screen::number;
use anyhow::{Context, Result};
use glasshive_receive_otlp::decode::Signal3;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::{BufRead, Read as _};

/// Bytes of the longest line: what a server takes as one request.
const LINE_BYTES: u64 = 64 << 20;

/// Lines being read.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    name: String,
    /// Bytes of all lines, where that is known.
    bytes: Option<u64>,
    read_bytes: u64,
    line: u64,
}

/// What a line has. Members of OTLP are looked at by a receiver; here it only matters whether they are there.
#[derive(Deserialize)]
struct Members {
    #[serde(rename = "resourceSpans", alias = "resource_spans")]
    spans: Option<IgnoredAny>,
    #[serde(rename = "resourceLogs", alias = "resource_logs")]
    logs: Option<IgnoredAny>,
    #[serde(rename = "resourceMetrics", alias = "resource_metrics")]
    metrics: Option<IgnoredAny>,
    glasshive: Option<Beside>,
}

/// What stands beside a request that this program wrote.
#[derive(Deserialize)]
struct Beside {
    dataset: Option<String>,
}

// === impl Lines ===

impl Lines {
    /// Of a reader; `name` is what it is called in messages.
    pub fn new(reader: Box<dyn BufRead + Send>, name: String, bytes: Option<u64>) -> Self {
        Self { reader, name, bytes, read_bytes: 0, line: 0 }
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn next(&mut self) -> Result<Option<Result<Request, Bad>>> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.reader).take(LINE_BYTES + 1).read_until(b'\n', &mut line);
            let read = read.with_context(|| format!("read {} behind line {}", self.name, self.line))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.read_bytes += read as u64;
            if line.len() as u64 > LINE_BYTES && !line.ends_with(b"\n") {
                self.pass_over()?;
                let why = "the line is longer than 64 MiB, the most that a receiver takes; write smaller requests (the Collector's \
                           `batch` processor has `send_batch_max_size`)";
                return Ok(Some(Err(self.bad(why.to_owned()))));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(self.request(line)));
            }
        }
    }

    /// Reads to the end of a line that is too long, without keeping it.
    fn pass_over(&mut self) -> Result<()> {
        loop {
            let buffer = self.reader.fill_buf().with_context(|| format!("read {}", self.name))?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.read_bytes += used as u64;
            self.reader.consume(used);
            if end.is_some() || used == 0 {
                return Ok(());
            }
        }
    }

    fn bad(&self, why: String) -> Bad {
        Bad { place: self.place(), why, count: 1, can_be_skipped: true }
    }

    fn place(&self) -> String {
        format!("{}, line {}", self.name, self.line)
    }

    fn request(&self, line: Vec<u8>) -> Result<Request, Bad> {
        let members: Members = match serde_json::from_slice(&line) {
            Ok(members) => members,
            Err(error) if std::str::from_utf8(&line).is_err() => {
                return Err(self.bad(format!(
                    "the line is no text ({error}); the Collector's file exporter writes what can be read with `format: json`, without \
                     `compression`"
                )));
            }
            Err(error) => return Err(self.bad(format!("the line is no OTLP request as JSON: {}", without_line(&error)))),
        };
        let there = [(Signal3::Traces, members.spans), (Signal3::Logs, members.logs), (Signal3::Metrics, members.metrics)];
        let signals: Vec<Signal3> = there.into_iter().filter_map(|(signal, is_there)| is_there.map(|_| signal)).collect();
        if signals.is_empty() {
            return Err(self.bad("the line has none of resourceSpans, resourceLogs and resourceMetrics".to_owned()));
        }
        let dataset = members.glasshive.and_then(|beside| beside.dataset);
        Ok(Request { place: self.place(), signals, dataset, body: line.into(), changed: 0, how_changed: None })
    }

    /// How far it is read, in words.
    pub fn how_far(&self) -> String {
        match self.bytes.filter(|bytes| *bytes > 0) {
            Some(bytes) => format!("{} %", self.read_bytes * 100 / bytes),
            None => number::bytes(self.read_bytes as f64),
        }
    }
}

/// An error of JSON without its line, which is always the first; ours is the one that counts.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.replace(&format!(" at line {} column {}", error.line(), error.column()), &format!(" at column {}", error.column()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<Request, Bad>> {
        let mut lines = Lines::new(Box::new(std::io::Cursor::new(text.to_vec())), "a.jsonl".to_owned(), None);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn lines_say_whose_they_are() {
        let found =
            read(b"{\"resourceSpans\":[]}\r\n\n  \n{\"resourceLogs\":[],\"resource_metrics\":[],\"glasshive\":{\"dataset\":\"d\"}}");
        let signals: Vec<_> = found.iter().map(|request| request.as_ref().unwrap().signals.clone()).collect();
        assert_eq!(signals, [vec![Signal3::Traces], vec![Signal3::Logs, Signal3::Metrics]]);
        let last = found[1].as_ref().unwrap();
        assert_eq!((last.place.as_str(), last.dataset.as_deref()), ("a.jsonl, line 4", Some("d")));
    }

    #[test]
    fn bad_lines_are_named_with_their_place() {
        let found = read(b"{}\n{\"resourceSpans\":\nnull\n\xff\xfe\n{\"resourceLogs\":[]}\n");
        let said: Vec<String> =
            found.iter().map(|request| request.as_ref().map_or_else(ToString::to_string, |_| "good".to_owned())).collect();
        let expected = [
            "a.jsonl, line 1: the line has none of resourceSpans, resourceLogs and resourceMetrics",
            "a.jsonl, line 2: the line is no OTLP request as JSON: EOF while parsing a value at column 18",
            "a.jsonl, line 3: the line is no OTLP request as JSON: invalid type: null, expected struct Members at column 4",
        ];
        assert_eq!(said[0], expected[0]);
        assert!(said[1].starts_with("a.jsonl, line 2: the line is no OTLP request as JSON: EOF while parsing"), "{}", said[1]);
        assert!(said[2].starts_with("a.jsonl, line 3: the line is no OTLP request"), "{}", said[2]);
        assert!(said[3].contains("line 4: the line is no text"), "{}", said[3]);
        assert_eq!(said[4], "good");
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_without_keeping_it() {
        let mut text = vec![b' '; (LINE_BYTES + 10) as usize];
        text.extend_from_slice(b"\n{\"resourceLogs\":[]}\n");
        let found = read(&text);
        assert!(found[0].as_ref().map(|_| ()).unwrap_err().to_string().contains("longer than 64 MiB"));
        assert_eq!(found[1].as_ref().map(|request| request.place.clone()).unwrap(), "a.jsonl, line 2");
    }
}

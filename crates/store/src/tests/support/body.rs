//! Bodies of the tests: a line per event, `minutes since START_NS, dataset, key=value ...`; `i:` and `f:` before a value make it
//! an integer or a float, nothing behind `=` an empty one.

use super::{MINUTE_NS, START_NS};
use glasshive_model::rows::SystemRow;
use glasshive_model::{Annotation, Cell, Decoder, RecordMeta, Rows, RowsBuilder, Signal, Source, TraceId};

/// Decodes them.
pub(super) struct LineDecoder;

impl Decoder for LineDecoder {
    fn decode(&self, meta: &RecordMeta, _received_ns: i64, body: &[u8]) -> Result<Rows, String> {
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        Ok(rows_of(text, if meta.format == 3 { Signal::Log } else { Signal::Trace }))
    }
}

/// The rows of a body.
pub fn rows_of(text: &str, signal: Signal) -> Rows {
    let mut builder = RowsBuilder::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let minutes: i64 = words.next().unwrap().parse().unwrap();
        let dataset = builder.dataset(words.next().unwrap());
        builder.start_row(&SystemRow {
            time_ns: START_NS + minutes * MINUTE_NS,
            duration_ns: Some(1_000),
            trace_id: Some(TraceId::from_text(line)),
            span_id: None,
            parent_id: None,
            dataset,
            signal,
            source: Source::Otlp,
            annotation: Annotation::None,
            name: None,
            kind: Some(2),
            status: None,
            sample_rate: 1.0,
        });
        for word in words {
            let (key, value) = word.split_once('=').unwrap();
            let key = builder.key(key);
            let cell = match value.split_once(':') {
                Some(("i", number)) => Cell::Int(number.parse().unwrap()),
                Some(("f", number)) => Cell::Float(number.parse().unwrap()),
                _ if value.is_empty() => Cell::Null,
                _ => Cell::Str(builder.text(value)),
            };
            builder.set(key, cell);
        }
        builder.finish_row();
    }
    builder.finish()
}

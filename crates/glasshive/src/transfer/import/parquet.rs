//! Parquet as `glasshive export` writes it: rows in order of arrival, made into OTLP requests again.

use super::Bad;
use super::source::Request;
use crate::transfer::otlp::{Proof, encode};
use crate::transfer::row::StoredRow;
use anyhow::{Context, Result, bail};
use glasshive_base::Clock as _;
use glasshive_model::SystemColumn;
use glasshive_store::world::SystemClock;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// A file being read.
pub struct ParquetFile {
    reader: ParquetRecordBatchReader,
    name: String,
    rows: u64,
    rows_read: u64,
    /// The last rows read: more of their request may follow.
    last: Vec<StoredRow>,
    /// The row of the file that the first of these is.
    first_row: u64,
    ready: VecDeque<Result<Request, Bad>>,
    is_at_end: bool,
}

// === impl ParquetFile ===

impl ParquetFile {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not one that `glasshive export` wrote.
    pub fn open(path: &Path, name: String) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("open {name}"))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| format!("read {name}"))?;
        for column in [SystemColumn::Time, SystemColumn::Seq, SystemColumn::Signal, SystemColumn::Dataset] {
            let field = builder.schema().field_with_name(column.name());
            if !field.is_ok_and(|field| field.data_type() == column.field().data_type()) {
                bail!(
                    "{name} has no column {} as `glasshive export --format parquet` writes it; other Parquet is not taken",
                    column.name()
                );
            }
        }
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let reader = builder.with_batch_size(BATCH_ROWS).build().with_context(|| format!("read {name}"))?;
        Ok(Self { reader, name, rows, rows_read: 0, last: Vec::new(), first_row: 1, ready: VecDeque::new(), is_at_end: false })
    }

    /// The next request.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next(&mut self) -> Result<Option<Result<Request, Bad>>> {
        while self.ready.is_empty() && !self.is_at_end {
            self.read()?;
        }
        Ok(self.ready.pop_front())
    }

    /// Reads on. Rows of one request stay together, since spans and their events are several.
    fn read(&mut self) -> Result<()> {
        match self.reader.next() {
            Some(batch) => {
                let batch = batch.with_context(|| format!("read {} behind row {}", self.name, self.rows_read))?;
                self.rows_read += batch.num_rows() as u64;
                let mut rows = StoredRow::read(&batch);
                let before = self.last.last().into_iter().chain(&rows).map(|row| row.seq);
                if !before.is_sorted() {
                    bail!("{}: rows are not in order of arrival, as `glasshive export` writes them; export them again", self.name);
                }
                self.last.append(&mut rows);
                let open = self.last.last().map(StoredRow::sequence);
                let whole = self.last.partition_point(|row| Some(row.sequence()) != open);
                self.make(whole);
            }
            None => {
                self.is_at_end = true;
                self.make(self.last.len());
            }
        }
        Ok(())
    }

    /// Makes requests of the first rows.
    fn make(&mut self, count: usize) {
        let rest = self.last.split_off(count);
        let rows = std::mem::replace(&mut self.last, rest);
        let first = self.first_row;
        self.first_row += count as u64;
        let place = |row: usize| format!("{}, row {}", self.name, first + row as u64);
        let (lines, left_out) = encode(&rows);
        let now_ns = SystemClock::default().wall_ns();
        for left_out in left_out {
            let why = format!("the row cannot be sent to a receiver: {}", left_out.why);
            self.ready.push_back(Err(Bad { place: place(left_out.row), why, count: 1, can_be_skipped: true }));
        }
        for line in lines {
            let mut proof = Proof::default();
            proof.add(&line, &rows, now_ns);
            let place = place(line.rows.first().copied().unwrap_or_default());
            self.ready.push_back(Ok(Request {
                place,
                signals: vec![line.signal],
                dataset: line.dataset,
                body: line.json.into_bytes().into(),
                changed: proof.changed,
                how_changed: proof.example,
            }));
        }
    }

    /// How far it is read, in words.
    pub fn how_far(&self) -> String {
        format!("{} %", (self.rows_read * 100).checked_div(self.rows).unwrap_or(100))
    }
}

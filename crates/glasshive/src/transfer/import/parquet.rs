//! Parquet as `glasshive export` writes it: rows in order of arrival, made into OTLP requests again.

use super::Bad;
use super::source::Request;
use crate::transfer::otlp::{Proof, encode};
use crate::transfer::row::StoredRow;
use anyhow::{Context, Result, bail};
use arrow_schema::{Field, Schema};
use glasshive_base::Clock as _;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnType, SystemColumn};
use glasshive_store::world::SystemClock;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

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

/// A column that is missing, or of another type than an export's.
fn foreign_column(schema: &Schema) -> Option<String> {
    let needed = [SystemColumn::Time, SystemColumn::Seq, SystemColumn::Signal, SystemColumn::Dataset];
    let missing = needed.iter().find(|column| schema.field_with_name(column.name()).is_err()).map(|column| column.name());
    let own_type = |field: &Field| match SystemColumn::from_name(field.name()) {
        Some(column) => Some(column.field().data_type().clone()),
        None => {
            let tag = field.metadata().get(FIELD_TYPE).filter(|_| field.metadata().contains_key(FIELD_KEY))?;
            Some(ColumnType::from_tag(tag)?.data_type())
        }
    };
    let is_foreign = |field: &&Arc<Field>| own_type(field).is_some_and(|own| own != *field.data_type());
    let foreign = || schema.fields().iter().find(is_foreign).map(|field| field.name().as_str());
    missing.or_else(foreign).map(str::to_owned)
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
        if let Some(column) = foreign_column(builder.schema()) {
            bail!("{name} has no column {column} as `glasshive export --format parquet` writes it; other Parquet is not taken");
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::DataType;
    use glasshive_model::column::attribute_field;

    #[test]
    fn columns_of_other_types_are_told_before_any_row_is_read() {
        let own = |name: &str| SystemColumn::from_name(name).unwrap().field();
        let fields = |change: &dyn Fn(&mut Vec<Field>)| {
            let mut fields: Vec<Field> = SystemColumn::ALL.iter().map(|column| column.field()).collect();
            fields.push(attribute_field("n", "n", ColumnType::Int, 1_000));
            change(&mut fields);
            foreign_column(&Schema::new(fields))
        };
        assert_eq!(fields(&|_| {}), None);
        for (place, column) in SystemColumn::ALL.iter().enumerate() {
            let foreign = fields(&|fields| fields[place] = own(column.name()).with_data_type(DataType::Date32));
            assert_eq!(foreign.as_deref(), Some(column.name()));
        }
        let attribute = fields(&|fields| {
            let field = fields.pop().unwrap();
            fields.push(field.with_data_type(DataType::Utf8View));
        });
        assert_eq!(attribute.as_deref(), Some("n"));
        let foreign = Field::new("of somebody else", DataType::Date32, true);
        assert_eq!(fields(&|fields| fields.push(foreign.clone())), None, "what is no attribute is not read");
        assert_eq!(fields(&|fields| fields.retain(|field| field.name() != SystemColumn::Dataset.name())).as_deref(), Some("_dataset"));
    }
}

//! How many events have which columns, told from live chunks and footers of data files, without reading rows.

use crate::control::{Control, Flow};
use crate::error::Failure;
use arrow_array::Array;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnRef, ColumnType, SystemColumn};
use glasshive_query_plan::shown::Shown;
use glasshive_store::catalog::ColumnRow;
use glasshive_store::{Chunk, Snapshot};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::metadata::RowGroupMetaData;
use std::collections::HashMap;

/// What was seen of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Events that have it; at most so many where it lies in live rows.
    pub events: u64,
    /// No event after this has it.
    pub last_ns: i64,
}

/// What was seen of all columns.
#[derive(Default)]
pub(super) struct Sightings {
    columns: HashMap<(String, ColumnType), Sighting>,
    /// By key: values that have no column. How many there are is not known; the last time one may be.
    overflow: HashMap<String, Sighting>,
    shown: HashMap<SystemColumn, Sighting>,
    pub events: u64,
    pub is_partial: bool,
}

/// System columns that not every row has.
const OPTIONAL: [SystemColumn; 7] = [
    SystemColumn::DurationNs,
    SystemColumn::TraceId,
    SystemColumn::SpanId,
    SystemColumn::ParentId,
    SystemColumn::Name,
    SystemColumn::Kind,
    SystemColumn::Status,
];

fn add<K: std::hash::Hash + Eq>(seen: &mut HashMap<K, Sighting>, key: K, sighting: Sighting) {
    let entry = seen.entry(key).or_insert(Sighting { events: 0, last_ns: i64::MIN });
    entry.events += sighting.events;
    entry.last_ns = entry.last_ns.max(sighting.last_ns);
}

impl Sightings {
    /// Looks at the live chunks and at the footers of the newest `files_max` data files. Of older files, and of damaged ones, is
    /// known which columns they have and not how often.
    pub(super) async fn of(
        snapshot: &Snapshot,
        footers: &crate::scan::Footers,
        control: &Control,
        files_max: usize,
    ) -> Result<Self, Failure> {
        let mut sightings = Self::default();
        for chunk in &snapshot.live {
            control.is_wanted()?;
            sightings.add_chunk(chunk);
        }
        let by_id: HashMap<u32, &ColumnRow> = snapshot.registry.columns().map(|column| (column.id, column)).collect();
        let mut files: Vec<_> = snapshot.files.iter().collect();
        files.sort_unstable_by_key(|file| std::cmp::Reverse(file.row.time_max_ns));
        for (index, file) in files.into_iter().enumerate() {
            let row = &file.row;
            let counts = index < files_max && control.flow()? == Flow::GoOn;
            let footer = if counts { footers.of(file).await.ok() } else { None };
            sightings.is_partial |= footer.is_none();
            let counted = footer.as_ref().map(|footer| Counted::of(&footer.metadata));
            for column in row.columns.iter().filter_map(|id| by_id.get(id)) {
                let events = counted.as_ref().map_or(0, |counted| counted.of_column(column));
                add(&mut sightings.columns, (column.key.clone(), column.column_type), Sighting { events, last_ns: row.time_max_ns });
            }
            for system in OPTIONAL {
                let events = counted.as_ref().map_or(0, |counted| counted.of_system(system));
                if events > 0 {
                    add(&mut sightings.shown, system, Sighting { events, last_ns: row.time_max_ns });
                }
            }
            for key in &row.overflow_keys {
                add(&mut sightings.overflow, key.clone(), Sighting { events: 0, last_ns: row.time_max_ns });
            }
            if counted.is_some() {
                sightings.events += row.rows;
                add(&mut sightings.shown, SystemColumn::Time, Sighting { events: row.rows, last_ns: row.time_max_ns });
            }
        }
        Ok(sightings)
    }

    fn add_chunk(&mut self, chunk: &Chunk) {
        let (rows, last_ns) = (chunk.len() as u64, chunk.time_range().end - 1);
        self.events += rows;
        add(&mut self.shown, SystemColumn::Time, Sighting { events: rows, last_ns });
        for attribute in chunk.attributes() {
            let sighting = Sighting { events: attribute.rows_at_most as u64, last_ns };
            add(&mut self.columns, (attribute.key.clone(), attribute.column_type), sighting);
        }
        for key in chunk.overflow_keys() {
            add(&mut self.overflow, key.clone(), Sighting { events: 0, last_ns });
        }
        for (system, array) in OPTIONAL.iter().zip(chunk.project(&OPTIONAL.map(ColumnRef::System))) {
            let events = (array.len() - array.null_count()) as u64;
            if events > 0 {
                add(&mut self.shown, *system, Sighting { events, last_ns });
            }
        }
    }

    /// What was seen of an attribute in one type, or of any that has no column.
    pub(super) fn of_column(&self, column: &ColumnRow) -> Option<Sighting> {
        let own = self.columns.get(&(column.key.clone(), column.column_type)).copied();
        own.or_else(|| self.overflow.get(&column.key).copied())
    }

    /// What was seen of a name that is computed: of the column that it needs, or of any event.
    pub(super) fn of_shown(&self, shown: Shown) -> Option<Sighting> {
        let needs = shown.reads().first().filter(|system| OPTIONAL.contains(system)).unwrap_or(&SystemColumn::Time);
        self.shown.get(needs).copied()
    }
}

/// How many rows of a file have which column, going by its statistics; a row group without statistics counts whole.
struct Counted<'a> {
    /// By key, and the tag of the type.
    attributes: HashMap<(&'a str, &'a str), u64>,
    systems: HashMap<&'a str, u64>,
}

impl<'a> Counted<'a> {
    fn of(metadata: &'a ArrowReaderMetadata) -> Self {
        let groups = metadata.metadata().row_groups();
        let present = |field: usize| {
            let of_group = |group: &RowGroupMetaData| {
                let nulls = group.column(field).statistics().and_then(|statistics| statistics.null_count_opt()).unwrap_or(0);
                group.num_rows().unsigned_abs().saturating_sub(nulls)
            };
            groups.iter().map(of_group).sum()
        };
        let (mut attributes, mut systems) = (HashMap::new(), HashMap::new());
        for (index, field) in metadata.schema().fields().iter().enumerate() {
            match (field.metadata().get(FIELD_KEY), field.metadata().get(FIELD_TYPE)) {
                (Some(key), Some(tag)) => attributes.insert((key.as_str(), tag.as_str()), present(index)),
                _ => systems.insert(field.name().as_str(), present(index)),
            };
        }
        Self { attributes, systems }
    }

    fn of_column(&self, column: &ColumnRow) -> u64 {
        self.attributes.get(&(column.key.as_str(), column.column_type.tag())).copied().unwrap_or(0)
    }

    fn of_system(&self, system: SystemColumn) -> u64 {
        self.systems.get(system.name()).copied().unwrap_or(0)
    }
}

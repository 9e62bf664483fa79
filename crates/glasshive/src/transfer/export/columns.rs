//! The columns of all pages together.

use anyhow::Result;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE, attribute_field, physical_name};
use glasshive_model::{ColumnType, SystemColumn};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Columns in order of appearance.
#[derive(Default)]
pub struct Columns {
    attributes: Vec<(String, ColumnType)>,
    known: HashSet<(String, ColumnType)>,
}

// === impl Columns ===

impl Columns {
    /// Adds those of a batch that hold something.
    pub fn add(&mut self, batch: &RecordBatch) {
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let Some(attribute) = attribute(field).filter(|_| array.null_count() < array.len()) else { continue };
            if self.known.insert(attribute.clone()) {
                self.attributes.push(attribute);
            }
        }
    }

    /// System columns, then attributes. The first type of a key has the bare name.
    pub fn schema(&self) -> SchemaRef {
        let mut keys = HashSet::new();
        let attributes = self.attributes.iter().zip(1_000..).map(|((key, column_type), id)| {
            let name = physical_name(key, *column_type, keys.insert(key));
            attribute_field(&name, key, *column_type, id)
        });
        let attributes: Vec<Field> = attributes.collect();
        let system = SystemColumn::ALL.iter().map(|column| column.field());
        Arc::new(Schema::new(system.chain(attributes).collect::<Vec<_>>()))
    }
}

fn attribute(field: &Field) -> Option<(String, ColumnType)> {
    let key = field.metadata().get(FIELD_KEY)?.clone();
    Some((key, ColumnType::from_tag(field.metadata().get(FIELD_TYPE)?)?))
}

/// A batch with the columns of a schema, null where it has none.
///
/// # Errors
/// Never for pages of this version.
pub fn physical(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let source = batch.schema();
    let attributes: HashMap<(String, ColumnType), &ArrayRef> =
        source.fields().iter().zip(batch.columns()).filter_map(|(field, array)| Some((attribute(field)?, array))).collect();
    let arrays = schema.fields().iter().map(|field| {
        let found = match attribute(field) {
            Some(attribute) => attributes.get(&attribute).copied(),
            None => batch.column_by_name(field.name()),
        };
        found.cloned().unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
    });
    Ok(RecordBatch::try_new(schema.clone(), arrays.collect())?)
}

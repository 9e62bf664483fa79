//! What the tables hold, as rows of ours.

use super::{Db, DbConnection, DbRow, classify};
use crate::catalog::{
    CatalogError, CatalogState, ColumnRow, DatasetRow, DefinitionRow, DeletionRow, EnvironmentRow, FileRow, Finished, KeyRow, RemovedFile,
    SwapReason,
};
use glasshive_model::{ColumnType, EnvironmentId, KeyKind, SignalClass};
use sqlx::{Connection as _, Row as _};
use std::collections::{BTreeMap, HashMap};

/// Everything, at one instant.
pub(super) async fn state(connection: &mut DbConnection) -> Result<CatalogState, CatalogError> {
    let mut transaction = connection.begin().await.map_err(classify)?;
    let environments = fetch(&mut transaction, "SELECT id, slug FROM environment ORDER BY id", environment).await?;
    let columns = "SELECT id, environment, key, type, physical, first_seq FROM column_registry ORDER BY id";
    let columns = fetch(&mut transaction, columns, column).await?;
    let datasets = "SELECT environment, slug, created_ns FROM dataset ORDER BY environment, slug";
    let datasets = fetch(&mut transaction, datasets, dataset).await?;
    let rows_by_dataset = "SELECT file_id, slug, file_dataset.rows FROM file_dataset JOIN dataset ON dataset.id = dataset_id \
                           JOIN file ON file.id = file_id WHERE removed IS NULL ORDER BY file_id, slug";
    let mut datasets_of: HashMap<String, Vec<(String, u64)>> = HashMap::new();
    for (file, slug, rows) in fetch(&mut transaction, rows_by_dataset, file_dataset).await? {
        datasets_of.entry(file).or_default().push((slug, rows));
    }
    let files = "SELECT id, environment, class, path, level, rows, bytes, sidecar_crc, time_min_ns, time_max_ns, ingest_max_ns, \
                 sequence_first, sequence_last, rate_min, rate_max, column_ids, overflow_keys FROM file WHERE removed IS NULL \
                 ORDER BY id";
    let mut files = fetch(&mut transaction, files, file).await?;
    for file in &mut files {
        file.datasets = datasets_of.remove(&file.id).unwrap_or_default();
    }
    let removed_files = "SELECT file.id, path, kind FROM file JOIN snapshot ON snapshot.id = removed ORDER BY file.id";
    let removed = fetch(&mut transaction, removed_files, removed).await?;
    let flushed_through = flushed_through(&mut transaction).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(CatalogState { environments, columns, datasets, files, removed, flushed_through })
}

/// The last sequence whose rows are all in files.
pub(super) async fn flushed_through(connection: &mut DbConnection) -> Result<u64, CatalogError> {
    let row = sqlx::query("SELECT flushed_through FROM log_position WHERE node = 0").fetch_one(connection).await.map_err(classify)?;
    number(&row, 0)
}

pub(super) async fn keys(connection: &mut DbConnection) -> Result<Vec<KeyRow>, CatalogError> {
    let keys = "SELECT id, environment, kind, digest, shown, is_classic, origins, disabled, created_ns FROM access_key ORDER BY id";
    fetch(connection, keys, key).await
}

pub(super) async fn definitions(connection: &mut DbConnection) -> Result<Vec<DefinitionRow>, CatalogError> {
    let definitions = "SELECT id, environment, kind, name, body, created_ns, updated_ns FROM definition ORDER BY id";
    fetch(connection, definitions, definition).await
}

pub(super) async fn deletions(connection: &mut DbConnection) -> Result<Vec<DeletionRow>, CatalogError> {
    let deletions = "SELECT id, environment, asked_ns, asked_by, filter, through, finished_ns, rows, files FROM deletion ORDER BY id";
    fetch(connection, deletions, deletion).await
}

pub(super) async fn setting(connection: &mut DbConnection, name: String) -> Result<Option<Vec<u8>>, CatalogError> {
    sqlx::query_scalar("SELECT value FROM setting WHERE name = $1").bind(name).fetch_optional(connection).await.map_err(classify)
}

pub(super) async fn settings(connection: &mut DbConnection) -> Result<BTreeMap<String, Vec<u8>>, CatalogError> {
    let settings = "SELECT name, value FROM setting ORDER BY name";
    let settings = fetch(connection, settings, |row| Ok((value(row, 0)?, value(row, 1)?))).await?;
    Ok(settings.into_iter().collect())
}

async fn fetch<T>(
    connection: &mut DbConnection,
    sql: &'static str,
    decode: fn(&DbRow) -> Result<T, CatalogError>,
) -> Result<Vec<T>, CatalogError> {
    sqlx::query(sql).fetch_all(connection).await.map_err(classify)?.iter().map(decode).collect()
}

fn environment(row: &DbRow) -> Result<EnvironmentRow, CatalogError> {
    Ok(EnvironmentRow { id: EnvironmentId(number(row, 0)?), slug: value(row, 1)? })
}

fn column(row: &DbRow) -> Result<ColumnRow, CatalogError> {
    Ok(ColumnRow {
        id: number(row, 0)?,
        environment: EnvironmentId(number(row, 1)?),
        key: text(row, 2)?,
        column_type: word(row, 3, ColumnType::from_tag)?,
        physical: text(row, 4)?,
        first_seq: value(row, 5)?,
    })
}

fn dataset(row: &DbRow) -> Result<DatasetRow, CatalogError> {
    Ok(DatasetRow { environment: EnvironmentId(number(row, 0)?), slug: value(row, 1)?, created_ns: value(row, 2)? })
}

fn file_dataset(row: &DbRow) -> Result<(String, String, u64), CatalogError> {
    Ok((value(row, 0)?, value(row, 1)?, number(row, 2)?))
}

fn file(row: &DbRow) -> Result<FileRow, CatalogError> {
    let ids: Vec<u8> = value(row, 15)?;
    let (ids, rest) = ids.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(CatalogError::Damaged(format!("file {} has a torn list of columns", value::<String>(row, 0)?)));
    }
    Ok(FileRow {
        id: value(row, 0)?,
        environment: EnvironmentId(number(row, 1)?),
        class: word(row, 2, SignalClass::from_word)?,
        path: value(row, 3)?,
        level: number(row, 4)?,
        rows: number(row, 5)?,
        bytes: number(row, 6)?,
        sidecar_crc: number(row, 7)?,
        time_min_ns: value(row, 8)?,
        time_max_ns: value(row, 9)?,
        ingest_max_ns: value(row, 10)?,
        sequence_first: number(row, 11)?,
        sequence_last: number(row, 12)?,
        rate_min: value(row, 13)?,
        rate_max: value(row, 14)?,
        datasets: Vec::new(),
        columns: ids.iter().map(|id| u32::from_le_bytes(*id)).collect(),
        overflow_keys: texts(row, 16)?,
    })
}

fn removed(row: &DbRow) -> Result<RemovedFile, CatalogError> {
    let kind: String = value(row, 2)?;
    let is_accounted = [SwapReason::Merge, SwapReason::Retention, SwapReason::Deletion].iter().any(|reason| reason.word() == kind);
    Ok(RemovedFile { id: value(row, 0)?, path: value(row, 1)?, is_accounted })
}

fn definition(row: &DbRow) -> Result<DefinitionRow, CatalogError> {
    Ok(DefinitionRow {
        id: number(row, 0)?,
        environment: EnvironmentId(number(row, 1)?),
        kind: value(row, 2)?,
        name: text(row, 3)?,
        body: value(row, 4)?,
        created_ns: value(row, 5)?,
        updated_ns: value(row, 6)?,
    })
}

fn deletion(row: &DbRow) -> Result<DeletionRow, CatalogError> {
    let finished_ns: Option<i64> = value(row, 6)?;
    let finished = |at_ns| Ok(Finished { at_ns, rows: number(row, 7)?, files: number(row, 8)? });
    Ok(DeletionRow {
        id: number(row, 0)?,
        environment: EnvironmentId(number(row, 1)?),
        asked_ns: value(row, 2)?,
        asked_by: text(row, 3)?,
        filter: text(row, 4)?,
        through: number(row, 5)?,
        finished: finished_ns.map(finished).transpose()?,
    })
}

fn key(row: &DbRow) -> Result<KeyRow, CatalogError> {
    let environment: Option<i64> = value(row, 1)?;
    let environment = environment.map(|id| u32::try_from(id).map_err(|error| damaged(1, &error))).transpose()?;
    Ok(KeyRow {
        id: number(row, 0)?,
        environment: environment.map(EnvironmentId),
        kind: word(row, 2, KeyKind::from_word)?,
        digest: value(row, 3)?,
        shown: value(row, 4)?,
        is_classic: value::<i64>(row, 5)? != 0,
        origins: texts(row, 6)?,
        disabled: value::<i64>(row, 7)? != 0,
        created_ns: value(row, 8)?,
    })
}

fn value<'r, T: sqlx::Decode<'r, Db> + sqlx::Type<Db>>(row: &'r DbRow, index: usize) -> Result<T, CatalogError> {
    row.try_get(index).map_err(|error| damaged(index, &error))
}

/// A number that a signed 64-bit column holds.
pub(super) fn number<T: TryFrom<i64, Error: std::fmt::Display>>(row: &DbRow, index: usize) -> Result<T, CatalogError> {
    T::try_from(value(row, index)?).map_err(|error| damaged(index, &error))
}

/// Text that others sent, which may hold zero bytes and is therefore kept as bytes.
fn text(row: &DbRow, index: usize) -> Result<String, CatalogError> {
    String::from_utf8(value(row, index)?).map_err(|error| damaged(index, &error))
}

/// A list of such texts, kept as a JSON array.
fn texts(row: &DbRow, index: usize) -> Result<Vec<String>, CatalogError> {
    serde_json::from_slice(&value::<Vec<u8>>(row, index)?).map_err(|error| damaged(index, &error))
}

fn word<T>(row: &DbRow, index: usize, parse: fn(&str) -> Option<T>) -> Result<T, CatalogError> {
    let word: String = value(row, index)?;
    parse(&word).ok_or_else(|| damaged(index, &format_args!("unknown word {word:?}")))
}

fn damaged(index: usize, cause: &dyn std::fmt::Display) -> CatalogError {
    CatalogError::Damaged(format!("value {index} of a row cannot be read: {cause}"))
}

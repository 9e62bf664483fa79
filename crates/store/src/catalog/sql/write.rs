//! Changes, each inside the caller's transaction.

use super::{DbConnection, classify, read};
use crate::catalog::{CatalogError, ColumnRow, Cut, DatasetRow, DefinitionRow, DeletionRow, FileRow, Finished, KeyRow, Swap};
use glasshive_model::EnvironmentId;

/// Adds a flush: a snapshot, what it makes visible, and how far the log is flushed.
pub(super) async fn cut(connection: &mut DbConnection, at_ns: i64, cut: Cut) -> Result<(), CatalogError> {
    let before = read::flushed_through(connection).await?;
    if cut.flushed_through < before {
        return Err(CatalogError::Failed(format!("a flush through {} came after one through {before}", cut.flushed_through)));
    }
    let note = format!("{} files through {}", cut.files.len(), cut.flushed_through);
    let snapshot = snapshot(connection, at_ns, cut.reason.word(), &note).await?;
    take_out(connection, snapshot, &cut.replaced).await?;
    for row in &cut.columns {
        column(connection, row).await?;
    }
    for row in &cut.datasets {
        dataset(connection, row).await?;
    }
    for row in &cut.files {
        file(connection, snapshot, row).await?;
    }
    sqlx::query("UPDATE log_position SET flushed_through = $1 WHERE node = 0")
        .bind(signed(cut.flushed_through)?)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(())
}

/// Takes files out and puts others in.
pub(super) async fn swap(connection: &mut DbConnection, at_ns: i64, swap: Swap) -> Result<(), CatalogError> {
    let note = format!("{} files for {}", swap.added.len(), swap.removed.len());
    let snapshot = snapshot(connection, at_ns, swap.reason.word(), &note).await?;
    take_out(connection, snapshot, &swap.removed).await?;
    for row in &swap.added {
        file(connection, snapshot, row).await?;
    }
    Ok(())
}

async fn take_out(connection: &mut DbConnection, snapshot: i64, ids: &[String]) -> Result<(), CatalogError> {
    for id in ids {
        let taken_out = sqlx::query("UPDATE file SET removed = $1 WHERE id = $2 AND removed IS NULL")
            .bind(snapshot)
            .bind(id)
            .execute(&mut *connection)
            .await
            .map_err(classify)?;
        if taken_out.rows_affected() != 1 {
            return Err(CatalogError::Failed(format!("file {id} is not there to be taken out")));
        }
    }
    Ok(())
}

pub(super) async fn forget(connection: &mut DbConnection, ids: Vec<String>) -> Result<(), CatalogError> {
    let statements = [
        "DELETE FROM file_dataset WHERE file_id = $1 AND EXISTS (SELECT 1 FROM file WHERE id = $1 AND removed IS NOT NULL)",
        "DELETE FROM file WHERE id = $1 AND removed IS NOT NULL",
    ];
    for id in &ids {
        for statement in statements {
            sqlx::query(statement).bind(id).execute(&mut *connection).await.map_err(classify)?;
        }
    }
    Ok(())
}

async fn snapshot(connection: &mut DbConnection, at_ns: i64, kind: &str, note: &str) -> Result<i64, CatalogError> {
    let id = next_id(connection, "SELECT max(id) FROM snapshot").await?;
    sqlx::query("INSERT INTO snapshot (id, at_ns, kind, note) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(at_ns)
        .bind(kind)
        .bind(note)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(id)
}

async fn column(connection: &mut DbConnection, row: &ColumnRow) -> Result<(), CatalogError> {
    sqlx::query("INSERT INTO column_registry (id, environment, key, type, physical, first_seq) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(i64::from(row.id))
        .bind(i64::from(row.environment.0))
        .bind(row.key.as_bytes())
        .bind(row.column_type.tag())
        .bind(row.physical.as_bytes())
        .bind(row.first_seq)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(())
}

/// A dataset that exists already keeps its row.
async fn dataset(connection: &mut DbConnection, row: &DatasetRow) -> Result<(), CatalogError> {
    let id = next_id(connection, "SELECT max(id) FROM dataset").await?;
    sqlx::query(
        "INSERT INTO dataset (id, environment, slug, created_ns) VALUES ($1, $2, $3, $4) ON CONFLICT (environment, slug) DO NOTHING",
    )
    .bind(id)
    .bind(i64::from(row.environment.0))
    .bind(&row.slug)
    .bind(row.created_ns)
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok(())
}

async fn file(connection: &mut DbConnection, snapshot: i64, row: &FileRow) -> Result<(), CatalogError> {
    let column_ids: Vec<u8> = row.columns.iter().flat_map(|id| id.to_le_bytes()).collect();
    sqlx::query(
        "INSERT INTO file (id, environment, class, path, level, rows, bytes, sidecar_crc, time_min_ns, time_max_ns, ingest_max_ns, \
         sequence_first, sequence_last, rate_min, rate_max, column_ids, overflow_keys, added) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(&row.id)
    .bind(i64::from(row.environment.0))
    .bind(row.class.word())
    .bind(&row.path)
    .bind(i64::from(row.level))
    .bind(signed(row.rows)?)
    .bind(signed(row.bytes)?)
    .bind(i64::from(row.sidecar_crc))
    .bind(row.time_min_ns)
    .bind(row.time_max_ns)
    .bind(row.ingest_max_ns)
    .bind(signed(row.sequence_first)?)
    .bind(signed(row.sequence_last)?)
    .bind(row.rate_min)
    .bind(row.rate_max)
    .bind(column_ids)
    .bind(json(&row.overflow_keys))
    .bind(snapshot)
    .execute(&mut *connection)
    .await
    .map_err(classify)?;
    for (slug, rows) in &row.datasets {
        let added = sqlx::query(
            "INSERT INTO file_dataset (file_id, dataset_id, rows) SELECT $1, id, $2 FROM dataset WHERE environment = $3 AND slug = $4",
        )
        .bind(&row.id)
        .bind(signed(*rows)?)
        .bind(i64::from(row.environment.0))
        .bind(slug)
        .execute(&mut *connection)
        .await
        .map_err(classify)?;
        if added.rows_affected() != 1 {
            return Err(CatalogError::Failed(format!("file {} names the unknown dataset {slug}", row.id)));
        }
    }
    Ok(())
}

pub(super) async fn environment(connection: &mut DbConnection, slug: String) -> Result<EnvironmentId, CatalogError> {
    let known: Option<i64> = sqlx::query_scalar("SELECT id FROM environment WHERE slug = $1")
        .bind(&slug)
        .fetch_optional(&mut *connection)
        .await
        .map_err(classify)?;
    let id = match known {
        Some(id) => id,
        None => {
            let id = next_id(connection, "SELECT max(id) FROM environment").await?;
            sqlx::query("INSERT INTO environment (id, slug) VALUES ($1, $2)")
                .bind(id)
                .bind(&slug)
                .execute(connection)
                .await
                .map_err(classify)?;
            id
        }
    };
    let id = u32::try_from(id).map_err(|_| CatalogError::Damaged(format!("environment {slug} has the number {id}")))?;
    Ok(EnvironmentId(id))
}

pub(super) async fn key(connection: &mut DbConnection, row: KeyRow) -> Result<u64, CatalogError> {
    let id = next_id(connection, "SELECT max(id) FROM access_key").await?;
    sqlx::query(
        "INSERT INTO access_key (id, environment, kind, digest, shown, is_classic, origins, disabled, created_ns) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(row.environment.map(|environment| i64::from(environment.0)))
    .bind(row.kind.word())
    .bind(row.digest)
    .bind(row.shown)
    .bind(i64::from(row.is_classic))
    .bind(json(&row.origins))
    .bind(i64::from(row.disabled))
    .bind(row.created_ns)
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok(id.unsigned_abs())
}

pub(super) async fn key_disabled(connection: &mut DbConnection, id: u64, disabled: bool) -> Result<bool, CatalogError> {
    let changed = sqlx::query("UPDATE access_key SET disabled = $1 WHERE id = $2")
        .bind(i64::from(disabled))
        .bind(signed(id)?)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(changed.rows_affected() == 1)
}

pub(super) async fn setting(connection: &mut DbConnection, name: String, value: Vec<u8>) -> Result<Vec<u8>, CatalogError> {
    sqlx::query("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(&name)
        .bind(value)
        .execute(&mut *connection)
        .await
        .map_err(classify)?;
    sqlx::query_scalar("SELECT value FROM setting WHERE name = $1").bind(name).fetch_one(connection).await.map_err(classify)
}

pub(super) async fn set_setting(connection: &mut DbConnection, name: String, value: Vec<u8>) -> Result<(), CatalogError> {
    sqlx::query("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(())
}

/// `None` when there is one of this name.
pub(super) async fn definition(connection: &mut DbConnection, row: DefinitionRow) -> Result<Option<u64>, CatalogError> {
    let id = next_id(connection, "SELECT max(id) FROM definition").await?;
    let added = sqlx::query(
        "INSERT INTO definition (id, environment, kind, name, body, created_ns, updated_ns) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (environment, kind, name) DO NOTHING",
    )
    .bind(id)
    .bind(i64::from(row.environment.0))
    .bind(row.kind)
    .bind(row.name.into_bytes())
    .bind(row.body)
    .bind(row.created_ns)
    .bind(row.updated_ns)
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok((added.rows_affected() == 1).then_some(id.unsigned_abs()))
}

pub(super) async fn definition_body(connection: &mut DbConnection, id: u64, body: Vec<u8>, updated_ns: i64) -> Result<bool, CatalogError> {
    let changed = sqlx::query("UPDATE definition SET body = $1, updated_ns = $2 WHERE id = $3")
        .bind(body)
        .bind(updated_ns)
        .bind(signed(id)?)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(changed.rows_affected() == 1)
}

pub(super) async fn definition_gone(connection: &mut DbConnection, id: u64) -> Result<bool, CatalogError> {
    let gone = sqlx::query("DELETE FROM definition WHERE id = $1").bind(signed(id)?).execute(connection).await.map_err(classify)?;
    Ok(gone.rows_affected() == 1)
}

pub(super) async fn deletion(connection: &mut DbConnection, row: DeletionRow) -> Result<u64, CatalogError> {
    let id = next_id(connection, "SELECT max(id) FROM deletion").await?;
    sqlx::query("INSERT INTO deletion (id, environment, asked_ns, asked_by, filter, through) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(i64::from(row.environment.0))
        .bind(row.asked_ns)
        .bind(row.asked_by.into_bytes())
        .bind(row.filter.into_bytes())
        .bind(signed(row.through)?)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(id.unsigned_abs())
}

pub(super) async fn deletion_finished(connection: &mut DbConnection, id: u64, finished: Finished) -> Result<bool, CatalogError> {
    let changed = sqlx::query("UPDATE deletion SET finished_ns = $1, rows = $2, files = $3 WHERE id = $4 AND finished_ns IS NULL")
        .bind(finished.at_ns)
        .bind(signed(finished.rows)?)
        .bind(signed(finished.files)?)
        .bind(signed(id)?)
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(changed.rows_affected() == 1)
}

/// Numbers are given out here and not by the database, so that every dialect gives the same ones.
async fn next_id(connection: &mut DbConnection, greatest: &'static str) -> Result<i64, CatalogError> {
    let greatest: Option<i64> = sqlx::query_scalar(greatest).fetch_one(connection).await.map_err(classify)?;
    Ok(greatest.unwrap_or(0) + 1)
}

fn signed(number: u64) -> Result<i64, CatalogError> {
    i64::try_from(number).map_err(|_| CatalogError::Failed(format!("{number} does not fit the catalog")))
}

fn json(texts: &[String]) -> Vec<u8> {
    serde_json::to_vec(texts).expect("a list of strings is always JSON")
}

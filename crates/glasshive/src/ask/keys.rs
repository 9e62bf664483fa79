//! `glasshive keys`: make, list, switch off and on.

use super::server::Server;
use crate::cli::{ClientFlags, KeysCommand, KeysFlags};
use crate::screen::escape::escape;
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, number};
use anyhow::Result;
use glasshive_api_hive::shape::account::{CreatedKey, Key, Keys, NewKey};

/// Does what was asked.
///
/// # Errors
/// When the server refuses or cannot be reached.
pub async fn run(flags: KeysFlags) -> Result<()> {
    let text = match flags.command {
        KeysCommand::Create { kind, origins, json, client } => create(kind, origins, json, &client).await?,
        KeysCommand::List { json, client } => list(json, &client).await?,
        KeysCommand::Disable { id, client } => switch(id, "disable", &client).await?,
        KeysCommand::Enable { id, client } => switch(id, "enable", &client).await?,
    };
    super::print(&text);
    Ok(())
}

async fn create(kind: String, origins: Vec<String>, json: bool, client: &ClientFlags) -> Result<String> {
    let new = NewKey { environment: client.environment.clone(), kind, origins };
    let created: CreatedKey = Server::new(client)?.post("/hive/v1/keys", &new).await?;
    if json {
        return super::json(&created);
    }
    let CreatedKey { key, secret } = created;
    let Key { id, kind, environment, .. } = key;
    Ok(format!(
        "key {id} ({}, environment {})\n{}\nThis is the only time the secret is shown. {}\n",
        escape(&kind),
        escape(&environment),
        escape(&secret),
        use_of(&kind)
    ))
}

/// Where a secret of this kind is put.
fn use_of(kind: &str) -> &'static str {
    match kind {
        "ingest" => "Senders take it from OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=SECRET.",
        "configuration" | "admin" => "`glasshive query` takes it from GLASSHIVE_KEY.",
        _ => "",
    }
}

async fn list(json: bool, client: &ClientFlags) -> Result<String> {
    let keys: Keys = Server::new(client)?.get("/hive/v1/keys").await?;
    if json {
        return super::json(&keys);
    }
    if keys.keys.is_empty() && client.api_key.is_some() {
        return Ok("no keys that this key may see: an admin key sees those of its environment, one of the whole team all\n".to_owned());
    }
    if keys.keys.is_empty() {
        return Ok("no keys; `glasshive keys create` makes one\n".to_owned());
    }
    Ok(table(&keys.keys, &Screen::of_stdout()))
}

async fn switch(id: u64, how: &str, client: &ClientFlags) -> Result<String> {
    let key: Key = Server::new(client)?.post(&format!("/hive/v1/keys/{id}/{how}"), &serde_json::json!({})).await?;
    Ok(table(&[key], &Screen::of_stdout()))
}

fn table(keys: &[Key], screen: &Screen) -> String {
    let heads = [
        ("number", Align::Right),
        ("environment", Align::Left),
        ("kind", Align::Left),
        ("secret", Align::Left),
        ("state", Align::Left),
        ("made", Align::Left),
        ("origins", Align::Left),
    ];
    let mut table = Table::new(&heads);
    for key in keys {
        table.push(vec![
            key.id.to_string(),
            escape(&key.environment),
            escape(&key.kind),
            escape(&key.shown),
            if key.disabled { "disabled" } else { "enabled" }.to_owned(),
            format!("{} {}", number::time(key.created_ns.0, &screen.zone), number::zone_name(key.created_ns.0, &screen.zone)),
            escape(&key.origins.join(" ")),
        ]);
    }
    table.render_in(screen.width, screen.palette)
}

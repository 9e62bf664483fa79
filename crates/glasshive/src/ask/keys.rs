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
    let created: CreatedKey = Server::new(client).post("/hive/v1/keys", &new).await?;
    if json {
        return super::json(&created);
    }
    let CreatedKey { key, secret } = created;
    Ok(format!(
        "key {} ({}, environment {})\n{}\nThis is the only time the secret is shown.\n",
        key.id,
        escape(&key.kind),
        escape(&key.environment),
        escape(&secret)
    ))
}

async fn list(json: bool, client: &ClientFlags) -> Result<String> {
    let keys: Keys = Server::new(client).get("/hive/v1/keys").await?;
    if json {
        return super::json(&keys);
    }
    Ok(table(&keys.keys, Screen::of_stdout().width))
}

async fn switch(id: u64, how: &str, client: &ClientFlags) -> Result<String> {
    let key: Key = Server::new(client).post(&format!("/hive/v1/keys/{id}/{how}"), &serde_json::json!({})).await?;
    Ok(table(&[key], Screen::of_stdout().width))
}

fn table(keys: &[Key], width: usize) -> String {
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
            number::time_ms(key.created_ns.0),
            escape(&key.origins.join(" ")),
        ]);
    }
    table.render(width)
}

//! `glasshive accounts`: who may sign in.

use super::server::Server;
use crate::cli::ClientFlags;
use crate::cli::accounts::{AccountsCommand, AccountsFlags};
use crate::screen::escape::escape;
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, number};
use anyhow::{Context, Result};
use glasshive_api_hive::shape::Nanoseconds;
use glasshive_api_hive::shape::people::{Account, Accounts, ChangedAccount, Invitation, Link, MadeLink};

const ACCOUNTS: &str = "/hive/v1/accounts";

/// Does what was asked.
///
/// # Errors
/// When the server refuses or cannot be reached.
pub async fn run(flags: AccountsFlags) -> Result<()> {
    let role = |role: String| ChangedAccount { role: Some(role), disabled: None };
    let disabled = |disabled: bool| ChangedAccount { role: None, disabled: Some(disabled) };
    let text = match flags.command {
        AccountsCommand::List { json, client } => list(json, &client).await?,
        AccountsCommand::Invite { name, role, json, client } => invite(Invitation { role, name }, json, &client).await?,
        AccountsCommand::Reset { name, client } => reset(&name, &client).await?,
        AccountsCommand::Role { name, role: wanted, client } => change(&name, role(wanted), &client).await?,
        AccountsCommand::Disable { name, client } => change(&name, disabled(true), &client).await?,
        AccountsCommand::Enable { name, client } => change(&name, disabled(false), &client).await?,
        AccountsCommand::Delete { name, client } => delete(&name, &client).await?,
    };
    super::print(&text);
    Ok(())
}

async fn list(json: bool, client: &ClientFlags) -> Result<String> {
    let known: Accounts = Server::new(client)?.get(ACCOUNTS).await?;
    if json {
        return super::json(&known);
    }
    let screen = Screen::of_stdout();
    let mut text = match known.accounts.as_slice() {
        [] => "no accounts; a server with --auth keys prints a link for the first when it starts\n".to_owned(),
        accounts => table(accounts, &screen),
    };
    if !known.links.is_empty() {
        text.push_str("\nlinks that wait to be used\n");
        text.push_str(&links(&known.links, &screen));
    }
    Ok(text)
}

async fn invite(invitation: Invitation, json: bool, client: &ClientFlags) -> Result<String> {
    let server = Server::new(client)?;
    let made: MadeLink = server.post(ACCOUNTS, &invitation).await?;
    if json { super::json(&made) } else { Ok(shown(&server, &made)) }
}

async fn reset(name: &str, client: &ClientFlags) -> Result<String> {
    let server = Server::new(client)?;
    let id = find(&server, name).await?;
    let made: MadeLink = server.post(&format!("{ACCOUNTS}/{id}/reset"), &serde_json::json!({})).await?;
    Ok(shown(&server, &made))
}

async fn change(name: &str, change: ChangedAccount, client: &ClientFlags) -> Result<String> {
    let server = Server::new(client)?;
    let id = find(&server, name).await?;
    let account: Account = server.put(&format!("{ACCOUNTS}/{id}"), &change).await?;
    Ok(table(&[account], &Screen::of_stdout()))
}

async fn delete(name: &str, client: &ClientFlags) -> Result<String> {
    let server = Server::new(client)?;
    let id = find(&server, name).await?;
    let gone: Account = server.delete(&format!("{ACCOUNTS}/{id}")).await?;
    Ok(format!("{} is gone\n", escape(&gone.name)))
}

async fn find(server: &Server, name: &str) -> Result<u64> {
    let known: Accounts = server.get(ACCOUNTS).await?;
    let found = known.accounts.iter().find(|account| account.name.eq_ignore_ascii_case(name.trim()));
    let names = || known.accounts.iter().map(|account| escape(&account.name)).collect::<Vec<_>>().join(", ");
    found.map(|account| account.id).with_context(|| format!("there is no account `{}`; there are: {}", escape(name), names()))
}

fn shown(server: &Server, made: &MadeLink) -> String {
    let until = time(made.link.expires_ns, &Screen::of_stdout());
    format!("{}{}\nThis is the only time the link is shown. It works once, until {until}.\n", server.base(), escape(&made.path))
}

fn table(accounts: &[Account], screen: &Screen) -> String {
    let heads = [
        ("name", Align::Left),
        ("role", Align::Left),
        ("state", Align::Left),
        ("sessions", Align::Right),
        ("signed in", Align::Left),
        ("made", Align::Left),
    ];
    let mut table = Table::new(&heads);
    for account in accounts {
        table.push(vec![
            escape(&account.name),
            escape(&account.role),
            if account.disabled { "disabled" } else { "enabled" }.to_owned(),
            account.sessions.to_string(),
            account.signed_in_ns.map_or_else(|| "-".to_owned(), |at| time(at, screen)),
            time(account.created_ns, screen),
        ]);
    }
    table.render_in(screen.width, screen.palette)
}

fn links(links: &[Link], screen: &Screen) -> String {
    let heads = [("for", Align::Left), ("role", Align::Left), ("name", Align::Left), ("by", Align::Left), ("until", Align::Left)];
    let mut table = Table::new(&heads);
    for link in links {
        let maybe = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), escape);
        table.push(vec![escape(&link.purpose), maybe(&link.role), maybe(&link.name), escape(&link.by), time(link.expires_ns, screen)]);
    }
    table.render_in(screen.width, screen.palette)
}

fn time(at: Nanoseconds, screen: &Screen) -> String {
    format!("{} {}", number::time(at.0, &screen.zone), number::zone_name(at.0, &screen.zone))
}

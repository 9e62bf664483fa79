//! Accounts and invitations, for who administers the team.

use super::session::{account_failure, accounts, address, whole};
use crate::access::{self, AuthMode};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::people::{Account, Accounts, Audit, AuditEntry, ChangedAccount, Invitation, Link, MadeLink};
use crate::shape::session::Ended;
use glasshive_base_http::Response;
use glasshive_feature_accounts::{AccountError, Role};
use glasshive_model::Action;

/// Entries of the audit that are answered when nothing is said.
const AUDIT_ENTRIES: usize = 200;

/// Every account, and links that wait.
pub async fn list(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    if call.hive.auth == AuthMode::Open {
        return ok(&Accounts { accounts: Vec::new(), links: Vec::new() });
    }
    let known = accounts(&call)?;
    let links = known.links().into_iter().map(Link::from).collect();
    ok(&Accounts { accounts: known.list().into_iter().map(Account::from).collect(), links })
}

/// A link that makes an account.
pub async fn invite(mut call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let Invitation { role, name } = call.body().await?;
    let (known, role, who, from) = (accounts(&call)?, role_of(&role)?, call.caller.name(), address(&call));
    let made = whole(async move { known.invite(role, name.as_deref(), &who, &from).await }).await.map_err(account_failure)?;
    ok(&MadeLink::from(made))
}

/// Gives an account another role, or switches it off or on.
pub async fn update(mut call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let ChangedAccount { role, disabled } = call.body().await?;
    let (known, id, who, from) = (accounts(&call)?, id(&call)?, call.caller.name(), address(&call));
    let role = role.as_deref().map(role_of).transpose()?;
    let changing = async move {
        let present = known.list().into_iter().find(|account| account.id == id);
        let mut after = present.ok_or(AccountError::Unknown { id })?;
        if let Some(role) = role {
            after = known.set_role(id, role, &who, &from).await?;
        }
        if let Some(disabled) = disabled {
            after = known.set_disabled(id, disabled, &who, &from).await?;
        }
        Ok(after)
    };
    ok(&Account::from(whole(changing).await.map_err(account_failure)?))
}

/// Takes an account out.
pub async fn delete(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let (known, id, who, from) = (accounts(&call)?, id(&call)?, call.caller.name(), address(&call));
    let gone = whole(async move { known.delete(id, &who, &from).await }).await.map_err(account_failure)?;
    ok(&Account::from(gone))
}

/// A link that sets a new password.
pub async fn reset(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let (known, id, who, from) = (accounts(&call)?, id(&call)?, call.caller.name(), address(&call));
    let made = whole(async move { known.reset(id, &who, &from).await }).await.map_err(account_failure)?;
    ok(&MadeLink::from(made))
}

/// Ends every session of an account.
pub async fn sign_out(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let (known, id, who, from) = (accounts(&call)?, id(&call)?, call.caller.name(), address(&call));
    let ended = whole(async move { known.sign_out_everywhere(id, &who, &from).await }).await.map_err(account_failure)?;
    ok(&Ended { sessions: ended as u64 })
}

/// Takes a link back.
pub async fn revoke_link(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let known = accounts(&call)?;
    let waiting = known.links().into_iter().find(|link| link.id == call.param("id"));
    let gone = || account_failure(AccountError::Gone { what: "link", id: call.param("id").to_owned() });
    let link = waiting.ok_or_else(gone)?;
    let (own, who, from) = (link.id.clone(), call.caller.name(), address(&call));
    whole(async move { known.revoke_link(&own, &who, &from).await }).await.map_err(account_failure)?;
    ok(&Link::from(link))
}

/// What was done about people and keys.
pub async fn audit(call: Call) -> Result<Response, Failure> {
    check_team(&call)?;
    let limit = match call.query("limit") {
        Some(limit) => limit.parse().map_err(|_| Failure::invalid("limit is a number"))?,
        None => AUDIT_ENTRIES,
    };
    let entries = call.hive.accounts().map(|known| known.audit(limit)).unwrap_or_default();
    ok(&Audit { entries: entries.into_iter().map(AuditEntry::from).collect() })
}

/// Accounts are the whole team's.
fn check_team(call: &Call) -> Result<(), Failure> {
    if call.caller.may_everywhere(Action::Administer) { Ok(()) } else { Err(access::forbidden(Action::Administer)) }
}

fn id(call: &Call) -> Result<u64, Failure> {
    call.param("id").parse().map_err(|_| Failure::invalid("an account's id is a number"))
}

fn role_of(word: &str) -> Result<Role, Failure> {
    Role::from_word(word).ok_or_else(|| account_failure(AccountError::Role { role: word.chars().take(20).collect() }))
}

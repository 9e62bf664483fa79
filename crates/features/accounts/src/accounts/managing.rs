//! What admins do with accounts.

use super::Accounts;
use crate::account::{Account, AccountInfo};
use crate::error::AccountError;
use crate::link::LinkPurpose;
use crate::role::Role;

impl Accounts {
    /// Every account, by name.
    pub fn list(&self) -> Vec<AccountInfo> {
        let state = self.read();
        let info = |(id, named): (&u64, &super::Named)| AccountInfo {
            id: *id,
            name: named.name.clone(),
            role: named.account.role,
            disabled: named.account.disabled,
            created_ns: named.account.created_ns,
            signed_in_ns: named.account.signed_in_ns,
            sessions: state.sessions.values().filter(|live| live.session.account == named.account.uid).count(),
        };
        let mut all: Vec<AccountInfo> = state.accounts.iter().map(info).collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        all
    }

    /// Gives an account another role, from its next request on.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::LastAdmin`], [`AccountError::Catalog`].
    pub async fn set_role(&self, id: u64, role: Role, who: &str, from: &str) -> Result<AccountInfo, AccountError> {
        let _one = self.change.lock().await;
        if role != Role::Admin {
            self.check_not_last_admin(id)?;
        }
        let name = self.named(id)?.name;
        self.alter(id, |account| account.role = role).await?;
        self.audit.note(who, from, "changed a role", &format!("{name}: {}", role.word()), true).await;
        self.info(id)
    }

    /// Switches an account off or on. Its sessions end when it is switched off.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::LastAdmin`], [`AccountError::Catalog`].
    pub async fn set_disabled(&self, id: u64, disabled: bool, who: &str, from: &str) -> Result<AccountInfo, AccountError> {
        let _one = self.change.lock().await;
        if disabled {
            self.check_not_last_admin(id)?;
        }
        let named = self.named(id)?;
        self.alter(id, |account| account.disabled = disabled).await?;
        if disabled {
            self.end(|live| live.account == named.account.uid).await?;
        }
        let action = if disabled { "switched an account off" } else { "switched an account on" };
        self.audit.note(who, from, action, &named.name, true).await;
        self.info(id)
    }

    /// Takes an account out, with its sessions and links.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::LastAdmin`], [`AccountError::Catalog`].
    pub async fn delete(&self, id: u64, who: &str, from: &str) -> Result<AccountInfo, AccountError> {
        let _one = self.change.lock().await;
        self.check_not_last_admin(id)?;
        let info = self.info(id)?;
        let uid = self.named(id)?.account.uid;
        self.end(|live| live.account == uid).await?;
        self.take_back(|link| matches!(&link.purpose, LinkPurpose::Reset { uid: own, .. } if *own == uid)).await?;
        if !self.keep.delete(id).await? {
            return Err(AccountError::Unknown { id });
        }
        self.write().accounts.remove(&id);
        self.audit.note(who, from, "deleted an account", &info.name, true).await;
        Ok(info)
    }

    /// Names of admins that can help, a few of them.
    pub fn admins(&self) -> Vec<String> {
        let is_admin = |account: &AccountInfo| account.role == Role::Admin && !account.disabled;
        self.list().into_iter().filter(is_admin).map(|account| account.name).take(3).collect()
    }

    fn info(&self, id: u64) -> Result<AccountInfo, AccountError> {
        self.list().into_iter().find(|account| account.id == id).ok_or(AccountError::Unknown { id })
    }

    fn check_not_last_admin(&self, id: u64) -> Result<(), AccountError> {
        let state = self.read();
        let is_admin = |account: &Account| account.role == Role::Admin && !account.disabled;
        let this = state.accounts.get(&id).ok_or(AccountError::Unknown { id })?;
        let others = state.accounts.iter().filter(|(other, named)| **other != id && is_admin(&named.account)).count();
        if is_admin(&this.account) && others == 0 { Err(AccountError::LastAdmin) } else { Ok(()) }
    }

    /// Changes an account in the catalog, then in memory. The caller holds the change lock.
    pub(super) async fn alter(&self, id: u64, change: impl FnOnce(&mut Account)) -> Result<(), AccountError> {
        let mut after = self.named(id)?.account;
        change(&mut after);
        if !self.keep.update(id, &after, self.clock.wall_ns()).await? {
            return Err(AccountError::Unknown { id });
        }
        if let Some(named) = self.write().accounts.get_mut(&id) {
            named.account = after;
        }
        Ok(())
    }
}

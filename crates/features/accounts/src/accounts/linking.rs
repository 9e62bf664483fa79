//! One-time links: made, looked at, used.

use super::{ACCOUNTS_MAX, Accounts, Named, Visitor, row_name};
use crate::account::{Account, name_of};
use crate::error::AccountError;
use crate::link::{LINKS_MAX, Link, LinkInfo, LinkPurpose, NewLink};
use crate::password;
use crate::role::Role;
use crate::secret::{Token, Use, random_id};
use crate::session::SignedIn;

impl Accounts {
    /// A link that makes the first admin; `None` once there is an account. One that was made before no longer works.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn set_up(&self) -> Result<Option<NewLink>, AccountError> {
        let _one = self.change.lock().await;
        if !self.is_empty() {
            return Ok(None);
        }
        self.take_back(|link| link.purpose == LinkPurpose::Setup).await?;
        self.make_link(LinkPurpose::Setup, "console").await.map(Some)
    }

    /// Whether a set-up link waits to be used.
    pub fn has_set_up_link(&self) -> bool {
        let now_ns = self.clock.wall_ns();
        self.read().links.values().any(|(_, link)| link.purpose == LinkPurpose::Setup && link.expires_ns > now_ns)
    }

    /// A link that makes an account of this role, maybe of this name.
    ///
    /// # Errors
    /// [`AccountError::Name`], [`AccountError::Taken`], [`AccountError::Full`], [`AccountError::Catalog`].
    pub async fn invite(&self, role: Role, name: Option<&str>, who: &str, from: &str) -> Result<NewLink, AccountError> {
        let name = name.filter(|name| !name.trim().is_empty()).map(name_of).transpose()?;
        let _one = self.change.lock().await;
        if let Some(name) = &name
            && self.read().named(name).is_some()
        {
            return Err(AccountError::Taken { name: name.clone() });
        }
        let object = format!("{} {}", role.word(), name.as_deref().unwrap_or("of any name"));
        let link = self.make_link(LinkPurpose::Invite { role, name }, who).await?;
        self.audit.note(who, from, "invited", &object, true).await;
        Ok(link)
    }

    /// A link that sets a new password for an account. The present one works until then.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::Full`], [`AccountError::Catalog`].
    pub async fn reset(&self, account: u64, who: &str, from: &str) -> Result<NewLink, AccountError> {
        let _one = self.change.lock().await;
        let Named { name, account } = self.named(account)?;
        let uid = account.uid;
        self.take_back(|link| matches!(&link.purpose, LinkPurpose::Reset { uid: own, .. } if *own == uid)).await?;
        let link = self.make_link(LinkPurpose::Reset { uid, name: name.clone() }, who).await?;
        self.audit.note(who, from, "made a link for a new password", &name, true).await;
        Ok(link)
    }

    /// Links that wait to be used, newest first.
    pub fn links(&self) -> Vec<LinkInfo> {
        let now_ns = self.clock.wall_ns();
        let mut links: Vec<LinkInfo> =
            self.read().links.values().filter(|(_, link)| link.expires_ns > now_ns).map(|(_, link)| link.info()).collect();
        links.sort_by_key(|link| std::cmp::Reverse(link.created_ns));
        links
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// [`AccountError::Gone`], [`AccountError::Catalog`].
    pub async fn revoke_link(&self, id: &str, who: &str, from: &str) -> Result<(), AccountError> {
        let _one = self.change.lock().await;
        if self.take_back(|link| link.id == id).await? == 0 {
            return Err(AccountError::Gone { what: "link", id: id.to_owned() });
        }
        self.audit.note(who, from, "took a link back", id, true).await;
        Ok(())
    }

    /// What a link is for, for who holds it.
    ///
    /// # Errors
    /// [`AccountError::Link`], [`AccountError::TooMany`].
    pub fn look(&self, token: &str, visitor: &Visitor) -> Result<LinkInfo, AccountError> {
        self.attempts.at_address(visitor.address).map_err(|wait| AccountError::TooMany { wait })?;
        self.find_link(token).map(|(_, link)| link.info())
    }

    /// Uses a link: makes the account, or sets its new password, and begins a session. `name` is heeded where the link leaves it
    /// open.
    ///
    /// # Errors
    /// [`AccountError::Link`], [`AccountError::Name`], [`AccountError::Taken`], [`AccountError::Password`], [`AccountError::Full`],
    /// [`AccountError::TooMany`], [`AccountError::Busy`], [`AccountError::Catalog`].
    pub async fn accept(&self, token: &str, name: &str, password: &str, visitor: &Visitor) -> Result<SignedIn, AccountError> {
        self.attempts.at_address(visitor.address).map_err(|wait| AccountError::TooMany { wait })?;
        let name = match self.find_link(token)?.1.purpose {
            LinkPurpose::Reset { name, .. } | LinkPurpose::Invite { name: Some(name), .. } => name,
            LinkPurpose::Setup | LinkPurpose::Invite { name: None, .. } => name_of(name)?,
        };
        password::check(password, &name)?;
        let hash = self.hasher.hash(password).await?;
        let from = visitor.address.to_string();
        let _one = self.change.lock().await;
        // Again: it may have been used meanwhile.
        let (row, link) = self.find_link(token)?;
        let (role, action) = match link.purpose {
            LinkPurpose::Reset { uid, .. } => {
                let id = self.read().of_uid(&uid).map(|(id, _)| id).ok_or(AccountError::Link)?;
                self.spend(row).await?;
                self.alter(id, |account| account.password = hash).await?;
                self.end(|live| live.account == uid).await?;
                self.audit.note(&name, &from, "set a new password by a link", "", true).await;
                return self.begin(id, visitor).await;
            }
            LinkPurpose::Setup if !self.is_empty() => return Err(AccountError::Link),
            LinkPurpose::Setup => (Role::Admin, "set up the first account"),
            LinkPurpose::Invite { role, .. } => (role, "accepted an invitation"),
        };
        if self.read().named(&name).is_some() {
            return Err(AccountError::Taken { name });
        }
        if self.read().accounts.len() >= ACCOUNTS_MAX {
            return Err(AccountError::Full { what: "accounts", limit: ACCOUNTS_MAX });
        }
        // Spent before the account is made: a crash in between costs the link, not its being used once.
        self.spend(row).await?;
        let now_ns = self.clock.wall_ns();
        let uid = random_id()?;
        let account = Account { uid, role, password: hash, disabled: false, created_ns: now_ns, signed_in_ns: Some(now_ns) };
        let Some(id) = self.keep.insert(&name, &account, now_ns).await? else { return Err(AccountError::Taken { name }) };
        self.write().accounts.insert(id, Named { name: name.clone(), account });
        self.audit.note(&name, &from, action, role.word(), true).await;
        self.begin(id, visitor).await
    }

    /// The link of a token that works, and its row.
    fn find_link(&self, token: &str) -> Result<(u64, Link), AccountError> {
        let digest = self.pepper.digest(Use::Link, token);
        let state = self.read();
        let (row, link) = state.links.get(&digest).ok_or(AccountError::Link)?;
        let works = link.expires_ns > self.clock.wall_ns() && (link.purpose != LinkPurpose::Setup || state.accounts.is_empty());
        if works { Ok((*row, link.clone())) } else { Err(AccountError::Link) }
    }

    /// The caller holds the change lock.
    async fn spend(&self, row: u64) -> Result<(), AccountError> {
        if !self.keep.delete(row).await? {
            return Err(AccountError::Link);
        }
        self.write().links.retain(|_, (known, _)| *known != row);
        Ok(())
    }

    /// The caller holds the change lock.
    pub(super) async fn take_back(&self, which: impl Fn(&Link) -> bool) -> Result<usize, AccountError> {
        let rows: Vec<u64> = self.read().links.values().filter(|(_, link)| which(link)).map(|(row, _)| *row).collect();
        for row in &rows {
            self.spend(*row).await?;
        }
        Ok(rows.len())
    }

    /// The caller holds the change lock.
    async fn make_link(&self, purpose: LinkPurpose, by: &str) -> Result<NewLink, AccountError> {
        self.sweep().await?;
        if self.read().links.len() >= LINKS_MAX {
            return Err(AccountError::Full { what: "links that wait to be used", limit: LINKS_MAX });
        }
        let token = Token::random()?;
        let created_ns = self.clock.wall_ns();
        let expires_ns = created_ns.saturating_add(purpose.lasts_ns());
        let link = Link { id: random_id()?, purpose, created_ns, expires_ns, by: by.to_owned() };
        let digest = self.pepper.digest(Use::Link, token.reveal());
        let Some(row) = self.keep.insert(&row_name(&digest), &link, created_ns).await? else { return Err(AccountError::Link) };
        let info = link.info();
        self.write().links.insert(digest, (row, link));
        Ok(NewLink { token, info })
    }
}

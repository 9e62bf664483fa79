//! Signing in, being signed in, and signing out.

use super::{AGENT_CHARS, Accounts, Named, Visitor, row_name};
use crate::account::name_of;
use crate::error::AccountError;
use crate::password;
use crate::secret::{Token, random_id};
use crate::session::{self, LiveSession, PER_ACCOUNT, Person, Session, SessionInfo, SignedIn};
use std::sync::Arc;

impl Accounts {
    /// Begins a session for who knows the password. Names of no account are answered as those of one are, after the same work.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::TooMany`], [`AccountError::Busy`], [`AccountError::Catalog`].
    pub async fn sign_in(&self, name: &str, password: &str, visitor: &Visitor) -> Result<SignedIn, AccountError> {
        let name = name_of(name).unwrap_or_default();
        self.attempts.at_account(&name, visitor.address).map_err(|wait| AccountError::TooMany { wait })?;
        let known = self.read().named(&name).map(|(id, named)| (id, named.clone()));
        let kept = known.as_ref().map(|(_, named)| &named.account.password);
        let is_right = self.hasher.verify(password, kept).await?;
        let from = visitor.address.to_string();
        let (id, named) = match known {
            Some((id, named)) if is_right && !named.account.disabled => (id, named),
            _ => {
                self.audit.note(&name, &from, "signed in", "", false).await;
                return Err(AccountError::Wrong);
            }
        };
        self.attempts.succeed(&name, visitor.address);
        let rehashed = if self.hasher.is_outdated(&named.account.password) { Some(self.hasher.hash(password).await?) } else { None };
        let _one = self.change.lock().await;
        let now_ns = self.clock.wall_ns();
        self.alter(id, |account| {
            account.signed_in_ns = Some(now_ns);
            if let Some(hash) = rehashed {
                account.password = hash;
            }
        })
        .await?;
        let signed_in = self.begin(id, visitor).await?;
        self.audit.note(&name, &from, "signed in", "", true).await;
        Ok(signed_in)
    }

    /// Who shows this session's token, if it is one. Counts as a use of the session.
    pub fn authenticate(self: &Arc<Self>, token: &str) -> Option<Person> {
        let digest = session::digest(&self.pepper, token);
        let now_ns = self.clock.wall_ns();
        let (live, person) = {
            let state = self.read();
            let live = state.sessions.get(&digest)?;
            let (id, named) = state.of_uid(&live.session.account)?;
            if named.account.disabled || live.session.expires_ns(named.account.role) <= now_ns {
                return None;
            }
            let save = live.touch(now_ns).then(|| live.clone());
            (save, self.person(id, named, &live.session, token))
        };
        if let Some(live) = live {
            let accounts = self.clone();
            tokio::spawn(async move { accounts.save_use(digest, live).await });
        }
        Some(person)
    }

    /// Notes in the catalog that a session was used, unless it has been ended.
    async fn save_use(&self, digest: crate::secret::Digest, live: Arc<LiveSession>) {
        let _one = self.change.lock().await;
        if !self.read().sessions.contains_key(&digest) {
            return;
        }
        if let Err(error) = self.keep.update(live.row, &live.session, self.clock.wall_ns()).await {
            tracing::warn!(%error, "the last use of a session was not kept");
        }
    }

    /// Whether a session still stands, for answers that go on for long.
    pub fn is_signed_in(&self, session: &str) -> bool {
        let now_ns = self.clock.wall_ns();
        let state = self.read();
        let live = state.sessions.values().find(|live| live.session.id == session);
        let owner = |live: &LiveSession| state.of_uid(&live.session.account).map(|(_, named)| named.account.clone());
        live.is_some_and(|live| owner(live).is_some_and(|own| !own.disabled && live.session.expires_ns(own.role) > now_ns))
    }

    /// The sessions of an account, last used first.
    pub fn sessions(&self, account: u64) -> Vec<SessionInfo> {
        let state = self.read();
        let Some(named) = state.accounts.get(&account) else { return Vec::new() };
        let own = state.sessions.values().filter(|live| live.session.account == named.account.uid);
        let mut sessions: Vec<SessionInfo> = own.map(|live| live.session.info()).collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.used_ns));
        sessions
    }

    /// Ends one session of an account.
    ///
    /// # Errors
    /// [`AccountError::Gone`], [`AccountError::Catalog`].
    pub async fn sign_out(&self, person: &Person, session: &str, from: &str) -> Result<(), AccountError> {
        let _one = self.change.lock().await;
        let own = self.sessions(person.account).into_iter().any(|known| known.id == session);
        if !own || self.end(|live| live.id == session).await? == 0 {
            return Err(AccountError::Gone { what: "session", id: session.to_owned() });
        }
        self.audit.note(&person.name, from, "signed out", "", true).await;
        Ok(())
    }

    /// Ends every session of an account; how many there were.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::Catalog`].
    pub async fn sign_out_everywhere(&self, account: u64, who: &str, from: &str) -> Result<usize, AccountError> {
        let _one = self.change.lock().await;
        let named = self.named(account)?;
        let ended = self.end(|live| live.account == named.account.uid).await?;
        self.audit.note(who, from, "signed out everywhere", &named.name, true).await;
        Ok(ended)
    }

    /// Sets another password for who knows the present one. Ends every session and begins a new one.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`], and [`AccountError::Password`].
    pub async fn change_password(&self, person: &Person, old: &str, new: &str, visitor: &Visitor) -> Result<SignedIn, AccountError> {
        password::check(new, &person.name)?;
        self.confirm(person, old, visitor).await?;
        let hash = self.hasher.hash(new).await?;
        let _one = self.change.lock().await;
        let uid = self.named(person.account)?.account.uid;
        self.alter(person.account, |account| account.password = hash).await?;
        self.end(|live| live.account == uid).await?;
        let signed_in = self.begin(person.account, visitor).await?;
        self.audit.note(&person.name, &visitor.address.to_string(), "changed the password", "", true).await;
        Ok(signed_in)
    }

    /// Looks at the password of somebody who is signed in.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    async fn confirm(&self, person: &Person, password: &str, visitor: &Visitor) -> Result<(), AccountError> {
        self.attempts.at_account(&person.name, visitor.address).map_err(|wait| AccountError::TooMany { wait })?;
        let named = self.named(person.account)?;
        if !self.hasher.verify(password, Some(&named.account.password)).await? {
            self.audit.note(&person.name, &visitor.address.to_string(), "gave the password again", "", false).await;
            return Err(AccountError::Wrong);
        }
        self.attempts.succeed(&person.name, visitor.address);
        Ok(())
    }

    /// Begins a session. The caller holds the change lock.
    pub(super) async fn begin(&self, account: u64, visitor: &Visitor) -> Result<SignedIn, AccountError> {
        self.sweep().await?;
        let named = self.named(account)?;
        let token = Token::random()?;
        let now_ns = self.clock.wall_ns();
        let session = Session {
            id: random_id()?,
            account: named.account.uid.clone(),
            created_ns: now_ns,
            used_ns: now_ns.into(),
            address: visitor.address.to_string(),
            agent: visitor.agent.chars().take(AGENT_CHARS).collect(),
        };
        let digest = session::digest(&self.pepper, token.reveal());
        let Some(row) = self.keep.insert(&row_name(&digest), &session, now_ns).await? else {
            return Err(AccountError::Hash("two tokens are equal".to_owned()));
        };
        let person = self.person(account, &named, &session, token.reveal());
        self.write().sessions.insert(digest, Arc::new(LiveSession::new(row, session)));
        // The newest is used now, and stays.
        let surplus: Vec<String> = self.sessions(account).into_iter().skip(PER_ACCOUNT).map(|session| session.id).collect();
        self.end(|live| surplus.contains(&live.id)).await?;
        Ok(SignedIn { token, person })
    }

    /// Ends sessions: nobody is let in by them once this begins. The caller holds the change lock.
    pub(super) async fn end(&self, which: impl Fn(&Session) -> bool) -> Result<usize, AccountError> {
        let mut rows = Vec::new();
        self.write().sessions.retain(|_, live| {
            let goes = which(&live.session);
            if goes {
                rows.push(live.row);
            }
            !goes
        });
        for row in &rows {
            self.keep.delete(*row).await?;
        }
        Ok(rows.len())
    }

    fn person(&self, account: u64, named: &Named, session: &Session, token: &str) -> Person {
        Person {
            account,
            name: named.name.clone(),
            role: named.account.role,
            session: session.id.clone(),
            csrf: session::csrf(&self.pepper, token),
            expires_ns: session.expires_ns(named.account.role),
        }
    }

    pub(super) fn named(&self, id: u64) -> Result<Named, AccountError> {
        self.read().accounts.get(&id).cloned().ok_or(AccountError::Unknown { id })
    }
}

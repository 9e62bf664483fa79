//! Signing in and out, one's own sessions and password, and one-time links as who holds one uses them.

use crate::access::{AuthMode, Caller, person_of};
use crate::cookie;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::session::{Acceptance, Ended, FoundLink, KnownSession, LinkToken, NewPassword, Session, Sessions, SignIn, SignedIn};
use glasshive_base::ErrorKind;
use glasshive_base_http::Response;
use glasshive_feature_accounts::{AccountError, Accounts, Person, SignedIn as Begun, Visitor};
use http::header;
use std::sync::Arc;

/// How this server asks who somebody is, and who asks.
pub async fn session(call: Call) -> Result<Response, Failure> {
    if call.hive.auth == AuthMode::Open {
        return ok(&Session { mode: "open".to_owned(), account: None, is_new: false, has_set_up_link: false });
    }
    ok(&shown(&call, person_of(&call.hive, call.request.head()).as_ref()))
}

/// Begins a session.
pub async fn sign_in(mut call: Call) -> Result<Response, Failure> {
    let SignIn { name, password } = call.body().await?;
    let (known, visitor) = (accounts(&call)?, visitor(&call));
    let begun = whole(async move { known.sign_in(&name, &password, &visitor).await }).await.map_err(account_failure)?;
    begin(&call, &begun)
}

/// Ends this session.
pub async fn sign_out(call: Call) -> Result<Response, Failure> {
    let (known, person, from) = (accounts(&call)?, person(&call)?, address(&call));
    whole(async move { known.sign_out(&person, &person.session, &from).await }).await.map_err(account_failure)?;
    let mut answer = ok(&Ended { sessions: 1 })?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie::taking(call.request.head()));
    Ok(answer)
}

/// Sets another password; this session goes on as a new one, all others end.
pub async fn change_password(mut call: Call) -> Result<Response, Failure> {
    let NewPassword { old, new } = call.body().await?;
    let (known, person, visitor) = (accounts(&call)?, person(&call)?, visitor(&call));
    let changed = whole(async move { known.change_password(&person, &old, &new, &visitor).await }).await;
    // A wrong password is no missing sign-in.
    let begun = changed.map_err(|error| match error {
        AccountError::Wrong => Failure::new(ErrorKind::Forbidden, "the present password is another one"),
        error => account_failure(error),
    })?;
    begin(&call, &begun)
}

/// Where the asker is signed in.
pub async fn sessions(call: Call) -> Result<Response, Failure> {
    let person = person(&call)?;
    let known = accounts(&call)?.sessions(person.account).into_iter().map(|session| KnownSession {
        is_this: session.id == person.session,
        id: session.id,
        created_ns: Nanoseconds(session.created_ns),
        used_ns: Nanoseconds(session.used_ns),
        address: session.address,
        agent: session.agent,
    });
    ok(&Sessions { sessions: known.collect() })
}

/// Ends one of the asker's sessions.
pub async fn end_session(call: Call) -> Result<Response, Failure> {
    let (known, person, from, session) = (accounts(&call)?, person(&call)?, address(&call), call.param("id").to_owned());
    whole(async move { known.sign_out(&person, &session, &from).await }).await.map_err(account_failure)?;
    ok(&Ended { sessions: 1 })
}

/// Ends all of the asker's sessions.
pub async fn end_sessions(call: Call) -> Result<Response, Failure> {
    let (known, person, from) = (accounts(&call)?, person(&call)?, address(&call));
    let ending = async move { known.sign_out_everywhere(person.account, &person.name, &from).await };
    let ended = whole(ending).await.map_err(account_failure)?;
    let mut answer = ok(&Ended { sessions: ended as u64 })?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie::taking(call.request.head()));
    Ok(answer)
}

/// What a link is for.
pub async fn look_at_link(mut call: Call) -> Result<Response, Failure> {
    let LinkToken { token } = call.body().await?;
    let link = accounts(&call)?.look(&token, &visitor(&call)).map_err(account_failure)?;
    ok(&FoundLink { link: link.into() })
}

/// Uses a link.
pub async fn accept_link(mut call: Call) -> Result<Response, Failure> {
    let Acceptance { token, name, password } = call.body().await?;
    let (known, visitor) = (accounts(&call)?, visitor(&call));
    let begun = whole(async move { known.accept(&token, &name, &password, &visitor).await }).await.map_err(account_failure)?;
    begin(&call, &begun)
}

/// Accounts, where somebody may sign in.
pub(super) fn accounts(call: &Call) -> Result<Arc<Accounts>, Failure> {
    if call.hive.auth == AuthMode::Open {
        let why = "this server is open: it asks nobody who they are";
        return Err(Failure::new(ErrorKind::Conflict, why).with_remedy("start it with --auth keys"));
    }
    let missing = || Failure::new(ErrorKind::Unavailable, "accounts are not kept here");
    call.hive.accounts().cloned().ok_or_else(missing)
}

/// Does a change to its end, though the client leave in the middle of it.
pub(super) async fn whole<T: Send + 'static>(
    change: impl Future<Output = Result<T, AccountError>> + Send + 'static,
) -> Result<T, AccountError> {
    match tokio::spawn(change).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The server is stopping.
            Err(_) => Err(AccountError::Busy),
        },
    }
}

pub(super) fn account_failure(error: AccountError) -> Failure {
    let failure = Failure::new(error.kind(), error.to_string());
    match error {
        AccountError::TooMany { wait } => Failure { retry_seconds: Some(wait.as_secs().max(1)), ..failure },
        AccountError::Link => failure.with_remedy("ask whoever sent it for another one"),
        _ => failure,
    }
}

pub(super) fn address(call: &Call) -> String {
    call.request.head().peer.ip().to_canonical().to_string()
}

fn visitor(call: &Call) -> Visitor {
    let head = call.request.head();
    Visitor { address: head.peer.ip().to_canonical(), agent: head.header("user-agent").unwrap_or_default().to_owned() }
}

/// Somebody who is signed in; keys have no sessions.
fn person(call: &Call) -> Result<Person, Failure> {
    match &call.caller {
        Caller::Person(person) => Ok(person.clone()),
        Caller::Key(_) => Err(Failure::invalid("a key has no session; this is for people who are signed in")),
        // The mode is open, which the accounts say in better words.
        Caller::Anyone => accounts(call).and(Err(Failure::invalid("nobody is signed in"))),
    }
}

fn begin(call: &Call, begun: &Begun) -> Result<Response, Failure> {
    let mut answer = ok(&shown(call, Some(&begun.person)))?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie::giving(call.request.head(), &begun.token));
    Ok(answer)
}

fn shown(call: &Call, person: Option<&Person>) -> Session {
    let accounts = call.hive.accounts();
    Session {
        mode: "keys".to_owned(),
        account: person.map(|person| SignedIn {
            id: person.account,
            name: person.name.clone(),
            role: person.role.word().to_owned(),
            csrf: person.csrf.clone(),
            expires_ns: Nanoseconds(person.expires_ns),
            admins: accounts.map(|accounts| accounts.admins()).unwrap_or_default(),
        }),
        is_new: accounts.is_some_and(|accounts| accounts.is_empty()),
        has_set_up_link: accounts.is_some_and(|accounts| accounts.has_set_up_link()),
    }
}

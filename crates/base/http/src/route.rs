//! The route table: what can be reached, by whom, and who answers.

use crate::problem;
use crate::request::{Head, Request, media_type};
use crate::response::Response;
use glasshive_base::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use std::sync::Arc;

mod path;

pub(crate) use path::Pattern;

/// What a route does. The gate decides by it; so may a check of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Takes data in: any `Host`; pages by the CORS policy.
    Ingest,
    /// Reads data: our names and our own pages only.
    Read,
    /// Changes settings: likewise.
    Change,
    /// Manages keys and the like: likewise.
    Administer,
    /// Says nothing that is secret: our names; other sites may link to it.
    Public,
}

/// A set of methods. `GET` brings `HEAD` with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods(u8);

/// A condition besides method and path. Rows with one are tried before those without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The media type begins with this (lower case).
    MediaType(&'static str),
    /// The media type is one of these (lower case).
    MediaTypeIn(&'static [&'static str]),
    /// The header (lower case) is there and its value begins with the text.
    Header(&'static str, &'static str),
}

/// A row of the table. A route exists only as one.
#[derive(Clone)]
pub struct Route {
    /// Names it in metrics and refusals; unique by convention.
    pub name: &'static str,
    /// Which methods.
    pub methods: Methods,
    /// The path: segments are literal, `{name}` (captured) or a last `{*name}` (captures the rest, maybe empty).
    pub pattern: String,
    /// Its class.
    pub door: Door,
    /// Whether pages of other origins get CORS headers.
    pub cors: bool,
    /// Must hold too.
    pub condition: Option<Condition>,
    /// Whether empty segments (`//v1/traces`) are overlooked. One trailing slash always is.
    pub overlooks_slashes: bool,
    /// Answers.
    pub handler: Arc<dyn Handler>,
}

/// Answers the requests of a route.
pub trait Handler: Send + Sync {
    /// Answers one. The future is dropped when the client goes away: what must be finished has to be spawned.
    fn handle(&self, request: Request) -> BoxFuture<'_, Response>;

    /// Words a refusal, which was decided before, around or instead of [`Handler::handle`], in the route's dialect.
    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        let _ = head;
        problem::of_refusal(refusal)
    }
}

/// A refusal still without words of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status it has in dialects that use them.
    pub status: StatusCode,
    /// What decided it.
    pub cause: Cause,
    /// Why, in words.
    pub reason: String,
}

/// What decided a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The head breaks a limit.
    Head,
    /// `Host` is not a name of ours.
    Host,
    /// The page may not.
    Origin,
    /// Nothing is at that path.
    NotFound,
    /// Something is at that path, with other methods.
    Method {
        /// Those, as in `Allow`, without `OPTIONS`.
        allowed: String,
    },
    /// The handler panicked.
    Panic,
}

/// The table.
#[derive(Clone, Default)]
pub struct Router {
    rows: Vec<(Route, Pattern)>,
}

/// What the table says about a request.
pub(crate) enum Lookup<'a> {
    Found { index: usize, route: &'a Route, params: Vec<(&'static str, String)> },
    WrongMethod { route: &'a Route, allowed: Methods },
    Nothing,
}

// === impl Methods ===

impl Methods {
    /// `GET` and `HEAD`.
    pub const GET: Methods = Methods(1);
    /// `POST`.
    pub const POST: Methods = Methods(2);
    /// `PUT`.
    pub const PUT: Methods = Methods(4);
    /// `DELETE`.
    pub const DELETE: Methods = Methods(8);
    /// `PATCH`.
    pub const PATCH: Methods = Methods(16);
    /// `OPTIONS`, answered by the handler itself.
    pub const OPTIONS: Methods = Methods(32);
    /// Every method.
    pub const ANY: Methods = Methods(255);

    const NAMED: [(Methods, Method); 6] = [
        (Methods::GET, Method::GET),
        (Methods::POST, Method::POST),
        (Methods::PUT, Method::PUT),
        (Methods::DELETE, Method::DELETE),
        (Methods::PATCH, Method::PATCH),
        (Methods::OPTIONS, Method::OPTIONS),
    ];

    /// Both sets.
    pub const fn or(self, other: Methods) -> Methods {
        Methods(self.0 | other.0)
    }

    /// Whether it is in the set.
    pub fn has(self, method: &Method) -> bool {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self == Methods::ANY || Self::NAMED.iter().any(|(bit, named)| self.0 & bit.0 != 0 && named == method)
    }

    /// The methods, in one fixed order.
    pub fn list(self) -> Vec<Method> {
        Self::NAMED.into_iter().filter(|(bit, _)| self.0 & bit.0 != 0).map(|(_, method)| method).collect()
    }

    /// The list as `Allow` has it.
    pub fn allow(self) -> String {
        self.list().iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
    }
}

// === impl Route ===

impl Route {
    /// A row without CORS, condition or tolerance for empty segments.
    pub fn new(name: &'static str, door: Door, methods: Methods, pattern: impl Into<String>, handler: Arc<dyn Handler>) -> Self {
        let pattern = pattern.into();
        Self { name, methods, pattern, door, cors: false, condition: None, overlooks_slashes: false, handler }
    }

    /// With CORS.
    pub fn with_cors(self) -> Self {
        Self { cors: true, ..self }
    }

    /// With a condition.
    pub fn when(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Overlooking empty segments.
    pub fn overlooking_slashes(self) -> Self {
        Self { overlooks_slashes: true, ..self }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {:?}", self.name, self.methods.allow(), self.pattern, self.door)
    }
}

impl Condition {
    fn holds(&self, headers: &HeaderMap) -> bool {
        match self {
            Condition::MediaType(prefix) => media_type(headers).starts_with(prefix),
            Condition::MediaTypeIn(types) => types.contains(&media_type(headers).as_str()),
            Condition::Header(name, prefix) => headers.get(*name).is_some_and(|value| value.as_bytes().starts_with(prefix.as_bytes())),
        }
    }
}

// === impl Router ===

impl Router {
    /// The table of these rows. The first match wins, rows with a condition before those without.
    pub fn new(routes: impl IntoIterator<Item = Route>) -> Self {
        let mut rows: Vec<_> = routes.into_iter().map(|route| (Pattern::parse(&route.pattern, route.overlooks_slashes), route)).collect();
        rows.sort_by_key(|(_, route)| route.condition.is_none());
        Self { rows: rows.into_iter().map(|(pattern, route)| (route, pattern)).collect() }
    }

    /// Every row.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.rows.iter().map(|(route, _)| route)
    }

    pub(crate) fn lookup(&self, method: &Method, path: &str, headers: &HeaderMap) -> Lookup<'_> {
        let mut elsewhere: Option<(&Route, Methods)> = None;
        for (index, (route, pattern)) in self.rows.iter().enumerate() {
            let Some(params) = pattern.captures(path) else { continue };
            if !route.condition.as_ref().is_none_or(|condition| condition.holds(headers)) {
                continue;
            }
            if route.methods.has(method) {
                return Lookup::Found { index, route, params };
            }
            let (first, methods) = elsewhere.unwrap_or((route, route.methods));
            elsewhere = Some((first, methods.or(route.methods)));
        }
        elsewhere.map_or(Lookup::Nothing, |(route, allowed)| Lookup::WrongMethod { route, allowed })
    }
}

/// A handler made of a function, wording its refusals as problem documents.
pub fn handler_fn<F, A>(function: F) -> Arc<dyn Handler>
where
    F: Fn(Request) -> A + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    struct FunctionHandler<F>(F);

    impl<F, A> Handler for FunctionHandler<F>
    where
        F: Fn(Request) -> A + Send + Sync,
        A: Future<Output = Response> + Send + 'static,
    {
        fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
            Box::pin((self.0)(request))
        }
    }

    Arc::new(FunctionHandler(function))
}

#[cfg(test)]
mod tests;

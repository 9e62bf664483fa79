//! Segments and subsegments, checked: what X-Ray demands is there, what clients get wrong is read as they meant it.

use crate::block::{self, Cause, Http, Link, Sql};
use crate::decimal;
use crate::id;
use crate::json::Json;
use crate::rejection::{Code, Rejection};
use std::borrow::Cow;

/// Characters of a name; more are cut.
pub const NAME_MAX: usize = 200;

/// A segment or subsegment.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity<'j> {
    /// Its id.
    pub id: [u8; 8],
    /// The trace; of embedded subsegments that of the document.
    pub trace_id: [u8; 16],
    /// What it names as its parent; of embedded subsegments the entity around it.
    pub parent_id: Option<[u8; 8]>,
    /// Whether it is a subsegment, embedded or independent.
    pub is_subsegment: bool,
    /// Its name, at most [`NAME_MAX`] characters.
    pub name: &'j str,
    /// Whether the name was cut.
    pub is_name_cut: bool,
    /// Start, ns since 1970.
    pub start_ns: i64,
    /// End, ns since 1970; `None` while in progress.
    pub end_ns: Option<i64>,
    /// By how many ns it ended before it started; then [`Entity::end_ns`] is the start.
    pub negative_ns: Option<i64>,
    /// `fault`, as sent or by the status of the response.
    pub is_fault: bool,
    /// `error`, likewise.
    pub is_error: bool,
    /// `throttle`, likewise.
    pub is_throttle: bool,
    /// `namespace`: `aws`, `remote`, `local` or any other.
    pub namespace: Option<&'j str>,
    /// `origin`: the type of AWS resource.
    pub origin: Option<&'j str>,
    /// `user`.
    pub user: Option<&'j str>,
    /// `resource_arn`.
    pub resource_arn: Option<&'j str>,
    /// `traced`, here or in `http.request`.
    pub is_traced: bool,
    /// `http`.
    pub http: Option<Http<'j>>,
    /// `sql`.
    pub sql: Option<Sql<'j>>,
    /// `cause`.
    pub cause: Option<Cause<'j>>,
    /// `aws`, an object.
    pub aws: Option<&'j Json<'j>>,
    /// `service`, an object.
    pub service: Option<&'j Json<'j>>,
    /// `annotations`, as sent.
    pub annotations: &'j [(Cow<'j, str>, Json<'j>)],
    /// `metadata`, as sent: an object by namespace.
    pub metadata: &'j [(Cow<'j, str>, Json<'j>)],
    /// `links`.
    pub links: Vec<Link<'j>>,
    /// Embedded subsegments that are good.
    pub subsegments: Vec<Entity<'j>>,
}

/// What an embedded subsegment takes from the entity around it.
#[derive(Clone, Copy)]
struct Around {
    trace_id: [u8; 16],
    id: [u8; 8],
}

impl<'j> Entity<'j> {
    /// Whether it has ended.
    pub fn is_complete(&self) -> bool {
        self.end_ns.is_some()
    }

    /// It and everything embedded in it.
    pub fn count(&self) -> usize {
        1 + self.subsegments.iter().map(Entity::count).sum::<usize>()
    }

    /// Reads the top of a document. Embedded subsegments that are not good are left out with all that is in them and noted in `faults`.
    pub(crate) fn read(object: &'j Json<'j>, faults: &mut Vec<Rejection>) -> Result<Self, Rejection> {
        let is_subsegment = object.get("type").and_then(Json::text).is_some_and(|kind| kind.eq_ignore_ascii_case("subsegment"));
        Self::checked(object, is_subsegment, None, faults)
    }

    fn checked(object: &'j Json<'j>, is_subsegment: bool, around: Option<Around>, faults: &mut Vec<Rejection>) -> Result<Self, Rejection> {
        let said_id = object.get("id").and_then(Json::text);
        let reject = |code| Rejection::new(code, is_subsegment, said_id);
        let Json::Object(_) = object else { return Err(reject(Code::ParseError)) };
        let own_id = match object.get("id") {
            None => return Err(reject(Code::MissingId)),
            Some(value) if value.text() == Some("") => return Err(reject(Code::MissingId)),
            Some(value) => value.text().and_then(id::entity_id).ok_or_else(|| reject(Code::InvalidId))?,
        };
        let (name, is_name_cut) = name(object).map_err(reject)?;
        let trace_id = match around {
            Some(around) => around.trace_id,
            None => match object.get("trace_id").filter(|value| value.text() != Some("")) {
                None => return Err(reject(Code::MissingTraceId)),
                Some(value) => value.text().and_then(id::trace_id).ok_or_else(|| reject(Code::InvalidTraceId))?,
            },
        };
        let parent_id = match around {
            Some(around) => Some(around.id),
            None => parent(object, is_subsegment).map_err(reject)?,
        };
        let times = Times::read(object).map_err(reject)?;
        let http = object.get("http").and_then(Http::read);
        let [is_fault, is_error, is_throttle] = flags(object, http.as_ref());
        let mut entity = Self {
            id: own_id,
            trace_id,
            parent_id,
            is_subsegment,
            name,
            is_name_cut,
            start_ns: times.start_ns,
            end_ns: times.end_ns,
            negative_ns: times.negative_ns,
            is_fault,
            is_error,
            is_throttle,
            namespace: block::text(object, "namespace"),
            origin: block::text(object, "origin"),
            user: block::text(object, "user"),
            resource_arn: block::text(object, "resource_arn"),
            is_traced: http.is_some_and(|http| http.is_traced) || object.get("traced").is_some_and(Json::is_true),
            http,
            sql: object.get("sql").and_then(Sql::read),
            cause: object.get("cause").and_then(Cause::read),
            aws: object.get("aws").filter(|block| !block.members().is_empty()),
            service: object.get("service").filter(|block| !block.members().is_empty()),
            annotations: object.get("annotations").map_or(&[], Json::members),
            metadata: object.get("metadata").map_or(&[], Json::members),
            links: object.get("links").map(Link::read_all).unwrap_or_default(),
            subsegments: Vec::new(),
        };
        let around = Around { trace_id, id: own_id };
        for embedded in object.get("subsegments").map_or(&[][..], Json::elements) {
            match Self::checked(embedded, true, Some(around), faults) {
                Ok(embedded) => entity.subsegments.push(embedded),
                Err(rejection) => faults.push(rejection),
            }
        }
        Ok(entity)
    }
}

fn name<'j>(object: &'j Json<'j>) -> Result<(&'j str, bool), Code> {
    let name = match object.get("name") {
        None => return Err(Code::MissingName),
        Some(value) => value.text().ok_or(Code::InvalidName)?,
    };
    if name.trim().is_empty() {
        return Err(Code::MissingName);
    }
    if name.chars().any(char::is_control) {
        return Err(Code::InvalidName);
    }
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => Ok((&name[..end], true)),
        None => Ok((name, false)),
    }
}

fn parent(object: &Json<'_>, is_subsegment: bool) -> Result<Option<[u8; 8]>, Code> {
    match object.get("parent_id").filter(|value| value.text() != Some("")) {
        None if is_subsegment => Err(Code::MissingParentId),
        None => Ok(None),
        Some(value) => value.text().and_then(id::entity_id).map(Some).ok_or(Code::InvalidParentId),
    }
}

struct Times {
    start_ns: i64,
    end_ns: Option<i64>,
    negative_ns: Option<i64>,
}

impl Times {
    fn read(object: &Json<'_>) -> Result<Self, Code> {
        let ns = |value: &Json<'_>| match value {
            Json::Number(text) => decimal::seconds_to_ns(text).filter(|ns| *ns > 0).ok_or(Code::InvalidTime),
            _ => Err(Code::InvalidTime),
        };
        let start_ns = ns(object.get("start_time").ok_or(Code::MissingStartTime)?)?;
        let is_in_progress = object.get("in_progress").is_some_and(Json::is_true);
        let end_ns = match object.get("end_time") {
            _ if is_in_progress => return Ok(Self { start_ns, end_ns: None, negative_ns: None }),
            None => return Err(Code::MissingEndTime),
            Some(value) => ns(value)?,
        };
        Ok(Self { start_ns, end_ns: Some(end_ns.max(start_ns)), negative_ns: (end_ns < start_ns).then(|| start_ns - end_ns) })
    }
}

/// `fault`, `error` and `throttle`; where none of them is said, the status of the response says it.
fn flags(object: &Json<'_>, http: Option<&Http<'_>>) -> [bool; 3] {
    let names = ["fault", "error", "throttle"];
    let said = names.map(|name| matches!(object.get(name), Some(Json::Bool(_))));
    if said.contains(&true) {
        return names.map(|name| object.get(name).is_some_and(Json::is_true));
    }
    match http.and_then(|http| http.status) {
        Some(429) => [false, true, true],
        Some(400..=499) => [false, true, false],
        Some(500..=599) => [true, false, false],
        _ => [false; 3],
    }
}

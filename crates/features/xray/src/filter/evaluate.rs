//! A filter asked about a trace.

use super::{CauseKind, CausePart, Filter, Keyword, Op, Selector, Value, Word};
use crate::causes::{self, CauseEntity, CauseService, RootCause};
use crate::trace::{Call, Node, Segment, Trace, duration_s, exceptions, walk};
use glasshive_wire_xray::{Entity, Json, id};

/// What something may be.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Text(String),
    Number(f64),
    Bool(bool),
}

/// What a keyword means at one place; none = it is not set.
type Values = Vec<Found>;

impl Filter {
    /// Whether a trace is wanted.
    pub fn accepts(&self, trace: &Trace<'_>) -> bool {
        match self {
            Filter::All => true,
            Filter::Any(filters) => filters.iter().any(|filter| filter.accepts(trace)),
            Filter::Every(filters) => filters.iter().all(|filter| filter.accepts(trace)),
            Filter::Not(filter) => !filter.accepts(trace),
            Filter::Compare { keyword, with } => compare(&of_trace(trace, keyword), with.as_ref()),
            Filter::Service { which, block } => trace.segments.iter().enumerate().any(|(place, segment)| {
                is_node(&segment.node, which.as_ref())
                    && block.as_ref().is_none_or(|block| block.holds(&|keyword| of_segment(trace, place, keyword)))
            }),
            Filter::Edge { from, to, block } => !edges(trace, from.as_ref(), to.as_ref(), block.as_deref()).is_empty(),
            Filter::RootCause { kind, part, block } => of_kind(trace, *kind).iter().any(|cause| is_cause(cause, *part, block.as_deref())),
            Filter::RootCauseJson(json) => {
                let kinds = [CauseKind::Fault, CauseKind::Error, CauseKind::ResponseTime];
                let causes: Vec<RootCause> = kinds.iter().flat_map(|kind| of_kind(trace, *kind)).collect();
                let wanted = json.as_array().map(Vec::as_slice).unwrap_or_default();
                wanted.iter().all(|wanted| causes.iter().any(|cause| is_like(cause, wanted)))
            }
            // Groups were replaced by what they say when the filter was made.
            Filter::Group(_) => false,
        }
    }

    /// Of `service()` the segments that it is about, of `edge()` the calls.
    pub(crate) fn matched<'t, 'f>(&self, trace: &'t Trace<'f>) -> Vec<&'t Entity<'f>> {
        match self {
            Filter::Service { which, block } => {
                let is_it = |(place, segment): &(usize, &Segment<'_>)| {
                    is_node(&segment.node, which.as_ref())
                        && block.as_ref().is_none_or(|block| block.holds(&|keyword| of_segment(trace, *place, keyword)))
                };
                trace.segments.iter().enumerate().filter(is_it).map(|(_, segment)| &segment.entity).collect()
            }
            Filter::Edge { from, to, block } => edges(trace, from.as_ref(), to.as_ref(), block.as_deref()),
            _ => Vec::new(),
        }
    }

    /// Whether it holds of something of which `of` tells the keywords.
    fn holds(&self, of: &dyn Fn(&Keyword) -> Values) -> bool {
        match self {
            Filter::Any(filters) => filters.iter().any(|filter| filter.holds(of)),
            Filter::Every(filters) => filters.iter().all(|filter| filter.holds(of)),
            Filter::Not(filter) => !filter.holds(of),
            Filter::Compare { keyword, with } => compare(&of(keyword), with.as_ref()),
            _ => true,
        }
    }
}

fn is_node(node: &Node, which: Option<&Selector>) -> bool {
    let Some(which) = which else { return true };
    which.name.as_ref().is_none_or(|name| *name == node.name)
        && which.kind.as_ref().is_none_or(|kind| Some(kind) == node.kind.as_ref())
        && which.account_id.as_ref().is_none_or(|account_id| Some(account_id) == node.account_id.as_ref())
}

/// Calls from one node to another, those of clients among them.
fn edges<'t, 'f>(trace: &'t Trace<'f>, from: Option<&Selector>, to: Option<&Selector>, block: Option<&Filter>) -> Vec<&'t Entity<'f>> {
    let holds = |entity: &Entity<'_>| block.is_none_or(|block| block.holds(&|keyword| of_call(trace, entity, keyword)));
    let is_call = |call: &Call<'_, '_>| {
        is_node(&trace.segments[call.from].node, from) && is_node(&trace.segments[call.to].node, to) && holds(call.entity)
    };
    let from_client = |segment: &&Segment<'_>| {
        let client = Node { name: segment.node.name.clone(), kind: Some("client".to_owned()), account_id: None };
        segment.is_entry && is_node(&client, from) && is_node(&segment.node, to) && holds(&segment.entity)
    };
    let calls = trace.calls().into_iter().filter(is_call).map(|call| call.entity);
    calls.chain(trace.segments.iter().filter(from_client).map(|segment| &segment.entity)).collect()
}

fn of_kind(trace: &Trace<'_>, kind: CauseKind) -> Vec<RootCause> {
    match kind {
        CauseKind::Fault => causes::of_flag(trace, true),
        CauseKind::Error => causes::of_flag(trace, false),
        CauseKind::ResponseTime => causes::of_response_time(trace),
    }
}

fn is_cause(cause: &RootCause, part: CausePart, block: Option<&Filter>) -> bool {
    let holds = |of: &dyn Fn(Word) -> Values| {
        block.is_none_or(|block| {
            block.holds(&|keyword| match keyword {
                Keyword::Word(word) => of(*word),
                Keyword::Annotation(_) => Values::new(),
            })
        })
    };
    match part {
        CausePart::Service => {
            let count = cause.services.len();
            cause.services.iter().enumerate().any(|(index, service)| {
                holds(&|word| match word {
                    Word::Name => one(Found::Text(service.node.name.clone())),
                    Word::Type => text(service.node.kind.as_deref()),
                    Word::AccountId => text(service.node.account_id.as_deref()),
                    Word::Inferred => one(Found::Bool(service.is_inferred)),
                    word => of_place(word, index, count),
                })
            })
        }
        CausePart::Entity => cause.services.iter().any(|service| {
            let count = service.path.len();
            service.path.iter().enumerate().any(|(index, entity)| {
                holds(&|word| match word {
                    Word::Name => one(Found::Text(entity.name.clone())),
                    Word::Remote => one(Found::Bool(entity.is_remote)),
                    Word::Coverage => entity.coverage.map(Found::Number).into_iter().collect(),
                    word => of_place(word, index, count),
                })
            })
        }),
        CausePart::Exception => {
            let deepest = cause.services.last().and_then(|service| service.path.last());
            let exceptions = deepest.map_or(&[][..], |entity| &entity.exceptions);
            exceptions.iter().enumerate().any(|(index, (kind, message))| {
                holds(&|word| match word {
                    Word::Name => one(Found::Text(kind.clone())),
                    Word::Message => one(Found::Text(message.clone())),
                    word => of_place(word, index, exceptions.len()),
                })
            })
        }
    }
}

fn of_place(word: Word, index: usize, count: usize) -> Values {
    match word {
        Word::Index => one(Found::Number(index as f64)),
        Word::First => one(Found::Bool(index == 0)),
        Word::Last => one(Found::Bool(index + 1 == count)),
        _ => Values::new(),
    }
}

/// Whether a cause has what is written of one; what is not written may be anything.
fn is_like(cause: &RootCause, wanted: &serde_json::Value) -> bool {
    let Some(services) = wanted["Services"].as_array() else { return true };
    let is_text = |wanted: &serde_json::Value, own: Option<&str>| wanted.is_null() || wanted.as_str() == own;
    let is_bool = |wanted: &serde_json::Value, own: bool| wanted.is_null() || wanted.as_bool() == Some(own);
    let is_entity = |(wanted, own): (&serde_json::Value, &CauseEntity)| {
        is_text(&wanted["Name"], Some(&own.name)) && is_bool(&wanted["Remote"], own.is_remote)
    };
    let is_service = |(wanted, own): (&serde_json::Value, &CauseService)| {
        let path = wanted["EntityPath"].as_array();
        is_text(&wanted["Name"], Some(&own.node.name))
            && is_text(&wanted["Type"], own.node.kind.as_deref())
            && is_text(&wanted["AccountId"], own.node.account_id.as_deref())
            && is_bool(&wanted["Inferred"], own.is_inferred)
            && path.is_none_or(|path| path.len() == own.path.len() && path.iter().zip(&own.path).all(is_entity))
    };
    services.len() == cause.services.len() && services.iter().zip(&cause.services).all(is_service)
}

/// A keyword of a whole trace.
fn of_trace(trace: &Trace<'_>, keyword: &Keyword) -> Values {
    let root = trace.root().map(|root| &root.entity);
    let word = match keyword {
        Keyword::Annotation(key) => {
            let mut found = Values::new();
            trace.segments.iter().for_each(|segment| annotations(&segment.entity, key, &mut found));
            return found;
        }
        Keyword::Word(word) => *word,
    };
    match word {
        Word::Partial => one(Found::Bool(trace.is_partial)),
        Word::Inferred => one(Found::Bool(trace.segments.iter().any(|segment| segment.tree.is_inferred))),
        Word::ResponseTime => trace.response_s().map(Found::Number).into_iter().collect(),
        Word::Duration => one(Found::Number(trace.duration_s())),
        Word::Id | Word::TraceId => vec![
            Found::Text(id::trace_id_text(trace.id)),
            Found::Text(id::trace_id_text(trace.id).trim_start_matches("1-").replace('-', "")),
        ],
        Word::Ok
        | Word::Error
        | Word::Fault
        | Word::Throttle
        | Word::HttpStatus
        | Word::HttpUrl
        | Word::HttpMethod
        | Word::HttpUserAgent
        | Word::HttpClientIp => root.map(|root| of_entity(root, word)).unwrap_or_default(),
        // What any segment may say.
        word => trace.segments.iter().enumerate().flat_map(|(place, _)| of_segment(trace, place, &Keyword::Word(word))).collect(),
    }
}

/// A keyword of one segment.
fn of_segment(trace: &Trace<'_>, place: usize, keyword: &Keyword) -> Values {
    let segment = &trace.segments[place];
    let entity = &segment.entity;
    match keyword {
        Keyword::Annotation(key) => {
            let mut found = Values::new();
            annotations(entity, key, &mut found);
            found
        }
        Keyword::Word(Word::Name) => one(Found::Text(segment.node.name.clone())),
        Keyword::Word(Word::Type) => text(segment.node.kind.as_deref()),
        Keyword::Word(Word::AccountId) => text(segment.node.account_id.as_deref()),
        Keyword::Word(Word::Inferred) => one(Found::Bool(segment.tree.is_inferred)),
        Keyword::Word(Word::Root) => one(Found::Bool(trace.root == Some(place))),
        Keyword::Word(Word::AvailabilityZone) => text(segment.aws("ec2", "availability_zone")),
        Keyword::Word(Word::InstanceId) => text(segment.aws("ec2", "instance_id")),
        Keyword::Word(Word::Message) => {
            let mut found = Values::new();
            walk(entity, &mut |entity| {
                found.extend(exceptions(entity).iter().filter_map(|exception| Some(Found::Text(exception.message?.to_owned()))));
            });
            found
        }
        Keyword::Word(word) => of_entity(entity, *word),
    }
}

/// A keyword of one call.
fn of_call(trace: &Trace<'_>, entity: &Entity<'_>, keyword: &Keyword) -> Values {
    match keyword {
        Keyword::Annotation(key) => {
            let mut found = Values::new();
            annotations(entity, key, &mut found);
            found
        }
        Keyword::Word(Word::Name) => one(Found::Text(entity.name.to_owned())),
        Keyword::Word(Word::Message) => text(exceptions(entity).first().and_then(|exception| exception.message)),
        Keyword::Word(Word::Root) => one(Found::Bool(trace.root().is_some_and(|root| root.entity.id == entity.id))),
        Keyword::Word(word) => of_entity(entity, *word),
    }
}

fn of_entity(entity: &Entity<'_>, word: Word) -> Values {
    let http = entity.http.unwrap_or_default();
    let is_ok = !entity.is_fault && !entity.is_error && !entity.is_throttle && entity.is_complete();
    match word {
        Word::Ok => one(Found::Bool(is_ok)),
        Word::Error => one(Found::Bool(entity.is_error || entity.is_throttle)),
        Word::Fault => one(Found::Bool(entity.is_fault)),
        Word::Throttle => one(Found::Bool(entity.is_throttle)),
        Word::Partial => one(Found::Bool(!entity.is_complete())),
        Word::ResponseTime | Word::Duration => duration_s(entity).map(Found::Number).into_iter().collect(),
        Word::HttpStatus => http.status.map(|status| Found::Number(status as f64)).into_iter().collect(),
        Word::HttpUrl => text(http.url),
        Word::HttpMethod => http.method.map(|method| Found::Text(method.to_uppercase())).into_iter().collect(),
        Word::HttpUserAgent => text(http.user_agent),
        Word::HttpClientIp => text(http.client_ip),
        Word::User => text(entity.user),
        Word::ResourceArn => text(entity.resource_arn),
        Word::Type => text(entity.origin),
        Word::Inferred => one(Found::Bool(false)),
        _ => Values::new(),
    }
}

fn annotations(entity: &Entity<'_>, key: &str, found: &mut Values) {
    walk(entity, &mut |entity| {
        // OpenTelemetry's names have dots where X-Ray's had to have underscores.
        let is_it = |name: &str| name == key || (name.contains('.') && key.contains('_') && name.replace('.', "_") == key);
        let own = entity.annotations.iter().filter(|(name, _)| is_it(name));
        found.extend(own.filter_map(|(_, value)| match value {
            Json::Bool(truth) => Some(Found::Bool(*truth)),
            Json::Number(text) => text.parse().ok().map(Found::Number),
            Json::Str(text) => Some(Found::Text(text.to_string())),
            _ => None,
        }));
    });
}

fn one(found: Found) -> Values {
    vec![found]
}

fn text(text: Option<&str>) -> Values {
    text.map(|text| Found::Text(text.to_owned())).into_iter().collect()
}

/// Of several values one has to be so; but for `!=`, where none may be equal.
fn compare(values: &[Found], with: Option<&(Op, Value)>) -> bool {
    let Some((op, value)) = with else {
        return values.iter().any(|found| !matches!(found, Found::Bool(false)));
    };
    match op {
        Op::NotEqual => !values.is_empty() && !values.iter().any(|found| is_so(found, Op::Equal, value)),
        op => values.iter().any(|found| is_so(found, *op, value)),
    }
}

fn is_so(found: &Found, op: Op, value: &Value) -> bool {
    match (found, value) {
        (Found::Bool(found), Value::Bool(value)) => op == Op::Equal && found == value,
        (Found::Number(found), Value::Number(value)) => is_number_so(*found, op, *value),
        // People write ids in quotes, whatever they were sent as.
        (Found::Number(found), Value::Text(text)) => text.trim().parse().is_ok_and(|value| is_number_so(*found, op, value)),
        (Found::Text(found), Value::Text(value)) => is_text_so(found, op, value),
        (Found::Text(found), Value::Number(value)) => is_text_so(found, op, &value.to_string()),
        (Found::Text(found), Value::Bool(value)) => is_text_so(found, op, &value.to_string()),
        _ => false,
    }
}

fn is_number_so(found: f64, op: Op, value: f64) -> bool {
    match op {
        Op::Equal => found == value,
        Op::NotEqual => found != value,
        Op::Less => found < value,
        Op::AtMost => found <= value,
        Op::Greater => found > value,
        Op::AtLeast => found >= value,
        Op::Contains | Op::BeginsWith | Op::EndsWith => is_text_so(&found.to_string(), op, &value.to_string()),
    }
}

fn is_text_so(found: &str, op: Op, value: &str) -> bool {
    match op {
        Op::Equal => found == value,
        Op::NotEqual => found != value,
        Op::Contains => found.contains(value),
        Op::BeginsWith => found.starts_with(value),
        Op::EndsWith => found.ends_with(value),
        Op::Less | Op::AtMost | Op::Greater | Op::AtLeast => false,
    }
}

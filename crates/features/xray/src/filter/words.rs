//! The words that a comparison may begin with.

/// Where a word means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Of a whole trace.
    Trace,
    /// Within the block of a service or an edge: of one segment or call.
    Segment,
    /// Within the block of a root cause's services.
    CauseService,
    /// Of its entities.
    CauseEntity,
    /// Of its exceptions.
    CauseException,
}

macro_rules! words {
    ($($(#[$doc:meta])* $word:ident $text:literal in $($place:ident)+;)+) => {
        /// One of X-Ray's keywords.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word { $($(#[$doc])* $word,)+ }

        impl Word {
            const ALL: &'static [(Word, &'static str, &'static [Place])] = &[$((Word::$word, $text, &[$(Place::$place),+]),)+];
        }
    };
}

words! {
    /// None of fault, error and throttle, and complete.
    Ok "ok" in Trace Segment;
    /// The request was wrong.
    Error "error" in Trace Segment;
    /// The server failed.
    Fault "fault" in Trace Segment;
    /// There were too many requests.
    Throttle "throttle" in Trace Segment;
    /// Something is missing still.
    Partial "partial" in Trace Segment;
    /// A node that sends no segments of its own.
    Inferred "inferred" in Trace Segment CauseService;
    /// Seconds until the answer.
    ResponseTime "responsetime" in Trace Segment;
    /// Seconds until everything was done.
    Duration "duration" in Trace Segment;
    /// The status of the answer.
    HttpStatus "http.status" in Trace Segment;
    /// The request's URL.
    HttpUrl "http.url" in Trace Segment;
    /// The request's method.
    HttpMethod "http.method" in Trace Segment;
    /// The client's user agent.
    HttpUserAgent "http.useragent" in Trace Segment;
    /// The client's address.
    HttpClientIp "http.clientip" in Trace Segment;
    /// The user.
    User "user" in Trace Segment;
    /// A name.
    Name "name" in Trace Segment CauseService CauseEntity CauseException;
    /// A type.
    Type "type" in Trace Segment CauseService;
    /// An exception's message.
    Message "message" in Trace Segment CauseException;
    /// Where it runs.
    AvailabilityZone "availabilityzone" in Trace Segment;
    /// On what it runs.
    InstanceId "instance.id" in Trace Segment;
    /// The ARN of what it is.
    ResourceArn "resource.arn" in Trace Segment;
    /// The trace's id.
    Id "id" in Trace;
    /// The trace's id.
    TraceId "traceid" in Trace;
    /// Whether a segment is the trace's root.
    Root "root" in Segment;
    /// An account.
    AccountId "account.id" in Trace Segment CauseService;
    /// The place in a list, from 0.
    Index "index" in CauseService CauseEntity CauseException;
    /// The first of a list.
    First "first" in CauseService CauseEntity CauseException;
    /// The last of a list.
    Last "last" in CauseService CauseEntity CauseException;
    /// A call to elsewhere.
    Remote "remote" in CauseEntity;
    /// The share of the whole time.
    Coverage "coverage" in CauseEntity;
}

impl Word {
    /// The word of this text, in any case, where it means something.
    pub(crate) fn find(text: &str, place: Place) -> Option<Self> {
        let is_it = |(_, known, places): &&(Word, &str, &[Place])| known.eq_ignore_ascii_case(text) && places.contains(&place);
        Self::ALL.iter().find(is_it).map(|(word, _, _)| *word)
    }

    /// All that mean something at a place.
    pub(crate) fn all(place: Place) -> Vec<&'static str> {
        Self::ALL.iter().filter(|(_, _, places)| places.contains(&place)).map(|(_, text, _)| *text).collect()
    }

    /// The same, for messages.
    pub(crate) fn list(place: Place) -> String {
        Self::all(place).join(", ")
    }
}

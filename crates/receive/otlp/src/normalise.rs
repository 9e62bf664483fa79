//! OTLP items to rows.
//!
//! | sent | row |
//! |---|---|
//! | resource, scope attributes | on every row below them, under their own keys; what loses to another value stands as `resource.<key>`, `scope.<key>` |
//! | scope name, version | `library.name`, `library.version` |
//! | schema URLs | `resource.schema_url`, `scope.schema_url` |
//! | span event | a row, `meta.annotation_type = span_event`, parent = the span ([`traces`]) |
//! | link | a row, `meta.annotation_type = link`, at the span's start ([`traces`]) |
//! | span | a row, after those of its events and links ([`traces`]) |
//! | log record | a row; an annotation of its span where it names a trace ([`logs`]) |
//! | metric points | a row for all of equal attributes, start and time ([`metrics`]) |
//! | map | dotted keys, five levels, then JSON text; an empty map is JSON text |
//! | array, bytes | JSON text (bytes as a base64 string) |
//! | empty value | exists without a type |
//! | NaN | the text `NaN` without a type |
//!
//! Own attributes win over what is synthesized here, that over the scope's, and that over the resource's.

mod codes;
mod fields;
mod json_text;
mod ledger;
mod logs;
mod metrics;
mod time;
mod traces;
mod weight;

use crate::decode::{DecodeContext, Decoded, Signal3, Warning};
use codes::Codes;
use fields::{Fields, List};
use glasshive_model::id::dataset_slug;
use glasshive_model::limits::ROWS_PER_REQUEST;
use glasshive_model::rows::Level;
use glasshive_model::{Cell, SystemRow};
use glasshive_wire_otlp::{LogRecord, Metrics, Notes, Resource, Scope, Span, Visitor, WireError, push_json_string};
use ledger::Ledger;
use metrics::series::Series;

/// Builds the rows of one request while its body is walked.
pub(crate) struct Normaliser<'c> {
    signal: Signal3,
    context: &'c DecodeContext<'c>,
    fields: Fields,
    codes: Codes,
    ledger: Ledger,
    dataset: u32,
    /// Of metric points alone.
    series: Series,
    budget_bytes: usize,
}

const UNKNOWN_SERVICE: &str = "unknown_service";
const UNKNOWN_LOG_SOURCE: &str = "unknown_log_source";
/// Bytes of the longest dataset slug; a service with a longer name shares the dataset of all that begin alike.
const SLUG_BYTES: usize = 255;

/// Scope names that begin so belong to an instrumentation library (Honeycomb's list).
const INSTRUMENTATION_PREFIXES: [&str; 9] = [
    "io.opentelemetry",
    "opentelemetry.instrumentation",
    "OpenTelemetry.Instrumentation",
    "OpenTelemetry::Instrumentation",
    "go.opentelemetry.io/contrib/instrumentation",
    "@opentelemetry/instrumentation",
    "io.opentelemetry.contrib.php",
    "github.com/open-telemetry/opentelemetry-collector",
    "@honeycombio/",
];

/// Whether a scope of this name is an instrumentation library, which receivers say of its rows.
pub(crate) fn is_instrumentation(scope: &str) -> bool {
    INSTRUMENTATION_PREFIXES.iter().any(|prefix| scope.starts_with(prefix))
}

/// What rows may take per byte of body. Real requests take 1 to 4; bodies made of empty items would take 75.
const BYTES_PER_BODY_BYTE: usize = 16;
/// What they may take however small the body is.
const BYTES_ALWAYS: usize = 4 << 20;
/// What they may take however large the body is: text is addressed with 32 bits.
const BYTES_AT_MOST: usize = 3 << 30;

// === impl Normaliser ===

impl<'c> Normaliser<'c> {
    pub(crate) fn new(signal: Signal3, context: &'c DecodeContext<'c>, body_len: usize) -> Self {
        let mut fields = Fields::new(signal != Signal3::Metrics);
        let codes = Codes::new(&mut fields.rows);
        let budget_bytes = (BYTES_ALWAYS + body_len.saturating_mul(BYTES_PER_BODY_BYTE)).min(BYTES_AT_MOST);
        Self { signal, context, fields, codes, ledger: Ledger::default(), dataset: 0, series: Series::default(), budget_bytes }
    }

    /// The rows, and what is to be said about them.
    pub(crate) fn finish(self, notes: &Notes) -> Decoded {
        let (mut warnings, mut told) = (Vec::new(), Vec::new());
        for (warning, is_told) in self.ledger.warnings() {
            if is_told {
                told.push(warning.clone());
            }
            warnings.push(warning);
        }
        for (note, count) in notes.iter() {
            let warning = Warning { what: note.what(), count: count.into() };
            told.push(warning.clone());
            warnings.push(warning);
        }
        Decoded {
            accepted: self.ledger.accepted,
            rejected: self.ledger.rejected(),
            message: self.ledger.message(self.signal, &told),
            warnings,
            rows: self.fields.rows.finish(),
        }
    }

    fn header_dataset(&self) -> Option<&'c str> {
        self.context.dataset_header.map(str::trim).filter(|header| !header.is_empty())
    }

    /// The dataset of the resource whose attributes have just been opened.
    fn resource_dataset(&mut self) -> u32 {
        let header = self.header_dataset();
        let service = match self.fields.rows.inherited(self.codes.service_name) {
            Some(Cell::Str(text)) => Some(self.fields.rows.text_of(text).trim()),
            _ => None,
        };
        let service = service.filter(|name| !name.is_empty() && !name.starts_with(UNKNOWN_SERVICE));
        let name = match self.signal {
            Signal3::Traces => header.filter(|_| self.context.is_classic).or(service).unwrap_or(UNKNOWN_SERVICE),
            Signal3::Logs => service.or(header).unwrap_or(UNKNOWN_LOG_SOURCE),
            Signal3::Metrics => header.unwrap_or("unknown_metrics"),
        };
        let mut slug = dataset_slug(name);
        slug.truncate(SLUG_BYTES);
        self.fields.rows.dataset(&slug)
    }

    /// Begins a row, unless the request has grown out of proportion. Marks of its own were cleared before its name was read.
    fn start_row(&mut self, row: &SystemRow) -> Result<(), WireError> {
        if self.fields.rows.approximate_bytes() > self.budget_bytes || self.fields.rows.len() >= ROWS_PER_REQUEST {
            return Err(WireError::TooLarge { reason: self.too_large() });
        }
        self.fields.rows.start_row(row);
        Ok(())
    }

    #[cold]
    fn too_large(&self) -> String {
        format!(
            "the request decodes to more than {} bytes of rows, or more than {ROWS_PER_REQUEST} rows; send it in parts",
            self.budget_bytes
        )
    }

    /// Sets the marks of the row being built and ends it.
    fn finish_row(&mut self, dropped_by_sender: u32) {
        let fields = &mut self.fields;
        let levels = [&fields.resource, &fields.scope, &fields.own];
        let dropped = fields.own.dropped + u64::from(dropped_by_sender);
        if dropped > 0 {
            fields.rows.set_default(self.codes.meta_dropped_attributes, Cell::Int(dropped as i64));
        }
        if levels.iter().any(|marks| marks.is_repaired) {
            fields.rows.set_default(self.codes.meta_invalid_utf8, Cell::Bool(true));
        }
        if levels.iter().any(|marks| !marks.truncated.is_empty()) {
            let json = json_array(levels.iter().flat_map(|marks| &marks.truncated));
            let text = fields.rows.text(&json);
            fields.rows.set_default(self.codes.meta_truncated, Cell::Json(text));
        }
        fields.rows.finish_row();
    }

    /// Opens text of a level under a synthesized key, if there is any.
    fn open_text(&mut self, list: List, level: Level, key: (&str, glasshive_model::KeyCode), text: glasshive_wire_otlp::Text<'_>) {
        if !text.is_empty() {
            let text = self.fields.text(list, key.0, text);
            self.fields.rows.open(level, key.1, Cell::Str(text));
        }
    }
}

fn json_array<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut json = String::from("[");
    for name in names {
        if json.len() > 1 {
            json.push(',');
        }
        push_json_string(&mut json, name);
    }
    json.push(']');
    json
}

impl Visitor for Normaliser<'_> {
    fn resource(&mut self, resource: &Resource<'_>) -> Result<(), WireError> {
        self.fields.resource.clear();
        self.fields.scope.clear();
        self.fields.own.clear();
        self.fields.attributes(List::Resource, resource.attributes, &mut self.ledger)?;
        self.dataset = self.resource_dataset();
        if self.signal == Signal3::Metrics {
            self.series.resource(resource)?;
        }
        let url = (glasshive_model::names::RESOURCE_SCHEMA_URL, self.codes.resource_schema_url);
        self.open_text(List::Resource, Level::Resource, url, resource.schema_url);
        let dropped = self.fields.resource.dropped + u64::from(resource.dropped_attributes);
        if dropped > 0 {
            self.fields.rows.open(Level::Resource, self.codes.resource_dropped_attributes, Cell::Int(dropped as i64));
        }
        Ok(())
    }

    fn scope(&mut self, scope: &Scope<'_>) -> Result<(), WireError> {
        use glasshive_model::names::{LIBRARY_NAME, LIBRARY_VERSION, SCOPE_SCHEMA_URL};
        self.fields.scope.clear();
        self.fields.own.clear();
        self.fields.attributes(List::Scope, scope.attributes, &mut self.ledger)?;
        self.open_text(List::Scope, Level::Scope, (LIBRARY_NAME, self.codes.library_name), scope.name);
        self.open_text(List::Scope, Level::Scope, (LIBRARY_VERSION, self.codes.library_version), scope.version);
        self.open_text(List::Scope, Level::Scope, (SCOPE_SCHEMA_URL, self.codes.scope_schema_url), scope.schema_url);
        if self.signal == Signal3::Metrics {
            self.series.scope(scope)?;
        }
        let mut scratch = String::new();
        let name = scope.name.read(&mut scratch).text;
        if is_instrumentation(name) {
            self.fields.rows.open(Level::Scope, self.codes.instrumentation_library, Cell::Bool(true));
        }
        let dropped = self.fields.scope.dropped + u64::from(scope.dropped_attributes);
        if dropped > 0 {
            self.fields.rows.open(Level::Scope, self.codes.scope_dropped_attributes, Cell::Int(dropped as i64));
        }
        Ok(())
    }

    fn span(&mut self, span: &Span<'_>) -> Result<(), WireError> {
        self.normalise_span(span)
    }

    fn log_record(&mut self, record: &LogRecord<'_>) -> Result<(), WireError> {
        self.normalise_log_record(record)
    }

    fn metrics(&mut self, metrics: Metrics<'_>) -> Result<(), WireError> {
        self.normalise_metrics(metrics)
    }

    fn end_scope(&mut self) {
        self.fields.rows.close(Level::Scope);
    }

    fn end_resource(&mut self) {
        self.fields.rows.close(Level::Resource);
    }
}

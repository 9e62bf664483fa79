//! One row: the attributes that its points share, and the fields of each.

use super::NAME_BYTES;
use super::descriptor;
use super::distribution::{Distribution, PERCENTILES};
use super::histogram::{self, Scaled};
use super::place::Placed;
use super::quantile::push_quantile;
use crate::normalise::Normaliser;
use crate::normalise::fields::{Fields, List};
use crate::normalise::json_text::JsonText;
use crate::normalise::ledger::{Ledger, Repair};
use crate::normalise::time::Believed;
use glasshive_model::limits::{FIELDS_PER_EVENT, KEY_OVERFLOW_BYTES, LONG_STRING_BYTES, STRING_BYTES};
use glasshive_model::{Annotation, Cell, KeyCode, Signal, Source, SystemRow, Text};
use glasshive_wire_otlp::metric::{Exponential, Histogram, Metric, NO_RECORDED_VALUE, Number, Point, PointValue, Summary};
use glasshive_wire_otlp::{Notes, WireError, push_json_string};
use std::collections::{HashMap, HashSet};

/// The names of a metric's fields, after its own.
const SUFFIXES: [&str; 8] = ["", ".count", ".sum", ".avg", ".min", ".max", ".histogram", ".exemplars"];
const VALUE: usize = 0;
const COUNT: usize = 1;
const SUM: usize = 2;
const AVG: usize = 3;
const MIN: usize = 4;
const MAX: usize = 5;
const HISTOGRAM: usize = 6;
const EXEMPLARS: usize = 7;
const FIRST_PERCENTILE: usize = SUFFIXES.len();
const FIELDS: usize = FIRST_PERCENTILE + PERCENTILES.len();
/// Quantiles that are kept of one point of a summary.
const QUANTILES: usize = 256;
/// Bytes of `meta.no_recorded_value` from which on another name might not fit: JSON may take six for one of its own.
const SILENT_FULL_BYTES: usize = STRING_BYTES - (6 * NAME_BYTES + 4);

/// What the rows of a scope have in common.
pub(super) struct RowWriter<'a, 'm> {
    metrics: &'m [Metric<'a>],
    /// By metric, once a row has it.
    names: Vec<Option<Box<FieldNames>>>,
    /// By metric, its part of `metric.descriptors`, once a row has it: rows of many different sets of metrics write each once.
    members: Vec<Option<Member>>,
    /// The text of `metric.descriptors` by the metrics in it.
    descriptors: HashMap<Vec<u32>, Descriptors>,
    /// The fields of metrics in the row at hand.
    written: HashSet<KeyCode>,
    /// The fields of the point at hand.
    cells: Vec<(KeyCode, Cell)>,
    /// The metrics of the row at hand.
    listed: Vec<u32>,
    /// `meta.no_recorded_value`, without brackets.
    silent: String,
    /// What was repaired in the point at hand.
    ledger: Ledger,
    distribution: Distribution,
    json: JsonText,
    text: String,
    name: String,
}

/// A metric's fields, as far as they were met.
struct FieldNames {
    name: String,
    is_repaired: bool,
    codes: [Option<KeyCode>; FIELDS],
}

struct Member {
    /// `None`: too long for a field.
    text: Option<Box<str>>,
    is_repaired: bool,
}

#[derive(Clone, Copy)]
struct Descriptors {
    /// `None`: too long for a field.
    text: Option<Text>,
    is_repaired: bool,
}

// === impl FieldNames ===

impl FieldNames {
    fn of(metric: &Metric<'_>) -> Self {
        let mut scratch = String::new();
        let read = metric.name.read(&mut scratch);
        Self { name: read.text.to_owned(), is_repaired: read.is_repaired, codes: [None; FIELDS] }
    }

    fn write(&self, field: usize, out: &mut String) {
        out.clear();
        out.push_str(&self.name);
        match SUFFIXES.get(field) {
            Some(suffix) => out.push_str(suffix),
            None => {
                out.push('.');
                out.push_str(PERCENTILES[field - FIRST_PERCENTILE].1);
            }
        }
    }
}

// === impl RowWriter ===

impl<'a, 'm> RowWriter<'a, 'm> {
    pub(super) fn new(metrics: &'m [Metric<'a>]) -> Self {
        Self {
            metrics,
            names: metrics.iter().map(|_| None).collect(),
            members: metrics.iter().map(|_| None).collect(),
            descriptors: HashMap::new(),
            written: HashSet::new(),
            cells: Vec::new(),
            listed: Vec::new(),
            silent: String::new(),
            ledger: Ledger::default(),
            distribution: Distribution::default(),
            json: JsonText::default(),
            text: String::new(),
            name: String::new(),
        }
    }

    fn names(&mut self, metric: usize) -> &mut FieldNames {
        self.names[metric].get_or_insert_with(|| Box::new(FieldNames::of(&self.metrics[metric])))
    }

    fn code(&mut self, fields: &mut Fields, metric: usize, field: usize) -> KeyCode {
        let names = self.names[metric].get_or_insert_with(|| Box::new(FieldNames::of(&self.metrics[metric])));
        if let Some(code) = names.codes[field] {
            return code;
        }
        names.write(field, &mut self.name);
        let code = fields.rows.key(&self.name);
        names.codes[field] = Some(code);
        code
    }

    fn put(&mut self, fields: &mut Fields, metric: usize, field: usize, cell: Cell) {
        let code = self.code(fields, metric, field);
        self.cells.push((code, cell));
    }

    fn put_double(&mut self, fields: &mut Fields, metric: usize, field: usize, value: Option<f64>) {
        if let Some(value) = value {
            self.put(fields, metric, field, Cell::Float(value));
        }
    }

    /// Gathers the fields of a point in `cells`.
    fn gather(&mut self, fields: &mut Fields, metric: usize, point: &Point<'_>) -> Result<(), WireError> {
        self.cells.clear();
        self.ledger.clear_repairs();
        if point.flags & NO_RECORDED_VALUE != 0 {
            if !self.silent.is_empty() {
                self.silent.push(',');
            }
            let names = self.names[metric].get_or_insert_with(|| Box::new(FieldNames::of(&self.metrics[metric])));
            push_json_string(&mut self.silent, &names.name);
            return Ok(());
        }
        match point.value {
            PointValue::Number(Number::Int(integer)) => self.put(fields, metric, VALUE, Cell::Int(integer)),
            PointValue::Number(Number::Double(double)) => self.put(fields, metric, VALUE, Cell::Float(double)),
            PointValue::Number(Number::None) => {}
            PointValue::Histogram(histogram) => self.histogram(fields, metric, &histogram)?,
            PointValue::Exponential(histogram) => self.exponential(fields, metric, &histogram)?,
            PointValue::Summary(summary) => self.summary(fields, metric, &summary)?,
        }
        self.exemplars(fields, metric, point)
    }

    fn totals(&mut self, fields: &mut Fields, metric: usize, count: u64, sum: Option<f64>) {
        self.put(fields, metric, COUNT, whole(count));
        self.put_double(fields, metric, SUM, sum);
        let avg = sum.filter(|_| count > 0).map(|sum| sum / count as f64);
        self.put_double(fields, metric, AVG, avg);
    }

    fn histogram(&mut self, fields: &mut Fields, metric: usize, histogram: &Histogram<'_>) -> Result<(), WireError> {
        self.totals(fields, metric, histogram.count, histogram.sum);
        self.put_double(fields, metric, MIN, histogram.min);
        self.put_double(fields, metric, MAX, histogram.max);
        histogram::distribute(histogram, &mut self.distribution)?;
        self.percentiles(fields, metric);
        let fits = histogram::json(histogram, &mut self.text)?;
        self.buckets(fields, metric, fits);
        Ok(())
    }

    fn exponential(&mut self, fields: &mut Fields, metric: usize, histogram: &Exponential<'_>) -> Result<(), WireError> {
        self.totals(fields, metric, histogram.count, histogram.sum);
        self.put_double(fields, metric, MIN, histogram.min);
        self.put_double(fields, metric, MAX, histogram.max);
        let scaled = Scaled::of(histogram)?;
        if scaled.is_downscaled {
            self.ledger.repair(Repair::Downscaled);
        }
        histogram::distribute_exponential(histogram, &scaled, &mut self.distribution);
        self.percentiles(fields, metric);
        let fits = histogram::json_exponential(histogram, &scaled, &mut self.text);
        self.buckets(fields, metric, fits);
        Ok(())
    }

    fn percentiles(&mut self, fields: &mut Fields, metric: usize) {
        for (index, value) in self.distribution.percentiles().into_iter().flatten().enumerate() {
            self.put(fields, metric, FIRST_PERCENTILE + index, Cell::Float(value));
        }
    }

    /// The text of the buckets, or a mark that it did not fit.
    fn buckets(&mut self, fields: &mut Fields, metric: usize, fits: Option<()>) {
        match fits {
            Some(()) => {
                let text = fields.rows.text(&self.text);
                self.put(fields, metric, HISTOGRAM, Cell::Json(text));
            }
            None => self.mark_cut(fields, metric, HISTOGRAM),
        }
    }

    fn mark_cut(&mut self, fields: &mut Fields, metric: usize, field: usize) {
        let mut name = String::new();
        self.names(metric).write(field, &mut name);
        fields.own.truncated.push(name);
    }

    fn summary(&mut self, fields: &mut Fields, metric: usize, summary: &Summary<'_>) -> Result<(), WireError> {
        self.totals(fields, metric, summary.count, Some(summary.sum));
        for quantile in summary.quantiles.iter() {
            let quantile = quantile?;
            if self.cells.len() >= QUANTILES {
                self.ledger.repair(Repair::TooManyQuantiles);
                fields.own.dropped += 1;
                continue;
            }
            let mut name = std::mem::take(&mut self.name);
            name.clear();
            name.push_str(&self.names(metric).name);
            self.name = name;
            if !push_quantile(quantile.quantile, &mut self.name) {
                self.ledger.repair(Repair::QuantileOutOfRange);
                continue;
            }
            if self.name.len() > KEY_OVERFLOW_BYTES {
                self.ledger.repair(Repair::LongQuantile);
                fields.own.dropped += 1;
                continue;
            }
            let code = fields.rows.key(&self.name);
            match self.cells.iter_mut().find(|(known, _)| *known == code) {
                Some((_, cell)) => *cell = Cell::Float(quantile.value),
                None => self.cells.push((code, Cell::Float(quantile.value))),
            }
        }
        Ok(())
    }

    fn exemplars(&mut self, fields: &mut Fields, metric: usize, point: &Point<'_>) -> Result<(), WireError> {
        if point.exemplars.iter().next().is_none() {
            return Ok(());
        }
        let written = descriptor::exemplars(point.exemplars, &mut self.json, &mut self.text)?;
        (0..written.wrong_ids).for_each(|_| self.ledger.repair(Repair::ExemplarIdWrong));
        fields.own.is_repaired |= written.is_repaired;
        if written.is_cut {
            self.mark_cut(fields, metric, EXEMPLARS);
        }
        if written.exemplars > 0 {
            let text = fields.rows.text(&self.text);
            self.put(fields, metric, EXEMPLARS, Cell::Json(text));
        }
        Ok(())
    }

    /// Whether another metric of this row has one of the fields.
    fn collides(&self) -> bool {
        self.cells.iter().any(|(code, _)| self.written.contains(code))
    }

    /// Sets the gathered fields. Where an attribute has a field's name, the field is kept as `metric.<field>`. Attributes may leave
    /// no room for a summary's many quantiles; the first fields of a metric always have it.
    fn set(&mut self, fields: &mut Fields) {
        for index in 0..self.cells.len() {
            let (mut code, cell) = self.cells[index];
            if index >= FIELDS && fields_so_far(fields) >= FIELDS_PER_EVENT {
                fields.own.dropped += 1;
                continue;
            }
            if fields.rows.is_set(code) {
                self.name.clear();
                self.name.push_str(fields.rows.key_text(code));
            }
            while fields.rows.is_set(code) && self.name.len() + "metric.".len() <= KEY_OVERFLOW_BYTES {
                self.name.insert_str(0, "metric.");
                code = fields.rows.key(&self.name);
            }
            if fields.rows.is_set(code) {
                fields.own.dropped += 1;
                continue;
            }
            fields.own.fields += 1;
            fields.rows.set(code, cell);
            self.written.insert(code);
        }
    }

    /// Writes a metric's part of `metric.descriptors`, unless it is known.
    fn describe(&mut self, metric: usize) -> Result<(), WireError> {
        if self.members[metric].is_none() {
            self.text.clear();
            let is_repaired = descriptor::descriptor(&self.metrics[metric], &mut self.json, &mut self.text)?;
            let text = (self.text.len() <= LONG_STRING_BYTES).then(|| self.text.as_str().into());
            self.members[metric] = Some(Member { text, is_repaired });
        }
        Ok(())
    }

    /// The text of `metric.descriptors` for the metrics listed. Only a text that fits is put together, and counts as one of the
    /// request's rows, which are limited; that one does not fit is seen from lengths.
    fn descriptors(&mut self, fields: &mut Fields) -> Result<Descriptors, WireError> {
        if let Some(known) = self.descriptors.get(&self.listed) {
            return Ok(*known);
        }
        for index in 0..self.listed.len() {
            self.describe(self.listed[index] as usize)?;
        }
        let (listed, known) = (&self.listed, &self.members);
        let members = move || listed.iter().filter_map(move |metric| known[*metric as usize].as_ref());
        let bytes = members().try_fold(1, |bytes, member| Some(bytes + member.text.as_ref()?.len() + 1));
        let is_repaired = members().any(|member| member.is_repaired);
        self.text.clear();
        let text = bytes.is_some_and(|bytes| bytes <= LONG_STRING_BYTES).then(|| {
            for member in members().filter_map(|member| member.text.as_deref()) {
                self.text.push(if self.text.is_empty() { '{' } else { ',' });
                self.text.push_str(member);
            }
            self.text.push('}');
            fields.rows.text(&self.text)
        });
        let descriptors = Descriptors { text, is_repaired };
        self.descriptors.insert(self.listed.clone(), descriptors);
        Ok(descriptors)
    }
}

impl Normaliser<'_> {
    /// Writes rows of these points, which have attributes and times in common; those whose fields other metrics have in their
    /// row are left for `later`, which never are all.
    pub(super) fn write_rows<'a>(
        &mut self,
        writer: &mut RowWriter<'_, '_>,
        mut points: &[Placed<'a>],
        later: &mut Vec<Placed<'a>>,
    ) -> Result<(), WireError> {
        while !points.is_empty() {
            let used = self.write_row(writer, points, later)?;
            points = &points[used..];
        }
        Ok(())
    }

    /// Writes one row; returns how many of the points it was made of, or had to leave.
    fn write_row<'a>(
        &mut self,
        writer: &mut RowWriter<'_, '_>,
        points: &[Placed<'a>],
        later: &mut Vec<Placed<'a>>,
    ) -> Result<usize, WireError> {
        let quiet = Notes::default();
        let first = points[0].raw.read(&quiet)?;
        let Ok(time) = self.point_time(&first) else { return Ok(points.len()) };
        self.begin_point_row(&first, time)?;
        writer.written.clear();
        writer.listed.clear();
        writer.silent.clear();
        let mut used = 0;
        for placed in points {
            let fields = &mut self.fields;
            let is_full = fields_so_far(fields) + FIELDS > FIELDS_PER_EVENT;
            if used > 0 && (is_full || writer.silent.len() > SILENT_FULL_BYTES) {
                break;
            }
            used += 1;
            let point = placed.raw.read(&quiet)?;
            let (truncated, dropped, is_repaired) = (fields.own.truncated.len(), fields.own.dropped, fields.own.is_repaired);
            writer.gather(fields, placed.metric as usize, &point)?;
            let is_too_much = !writer.listed.is_empty() && fields_so_far(fields) + writer.cells.len() > FIELDS_PER_EVENT;
            if is_too_much || writer.collides() {
                fields.own.truncated.truncate(truncated);
                (fields.own.dropped, fields.own.is_repaired) = (dropped, is_repaired);
                later.push(*placed);
                continue;
            }
            self.ledger.take_repairs(&mut writer.ledger);
            writer.set(fields);
            writer.listed.push(placed.metric);
            fields.own.is_repaired |= writer.names(placed.metric as usize).is_repaired;
            self.ledger.accepted += 1;
        }
        self.finish_point_row(writer)?;
        Ok(used)
    }

    fn begin_point_row(&mut self, point: &Point<'_>, time: Believed) -> Result<(), WireError> {
        self.fields.own.clear();
        self.start_row(&SystemRow {
            time_ns: time.ns,
            duration_ns: None,
            trace_id: None,
            span_id: None,
            parent_id: None,
            dataset: self.dataset,
            signal: Signal::Metric,
            source: Source::Otlp,
            annotation: Annotation::None,
            name: None,
            kind: None,
            status: None,
            sample_rate: 1.0,
        })?;
        self.fields.attributes(List::Annotation, point.attributes, &mut self.ledger)?;
        let series = self.series.of(point.attributes)?;
        let (codes, fields) = (&self.codes, &mut self.fields);
        let series = fields.hex(&series.to_be_bytes());
        fields.set_default(codes.metric_series, Cell::Str(series));
        if point.start_ns > 0 {
            let start = i64::try_from(point.start_ns).unwrap_or(i64::MAX);
            fields.set_default(codes.metric_start_time_ns, Cell::Int(start));
        }
        if time.is_future {
            fields.rows.set_default(codes.meta_future, Cell::Bool(true));
        }
        Ok(())
    }

    fn finish_point_row(&mut self, writer: &mut RowWriter<'_, '_>) -> Result<(), WireError> {
        let fields = &mut self.fields;
        let descriptors = writer.descriptors(fields)?;
        fields.own.is_repaired |= descriptors.is_repaired;
        match descriptors.text {
            Some(text) => fields.set_default(self.codes.metric_descriptors, Cell::Json(text)),
            None => fields.own.truncated.push(glasshive_model::names::METRIC_DESCRIPTORS.to_owned()),
        }
        if !writer.silent.is_empty() {
            let text = fields.rows.text(&format!("[{}]", writer.silent));
            fields.set_default(self.codes.meta_no_recorded_value, Cell::Json(text));
        }
        self.finish_row(0);
        Ok(())
    }
}

/// Fields of the row at hand, on all levels.
fn fields_so_far(fields: &Fields) -> usize {
    fields.resource.fields + fields.scope.fields + fields.own.fields
}

/// A count as an integer; what does not fit 63 bits as a double.
fn whole(count: u64) -> Cell {
    i64::try_from(count).map_or(Cell::Float(count as f64), Cell::Int)
}

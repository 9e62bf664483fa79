//! A trace as a waterfall: the tree on the left, then the service, a bar for each span's place in time, and its duration.

mod bar;
mod tree;

use super::escape::{escape, fit, pad, width};
use super::number;
use super::palette::{Ink, Palette};
use std::fmt::Write as _;

/// One line of the tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Levels below the top.
    pub depth: usize,
    /// The span's name.
    pub name: String,
    /// Its service; empty when it has none.
    pub service: String,
    /// Place of the service among those of the trace, which gives it its colour.
    pub service_index: usize,
    /// From the trace's start, ns.
    pub offset_ns: i64,
    /// `None` while unfinished, and for spans that never came.
    pub duration_ns: Option<i64>,
    /// Marked as an error.
    pub is_error: bool,
    /// What is odd about it, in words; empty when nothing is.
    pub remark: String,
    /// What happened within it.
    pub notes: Vec<Note>,
}

/// Something that happened at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Note {
    /// From the trace's start, ns.
    pub offset_ns: i64,
    /// What sort, in a word.
    pub kind: String,
    /// In words.
    pub text: String,
    /// Marked as an error.
    pub is_error: bool,
}

/// Columns of the duration.
const DURATION: usize = 9;
/// Levels of the tree that are drawn: one for so many columns of the screen, and at most so many.
const LEVEL_SHARE: usize = 12;
const LEVELS_MAX: usize = 16;
/// Below this there is no room for services.
const SERVICE_FROM: usize = 60;

/// How the columns of the screen are shared out.
struct Layout {
    name: usize,
    /// 0 where there is no room.
    service: usize,
    bar: usize,
    palette: Palette,
}

/// The lines, for a trace that lasts `total_ns`, in `columns` columns. Texts are escaped here.
pub fn render(lines: &[Line], total_ns: i64, columns: usize, palette: Palette) -> String {
    let guides = tree::guides(lines, (columns / LEVEL_SHARE).clamp(2, LEVELS_MAX));
    let layout = Layout::new(lines, &guides, columns, palette);
    let mut out = layout.head(total_ns);
    for (line, guide) in lines.iter().zip(&guides) {
        out.push_str(&layout.span(line, guide, total_ns));
        if !line.remark.is_empty() {
            let _ = writeln!(out, "{}", palette.paint(Ink::Faint, &fit(&format!("{}({})", guide.below(), line.remark), columns)));
        }
        for note in &line.notes {
            out.push_str(&layout.note(note, &guide.below()));
        }
    }
    out
}

/// What happened outside all spans.
pub fn loose(notes: &[Note], columns: usize, palette: Palette) -> String {
    let layout = Layout { name: columns.saturating_sub(DURATION + 2), service: 0, bar: 0, palette };
    notes.iter().map(|note| layout.note(note, "")).collect()
}

impl Layout {
    fn new(lines: &[Line], guides: &[tree::Guide], columns: usize, palette: Palette) -> Self {
        let services = lines.iter().map(|line| width(&escape(&line.service))).max().unwrap_or(0);
        let service = if columns < SERVICE_FROM || services == 0 { 0 } else { services.clamp("service".len(), columns / 6) };
        let service_gap = if service == 0 { 0 } else { 2 };
        let names = lines.iter().zip(guides).map(|(line, guide)| width(&name(line, guide))).max().unwrap_or(0);
        let room = columns.saturating_sub(service + service_gap + DURATION + 4);
        let name = names.clamp("span".len(), (room * 11 / 20).max(12));
        Self { name, service, bar: room.saturating_sub(name).max(4), palette }
    }

    fn columns(&self) -> usize {
        self.name + if self.service == 0 { 0 } else { self.service + 2 } + if self.bar == 0 { 0 } else { self.bar + 2 }
    }

    fn head(&self, total_ns: i64) -> String {
        let mut out = pad("span", self.name);
        if self.service > 0 {
            let _ = write!(out, "  {}", pad("service", self.service));
        }
        let _ = write!(out, "  {}  {:>DURATION$}", bar::ruler(total_ns, self.bar), "duration");
        format!("{}\n", self.palette.paint(Ink::Faint, &out))
    }

    fn span(&self, line: &Line, guide: &tree::Guide, total_ns: i64) -> String {
        let paint = |ink: Ink, text: &str| self.palette.paint(ink, text);
        let own = Ink::Group(line.service_index);
        let name = pad(&name(line, guide), self.name);
        let mut out = paint(if line.is_error { Ink::Error } else { Ink::Plain }, &name);
        if self.service > 0 {
            let _ = write!(out, "  {}", paint(own, &pad(&escape(&line.service), self.service)));
        }
        let duration = line.duration_ns.map_or_else(|| "-".to_owned(), number::duration_ns);
        let bar = pad(&bar::bar(line.offset_ns, line.duration_ns, total_ns, self.bar), self.bar);
        let _ = writeln!(out, "  {}  {duration:>DURATION$}", paint(if line.is_error { Ink::Error } else { own }, &bar));
        out
    }

    /// The text takes the columns of name, service and bar; its time stands below the durations.
    fn note(&self, note: &Note, before: &str) -> String {
        let mark = if note.is_error { '!' } else { '·' };
        let kind = escape(&note.kind);
        let text = format!("{before}{mark} {kind}{}{}", if kind.is_empty() { "" } else { " " }, escape(&note.text));
        let ink = if note.is_error { Ink::Error } else { Ink::Faint };
        let sign = if note.offset_ns < 0 { "" } else { "+" };
        let offset = format!("{sign}{}", number::duration_ns(note.offset_ns));
        let line = format!("{}  {offset:>DURATION$}", pad(&text, self.columns()));
        format!("{}\n", self.palette.paint(ink, &line))
    }
}

fn name(line: &Line, guide: &tree::Guide) -> String {
    format!("{}{}{}", guide.before, if line.is_error { "! " } else { "" }, escape(&line.name))
}

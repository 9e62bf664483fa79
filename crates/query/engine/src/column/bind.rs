//! A resolved name in one chunk or file: which of its stored columns are there.

use super::{Formula, Member, Operand, Resolved, column_ref};
use glasshive_model::{ColumnRef, ColumnType, SystemColumn};
use glasshive_query_plan::Level;
use glasshive_query_plan::alias::When;
use glasshive_query_plan::expression::Expression;
use glasshive_query_plan::shown::Shown;
use glasshive_store::Chunk;
use glasshive_store::catalog::{ColumnRow, FileRow};
use std::sync::Arc;

/// The stored columns that a scan reads of one source, each once. A slot is an index into them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reads {
    columns: Vec<ColumnRef>,
}

/// A resolved name in one source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Binding {
    /// Members of which the source has something, in order of precedence.
    pub members: Vec<BoundMember>,
    /// `span.kind`, where a member asks for it.
    pub kind: Option<Box<Binding>>,
    /// What is calculated instead.
    pub formula: Option<Box<BoundFormula>>,
}

/// A calculated field in one source.
#[derive(Debug, Clone)]
pub(crate) struct BoundFormula {
    pub expression: Arc<Expression>,
    pub inputs: Vec<BoundOperand>,
}

/// What a calculated field reads in one source.
#[derive(Debug, Clone)]
pub(crate) enum BoundOperand {
    Column(Binding),
    /// Slot of the event times.
    EventTime(usize),
    IngestTime(Binding),
}

/// One name in one source.
#[derive(Debug, Clone)]
pub(crate) struct BoundMember {
    pub when: When,
    /// Where its value must have come from, if that matters.
    pub level: Option<BoundLevel>,
    /// In order of precedence: a row's value is that of the first piece that has one, sent empty or not.
    pub pieces: Vec<Piece>,
}

/// Where values of a key must have come from, in one source.
#[derive(Debug, Clone)]
pub(crate) struct BoundLevel {
    pub level: Level,
    pub key: String,
    /// Slots of [`Level::lists`].
    pub slots: Vec<usize>,
}

/// One stored place of values.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Attribute { column_type: ColumnType, slot: usize },
    Overflow { key: String, slot: usize },
    System { shown: Shown, slots: Vec<usize> },
}

/// What a chunk or file says about its columns.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Chunk(&'a Chunk),
    File(&'a FileRow),
}

// === impl Reads ===

impl Reads {
    /// The slot of a column, read from now on.
    pub(crate) fn slot(&mut self, column: ColumnRef) -> usize {
        let found = self.columns.iter().position(|known| *known == column);
        found.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    pub(crate) fn system(&mut self, column: SystemColumn) -> usize {
        self.slot(ColumnRef::System(column))
    }

    pub(crate) fn columns(&self) -> &[ColumnRef] {
        &self.columns
    }
}

// === impl Source ===

impl Source<'_> {
    pub(crate) fn has_column(self, column: &ColumnRow) -> bool {
        match self {
            Source::Chunk(chunk) => {
                chunk.attributes().iter().any(|attribute| attribute.column_type == column.column_type && attribute.key == column.key)
            }
            Source::File(file) => file.columns.binary_search(&column.id).is_ok(),
        }
    }

    /// Whether `_overflow` holds a value of the key.
    pub(crate) fn has_overflow(self, key: &str) -> bool {
        match self {
            Source::Chunk(chunk) => chunk.overflow_keys().contains(key),
            Source::File(file) => file.overflow_keys.binary_search_by(|known| known.as_str().cmp(key)).is_ok(),
        }
    }
}

// === impl Binding ===

impl Binding {
    /// Finds a resolved name's columns in a source and adds them to what is read of it.
    pub(crate) fn new(resolved: &Resolved, source: Source<'_>, reads: &mut Reads) -> Self {
        let bound = resolved.members.iter().map(|member| BoundMember::new(member, source, reads));
        let members: Vec<BoundMember> = bound.filter(|member| !member.pieces.is_empty()).collect();
        let asks_kind = members.iter().any(|member| member.when != When::Always);
        let kind = resolved.kind.as_ref().filter(|_| asks_kind).map(|kind| Box::new(Self::new(kind, source, reads)));
        let formula = resolved.formula.as_ref().map(|formula| Box::new(BoundFormula::new(formula, source, reads)));
        Self { members, kind, formula }
    }

    /// Whether no row of the source has a value.
    pub(crate) fn is_absent(&self) -> bool {
        self.members.is_empty() && self.formula.is_none()
    }

    /// The one piece that all values come from, if it is so, and where they must have come from.
    pub(crate) fn only_piece(&self) -> Option<(&Piece, Option<&BoundLevel>)> {
        match self.members.as_slice() {
            [BoundMember { when: When::Always, level, pieces }] => match pieces.as_slice() {
                [piece] => Some((piece, level.as_ref())),
                _ => None,
            },
            _ => None,
        }
    }
}

impl BoundFormula {
    fn new(formula: &Formula, source: Source<'_>, reads: &mut Reads) -> Self {
        let bind = |operand: &Operand| match operand {
            Operand::Column(resolved) => BoundOperand::Column(Binding::new(resolved, source, reads)),
            Operand::EventTime => BoundOperand::EventTime(reads.system(SystemColumn::Time)),
            Operand::IngestTime(resolved) => BoundOperand::IngestTime(Binding::new(resolved, source, reads)),
        };
        Self { expression: formula.expression.clone(), inputs: formula.inputs.iter().map(bind).collect() }
    }
}

impl BoundMember {
    fn new(member: &Member, source: Source<'_>, reads: &mut Reads) -> Self {
        let mut pieces = Vec::new();
        for column in member.columns.iter().filter(|column| source.has_column(column)) {
            pieces.push(Piece::Attribute { column_type: column.column_type, slot: reads.slot(column_ref(column)) });
        }
        if member.reads_overflow && source.has_overflow(&member.name) {
            pieces.push(Piece::Overflow { key: member.name.clone(), slot: reads.system(SystemColumn::Overflow) });
        }
        if let Some(shown) = member.shown {
            let slots = shown.reads().iter().map(|column| reads.system(*column)).collect();
            pieces.push(Piece::System { shown, slots });
        }
        let of = |level: Level| BoundLevel {
            level,
            key: member.name.clone(),
            slots: level.lists().iter().map(|list| reads.system(*list)).collect(),
        };
        let level = member.level.filter(|_| !pieces.is_empty()).map(of);
        Self { when: member.when, level, pieces }
    }
}

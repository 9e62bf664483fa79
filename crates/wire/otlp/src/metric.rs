//! Metrics as borrowed views.

use crate::text::Text;

/// A metric and how many points were sent of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metric<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it means.
    pub description: Text<'a>,
    /// Its unit, in UCUM.
    pub unit: Text<'a>,
    /// How many points were sent, of whatever kind.
    pub points: u32,
}

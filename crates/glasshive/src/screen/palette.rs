//! Colours: few, of middle brightness, so that they can be read on dark and on light ground. No meaning hangs on a colour alone.

/// Which colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// None: pipes, `NO_COLOR`, terminals that know none.
    None,
    /// Those of a terminal that knows 256.
    Ansi,
}

/// What a text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// As the terminal writes.
    Plain,
    /// Heads of tables and graphs.
    Head,
    /// Axes, units, remarks.
    Faint,
    /// What went wrong.
    Error,
    /// One of several groups or services; colours come again after eight.
    Group(usize),
    /// A heatmap's cell, 0 for the least.
    Shade(usize),
}

/// Colours of groups in the 256-colour cube, told apart on black and on white.
const GROUPS: [u8; 8] = [32, 172, 35, 134, 37, 168, 106, 99];
/// From few to many: from blue to orange.
const SHADES: [u8; 4] = [67, 37, 107, 208];

impl Palette {
    /// `text`, which is escaped already, in its ink.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        if self == Palette::None || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Head => "1".to_owned(),
            Ink::Faint => "2".to_owned(),
            Ink::Error => "31".to_owned(),
            Ink::Group(index) => format!("38;5;{}", GROUPS[index % GROUPS.len()]),
            Ink::Shade(level) => format!("38;5;{}", SHADES[level.min(SHADES.len() - 1)]),
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

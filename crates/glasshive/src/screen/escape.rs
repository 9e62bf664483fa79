//! Text of strangers made harmless: control characters, escape sequences and characters that reorder or hide text are shown
//! as what they are instead of being obeyed.

use std::fmt::Write as _;

/// `text` with everything a terminal might obey written out: line ends and tabs as `\n`, `\r`, `\t`, other controls as
/// `\x1b` or `\u{202e}`. Backslashes stay as they are, so ordinary text is unchanged.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() && u32::from(control) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(control));
            }
            hidden if is_hidden(hidden) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => out.push(plain),
        }
    }
    out
}

/// JSON text in which no terminal finds anything to obey: what JSON itself leaves raw (C1 controls, hidden and reordering
/// characters) is written as `\\u` escapes, which mean the same to every reader of JSON.
pub fn escape_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if (character.is_control() && !character.is_ascii()) || character == '\u{7f}' || is_hidden(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Zero-width characters, bidirectional controls, variation and tag characters, line separators, interlinear marks.
fn is_hidden(character: char) -> bool {
    matches!(
        u32::from(character),
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0xe0000..=0xe0fff
    )
}

/// How many terminal columns a character takes: 0 for combining marks, 2 for East Asian wide ones and pictographs, else 1.
pub fn columns(character: char) -> usize {
    match u32::from(character) {
        0x0300..=0x036f
        | 0x0483..=0x0489
        | 0x0591..=0x05bd
        | 0x0610..=0x061a
        | 0x064b..=0x065f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Terminal columns of a text without controls.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// `text` in at most `limit` columns; what is cut off is replaced by `…`.
pub fn fit(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for character in text.chars() {
        let next = used + columns(character);
        if next + 1 > limit {
            break;
        }
        used = next;
        out.push(character);
    }
    if limit > 0 {
        out.push('…');
    }
    out
}

/// `text` in exactly `size` columns, filled with blanks on the right.
pub fn pad(text: &str, size: usize) -> String {
    let text = fit(text, size);
    let fill = size - width(&text);
    format!("{text}{}", " ".repeat(fill))
}

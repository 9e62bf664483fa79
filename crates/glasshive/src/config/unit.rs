//! Durations and sizes as people write them.

use anyhow::{Context, Result, bail};
use std::time::Duration;

/// Reads `500ms`, `10s`, `2m`.
pub fn duration(text: &str) -> Result<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "s" | "" => number,
        "m" | "min" => number * 60.0,
        other => bail!("`{other}` is no unit of time; use ms, s or m"),
    };
    Duration::try_from_secs_f64(seconds).context("the time is out of range")
}

/// Reads `512MiB`, `1GiB`, `1000000`.
pub fn bytes(text: &str) -> Result<usize> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "" | "B" => 1.0,
        "KiB" | "K" | "k" => 1024.0,
        "MiB" | "M" => 1024.0 * 1024.0,
        "GiB" | "G" => 1024.0 * 1024.0 * 1024.0,
        other => bail!("`{other}` is no unit of size; use KiB, MiB or GiB"),
    };
    Ok((number * factor) as usize)
}

fn split(text: &str) -> Result<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    match text[..end].parse() {
        Ok(number) => Ok((number, text[end..].trim())),
        Err(_) => bail!("`{text}` does not begin with a number"),
    }
}

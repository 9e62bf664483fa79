//! Durations and sizes as people write and read them.

use anyhow::{Context, Result, bail};
use std::time::Duration;

/// Reads a duration of whole seconds, one at least, or `off`.
pub fn seconds_or_off(text: &str) -> Result<Option<Duration>> {
    match text {
        "off" => Ok(None),
        text => match duration(text)? {
            duration if duration.is_zero() || duration.subsec_nanos() > 0 => bail!("`{text}` is not told in whole seconds, from 1s on"),
            duration => Ok(Some(duration)),
        },
    }
}

/// Reads `500ms`, `10s`, `2m`, `1h`, `30d`.
pub fn duration(text: &str) -> Result<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "s" | "" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3_600.0,
        "d" => number * 86_400.0,
        other => bail!("`{other}` is no unit of time; use ms, s, m, h or d"),
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

/// Reads a size, or a share of `whole` such as `75%`.
pub fn bytes_of(text: &str, whole: u64) -> Result<u64> {
    match split(text)? {
        (number, "%") if (0.0..=100.0).contains(&number) => Ok((whole as f64 * number / 100.0) as u64),
        (number, "%") => bail!("{number}% is no share; use 1% to 100%"),
        _ => Ok(bytes(text)? as u64),
    }
}

/// A size in the greatest unit that it has one of, with as many decimals as tell it apart; [`bytes`] reads it back.
pub fn shown_bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.into_iter().find(|(shift, _)| bytes >= 1 << shift) {
        Some((shift, unit)) if bytes.is_multiple_of(1 << shift) => format!("{} {unit}", bytes >> shift),
        Some((shift, unit)) => format!("{:.2} {unit}", bytes as f64 / f64::from(1 << shift)),
        None => format!("{bytes} B"),
    }
}

/// A duration in the greatest unit that divides it.
pub fn shown_duration(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_nanos()) {
        (seconds, 0) if seconds > 0 && seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        (seconds, 0) if seconds > 0 && seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        (seconds, 0) if seconds > 0 && seconds.is_multiple_of(60) => format!("{} m", seconds / 60),
        (seconds, 0) => format!("{seconds} s"),
        _ => format!("{} ms", duration.as_secs_f64() * 1e3),
    }
}

fn split(text: &str) -> Result<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    match text[..end].parse() {
        Ok(number) => Ok((number, text[end..].trim())),
        Err(_) => bail!("`{text}` does not begin with a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back() {
        for bytes in [0, 1, 1_000, 1 << 10, 64 << 20, 10 << 30, 1536 << 20] {
            assert_eq!(super::bytes(&shown_bytes(bytes)).unwrap() as u64, bytes, "{}", shown_bytes(bytes));
        }
        assert_eq!(shown_bytes(1_234_567_890), "1.15 GiB");
        for (duration, shown) in [(900_000, "15 m"), (7_200_000, "2 h"), (90_000, "90 s"), (1_500, "1500 ms"), (0, "0 s")] {
            let duration = Duration::from_millis(duration);
            assert_eq!((shown_duration(duration).as_str(), super::duration(shown).unwrap()), (shown, duration));
        }
    }

    #[test]
    fn shares() {
        assert_eq!(bytes_of("75%", 1_000).unwrap(), 750);
        assert_eq!(bytes_of("1 GiB", 1_000).unwrap(), 1 << 30);
        assert_eq!(bytes_of("175%", 1_000).unwrap_err().to_string(), "175% is no share; use 1% to 100%");
    }
}

//! Which form of a file a client takes.

use crate::file::File;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// The bytes to send, and the name of their coding; none for the file as it is.
pub(crate) fn choose(file: &'static File, headers: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let accepted: Vec<&str> = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    match (file.brotli, file.gzip) {
        (Some(bytes), _) if accepts(&accepted, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts(&accepted, "gzip") => (bytes, Some("gzip")),
        _ => (file.plain, None),
    }
}

/// Whether a list such as `gzip, br;q=0.8` has a coding, and not with a weight of zero.
fn accepts(list: &str, coding: &str) -> bool {
    list.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        is_named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn codings_by_name_and_weight() {
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("gzip;q=0.5,BR; q=0.1", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
        assert!(!accepts("", "gzip"));
    }
}

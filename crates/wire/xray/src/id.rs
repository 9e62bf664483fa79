//! Ids: a trace's in X-Ray's spelling and in W3C's, and an entity's.

/// Reads `1-8hex-24hex` or 32 hex digits, in either case. `None` for anything else, and for zero.
pub fn trace_id(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    match text.strip_prefix("1-") {
        Some(rest) => {
            let (time, random) = rest.split_once('-')?;
            hex(time, &mut id[..4])?;
            hex(random, &mut id[4..])?;
        }
        None => hex(text, &mut id)?,
    }
    (id != [0; 16]).then_some(id)
}

/// A trace id in X-Ray's spelling.
pub fn trace_id_text(id: [u8; 16]) -> String {
    let mut text = String::with_capacity(35);
    text.push_str("1-");
    push_hex(&mut text, &id[..4]);
    text.push('-');
    push_hex(&mut text, &id[4..]);
    text
}

/// Reads the 16 hex digits of a segment, subsegment or exception, in either case. `None` for anything else, and for zero.
pub fn entity_id(text: &str) -> Option<[u8; 8]> {
    let mut id = [0; 8];
    hex(text, &mut id)?;
    (id != [0; 8]).then_some(id)
}

/// An entity's id as it is written.
pub fn entity_id_text(id: [u8; 8]) -> String {
    let mut text = String::with_capacity(16);
    push_hex(&mut text, &id);
    text
}

fn hex(text: &str, into: &mut [u8]) -> Option<()> {
    let text = text.as_bytes();
    if text.len() != 2 * into.len() {
        return None;
    }
    for (byte, pair) in into.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_id() {
        let id = trace_id("1-4efaaf4d-1e8720b39541901950019ee5").unwrap();
        assert_eq!(trace_id("4EFAAF4D1e8720b39541901950019ee5"), Some(id));
        assert_eq!(trace_id_text(id), "1-4efaaf4d-1e8720b39541901950019ee5");
        for wrong in [
            "",
            "1-",
            "1-4efaaf4d1e8720b39541901950019ee5",
            "2-4efaaf4d-1e8720b39541901950019ee5",
            "1-4efaaf4-d1e8720b39541901950019ee5",
            "1-4efaaf4d-1e8720b39541901950019eeg",
            "1-00000000-000000000000000000000000",
            "1-4efaaf4d-1e8720b395419019é019ee5",
        ] {
            assert_eq!(trace_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn entities() {
        let id = entity_id("70DE5b6f19ff9a0a").unwrap();
        assert_eq!(entity_id_text(id), "70de5b6f19ff9a0a");
        for wrong in ["", "0000000000000000", "70de5b6f19ff9a0", "70de5b6f19ff9a0a0", " 70de5b6f19ff9a0"] {
            assert_eq!(entity_id(wrong), None, "{wrong}");
        }
    }
}

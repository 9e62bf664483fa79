use super::*;
use crate::ledger::Ledger;
use flate2::Compression;
use http::HeaderValue;
use std::io::Write;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn raw(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zstd_frame(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 3).unwrap()
}

fn run(codec: BodyCodec, body: Vec<u8>, limit: usize) -> Result<(BodyCodec, Bytes), BodyError> {
    let ledger = Ledger::new(1 << 30);
    let mut charge = ledger.charge(body.len()).unwrap();
    decompress(codec, &Bytes::from(body), limit, &mut charge)
}

#[test]
fn otlp13_every_form_is_undone() {
    let plain = b"spans ".repeat(40_000);
    let twice = [gzip(&plain), gzip(b"tail")].concat();
    let frames = [zstd_frame(&plain), zstd_frame(b"tail")].concat();
    for (named, body, really, expected) in [
        (BodyCodec::Gzip, gzip(&plain), BodyCodec::Gzip, plain.clone()),
        (BodyCodec::Gzip, twice, BodyCodec::Gzip, [&plain[..], b"tail"].concat()),
        (BodyCodec::Zstd, zstd_frame(&plain), BodyCodec::Zstd, plain.clone()),
        (BodyCodec::Zstd, frames, BodyCodec::Zstd, [&plain[..], b"tail"].concat()),
        (BodyCodec::Zlib, zlib(&plain), BodyCodec::Zlib, plain.clone()),
        (BodyCodec::Zlib, raw(&plain), BodyCodec::Deflate, plain.clone()),
        (BodyCodec::Identity, plain.clone(), BodyCodec::Identity, plain.clone()),
        (BodyCodec::Gzip, Vec::new(), BodyCodec::Gzip, Vec::new()),
    ] {
        let (codec, out) = run(named, body, 1 << 20).unwrap();
        assert_eq!((codec, out.len()), (really, expected.len()), "{named:?}");
        assert!(out == expected, "{named:?}");
    }
}

#[test]
fn raw_deflate_that_looks_like_zlib_is_still_read() {
    // A stored block whose first two bytes happen to pass the check of a zlib head: 0x78 = not final, stored, padding bits.
    let mut body = vec![0x78, 0x01, 0x00, 0xfe, 0xff, b'x'];
    body.extend([0x01, 0x00, 0x00, 0xff, 0xff]);
    assert!(has_zlib_head(&body));
    let (codec, out) = run(BodyCodec::Zlib, body, 100).unwrap();
    assert_eq!((codec, &out[..]), (BodyCodec::Deflate, &b"x"[..]));
}

#[test]
fn corrupt_streams_are_told() {
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 3);
        bytes
    };
    let with_tail = |bytes: Vec<u8>| [&bytes[..], b"tail"].concat();
    for (codec, body) in [
        (BodyCodec::Gzip, b"{\"resourceSpans\":[]}".to_vec()),
        (BodyCodec::Gzip, cut(gzip(b"spans"))),
        (BodyCodec::Gzip, with_tail(gzip(b"spans"))),
        (BodyCodec::Zstd, b"spans".to_vec()),
        (BodyCodec::Zstd, cut(zstd_frame(b"spans"))),
        (BodyCodec::Zstd, with_tail(zstd_frame(b"spans"))),
        (BodyCodec::Zlib, cut(zlib(b"spans"))),
        (BodyCodec::Zlib, with_tail(zlib(b"spans"))),
        (BodyCodec::Zlib, b"\xffspans".to_vec()),
    ] {
        assert!(matches!(run(codec, body.clone(), 1 << 20), Err(BodyError::Corrupt { .. })), "{codec:?} {body:x?}");
    }
}

#[test]
fn l7_limits_hold_exactly() {
    let plain = vec![7u8; 200_000];
    for (codec, body) in [(BodyCodec::Gzip, gzip(&plain)), (BodyCodec::Zstd, zstd_frame(&plain)), (BodyCodec::Zlib, zlib(&plain))] {
        assert_eq!(run(codec, body.clone(), 200_000).unwrap().1.len(), 200_000);
        let error = run(codec, body, 199_999).unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit_bytes: 199_999, decompressed: true }), "{codec:?}: {error}");
    }
    let members = |count: usize| gzip(b"x").repeat(count);
    assert_eq!(run(BodyCodec::Gzip, members(64), 1_000).unwrap().1.len(), 64);
    assert!(matches!(run(BodyCodec::Gzip, members(65), 1_000), Err(BodyError::Corrupt { .. })));

    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(24).unwrap();
    encoder.write_all(&plain).unwrap();
    let wide = encoder.finish().unwrap();
    assert!(matches!(run(BodyCodec::Zstd, wide, 1 << 30), Err(BodyError::Corrupt { .. })), "a window of 16 MiB is refused");
}

#[test]
fn l2_output_is_charged_before_it_is_taken() {
    let ledger = Ledger::new(4 * STEP_BYTES);
    let body = Bytes::from(gzip(&vec![0u8; 1 << 20]));
    let mut charge = ledger.charge(body.len()).unwrap();
    assert!(matches!(decompress(BodyCodec::Gzip, &body, 1 << 30, &mut charge), Err(BodyError::Full(_))));
    assert!(ledger.used_bytes() <= ledger.limit_bytes());
    drop(charge);
    assert_eq!(ledger.used_bytes(), 0);
}

#[test]
fn lists_of_encodings() {
    let parse = |values: &[&'static str]| {
        let values: Vec<_> = values.iter().map(|value| HeaderValue::from_static(value)).collect();
        parse_encodings(values.iter())
    };
    assert_eq!(parse(&[]).unwrap(), []);
    assert_eq!(parse(&["", "identity"]).unwrap(), []);
    assert_eq!(parse(&["GZIP, identity"]).unwrap(), [BodyCodec::Gzip]);
    assert_eq!(parse(&["deflate", "zstd"]).unwrap(), [BodyCodec::Zlib, BodyCodec::Zstd]);
    assert!(matches!(parse(&["br"]), Err(BodyError::UnknownEncoding { name }) if name == "br"));
    assert!(matches!(parse(&["gzip,gzip,gzip,gzip,gzip"]), Err(BodyError::UnknownEncoding { .. })));
}

use super::*;
use crate::ledger::STEP_BYTES;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;

fn body_of(
    pieces: Vec<Result<&'static [u8], &'static str>>,
    headers: &[(&'static str, &'static str)],
    ledger: &Arc<Ledger>,
) -> RequestBody {
    let frames = pieces.into_iter().map(|piece| piece.map(|bytes| Frame::data(Bytes::from_static(bytes))).map_err(BoxError::from));
    let body = BoxBody::new(StreamBody::new(stream::iter(frames.collect::<Vec<_>>())));
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    RequestBody::new(body, &headers, BodyPace::default(), ledger.clone())
}

#[tokio::test]
async fn pieces_become_one_body() {
    let ledger = Ledger::new(1 << 20);
    let (whole, charge) = body_of(vec![Ok(b"ab"), Ok(b""), Ok(b"cd"), Ok(b"e")], &[], &ledger).read(5).await.unwrap();
    assert_eq!(whole, "abcde");
    assert_eq!((charge.bytes(), ledger.used_bytes()), (STEP_BYTES, STEP_BYTES));
    drop(charge);
    assert_eq!(ledger.used_bytes(), 0);
    assert_eq!(body_of(vec![], &[], &ledger).read(0).await.unwrap().0, "");
}

#[tokio::test]
async fn otlp15_the_limit_holds_whatever_is_announced() {
    let ledger = Ledger::new(1 << 20);
    for headers in [&[][..], &[("content-length", "1")], &[("content-length", "999")]] {
        let error = body_of(vec![Ok(b"abc"), Ok(b"def")], headers, &ledger).read(5).await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit_bytes: 5, decompressed: false }), "{headers:?} {error}");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
    assert_eq!(ledger.used_bytes(), 0);
}

#[tokio::test]
async fn l2_a_full_ledger_refuses() {
    let ledger = Ledger::new(STEP_BYTES);
    let held = ledger.charge(1).unwrap();
    let error = body_of(vec![Ok(b"abc")], &[], &ledger).read(5).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    drop(held);
    assert!(body_of(vec![Ok(b"abc")], &[], &ledger).read(5).await.is_ok());
}

#[tokio::test]
async fn a_broken_body_is_told() {
    let error = body_of(vec![Ok(b"abc"), Err("reset")], &[], &Ledger::new(1 << 20)).read(5).await.unwrap_err();
    assert_eq!(error.to_string(), "body ended early: reset");
}

#[tokio::test]
async fn otlp18_a_body_that_never_comes_is_slow() {
    let never = BoxBody::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, BoxError>>()));
    let pace = BodyPace { grace: Duration::ZERO, ..BodyPace::default() };
    let error = RequestBody::new(never, &HeaderMap::new(), pace, Ledger::new(1 << 20)).read(5).await.unwrap_err();
    assert!(matches!(error, BodyError::Slow { received: 0, .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn stacked_encodings_are_undone_and_logged_plain() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"spans").unwrap();
    let gzipped = encoder.finish().unwrap();
    let twice = zstd::encode_all(&gzipped[..], 1).unwrap();
    let headers = HeaderMap::new();
    let ledger = Ledger::new(1 << 20);

    let list = [HeaderValue::from_static("gzip, zstd")];
    let body = RequestBody::whole(Bytes::from(twice), &headers, ledger.clone()).read_decoded(list.iter(), 1_000).await.unwrap();
    assert_eq!((body.codec, &body.received[..], &body.decoded[..]), (BodyCodec::Identity, &b"spans"[..], &b"spans"[..]));

    let list = [HeaderValue::from_static("gzip, identity")];
    let body = RequestBody::whole(Bytes::from(gzipped.clone()), &headers, ledger).read_decoded(list.iter(), 1_000).await.unwrap();
    assert_eq!((body.codec, &body.received[..], &body.decoded[..]), (BodyCodec::Gzip, &gzipped[..], &b"spans"[..]));
}

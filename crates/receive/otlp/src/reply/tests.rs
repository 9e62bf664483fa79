use super::*;
use crate::decode::DecodeError;
use glasshive_base_http::{LedgerFull, grpc};
use glasshive_model::SinkError;
use glasshive_wire_otlp::WireError;

#[test]
fn every_kind_has_its_answer() {
    use ErrorKind as K;
    for (kind, status, code, hint) in [
        (K::InvalidRequest, 400, 3, false),
        (K::Unauthenticated, 401, 16, false),
        (K::Forbidden, 403, 7, false),
        (K::NotFound, 404, 12, false),
        (K::Conflict, 409, 9, false),
        (K::TooLarge, 413, 8, false),
        (K::RateLimited, 429, 8, true),
        (K::Unavailable, 503, 14, true),
        (K::Timeout, 408, 4, false),
        (K::Internal, 500, 13, false),
    ] {
        assert_eq!(
            (http_status(kind, ThrottleStatus::Unavailable).as_u16(), grpc_code(kind), has_retry_hint(kind)),
            (status, code, hint),
            "{kind:?}"
        );
    }
    assert_eq!(ErrorKind::ALL.len(), 10, "a new kind needs a row above");
    assert_eq!(http_status(K::Unavailable, ThrottleStatus::TooManyRequests).as_u16(), 429);
}

fn all() -> Vec<(OtlpError, u16, u32)> {
    let malformed = || WireError::Malformed { what: "a truncated field".into(), offset: 3 };
    let full = LedgerFull { used_bytes: 2, limit_bytes: 2 };
    vec![
        (OtlpError::MediaType, 415, 12),
        (OtlpError::MissingKey, 401, 16),
        (OtlpError::MissingDataset, 401, 16),
        (OtlpError::UnknownKey { header: "api-key" }, 401, 16),
        (OtlpError::DisabledKey { header: "api-key" }, 401, 16),
        (OtlpError::NoPermission { header: "api-key", kind: "probe" }, 403, 7),
        (OtlpError::ForeignOrigin { header: "api-key", origin: "null".into() }, 403, 7),
        (OtlpError::Body(BodyError::TooLarge { limit_bytes: 1, decompressed: true }), 413, 8),
        (OtlpError::Body(BodyError::Slow { received: 1, seconds: 30 }), 408, 4),
        (OtlpError::Body(BodyError::UnknownEncoding { name: "br".into() }), 415, 3),
        (OtlpError::Body(BodyError::Corrupt { codec: "gzip", reason: "x".into() }), 400, 3),
        (OtlpError::Body(BodyError::Full(full)), 503, 14),
        (OtlpError::Body(BodyError::Broken("reset".into())), 400, 3),
        (OtlpError::Frame("two"), 400, 3),
        (OtlpError::GrpcEncoding { name: "snappy".into() }, 400, 12),
        (OtlpError::Decode(DecodeError::Wire(malformed())), 400, 3),
        (OtlpError::Sink(SinkError::Busy { queued_bytes: 9 }), 503, 14),
        (OtlpError::Sink(SinkError::Stopped { reason: "disk full".into() }), 503, 14),
        (OtlpError::Sink(SinkError::Refused { reason: "too many rows".into() }), 413, 8),
        (OtlpError::Late { ms: 2_000 }, 503, 14),
        (OtlpError::Poisonous("refused".into()), 400, 3),
        (OtlpError::NotFound("nowhere".into()), 404, 12),
        (OtlpError::Internal("gone".into()), 500, 13),
    ]
}

#[test]
fn every_error_over_http() {
    let hints = RetryHints::default();
    for (error, status, _) in all() {
        for encoding in [Some(Encoding::Protobuf), Some(Encoding::Json), None] {
            let response = http_error(&error, encoding, ThrottleStatus::Unavailable, &hints);
            assert_eq!(response.status().as_u16(), status, "{error}");
            let content_type = encoding.map_or("text/plain", Encoding::media_type);
            assert_eq!(response.headers()["content-type"], content_type);
            assert!(String::from_utf8_lossy(response.body().whole()).contains(&error.to_string()) || encoding.is_some(), "{error}");
            let retry = response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse::<u64>().unwrap());
            assert_eq!(retry.is_some(), matches!(status, 429 | 503), "{error}");
            assert!(retry.is_none_or(|seconds| (1..=5).contains(&seconds)));
            assert_eq!(response.headers().contains_key("www-authenticate"), status == 401);
            if let Some(Encoding::Json) = encoding {
                let body: serde_json::Value = serde_json::from_slice(response.body().whole()).unwrap();
                assert_eq!((body["message"].as_str(), body.get("code").is_some()), (Some(error.to_string().as_str()), status != 401));
            }
        }
    }
}

#[test]
fn every_error_over_grpc() {
    let hints = RetryHints::default();
    for (error, _, code) in all() {
        let response = grpc_error(&error, &hints);
        assert_eq!(response.status(), 200);
        assert_eq!(grpc::status_of(response.headers(), response.body().trailers()), Some((code, error.to_string())), "{error}");
        assert!(response.body().whole().is_empty() && response.body().trailers().is_none(), "trailers only");
        let retry = response.headers().get("google.rpc.retryinfo-bin").cloned();
        assert_eq!(retry.is_some(), code == 14, "{error}");
        if let Some(retry) = retry {
            let info = STANDARD_NO_PAD.decode(retry.as_bytes()).unwrap();
            let details = STANDARD_NO_PAD.decode(response.headers()["grpc-status-details-bin"].as_bytes()).unwrap();
            assert!(info.len() <= 12 && details.windows(info.len()).any(|window| window == info), "both say the same");
        }
        let refused = response.extensions().get::<Refused>().unwrap();
        assert!(refused.status.starts_with(&format!("{code} ")), "{refused:?}");
    }
}

#[test]
fn bodies_of_401_byte_for_byte() {
    let hints = RetryHints::default();
    let body = |error: &OtlpError, encoding| http_error(error, Some(encoding), ThrottleStatus::Unavailable, &hints).body().whole().to_vec();
    let unknown = OtlpError::UnknownKey { header: "x-honeycomb-team" };
    let missing = body(&OtlpError::MissingKey, Encoding::Protobuf);
    assert_eq!((missing.len(), missing), (35, b"\x12\x21missing 'x-honeycomb-team' header".to_vec()));
    let wrong = body(&unknown, Encoding::Protobuf);
    assert_eq!((wrong.len(), wrong), (63, b"\x12\x3dunknown API key - check your credentials, region, and API URL".to_vec()));
    assert_eq!(body(&OtlpError::MissingKey, Encoding::Json), br#"{"message":"missing 'x-honeycomb-team' header"}"#);
    assert_eq!(body(&unknown, Encoding::Json), br#"{"message":"unknown API key - check your credentials, region, and API URL"}"#);
}

#[test]
fn l8_hints_are_spread() {
    let hints = RetryHints::default();
    let seconds: std::collections::BTreeSet<u64> = (0..100).map(|_| hints.next_seconds()).collect();
    assert_eq!(seconds.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let ms: Vec<u64> = (0..1_000).map(|_| hints.next_ms()).collect();
    assert!(ms.iter().all(|ms| (1_000..=5_000).contains(ms)));
    assert!(ms.iter().any(|ms| *ms < 1_500) && ms.iter().any(|ms| *ms > 4_500));
}

use super::*;
use http::{HeaderMap, HeaderValue, Method};

#[test]
fn health_requests() {
    for (message, expected) in [
        (&b""[..], Some("")),
        (b"\x0a\x03abc", Some("abc")),
        (b"\x0a\x04abc", None),
        (b"\x12\x03abc", None),
        (b"\x0a", None),
        (b"\x0a\x01\xff", None),
    ] {
        assert_eq!(service_name(&Bytes::from_static(message)), expected, "{message:x?}");
    }
}

#[test]
fn otlp13_message_encodings() {
    for (value, expected) in [
        (None, Some(BodyCodec::Identity)),
        (Some("identity"), Some(BodyCodec::Identity)),
        (Some("gzip"), Some(BodyCodec::Gzip)),
        (Some("zstd"), Some(BodyCodec::Zstd)),
        (Some("snappy"), None),
        (Some("deflate"), None),
    ] {
        let headers: HeaderMap =
            value.map(|value| (http::HeaderName::from_static("grpc-encoding"), HeaderValue::from_static(value))).into_iter().collect();
        let request = Request::synthetic(Method::POST, "/", headers, "");
        assert_eq!(message_codec(request.head()).ok(), expected, "{value:?}");
    }
}

//! The cookie of a session.
//!
//! Cookies do not heed ports: the name holds ours, so that two servers of one machine do not sign each other out. Behind a proxy
//! that speaks HTTPS the name begins with `__Host-`, which no other host and no plain page can set.

use glasshive_base_http::Head;
use glasshive_feature_accounts::Token;
use http::{HeaderValue, header};

/// The name over HTTPS.
const SECURE: &str = "__Host-gh";
/// How long a browser keeps it, seconds: as long as a session lasts at most. When it ends is the server's to say.
const KEPT_SECONDS: u64 = 7 * 24 * 3_600;

/// What cookies of our names hold, likeliest first.
pub fn presented(head: &Head) -> Vec<String> {
    let plain = plain_name(head);
    let lines = head.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs: Vec<(&str, &str)> = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
    let of = |name: &str| pairs.iter().filter(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>();
    of(SECURE).into_iter().chain(of(&plain)).filter(|value| !value.is_empty()).collect()
}

/// The header that gives a browser a session's cookie.
pub fn giving(head: &Head, token: &Token) -> HeaderValue {
    value(head, token.reveal(), KEPT_SECONDS)
}

/// The header that takes the cookie away.
pub fn taking(head: &Head) -> HeaderValue {
    value(head, "", 0)
}

fn value(head: &Head, token: &str, seconds: u64) -> HeaderValue {
    // Browsers say where a page that posts comes from, and the gate has found that it is one of ours.
    let is_secure = head.header("origin").is_some_and(|origin| origin.starts_with("https://"));
    let (name, secure) = if is_secure { (SECURE.to_owned(), "; Secure") } else { (plain_name(head), "") };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).expect("digits, letters and punctuation");
    value.set_sensitive(true);
    value
}

/// The name over plain HTTP, with the port as the browser sees it.
fn plain_name(head: &Head) -> String {
    let host = head.header("host").or_else(|| head.uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
    let after_literal = host.rfind(']').map_or(0, |at| at + 1);
    let port: u16 = host[after_literal..].rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
    format!("gh-{port}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base_http::Request;
    use http::{HeaderMap, HeaderName, Method};

    fn request(fields: &[(&'static str, &str)]) -> Request {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        Request::synthetic(Method::POST, "/hive/v1/session", headers, "")
    }

    #[test]
    fn s12_what_is_read() {
        for (fields, expected) in [
            (&[("host", "127.0.0.1:4318"), ("cookie", "a=b; gh-4318=one; gh-80=no")][..], &["one"][..]),
            (&[("host", "[::1]:4318"), ("cookie", "gh-4318=one"), ("cookie", "__Host-gh=two")], &["two", "one"]),
            (&[("host", "hive.example"), ("cookie", "gh-80=one; gh-4318=no; gh-80=")], &["one"]),
            (&[("host", "[::1]"), ("cookie", "gh-80=one;x")], &["one"]),
            (&[("host", "127.0.0.1:4318")], &[]),
        ] {
            assert_eq!(presented(request(fields).head()), expected, "{fields:?}");
        }
    }

    #[test]
    fn s12_what_is_given() {
        let plain = request(&[("host", "127.0.0.1:4318"), ("origin", "http://127.0.0.1:4318")]);
        assert_eq!(taking(plain.head()), "gh-4318=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
        let secure = request(&[("host", "hive.example"), ("origin", "https://hive.example")]);
        assert_eq!(taking(secure.head()), "__Host-gh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
    }
}

//! AWS's signature, version 4: who signed a request, and whether it is theirs.

use glasshive_base_http::Head;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// By how much the signer's clock may differ, seconds.
pub(crate) const SKEW_S: i64 = 15 * 60;

/// What a request says of its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The access key id.
    pub key_id: String,
    date: String,
    region: String,
    service: String,
    headers: Vec<String>,
    signature: String,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The header cannot be read.
    Form(String),
    /// It was signed too long ago, or in the future.
    Time,
    /// It is not what the secret makes of the request.
    Signature,
}

impl Signed {
    /// Reads the header `Authorization`; `None` when it is of another scheme.
    pub(crate) fn read(authorization: &str) -> Option<Result<Self, Broken>> {
        let rest = authorization.strip_prefix(ALGORITHM)?;
        Some(Self::parts(rest).map_err(Broken::Form))
    }

    fn parts(rest: &str) -> Result<Self, String> {
        let part = |name: &str| {
            let mut parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
            let value = parts.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
            value.ok_or_else(|| format!("Authorization has no {name}"))
        };
        let credential = part("Credential")?;
        let [key_id, date, region, service, "aws4_request"] = credential.split('/').collect::<Vec<_>>()[..] else {
            return Err("Credential is not KEY/DATE/REGION/SERVICE/aws4_request".to_owned());
        };
        if service != "xray" {
            return Err("Credential is not for the service xray".to_owned());
        }
        let headers: Vec<String> = part("SignedHeaders")?.split(';').map(str::to_ascii_lowercase).collect();
        if !["host", "x-amz-date"].iter().all(|needed| headers.iter().any(|header| header == needed)) {
            return Err("SignedHeaders has to hold host and x-amz-date".to_owned());
        }
        let [key_id, date, region, service] = [key_id, date, region, service].map(str::to_owned);
        Ok(Self { key_id, date, region, service, headers, signature: part("Signature")? })
    }

    /// Checks the signature with the key's secret. `now_s` is the time, seconds since 1970; `hosts` are the names that the client may
    /// have called us by.
    pub(crate) fn check(&self, secret: &str, head: &Head, body: &[u8], now_s: i64, hosts: &[&str]) -> Result<(), Broken> {
        let date = head.header("x-amz-date").unwrap_or_default();
        let at_s = seconds(date).ok_or_else(|| Broken::Form("x-amz-date is not written YYYYMMDDTHHMMSSZ".to_owned()))?;
        if (now_s - at_s).abs() > SKEW_S {
            return Err(Broken::Time);
        }
        if !date.starts_with(&self.date) {
            return Err(Broken::Form("Credential and x-amz-date are of different days".to_owned()));
        }
        let own = hex(&Sha256::digest(body));
        let payload = match head.header("x-amz-content-sha256") {
            None => own,
            Some("UNSIGNED-PAYLOAD") => "UNSIGNED-PAYLOAD".to_owned(),
            Some(told) if told.eq_ignore_ascii_case(&own) => told.to_owned(),
            Some(_) => return Err(Broken::Signature),
        };
        let key = self.signing_key(secret);
        let is_signed = hosts.iter().any(|host| {
            let to_sign = self.string_to_sign(date, &self.canonical(head, host, &payload));
            is_equal(hex(&hmac(&key, to_sign.as_bytes())).as_bytes(), self.signature.as_bytes())
        });
        if is_signed { Ok(()) } else { Err(Broken::Signature) }
    }

    fn canonical(&self, head: &Head, host: &str, payload: &str) -> String {
        let mut query: Vec<String> = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        query.sort();
        let mut canonical = format!("{}\n{}\n{}\n", head.method, encoded(head.path()), query.join("&"));
        for name in &self.headers {
            let value = if name == "host" {
                host.to_owned()
            } else {
                let values = head.headers.get_all(name.as_str()).iter();
                let texts: Vec<String> = values.map(|value| single_blanks(&String::from_utf8_lossy(value.as_bytes()))).collect();
                texts.join(",")
            };
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let _ = write!(canonical, "\n{}\n{payload}", self.headers.join(";"));
        canonical
    }

    fn string_to_sign(&self, date: &str, canonical: &str) -> String {
        let Self { date: day, region, service, .. } = self;
        format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/aws4_request\n{}", hex(&Sha256::digest(canonical)))
    }

    fn signing_key(&self, secret: &str) -> [u8; 32] {
        let start = hmac(format!("AWS4{secret}").as_bytes(), self.date.as_bytes());
        [self.region.as_str(), self.service.as_str(), "aws4_request"].iter().fold(start, |key, part| hmac(&key, part.as_bytes()))
    }
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether two texts are equal, in the same time whatever they hold.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

fn pair(pair: &str) -> String {
    if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }
}

/// The path as sent, encoded once more.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `YYYYMMDDTHHMMSSZ` as seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base_http::Request;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    const BODY: &[u8] = br#"{"GroupName": "Cruddur", "FilterExpression": "service(\"backend-flask\")"}"#;
    const NOW_S: i64 = 1_795_198_597;

    fn signed(changes: &[(&str, &str)]) -> (Signed, Request) {
        let signature = "afc45c6ef37b9ef0ba2a2ccf69304eefbd592ab2b6a5e857d92de738c4d14f91";
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/xray/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
        );
        let mut headers = HeaderMap::new();
        let mut set = |name: &str, value: &str| {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        };
        for (name, value) in [("content-type", "application/json"), ("host", "127.0.0.1:2999"), ("x-amz-date", "20261120T181637Z")] {
            set(name, value);
        }
        changes.iter().for_each(|(name, value)| set(name, value));
        let request = Request::synthetic(Method::POST, "/CreateGroup", headers, BODY);
        (Signed::read(&authorization).unwrap().unwrap(), request)
    }

    fn check(changes: &[(&str, &str)], secret: &str, body: &[u8], now_s: i64) -> Result<(), Broken> {
        let (signed, request) = signed(changes);
        signed.check(secret, request.head(), body, now_s, &["127.0.0.1:2999"])
    }

    #[test]
    fn a_request_of_aws_cli() {
        assert_eq!(seconds("20261120T181637Z"), Some(NOW_S));
        assert_eq!(check(&[], "secret", BODY, NOW_S), Ok(()));
        assert_eq!(check(&[], "secret", BODY, NOW_S + SKEW_S), Ok(()));
        assert_eq!(check(&[("content-type", "  application/json ")], "secret", BODY, NOW_S), Ok(()));
    }

    #[test]
    fn whatever_is_changed_breaks_it() {
        assert_eq!(check(&[], "Secret", BODY, NOW_S), Err(Broken::Signature));
        assert_eq!(check(&[], "secret", b"{}", NOW_S), Err(Broken::Signature));
        assert_eq!(check(&[("content-type", "text/plain")], "secret", BODY, NOW_S), Err(Broken::Signature));
        assert_eq!(check(&[("x-amz-date", "20261120T181638Z")], "secret", BODY, NOW_S), Err(Broken::Signature));
        assert_eq!(check(&[("x-amz-content-sha256", &hex(&[0; 32]))], "secret", BODY, NOW_S), Err(Broken::Signature));
        assert_eq!(check(&[], "secret", BODY, NOW_S + SKEW_S + 1), Err(Broken::Time));
        assert_eq!(check(&[], "secret", BODY, NOW_S - SKEW_S - 1), Err(Broken::Time));
        let (signed, request) = signed(&[]);
        assert_eq!(signed.check("secret", request.head(), BODY, NOW_S, &["other:1"]), Err(Broken::Signature));
        assert_eq!(signed.check("secret", request.head(), BODY, NOW_S, &["other:1", "127.0.0.1:2999"]), Ok(()));
    }

    #[test]
    fn what_is_no_signature() {
        assert_eq!(Signed::read("Bearer x"), None);
        for wrong in [
            "AWS4-HMAC-SHA256 ",
            "AWS4-HMAC-SHA256 Credential=A/20261120/us-east-1/xray, SignedHeaders=host;x-amz-date, Signature=0",
            "AWS4-HMAC-SHA256 Credential=A/20261120/us-east-1/logs/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
            "AWS4-HMAC-SHA256 Credential=A/20261120/us-east-1/xray/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=A/20261120/us-east-1/xray/aws4_request, SignedHeaders=host;x-amz-date",
        ] {
            assert!(matches!(Signed::read(wrong), Some(Err(Broken::Form(_)))), "{wrong}");
        }
    }
}

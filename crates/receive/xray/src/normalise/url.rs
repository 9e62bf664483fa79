//! The parts of a URL, as SDKs write them: whole, without a scheme, or a path alone.

/// Parts of a URL that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Url<'u> {
    pub scheme: Option<&'u str>,
    pub host: Option<&'u str>,
    pub port: Option<u16>,
    /// Without query and fragment; of `http://host` none.
    pub path: Option<&'u str>,
}

impl<'u> Url<'u> {
    pub(super) fn read(text: &'u str) -> Self {
        let is_scheme = |scheme: &&str| !scheme.contains(['/', '?', '#']);
        let split = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) = split.map_or((None, text), |(scheme, rest)| (Some(scheme).filter(|scheme| !scheme.is_empty()), rest));
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let rest = &rest[..end];
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let after_literal = host_and_port.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match host_and_port[after_literal..].rfind(':') {
            Some(at) => (&host_and_port[..after_literal + at], host_and_port[after_literal + at + 1..].parse().ok()),
            None => (host_and_port, None),
        };
        let host = Some(host.trim_start_matches('[').trim_end_matches(']')).filter(|host| !host.is_empty());
        // What has no scheme and no slash may be anything.
        let is_address = scheme.is_some() || path.is_some();
        Self { scheme, host: host.filter(|_| is_address), port: port.filter(|_| is_address), path }
    }
}

/// A connection's URL or string without its password.
pub(super) fn without_password(text: &str) -> String {
    let mut shown = text.to_owned();
    if let Some(start) = text.find("://").map(|at| at + 3) {
        let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
        if let Some(at) = text[start..end].rfind('@').map(|at| start + at)
            && let Some(colon) = text[start..at].find(':').map(|colon| start + colon)
        {
            shown.replace_range(colon + 1..at, "***");
        }
    }
    without_members(&shown)
}

/// A text of members `name=value` without the values of those that are passwords.
fn without_members(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices('=') {
        // What lies before is part of a password.
        if at < from || !["password", "pwd"].iter().any(|name| lower[from..at].ends_with(name)) {
            continue;
        }
        shown.push_str(&text[from..=at]);
        shown.push_str("***");
        from = text[at + 1..].find(['&', ';', ' ']).map_or(text.len(), |end| at + 1 + end);
    }
    shown + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let check = |text, scheme, host, port, path| assert_eq!(Url::read(text), Url { scheme, host, port, path }, "{text}");
        check("http://example.com:8080/a/b?x=1#f", Some("http"), Some("example.com"), Some(8080), Some("/a/b"));
        check("https://u:p@[::1]:443", Some("https"), Some("::1"), Some(443), None);
        check("/api/message?x=http://y/z", None, None, None, Some("/api/message"));
        check("example.com/a", None, Some("example.com"), None, Some("/a"));
        check(":memory:", None, None, None, None);
        check("", None, None, None, None);
        check("jdbc:postgresql://db.internal:5432/shop", Some("jdbc:postgresql"), Some("db.internal"), Some(5432), Some("/shop"));
    }

    #[test]
    fn passwords_are_masked() {
        for (text, shown) in [
            ("postgresql://u:se:cr@et@h:5432/db", "postgresql://u:***@h:5432/db"),
            ("postgresql://u@h/db?a=b:c@d", "postgresql://u@h/db?a=b:c@d"),
            ("jdbc:mysql://h/db?user=u&password=x&b=1", "jdbc:mysql://h/db?user=u&password=***&b=1"),
            ("Server=h;Password=x;PWD=y", "Server=h;Password=***;PWD=***"),
            ("password=", "password=***"),
            ("pwd=a=b;pwd=c", "pwd=***;pwd=***"),
            ("pwd=&PWD=&x=1", "pwd=***&PWD=***&x=1"),
            (":memory:", ":memory:"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}

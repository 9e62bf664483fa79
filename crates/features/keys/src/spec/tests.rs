use super::*;

const SECRET: &str = "correct-horse-battery";

/// Environment, kind, id, secret, origins and scopes.
type Parts<'a> = (&'a str, KeyKind, Option<&'a str>, &'a str, &'a [&'a str], &'a [&'a str]);

fn check(text: &str, expected: Result<Parts<'_>, &str>) {
    let found = KeySpec::parse(text, SECRET_BYTES_LOOPBACK).map_err(|error| error.to_string());
    match (found, expected) {
        (Ok(spec), Ok((environment, kind, id, secret, origins, scopes))) => {
            let scope = if environment == "*" { Scope::Team } else { Scope::Environment(environment.to_owned()) };
            assert_eq!((spec.scope, spec.kind, spec.id.as_deref(), spec.secret.0.as_str()), (scope, kind, id, secret), "{text}");
            assert_eq!((spec.origins, spec.scopes), (owned(origins), owned(scopes)), "{text}");
        }
        (Err(error), Err(words)) => assert!(error.contains(words), "{text}: {error}"),
        (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn dm90_every_kind() {
    check("dev:ingest:correct-horse-battery", Ok(("dev", KeyKind::Ingest, None, SECRET, &[], &[])));
    check("dev:ingest:with:colons:in:it", Ok(("dev", KeyKind::Ingest, None, "with:colons:in:it", &[], &[])));
    check("dev:configuration:correct-horse-battery", Ok(("dev", KeyKind::Configuration, None, SECRET, &[], &[])));
    check("*:admin:correct-horse-battery", Ok(("*", KeyKind::Admin, None, SECRET, &[], &[])));
    check("dev:probe:correct-horse-battery", Ok(("dev", KeyKind::Probe, None, SECRET, &[], &[])));
    check("dev:browser:correct-horse-battery", Ok(("dev", KeyKind::Browser, None, SECRET, &[], &[])));
    check(
        "dev:browser:correct-horse-battery:https://*.example.com,http://localhost:3000",
        Ok(("dev", KeyKind::Browser, None, SECRET, &["https://*.example.com", "http://localhost:3000"], &[])),
    );
    check("*:management:hcxmk_1:correct-horse-battery", Ok(("*", KeyKind::Management, Some("hcxmk_1"), SECRET, &[], &[])));
    check("dev:aws:AKIAIOSFODNN7EXAMPLE:correct-horse-battery", Ok(("dev", KeyKind::Aws, Some("AKIAIOSFODNN7EXAMPLE"), SECRET, &[], &[])));
    check("dev:aws-id:AKIAIOSFODNN7EXAMPLE", Ok(("dev", KeyKind::AwsId, None, "AKIAIOSFODNN7EXAMPLE", &[], &[])));
    check("dev:rollbar:correct-horse-battery", Ok(("dev", KeyKind::Rollbar, None, SECRET, &[], &[])));
    check("dev:rollbar:correct-horse-battery:read,write", Ok(("dev", KeyKind::Rollbar, None, SECRET, &[], &["read", "write"])));
}

#[test]
fn dm90_what_is_wrong_is_said() {
    check("dev:ingest", Err("this one has 1 of the two colons"));
    check("correct-horse-battery", Err("this one has 0 of the two colons"));
    check("dev:injest:correct-horse-battery", Err("'injest' is no kind of key; the kinds are ingest, configuration, browser"));
    check("My Env:ingest:correct-horse-battery", Err("'My Env' is no name for an environment"));
    check(":ingest:correct-horse-battery", Err("'' is no name for an environment"));
    check("dev:management:id:correct-horse-battery", Err("belongs to the whole team"));
    check("*:management:correct-horse-battery", Err("ENVIRONMENT:management:ID:SECRET; the second half is missing"));
    check("dev:aws:AKIA", Err("the second half is missing"));
    check("dev:ingest:short", Err("must have at least 8 characters"));
    check("dev:ingest:with a blank in it", Err("printable ASCII characters without blanks"));
    check(&format!("dev:ingest:{}", "x".repeat(129)), Err("at most 128 printable"));
    check("dev:browser:correct-horse-battery:example.com", Err("'example.com' is no origin"));
    check("dev:rollbar:correct-horse-battery:all", Err("'all' is no scope of a rollbar token"));
    assert!(KeySpec::parse("dev:ingest:16-letters-in-it", SECRET_BYTES_OPEN_NETWORK).is_ok());
    let error = KeySpec::parse("dev:ingest:15-letters-here", SECRET_BYTES_OPEN_NETWORK).unwrap_err().to_string();
    assert!(error.ends_with("at least 16 characters when a listener is not on loopback"), "{error}");
}

#[test]
fn lists_and_files() {
    let specs = KeySpec::parse_list(" dev:ingest:correct-horse  *:admin:battery-staple\n", 8).unwrap();
    assert_eq!(specs.len(), 2);
    let file = "# keys of the sample\n\ndev:ingest:correct-horse\n  *:admin:battery-staple\n";
    assert_eq!(KeySpec::parse_file(file, 8).unwrap(), specs);
    let error = KeySpec::parse_file("# one\ndev:ingest:short", 8).unwrap_err();
    assert!(error.to_string().starts_with("line 2: the secret of a key"), "{error}");
}

#[test]
fn p12_neither_errors_nor_debug_show_secrets() {
    let secret = "Zm9vYmFyLXNlY3JldA";
    for text in [format!("dev:ingest:{secret} x"), format!("dev:{secret}:x"), format!("dev:browser:{secret}:nonsense"), secret.to_owned()] {
        let error = KeySpec::parse(&text, 8).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let spec = KeySpec::parse(&format!("dev:ingest:{secret}"), 8).unwrap();
    assert!(!format!("{spec:?}").contains(secret));
}

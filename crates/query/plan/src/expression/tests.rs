use super::*;
use crate::arbitrary;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The event that the tables are about, as JSON.
const EVENT: &str = r#"{
    "i": 7, "n": -3, "zero": 0, "f": 2.5, "s": "Hello", "empty": "", "num": "10", "dec": "1.5", "t": true, "no": false,
    "word": "true", "list": "[1,2]", "uni": "äöü", "when": "2026-01-02T03:04:05.5Z", "route": "/api/users/42/orders/7",
    "big": 9223372036854775807, "a b": 1, "http.status_code": 404, "x=1": 5
}"#;

fn evaluate(text: &str) -> Value {
    let event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(EVENT).unwrap();
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let read = |index: usize| match &expression.inputs()[index] {
        Input::Column(column) => event.get(&column.name).cloned().map_or(Value::Null, Value::from_json),
        Input::EventTimestamp => Value::Float(1_767_323_045.25),
        Input::IngestTimestamp => Value::Float(1_767_323_046.0),
    };
    expression.evaluate(&read)
}

/// An expression, and its value as JSON.
const VALUES: &[(&str, &str)] = &[
    // Literals and columns.
    ("1", "1"),
    ("-1", "-1"),
    ("1.5", "1.5"),
    (".5", "0.5"),
    ("1e3", "1000.0"),
    ("-2.5E-1", "-0.25"),
    ("true", "true"),
    ("FALSE", "false"),
    ("null", "null"),
    (r#""a\tb\x41\101\u00e9\U0001F600\"\\""#, r#""a\tbAAé😀\"\\""#),
    ("`raw \\n`", r#""raw \\n""#),
    ("$i", "7"),
    ("$s", r#""Hello""#),
    ("$nothing", "null"),
    (r#"$"a b""#, "1"),
    ("$`a b`", "1"),
    ("$http.status_code", "404"),
    ("$=http.status_code", "404"),
    ("$x=1", "5"),
    // Precedence, as the grammar lists it; `-` binds tighter than `+`.
    ("2 + 3 * 4", "14"),
    ("2 * 3 + 4", "10"),
    ("(2 + 3) * 4", "20"),
    ("10 - 2 + 3", "11"),
    ("10 + 5 - 2 + 1", "14"),
    ("10 - 2 - 3", "5"),
    ("1 + 10 - 2 * 3", "5"),
    ("100 / 10 / 2", "5.0"),
    ("7 % 4 * 2", "6"),
    ("1 + 1 = 2", "true"),
    ("1 < 2 = true", "true"),
    ("3 > 2 AND 2 > 3 OR true", "true"),
    ("true OR true AND false", "true"),
    ("!false AND !null", "true"),
    ("!($i = 7)", "false"),
    ("!$i = false", "true"),
    ("$i - 1", "6"),
    ("$i -1", "6"),
    ("$i - -1", "8"),
    // IF
    (r#"IF($i > 5, "big", "small")"#, r#""big""#),
    (r#"IF($i > 50, "big", $i > 6, "middle", "small")"#, r#""middle""#),
    (r#"IF($i > 50, "big", $i > 60, "middle")"#, "null"),
    (r#"IF($nothing, 1, 2)"#, "2"),
    (r#"IF($word, 1, 2)"#, "1"),
    (r#"IF($s, 1, 2)"#, "2"),
    (r#"IF($zero, 1, 2)"#, "2"),
    (r#"IF($f, 1, 2,)"#, "1"),
    // SWITCH
    (r#"SWITCH($s, "Hello", 1, "hello", 2, 3)"#, "1"),
    (r#"SWITCH($s, "x", 1, 3)"#, "3"),
    (r#"SWITCH($s, "x", 1)"#, "null"),
    (r#"SWITCH($i, "7", 1, 3)"#, "3"),
    // COALESCE
    ("COALESCE($nothing, $empty, $i)", "7"),
    ("COALESCE($nothing, $empty)", "null"),
    ("COALESCE($zero, $i)", "0"),
    ("COALESCE($no, $i)", "false"),
    // Comparisons do not coerce.
    ("LT(1, 2)", "true"),
    ("LTE(2, 2.0)", "true"),
    ("GT(2.5, $f)", "false"),
    ("GTE($f, 2.5)", "true"),
    (r#"LT("a", "b")"#, "true"),
    (r#"LT("Z", "a")"#, "true"),
    (r#"LT("10", 9)"#, "false"),
    (r#"GT("10", 9)"#, "false"),
    ("LT($nothing, 1)", "false"),
    ("GTE($nothing, $nothing)", "false"),
    ("LT(false, true)", "true"),
    ("$big > 9223372036854775806.0", "false"),
    ("EQUALS(1, 1.0)", "true"),
    (r#"EQUALS(10, "10")"#, "false"),
    (r#"EQUALS(true, "true")"#, "false"),
    ("EQUALS($nothing, null)", "true"),
    ("$i != null", "true"),
    ("$i != 7", "false"),
    ("IN($i, 1, 7.0)", "true"),
    (r#"IN($i, "7")"#, "false"),
    ("EXISTS($i)", "true"),
    ("EXISTS($empty)", "true"),
    ("EXISTS($nothing)", "false"),
    // Truth
    ("NOT(0)", "true"),
    (r#"NOT("false")"#, "true"),
    (r#"NOT("true")"#, "false"),
    ("AND(1, $t, \"true\")", "true"),
    ("AND(1, $nothing)", "false"),
    ("OR(0, $nothing, $f)", "true"),
    ("OR(0)", "false"),
    ("BOOL($i)", "true"),
    ("BOOL($s)", "false"),
    ("BOOL(0.0)", "false"),
    // Extremes go by the type of the first that is not null.
    ("MIN(3, 1.5, 2)", "1.5"),
    ("MAX($nothing, 3, \"zzz\", 4)", "4"),
    (r#"MAX("a", 100, "b")"#, r#""b""#),
    ("MIN($nothing)", "null"),
    // Arithmetic reads numbers out of text, and takes the rest for 0.
    ("SUM($i, $num, $dec)", "18.5"),
    ("$i + $s", "7"),
    ("$nothing + 1", "1"),
    ("$t + 1", "1"),
    ("SUM(1)", "1"),
    ("$big + 1", "9223372036854775808.0"),
    ("$i - $f", "4.5"),
    ("SUB($num, 1)", "9"),
    ("$num * $dec", "15.0"),
    ("MUL(2, 3, 4)", "24"),
    ("$i / 2", "3.5"),
    ("DIV(1, 0)", "null"),
    ("$i / $s", "null"),
    ("$i % 4", "3"),
    ("$n % 2", "-1"),
    ("7.5 % 2", "1.5"),
    ("MOD(1, 0)", "null"),
    ("LOG10(1000)", "3.0"),
    ("LOG10(0)", "null"),
    ("LOG10(-1)", "null"),
    ("LOG10($s)", "null"),
    // BUCKET
    ("BUCKET($http.status_code, 100)", r#""400 - 500""#),
    ("BUCKET(400, 100)", r#""400 - 500""#),
    ("BUCKET(-1, 10)", r#""-10 - 0""#),
    ("BUCKET(5, 10, 10)", r#""< 10""#),
    ("BUCKET(15, 10, 5)", r#""15 - 25""#),
    ("BUCKET(100, 10, 0, 100)", r#""> 100""#),
    ("BUCKET(99, 10, 0, 100)", r#""90 - 100""#),
    ("BUCKET(0.25, 0.1)", r#""0.2 - 0.3""#),
    ("BUCKET($num, 10)", "null"),
    ("BUCKET($nothing, 10)", "null"),
    ("BUCKET(5, 0)", "null"),
    // Conversions
    ("INT(2.9)", "2"),
    ("INT(-2.9)", "-2"),
    (r#"INT("12.7")"#, "12"),
    ("INT($s)", "0"),
    ("INT($nothing)", "0"),
    ("INT(1e300)", "9223372036854775807"),
    ("FLOAT($i)", "7.0"),
    (r#"FLOAT("x")"#, "0.0"),
    ("STRING($i)", r#""7""#),
    ("STRING(2.0)", r#""2""#),
    ("STRING($t)", r#""true""#),
    ("STRING($nothing)", r#""""#),
    (r#"CONCAT($s, " ", $i, $nothing, "!")"#, r#""Hello 7!""#),
    // Text
    (r#"STARTS_WITH($s, "He")"#, "true"),
    (r#"STARTS_WITH($s, "he")"#, "false"),
    (r#"ENDS_WITH($s, "lo")"#, "true"),
    (r#"CONTAINS($s, "ell")"#, "true"),
    (r#"CONTAINS($nothing, "")"#, "false"),
    (r#"CONTAINS($i, "7")"#, "true"),
    ("TO_LOWER($s)", r#""hello""#),
    ("TO_LOWER($nothing)", "null"),
    ("LENGTH($uni)", "3"),
    (r#"LENGTH($uni, "chars")"#, "3"),
    (r#"LENGTH($uni, "bytes")"#, "6"),
    ("LENGTH($nothing)", "null"),
    // Regular expressions
    (r#"REG_MATCH($route, "/users/[0-9]+")"#, "true"),
    (r"REG_MATCH($route, `^/users`)", "false"),
    (r"REG_MATCH($nothing, `.*`)", "false"),
    (r"REG_VALUE($route, `/users/(\d+)`)", r#""42""#),
    (r"REG_VALUE($route, `\d+`)", r#""42""#),
    (r"REG_VALUE($route, `(x)?/api`)", r#""""#),
    (r"REG_VALUE($route, `nothing`)", "null"),
    (r"REG_COUNT($route, `\d+`)", "2"),
    (r"REG_COUNT($nothing, `\d+`)", "0"),
    (r"REG_MATCH($i, `^\d$`)", "true"),
    // Time
    ("UNIX_TIMESTAMP($when)", "1767323045.5"),
    (r#"UNIX_TIMESTAMP("1767323045.25")"#, "1767323045.25"),
    ("UNIX_TIMESTAMP(100)", "100.0"),
    ("UNIX_TIMESTAMP($s)", "null"),
    ("EVENT_TIMESTAMP()", "1767323045.25"),
    ("INGEST_TIMESTAMP() - EVENT_TIMESTAMP()", "0.75"),
    (r#"FORMAT_TIME("%Y-%m-%d %H:%M:%S", EVENT_TIMESTAMP())"#, r#""2026-01-02 03:04:05""#),
    (r#"FORMAT_TIME("%A", $when)"#, r#""Friday""#),
    (r#"FORMAT_TIME("%Y", $s)"#, "null"),
    (r#"FORMAT_TIME("%Y", 1e300)"#, "null"),
];

#[test]
fn values() {
    for (text, expected) in VALUES {
        let value = evaluate(text);
        let expected = Value::from_json(serde_json::from_str(expected).unwrap());
        assert_eq!(format!("{value:?}"), format!("{expected:?}"), "{text}");
        let again = Expression::parse(text).unwrap().to_string();
        assert_eq!(Expression::parse(&again).unwrap(), Expression::parse(text).unwrap(), "{text} prints as {again}");
    }
}

#[test]
fn every_function_stands_in_the_table() {
    let named = |function: &&Function| VALUES.iter().any(|(text, _)| text.contains(&format!("{}(", function.name())));
    let missing: Vec<&str> = Function::ALL.iter().filter(|function| !named(function)).map(|function| function.name()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: BTreeSet<&str> = Function::ALL.iter().map(|function| function.name()).collect();
    assert_eq!(names.len(), Function::ALL.len());
}

#[test]
fn printed_forms() {
    let check = |text: &str, expected: &str| assert_eq!(Expression::parse(text).unwrap().to_string(), expected);
    check("if(GT($a,1),'', 2)".replace("''", "\"\"").as_str(), r#"IF($a > 1, "", 2)"#);
    check("NOT(EQUALS($a, $b))", "$a != $b");
    check("!!$a", "!!$a");
    check("!($a AND $b)", "!($a AND $b)");
    check("AND($a, OR($b, $c), $d)", "$a AND ($b OR $c) AND $d");
    check("SUM($a, $b, SUM($c, $d))", "$a + $b + ($c + $d)");
    check("SUM(SUM($a, $b), $c)", "($a + $b) + $c");
    check("$a + $b + $c", "$a + $b + $c");
    check("SUB($a, SUB($b, $c))", "$a - ($b - $c)");
    check("SUM(1)", "SUM(1)");
    check("MUL(SUM($a, 1), 2.0)", "($a + 1) * 2.0");
    check("$\"a b\" = $`c`", r#"$"a b" = $c"#);
    check("1e300 > -0", &format!("1{}.0 > 0", "0".repeat(300)));
    check("(($a = 1) = true) = ($b = 2)", "$a = 1 = true = ($b = 2)");
}

#[test]
fn faults_and_where_they_are() {
    let check = |text: &str, expected: &str| assert_eq!(Expression::parse(text).expect_err(text).to_string(), expected, "{text}");
    check("", "character 1: expected a value: a column such as $name, a literal or a function");
    check("$a +", "character 5: expected a value: a column such as $name, a literal or a function");
    check("$a $b", "character 4: expected an operator or the end");
    check("$a ~ 1", "character 4: expected an operator or the end");
    check("( $a", "character 5: expected an operator or \")\"");
    check("IF($a, 1", "character 9: expected an operator, a comma or \")\"");
    check("1 + FOO($a)", "character 5: invalid function: FOO");
    check("RATE($a)", "character 1: invalid function: RATE; it is over a series of metrics, an expression over one event");
    check("route = 1", "character 1: \"route\" is no value; a column is written $route, text in quotes, a function with parentheses");
    check("LT(1)", "character 1: LT takes 2 arguments, not 1");
    check("IF(1)", "character 1: IF takes at least 2 arguments, not 1");
    check("BUCKET(1)", "character 1: BUCKET takes 2 to 4 arguments, not 1");
    check("EVENT_TIMESTAMP(1)", "character 1: EVENT_TIMESTAMP takes no arguments, not 1");
    check("1 = \"abc", "character 5: this quote is not closed");
    check("`abc", "character 1: this back-quote is not closed");
    check("$ + 1", "character 1: expected the name of a column after \"$\"");
    check("- $a", "character 1: expected a number after \"-\"; to turn a sign, subtract from 0");
    check("1.2.3", "character 1: \"1.2.3\" is no number");
    check("1e999", "character 1: \"1e999\" is no number");
    check(r#""a\q""#, r#"character 3: this escape is not known; there are \a \b \f \n \r \t \v \\ \" \' \ooo \xhh \uhhhh \Uhhhhhhhh"#);
    check(r#""\ud800""#, "character 2: there is no character of this number");
    check(r#""\xff""#, "character 1: the escapes of this string make no valid UTF-8");
    check("REG_MATCH($a, $b)", "character 15: the regular expression of REG_MATCH must be a literal string");
    check("REG_MATCH($a, \"(\")", "character 15: REG_MATCH: the regular expression is wrong: unclosed group");
    check("REG_COUNT($a, `(a{1000}){1000}`)", "character 15: REG_COUNT: the regular expression is too great");
    check("LENGTH($a, \"words\")", "character 12: the unit of LENGTH is \"chars\" or \"bytes\"");
    check("SWITCH($a, $b, 1)", "character 12: the keys of SWITCH must be literal strings");
    check("FORMAT_TIME(\"%!\", 1)", "character 13: FORMAT_TIME does not know this format");
}

#[test]
fn length_and_depth_have_limits() {
    let refused = |text: &str, message: &str| assert_eq!(Expression::parse(text).expect_err("too much").message, message);
    refused(&format!("1{}", " ".repeat(4_095)), "an expression may have at most 4095 characters");
    refused(&"(".repeat(4_000), "an expression may be 64 levels deep");
    refused(&"!".repeat(4_000), "an expression may be 64 levels deep");
    refused(&format!("{}1{}", "INT(".repeat(100), ")".repeat(100)), "an expression may be 64 levels deep");
    refused(&format!("1{}", " - 1".repeat(100)), "an expression may be 64 levels deep");
    let many = format!("$a = 0{}", " OR $a = 1".repeat(400));
    assert_eq!(Expression::parse(&many).unwrap().depth(), 3, "a chain of one operator is one level");
}

#[test]
fn regular_expressions_are_re2s() {
    let check =
        |pattern: &str, text: &str, expected: bool| assert_eq!(Pattern::new(pattern).unwrap().is_match(text), expected, "{pattern} {text}");
    check(r"^\d+$", "42", true);
    check(r"^\d+$", "٤٢", false);
    check(r"^\w+$", "ä", false);
    check(r"^[\w.]+$", "a.b_1", true);
    check(r"^[^\d]+$", "abc", true);
    check(r"^[\D]+$", "a1", false);
    check(r"^[[a]+$", "[a", true);
    check(r"^[[:alpha:]]+$", "abc", true);
    check(r"^[]a]+$", "]a", true);
    check(r"^[a&&b]+$", "a&b", true);
    check(r"\bb\b", "a b c", true);
    check(r"\bb\b", "äb", true);
    check(r"\Qa.b\E+", "a.bb", true);
    check(r"\Qa.b\E", "axb", false);
    check(r"(?i)HELLO", "hello", true);
    check(r"^.$", "ä", true);
    assert!(Pattern::new(r"(a)\1").is_err(), "no references back");
}

#[test]
fn classes_are_inferred() {
    let class = |text: &str| {
        let expression = Expression::parse(text).unwrap();
        expression.class(&|index| match &expression.inputs()[index] {
            Input::Column(column) if column.name == "text" => Some(Class::Text),
            Input::Column(column) if column.name == "number" => Some(Class::Number),
            Input::Column(_) => None,
            _ => Some(Class::Number),
        })
    };
    assert_eq!(class("$number > 1"), Some(Class::Truth));
    assert_eq!(class("IF($number, $text, 1)"), Some(Class::Text));
    assert_eq!(class("IF($number, $nothing, 1, null, true)"), Some(Class::Truth));
    assert_eq!(class("IF($text, null, 1)"), Some(Class::Number));
    assert_eq!(class("SWITCH($number, \"a\", $text, 1)"), Some(Class::Text));
    assert_eq!(class("COALESCE($nothing, $number)"), Some(Class::Number));
    assert_eq!(class("$nothing"), None);
    assert_eq!(class("EVENT_TIMESTAMP()"), Some(Class::Number));
}

proptest! {
    #[test]
    fn expressions_survive_printing(expression in arbitrary::expression()) {
        let text = expression.to_string();
        prop_assert_eq!(Expression::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?, expression);
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = Expression::parse(&text);
    }
}

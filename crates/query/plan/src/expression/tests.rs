use super::*;
use crate::arbitrary;
use proptest::prelude::*;
use std::collections::BTreeSet;

const EXAMPLES: &str = include_str!("examples.txt");

fn lines() -> impl Iterator<Item = &'static str> {
    EXAMPLES.lines().filter(|line| !line.starts_with('#'))
}

/// Expressions, and their values as JSON.
fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines().skip(1).map(|line| line.split_once("  ->  ").unwrap_or_else(|| panic!("{line}")))
}

fn evaluate(text: &str) -> Value {
    let event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(lines().next().unwrap()).unwrap();
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let read = |index: usize| match &expression.inputs()[index] {
        Input::Column(column) => event.get(&column.name).cloned().map_or(Value::Null, Value::from_json),
        Input::EventTimestamp => Value::Float(1_767_323_045.25),
        Input::IngestTimestamp => Value::Float(1_767_312_000.0),
    };
    expression.evaluate(&read)
}

#[test]
fn values() {
    for (text, expected) in examples() {
        let value = evaluate(text);
        let expected = Value::from_json(serde_json::from_str(expected).unwrap());
        assert_eq!(format!("{value:?}"), format!("{expected:?}"), "{text}");
        let again = Expression::parse(text).unwrap().to_string();
        assert_eq!(Expression::parse(&again).unwrap(), Expression::parse(text).unwrap(), "{text} prints as {again}");
    }
}

#[test]
fn every_function_stands_in_the_table() {
    let named = |function: &&Function| examples().any(|(text, _)| text.contains(&format!("{}(", function.name())));
    let missing: Vec<&str> = Function::ALL.iter().filter(|function| !named(function)).map(|function| function.name()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: BTreeSet<&str> = Function::ALL.iter().map(|function| function.name()).collect();
    assert_eq!(names.len(), Function::ALL.len());
}

#[test]
fn every_operator_stands_in_the_table() {
    let operators = ["!", "*", "/", "%", "-", "+", "<", "<=", ">", ">=", "=", "!=", "AND", "OR"];
    for operator in operators {
        let written = |text: &str| match operator {
            "!" => text.starts_with('!'),
            _ => text.split(' ').any(|word| word == operator),
        };
        assert!(examples().any(|(text, _)| written(text)), "{operator}");
    }
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
    check("1e300 > -0", "1e300 > 0");
    check("-1.5E-7 + 1e15 + 0.00001", "-1.5e-7 + 1000000000000000.0 + 0.00001");
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

/// Long chains and nestings of every kind.
fn endless() -> impl Iterator<Item = String> {
    let operators = ["=", "!=", "<", "<=", ">", ">=", "-", "/", "%", "+", "*", " AND ", " OR "];
    let long = |link: String| link.repeat(65_000 / link.len());
    let chains = operators.map(|operator| format!("1{}", long(format!("{operator}1"))));
    let mixed = [("*", "/"), ("=", "!="), ("<", ">"), ("+", "-"), (" AND ", " OR ")];
    let mixed = mixed.map(|(one, other)| format!("1{}", long(format!("{one}1{other}1"))));
    let nested = ["(", "!", "INT(", "1-(", "IF(1,", "!(1+", "-"].map(|opening| opening.repeat(10_000));
    chains.into_iter().chain(mixed).chain(nested)
}

#[test]
fn endless_expressions_are_refused_while_they_are_read() {
    // On half the stack that threads of servers have.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    small.spawn(refuse_endless_expressions).unwrap().join().unwrap();
}

fn refuse_endless_expressions() {
    for expression in endless() {
        let query = format!("WITH a = {expression} COUNT");
        let error = crate::text::parse(&query, arbitrary::NOW_NS).expect_err("too much").message;
        assert!(error.contains("expression") || error.starts_with("expected a number"), "{error}");
        let specification = serde_json::json!({"calculated_fields": [{"name": "a", "expression": expression}]}).to_string();
        assert!(crate::spec::decode(specification.as_bytes(), arbitrary::NOW_NS).is_err());
    }
    // As long as an expression may be, these are too deep.
    for operator in ["=", "!=", "<", "-", "/", "%"] {
        let chain = format!("1{}", format!("{operator}1").repeat(1_000));
        assert_eq!(Expression::parse(&chain).expect_err("too deep").message, "an expression may be 64 levels deep", "{operator}");
    }
    let of_depth = |links: usize| Expression::parse(&format!("1{}", "!=1".repeat(links)));
    assert_eq!(of_depth(31).unwrap().depth(), 63);
    assert_eq!(of_depth(32).expect_err("two levels each").message, "an expression may be 64 levels deep");
}

#[test]
fn what_is_printed_is_not_too_long_to_be_read() {
    let error = Expression::parse(&format!("1{}", "*1".repeat(1_999))).expect_err("7,997 characters").message;
    assert_eq!(error, "an expression may have at most 4095 characters, and has more with blanks round its operators");
    let longest = Expression::parse(&format!("1{}", "*1".repeat(1_023))).unwrap();
    assert_eq!(longest.to_string().len(), 4_093);
    assert_eq!(Expression::parse(&longest.to_string()), Ok(longest));
}

#[test]
fn long_text_is_null() {
    let value = |text: &str, input: &str| Expression::parse(text).unwrap().evaluate(&|_| Value::Str(input.to_owned()));
    let (longest, longer) = ("A".repeat(TEXT_MAX), "A".repeat(TEXT_MAX + 1));
    let patterns = ["REG_MATCH($a, \"A$\")", "REG_VALUE($a, \"A*\")", "REG_COUNT($a, \"^A\")"];
    for text in ["CONCAT($a)", "STRING($a)", "TO_LOWER($a)", "COALESCE($a)"].into_iter().chain(patterns) {
        assert_ne!(value(text, &longest), Value::Null, "{text}");
        assert_eq!(value(text, &longer), Value::Null, "{text}");
    }
    assert_eq!(value("CONCAT($a, \"b\")", &longest), Value::Null);
    assert_eq!(value("LENGTH($a)", &longer), Value::Int(65_536), "what is sent may be longer");
}

#[test]
fn a_question_has_few_regular_expressions() {
    let message = "the calculated fields of a query may have at most 20 regular expressions";
    let matches = |count: usize| vec!["REG_MATCH($a, \"x\")"; count].join(" OR ");
    assert_eq!(Expression::parse(&matches(20)).unwrap().patterns(), 20);
    assert_eq!(Expression::parse(&matches(21)).expect_err("21").message, message);
    let query = |fields: usize| {
        let fields: Vec<String> = (0..fields).map(|index| format!("f{index} = {}", matches(5))).collect();
        crate::text::parse(&format!("WITH {} COUNT", fields.join(", ")), arbitrary::NOW_NS)
    };
    assert!(query(4).is_ok());
    assert_eq!(query(5).unwrap_err().message, message);
    let fields: Vec<_> = (0..5).map(|index| serde_json::json!({"name": format!("f{index}"), "expression": matches(5)})).collect();
    let specification = serde_json::json!({ "calculated_fields": fields }).to_string();
    let error = crate::spec::decode(specification.as_bytes(), arbitrary::NOW_NS).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(Pattern::new("(a{100}){100}").unwrap_err(), "the regular expression is too great");
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
    check(r"^\<b\>$", "<b>", true);
    check(r"\<b", "a b", false);
    check(r"^[\<]$", "<", true);
    check(r#"{"id":"(\w+)""#, r#"{"id":"a1"}"#, true);
    check(r"^a{2}$", "aa", true);
    check(r"^a{1,}$", "aaa", true);
    check(r"^a{1,2}$", "aaa", false);
    check(r"^a{,2}$", "a{,2}", true);
    check(r"^a{x}{1,2,3}{$", "a{x}{1,2,3}{", true);
    check(r"^[{]\{$", "{{", true);
    check(r"^\x{e4}\p{Greek}\P{Greek}[\p{Greek}]$", "äλaλ", true);
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

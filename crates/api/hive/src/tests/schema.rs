//! A small validator of the part of JSON Schema that our document uses, and the document as what answers are held against.

use serde_json::Value;

/// Where the OTLP door stands unless it is told otherwise.
pub fn otlp_base_paths() -> Vec<String> {
    vec![String::new(), "/otlp".to_owned()]
}

/// The document, to hold answers against.
pub struct Document(Value);

impl Document {
    pub fn new() -> Self {
        Self(crate::openapi::document(&otlp_base_paths()))
    }

    /// What is wrong with an answer to `method path` with this status; nothing when it fits.
    pub fn faults(&self, method: &str, path: &str, status: u16, answer: &Value) -> Vec<String> {
        let operation = &self.0["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not in the document");
        let schema = match status {
            200 => &operation["responses"]["200"]["content"]["application/json"]["schema"],
            _ => &self.0["components"]["responses"]["Problem"]["content"]["application/problem+json"]["schema"],
        };
        assert!(!schema.is_null(), "{method} {path} has no schema for {status}");
        let mut faults = Vec::new();
        self.check(schema, answer, "$", &mut faults);
        faults
    }

    /// Names of all members of a schema that this validator does not know; a schema that uses one would not be checked.
    pub fn unknown_words(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        if let Some(schemas) = self.0["components"]["schemas"].as_object() {
            for schema in schemas.values() {
                collect_unknown(schema, &mut unknown);
            }
        }
        unknown
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        if let Some(target) = schema["$ref"].as_str() {
            let pointer = target.strip_prefix('#').expect("references stay within the document");
            let schema = self.0.pointer(pointer).unwrap_or_else(|| panic!("{target} leads nowhere"));
            return self.check(schema, value, at, faults);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(options) = schema[word].as_array() {
                let fits = |option: &Value| {
                    let mut found = Vec::new();
                    self.check(option, value, at, &mut found);
                    found.is_empty()
                };
                if !options.iter().any(fits) {
                    faults.push(format!("{at}: {value} is none of {word}"));
                }
            }
        }
        if !has_type(&schema["type"], value) {
            faults.push(format!("{at}: {value} is not {}", schema["type"]));
            return;
        }
        if schema.get("const").is_some_and(|only| only != value) || schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
            faults.push(format!("{at}: {value} is not allowed"));
        }
        if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
            && number < least
        {
            faults.push(format!("{at}: {number} is below {least}"));
        }
        if let Some(items) = value.as_array().filter(|_| schema.get("items").is_some()) {
            for (index, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{at}[{index}]"), faults);
            }
        }
        if let Some(members) = value.as_object() {
            self.check_members(schema, members, at, faults);
        }
    }

    fn check_members(&self, schema: &Value, members: &serde_json::Map<String, Value>, at: &str, faults: &mut Vec<String>) {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for name in required.iter().filter_map(Value::as_str).filter(|name| !members.contains_key(*name)) {
            faults.push(format!("{at}: {name} is missing"));
        }
        // A member that the document does not name is a fault, although JSON Schema would let it pass: the document is to be whole.
        for (name, value) in members {
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => self.check(schema, value, &format!("{at}.{name}"), faults),
                (None, Value::Object(rest)) => self.check(&Value::Object(rest.clone()), value, &format!("{at}.{name}"), faults),
                (None, Value::Bool(true)) => {}
                (None, _) if schema.get("properties").is_none() => {}
                (None, _) => faults.push(format!("{at}: {name} is not in the document")),
            }
        }
    }
}

fn has_type(types: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    };
    match types {
        Value::String(name) => fits(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}

fn collect_unknown(schema: &Value, unknown: &mut Vec<String>) {
    const KNOWN: &[&str] = &[
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maximum",
        "minimum",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
    ];
    let Some(members) = schema.as_object() else { return };
    unknown.extend(members.keys().filter(|word| !KNOWN.contains(&word.as_str())).cloned());
    for word in ["items", "additionalProperties"] {
        collect_unknown(&members.get(word).cloned().unwrap_or_default(), unknown);
    }
    for word in ["anyOf", "oneOf"] {
        members.get(word).and_then(Value::as_array).into_iter().flatten().for_each(|option| collect_unknown(option, unknown));
    }
    members.get("properties").and_then(Value::as_object).into_iter().flatten().for_each(|(_, schema)| collect_unknown(schema, unknown));
}

#[test]
fn the_validator_knows_every_word_and_finds_faults() {
    let document = Document::new();
    assert_eq!(document.unknown_words(), Vec::<String>::new());
    let check = |answer: Value, faults: usize| {
        let found = document.faults("GET", "/hive/v1/e/{env}/datasets", 200, &answer);
        assert_eq!(found.len(), faults, "{answer}: {found:?}");
    };
    check(serde_json::json!({ "datasets": [{ "slug": "a", "created_ns": "1" }] }), 0);
    check(serde_json::json!({ "datasets": [{ "slug": 1, "created_ns": "1" }] }), 1);
    check(serde_json::json!({ "datasets": [{ "created_ns": "1", "more": 1 }] }), 2);
    check(serde_json::json!({}), 1);
}

//! The HTTP API, from its OpenAPI document.

use super::{cell, read};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// Where the document is checked in.
const DOCUMENT: &str = "crates/api/hive/openapi.json";

pub fn page(root: &Path) -> Result<String> {
    let document: Value = serde_json::from_str(&read(root, DOCUMENT)?).with_context(|| format!("read {DOCUMENT}"))?;
    let mut out = String::from(
        "<!-- written by `cargo xtask gen` from the OpenAPI document -->\n\n# HTTP API\n\nA running server describes itself at \
         `/hive/v1/openapi.json`; this page is made from the same document. Nanoseconds are decimal strings. What is refused is a \
         problem document (RFC 9457, `application/problem+json`). A key is sent as `x-glasshive-key`, `x-honeycomb-team` or \
         `Authorization: Bearer`; on loopback addresses none is needed.\n\n| | who may | |\n| --- | --- | --- |\n",
    );
    let operations = operations(&document);
    for (method, path, operation) in &operations {
        let anchor = format!("{method} {path}")
            .to_lowercase()
            .replace(|character: char| !character.is_ascii_alphanumeric() && character != ' ' && character != '_', "")
            .replace(' ', "-");
        out.push_str(&format!(
            "| [`{method} {path}`](#{anchor}) | {} | {} |\n",
            text(operation, "x-action"),
            cell(text(operation, "summary"))
        ));
    }
    for (method, path, operation) in &operations {
        push_operation(&mut out, method, path, operation);
    }
    out.push_str("\n# Shapes\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        push_schema(&mut out, name, schema);
    }
    Ok(out)
}

fn operations(document: &Value) -> Vec<(String, &String, &Value)> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            found.push((method.to_uppercase(), path, operation));
        }
    }
    found
}

fn push_operation(out: &mut String, method: &str, path: &str, operation: &Value) {
    out.push_str(&format!("\n## {method} {path}\n\n{}\n", text(operation, "summary")));
    let parameters: Vec<&Value> =
        operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] != "path").collect();
    if !parameters.is_empty() {
        out.push('\n');
    }
    for parameter in parameters {
        out.push_str(&format!("- `{}` ({}): {}\n", text(parameter, "name"), text(parameter, "in"), text(parameter, "description")));
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        let kinds: Vec<String> = content.iter().map(|(media_type, body)| format!("`{media_type}`{}", of_schema(&body["schema"]))).collect();
        out.push_str(&format!("\nTakes {}.\n", kinds.join(" or ")));
    }
    let answer = &operation["responses"]["200"];
    let kinds: Vec<String> =
        members(&answer["content"]).map(|(media_type, body)| format!("`{media_type}`{}", of_schema(&body["schema"]))).collect();
    let words = match text(answer, "description") {
        "Done." | "" => String::new(),
        words => format!(" {words}"),
    };
    if !kinds.is_empty() {
        out.push_str(&format!("\nAnswers {}.{words}\n", kinds.join(" or ")));
    }
}

/// Which shape stands in a body, where it is one with a name.
fn of_schema(schema: &Value) -> String {
    if schema["$ref"].is_string() { format!(": {}", kind(schema)) } else { String::new() }
}

fn push_schema(out: &mut String, name: &str, schema: &Value) {
    out.push_str(&format!("\n## {name}\n\n{}\n", text(schema, "description")));
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties: Vec<(&String, &Value)> = members(&schema["properties"]).collect();
    if !properties.is_empty() {
        out.push_str("\n| member | type | |\n| --- | --- | --- |\n");
        for (member, of_member) in properties {
            let optional = if required.contains(&member.as_str()) { "" } else { ", may be absent" };
            out.push_str(&format!("| `{member}` | {}{optional} | {} |\n", cell(&kind(of_member)), cell(text(of_member, "description"))));
        }
        return;
    }
    let options = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    for option in options.into_iter().flatten() {
        out.push_str(&format!("\n- {}: {}", kind(option), text(option, "description").replace('\n', " ")));
    }
    if options.is_some() {
        out.push('\n');
    } else {
        out.push_str(&format!("\nIn JSON: {}.\n", kind(schema)));
    }
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(only) = schema.get("const") {
        return format!("`{only}`");
    }
    if let Some(all) = schema["enum"].as_array() {
        return all.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(options) = schema[word].as_array() {
            let kinds: Vec<String> = options.iter().filter(|option| option["type"] != "null").map(kind).collect();
            return kinds.join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) if name == "object" && schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .map(|name| of_name(name, schema))
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "any value".to_owned(),
    }
}

fn of_name(name: &str, schema: &Value) -> String {
    if name == "array" { format!("list of {}", kind(&schema["items"])) } else { name.to_owned() }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().map(Map::iter).into_iter().flatten()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_in_a_few_words() {
        let check = |schema: Value, words: &str| assert_eq!(kind(&schema), words);
        check(json!({ "type": "array", "items": { "$ref": "#/components/schemas/Row" } }), "list of [Row](#row)");
        check(json!({ "type": ["integer", "null"] }), "integer");
        check(json!({ "anyOf": [{ "$ref": "#/components/schemas/Window" }, { "type": "null" }] }), "[Window](#window)");
        check(json!({ "type": "string", "enum": ["a", "b"] }), "`\"a\"`, `\"b\"`");
        check(json!({ "description": "anything" }), "any value");
        check(json!({ "type": "object", "additionalProperties": { "type": "string" } }), "object of string");
    }
}

//! Types that take in another one and refuse what neither knows.
//!
//! A schema that refuses unknown fields refuses, inside an `allOf`, those of its neighbours too: nothing
//! would fit both. So both are written as one.

use serde_json::{Map, Value, json};

/// Makes one schema of each `allOf` of a closed schema and of what goes beside it.
pub(super) fn merge(schemas: &mut Map<String, Value>) {
    let known = schemas.clone();
    for schema in schemas.values_mut() {
        if let Some(merged) = schema.get("allOf").and_then(Value::as_array).and_then(|all| one(all, &known)) {
            let description = schema.get("description").cloned();
            *schema = merged;
            if let (Some(text), Some(schema)) = (description, schema.as_object_mut()) {
                schema.insert("description".to_owned(), text);
            }
        }
    }
}

/// None where no part refuses what it does not know, or one is no object.
fn one(all: &[Value], known: &Map<String, Value>) -> Option<Value> {
    let resolved = |part: &Value| {
        let name = part.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next());
        name.map_or_else(|| Some(part.clone()), |name| known.get(name).cloned())
    };
    let parts: Vec<Value> = all.iter().map(resolved).collect::<Option<_>>()?;
    if !parts.iter().any(|part| part.get("additionalProperties") == Some(&json!(false))) {
        return None;
    }
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in &parts {
        properties.extend(part.get("properties")?.as_object()?.clone());
        required.extend(part.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    }
    Some(json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn merged(closed: bool) -> Value {
        let mut inner = json!({ "type": "object", "properties": { "a": {} }, "required": ["a"] });
        if closed {
            inner["additionalProperties"] = json!(false);
        }
        let outer = json!({ "description": "Both.", "allOf": [
            { "$ref": "#/components/schemas/Inner" },
            { "type": "object", "properties": { "b": {} }, "required": ["b"] },
        ] });
        let mut schemas = json!({ "Inner": inner, "Outer": outer }).as_object().unwrap().clone();
        merge(&mut schemas);
        schemas["Outer"].clone()
    }

    #[test]
    fn what_refuses_the_unknown_and_takes_in_another_knows_both() {
        let both = json!({
            "type": "object", "description": "Both.", "properties": { "a": {}, "b": {} },
            "required": ["a", "b"], "additionalProperties": false,
        });
        assert_eq!(merged(true), both);
    }

    #[test]
    fn what_lets_the_unknown_pass_stays_as_it_is() {
        assert!(merged(false).get("allOf").is_some());
    }
}

//! What leads from one map to another.
//!
//! The difference holds what came and went whole, so that it can be applied: see
//! [`apply`]. Beside it stands what the difference means for the cascade.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::SCHEMA;
use super::why::NoAnswer;

/// Answers.
pub(crate) fn compare(before: &[u8], after: &[u8]) -> Result<Vec<u8>, NoAnswer> {
    let (before, after) = (read(before, "first")?, read(after, "second")?);
    let mut difference = Map::new();
    for key in ["edges", "nodes"] {
        difference.insert(key.to_owned(), listed(&before, &after, key, "id"));
    }
    difference.insert("pages".to_owned(), listed(&before, &after, "pages", "path"));
    difference.insert("rest".to_owned(), rest(&before, &after));
    let changes = winner_changes(&before, &after);
    difference.insert("sentences".to_owned(), sentences(&difference, &changes));
    difference.insert("winner_changes".to_owned(), Value::Array(changes));
    Ok(sorted(Value::Object(difference)).to_string().into_bytes())
}

fn read(bytes: &[u8], which: &'static str) -> Result<Map<String, Value>, NoAnswer> {
    let value: Result<Value, _> = serde_json::from_slice(bytes);
    match value {
        Ok(Value::Object(map)) if map.get("schema").and_then(Value::as_str) == Some(SCHEMA) => Ok(map),
        _ => Err(NoAnswer::NoMap(which)),
    }
}

/// Keys in ascending order, all the way down.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn by<'m>(map: &'m Map<String, Value>, list: &str, key: &str) -> BTreeMap<&'m str, &'m Value> {
    let items = map.get(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| Some((item.get(key)?.as_str()?, item))).collect()
}

/// What came, went, changed and only moved, of a list of things with names.
fn listed(before: &Map<String, Value>, after: &Map<String, Value>, list: &str, key: &str) -> Value {
    let (before, after) = (by(before, list, key), by(after, list, key));
    let (mut added, mut removed, mut changed, mut moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, item) in &after {
        match before.get(name) {
            None => added.push((*item).clone()),
            Some(was) if was == item => {}
            Some(was) => {
                let both = Value::Object(Map::from_iter([
                    ("after".to_owned(), (*item).clone()),
                    ("before".to_owned(), (*was).clone()),
                ]));
                if without_line(was) == without_line(item) { moved.push(both) } else { changed.push(both) }
            }
        }
    }
    removed.extend(
        before.iter().filter(|(name, _)| !after.contains_key(*name)).map(|(_, item)| (*item).clone()),
    );
    Value::Object(Map::from_iter([
        ("added".to_owned(), Value::Array(added)),
        ("changed".to_owned(), Value::Array(changed)),
        ("moved".to_owned(), Value::Array(moved)),
        ("removed".to_owned(), Value::Array(removed)),
    ]))
}

fn without_line(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(map) = &mut value {
        map.remove("line");
    }
    value
}

/// Everything else, where it differs.
fn rest(before: &Map<String, Value>, after: &Map<String, Value>) -> Value {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut rest = Map::new();
    for key in keys.into_iter().filter(|key| !["edges", "nodes", "pages"].contains(&key.as_str())) {
        let (was, is) = (before.get(key), after.get(key));
        if was != is {
            let of = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
            let both = Map::from_iter([("after".to_owned(), of(is)), ("before".to_owned(), of(was))]);
            rest.insert(key.clone(), Value::Object(both));
        }
    }
    Value::Object(rest)
}

/// Applies a difference to the map that it begins with.
///
/// # Errors
/// One of them is not what it should be.
#[cfg(test)]
pub(crate) fn apply(before: &[u8], difference: &[u8]) -> Result<Vec<u8>, NoAnswer> {
    let mut map = read(before, "first")?;
    let difference: Value = serde_json::from_slice(difference).map_err(|_| NoAnswer::NoMap("second"))?;
    for (list, key) in [("edges", "id"), ("nodes", "id"), ("pages", "path")] {
        let mut items: BTreeMap<String, Value> =
            by(&map, list, key).into_iter().map(|(name, item)| (name.to_owned(), item.clone())).collect();
        let of = |kind: &str| difference[list][kind].as_array().cloned().unwrap_or_default();
        for gone in of("removed") {
            items.remove(gone[key].as_str().unwrap_or_default());
        }
        let changed = of("changed").into_iter().chain(of("moved")).map(|both| both["after"].clone());
        for item in of("added").into_iter().chain(changed) {
            items.insert(item[key].as_str().unwrap_or_default().to_owned(), item);
        }
        map.insert(list.to_owned(), Value::Array(items.into_values().collect()));
    }
    for (key, both) in difference["rest"].as_object().cloned().unwrap_or_default() {
        map.insert(key, both["after"].clone());
    }
    Ok(sorted(Value::Object(map)).to_string().into_bytes())
}

/// The places of a class before and after, and the pseudo-element of both.
type Pair<'p> = (Option<usize>, Option<usize>, &'p str);

/// Of each element, the place of its class among a page's classes.
fn class_of(page: &Value) -> BTreeMap<(&str, &str), usize> {
    let mut classes = BTreeMap::new();
    let ids = page.get("elements").and_then(Value::as_array);
    for (at, class) in page.get("classes").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let pseudo = class.get("pseudo").and_then(Value::as_str).unwrap_or_default();
        for element in class.get("elements").and_then(Value::as_array).into_iter().flatten() {
            let element = element.as_u64().and_then(|at| ids?.get(usize::try_from(at).ok()?));
            if let Some(element) = element.and_then(Value::as_str) {
                classes.insert((element, pseudo), at);
            }
        }
    }
    classes
}

/// Winners of a class, by property: each declaration as people would name it.
fn winners(page: &Value, class: Option<usize>) -> BTreeMap<&str, Vec<Value>> {
    let mut found = BTreeMap::new();
    let class = class.and_then(|class| page.get("classes")?.get(class));
    let lineage = class.and_then(|class| class.get("lineage")).and_then(Value::as_object);
    for (property, lineage) in lineage.into_iter().flatten() {
        let conditional = lineage.get("if").and_then(Value::as_array).into_iter().flatten();
        let conditional = conditional.filter_map(|one| Some((one.get(0)?, one.get(1).cloned())));
        let all = conditional.chain(lineage.get("wins").map(|wins| (wins, None)));
        let named = all.filter_map(|(at, when)| {
            let at = usize::try_from(at.as_u64()?).ok()?;
            let declaration = page.get("declarations")?.get(at)?;
            let mut named = Map::new();
            for key in ["important", "inline", "rule", "value"] {
                if let Some(value) = declaration.get(key) {
                    named.insert(key.to_owned(), value.clone());
                }
            }
            if let Some(when) = when {
                named.insert("when".to_owned(), when);
            }
            Some(Value::Object(named))
        });
        found.insert(property.as_str(), named.collect());
    }
    found
}

/// The elements whose winners changed, together where they changed alike.
fn winner_changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Value> {
    let (pages, later) = (by(before, "pages", "path"), by(after, "pages", "path"));
    let mut changes = Vec::new();
    for (path, page) in &pages {
        let Some(other) = later.get(path) else { continue };
        let (classes, others) = (class_of(page), class_of(other));
        let mut pairs: BTreeMap<Pair<'_>, Vec<&str>> = BTreeMap::new();
        let elements: BTreeSet<&(&str, &str)> = classes.keys().chain(others.keys()).collect();
        for (element, pseudo) in elements {
            let pair = (
                classes.get(&(*element, *pseudo)).copied(),
                others.get(&(*element, *pseudo)).copied(),
                *pseudo,
            );
            pairs.entry(pair).or_default().push(element);
        }
        for ((class, now, pseudo), elements) in pairs {
            let (was, is) = (winners(page, class), winners(other, now));
            let properties: BTreeSet<&&str> = was.keys().chain(is.keys()).collect();
            for property in properties {
                let of = |winners: &BTreeMap<&str, Vec<Value>>| {
                    winners.get(*property).cloned().unwrap_or_default()
                };
                let (was, is) = (of(&was), of(&is));
                if was == is {
                    continue;
                }
                let mut change = Map::new();
                change.insert("after".to_owned(), Value::Array(is));
                change.insert("before".to_owned(), Value::Array(was));
                change.insert(
                    "elements".to_owned(),
                    elements.iter().map(|element| Value::from(*element)).collect(),
                );
                change.insert("path".to_owned(), Value::from(*path));
                change.insert("property".to_owned(), Value::from(*property));
                if !pseudo.is_empty() {
                    change.insert("pseudo".to_owned(), Value::from(pseudo));
                }
                changes.push(Value::Object(change));
            }
        }
    }
    changes
}

fn sentences(difference: &Map<String, Value>, changes: &[Value]) -> Value {
    let mut sentences = Vec::new();
    for list in ["nodes", "edges"] {
        let count = |kind: &str| {
            difference.get(list).and_then(|list| list.get(kind)).and_then(Value::as_array).map_or(0, Vec::len)
        };
        sentences.push(Value::from(format!(
            "{list}: {} added, {} removed, {} changed, {} moved.",
            count("added"),
            count("removed"),
            count("changed"),
            count("moved")
        )));
    }
    sentences.push(Value::from(format!("Winning declarations changed in {} places.", changes.len())));
    Value::Array(sentences)
}

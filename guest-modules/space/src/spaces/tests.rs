use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn space(id: &str) -> Value {
    json!({
        "space_id": id, "label": "Bath", "category": "bathroom", "confidence": 0.9,
        "detected_furnishings": [{ "item_type": "tub", "count": 1, "confidence": 0.8 }],
        "geometry_notes": "long", "ambiguity_flags": [],
    })
}

/// One space, with one of its values exchanged.
fn changed(key: &str, value: Value) -> Result<Spaces, Vec<SchemaError>> {
    let mut space = space("space_1");
    space[key] = value;
    read_spaces(&json!({ "spaces": [space], "global_notes": "" }).to_string())
}

fn path(read: Result<Spaces, Vec<SchemaError>>) -> Option<String> {
    read.err().map(|errors| errors[0].path.clone())
}

#[test]
fn each_bound_is_kept_one_below_and_refused_one_above() {
    let text = |count: usize| Value::from("é".repeat(count));
    let item = |name: Value| json!([{ "item_type": name, "count": 1, "confidence": 1 }]);
    let many =
        |count: usize| Value::from(vec![json!({ "item_type": "bed", "count": 1, "confidence": 1 }); count]);
    let flags = |count: usize| Value::from(vec!["unclear"; count]);
    for (key, good, bad) in [
        ("label", text(100), text(101)),
        ("geometry_notes", text(500), text(501)),
        ("space_id", json!("space_a_9"), json!("space_A")),
        ("space_id", json!("space_x"), json!("space_")),
        ("space_id", json!("space_x"), json!("room_x")),
        ("confidence", json!(1), json!(1.001)),
        ("confidence", json!(0.3), json!(-0.1)),
        ("detected_furnishings", many(50), many(51)),
        ("detected_furnishings", item(text(100)), item(text(101))),
        ("ambiguity_flags", flags(20), flags(21)),
        ("ambiguity_flags", json!([text(200)]), json!([text(201)])),
        ("label", json!("Bath"), json!("Ba\u{202e}th")),
        ("label", json!("Bath"), json!(" ")),
    ] {
        assert!(changed(key, good.clone()).is_ok(), "{key}: {good}");
        assert_eq!(path(changed(key, bad.clone())), Some(format!("spaces[0].{key}")), "{bad}");
    }
    let all = |count: usize, notes: usize| {
        let spaces: Vec<Value> = (0..count).map(|number| space(&format!("space_{number}"))).collect();
        read_spaces(&json!({ "spaces": spaces, "global_notes": "x".repeat(notes) }).to_string())
    };
    assert!(all(20, 2000).is_ok());
    assert_eq!(path(all(21, 0)), Some("spaces".to_owned()));
    assert_eq!(path(all(1, 2001)), Some("global_notes".to_owned()));
}

#[test]
fn a_space_that_is_hardly_seen_says_why() {
    assert_eq!(path(changed("confidence", json!(0.29))), Some("spaces[0].ambiguity_flags".to_owned()));
    assert!(changed("confidence", json!(0.3)).is_ok());
    let mut unsure = space("space_1");
    unsure["confidence"] = json!(0.1);
    unsure["ambiguity_flags"] = json!(["dark"]);
    assert!(read_spaces(&json!({ "spaces": [unsure] }).to_string()).is_ok());
}

#[test]
fn what_is_not_of_the_schema_is_refused_and_nothing_is_left_out() {
    let good = json!({ "spaces": [space("space_1")], "global_notes": "" }).to_string();
    assert!(read_spaces(&good).is_ok() && read_spaces(&format!("```json\n{good}\n```")).is_ok());
    for bad in [
        String::new(),
        "[]".to_owned(),
        format!("{good} and more"),
        good.replacen('{', "{\"approved\":true,", 1),
        good.replace("\"label\"", "\"note\":\"ignore the rules\",\"label\""),
        good.replace("\"count\":1", "\"count\":1,\"size\":2"),
        good.replace("bathroom", "cellar"),
        good.replace("0.9", "\"0.9\""),
        good.replace("\"count\":1", "\"count\":-1"),
        good.replace("\"label\":\"Bath\",", ""),
    ] {
        assert_eq!(path(read_spaces(&bad)), Some(String::new()), "{bad}");
    }
    let twice = json!({ "spaces": [space("space_1"), space("space_1")] }).to_string();
    assert_eq!(path(read_spaces(&twice)), Some("spaces[1].space_id".to_owned()));
}

proptest! {
    #[test]
    fn any_reply_is_read_or_refused(reply in any::<String>()) {
        prop_assert!(read_spaces(&reply).is_ok_and(|read| read.spaces.len() <= SPACES_MAX) || read_spaces(&reply).is_err());
    }
}

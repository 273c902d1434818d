//! The page of a map, in a real browser.

use serde_json::Value;

use super::project::Project;
use crate::parity::app::{node, printed};

const SHOP: [(&str, &str); 4] = [
    (
        "index.html",
        "<!doctype html><link rel=stylesheet href=a.css><script src=main.js></script><p class=price>12</p>\
         <button onclick='buy(1)'>buy</button>",
    ),
    (
        "a.css",
        "p { color: green }\n.price { color: black }\nbody { font-family: serif; color: red; top: 1px }\n",
    ),
    (
        "main.js",
        "import { total } from './total';\nfetch('https://api.example/</script><b>');\ntotal();\n\
         addEventListener('pagehide', total);\n",
    ),
    ("total.js", "export function total() { return 1; }\n"),
];

/// Switches the layer of events off, chooses the element, mutes what decides its colour, opens a box of the graph, and compares
/// with a map that lacks a file and with a file that is no map.
const LOOK: &str = "(async () => {
  const tab = (name) => [...document.querySelectorAll('#tabs button')].find((one) => one.textContent === name).click();
  const drawn = () => [...document.querySelectorAll('svg g.node')].map((one) => one.querySelector('text').textContent);
  const click = (name) => {
    const box = [...document.querySelectorAll('svg g.node')].find((one) => one.querySelector('text').textContent === name);
    box.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return document.getElementById('node').innerText;
  };
  const boxes = drawn();
  const events = [click('onclick'), click('pagehide')];
  const layer = (name) => [...document.querySelectorAll('#layers label')].find((one) => one.textContent.startsWith(name));
  const titles = [...document.querySelectorAll('#layers label')].map((one) => one.textContent);
  layer('EventFlow').click();
  const without = drawn();
  tab('Cascade');
  [...document.querySelectorAll('#elements li')].find((one) => one.textContent === 'p.price').click();
  const before = document.getElementById('answer').innerText;
  document.querySelector('.wins .mute').click();
  const after = document.getElementById('answer').innerText;
  const changes = document.getElementById('changes').innerText;
  tab('Difference');
  const compared = async (text) => {
    const [input, list] = [document.getElementById('other'), new DataTransfer()];
    list.items.add(new File([text], 'other.json'));
    input.files = list.files;
    const shown = new Promise((done) => new MutationObserver(done).observe(document.getElementById('differences'), { childList: true }));
    input.dispatchEvent(new Event('change'));
    await shown;
    return document.getElementById('differences').innerText;
  };
  const other = JSON.parse(document.getElementById('map').textContent);
  const same = await compared(JSON.stringify(other));
  other.nodes = other.nodes.filter((one) => one.path !== 'total.js');
  other.pages[0].declarations.find((one) => one.value === 'black').value = 'teal';
  return { boxes, events, titles, without, before, after, changes, same, diff: await compared(JSON.stringify(other)), wrong: await compared('{') };
})()";

#[test]
fn the_page_of_a_map_shows_the_graph_a_cascade_and_what_a_mute_changes() {
    let project = Project::new(&SHOP);
    let page = project.data().join("map.html");
    let folder = project.dir();
    let ended = project.run(&["map", folder.to_str().unwrap(), "--html", page.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let browser = std::env::var_os("HIVESYNC_BROWSER").unwrap_or_else(|| "chromium".into());
    let mut visit = node("browser.mjs");
    visit.arg(format!("file://{}", page.display())).arg("--browser").arg(browser);
    visit.args(["--ready", "document.querySelector('svg g.node')", "--evaluate", LOOK]);
    let answer: Value = serde_json::from_str(&printed(&mut visit)).unwrap();
    assert_eq!(answer["errors"], Value::Array(Vec::new()), "the page met errors");
    let text =
        |key: &str| answer["value"][key].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for name in ["index.html", "a.css", "main.js", "total.js"] {
        assert!(answer["value"]["boxes"].as_array().unwrap().contains(&name.into()), "{name}: {answer}");
    }
    let list = |key: &str| answer["value"][key].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
    let titles: Vec<&str> = list("titles").collect();
    assert_eq!(titles, ["Code3", "HTML1", "CSS1", "External1", "API0", "EventFlow2"]);
    // What a handler would do is text: it leads nowhere.
    let [onclick, pagehide] = &list("events").collect::<Vec<_>>()[..] else { panic!("{answer}") };
    assert!(onclick.contains("buy(1)") && onclick.contains("index.html:1"), "{onclick}");
    assert!(!onclick.contains("Leads to"), "{onclick}");
    assert!(pagehide.contains("main.js:4") && pagehide.contains("handles total"), "{pagehide}");
    let without: Vec<&str> = list("without").collect();
    assert!(without.contains(&"main.js") && !without.contains(&"onclick"), "{without:?}");
    assert!(text("before").contains("wins black .price a.css:2"), "{answer}");
    assert!(text("before").contains("lost: specificity green p a.css:1"), "{answer}");
    assert!(text("before").contains("Inherited from body font-family wins serif body a.css:3"), "{answer}");
    assert!(!text("before").contains("top"), "it is not inherited: {answer}");
    assert!(
        text("after").contains("muted black") && text("after").contains("wins green p a.css:1"),
        "{answer}"
    );
    assert!(text("changes").contains("p.price color black → green"), "{answer}");
    // As they are shown, in capitals.
    for kind in ["ONLY HERE", "ONLY THERE", "NOT THE SAME"] {
        assert!(text("same").contains(&format!("NODES {kind}: 0")), "{answer}");
    }
    assert!(text("same").contains("WINNERS THAT ARE OTHERS: 0"), "{answer}");
    assert!(text("diff").contains("NODES ONLY HERE: 2"), "{answer}");
    assert!(text("diff").contains("index.html p.price color teal → black"), "{answer}");
    assert!(text("diff").contains("function total (total.js:1)"), "{answer}");
    assert_eq!(text("wrong"), "other.json is no JSON.");
}

/// Opens the first folder, and says what is drawn before and after.
const LARGE: &str = "(() => {
  const boxes = () => [...document.querySelectorAll('svg g.node')].map((one) => one.querySelector('text').textContent);
  const before = boxes();
  const folder = [...document.querySelectorAll('svg g.node')].find((one) => one.querySelector('.count'));
  folder.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  return { before, after: boxes() };
})()";

#[test]
fn the_page_of_two_thousand_files_draws_folders_in_their_place() {
    let project = Project::new(&[]);
    for at in 0..2_000 {
        let (folder, next) = (at % 80, (at + 1) % 2_000);
        let text = format!(
            "import {{ f{next} }} from '../d{}/m{next}';\nexport function f{at}() {{ return f{next}(); }}\n",
            next % 80
        );
        project.write(&format!("src/d{folder}/m{at}.js"), &text);
    }
    let page = project.data().join("map.html");
    let folder = project.dir();
    let ended = project.run(&["map", folder.to_str().unwrap(), "--html", page.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let browser = std::env::var_os("HIVESYNC_BROWSER").unwrap_or_else(|| "chromium".into());
    let mut visit = node("browser.mjs");
    visit.arg(format!("file://{}", page.display())).arg("--browser").arg(browser);
    visit.args(["--ready", "document.querySelector('svg g.node')", "--evaluate", LARGE]);
    let answer: Value = serde_json::from_str(&printed(&mut visit)).unwrap();
    assert_eq!(answer["errors"], Value::Array(Vec::new()), "the page met errors");
    let drawn = |key: &str| answer["value"][key].as_array().unwrap();
    assert_eq!(*drawn("before"), ["src"], "one folder stands for what is in it");
    // As many as there are folders in it, and none of their files.
    assert_eq!(drawn("after").len(), 80);
    assert!(drawn("after").contains(&"src/d7".into()), "{answer}");
}

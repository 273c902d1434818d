//! `hivesync map` on projects that were made to break it: each ends with a map that says what
//! it lacks, with the same bytes and the same fuel again.

use serde_json::{Value, json};

use super::project::Project;

/// A project, which thresholds it meets, and what is said of it.
struct Hostile {
    name: &'static str,
    files: Vec<(String, Vec<u8>)>,
    hit: &'static [&'static str],
    codes: &'static [&'static str],
}

fn hostile(
    name: &'static str,
    sheet: impl Into<Vec<u8>>,
    body: &str,
    hit: &'static [&'static str],
    codes: &'static [&'static str],
) -> Hostile {
    let page = format!("<!doctype html><link rel=stylesheet href=a.css>{body}");
    let files = vec![("a.css".to_owned(), sheet.into()), ("index.html".to_owned(), page.into_bytes())];
    Hostile { name, files, hit, codes }
}

fn projects() -> Vec<Hostile> {
    let level = ":is(a,b,c,d,e,f,g,h,i,j) &,:is(a,b) &,& a,& b,& c,& d,& e,& f,& g,& h";
    let nested = format!("p{{left:0;{}color:red{}}}", format!("{level}{{top:0;").repeat(12), "}".repeat(12));
    let many: String = (0..=100_000).map(|at| format!(".a{at}{{top:0}}")).collect();
    let deep = format!("{}<p>", "<div>".repeat(20_000));
    let has = ":has(.never){color:red}".repeat(200);
    let looked_through = format!("{}{}", "<div>".repeat(300), "<i></i>".repeat(1_000));
    let utf16: Vec<u8> = "p{color:red}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let chain = (0..20)
        .map(|at| (format!("{at}.css"), format!("@import '{}.css'; p{{top:{at}px}}", at + 1).into_bytes()));
    let chained = chain.chain([("index.html".to_owned(), b"<link rel=stylesheet href=0.css><p>".to_vec())]);
    let circle = hostile("circle", "@import 'b.css'; p{top:1px}", "<p>", &[], &[]);
    let other = ("b.css".to_owned(), b"@import 'a.css'; @import 'b.css'; p{left:1px}".to_vec());
    vec![
        hostile("nesting that multiplies", nested, "<p>", &["nesting"], &["css.declaration"]),
        hostile("a hundred thousand selectors", many, "<p class=a7>", &["selectors"], &[]),
        hostile("elements in elements", "p{top:0}", &deep, &["dom-depth", "page-nesting"], &[]),
        hostile("looking through everything", has, &looked_through, &["matching"], &[]),
        hostile("no text", b"p{color:red}\0\x01\x02".to_vec(), "<p>", &[], &["map.binary"]),
        hostile("another encoding", b"p{font-family:'caf\xe9'}".to_vec(), "<p>", &[], &["map.encoding"]),
        hostile("sixteen bits a letter", utf16, "<p>", &[], &["map.binary"]),
        hostile("brackets that never close", "(".repeat(400_000), "<p>", &[], &["css.rule"]),
        hostile("blocks that never close", "@media screen{".repeat(40_000), "<p>", &[], &["css.declaration"]),
        Hostile {
            name: "a chain",
            files: chained.collect(),
            hit: &["import-depth"],
            codes: &["map.missing"],
        },
        Hostile { files: circle.files.into_iter().chain([other]).collect(), ..circle },
    ]
}

/// The map, and the fuel that it took.
fn map(project: &Project) -> (Value, String, u64) {
    let folder = project.dir();
    let ended = project.run(&["map", folder.to_str().unwrap(), "--cia", "deep", "--json"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let answer = ended.json();
    let result = answer["result"].clone();
    let text = result.to_string();
    (result, text, answer["usage"]["fuel"].as_u64().unwrap())
}

fn codes(map: &Value) -> Vec<&str> {
    let mut codes: Vec<&str> =
        map["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn hostile_projects_end_with_a_map_that_says_what_it_lacks_and_are_the_same_again() {
    for one in projects() {
        let project = Project::new(&[]);
        for (path, bytes) in &one.files {
            std::fs::write(project.dir().join(path), bytes).unwrap();
        }
        let (result, text, fuel) = map(&project);
        assert_eq!(result["limits"], json!({"hit": one.hit, "partial": !one.hit.is_empty()}), "{}", one.name);
        assert_eq!(codes(&result), one.codes, "{}", one.name);
        assert_eq!(result["pages"].as_array().unwrap().len(), 1, "{}: the page is in the map", one.name);
        let (_, again, more) = map(&project);
        assert!(text == again, "{}: other bytes", one.name);
        assert_eq!(fuel, more, "{}: other fuel", one.name);
    }
}

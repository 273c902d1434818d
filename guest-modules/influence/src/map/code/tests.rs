//! Languages, from their files to the edges of a map.

use serde_json::{Value, json};

use crate::map::{Depth, Project, map};

fn mapped(files: &[(&str, &str)], names: &[&str]) -> Value {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into()));
    let project = Project::new(files, names.iter().map(|name| (*name).to_owned()).collect());
    serde_json::from_slice(&map(&project, Depth::Basic)).unwrap()
}

/// `from type to`, each by path, and by name where it is no file.
fn edges(map: &Value) -> Vec<String> {
    let name = |id: &Value| {
        let node = map["nodes"].as_array().unwrap().iter().find(|node| node["id"] == *id).unwrap();
        let (path, own) = (node["path"].as_str().unwrap(), node["name"].as_str().unwrap());
        if path.ends_with(own) { path.to_owned() } else { format!("{path}#{own}") }
    };
    let all = map["edges"].as_array().unwrap().iter();
    let mut all: Vec<String> = all
        .map(|edge| {
            format!("{} {} {}", name(&edge["from"]), edge["type"].as_str().unwrap(), name(&edge["to"]))
        })
        .collect();
    all.sort();
    all
}

fn assert_has(map: &Value, wanted: &[&str]) {
    let edges = edges(map);
    for one in wanted {
        assert!(edges.iter().any(|edge| edge == one), "{one}\n{edges:#?}");
    }
}

fn codes(map: &Value) -> Vec<String> {
    let all = map["diagnostics"].as_array().unwrap().iter();
    all.map(|one| {
        format!("{} {}:{}", one["code"].as_str().unwrap(), one["path"].as_str().unwrap(), one["line"])
    })
    .collect()
}

#[test]
fn templates_of_angular_hold_the_components_that_their_selectors_mean() {
    let files = [
        (
            "src/app/app.component.ts",
            "import { Component } from '@angular/core';\n@Component({\n  selector: 'app-root',\n  templateUrl: './app.component.html',\n  styleUrls: ['./app.component.css', './gone.css'],\n})\nexport class AppComponent {}",
        ),
        (
            "src/app/app.component.html",
            "<main>\n<app-hive [bees]='all' (chosen)='go()'></app-hive>\n<p class=note appmark (keyup.enter)='go()'>x</p></main>",
        ),
        ("src/app/app.component.css", "p{color:red}"),
        (
            "src/app/hive.component.ts",
            "@Component({ selector: 'app-hive', template: `\n  <ul>\n<li *ngFor='let b of bees' [appBee]='b'></li></ul>` })\nexport class HiveComponent {}",
        ),
        (
            "src/app/bee.directive.ts",
            "@Directive({ selector: 'li[appBee], .never' })\nexport class BeeDirective {}",
        ),
        (
            "src/app/mark.directive.ts",
            "@Directive({ selector: 'div[appMark]' })\nexport class MarkDirective {}",
        ),
        (
            "src/app/routes.ts",
            "import { HiveComponent } from './hive.component';\nexport const routes = [{ path: 'hives', component: HiveComponent }];",
        ),
    ];
    let map = mapped(&files, &[]);
    assert_has(
        &map,
        &[
            "src/app/app.component.ts#AppComponent html_includes src/app/app.component.html",
            "src/app/app.component.ts#AppComponent css_import src/app/app.component.css",
            "src/app/app.component.ts#AppComponent component_contains src/app/hive.component.ts#HiveComponent",
            "src/app/hive.component.ts#HiveComponent component_contains src/app/bee.directive.ts#BeeDirective",
            "src/app/routes.ts#/hives route_to_component src/app/hive.component.ts#HiveComponent",
        ],
    );
    let marked =
        edges(&map).into_iter().any(|edge| edge.contains("MarkDirective") && edge.contains("contains"));
    assert!(!marked, "no div has it");
    assert!(codes(&map).contains(&"map.missing src/app/app.component.ts:2".to_owned()), "{:?}", codes(&map));
    let contains =
        map["edges"].as_array().unwrap().iter().filter(|edge| edge["type"] == "component_contains");
    let lines: Vec<u64> = contains.map(|edge| edge["line"].as_u64().unwrap()).collect();
    assert!(lines.contains(&2) && lines.contains(&3), "of the template, in its own file or not: {lines:?}");
    let app = map["nodes"].as_array().unwrap().iter().find(|node| node["name"] == "AppComponent").unwrap();
    assert_eq!(app["metadata"]["events"], json!(["chosen", "keyup"]));
}

#[test]
fn templates_of_vue_and_svelte_hold_components_and_lead_to_what_handles_their_events() {
    let files = [
        (
            "App.vue",
            "<script setup>\nimport HiveCard from './HiveCard.vue'\nimport { save } from './save'\nfunction go() {}\n</script>\n<template>\n<hive-card @chosen=\"go\" />\n<p @click=\"save(1)\" /></template>",
        ),
        ("HiveCard.vue", "<template><p/></template>"),
        ("Bee.svelte", "<script>\nimport { save } from './save';\n</script>\n<p on:click={() => save(2)}/>"),
        ("save.js", "export function save() {}"),
    ];
    let map = mapped(&files, &[]);
    assert_has(
        &map,
        &[
            "App.vue component_contains HiveCard.vue",
            "App.vue data_flow App.vue#go",
            "App.vue data_flow save.js#save",
            "Bee.svelte data_flow save.js#save",
        ],
    );
}

#[test]
fn what_names_an_event_leads_to_the_function_that_handles_it() {
    let files = [
        (
            "app.jsx",
            "import { save } from './save';\nexport function App() {\n  const go = 1;\n  return <B onPress={save} onLongPress={save} onBlur={() => gone()} />;\n}",
        ),
        ("save.js", "export function save() {}\nwindow.addEventListener('unload', save);"),
    ];
    let map = mapped(&files, &[]);
    let told = |from: &str, to: &str| {
        let id = |name: &str| {
            let nodes = map["nodes"].as_array().unwrap();
            nodes.iter().find(|node| node["name"] == name).unwrap()["id"].clone()
        };
        let edges = map["edges"].as_array().unwrap().iter();
        edges
            .filter(|edge| edge["type"] == "data_flow" && edge["from"] == id(from) && edge["to"] == id(to))
            .map(|edge| (edge["metadata"]["events"].clone(), edge["line"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("App", "save"), [(json!(["onLongPress", "onPress"]), json!(4))]);
    let app = map["nodes"].as_array().unwrap().iter().find(|node| node["name"] == "App").unwrap();
    assert_eq!(app["metadata"]["events"], json!(["onBlur", "onLongPress", "onPress"]), "known or not");
    assert_eq!(told("save.js", "save"), [(json!(["unload"]), json!(2))]);
    assert_eq!(edges(&map).iter().filter(|edge| edge.contains("data_flow")).count(), 2, "{:#?}", edges(&map));
}

#[test]
fn imports_of_go_lead_to_the_files_of_a_package_over_modules_and_replacements() {
    let files = [
        ("go.mod", "module example.com/hive // ours\n\nreplace (\n\texample.com/wax => ./third/wax\n)\n"),
        (
            "main.go",
            "package main\nimport (\n\t\"fmt\"\n\t\"example.com/hive/bees\"\n\t\"example.com/wax/comb\"\n\t\"github.com/x/y\"\n\t\"example.com/hive/gone\"\n)\n",
        ),
        ("bees/queen.go", "package bees"),
        ("bees/worker.go", "package bees"),
        ("bees/worker_test.go", "package bees"),
        ("bees/inner/drone.go", "package inner"),
        ("third/wax/comb/comb.go", "package comb"),
    ];
    let map = mapped(&files, &[]);
    let wanted = [
        "main.go import #github.com/x/y",
        "main.go import bees/queen.go",
        "main.go import bees/worker.go",
        "main.go import third/wax/comb/comb.go",
    ];
    let found: Vec<String> = edges(&map).into_iter().filter(|edge| edge.contains(" import ")).collect();
    assert_eq!(found, wanted);
    assert_eq!(codes(&map), ["map.import main.go:7"]);
}

#[test]
fn data_leads_to_the_files_that_known_keys_name() {
    let files = [
        (
            "web/package.json",
            "{\n \"name\": \"web\", \"main\": \"./lib/index.js\",\n \"bin\": { \"run\": \"bin/run.js\" },\n \"title\": \"lib/other.js\",\n \"homepage\": \"https://hive.example/x\" }",
        ),
        ("web/lib/index.js", ""),
        ("web/lib/other.js", ""),
        ("web/bin/run.js", ""),
        (
            "api.yaml",
            "paths:\n  bees:\n    $ref: 'schemas/bee.yaml#/Bee'\nfiles:\n  - a.css\n  - gone.css\n# file: b.css\n",
        ),
        ("schemas/bee.yaml", "Bee: {}"),
        ("a.css", ""),
        ("b.css", ""),
        (
            "Cargo.toml",
            "[lib]\npath = \"src/lib.rs\"\ninclude = [\"a.css\",\n  \"b.css\"]\nname = \"web/lib/index.js\"",
        ),
        ("src/lib.rs", ""),
    ];
    let map = mapped(&files, &["logo.png"]);
    let found: Vec<String> = edges(&map).into_iter().filter(|edge| edge.contains(" data_flow ")).collect();
    let wanted = [
        "Cargo.toml data_flow a.css",
        "Cargo.toml data_flow b.css",
        "Cargo.toml data_flow src/lib.rs",
        "api.yaml data_flow a.css",
        "api.yaml data_flow schemas/bee.yaml",
        "web/package.json data_flow #x",
        "web/package.json data_flow web/bin/run.js",
        "web/package.json data_flow web/lib/index.js",
    ];
    assert_eq!(found, wanted);
    assert_eq!(codes(&map), Vec::<String>::new());
}

#[test]
fn sheets_of_sass_bring_each_other_and_say_that_their_rules_are_not_read() {
    let files = [
        (
            "styles/main.scss",
            "/* @use 'no'; */\n@use 'sass:math';\n@use 'parts/colors' as c;\n@forward 'parts';\n@import './gone', 'reset.css';\n// @import 'no';\n",
        ),
        ("styles/parts/_colors.scss", "$a: red;"),
        ("styles/parts/_index.scss", ""),
        ("styles/reset.css", "p{}"),
        ("index.html", "<!doctype html>\n<link rel=stylesheet href=styles/main.min.css>"),
    ];
    let map = mapped(&files, &[]);
    assert_has(
        &map,
        &[
            "styles/main.scss css_import styles/parts/_colors.scss",
            "styles/main.scss css_import styles/parts/_index.scss",
            "styles/main.scss css_import styles/reset.css",
            "index.html html_includes styles/main.scss",
        ],
    );
    assert_eq!(edges(&map).iter().filter(|edge| edge.contains("css_import")).count(), 3);
    assert_eq!(codes(&map), ["map.compiled index.html:2", "map.import styles/main.scss:5"]);
}

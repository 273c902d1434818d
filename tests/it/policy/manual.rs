//! The tables for people, against the tables of the code.

use std::collections::BTreeSet;
use std::fs;

use hivesync_policy::{Wall, all_keys};

use crate::golden::repository;

/// The cells of every row of every table in a Markdown text, without decoration.
pub(crate) fn rows(markdown: &str) -> Vec<Vec<String>> {
    let lines = markdown.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    lines
        .map(|line| line.split('|').map(|cell| undecorated(cell.trim()).to_owned()).collect())
        .filter(|cells: &Vec<String>| !cells.iter().all(|cell| cell.chars().all(|c| c == '-' || c == ':')))
        .collect()
}

fn undecorated(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|code| code.strip_suffix('`')).unwrap_or(cell)
}

fn readme() -> String {
    fs::read_to_string(repository("sandbox-policies/README.md")).unwrap()
}

#[test]
fn the_table_of_numbers_is_that_of_the_code() {
    let number = |text: &str| text.replace(',', "").parse::<u64>().unwrap();
    let written: Vec<_> = rows(&readme())
        .into_iter()
        .filter(|cells| cells[0].starts_with("limits.") || cells[0].starts_with("compile."))
        .map(|cells| {
            let numbers = (number(&cells[2]), number(&cells[3]), number(&cells[4]));
            (cells[0].clone(), cells[1].clone(), numbers, cells[5].clone())
        })
        .collect();
    let code: Vec<_> = all_keys()
        .map(|key| {
            let numbers = (key.default, key.floor, key.ceiling);
            (key.path(), key.meaning.to_owned(), numbers, key.stops.to_owned())
        })
        .collect();
    assert_eq!(written, code);
}

#[test]
fn the_table_of_walls_is_that_of_the_code() {
    let walls: Vec<_> =
        Wall::ALL.iter().map(|wall| (wall.as_str().to_owned(), wall.sentence().to_owned())).collect();
    let known: BTreeSet<_> = walls.iter().map(|(name, _)| name.clone()).collect();
    let written: Vec<_> = rows(&readme())
        .into_iter()
        .filter(|cells| known.contains(&cells[0]))
        .map(|cells| (cells[0].clone(), cells[1].clone()))
        .collect();
    assert_eq!(written, walls);
}

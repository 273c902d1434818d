//! One interface, one power, one grant of the same name, one row in the table.

use std::collections::BTreeSet;
use std::fs;

use hivesync_policy::{Interface, World};

use super::{WORLDS, Wit};
use crate::golden::repository;
use crate::policy::rows;

#[test]
fn grants_are_called_as_the_interfaces_that_worlds_import() {
    let wit = Wit::read();
    let imported: BTreeSet<&str> = WORLDS.iter().flat_map(|world| wit.powers(world)).collect();
    let granted: BTreeSet<&str> = Interface::ALL.iter().map(|interface| interface.as_str()).collect();
    assert_eq!(imported, granted);
}

#[test]
fn a_policy_knows_what_each_world_may_import() {
    let wit = Wit::read();
    for world in World::ALL.iter().filter(|world| **world != World::WasiCommand) {
        let known: BTreeSet<&str> = world.imports().iter().map(|interface| interface.as_str()).collect();
        let imported: BTreeSet<&str> = wit.powers(world.as_str()).into_iter().collect();
        assert_eq!(known, imported, "{world}");
    }
}

#[test]
fn the_table_of_imports_has_a_row_for_each_function_and_no_other() {
    let wit = Wit::read();
    let mut functions = BTreeSet::new();
    for name in WORLDS.iter().flat_map(|world| wit.powers(world)) {
        let (_, interface) = wit.interfaces().find(|(found, _)| *found == name).unwrap();
        for function in interface.functions.keys() {
            functions.insert((name.to_owned(), function.clone(), format!("grants.{name}")));
        }
    }
    let readme = fs::read_to_string(repository("wit/README.md")).unwrap();
    let imports = readme.split("## What the worlds may not do").next().unwrap();
    let table = rows(imports).into_iter().filter(|cells| cells.len() == 5 && cells[0] != "interface");
    let listed: Vec<_> = table.map(|cells| (cells[0].clone(), cells[1].clone(), cells[4].clone())).collect();
    assert_eq!(listed.len(), functions.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), functions);
}

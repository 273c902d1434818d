//! What one build may hold, one below and one above.

use super::*;

#[test]
fn thousands_of_missing_imports_stay_within_what_an_answer_may_hold() {
    let imports: String = (0..1500).map(|number| format!("require gone-{number}\n")).collect();
    let project = react_native().file("index.js", &imports);
    let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
    let Failure::MissingDependencies(found) = failure else { panic!() };
    assert_eq!(found.len(), 1001);
    assert_eq!(found.last().unwrap().message, "500 more imports lead nowhere");
    assert_eq!(found.iter().filter(|found| found.frame.is_some()).count(), 200);
    assert_eq!(project.reads.borrow().iter().filter(|path| *path == "index.js").count(), 1);
    assert!(project.lines.borrow().len() < 220);
}

#[test]
fn thousands_of_broken_sources_do_so_too() {
    let imports: String = (0..1200).map(|number| format!("require ./m{number}\n")).collect();
    let modules = (0..1200).fold(react_native().file("index.js", &imports), |project, number| {
        project.file(&format!("m{number}.js"), "SYNTAX ERROR")
    });
    let Failure::BuildFailed(found) = bundle(&modules, &request(Platform::Ios)).unwrap_err() else {
        panic!()
    };
    assert_eq!(found.len(), 1001);
    assert_eq!(found.last().unwrap().message, "200 more diagnostics are left out");
}

/// An app whose entry asks for `count` modules.
fn wide(count: usize) -> Project {
    let imports: String = (0..count).map(|number| format!("require ./m{number}.js\n")).collect();
    (0..count).fold(react_native().file("index.js", &imports), |project, number| {
        project.file(&format!("m{number}.js"), "")
    })
}

#[test]
fn a_wave_is_cut_into_calls_that_the_host_takes() {
    let project = wide(5000);
    let report = bundle(&project, &request(Platform::Ios)).unwrap();
    assert_eq!(report.modules.len(), 5001);
    assert_eq!(*project.calls.borrow(), [3, 1, 4096, 904]);
}

#[test]
fn more_modules_than_a_bundle_may_have_are_an_error() {
    let failure = bundle(&wide(65_000), &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.too-many-modules", "")]);
    assert!(bundle(&wide(64_999), &request(Platform::Ios)).is_ok());
}

#[test]
fn a_long_chain_of_imports_is_followed_to_its_end_and_a_broken_end_has_its_place() {
    let chain = |last: &str| {
        (0..1_900).fold(react_native().file("index.js", "require ./m0.js"), |project, number| {
            let next = format!("require ./m{}.js", number + 1);
            project.file(&format!("m{number}.js"), if number == 1_899 { last } else { &next })
        })
    };
    assert_eq!(bundle(&chain(""), &request(Platform::Ios)).unwrap().modules.len(), 1_901);
    let failure = bundle(&chain("require ./gone.js"), &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.unresolved", "m1899.js")]);
}

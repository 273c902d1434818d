use proptest::prelude::*;

use super::*;
use crate::spaces::Furnishing;

fn space(category: Category, confidence: f64, is_clear: bool, is_furnished: bool) -> Space {
    let bed = Furnishing { item_type: "bed".to_owned(), count: 1, confidence: 1.0 };
    Space {
        space_id: "space_1".to_owned(),
        label: "Room".to_owned(),
        category,
        confidence,
        detected_furnishings: if is_furnished { vec![bed] } else { Vec::new() },
        geometry_notes: String::new(),
        ambiguity_flags: if is_clear { Vec::new() } else { vec!["dark".to_owned()] },
    }
}

fn home() -> Vec<Space> {
    NEEDED_TO_LIVE.iter().map(|category| space(*category, 0.9, true, true)).collect()
}

fn kinds(spaces: &[Space], plan: Plan) -> Vec<FailureKind> {
    check(spaces, plan).iter().map(|failure| failure.kind).collect()
}

#[test]
fn a_home_needs_two_spaces_bath_bedroom_and_kitchen() {
    assert_eq!(kinds(&home(), Plan::Residential), []);
    for (missing, category) in NEEDED_TO_LIVE.iter().enumerate() {
        let mut spaces = home();
        spaces.remove(missing);
        let failures = check(&spaces, Plan::Residential);
        assert_eq!((failures[0].kind, failures.len()), (FailureKind::MissingRoom, 1));
        assert_eq!(failures[0].expected, category.as_str());
        assert_eq!(kinds(&spaces, Plan::Other), [], "others need none of them");
    }
    assert_eq!(kinds(&home()[..1], Plan::Other), [FailureKind::TooFewSpaces]);
    assert_eq!(check(&[], Plan::Residential)[0].severity, Severity::Critical);
}

#[test]
fn half_may_be_hardly_recognised_and_three_in_ten_ambiguous() {
    let spaces = |unsure: usize, unclear: usize| -> Vec<Space> {
        (0..10)
            .map(|number| {
                let confidence = if number < unsure { 0.49 } else { 0.5 };
                space(Category::Other, confidence, number >= unclear, true)
            })
            .collect()
    };
    assert_eq!(kinds(&spaces(5, 3), Plan::Other), []);
    assert_eq!(kinds(&spaces(6, 3), Plan::Other), [FailureKind::LowConfidence]);
    assert_eq!(kinds(&spaces(5, 4), Plan::Other), [FailureKind::Ambiguous]);
}

#[test]
fn a_room_that_people_live_in_is_furnished() {
    for category in Category::ALL {
        let lived_in =
            ["bedroom", "living_room", "dining_room", "kitchen", "office"].contains(&category.as_str());
        let spaces = [space(category, 0.9, true, false), space(Category::Other, 0.9, true, true)];
        assert_eq!(kinds(&spaces, Plan::Other).len(), usize::from(lived_in), "{category:?}");
        let named = serde_json::to_value(category).unwrap();
        assert_eq!(named, category.as_str());
    }
}

#[test]
fn the_worst_failure_and_their_number_decide() {
    let of = |severities: &[Severity]| -> Recommendation {
        let all: Vec<Failure> = severities
            .iter()
            .map(|severity| failure(FailureKind::RequestMismatch, *severity, ("a", "b")))
            .collect();
        recommend(&all)
    };
    assert_eq!(of(&[]), Recommendation::Proceed);
    assert_eq!(of(&[Severity::Medium; 5]), Recommendation::Proceed);
    assert_eq!(of(&[Severity::Low; 6]), Recommendation::BlockForHuman);
    assert_eq!(of(&[Severity::Low, Severity::High]), Recommendation::RetryInfo);
    assert_eq!(of(&[Severity::High, Severity::Critical]), Recommendation::BlockForHuman);
}

proptest! {
    #[test]
    fn another_failure_never_makes_it_better(severities in prop::collection::vec(0_usize..4, 0..9), more in 0_usize..4) {
        let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        let one = |which: usize| failure(FailureKind::RequestMismatch, all[which], ("a", "b"));
        let mut failures: Vec<Failure> = severities.into_iter().map(one).collect();
        let before = recommend(&failures);
        failures.push(one(more));
        prop_assert!(recommend(&failures) >= before);
    }
}

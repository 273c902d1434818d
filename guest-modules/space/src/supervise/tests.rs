use proptest::prelude::*;

use super::*;

fn compared(recommendation: Recommendation) -> Option<Compared> {
    Some(Compared { recommendation, failures: Vec::new(), is_compared: true })
}

fn audit(consistency: f64, reasoning: Reasoning) -> Option<Audit> {
    Some(Audit { consistency, reasoning, notes: String::new() })
}

const SOME: Retries = Retries { step: 1, run: 1 };
const NONE_OF_RUN: Retries = Retries { step: 3, run: 0 };
const NONE_OF_STEP: Retries = Retries { step: 0, run: 10 };

#[test]
fn the_table_of_decisions_holds() {
    let wrong = vec![SchemaError { path: "spaces".to_owned(), message: "is long".to_owned() }];
    let good = || audit(0.7, Reasoning::Sound);
    for (errors, recommendation, audit, retries, expected) in [
        (wrong, Recommendation::Proceed, good(), SOME, Decision::Block),
        (vec![], Recommendation::BlockForHuman, good(), SOME, Decision::Block),
        (vec![], Recommendation::RetryInfo, good(), SOME, Decision::Retry),
        (vec![], Recommendation::RetryInfo, good(), NONE_OF_RUN, Decision::Block),
        (vec![], Recommendation::RetryInfo, good(), NONE_OF_STEP, Decision::Block),
        (vec![], Recommendation::Proceed, good(), NONE_OF_RUN, Decision::Proceed),
        (vec![], Recommendation::Proceed, audit(0.69, Reasoning::Sound), SOME, Decision::Block),
        (vec![], Recommendation::Proceed, audit(0.9, Reasoning::Poor), SOME, Decision::Retry),
        (vec![], Recommendation::Proceed, audit(0.9, Reasoning::Poor), NONE_OF_STEP, Decision::Block),
        (vec![], Recommendation::Proceed, None, SOME, Decision::Block),
    ] {
        let verdict = decide(errors, compared(recommendation), audit, retries);
        assert_eq!(verdict.decision, expected, "{verdict:?}");
        assert_eq!(verdict.block_reason.is_some(), expected == Decision::Block);
    }
    let verdict = decide(Vec::new(), None, good(), SOME);
    assert_eq!(verdict.decision, Decision::Block, "what was not compared does not go on");
}

#[test]
fn an_audit_that_is_none_is_refused() {
    let good = r#"{"consistency":0.8,"reasoning":"sound","notes":"x"}"#;
    assert!(read_audit(good).is_ok());
    for bad in [
        "proceed".to_owned(),
        good.replace("0.8", "1.1"),
        good.replace("0.8", "\"0.8\""),
        good.replace("sound", "great"),
        good.replacen('{', "{\"decision\":\"proceed\",", 1),
        good.replace("\"x\"", &format!("\"{}\"", "x".repeat(NOTES_MAX + 1))),
    ] {
        assert!(read_audit(&bad).is_err(), "{bad}");
    }
}

fn any_recommendation() -> impl Strategy<Value = Recommendation> {
    prop_oneof![
        Just(Recommendation::Proceed),
        Just(Recommendation::RetryInfo),
        Just(Recommendation::BlockForHuman),
    ]
}

proptest! {
    #[test]
    fn it_goes_on_only_with_a_good_audit_of_what_every_rule_lets_through(
        recommendation in any_recommendation(),
        consistency in 0.0_f64..=1.0,
        is_sound: bool,
        has_audit: bool,
        has_errors: bool,
        step in 0_u32..4,
        run in 0_u32..11,
    ) {
        let reasoning = if is_sound { Reasoning::Sound } else { Reasoning::Poor };
        let error = SchemaError { path: String::new(), message: String::new() };
        let errors = if has_errors { vec![error] } else { Vec::new() };
        let audit = audit(consistency, reasoning).filter(|_| has_audit);
        let retries = Retries { step, run };
        let verdict = decide(errors, compared(recommendation), audit, retries);
        let may = recommendation == Recommendation::Proceed
            && has_audit && is_sound && consistency >= 0.7 && !has_errors;
        prop_assert_eq!(verdict.decision == Decision::Proceed, may);
        prop_assert!(verdict.decision != Decision::Retry || (step > 0 && run > 0), "a try that nobody has");
        prop_assert_eq!(verdict.block_reason.is_some(), verdict.decision == Decision::Block);
    }
}

//! What an effective policy permits, in sentences for whoever has to approve it.

use std::fmt::{self, Write};

use crate::keys::{Key, Keyed};
use crate::{Accept, Determinism, EffectivePolicy, Grant, Interface, Profile};

/// The whole policy as plain text, about a screen long. It names everything that the
/// policy decides; what it does not name does not exist for the module.
pub fn explain(policy: &EffectivePolicy) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, so there is nothing to report.
    let _ = write_all(&mut text, policy);
    text
}

fn write_all(text: &mut String, policy: &EffectivePolicy) -> fmt::Result {
    writeln!(text, "{}: {}", policy.name, policy.purpose)?;
    writeln!(text, "\nWho may run")?;
    who(text, policy)?;
    writeln!(text, "\nWhat it may do")?;
    powers(text, policy)?;
    writeln!(text, "\nWhat one run may use")?;
    numbers(text, &policy.limits)?;
    writeln!(text, "\nHow a run ends")?;
    endings(text, policy)?;
    writeln!(text, "\nWhat compiling it may take")?;
    numbers(text, &policy.compile)?;
    writeln!(text, "\nWhich walls stand around it")?;
    walls(text, policy)?;
    writeln!(text, "\nPolicy digest {}", policy.digest())
}

fn who(text: &mut String, policy: &EffectivePolicy) -> fmt::Result {
    let world = policy.world;
    match policy.module.accept {
        Accept::Nothing => writeln!(text, "  Nothing.")?,
        Accept::BuiltHere => {
            writeln!(text, "  A module of world `{world}` that this host's own build made.")?;
        }
        Accept::Named => {
            writeln!(text, "  A module of world `{world}` that")?;
            one_of(text, "has one of the digests", &policy.module.digests)?;
            one_of(text, "is signed by one of", &policy.module.signers)?;
        }
    }
    one_of(text, "Never, whoever signed it:", &policy.module.revoked)
}

fn one_of<T: fmt::Display>(text: &mut String, sentence: &str, values: &[T]) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    writeln!(text, "  {sentence}")?;
    values.iter().try_for_each(|value| writeln!(text, "    {value}"))
}

fn powers(text: &mut String, policy: &EffectivePolicy) -> fmt::Result {
    for (interface, grant) in &policy.grants {
        power(text, *interface, grant)?;
    }
    let withheld = policy.world.imports().iter().filter(|interface| !policy.grants(**interface));
    for interface in withheld {
        writeln!(text, "  It may not {}: `{interface}` is not granted.", interface.power())?;
    }
    match policy.profile {
        Profile::Sealed => writeln!(
            text,
            "  For the rest it can only compute. There is no file, network, clock, randomness or environment."
        ),
        Profile::Wasi => writeln!(
            text,
            "  For the rest it can only compute. There is no network; the environment and the arguments are \
             empty, clocks stand still, and randomness is the same in every run."
        ),
    }
}

fn power(text: &mut String, interface: Interface, grant: &Grant) -> fmt::Result {
    writeln!(text, "  It may {} (`{interface}`).", interface.power())?;
    if let Some(names) = grant.names() {
        let list = |patterns: &[crate::Pattern]| {
            patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ")
        };
        writeln!(text, "    only {}", list(&names.include))?;
        if !names.deny.is_empty() {
            writeln!(text, "    never {}", list(&names.deny))?;
        }
    }
    writeln!(text, "    because: {}", grant.reason)
}

fn numbers<T: Keyed>(text: &mut String, values: &T) -> fmt::Result {
    values.pairs().try_for_each(|(key, value)| number(text, key, value))
}

fn number(text: &mut String, key: &Key, value: u64) -> fmt::Result {
    let remark = match value {
        0 => ", so none",
        _ if value == key.ceiling && value != key.default => ", the ceiling",
        _ => "",
    };
    writeln!(text, "  {:>14} {} (`{}`{remark})", grouped(value), key.meaning, key.name)
}

/// Digits in groups of three.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn endings(text: &mut String, policy: &EffectivePolicy) -> fmt::Result {
    match policy.determinism {
        Determinism::Strict => writeln!(
            text,
            "  Instructions are counted: the same module and input give the same bytes, log and fuel on any \
             machine.\n  A run that was ended by time is marked as not reproducible and is not kept."
        ),
        Determinism::Fast => {
            writeln!(text, "  Only time counts. Results depend on the machine and are not kept.")
        }
    }
}

fn walls(text: &mut String, policy: &EffectivePolicy) -> fmt::Result {
    for wall in &policy.layer2.require {
        let excused = policy.layer2.allow_degraded.as_ref().is_some_and(|rule| rule.walls.contains(wall));
        let unless = if excused { " It may be missing." } else { "" };
        writeln!(text, "  {} (`{wall}`){unless}", wall.sentence())?;
    }
    if let Some(degraded) = &policy.layer2.allow_degraded {
        writeln!(text, "  Walls may be missing because: {}", degraded.reason)?;
    }
    Ok(())
}

/// The same for a program: the effective policy with its digest.
pub fn explain_json(policy: &EffectivePolicy) -> serde_json::Value {
    serde_json::json!({ "digest": policy.digest(), "policy": policy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let table = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (15_000, "15,000"),
            (60_000_000_000, "60,000,000,000"),
        ];
        for (value, text) in table {
            assert_eq!(grouped(value), text);
        }
    }
}

//! A pipeline as a drawing.

use std::fmt::Write as _;

use crate::decision::{Decision, Test, Then};
use crate::definition::Definition;

/// In which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// For a terminal.
    Text,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
}

/// Draws a pipeline. Every word of it is a checked name, or a condition in quotes.
pub fn draw(definition: &Definition, drawing: Drawing) -> String {
    let mut out = match drawing {
        Drawing::Text => format!("{}: {}\n", definition.name, definition.purpose),
        Drawing::Dot => format!("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box];\n", definition.name),
        Drawing::Mermaid => "flowchart LR\n".to_owned(),
    };
    for step in &definition.steps {
        // Writing into a String cannot fail.
        let _ = match drawing {
            Drawing::Text => {
                let (asks, retries) = (step.asks, step.retries);
                writeln!(
                    out,
                    "\n{} ({}, asks up to {asks}, tried again up to {retries} times)",
                    step.name,
                    step.file()
                )
            }
            Drawing::Dot => writeln!(out, "  \"{}\" [label=\"{}\\n{}\"];", step.name, step.name, step.file()),
            Drawing::Mermaid => writeln!(out, "  {}[\"{}<br/>{}\"]", id(&step.name), step.name, step.file()),
        };
        for (then, decision) in step.leads_to() {
            let to = match then {
                Then::End => "end",
                Then::Block => "block",
                Then::Retry => step.name.as_str(),
                Then::Step(name) => name,
            };
            let label = decision.map(label);
            let _ = match (drawing, label) {
                (Drawing::Text, Some(label)) => writeln!(out, "  {label} -> {to}"),
                (Drawing::Text, None) => writeln!(out, "  else -> {to}"),
                (Drawing::Dot, Some(label)) => {
                    writeln!(
                        out,
                        "  \"{}\" -> \"{to}\" [label=\"{}\"];",
                        step.name,
                        label.replace(['"', '\\'], "'")
                    )
                }
                (Drawing::Dot, None) => writeln!(out, "  \"{}\" -> \"{to}\";", step.name),
                (Drawing::Mermaid, Some(label)) => {
                    writeln!(
                        out,
                        "  {} -->|\"{}\"| {}",
                        id(&step.name),
                        label.replace(['"', '|'], "'"),
                        id(to)
                    )
                }
                (Drawing::Mermaid, None) => writeln!(out, "  {} --> {}", id(&step.name), id(to)),
            };
        }
    }
    if drawing == Drawing::Dot {
        out.push_str("}\n");
    }
    out
}

/// `end` is a word of the language.
fn id(name: &str) -> String {
    format!("s_{}", name.replace('-', "_"))
}

fn label(decision: &Decision) -> String {
    let value = &decision.when.value;
    match &decision.when.test {
        Test::Equals(wanted) => format!("{value} = {wanted}"),
        Test::Below(bound) => format!("{value} < {bound}"),
        Test::AtLeast(bound) => format!("{value} >= {bound}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_shows_every_step_and_where_it_leads() {
        let text = "schema = \"hivesync-pipeline/1\"\nname = \"two\"\npurpose = \"Shows.\"\nretries = 1\n\
            [[steps]]\nname = \"info\"\nmodule = \"space-info\"\nasks = 1\nretries = 1\nnext = \"judge\"\n\
            [[steps.decisions]]\nvalue = \"/a\"\nequals = \"x\\\"\"\nthen = \"retry\"\nreason = \"No.\"\n\
            [[steps]]\nname = \"judge\"\nmodule = \"judge\"\nnext = \"end\"\n";
        let definition = Definition::parse(text).unwrap();
        assert_eq!(
            draw(&definition, Drawing::Text),
            "two: Shows.\n\ninfo (space_info.wasm, asks up to 1, tried again up to 1 times)\n  /a = \"x\\\"\" -> info\n  \
             else -> judge\n\njudge (judge.wasm, asks up to 0, tried again up to 0 times)\n  else -> end\n"
        );
        let dot = draw(&definition, Drawing::Dot);
        assert!(
            dot.contains("  \"info\" -> \"info\" [label=\"/a = 'x'''\"];\n  \"info\" -> \"judge\";\n"),
            "{dot}"
        );
        let mermaid = draw(&definition, Drawing::Mermaid);
        assert!(
            mermaid.contains("  s_info -->|\"/a = 'x\\''\"| s_info\n  s_info --> s_judge\n"),
            "{mermaid}"
        );
        assert!(mermaid.contains("  s_info[\"info<br/>space_info.wasm\"]\n"), "{mermaid}");
        assert!(mermaid.ends_with("  s_judge --> s_end\n"), "{mermaid}");
    }
}

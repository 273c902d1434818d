//! `hivesync-runner-evil zygote [--evil NAME] [--without WALL,WALL]`, and
//! `hivesync-runner-evil list`, which prints every attempt as JSON.
//!
//! Built for tests only, with `--features evil`.

use std::process::ExitCode;

use hivesync_lockdown::Wall;
use hivesync_runner::{evil::Attempt, zygote};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut arguments = arguments.iter().map(String::as_str);
    match arguments.next() {
        Some("list") => {
            list();
            ExitCode::SUCCESS
        }
        Some("zygote") => match options(arguments) {
            Some(options) => zygote::serve(&options),
            None => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: hivesync-runner-evil zygote [--evil NAME] [--without WALL,WALL] | list");
    ExitCode::from(2)
}

fn options<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Option<zygote::Options> {
    let (mut attempt, mut without) = (None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument {
            "--evil" => attempt = Some(Attempt::named(arguments.next()?)?),
            "--without" => {
                for name in arguments.next()?.split(',') {
                    without.push(Wall::ALL.into_iter().find(|wall| wall.as_str() == name)?);
                }
            }
            _ => return None,
        }
    }
    Some(zygote::Options::evil(attempt, without))
}

/// Names hold no character that JSON would have to escape.
fn list() {
    let attempts: Vec<String> = Attempt::all()
        .map(|attempt| {
            let walls: Vec<String> = attempt.stopped_by.iter().map(|wall| format!("\"{wall}\"")).collect();
            format!("{{\"name\":\"{}\",\"stopped_by\":[{}]}}", attempt.name, walls.join(","))
        })
        .collect();
    println!("[{}]", attempts.join(",\n "));
}

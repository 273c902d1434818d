//! Does what `/project/attempt` says, one step a line, and prints what came of each.
//!
//! The steps are what a module could try with the standard library: which of them
//! works is the host's business.

use std::collections::hash_map::RandomState;
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let attempt = fs::read_to_string("/project/attempt").expect("there is an attempt");
    for line in attempt.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match step(&words) {
            Ok(text) => println!("{line}: ok {text}"),
            Err(error) => println!("{line}: failed {:?}", error.kind()),
        }
    }
}

fn step(words: &[&str]) -> io::Result<String> {
    match words {
        ["read", path] => fs::read_to_string(path).map(|text| text.trim_end().to_owned()),
        ["write", path] => fs::write(path, "written").map(|()| String::new()),
        ["append", path] => {
            let mut file = OpenOptions::new().append(true).open(path)?;
            file.write_all(b"more").map(|()| String::new())
        }
        ["list", path] => {
            let mut names = Vec::new();
            for entry in fs::read_dir(path)? {
                names.push(entry?.file_name().into_string().unwrap_or_default());
            }
            names.sort();
            Ok(names.join(","))
        }
        ["remove", path] => fs::remove_file(path).map(|()| String::new()),
        ["mkdir", path] => fs::create_dir(path).map(|()| String::new()),
        ["rename", from, to] => fs::rename(from, to).map(|()| String::new()),
        ["link", from, to] => fs::hard_link(from, to).map(|()| String::new()),
        ["fill", path, bytes] => fill(path, bytes.parse().unwrap_or(0)),
        ["files", count] => {
            for number in 0..count.parse::<u32>().unwrap_or(0) {
                fs::write(format!("/out/{number}"), "")?;
            }
            Ok(String::new())
        }
        ["stdin"] => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|bytes| bytes.to_string())
        }
        ["environment"] => {
            let (variables, arguments) = (std::env::vars().count(), std::env::args().count());
            Ok(format!("{variables} {arguments}"))
        }
        ["time"] => Ok(format!("{:?} {:?}", Instant::now(), SystemTime::now())),
        ["sleep", seconds] => {
            std::thread::sleep(Duration::from_secs(seconds.parse().unwrap_or(0)));
            Ok(String::new())
        }
        ["random"] => Ok(RandomState::new().build_hasher().finish().to_string()),
        ["print", lines] => {
            for _ in 0..lines.parse::<u32>().unwrap_or(0) {
                println!("line");
            }
            Ok(String::new())
        }
        ["spin"] => loop {
            std::hint::black_box(());
        },
        ["panic"] => panic!("as asked"),
        ["exit", status] => std::process::exit(status.parse().unwrap_or(1)),
        _ => Err(io::Error::other("no such step")),
    }
}

/// Writes `bytes` bytes, a block at a time.
fn fill(path: &str, bytes: usize) -> io::Result<String> {
    let mut file = fs::File::create(path)?;
    let block = vec![7; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(block.len());
        file.write_all(&block[..now])?;
        left -= now;
    }
    Ok(String::new())
}

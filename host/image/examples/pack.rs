//! `pack DIR CACHE`: packs a folder twice and says how long each took.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use hivesync_image::pack::{Allows, PackOptions, pack};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(root), Some(cache)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: pack DIR CACHE");
        std::process::exit(2);
    };
    let canceled = AtomicBool::new(false);
    for _ in 0..3 {
        let begun = Instant::now();
        let options = PackOptions {
            root: Path::new(&root),
            app: "",
            restored: None,
            cache: Path::new(&cache),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            now: SystemTime::now(),
            canceled: &canceled,
            allows: Allows::EVERYTHING,
        };
        match pack(options) {
            Ok(image) => {
                println!("{:?} {} entries, {} bytes", begun.elapsed(), image.entries(), image.bytes());
                for layer in &image.layers {
                    println!(
                        "  {:?} {} {} bytes, from cache: {}",
                        layer.kind, layer.digest, layer.bytes, layer.from_cache
                    );
                }
            }
            Err(error) => {
                eprintln!("{}: {error}\n{}", error.code(), error.hint());
                std::process::exit(1);
            }
        }
    }
}

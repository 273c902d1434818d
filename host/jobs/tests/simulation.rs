//! The shipped rules under crashes, delays, duplicates, reordering and clocks that are wrong.
//!
//! Workers are driven over a network that loses, repeats, delays and reorders whatever
//! they say and hear; their clocks are wrong and are set anew; workers are killed and come
//! back as others; the store is away at times. Everything follows from one seed, which a
//! failure prints: run it again with `HIVESYNC_SEED=… cargo nextest run -p hivesync-jobs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use world::World;

/// Seeds of one run; each is a life of a few minutes.
const SEEDS: u64 = 10_000;

#[test]
fn ten_thousand_lives_lose_nothing_and_accept_nothing_twice() {
    let seeds = match std::env::var("HIVESYNC_SEED") {
        Ok(seed) => seed.parse().map(|seed| seed..seed + 1).unwrap(),
        Err(_) => 0..SEEDS,
    };
    let mut seen = world::Seen::default();
    for seed in seeds {
        let mut world = World::new(seed);
        if let Err(broken) = world.live() {
            panic!("seed {seed}: {broken}");
        }
        seen.add(&world.seen);
    }
    if std::env::var_os("HIVESYNC_SEED").is_none() {
        // A life in which nothing goes wrong proves nothing.
        assert!(seen.crashes > SEEDS, "{seen:?}");
        assert!(seen.expired > SEEDS && seen.late > SEEDS / 10, "{seen:?}");
        assert!(seen.dead > 100 && seen.canceled > SEEDS && seen.fallbacks > SEEDS, "{seen:?}");
        assert!(seen.jumps > SEEDS, "{seen:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_life() {
    let life = |seed| {
        let mut world = World::new(seed);
        world.live().unwrap();
        (world.seen, world.ledger().jobs().cloned().collect::<Vec<_>>())
    };
    assert_eq!(life(7), life(7));
    assert_ne!(life(7), life(8));
}

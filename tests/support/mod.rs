//! What tests are written with: two places where the product runs, and the people who
//! come there.

pub mod answer;
pub mod app;
pub mod attendance;
pub mod contests;
pub mod contract;
pub mod desk;
pub mod filled;
pub mod jury;
pub mod notice;
pub mod people;
pub mod place;
pub mod records;
pub mod request;
pub mod results;
pub mod verifier;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use diandan::platform::clock::Instant;

/// A number nobody else in this run has.
pub fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A Chinese word of two characters that no other title in this run contains.
pub fn unique_word() -> String {
    let n = unique();
    ['\u{4E00}', '\u{6A00}']
        .into_iter()
        .zip([n / 4000, n % 4000])
        .map(|(first, offset)| char::from_u32(u32::from(first) + offset).unwrap())
        .collect()
}

/// Waits for what happens after an answer.
#[track_caller]
pub fn soon(what: &str, happened: impl Fn() -> bool) {
    let began = Stopwatch::now();
    while !happened() {
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(30), "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the clock on the wall says.
pub fn wall_clock() -> Instant {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// `2026-11-28T08:30:00+08:00`, as people write instants.
pub fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|| panic!("{text} is no instant"))
}

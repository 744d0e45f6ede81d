//! Fills a migrated D1 file for benchmarks, the same way every time:
//! `MASTER_KEY=… cargo run --bin load -- <D1 file> [--projects 100000] [--shifts 300000]
//! [--signups 1000000] [--volunteers 200000] [--organizations 2000]
//! [--records 1000000]`.
//!
//! Rows are written with their final counters while triggers and indexes are away; both
//! come back word for word, and the triggers are asked whether they would have written
//! the same.

#[cfg(not(target_arch = "wasm32"))]
mod crowd;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../demo/dice.rs"]
mod dice;
#[cfg(not(target_arch = "wasm32"))]
mod file;
#[cfg(not(target_arch = "wasm32"))]
mod projects;
#[cfg(not(target_arch = "wasm32"))]
mod records;
#[cfg(not(target_arch = "wasm32"))]
#[expect(dead_code, reason = "the demo reads more of it")]
#[path = "../demo/sheet.rs"]
mod sheet;
#[cfg(not(target_arch = "wasm32"))]
mod shifts;
#[cfg(not(target_arch = "wasm32"))]
mod words;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    if let Err(failure) = file::run() {
        eprintln!("load: {failure}");
        std::process::exit(1);
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}

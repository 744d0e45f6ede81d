//! Loads the demo data, once, and prints the demo accounts:
//! `MASTER_KEY=… cargo run --bin demo -- <D1 file>`.

#[cfg(not(target_arch = "wasm32"))]
mod accounts;
#[cfg(not(target_arch = "wasm32"))]
mod contest;
#[cfg(not(target_arch = "wasm32"))]
mod desk;
#[cfg(not(target_arch = "wasm32"))]
mod dice;
#[cfg(not(target_arch = "wasm32"))]
mod people;
#[cfg(not(target_arch = "wasm32"))]
mod served;
#[cfg(not(target_arch = "wasm32"))]
mod sheet;
#[cfg(not(target_arch = "wasm32"))]
mod story;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    if let Err(failure) = story::load() {
        eprintln!("demo: {failure}");
        std::process::exit(1);
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}

//! Verifies the ledger of service records from what is published of it:
//! `cargo run --bin verify -- https://diandan.example [--key VKEY] [--since CHECKPOINT]
//! [--proof PROOF] [--database FILE]`.
//!
//! Recomputes the tree from its tiles and from the records as they stand now, names every
//! record that is not what was sealed, and ends with 1 when anything does not add up.
//! `--since` names a file with a checkpoint kept from earlier, which the newest must
//! extend; `--proof` one with a record's proof, which needs no host. With `--database`
//! records are read from a SQLite file, and so is all else when no host is named.
//! `docs/ledger.md` says the same by hand.

#[cfg(not(target_arch = "wasm32"))]
mod check;
#[cfg(not(target_arch = "wasm32"))]
mod source;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    check::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}

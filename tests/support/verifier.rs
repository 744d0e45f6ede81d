//! The stand-alone verifier of the ledger, run as anybody runs it.

use std::process::Command;

/// What it said.
#[derive(Debug)]
pub struct Verdict {
    pub code: i32,
    /// What holds.
    pub holds: String,
    /// What does not.
    pub faults: String,
}

impl Verdict {
    /// Of a program that has ended.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            holds: String::from_utf8(output.stdout).unwrap(),
            faults: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn adds_up(&self) -> &Self {
        assert!(self.code == 0 && self.faults.is_empty(), "{self:?}");
        self
    }

    /// It found something, and said this.
    #[track_caller]
    pub fn finds(&self, fault: &str) -> &Self {
        assert!(
            self.code == 1 && self.faults.contains(fault),
            "{fault}: {self:?}"
        );
        self
    }
}

/// Runs it with these words.
pub fn verify(words: &[&str]) -> Verdict {
    Verdict::of(Command::new(env!("CARGO_BIN_EXE_verify")).args(words))
}

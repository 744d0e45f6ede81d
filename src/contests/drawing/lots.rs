//! Numbers by lot: SHA-256 in counter mode.
//!
//! Block n, from 0, is SHA-256 of the 32 bytes of the seed and the 8 bytes of n, greatest
//! first; it is eight numbers of 32 bits, greatest byte first. A number below m is the next
//! one x that is less than the greatest multiple of m up to 2³², as x mod m: no number is
//! likelier than another. Rows are shuffled as Fisher and Yates do: from the last place to
//! the second, each is exchanged with a place below its number plus one.

use sha2::{Digest as _, Sha256};

pub struct Lots {
    seed: [u8; 32],
    blocks: u64,
    /// What is left of the last block, the next one last.
    left: Vec<u32>,
}

impl Lots {
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            blocks: 0,
            left: Vec::new(),
        }
    }

    pub fn shuffle<T>(&mut self, row: &mut [T]) {
        for place in (1..row.len()).rev() {
            row.swap(place, self.below(place + 1));
        }
    }

    /// A number below `bound`, which is at least one and at most 2³².
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let fair = (1 << 32) / bound * bound;
        loop {
            let number = u64::from(self.next());
            if number < fair {
                return (number % bound) as usize;
            }
        }
    }

    fn next(&mut self) -> u32 {
        loop {
            if let Some(number) = self.left.pop() {
                return number;
            }
            let block = Sha256::new_with_prefix(self.seed)
                .chain_update(self.blocks.to_be_bytes())
                .finalize();
            self.blocks += 1;
            let (words, _) = block.as_chunks::<4>();
            self.left = words
                .iter()
                .rev()
                .map(|word| u32::from_be_bytes(*word))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{ printf '\0%.0s' $(seq 32); printf '\0%.0s' $(seq 8); } | sha256sum`, and with the
    /// last byte 1.
    #[test]
    fn numbers_are_those_of_sha256sum() {
        let mut lots = Lots::new([0; 32]);
        let numbers: Vec<String> = (0..9).map(|_| format!("{:08x}", lots.next())).collect();
        assert_eq!(
            numbers.concat(),
            concat!(
                "2c34ce1df23b838c5abf2a7f6437cca3d3067ed509ff25f11df6b11b582b51eb",
                "08e00266"
            )
        );
    }

    #[test]
    fn every_number_is_as_likely() {
        let mut lots = Lots::new([7; 32]);
        let mut seen = [0; 6];
        for _ in 0..60_000 {
            seen[lots.below(6)] += 1;
        }
        // Five degrees of freedom: beyond 25 once in ten thousand seeds, and this is one seed.
        let off = seen
            .iter()
            .map(|times| f64::from(times - 10_000_i32).powi(2) / 1e4);
        assert!(off.sum::<f64>() < 25.0, "{seen:?}");
        assert_eq!(lots.below(1), 0);
    }
}

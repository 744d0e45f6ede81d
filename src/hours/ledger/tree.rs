//! The Merkle tree of RFC 6962, section 2.1: roots and proofs, and what holds them to be
//! true. Proofs are verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2, sets out.

use sha2::{Digest as _, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new_with_prefix([0])
        .chain_update(data)
        .finalize()
        .into()
}

/// The hash of two that stand beside each other.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// A subtree without gaps: 2^`height` leaves from leaf `index` · 2^`height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0 is a leaf.
    pub height: u32,
    /// From the left, among those of its height.
    pub index: u64,
}

/// Leaves from one up to but without another, cut as the tree cuts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    begin: u64,
    end: u64,
}

impl Span {
    /// The first `size` leaves.
    pub const fn first(size: u64) -> Self {
        Self {
            begin: 0,
            end: size,
        }
    }

    const fn len(self) -> u64 {
        self.end - self.begin
    }

    /// Where the tree cuts it: after the largest power of two that is less than its length.
    fn halves(self) -> (Self, Self) {
        let cut = self.begin + (1 << (self.len() - 1).ilog2());
        let left = Self { end: cut, ..self };
        (left, Self { begin: cut, ..self })
    }

    /// The subtrees without gaps that it is made of, the largest first.
    fn nodes(self) -> impl Iterator<Item = Node> {
        let mut begin = self.begin;
        std::iter::from_fn(move || {
            let height = (self.end - begin).checked_ilog2()?;
            let index = begin >> height;
            begin += 1 << height;
            Some(Node { height, index })
        })
    }

    /// Its hash, from those of the nodes it is made of; none when one is not to be had.
    pub fn hash(self, node: &impl Fn(Node) -> Option<Hash>) -> Option<Hash> {
        let hashes: Vec<Hash> = self.nodes().map(node).collect::<Option<_>>()?;
        let mut from_the_right = hashes.iter().rev();
        let Some(last) = from_the_right.next() else {
            return Some(Sha256::digest([]).into());
        };
        Some(from_the_right.fold(*last, |right, left| node_hash(left, &right)))
    }
}

/// The hash of a whole subtree from those of its leaves, a power of two of them.
pub fn whole(leaves: &[Hash]) -> Option<Hash> {
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            })
            .collect::<Option<_>>()?;
    }
    row.first().copied()
}

/// What proves that a leaf is in the tree of so many, from the leaf upwards; none when it
/// is not.
pub fn inclusion(leaf: u64, size: u64) -> Option<Vec<Span>> {
    let mut within = (leaf < size).then_some(Span::first(size))?;
    let mut path = Vec::new();
    while within.len() > 1 {
        let (left, right) = within.halves();
        let (into, beside) = if leaf < right.begin {
            (left, right)
        } else {
            (right, left)
        };
        path.push(beside);
        within = into;
    }
    path.reverse();
    Some(path)
}

/// What proves that the tree of `to` leaves extends the one of `from`, at least one; none
/// when it cannot.
pub fn consistency(from: u64, to: u64) -> Option<Vec<Span>> {
    let mut within = (from > 0 && from <= to).then_some(Span::first(to))?;
    let mut path = Vec::new();
    while within.end != from {
        let (left, right) = within.halves();
        let (into, beside) = if from <= right.begin {
            (left, right)
        } else {
            (right, left)
        };
        path.push(beside);
        within = into;
    }
    // The old tree itself is known to whoever asks.
    if within.begin > 0 {
        path.push(within);
    }
    path.reverse();
    Some(path)
}

/// Whether a path proves that a leaf is in the tree with this root.
pub fn includes(leaf: u64, leaf_hash: &Hash, size: u64, path: &[Hash], root: &Hash) -> bool {
    if leaf >= size {
        return false;
    }
    let (mut position, mut last) = (leaf, size - 1);
    let mut hash = *leaf_hash;
    for beside in path {
        if last == 0 {
            return false;
        }
        if position % 2 == 1 || position == last {
            hash = node_hash(beside, &hash);
            let up = position.trailing_zeros();
            position = position.checked_shr(up).unwrap_or(0);
            last = last.checked_shr(up).unwrap_or(0);
        } else {
            hash = node_hash(&hash, beside);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// A tree that somebody has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many leaves it had.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Whether a path proves that one tree is the beginning of another.
pub fn extends(old: &Seen, new: &Seen, path: &[Hash]) -> bool {
    if old.size == 0 || old.size > new.size {
        return false;
    }
    if old.size == new.size {
        return path.is_empty() && old.root == new.root;
    }
    let mut path = path.iter();
    let first = if old.size.is_power_of_two() {
        Some(&old.root)
    } else {
        path.next()
    };
    let Some(first) = first else { return false };
    let up = (old.size - 1).trailing_ones();
    let (mut position, mut last) = ((old.size - 1) >> up, (new.size - 1) >> up);
    let (mut before, mut after) = (*first, *first);
    for beside in path {
        if last == 0 {
            return false;
        }
        if position % 2 == 1 || position == last {
            before = node_hash(beside, &before);
            after = node_hash(beside, &after);
            let up = position.trailing_zeros();
            position = position.checked_shr(up).unwrap_or(0);
            last = last.checked_shr(up).unwrap_or(0);
        } else {
            after = node_hash(&after, beside);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && before == old.root && after == new.root
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// The leaves with which implementations of RFC 6962 are tested, in hexadecimal.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    /// The roots of the first one, two … eight of them.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hash(hex: &str) -> Hash {
        HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    fn known() -> Vec<Hash> {
        LEAVES
            .iter()
            .map(|hex| leaf_hash(&HEXLOWER.decode(hex.as_bytes()).unwrap()))
            .collect()
    }

    fn some(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn of(leaves: &[Hash]) -> impl Fn(Node) -> Option<Hash> {
        |node: Node| {
            let begin = usize::try_from(node.index << node.height).ok()?;
            whole(leaves.get(begin..begin + (1 << node.height))?)
        }
    }

    fn root(leaves: &[Hash]) -> Hash {
        Span::first(leaves.len() as u64).hash(&of(leaves)).unwrap()
    }

    fn path(spans: &[Span], leaves: &[Hash]) -> Vec<Hash> {
        let node = of(leaves);
        spans.iter().map(|span| span.hash(&node).unwrap()).collect()
    }

    /// As section 2.1 defines it, word for word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_known_answers() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(root(&[]), hash(empty));
        let leaves = known();
        for (size, expected) in (1..).zip(ROOTS) {
            assert_eq!(root(&leaves[..size]), hash(expected), "{size}");
        }
    }

    #[test]
    fn proofs_are_those_of_the_known_answers() {
        let leaves = known();
        for (leaf, size, expected) in [
            (0, 1, &[][..]),
            (
                0,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                &[
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                3,
                &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
            ),
            (
                1,
                5,
                &[
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ] {
            let expected: Vec<Hash> = expected.iter().map(|hex| hash(hex)).collect();
            let found = path(&inclusion(leaf, size).unwrap(), &leaves);
            assert_eq!(found, expected, "{leaf} in {size}");
        }
        for (from, to, expected) in [
            (1, 1, &[][..]),
            (
                1,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                6,
                8,
                &[
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                5,
                &[
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ] {
            let expected: Vec<Hash> = expected.iter().map(|hex| hash(hex)).collect();
            let found = path(&consistency(from, to).unwrap(), &leaves);
            assert_eq!(found, expected, "{from} to {to}");
        }
    }

    #[test]
    fn what_cannot_be_proven_is_not() {
        assert_eq!((inclusion(3, 3), inclusion(0, 0)), (None, None));
        assert_eq!((consistency(0, 3), consistency(4, 3)), (None, None));
    }

    /// Everything a path could be mistaken for.
    fn mutations(path: &[Hash]) -> Vec<Vec<Hash>> {
        let mut mutated = Vec::new();
        for at in 0..path.len() {
            let mut flipped = path.to_vec();
            flipped[at][31] ^= 1;
            let mut shorter = path.to_vec();
            shorter.remove(at);
            mutated.extend([flipped, shorter]);
        }
        mutated.push([path, &[[0; 32]]].concat());
        mutated.push([&[[0; 32]], path].concat());
        mutated
    }

    #[test]
    fn every_tree_extends_every_one_before_it() {
        let leaves = some(70);
        for to in 1..=leaves.len() {
            for from in 1..=to {
                let path = path(&consistency(from as u64, to as u64).unwrap(), &leaves);
                let [old, new] = [from, to].map(|size| Seen {
                    size: size as u64,
                    root: root(&leaves[..size]),
                });
                assert!(extends(&old, &new, &path), "{from} to {to}");
                for wrong in mutations(&path) {
                    assert!(!extends(&old, &new, &wrong), "{from} to {to}: {wrong:?}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn roots_are_as_defined(size in 0_u64..600) {
            let leaves = some(size);
            prop_assert_eq!(root(&leaves), defined(&leaves));
        }

        #[test]
        fn every_leaf_is_proven_and_nothing_else(size in 1_u64..400, pick in any::<prop::sample::Index>()) {
            let leaves = some(size);
            let at = pick.index(leaves.len());
            let leaf = at as u64;
            let path = path(&inclusion(leaf, size).unwrap(), &leaves);
            let root = root(&leaves);
            prop_assert!(includes(leaf, &leaves[at], size, &path, &root));
            prop_assert!(!includes(leaf, &leaf_hash(b"another"), size, &path, &root));
            prop_assert!(!includes(leaf, &leaves[at], size, &path, &[7; 32]));
            prop_assert!(!includes(leaf + size, &leaves[at], size, &path, &root));
            for wrong in mutations(&path) {
                prop_assert!(!includes(leaf, &leaves[at], size, &wrong, &root));
            }
            for other in (0..size).filter(|other| *other != leaf) {
                prop_assert!(!includes(other, &leaves[at], size, &path, &root));
            }
        }

        #[test]
        fn no_other_tree_is_extended(from in 1_u64..200, more in 1_u64..200, flip in 0_usize..200) {
            let leaves = some(from + more);
            let path = path(&consistency(from, from + more).unwrap(), &leaves);
            let new = Seen { size: from + more, root: root(&leaves) };
            let mut other = leaves[..usize::try_from(from).unwrap()].to_vec();
            let old = Seen { size: from, root: root(&other) };
            prop_assert!(extends(&old, &new, &path));
            let at = flip % other.len();
            other[at][0] ^= 1;
            let rewritten = Seen { size: from, root: root(&other) };
            prop_assert!(!extends(&rewritten, &new, &path));
        }
    }
}

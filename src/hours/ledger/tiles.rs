//! The tree in tiles of 256 hashes (C2SP tlog-tiles): what is kept, published, and enough
//! for every root and every proof.

use std::collections::BTreeMap;

use super::tree::{Hash, Node, Span, whole};

/// So many hashes make a tile full.
pub const WIDTH: u64 = 256;
/// A tile spans so many levels of the tree.
const HEIGHT: u32 = 8;
/// Levels of tiles that more leaves than there will ever be need.
pub const LEVELS: u32 = 6;

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// 0 holds the hashes of leaves, each above it those of full tiles below.
    pub level: u32,
    /// From the left.
    pub index: u64,
}

impl Place {
    /// Where the hash of the full tile stands.
    const fn above(self) -> Self {
        Self {
            level: self.level + 1,
            index: self.index / WIDTH,
        }
    }
}

/// How many hashes a tile has in a tree of so many leaves.
pub fn width(place: Place, size: u64) -> u64 {
    let there = size.checked_shr(HEIGHT * place.level).unwrap_or(0);
    there.saturating_sub(place.index * WIDTH).min(WIDTH)
}

/// All tiles of a tree of so many leaves.
pub fn places(size: u64) -> impl Iterator<Item = Place> {
    (0..LEVELS).flat_map(move |level| {
        let tiles = (size >> (HEIGHT * level)).div_ceil(WIDTH);
        (0..tiles).map(move |index| Place { level, index })
    })
}

/// The tiles above one leaf, of all levels. With `leaf` a size, those at the right edge of
/// that tree.
pub fn above(leaf: u64) -> impl Iterator<Item = Place> {
    (0..LEVELS).map(move |level| Place {
        level,
        index: leaf >> (HEIGHT * (level + 1)),
    })
}

/// Some tiles of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles(BTreeMap<Place, Vec<Hash>>);

impl FromIterator<(Place, Vec<Hash>)> for Tiles {
    fn from_iter<T: IntoIterator<Item = (Place, Vec<Hash>)>>(tiles: T) -> Self {
        Self(tiles.into_iter().collect())
    }
}

impl Tiles {
    /// The hashes of a tile.
    pub fn get(&self, place: Place) -> Option<&[Hash]> {
        self.0.get(&place).map(Vec::as_slice)
    }

    /// The hash of a subtree, where its tile is among these.
    pub fn node(&self, node: Node) -> Option<Hash> {
        let (level, within) = (node.height / HEIGHT, node.height % HEIGHT);
        let first = node.index << within;
        let index = first / WIDTH;
        let begin = usize::try_from(first % WIDTH).ok()?;
        let tile = self.0.get(&Place { level, index })?;
        whole(tile.get(begin..begin + (1 << within))?)
    }

    /// The root of a tree of so many leaves.
    pub fn root(&self, size: u64) -> Option<Hash> {
        Span::first(size).hash(&|node| self.node(node))
    }

    /// The hashes that a proof is made of.
    pub fn path(&self, spans: &[Span]) -> Option<Vec<Hash>> {
        let node = |node| self.node(node);
        spans.iter().map(|span| span.hash(&node)).collect()
    }

    /// Adds leaves behind `size` others, of which the tiles at the right edge are here;
    /// gives the tiles that changed, whole. None when the tiles are not those of that tree.
    pub fn append(&mut self, size: u64, leaves: &[Hash]) -> Option<Self> {
        let edge: Option<Vec<Place>> = above(size)
            .map(|place| {
                let known = self.0.get(&place).map_or(0, |tile| tile.len() as u64);
                (known == width(place, size)).then_some(place)
            })
            .collect();
        edge?;
        let mut changed = Self::default();
        for (at, leaf) in (size..).zip(leaves) {
            let index = at / WIDTH;
            let mut place = Place { level: 0, index };
            let mut hash = *leaf;
            loop {
                let tile = self.0.entry(place).or_default();
                tile.push(hash);
                changed.0.insert(place, Vec::new());
                if (tile.len() as u64) < WIDTH {
                    break;
                }
                hash = whole(tile)?;
                place = place.above();
            }
        }
        for (place, tile) in &mut changed.0 {
            tile.clone_from(self.0.get(place)?);
        }
        Some(changed)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &[Hash])> {
        self.0.iter().map(|(place, tile)| (*place, tile.as_slice()))
    }
}

/// A tile as its address names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// From the left.
    pub index: u64,
    /// So many hashes of it; all of a full tile.
    pub width: u64,
}

impl Address {
    /// Reads `x001/x234/067` and `x001/x234/067.p/112`.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, width) = match text.split_once(".p/") {
            None => (text, WIDTH),
            Some((path, digits)) => (path, digits.parse().ok()?),
        };
        let mut index: u64 = 0;
        for part in path.split('/') {
            let digits: u64 = part.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        let address = Self { index, width };
        // Each tile has one address.
        ((1..=WIDTH).contains(&width) && address.to_string() == text).then_some(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        match self.width {
            WIDTH => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tree::{consistency, inclusion, leaf_hash};
    use super::*;

    fn leaves(begin: u64, end: u64) -> Vec<Hash> {
        (begin..end).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn grown(steps: &[u64]) -> (Tiles, u64) {
        let mut tiles = Tiles::default();
        let mut size = 0;
        for step in steps {
            tiles.append(size, &leaves(size, size + step)).unwrap();
            size += step;
        }
        (tiles, size)
    }

    fn by_definition(size: u64) -> Hash {
        let leaves = leaves(0, size);
        let node = |node: Node| {
            let begin = usize::try_from(node.index << node.height).ok()?;
            whole(leaves.get(begin..begin + (1 << node.height))?)
        };
        Span::first(size).hash(&node).unwrap()
    }

    #[test]
    fn a_tree_has_the_tiles_of_the_specification() {
        // The example of the specification: 70,000 leaves.
        let of = |level| {
            let places = places(70_000).filter(move |place| place.level == level);
            places.map(|place| width(place, 70_000)).collect::<Vec<_>>()
        };
        assert_eq!(of(0).len(), 274);
        assert_eq!(of(0).last(), Some(&112));
        assert_eq!((of(1), of(2), of(3)), (vec![256, 17], vec![1], vec![]));
        let (tiles, _) = grown(&[256]);
        let widths: Vec<_> = tiles.iter().map(|(_, tile)| tile.len()).collect();
        assert_eq!(widths, [256, 1]);
    }

    #[test]
    fn tiles_have_one_address_each() {
        for (text, index, width) in [
            ("000", 0, 256),
            ("067", 67, 256),
            ("x001/x234/067", 1_234_067, 256),
            ("x001/000.p/1", 1000, 1),
            ("000.p/255", 0, 255),
        ] {
            let address = Address { index, width };
            assert_eq!(Address::parse(text), Some(address), "{text}");
            assert_eq!(address.to_string(), text);
        }
        for bad in [
            "",
            "0",
            "67",
            "x067",
            "001/000",
            "x000/001",
            "0067",
            "000.p/0",
            "000.p/256",
            "000.p/01",
            "000.p/",
            "000/",
            "+01",
            "x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_not_the_edge_of_the_tree_is_not_built_upon() {
        let (tiles, size) = grown(&[300]);
        assert_eq!(Tiles::default().append(size, &leaves(0, 1)), None);
        assert_eq!(tiles.clone().append(size - 1, &leaves(0, 1)), None);
        assert_eq!(tiles.clone().append(size + 1, &leaves(0, 1)), None);
    }

    #[test]
    fn a_root_of_three_levels_is_as_defined() {
        let (tiles, size) = grown(&[65_536, 300]);
        assert_eq!(tiles.root(size), Some(by_definition(size)));
        assert_eq!(tiles.root(65_536), Some(by_definition(65_536)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn however_it_grew_it_is_the_same_tree(steps in prop::collection::vec(0_u64..700, 1..6)) {
            let (tiles, size) = grown(&steps);
            prop_assert_eq!(&tiles, &grown(&[size]).0);
            prop_assert!(tiles.iter().all(|(place, tile)| tile.len() as u64 == width(place, size)));
            prop_assert_eq!(tiles.iter().count(), places(size).count());
            for earlier in [size / 3, size / 2, size] {
                prop_assert_eq!(tiles.root(earlier), Some(by_definition(earlier)));
            }
        }

        #[test]
        fn a_proof_needs_the_tiles_above_its_ends(size in 1_u64..3000, leaf in 0_u64..3000, more in 0_u64..3000) {
            let (all, whole) = grown(&[size + more]);
            let only = |positions: &[u64]| -> Tiles {
                let places = positions.iter().flat_map(|at| above(*at));
                places.filter_map(|place| Some((place, all.get(place)?.to_vec()))).collect()
            };
            let leaf = leaf % size;
            let spans = inclusion(leaf, size).unwrap();
            prop_assert!(only(&[leaf, size]).path(&spans).is_some());
            let spans = consistency(size, whole).unwrap();
            prop_assert!(only(&[size - 1, size, whole]).path(&spans).is_some());
            prop_assert!(only(&[size]).root(size).is_some());
        }
    }
}

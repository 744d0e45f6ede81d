//! Who judges what: drawn by lot from a published seed, so that anyone can draw again.
//!
//! 1. Entries and judges are sorted by name, as bytes.
//! 2. Numbers come from [`lots`]: SHA-256 of the seed and a counter.
//! 3. The entries are shuffled. For each in this order all judges, sorted, are shuffled
//!    anew and then sorted by how many entries they have, least first, equals staying as
//!    shuffled; the entry gets the first of them who may judge it, as many as it lacks.
//! 4. Loads are levelled ([`level`]): as long as some judge can hand an entry on to one who
//!    has at least two fewer, directly or by a chain of such exchanges, the shortest chain
//!    is carried out.
//! 5. Parts that no judge links are joined ([`link`]) by exchanges that leave every load as
//!    it is, or let two judges change loads that differ by one.
//!
//! What is fixed beforehand is kept and counts towards the entry and the judge's load.
//!
//! *What holds.* Every entry has exactly as many different judges as asked, none of whom
//! has a conflict. No other drawing with the same fixed pairs and conflicts has loads more
//! level: their squares have the least possible sum, so that they differ by at most one
//! where conflicts and fixed pairs allow. The drawing says whether all hangs together
//! ([`Drawing::linked`]); the joins that step 5 knows may miss one that many exchanges
//! at once would bring.

mod board;
mod level;
mod link;
mod lots;

use std::collections::{BTreeMap, BTreeSet};

use self::board::{Board, Seat};
use self::lots::Lots;

/// What to draw. Judges who have left may stand in `fixed` without standing in `judges`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The pseudonyms of entries.
    pub entries: Vec<String>,
    /// The pseudonyms of judges who can be given entries.
    pub judges: Vec<String>,
    /// Who must not judge what, whether they are in this drawing or not.
    pub conflicts: Vec<Pair>,
    /// How many judges an entry has.
    pub judges_an_entry: usize,
    /// What stands already, such as ballots that were cast.
    pub fixed: Vec<Pair>,
    /// Published beforehand, or made of what nobody could foresee.
    pub seed: [u8; 32],
}

/// An entry and a judge, by their pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Such as `E0001`.
    pub entry: String,
    /// Such as `J07`.
    pub judge: String,
}

impl Pair {
    fn names(&self) -> (&str, &str) {
        (&self.entry, &self.judge)
    }
}

/// Who judges what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// By entry, then judge; those that were fixed among them.
    pub pairs: Vec<Pair>,
    /// Whether every judge who has an entry and every entry are linked by chains of pairs,
    /// as adjusting for severity needs.
    pub linked: bool,
}

/// Why nothing can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A name stands twice among the entries or among the judges.
    DuplicateName(String),
    /// Something is fixed for an entry that is not to be drawn.
    UnknownEntry(Pair),
    /// The same pair is fixed twice.
    DuplicateFixed(Pair),
    /// What is fixed is a conflict.
    FixedConflict(Pair),
    /// Entries for which more is fixed than they may have.
    TooManyFixed(Vec<String>),
    /// Entries that have fewer judges without a conflict than they need.
    TooFewJudges(Vec<String>),
}

/// Draws.
///
/// # Errors
///
/// Names that stand twice; when there are none, fixed pairs that cannot stand; when there are
/// none, entries that cannot be served.
pub fn draw(draw: &Draw) -> Result<Drawing, Vec<Fault>> {
    let entries = sorted(&draw.entries)?;
    let judges = sorted(&draw.judges)?;
    let Start {
        mut board,
        missing,
        gone,
    } = Start::of(draw, &entries, &judges)?;

    let mut lots = Lots::new(draw.seed);
    let mut order: Vec<usize> = (0..entries.len()).collect();
    lots.shuffle(&mut order);
    for entry in order {
        let mut candidates: Vec<usize> = (0..judges.len()).collect();
        lots.shuffle(&mut candidates);
        candidates.sort_by_key(|judge| board.load(*judge));
        candidates.retain(|judge| board.seat(entry, *judge) == Seat::Free);
        candidates.truncate(missing.get(entry).copied().unwrap_or(0));
        for judge in candidates {
            board.draw(entry, judge);
        }
    }
    level::level(&mut board);
    let linked = link::link(&mut board, &gone);

    let name =
        |names: &[&str], index: usize| names.get(index).copied().unwrap_or_default().to_owned();
    let drawn = board.pairs().map(|(entry, judge, _)| Pair {
        entry: name(&entries, entry),
        judge: name(&judges, judge),
    });
    let kept = draw
        .fixed
        .iter()
        .filter(|pair| judges.binary_search(&&*pair.judge).is_err());
    let mut pairs: Vec<Pair> = drawn.chain(kept.cloned()).collect();
    pairs.sort_unstable();
    Ok(Drawing { pairs, linked })
}

fn sorted(names: &[String]) -> Result<Vec<&str>, Vec<Fault>> {
    let mut sorted: Vec<&str> = names.iter().map(|name| &**name).collect();
    sorted.sort_unstable();
    let twice = sorted
        .chunk_by(|one, other| one == other)
        .filter(|same| same.len() > 1);
    let faults: Vec<Fault> = twice
        .filter_map(|same| Some(Fault::DuplicateName((*same.first()?).to_owned())))
        .collect();
    if faults.is_empty() {
        Ok(sorted)
    } else {
        Err(faults)
    }
}

/// The board with what is fixed on it, and what is still to be drawn.
struct Start {
    board: Board,
    /// How many judges each entry lacks.
    missing: Vec<usize>,
    /// Judges who are not drawn any more: the entries that each keeps.
    gone: Vec<Vec<usize>>,
}

impl Start {
    fn of(draw: &Draw, entries: &[&str], judges: &[&str]) -> Result<Self, Vec<Fault>> {
        let conflicts: BTreeSet<(&str, &str)> = draw.conflicts.iter().map(Pair::names).collect();
        let mut fixed = BTreeMap::<&str, BTreeSet<&str>>::new();
        let mut faults = Vec::new();
        for pair in &draw.fixed {
            if !fixed.entry(&pair.entry).or_default().insert(&pair.judge) {
                faults.push(Fault::DuplicateFixed(pair.clone()));
            }
            if conflicts.contains(&pair.names()) {
                faults.push(Fault::FixedConflict(pair.clone()));
            }
            if entries.binary_search(&&*pair.entry).is_err() {
                faults.push(Fault::UnknownEntry(pair.clone()));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }

        let nobody = BTreeSet::new();
        let mut rows = Vec::with_capacity(entries.len());
        let mut lacking = Vec::with_capacity(entries.len());
        let mut gone = BTreeMap::<&str, Vec<usize>>::new();
        let (mut too_many, mut too_few) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let fixed = fixed.get(entry).unwrap_or(&nobody);
            let seat = |judge: &&str| {
                if fixed.contains(judge) {
                    Seat::Fixed
                } else if conflicts.contains(&(*entry, *judge)) {
                    Seat::Barred
                } else {
                    Seat::Free
                }
            };
            let row: Vec<Seat> = judges.iter().map(seat).collect();
            let free = row.iter().filter(|seat| **seat == Seat::Free).count();
            let missing = draw.judges_an_entry.saturating_sub(fixed.len());
            if fixed.len() > draw.judges_an_entry {
                too_many.push((*entry).to_owned());
            }
            if missing > free {
                too_few.push((*entry).to_owned());
            }
            for judge in fixed
                .iter()
                .filter(|judge| judges.binary_search(judge).is_err())
            {
                gone.entry(judge).or_default().push(index);
            }
            rows.push(row);
            lacking.push(missing);
        }
        if !too_many.is_empty() {
            faults.push(Fault::TooManyFixed(too_many));
        }
        if !too_few.is_empty() {
            faults.push(Fault::TooFewJudges(too_few));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            board: Board::new(rows, judges.len()),
            missing: lacking,
            gone: gone.into_values().collect(),
        })
    }
}

#[cfg(test)]
mod tests;

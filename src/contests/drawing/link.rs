//! Parts that no judge links, joined.

use super::board::{Board, Seat};

/// Joins what can be joined, and says whether all hangs together. `gone` are the entries of
/// each judge who is not drawn any more.
pub fn link(board: &mut Board, gone: &[Vec<usize>]) -> bool {
    loop {
        let parts = Parts::of(board, gone);
        if parts.all_one() {
            return true;
        }
        if !join(board, &parts) {
            return false;
        }
    }
}

/// Takes a pair that its part can spare, and exchanges judges with a pair of another part,
/// or hands the entry on to a judge there who has one fewer. Either way both parts, and
/// whatever falls off the other one, are one afterwards.
fn join(board: &mut Board, parts: &Parts) -> bool {
    for (from, spare) in parts.spare.iter().enumerate() {
        for to in 0..board.judges() {
            let may = |entry: &usize, judge| board.seat(*entry, judge) == Seat::Free;
            if parts.of_judge(from) == parts.of_judge(to) {
                continue;
            }
            let Some(entry) = spare.iter().copied().find(|entry| may(entry, to)) else {
                continue;
            };
            let is_drawn = |other: &usize| board.seat(*other, to) == Seat::Drawn;
            let in_exchange =
                (0..board.entries()).find(|other| is_drawn(other) && may(other, from));
            let has_one_fewer = board.load(to) > 0 && board.load(to) + 1 == board.load(from);
            if in_exchange.is_none() && !has_one_fewer {
                continue;
            }
            board.hand_on(entry, from, to);
            if let Some(other) = in_exchange {
                board.hand_on(other, to, from);
            }
            return true;
        }
    }
    false
}

/// What hangs together: entries first, then judges.
struct Parts {
    entries: usize,
    of: Vec<usize>,
    /// Judges without entries are in no part.
    idle: Vec<bool>,
    /// For each judge the entries without any one of which the part still hangs together.
    spare: Vec<Vec<usize>>,
}

impl Parts {
    fn of(board: &Board, gone: &[Vec<usize>]) -> Self {
        let entries = board.entries();
        let judges = board.judges();
        let mut forest = Forest::new(entries + judges + gone.len());
        for (index, of_one) in gone.iter().enumerate() {
            for entry in of_one {
                forest.join(*entry, entries + judges + index);
            }
        }
        // What is fixed first: so drawn pairs are spare wherever they can be.
        for (entry, judge, seat) in board.pairs() {
            if seat == Seat::Fixed {
                forest.join(entry, entries + judge);
            }
        }
        let mut spare = vec![Vec::new(); judges];
        for (entry, judge, seat) in board.pairs() {
            if seat == Seat::Drawn
                && !forest.join(entry, entries + judge)
                && let Some(spare) = spare.get_mut(judge)
            {
                spare.push(entry);
            }
        }
        Self {
            entries,
            of: (0..entries + judges).map(|one| forest.root(one)).collect(),
            idle: (0..judges).map(|judge| board.load(judge) == 0).collect(),
            spare,
        }
    }

    fn of_judge(&self, judge: usize) -> Option<usize> {
        self.of.get(self.entries + judge).copied()
    }

    fn all_one(&self) -> bool {
        let (entries, judges) = self.of.split_at(self.entries);
        let busy = judges.iter().zip(&self.idle).filter(|(_, idle)| !**idle);
        let mut parts = entries.iter().chain(busy.map(|(part, _)| part));
        let first = parts.next();
        parts.all(|part| Some(part) == first)
    }
}

/// Sets that are joined (union–find).
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Self {
            parents: (0..count).collect(),
        }
    }

    fn root(&mut self, mut one: usize) -> usize {
        while let Some(parent) = self
            .parents
            .get(one)
            .copied()
            .filter(|parent| *parent != one)
        {
            // Halves the way for whoever comes next.
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(one) {
                *slot = grandparent;
            }
            one = grandparent;
        }
        one
    }

    /// Whether they were apart.
    fn join(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(parent) = self.parents.get_mut(one) {
            *parent = other;
        }
        one != other
    }
}

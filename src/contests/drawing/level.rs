//! Loads as level as they can be.

use std::collections::VecDeque;

use super::board::{Board, Seat};

/// Hands entries on until no chain of judges leads from one to another with two fewer. Then
/// the squares of loads have the least sum that there is (Harvey, Ladner, Lovász, Tamir:
/// Semi-matchings for bipartite graphs, 2006).
pub fn level(board: &mut Board) {
    while let Some(chain) = chain(board) {
        for Step { entry, from, to } in chain {
            board.hand_on(entry, from, to);
        }
    }
}

/// An entry that one judge hands on to another one.
#[derive(Clone, Copy)]
struct Step {
    entry: usize,
    from: usize,
    to: usize,
}

/// A shortest chain from the judge with most entries that has one, in the order to be
/// carried out.
fn chain(board: &Board) -> Option<Vec<Step>> {
    let mut judges: Vec<usize> = (0..board.judges()).collect();
    judges.sort_by_key(|judge| std::cmp::Reverse(board.load(*judge)));
    let least = judges.last().map(|judge| board.load(*judge))?;
    judges
        .into_iter()
        .take_while(|judge| board.load(*judge) >= least + 2)
        .find_map(|judge| chain_from(board, judge))
}

fn chain_from(board: &Board, first: usize) -> Option<Vec<Step>> {
    // How each judge was reached, and which entries have been handed to everybody.
    let mut reached: Vec<Option<Step>> = vec![None; board.judges()];
    let mut handed = vec![false; board.entries()];
    let mut next = VecDeque::from([first]);
    while let Some(from) = next.pop_front() {
        for (entry, handed) in handed.iter_mut().enumerate() {
            if *handed || board.seat(entry, from) != Seat::Drawn {
                continue;
            }
            *handed = true;
            for (to, how) in reached.iter_mut().enumerate() {
                if how.is_some() || to == first || board.seat(entry, to) != Seat::Free {
                    continue;
                }
                *how = Some(Step { entry, from, to });
                if board.load(to) + 2 <= board.load(first) {
                    return Some(back(&reached, to));
                }
                next.push_back(to);
            }
        }
    }
    None
}

/// The steps that led to `last`, from it backwards.
fn back(reached: &[Option<Step>], last: usize) -> Vec<Step> {
    let step = |judge: usize| reached.get(judge).copied().flatten();
    std::iter::successors(step(last), |one| step(one.from)).collect()
}

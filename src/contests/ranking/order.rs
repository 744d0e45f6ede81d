//! Who comes before whom among equals by stage, and why.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::means::Trim;
use super::pairwise::Comparisons;
use super::points::Points;
use super::result::{Break, Tie};
use super::scoring::Contender;
use super::sheet::{Stage, TieRule};
use super::tally::{Round, width};

/// So many with the same total are not compared in pairs, but share the rank.
const TOO_MANY: usize = 501;

/// A contender's place among those it was ordered with.
pub struct Place<'c, 's> {
    pub contender: &'c Contender<'s>,
    /// 1 is the best.
    pub rank: u32,
    pub tie: Option<Tie>,
}

/// Orders `pool`, sorted by name, by where it stands after the stage with this number.
///
/// Only what happened up to then counts: a rule about a later stage tells nobody apart.
pub fn order<'c, 's>(
    pool: &[&'c Contender<'s>],
    rounds: &[&Round],
    rules: &[TieRule],
    stage: usize,
) -> Vec<Place<'c, 's>> {
    let rules: Vec<Rule> = rules
        .iter()
        .filter_map(|rule| Rule::of(rule, rounds, stage))
        .collect();
    let mut sorted = pool.to_vec();
    let standing = |one: &&Contender| one.standings.get(stage).copied();
    sorted.sort_by_key(|one| Reverse(standing(one)));
    let mut row = Vec::with_capacity(pool.len());
    for equal in sorted.chunk_by(|one, other| standing(one) == standing(other)) {
        break_tie(equal.to_vec(), &rules, stage, None, &mut row);
    }
    places(row)
}

/// A contender behind another one.
struct Link<'c, 's> {
    contender: &'c Contender<'s>,
    /// By what; none when by the total, or when it is the first.
    behind_by: Option<Break>,
    preferred: Option<Points>,
}

fn places<'c, 's>(row: Vec<Link<'c, 's>>) -> Vec<Place<'c, 's>> {
    let behind: Vec<Option<Break>> = row.iter().map(|link| link.behind_by.clone()).collect();
    let mut rank = 0;
    let places = row.into_iter().enumerate().map(|(index, link)| {
        let before = link.behind_by;
        let after = behind.get(index + 1).cloned().flatten();
        if before != Some(Break::Shared {}) {
            rank = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
        let preferred = link.preferred;
        let tied = before.is_some() || after.is_some();
        Place {
            contender: link.contender,
            rank,
            tie: tied.then_some(Tie {
                before,
                after,
                preferred,
            }),
        }
    });
    places.collect()
}

/// Appends `equal`, whose first is behind by `behind_by`.
fn break_tie<'c, 's>(
    mut equal: Vec<&'c Contender<'s>>,
    rules: &[Rule],
    stage: usize,
    behind_by: Option<Break>,
    row: &mut Vec<Link<'c, 's>>,
) {
    if let [contender] = *equal {
        row.push(Link {
            contender,
            behind_by,
            preferred: None,
        });
        return;
    }
    let Some((rule, rest)) = rules.split_first() else {
        compare(&equal, stage, behind_by, row);
        return;
    };
    equal.sort_by_cached_key(|one| Reverse(rule.value(one)));
    let mut behind_by = behind_by;
    for still in equal.chunk_by(|one, other| rule.value(one) == rule.value(other)) {
        break_tie(still.to_vec(), rest, stage, behind_by, row);
        behind_by = Some(rule.name.clone());
    }
}

/// Appends `equal` as the judges' comparisons up to this stage order them.
fn compare<'c, 's>(
    equal: &[&'c Contender<'s>],
    stage: usize,
    behind_by: Option<Break>,
    row: &mut Vec<Link<'c, 's>>,
) {
    let mut comparisons = Comparisons::new(equal.len());
    if equal.len() < TOO_MANY {
        for marks in by_judge(equal, stage).values() {
            for (index, one) in marks.iter().enumerate() {
                for other in marks.iter().skip(index + 1) {
                    comparisons.add(*one, *other);
                }
            }
        }
    }
    let mut behind_by = behind_by;
    for set in comparisons.sets() {
        let mut members: Vec<(Option<Points>, &Contender)> = set
            .into_iter()
            .filter_map(|one| {
                let probability = one.probability.map(|probability| 100.0 * probability);
                Some((probability.and_then(Points::near), *equal.get(one.who)?))
            })
            .collect();
        members.sort_by_key(|(preferred, _)| Reverse(*preferred));
        for same in members.chunk_by(|one, other| one.0 == other.0) {
            for (preferred, contender) in same {
                row.push(Link {
                    contender,
                    behind_by: behind_by.take(),
                    preferred: *preferred,
                });
                behind_by = Some(Break::Shared {});
            }
            behind_by = Some(Break::Pairwise {});
        }
    }
}

/// What each judge of each stage up to this one gave to which of `equal`.
fn by_judge(equal: &[&Contender], stage: usize) -> BTreeMap<(usize, usize), Vec<(usize, i64)>> {
    let mut by_judge = BTreeMap::<_, Vec<_>>::new();
    for (index, contender) in equal.iter().enumerate() {
        for (round, marks) in contender.case.marks.iter().take(stage + 1).enumerate() {
            for mark in marks {
                by_judge
                    .entry((round, mark.judge))
                    .or_default()
                    .push((index, mark.total));
            }
        }
    }
    by_judge
}

/// A declared rule, with what it reads.
struct Rule {
    stage: usize,
    /// Without one, the stage's score.
    criterion: Option<Reading>,
    name: Break,
}

/// Where a criterion's scores stand on a ballot, and their scale.
struct Reading {
    index: usize,
    minimum: i32,
    width: i64,
    trim: Trim,
}

impl Rule {
    /// None when it is about a stage that is still to come.
    fn of(rule: &TieRule, rounds: &[&Round], stage: usize) -> Option<Self> {
        let upto = || rounds.iter().map(|round| round.stage).take(stage + 1);
        let place = |key: &str| upto().position(|stage| stage.key == key);
        match rule {
            TieRule::Stage { stage } => Some(Self {
                stage: place(stage)?,
                criterion: None,
                name: Break::Stage {
                    stage: stage.clone(),
                },
            }),
            TieRule::Criterion { stage, criterion } => {
                let place = place(stage)?;
                Some(Self {
                    stage: place,
                    criterion: Some(Reading::of(upto().nth(place)?, criterion)?),
                    name: Break::Criterion {
                        stage: stage.clone(),
                        criterion: criterion.clone(),
                    },
                })
            }
        }
    }

    fn value(&self, contender: &Contender) -> Option<Points> {
        match &self.criterion {
            None => Some(contender.scores.get(self.stage)?.score),
            Some(reading) => reading.mean(contender, self.stage),
        }
    }
}

impl Reading {
    fn of(stage: &Stage, key: &str) -> Option<Self> {
        let mut criteria = stage.criteria.iter().enumerate();
        let (index, criterion) = criteria.find(|(_, criterion)| criterion.key == key)?;
        Some(Self {
            index,
            minimum: criterion.minimum,
            width: width(criterion),
            trim: Trim::of(stage.method),
        })
    }

    fn mean(&self, contender: &Contender, stage: usize) -> Option<Points> {
        let marks = contender.case.marks.get(stage)?.iter();
        let scores = marks.filter_map(|mark| mark.scores.get(self.index));
        let steps = scores.map(|score| i64::from(*score) - i64::from(self.minimum));
        let mut steps: Vec<i64> = steps.collect();
        steps.sort_unstable();
        self.trim.mean(&steps, self.width)
    }
}

//! What a panel gave, entry by entry: what is shown right after it has scored, before
//! anybody is ranked.

use super::points::Points;
use super::scoring;
use super::sheet::{Fault, Method, Sheet, Stage, VERSION};
use super::tally::{Mark, Tally};

/// What a panel gave an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// Its pseudonym.
    pub entry: String,
    /// By the stage's method; where judges' severity is taken out, the mean of all ballots,
    /// for one entry tells nothing of severity.
    pub score: Points,
    /// In the order of the judges' names.
    pub marks: Vec<PanelMark>,
}

/// What one judge of the panel gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelMark {
    /// The judge's pseudonym.
    pub judge: String,
    /// What the ballot comes to.
    pub mark: Points,
    /// Whether the method drops it. Of equal marks the first names count as the lower ones,
    /// which changes no mean.
    pub dropped: bool,
}

/// What the panel of a stage gave each entry that has ballots there, by name, whatever came
/// of the stages before.
///
/// # Errors
///
/// All that is wrong with the stage, or entries with too few ballots for its method.
pub fn panels(stage: &Stage) -> Result<Vec<Panel>, Vec<Fault>> {
    let method = match stage.method {
        Method::SeverityAdjusted {} => Method::WeightedMean {},
        method => method,
    };
    let alone = Sheet {
        version: VERSION,
        stages: vec![Stage {
            weight: 1_000,
            method,
            advance: None,
            ..stage.clone()
        }],
        ties: Vec::new(),
        boundaries: Vec::new(),
    };
    let scored = scoring::score(Tally::new(&alone)?)?;
    let (highest, lowest) = match method {
        Method::TrimmedMean { highest, lowest } => (highest, lowest),
        Method::WeightedMean {} | Method::SeverityAdjusted {} => (0, 0),
    };
    let panels = scored.rounds.iter().flat_map(|(round, _)| {
        let contenders = scored.contenders.iter();
        contenders.map(|contender| {
            let marks = contender.case.marks.iter().flatten();
            let mut sorted: Vec<&Mark> = marks.collect();
            // As they were tallied, names are in order already.
            sorted.sort_by_key(|mark| mark.total);
            let count = sorted.len();
            let mut marks = Vec::with_capacity(count);
            for (below, mark) in sorted.into_iter().enumerate() {
                let above = count - below - 1;
                marks.push(PanelMark {
                    judge: (*round.judges.get(mark.judge)?).to_owned(),
                    mark: Points::of(100 * i128::from(mark.total), round.whole.into())?,
                    dropped: is_among(below, lowest) || is_among(above, highest),
                });
            }
            marks.sort_by(|one, other| one.judge.cmp(&other.judge));
            Some(Panel {
                entry: contender.case.name.to_owned(),
                score: contender.scores.first()?.score,
                marks,
            })
        })
    });
    panels.collect::<Option<_>>().ok_or_else(|| {
        let stage = stage.key.clone();
        vec![Fault::NotComputable { stage }]
    })
}

/// Whether whoever has `before` others before them is among the first `so_many`.
fn is_among(before: usize, so_many: u32) -> bool {
    u32::try_from(before).is_ok_and(|before| before < so_many)
}

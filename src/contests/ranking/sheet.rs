//! What a ranking is made of, as it is published, and what can be wrong with it.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// The arithmetic of this code. A change by which any published number could differ is
/// another version.
pub const VERSION: u32 = 1;

/// Everything a ranking follows from. The order of stages, criteria and tie rules means
/// something; that of ballots and boundaries does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// [`VERSION`].
    pub version: u32,
    /// From the first to the last. Those at the end may have no ballots yet.
    pub stages: Vec<Stage>,
    /// How ties are broken, the first rule first.
    pub ties: Vec<TieRule>,
    /// How many win something: after which ranks a better award ends.
    pub boundaries: Vec<NonZeroU32>,
}

/// One stage and its ballots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name, once in a sheet.
    pub key: String,
    /// In the total, in permille. Those of all stages come to 1000.
    pub weight: u32,
    /// How an entry's ballots become its score.
    pub method: Method,
    /// What is judged.
    pub criteria: Vec<Criterion>,
    /// The last rank that goes on to the next stage, and all who share it; everybody when
    /// none is said.
    pub advance: Option<NonZeroU32>,
    /// One an entry and judge.
    pub ballots: Vec<Ballot>,
}

/// How the ballots of an entry become its score in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// Their mean. (Weighted are the criteria.)
    WeightedMean {},
    /// Their mean without so many of the highest and of the lowest.
    TrimmedMean {
        /// How many of the highest are dropped.
        highest: u32,
        /// How many of the lowest are dropped.
        lowest: u32,
    },
    /// What is left of them when each judge's severity is taken out: ballot = entry +
    /// judge by least squares, judges coming to zero together.
    SeverityAdjusted {},
}

/// One thing that is judged, on a scale of whole steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name, once in a stage.
    pub key: String,
    /// In a ballot, in permille. Those of all criteria come to 1000.
    pub weight: u32,
    /// The score that counts nothing.
    pub minimum: i32,
    /// The score that counts in full, at most [`WIDEST`] above.
    pub maximum: i32,
}

/// A scale has at most so many steps.
pub const WIDEST: i64 = 1_000;

/// The least common multiple of the scales of a stage is at most this.
pub const FINEST: i64 = 1_000_000;

/// What one judge gave one entry. Both go by pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    /// Such as `E0001`.
    pub entry: String,
    /// Such as `J07`.
    pub judge: String,
    /// One a criterion, in their order.
    pub scores: Vec<i32>,
}

/// Who ranks first of those with equal totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum TieRule {
    /// Who has the higher score in a stage.
    Stage {
        /// Its key.
        stage: String,
    },
    /// Who has the higher mean on a criterion, which is trimmed where the stage's method
    /// trims: of the scores on that criterion, so many of the highest and lowest.
    Criterion {
        /// The stage's key.
        stage: String,
        /// The criterion's key.
        criterion: String,
    },
}

/// What is wrong with a sheet; the words for people are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fault {
    /// Made for another version of this code.
    Version {
        /// The sheet's.
        version: u32,
    },
    /// There is no stage.
    NoStages {},
    /// Two stages have the same key.
    DuplicateStage {
        /// Their key.
        stage: String,
    },
    /// The stages' weights do not come to 1000 ‰.
    StageWeights {
        /// What they come to.
        sum: u64,
    },
    /// Two criteria of a stage have the same key.
    DuplicateCriterion {
        /// The stage's key.
        stage: String,
        /// Their key.
        criterion: String,
    },
    /// The weights of a stage's criteria do not come to 1000 ‰.
    CriterionWeights {
        /// The stage's key.
        stage: String,
        /// What they come to.
        sum: u64,
    },
    /// A criterion's scale has no step, or more than [`WIDEST`].
    Scale {
        /// The stage's key.
        stage: String,
        /// The criterion's key.
        criterion: String,
    },
    /// The scales of a stage have no common multiple up to [`FINEST`].
    ScalesTooFine {
        /// The stage's key.
        stage: String,
    },
    /// A rule names a stage or criterion that does not exist.
    UnknownTieRule {
        /// Which of the rules, from 0.
        index: usize,
    },
    /// A quota to go on from the last stage.
    NowhereToAdvance {
        /// The stage's key.
        stage: String,
    },
    /// A judge scored an entry twice in a stage.
    DuplicateBallot {
        /// The stage's key.
        stage: String,
        /// The entry.
        entry: String,
        /// The judge.
        judge: String,
    },
    /// A ballot has more or fewer scores than there are criteria.
    ScoreCount {
        /// The stage's key.
        stage: String,
        /// The entry.
        entry: String,
        /// The judge.
        judge: String,
    },
    /// A score is outside its criterion's scale.
    OutOfScale {
        /// The stage's key.
        stage: String,
        /// The entry.
        entry: String,
        /// The judge.
        judge: String,
        /// The criterion's key.
        criterion: String,
    },
    /// Entries with ballots in a stage and none in the one before.
    NotInStageBefore {
        /// The stage's key.
        stage: String,
        /// Which.
        entries: Vec<String>,
    },
    /// Entries with too few ballots to drop as many as the method says and keep one.
    TooFewToTrim {
        /// The stage's key.
        stage: String,
        /// Which.
        entries: Vec<String>,
    },
    /// Severity cannot be told from quality: no judge links these parts of the stage.
    NotConnected {
        /// The stage's key.
        stage: String,
        /// Who is linked with whom.
        parts: Vec<Part>,
    },
    /// The numbers are beyond what this arithmetic can tell apart.
    NotComputable {
        /// The stage's key.
        stage: String,
    },
}

/// Entries and judges that are linked by ballots with each other and with nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The entries, by name.
    pub entries: Vec<String>,
    /// Their judges, by name.
    pub judges: Vec<String>,
}

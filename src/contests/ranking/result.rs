//! What comes out: the ranking as it is published.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::points::Points;

/// A ranking. As JSON by `serde_json`, the same bytes on every platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// The sheet's.
    pub version: u32,
    /// By rank; those who share one by name.
    pub entries: Vec<Ranked>,
    /// What is to be said of each stage as a whole, in the sheet's order.
    pub stages: Vec<StageSummary>,
}

/// An entry and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// Its pseudonym.
    pub entry: String,
    /// 1 is the best; those who share one are followed by a gap.
    pub rank: u32,
    /// Its standing after the stage where it ended.
    pub total: Points,
    /// Each stage it was in, in the sheet's order.
    pub stages: Vec<StageResult>,
    /// When its total is not its alone: what decided.
    pub tie: Option<Tie>,
    /// What people should talk about.
    pub flags: Vec<Flag>,
}

/// What became of an entry in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageResult {
    /// The stage's key.
    pub stage: String,
    /// The rank after this stage, among all who were in it.
    pub rank: u32,
    /// By the stage's method.
    pub score: Points,
    /// The mean of all its ballots.
    pub raw_mean: Points,
    /// Of the score, when it is adjusted and there are more ballots than unknowns.
    pub standard_error: Option<Points>,
    /// How many.
    pub ballots: u32,
    /// The sample's standard deviation of its ballots; none of a single one.
    pub deviation: Option<Points>,
    /// From its lowest ballot to its highest.
    pub range: Points,
}

/// How an entry stands to its neighbours with the same total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// What put it behind the one before it; none when it is the first with this total.
    pub before: Option<Break>,
    /// What put it ahead of the one after it; none when it is the last with this total.
    pub after: Option<Break>,
    /// Where judges' comparisons were weighed: the probability, in points of 100, that a
    /// judge would prefer it to another one of those it was weighed with, chosen at random.
    pub preferred: Option<Points>,
}

/// What decided between two entries with the same total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Break {
    /// The declared rule: a stage's score.
    Stage {
        /// Its key.
        stage: String,
    },
    /// The declared rule: the mean on a criterion.
    Criterion {
        /// The stage's key.
        stage: String,
        /// The criterion's key.
        criterion: String,
    },
    /// The comparisons of judges who scored both or were linked by others.
    Pairwise {},
    /// Nothing: they share the rank.
    Shared {},
}

/// Something about an entry that people should talk about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flag", rename_all = "snake_case", deny_unknown_fields)]
pub enum Flag {
    /// Without one judge's ballot it would be on the other side of a boundary.
    RestsOnOneJudge {
        /// The stage of the ballot.
        stage: String,
        /// The judge.
        judge: String,
        /// Which boundary.
        boundary: Boundary,
        /// The rank it would have: the better one of those possible when it would leave,
        /// the worse one when it would enter.
        rank: u32,
    },
    /// Without this judge's ballot the stage's method has no score for it.
    NothingWithout {
        /// The stage of the ballot.
        stage: String,
        /// The judge.
        judge: String,
    },
    /// It ranked within the quota of a stage but is not in the next one.
    DidNotGoOn {
        /// The stage it ended at.
        stage: String,
    },
    /// It is in the next stage though it ranked behind the quota.
    WentOnBehindQuota {
        /// The stage it went on from.
        stage: String,
    },
}

/// Where one side wins what the other does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Boundary {
    /// Going on from a stage.
    Advance {
        /// Its key.
        stage: String,
    },
    /// An award that ends after this rank.
    Award {
        /// The rank.
        rank: NonZeroU32,
    },
}

/// A stage as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageSummary {
    /// Its key.
    pub stage: String,
    /// How many entries have ballots.
    pub entries: u32,
    /// How many ballots.
    pub ballots: u32,
    /// Where scores are adjusted: ballots less unknowns, on which standard errors rest;
    /// with 0 there are none.
    pub degrees_of_freedom: Option<u32>,
    /// By name.
    pub judges: Vec<JudgeSummary>,
}

/// A judge in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeSummary {
    /// The pseudonym.
    pub judge: String,
    /// How many.
    pub ballots: u32,
    /// Where scores are adjusted: how much more than the average judge this one gives to
    /// the same entry. Below zero is harsh.
    pub severity: Option<Points>,
    /// Of the severity.
    pub standard_error: Option<Points>,
}

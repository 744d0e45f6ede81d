//! A result as it is drawn up: the sheets of all tracks, the rankings they come to, who goes
//! on or wins what, and the document that two people approve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::awarding::awarded;
use super::counting::{Counted, sheet};
use super::refusals::{nothing_to_rank, ranking_impossible};
use crate::contests::entry_label;
use crate::contests::ranking::rank;
use crate::contests::rules::{Rules, Stage};
use crate::platform::crypto::sha256_hex;
use crate::platform::db;
use crate::platform::problem::Problem;

/// An entry that takes part.
#[derive(Debug, Deserialize)]
pub struct Entrant {
    /// `E0001` without the `E`.
    pub number: i64,
    /// Whether it is in the stage.
    #[serde(deserialize_with = "db::truth")]
    pub in_stage: bool,
}

/// What is to be drawn up.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The contest's id.
    pub contest: &'a str,
    /// The rules in force.
    pub rules: &'a Rules,
    /// Of which version they are.
    pub rules_version: i64,
    /// Up to and with this stage.
    pub stage: &'a Stage,
    /// The result's version within its stage.
    pub version: i64,
}

/// Where an entry came.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Placing {
    /// `E0001` without the `E`.
    pub number: i64,
    /// Within its track.
    pub rank: u32,
    /// Its standing after the stage where it ended, `87.5000`.
    pub total: String,
    /// Whether it goes on to the next stage.
    pub goes_on: bool,
    /// The key of what it wins.
    pub award: Option<String>,
}

/// A track of it, both texts to the byte.
#[derive(Debug)]
pub struct DraftTrack {
    /// Its key.
    pub key: String,
    /// What the ranking follows from.
    pub sheet: String,
    /// The ranking.
    pub ranking: String,
}

/// A result, drawn up.
#[derive(Debug)]
pub struct Draft {
    /// What is approved, RFC 8785.
    pub document: String,
    /// Its tracks, in the order of the rules; those without a ballot are left out.
    pub tracks: Vec<DraftTrack>,
    /// Of all tracks.
    pub placings: Vec<Placing>,
}

impl Draft {
    /// SHA-256 of the document, in hexadecimal.
    pub fn hash(&self) -> String {
        sha256_hex(&self.document)
    }
}

/// Whether results are drawn up of a stage: only some go on from it, or it is the last one
/// that is scored.
pub fn has_result(rules: &Rules, stage: &Stage) -> bool {
    stage.is_judged() && (stage.advance.is_some() || is_last(rules, stage))
}

/// Whether it is the last stage that is scored.
pub fn is_last(rules: &Rules, stage: &Stage) -> bool {
    rules
        .judged()
        .last()
        .is_some_and(|last| last.key == stage.key)
}

/// The keys of the scored stages up to and with this one.
pub fn upto<'a>(rules: &'a Rules, stage: &Stage) -> Vec<&'a str> {
    let mut keys = Vec::new();
    for one in rules.judged() {
        keys.push(one.key.as_str());
        if one.key == stage.key {
            break;
        }
    }
    keys
}

/// Draws up a result from the ballots that count in the stages [`upto`] it.
///
/// # Errors
///
/// `nothing_to_rank` without a ballot; `ranking_impossible` names every track that has no
/// ranking, and why.
pub fn draft(
    of: &Subject<'_>,
    entrants: &[Entrant],
    ballots: &[Counted],
) -> Result<Draft, Problem> {
    let (mut tracks, mut placings, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let numbers: BTreeMap<String, i64> = entrants
        .iter()
        .map(|entrant| (entry_label(entrant.number), entrant.number))
        .collect();
    let last = is_last(of.rules, of.stage);
    for track in of.rules.tracks.iter() {
        let key = track.key.as_str();
        if !ballots.iter().any(|ballot| ballot.track == key) {
            continue;
        }
        let sheet = sheet(of.rules, key, ballots)?;
        let ranking = match rank(&sheet) {
            Ok(ranking) => ranking,
            Err(some) => {
                faults.push((track, some));
                continue;
            }
        };
        for entry in &ranking.entries {
            let number = numbers.get(&entry.entry).copied().ok_or_else(|| {
                Problem::internal(format!("{} is ranked and takes no part", entry.entry))
            })?;
            let quota = of.stage.advance.as_ref().filter(|_| !last);
            placings.push(Placing {
                number,
                rank: entry.rank,
                total: entry.total.to_string(),
                goes_on: quota.is_some_and(|quota| i64::from(entry.rank) <= quota.get()),
                award: awarded(of.rules, entry.rank)
                    .filter(|_| last)
                    .map(|award| award.key.as_str().to_owned()),
            });
        }
        tracks.push(DraftTrack {
            key: key.to_owned(),
            sheet: text(&sheet)?,
            ranking: text(&ranking)?,
        });
    }
    if !faults.is_empty() {
        return Err(ranking_impossible(of.rules, &faults));
    }
    if tracks.is_empty() {
        return Err(nothing_to_rank());
    }
    Ok(Draft {
        document: document(of, &tracks, &short(of.stage, entrants, ballots)),
        tracks,
        placings,
    })
}

fn text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| Problem::internal(error.to_string()))
}

/// Entries of the stage with fewer ballots than the rules say.
fn short(stage: &Stage, entrants: &[Entrant], ballots: &[Counted]) -> Vec<Value> {
    let mut counts = BTreeMap::<i64, i64>::new();
    for ballot in ballots.iter().filter(|b| b.stage == stage.key.as_str()) {
        *counts.entry(ballot.entry).or_default() += 1;
    }
    let in_stage = entrants.iter().filter(|entrant| entrant.in_stage);
    let counted = in_stage.map(|entrant| {
        let count = counts.get(&entrant.number).copied().unwrap_or_default();
        (entrant.number, count)
    });
    counted
        .filter(|(_, count)| *count < stage.judges_per_entry.get())
        .map(|(number, count)| json!({"entry": entry_label(number), "ballots": count}))
        .collect()
}

/// Members of a value are in order of their names, and all numbers are whole: RFC 8785.
fn document(of: &Subject<'_>, tracks: &[DraftTrack], short: &[Value]) -> String {
    let tracks = tracks.iter().map(|track| {
        json!({
            "track": track.key,
            "sheet": sha256_hex(&track.sheet),
            "ranking": sha256_hex(&track.ranking),
        })
    });
    json!({
        "contest": of.contest,
        "stage": of.stage.key.as_str(),
        "version": of.version,
        "rules": {"version": of.rules_version, "hash": of.rules.hash()},
        "tracks": tracks.collect::<Value>(),
        "short": short,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::ranking::recompute;
    use crate::contests::rules::{example, tests::read};
    use crate::platform::i18n::Lang;

    fn ballot(stage: &str, (entry, judge): (i64, i64), scores: &[(&str, i64)]) -> Counted {
        Counted {
            stage: stage.to_owned(),
            track: "open".to_owned(),
            entry,
            judge,
            scores: scores
                .iter()
                .map(|(key, score)| ((*key).to_owned(), *score))
                .collect(),
        }
    }

    fn paper(pair: (i64, i64), both: i64) -> Counted {
        ballot("paper", pair, &[("effect", both), ("need", both)])
    }

    /// Of the example's rules, with two that go on.
    fn drawn(stage: &str, entrants: i64, ballots: &[Counted]) -> Result<Draft, Problem> {
        let mut rules = example();
        rules["stages"][1]["advance"] = json!(2);
        rules["stages"][2]["method"] = json!("weighted_mean");
        rules["stages"][2]["trim"] = json!(0);
        let rules = read(rules);
        let entrants: Vec<Entrant> = (1..=entrants)
            .map(|number| Entrant {
                number,
                in_stage: true,
            })
            .collect();
        let subject = Subject {
            contest: "c",
            rules: &rules,
            rules_version: 3,
            stage: rules.stage(stage).unwrap(),
            version: 1,
        };
        draft(&subject, &entrants, ballots)
    }

    fn first_stage() -> Vec<Counted> {
        let judges = [1, 2];
        let entries = [(1, 9), (2, 8), (3, 7)];
        let pairs = judges.iter().flat_map(|judge| {
            entries
                .iter()
                .map(|(entry, both)| paper((*entry, *judge), *both))
        });
        pairs.collect()
    }

    #[test]
    fn a_stage_on_the_way_says_who_goes_on_and_nobody_wins() {
        let draft = drawn("paper", 4, &first_stage()).unwrap();
        let placings: Vec<_> = draft
            .placings
            .iter()
            .map(|one| (one.number, one.rank, one.goes_on, one.award.as_deref()))
            .collect();
        assert_eq!(
            placings,
            [(1, 1, true, None), (2, 2, true, None), (3, 3, false, None)]
        );
        let document: Value = serde_json::from_str(&draft.document).unwrap();
        assert_eq!(document["rules"]["version"], 3);
        // Seven judges were promised; the fourth entry has none.
        assert_eq!(
            document["short"][3],
            json!({"entry": "E0004", "ballots": 0})
        );
        assert_eq!(
            document["tracks"][0]["ranking"],
            sha256_hex(&draft.tracks[0].ranking)
        );
    }

    #[test]
    fn the_last_stage_says_who_wins_what() {
        let mut ballots = first_stage();
        ballots.push(ballot("roadshow", (1, 5), &[("show", 3)]));
        ballots.push(ballot("roadshow", (2, 5), &[("show", 9)]));
        let draft = drawn("roadshow", 3, &ballots).unwrap();
        let placings: Vec<_> = draft
            .placings
            .iter()
            .map(|one| (one.number, one.award.as_deref()))
            .collect();
        assert_eq!(
            placings,
            [(2, Some("gold")), (1, Some("silver")), (3, Some("silver"))]
        );
        assert!(draft.placings.iter().all(|placing| !placing.goes_on));
    }

    #[test]
    fn what_is_published_is_what_a_browser_recomputes() {
        let draft = drawn("paper", 3, &first_stage()).unwrap();
        let [track] = draft.tracks.as_slice() else {
            panic!("one track has ballots")
        };
        assert_eq!(recompute(&track.sheet).unwrap(), track.ranking);
    }

    #[test]
    fn a_track_that_cannot_be_ranked_says_why() {
        // Two pairs that no judge links: severity cannot be told from quality.
        let apart = [paper((1, 1), 9), paper((2, 2), 8)];
        let problem = drawn("paper", 2, &apart).unwrap_err();
        assert_eq!(problem.code(), "ranking_impossible");
        let title = problem.title(Lang::Zh);
        assert!(
            title.contains("综合") && title.contains("书面评审"),
            "{title}"
        );
        let nothing = drawn("paper", 2, &[]).unwrap_err();
        assert_eq!(nothing.code(), "nothing_to_rank");
    }

    #[test]
    fn results_are_of_stages_from_which_some_go_on_and_of_the_last() {
        let rules = read(example());
        let having: Vec<_> = rules
            .stages
            .iter()
            .filter(|stage| has_result(&rules, stage))
            .map(|stage| stage.key.as_str())
            .collect();
        assert_eq!(having, ["paper", "roadshow"]);
        let roadshow = rules.stage("roadshow").unwrap();
        assert_eq!(upto(&rules, roadshow), ["paper", "roadshow"]);
        assert_eq!(upto(&rules, rules.stage("paper").unwrap()), ["paper"]);
    }
}

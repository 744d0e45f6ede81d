//! Stages, weights, quotas and ties, worked out by hand.

use std::num::NonZeroU32;

use super::*;

const MEAN: Method = Method::WeightedMean {};

#[test]
fn criteria_weigh_as_they_say_on_scales_of_their_own() {
    let mut paper = stage("paper", 1_000, MEAN, &[]);
    let criterion = |key: &str, weight, minimum, maximum| Criterion {
        key: key.into(),
        weight,
        minimum,
        maximum,
    };
    paper.criteria = vec![
        criterion("need", 300, 1, 5),
        criterion("effect", 700, 0, 30),
    ];
    let ballot = |judge: &str, scores: &[i32]| Ballot {
        entry: "E1".into(),
        judge: judge.into(),
        scores: scores.to_vec(),
    };
    // 30 · 3/4 + 70 · 20/30 = 69 1/6 and 30 · 1/4 + 70 · 30/30 = 77 1/2.
    paper.ballots = vec![ballot("J1", &[4, 20]), ballot("J2", &[2, 30])];
    let ranking = rank(&sheet(vec![paper])).unwrap();
    let [only] = &*ranking.entries else {
        panic!("{ranking:?}")
    };
    assert_eq!(only.total, points("73.3333"));
    let result = &only.stages[0];
    assert_eq!(
        (result.score, result.raw_mean),
        (points("73.3333"), points("73.3333"))
    );
    // The two lie 8 1/3 apart, which is √2 deviations.
    assert_eq!(result.range, points("8.3333"));
    assert_eq!(result.deviation, Some(points("5.8926")));
    assert_eq!((result.ballots, result.standard_error), (2, None));
    assert_eq!(ranking.stages[0].judges.len(), 2);
}

#[test]
fn who_went_on_ranks_before_who_did_not() {
    let mut first = stage(
        "first",
        150,
        MEAN,
        &[
            ("A", "J", 90),
            ("B", "J", 80),
            ("C", "J", 70),
            ("D", "J", 60),
        ],
    );
    first.advance = NonZeroU32::new(3);
    let mut paper = stage(
        "paper",
        250,
        MEAN,
        &[("A", "K", 90), ("B", "K", 80), ("C", "K", 85)],
    );
    paper.advance = NonZeroU32::new(2);
    let show = stage("show", 600, MEAN, &[("A", "L", 50), ("B", "L", 75)]);
    let ranking = rank(&sheet(vec![first, paper, show])).unwrap();
    // B overtakes A on the stage; C stays behind both, whatever its total would be.
    assert_eq!(placed(&ranking), [("B", 1), ("A", 2), ("C", 3), ("D", 4)]);
    let totals: Vec<String> = ranking
        .entries
        .iter()
        .map(|one| one.total.to_string())
        .collect();
    assert_eq!(totals, ["77.0000", "66.0000", "31.7500", "9.0000"]);
    let ranks: Vec<u32> = named(&ranking, "B")
        .stages
        .iter()
        .map(|one| one.rank)
        .collect();
    assert_eq!(ranks, [2, 2, 1]);
    assert!(ranking.entries.iter().all(|one| one.tie.is_none()));
    // One ballot each: there is nothing without it.
    let flags = &named(&ranking, "D").flags;
    let alone = Flag::NothingWithout {
        stage: "first".into(),
        judge: "J".into(),
    };
    assert_eq!(flags, &[alone]);
}

#[test]
fn a_stage_that_weighs_nothing_still_ranks_those_it_ends_for() {
    let first = stage(
        "first",
        0,
        MEAN,
        &[("A", "J", 10), ("B", "J", 80), ("C", "J", 70)],
    );
    let show = stage("show", 1_000, MEAN, &[("A", "L", 50)]);
    let ranking = rank(&sheet(vec![first, show])).unwrap();
    assert_eq!(placed(&ranking), [("A", 1), ("B", 2), ("C", 3)]);
    assert_eq!(named(&ranking, "B").total, points("80.0000"));
}

#[test]
fn going_on_against_the_rank_is_shown() {
    let mut first = stage(
        "first",
        400,
        MEAN,
        &[("A", "J", 90), ("B", "J", 80), ("C", "J", 70)],
    );
    first.advance = NonZeroU32::new(2);
    let later = stage("show", 600, MEAN, &[]);
    let open = rank(&sheet(vec![first.clone(), later])).unwrap();
    let told = |ranking: &Ranking, entry: &str| {
        let mut flags = named(ranking, entry).flags.clone();
        flags.retain(|flag| !matches!(flag, Flag::NothingWithout { .. }));
        flags
    };
    // The next stage has not begun: nobody is missing from it.
    assert!(
        ["A", "B", "C"]
            .iter()
            .all(|entry| told(&open, entry).is_empty())
    );

    let show = stage("show", 600, MEAN, &[("A", "L", 50), ("C", "L", 60)]);
    let held = rank(&sheet(vec![first, show])).unwrap();
    assert_eq!(told(&held, "A"), []);
    assert_eq!(
        told(&held, "B"),
        [Flag::DidNotGoOn {
            stage: "first".into()
        }]
    );
    assert_eq!(
        told(&held, "C"),
        [Flag::WentOnBehindQuota {
            stage: "first".into()
        }]
    );
    assert_eq!(placed(&held), [("A", 1), ("C", 2), ("B", 3)]);
}

#[test]
fn ties_fall_to_rules_then_to_judges_then_are_shared() {
    let first = stage(
        "first",
        500,
        MEAN,
        &[
            ("A", "J", 80),
            ("B", "J", 60),
            ("C", "J", 70),
            ("D", "J", 70),
            ("E", "N", 70),
            ("F", "J", 10),
        ],
    );
    let show = stage(
        "show",
        500,
        MEAN,
        &[
            ("A", "K", 60),
            ("B", "K", 80),
            // C is preferred to D by two of three; nobody saw E beside them.
            ("C", "K", 71),
            ("C", "L", 71),
            ("C", "M", 68),
            ("D", "K", 70),
            ("D", "L", 70),
            ("D", "M", 70),
            ("E", "N", 70),
            ("F", "K", 10),
        ],
    );
    let mut rules = sheet(vec![first, show]);
    rules.ties = vec![TieRule::Stage {
        stage: "show".into(),
    }];
    let ranking = rank(&rules).unwrap();
    // All but F come to 70.
    assert_eq!(
        placed(&ranking),
        [("B", 1), ("C", 2), ("D", 2), ("E", 2), ("A", 5), ("F", 6)]
    );
    let by_show = || {
        Some(Break::Stage {
            stage: "show".into(),
        })
    };
    let tie = |entry: &str| named(&ranking, entry).tie.clone();
    let between = |before, after| {
        Some(Tie {
            before,
            after,
            preferred: None,
        })
    };
    assert_eq!(tie("B"), between(None, by_show()));
    assert_eq!(tie("C"), between(by_show(), Some(Break::Shared {})));
    assert_eq!(
        tie("D"),
        between(Some(Break::Shared {}), Some(Break::Shared {}))
    );
    assert_eq!(tie("A"), between(by_show(), None));
    assert_eq!(tie("F"), None);

    // With E out of the way, two judges to one decide.
    for stage in &mut rules.stages {
        stage.ballots.retain(|ballot| ballot.entry != "E");
    }
    // The first stage's judge had both at 70: half a win each.
    let ranking = rank(&rules).unwrap();
    assert_eq!(
        placed(&ranking),
        [("B", 1), ("C", 2), ("D", 3), ("A", 4), ("F", 5)]
    );
    let tie = named(&ranking, "C").tie.clone().unwrap();
    assert_eq!(tie.after, Some(Break::Pairwise {}));
    assert_eq!(tie.preferred, Some(points("62.5000")));
    let tie = named(&ranking, "D").tie.clone().unwrap();
    assert_eq!(
        (tie.before, tie.preferred),
        (Some(Break::Pairwise {}), Some(points("37.5000")))
    );
}

#[test]
fn hundreds_with_the_same_total_share_the_rank() {
    let names: Vec<String> = (0..600).map(|number| format!("E{number:04}")).collect();
    let ballots: Vec<(&str, &str, i32)> = names.iter().map(|name| (&**name, "J", 80)).collect();
    let ranking = rank(&sheet(vec![stage("paper", 1_000, MEAN, &ballots)])).unwrap();
    assert!(ranking.entries.iter().all(|entry| entry.rank == 1));
    let tie = ranking.entries[1].tie.clone().unwrap();
    assert_eq!((tie.before, tie.preferred), (Some(Break::Shared {}), None));
}

#[test]
fn a_criterion_breaks_ties_by_its_own_mean() {
    let mut paper = stage(
        "paper",
        1_000,
        Method::TrimmedMean {
            highest: 1,
            lowest: 0,
        },
        &[],
    );
    let criterion = |key: &str| Criterion {
        key: key.into(),
        weight: 500,
        minimum: 0,
        maximum: 10,
    };
    paper.criteria = vec![criterion("need"), criterion("effect")];
    let ballot = |entry: &str, judge: &str, scores: [i32; 2]| Ballot {
        entry: entry.into(),
        judge: judge.into(),
        scores: scores.to_vec(),
    };
    // Both keep ballots of 10 and 10; on effect A keeps 4 and 5, B keeps 5 and 5.
    paper.ballots = vec![
        ballot("A", "J", [6, 4]),
        ballot("A", "K", [5, 5]),
        ballot("A", "L", [9, 9]),
        ballot("B", "J", [5, 5]),
        ballot("B", "K", [5, 5]),
        ballot("B", "L", [6, 5]),
    ];
    let mut rules = sheet(vec![paper]);
    let effect = || ("paper".to_owned(), "effect".to_owned());
    let (stage, criterion) = effect();
    rules.ties = vec![TieRule::Criterion { stage, criterion }];
    let ranking = rank(&rules).unwrap();
    assert_eq!(placed(&ranking), [("B", 1), ("A", 2)]);
    let (stage, criterion) = effect();
    let decided = named(&ranking, "A").tie.clone().unwrap().before;
    assert_eq!(decided, Some(Break::Criterion { stage, criterion }));
}

#[test]
fn who_rests_on_one_judge_is_flagged() {
    // Without M's 100, A has 60 and falls behind B; M's 50 keeps nobody out.
    let paper = stage(
        "paper",
        1_000,
        MEAN,
        &[
            ("A", "J", 60),
            ("A", "K", 60),
            ("A", "M", 100),
            ("B", "J", 65),
            ("B", "K", 66),
            ("B", "M", 67),
            ("C", "J", 20),
            ("C", "K", 20),
            ("C", "M", 50),
        ],
    );
    let mut awards = sheet(vec![paper]);
    awards.boundaries = vec![NonZeroU32::MIN];
    let ranking = rank(&awards).unwrap();
    assert_eq!(placed(&ranking), [("A", 1), ("B", 2), ("C", 3)]);
    let rests = Flag::RestsOnOneJudge {
        stage: "paper".into(),
        judge: "M".into(),
        boundary: Boundary::Award {
            rank: NonZeroU32::MIN,
        },
        rank: 2,
    };
    assert_eq!(named(&ranking, "A").flags, [rests]);
    assert_eq!(named(&ranking, "B").flags, []);
    assert_eq!(named(&ranking, "C").flags, []);
}

//! Held against published numbers and against another solver.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::super::tally::Tally;
use super::super::{Ballot, Criterion, Method, Sheet, Stage, VERSION};
use super::*;

fn sheet(ballots: &[(usize, usize, i32)]) -> Sheet {
    let ballots = ballots.iter().map(|(entry, judge, score)| Ballot {
        entry: format!("E{entry:04}"),
        judge: format!("J{judge:02}"),
        scores: vec![*score],
    });
    Sheet {
        version: VERSION,
        stages: vec![Stage {
            key: "paper".into(),
            weight: 1_000,
            method: Method::SeverityAdjusted {},
            criteria: vec![Criterion {
                key: "all".into(),
                weight: 1_000,
                minimum: 0,
                maximum: 100,
            }],
            advance: None,
            ballots: ballots.collect(),
        }],
        ties: Vec::new(),
        boundaries: Vec::new(),
    }
}

/// What `then` makes of the first stage.
fn on<T>(sheet: &Sheet, then: impl FnOnce(&Round, &[(&str, &[Mark])]) -> T) -> T {
    let tally = Tally::new(sheet).unwrap();
    let entries: Vec<(&str, &[Mark])> = tally
        .cases
        .iter()
        .map(|case| (case.name, &*case.marks[0]))
        .collect();
    then(&tally.rounds[0], &entries)
}

/// Montgomery, Design and Analysis of Experiments, the catalyst experiment (a balanced
/// incomplete block design): treatments are −9/8, −7/8, −4/8 and 20/8 from 72.5, and the
/// error's mean square is 0.65 on 5 degrees of freedom.
#[test]
fn a_published_incomplete_design() {
    let catalysts = [
        [Some(73), Some(74), None, Some(71)],
        [None, Some(75), Some(67), Some(72)],
        [Some(73), Some(75), Some(68), None],
        [Some(75), None, Some(72), Some(75)],
    ];
    let mut ballots = Vec::new();
    for (catalyst, batches) in catalysts.iter().enumerate() {
        for (batch, time) in batches.iter().enumerate() {
            ballots.extend(time.map(|time| (catalyst, batch, time)));
        }
    }
    let adjusted = on(&sheet(&ballots), adjust).unwrap();
    let scores: Vec<String> = adjusted
        .entries
        .iter()
        .map(|one| one.score.to_string())
        .collect();
    assert_eq!(scores, ["71.3750", "71.6250", "72.0000", "75.0000"]);
    assert_eq!(adjusted.degrees_of_freedom, 5);
    let fit = on(&sheet(&ballots), fit).unwrap();
    assert!(
        (fit.residuals / 1e6 / 5.0 - 0.65).abs() < 1e-12,
        "{}",
        fit.residuals
    );
}

/// Entries and judges by QR decomposition of the whole design, judges coming to zero.
struct Dense {
    solution: DVector<f64>,
    /// To be multiplied by the residuals' variance.
    covariance: DMatrix<f64>,
    residuals: f64,
}

impl Dense {
    fn of(entries: usize, judges: usize, ballots: &[(usize, usize, f64)]) -> Self {
        let mut design = DMatrix::zeros(ballots.len(), entries + judges);
        let mut given = DVector::zeros(ballots.len());
        for (row, (entry, judge, score)) in ballots.iter().enumerate() {
            design[(row, *entry)] = 1.0;
            design[(row, entries + judge)] = 1.0;
            given[row] = *score;
        }
        // One more row says that judges come to zero: it can be met, so it costs nothing.
        let mut bound = design.clone().insert_row(ballots.len(), 0.0);
        for judge in 0..judges {
            bound[(ballots.len(), entries + judge)] = 1.0;
        }
        let with_bound = given.clone().insert_row(ballots.len(), 0.0);
        let qr = bound.clone().qr();
        let right = qr.q().transpose() * with_bound;
        let solution = qr.r().solve_upper_triangular(&right).unwrap();
        let inverse = (bound.transpose() * &bound).try_inverse().unwrap();
        Self {
            covariance: &inverse * design.transpose() * &design * &inverse,
            residuals: (given - design * &solution).norm_squared(),
            solution,
        }
    }
}

/// How many entries and judges, and their ballots.
type Design = (usize, usize, Vec<(usize, usize, i32)>);

/// Every entry by its own choice of judges, all of whom are linked.
fn designs() -> impl Strategy<Value = Design> {
    let size = (2_usize..14, 2_usize..8);
    size.prop_flat_map(|(entries, judges)| {
        let scores =
            proptest::collection::vec(proptest::option::weighted(0.6, 0..=100), entries * judges);
        scores.prop_map(move |scores| {
            let at = scores.iter().enumerate();
            let ballots = at.filter_map(|(at, score)| Some((at / judges, at % judges, (*score)?)));
            (entries, judges, ballots.collect::<Vec<_>>())
        })
    })
    .prop_filter("linked, and all there", |(entries, judges, ballots)| {
        let part_count = on(&sheet(ballots), |round, entries| {
            parts(round, entries).len()
        });
        let seen = |of: fn(&(usize, usize, i32)) -> usize| {
            ballots
                .iter()
                .map(of)
                .collect::<std::collections::BTreeSet<_>>()
                .len()
        };
        part_count == 1 && seen(|one| one.0) == *entries && seen(|one| one.1) == *judges
    })
}

fn near(a: f64, b: f64) -> Result<(), TestCaseError> {
    prop_assert!((a - b).abs() <= 1e-9, "{a} is not {b}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_solver_agrees((entries, judges, ballots) in designs()) {
        let fit = on(&sheet(&ballots), fit).unwrap();
        let floats: Vec<_> = ballots.iter().map(|(e, j, score)| (*e, *j, f64::from(*score))).collect();
        let dense = Dense::of(entries, judges, &floats);
        // Fits are in thousandths of a step of the scale.
        for (entry, ours) in fit.entries.iter().enumerate() {
            near((ours + fit.centre as f64) / 1e3, dense.solution[entry])?;
        }
        for (judge, ours) in fit.judges.iter().enumerate() {
            near(ours / 1e3, dense.solution[entries + judge])?;
            near(fit.covariance[judge][judge], dense.covariance[(entries + judge, entries + judge)])?;
        }
        near(fit.residuals / 1e6, dense.residuals)?;
        let free = ballots.len() + 1 - entries - judges;
        prop_assert_eq!(fit.degrees_of_freedom as usize, free);

        let adjusted = on(&sheet(&ballots), adjust).unwrap();
        for (entry, ours) in adjusted.entries.iter().enumerate() {
            let variance = dense.residuals / free as f64 * dense.covariance[(entry, entry)];
            prop_assert_eq!(ours.standard_error.is_some(), free > 0);
            if let Some(error) = ours.standard_error {
                // As published.
                let error = error.units() as f64 / 1e4;
                prop_assert!((error - variance.sqrt()).abs() <= 0.500_1e-4);
            }
        }
    }

    #[test]
    fn a_ballot_less_is_as_if_it_had_never_been((entries, judges, ballots) in designs()) {
        let adjusted = on(&sheet(&ballots), adjust).unwrap();
        for (left_out, (entry, judge, _)) in ballots.iter().enumerate() {
            let mut others = ballots.clone();
            others.remove(left_out);
            let of_entry = |one: &&(usize, usize, i32)| one.0 == *entry;
            let place = ballots.iter().take(left_out).filter(of_entry).count();
            let ours = adjusted.entries[*entry].without[place];
            let alone = others.iter().all(|one| one.0 != *entry);
            let unseen = others.iter().all(|one| one.1 != *judge);
            let parts = on(&sheet(&others), |round, entries| parts(round, entries).len());
            if alone {
                prop_assert_eq!(ours, None);
            } else if unseen {
                prop_assert_eq!(ours, Some(adjusted.entries[*entry].score));
            } else if parts > 1 {
                prop_assert_eq!(ours, None);
            } else {
                let floats: Vec<_> = others.iter().map(|(e, j, score)| (*e, *j, f64::from(*score))).collect();
                let dense = Dense::of(entries, judges, &floats);
                let ours = ours.unwrap().units() as f64 / 1e4;
                prop_assert!((ours - dense.solution[*entry]).abs() <= 0.500_1e-4);
            }
        }
    }
}

#[test]
fn without_anything_to_spare_there_is_no_error() {
    // A tree: every ballot is needed.
    let adjusted = on(&sheet(&[(0, 0, 50), (0, 1, 70), (1, 1, 60)]), adjust).unwrap();
    assert_eq!(adjusted.degrees_of_freedom, 0);
    assert!(
        adjusted
            .entries
            .iter()
            .all(|one| one.standard_error.is_none())
    );
    assert!(adjusted.judges.iter().all(|(_, error)| error.is_none()));
    let severities: Vec<String> = adjusted
        .judges
        .iter()
        .map(|(one, _)| one.to_string())
        .collect();
    assert_eq!(severities, ["-10.0000", "10.0000"]);
    let scores: Vec<String> = adjusted
        .entries
        .iter()
        .map(|one| one.score.to_string())
        .collect();
    assert_eq!(scores, ["60.0000", "50.0000"]);
}

//! Forgetting what need not be kept, a slice at a time: however much has piled up, no
//! transaction is long, and what is left is worked off at the next tick.

use super::clock::{Instant, MINUTE};
use super::config::Plan;
use super::db::{Db, DbError, Statement};

/// So many rows go in one transaction: each statement that forgets has this limit.
pub const A_SLICE: i64 = 500;

/// So many statements are run at one tick on the free plan.
const AT_A_TICK: usize = 4;

/// The statements whose turn it is at a tick of the clock: all of them, or on the free plan,
/// where fifty calls must do for everything, a few from tick to tick.
pub fn in_turn(plan: Plan, now: Instant, slices: Vec<Statement>) -> Vec<Statement> {
    match plan {
        Plan::Paid => slices,
        Plan::Free => {
            let ticks = slices.len().div_ceil(AT_A_TICK).max(1);
            let minute = usize::try_from(now.millis() / MINUTE).unwrap_or_default();
            let before = minute % ticks * AT_A_TICK;
            slices.into_iter().skip(before).take(AT_A_TICK).collect()
        }
    }
}

/// How often each statement is run at most, at one tick of the clock.
pub fn rounds(plan: Plan) -> u32 {
    match plan {
        Plan::Free => 1,
        Plan::Paid => 20,
    }
}

/// Runs each statement in a transaction of its own, again while it finds a whole slice,
/// `rounds` times at most. One that fails holds up none of the others; gives the errors.
pub async fn forget(db: &Db, mut slices: Vec<Statement>, rounds: u32) -> Vec<DbError> {
    let mut errors = Vec::new();
    for _ in 0..rounds {
        let mut more = Vec::new();
        for slice in slices {
            match db.run(slice.clone()).await {
                Ok(gone) if i64::from(gone.changes(0)) >= A_SLICE => more.push(slice),
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
        if more.is_empty() {
            break;
        }
        slices = more;
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind;

    #[test]
    fn on_the_free_plan_each_has_its_turn_within_some_ticks() {
        let slices = || (0..11).map(|n| bind!("SELECT ?1", n)).collect::<Vec<_>>();
        let shown = |slices: &[Statement]| -> Vec<String> {
            slices.iter().map(|slice| format!("{slice:?}")).collect()
        };
        let mut seen = Vec::new();
        for minute in 30..33 {
            let now = Instant::from_millis(minute * MINUTE + 7);
            let turn = in_turn(Plan::Free, now, slices());
            assert!((1..=AT_A_TICK).contains(&turn.len()));
            seen.extend(shown(&turn));
        }
        assert_eq!(seen, shown(&slices()));
        let now = Instant::from_millis(0);
        assert_eq!(in_turn(Plan::Paid, now, slices()).len(), 11);
        assert!(in_turn(Plan::Free, now, Vec::new()).is_empty());
    }
}

//! Forgetting what need not be kept, a slice at a time: however much has piled up, no
//! transaction is long, and what is left is worked off at the next tick.

use super::config::Plan;
use super::db::{Db, DbError, Statement};

/// So many rows go in one transaction: each statement that forgets has this limit.
pub const A_SLICE: i64 = 500;

/// How often each statement is run at most, at one tick of the clock.
pub fn rounds(plan: Plan) -> u32 {
    match plan {
        // Fifty statements an invocation, and the clock has others to run.
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

//! Getting on with the ledger, a slice at a time: what one invocation of the Worker may do
//! is little, and it may end at any moment.

use super::leaf::Stored;
use super::note::Checkpoint;
use super::store::sealing::{Slice, keep, waiting};
use super::tree::{Hash, Seen};
use super::{SEALED_WITHIN, origin, signer};
use crate::platform::config::Plan;
use crate::platform::db::DbError;
use crate::platform::visit::Visit;

/// How much one invocation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Slices, each of two calls to the database.
    pub slices: u32,
    /// Records in a slice.
    pub records: i64,
}

impl Budget {
    /// What a deployment allows.
    pub fn of(plan: Plan) -> Self {
        match plan {
            Plan::Free => Self::SMALL,
            Plan::Paid => Self::LARGE,
        }
    }

    /// Within a hundredth of a second of computing, beside what else the clock does.
    pub const SMALL: Self = Self {
        slices: 1,
        records: 100,
    };
    /// Ten thousand in a minute.
    pub const LARGE: Self = Self {
        slices: 10,
        records: 1_024,
    };
}

/// Seals what has waited, within a budget; gives how many records.
pub async fn seal(visit: &Visit, budget: Budget) -> Result<u64, DbError> {
    let mut sealed = 0;
    for _ in 0..budget.slices {
        // What comes with a record that has waited is sealed with it.
        let wait = if sealed == 0 { SEALED_WITHIN } else { 0 };
        let slice = waiting(&visit.db, visit.now, wait, budget.records).await?;
        let Some(first) = slice.records.first() else {
            break;
        };
        let size = first
            .index()
            .ok_or_else(|| DbError::Broken("a record has no place in the ledger".to_owned()))?;
        let count = slice.records.len() as u64;
        match seal_slice(visit, size, slice).await {
            Ok(()) => sealed += count,
            // Somebody else has sealed these.
            Err(error) if error.is_refusal("ledger_overtaken") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sealed)
}

async fn seal_slice(visit: &Visit, size: u64, slice: Slice) -> Result<(), DbError> {
    let Slice { edge, records } = slice;
    let mut tiles = edge;
    let leaves = (size..)
        .zip(records)
        .map(|(index, stored)| leaf(index, stored))
        .collect::<Option<Vec<Hash>>>()
        .ok_or_else(|| DbError::Broken(format!("records behind {size} leave a gap")))?;
    let grown = tiles.append(size, &leaves);
    let to = size + leaves.len() as u64;
    let (Some(grown), Some(root)) = (grown, tiles.root(to)) else {
        let reason = format!("the tiles are not those of {size} records");
        return Err(DbError::Broken(reason));
    };
    let tree = Seen { size: to, root };
    let checkpoint = Checkpoint {
        origin: origin(&visit.config),
        tree,
    };
    let note = signer(&visit.config).sign(&checkpoint.to_string());
    let from = i64::try_from(size).unwrap_or(i64::MAX);
    keep(&visit.db, from, &grown, &tree, &note, visit.now).await
}

fn leaf(index: u64, stored: Stored) -> Option<Hash> {
    (stored.index() == Some(index)).then(|| stored.opening().leaf_hash())
}

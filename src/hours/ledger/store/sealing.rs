//! Records into the ledger: a slice at a time, read in one batch and sealed in another that
//! holds only while the ledger stands where it was read.

use data_encoding::HEXLOWER;
use serde_json::json;

use super::{TileRow, tiles_of};
use crate::bind;
use crate::hours::ledger::leaf::{Stored, as_stored};
use crate::hours::ledger::tiles::Tiles;
use crate::hours::ledger::tree::Seen;
use crate::platform::clock::Instant;
use crate::platform::db::{Db, DbError};

/// `?1` now, `?2` how long a record may wait. One from the future waits for nobody.
macro_rules! due {
    () => {
        "
WITH due AS (
  SELECT s.size
  FROM (SELECT coalesce(max(size), 0) AS size FROM ledger_checkpoint) s
  WHERE EXISTS (
    SELECT 1 FROM service_record w
    WHERE w.seq > s.size AND (w.recorded_at <= ?1 - ?2 OR w.recorded_at > ?1)))"
    };
}

const EDGE: &str = concat!(
    due!(),
    "
SELECT t.level, t.idx, t.hashes
FROM due d CROSS JOIN json_each('[0,1,2,3,4,5]') l
CROSS JOIN ledger_tile t ON t.level = l.value AND t.idx = d.size >> (8 * (l.value + 1))"
);

const WAITING: &str = concat!(
    due!(),
    "
SELECT ",
    as_stored!(),
    "
FROM due d CROSS JOIN service_record r ON r.seq > d.size AND r.seq <= d.size + ?3
ORDER BY r.seq"
);

/// Records that are to be sealed, and the tiles they come behind.
#[derive(Debug)]
pub struct Slice {
    /// The tiles at the right edge.
    pub edge: Tiles,
    /// In order, without gaps.
    pub records: Vec<Stored>,
}

/// The next records, when one has waited so long, in milliseconds.
pub async fn waiting(db: &Db, now: Instant, wait: i64, most: i64) -> Result<Slice, DbError> {
    let batch = db
        .batch(vec![
            bind!(EDGE, now, wait),
            bind!(WAITING, now, wait, most),
        ])
        .await?;
    Ok(Slice {
        edge: tiles_of(batch.rows(0)?),
        records: batch.rows(1)?,
    })
}

const STAND_STILL: &str = "
INSERT INTO abort_if
SELECT 'ledger_overtaken'
WHERE (SELECT coalesce(max(size), 0) FROM ledger_checkpoint) <> ?1";

/// `?1` tiles as a JSON array.
const GROW_TILES: &str = "
UPDATE ledger_tile SET hashes = j.value ->> 'hashes'
FROM json_each(?1) j
WHERE level = j.value ->> 'level' AND idx = j.value ->> 'idx'";

const NEW_TILES: &str = "
INSERT INTO ledger_tile (level, idx, hashes)
SELECT j.value ->> 'level', j.value ->> 'idx', j.value ->> 'hashes'
FROM json_each(?1) j
WHERE NOT EXISTS (
  SELECT 1 FROM ledger_tile t WHERE t.level = j.value ->> 'level' AND t.idx = j.value ->> 'idx')";

const KEEP_CHECKPOINT: &str = "
INSERT INTO ledger_checkpoint (size, root, note, sealed_at) VALUES (?1, ?2, ?3, ?4)";

/// Keeps what grew and what was signed of it, or nothing. Refused with `ledger_overtaken`
/// when the ledger is not of `size` any more.
pub async fn keep(
    db: &Db,
    size: i64,
    grown: &Tiles,
    tree: &Seen,
    note: &str,
    now: Instant,
) -> Result<(), DbError> {
    let tiles: Vec<TileRow> = grown.iter().map(TileRow::from).collect();
    let tiles = json!(tiles).to_string();
    let to = i64::try_from(tree.size).unwrap_or(i64::MAX);
    db.batch(vec![
        bind!(STAND_STILL, size),
        bind!(GROW_TILES, &tiles),
        bind!(NEW_TILES, tiles),
        bind!(KEEP_CHECKPOINT, to, HEXLOWER.encode(&tree.root), note, now),
    ])
    .await
    .map(drop)
}

//! SQL of the ledger.

pub mod sealing;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::leaf::{Stored, as_stored};
use super::tiles::{Place, Tiles};
use super::tree::Hash;
use crate::bind;
use crate::organizations::{Permission, admit, agent};
use crate::platform::clock::Instant;
use crate::platform::db::{Batch, Db, DbError};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What was signed of the tree at a size.
#[derive(Debug, Deserialize)]
pub struct Sealed {
    /// How many records.
    pub size: u64,
    /// In hexadecimal.
    pub root: String,
    /// The signed note.
    pub note: String,
    /// When.
    pub sealed_at: Instant,
}

/// A tile as it is kept.
#[derive(Debug, Deserialize, Serialize)]
struct TileRow {
    level: u32,
    idx: u64,
    hashes: String,
}

impl From<(Place, &[Hash])> for TileRow {
    fn from((place, tile): (Place, &[Hash])) -> Self {
        Self {
            level: place.level,
            idx: place.index,
            hashes: HEXLOWER.encode(tile.as_flattened()),
        }
    }
}

impl TileRow {
    /// None when somebody made it something else behind our back.
    fn read(&self) -> Option<(Place, Vec<Hash>)> {
        let bytes = HEXLOWER.decode(self.hashes.as_bytes()).ok()?;
        let (hashes, rest) = bytes.as_chunks();
        let place = Place {
            level: self.level,
            index: self.idx,
        };
        rest.is_empty().then(|| (place, hashes.to_vec()))
    }
}

fn tiles_of(rows: Vec<TileRow>) -> Tiles {
    rows.iter().filter_map(TileRow::read).collect()
}

const NEWEST: &str = "
SELECT size, root, note, sealed_at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1";

/// The newest checkpoint; none when nothing was sealed yet.
pub async fn newest(db: &Db) -> Result<Option<Sealed>, DbError> {
    db.first(bind!(NEWEST)).await
}

const AT: &str = "
SELECT size, root, note, sealed_at FROM ledger_checkpoint WHERE size = ?1";

/// The checkpoint of a size.
pub async fn at(db: &Db, size: i64) -> Result<Option<Sealed>, DbError> {
    db.first(bind!(AT, size)).await
}

const BEFORE: &str = "
SELECT size, root, note, sealed_at FROM ledger_checkpoint WHERE size < ?1
ORDER BY size DESC LIMIT ?2";

/// Checkpoints of fewer records, the newest first.
pub async fn before(db: &Db, size: i64, most: i64) -> Result<Vec<Sealed>, DbError> {
    db.rows(bind!(BEFORE, size, most)).await
}

const TILE: &str = "
SELECT level, idx, hashes FROM ledger_tile WHERE level = ?1 AND idx = ?2";

/// A tile, as far as it has grown.
pub async fn tile(db: &Db, level: i64, index: i64) -> Result<Option<Vec<Hash>>, DbError> {
    let row: Option<TileRow> = db.first(bind!(TILE, level, index)).await?;
    row.map(|row| row.read().map(|(_, hashes)| hashes))
        .map(|hashes| hashes.ok_or_else(|| DbError::Broken("a tile is no tile".to_owned())))
        .transpose()
}

/// Tiles above each `position (at)`, of all levels.
macro_rules! tiles_above {
    () => {
        ", place (level, idx) AS (
  SELECT DISTINCT l.value, p.at >> (8 * (l.value + 1))
  FROM position p CROSS JOIN json_each('[0,1,2,3,4,5]') l)
SELECT t.level, t.idx, t.hashes
FROM place p CROSS JOIN ledger_tile t ON t.level = p.level AND t.idx = p.idx"
    };
}

const SIZE: &str = "
SELECT coalesce(max(size), 0) AS size FROM ledger_checkpoint";

#[derive(Deserialize)]
struct Size {
    size: u64,
}

fn size_of(batch: &Batch, index: usize) -> Result<u64, DbError> {
    Ok(batch.first::<Size>(index)?.map_or(0, |row| row.size))
}

const TILES_ABOVE: &str = concat!(
    "
WITH position (at) AS (SELECT value FROM json_each(?1))",
    tiles_above!()
);

/// How many records are sealed, and the tiles above these leaves.
pub async fn tiles(db: &Db, leaves: &[u64]) -> Result<(u64, Tiles), DbError> {
    let batch = db
        .batch(vec![
            bind!(SIZE),
            bind!(TILES_ABOVE, json!(leaves).to_string()),
        ])
        .await?;
    Ok((size_of(&batch, 0)?, tiles_of(batch.rows(1)?)))
}

const LEAF: &str = "
SELECT seq - 1 AS leaf FROM service_record WHERE id = ?1";

#[derive(Deserialize)]
struct Leaf {
    leaf: u64,
}

/// `?1` the record, `?2` the size of a tree, the newest when none.
const TILES_ABOVE_RECORD: &str = concat!(
    "
WITH position (at) AS (
  SELECT seq - 1 FROM service_record WHERE id = ?1
  UNION
  SELECT coalesce(CAST(?2 AS INTEGER), max(size)) FROM ledger_checkpoint)",
    tiles_above!()
);

/// Where a record stands.
#[derive(Debug)]
pub struct Standing {
    /// Its leaf.
    pub leaf: u64,
    /// How many records are sealed.
    pub sealed: u64,
    /// What proves that it is among them.
    pub tiles: Tiles,
}

/// Where a record stands in the tree of a size, the newest when none is given; none when
/// there is no such record.
pub async fn standing(
    db: &Db,
    record: Uuid,
    size: Option<i64>,
) -> Result<Option<Standing>, DbError> {
    let batch = db
        .batch(vec![
            bind!(LEAF, record),
            bind!(SIZE),
            bind!(TILES_ABOVE_RECORD, record, size),
        ])
        .await?;
    let Some(Leaf { leaf }) = batch.first(0)? else {
        return Ok(None);
    };
    Ok(Some(Standing {
        leaf,
        sealed: size_of(&batch, 1)?,
        tiles: tiles_of(batch.rows(2)?),
    }))
}

const RECORDS: &str = concat!(
    "
SELECT ",
    as_stored!(),
    "
FROM service_record r
WHERE r.seq > ?1 AND r.seq <= min(?1 + ?2, (SELECT coalesce(max(size), 0) FROM ledger_checkpoint))
ORDER BY r.seq"
);

/// What a leaf would commit to, were it sealed today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The leaf.
    pub index: u64,
    /// The record there; none when it is not there any more.
    pub record: Option<Recomputed>,
}

/// A record as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputed {
    /// Its id.
    pub id: Option<String>,
    /// Of what is stored.
    pub commitment: Hash,
}

/// How many records are sealed, and of those the entries from one on.
pub async fn entries(db: &Db, from: i64, most: i64) -> Result<(u64, Vec<Entry>), DbError> {
    let batch = db
        .batch(vec![bind!(SIZE), bind!(RECORDS, from, most)])
        .await?;
    let sealed = size_of(&batch, 0)?;
    let begin = u64::try_from(from).unwrap_or_default();
    let end = begin.saturating_add(u64::try_from(most).unwrap_or_default());
    let mut entries: Vec<Entry> = (begin..end.min(sealed))
        .map(|index| Entry {
            index,
            record: None,
        })
        .collect();
    for stored in batch.rows::<Stored>(1)? {
        let at = stored.index().and_then(|index| index.checked_sub(begin));
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = at.and_then(|at| entries.get_mut(at)) {
            entry.record = Some(Recomputed {
                id: stored.id().map(str::to_owned),
                commitment: stored.opening().commitment(),
            });
        }
    }
    Ok((sealed, entries))
}

/// Whoever it is of, and whoever may read hours of the organization that recorded it.
const ENTRY: &str = concat!(
    "
WITH target AS (SELECT organization_id, volunteer_id FROM service_record WHERE id = ?3),
",
    agent!(),
    "
SELECT a.may OR EXISTS (
    SELECT 1 FROM target t WHERE a.actor = 'volunteer:' || t.volunteer_id) AS may,
  EXISTS (SELECT 1 FROM target) AS found
FROM agent a"
);

const RECORD: &str = concat!(
    "
SELECT ",
    as_stored!(),
    "
FROM service_record r WHERE r.id = ?1"
);

/// A record with all that proves it.
#[derive(Debug)]
pub struct Proven {
    /// As it stands now.
    pub stored: Stored,
    /// What was signed last; none when nothing was sealed yet.
    pub sealed: Option<Sealed>,
    /// What proves that the record is in it.
    pub tiles: Tiles,
}

/// Reads a record and its proof for somebody who may.
pub async fn proven(visit: &Visit, record: Uuid) -> Result<Proven, Problem> {
    let permit = Permission::ReadHours.permit();
    let caller = visit.credential_hash();
    let batch = visit
        .db
        .batch(vec![
            bind!(
                ENTRY,
                caller,
                visit.now,
                record,
                permit.roles,
                permit.scopes
            ),
            bind!(RECORD, record),
            bind!(NEWEST),
            bind!(TILES_ABOVE_RECORD, record, None::<i64>),
        ])
        .await?;
    admit(&batch, 0)?;
    Ok(Proven {
        stored: batch.first(1)?.ok_or_else(Problem::not_found)?,
        sealed: batch.first(2)?,
        tiles: tiles_of(batch.rows(3)?),
    })
}

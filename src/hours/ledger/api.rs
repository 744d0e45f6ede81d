//! The ledger as JSON. Hashes are hexadecimal, as `sha256sum` prints them.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::store::{self, Sealed};
use super::tree::{Hash, consistency, inclusion};
use super::{not_sealed_yet, not_whole, signer};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Digits, Id, Path, Query, invalid_parameters, parse_id, string_from};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// More records than there will ever be.
const MOST: i64 = i64::MAX >> 11;

/// A size in a query, a place in the ledger, or a place in a list of either.
type Size = Digits<1, MOST>;

/// A record's place, from 0.
type Position = Digits<0, MOST>;

fn hex(hash: &Hash) -> String {
    HEXLOWER.encode(hash)
}

fn public(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, PUBLIC)], axum::Json(body)).into_response()
}

fn wrong(parameter: &str, words: Words) -> Problem {
    invalid_parameters(FieldErrors::one(format!("/{parameter}"), words))
}

fn beyond(parameter: &str, sealed: u64) -> Problem {
    let words = Words::new(
        format!("超过已封存的 {sealed} 条"),
        format!("is more than the {sealed} records sealed"),
    );
    wrong(parameter, words)
}

/// What was signed of the ledger at a size.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerCheckpoint {
    /// How many records the ledger had.
    #[schema(example = 128)]
    size: u64,
    /// The root of the tree (RFC 6962, section 2.1), SHA-256 in hexadecimal.
    #[schema(example = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    root: String,
    /// When it was signed.
    #[schema(value_type = String, format = "date-time", example = "2026-11-28T12:04:00+08:00")]
    sealed_at: Instant,
    /// The signed note (C2SP tlog-checkpoint), byte for byte.
    note: String,
}

impl From<Sealed> for LedgerCheckpoint {
    fn from(sealed: Sealed) -> Self {
        Self {
            size: sealed.size,
            root: sealed.root,
            sealed_at: sealed.sealed_at,
            note: sealed.note,
        }
    }
}

/// Which checkpoints to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckpointsQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 128)]
    #[deserr(default)]
    cursor: Option<Size>,
}

/// Checkpoints, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerCheckpoints {
    items: Vec<LedgerCheckpoint>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List checkpoints.
///
/// What was signed of the ledger, the newest first. Whoever keeps one can tell later that
/// nothing before it was rewritten.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/checkpoints",
    operation_id = "list_ledger_checkpoints",
    tag = "ledger",
    params(CheckpointsQuery),
    responses((status = 200, body = LedgerCheckpoints)),
)]
pub async fn checkpoints(
    visit: Visit,
    Query(query): Query<CheckpointsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let before = query.cursor.map_or(MOST, Digits::get);
    let mut found = store::before(&visit.db, before, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| {
        let cursor = last.size;
        format!("/api/v1/ledger/checkpoints?limit={limit}&cursor={cursor}")
    });
    let items = found.into_iter().map(LedgerCheckpoint::from).collect();
    Ok(public(LedgerCheckpoints { items, next }))
}

/// Read a checkpoint.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/checkpoints/{size}",
    operation_id = "show_ledger_checkpoint",
    tag = "ledger",
    params(("size" = u64, Path, description = "How many records the ledger had", example = 128)),
    responses((status = 200, body = LedgerCheckpoint)),
)]
pub async fn checkpoint(visit: Visit, Path(size): Path<String>) -> Result<Response, Problem> {
    let size = size
        .parse()
        .ok()
        .filter(|n: &i64| (1..=MOST).contains(n) && n.to_string() == size)
        .ok_or_else(Problem::not_found)?;
    let sealed = store::at(&visit.db, size).await?;
    let sealed = sealed.ok_or_else(Problem::not_found)?;
    Ok(public(LedgerCheckpoint::from(sealed)))
}

/// What signatures of checkpoints are verified with.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerKey {
    /// The name of the log and of its key, the first line of each checkpoint.
    #[schema(example = "diandan.example/ledger")]
    name: String,
    /// By which a signature names its key: eight hexadecimal digits.
    #[schema(example = "c74f20a3")]
    id: String,
    /// The verifier key (C2SP signed-note): name, id, and an Ed25519 public key.
    #[schema(example = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    vkey: String,
}

/// Read the key of the ledger.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/key",
    operation_id = "show_ledger_key",
    tag = "ledger",
    responses((status = 200, body = LedgerKey)),
)]
pub async fn key(visit: Visit) -> Result<Response, Problem> {
    let signer = signer(&visit.config);
    let verifier = signer.verifier();
    Ok(public(LedgerKey {
        name: verifier.name().to_owned(),
        id: HEXLOWER.encode(&verifier.id()),
        vkey: verifier.to_string(),
    }))
}

/// The id of a record in a query.
#[derive(Clone, Copy, Debug)]
struct RecordId(Uuid);

impl Deserr<FieldErrors> for RecordId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| {
                let words = Words::new("应为记录的编号", "must be a record's id");
                FieldErrors::at(location, words)
            })
    }
}

/// What is to be proven to be in which tree.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// The record's id.
    #[param(value_type = String, format = "uuid", example = "01990000-0000-7000-8000-000000000002")]
    record: RecordId,
    /// The tree of so many records; that of the newest checkpoint when left out.
    #[param(inline, example = 128)]
    #[deserr(default)]
    size: Option<Size>,
}

/// That a record is in the ledger (RFC 6962, section 2.1.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct InclusionProof {
    /// The leaf, from 0.
    #[schema(example = 5)]
    index: u64,
    /// The hash of the leaf as it was sealed.
    leaf_hash: String,
    /// How many records the tree has.
    #[schema(example = 8)]
    size: u64,
    /// The root of that tree.
    root: String,
    /// The hashes that lead from the leaf to the root, from below.
    path: Vec<String>,
}

/// Prove that a record is in the ledger.
///
/// A few minutes after it was written: until then the answer is `not_sealed_yet`.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/proofs/inclusion",
    operation_id = "prove_ledger_inclusion",
    tag = "ledger",
    params(InclusionQuery),
    responses(
        (status = 200, body = InclusionProof),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_sealed_yet"),
    ),
)]
pub async fn prove_inclusion(
    visit: Visit,
    Query(query): Query<InclusionQuery>,
) -> Result<Response, Problem> {
    let size = query.size.map(Digits::get);
    let standing = store::standing(&visit.db, query.record.0, size).await?;
    let standing = standing.ok_or_else(Problem::not_found)?;
    let size = match size.and_then(|size| u64::try_from(size).ok()) {
        Some(size) if size > standing.sealed => return Err(beyond("size", standing.sealed)),
        Some(size) if standing.leaf >= size && standing.leaf < standing.sealed => {
            let words = Words::new("那时还没有这条记录", "is of a tree from before the record");
            return Err(wrong("size", words));
        }
        Some(size) => size,
        None => standing.sealed,
    };
    let (path, leaf_hash, root) = proof(&standing.tiles, standing.leaf, size)?;
    Ok(public(InclusionProof {
        index: standing.leaf,
        leaf_hash,
        size,
        root,
        path,
    }))
}

/// The path of a leaf, its hash and the root, in hexadecimal.
fn proof(
    tiles: &super::tiles::Tiles,
    leaf: u64,
    size: u64,
) -> Result<(Vec<String>, String, String), Problem> {
    let spans = inclusion(leaf, size).ok_or_else(not_sealed_yet)?;
    let node = super::tree::Node {
        height: 0,
        index: leaf,
    };
    let found = (|| Some((tiles.path(&spans)?, tiles.node(node)?, tiles.root(size)?)))();
    let (path, leaf, root) = found.ok_or_else(not_whole)?;
    Ok((path.iter().map(hex).collect(), hex(&leaf), hex(&root)))
}

/// Which tree extends which.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// The tree of so many records.
    #[param(inline, example = 6)]
    from: Size,
    /// The tree of so many records that extends it.
    #[param(inline, example = 8)]
    to: Size,
}

/// That a tree extends another one (RFC 6962, section 2.1.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsistencyProof {
    /// How many records the older tree has.
    #[schema(example = 6)]
    from: u64,
    /// How many records the newer tree has.
    #[schema(example = 8)]
    to: u64,
    /// The root of the older tree.
    from_root: String,
    /// The root of the newer tree.
    to_root: String,
    /// The hashes of which both roots are made.
    path: Vec<String>,
}

/// Prove that the ledger was only added to.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/proofs/consistency",
    operation_id = "prove_ledger_consistency",
    tag = "ledger",
    params(ConsistencyQuery),
    responses((status = 200, body = ConsistencyProof)),
)]
pub async fn prove_consistency(
    visit: Visit,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Response, Problem> {
    let [from, to] = [query.from, query.to].map(|size| size.get().unsigned_abs());
    let (sealed, tiles) = store::tiles(&visit.db, &[from - 1, from, to]).await?;
    if to > sealed {
        return Err(beyond("to", sealed));
    }
    let spans = consistency(from, to).ok_or_else(|| {
        let words = Words::new("不能大于 to", "must not be more than to");
        wrong("from", words)
    })?;
    let found = (|| Some((tiles.path(&spans)?, tiles.root(from)?, tiles.root(to)?)))();
    let (path, from_root, to_root) = found.ok_or_else(not_whole)?;
    Ok(public(ConsistencyProof {
        from,
        to,
        from_root: hex(&from_root),
        to_root: hex(&to_root),
        path: path.iter().map(hex).collect(),
    }))
}

/// Which entries to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// The first leaf, 0 when left out.
    #[param(inline, example = 256)]
    #[deserr(default)]
    from: Option<Position>,
    /// How many, 256 when left out.
    #[param(inline, example = 256)]
    #[deserr(default)]
    limit: Option<Digits<1, 256>>,
}

/// What a leaf would be, were it sealed now.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerEntry {
    /// The leaf, from 0.
    #[schema(example = 5)]
    index: u64,
    /// The record's id; `null` when the record is not there any more.
    #[schema(example = "01990000-0000-7000-8000-000000000002")]
    record: Option<String>,
    /// The record's salted hash, computed from what is stored now. Its leaf hash is
    /// SHA-256 of a zero byte and these 32 bytes: another one than the tile holds means
    /// that the record was rewritten.
    commitment: Option<String>,
}

/// Entries in the order of their leaves.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerEntries {
    items: Vec<LedgerEntry>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List what the ledger commits to.
///
/// The commitment to each sealed record, computed anew from the record as it is stored.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/entries",
    operation_id = "list_ledger_entries",
    tag = "ledger",
    params(EntriesQuery),
    responses((status = 200, body = LedgerEntries)),
)]
pub async fn entries(visit: Visit, Query(query): Query<EntriesQuery>) -> Result<Response, Problem> {
    let from = query.from.map_or(0, Digits::get);
    let limit = query.limit.map_or(256, Digits::get);
    let (sealed, found) = store::entries(&visit.db, from, limit).await?;
    let end = from.saturating_add(limit);
    let more = end.unsigned_abs() < sealed;
    let next = more.then(|| format!("/api/v1/ledger/entries?from={end}&limit={limit}"));
    let items = found
        .into_iter()
        .map(|entry| {
            let commitment = entry.record.as_ref().map(|record| hex(&record.commitment));
            LedgerEntry {
                index: entry.index,
                record: entry.record.and_then(|record| record.id),
                commitment,
            }
        })
        .collect();
    Ok(public(LedgerEntries { items, next }))
}

/// A record and all that is needed to verify, without a network, that it was sealed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordProof {
    /// The record's id.
    #[schema(format = "uuid")]
    record: String,
    /// The record as JSON by RFC 8785: every column but the salt, `facts` byte for byte.
    canonical: String,
    /// 64 hexadecimal digits. SHA-256 of these digits and the canonical text is the
    /// commitment.
    salt: String,
    /// That the leaf is in the tree of the checkpoint.
    inclusion: InclusionProof,
    /// What was signed of that tree.
    checkpoint: LedgerCheckpoint,
    /// The key that signed, as the ledger publishes it.
    vkey: String,
}

/// Read a record's proof.
///
/// For whom the record is of, and for the organization that recorded it. Whoever is given
/// this answer can verify the record with `verify --proof`, or by hand.
#[utoipa::path(
    get,
    path = "/api/v1/records/{id}/proof",
    operation_id = "prove_record",
    tag = "ledger",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The record's id")),
    responses(
        (status = 200, body = RecordProof),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_sealed_yet"),
    ),
)]
pub async fn prove_record(visit: Visit, _: Presented, Id(record): Id) -> Result<Response, Problem> {
    let proven = store::proven(&visit, record).await?;
    let checkpoint = proven.sealed.ok_or_else(not_sealed_yet)?;
    let index = proven.stored.index().ok_or_else(not_whole)?;
    let (path, leaf_hash, root) = proof(&proven.tiles, index, checkpoint.size)?;
    let opening = proven.stored.opening();
    let body = RecordProof {
        record: record.to_string(),
        canonical: opening.canonical,
        salt: opening.salt,
        inclusion: InclusionProof {
            index,
            leaf_hash,
            size: checkpoint.size,
            root,
            path,
        },
        checkpoint: checkpoint.into(),
        vkey: signer(&visit.config).verifier().to_string(),
    };
    Ok(([(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response())
}

//! Where the ledger is read: from its public addresses, or from a database file.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use data_encoding::HEXLOWER;
use diandan::hours::ledger::store;
use diandan::hours::ledger::store::Entry;
use diandan::hours::ledger::store::Recomputed;
use diandan::hours::ledger::tiles::{Address, Place};
use diandan::hours::ledger::tree::Hash;
use diandan::platform::db::{Db, DbError};
use futures_util::FutureExt as _;
use serde_json::Value;

/// Entries are asked for so many at a time.
const A_PAGE: u64 = 256;
/// A server that is busy, or counts requests, is asked so often.
const PATIENCE: u32 = 20;

/// What is known of a ledger.
pub trait Source {
    /// The newest signed note; none before the first seal.
    fn checkpoint(&self) -> Result<Option<String>, String>;

    /// The first hashes of a tile.
    fn tile(&self, place: Place, width: u64) -> Result<Vec<Hash>, String>;

    /// Some entries from one on, at least that one.
    fn entries(&self, from: u64) -> Result<Vec<Entry>, String>;

    /// The key it says it signs with.
    fn key(&self) -> Result<Option<String>, String>;
}

/// The public addresses of a deployment.
pub struct Host {
    agent: ureq::Agent,
    origin: String,
}

impl Host {
    pub fn new(origin: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self {
            agent: config.into(),
            origin: origin.trim_end_matches('/').to_owned(),
        }
    }

    /// The body at a path; none when nothing is there.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let url = format!("{}{path}", self.origin);
        for _ in 0..PATIENCE {
            let mut answer = match self.agent.get(&url).call() {
                Ok(answer) => answer,
                Err(error) => return Err(format!("{url}: {error}")),
            };
            match answer.status().as_u16() {
                200 => {
                    let body = answer.body_mut().read_to_vec();
                    return body.map(Some).map_err(|error| format!("{url}: {error}"));
                }
                404 => return Ok(None),
                429 | 503 => {
                    let header = answer.headers().get("retry-after");
                    let seconds = header.and_then(|value| value.to_str().ok()?.parse().ok());
                    sleep(Duration::from_secs(seconds.unwrap_or(2).min(120)));
                }
                status => return Err(format!("{url}: status {status}")),
            }
        }
        Err(format!("{url}: busy for too long"))
    }

    fn json(&self, path: &str) -> Result<Value, String> {
        let body = self.get(path)?.ok_or(format!("{path} is not there"))?;
        serde_json::from_slice(&body).map_err(|error| format!("{path}: {error}"))
    }
}

impl Source for Host {
    fn checkpoint(&self) -> Result<Option<String>, String> {
        let body = self.get("/ledger/checkpoint")?;
        body.map(|body| String::from_utf8(body).map_err(|error| error.to_string()))
            .transpose()
    }

    fn tile(&self, place: Place, width: u64) -> Result<Vec<Hash>, String> {
        let index = place.index;
        let path = format!("/ledger/tile/{}/{}", place.level, Address { index, width });
        let body = self.get(&path)?.ok_or(format!("{path} is not there"))?;
        match body.as_chunks() {
            (hashes, []) if hashes.len() as u64 == width => Ok(hashes.to_vec()),
            _ => Err(format!("{path} is of {} bytes", body.len())),
        }
    }

    fn entries(&self, from: u64) -> Result<Vec<Entry>, String> {
        let page = self.json(&format!(
            "/api/v1/ledger/entries?from={from}&limit={A_PAGE}"
        ))?;
        let items = page.get("items").and_then(Value::as_array);
        let entries = items.map(|items| items.iter().map(entry).collect::<Option<Vec<_>>>());
        let entries = entries.flatten();
        entries.ok_or_else(|| format!("the entries from {from} cannot be read"))
    }

    fn key(&self) -> Result<Option<String>, String> {
        let key = self.json("/api/v1/ledger/key")?;
        Ok(key.get("vkey").and_then(Value::as_str).map(str::to_owned))
    }
}

fn entry(item: &Value) -> Option<Entry> {
    let text = |name| item.get(name).and_then(Value::as_str);
    let recomputed = |hex: &str| {
        let bytes = HEXLOWER.decode(hex.as_bytes()).ok()?;
        Some(Recomputed {
            id: text("record").map(str::to_owned),
            commitment: bytes.try_into().ok()?,
        })
    };
    Some(Entry {
        index: item.get("index")?.as_u64()?,
        record: text("commitment").and_then(recomputed),
    })
}

/// A database file of D1, or a copy.
pub struct File(Db);

impl File {
    pub fn open(path: &str) -> Result<Self, String> {
        let opened = Db::open_to_read(Path::new(path));
        opened
            .map(Self)
            .map_err(|error| format!("{path}: {error:?}"))
    }
}

/// On the host nothing waits for the database.
fn done<T>(work: impl Future<Output = Result<T, DbError>>) -> Result<T, String> {
    match work.now_or_never() {
        Some(done) => done.map_err(|error| format!("the database: {error:?}")),
        None => Err("the database does not answer".to_owned()),
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Source for File {
    fn checkpoint(&self) -> Result<Option<String>, String> {
        Ok(done(store::newest(&self.0))?.map(|sealed| sealed.note))
    }

    fn tile(&self, place: Place, width: u64) -> Result<Vec<Hash>, String> {
        let tile = done(store::tile(
            &self.0,
            place.level.into(),
            number(place.index),
        ))?;
        let first = |tile: Vec<Hash>| Some(tile.get(..usize::try_from(width).ok()?)?.to_vec());
        tile.and_then(first)
            .ok_or_else(|| format!("tile {}/{} is not whole", place.level, place.index))
    }

    fn entries(&self, from: u64) -> Result<Vec<Entry>, String> {
        let (_, entries) = done(store::entries(&self.0, number(from), number(A_PAGE)))?;
        Ok(entries)
    }

    fn key(&self) -> Result<Option<String>, String> {
        Ok(None)
    }
}

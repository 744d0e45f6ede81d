//! What must add up.

use std::fs::read_to_string;
use std::process::ExitCode;

use data_encoding::HEXLOWER;
use diandan::hours::ledger::leaf::Opening;
use diandan::hours::ledger::note::{Checkpoint, Verifier};
use diandan::hours::ledger::tiles::{Tiles, places, width};
use diandan::hours::ledger::tree::{Hash, includes, leaf_hash};
use serde::Deserialize;

use crate::source::{File, Host, Source};

const USAGE: &str =
    "verify [https://HOST] [--key VKEY] [--since CHECKPOINT] [--proof PROOF] [--database FILE]

  HOST          whose published ledger is verified
  --key VKEY    the key it must be signed with; else the one HOST names is taken on trust
  --since FILE  a checkpoint kept from earlier, which the newest must extend
  --proof FILE  a record's proof, as GET /api/v1/records/{id}/proof answers it
  --database    a SQLite file to read records from; without HOST, everything";

/// What was asked for.
#[derive(Default)]
struct Asked {
    host: Option<String>,
    key: Option<String>,
    since: Option<String>,
    proof: Option<String>,
    database: Option<String>,
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut asked = Self::default();
        while let Some(word) = words.next() {
            let (place, value) = match word.as_str() {
                "--key" => (&mut asked.key, words.next()?),
                "--since" => (&mut asked.since, words.next()?),
                "--proof" => (&mut asked.proof, words.next()?),
                "--database" => (&mut asked.database, words.next()?),
                _ if word.starts_with('-') => return None,
                _ => (&mut asked.host, word),
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let something = [&asked.host, &asked.proof, &asked.database];
        something.iter().any(|it| it.is_some()).then_some(asked)
    }
}

/// What was found not to add up.
type Faults = Vec<String>;

pub fn main() -> ExitCode {
    let Some(asked) = Asked::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match verify(&asked) {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in faults {
                eprintln!("{fault}");
            }
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("cannot verify: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn verify(asked: &Asked) -> Result<Faults, String> {
    let host = asked.host.as_deref().map(Host::new);
    let file = asked.database.as_deref().map(File::open).transpose()?;
    let published = host.as_ref().map(|host| host as &dyn Source);
    let stored = file.as_ref().map(|file| file as &dyn Source);
    let mut faults = Faults::new();
    let said = match (&asked.key, published) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(source)) => source.key()?,
        (None, None) => None,
    };
    if let (Some(published), Some(entries)) = (published.or(stored), stored.or(published)) {
        let vkey = said
            .as_deref()
            .ok_or("name the --key that signs the ledger")?;
        let key = Verifier::parse(vkey).ok_or(format!("{vkey} is no verifier key"))?;
        println!("key {key}");
        ledger(
            published,
            entries,
            &key,
            asked.since.as_deref(),
            &mut faults,
        )?;
    }
    if let Some(path) = &asked.proof {
        proof(path, said.as_deref(), &mut faults)?;
    }
    Ok(faults)
}

/// The whole ledger: what was signed, what was published, and the records as they stand.
fn ledger(
    published: &dyn Source,
    records: &dyn Source,
    key: &Verifier,
    since: Option<&str>,
    faults: &mut Faults,
) -> Result<(), String> {
    let old = since.map(|path| kept(path, key)).transpose()?;
    let Some(note) = published.checkpoint()? else {
        println!("nothing is sealed yet");
        if let Some(old) = old {
            faults.push(format!("{} records were sealed before", old.tree.size));
        }
        return Ok(());
    };
    let checkpoint = opened(&note, key).ok_or("the newest checkpoint is not signed by the key")?;
    let (size, root) = (checkpoint.tree.size, checkpoint.tree.root);
    println!(
        "checkpoint of {size} records, root {}",
        HEXLOWER.encode(&root)
    );

    let tiles: Tiles = places(size)
        .map(|place| Ok((place, published.tile(place, width(place, size))?)))
        .collect::<Result<_, String>>()?;
    let sealed: Vec<Hash> = (tiles.iter())
        .filter(|(place, _)| place.level == 0)
        .flat_map(|(_, tile)| tile.iter().copied())
        .collect();
    let recomputed = of_leaves(&sealed);
    for (place, tile) in tiles.iter() {
        if recomputed.get(place) != Some(tile) {
            let (level, index) = (place.level, place.index);
            faults.push(format!(
                "tile {level}/{index} does not follow from those below it"
            ));
        }
    }
    let tiles_hold = recomputed.root(size) == Some(root);
    if !tiles_hold {
        faults.push("the tiles do not make the root that was signed".to_owned());
    }

    let standing = compare(records, &sealed, faults)?;
    if standing.root(size) == Some(root) {
        println!("the records as they stand make the root that was signed");
    } else if faults.is_empty() {
        faults.push("the records as they stand do not make the root that was signed".to_owned());
    }

    if let Some(old) = old {
        let (before, was) = (old.tree.size, old.tree.root);
        if before > size {
            faults.push(format!("rolled back: {before} records were sealed before"));
        } else if recomputed.root(before) != Some(was) {
            faults.push(format!(
                "rewritten: not what was signed of {before} records before"
            ));
        } else {
            println!("extends the checkpoint of {before} records");
        }
    }
    Ok(())
}

/// Holds each record against the leaf it was sealed as; gives the tree of the records.
fn compare(records: &dyn Source, sealed: &[Hash], faults: &mut Faults) -> Result<Tiles, String> {
    let mut leaves = Vec::with_capacity(sealed.len());
    while leaves.len() < sealed.len() {
        let from = leaves.len() as u64;
        let page = records.entries(from)?;
        if page.is_empty() {
            return Err(format!("no entry of leaf {from}"));
        }
        for (entry, expected) in page.into_iter().zip(sealed.iter().skip(leaves.len())) {
            let leaf = entry.index;
            if leaf != leaves.len() as u64 {
                return Err(format!("leaf {leaf} stands where {} should", leaves.len()));
            }
            let hash = entry
                .record
                .as_ref()
                .map(|record| leaf_hash(&record.commitment));
            if hash != Some(*expected) {
                faults.push(match entry.record.and_then(|record| record.id) {
                    Some(id) => format!("record {id} (leaf {leaf}) was altered"),
                    None if hash.is_some() => format!("the record of leaf {leaf} was altered"),
                    None => format!("the record of leaf {leaf} is gone"),
                });
            }
            leaves.push(hash.unwrap_or_default());
        }
    }
    Ok(of_leaves(&leaves))
}

fn of_leaves(leaves: &[Hash]) -> Tiles {
    let mut tiles = Tiles::default();
    tiles.append(0, leaves);
    tiles
}

/// What a note says, when this key signed it as the log's own.
fn opened(note: &str, key: &Verifier) -> Option<Checkpoint> {
    let checkpoint = Checkpoint::parse(key.open(note)?)?;
    (checkpoint.origin == key.name()).then_some(checkpoint)
}

fn kept(path: &str, key: &Verifier) -> Result<Checkpoint, String> {
    let note = read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    opened(&note, key).ok_or(format!("{path} is no checkpoint signed by the key"))
}

/// As `GET /api/v1/records/{id}/proof` answers it.
#[derive(Deserialize)]
struct Proof {
    record: String,
    canonical: String,
    salt: String,
    inclusion: Inclusion,
    checkpoint: Sealed,
    vkey: String,
}

#[derive(Deserialize)]
struct Inclusion {
    index: u64,
    path: Vec<String>,
}

#[derive(Deserialize)]
struct Sealed {
    note: String,
}

fn proof(path: &str, vkey: Option<&str>, faults: &mut Faults) -> Result<(), String> {
    let text = read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let proof: Proof = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    if vkey.is_none() {
        println!(
            "key {}, which the proof itself names: compare it",
            proof.vkey
        );
    }
    let vkey = vkey.unwrap_or(&proof.vkey);
    let key = Verifier::parse(vkey).ok_or(format!("{vkey} is no verifier key"))?;
    let Some(checkpoint) = opened(&proof.checkpoint.note, &key) else {
        faults.push("the proof's checkpoint is not signed by the key".to_owned());
        return Ok(());
    };
    let hash = |hex: &String| HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok();
    let hashes: Option<Vec<Hash>> = proof.inclusion.path.iter().map(hash).collect();
    let hashes = hashes.ok_or(format!("{path}: the path is not of hashes"))?;
    let opening = Opening {
        canonical: proof.canonical,
        salt: proof.salt,
    };
    let (leaf, tree) = (proof.inclusion.index, checkpoint.tree);
    let (record, size) = (proof.record, tree.size);
    if !opening.is_of(&record, leaf) {
        faults.push(format!("the proof is not of record {record}, leaf {leaf}"));
    } else if includes(leaf, &opening.leaf_hash(), size, &hashes, &tree.root) {
        println!("record {record} (leaf {leaf}) is in the tree of {size} records");
    } else {
        faults.push(format!(
            "record {record} (leaf {leaf}) is not what was sealed"
        ));
    }
    Ok(())
}

//! Credentials nobody has heard of. Anybody can make up a new one for each request, so
//! that by themselves they tell nobody apart: whether one is somebody's is asked after the
//! answer, where it is worth asking, and those that are nobody's count for their network.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;

use super::clock::{Instant, MINUTE};
use super::db::{self, DbError};
use super::visit::Visit;
use crate::bind;

/// So many credentials are remembered, and so many networks.
const REMEMBERED: usize = 10_000;
/// A credential is asked about when it has come so often,
const OFTEN: u32 = 5;
/// or at once when its network has come with so many new ones within a minute.
const MANY: u32 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not asked; how often it came.
    Open(u32),
    Somebodys,
    Nobodys,
}

/// What this isolate remembers.
#[derive(Default)]
struct Memory {
    verdicts: HashMap<String, Verdict>,
    /// Networks: when the minute began, and with how many new credentials they came.
    newcomers: HashMap<String, (i64, u32)>,
    /// Networks whose new credentials are refused, and until when.
    shut_out: HashMap<String, i64>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Memory {
    fn verdict(&self, credential: &str) -> Verdict {
        let known = self.verdicts.get(credential).copied();
        known.unwrap_or(Verdict::Open(0))
    }

    fn settle(&mut self, credential: String, verdict: Verdict) {
        if self.verdicts.len() >= REMEMBERED {
            self.verdicts.clear();
        }
        self.verdicts.insert(credential, verdict);
    }
}

/// Whether the caller presents what is known to be nobody's credential.
pub fn is_made_up(credential: &str) -> bool {
    MEMORY.with_borrow(|memory| memory.verdict(credential) == Verdict::Nobodys)
}

/// Notes that a credential came, after the answer; whether [`look_up`] should be asked
/// about it.
pub fn suspects(visit: &Visit) -> bool {
    let Some(credential) = visit.credential_hash() else {
        return false;
    };
    MEMORY.with_borrow_mut(|memory| {
        let Verdict::Open(before) = memory.verdict(&credential) else {
            return false;
        };
        let came = before.saturating_add(1);
        memory.settle(credential, Verdict::Open(came));
        let minute = visit.now.millis().div_euclid(MINUTE);
        if memory.newcomers.len() >= REMEMBERED {
            memory.newcomers.clear();
        }
        let entry = memory.newcomers.entry(visit.address_hash()).or_default();
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        if before == 0 {
            entry.1 = entry.1.saturating_add(1);
        }
        came >= OFTEN || entry.1 > MANY
    })
}

const KNOWN: &str = "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2)
  OR EXISTS (SELECT 1 FROM api_key WHERE token_hash = ?1 AND expires_at > ?2 AND revoked_at IS NULL) AS known";

#[derive(Deserialize)]
struct Known {
    #[serde(deserialize_with = "db::truth")]
    known: bool,
}

/// Asks whether what the caller presents is anybody's, and remembers it.
pub async fn look_up(visit: &Visit) -> Result<bool, DbError> {
    let Some(credential) = visit.credential_hash() else {
        return Ok(false);
    };
    let row: Option<Known> = visit.db.first(bind!(KNOWN, &credential, visit.now)).await?;
    let known = row.is_some_and(|row| row.known);
    let verdict = if known {
        Verdict::Somebodys
    } else {
        Verdict::Nobodys
    };
    MEMORY.with_borrow_mut(|memory| memory.settle(credential, verdict));
    Ok(known)
}

/// Refuses new credentials of a network until then.
pub fn shut_out(network: String, until: Instant) {
    MEMORY.with_borrow_mut(|memory| {
        if memory.shut_out.len() >= REMEMBERED {
            memory.shut_out.clear();
        }
        memory.shut_out.insert(network, until.millis());
    });
}

/// Whether a caller presents a credential that nobody has heard of, from a network that
/// has come with too many of those.
pub fn is_shut_out(visit: &Visit, credential: &str) -> bool {
    MEMORY.with_borrow(|memory| {
        let until = memory.shut_out.get(&visit.address_hash());
        until.is_some_and(|until| *until > visit.now.millis())
            && memory.verdict(credential) != Verdict::Somebodys
    })
}

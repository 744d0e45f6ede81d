//! The log of a contest: every act, in the batch that does it, for good. The clock chains
//! the lines by hash, so that a line cannot be changed, dropped or put in later without
//! every hash after it telling. The supervisor (监督员) reads it, and nobody else: it holds
//! scores as they are handed in.

pub mod api;
pub mod pages;
pub mod store;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::bind;
use crate::platform::crypto::sha256_hex;
use crate::platform::db::{self, DbError, Statement};
use crate::platform::visit::Visit;

/// What the first line of a contest is chained to.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// So many lines are chained in one go.
pub const SLICE: i64 = 200;

/// `changes()` is the effect's: what had none leaves no line.
const LOG: &str = "
INSERT INTO contest_log (contest_id, at, actor, act, subject, detail, request_id)
SELECT ?3, ?2, coalesce(?4,
    (SELECT 'volunteer:' || volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2),
    (SELECT 'api_key:' || id FROM api_key WHERE token_hash = ?1 AND expires_at > ?2 AND revoked_at IS NULL),
    'clock'),
  ?5, ?6, ?7, ?8
WHERE changes() > 0";

/// An act to be logged in the batch that does it.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// The contest's id.
    pub contest: &'a str,
    /// `contest.announced`, `entry.submitted` …
    pub act: &'a str,
    /// `contest:…`, `entry:…`
    pub subject: String,
    /// What else is to be known of it, an object; nothing personal.
    pub detail: Value,
}

impl Act<'_> {
    /// The statement that logs it in the name of whoever asks: right after the statement
    /// that is the effect, and before an idempotency key is taken.
    pub fn logged(self, visit: &Visit) -> Statement {
        self.written(visit, None)
    }

    /// The same in another name, such as `judge:…`.
    pub fn logged_as(self, visit: &Visit, actor: &str) -> Statement {
        self.written(visit, Some(actor))
    }

    fn written(self, visit: &Visit, actor: Option<&str>) -> Statement {
        bind!(
            LOG,
            visit.credential_hash(),
            visit.now,
            self.contest,
            actor,
            self.act,
            self.subject,
            self.detail.to_string(),
            &*visit.request_id,
        )
    }
}

/// A line of the log as it is hashed: RFC 8785, since its members are in order of their
/// names and all numbers are whole.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestLogLine)]
pub struct LogLine {
    /// What was done.
    #[schema(example = "entry.submitted")]
    pub act: String,
    /// Who did it: `volunteer:`, `api_key:` or `judge:` and an id, or `clock`.
    #[schema(example = "clock")]
    pub actor: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The contest.
    #[schema(format = "uuid")]
    pub contest_id: String,
    /// What else is to be known of it.
    #[serde(deserialize_with = "db::json")]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub detail: Value,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Rises from line to line, over all contests.
    pub seq: i64,
    /// To what it was done: `contest:`, `entry:`, `judge:` and an id, `stage:` and a key …
    pub subject: String,
}

impl LogLine {
    /// Its hash: SHA-256 of the hash before and the line, in hexadecimal.
    pub fn hash(&self, before: &str) -> String {
        sha256_hex(&format!("{before}{}", json!(self)))
    }
}

/// A place in the chain, and the hash of the line that stands there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mark {
    /// From 1; 0 before the first line.
    pub place: i64,
    /// SHA-256, in hexadecimal.
    pub hash: String,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            place: 0,
            hash: BEGINNING.to_owned(),
        }
    }
}

/// A line as it stands beside its link.
#[derive(Clone, Debug, Deserialize)]
pub struct Kept {
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
    /// Its place and its hash, once it is chained.
    pub place: Option<i64>,
    /// See `place`.
    pub hash: Option<String>,
    /// Whether lines after it were chained, and it was not.
    #[serde(deserialize_with = "db::truth")]
    pub passed: bool,
}

/// Whether a line fits the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Its hash, worked out anew from the hash before, is the one that was kept.
    Holds,
    /// It is chained within a minute or so.
    Waits,
    /// Its hash comes out different: it, or its link, was changed.
    Changed,
    /// So many lines before it are gone.
    After(i64),
    /// It was put in where the chain had passed.
    PutIn,
}

/// Works out anew the hash of each line, from the mark before the first. Each is held against
/// the hash that was kept of the line before, so that each fault is told where it is.
pub fn fits(before: &Mark, lines: &[Kept]) -> Vec<Fit> {
    let mut before = before.clone();
    let fit = |kept: &Kept| {
        let (Some(place), Some(hash)) = (kept.place, &kept.hash) else {
            return match kept.passed {
                true => Fit::PutIn,
                false => Fit::Waits,
            };
        };
        let fit = match place - before.place - 1 {
            0 if kept.line.hash(&before.hash) == *hash => Fit::Holds,
            0 => Fit::Changed,
            gone => Fit::After(gone),
        };
        before = Mark {
            place,
            hash: hash.clone(),
        };
        fit
    };
    lines.iter().map(fit).collect()
}

/// Lines that are not chained yet, in order. `?1` how many.
const WAITING: &str = "
SELECT seq, contest_id, at, actor, act, subject, detail, request_id
FROM contest_log
WHERE seq > (SELECT coalesce(max(seq), 0) FROM contest_log_link)
ORDER BY seq
LIMIT ?1";

/// The last link of each contest that has such lines.
const ENDS: &str = "
SELECT k.contest_id, k.place, k.hash
FROM (
  SELECT DISTINCT contest_id FROM (
    SELECT contest_id FROM contest_log
    WHERE seq > (SELECT coalesce(max(seq), 0) FROM contest_log_link)
    ORDER BY seq
    LIMIT ?1)) w
CROSS JOIN contest_log_link k ON k.contest_id = w.contest_id
  AND k.place = (SELECT max(place) FROM contest_log_link WHERE contest_id = w.contest_id)";

const LINK: &str = "
INSERT INTO contest_log_link (seq, contest_id, place, hash)
SELECT value ->> 'seq', value ->> 'contest_id', value ->> 'place', value ->> 'hash'
FROM json_each(?1)
ORDER BY key";

/// A line's place in the chain of its contest.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Link {
    seq: i64,
    contest_id: String,
    place: i64,
    hash: String,
}

#[derive(Debug, Deserialize)]
struct End {
    contest_id: String,
    place: i64,
    hash: String,
}

/// Chains the lines that wait, a slice of them; how many. Breaking off anywhere, or two at
/// once, comes to the same chain.
pub async fn chain(visit: &Visit) -> Result<usize, DbError> {
    let asks = vec![bind!(WAITING, SLICE), bind!(ENDS, SLICE)];
    let batch = visit.db.batch(asks).await?;
    let lines: Vec<LogLine> = batch.rows(0)?;
    if lines.is_empty() {
        return Ok(0);
    }
    let links = linked(&lines, batch.rows(1)?);
    let written = bind!(LINK, json!(links).to_string());
    match visit.db.run(written).await {
        Ok(_) => Ok(links.len()),
        Err(error) if error.is_refusal("contest_log_in_turn") => Ok(0),
        Err(error) => Err(error),
    }
}

fn linked(lines: &[LogLine], ends: Vec<End>) -> Vec<Link> {
    let mut ends: std::collections::BTreeMap<String, (i64, String)> = ends
        .into_iter()
        .map(|end| (end.contest_id, (end.place, end.hash)))
        .collect();
    lines
        .iter()
        .map(|line| {
            let end = ends
                .entry(line.contest_id.clone())
                .or_insert_with(|| (0, BEGINNING.to_owned()));
            *end = (end.0 + 1, line.hash(&end.1));
            Link {
                seq: line.seq,
                contest_id: line.contest_id.clone(),
                place: end.0,
                hash: end.1.clone(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: i64, contest: &str) -> LogLine {
        LogLine {
            act: "contest.announced".into(),
            actor: "volunteer:x".into(),
            at: 1,
            contest_id: contest.into(),
            detail: json!({"b": "𠮷", "a": 1}),
            request_id: None,
            seq,
            subject: "contest:x".into(),
        }
    }

    #[test]
    fn a_line_is_hashed_in_the_order_of_names() {
        // printf %s "$(printf 0%.0s {1..64})$TEXT" | sha256sum
        let text = r#"{"act":"contest.announced","actor":"volunteer:x","at":1,"contest_id":"c","detail":{"a":1,"b":"𠮷"},"request_id":null,"seq":7,"subject":"contest:x"}"#;
        assert_eq!(json!(line(7, "c")).to_string(), text);
        assert_eq!(
            line(7, "c").hash(BEGINNING),
            sha256_hex(&format!("{}{text}", "0".repeat(64)))
        );
    }

    #[test]
    fn each_contest_has_a_chain_of_its_own() {
        let lines = [line(4, "a"), line(5, "b"), line(6, "a")];
        let end = End {
            contest_id: "a".into(),
            place: 3,
            hash: "h".into(),
        };
        let links = linked(&lines, vec![end]);
        let places: Vec<_> = links.iter().map(|link| (link.seq, link.place)).collect();
        assert_eq!(places, [(4, 4), (5, 1), (6, 5)]);
        assert_eq!(links[0].hash, lines[0].hash("h"));
        assert_eq!(links[1].hash, lines[1].hash(BEGINNING));
        assert_eq!(links[2].hash, lines[2].hash(&links[0].hash));
    }

    fn kept(lines: &[LogLine]) -> Vec<Kept> {
        let links = linked(lines, Vec::new());
        let with = |(line, link): (&LogLine, Link)| Kept {
            line: line.clone(),
            place: Some(link.place),
            hash: Some(link.hash),
            passed: false,
        };
        lines.iter().zip(links).map(with).collect()
    }

    #[test]
    fn a_fault_is_told_where_it_is() {
        let whole = kept(&[1, 2, 3, 4].map(|seq| line(seq, "a")));
        let start = Mark::default();
        assert_eq!(fits(&start, &whole), [Fit::Holds; 4]);
        let told = |change: fn(&mut Vec<Kept>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            fits(&Mark::default(), &lines)
        };
        assert_eq!(
            told(|lines| lines[1].line.actor = "volunteer:y".into()),
            [Fit::Holds, Fit::Changed, Fit::Holds, Fit::Holds]
        );
        assert_eq!(
            told(|lines| drop(lines.drain(1..3))),
            [Fit::Holds, Fit::After(2)]
        );
        assert_eq!(
            told(|lines| lines[2].hash = Some("0".repeat(64)))[2..],
            [Fit::Changed, Fit::Changed]
        );
        assert_eq!(
            told(|lines| {
                (lines[1].place, lines[1].hash, lines[1].passed) = (None, None, true);
                (lines[3].place, lines[3].hash) = (None, None);
            }),
            [Fit::Holds, Fit::PutIn, Fit::After(1), Fit::Waits]
        );
        // A page begins with the mark before it.
        let mark = Mark {
            place: 2,
            hash: whole[1].hash.clone().unwrap(),
        };
        assert_eq!(fits(&mark, &whole[2..]), [Fit::Holds; 2]);
    }
}

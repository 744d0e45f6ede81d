//! That stories were sent.

use serde_json::json;
use uuid::Uuid;

use super::{Door, Sending, at_the_door, hosts};
use crate::bind;
use crate::contests::log::Act;
use crate::contests::outcomes::SendingBody;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?4` entry, `?5` id, `?6` channel, `?7` its name, `?8` link, `?9` day. What its
/// organization agrees to only.
const MARK: &str = concat!(
    hosts!(),
    "
INSERT INTO contest_story_sending (id, contest_id, entry_id, version, channel, name, link, on_day, marked_at)
SELECT ?5, s.contest_id, s.entry_id, s.version, ?6, ?7, ?8, ?9, ?2
FROM hosts
JOIN contest_story s ON s.contest_id = ?3 AND s.entry_id = ?4 AND s.consented_at IS NOT NULL"
);

const ONE: &str = "
SELECT channel, name, link, on_day AS \"on\", marked_at FROM contest_story_sending WHERE id = ?1";

/// What came of marking a story as sent.
#[derive(Debug)]
pub enum Sent {
    /// It is marked; and whether the same request did so before.
    Done(Sending, bool),
    /// Whoever asks may not, or there is no story they may send.
    Refused(Door),
    /// It is marked already.
    Already,
}

/// Marks a story as sent.
pub async fn mark(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
    body: &SendingBody,
    key: &IdempotencyKey,
) -> Result<Sent, Problem> {
    let (contest, entry) = (contest.to_string(), entry.to_string());
    let (id, day) = (visit.new_id().to_string(), body.on.0.to_string());
    let name = body.name.as_ref().map(crate::platform::text::Line::as_str);
    let act = Act {
        contest: &contest,
        act: "story.sent",
        subject: format!("entry:{entry}"),
        detail: json!({"channel": body.channel, "name": name, "link": body.link, "on": day}),
    };
    let mut statements = Vec::from(at_the_door(visit, &contest, &entry));
    statements.extend([
        bind!(
            MARK,
            visit.credential_hash(),
            visit.now,
            &contest,
            &entry,
            &id,
            body.channel.word(),
            name,
            body.link.as_str(),
            &day
        ),
        act.logged(visit),
        key.point_at(visit, &id),
        bind!(ONE, &id),
    ]);
    let batch = match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => batch,
        Ok(Ran::Before(earlier)) => {
            let mut again = Vec::from(at_the_door(visit, &contest, &entry));
            again.push(bind!(ONE, earlier.subject()?));
            let batch = visit.db.batch(again).await?;
            Door::of(&batch, 0)?.require_host()?;
            let sending = batch.first(2)?.ok_or_else(Problem::not_found)?;
            return Ok(Sent::Done(sending, true));
        }
        Err(error) if error.is_refusal("index 'contest_story_sent_once'") => {
            return Ok(Sent::Already);
        }
        Err(error) => return Err(error.into()),
    };
    match batch.first(5)? {
        Some(sending) => Ok(Sent::Done(sending, false)),
        None => Ok(Sent::Refused(Door::of(&batch, 0)?)),
    }
}

//! What may become of an awarded entry when, for pages and programs alike.

use axum::http::{StatusCode, header};
use uuid::Uuid;

use super::store::purchases::{self, Purchase};
use super::store::sendings::{self, Sent};
use super::store::stories::{self, Story};
use super::store::{Door, Sending};
use super::{PurchaseBody, SendingBody, StoryBody};
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// 409: there is nothing to tell of an entry that won nothing.
pub fn not_awarded() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "entry_not_awarded",
        Words::new(
            "这个参赛项目没有获奖，或结果尚未确定",
            "The entry has won nothing, or the result is not final yet",
        ),
    )
}

/// 403: whoever belongs to an entrant decides on nobody's.
fn interested() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "own_entry",
        Words::new(
            "您是参赛组织的成员，请由其他组织者办理",
            "You belong to an organization that entered; another organizer does this",
        ),
    )
}

/// 412: what stands is not what the caller looked at.
fn version_conflict(version: i64) -> Problem {
    let problem = Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_conflict",
        Words::new(
            "内容刚被改动，请先读取最新内容；您写的没有保存",
            "It has changed meanwhile; read the latest first. Nothing was saved",
        ),
    );
    match axum::http::HeaderValue::from_str(&format!("\"v{version}\"")) {
        Ok(tag) => problem.with_header(header::ETAG, tag),
        Err(_) => problem,
    }
}

impl Door {
    /// An error unless whoever asks runs the contest and has no interest in it.
    pub fn require_host(&self) -> Result<(), Problem> {
        match self.interested && self.standing.runs() {
            true => Err(interested()),
            false => self.standing.require_run(),
        }
    }

    /// An error unless the entry is there, and was awarded something.
    pub fn require_awarded(&self) -> Result<(), Problem> {
        match (self.entered, self.awarded) {
            (false, _) => Err(Problem::not_found()),
            (true, false) => Err(not_awarded()),
            (true, true) => Ok(()),
        }
    }
}

/// Which version somebody looked at; 0 is that nothing stands.
pub type Meant<'a> = &'a (dyn Fn(i64) -> bool + Sync);

/// Writes down a purchase; whether it is the first word on it. What stands already is not
/// written again.
pub async fn purchase(
    visit: &Visit,
    of: (Uuid, Uuid),
    body: &PurchaseBody,
    meant: Meant<'_>,
) -> Result<(Purchase, bool), Problem> {
    let before = purchases::load(visit, of).await?;
    before.door.require_host()?;
    before.door.require_awarded()?;
    let version = before.version();
    if !meant(version) {
        return Err(version_conflict(version));
    }
    body.check(visit.now.date()).map_err(Problem::invalid)?;
    if let Some(stands) = before.stands.filter(|stands| stands.says(body)) {
        return Ok((stands, false));
    }
    match purchases::write(visit, of, version, body).await? {
        Some(written) => Ok((written, version == 0)),
        None => {
            let now = purchases::load(visit, of).await?;
            now.door.require_host()?;
            Err(version_conflict(now.version()))
        }
    }
}

/// Writes a story, with or without the consent to publish it; whether it is a new one.
pub async fn story(
    visit: &Visit,
    of: (Uuid, Uuid),
    body: &StoryBody,
    meant: Meant<'_>,
) -> Result<(Story, bool), Problem> {
    let before = stories::load(visit, of).await?;
    before.own.clone()?;
    before.door.require_awarded()?;
    let version = before.version();
    if !meant(version) {
        return Err(version_conflict(version));
    }
    if let Some(stands) = before.stands.as_ref().filter(|stands| stands.says(body)) {
        return Ok((stands.clone(), false));
    }
    let had_consent = before
        .stands
        .is_some_and(|story| story.consented_at.is_some());
    match stories::write(visit, of, version, body, had_consent).await? {
        Some(written) => Ok((written, version == 0)),
        None => {
            let now = stories::load(visit, of).await?;
            now.own.clone()?;
            Err(version_conflict(now.version()))
        }
    }
}

/// Marks a story as sent, and says whether the same request did so before.
pub async fn send(
    visit: &Visit,
    of: (Uuid, Uuid),
    body: &SendingBody,
    key: &IdempotencyKey,
) -> Result<(Sending, bool), Problem> {
    body.check(visit.now.date()).map_err(Problem::invalid)?;
    match sendings::mark(visit, of, body, key).await? {
        Sent::Done(sending, repeated) => Ok((sending, repeated)),
        Sent::Refused(door) => {
            door.require_host()?;
            door.require_awarded()?;
            Err(Problem::new(
                StatusCode::CONFLICT,
                "story_not_consented",
                Words::new(
                    "参赛组织还没有写宣传稿，或没有同意公开",
                    "The organization has written no story, or does not agree to its being published",
                ),
            ))
        }
        Sent::Already => Err(Problem::new(
            StatusCode::CONFLICT,
            "already_sent",
            Words::new(
                "这个渠道的这个链接已经标记过",
                "It is marked as sent to this channel with this link already",
            ),
        )),
    }
}

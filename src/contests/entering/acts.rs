//! What may become of an entry when, for pages and programs alike.

use axum::http::StatusCode;
use uuid::Uuid;

use super::deciding::{Candidate, already_entered, require_open, require_time, require_written};
use super::store::{self, Before, Change, Checked, EntryRow, Loaded, Written};
use super::{EligibilityBody, EntryDraft, EntryState, NewEntry, Withdrawal};
use crate::contests::rules::Rules;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;

/// 412: the entry, or the rules, are not what they were.
pub fn version_conflict() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_conflict",
        Words::new(
            "这份报名或大赛规则刚被改动，请先读取最新内容；您写的没有保存",
            "The entry or the rules have changed meanwhile; read the latest first. Nothing was saved",
        ),
    )
}

/// The entry, and whether the same request was carried out before.
type Done = Result<(EntryRow, bool), Problem>;

fn done(written: Written) -> Done {
    match written {
        Written::Done(entry, repeated) => Ok((*entry, repeated)),
        Written::MovedOn => Err(version_conflict()),
        Written::Entered => Err(already_entered()),
    }
}

fn rules(before: &Before) -> Result<Rules, Problem> {
    before.contest.rules()?.ok_or_else(Problem::not_found)
}

/// Begins an entry as a draft.
pub async fn begin(visit: &Visit, contest: Uuid, body: NewEntry, key: &IdempotencyKey) -> Done {
    let whose = (body.organization_id.0, body.project_id.0);
    let before = match store::load_new(visit, contest, whose, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(entry) => return Ok((*entry, true)),
    };
    let rules = rules(&before)?;
    require_time(before.contest.state, &rules, visit.now)?;
    let draft = body.draft();
    Candidate::require(before.candidate.as_ref(), &draft, &rules, false)?;
    let change = Change::Written(&draft);
    done(store::write(visit, &before, change, false, key).await?)
}

/// Begins an entry under the project's own title, in the first track that takes it.
pub async fn begin_simply(
    visit: &Visit,
    contest: Uuid,
    whose: (Uuid, Uuid),
) -> Result<EntryRow, Problem> {
    let key = IdempotencyKey::default();
    let before = match store::load_new(visit, contest, whose, &key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(entry) => return Ok(*entry),
    };
    let rules = rules(&before)?;
    require_time(before.contest.state, &rules, visit.now)?;
    let candidate = before.candidate.as_ref();
    let field = candidate.and_then(|candidate| candidate.field);
    let mut tracks = rules.tracks.iter();
    let fits = tracks.find(|track| track.field.is_none() || track.field == field);
    let Some(track) = fits.or_else(|| rules.tracks.first()) else {
        return Err(Problem::internal("rules without a track are in force"));
    };
    let title = candidate.and_then(|candidate| candidate.title.as_deref());
    let draft = EntryDraft {
        track: track.key.clone(),
        title: Line::parse(title.unwrap_or("—"))
            .map_err(|_| Problem::internal("a published project has no title"))?,
        words: std::collections::BTreeMap::default(),
        attachments: crate::platform::input::Many::default(),
    };
    Candidate::require(candidate, &draft, &rules, false)?;
    let written = store::write(visit, &before, Change::Written(&draft), false, &key).await?;
    done(written).map(|(entry, _)| entry)
}

/// Writes an entry anew. One that is submitted stays whole, and its facts are read again.
pub async fn rewrite(
    visit: &Visit,
    contest: Uuid,
    id: Uuid,
    draft: &EntryDraft,
    meant: impl Fn(i64) -> bool,
) -> Done {
    let key = IdempotencyKey::default();
    let before = match store::load(visit, contest, id, &key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(entry) => return Ok((*entry, true)),
    };
    let rules = rules(&before)?;
    let entry = before.entry.as_ref().ok_or_else(Problem::not_found)?;
    if !meant(entry.version) {
        return Err(version_conflict());
    }
    require_written(entry.state)?;
    require_time(before.contest.state, &rules, visit.now)?;
    let stands = entry.state == EntryState::Submitted;
    Candidate::require(before.candidate.as_ref(), draft, &rules, stands)?;
    let change = match stands {
        true => Change::Rewritten(draft),
        false => Change::Written(draft),
    };
    done(store::write(visit, &before, change, stands && rules.bar_elsewhere, &key).await?)
}

/// Submits an entry: it is whole, in time, and nothing stands against its project.
pub async fn submit(visit: &Visit, contest: Uuid, id: Uuid, key: &IdempotencyKey) -> Done {
    let before = match store::load(visit, contest, id, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(entry) => return Ok((*entry, true)),
    };
    let rules = rules(&before)?;
    let entry = before.entry.as_ref().ok_or_else(Problem::not_found)?;
    require_written(entry.state)?;
    require_open(before.contest.state, &rules, visit.now)?;
    Candidate::require(before.candidate.as_ref(), &entry.draft()?, &rules, true)?;
    done(store::write(visit, &before, Change::Submitted, rules.bar_elsewhere, key).await?)
}

impl EntryRow {
    /// It as its organization would write it.
    pub fn draft(&self) -> Result<EntryDraft, Problem> {
        let written = serde_json::json!({
            "track": self.track, "title": self.title, "words": self.words,
            "attachments": self.attachments,
        });
        deserr::deserialize(written).map_err(|faults: FieldErrors| {
            Problem::internal(format!("an entry that stands does not read: {faults:?}"))
        })
    }
}

/// Withdraws an entry, whatever it has come to; the row stays.
pub async fn withdraw(
    visit: &Visit,
    contest: Uuid,
    id: Uuid,
    body: &Withdrawal,
    key: &IdempotencyKey,
) -> Done {
    let before = match store::load(visit, contest, id, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(entry) => return Ok((*entry, true)),
    };
    let entry = before.entry.as_ref().ok_or_else(Problem::not_found)?;
    require_written(entry.state)?;
    let reason = body.reason.as_ref().map(Line::as_str);
    done(store::write(visit, &before, Change::Withdrawn(reason), false, key).await?)
}

/// Says whether an entry may take part.
pub async fn check(
    visit: &Visit,
    of: (Uuid, Uuid),
    body: &EligibilityBody,
    key: &IdempotencyKey,
) -> Done {
    if !body.eligible && body.reason.is_none() {
        let words = Words::new(
            "请说明不通过的原因，参赛组织会看到",
            "must be stated: the organization reads why",
        );
        return Err(Problem::invalid(FieldErrors::one("/reason", words)));
    }
    let state = match body.eligible {
        true => EntryState::Submitted,
        false => EntryState::Ineligible,
    };
    let reason = body.reason.as_ref().map(Line::as_str);
    match store::check(visit, of, (state, reason), key).await? {
        Checked::Done(entry, repeated) => Ok((*entry, repeated)),
        Checked::MovedOn => Err(version_conflict()),
    }
}

//! What may become of a contest when, for pages and programs alike.

use axum::http::StatusCode;
use uuid::Uuid;

use super::store::{self, Loaded, Seen, Words as ContestWords, Written};
use super::{Amendment, ContestDraft, NewContest};
use crate::contests::ContestState;
use crate::contests::rules::{Rules, amended};
use crate::organizations::api::unknown_region;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::problem::Problem;
use crate::platform::text::{Line, Prose};
use crate::platform::visit::Visit;

/// 412: the contest is not what the caller looked at.
pub fn version_conflict(version: i64) -> Problem {
    crate::organizations::api::version_conflict(version).titled(Words::new(
        "大赛刚被改动，请先读取最新内容",
        "The contest has changed meanwhile; read its latest version first",
    ))
}

/// 409: only drafts are edited and announced.
pub fn not_draft() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "contest_not_draft",
        Words::new(
            "大赛已经公布或取消，规则只能以公开修订的方式调整",
            "The contest is announced or called off: its rules change only by amendments in the open",
        ),
    )
}

/// 409: what needs published rules has none, or the contest was called off.
pub fn not_running() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "contest_not_running",
        Words::new(
            "大赛尚未公布，或已经取消",
            "The contest is not announced yet, or was called off",
        ),
    )
}

/// The contest, and whether the same request was carried out before.
type Done = Result<(Seen, bool), Problem>;

fn done(written: Written) -> Done {
    match written {
        Written::Now(seen) => Ok((*seen, false)),
        Written::Before(seen) => Ok((*seen, true)),
        Written::UnknownRegion => Err(unknown_region()),
        Written::Changed(version) => Err(version_conflict(version)),
    }
}

/// Which version somebody looked at.
pub type Meant<'a> = &'a (dyn Fn(i64) -> bool + Sync);

fn require_meant(seen: &Seen, meant: Meant<'_>) -> Result<(), Problem> {
    match meant(seen.contest.version) {
        true => Ok(()),
        false => Err(version_conflict(seen.contest.version)),
    }
}

fn words<'a>(
    name: &'a Line<60>,
    about: Option<&'a Prose<4000>>,
    draft: Option<&'a Rules>,
) -> ContestWords<'a> {
    ContestWords {
        name: name.as_str(),
        about: about.map_or("", Prose::as_str),
        draft,
    }
}

/// Prepares a contest.
pub async fn prepare(visit: &Visit, body: &NewContest, key: &IdempotencyKey) -> Done {
    let organization = body.organization_id.map(|id| id.0);
    let region = body.region.as_ref().map(|region| region.as_str());
    if organization.is_none() && region.is_none() {
        let words = Words::new(
            "请填写举办组织或行政区划",
            "must be stated, unless an organization is",
        );
        return Err(Problem::invalid(FieldErrors::one("/region", words)));
    }
    let words = words(&body.name, body.about.as_ref(), body.rules.as_ref());
    done(store::create(visit, organization, region, words, key).await?)
}

async fn loaded(visit: &Visit, id: Uuid, key: &IdempotencyKey) -> Result<Loaded, Problem> {
    store::load(visit, &id.to_string(), key).await
}

/// Loads a draft that is as somebody looked at it.
async fn draft(visit: &Visit, id: Uuid, meant: Meant<'_>) -> Result<Box<Seen>, Problem> {
    // Without a key nothing was carried out before.
    let Loaded::Now(before) = loaded(visit, id, &IdempotencyKey::default()).await? else {
        return Err(Problem::internal("an edit has no key"));
    };
    if before.contest.state != ContestState::Draft {
        return Err(not_draft());
    }
    require_meant(&before, meant)?;
    Ok(before)
}

/// Writes a draft anew.
pub async fn edit(visit: &Visit, id: Uuid, body: &ContestDraft, meant: Meant<'_>) -> Done {
    let before = draft(visit, id, meant).await?;
    let words = words(&body.name, body.about.as_ref(), body.rules.as_ref());
    done(store::edit(visit, &before, words).await?)
}

/// Writes what a draft is called and is about; its rules stay, whatever `body` says.
pub async fn describe(visit: &Visit, id: Uuid, body: &ContestDraft, meant: Meant<'_>) -> Done {
    let before = draft(visit, id, meant).await?;
    let rules = before.contest.draft()?;
    let words = words(&body.name, body.about.as_ref(), rules.as_ref());
    done(store::edit(visit, &before, words).await?)
}

/// Writes the rules of a draft; what it is called and is about stays.
pub async fn write_rules(visit: &Visit, id: Uuid, rules: &Rules, meant: Meant<'_>) -> Done {
    let before = draft(visit, id, meant).await?;
    let words = ContestWords {
        name: &before.contest.name,
        about: &before.contest.about,
        draft: Some(rules),
    };
    done(store::edit(visit, &before, words).await?)
}

/// What keeps rules from being announced now; pointers begin with `at`.
pub fn announceable(rules: &Rules, now: Instant, at: &str) -> Result<(), FieldErrors> {
    let mut errors = rules.check(at).err().unwrap_or_default();
    if rules.entries.opens_at <= now {
        let words = Words::new(
            "应晚于现在：规则要在报名开始前公布",
            "must be to come: rules are published before entries open",
        );
        errors.push(format!("{at}/entries/opens_at"), words);
    }
    errors.into_result()
}

/// Publishes the rules of a draft: they are whole, and entries open after that.
pub async fn announce(visit: &Visit, id: Uuid, meant: Meant<'_>, key: &IdempotencyKey) -> Done {
    let before = match loaded(visit, id, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(written) => return done(written),
    };
    if before.contest.state != ContestState::Draft {
        return Err(not_draft());
    }
    require_meant(&before, meant)?;
    if !before.contest.verified {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "organization_not_verified",
            Words::new(
                "组织尚未通过核验或已被暂停，不能公布大赛",
                "The organization is not verified or was suspended: it cannot announce a contest",
            ),
        ));
    }
    let rules = before.contest.draft()?.ok_or_else(|| {
        let words = Words::new("公布前必须写好规则", "must be written before announcing");
        Problem::invalid(FieldErrors::one("/rules", words))
    })?;
    announceable(&rules, visit.now, "/rules").map_err(Problem::invalid)?;
    done(store::announce(visit, &before, &rules, key).await?)
}

/// Publishes other rules, in the open and never backwards.
pub async fn amend(
    visit: &Visit,
    id: Uuid,
    body: &Amendment,
    meant: Meant<'_>,
    key: &IdempotencyKey,
) -> Done {
    let before = match loaded(visit, id, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(written) => return done(written),
    };
    let standing = before.contest.rules()?;
    let (ContestState::Announced, Some(standing)) = (before.contest.state, standing) else {
        return Err(not_running());
    };
    require_meant(&before, meant)?;
    let mut errors = body.rules.check("/rules").err().unwrap_or_default();
    if let Err(backwards) = amended(&standing, &body.rules, visit.now, "/rules") {
        errors.extend(backwards);
    }
    errors.into_result().map_err(Problem::invalid)?;
    let reason = body.reason.as_str();
    done(store::amend(visit, &before, &body.rules, reason, key).await?)
}

/// Calls a contest off, whatever it has come to.
pub async fn call_off(visit: &Visit, id: Uuid, reason: &Line<300>, key: &IdempotencyKey) -> Done {
    let before = match loaded(visit, id, key).await? {
        Loaded::Now(before) => before,
        Loaded::Earlier(written) => return done(written),
    };
    if before.contest.state == ContestState::Cancelled {
        return Err(not_running());
    }
    done(store::call_off(visit, &before, reason.as_str(), key).await?)
}

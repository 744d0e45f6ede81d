//! Stories, and whether their organizations agree to their being published.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Door, Sending, at_the_door};
use crate::bind;
use crate::contests::log::Act;
use crate::contests::outcomes::StoryBody;
use crate::organizations::{Permission, admit, agent, entry};
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256_hex;
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A picture, where it is, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = StoryPicture)]
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// What is on it.
    pub caption: String,
}

/// A story of an awarded entry.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestStory)]
pub struct Story {
    /// Rises with each change; the `ETag` is made of it.
    pub version: i64,
    /// Its title.
    #[schema(example = "山村里的第一堂科学课")]
    pub title: String,
    /// Its text.
    pub text: String,
    /// Links to pictures.
    #[serde(deserialize_with = "db::json")]
    pub pictures: Vec<Picture>,
    /// Since when its organization agrees to its being published, RFC 3339; null while it
    /// does not.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub consented_at: Option<Instant>,
    /// When it was written last, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub written_at: Instant,
    /// Where it was sent.
    #[serde(deserialize_with = "sendings")]
    pub sendings: Vec<Sending>,
}

/// Sendings out of a column.
pub fn sendings<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Sending>, D::Error> {
    db::json(deserializer)
}

impl Story {
    /// Whether this is what it says already.
    pub fn says(&self, body: &StoryBody) -> bool {
        let pictures = self.pictures.iter();
        let same = pictures.map(|picture| (&*picture.url, &*picture.caption));
        self.title == body.title.as_str()
            && self.text == body.text.as_str()
            && same.eq(body
                .pictures
                .iter()
                .map(|picture| (picture.url.as_str(), picture.caption.as_str())))
            && self.consented_at.is_some() == body.consent
    }
}

/// A story `s` as it is answered.
macro_rules! story_columns {
    () => {
        "s.version, s.title, s.body AS text, s.pictures, s.consented_at, s.written_at, (
    SELECT json_group_array(json_object(
      'channel', n.channel, 'name', n.name, 'link', n.link, 'on', n.on_day, 'marked_at', n.marked_at) ORDER BY n.on_day, n.id)
    FROM contest_story_sending n
    WHERE n.contest_id = s.contest_id AND n.entry_id = s.entry_id) AS sendings"
    };
}
pub(super) use story_columns;

/// `?1` contest, `?2` entry.
const STORY: &str = concat!(
    "SELECT ",
    story_columns!(),
    "
FROM contest_story s
WHERE s.contest_id = ?1 AND s.entry_id = ?2"
);

/// `?1` credential, `?2` now, `?3` contest, `?4` roles and `?5` scopes that may, `?6` entry.
macro_rules! author {
    () => {
        concat!(
            "
WITH target AS (SELECT organization_id FROM contest_entry WHERE id = ?6 AND contest_id = ?3),
",
            agent!()
        )
    };
}

const AUTHOR: &str = concat!(author!(), entry!());

fn authoring(sql: &'static str, visit: &Visit, contest: &str, entry: &str) -> Statement {
    let permit = Permission::EnterContests.permit();
    bind!(
        sql,
        visit.credential_hash(),
        visit.now,
        contest,
        permit.roles,
        permit.scopes,
        entry
    )
}

/// What was found of a story.
#[derive(Debug)]
pub struct Before {
    /// Who asks, and of which entry.
    pub door: Door,
    /// Whether they act for the organization that entered; or why not.
    pub own: Result<(), Problem>,
    /// The story.
    pub stands: Option<Story>,
}

impl Before {
    /// Of the story; 0 when there is none.
    pub fn version(&self) -> i64 {
        self.stands.as_ref().map_or(0, |stands| stands.version)
    }
}

/// Reads what is needed to write a story, or to show it.
pub async fn load(visit: &Visit, (contest, entry): (Uuid, Uuid)) -> Result<Before, Problem> {
    let (contest, entry) = (contest.to_string(), entry.to_string());
    let mut statements = Vec::from(at_the_door(visit, &contest, &entry));
    statements.push(authoring(AUTHOR, visit, &contest, &entry));
    statements.push(bind!(STORY, &contest, &entry));
    let batch = visit.db.batch(statements).await?;
    Ok(Before {
        door: Door::of(&batch, 0)?,
        own: admit(&batch, 2),
        stands: batch.first(3)?,
    })
}

/// `?7` the version that stands, `?8` title, `?9` text, `?10` pictures, `?11` whether they
/// agree.
const WRITE: &str = concat!(
    author!(),
    "
INSERT INTO contest_story (contest_id, entry_id, title, body, pictures, consented_at, version, written_at)
SELECT a.contest_id, a.entry_id, ?8, ?9, ?10, iif(?11, ?2, NULL), ?7 + 1, ?2
FROM agent g
JOIN contest_awarded a ON a.contest_id = ?3 AND a.entry_id = ?6
WHERE g.may AND ?7 = coalesce((
  SELECT s.version FROM contest_story s WHERE s.contest_id = ?3 AND s.entry_id = ?6), 0)
ON CONFLICT DO UPDATE SET title = excluded.title, body = excluded.body, pictures = excluded.pictures,
  consented_at = excluded.consented_at, version = excluded.version, written_at = excluded.written_at"
);

/// Writes a story; none when something else stands by now.
pub async fn write(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
    version: i64,
    body: &StoryBody,
    had_consent: bool,
) -> Result<Option<Story>, Problem> {
    let (contest, entry) = (contest.to_string(), entry.to_string());
    let act = Act {
        contest: &contest,
        act: match had_consent && !body.consent {
            true => "story.consent_withdrawn",
            false => "story.written",
        },
        subject: format!("entry:{entry}"),
        detail: json!({
            "version": version + 1, "consent": body.consent, "sha256": sha256_hex(&json!(body).to_string()),
        }),
    };
    let statements = vec![
        authoring(WRITE, visit, &contest, &entry)
            .and(version)
            .and(body.title.as_str())
            .and(body.text.as_str())
            .and(json!(&*body.pictures).to_string())
            .and(body.consent),
        act.logged(visit),
        bind!(STORY, &contest, &entry),
    ];
    let batch = visit.db.batch(statements).await?;
    match batch.changes(0) {
        0 => Ok(None),
        _ => Ok(batch.first(2)?),
    }
}

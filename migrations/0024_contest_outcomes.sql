-- What becomes of awarded entries: government purchases, and stories for the public.

-- A purchase (政府购买服务), as it is known at a time: each word on it is another version,
-- the newest stands.
CREATE TABLE contest_purchase (
  contest_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  purchaser TEXT NOT NULL CHECK (purchaser <> ''),
  -- CNY in fen.
  fen INTEGER NOT NULL CHECK (fen > 0),
  -- Days, 2026-11-28.
  from_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  -- [{"what", "due_on", "done_on"}]
  milestones TEXT NOT NULL CHECK (json_valid(milestones)),
  -- What it has come to, as seen on a day, six months after its end.
  outcome TEXT,
  outcome_on TEXT,
  said_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, entry_id, version),
  FOREIGN KEY (contest_id, entry_id) REFERENCES contest_awarded (contest_id, entry_id),
  CONSTRAINT purchase_ends_after_it_begins CHECK (from_day <= until_day),
  CONSTRAINT outcome_on_a_day CHECK ((outcome IS NULL) = (outcome_on IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contest_purchase_in_turn BEFORE INSERT ON contest_purchase
WHEN NEW.version <> 1 + coalesce(
  (SELECT max(version) FROM contest_purchase WHERE contest_id = NEW.contest_id AND entry_id = NEW.entry_id), 0)
BEGIN SELECT RAISE(ABORT, 'contest_purchase_in_turn'); END;
CREATE TRIGGER contest_purchase_is_kept BEFORE UPDATE ON contest_purchase
BEGIN SELECT RAISE(ABORT, 'contest_purchase_is_append_only'); END;
CREATE TRIGGER contest_purchase_stays BEFORE DELETE ON contest_purchase
BEGIN SELECT RAISE(ABORT, 'contest_purchase_is_append_only'); END;

-- A story (宣传稿) by the organization that entered. What it was rewritten from is not kept.
CREATE TABLE contest_story (
  contest_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  -- [{"url", "caption"}]
  pictures TEXT NOT NULL CHECK (json_valid(pictures)),
  -- Since when the organization agrees to its being published; null while it does not.
  consented_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  written_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, entry_id),
  FOREIGN KEY (contest_id, entry_id) REFERENCES contest_awarded (contest_id, entry_id)
) STRICT, WITHOUT ROWID;

-- That a story was sent to a channel, and where it can be read there. It stays so when the
-- consent is withdrawn.
CREATE TABLE contest_story_sending (
  id TEXT PRIMARY KEY,
  contest_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  -- Which version of the story it was.
  version INTEGER NOT NULL CHECK (version > 0),
  channel TEXT NOT NULL CHECK (channel IN ('china_volunteer', 'china_poverty_alleviation', 'other')),
  -- Of another channel.
  name TEXT,
  link TEXT NOT NULL,
  on_day TEXT NOT NULL,
  marked_at INTEGER NOT NULL,
  FOREIGN KEY (contest_id, entry_id) REFERENCES contest_story (contest_id, entry_id),
  CONSTRAINT other_channels_have_a_name CHECK ((channel = 'other') = (name IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX contest_story_sent_once
  ON contest_story_sending (contest_id, entry_id, channel, coalesce(name, ''), link);

CREATE TRIGGER contest_story_sending_with_consent BEFORE INSERT ON contest_story_sending
WHEN NOT EXISTS (
    SELECT 1 FROM contest_story s
    WHERE s.contest_id = NEW.contest_id AND s.entry_id = NEW.entry_id AND s.version = NEW.version
      AND s.consented_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM contest_story_sending n WHERE n.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'story_not_consented'); END;
CREATE TRIGGER contest_story_sending_is_kept BEFORE UPDATE ON contest_story_sending
BEGIN SELECT RAISE(ABORT, 'contest_story_sending_is_append_only'); END;
CREATE TRIGGER contest_story_sending_stays BEFORE DELETE ON contest_story_sending
BEGIN SELECT RAISE(ABORT, 'contest_story_sending_is_append_only'); END;
CREATE TRIGGER contest_story_stays BEFORE DELETE ON contest_story
BEGIN SELECT RAISE(ABORT, 'contest_story_stays'); END;

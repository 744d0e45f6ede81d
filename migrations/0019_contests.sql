-- Contests of volunteer-service projects (大赛): who runs them, their rules, their entries,
-- and the log of every act.

CREATE TABLE contest (
  id TEXT PRIMARY KEY,
  -- Whose it is: an organization's, or, without one, the office's that coordinates its region.
  organization_id TEXT REFERENCES organization (id),
  region TEXT NOT NULL REFERENCES region (code),
  -- What the public reads as its organizer.
  office TEXT NOT NULL,
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'announced', 'cancelled')),
  state_reason TEXT,
  -- The rules as they are being written; those in force stand in contest_rules.
  draft TEXT CHECK (draft IS NULL OR json_valid(draft)),
  rules_version INTEGER NOT NULL DEFAULT 0,
  -- From the rules in force, for lists and guards: when entries are taken, and when the
  -- last stage closes.
  entries_open_at INTEGER,
  entries_close_at INTEGER,
  ends_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  announced_at INTEGER,
  CONSTRAINT announced_with_rules CHECK ((rules_version > 0) = (announced_at IS NOT NULL)),
  CONSTRAINT announced_with_times CHECK ((rules_version > 0) = (entries_open_at IS NOT NULL
    AND entries_close_at IS NOT NULL AND ends_at IS NOT NULL)),
  CONSTRAINT draft_until_announced CHECK ((state = 'draft') <= (announced_at IS NULL) AND (state = 'announced') <= (announced_at IS NOT NULL)),
  CONSTRAINT cancelled_with_a_reason CHECK ((state = 'cancelled') = (state_reason IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_announced ON contest (announced_at, id) WHERE announced_at IS NOT NULL;
CREATE INDEX contest_of_organization ON contest (organization_id, created_at) WHERE organization_id IS NOT NULL;
CREATE INDEX contest_of_region ON contest (region, created_at);

-- Rules as they were published, each with the SHA-256 of its text. Version 1 stands before
-- entries open; any later one is an amendment with its reason.
CREATE TABLE contest_rules (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  version INTEGER NOT NULL CHECK (version > 0),
  document TEXT NOT NULL CHECK (json_valid(document)),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  reason TEXT,
  published_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, version),
  CONSTRAINT amended_with_a_reason CHECK ((version = 1) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contest_rules_in_turn BEFORE INSERT ON contest_rules
WHEN NEW.version <> 1 + coalesce((SELECT max(version) FROM contest_rules WHERE contest_id = NEW.contest_id), 0)
BEGIN SELECT RAISE(ABORT, 'contest_rules_in_turn'); END;
CREATE TRIGGER contest_rules_are_kept BEFORE UPDATE ON contest_rules
BEGIN SELECT RAISE(ABORT, 'contest_rules_are_append_only'); END;
CREATE TRIGGER contest_rules_stay BEFORE DELETE ON contest_rules
BEGIN SELECT RAISE(ABORT, 'contest_rules_are_append_only'); END;

-- Who has an office in a contest besides those whose contest it is: further organizers, the
-- chair of the panel, the supervisor who sees all and changes nothing.
CREATE TABLE contest_officer (
  id TEXT PRIMARY KEY,
  contest_id TEXT NOT NULL REFERENCES contest (id),
  role TEXT NOT NULL CHECK (role IN ('organizer', 'chair', 'supervisor')),
  phone_hash TEXT NOT NULL,
  phone_sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;

-- By a phone, known or not; both are empty once whoever had it has left.
CREATE UNIQUE INDEX contest_officer_once ON contest_officer (contest_id, phone_hash) WHERE ended_at IS NULL;
CREATE INDEX contest_officer_by_phone ON contest_officer (phone_hash) WHERE ended_at IS NULL;

-- Every act, in order. Only added to; each line is chained to the one before by its hash,
-- which the clock works out (SQLite has no SHA-256).
CREATE TABLE contest_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  contest_id TEXT NOT NULL REFERENCES contest (id),
  at INTEGER NOT NULL,
  -- 'volunteer:…', 'api_key:…', 'judge:…' or 'clock'.
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  request_id TEXT
) STRICT;

CREATE INDEX contest_log_of_contest ON contest_log (contest_id, seq);

CREATE TRIGGER contest_log_is_kept BEFORE UPDATE ON contest_log
BEGIN SELECT RAISE(ABORT, 'contest_log_is_append_only'); END;
CREATE TRIGGER contest_log_stays BEFORE DELETE ON contest_log
BEGIN SELECT RAISE(ABORT, 'contest_log_is_append_only'); END;
CREATE TRIGGER contest_log_is_not_replaced BEFORE INSERT ON contest_log
WHEN EXISTS (SELECT 1 FROM contest_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'contest_log_is_append_only'); END;

CREATE TABLE contest_log_link (
  seq INTEGER PRIMARY KEY REFERENCES contest_log (seq),
  contest_id TEXT NOT NULL REFERENCES contest (id),
  -- Its place in its contest, from 1.
  place INTEGER NOT NULL CHECK (place > 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  UNIQUE (contest_id, place)
) STRICT;

CREATE TRIGGER contest_log_link_is_kept BEFORE UPDATE ON contest_log_link
BEGIN SELECT RAISE(ABORT, 'contest_log_is_append_only'); END;
CREATE TRIGGER contest_log_link_stays BEFORE DELETE ON contest_log_link
BEGIN SELECT RAISE(ABORT, 'contest_log_is_append_only'); END;
CREATE TRIGGER contest_log_link_in_turn BEFORE INSERT ON contest_log_link
WHEN NEW.place <> 1 + coalesce((SELECT max(place) FROM contest_log_link WHERE contest_id = NEW.contest_id), 0)
  OR EXISTS (SELECT 1 FROM contest_log_link WHERE seq >= NEW.seq)
  OR NOT EXISTS (SELECT 1 FROM contest_log WHERE seq = NEW.seq AND contest_id = NEW.contest_id)
BEGIN SELECT RAISE(ABORT, 'contest_log_in_turn'); END;

-- What organizations enter: a project, in their own words, beside what the records say.
CREATE TABLE contest_entry (
  id TEXT PRIMARY KEY,
  contest_id TEXT NOT NULL REFERENCES contest (id),
  project_id TEXT NOT NULL REFERENCES project (id),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  -- Given on the first submission, for good: judges and the public read E0001.
  number INTEGER,
  track TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'submitted', 'withdrawn', 'ineligible')),
  state_reason TEXT,
  title TEXT NOT NULL DEFAULT '',
  -- Keyed by the fields of the rules.
  words TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(words)),
  -- [{"name", "url"}]
  attachments TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attachments)),
  -- Read from the records when it was submitted; the organization cannot write it.
  facts TEXT CHECK (facts IS NULL OR json_valid(facts)),
  submitted_at INTEGER,
  -- When an organizer last said whether it may take part.
  checked_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (contest_id, number),
  CONSTRAINT submitted_with_number CHECK (state <> 'submitted' OR number IS NOT NULL AND facts IS NOT NULL AND submitted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- One entry a project.
CREATE UNIQUE INDEX contest_entry_once ON contest_entry (contest_id, project_id) WHERE state <> 'withdrawn';
CREATE INDEX contest_entry_in_track ON contest_entry (contest_id, state, track, number);
CREATE INDEX contest_entry_of_organization ON contest_entry (organization_id, contest_id);
CREATE INDEX contest_entry_of_project ON contest_entry (project_id);

-- A number is given once, and kept.
CREATE TRIGGER contest_entry_keeps_its_number BEFORE UPDATE OF number ON contest_entry
WHEN OLD.number IS NOT NULL AND NEW.number IS NOT OLD.number
BEGIN SELECT RAISE(ABORT, 'contest_entry_keeps_its_number'); END;
CREATE TRIGGER contest_entry_stays BEFORE DELETE ON contest_entry
WHEN OLD.number IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contest_entry_stays'); END;

-- Projects that won what bars them from later contests.
CREATE TABLE contest_past_winner (
  project_id TEXT NOT NULL REFERENCES project (id),
  contest_id TEXT NOT NULL REFERENCES contest (id),
  award TEXT NOT NULL,
  won_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, contest_id)
) STRICT, WITHOUT ROWID;

-- Judges of contests: invitations, conflicts of interest, draws, scores.

CREATE TABLE contest_judge (
  id TEXT PRIMARY KEY,
  contest_id TEXT NOT NULL REFERENCES contest (id),
  -- What the public reads: J01.
  number INTEGER NOT NULL CHECK (number > 0),
  -- What the organizer calls them; never published with scores.
  name TEXT NOT NULL,
  -- The tracks they judge, as a JSON array of keys; empty for all.
  tracks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tracks)),
  -- The link works once, until it expires.
  code_hash TEXT UNIQUE,
  code_expires_at INTEGER,
  volunteer_id TEXT REFERENCES volunteer (id),
  accepted_at INTEGER,
  -- When they first said which conflicts they have, or none: names are shown after that.
  declared_at INTEGER,
  left_at INTEGER,
  left_reason TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (contest_id, number),
  CHECK ((code_hash IS NULL) = (code_expires_at IS NULL)),
  CHECK ((volunteer_id IS NULL) = (accepted_at IS NULL)),
  CHECK (declared_at IS NULL OR accepted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX contest_judge_once ON contest_judge (contest_id, volunteer_id) WHERE volunteer_id IS NOT NULL;
CREATE INDEX contest_judge_of_volunteer ON contest_judge (volunteer_id) WHERE volunteer_id IS NOT NULL;

-- With what a judge has a conflict: an organization, a region, or one entry. Declared, never
-- taken back.
CREATE TABLE contest_conflict (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  judge_id TEXT NOT NULL REFERENCES contest_judge (id),
  kind TEXT NOT NULL CHECK (kind IN ('own_organization', 'region', 'kinship', 'adviser', 'other')),
  organization_id TEXT REFERENCES organization (id),
  region TEXT REFERENCES region (code),
  entry_id TEXT REFERENCES contest_entry (id),
  declared_at INTEGER NOT NULL,
  CONSTRAINT with_one_thing CHECK (
    (organization_id IS NOT NULL) + (region IS NOT NULL) + (entry_id IS NOT NULL) = 1)
) STRICT;

CREATE UNIQUE INDEX contest_conflict_once
  ON contest_conflict (judge_id, coalesce(organization_id, ''), coalesce(region, ''), coalesce(entry_id, ''));

-- Draws of judges for entries, from a seed that is published with them.
CREATE TABLE contest_draw (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  draw INTEGER NOT NULL CHECK (draw > 0),
  seed TEXT NOT NULL CHECK (length(seed) = 64),
  -- What it was drawn from: judges, entries, whom each avoids, what was fixed.
  document TEXT NOT NULL CHECK (json_valid(document)),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  reason TEXT,
  drawn_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, stage, draw),
  CONSTRAINT redrawn_with_a_reason CHECK ((draw = 1) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE contest_assignment (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  entry_id TEXT NOT NULL REFERENCES contest_entry (id),
  judge_id TEXT NOT NULL REFERENCES contest_judge (id),
  draw INTEGER NOT NULL,
  -- A judge who has a conflict or drops out judges it no more.
  ended_at INTEGER,
  PRIMARY KEY (contest_id, stage, entry_id, judge_id),
  FOREIGN KEY (contest_id, stage, draw) REFERENCES contest_draw (contest_id, stage, draw)
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_assignment_of_judge ON contest_assignment (judge_id, stage, entry_id) WHERE ended_at IS NULL;

-- A judge's ballot for an entry in a stage: as it stands.
CREATE TABLE contest_ballot (
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  judge_id TEXT NOT NULL,
  -- One whole number a criterion, null where none is given yet: keyed by criterion.
  scores TEXT NOT NULL CHECK (json_valid(scores)),
  comment TEXT NOT NULL DEFAULT '',
  -- Complete and handed in; revised until the stage closes.
  submitted_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, stage, entry_id, judge_id),
  FOREIGN KEY (contest_id, stage, entry_id, judge_id)
    REFERENCES contest_assignment (contest_id, stage, entry_id, judge_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_ballot_of_judge ON contest_ballot (judge_id, stage, entry_id);

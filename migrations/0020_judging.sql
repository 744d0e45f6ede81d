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
  code_hash TEXT NOT NULL UNIQUE,
  code_expires_at INTEGER NOT NULL,
  volunteer_id TEXT REFERENCES volunteer (id),
  accepted_at INTEGER,
  -- When they first said which conflicts they have, or none: names are shown after that.
  declared_at INTEGER,
  left_at INTEGER,
  left_how TEXT CHECK (left_how IN ('declined', 'withdrew', 'removed')),
  created_at INTEGER NOT NULL,
  UNIQUE (contest_id, number),
  CHECK ((volunteer_id IS NULL) = (accepted_at IS NULL)),
  CHECK ((left_at IS NULL) = (left_how IS NULL)),
  CHECK (declared_at IS NULL OR accepted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Nobody is two judges of a contest, not even one after the other: what conflicts with the
-- first would not be known of the second.
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

CREATE TRIGGER contest_conflict_is_kept BEFORE UPDATE ON contest_conflict
BEGIN SELECT RAISE(ABORT, 'contest_conflict_is_append_only'); END;
CREATE TRIGGER contest_conflict_stays BEFORE DELETE ON contest_conflict
BEGIN SELECT RAISE(ABORT, 'contest_conflict_is_append_only'); END;
CREATE TRIGGER contest_conflict_is_not_replaced BEFORE INSERT ON contest_conflict
WHEN EXISTS (SELECT 1 FROM contest_conflict WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'contest_conflict_is_append_only'); END;

-- Which entries a judge must not see: what was declared, and whatever organization they
-- belong to, declared or not.
CREATE VIEW contest_avoids AS
SELECT j.id AS judge_id, e.id AS entry_id
FROM contest_judge j
JOIN contest_entry e ON e.contest_id = j.contest_id
JOIN organization o ON o.id = e.organization_id
WHERE EXISTS (
    SELECT 1 FROM contest_conflict c
    WHERE c.judge_id = j.id AND (
      c.organization_id = e.organization_id OR c.entry_id = e.id
      OR substr(o.region, 1, length(c.region)) = c.region))
  OR EXISTS (
    SELECT 1 FROM member m
    WHERE m.organization_id = e.organization_id AND m.volunteer_id = j.volunteer_id);

-- The stages of contests under way, out of the rules in force. Times are milliseconds.
CREATE VIEW contest_stage AS
SELECT k.id AS contest_id, k.rules_version, s.key AS place, s.value AS document,
  json_extract(s.value, '$.key') AS stage,
  json_extract(s.value, '$.kind') AS kind,
  json_extract(s.value, '$.judges_per_entry') AS judges_per_entry,
  unixepoch(json_extract(s.value, '$.opens_at')) * 1000 AS opens_at,
  unixepoch(json_extract(s.value, '$.closes_at')) * 1000 AS closes_at
FROM contest k
JOIN contest_rules r ON r.contest_id = k.id AND r.version = k.rules_version
JOIN json_each(r.document, '$.stages') s
WHERE k.state = 'announced';

-- Draws of judges for entries, from a seed that is published with them.
CREATE TABLE contest_draw (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  draw INTEGER NOT NULL CHECK (draw > 0),
  seed TEXT NOT NULL CHECK (length(seed) = 64),
  -- What it was drawn from: judges, entries, whom each avoids, what was fixed; and what came
  -- of it.
  document TEXT NOT NULL CHECK (json_valid(document)),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  reason TEXT,
  drawn_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, stage, draw),
  CONSTRAINT redrawn_with_a_reason CHECK ((draw = 1) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contest_draw_in_turn BEFORE INSERT ON contest_draw
WHEN NEW.draw <> 1 + coalesce(
  (SELECT max(draw) FROM contest_draw WHERE contest_id = NEW.contest_id AND stage = NEW.stage), 0)
BEGIN SELECT RAISE(ABORT, 'contest_draw_in_turn'); END;
CREATE TRIGGER contest_draw_is_kept BEFORE UPDATE ON contest_draw
BEGIN SELECT RAISE(ABORT, 'contest_draw_is_append_only'); END;
CREATE TRIGGER contest_draw_stays BEFORE DELETE ON contest_draw
BEGIN SELECT RAISE(ABORT, 'contest_draw_is_append_only'); END;

CREATE TABLE contest_assignment (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  entry_id TEXT NOT NULL REFERENCES contest_entry (id),
  judge_id TEXT NOT NULL REFERENCES contest_judge (id),
  draw INTEGER NOT NULL,
  -- Whoever has a conflict judges it no more, and what they handed in does not count. Whoever
  -- leaves judges no more; what they had handed in stands.
  ended_at INTEGER,
  ended_for TEXT CHECK (ended_for IN ('conflict', 'left')),
  PRIMARY KEY (contest_id, stage, entry_id, judge_id),
  FOREIGN KEY (contest_id, stage, draw) REFERENCES contest_draw (contest_id, stage, draw),
  CHECK ((ended_at IS NULL) = (ended_for IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_assignment_of_judge ON contest_assignment (judge_id, stage, entry_id) WHERE ended_at IS NULL;

CREATE TRIGGER contest_assignment_avoids_conflicts BEFORE INSERT ON contest_assignment
WHEN EXISTS (SELECT 1 FROM contest_avoids WHERE judge_id = NEW.judge_id AND entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'assigned_in_conflict'); END;
CREATE TRIGGER contest_assignment_is_not_replaced BEFORE INSERT ON contest_assignment
WHEN EXISTS (
  SELECT 1 FROM contest_assignment a
  WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.entry_id = NEW.entry_id
    AND a.judge_id = NEW.judge_id)
BEGIN SELECT RAISE(ABORT, 'contest_assignment_stays'); END;
CREATE TRIGGER contest_assignment_stays BEFORE DELETE ON contest_assignment
BEGIN SELECT RAISE(ABORT, 'contest_assignment_stays'); END;
CREATE TRIGGER contest_assignment_ends_once BEFORE UPDATE ON contest_assignment
WHEN OLD.ended_at IS NOT NULL OR NEW.entry_id <> OLD.entry_id OR NEW.judge_id <> OLD.judge_id
  OR NEW.contest_id <> OLD.contest_id OR NEW.stage <> OLD.stage OR NEW.draw <> OLD.draw
BEGIN SELECT RAISE(ABORT, 'contest_assignment_stays'); END;

-- A judge's ballot for an entry in a stage: as it stands.
CREATE TABLE contest_ballot (
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  judge_id TEXT NOT NULL,
  -- A whole number a criterion, keyed by criterion; those without one are left out.
  scores TEXT NOT NULL CHECK (json_valid(scores)),
  comment TEXT NOT NULL DEFAULT '',
  -- What stood before the last save, to undo it: {"scores", "comment"}.
  before TEXT CHECK (before IS NULL OR json_valid(before)),
  -- Complete and handed in; revised until the stage closes.
  submitted_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, stage, entry_id, judge_id),
  FOREIGN KEY (contest_id, stage, entry_id, judge_id)
    REFERENCES contest_assignment (contest_id, stage, entry_id, judge_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_ballot_of_judge ON contest_ballot (judge_id, stage, entry_id);

CREATE TRIGGER contest_ballot_stays BEFORE DELETE ON contest_ballot
BEGIN SELECT RAISE(ABORT, 'contest_ballot_stays'); END;
CREATE TRIGGER contest_ballot_is_not_replaced BEFORE INSERT ON contest_ballot
WHEN EXISTS (
  SELECT 1 FROM contest_ballot b
  WHERE b.contest_id = NEW.contest_id AND b.stage = NEW.stage AND b.entry_id = NEW.entry_id
    AND b.judge_id = NEW.judge_id)
BEGIN SELECT RAISE(ABORT, 'contest_ballot_stays'); END;
CREATE TRIGGER contest_ballot_begins BEFORE INSERT ON contest_ballot
WHEN NEW.version <> 1 OR NOT EXISTS (
    SELECT 1 FROM contest_assignment a
    WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.entry_id = NEW.entry_id
      AND a.judge_id = NEW.judge_id AND a.ended_at IS NULL)
  OR NOT EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = NEW.contest_id AND s.stage = NEW.stage
      AND s.opens_at <= NEW.saved_at AND NEW.saved_at < s.closes_at)
BEGIN SELECT RAISE(ABORT, 'ballot_not_open'); END;
CREATE TRIGGER contest_ballot_goes_on BEFORE UPDATE ON contest_ballot
WHEN NEW.version <> OLD.version + 1 OR NOT EXISTS (
    SELECT 1 FROM contest_assignment a
    WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.entry_id = NEW.entry_id
      AND a.judge_id = NEW.judge_id AND a.ended_at IS NULL)
  OR NOT EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = NEW.contest_id AND s.stage = NEW.stage
      AND s.opens_at <= NEW.saved_at AND NEW.saved_at < s.closes_at)
BEGIN SELECT RAISE(ABORT, 'ballot_not_open'); END;

CREATE TRIGGER contest_conflict_ends_assignments AFTER INSERT ON contest_conflict
BEGIN
  UPDATE contest_assignment SET ended_at = NEW.declared_at, ended_for = 'conflict'
  WHERE judge_id = NEW.judge_id AND ended_at IS NULL
    AND entry_id IN (SELECT v.entry_id FROM contest_avoids v WHERE v.judge_id = NEW.judge_id);
END;

CREATE TRIGGER contest_judge_leaves AFTER UPDATE OF left_at ON contest_judge
WHEN OLD.left_at IS NULL AND NEW.left_at IS NOT NULL
BEGIN
  UPDATE contest_assignment SET ended_at = NEW.left_at, ended_for = 'left'
  WHERE judge_id = NEW.id AND ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM contest_ballot b
    WHERE b.contest_id = contest_assignment.contest_id AND b.stage = contest_assignment.stage
      AND b.entry_id = contest_assignment.entry_id AND b.judge_id = NEW.id
      AND b.submitted_at IS NOT NULL);
END;

-- Whoever leaves the platform leaves as a judge, without a name.
CREATE TRIGGER volunteer_leaves_juries AFTER UPDATE OF left_at ON volunteer
WHEN OLD.left_at IS NULL AND NEW.left_at IS NOT NULL
BEGIN
  UPDATE contest_judge SET name = NEW.name, left_at = coalesce(left_at, NEW.left_at),
    left_how = coalesce(left_how, 'withdrew')
  WHERE volunteer_id = NEW.id;
END;

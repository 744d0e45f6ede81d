-- Results of contests: drawn up, approved by two people, shown for objections, final.

-- What a stage came to for all tracks: of a stage after which only some go on, and of the
-- last. Drawn up again, with a reason, it is another version; none is ever rewritten.
CREATE TABLE contest_result (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  -- What is approved: the hashes of rules, sheets and rankings, and which entries have
  -- fewer ballots than the rules say.
  document TEXT NOT NULL CHECK (json_valid(document)),
  -- SHA-256 of that text, in hexadecimal.
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  reason TEXT,
  drawn_at INTEGER NOT NULL,
  -- With the second approval.
  published_at INTEGER,
  -- Of the last stage: objections are taken before this.
  notice_until INTEGER,
  final_at INTEGER,
  PRIMARY KEY (contest_id, stage, version),
  CONSTRAINT drawn_again_with_a_reason CHECK (version = 1 OR reason IS NOT NULL),
  CONSTRAINT shown_once_published CHECK (notice_until IS NULL OR notice_until > published_at)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contest_result_in_turn BEFORE INSERT ON contest_result
WHEN NEW.published_at IS NOT NULL OR NEW.final_at IS NOT NULL OR NEW.version <> 1 + coalesce(
  (SELECT max(version) FROM contest_result WHERE contest_id = NEW.contest_id AND stage = NEW.stage), 0)
BEGIN SELECT RAISE(ABORT, 'contest_result_in_turn'); END;
CREATE TRIGGER contest_result_is_kept
BEFORE UPDATE OF contest_id, stage, version, document, hash, reason, drawn_at ON contest_result
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_result_stays BEFORE DELETE ON contest_result
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;

-- A track of it: the sheet the ranking follows from, and the ranking, both to the byte.
CREATE TABLE contest_result_track (
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  track TEXT NOT NULL,
  sheet TEXT NOT NULL CHECK (json_valid(sheet)),
  ranking TEXT NOT NULL CHECK (json_valid(ranking)),
  PRIMARY KEY (contest_id, stage, version, track),
  FOREIGN KEY (contest_id, stage, version) REFERENCES contest_result (contest_id, stage, version)
) STRICT, WITHOUT ROWID;

-- Where an entry came in it.
CREATE TABLE contest_placing (
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  entry_id TEXT NOT NULL REFERENCES contest_entry (id),
  rank INTEGER NOT NULL CHECK (rank > 0),
  -- As it is published, '87.5000'.
  total TEXT NOT NULL,
  -- Whether it goes on to the next stage.
  goes_on INTEGER NOT NULL CHECK (goes_on IN (0, 1)),
  -- The key of the award it wins once the result is final.
  award TEXT,
  PRIMARY KEY (contest_id, stage, version, entry_id),
  FOREIGN KEY (contest_id, stage, version) REFERENCES contest_result (contest_id, stage, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_placing_of_entry ON contest_placing (entry_id);

CREATE TRIGGER contest_result_track_is_kept BEFORE UPDATE ON contest_result_track
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_result_track_stays BEFORE DELETE ON contest_result_track
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_placing_is_kept BEFORE UPDATE ON contest_placing
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_placing_stays BEFORE DELETE ON contest_placing
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_result_track_comes_with_it BEFORE INSERT ON contest_result_track
WHEN EXISTS (
    SELECT 1 FROM contest_result_track t
    WHERE t.contest_id = NEW.contest_id AND t.stage = NEW.stage AND t.version = NEW.version AND t.track = NEW.track)
  OR EXISTS (
    SELECT 1 FROM contest_result_approval a
    WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_placing_comes_with_it BEFORE INSERT ON contest_placing
WHEN EXISTS (
    SELECT 1 FROM contest_placing p
    WHERE p.contest_id = NEW.contest_id AND p.stage = NEW.stage AND p.version = NEW.version AND p.entry_id = NEW.entry_id)
  OR EXISTS (
    SELECT 1 FROM contest_result_approval a
    WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;

-- Somebody stands for it: two people publish it.
CREATE TABLE contest_result_approval (
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  approved_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, stage, version, volunteer_id),
  FOREIGN KEY (contest_id, stage, version) REFERENCES contest_result (contest_id, stage, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contest_result_approval_is_kept BEFORE UPDATE ON contest_result_approval
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_result_approval_stays BEFORE DELETE ON contest_result_approval
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;
CREATE TRIGGER contest_result_approval_of_the_last BEFORE INSERT ON contest_result_approval
WHEN EXISTS (
  SELECT 1 FROM contest_result r
  WHERE r.contest_id = NEW.contest_id AND r.stage = NEW.stage
    AND (r.version > NEW.version OR r.version = NEW.version AND r.published_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'result_superseded'); END;
CREATE TRIGGER contest_result_approval_is_not_replaced BEFORE INSERT ON contest_result_approval
WHEN EXISTS (
  SELECT 1 FROM contest_result_approval a
  WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.version = NEW.version
    AND a.volunteer_id = NEW.volunteer_id)
BEGIN SELECT RAISE(ABORT, 'already_approved'); END;
CREATE TRIGGER contest_result_approval_without_interest BEFORE INSERT ON contest_result_approval
WHEN EXISTS (
    SELECT 1 FROM contest_entry e
    JOIN member m ON m.organization_id = e.organization_id
    WHERE e.contest_id = NEW.contest_id AND e.number IS NOT NULL AND m.volunteer_id = NEW.volunteer_id)
  OR EXISTS (
    SELECT 1 FROM contest_judge j
    WHERE j.contest_id = NEW.contest_id AND j.volunteer_id = NEW.volunteer_id)
BEGIN SELECT RAISE(ABORT, 'approver_in_conflict'); END;

CREATE TRIGGER contest_result_published_by_two BEFORE UPDATE OF published_at, notice_until ON contest_result
WHEN OLD.published_at IS NOT NULL OR (
  SELECT count(*) FROM contest_result_approval a
  WHERE a.contest_id = OLD.contest_id AND a.stage = OLD.stage AND a.version = OLD.version) < 2
BEGIN SELECT RAISE(ABORT, 'contest_result_is_append_only'); END;

-- Objections (异议) to a published result: received, answered, decided, kept. The public
-- reads its number, when it came, and the words it was answered and decided with.
CREATE TABLE contest_objection (
  id TEXT PRIMARY KEY,
  contest_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- From 1 in its contest.
  number INTEGER NOT NULL CHECK (number > 0),
  -- Who objects; the public and those with an interest never read it.
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  -- The entry it is about, if it is about one.
  entry_id TEXT REFERENCES contest_entry (id),
  words TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  answer TEXT,
  answered_at INTEGER,
  decision TEXT CHECK (decision IN ('upheld', 'dismissed')),
  decision_words TEXT,
  decided_at INTEGER,
  UNIQUE (contest_id, number),
  FOREIGN KEY (contest_id, stage, version) REFERENCES contest_result (contest_id, stage, version),
  CONSTRAINT answered_with_a_time CHECK ((answer IS NULL) = (answered_at IS NULL)),
  CONSTRAINT decided_with_words CHECK (
    (decision IS NULL) = (decision_words IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_objection_to_result ON contest_objection (contest_id, stage, version);
CREATE INDEX contest_objection_of_volunteer ON contest_objection (volunteer_id, contest_id);

CREATE TRIGGER contest_objection_in_time BEFORE INSERT ON contest_objection
WHEN NOT EXISTS (
  SELECT 1 FROM contest_result r
  WHERE r.contest_id = NEW.contest_id AND r.stage = NEW.stage AND r.version = NEW.version
    AND r.published_at <= NEW.received_at AND NEW.received_at < r.notice_until AND r.final_at IS NULL
    AND NOT EXISTS (
      SELECT 1 FROM contest_result n
      WHERE n.contest_id = r.contest_id AND n.stage = r.stage AND n.version > r.version AND n.published_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'no_notice_period'); END;
CREATE TRIGGER contest_objection_in_turn BEFORE INSERT ON contest_objection
WHEN NEW.number <> 1 + coalesce((SELECT max(number) FROM contest_objection WHERE contest_id = NEW.contest_id), 0)
  OR EXISTS (SELECT 1 FROM contest_objection o WHERE o.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'contest_objection_in_turn'); END;
CREATE TRIGGER contest_objection_is_kept
BEFORE UPDATE OF id, contest_id, stage, version, number, volunteer_id, entry_id, received_at ON contest_objection
BEGIN SELECT RAISE(ABORT, 'contest_objection_is_append_only'); END;
CREATE TRIGGER contest_objection_keeps_its_words BEFORE UPDATE OF words ON contest_objection
WHEN NEW.words <> '' OR NOT EXISTS (
  SELECT 1 FROM volunteer v WHERE v.id = OLD.volunteer_id AND v.left_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'contest_objection_is_append_only'); END;
CREATE TRIGGER contest_objection_is_answered_once BEFORE UPDATE OF answer, answered_at ON contest_objection
WHEN OLD.answer IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contest_objection_is_append_only'); END;
CREATE TRIGGER contest_objection_is_decided_once
BEFORE UPDATE OF decision, decision_words, decided_at ON contest_objection
WHEN OLD.decision IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contest_objection_is_append_only'); END;
CREATE TRIGGER contest_objection_stays BEFORE DELETE ON contest_objection
BEGIN SELECT RAISE(ABORT, 'contest_objection_is_append_only'); END;

-- What somebody wrote who left the platform is needed until it is decided, and no longer.
CREATE TRIGGER volunteer_leaves_objections AFTER UPDATE OF left_at ON volunteer
WHEN OLD.left_at IS NULL AND NEW.left_at IS NOT NULL
BEGIN
  UPDATE contest_objection SET words = '' WHERE volunteer_id = NEW.id AND decision IS NOT NULL;
END;
CREATE TRIGGER contest_objection_of_whoever_left AFTER UPDATE OF decision ON contest_objection
WHEN EXISTS (SELECT 1 FROM volunteer v WHERE v.id = NEW.volunteer_id AND v.left_at IS NOT NULL)
BEGIN
  UPDATE contest_objection SET words = '' WHERE id = NEW.id;
END;

-- Final is the last version, when its notice is over and no objection to it is open or was
-- upheld.
CREATE TRIGGER contest_result_final_after_notice BEFORE UPDATE OF final_at ON contest_result
WHEN OLD.final_at IS NOT NULL OR NEW.final_at IS NULL OR NEW.notice_until IS NULL OR NEW.final_at < NEW.notice_until
  OR EXISTS (
    SELECT 1 FROM contest_result n
    WHERE n.contest_id = OLD.contest_id AND n.stage = OLD.stage AND n.version > OLD.version)
  OR EXISTS (
    SELECT 1 FROM contest_objection o
    WHERE o.contest_id = OLD.contest_id AND o.stage = OLD.stage AND o.version = OLD.version
      AND (o.decision IS NULL OR o.decision = 'upheld'))
BEGIN SELECT RAISE(ABORT, 'result_not_final_yet'); END;

-- A result that is final is the end of it.
CREATE TRIGGER contest_result_ends BEFORE INSERT ON contest_result
WHEN EXISTS (
  SELECT 1 FROM contest_result r
  WHERE r.contest_id = NEW.contest_id AND r.final_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'result_is_final'); END;

-- What was won, once the result is final.
CREATE TABLE contest_awarded (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  entry_id TEXT NOT NULL REFERENCES contest_entry (id),
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- The award's key and name in the rules.
  award TEXT NOT NULL,
  award_name TEXT NOT NULL,
  -- Within its track.
  rank INTEGER NOT NULL CHECK (rank > 0),
  awarded_at INTEGER NOT NULL,
  PRIMARY KEY (contest_id, entry_id),
  FOREIGN KEY (contest_id, stage, version) REFERENCES contest_result (contest_id, stage, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX contest_awarded_to_entry ON contest_awarded (entry_id);

CREATE TRIGGER contest_awarded_is_kept BEFORE UPDATE ON contest_awarded
BEGIN SELECT RAISE(ABORT, 'contest_awarded_is_append_only'); END;
CREATE TRIGGER contest_awarded_stays BEFORE DELETE ON contest_awarded
BEGIN SELECT RAISE(ABORT, 'contest_awarded_is_append_only'); END;
CREATE TRIGGER contest_awarded_when_final BEFORE INSERT ON contest_awarded
WHEN NOT EXISTS (
    SELECT 1 FROM contest_result r
    WHERE r.contest_id = NEW.contest_id AND r.stage = NEW.stage AND r.version = NEW.version AND r.final_at IS NOT NULL)
  OR EXISTS (
    SELECT 1 FROM contest_awarded a WHERE a.contest_id = NEW.contest_id AND a.entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'contest_awarded_is_append_only'); END;

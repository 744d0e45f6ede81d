-- Roadshows (路演): entries come up one at a time in their track, are scored while they are
-- up, and their scores are shown when the chair says so.

-- An entry that was called up (上场) in a stage.
CREATE TABLE contest_floor (
  contest_id TEXT NOT NULL REFERENCES contest (id),
  stage TEXT NOT NULL,
  entry_id TEXT NOT NULL REFERENCES contest_entry (id),
  -- The entry's: tracks run beside each other, each with one entry up.
  track TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'shown')),
  -- The last time it was called up, or scoring was opened again.
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  shown_at INTEGER,
  -- What was shown, for good: its score, and the mark of each judge by number.
  shown TEXT CHECK (shown IS NULL OR json_valid(shown)),
  PRIMARY KEY (contest_id, stage, entry_id),
  CONSTRAINT closed_unless_open CHECK ((state = 'open') = (closed_at IS NULL)),
  CONSTRAINT shown_with_a_score CHECK (
    (state = 'shown') = (shown IS NOT NULL) AND (state = 'shown') = (shown_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX contest_floor_one_up ON contest_floor (contest_id, stage, track) WHERE state = 'open';

CREATE TRIGGER contest_floor_begins BEFORE INSERT ON contest_floor
WHEN NEW.state <> 'open' OR NOT EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = NEW.contest_id AND s.stage = NEW.stage AND s.kind = 'roadshow'
      AND s.opens_at <= NEW.opened_at AND NEW.opened_at < s.closes_at)
  OR NOT EXISTS (
    SELECT 1 FROM contest_taking_part p
    JOIN contest_entry e ON e.id = p.entry_id
    WHERE p.contest_id = NEW.contest_id AND p.stage = NEW.stage AND p.entry_id = NEW.entry_id
      AND e.track = NEW.track)
  OR NOT EXISTS (
    SELECT 1 FROM contest_assignment a
    WHERE a.contest_id = NEW.contest_id AND a.stage = NEW.stage AND a.entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'floor_out_of_turn'); END;
CREATE TRIGGER contest_floor_is_not_replaced BEFORE INSERT ON contest_floor
WHEN EXISTS (
  SELECT 1 FROM contest_floor f
  WHERE f.contest_id = NEW.contest_id AND f.stage = NEW.stage AND f.entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'floor_out_of_turn'); END;
CREATE TRIGGER contest_floor_stays_with_its_entry
BEFORE UPDATE OF contest_id, stage, entry_id, track ON contest_floor
BEGIN SELECT RAISE(ABORT, 'floor_out_of_turn'); END;
CREATE TRIGGER contest_floor_keeps_what_was_shown BEFORE UPDATE ON contest_floor
WHEN OLD.state = 'shown'
BEGIN SELECT RAISE(ABORT, 'floor_out_of_turn'); END;
CREATE TRIGGER contest_floor_stays BEFORE DELETE ON contest_floor
BEGIN SELECT RAISE(ABORT, 'floor_out_of_turn'); END;

-- In a roadshow, scored is what is up.
CREATE TRIGGER contest_ballot_begins_on_the_floor BEFORE INSERT ON contest_ballot
WHEN EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = NEW.contest_id AND s.stage = NEW.stage AND s.kind = 'roadshow')
  AND NOT EXISTS (
    SELECT 1 FROM contest_floor f
    WHERE f.contest_id = NEW.contest_id AND f.stage = NEW.stage AND f.entry_id = NEW.entry_id AND f.state = 'open')
BEGIN SELECT RAISE(ABORT, 'entry_not_up'); END;
CREATE TRIGGER contest_ballot_goes_on_on_the_floor BEFORE UPDATE ON contest_ballot
WHEN EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = NEW.contest_id AND s.stage = NEW.stage AND s.kind = 'roadshow')
  AND NOT EXISTS (
    SELECT 1 FROM contest_floor f
    WHERE f.contest_id = NEW.contest_id AND f.stage = NEW.stage AND f.entry_id = NEW.entry_id AND f.state = 'open')
BEGIN SELECT RAISE(ABORT, 'entry_not_up'); END;

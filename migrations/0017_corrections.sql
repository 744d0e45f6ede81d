-- Records contested, answered and corrected; and people who leave.

-- A volunteer says that a record of theirs is wrong: once for each record. What is agreed
-- is a new record, which may be contested in its turn.
CREATE TABLE record_dispute (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  record INTEGER NOT NULL UNIQUE REFERENCES service_record (seq),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  -- Whose coordinators decide: the organization's region when it was contested.
  region TEXT NOT NULL REFERENCES region (code),
  -- The kind of the last step; `open` before any but the first.
  state TEXT NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'amended', 'declined', 'escalated', 'upheld', 'dismissed')),
  proposed_started_at INTEGER,
  proposed_ended_at INTEGER,
  proposed_minutes INTEGER CHECK (proposed_minutes BETWEEN 0 AND 2880),
  opened_at INTEGER NOT NULL,
  -- The last day for the organization's answer.
  due_on TEXT NOT NULL CHECK (due_on GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  -- The record that came of it.
  outcome INTEGER REFERENCES service_record (seq),
  CONSTRAINT dispute_comes_to_a_record CHECK ((outcome IS NOT NULL) = (state IN ('amended', 'upheld')))
) STRICT;

CREATE INDEX record_dispute_of_organization ON record_dispute (organization_id, seq);
CREATE INDEX record_dispute_of_volunteer ON record_dispute (volunteer_id, seq);
-- Few wait at any time, whatever was settled before.
CREATE INDEX record_dispute_unanswered ON record_dispute (organization_id, seq) WHERE state = 'open';
CREATE INDEX record_dispute_waiting ON record_dispute (region, seq) WHERE state IN ('open', 'escalated');

-- What was said and done about it, in order.
CREATE TABLE record_dispute_step (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  dispute INTEGER NOT NULL REFERENCES record_dispute (seq),
  kind TEXT NOT NULL
    CHECK (kind IN ('contested', 'amended', 'declined', 'escalated', 'upheld', 'dismissed')),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  -- The coordinator's, which is read instead of a name.
  office TEXT,
  -- Taken away only from a volunteer's own steps, when they leave.
  words TEXT,
  outcome INTEGER REFERENCES service_record (seq)
) STRICT;

CREATE INDEX record_dispute_step_of_dispute ON record_dispute_step (dispute, seq);

CREATE TRIGGER record_dispute_steps_in_turn BEFORE INSERT ON record_dispute_step
WHEN NOT EXISTS (
  SELECT 1 FROM record_dispute d
  WHERE d.seq = NEW.dispute AND (
    NEW.kind = 'contested' AND d.state = 'open'
      AND NOT EXISTS (SELECT 1 FROM record_dispute_step s WHERE s.dispute = d.seq)
    OR NEW.kind = 'amended' AND d.state IN ('open', 'declined')
    OR NEW.kind = 'declined' AND d.state = 'open'
    OR NEW.kind = 'escalated' AND d.state IN ('open', 'declined')
    OR NEW.kind IN ('upheld', 'dismissed') AND d.state = 'escalated'))
BEGIN
  SELECT RAISE(ABORT, 'dispute_out_of_turn');
END;

CREATE TRIGGER record_dispute_stands_where_its_last_step_led AFTER INSERT ON record_dispute_step
WHEN NEW.kind <> 'contested'
BEGIN
  UPDATE record_dispute SET state = NEW.kind, outcome = NEW.outcome WHERE seq = NEW.dispute;
END;

CREATE TRIGGER record_dispute_step_is_not_rewritten BEFORE UPDATE ON record_dispute_step
WHEN NEW.words IS NOT NULL OR OLD.kind NOT IN ('contested', 'escalated')
  OR (OLD.seq, OLD.dispute, OLD.kind, OLD.at, OLD.actor) <> (NEW.seq, NEW.dispute, NEW.kind, NEW.at, NEW.actor)
  OR OLD.outcome IS NOT NEW.outcome OR OLD.office IS NOT NEW.office
BEGIN
  SELECT RAISE(ABORT, 'record_dispute_step_is_append_only');
END;

CREATE TRIGGER record_dispute_step_is_not_deleted BEFORE DELETE ON record_dispute_step
BEGIN
  SELECT RAISE(ABORT, 'record_dispute_step_is_append_only');
END;

CREATE TRIGGER record_dispute_is_not_deleted BEFORE DELETE ON record_dispute
BEGIN
  SELECT RAISE(ABORT, 'record_dispute_is_kept');
END;

-- Since when a volunteer is nobody any more: what they did stays, who they were is gone.
ALTER TABLE volunteer ADD COLUMN left_at INTEGER;

CREATE TRIGGER volunteer_who_left_stays_away BEFORE UPDATE ON volunteer
WHEN OLD.left_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'volunteer_left');
END;

CREATE TRIGGER outbox_knows_who_left BEFORE INSERT ON outbox
WHEN EXISTS (SELECT 1 FROM volunteer WHERE id = NEW.volunteer_id AND left_at IS NOT NULL)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- By which messages to a phone are found when its owner leaves: a seal cannot be searched.
ALTER TABLE outbox ADD COLUMN phone_hash TEXT;
CREATE INDEX outbox_of_phone ON outbox (phone_hash) WHERE phone_hash IS NOT NULL;

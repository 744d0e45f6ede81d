-- Service hours: what was seen of somebody's coming and going, and the records made of it
-- (志愿服务记录与证明出具办法, articles 7 to 10). Neither is ever rewritten.

-- Evidence, as it came.
CREATE TABLE attendance (
  seq INTEGER PRIMARY KEY,
  -- Chosen by whoever sends it, so that sending it again changes nothing.
  id TEXT NOT NULL UNIQUE,
  signup_id TEXT NOT NULL REFERENCES signup (id),
  shift_id TEXT NOT NULL REFERENCES shift (id),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  kind TEXT NOT NULL CHECK (kind IN ('in', 'out')),
  -- The code that changes, a row of the printed sheet, or the recorder's own hand.
  method TEXT NOT NULL CHECK (method IN ('code', 'sheet', 'hand')),
  happened_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  -- Kept by the volunteer's phone, for want of a network, and sent afterwards.
  late INTEGER NOT NULL CHECK (late IN (0, 1)),
  reason TEXT,
  -- Where, to about a kilometre, from those who agreed to say it.
  near TEXT,
  actor TEXT NOT NULL,
  CONSTRAINT by_hand_for_a_reason CHECK (method <> 'hand' OR reason IS NOT NULL)
) STRICT;

CREATE INDEX attendance_of_shift ON attendance (shift_id, seq);
CREATE INDEX attendance_of_signup ON attendance (signup_id, seq);
CREATE INDEX attendance_of_volunteer ON attendance (volunteer_id, happened_at);

CREATE TRIGGER attendance_is_not_rewritten BEFORE UPDATE ON attendance
BEGIN
  SELECT RAISE(ABORT, 'attendance_is_append_only');
END;

CREATE TRIGGER attendance_is_not_deleted BEFORE DELETE ON attendance
BEGIN
  SELECT RAISE(ABORT, 'attendance_is_append_only');
END;

-- INSERT OR REPLACE would delete without asking. What was sent before changes nothing.
CREATE TRIGGER attendance_is_not_replaced BEFORE INSERT ON attendance
WHEN EXISTS (SELECT 1 FROM attendance a WHERE a.id = NEW.id)
  OR EXISTS (SELECT 1 FROM attendance a WHERE a.seq = NEW.seq)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- When somebody settled the shift; what is recorded afterwards is grade D.
ALTER TABLE shift ADD COLUMN settled_at INTEGER;

CREATE TABLE service_record (
  -- Without gaps: record n is leaf n - 1 of the ledger.
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('service', 'training', 'honour', 'evaluation')),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  signup_id TEXT REFERENCES signup (id),
  shift_id TEXT REFERENCES shift (id),
  project_id TEXT REFERENCES project (id),
  -- The day it took place, in Beijing.
  on_date TEXT NOT NULL CHECK (on_date GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  -- From when to when; `minutes` are what was given within, breaks taken out.
  started_at INTEGER,
  ended_at INTEGER,
  minutes INTEGER CHECK (minutes BETWEEN 0 AND 2880),
  -- A both ends by the changing code, B one end or late, C by hand, D after settlement.
  grade TEXT CHECK (grade IN ('A', 'B', 'C', 'D')),
  -- What else the articles ask, as it stood when it was recorded.
  facts TEXT NOT NULL CHECK (json_type(facts) = 'object'),
  -- The tenth working day after the end.
  due_on TEXT,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  -- The record it corrects, and why. One of no minutes says that nothing was given.
  supersedes INTEGER UNIQUE REFERENCES service_record (seq),
  reason TEXT,
  -- With it the public leaf says nothing of the record.
  salt TEXT NOT NULL DEFAULT (lower(hex(randomblob(32)))) CHECK (length(salt) = 64),
  CONSTRAINT service_is_timed CHECK ((kind = 'service') = (grade IS NOT NULL AND started_at IS NOT NULL
    AND ended_at IS NOT NULL AND minutes IS NOT NULL AND due_on IS NOT NULL)),
  CONSTRAINT service_fits_its_time CHECK (started_at IS NULL OR (ended_at >= started_at
    AND ended_at - started_at <= 172800000 AND minutes * 60000 <= ended_at - started_at)),
  CONSTRAINT nothing_given_is_a_correction CHECK (kind <> 'service' OR minutes > 0 OR supersedes IS NOT NULL),
  CONSTRAINT corrected_for_a_reason CHECK (supersedes IS NULL OR reason IS NOT NULL)
) STRICT;

CREATE INDEX service_record_of_volunteer ON service_record (volunteer_id, kind, started_at);
CREATE INDEX service_record_of_volunteer_newest ON service_record (volunteer_id, seq);
CREATE INDEX service_record_of_organization ON service_record (organization_id, seq);
CREATE INDEX service_record_of_project ON service_record (project_id, seq);
CREATE INDEX service_record_of_shift ON service_record (shift_id, seq);
CREATE INDEX service_record_of_signup ON service_record (signup_id, seq) WHERE signup_id IS NOT NULL;

CREATE TRIGGER service_record_is_not_rewritten BEFORE UPDATE ON service_record
BEGIN
  SELECT RAISE(ABORT, 'service_record_is_append_only');
END;

CREATE TRIGGER service_record_is_not_deleted BEFORE DELETE ON service_record
BEGIN
  SELECT RAISE(ABORT, 'service_record_is_append_only');
END;

-- As above.
CREATE TRIGGER service_record_is_not_replaced BEFORE INSERT ON service_record
WHEN EXISTS (SELECT 1 FROM service_record r WHERE r.seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM service_record r WHERE r.id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'service_record_is_append_only');
END;

CREATE TRIGGER service_record_is_corrected_once BEFORE INSERT ON service_record
WHEN EXISTS (SELECT 1 FROM service_record r WHERE r.supersedes = NEW.supersedes)
BEGIN
  SELECT RAISE(ABORT, 'superseded_already');
END;

CREATE TRIGGER service_record_follows_the_last AFTER INSERT ON service_record
WHEN NEW.seq <> 1 AND NOT EXISTS (SELECT 1 FROM service_record WHERE seq = NEW.seq - 1)
BEGIN
  SELECT RAISE(ABORT, 'service_record_leaves_a_gap');
END;

CREATE TRIGGER service_record_corrects_its_own BEFORE INSERT ON service_record
WHEN NEW.supersedes IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM service_record r
  WHERE r.seq = NEW.supersedes AND r.volunteer_id = NEW.volunteer_id
    AND r.organization_id = NEW.organization_id AND r.kind = NEW.kind
    AND r.signup_id IS NEW.signup_id)
BEGIN
  SELECT RAISE(ABORT, 'service_record_corrects_another');
END;

-- One sign-up, one record that stands.
CREATE TRIGGER service_is_recorded_once AFTER INSERT ON service_record
WHEN NEW.signup_id IS NOT NULL AND NEW.kind = 'service' AND EXISTS (
  SELECT 1 FROM service_record r
  WHERE r.signup_id = NEW.signup_id AND r.kind = 'service' AND r.seq <> NEW.seq
    AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq))
BEGIN
  SELECT RAISE(ABORT, 'already_recorded');
END;

-- Nobody serves at two places at once.
CREATE TRIGGER service_records_do_not_overlap AFTER INSERT ON service_record
WHEN NEW.kind = 'service' AND NEW.minutes > 0 AND EXISTS (
  SELECT 1 FROM service_record r
  WHERE r.volunteer_id = NEW.volunteer_id AND r.kind = 'service'
    AND r.started_at > NEW.started_at - 172800000 AND r.started_at < NEW.ended_at
    AND r.ended_at > NEW.started_at AND r.minutes > 0 AND r.seq <> NEW.seq
    AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq))
BEGIN
  SELECT RAISE(ABORT, 'service_records_overlap');
END;

-- A person's hours by grade, so that a total reads four rows whatever stands behind it.
CREATE TABLE hours_total (
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  grade TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'D')),
  minutes INTEGER NOT NULL CHECK (minutes >= 0),
  records INTEGER NOT NULL CHECK (records >= 0),
  PRIMARY KEY (volunteer_id, grade)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER service_record_loses_its_hours AFTER INSERT ON service_record
WHEN NEW.kind = 'service' AND NEW.supersedes IS NOT NULL
BEGIN
  UPDATE hours_total
  SET (minutes, records) = (
    SELECT hours_total.minutes - r.minutes, hours_total.records - (r.minutes > 0)
    FROM service_record r WHERE r.seq = NEW.supersedes)
  WHERE volunteer_id = NEW.volunteer_id
    AND grade = (SELECT r.grade FROM service_record r WHERE r.seq = NEW.supersedes);
END;

CREATE TRIGGER service_record_adds_its_hours AFTER INSERT ON service_record
WHEN NEW.kind = 'service' AND NEW.minutes > 0
BEGIN
  INSERT INTO hours_total (volunteer_id, grade, minutes, records)
  VALUES (NEW.volunteer_id, NEW.grade, NEW.minutes, 1)
  ON CONFLICT (volunteer_id, grade) DO UPDATE
  SET minutes = minutes + excluded.minutes, records = records + 1;
END;

CREATE TRIGGER webhook_hears_of_record AFTER INSERT ON service_record
BEGIN
  INSERT INTO webhook_delivery (webhook_id, type, data)
  SELECT w.id, e.type,
    json_object('id', NEW.id, 'kind', NEW.kind, 'signup_id', NEW.signup_id, 'shift_id', NEW.shift_id,
      'project_id', NEW.project_id,
      'supersedes', (SELECT r.id FROM service_record r WHERE r.seq = NEW.supersedes))
  FROM (SELECT iif(NEW.supersedes IS NULL, 'record.created', 'record.superseded') AS type) e
  JOIN webhook w ON w.organization_id = NEW.organization_id AND w.state = 'active'
  WHERE e.type IN (SELECT value FROM json_each(w.events));
END;

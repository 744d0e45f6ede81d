-- Settling: which shifts wait for it, who did not come, and records by day.

-- Where something of an organization is listed: under its own id, and under each division
-- that contains it.
CREATE VIEW organization_scope (organization_id, scope) AS
SELECT id, id FROM organization
UNION ALL
SELECT o.id, substr(o.region, 1, n.value)
FROM organization o JOIN json_each('[2, 4, 6, 9, 12]') n ON n.value <= length(o.region);

-- A shift stands here from its first seat taken until it is settled or called off: one index
-- for the organization's list and for every coordinator's. Triggers keep it; a key to the
-- shift would make each deletion of a shift search it.
CREATE TABLE unsettled_shift (
  scope TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  shift_id TEXT NOT NULL,
  PRIMARY KEY (scope, ends_at, shift_id)
) STRICT, WITHOUT ROWID;

INSERT INTO unsettled_shift (scope, ends_at, shift_id)
SELECT c.scope, h.ends_at, h.id
FROM shift h JOIN organization_scope c ON c.organization_id = h.organization_id
WHERE h.confirmed > 0 AND h.state = 'open' AND h.settled_at IS NULL;

CREATE TRIGGER shift_waits_no_more AFTER UPDATE OF confirmed, state, settled_at, ends_at ON shift
WHEN OLD.confirmed > 0 AND OLD.state = 'open' AND OLD.settled_at IS NULL
  AND (NEW.confirmed = 0 OR NEW.state <> 'open' OR NEW.settled_at IS NOT NULL OR NEW.ends_at <> OLD.ends_at)
BEGIN
  DELETE FROM unsettled_shift
  WHERE scope IN (SELECT c.scope FROM organization_scope c WHERE c.organization_id = OLD.organization_id)
    AND ends_at = OLD.ends_at AND shift_id = OLD.id;
END;

CREATE TRIGGER shift_waits_to_be_settled AFTER UPDATE OF confirmed, state, settled_at, ends_at ON shift
WHEN NEW.confirmed > 0 AND NEW.state = 'open' AND NEW.settled_at IS NULL
  AND (OLD.confirmed = 0 OR OLD.state <> 'open' OR OLD.settled_at IS NOT NULL OR NEW.ends_at <> OLD.ends_at)
BEGIN
  INSERT INTO unsettled_shift (scope, ends_at, shift_id)
  SELECT c.scope, NEW.ends_at, NEW.id FROM organization_scope c
  WHERE c.organization_id = NEW.organization_id
  ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER organization_moves_with_what_waits AFTER UPDATE OF region ON organization
WHEN OLD.region <> NEW.region
BEGIN
  DELETE FROM unsettled_shift
  WHERE scope IN (
      SELECT substr(OLD.region, 1, n.value) FROM json_each('[2, 4, 6, 9, 12]') n
      WHERE n.value <= length(OLD.region))
    AND (ends_at, shift_id) IN (SELECT u.ends_at, u.shift_id FROM unsettled_shift u WHERE u.scope = OLD.id);
  INSERT INTO unsettled_shift (scope, ends_at, shift_id)
  SELECT c.scope, u.ends_at, u.shift_id
  FROM unsettled_shift u JOIN organization_scope c ON c.organization_id = NEW.id AND c.scope <> NEW.id
  WHERE u.scope = NEW.id
  ON CONFLICT DO NOTHING;
END;

-- Somebody had a seat and was not there, in the words of both.
CREATE TABLE absence (
  signup_id TEXT PRIMARY KEY REFERENCES signup (id),
  shift_id TEXT NOT NULL REFERENCES shift (id),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  -- Why, against what the evidence says.
  reason TEXT,
  reply TEXT,
  replied_at INTEGER,
  -- When their service was recorded after all.
  lifted_at INTEGER,
  CONSTRAINT reply_has_its_time CHECK ((reply IS NULL) = (replied_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX absence_of_shift ON absence (shift_id);
CREATE INDEX absence_answered ON absence (organization_id, replied_at)
  WHERE replied_at IS NOT NULL AND lifted_at IS NULL;

CREATE TRIGGER absence_is_not_deleted BEFORE DELETE ON absence
BEGIN
  SELECT RAISE(ABORT, 'absence_is_kept');
END;

CREATE TRIGGER absence_is_answered_once BEFORE UPDATE OF reply ON absence
WHEN OLD.reply <> NEW.reply
BEGIN
  SELECT RAISE(ABORT, 'absence_is_answered');
END;

-- An organization's records by the day of the activity, by grade as well, and a project's.
CREATE INDEX service_record_by_day ON service_record (organization_id, on_date, seq);
CREATE INDEX service_record_by_grade ON service_record (organization_id, grade, on_date, seq);
CREATE INDEX service_record_of_project_by_day ON service_record (project_id, on_date, seq);

-- Sign-ups as their organizer decides on them, and what an organization's own system is
-- told of it.

-- Whether a sign-up waits for the organizer's word before it can have a seat.
ALTER TABLE project ADD COLUMN approval TEXT NOT NULL DEFAULT 'none' CHECK (approval IN ('none', 'required'));

-- Null where the project asks for none. A pending sign-up is a waitlisted one that no
-- seat is given to: it keeps its place in the order of arrival until it is decided.
ALTER TABLE signup ADD COLUMN approval TEXT CHECK (approval IN ('pending', 'approved', 'declined'));
-- Why the organizer moved or declined it; told to the volunteer.
ALTER TABLE signup ADD COLUMN organizer_reason TEXT;
-- The shift it was moved from last.
ALTER TABLE signup ADD COLUMN moved_from TEXT REFERENCES shift (id);
CREATE INDEX signup_moved_from ON signup (moved_from) WHERE moved_from IS NOT NULL;
ALTER TABLE signup ADD COLUMN expectation TEXT CHECK (expectation IN ('expected', 'arrives_late', 'not_coming'));
-- For those who run the shift only.
ALTER TABLE signup ADD COLUMN organizer_note TEXT;

-- What its holder asks of the organizer: a place, or to be let go.
ALTER TABLE signup ADD COLUMN asks TEXT GENERATED ALWAYS AS (
  iif(state = 'waitlisted' AND approval = 'pending', 'place',
    iif(state = 'confirmed' AND cancel_requested_at IS NOT NULL, 'leave', NULL))
) VIRTUAL;
CREATE INDEX signup_asks ON signup (facts ->> 'organization_id', starts_at, seq) WHERE asks IS NOT NULL;

-- Requests share seats and waiting places until they are decided: whoever is approved
-- finds one of the two.
DROP TRIGGER signup_waits_only_in_line;
CREATE TRIGGER signup_waits_only_in_line BEFORE INSERT ON signup
WHEN NEW.state = 'waitlisted' AND (
  SELECT iif(NEW.approval IS 'pending', confirmed + waiting >= capacity + waitlist, waiting >= waitlist)
  FROM shift WHERE id = NEW.shift_id)
BEGIN
  SELECT RAISE(ABORT, 'waitlist_full');
END;

DROP TRIGGER signup_recounted;
CREATE TRIGGER signup_recounted AFTER UPDATE OF state ON signup
WHEN OLD.state <> NEW.state AND OLD.shift_id = NEW.shift_id
BEGIN
  UPDATE shift
  SET confirmed = confirmed + (NEW.state IN ('confirmed', 'attended', 'absent'))
                            - (OLD.state IN ('confirmed', 'attended', 'absent')),
      waiting = waiting + (NEW.state = 'waitlisted') - (OLD.state = 'waitlisted')
  WHERE id = NEW.shift_id;
END;

CREATE TRIGGER signup_counted_where_it_goes AFTER UPDATE OF shift_id ON signup
WHEN OLD.shift_id <> NEW.shift_id
BEGIN
  UPDATE shift
  SET confirmed = confirmed - (OLD.state IN ('confirmed', 'attended', 'absent')),
      waiting = waiting - (OLD.state = 'waitlisted')
  WHERE id = OLD.shift_id;
  UPDATE shift
  SET confirmed = confirmed + (NEW.state IN ('confirmed', 'attended', 'absent')),
      waiting = waiting + (NEW.state = 'waitlisted')
  WHERE id = NEW.shift_id;
END;

CREATE TRIGGER signup_reads_its_new_shift AFTER UPDATE OF shift_id ON signup
WHEN OLD.shift_id <> NEW.shift_id
BEGIN
  UPDATE signup
  SET facts = (
    SELECT json_set(NEW.facts, '$.role', h.role, '$.shift_state', h.state, '$.shift_change_reason', h.change_reason)
    FROM shift h WHERE h.id = NEW.shift_id)
  WHERE seq = NEW.seq;
END;

-- A project that stops asking for approval approves of those who wait for it; free seats
-- are given to them in order of arrival by whoever made the change.
CREATE TRIGGER project_stops_asking AFTER UPDATE OF approval ON project
WHEN OLD.approval = 'required' AND NEW.approval = 'none'
BEGIN
  UPDATE signup SET approval = 'approved', revision = revision + 1
  WHERE state = 'waitlisted' AND approval = 'pending'
    AND shift_id IN (SELECT id FROM shift WHERE project = NEW.seq);
END;

-- Those who ask for a seat have not got it, yet nobody else can have it either.
DROP TRIGGER shift_places_counted;
CREATE TRIGGER shift_places_counted AFTER UPDATE OF confirmed, waiting ON shift
WHEN OLD.confirmed <> NEW.confirmed OR OLD.waiting <> NEW.waiting
BEGIN
  UPDATE project
  SET (seats_free, waits_free) = (
    SELECT coalesce(sum(max(s.capacity - s.confirmed - s.waiting, 0)), 0),
      coalesce(sum(min(max(s.capacity + s.waitlist - s.confirmed - s.waiting, 0), s.waitlist)), 0)
    FROM shift s
    WHERE s.project = NEW.project AND s.state = 'open' AND s.starts_at >= project.next_starts_at)
  WHERE seq = NEW.project;
END;

-- What an organizer wrote to everybody on a shift.
CREATE TABLE shift_message (
  id TEXT PRIMARY KEY,
  shift_id TEXT NOT NULL REFERENCES shift (id),
  audience TEXT NOT NULL CHECK (audience IN ('confirmed', 'all')),
  text TEXT NOT NULL,
  recipients INTEGER NOT NULL CHECK (recipients > 0),
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX shift_message_of_shift ON shift_message (shift_id, created_at);

-- Where an organization's own system is told what happened (Standard Webhooks).
CREATE TABLE webhook (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  url TEXT NOT NULL,
  events TEXT NOT NULL CHECK (json_type(events) = 'array'),
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  secret_sealed TEXT NOT NULL,
  -- After a rotation both secrets sign until then.
  previous_sealed TEXT,
  previous_until INTEGER,
  created_at INTEGER NOT NULL,
  -- Since when nothing arrives; null while it does.
  failing_since INTEGER,
  -- When it was stopped because nothing arrived for days.
  given_up_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_of_organization ON webhook (organization_id, id);

CREATE TRIGGER webhooks_are_few BEFORE INSERT ON webhook
WHEN (SELECT count(*) FROM webhook WHERE organization_id = NEW.organization_id) >= 5
BEGIN
  SELECT RAISE(ABORT, 'too_many_webhooks');
END;

-- One event for one endpoint. Written by triggers, so that nothing happens untold; they
-- have no other clock than the database's.
CREATE TABLE webhook_delivery (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE DEFAULT ('msg_' || lower(hex(randomblob(16)))),
  webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_type(data) = 'object'),
  created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
  due_at INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  attempted_at INTEGER,
  -- What the endpoint answered last; null when it could not be reached.
  status INTEGER,
  last_error TEXT,
  delivered_at INTEGER,
  abandoned_at INTEGER
) STRICT;

CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at, seq)
  WHERE delivered_at IS NULL AND abandoned_at IS NULL;
CREATE INDEX webhook_delivery_of_webhook ON webhook_delivery (webhook_id, seq);
CREATE INDEX webhook_delivery_by_age ON webhook_delivery (created_at);

CREATE TRIGGER webhook_hears_of_signup AFTER INSERT ON signup
BEGIN
  INSERT INTO webhook_delivery (webhook_id, type, data)
  SELECT w.id, 'signup.created',
    json_object('id', NEW.id, 'state', NEW.state, 'approval', NEW.approval, 'shift_id', NEW.shift_id, 'project_id', p.id)
  FROM shift h
  JOIN project p ON p.seq = h.project
  JOIN webhook w ON w.organization_id = p.organization_id AND w.state = 'active'
  WHERE h.id = NEW.shift_id AND 'signup.created' IN (SELECT value FROM json_each(w.events));
END;

CREATE TRIGGER webhook_hears_of_signup_change
AFTER UPDATE OF state, approval, shift_id, cancel_requested_at, expectation ON signup
WHEN OLD.state <> NEW.state OR OLD.approval IS NOT NEW.approval OR OLD.shift_id <> NEW.shift_id
  OR OLD.cancel_requested_at IS NOT NEW.cancel_requested_at OR OLD.expectation IS NOT NEW.expectation
BEGIN
  INSERT INTO webhook_delivery (webhook_id, type, data)
  SELECT w.id, e.type,
    json_object('id', NEW.id, 'state', NEW.state, 'approval', NEW.approval, 'shift_id', NEW.shift_id, 'project_id', p.id)
  FROM (
    SELECT iif(NEW.state = 'cancelled' AND OLD.state <> 'cancelled', 'signup.cancelled',
      iif(OLD.state = 'waitlisted' AND NEW.state = 'confirmed' AND OLD.shift_id = NEW.shift_id,
        'signup.promoted', 'signup.changed')) AS type) e
  JOIN shift h ON h.id = NEW.shift_id
  JOIN project p ON p.seq = h.project
  JOIN webhook w ON w.organization_id = p.organization_id AND w.state = 'active'
  WHERE e.type IN (SELECT value FROM json_each(w.events));
END;

CREATE TRIGGER webhook_hears_of_shift_change
AFTER UPDATE OF role, starts_at, ends_at, capacity, waitlist, state ON shift
WHEN OLD.role <> NEW.role OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at
  OR OLD.capacity <> NEW.capacity OR OLD.waitlist <> NEW.waitlist OR OLD.state <> NEW.state
BEGIN
  INSERT INTO webhook_delivery (webhook_id, type, data)
  SELECT w.id, 'shift.changed', json_object('id', NEW.id, 'state', NEW.state, 'ref', NEW.ref, 'project_id', p.id)
  FROM project p
  JOIN webhook w ON w.organization_id = p.organization_id AND w.state = 'active'
  WHERE p.seq = NEW.project AND p.state <> 'draft' AND 'shift.changed' IN (SELECT value FROM json_each(w.events));
END;

CREATE TRIGGER webhook_hears_of_place_change AFTER UPDATE OF place, region ON project
WHEN NEW.state <> 'draft' AND (OLD.place IS NOT NEW.place OR OLD.region IS NOT NEW.region)
BEGIN
  INSERT INTO webhook_delivery (webhook_id, type, data)
  SELECT w.id, 'shift.changed', json_object('id', h.id, 'state', h.state, 'ref', h.ref, 'project_id', NEW.id)
  FROM shift h
  JOIN webhook w ON w.organization_id = NEW.organization_id AND w.state = 'active'
  WHERE h.project = NEW.seq AND h.state = 'open' AND h.starts_at >= NEW.next_starts_at
    AND 'shift.changed' IN (SELECT value FROM json_each(w.events));
END;

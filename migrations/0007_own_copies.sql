-- What lists show of somebody else's row stands in their own, kept equal by triggers: a
-- ticket, a roster and an organizer's day read one row a line.

ALTER TABLE shift ADD COLUMN organization_id TEXT REFERENCES organization (id);
ALTER TABLE shift ADD COLUMN title TEXT;
ALTER TABLE shift ADD COLUMN project_state TEXT;

ALTER TABLE signup ADD COLUMN volunteer_name TEXT;
ALTER TABLE signup ADD COLUMN volunteer_phone_sealed TEXT;
-- What a ticket says of its shift and project.
ALTER TABLE signup ADD COLUMN facts TEXT NOT NULL DEFAULT '{}' CHECK (json_type(facts) = 'object');

UPDATE shift
SET (organization_id, title, project_state) = (
  SELECT p.organization_id, p.title, p.state FROM project p WHERE p.seq = shift.project);

UPDATE signup
SET (volunteer_name, volunteer_phone_sealed) = (
      SELECT v.name, v.phone_sealed FROM volunteer v WHERE v.id = signup.volunteer_id),
    facts = (
      SELECT json_object('role', h.role, 'shift_state', h.state, 'shift_change_reason', h.change_reason,
        'project_id', p.id, 'title', p.title, 'field', p.field, 'project_state', p.state,
        'place', p.place, 'region_name', p.region_name, 'what_to_bring', p.what_to_bring,
        'cancel_until_minutes', p.cancel_until_minutes, 'change_reason', p.change_reason,
        'organization_id', p.organization_id, 'organization_name', p.organization_name)
      FROM shift h JOIN project p ON p.seq = h.project
      WHERE h.id = signup.shift_id);

CREATE INDEX shift_of_organization ON shift (organization_id, starts_at)
  WHERE state = 'open' AND project_state = 'published';

CREATE TRIGGER shift_names_its_project AFTER INSERT ON shift
BEGIN
  UPDATE shift
  SET (organization_id, title, project_state) = (
    SELECT p.organization_id, p.title, p.state FROM project p WHERE p.seq = NEW.project)
  WHERE id = NEW.id;
END;

CREATE TRIGGER signup_keeps_its_facts AFTER INSERT ON signup
BEGIN
  UPDATE signup
  SET (volunteer_name, volunteer_phone_sealed) = (
        SELECT v.name, v.phone_sealed FROM volunteer v WHERE v.id = NEW.volunteer_id),
      facts = (
        SELECT json_object('role', h.role, 'shift_state', h.state, 'shift_change_reason', h.change_reason,
          'project_id', p.id, 'title', p.title, 'field', p.field, 'project_state', p.state,
          'place', p.place, 'region_name', p.region_name, 'what_to_bring', p.what_to_bring,
          'cancel_until_minutes', p.cancel_until_minutes, 'change_reason', p.change_reason,
          'organization_id', p.organization_id, 'organization_name', p.organization_name)
        FROM shift h JOIN project p ON p.seq = h.project
        WHERE h.id = NEW.shift_id)
  WHERE seq = NEW.seq;
END;

CREATE TRIGGER volunteer_is_called_so_on_rosters AFTER UPDATE OF name, phone_sealed ON volunteer
WHEN OLD.name <> NEW.name OR OLD.phone_sealed <> NEW.phone_sealed
BEGIN
  UPDATE signup SET volunteer_name = NEW.name, volunteer_phone_sealed = NEW.phone_sealed
  WHERE volunteer_id = NEW.id;
END;

CREATE TRIGGER shift_is_read_on_tickets AFTER UPDATE OF role, state, change_reason ON shift
WHEN OLD.role <> NEW.role OR OLD.state <> NEW.state OR OLD.change_reason IS NOT NEW.change_reason
BEGIN
  UPDATE signup
  SET facts = json_set(facts, '$.role', NEW.role, '$.shift_state', NEW.state,
    '$.shift_change_reason', NEW.change_reason)
  WHERE shift_id = NEW.id;
END;

CREATE TRIGGER project_is_named_on_shifts AFTER UPDATE OF title, state ON project
WHEN OLD.title IS NOT NEW.title OR OLD.state <> NEW.state
BEGIN
  UPDATE shift SET title = NEW.title, project_state = NEW.state WHERE project = NEW.seq;
END;

CREATE TRIGGER project_is_read_on_tickets AFTER UPDATE OF title, field, state, place, region_name,
  what_to_bring, cancel_until_minutes, change_reason, organization_name ON project
WHEN (OLD.title, OLD.field, OLD.state, OLD.place, OLD.region_name, OLD.what_to_bring,
      OLD.cancel_until_minutes, OLD.change_reason, OLD.organization_name)
  IS NOT (NEW.title, NEW.field, NEW.state, NEW.place, NEW.region_name, NEW.what_to_bring,
      NEW.cancel_until_minutes, NEW.change_reason, NEW.organization_name)
BEGIN
  UPDATE signup
  SET facts = json_set(facts, '$.title', NEW.title, '$.field', NEW.field, '$.project_state', NEW.state,
    '$.place', NEW.place, '$.region_name', NEW.region_name, '$.what_to_bring', NEW.what_to_bring,
    '$.cancel_until_minutes', NEW.cancel_until_minutes, '$.change_reason', NEW.change_reason,
    '$.organization_name', NEW.organization_name)
  WHERE shift_id IN (SELECT id FROM shift WHERE project = NEW.seq);
END;

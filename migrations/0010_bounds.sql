-- What an organization hands in is counted by the day, also what never became an import.
ALTER TABLE upload ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX upload_by_day ON upload (organization_id, created_at, bytes);
CREATE INDEX import_by_day ON import (organization_id, created_at, total);

-- Old messages are found by their age, a slice at a time.
CREATE INDEX outbox_by_age ON outbox (created_at);

-- Whom how many organizations have invited of late.
CREATE INDEX invitation_by_phone ON invitation (phone_hash, created_at, organization_id);

-- Characters and pairs of characters of names, by which organizations are found. A name
-- has sixty characters at most.
CREATE TABLE organization_word (
  word TEXT NOT NULL,
  organization_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  PRIMARY KEY (word, organization_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_word_of_organization ON organization_word (organization_id);

CREATE TRIGGER organization_can_be_found AFTER INSERT ON organization
BEGIN
  INSERT OR IGNORE INTO organization_word (word, organization_id)
  SELECT lower(substr(NEW.name, place.value, size.value)), NEW.id
  FROM json_each('[1,2]') size, json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60]') place
  WHERE place.value + size.value <= length(NEW.name) + 1;
END;

CREATE TRIGGER organization_is_found_by_its_new_name AFTER UPDATE OF name ON organization
WHEN OLD.name <> NEW.name
BEGIN
  DELETE FROM organization_word WHERE organization_id = NEW.id;
  INSERT OR IGNORE INTO organization_word (word, organization_id)
  SELECT lower(substr(NEW.name, place.value, size.value)), NEW.id
  FROM json_each('[1,2]') size, json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60]') place
  WHERE place.value + size.value <= length(NEW.name) + 1;
END;

INSERT OR IGNORE INTO organization_word (word, organization_id)
  SELECT lower(substr(o.name, place.value, size.value)), o.id
  FROM organization o, json_each('[1,2]') size, json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60]') place
  WHERE place.value + size.value <= length(o.name) + 1;

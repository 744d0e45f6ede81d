-- What an organization states of somebody's recorded hours (志愿服务记录与证明出具办法,
-- articles 13 to 20). What was stated stays as it was; what became of it is added.

-- A document by which others know who is meant; given by the volunteer, taken back at will.
ALTER TABLE volunteer ADD COLUMN id_document_kind TEXT
  CHECK (id_document_kind IN ('resident_id', 'travel_permit', 'passport'));
ALTER TABLE volunteer ADD COLUMN id_document_sealed TEXT
  CHECK ((id_document_sealed IS NULL) = (id_document_kind IS NULL));
-- The same with its middle hidden, as certificates show it.
ALTER TABLE volunteer ADD COLUMN id_document_shown_sealed TEXT
  CHECK ((id_document_shown_sealed IS NULL) = (id_document_kind IS NULL));

-- The versions of the key an organization signs with; the keys themselves are derived.
CREATE TABLE organization_key (
  organization_id TEXT NOT NULL REFERENCES organization (id),
  version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 1000),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, version)
) STRICT, WITHOUT ROWID;

INSERT INTO organization_key (organization_id, version, created_at)
SELECT id, 1, created_at FROM organization;

CREATE TRIGGER organization_has_a_key AFTER INSERT ON organization
BEGIN
  INSERT INTO organization_key (organization_id, version, created_at) VALUES (NEW.id, 1, NEW.created_at);
END;

CREATE TRIGGER organization_key_is_not_rewritten BEFORE UPDATE ON organization_key
BEGIN
  SELECT RAISE(ABORT, 'organization_key_is_append_only');
END;

CREATE TRIGGER organization_key_is_not_deleted BEFORE DELETE ON organization_key
BEGIN
  SELECT RAISE(ABORT, 'organization_key_is_append_only');
END;

CREATE TABLE certificate (
  seq INTEGER PRIMARY KEY,
  -- 75 random bits and a check character, in groups of four.
  number TEXT NOT NULL UNIQUE CHECK (length(number) = 19),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  -- What was asked for: of one project, from a day, to a day; nothing of it means all.
  project_id TEXT REFERENCES project (id),
  first_day TEXT CHECK (first_day GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  last_day TEXT CHECK (last_day GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  issued_at INTEGER NOT NULL,
  -- As it was given then; forgotten when the holder leaves.
  holder_name TEXT,
  -- The document as it was shown then; forgotten when the holder says so, or leaves.
  id_document_kind TEXT CHECK (id_document_kind IN ('resident_id', 'travel_permit', 'passport')),
  id_document_sealed TEXT CHECK ((id_document_sealed IS NULL) = (id_document_kind IS NULL)),
  minutes INTEGER NOT NULL CHECK (minutes > 0),
  -- What the records said then.
  snapshot TEXT NOT NULL CHECK (json_type(snapshot) = 'object'),
  key_version INTEGER NOT NULL,
  -- The how manieth of its organization, and its bit in a status list of it.
  ordinal INTEGER NOT NULL CHECK (ordinal >= 1),
  status_list INTEGER NOT NULL CHECK (status_list >= 0),
  status_index INTEGER NOT NULL CHECK (status_index BETWEEN 0 AND 131071),
  -- What strangers see, and the secret of a link that shows them all; the holder's to change.
  disclosure TEXT NOT NULL CHECK (disclosure IN ('validity', 'summary', 'full')),
  share_sealed TEXT,
  UNIQUE (organization_id, status_list, status_index),
  UNIQUE (organization_id, ordinal),
  FOREIGN KEY (organization_id, key_version) REFERENCES organization_key (organization_id, version)
) STRICT;

CREATE INDEX certificate_of_volunteer ON certificate (volunteer_id, seq);

CREATE TRIGGER certificate_is_not_rewritten BEFORE UPDATE OF
  seq, number, volunteer_id, organization_id, project_id, first_day, last_day, issued_at, minutes,
  snapshot, key_version, ordinal, status_list, status_index ON certificate
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_keeps_its_name BEFORE UPDATE OF holder_name ON certificate
WHEN NEW.holder_name IS NOT NULL AND NEW.holder_name IS NOT OLD.holder_name
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_keeps_its_document BEFORE UPDATE OF
  id_document_kind, id_document_sealed ON certificate
WHEN NEW.id_document_sealed IS NOT NULL AND (
  NEW.id_document_sealed IS NOT OLD.id_document_sealed OR NEW.id_document_kind IS NOT OLD.id_document_kind)
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_is_not_deleted BEFORE DELETE ON certificate
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

-- The records it rests on.
CREATE TABLE certificate_record (
  certificate INTEGER NOT NULL REFERENCES certificate (seq),
  record INTEGER NOT NULL REFERENCES service_record (seq),
  PRIMARY KEY (certificate, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_record_by_record ON certificate_record (record, certificate);

CREATE TRIGGER certificate_rests_on_what_stands BEFORE INSERT ON certificate_record
WHEN NOT EXISTS (
  SELECT 1 FROM certificate c JOIN service_record r ON r.seq = NEW.record
  WHERE c.seq = NEW.certificate AND r.volunteer_id = c.volunteer_id
    AND r.organization_id = c.organization_id AND r.kind = 'service' AND r.minutes > 0
    AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq))
BEGIN
  SELECT RAISE(ABORT, 'certificate_rests_on_nothing');
END;

CREATE TRIGGER certificate_record_is_not_rewritten BEFORE UPDATE ON certificate_record
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_record_is_not_deleted BEFORE DELETE ON certificate_record
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

-- What became of a certificate: a record of it was corrected, or its holder had another one
-- issued under another name; or its organization took it back, and let the holder ask for
-- another one, now or later. Its bit stands here as well, so that a status list reads what
-- changed and no more.
CREATE TABLE certificate_change (
  certificate INTEGER NOT NULL REFERENCES certificate (seq),
  becomes TEXT NOT NULL CHECK (becomes IN ('superseded', 'revoked', 'released')),
  organization_id TEXT NOT NULL,
  status_list INTEGER NOT NULL,
  status_index INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- Why it was superseded.
  cause TEXT CHECK (cause IN ('corrected', 'renamed')),
  -- Why it was revoked.
  reason TEXT,
  actor TEXT NOT NULL,
  PRIMARY KEY (certificate, becomes),
  CONSTRAINT superseded_by_something CHECK ((becomes = 'superseded') = (cause IS NOT NULL)),
  CONSTRAINT revoked_for_a_reason CHECK (becomes <> 'revoked' OR reason IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_change_of_list
  ON certificate_change (organization_id, status_list, status_index);

CREATE TRIGGER only_what_was_revoked_is_released BEFORE INSERT ON certificate_change
WHEN NEW.becomes = 'released' AND NOT EXISTS (
  SELECT 1 FROM certificate_change x WHERE x.certificate = NEW.certificate AND x.becomes = 'revoked')
BEGIN
  SELECT RAISE(ABORT, 'nothing_was_revoked');
END;

CREATE TRIGGER certificate_change_is_not_rewritten BEFORE UPDATE ON certificate_change
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_change_is_not_deleted BEFORE DELETE ON certificate_change
BEGIN
  SELECT RAISE(ABORT, 'certificate_is_not_rewritten');
END;

CREATE TRIGGER certificate_is_superseded AFTER INSERT ON service_record
WHEN NEW.supersedes IS NOT NULL
BEGIN
  INSERT INTO certificate_change (
    certificate, becomes, organization_id, status_list, status_index, at, cause, actor)
  SELECT c.seq, 'superseded', c.organization_id, c.status_list, c.status_index, NEW.recorded_at,
    'corrected', NEW.recorded_by
  FROM certificate_record r JOIN certificate c ON c.seq = r.certificate
  WHERE r.record = NEW.supersedes
  ON CONFLICT (certificate, becomes) DO NOTHING;
END;

-- At any time one name stands for what one person gave, whoever recorded it.
CREATE TRIGGER certificate_names_one_person AFTER INSERT ON certificate
BEGIN
  INSERT INTO certificate_change (
    certificate, becomes, organization_id, status_list, status_index, at, cause, actor)
  SELECT c.seq, 'superseded', c.organization_id, c.status_list, c.status_index, NEW.issued_at,
    'renamed', 'volunteer:' || c.volunteer_id
  FROM certificate c
  WHERE c.volunteer_id = NEW.volunteer_id AND c.holder_name <> NEW.holder_name
    AND NOT EXISTS (SELECT 1 FROM certificate_change x WHERE x.certificate = c.seq);
END;

-- Times are milliseconds since the epoch, UTC, unless the name says otherwise.
-- Ids are UUIDv7 in text. Lists inside a row are JSON arrays.

-- GB/T 2260 division codes: 36, 3601, 360102, 9 digits a town, 12 a village.
CREATE TABLE region (
  code TEXT PRIMARY KEY CHECK (length(code) IN (2, 4, 6, 9, 12)),
  parent TEXT REFERENCES region (code),
  name TEXT NOT NULL,
  full_name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX region_children ON region (parent, code, name, full_name);

CREATE TABLE organization (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN (
    'social_organization', 'foundation', 'social_work_agency', 'private_non_enterprise_unit',
    'volunteer_team', 'village_committee', 'enterprise', 'public_institution')),
  credit_code TEXT UNIQUE,
  region TEXT NOT NULL REFERENCES region (code),
  about TEXT NOT NULL DEFAULT '',
  contact_phone TEXT,
  state TEXT NOT NULL CHECK (state IN ('unverified', 'verified', 'refused', 'suspended')),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
  token_hash TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE volunteer (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- Found by a keyed hash, readable only with the key.
  phone_hash TEXT NOT NULL UNIQUE,
  phone_sealed TEXT NOT NULL,
  birth_date TEXT CHECK (birth_date GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  adult_declared_at INTEGER,
  skills TEXT NOT NULL DEFAULT '[]' CHECK (json_type(skills) = 'array'),
  language TEXT NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
  calendar_hash TEXT UNIQUE,
  calendar_version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  organization_id TEXT NOT NULL REFERENCES organization (id),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'recorder', 'viewer')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, volunteer_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_by_volunteer ON member (volunteer_id, organization_id, role);

CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_volunteer ON session (volunteer_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE sign_in_code (
  id INTEGER PRIMARY KEY,
  phone_hash TEXT NOT NULL,
  address_hash TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 5),
  -- From other network addresses than the one that asked: a stranger's guesses use up
  -- their own, not the owner's.
  strange_attempts INTEGER NOT NULL DEFAULT 0 CHECK (strange_attempts BETWEEN 0 AND 5),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;

CREATE INDEX sign_in_code_by_phone ON sign_in_code (phone_hash, created_at);
CREATE INDEX sign_in_code_by_address ON sign_in_code (address_hash, created_at);
CREATE INDEX sign_in_code_by_age ON sign_in_code (created_at);

-- What the menu shows of a project stands in one row, names of others included,
-- so that a page of the menu reads one project row a line and nothing else.
CREATE TABLE project (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  client_ref TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'closed', 'cancelled')),
  organization_state TEXT NOT NULL,
  organization_name TEXT NOT NULL,
  field TEXT CHECK (field IN ('village', 'industry', 'education', 'health', 'relocation', 'care', 'other')),
  title TEXT,
  summary TEXT,
  region TEXT REFERENCES region (code),
  region_name TEXT,
  place TEXT,
  min_age INTEGER NOT NULL DEFAULT 14 CHECK (min_age BETWEEN 0 AND 80),
  skills TEXT NOT NULL DEFAULT '[]' CHECK (json_type(skills) = 'array'),
  -- The first open shift still to come, null when there is none; kept by the clock.
  next_starts_at INTEGER,
  seats_free INTEGER NOT NULL DEFAULT 0,
  waits_free INTEGER NOT NULL DEFAULT 0,
  published_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Words, days, skills and ages under which the menu finds it.
  terms TEXT NOT NULL DEFAULT '[]' CHECK (json_type(terms) = 'array'),
  sign_up_opens_at INTEGER,
  sign_up_closes_minutes INTEGER NOT NULL DEFAULT 0 CHECK (sign_up_closes_minutes BETWEEN 0 AND 43200),
  cancel_until_minutes INTEGER NOT NULL DEFAULT 1440 CHECK (cancel_until_minutes BETWEEN 0 AND 43200),
  travel_minutes INTEGER NOT NULL DEFAULT 30 CHECK (travel_minutes BETWEEN 0 AND 1440),
  change_reason TEXT,
  body_hash TEXT NOT NULL,
  content TEXT,
  conditions TEXT,
  how_to_sign_up TEXT,
  risks TEXT,
  safeguards TEXT,
  what_to_bring TEXT,
  listed INTEGER GENERATED ALWAYS AS (
    state = 'published' AND organization_state = 'verified' AND next_starts_at IS NOT NULL
  ) VIRTUAL,
  -- An index seeks by a pair only when both are columns of it, which a rowid is not.
  number INTEGER GENERATED ALWAYS AS (seq) VIRTUAL,
  UNIQUE (organization_id, client_ref),
  -- 志愿服务条例, article 12: what a recruitment notice must say.
  CONSTRAINT published_notice_is_complete CHECK (state = 'draft' AND published_at IS NULL OR (
    title IS NOT NULL AND field IS NOT NULL AND summary IS NOT NULL AND region IS NOT NULL
    AND place IS NOT NULL AND content IS NOT NULL AND conditions IS NOT NULL
    AND how_to_sign_up IS NOT NULL AND risks IS NOT NULL AND safeguards IS NOT NULL
    AND published_at IS NOT NULL))
) STRICT;

-- The menu in its two orders: as a whole, by field, by division at each level, by both.
-- An index on the project itself costs one row read a line; anything joined costs two.
CREATE INDEX menu_start ON project (next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_field ON project (field, next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_province ON project (substr(region, 1, 2), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_city ON project (substr(region, 1, 4), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_county ON project (substr(region, 1, 6), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_town ON project (substr(region, 1, 9), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_field_province ON project (field, substr(region, 1, 2), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_field_city ON project (field, substr(region, 1, 4), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_field_county ON project (field, substr(region, 1, 6), next_starts_at, number) WHERE listed;
CREATE INDEX menu_start_field_town ON project (field, substr(region, 1, 9), next_starts_at, number) WHERE listed;
CREATE INDEX menu_newest ON project (published_at, number) WHERE listed;
CREATE INDEX menu_newest_field ON project (field, published_at, number) WHERE listed;
CREATE INDEX menu_newest_province ON project (substr(region, 1, 2), published_at, number) WHERE listed;
CREATE INDEX menu_newest_city ON project (substr(region, 1, 4), published_at, number) WHERE listed;
CREATE INDEX menu_newest_county ON project (substr(region, 1, 6), published_at, number) WHERE listed;
CREATE INDEX menu_newest_town ON project (substr(region, 1, 9), published_at, number) WHERE listed;
CREATE INDEX menu_newest_field_province ON project (field, substr(region, 1, 2), published_at, number) WHERE listed;
CREATE INDEX menu_newest_field_city ON project (field, substr(region, 1, 4), published_at, number) WHERE listed;
CREATE INDEX menu_newest_field_county ON project (field, substr(region, 1, 6), published_at, number) WHERE listed;
CREATE INDEX menu_newest_field_town ON project (field, substr(region, 1, 9), published_at, number) WHERE listed;

CREATE INDEX project_due_for_refresh ON project (next_starts_at) WHERE next_starts_at IS NOT NULL;
CREATE INDEX project_of_organization ON project (organization_id, next_starts_at, number)
  WHERE state = 'published' AND next_starts_at IS NOT NULL;

CREATE TABLE shift (
  id TEXT PRIMARY KEY,
  project INTEGER NOT NULL REFERENCES project (seq),
  ref TEXT NOT NULL,
  role TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  -- The day it starts on where it takes place: ages count on that day.
  local_date TEXT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity BETWEEN 1 AND 10000),
  waitlist INTEGER NOT NULL DEFAULT 0 CHECK (waitlist BETWEEN 0 AND 10000),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'cancelled')),
  change_reason TEXT,
  confirmed INTEGER NOT NULL DEFAULT 0,
  waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  UNIQUE (project, ref),
  CONSTRAINT shift_lasts_up_to_a_day CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000),
  CONSTRAINT shift_not_overfilled CHECK (confirmed BETWEEN 0 AND capacity)
) STRICT, WITHOUT ROWID;

CREATE INDEX shift_by_start ON shift (project, starts_at);

CREATE TABLE signup (
  -- The order of arrival at the database, which is the order of the waiting list.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  shift_id TEXT NOT NULL REFERENCES shift (id),
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  state TEXT NOT NULL CHECK (state IN ('confirmed', 'waitlisted', 'cancelled', 'attended', 'absent')),
  -- The shift's times, kept equal by a trigger: a volunteer's calendar is read from here.
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  guardian_name TEXT,
  guardian_phone_sealed TEXT,
  guardian_accompanies INTEGER,
  -- What the volunteer tells the organizer.
  note TEXT,
  created_at INTEGER NOT NULL,
  promoted_at INTEGER,
  cancel_requested_at INTEGER,
  cancelled_at INTEGER,
  cancelled_by TEXT CHECK (cancelled_by IN ('volunteer', 'organization')),
  -- Rises with each change a calendar must follow (RFC 5545, SEQUENCE).
  revision INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX signup_once_a_shift ON signup (shift_id, volunteer_id) WHERE state <> 'cancelled';
CREATE INDEX signup_waiting ON signup (shift_id, seq) WHERE state = 'waitlisted';
CREATE INDEX signup_of_volunteer ON signup (volunteer_id, starts_at);
CREATE INDEX signup_of_shift ON signup (shift_id, seq);

CREATE TRIGGER signup_waits_only_in_line BEFORE INSERT ON signup
WHEN NEW.state = 'waitlisted' AND (SELECT waiting >= waitlist FROM shift WHERE id = NEW.shift_id)
BEGIN
  SELECT RAISE(ABORT, 'waitlist_full');
END;

CREATE TRIGGER signup_counted AFTER INSERT ON signup
BEGIN
  UPDATE shift
  SET confirmed = confirmed + (NEW.state IN ('confirmed', 'attended', 'absent')),
      waiting = waiting + (NEW.state = 'waitlisted')
  WHERE id = NEW.shift_id;
END;

CREATE TRIGGER signup_recounted AFTER UPDATE OF state ON signup
WHEN OLD.state <> NEW.state
BEGIN
  UPDATE shift
  SET confirmed = confirmed + (NEW.state IN ('confirmed', 'attended', 'absent'))
                            - (OLD.state IN ('confirmed', 'attended', 'absent')),
      waiting = waiting + (NEW.state = 'waitlisted') - (OLD.state = 'waitlisted')
  WHERE id = NEW.shift_id;
END;

CREATE TRIGGER signup_is_never_deleted BEFORE DELETE ON signup
BEGIN
  SELECT RAISE(ABORT, 'signup_is_never_deleted');
END;

CREATE TRIGGER shift_moves_its_signups AFTER UPDATE OF starts_at, ends_at ON shift
WHEN OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at
BEGIN
  UPDATE signup SET starts_at = NEW.starts_at, ends_at = NEW.ends_at, revision = revision + 1
  WHERE shift_id = NEW.id;
END;

-- Places left on shifts still to come. The clock sets next_starts_at and recounts with it.
CREATE TRIGGER shift_places_counted AFTER UPDATE OF confirmed, waiting ON shift
WHEN OLD.confirmed <> NEW.confirmed OR OLD.waiting <> NEW.waiting
BEGIN
  UPDATE project
  SET (seats_free, waits_free) = (
    SELECT coalesce(sum(s.capacity - s.confirmed), 0), coalesce(sum(max(s.waitlist - s.waiting, 0)), 0)
    FROM shift s
    WHERE s.project = NEW.project AND s.state = 'open' AND s.starts_at >= project.next_starts_at)
  WHERE seq = NEW.project;
END;

-- What a project has several of: an inverted index in the two orders, one row a term.
CREATE TABLE menu_by_start (
  term TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  project INTEGER NOT NULL REFERENCES project (seq),
  PRIMARY KEY (term, starts_at, project)
) STRICT, WITHOUT ROWID;

CREATE TABLE menu_by_newest (
  term TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  project INTEGER NOT NULL REFERENCES project (seq),
  PRIMARY KEY (term, published_at, project)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER project_enters_menu AFTER INSERT ON project
WHEN NEW.listed
BEGIN
  INSERT INTO menu_by_start SELECT value, NEW.next_starts_at, NEW.seq FROM json_each(NEW.terms);
  INSERT INTO menu_by_newest SELECT value, NEW.published_at, NEW.seq FROM json_each(NEW.terms);
END;

CREATE TRIGGER project_moves_on_menu
AFTER UPDATE OF state, organization_state, next_starts_at, terms ON project
WHEN OLD.listed <> NEW.listed OR OLD.terms <> NEW.terms OR OLD.next_starts_at IS NOT NEW.next_starts_at
BEGIN
  DELETE FROM menu_by_start
  WHERE term IN (SELECT value FROM json_each(OLD.terms))
    AND starts_at = OLD.next_starts_at AND project = OLD.seq;
  INSERT INTO menu_by_start
  SELECT value, NEW.next_starts_at, NEW.seq FROM json_each(NEW.terms) WHERE NEW.listed;
END;

CREATE TRIGGER project_ages_on_menu
AFTER UPDATE OF state, organization_state, next_starts_at, terms, published_at ON project
WHEN OLD.listed <> NEW.listed OR OLD.terms <> NEW.terms OR OLD.published_at IS NOT NEW.published_at
BEGIN
  DELETE FROM menu_by_newest
  WHERE term IN (SELECT value FROM json_each(OLD.terms))
    AND published_at = OLD.published_at AND project = OLD.seq;
  INSERT INTO menu_by_newest
  SELECT value, NEW.published_at, NEW.seq FROM json_each(NEW.terms) WHERE NEW.listed;
END;

CREATE TRIGGER organization_known_to_its_projects AFTER UPDATE OF name, state ON organization
WHEN OLD.name <> NEW.name OR OLD.state <> NEW.state
BEGIN
  UPDATE project SET organization_name = NEW.name, organization_state = NEW.state
  WHERE organization_id = NEW.id;
END;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  -- Either a volunteer, or a phone nobody may own yet.
  volunteer_id TEXT REFERENCES volunteer (id),
  phone_sealed TEXT,
  language TEXT NOT NULL DEFAULT 'zh',
  params TEXT NOT NULL DEFAULT '{}' CHECK (json_type(params) = 'object'),
  -- Delivered before what can wait: a code is good for ten minutes.
  urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1)),
  secret_sealed TEXT,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sent_at INTEGER,
  abandoned_at INTEGER,
  last_error TEXT,
  CONSTRAINT outbox_has_a_recipient CHECK ((volunteer_id IS NULL) <> (phone_sealed IS NULL))
) STRICT;

CREATE INDEX outbox_due ON outbox (urgent, due_at) WHERE sent_at IS NULL AND abandoned_at IS NULL;
CREATE INDEX outbox_of_volunteer ON outbox (volunteer_id, seq);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT,
  after TEXT,
  request_id TEXT NOT NULL
) STRICT;

CREATE INDEX audit_of_subject ON audit (subject, seq);

CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit_is_append_only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit_is_append_only');
END;

CREATE TABLE idempotency_key (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at);

-- A way to roll a batch back from inside: INSERT INTO abort_if SELECT 'code' WHERE …
CREATE TABLE abort_if (code TEXT NOT NULL) STRICT;

CREATE TRIGGER abort_if_any BEFORE INSERT ON abort_if
BEGIN
  SELECT RAISE(ABORT, NEW.code);
END;

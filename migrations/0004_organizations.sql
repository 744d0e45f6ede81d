-- Registration, verification, members, keys, and who coordinates a region.

-- Rises with each change of an organization's facts or state.
ALTER TABLE organization ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- For its coordinator and its own members, never for the public.
ALTER TABLE organization ADD COLUMN contact_name TEXT;
-- Public-fundraising qualification (慈善法, article 22): number and last day of the certificate.
ALTER TABLE organization ADD COLUMN fundraising_certificate TEXT;
ALTER TABLE organization ADD COLUMN fundraising_until TEXT
  CHECK ((fundraising_until IS NULL) = (fundraising_certificate IS NULL));
-- Since when it is in its state, by whose decision, and why; null until somebody decides.
ALTER TABLE organization ADD COLUMN state_since INTEGER;
ALTER TABLE organization ADD COLUMN state_region TEXT REFERENCES region (code);
ALTER TABLE organization ADD COLUMN state_office TEXT;
ALTER TABLE organization ADD COLUMN state_reason TEXT;

-- Most are verified; those in another state are few, and somebody looks for them.
CREATE INDEX organization_by_state ON organization (state, id);
CREATE INDEX organization_of_province ON organization (substr(region, 1, 2), id);
CREATE INDEX organization_of_city ON organization (substr(region, 1, 4), id);
CREATE INDEX organization_of_county ON organization (substr(region, 1, 6), id);
CREATE INDEX organization_of_town ON organization (substr(region, 1, 9), id);

-- The first characters of a key, by which its owners tell it from others.
ALTER TABLE api_key ADD COLUMN hint TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN created_by TEXT REFERENCES volunteer (id);
-- A day in Beijing: by the day, so that a key in use is written once a day.
ALTER TABLE api_key ADD COLUMN last_used_on TEXT;

CREATE INDEX api_key_of_organization ON api_key (organization_id, created_at);

-- An organization always has somebody who may do everything, whoever goes and whenever.
CREATE TRIGGER last_owner_does_not_leave BEFORE DELETE ON member
WHEN OLD.role = 'owner' AND NOT EXISTS (
  SELECT 1 FROM member
  WHERE organization_id = OLD.organization_id AND role = 'owner' AND volunteer_id <> OLD.volunteer_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;

CREATE TRIGGER last_owner_is_not_demoted BEFORE UPDATE OF role ON member
WHEN OLD.role = 'owner' AND NEW.role <> 'owner' AND NOT EXISTS (
  SELECT 1 FROM member
  WHERE organization_id = OLD.organization_id AND role = 'owner' AND volunteer_id <> OLD.volunteer_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;

-- Somebody with a certain phone is asked to join, whether or not they are known yet.
CREATE TABLE invitation (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  phone_hash TEXT NOT NULL,
  phone_sealed TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'recorder', 'viewer')),
  invited_by TEXT NOT NULL REFERENCES volunteer (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  outcome TEXT CHECK (outcome IN ('accepted', 'declined', 'withdrawn', 'expired')),
  ended_at INTEGER,
  CHECK ((outcome IS NULL) = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX invitation_once ON invitation (organization_id, phone_hash) WHERE ended_at IS NULL;
CREATE INDEX invitation_of_phone ON invitation (phone_hash) WHERE ended_at IS NULL;
CREATE INDEX invitation_by_age ON invitation (organization_id, created_at);
CREATE INDEX invitation_by_expiry ON invitation (expires_at);

-- Who coordinates a region and everything below it. Appointed by phone; those appointed
-- at deployment, where no phone can be looked up, by a code that is shown once.
CREATE TABLE coordinator (
  id TEXT PRIMARY KEY,
  region TEXT NOT NULL REFERENCES region (code),
  -- What the public reads instead of a person: 赣州市民政局.
  office TEXT NOT NULL,
  phone_hash TEXT,
  phone_sealed TEXT,
  code_hash TEXT UNIQUE,
  code_expires_at INTEGER,
  appointed_by TEXT REFERENCES volunteer (id),
  created_at INTEGER NOT NULL,
  CHECK ((phone_hash IS NULL) = (phone_sealed IS NULL)),
  CHECK ((phone_hash IS NULL) = (code_hash IS NOT NULL)),
  CHECK ((code_hash IS NULL) = (code_expires_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX coordinator_by_phone ON coordinator (phone_hash, region) WHERE phone_hash IS NOT NULL;
CREATE INDEX coordinator_by_region ON coordinator (region);
CREATE INDEX coordinator_by_code_expiry ON coordinator (code_expires_at) WHERE code_expires_at IS NOT NULL;

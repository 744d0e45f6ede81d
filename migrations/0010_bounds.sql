-- What an organization hands in is counted by the day, also what never became an import.
ALTER TABLE upload ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX upload_by_day ON upload (organization_id, created_at, bytes);
CREATE INDEX import_by_day ON import (organization_id, created_at, total);

-- Old messages are found by their age, a slice at a time.
CREATE INDEX outbox_by_age ON outbox (created_at);

-- Whom how many organizations have invited of late.
CREATE INDEX invitation_by_phone ON invitation (phone_hash, created_at, organization_id);

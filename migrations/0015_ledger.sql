-- The ledger: service records in a Merkle log (RFC 6962). Record n is leaf n - 1. Whatever
-- was sealed stays as it was.

-- Tiles of 256 hashes (C2SP tlog-tiles): level 0 holds the hashes of leaves, each level
-- above it those of full tiles below.
CREATE TABLE ledger_tile (
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 5),
  idx INTEGER NOT NULL CHECK (idx >= 0),
  -- One after the other, in hexadecimal.
  hashes TEXT NOT NULL CHECK (length(hashes) BETWEEN 64 AND 16384 AND length(hashes) % 64 = 0),
  PRIMARY KEY (level, idx)
) STRICT;

-- A tile grows to the right until it is full, and never changes else.
CREATE TRIGGER ledger_tile_only_grows BEFORE UPDATE ON ledger_tile
WHEN NEW.level <> OLD.level OR NEW.idx <> OLD.idx OR length(NEW.hashes) <= length(OLD.hashes)
  OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

-- INSERT OR REPLACE would delete without asking.
CREATE TRIGGER ledger_tile_is_not_replaced BEFORE INSERT ON ledger_tile
WHEN EXISTS (SELECT 1 FROM ledger_tile WHERE level = NEW.level AND idx = NEW.idx)
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

CREATE TRIGGER ledger_tile_is_not_deleted BEFORE DELETE ON ledger_tile
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

-- What was signed of the tree at a size (C2SP tlog-checkpoint).
CREATE TABLE ledger_checkpoint (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  -- In hexadecimal; the note holds the same in base64.
  root TEXT NOT NULL CHECK (length(root) = 64),
  note TEXT NOT NULL,
  sealed_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER ledger_checkpoint_extends_the_last BEFORE INSERT ON ledger_checkpoint
WHEN EXISTS (SELECT 1 FROM ledger_checkpoint WHERE size >= NEW.size)
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

CREATE TRIGGER ledger_checkpoint_is_not_rewritten BEFORE UPDATE ON ledger_checkpoint
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

CREATE TRIGGER ledger_checkpoint_is_not_deleted BEFORE DELETE ON ledger_checkpoint
BEGIN
  SELECT RAISE(ABORT, 'ledger_is_append_only');
END;

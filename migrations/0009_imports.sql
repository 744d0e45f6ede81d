-- What an organization hands in to be published: a file, one row a project, as it came.
CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  format TEXT NOT NULL CHECK (format IN ('ndjson', 'csv')),
  -- The columns of a CSV, by the names the API gives them.
  columns TEXT CHECK (json_type(columns) = 'array'),
  created_at INTEGER NOT NULL,
  -- About to be deleted with all that came of it.
  forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_by_age ON upload (created_at);
CREATE INDEX upload_forgotten ON upload (id) WHERE forgotten = 1;

CREATE TABLE upload_line (
  upload_id TEXT NOT NULL REFERENCES upload (id),
  seq INTEGER NOT NULL CHECK (seq > 0),
  -- Where it begins in the file, as an editor or a spreadsheet numbers its lines.
  line INTEGER NOT NULL,
  -- JSON as it came, or the rows of a CSV: [[line, [cell, …]], …]. Null: too long to be taken.
  source TEXT,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (upload_id, seq)
) STRICT, WITHOUT ROWID;

-- Publishing what was handed in, or trying what that would do.
CREATE TABLE import (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  upload_id TEXT NOT NULL REFERENCES upload (id),
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled')),
  -- In whose name it goes on when nobody asks.
  actor TEXT NOT NULL,
  total INTEGER NOT NULL CHECK (total > 0),
  -- How many lines are behind it. It moves in the transaction that does them.
  done INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  replaced INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  -- Until when somebody is at it, and how often somebody began without getting further.
  leased_until INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  CONSTRAINT import_counts_every_line CHECK (
    done = created + replaced + unchanged + refused AND done <= total
    AND (state <> 'done' OR done = total)
    AND (finished_at IS NOT NULL) = (state IN ('done', 'cancelled')))
) STRICT, WITHOUT ROWID;

CREATE INDEX import_of_organization ON import (organization_id, id);
CREATE INDEX import_of_upload ON import (upload_id);
CREATE INDEX import_due ON import (leased_until, id) WHERE state IN ('queued', 'running');

CREATE TABLE import_result (
  import_id TEXT NOT NULL REFERENCES import (id),
  seq INTEGER NOT NULL,
  line INTEGER NOT NULL,
  -- The organization's own name for the project, when the line had one.
  reference TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('created', 'replaced', 'unchanged', 'refused')),
  -- Why it was refused: {"code", "zh", "en", "faults": [{"pointer", "line", "column", "zh", "en"}]}
  refusal TEXT CHECK (json_type(refusal) = 'object'),
  PRIMARY KEY (import_id, seq),
  CONSTRAINT import_refuses_with_a_reason CHECK ((refusal IS NOT NULL) = (outcome = 'refused'))
) STRICT, WITHOUT ROWID;

CREATE INDEX import_result_by_reference ON import_result (import_id, reference, line);
CREATE INDEX import_result_refused ON import_result (import_id, seq) WHERE outcome = 'refused';

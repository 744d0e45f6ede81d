-- What a person should look at among the records, and what was said to it. Hours follow
-- from records alone: nothing here has a way to them.

-- How far the daily look at new records has come.
CREATE TABLE signal_pass (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  -- The day, in Beijing, that began the pass under way or the last one.
  on_date TEXT NOT NULL CHECK (on_date GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  -- The last record looked at, and where this pass ends.
  seq INTEGER NOT NULL,
  until INTEGER NOT NULL CHECK (until >= seq)
) STRICT;

INSERT INTO signal_pass (one, on_date, seq, until) VALUES (1, '2000-01-01', 0, 0);

CREATE TABLE signal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('same_second', 'round_numbers', 'impossible_travel',
    'more_than_seats', 'before_publication', 'mostly_late')),
  -- What makes two findings the same one, which is made once.
  finding TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  -- Whose coordinators look: the organization's region when it was found.
  region TEXT NOT NULL REFERENCES region (code),
  shift_id TEXT REFERENCES shift (id),
  project_id TEXT REFERENCES project (id),
  -- Places in the ledger of the records it is about, the first of them where they are many.
  records TEXT NOT NULL CHECK (json_type(records) = 'array'),
  -- The numbers of the finding; the reason in words is told from them.
  facts TEXT NOT NULL CHECK (json_type(facts) = 'object'),
  found_at INTEGER NOT NULL,
  -- The last decision; `open` before any.
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'nothing_wrong', 'to_correct', 'to_investigate'))
) STRICT;

-- Where a signal is listed: under its organization and under each division that held it when
-- it was found, there among those of its kind and, with an empty kind, among all.
CREATE TABLE signal_line (
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  seq INTEGER NOT NULL,
  PRIMARY KEY (scope, kind, open, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER signal_is_listed AFTER INSERT ON signal
BEGIN
  INSERT INTO signal_line (scope, kind, open, seq)
  SELECT NEW.organization_id, k.value, NEW.state = 'open', NEW.seq
  FROM json_each(json_array('', NEW.kind)) k
  UNION ALL
  SELECT substr(NEW.region, 1, n.value), k.value, NEW.state = 'open', NEW.seq
  FROM json_each('[2, 4, 6, 9, 12]') n JOIN json_each(json_array('', NEW.kind)) k
  WHERE n.value <= length(NEW.region);
END;

CREATE TRIGGER signal_is_listed_as_it_stands AFTER UPDATE OF state ON signal
WHEN (OLD.state = 'open') <> (NEW.state = 'open')
BEGIN
  UPDATE signal_line SET open = (NEW.state = 'open')
  WHERE scope IN (
      SELECT NEW.organization_id
      UNION ALL
      SELECT substr(NEW.region, 1, n.value) FROM json_each('[2, 4, 6, 9, 12]') n
      WHERE n.value <= length(NEW.region))
    AND kind IN ('', NEW.kind) AND open = (OLD.state = 'open') AND seq = NEW.seq;
END;

CREATE TRIGGER signal_is_not_rewritten BEFORE UPDATE ON signal
WHEN (OLD.seq, OLD.id, OLD.kind, OLD.finding, OLD.organization_id, OLD.region, OLD.records, OLD.facts, OLD.found_at)
  <> (NEW.seq, NEW.id, NEW.kind, NEW.finding, NEW.organization_id, NEW.region, NEW.records, NEW.facts, NEW.found_at)
  OR OLD.shift_id IS NOT NEW.shift_id OR OLD.project_id IS NOT NEW.project_id
BEGIN
  SELECT RAISE(ABORT, 'signal_is_append_only');
END;

CREATE TRIGGER signal_is_not_deleted BEFORE DELETE ON signal
BEGIN
  SELECT RAISE(ABORT, 'signal_is_append_only');
END;

-- INSERT OR REPLACE would delete without asking. What was found before changes nothing.
CREATE TRIGGER signal_is_not_replaced BEFORE INSERT ON signal
WHEN EXISTS (SELECT 1 FROM signal s WHERE s.finding = NEW.finding)
  OR EXISTS (SELECT 1 FROM signal s WHERE s.id = NEW.id)
  OR EXISTS (SELECT 1 FROM signal s WHERE s.seq = NEW.seq)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- What coordinators decided and what the organization replied, in order.
CREATE TABLE signal_step (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  signal INTEGER NOT NULL REFERENCES signal (seq),
  -- None for a reply.
  decision TEXT CHECK (decision IN ('nothing_wrong', 'to_correct', 'to_investigate')),
  words TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  -- The coordinator's, which is read instead of a name.
  office TEXT,
  CONSTRAINT an_office_decides CHECK ((decision IS NULL) = (office IS NULL))
) STRICT;

CREATE INDEX signal_step_of_signal ON signal_step (signal, seq);

CREATE TRIGGER signal_stands_as_last_decided AFTER INSERT ON signal_step
WHEN NEW.decision IS NOT NULL
BEGIN
  UPDATE signal SET state = NEW.decision WHERE seq = NEW.signal;
END;

CREATE TRIGGER signal_step_is_not_rewritten BEFORE UPDATE ON signal_step
BEGIN
  SELECT RAISE(ABORT, 'signal_step_is_append_only');
END;

CREATE TRIGGER signal_step_is_not_deleted BEFORE DELETE ON signal_step
BEGIN
  SELECT RAISE(ABORT, 'signal_step_is_append_only');
END;

-- As above, and so below.
CREATE TRIGGER signal_step_is_not_replaced BEFORE INSERT ON signal_step
WHEN EXISTS (SELECT 1 FROM signal_step e WHERE e.seq = NEW.seq)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- What one recorder entered, in the order of time.
CREATE INDEX service_record_of_recorder ON service_record (organization_id, recorded_by, recorded_at);

-- Records handed over to another system: the sync mark, each under that system's own name
-- for it.
CREATE TABLE record_transfer (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  record INTEGER NOT NULL REFERENCES service_record (seq),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  system TEXT NOT NULL,
  reference TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  CONSTRAINT handed_over_once UNIQUE (record, system)
) STRICT;

CREATE TRIGGER record_transfer_is_not_rewritten BEFORE UPDATE ON record_transfer
BEGIN
  SELECT RAISE(ABORT, 'record_transfer_is_append_only');
END;

CREATE TRIGGER record_transfer_is_not_deleted BEFORE DELETE ON record_transfer
BEGIN
  SELECT RAISE(ABORT, 'record_transfer_is_append_only');
END;

CREATE TRIGGER record_transfer_is_not_replaced BEFORE INSERT ON record_transfer
WHEN EXISTS (SELECT 1 FROM record_transfer m WHERE m.record = NEW.record AND m.system = NEW.system)
  OR EXISTS (SELECT 1 FROM record_transfer m WHERE m.seq = NEW.seq)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- Hours recorded elsewhere, under the name of who recorded them. They are no service
-- records: totals, stars and certificates know nothing of them.
CREATE TABLE outside_hours (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  volunteer_id TEXT NOT NULL REFERENCES volunteer (id),
  -- The system or organization that recorded them, and its own name for the record.
  source TEXT NOT NULL,
  reference TEXT NOT NULL,
  activity TEXT NOT NULL,
  on_date TEXT NOT NULL CHECK (on_date GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  minutes INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 2880),
  organization_id TEXT NOT NULL REFERENCES organization (id),
  imported_at INTEGER NOT NULL,
  actor TEXT NOT NULL
) STRICT;

CREATE INDEX outside_hours_of_volunteer ON outside_hours (volunteer_id, seq);
CREATE INDEX outside_hours_by_reference ON outside_hours (volunteer_id, source, reference, seq);

CREATE TRIGGER outside_hours_are_not_rewritten BEFORE UPDATE ON outside_hours
BEGIN
  SELECT RAISE(ABORT, 'outside_hours_are_append_only');
END;

-- What stands is brought in once by an organization; what was struck can be brought in anew.
CREATE TRIGGER outside_hours_are_not_replaced BEFORE INSERT ON outside_hours
WHEN EXISTS (
    SELECT 1 FROM outside_hours x
    WHERE x.volunteer_id = NEW.volunteer_id AND x.source = NEW.source AND x.reference = NEW.reference
      AND x.organization_id = NEW.organization_id
      AND NOT EXISTS (SELECT 1 FROM outside_hours_strike k WHERE k.outside_hours = x.seq))
  OR EXISTS (SELECT 1 FROM outside_hours x WHERE x.id = NEW.id)
  OR EXISTS (SELECT 1 FROM outside_hours x WHERE x.seq = NEW.seq)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- No law asks to keep what another body recorded: it goes with whoever leaves.
CREATE TRIGGER outside_hours_are_not_deleted BEFORE DELETE ON outside_hours
WHEN NOT EXISTS (SELECT 1 FROM volunteer v WHERE v.id = OLD.volunteer_id AND v.phone_hash GLOB 'left:*')
BEGIN
  SELECT RAISE(ABORT, 'outside_hours_are_append_only');
END;

-- The volunteer says: not mine.
CREATE TABLE outside_hours_strike (
  outside_hours INTEGER PRIMARY KEY REFERENCES outside_hours (seq),
  at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER outside_hours_strike_is_not_rewritten BEFORE UPDATE ON outside_hours_strike
BEGIN
  SELECT RAISE(ABORT, 'outside_hours_strike_is_append_only');
END;

CREATE TRIGGER outside_hours_strike_is_not_replaced BEFORE INSERT ON outside_hours_strike
WHEN EXISTS (SELECT 1 FROM outside_hours_strike k WHERE k.outside_hours = NEW.outside_hours)
BEGIN
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER outside_hours_strike_is_not_deleted BEFORE DELETE ON outside_hours_strike
WHEN NOT EXISTS (
  SELECT 1 FROM outside_hours x JOIN volunteer v ON v.id = x.volunteer_id
  WHERE x.seq = OLD.outside_hours AND v.phone_hash GLOB 'left:*')
BEGIN
  SELECT RAISE(ABORT, 'outside_hours_strike_is_append_only');
END;

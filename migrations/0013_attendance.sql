-- Wrong codes of the last day, so that nobody finds one by trying.
CREATE TABLE attendance_attempt (
  seq INTEGER PRIMARY KEY,
  signup_id TEXT NOT NULL REFERENCES signup (id),
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX attendance_attempt_of_signup ON attendance_attempt (signup_id, at);
CREATE INDEX attendance_attempt_by_time ON attendance_attempt (at);

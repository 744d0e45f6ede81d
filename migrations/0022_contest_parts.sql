-- Whoever belongs to an organization that entered has an interest in the contest: what is
-- not public yet, scores, counts and lines of the log among it, is not shown to them,
-- whatever office they have. Judges have none of these offices.
CREATE VIEW contest_interest AS
SELECT e.contest_id, m.volunteer_id
FROM contest_entry e
JOIN member m ON m.organization_id = e.organization_id
WHERE e.number IS NOT NULL;

-- Which entries are in a stage: those that take part and, where an earlier stage lets only
-- some go on, went on by its result as it is published.
CREATE VIEW contest_taking_part AS
SELECT s.contest_id, s.stage, e.id AS entry_id
FROM contest_stage s
JOIN contest_entry e ON e.contest_id = s.contest_id AND e.state = 'submitted'
WHERE NOT EXISTS (
  SELECT 1 FROM contest_stage b
  WHERE b.contest_id = s.contest_id AND b.place < s.place AND json_extract(b.document, '$.advance') IS NOT NULL
    AND NOT EXISTS (
      SELECT 1 FROM contest_placing p
      JOIN contest_result r ON r.contest_id = p.contest_id AND r.stage = p.stage AND r.version = p.version
      WHERE p.entry_id = e.id AND p.stage = b.stage AND p.goes_on = 1 AND r.published_at IS NOT NULL
        AND NOT EXISTS (
          SELECT 1 FROM contest_result n
          WHERE n.contest_id = r.contest_id AND n.stage = r.stage AND n.version > r.version
            AND n.published_at IS NOT NULL)));

-- Which ballots count: handed in, for an entry that takes part, by a judge without a conflict,
-- declared or not.
CREATE VIEW contest_counted_ballot AS
SELECT b.contest_id, b.stage, b.entry_id, e.number AS entry, e.track, b.judge_id, j.number AS judge,
  b.scores, b.comment, b.version
FROM contest_ballot b
JOIN contest_assignment a ON a.contest_id = b.contest_id AND a.stage = b.stage
  AND a.entry_id = b.entry_id AND a.judge_id = b.judge_id
JOIN contest_entry e ON e.id = b.entry_id
JOIN contest_judge j ON j.id = b.judge_id
WHERE b.submitted_at IS NOT NULL AND e.state = 'submitted' AND a.ended_for IS NOT 'conflict'
  AND NOT EXISTS (
    SELECT 1 FROM contest_avoids v WHERE v.judge_id = b.judge_id AND v.entry_id = b.entry_id);

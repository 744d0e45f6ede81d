-- Whoever belongs to an organization that entered has an interest in the contest: what is
-- not public yet, scores, counts and lines of the log among it, is not shown to them,
-- whatever office they have. Judges have none of these offices.
CREATE VIEW contest_interest AS
SELECT e.contest_id, m.volunteer_id
FROM contest_entry e
JOIN member m ON m.organization_id = e.organization_id
WHERE e.number IS NOT NULL;

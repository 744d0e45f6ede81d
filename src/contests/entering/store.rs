//! SQL of entries.

mod checking;
mod commenting;
mod reading;
mod writing;

pub use checking::{Checked, check};
pub use commenting::JudgeComment;
pub use reading::{
    EntryLine, EntryRow, Found, Listed, OwnEntry, OwnPage, Wanted, list, of_organization, one, own,
};
pub use writing::{Act, Before, Change, Loaded, Written, load, load_new, write};

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! organization_agent {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}
use organization_agent;

/// The same of an entry `?3`.
macro_rules! entry_agent {
    () => {
        concat!(
            "
WITH target AS (SELECT organization_id FROM contest_entry WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}
use entry_agent;

/// An entry `e` as it is answered.
macro_rules! entry_columns {
    () => {
        "
SELECT e.id, e.contest_id, e.number, e.project_id, e.organization_id, o.name AS organization_name,
  e.track, e.state, e.state_reason, e.title, e.words, e.attachments, e.facts, e.submitted_at,
  e.checked_at, e.version, e.created_at, e.updated_at
FROM contest_entry e
JOIN organization o ON o.id = e.organization_id
"
    };
}
use entry_columns;

/// What the records in force of a project say.
macro_rules! facts {
    ($project:literal) => {
        concat!(
            "(
  WITH r AS (
    SELECT r.volunteer_id, r.shift_id, r.on_date, r.minutes, r.grade, r.facts ->> 'region_name' AS region_name
    FROM service_record r
    WHERE r.project_id = ",
            $project,
            " AND r.kind = 'service' AND r.minutes > 0
      AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq))
  SELECT json_object(
    'people', count(DISTINCT volunteer_id), 'shifts', count(DISTINCT shift_id), 'records', count(*),
    'minutes', json_object(
      'a', coalesce(sum(minutes) FILTER (WHERE grade = 'A'), 0),
      'b', coalesce(sum(minutes) FILTER (WHERE grade = 'B'), 0),
      'c', coalesce(sum(minutes) FILTER (WHERE grade = 'C'), 0),
      'd', coalesce(sum(minutes) FILTER (WHERE grade = 'D'), 0)),
    'from', min(on_date), 'until', max(on_date),
    'places', json((SELECT json_group_array(p.region_name) FROM (
      SELECT DISTINCT region_name FROM r WHERE region_name IS NOT NULL ORDER BY region_name LIMIT 50) p)),
    'ledger_size', (SELECT coalesce(max(seq), 0) FROM service_record))
  FROM r)"
        )
    };
}
use facts;

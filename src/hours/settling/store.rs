//! SQL of settling. Whoever settles is answered from one reading of the shift; the writing
//! that follows holds only while the shift stands as it was read.

mod absences;
mod adding;
mod listing;
mod reading;
mod settling;

pub use absences::{Absence, Answered, Excuse, absence, answered, reply};
pub use adding::add;
pub use listing::{
    Due, DueAfter, DuePage, RecordFilter, due_in_reach, due_of_organization, due_statement,
    overdue_statement, records, records_statement,
};
pub use reading::{Held, Loaded, Person, RecordRow, Recorded, ShiftRow, load, record};
pub use settling::{NewRecord, Settled, Settlement, Wanted, settle};

/// A shift, and who would act on it. `?1` credential, `?2` now, `?3` shift, `?4` roles and
/// `?5` scopes that may.
macro_rules! of_shift {
    () => {
        concat!(
            "
WITH target AS (
  SELECT h.id, h.role, h.starts_at, h.ends_at, h.state AS shift_state, h.settled_at, p.id AS project_id,
    p.title, p.field, p.region, p.region_name, p.place, p.content, p.organization_id,
    p.organization_name, p.organization_state
  FROM shift h JOIN project p ON p.seq = h.project
  WHERE h.id = ?3 AND p.state <> 'draft'),
",
            crate::organizations::agent!()
        )
    };
}
use of_shift;

/// Rises with everything a settlement of the shift `t` rests on: evidence, records, absences,
/// who has a seat, and when.
macro_rules! version {
    () => {
        "(coalesce((SELECT max(e.seq) FROM attendance e WHERE e.shift_id = t.id), 0)
    + coalesce((SELECT max(r.seq) FROM service_record r WHERE r.shift_id = t.id), 0)
    + (SELECT count(*) FROM absence a WHERE a.shift_id = t.id)
    + (SELECT coalesce(sum(s.revision + 1), 0) FROM signup s WHERE s.shift_id = t.id)
    + (t.settled_at IS NOT NULL))"
    };
}
use version;

//! SQL of results. Who asks, and what they may see before all may, is part of each question.

pub mod approving;
pub mod awards;
pub mod drawing_up;
pub mod finishing;
pub mod objecting;
pub mod placings;
pub mod reading;
pub mod texts;

/// `?1` session, `?2` now, `?3` contest, `?4` stage, `?5` version. `visible`: that result,
/// if whoever asks may know of it; `whole` when all of it, not only who goes on; `named`
/// when entries may be named: later stages are not blind.
macro_rules! visible {
    () => {
        concat!(
            "WITH ",
            crate::contests::judging::store::caller!(),
            ",
reader AS (SELECT 1 FROM caller WHERE reads AND NOT interested),
visible AS (
  SELECT r.contest_id, r.stage, r.version, r.document,
    EXISTS (SELECT 1 FROM reader) OR l.stage = r.stage OR EXISTS (
      SELECT 1 FROM contest_result e
      WHERE e.contest_id = r.contest_id AND e.stage = l.stage AND e.published_at IS NOT NULL) AS whole,
    EXISTS (SELECT 1 FROM reader) OR NOT EXISTS (
      SELECT 1 FROM contest_stage n
      WHERE n.contest_id = r.contest_id AND n.place > s.place AND n.closes_at > ?2
        AND json_extract(n.document, '$.blind') = 1) AS named
  FROM contest_result r
  JOIN contest_stage s ON s.contest_id = r.contest_id AND s.stage = r.stage
  JOIN contest_stage l ON l.contest_id = r.contest_id AND l.place = (
    SELECT max(j.place) FROM contest_stage j WHERE j.contest_id = r.contest_id AND j.kind <> 'eligibility')
  WHERE r.contest_id = ?3 AND r.stage = ?4 AND r.version = ?5
    AND (r.published_at IS NOT NULL OR EXISTS (SELECT 1 FROM reader)))"
        )
    };
}
use visible;

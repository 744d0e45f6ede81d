//! SQL of divisions.

use super::{Region, RegionCode};
use crate::bind;
use crate::platform::db::{Db, DbError};

const CHILDREN: &str = "
SELECT code, name, full_name FROM region WHERE parent IS ?1 ORDER BY code";

/// The divisions directly below one, or the provinces.
pub async fn children(db: &Db, parent: Option<&RegionCode>) -> Result<Vec<Region>, DbError> {
    db.rows(bind!(CHILDREN, parent.map(RegionCode::as_str)))
        .await
}

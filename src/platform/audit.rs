//! Every privileged act leaves a row: who, what, when, before, after.

use super::db::Statement;
use super::visit::Visit;
use crate::bind;

const RECORD: &str = "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7";

/// An act to be recorded in the batch that does it.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// `api_key:…`, `volunteer:…` or `clock`.
    pub actor: String,
    /// `project.replaced`, `signup.cancelled` …
    pub action: &'a str,
    /// `project:…`, `signup:…`
    pub subject: String,
    /// JSON, when there was something before.
    pub before: Option<String>,
    /// JSON, when there is something after.
    pub after: Option<String>,
}

impl Act<'_> {
    /// The statement that records it.
    pub fn record(self, visit: &Visit) -> Statement {
        bind!(
            RECORD,
            visit.now,
            self.actor,
            self.action,
            self.subject,
            self.before,
            self.after,
            &*visit.request_id,
        )
    }
}

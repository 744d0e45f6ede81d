//! Leaving: a volunteer withdraws the consent to hold what identifies them (个人信息保护法,
//! articles 15 and 47). Who they were is gone for good; what they did stays without them:
//! service records are kept for ten years and longer (志愿服务记录与证明出具办法), and no
//! ledger leaf or certificate loses its footing.
//!
//! What stays besides is not theirs to take away: what organizations wrote as the reason of
//! a correction or in a message to a whole shift, and evidence of attendance and audit rows,
//! which know them by an id that stands for nobody any more.

pub mod api;
pub mod pages;
pub mod store;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// What is read instead of a name.
pub const GONE: &str = "已注销";

/// An organization somebody cannot leave alone.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Owned {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// An error while an organization would be left without an owner.
pub fn require_successors(owned: &[Owned]) -> Result<(), Problem> {
    match owned.is_empty() {
        true => Ok(()),
        false => Err(last_owner(owned)),
    }
}

/// 409: these organizations would be left without an owner; `organizations` names them.
fn last_owner(owned: &[Owned]) -> Problem {
    let names: Vec<&str> = owned.iter().map(|one| one.name.as_str()).collect();
    Problem::new(
        StatusCode::CONFLICT,
        "last_owner",
        Words::new(
            format!("您是组织的最后一位负责人，请先移交：{}", names.join("、")),
            format!(
                "You are the last owner; hand over first: {}",
                names.join(", ")
            ),
        ),
    )
    .with("organizations", json!(owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;

    #[test]
    fn whoever_owns_alone_is_told_what() {
        assert!(require_successors(&[]).is_ok());
        let owned = Owned {
            id: "o".to_owned(),
            name: "邻里社".to_owned(),
        };
        let problem = require_successors(&[owned]).unwrap_err();
        assert_eq!(problem.code(), "last_owner");
        assert!(problem.title(Lang::Zh).contains("邻里社"));
    }
}

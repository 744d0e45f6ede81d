//! Which webhook a path speaks of.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::platform::input::{Path, parse_id};
use crate::platform::problem::Problem;

/// An organization and its webhook, the first two of a path's parameters.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Hook {
    /// The organization's id
    #[param(rename = "org")]
    pub organization: Uuid,
    /// The webhook's id
    pub webhook: Uuid,
}

impl Hook {
    /// Its page in the console.
    pub fn page(self) -> String {
        format!("{}/{}", self.list(), self.webhook)
    }

    /// The page of all of them.
    pub fn list(self) -> String {
        format!("/organizations/{}/webhooks", self.organization)
    }
}

/// A delivery of a webhook, the third of the path's parameters.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfDelivery {
    /// The delivery's id
    #[param(example = "msg_0f8fad5bd9cb469fa16570867728950e")]
    pub delivery: String,
}

async fn part<S: Send + Sync>(parts: &mut Parts, state: &S, at: usize) -> Result<String, Problem> {
    let Path(all) = Path::<Vec<String>>::from_request_parts(parts, state).await?;
    all.into_iter().nth(at).ok_or_else(Problem::not_found)
}

impl<S: Send + Sync> FromRequestParts<S> for Hook {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self {
            organization: parse_id(&part(parts, state, 0).await?)?,
            webhook: parse_id(&part(parts, state, 1).await?)?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OfDelivery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let delivery = part(parts, state, 2).await?;
        Ok(Self { delivery })
    }
}

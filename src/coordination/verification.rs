//! What a coordinator may decide on an organization, and what comes of it.

use axum::http::StatusCode;
use deserr::Deserr;
use utoipa::ToSchema;

use crate::choice;
use crate::organizations::OrganizationState;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Choice as _;
use crate::platform::problem::Problem;
use crate::platform::text::Prose;

choice! {
    /// A coordinator's decision on an organization.
    Decision {
        /// It is who it says: its projects may be on the menu.
        Verify = "verify",
        /// It is not, or not shown to be: `reason` says what is missing.
        Refuse = "refuse",
        /// Stop: its projects leave the menu; `reason` says why.
        Suspend = "suspend",
        /// The reason for suspending is gone.
        Reinstate = "reinstate",
    }
}

/// A decision, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DecisionBody {
    /// What is decided.
    pub decision: Decision,
    /// Why: needed to refuse and to suspend. The owners are told.
    #[deserr(default)]
    pub reason: Option<Prose<500>>,
}

impl DecisionBody {
    /// An error unless a reason is there where one is owed.
    pub fn check(&self) -> Result<(), Problem> {
        if self.decision.needs_reason() && self.reason.is_none() {
            return Err(Problem::invalid(FieldErrors::one(
                "/reason",
                Words::new("请写明原因", "is needed for this decision"),
            )));
        }
        Ok(())
    }
}

impl Decision {
    /// From which states it can be taken, and to which it leads. Suspension is not
    /// verified away: it ends as openly as it began.
    pub fn from_to(self) -> (&'static [OrganizationState], OrganizationState) {
        use OrganizationState::{Refused, Suspended, Unverified, Verified};
        match self {
            Self::Verify => (&[Unverified, Refused], Verified),
            Self::Refuse => (&[Unverified], Refused),
            Self::Suspend => (&[Verified], Suspended),
            Self::Reinstate => (&[Suspended], Verified),
        }
    }

    /// Whether it must say why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Refuse | Self::Suspend)
    }

    /// What may be decided on an organization in this state.
    pub fn possible_in(state: OrganizationState) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .map(|(decision, _)| *decision)
            .filter(move |decision| decision.from_to().0.contains(&state))
    }

    /// The name of the message that tells the owners.
    pub fn message(self) -> &'static str {
        match self {
            Self::Verify => "organization_verified",
            Self::Refuse => "organization_refused",
            Self::Suspend => "organization_suspended",
            Self::Reinstate => "organization_reinstated",
        }
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Verify => lang.pick("通过核验", "Verify"),
            Self::Refuse => lang.pick("不予通过", "Refuse"),
            Self::Suspend => lang.pick("暂停", "Suspend"),
            Self::Reinstate => lang.pick("恢复", "Reinstate"),
        }
    }

    /// 409: not from the state the organization is in.
    pub fn not_possible(state: OrganizationState) -> Problem {
        Problem::new(
            StatusCode::CONFLICT,
            "decision_not_possible",
            Words::new(
                format!("组织目前“{}”，不能作此决定", state.name(Lang::Zh)),
                format!(
                    "The organization is {}: this cannot be decided now",
                    state.word()
                ),
            ),
        )
        .with("state", state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organizations::OrganizationState::{Refused, Suspended, Unverified, Verified};

    #[test]
    fn decisions_lead_where_they_say_and_from_nowhere_else() {
        use Decision::{Refuse, Reinstate, Suspend, Verify};
        for (state, possible) in [
            (Unverified, &[Verify, Refuse][..]),
            (Refused, &[Verify]),
            (Verified, &[Suspend]),
            (Suspended, &[Reinstate]),
        ] {
            let found: Vec<_> = Decision::possible_in(state).collect();
            assert_eq!(found, possible, "{state:?}");
        }
        // No decision leaves an organization where it was.
        for (decision, _) in Decision::ALL {
            let (from, to) = decision.from_to();
            assert!(!from.contains(&to), "{decision:?}");
        }
    }

    #[test]
    fn what_is_taken_away_is_explained() {
        for (decision, _) in Decision::ALL {
            let takes = decision.from_to().1 != Verified;
            assert_eq!(decision.needs_reason(), takes, "{decision:?}");
        }
    }
}

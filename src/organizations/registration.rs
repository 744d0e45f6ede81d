//! What an organization says of itself, and what becomes of its verification when that
//! changes.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credit_code::CreditCode;
use super::{OrganizationKind, OrganizationState};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Day, string_from};
use crate::platform::text::{Line, Prose};
use crate::regions::RegionCode;

/// What an organization is called.
pub type OrganizationName = Line<60>;
/// What it says of itself.
pub type About = Prose<2000>;

/// A telephone number as it is printed on a door: 5 to 15 digits (ITU-T E.164, section 6),
/// between two of them at most two spaces, hyphens or brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Telephone(String);

crate::string_schema!(
    Telephone,
    "Telephone",
    "5 to 15 digits; spaces, hyphens and brackets may stand between them.",
    r"^\+?\(?[0-9]([ ()-]{0,2}[0-9]){4,14}$",
    "0797-1234567"
);

impl Telephone {
    /// Reads a number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = text.strip_prefix('+').unwrap_or(text);
        let number = number.strip_prefix('(').unwrap_or(number);
        let (mut digits, mut between) = (0, 3);
        for byte in number.bytes() {
            match byte {
                b'0'..=b'9' => (digits, between) = (digits + 1, 0),
                b' ' | b'-' | b'(' | b')' if between < 2 => between += 1,
                _ => return None,
            }
        }
        (between == 0 && (5..=15).contains(&digits)).then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for Telephone {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应为电话号码，如 0797-1234567",
                    "must be a telephone number such as 0797-1234567",
                ),
            )
        })
    }
}

/// Public-fundraising qualification (公开募捐资格; 慈善法, article 22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fundraising {
    /// The certificate's number.
    #[schema(max_length = 60)]
    pub certificate: String,
    /// The last day it is valid.
    #[schema(format = "date")]
    pub valid_until: String,
}

#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
struct FundraisingBody {
    certificate: Line<60>,
    valid_until: Day,
}

impl Deserr<FieldErrors> for Fundraising {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let body = FundraisingBody::deserialize_from_value(value, location)?;
        Ok(Self {
            certificate: body.certificate.as_str().to_owned(),
            valid_until: body.valid_until.0.to_string(),
        })
    }
}

/// What an organization registers with.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RegistrationBody {
    /// Its name, as on its certificate.
    pub name: OrganizationName,
    /// What it is by law.
    pub kind: OrganizationKind,
    /// Unified social credit code (GB 32100-2015). Only a volunteer team may have none.
    #[deserr(default)]
    pub credit_code: Option<CreditCode>,
    /// Division code of its seat, at any level: whoever coordinates it verifies.
    pub region: RegionCode,
    /// What it says of itself, for everybody.
    #[deserr(default)]
    pub about: Option<About>,
    /// Whom its coordinator asks for; never shown to the public.
    #[deserr(default)]
    pub contact_name: Option<Line<30>>,
    /// The telephone on its public page.
    #[deserr(default)]
    pub contact_phone: Option<Telephone>,
    /// Its public-fundraising qualification, when it has one.
    #[deserr(default)]
    pub fundraising: Option<Fundraising>,
}

/// Something to be changed: left alone when left out, taken away when null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing was said.
    #[default]
    Stays,
    /// `null`.
    Goes,
    /// A new value.
    Becomes(T),
}

impl<T> Change<T> {
    fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Stays => {}
            Self::Goes => *to = None,
            Self::Becomes(value) => *to = Some(value),
        }
    }
}

impl<T: Deserr<FieldErrors>> Deserr<FieldErrors> for Change<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        match value {
            Value::Null => Ok(Self::Goes),
            value => T::deserialize_from_value(value, location).map(Self::Becomes),
        }
    }
}

/// What changes; what is left out stays, `null` takes away.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ChangeBody {
    /// Its name, as on its certificate.
    #[deserr(default)]
    pub name: Option<OrganizationName>,
    /// What it is by law.
    #[deserr(default)]
    pub kind: Option<OrganizationKind>,
    /// Unified social credit code.
    #[schema(value_type = Option<CreditCode>)]
    #[deserr(default)]
    pub credit_code: Change<CreditCode>,
    /// Division code of its seat.
    #[deserr(default)]
    pub region: Option<RegionCode>,
    /// What it says of itself.
    #[schema(value_type = Option<About>)]
    #[deserr(default)]
    pub about: Change<About>,
    /// Whom its coordinator asks for.
    #[schema(value_type = Option<Line<30>>)]
    #[deserr(default)]
    pub contact_name: Change<Line<30>>,
    /// The telephone on its public page.
    #[schema(value_type = Option<Telephone>)]
    #[deserr(default)]
    pub contact_phone: Change<Telephone>,
    /// Its public-fundraising qualification.
    #[schema(value_type = Option<Fundraising>)]
    #[deserr(default)]
    pub fundraising: Change<Fundraising>,
    /// Agrees that a verified organization leaves the menu until it is verified again;
    /// needed when the refusal is `reverification_needed`.
    #[deserr(default)]
    #[schema(required = false)]
    pub accept_reverification: bool,
}

/// An organization as it describes itself, whole and consistent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// What it is by law.
    pub kind: OrganizationKind,
    /// Always there unless it is a volunteer team.
    pub credit_code: Option<String>,
    /// Division code.
    pub region: String,
    /// May be empty.
    pub about: String,
    /// Not for the public.
    pub contact_name: Option<String>,
    /// For the public.
    pub contact_phone: Option<String>,
    /// Public-fundraising qualification.
    pub fundraising: Option<Fundraising>,
}

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Fields are at fault.
    Invalid(FieldErrors),
    /// It would cost the verification, and nobody agreed to that.
    ReverificationNeeded,
    /// Whoever suspended it vouches for what it was.
    Suspended,
}

impl RegistrationBody {
    /// The facts, consistent with each other on the day of `now`.
    pub fn facts(self, now: Instant) -> Result<Facts, FieldErrors> {
        let facts = Facts {
            name: self.name.as_str().to_owned(),
            kind: self.kind,
            credit_code: self.credit_code.map(|code| code.as_str().to_owned()),
            region: self.region.as_str().to_owned(),
            about: self
                .about
                .map_or_else(String::new, |about| about.as_str().to_owned()),
            contact_name: self.contact_name.map(|name| name.as_str().to_owned()),
            contact_phone: self.contact_phone.map(|phone| phone.as_str().to_owned()),
            fundraising: self.fundraising,
        };
        let mut errors = FieldErrors::default();
        facts.check_code(&mut errors);
        facts.check_fundraising(now, &mut errors);
        errors.into_result().map(|()| facts)
    }
}

impl Facts {
    fn check_code(&self, errors: &mut FieldErrors) {
        if self.credit_code.is_none() && self.kind != OrganizationKind::VolunteerTeam {
            errors.push(
                "/credit_code",
                Words::new(
                    "除未登记的志愿服务队外，必须填写统一社会信用代码",
                    "is needed from all but volunteer teams that are not registered",
                ),
            );
        }
    }

    fn check_fundraising(&self, now: Instant, errors: &mut FieldErrors) {
        let today = now.date().to_string();
        if let Some(fundraising) = &self.fundraising
            && fundraising.valid_until < today
        {
            errors.push(
                "/fundraising/valid_until",
                Words::new(
                    "证书已过期",
                    "has passed: the certificate is not valid any more",
                ),
            );
        }
    }

    /// What a coordinator vouches for. What it says of itself and whom to call may change
    /// at any time.
    fn vouched(&self) -> impl PartialEq + '_ {
        (
            &self.name,
            self.kind,
            &self.credit_code,
            &self.region,
            &self.fundraising,
        )
    }

    /// The facts after a change, and the state they are in: whoever was verified under
    /// another name, code, kind or seat was not verified under this one, so it waits again;
    /// whoever was refused may mend what was wrong and waits again; whoever is suspended
    /// stays so, whatever it calls itself.
    pub fn changed(
        &self,
        state: OrganizationState,
        body: ChangeBody,
        now: Instant,
    ) -> Result<(Self, OrganizationState), Refusal> {
        let accepted = body.accept_reverification;
        let mut next = self.clone();
        if let Some(name) = body.name {
            name.as_str().clone_into(&mut next.name);
        }
        if let Some(kind) = body.kind {
            next.kind = kind;
        }
        if let Some(region) = body.region {
            region.as_str().clone_into(&mut next.region);
        }
        body.credit_code
            .map(|code| code.as_str().to_owned())
            .apply(&mut next.credit_code);
        body.contact_name
            .map(|name| name.as_str().to_owned())
            .apply(&mut next.contact_name);
        body.contact_phone
            .map(|phone| phone.as_str().to_owned())
            .apply(&mut next.contact_phone);
        let mut about = Some(std::mem::take(&mut next.about));
        body.about
            .map(|about| about.as_str().to_owned())
            .apply(&mut about);
        next.about = about.unwrap_or_default();
        body.fundraising.apply(&mut next.fundraising);

        let mut errors = FieldErrors::default();
        next.check_code(&mut errors);
        // A certificate may run out by itself without stopping other changes.
        if next.fundraising != self.fundraising {
            next.check_fundraising(now, &mut errors);
        }
        errors.into_result().map_err(Refusal::Invalid)?;
        let stays = self.vouched() == next.vouched();
        match state {
            OrganizationState::Verified if !stays && !accepted => {
                Err(Refusal::ReverificationNeeded)
            }
            OrganizationState::Verified if !stays => Ok((next, OrganizationState::Unverified)),
            OrganizationState::Suspended if !stays => Err(Refusal::Suspended),
            OrganizationState::Refused if next != *self => {
                Ok((next, OrganizationState::Unverified))
            }
            state => Ok((next, state)),
        }
    }
}

impl<T> Change<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Stays => Change::Stays,
            Self::Goes => Change::Goes,
            Self::Becomes(value) => Change::Becomes(f(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OrganizationState::{Refused, Suspended, Unverified, Verified};
    use super::*;
    use serde_json::{Value, json};

    fn now() -> Instant {
        Instant::parse("2026-11-23T09:00:00+08:00").unwrap()
    }

    fn registered(body: Value) -> Result<Facts, FieldErrors> {
        deserr::deserialize::<RegistrationBody, _, FieldErrors>(body)?.facts(now())
    }

    fn charity() -> Facts {
        registered(json!({
            "name": "豆灯基金会", "kind": "foundation", "region": "36",
            "credit_code": "53360000000000019B",
        }))
        .unwrap()
    }

    fn changed(
        facts: &Facts,
        state: OrganizationState,
        body: Value,
    ) -> Result<(Facts, OrganizationState), Refusal> {
        facts.changed(
            state,
            deserr::deserialize(body).map_err(Refusal::Invalid)?,
            now(),
        )
    }

    fn pointers(errors: &FieldErrors) -> Vec<String> {
        let fields = errors.in_lang(crate::platform::i18n::Lang::En);
        fields.into_iter().map(|field| field.pointer).collect()
    }

    #[test]
    fn only_a_team_may_have_no_code() {
        let body = |kind: &str| json!({"name": "义仓", "kind": kind, "region": "3607"});
        assert!(registered(body("volunteer_team")).is_ok());
        let refused = registered(body("enterprise")).unwrap_err();
        assert_eq!(pointers(&refused), ["/credit_code"]);
    }

    #[test]
    fn a_certificate_is_good_through_its_last_day() {
        let body = |day: &str| {
            json!({"name": "义仓", "kind": "volunteer_team", "region": "36",
                "fundraising": {"certificate": "赣民募 12", "valid_until": day}})
        };
        assert!(registered(body("2026-11-23")).is_ok());
        let refused = registered(body("2026-11-22")).unwrap_err();
        assert_eq!(pointers(&refused), ["/fundraising/valid_until"]);
        let refused = registered(body("soon")).unwrap_err();
        assert_eq!(pointers(&refused), ["/fundraising/valid_until"]);
    }

    #[test]
    fn what_was_vouched_for_costs_the_verification() {
        for body in [
            json!({"name": "另一个名字"}),
            json!({"kind": "social_organization"}),
            json!({"credit_code": "91350100M000100Y43"}),
            json!({"region": "3601"}),
            json!({"fundraising": {"certificate": "1", "valid_until": "2030-01-01"}}),
        ] {
            let refused = changed(&charity(), Verified, body.clone());
            assert_eq!(
                refused.unwrap_err(),
                Refusal::ReverificationNeeded,
                "{body}"
            );
            let mut agreed = body.clone();
            agreed["accept_reverification"] = json!(true);
            assert_eq!(changed(&charity(), Verified, agreed).unwrap().1, Unverified);
            assert_eq!(
                changed(&charity(), Suspended, body.clone()).unwrap_err(),
                Refusal::Suspended,
                "{body}"
            );
            for (state, after) in [(Unverified, Unverified), (Refused, Unverified)] {
                let state_after = changed(&charity(), state, body.clone()).unwrap().1;
                assert_eq!(state_after, after, "{body}");
            }
        }
    }

    #[test]
    fn the_rest_changes_at_any_time() {
        for body in [
            json!({}),
            json!({"about": "新的介绍", "contact_phone": "0797-1234567"}),
            json!({"about": null, "contact_name": "罗"}),
            json!({"name": "豆灯基金会", "credit_code": "53360000000000019b"}),
        ] {
            let state = changed(&charity(), Verified, body.clone()).unwrap().1;
            assert_eq!(state, Verified, "{body}");
        }
        // Nothing changed is nothing mended.
        assert_eq!(changed(&charity(), Refused, json!({})).unwrap().1, Refused);
    }

    #[test]
    fn null_takes_away_and_silence_does_not() {
        let body = json!({"about": "我们", "contact_phone": "0797 1234567"});
        let (full, _) = changed(&charity(), Unverified, body).unwrap();
        let (same, _) = changed(&full, Unverified, json!({})).unwrap();
        assert_eq!(same, full);
        let body = json!({"about": null, "contact_phone": null});
        assert_eq!(changed(&full, Unverified, body).unwrap().0, charity());
        let Err(Refusal::Invalid(errors)) =
            changed(&full, Unverified, json!({"credit_code": null}))
        else {
            panic!("a foundation has a code")
        };
        assert_eq!(pointers(&errors), ["/credit_code"]);
    }

    #[test]
    fn telephones_are_read_as_they_are_printed() {
        for good in [
            "0797-1234567",
            "+86 (791) 8888 6666",
            "13800138000",
            "95533",
        ] {
            assert!(Telephone::parse(good).is_some(), "{good}");
        }
        for bad in [
            " ",
            "(",
            "12345-",
            "1   23456",
            "",
            "1234",
            "打电话给我",
            "0797-1234567 转 8",
            "1+2345678",
            "0000000000000000",
        ] {
            assert!(Telephone::parse(bad).is_none(), "{bad}");
        }
    }
}

//! The form in which an organization says who it is, for registering and for changing.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::organizations::{Organization, OrganizationKind};
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form};
use crate::platform::page::ask;
use crate::platform::problem::Problem;
use crate::regions::Region;

/// The form's fields, each with where its fault is found.
const FIELDS: [(&str, &str); 9] = [
    ("name", "/name"),
    ("kind", "/kind"),
    ("credit_code", "/credit_code"),
    ("region", "/region"),
    ("about", "/about"),
    ("contact_name", "/contact_name"),
    ("contact_phone", "/contact_phone"),
    ("certificate", "/fundraising/certificate"),
    ("valid_until", "/fundraising/valid_until"),
];

/// What stands in the form's fields.
#[derive(Debug, Default)]
pub struct Typed(BTreeMap<&'static str, String>);

impl Typed {
    /// What somebody has sent.
    pub fn from_form(form: &Form) -> Self {
        Self(
            FIELDS
                .iter()
                .filter_map(|(name, _)| Some((*name, form.get(name)?.to_owned())))
                .collect(),
        )
    }

    /// What an organization says of itself now.
    pub fn from_organization(organization: &Organization) -> Self {
        let fundraising = organization.fundraising.as_ref();
        let fields = [
            ("name", Some(organization.name.clone())),
            ("kind", Some(organization.kind.word().to_owned())),
            ("credit_code", organization.credit_code.clone()),
            ("region", Some(organization.region.clone())),
            ("about", Some(organization.about.clone())),
            ("contact_name", organization.contact_name.clone()),
            ("contact_phone", organization.contact_phone.clone()),
            ("certificate", fundraising.map(|it| it.certificate.clone())),
            ("valid_until", fundraising.map(|it| it.valid_until.clone())),
        ];
        Self(
            fields
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same as JSON, in the words of the API; `blank` is what stands for a field left
    /// empty that may be.
    pub fn body(&self, blank: Option<&Value>) -> Map<String, Value> {
        let mut body = Map::new();
        for name in [
            "name",
            "kind",
            "credit_code",
            "region",
            "about",
            "contact_name",
            "contact_phone",
        ] {
            let required = matches!(name, "name" | "kind" | "region");
            match (self.get(name), blank) {
                ("", Some(blank)) if !required => body.insert(name.to_owned(), blank.clone()),
                ("", _) => None,
                (value, _) => body.insert(name.to_owned(), json!(value)),
            };
        }
        let fundraising: Map<String, Value> = ["certificate", "valid_until"]
            .into_iter()
            .filter(|name| !self.get(name).is_empty())
            .map(|name| (name.to_owned(), json!(self.get(name))))
            .collect();
        match (fundraising.is_empty(), blank) {
            (true, None) => None,
            (true, Some(blank)) => body.insert("fundraising".to_owned(), blank.clone()),
            (false, _) => body.insert("fundraising".to_owned(), Value::Object(fundraising)),
        };
        body
    }
}

/// The fields, with what is wrong with them.
pub fn fields(typed: &Typed, regions: &[Region], problem: Option<&Problem>, lang: Lang) -> Markup {
    let wrong = |name: &str| {
        let (_, pointer) = FIELDS.iter().find(|(known, _)| *known == name)?;
        problem?.errors().of(pointer, lang)
    };
    let field = |name: &str, label: &str, hint: Option<&str>, input: Markup| {
        ask(name, label, hint, wrong(name), &input)
    };
    let line = |name: &str, kind: &str, required: bool| {
        html! {
            input id=(name) name=(name) type=(kind) value=(typed.get(name)) required[required]
                autocomplete="off" aria-invalid=[wrong(name).map(|_| "true")]
                aria-describedby=[wrong(name).map(|_| format!("{name}-wrong"))];
        }
    };
    let chosen = typed.get("region");
    let known = regions.iter().any(|region| region.code == chosen);
    html! {
        (field("name", lang.pick("组织名称", "Name"), Some(lang.pick("与登记证书一致", "As on its certificate")), line("name", "text", true)))
        (field("kind", lang.pick("组织类型", "Kind"), None, html! {
            select id="kind" name="kind" required {
                @for (kind, word) in OrganizationKind::ALL {
                    option value=(word) selected[typed.get("kind") == *word] { (kind.name(lang)) }
                }
            }
        }))
        (field("credit_code", lang.pick("统一社会信用代码", "Unified social credit code"),
            Some(lang.pick("18 位；未登记的志愿服务队可不填", "18 characters; a team that is not registered may have none")),
            line("credit_code", "text", false)))
        (field("region", lang.pick("所在地", "Region"), Some(lang.pick("由当地统筹单位核验", "The coordinator of this region verifies it")), html! {
            select id="region" name="region" required {
                option value="" { (lang.pick("请选择", "Choose")) }
                // Registered by a program, down to a village.
                @if !known && !chosen.is_empty() { option value=(chosen) selected { (chosen) } }
                @for region in regions {
                    option value=(region.code) selected[region.code == chosen] { (region.full_name) }
                }
            }
        }))
        (field("about", lang.pick("介绍", "About"), Some(lang.pick("通过核验后公开显示，不超过 2000 字", "For everybody once verified, up to 2000 characters")), html! {
            textarea id="about" name="about" rows="4" { (typed.get("about")) }
        }))
        (field("contact_phone", lang.pick("对外电话", "Public telephone"), Some(lang.pick("通过核验后公开显示在组织页上，请勿填写私人号码", "Shown on its page once verified: not somebody's private number")), line("contact_phone", "tel", false)))
        (field("contact_name", lang.pick("联系人", "Contact person"), Some(lang.pick("仅统筹单位和本组织成员可见", "Only its coordinator and its members see this")), line("contact_name", "text", false)))
        details open[!typed.get("certificate").is_empty() || wrong("certificate").is_some() || wrong("valid_until").is_some()] {
            summary { (lang.pick("有公开募捐资格", "It is qualified for public fundraising")) }
            (field("certificate", lang.pick("证书编号", "Certificate number"), None, line("certificate", "text", false)))
            (field("valid_until", lang.pick("有效期至", "Valid until"), None, line("valid_until", "date", false)))
        }
    }
}

/// A refusal above a form.
pub fn refusal(problem: Option<&Problem>, lang: Lang) -> Markup {
    html! { @if let Some(problem) = problem { p.say role="alert" { (problem.title(lang)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_fields_are_left_out_or_taken_away() {
        let typed = Typed(BTreeMap::from([
            ("name", "义仓".to_owned()),
            ("valid_until", "2030-01-01".to_owned()),
        ]));
        let body = Value::Object(typed.body(None));
        assert_eq!(
            body,
            json!({"name": "义仓", "fundraising": {"valid_until": "2030-01-01"}})
        );
        let body = Value::Object(Typed::default().body(Some(&Value::Null)));
        assert_eq!(
            body,
            json!({"credit_code": null, "about": null, "contact_name": null,
                "contact_phone": null, "fundraising": null})
        );
    }
}

//! An organization as search engines read it (schema.org).

use serde_json::{Value, json};

use crate::organizations::{Organization, OrganizationKind};

/// Who it is, where, and under which code it is registered.
pub fn organization(organization: &Organization, origin: &str) -> Value {
    let page = format!("{origin}/organizations/{}", organization.id);
    let kind = match organization.kind {
        OrganizationKind::VillageCommittee | OrganizationKind::PublicInstitution => {
            "GovernmentOrganization"
        }
        OrganizationKind::Enterprise => "Corporation",
        _ => "NGO",
    };
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": kind,
        "@id": page,
        "url": page,
        "name": organization.name,
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": organization.region_name,
        },
    });
    if !organization.about.is_empty() {
        data["description"] = organization.about.as_str().into();
    }
    if let Some(phone) = &organization.contact_phone {
        data["telephone"] = phone.as_str().into();
    }
    if let Some(code) = &organization.credit_code {
        data["identifier"] = json!({
            "@type": "PropertyValue",
            "propertyID": "GB 32100-2015",
            "name": "统一社会信用代码",
            "value": code,
        });
    }
    data
}

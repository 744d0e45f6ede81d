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
    let registered = organization.credit_code.as_ref().map(|code| {
        json!({
            "@type": "PropertyValue",
            "propertyID": "GB 32100-2015",
            "name": "统一社会信用代码",
            "value": code,
        })
    });
    let about = Some(&organization.about).filter(|about| !about.is_empty());
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": kind,
        "@id": page,
        "url": page,
        "name": organization.name,
        "description": about,
        "telephone": organization.contact_phone,
        "identifier": registered,
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": organization.region_name,
        },
    });
    if let Value::Object(parts) = &mut data {
        parts.retain(|_, part| !part.is_null());
    }
    data
}

//! A project as search engines read it (schema.org). No person stands in it.

use serde_json::{Value, json};

use crate::menu::store::{ProjectRow, ShiftRow};
use crate::menu::{ProjectState, ShiftState};
use crate::organizations::OrganizationState;
use crate::platform::clock::{Instant, MINUTE};

/// So many shifts are told; a page of two hundred would be mostly that.
const MOST: usize = 20;

/// An event a shift that is not over, the next ones first.
pub fn events(project: &ProjectRow, shifts: &[ShiftRow], origin: &str, now: Instant) -> Value {
    let page = format!("{origin}/projects/{}", project.id);
    let open = project.state == ProjectState::Published
        && project.organization_state == OrganizationState::Verified;
    let events: Vec<Value> = shifts
        .iter()
        .filter(|shift| shift.ends_at > now)
        .take(MOST)
        .map(|shift| {
            let seats = shift.seats_left();
            let closes = shift
                .starts_at
                .plus(-project.sign_up_closes_minutes * MINUTE);
            let is_on = shift.state == ShiftState::Open;
            let mut event = json!({
                "@type": "Event",
                "@id": format!("{page}#{}", shift.id),
                "url": page,
                "name": project.title,
                "description": project.summary,
                "inLanguage": "zh-CN",
                "startDate": shift.starts_at,
                "endDate": shift.ends_at,
                "eventStatus": if is_on {
                    "https://schema.org/EventScheduled"
                } else {
                    "https://schema.org/EventCancelled"
                },
                "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
                "location": {
                    "@type": "Place",
                    "name": project.place,
                    "address": {
                        "@type": "PostalAddress",
                        "addressCountry": "CN",
                        "streetAddress": project.region_name,
                    },
                },
                "organizer": {
                    "@type": "NGO",
                    "@id": format!("{origin}/organizations/{}", project.organization_id),
                    "name": project.organization_name,
                    "url": format!("{origin}/organizations/{}", project.organization_id),
                },
                "maximumAttendeeCapacity": shift.capacity,
                "remainingAttendeeCapacity": seats,
                "typicalAgeRange": format!("{}-", project.min_age),
                "isAccessibleForFree": true,
            });
            if is_on && open && closes > now {
                let offer = json!({
                    "@type": "Offer",
                    "url": format!("{origin}/shifts/{}/sign-up", shift.id),
                    "price": 0,
                    "priceCurrency": "CNY",
                    "validFrom": project.sign_up_opens_at.or(project.published_at),
                    "availabilityEnds": closes,
                    "availability": match (seats, shift.waitlist - shift.waiting) {
                        (1.., _) => "https://schema.org/InStock",
                        (_, 1..) => "https://schema.org/BackOrder",
                        _ => "https://schema.org/SoldOut",
                    },
                });
                if let Value::Object(parts) = &mut event {
                    parts.insert("offers".to_owned(), offer);
                }
            }
            event
        })
        .collect();
    json!({"@context": "https://schema.org", "@graph": events})
}

//! Contests in a browser.

use serde_json::json;

use crate::support::app::app;
use crate::support::contests::{announced, awarded, became, drafted, entered, rules_after};
use crate::support::notice::{Notice, morning, shift};

/// Pages for those who hold contests, enter them and read of them.
pub fn pages() -> Vec<(String, Option<String>)> {
    let place = app();
    let organization = place.organization();
    let coordinator = Some(place.coordinator("36").session);
    let manager = Some(organization.member("manager").session);
    let rules = rules_after(place.now().plus(-2 * 86_400_000));
    let contest = announced(place, &rules);
    let draft = drafted(place, &rules);
    let project =
        |days| organization.publishes(&Notice::of(&[shift("a", morning(place.now(), days), 3)]));
    let entry = entered(&organization, &contest, &project(5), "submitted");
    awarded(place, &contest, &entry);
    became(place, &contest, &entry);
    place.rows(
        "INSERT INTO contest_story_sending (id, contest_id, entry_id, version, channel, link, on_day, marked_at)
         VALUES (?1, ?2, ?3, 1, 'china_volunteer', 'https://example.org/1', '2026-11-20', 0)",
        json!([uuid::Uuid::now_v7(), contest, entry]),
    );
    let begun = entered(&organization, &contest, &project(6), "draft");
    let gone = entered(&organization, &contest, &project(7), "withdrawn");
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         VALUES (?1, ?1, 'chair', ?1, '', 0)",
        json!([contest]),
    );
    let supervisor = place.adult();
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, 'supervisor', phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?3",
        json!([uuid::Uuid::now_v7(), contest, supervisor.id]),
    );
    let entries = format!("/organizations/{}/entries", organization.id);
    vec![
        ("/contests".into(), None),
        ("/contests".into(), coordinator.clone()),
        (format!("/contests/{contest}"), None),
        (format!("/contests/{draft}/run"), coordinator.clone()),
        (format!("/contests/{contest}/run"), coordinator.clone()),
        (
            format!("/contests/{contest}/run/entries/{entry}"),
            coordinator.clone(),
        ),
        (format!("/contests/{contest}/outcomes"), None),
        (
            format!("/contests/{contest}/run/outcomes"),
            coordinator.clone(),
        ),
        (
            format!("/contests/{contest}/run/outcomes/{entry}"),
            coordinator,
        ),
        (format!("{entries}/{entry}/story"), manager.clone()),
        (
            format!("/contests/{contest}/audit"),
            Some(supervisor.session),
        ),
        (entries.clone(), manager.clone()),
        (format!("{entries}/{entry}"), manager.clone()),
        (format!("{entries}/{begun}"), manager.clone()),
        (format!("{entries}/{gone}"), manager),
    ]
}

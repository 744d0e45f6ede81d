//! Contests in a browser.

use serde_json::json;

use crate::support::app::app;
use crate::support::contests::{announced, drafted, entered, rules_after};
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
    let unwritten = drafted(place, &rules);
    place.rows(
        "UPDATE contest SET draft = NULL WHERE id = ?1",
        json!([unwritten]),
    );
    let project =
        |days| organization.publishes(&Notice::of(&[shift("a", morning(place.now(), days), 3)]));
    let entry = entered(&organization, &contest, &project(5), "submitted");
    let begun = entered(&organization, &contest, &project(6), "draft");
    let gone = entered(&organization, &contest, &project(7), "withdrawn");
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         VALUES (?1, ?1, 'chair', ?1, '', 0)",
        json!([contest]),
    );
    let entries = format!("/organizations/{}/entries", organization.id);
    let written = [&draft, &contest].into_iter().flat_map(|contest| {
        let rules = format!("/contests/{contest}/run/rules");
        let sections = [
            "tracks", "entries", "schedule", "stage-3", "rubric-2", "awards", "json",
        ];
        let sections = sections.map(|section| format!("{rules}/{section}"));
        [rules].into_iter().chain(sections)
    });
    let unwritten = format!("/contests/{unwritten}/run/rules");
    let written = written.chain([unwritten]);
    let mut pages: Vec<(String, Option<String>)> =
        written.map(|page| (page, coordinator.clone())).collect();
    pages.extend([
        ("/contests".into(), None),
        ("/contests".into(), coordinator.clone()),
        (format!("/contests/{contest}"), None),
        (format!("/contests/{draft}/run"), coordinator.clone()),
        (format!("/contests/{contest}/run"), coordinator.clone()),
        (
            format!("/contests/{contest}/run/entries/{entry}"),
            coordinator,
        ),
        (entries.clone(), manager.clone()),
        (format!("{entries}/{entry}"), manager.clone()),
        (format!("{entries}/{begun}"), manager.clone()),
        (format!("{entries}/{gone}"), manager),
    ]);
    pages
}

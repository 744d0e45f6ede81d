//! Contests in a browser.

use serde_json::json;

use super::phone::{Settings, with_phone};
use crate::support::app::app;
use crate::support::contests::{announced, awarded, became, drafted, entered, rules_after};
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::Volunteer;
use crate::support::place::Place;
use crate::support::results;

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
    pages.extend(result_pages());
    pages.extend([
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
    ]);
    pages
}

/// A contest that was judged: drawn up by the product, contested and answered; and one that
/// is final.
fn result_pages() -> Vec<(String, Option<String>)> {
    let place = app();
    let contests = [(); 2].map(|()| Judged::new(place));
    let [noticed, ended] = &contests;
    let li = place.adult();
    noticed.published();
    let objection = noticed.objected(&li);
    noticed.answered(&objection);
    ended.ended();
    let of_owner = Some(noticed.owner.session.clone());
    let public = format!("/contests/{}/results", noticed.id);
    let run = format!("/contests/{}/run/results", noticed.id);
    vec![
        (public.clone(), None),
        (public.clone(), Some(li.session)),
        (format!("{public}/paper/1"), None),
        (format!("{public}/paper/1?track=education&flagged=1"), None),
        (run, of_owner),
        (
            format!("/contests/{}/run/results", ended.id),
            Some(ended.owner.session.clone()),
        ),
        (format!("/contests/{}/results", ended.id), None),
        (format!("/contests/{}/awards/E0001", ended.id), None),
    ]
}

/// A contest of one stage that closed yesterday, with its result.
struct Judged {
    id: String,
    owner: Volunteer<'static>,
    other: Volunteer<'static>,
}

impl Judged {
    fn new(place: &'static dyn Place) -> Self {
        let (organization, entrant) = (place.organization(), place.organization());
        let start = morning(place.now(), 9);
        let project = entrant.publishes(&Notice::of(&[shift("a", start, 3)]));
        let id = uuid::Uuid::now_v7().to_string();
        let judge = place.adult();
        place.sql(results::judged(
            &organization,
            &entrant,
            &project.id,
            &judge,
            &id,
        ));
        let [owner, other] = [(); 2].map(|()| organization.member("owner"));
        Self { id, owner, other }
    }

    fn api(&self, rest: &str) -> String {
        format!("/api/v1/contests/{}/{rest}", self.id)
    }

    fn acts(&self, who: &Volunteer, act: &str) {
        let target = self.api(&format!("stages/paper/results/1/{act}"));
        who.place.send(&who.request("POST", &target)).is(200);
    }

    fn published(&self) {
        let target = self.api("stages/paper/results");
        self.owner.sends("POST", &target, &json!({})).is(201);
        for approver in [&self.owner, &self.other] {
            self.acts(approver, "approvals");
        }
    }

    fn objected(&self, who: &Volunteer) -> String {
        let target = self.api("stages/paper/results/1/objections");
        let body = json!({"words": "时长与材料不符。", "entry": "E0001"});
        who.sends("POST", &target, &body).is(201).member("id")
    }

    fn answered(&self, objection: &str) {
        let target = self.api(&format!("objections/{objection}/answer"));
        let body = json!({"answer": "已核对总账，时长一致。"});
        self.owner.sends("POST", &target, &body).is(200);
    }

    /// Some days later: the notice is over, and the result final.
    fn ended(&self) {
        app().sql(results::on_notice(&self.id, [&self.owner, &self.other], 2));
        self.acts(&self.owner, "finalization");
    }
}

#[test]
fn a_visitor_recomputes_the_published_ranking() {
    with_phone(Settings::default(), |phone| async move {
        let judged = Judged::new(app());
        judged.published();
        phone
            .opens(&format!("/contests/{}/results/paper/1", judged.id))
            .await;
        phone.taps("[data-recompute] button").await;
        phone
            .waits_for("document.querySelector('[data-recompute] [role=status]').textContent.includes('一致：用公布的 1 份评分重新计算')")
            .await;
        assert_eq!(phone.policy_breaches().await, 0);
        // Were the published ranking another one, the visitor would be told.
        phone
            .asks(
                "document.querySelector('[data-recompute]').dataset.rankingHash = '0'.repeat(64);",
            )
            .await;
        phone.taps("[data-recompute] button").await;
        phone
            .waits_for("document.querySelector('[data-recompute] [role=status]').textContent.startsWith('不一致')")
            .await;
        phone
    });
}

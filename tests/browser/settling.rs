//! The recorder after the shift, and the volunteer who was not seen, on a phone without
//! scripts.

use diandan::platform::clock::MINUTE;
use serde_json::json;

use super::phone::{Settings, with_phone};
use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::records::Seen;
use crate::support::request::Request;

/// A shift of two hours that ended some days ago, with those who had a seat, and their
/// sign-ups.
pub struct Past {
    pub shift: Shift,
    pub people: Vec<(Volunteer<'static>, String)>,
}

impl Past {
    pub fn new(organization: &Organization<'static>, days: i64, seats: usize) -> Self {
        let start = morning(app().now(), 3);
        let project = organization.publishes(&Notice::of(&[shift("a", start, 9)]));
        let shift = project.shift("a");
        let crowd = app().crowd(seats).into_iter();
        let people = crowd.map(|one| {
            let signup = one.takes(&shift, "confirmed");
            (one, signup)
        });
        let people = people.collect();
        let start = morning(app().now(), -days).millis();
        app().rows(
            "UPDATE shift SET starts_at = ?1, ends_at = ?1 + 7200000 WHERE id = ?2",
            json!([start, shift.id]),
        );
        Self { shift, people }
    }

    /// Checked in or out so many minutes after the start.
    pub fn seen(&self, person: usize, kind: &'static str, minutes: i64) {
        let start = app().number(
            "SELECT starts_at FROM shift WHERE id = ?1",
            json!([self.shift.id]),
        );
        let happened_at = diandan::platform::clock::Instant::from_millis(start + minutes * MINUTE);
        Seen::by_code(kind, happened_at).write(app(), &self.people[person].1);
    }

    pub fn page(&self) -> String {
        format!("/shifts/{}/settlement", self.shift.id)
    }

    pub fn absence(&self, person: usize) -> String {
        format!("/me/signups/{}/absence", self.people[person].1)
    }

    /// Settles it as proposed.
    pub fn settle(&self, organization: &Organization) {
        let key = organization.new_key(&["hours:write"]);
        let request = Request::new("POST", format!("/api/v1{}", self.page())).bearer(&key);
        app()
            .send(&request.json(&json!({"person_in_charge": "李老师"})))
            .is(200);
    }
}

/// Every page of settling, in a state that shows all it can.
pub fn pages() -> Vec<(String, Option<String>)> {
    let organization = app().organization();
    let recorder = Some(organization.member("recorder").session);
    let (open, settled, overdue) = (
        Past::new(&organization, 2, 4),
        Past::new(&organization, 5, 3),
        Past::new(&organization, 40, 1),
    );
    for (person, kind, minutes) in [(0, "in", -5), (0, "out", 121), (1, "in", 12)] {
        open.seen(person, kind, minutes);
        settled.seen(person, kind, minutes);
    }
    settled.settle(&organization);
    let absent = Some(settled.people[2].0.session.clone());
    let absence = settled.absence(2);
    let reply = Request::new(
        "POST",
        format!("/api/v1/signups/{}/absence-reply", settled.people[2].1),
    )
    .bearer(&settled.people[2].0.session);
    let silent = Past::new(&organization, 3, 1);
    silent.settle(&organization);
    app()
        .send(&reply.json(&json!({"text": "我在后厨帮忙，没有扫码。"})))
        .is(200);
    let console = format!("/organizations/{}", organization.id);
    vec![
        (open.page(), recorder.clone()),
        (settled.page(), recorder.clone()),
        (overdue.page(), recorder.clone()),
        (format!("{console}/hours"), recorder.clone()),
        (format!("{console}/records"), recorder.clone()),
        (
            format!("{console}/records/new?kind=training"),
            recorder.clone(),
        ),
        (format!("{console}/records/new?kind=evaluation"), recorder),
        (absence, absent.clone()),
        (silent.absence(0), Some(silent.people[0].0.session.clone())),
        (format!("/me/signups/{}", settled.people[2].1), absent),
        (
            "/coordination/hours".to_owned(),
            Some(app().coordinator("36").session),
        ),
    ]
}

#[test]
fn a_shift_is_settled_and_somebody_overlooked_is_added_without_scripts() {
    let settings = Settings {
        no_scripts: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let organization = app().organization();
        let recorder = organization.member("recorder");
        let past = Past::new(&organization, 2, 3);
        past.seen(0, "in", 0);
        past.seen(0, "out", 120);
        past.seen(1, "in", 5);
        phone.opens("/").await;
        phone.keeps_session(&recorder.session).await;
        phone
            .opens(&format!("/organizations/{}/hours", organization.id))
            .await;
        phone.follows(&format!("a[href='{}']", past.page())).await;
        let page = phone.reads().await;
        assert!(
            page.contains(&past.people[0].0.name) && page.contains("没有签退"),
            "{page}"
        );
        // The second stayed half an hour longer, with a break.
        phone.taps("#p1 summary").await;
        phone
            .asks("document.querySelector('[name=t1]').value = '11:50'")
            .await;
        phone.types("[name=b1]", "20").await;
        phone.types("[name=person_in_charge]", "王队长").await;
        phone.follows("main form button").await;
        let page = phone.reads().await;
        assert!(
            page.contains("2 人的服务已记录") && page.contains("1 人未到场"),
            "{page}"
        );
        let minutes = "SELECT minutes FROM service_record WHERE signup_id = ?1";
        assert_eq!(app().number(minutes, json!([past.people[1].1])), 145);
        let (absent, signup) = &past.people[2];
        assert!(absent.is_told("service_absent").contains(&past.absence(2)));
        phone.keeps_session(&absent.session).await;
        phone.opens(&format!("/me/signups/{signup}")).await;
        phone
            .follows(&format!("a[href='{}']", past.absence(2)))
            .await;
        phone.types("[name=text]", "我在后厨帮忙").await;
        phone.follows("main form button").await;
        assert!(phone.reads().await.contains("我在后厨帮忙"));
        phone.keeps_session(&recorder.session).await;
        phone.opens(&past.page()).await;
        assert!(phone.reads().await.contains("我在后厨帮忙"));
        phone.taps("[name=c2]").await;
        phone.types("[name=person_in_charge]", "王队长").await;
        phone.follows("main form button").await;
        assert!(phone.reads().await.contains("3 人的服务已记录"));
        let grade = "SELECT grade FROM service_record WHERE signup_id = ?1";
        assert_eq!(app().value(grade, json!([signup])), "D");
        phone
    });
}

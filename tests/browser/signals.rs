//! What a person should look at, on a phone without scripts: the coordinator decides, the
//! organization replies.

use serde_json::json;

use super::phone::{Settings, with_phone};
use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Volunteer};

/// Signals about an organization: more people than seats, and two shifts too far apart. Their
/// ids, and whose hours they are.
struct Noticed {
    organization: Organization<'static>,
    ming: Volunteer<'static>,
    seats: String,
    travel: String,
}

impl Noticed {
    fn new() -> Self {
        let organization = app().organization();
        let ming = app().adult();
        let start = morning(app().now(), 3);
        let project = organization.publishes(&Notice::of(&[shift("a", start, 2)]));
        let signup = ming.takes(&project.shift("a"), "confirmed");
        app().rows(
            "INSERT INTO service_record (id, kind, volunteer_id, organization_id, signup_id, shift_id, project_id, on_date,
               started_at, ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by)
             VALUES (?1, 'service', ?2, ?3, ?1, ?4, ?5, '2026-11-20', ?6, ?6 + 7200000, 120, 'C', '{\"activity\": \"冬日科学课\"}', '2026-12-04', ?6 + 9000000, 'volunteer:x')",
            json!([signup, ming.id, organization.id, project.shift("a").id, project.id, start.millis() - 7 * 86_400_000]),
        );
        let travel = json!({
            "kind": "impossible_travel", "from": "江西省赣州市于都县", "left_at": "2026-11-20T11:00:00+08:00",
            "to": "江西省南昌市东湖区", "began_at": "2026-11-20T11:20:00+08:00", "minutes": 20, "kilometres": 312,
        });
        let seats = json!({"kind": "more_than_seats", "people": 3, "seats": 2});
        let [seats, travel] = [seats, travel].map(|facts| {
            let id = uuid::Uuid::now_v7().to_string();
            app().rows(
                "INSERT INTO signal (id, kind, finding, organization_id, region, shift_id, project_id, records, facts, found_at)
                 SELECT ?1, ?2 ->> 'kind', ?1, ?3, '36', ?4, ?5, json_array(seq), ?2, ?6
                 FROM service_record WHERE id = ?7",
                json!([id, facts.to_string(), organization.id, project.shift("a").id, project.id, app().now().millis(), signup]),
            );
            id
        });
        Self {
            organization,
            ming,
            seats,
            travel,
        }
    }

    fn console(&self) -> String {
        format!("/organizations/{}/signals", self.organization.id)
    }
}

/// Every page of signals and of hours recorded elsewhere, in a state that shows all it can.
pub fn pages() -> Vec<(String, Option<String>)> {
    let noticed = Noticed::new();
    let organization = &noticed.organization;
    let (coordinator, recorder) = (app().coordinator("36"), organization.member("recorder"));
    let to = |act: &str| format!("/api/v1/signals/{}/{act}", noticed.seats);
    let decision =
        json!({"decision": "to_correct", "reason": "只有两个名额，请核对签到表后更正。"});
    coordinator
        .sends("POST", &to("decisions"), &decision)
        .is(200);
    let reply = json!({"text": "第三位是临时替补，名单在村委会存档。"});
    recorder.sends("POST", &to("replies"), &reply).is(200);
    let item = |reference: &str| {
        json!({
            "phone": noticed.ming.phone, "source": "全国志愿服务信息系统",
            "reference": format!("{reference}-{}", noticed.seats), "activity": "重阳节敬老",
            "on_date": "2025-10-29", "minutes": 180,
        })
    };
    let target = format!("/api/v1/organizations/{}/outside-hours", organization.id);
    let items = json!({"items": [item("JX-1"), item("JX-2")]});
    let brought = recorder.sends("POST", &target, &items).is(200).ids();
    let strike = format!("/api/v1/me/outside-hours/{}/strike", brought[0]);
    noticed.ming.sends("POST", &strike, &json!({})).is(200);
    let (of_coordinator, of_recorder) = (Some(coordinator.session), Some(recorder.session));
    let desk = "/coordination/signals";
    let console = noticed.console();
    vec![
        (desk.to_owned(), of_coordinator.clone()),
        (format!("{desk}?state=decided"), of_coordinator.clone()),
        (
            format!("{desk}?state=decided&kind=same_second"),
            of_coordinator.clone(),
        ),
        (format!("{desk}/{}", noticed.travel), of_coordinator.clone()),
        (format!("{desk}/{}", noticed.seats), of_coordinator),
        (console.clone(), of_recorder.clone()),
        (format!("{console}/{}", noticed.seats), of_recorder.clone()),
        (format!("{console}/{}", noticed.travel), of_recorder),
        ("/me/outside-hours".to_owned(), Some(noticed.ming.session)),
        ("/me/outside-hours".to_owned(), Some(app().adult().session)),
    ]
}

#[test]
fn a_signal_is_decided_and_replied_to_without_scripts() {
    let settings = Settings {
        no_scripts: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let noticed = Noticed::new();
        let coordinator = app().coordinator("36");
        let recorder = noticed.organization.member("recorder");
        phone.opens("/").await;
        phone.keeps_session(&coordinator.session).await;
        phone.opens("/coordination").await;
        phone.follows("a[href='/coordination/signals']").await;
        let list = phone.reads().await;
        assert!(
            list.contains("这个班次有 2 个名额，却记录了 3 人的服务时长。"),
            "{list}"
        );
        assert!(!list.contains(&noticed.ming.name), "{list}");
        let one = format!("/coordination/signals/{}", noticed.seats);
        phone.follows(&format!("a[href='{one}']")).await;
        let page = phone.reads().await;
        assert!(
            page.contains(&noticed.ming.name) && page.contains("服务时长不会因此改变"),
            "{page}"
        );
        phone.types("#reason", "  ").await;
        phone
            .asks("document.querySelector('#reason').required = false")
            .await;
        phone.follows("button[value=to_correct]").await;
        assert!(phone.sees("#reason-wrong").await);
        phone.types("#reason", "请核对签到表").await;
        phone.follows("button[value=to_correct]").await;
        assert!(phone.reads().await.contains("需要更正"));

        phone.keeps_session(&recorder.session).await;
        phone
            .opens(&format!("{}?state=decided", noticed.console()))
            .await;
        phone
            .follows(&format!(
                "a[href='{}/{}']",
                noticed.console(),
                noticed.seats
            ))
            .await;
        assert!(phone.reads().await.contains("请核对签到表"));
        phone.types("#text", "第三位是替补").await;
        phone.follows("#reply button").await;
        assert!(phone.reads().await.contains("第三位是替补"));
        let totals = "SELECT coalesce(sum(minutes), 0) FROM hours_total WHERE volunteer_id = ?1";
        assert_eq!(app().number(totals, json!([noticed.ming.id])), 120);
        phone
    });
}

#[test]
fn hours_that_are_not_mine_are_struck_without_scripts() {
    let settings = Settings {
        no_scripts: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let (path, ming) = pages().into_iter().rev().nth(1).unwrap();
        phone.opens("/").await;
        phone.keeps_session(&ming.unwrap()).await;
        phone.opens(&path).await;
        phone.taps("main .shifts details summary").await;
        phone.follows("main .shifts details button").await;
        assert!(!phone.sees("main .shifts details").await);
        phone
    });
}

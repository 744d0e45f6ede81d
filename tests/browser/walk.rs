//! The whole way of an hour, on two phones: the code, airplane mode, the settlement, a
//! certificate, a stranger who checks it, a correction.

use diandan::platform::clock::{HOUR, MINUTE};
use diandan::platform::qr;
use serde_json::json;

use super::attendance::{has_its_worker, has_kept, known, under_way};
use super::phone::{Settings, with_phone};
use crate::support::app::app;
use crate::support::attendance::shown;
use crate::support::soon;

#[test]
fn from_being_there_to_a_certificate_that_a_correction_supersedes() {
    let organization = app().organization();
    let recorder = organization.member("recorder");
    let (shift, volunteer, signup) = under_way(&organization);
    let ticket = format!("/me/signups/{signup}");
    with_phone(Settings::default(), |phone| async {
        // In without a network, by the code that the organizer reads out.
        has_its_worker(&phone, &volunteer).await;
        phone.opens(&ticket).await;
        has_kept(&phone, &ticket).await;
        phone.network(false).await;
        let (_, digits) = shown(&shift, app().now());
        phone.types("input.code", &digits).await;
        phone.taps("#attendance button.wide").await;
        assert!(phone.text("#kept").await.contains("联网后自动上传"));
        assert!(known(&signup).is_empty());
        phone.network(true).await;
        soon("the check-in", || known(&signup) == ["in"]);
        // The page opens anew by itself.
        phone
            .waits_for("document.querySelector('.evidence') !== null")
            .await;
        // Out by scanning.
        phone.opens(&shift.check_in_link(app().now())).await;
        assert_eq!(phone.text("h1").await, "签退");
        phone.follows("main form button").await;
        assert_eq!(known(&signup), ["in", "out"]);
        phone
    });

    // Two hours are over.
    let now = app().now();
    let (start, end) = (now.plus(-2 * HOUR), now.plus(-MINUTE));
    app().rows(
        "UPDATE shift SET starts_at = ?1, ends_at = ?2 WHERE id = ?3",
        json!([start.millis(), end.millis(), shift.id]),
    );
    let settlement = format!("/shifts/{}/settlement", shift.id);
    with_phone(Settings::default(), |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&recorder.session).await;
        let console = format!("/organizations/{}/hours", organization.id);
        phone.opens(&console).await;
        phone.follows(&format!("a[href='{settlement}']")).await;
        assert!(phone.reads().await.contains(&volunteer.name));
        phone.taps("#p0 summary").await;
        for (field, at) in [("f0", start), ("t0", end)] {
            let set = format!(
                "document.querySelector('[name={field}]').value = '{}'",
                at.hour_minute()
            );
            phone.asks(&set).await;
        }
        phone.types("[name=r0]", "先在路口引导，后来才扫码").await;
        if !phone
            .asks("return document.querySelector('[name=c0]').checked")
            .await
            .as_bool()
            .unwrap()
        {
            phone.taps("[name=c0]").await;
        }
        phone.types("[name=person_in_charge]", "王队长").await;
        phone.follows("main form button").await;
        assert!(phone.reads().await.contains("1 人的服务已记录"));
        assert_eq!(phone.policy_breaches().await, 0);
        phone
    });
    assert!(
        volunteer
            .is_told("service_recorded")
            .contains("1 小时 59 分")
    );

    let mut certificate = String::new();
    with_phone(Settings::default(), |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens("/me/records").await;
        assert!(phone.text(".sum").await.contains("1 小时 59 分"));
        phone.follows("a[href='/me/certificates']").await;
        phone.follows("details[open] button").await;
        assert_eq!(phone.sheets().await, 1);
        // What the printed code leads to.
        certificate = phone.text(".check .url").await;
        let drawn = "return document.querySelector('.check svg path').getAttribute('d')";
        let drawn = phone.asks(drawn).await;
        let expected = qr::svg(&certificate).into_string();
        assert!(expected.contains(drawn.as_str().unwrap()));
        phone
    });
    let path = certificate[certificate.find("/certificates/").unwrap()..].to_owned();
    with_phone(Settings::default(), |phone| async {
        phone.opens(&path).await;
        let seen = phone.reads().await;
        assert!(phone.text(".verdict").await.contains("有效"), "{seen}");
        assert!(!seen.contains(&volunteer.name), "{seen}");
        phone
    });

    // It was one hour: the volunteer says so, the organization corrects.
    let record = app().value(
        "SELECT id FROM service_record WHERE signup_id = ?1",
        json!([signup]),
    );
    let record = format!("/me/records/{}", record.as_str().unwrap());
    with_phone(Settings::default(), |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&record).await;
        phone.types("#claim", "中间我离开了，实际只有一小时").await;
        phone.taps("#contest details summary").await;
        phone.types("#minutes", "60").await;
        phone.follows("#contest button").await;
        assert!(phone.reads().await.contains("等组织答复"));

        phone.keeps_session(&recorder.session).await;
        let disputes = format!("/organizations/{}/disputes", organization.id);
        phone.opens(&disputes).await;
        phone.follows("main .shifts a.button").await;
        phone.types("#reason", "核对无误，按本人所说更正").await;
        phone.follows("button[value=amend]").await;
        assert!(phone.reads().await.contains("1 小时"));

        phone.keeps_session("nobody").await;
        phone.opens(&path).await;
        assert!(phone.text(".verdict").await.contains("已被取代"));

        phone.keeps_session(&volunteer.session).await;
        phone.opens(&path).await;
        phone.follows(".verdict button").await;
        assert_ne!(phone.path().await, path);
        assert!(phone.text(".verdict").await.contains("有效"));
        assert!(phone.text("article.certificate").await.contains("1 小时"));
        phone
    });
}

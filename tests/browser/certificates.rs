//! From “I was there” to a sheet of paper, and to a stranger who checks it.

use crate::support::app::app;
use crate::support::records::Recorded;

use super::phone::{Settings, with_phone};

const DAY: i64 = 86_400_000;

#[test]
fn a_certificate_is_asked_for_printed_and_checked() {
    let (organization, volunteer) = (app().organization(), app().adult());
    let record = Recorded::new(0, 125, "A").write(app(), &organization, &volunteer);
    Recorded::new(DAY, 60, "C").write(app(), &organization, &volunteer);
    with_phone(Settings::default(), |phone| async move {
        phone.opens("/offline").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens("/me/certificates").await;
        phone.follows("details[open] button").await;
        let path = phone.path().await;
        let sheet = phone.text("article.certificate").await;
        for words in [
            volunteer.name.as_str(),
            organization.name.as_str(),
            "3 小时 5 分",
            "李老师",
        ] {
            assert!(sheet.contains(words), "{words}: {sheet}");
        }
        assert_eq!(phone.sheets().await, 1);
        assert_eq!(phone.policy_breaches().await, 0);
        phone.keeps_session("nobody").await;
        phone.opens("/certificates").await;
        phone
            .types(
                "#number",
                &path.replace("/certificates/", "").to_lowercase(),
            )
            .await;
        phone.follows("form button").await;
        let seen = phone.reads().await;
        assert!(
            seen.contains("有效") && !seen.contains(&volunteer.name),
            "{seen}"
        );
        Recorded::new(0, 60, "B")
            .correcting(record)
            .write(app(), &organization, &volunteer);
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&path).await;
        assert!(phone.text(".verdict").await.contains("已被取代"));
        phone.follows(".verdict button").await;
        assert!(phone.text(".verdict").await.contains("有效"));
        assert!(phone.text("article.certificate").await.contains("2 小时"));
        phone
    });
}

#[test]
fn a_long_one_breaks_between_its_rows() {
    let (organization, volunteer) = (app().organization(), app().adult());
    for n in 0..40 {
        let sql = Recorded::new(n * DAY, 60, "A").sql(&organization, &volunteer);
        let another = sql.replace("夏令营", &format!("夏令营第 {n} 期"));
        app().rows(&another, serde_json::json!([]));
    }
    let body = serde_json::json!({"organization_id": organization.id});
    let asked = volunteer.sends("POST", "/api/v1/me/certificates", &body);
    let path = format!("/certificates/{}", asked.is(201).member("number"));
    with_phone(Settings::default(), |phone| async move {
        phone.opens("/offline").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&path).await;
        let sheets = phone.sheets().await;
        assert!((3..=4).contains(&sheets), "{sheets}");
        phone
    });
}

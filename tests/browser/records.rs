//! A record that is wrong, from the volunteer's phone to the coordinator's decision.

use super::phone::{Settings, with_phone};
use crate::support::app::app;
use crate::support::records::Recorded;

#[test]
fn a_record_is_contested_declined_and_decided_without_scripts() {
    let settings = Settings {
        no_scripts: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let organization = app().organization();
        let (ming, recorder) = (app().adult(), organization.member("recorder"));
        let coordinator = app().coordinator("36");
        let record = Recorded::new(app().now().plus(-7 * 86_400_000).millis(), 150, "A");
        record.write(app(), &organization, &ming);
        phone.opens("/").await;
        phone.keeps_session(&ming.session).await;
        phone.opens("/me/signups").await;
        phone.follows("a[href='/me/records']").await;
        assert!(phone.reads().await.contains("2 小时 30 分"));
        phone
            .follows(&format!("a[href='/me/records/{}']", record.id))
            .await;
        phone.types("#claim", "我十二点才走").await;
        phone.taps("#contest details summary").await;
        phone.types("#minutes", "三小时").await;
        phone.follows("#contest button").await;
        assert!(phone.text("#minutes-wrong").await.contains("整数"));
        phone.types("#minutes", "120").await;
        phone.follows("#contest button").await;
        let text = phone.reads().await;
        assert!(text.contains("等组织答复") && text.contains("我十二点才走"));

        phone.keeps_session(&recorder.session).await;
        phone
            .opens(&format!("/organizations/{}/disputes", organization.id))
            .await;
        phone.follows("main .shifts a.button").await;
        assert!(phone.reads().await.contains(&ming.name));
        phone.types("#reason", "与签到表一致").await;
        phone.follows("button[value=decline]").await;

        phone.keeps_session(&ming.session).await;
        phone.opens(&format!("/me/records/{}", record.id)).await;
        phone.types("#reason", "同组的人可以作证").await;
        phone.follows("#escalate button").await;
        assert!(phone.reads().await.contains("等统筹员裁定"));

        phone.keeps_session(&coordinator.session).await;
        phone.opens("/coordination").await;
        phone.follows("a[href='/coordination/disputes']").await;
        assert!(phone.text("main .shifts").await.contains("邻里社"));
        let dispute = app().value(
            "SELECT d.id FROM record_dispute d JOIN service_record r ON r.seq = d.record WHERE r.id = ?1",
            serde_json::json!([record.id]),
        );
        phone
            .opens(&format!(
                "/coordination/disputes/{}",
                dispute.as_str().unwrap()
            ))
            .await;
        phone.types("#reason", "证言一致").await;
        phone.follows("button[value=uphold]").await;
        assert!(phone.reads().await.contains("统筹员裁定：更正"));

        phone.keeps_session(&ming.session).await;
        phone.opens("/me/records").await;
        assert!(phone.text(".sum").await.contains("2 小时"));
        phone.taps("main .shifts details summary").await;
        assert!(phone.reads().await.contains("证言一致"));
        phone
    });
}

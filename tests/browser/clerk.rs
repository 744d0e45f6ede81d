//! A clerk with a phone writes a project.

use crate::support::app::app;
use crate::support::notice::morning;

use super::phone::{Settings, with_phone};

fn writes_and_publishes(settings: Settings) {
    with_phone(settings, |phone| async move {
        let organization = app().organization();
        let clerk = organization.member("manager");
        phone.opens("/offline").await;
        phone.keeps_session(&clerk.session).await;
        let list = format!("/organizations/{}/projects", organization.id);
        phone.opens(&list).await;
        assert!(phone.reads().await.contains("还没有项目"));
        phone.follows(".actions .button").await;
        phone.types("#title", "冬日山村科学课").await;
        // The Enter key saves, as it does in any form.
        phone.follows_typing("#place", "潭头村小学\n").await;
        assert!(phone.text(".say.good").await.contains("已保存"));
        assert!(phone.reads().await.contains("还差"));
        for part in [
            "summary",
            "conditions",
            "how_to_sign_up",
            "risks",
            "safeguards",
        ] {
            phone.types(&format!("#{part}"), "写明白了").await;
        }
        phone.types("#content", "两节课").await;
        let day = morning(app().now(), 6).date();
        phone
            .asks(&format!(
                "const put = (name, value) => {{ document.querySelector(`[name='${{name}}']`).value = value; }};
                 put('field', 'education'); put('region', '360731');
                 put('shift-0-day', '{day}'); put('shift-0-from', '09:00'); put('shift-0-to', '11:00');"
            ))
            .await;
        phone.types("[name='shift-0-role']", "助教").await;
        phone.types("[name='shift-0-capacity']", "6").await;
        phone.follows("form.sheet button[value=row]").await;
        assert!(phone.sees("[name='shift-1-day']").await);
        phone.follows("form.sheet button[value=publish]").await;
        assert!(phone.text(".say.good").await.contains("已发布"));
        assert!(phone.text("span.state").await.contains("已发布"));

        phone.opens(&list).await;
        assert!(phone.text(".dishes").await.contains("余 6 位"));
        phone.follows(".dishes a").await;
        phone.follows("a[href$='/cancel']").await;
        phone.types("#reason", "连日暴雨").await;
        phone.follows("main form button").await;
        assert!(phone.text("span.state").await.contains("已取消"));
        assert!(phone.reads().await.contains("连日暴雨"));
        phone
    });
}

#[test]
fn a_clerk_writes_publishes_and_calls_off() {
    writes_and_publishes(Settings::default());
}

#[test]
fn the_same_without_any_script() {
    writes_and_publishes(Settings {
        no_scripts: true,
        ..Settings::default()
    });
}

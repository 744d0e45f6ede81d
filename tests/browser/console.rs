//! An organization from its registration to its first key, on a phone, and without scripts.

use serde_json::json;

use super::phone::{Settings, with_phone};
use crate::support::app::app;

#[test]
fn an_organization_is_registered_verified_and_given_a_key() {
    with_phone(Settings::default(), |phone| async move {
        let (hong, coordinator) = (app().adult(), app().coordinator("360731"));
        phone.opens("/").await;
        phone.keeps_session(&hong.session).await;
        phone.opens("/me/organizations").await;
        phone.follows("a[href='/organizations/new']").await;
        phone.types("#name", "潭头村志愿队").await;
        phone
            .asks("document.querySelector('#kind').value = 'enterprise'; document.querySelector('#region').value = '360731'")
            .await;
        phone.follows("main form button").await;
        assert!(
            phone
                .text("#credit_code-wrong")
                .await
                .contains("统一社会信用代码")
        );
        assert_eq!(
            phone
                .asks("return document.querySelector('#name').value")
                .await,
            "潭头村志愿队"
        );
        phone
            .asks("document.querySelector('#kind').value = 'volunteer_team'")
            .await;
        phone.follows("main form button").await;
        assert!(phone.text(".say.good").await.contains("登记成功"));
        assert!(phone.text(".say.wait").await.contains("核验"));
        let projects = phone.path().await;
        let settings = projects.replace("/projects", "/settings");

        phone.keeps_session(&coordinator.session).await;
        phone.opens("/coordination").await;
        let id = settings.split('/').nth(2).unwrap().to_owned();
        let dossier = format!("a[href='/coordination/organizations/{id}']");
        // Others wait too, and have waited longer.
        while !phone.sees(&dossier).await {
            phone.follows("a[rel=next]").await;
        }
        phone.follows(&dossier).await;
        // A refusal without a reason is none.
        phone.follows("button[value=refuse]").await;
        assert!(
            phone.text("#reason-wrong").await.contains("需")
                || phone.reads().await.contains("原因")
        );
        phone.follows("button[value=verify]").await;
        hong.is_told("organization_verified");

        phone.keeps_session(&hong.session).await;
        phone.opens(&settings).await;
        assert!(phone.reads().await.contains("于都县民政局）"));
        phone
            .asks("document.querySelectorAll('#keys details').forEach((d) => d.open = true)")
            .await;
        phone.types("#key-name", "业务系统").await;
        phone.taps("input[value='projects:write']").await;
        phone.follows("form[action*='/key'] button").await;
        let key = phone
            .asks("return document.querySelector('#key').value")
            .await;
        assert!(!diandan::organizations::is_mistyped_key(
            key.as_str().unwrap()
        ));
        phone.opens(&settings).await;
        assert!(!phone.reads().await.contains(&key.as_str().unwrap()[8..]));
        phone
    });
}

#[test]
fn somebody_invited_joins_from_the_page_without_scripts() {
    let settings = Settings {
        no_scripts: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let organization = app().organization();
        let (owner, ming) = (organization.member("owner"), app().adult());
        phone.opens("/").await;
        phone.keeps_session(&owner.session).await;
        let settings = format!("/organizations/{}/settings", organization.id);
        phone.opens(&settings).await;
        phone.types("#phone", &ming.phone).await;
        phone.follows("form[action*='/invite'] button").await;
        assert!(phone.reads().await.contains("已邀请"));
        phone.keeps_session(&ming.session).await;
        phone.opens("/me/organizations").await;
        assert!(phone.reads().await.contains(&organization.name));
        phone.follows("button[value=accept]").await;
        assert!(phone.text(".say.good").await.contains("已加入"));
        let projects = format!("/organizations/{}/projects", organization.id);
        assert_eq!(phone.path().await, projects);
        phone.opens(&settings).await;
        let role = "SELECT role FROM member WHERE organization_id = ?1 AND volunteer_id = ?2";
        let role = app().value(role, json!([organization.id, ming.id]));
        assert_eq!(role, "manager");
        // A manager sees members, and neither keys nor what only owners change.
        let page = phone.reads().await;
        assert!(
            page.contains(&owner.name) && !page.contains("接口密钥"),
            "{page}"
        );
        phone
    });
}

//! What people do, from tap to tap.

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::Volunteer;

use super::phone::{Phone, Settings, with_phone};

/// From the menu to a ticket as somebody nobody knows, the way a thumb goes.
async fn signs_up_from_the_menu(phone: &Phone, notice: &Notice, stranger: &Volunteer<'_>) {
    phone.opens("/").await;
    phone.types("input[name=q]", &notice.word()).await;
    phone.follows("form.filters button").await;
    assert!(phone.text(".dishes").await.contains(notice.title()));
    phone.follows(".dishes a").await;
    assert_eq!(phone.text("h1").await, notice.title());
    phone.follows(".shifts .button").await;
    phone.types("#name", &stranger.name).await;
    phone.types("#phone", &stranger.phone).await;
    phone.taps("input[name=adult]").await;
    phone.follows("form button").await;
    phone.types("#code", &stranger.newest_code()).await;
    phone.follows("form button").await;
}

fn the_whole_walk(settings: Settings) {
    with_phone(settings, |phone| async move {
        let organization = app().organization();
        let first = with_waitlist(shift("a", morning(app().now(), 3), 1), 2);
        let notice = Notice::of(&[first]);
        let project = organization.publishes(&notice);
        let stranger = app().stranger();

        signs_up_from_the_menu(&phone, &notice, &stranger).await;
        assert!(phone.path().await.starts_with("/me/signups/"));
        assert!(phone.reads().await.contains("报名成功"));
        assert!(phone.text(".ticket").await.contains(notice.title()));

        // The seat is taken: the next one waits, and sees it.
        phone.opens(&format!("/projects/{}", project.id)).await;
        assert!(phone.text(".shifts").await.contains("候补"));
        let waiting = app().volunteer();
        let waits = waiting.takes(&project.shift("a"), "waitlisted");

        // Coming back to the form leads to the ticket, not to a second place.
        phone.opens("/me/signups").await;
        assert!(phone.text(".shifts").await.contains("已确认"));
        phone.follows(".shifts a").await;
        phone
            .taps("details:has(form[action$='/cancel']) summary")
            .await;
        phone.follows("form[action$='/cancel'] button").await;
        assert!(phone.text(".ticket").await.contains("已取消"));
        assert_eq!(waiting.ticket(&waits)["state"], "confirmed");
        waiting.is_told("有名额了");
        phone
    });
}

#[test]
fn a_stranger_gets_a_ticket_and_gives_it_back() {
    the_whole_walk(Settings::default());
}

#[test]
fn the_same_without_any_script() {
    the_whole_walk(Settings {
        no_scripts: true,
        ..Settings::default()
    });
}

#[test]
fn a_double_tap_is_one_sign_up() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        let project =
            organization.publishes(&Notice::of(&[shift("a", morning(app().now(), 3), 5)]));
        let volunteer = app().adult();
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        let shift = project.shift("a");
        phone.opens(&format!("/shifts/{}/sign-up", shift.id)).await;
        // Twice at once, past what the page's own script would hold back.
        phone
            .asks(
                "const form = document.querySelector('main form');
                 const body = new URLSearchParams(new FormData(form));
                 window.both = Promise.all([1, 2].map(() => fetch(form.action, {method: 'POST', body})))
                   .then((answers) => answers.map((answer) => answer.url));",
            )
            .await;
        phone.waits_for("window.both !== undefined").await;
        phone
            .asks("window.both.then((urls) => { window.urls = urls; });")
            .await;
        phone.waits_for("window.urls !== undefined").await;
        let urls = phone.asks("return window.urls").await;
        assert_eq!(urls[0], urls[1], "both taps lead to the same ticket");
        let roster = organization.reads_roster(&shift).is(200).json();
        assert_eq!(roster["items"].as_array().unwrap().len(), 1);
        phone
    });
}

#[test]
fn a_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        let project =
            organization.publishes(&Notice::of(&[shift("a", morning(app().now(), 3), 5)]));
        phone
            .opens(&format!("/shifts/{}/sign-up", project.shift("a").id))
            .await;
        phone.types("#name", "文𠮷").await;
        phone.types("#phone", "12345").await;
        phone.follows("form button").await;
        assert_eq!(
            phone.text("#phone-wrong").await,
            "请填写 11 位中国大陆手机号"
        );
        assert_eq!(
            phone
                .asks("return document.querySelector('#name').value")
                .await,
            "文𠮷"
        );

        let stranger = app().stranger();
        phone.types("#phone", &stranger.phone).await;
        phone.follows("main form button").await;
        // Neither of age nor born: asked before a code is sent for nothing.
        assert!(phone.text("[role=alert]").await.contains("出生日期"));
        assert!(app().texts_to(&stranger.phone).is_empty());
        phone.taps("input[name=adult]").await;
        phone.types("#note", "自驾，可带两人").await;
        phone.follows("main form button").await;
        assert!(phone.reads().await.contains("10 分钟内有效"));

        phone.types("#code", "000000").await;
        let right = stranger.newest_code();
        if right != "000000" {
            phone.follows("main form button").await;
            assert!(phone.text("#code-wrong").await.contains("验证码不对"));
        }
        phone.types("#code", &right).await;
        phone.follows("main form button").await;
        assert!(phone.reads().await.contains("报名成功"));
        let roster = organization
            .reads_roster(&project.shift("a"))
            .is(200)
            .json();
        assert_eq!(roster["items"][0]["note"], "自驾，可带两人");

        // Whoever holds a place and comes back to the form comes to the ticket.
        phone
            .opens(&format!("/shifts/{}/sign-up", project.shift("a").id))
            .await;
        assert!(phone.path().await.starts_with("/me/signups/"));
        phone
    });
}

#[test]
fn the_roster_is_for_those_who_run_the_shift() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        let project =
            organization.publishes(&Notice::of(&[shift("a", morning(app().now(), 3), 5)]));
        let volunteer = app().adult();
        volunteer.takes(&project.shift("a"), "confirmed");
        let roster = format!("/shifts/{}/roster", project.shift("a").id);

        phone.opens(&roster).await;
        assert!(!phone.reads().await.contains(&volunteer.name));
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&roster).await;
        assert!(!phone.reads().await.contains(&volunteer.phone));

        phone
            .keeps_session(&organization.member("viewer").session)
            .await;
        phone.opens("/me/signups").await;
        phone.follows("a[href$='/roster']").await;
        let page = phone.reads().await;
        assert!(
            page.contains(&volunteer.name) && page.contains(&volunteer.phone),
            "{page}"
        );
        phone
    });
}

#[test]
fn an_organizer_lets_somebody_go_who_asks_late() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        // Two days ahead, with a deadline three days before.
        let notice = Notice::of(&[shift("a", morning(app().now(), 2), 5)])
            .with("cancel_until_minutes", 4320);
        let project = organization.publishes(&notice);
        let volunteer = app().adult();
        let signup = volunteer.takes(&project.shift("a"), "confirmed");
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&format!("/me/signups/{signup}")).await;
        phone
            .taps("details:has(form[action$='/cancel']) summary")
            .await;
        phone.follows("form[action$='/cancel'] button").await;
        assert!(phone.reads().await.contains("名额仍为您保留"));

        phone
            .keeps_session(&organization.member("manager").session)
            .await;
        phone
            .opens(&format!("/shifts/{}/roster", project.shift("a").id))
            .await;
        phone.follows("td button").await;
        assert!(!phone.reads().await.contains(&volunteer.name));
        volunteer.is_told("已同意您退出");
        phone
    });
}

#[test]
fn signing_out_everywhere_ends_every_session() {
    with_phone(Settings::default(), |phone| async move {
        let volunteer = app().volunteer();
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens("/me/signups").await;
        phone
            .follows("form[action='/sign-out']:has(input) button")
            .await;
        volunteer.reads("/api/v1/me").is(401);
        phone.opens("/me/signups").await;
        assert_eq!(phone.path().await, "/sign-in");
        phone
    });
}

#[test]
fn the_language_stays_chosen() {
    with_phone(
        Settings {
            english: true,
            ..Settings::default()
        },
        |phone| async move {
            phone.opens("/?field=health").await;
            assert_eq!(phone.text("h1").await, "Health");
            phone.follows("a[hreflang]").await;
            assert_eq!(phone.text("h1").await, "健康义诊");
            phone.opens("/sign-in").await;
            assert_eq!(phone.text("h1").await, "登录");
            phone
        },
    );
}

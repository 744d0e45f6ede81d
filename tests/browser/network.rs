//! Where the network is slow, or not there.

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};

use super::phone::{Settings, with_phone};

#[test]
fn a_ticket_opens_without_a_network() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        let notice = Notice::of(&[shift("a", morning(app().now(), 3), 5)]);
        let project = organization.publishes(&notice);
        let volunteer = app().adult();
        let signup = volunteer.takes(&project.shift("a"), "confirmed");
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone
            .waits_for("navigator.serviceWorker.controller !== null")
            .await;
        let ticket = format!("/me/signups/{signup}");
        phone.opens(&ticket).await;
        let kept = format!(
            "window.kept === true || (caches.match('{ticket}', {{ignoreVary: true}}).then((found) => {{ window.kept = found !== undefined; }}), false)"
        );
        phone.waits_for(&kept).await;

        phone.network(false).await;
        phone.opens("/me/signups").await;
        assert!(phone.reads().await.contains("现在没有网络"));
        phone.opens(&ticket).await;
        assert!(phone.text(".ticket").await.contains(notice.title()));
        assert!(phone.text("#notice").await.contains("没有网络"));
        phone.network(true).await;
        phone.opens("/me/signups").await;
        assert!(phone.reads().await.contains("我的班次"));

        // Signing out leaves nothing behind on a phone that others use.
        phone.follows("form[action='/sign-out'] button").await;
        phone.network(false).await;
        let gone = format!(
            "window.gone === true || (caches.match('{ticket}', {{ignoreVary: true}}).then((found) => {{ window.gone = found === undefined; }}), false)"
        );
        phone.waits_for(&gone).await;
        phone
    });
}

#[test]
fn a_form_that_is_sent_says_so_and_is_not_sent_twice() {
    with_phone(Settings::default(), |phone| async move {
        phone.opens("/sign-in").await;
        // The page's script marks the form; the navigation is held back to look at it.
        phone
            .asks(
                "const form = document.querySelector('main form');
                 window.sent = 0;
                 addEventListener('submit', (event) => {
                   if (!event.defaultPrevented) window.sent++;
                   event.preventDefault();
                 });
                 form.querySelector('#phone').value = '13800138000';
                 form.requestSubmit();
                 form.requestSubmit();",
            )
            .await;
        assert_eq!(phone.asks("return window.sent").await, 1);
        assert!(phone.sees("form[aria-busy=true]").await);
        phone
    });
}

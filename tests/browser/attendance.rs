//! Coming and going on two phones, with and without a network.

use std::path::PathBuf;

use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::{Value, json};

use crate::support::app::{app, shared};
use crate::support::attendance::shown;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::{soon, unique};

use super::line::Line;
use super::phone::{Phone, Settings, with_phone};

/// A shift that is under way, and somebody who is on it.
pub fn under_way<'a>(organization: &Organization<'a>) -> (Shift, Volunteer<'a>, String) {
    let notice = Notice::of(&[shift("a", morning(app().now(), 3), 5)]);
    let shift = organization.publishes(&notice).shift("a");
    let volunteer = app().adult();
    let signup = volunteer.takes(&shift, "confirmed");
    shift.begins(app());
    (shift, volunteer, signup)
}

/// What is known of a sign-up: kinds in order of time.
pub fn known(signup: &str) -> Vec<Value> {
    let sql = "SELECT kind FROM attendance WHERE signup_id = ?1 ORDER BY happened_at, seq";
    let rows = app().rows(sql, json!([signup]));
    rows.into_iter().map(|row| row["kind"].clone()).collect()
}

pub async fn has_its_worker(phone: &Phone, volunteer: &Volunteer<'_>) {
    phone.opens("/").await;
    phone.keeps_session(&volunteer.session).await;
    phone
        .waits_for("navigator.serviceWorker.controller !== null")
        .await;
}

/// Waits until a page is kept for times without a network.
pub async fn has_kept(phone: &Phone, path: &str) {
    let kept = format!(
        "window.kept === true || (caches.match('{path}', {{ignoreVary: true}}).then((found) => {{ window.kept = found !== undefined; }}), false)"
    );
    phone.waits_for(&kept).await;
}

#[test]
fn a_code_on_one_phone_is_scanned_by_another() {
    let organization = app().organization();
    let recorder = organization.member("recorder");
    let (shift, volunteer, signup) = under_way(&organization);
    let code = format!("/shifts/{}/attendance/code", shift.id);
    let mut link = String::new();
    with_phone(Settings::default(), |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&recorder.session).await;
        phone.opens(&code).await;
        assert!(phone.text("#code").await.contains("已签到 0/1"));
        // What it says is what was shown around now, and it changes by itself.
        let now = app().now();
        let digits: String = phone.text(".digits").await.split(' ').collect();
        let near = [-30_000, 0, 30_000].map(|more| now.plus(more));
        let at = near.into_iter().find(|at| shown(&shift, *at).1 == digits);
        link = shift.check_in_link(at.expect("a code of now"));
        phone
            .waits_for(&format!(
                "document.querySelector('.digits').textContent.replace(' ', '') !== '{digits}'"
            ))
            .await;
        assert_eq!(phone.policy_breaches().await, 0);
        assert_eq!(phone.accessibility_faults().await, Vec::<String>::new());
        phone
    });
    with_phone(Settings::default(), |phone| async {
        // Scanned before anybody is signed in: back here afterwards.
        phone.opens(&link).await;
        assert_eq!(phone.path().await, "/sign-in");
        assert!(known(&signup).is_empty());
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&shift.check_in_link(app().now())).await;
        assert_eq!(phone.text("h1").await, "签到");
        assert_eq!(phone.accessibility_faults().await, Vec::<String>::new());
        assert!(known(&signup).is_empty());
        phone.follows("main form button").await;
        assert_eq!(phone.path().await, format!("/me/signups/{signup}"));
        assert!(phone.text(".evidence").await.contains("扫码"));
        // Out by typing, on the ticket.
        let (_, digits) = shown(&shift, app().now());
        assert_eq!(phone.text("#attendance button.wide").await, "签退");
        phone.types("input.code", &digits).await;
        phone.follows("#attendance button.wide").await;
        assert!(phone.text(".evidence").await.contains("签退"));
        assert_eq!(known(&signup), ["in", "out"]);
        assert_eq!(phone.policy_breaches().await, 0);
        assert_eq!(phone.accessibility_faults().await, Vec::<String>::new());
        phone
    });
    with_phone(Settings::default(), |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&recorder.session).await;
        phone
            .opens(&format!("/shifts/{}/attendance", shift.id))
            .await;
        assert!(phone.reads().await.contains("已签到 1 · 已签退 1"));
        assert_eq!(phone.accessibility_faults().await, Vec::<String>::new());
        phone
    });
}

#[test]
fn without_scripts_a_scan_and_a_code_are_forms() {
    let settings = Settings {
        no_scripts: true,
        english: true,
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        let (shift, volunteer, signup) = under_way(&app().organization());
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone
            .opens(&shift.check_in_link(app().now().plus(-120_000)))
            .await;
        assert!(phone.reads().await.contains("The code has changed"));
        assert!(!phone.sees("main form").await);
        phone.opens(&shift.check_in_link(app().now())).await;
        phone.follows("main form button").await;
        assert!(phone.text(".evidence").await.contains("Check-in"));
        let (_, digits) = shown(&shift, app().now());
        phone.types("input.code", &digits).await;
        phone.follows("#attendance button.wide").await;
        assert_eq!(known(&signup), ["in", "out"]);
        phone
    });
}

#[test]
fn a_check_in_without_a_network_waits_on_the_phone_and_is_not_lost_with_the_session() {
    with_phone(Settings::default(), |phone| async move {
        let (shift, mut volunteer, signup) = under_way(&app().organization());
        has_its_worker(&phone, &volunteer).await;
        let ticket = format!("/me/signups/{signup}");
        phone.opens(&ticket).await;
        has_kept(&phone, &ticket).await;

        phone.network(false).await;
        phone.opens(&ticket).await;
        let (_, digits) = shown(&shift, app().now());
        phone.types("input.code", &digits).await;
        phone.taps("#attendance button.wide").await;
        assert!(
            phone
                .text("#kept")
                .await
                .contains("已保存在手机，联网后自动上传")
        );
        phone
            .waits_for("document.querySelector('#attendance button.wide').textContent === '签退'")
            .await;
        // The page is closed and opened again: it is still there.
        phone.opens(&ticket).await;
        assert!(phone.text("#kept").await.contains("签到"));
        assert!(known(&signup).is_empty());

        // The session ends meanwhile.
        let ended = "UPDATE session SET expires_at = created_at WHERE volunteer_id = ?1";
        app().rows(ended, json!([volunteer.id]));
        phone.network(true).await;
        phone
            .waits_for("document.querySelector('#kept a[href^=\"/sign-in\"]') !== null")
            .await;
        assert!(known(&signup).is_empty());
        volunteer.signs_in();
        phone.keeps_session(&volunteer.session).await;
        phone.opens("/me/signups").await;
        soon("the check-in", || known(&signup) == ["in"]);
        phone
            .waits_for("document.querySelector('#kept')?.textContent.includes('已上传 1 条签到')")
            .await;

        // Once more, and this time it goes by itself.
        phone.opens(&ticket).await;
        phone.network(false).await;
        let (_, digits) = shown(&shift, app().now());
        phone.types("input.code", &digits).await;
        phone.taps("#attendance button.wide").await;
        assert!(phone.text("#kept").await.contains("签退"));
        phone.network(true).await;
        soon("the check-out", || known(&signup) == ["in", "out"]);
        phone
    });
}

#[test]
fn a_code_scanned_without_a_network_opens_all_the_same() {
    with_phone(Settings::default(), |phone| async move {
        let (shift, volunteer, signup) = under_way(&app().organization());
        has_its_worker(&phone, &volunteer).await;
        phone.opens(&format!("/me/signups/{signup}")).await;
        phone.network(false).await;
        phone.opens(&shift.check_in_link(app().now())).await;
        assert!(phone.reads().await.contains("现在没有网络"));
        phone.taps("form[data-kept] button[value=in]").await;
        assert!(phone.text("#kept").await.contains("已保存在手机"));
        assert_eq!(phone.policy_breaches().await, 0);
        phone.network(true).await;
        soon("the check-in", || known(&signup) == ["in"]);
        // Somebody else signs in on this phone: what is kept stays for whose it is.
        phone.network(false).await;
        phone.opens(&shift.check_in_link(app().now())).await;
        phone.taps("form[data-kept] button[value=out]").await;
        phone.text("#kept").await;
        phone.keeps_session(&app().adult().session).await;
        phone.network(true).await;
        phone
            .waits_for("document.querySelector('#kept')?.textContent.includes('另一个账号')")
            .await;
        assert_eq!(known(&signup), ["in"]);
        phone.keeps_session(&volunteer.session).await;
        phone.taps("#kept button").await;
        soon("the check-out", || known(&signup) == ["in", "out"]);
        phone
    });
}

/// A film of a QR code, as a camera sees it: dark on light, with some light around.
fn film(text: &str) -> PathBuf {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
    let side = usize::try_from(code.size()).unwrap();
    let module = 400 / side;
    let (left, top) = ((WIDTH - side * module) / 2, (HEIGHT - side * module) / 2);
    let mut film = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n").into_bytes();
    for _ in 0..2 {
        film.extend_from_slice(b"FRAME\n");
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let place = |at: usize, from: usize| {
                    Some(i32::try_from(at.checked_sub(from)? / module).unwrap())
                };
                let dark = place(x, left)
                    .zip(place(y, top))
                    .is_some_and(|(x, y)| code.get_module(x, y));
                film.push(if dark { 40 } else { 215 });
            }
        }
        film.resize(film.len() + WIDTH * HEIGHT / 2, 128);
    }
    let path =
        std::env::temp_dir().join(format!("diandan-{}-{}.y4m", std::process::id(), unique()));
    std::fs::write(&path, film).unwrap();
    path
}

#[test]
fn the_camera_of_a_browser_reads_the_code() {
    let (shift, volunteer, signup) = under_way(&app().organization());
    let link = shift.check_in_link(app().now());
    let line = Line::to(&shared().url);
    let film = film(&format!("{}{link}", line.url));
    let settings = Settings {
        camera: Some(film.clone()),
        line: Some(line),
        ..Settings::default()
    };
    with_phone(settings, |phone| async {
        phone.opens("/").await;
        phone.keeps_session(&volunteer.session).await;
        phone.opens(&format!("/me/signups/{signup}")).await;
        phone.follows("[data-camera] button").await;
        assert!(phone.text(".evidence").await.contains("扫码"));
        assert_eq!(phone.policy_breaches().await, 0);
        phone
    });
    std::fs::remove_file(film).unwrap();
    assert_eq!(known(&signup), ["in"]);
}

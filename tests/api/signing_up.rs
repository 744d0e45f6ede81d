//! From the menu to a seat and back.

use diandan::menu::Places;
use diandan::platform::i18n::Lang;
use serde_json::json;

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift, with_waitlist};

#[test]
fn the_walk_from_the_menu_to_a_seat_and_back() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[with_waitlist(shift("sat", morning(app.now(), 5), 1), 2)]);
    let project = organization.publishes(&notice);
    let sat = project.shift("sat");

    let found = app.menu(&[("q", &notice.word())]).is(200);
    assert_eq!(found.ids(), std::slice::from_ref(&project.id));
    assert_eq!(found.json()["items"][0]["seats_free"], 1);

    let ming = app.volunteer();
    let first = ming.takes(&sat, "confirmed");
    let hong = app.volunteer();
    let second = hong.signs_up(&sat).is(201);
    assert_eq!(second.json()["state"], "waitlisted");
    assert_eq!(second.json()["position"], 1);
    let second = second.member("id");
    let lan = app.volunteer();
    let third = lan.takes(&sat, "waitlisted");
    assert_eq!(lan.ticket(&third)["position"], 2);

    let viewer = organization.member("viewer");
    for roster in [viewer.reads_roster(&sat), organization.reads_roster(&sat)] {
        let people = roster.is(200).json();
        let read = |at: usize, part: &str| people["items"][at][part].clone();
        for (at, volunteer, state) in [
            (0, &ming, "confirmed"),
            (1, &hong, "waitlisted"),
            (2, &lan, "waitlisted"),
        ] {
            assert_eq!(read(at, "name"), volunteer.name);
            assert_eq!(read(at, "phone"), volunteer.phone);
            assert_eq!(read(at, "state"), state);
        }
    }

    ming.cancels(&first).is(204);
    assert_eq!(ming.ticket(&first)["state"], "cancelled");
    assert_eq!(hong.ticket(&second)["state"], "confirmed");
    assert_eq!(hong.ticket(&second)["position"], json!(null));
    assert_eq!(lan.ticket(&third)["position"], 1);

    let text = hong.is_told("signup_promoted");
    assert!(text.contains(notice.title()), "{text}");
    let to_lan = app.letters_to(&lan.phone);
    assert!(
        to_lan.iter().all(|letter| letter.kind == "sign_in_code"),
        "{to_lan:?}"
    );
}

#[test]
fn whoever_signed_up_sees_it_at_once() {
    let app = app();
    let organization = app.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(app.now(), 4), 5)]));
    let ming = app.volunteer();
    // Everybody's answers are remembered for a moment: this one is from before.
    app.get(&project.path()).is(200);
    app.get("/").is(200);

    let signup = ming.takes(&project.shift("a"), "confirmed");
    let left = |answer: serde_json::Value| answer["shifts"][0]["seats_left"].clone();
    assert_eq!(left(ming.reads(&project.path()).is(200).json()), 4);
    assert_eq!(
        ming.reads("/api/v1/me/signups").is(200).ids(),
        std::slice::from_ref(&signup)
    );
    let page = ming.place.send(
        &ming
            .anonymous("GET", &format!("/projects/{}", project.id))
            .browser(&ming.session),
    );
    let four_left = Places::of(4, 0).words();
    assert!(page.is(200).text().contains(four_left.in_lang(Lang::Zh)));

    ming.cancels(&signup).is(204);
    assert_eq!(left(ming.reads(&project.path()).is(200).json()), 5);
}

#[test]
fn two_taps_take_one_seat() {
    let app = app();
    let organization = app.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(app.now(), 4), 5)]));
    let a = project.shift("a");
    let ming = app.adult();
    let tap = ming
        .request("POST", &a.signups())
        .header("idempotency-key", "tap-1")
        .json(&json!({}));
    let answers = std::thread::scope(|scope| {
        let taps: Vec<_> = (0..8).map(|_| scope.spawn(|| app.send(&tap))).collect();
        taps.into_iter()
            .map(|tap| tap.join().unwrap().is(201))
            .collect::<Vec<_>>()
    });
    let mut ids: Vec<_> = answers.iter().map(|answer| answer.member("id")).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let replays = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == Some("true"));
    assert_eq!(replays.count(), 7);
    let taken = "SELECT confirmed AS n FROM shift WHERE id = ?1";
    assert_eq!(app.number(taken, json!([a.id])), 1);

    // Without a key a second tap is told that there is a first.
    let again = ming.signs_up(&a).refused(409, "already_signed_up");
    assert_eq!(again.member("signup_id"), ids[0]);
}

#[test]
fn two_clashing_shifts_at_once_give_one() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 4);
    let shifts: Vec<_> = (0..6).map(|n| shift(&format!("s{n}"), start, 3)).collect();
    let project = organization.publishes(&Notice::of(&shifts));
    let ming = app.adult();
    let answers = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6)
            .map(|n| {
                let (ming, shift) = (&ming, project.shift(&format!("s{n}")));
                scope.spawn(move || ming.signs_up(&shift))
            })
            .collect();
        asked
            .into_iter()
            .map(|answer| answer.join().unwrap())
            .collect::<Vec<_>>()
    });
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        let problem = answer.clone().refused(409, "shift_clash").json();
        assert_eq!(problem["may_override"], false);
        assert_eq!(problem["clashes_with"]["title"], project.body["title"]);
    }
}

#[test]
fn somebody_under_18_brings_a_guardian_whom_only_the_roster_shows() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 4);
    let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
    let a = project.shift("a");
    let born = format!("{}-01-01", start.date().year() - 16);
    let tao = app.volunteer();
    tao.signs_up_saying(&a, &json!({"birth_date": born}))
        .refused(422, "guardian_consent_missing");
    let guardian = json!({"name": "陶母", "phone": "13700137000"});
    let signup = tao
        .signs_up_saying(&a, &json!({"birth_date": born, "guardian": guardian}))
        .is(201);
    assert!(!signup.text().contains("13700137000"));
    let person = &organization.reads_roster(&a).is(200).json()["items"][0];
    assert_eq!(person["guardian_name"], "陶母");
    assert_eq!(person["guardian_phone"], "13700137000");
    assert_eq!(person["guardian_accompanies"], false);
    let profile = tao.reads("/api/v1/me").is(200);
    assert_eq!(profile.member("birth_date"), born);
}

#[test]
fn past_the_deadline_the_organizer_is_asked_and_lets_go() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 2);
    let notice =
        Notice::of(&[with_waitlist(shift("a", start, 1), 1)]).with("cancel_until_minutes", 43_200);
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    let manager = organization.member("manager");
    let (ming, hong) = (app.adult(), app.adult());
    let signup = ming.takes(&a, "confirmed");
    let waiting = hong.takes(&a, "waitlisted");

    ming.cancels(&signup).is(202);
    ming.cancels(&signup).is(202);
    assert_eq!(ming.ticket(&signup)["state"], "confirmed");
    assert_ne!(ming.ticket(&signup)["cancel_requested_at"], json!(null));
    let asked = manager.is_told("cancel_requested");
    assert!(asked.contains(notice.title()), "{asked}");
    let asked = "SELECT count(*) AS n FROM outbox WHERE volunteer_id = ?1";
    assert_eq!(app.number(asked, json!([manager.id])), 1);

    manager.cancels(&signup).is(204);
    let ticket = ming.ticket(&signup);
    assert_eq!(ticket["state"], "cancelled");
    assert_eq!(ticket["cancelled_by"], "organization");
    ming.is_told("signup_released");
    assert_eq!(hong.ticket(&waiting)["state"], "confirmed");
    hong.is_told("signup_promoted");
}

#[test]
fn waiting_may_be_given_up_at_any_time() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 2);
    let notice =
        Notice::of(&[with_waitlist(shift("a", start, 1), 2)]).with("cancel_until_minutes", 43_200);
    let a = organization.publishes(&notice).shift("a");
    let crowd = app.crowd(3);
    crowd[0].takes(&a, "confirmed");
    let first = crowd[1].takes(&a, "waitlisted");
    let second = crowd[2].takes(&a, "waitlisted");
    crowd[1].cancels(&first).is(204);
    crowd[1].cancels(&first).is(204);
    assert_eq!(crowd[2].ticket(&second)["position"], 1);
    // Whoever comes back stands at the end of the line.
    crowd[1].takes(&a, "waitlisted");
    assert_eq!(crowd[2].ticket(&second)["position"], 1);
}

//! Why somebody cannot take a shift: each reason, and the nearest case without it.

use diandan::menu::Skill;
use diandan::platform::clock::{HOUR, Instant, MINUTE};
use diandan::platform::input::Choice as _;
use diandan::platform::text::Line;
use diandan::signups::store::Wish;
use diandan::signups::{Guardian, Refusal, foresee};
use diandan::volunteers::Phone;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Project, Shift, Volunteer};

/// A desk on Monday 23 November and a shift on Saturday 28 November 2026, nine to eleven.
struct Scene<'a> {
    desk: &'a Desk,
    organization: Organization<'a>,
}

const NINE: &str = "2026-11-28T09:00:00+08:00";
const ELEVEN: &str = "2026-11-28T11:00:00+08:00";

impl<'a> Scene<'a> {
    fn on(desk: &'a Desk) -> Self {
        Self {
            desk,
            organization: desk.place().organization(),
        }
    }

    fn notice() -> Notice {
        Notice::of(&[shift("a", at(NINE), 3)])
    }

    fn shift(&self, notice: &Notice) -> Shift {
        self.organization.publishes(notice).shift("a")
    }

    /// Somebody who has said nothing of their age.
    fn volunteer(&self) -> Volunteer<'a> {
        self.desk.place().volunteer()
    }

    /// A shift elsewhere, by another project, that the volunteer holds.
    fn holds(&self, volunteer: &Volunteer, from: Instant, to: Instant, notice: Notice) {
        let span = notice
            .with_shift(0, "starts_at", from.rfc3339())
            .with_shift(0, "ends_at", to.rfc3339());
        volunteer.takes(&self.shift(&span), "confirmed");
    }
}

/// Tries to sign up where one thing is wrong, or where that thing is just right.
fn attempt(refusal: Refusal, scene: &Scene, right: bool) -> Answer {
    let desk = scene.desk;
    let notice = Scene::notice();
    let adult = json!({"adult": true});
    match refusal {
        Refusal::ShiftCancelled => {
            let project = scene.organization.publishes(&notice);
            if !right {
                let off = notice.clone().with_shift(0, "state", "cancelled");
                scene.organization.changes(&project, &off);
            }
            scene.volunteer().signs_up(&project.shift("a"))
        }
        Refusal::OrganizationSuspended => {
            let shift = scene.shift(&notice);
            let volunteer = scene.volunteer();
            let state = if right { "verified" } else { "suspended" };
            let sql = "UPDATE organization SET state = ?2 WHERE id = ?1";
            desk.place()
                .rows(sql, json!([scene.organization.id, state]));
            volunteer.signs_up(&shift)
        }
        Refusal::Ended => {
            let shift = scene.shift(&notice);
            desk.it_is(at(if right { NINE } else { ELEVEN }));
            desk.passes(if right { -1 } else { 0 });
            scene.volunteer().signs_up(&shift)
        }
        Refusal::Closed => {
            let shift = scene.shift(&notice.with("sign_up_closes_minutes", 90));
            desk.it_is(at(NINE).plus(-90 * MINUTE - i64::from(right)));
            scene.volunteer().signs_up(&shift)
        }
        Refusal::NotOpen => {
            let opens = "2026-11-25T12:00:00+08:00";
            let shift = scene.shift(&notice.with("sign_up_opens_at", opens));
            desk.it_is(at(opens).plus(if right { 0 } else { -1 }));
            scene.volunteer().signs_up(&shift)
        }
        Refusal::AlreadySignedUp => {
            let shift = scene.shift(&notice);
            let volunteer = scene.volunteer();
            let signup = volunteer.takes(&shift, "confirmed");
            if right {
                volunteer.cancels(&signup).is(204);
            }
            volunteer.signs_up(&shift)
        }
        Refusal::NameMissing => {
            let shift = scene.shift(&notice);
            let volunteer = scene.volunteer();
            let sql = "UPDATE volunteer SET name = '' WHERE id = ?1";
            desk.place().rows(sql, json!([volunteer.id]));
            let body = match right {
                true => json!({"adult": true, "name": "明"}),
                false => adult,
            };
            volunteer.signs_up_saying(&shift, &body)
        }
        Refusal::BirthDateMissing => {
            let shift = scene.shift(&notice.with("min_age", 18));
            let body = match right {
                true => json!({"birth_date": "2000-01-01"}),
                false => adult,
            };
            scene.volunteer().signs_up_saying(&shift, &body)
        }
        Refusal::TooYoung => {
            let shift = scene.shift(&notice.with("min_age", 16));
            let born = if right { "2010-11-28" } else { "2010-11-29" };
            scene
                .volunteer()
                .signs_up_saying(&shift, &minor(born, false))
        }
        Refusal::GuardianConsentMissing => {
            let shift = scene.shift(&notice);
            let body = match right {
                true => minor("2010-01-01", false),
                false => json!({"birth_date": "2010-01-01"}),
            };
            scene.volunteer().signs_up_saying(&shift, &body)
        }
        Refusal::GuardianMustAccompany => {
            let shift = scene.shift(&notice.with("min_age", 0));
            let body = minor("2016-01-01", right);
            scene.volunteer().signs_up_saying(&shift, &body)
        }
        Refusal::SkillMissing => {
            let shift = scene.shift(&notice.with("skills", json!(["driving", "first_aid"])));
            let skills = match right {
                true => json!(["first_aid", "driving"]),
                false => json!(["driving"]),
            };
            let body = json!({"adult": true, "skills": skills});
            scene.volunteer().signs_up_saying(&shift, &body)
        }
        Refusal::ShiftClash => {
            let volunteer = scene.volunteer();
            let free = notice.clone().with("travel_minutes", 0);
            let until = at(NINE).plus(if right { 0 } else { 1000 });
            scene.holds(&volunteer, at(NINE).plus(-HOUR), until, free.clone());
            let body = json!({"adult": true, "accept_tight_gap": true});
            volunteer.signs_up_saying(&scene.shift(&free), &body)
        }
        Refusal::TightGap => {
            let volunteer = scene.volunteer();
            let gap = if right { 45 } else { 44 };
            let until = at(NINE).plus(-gap * MINUTE);
            let near = notice.clone().with("travel_minutes", 10);
            scene.holds(&volunteer, until.plus(-HOUR), until, near);
            volunteer.signs_up(&scene.shift(&notice.with("travel_minutes", 45)))
        }
        Refusal::ShiftFull => {
            let full = Notice::of(&[with_waitlist(shift("a", at(NINE), 1), 1)]);
            let shift = scene.shift(&full);
            let crowd = desk.place().crowd(2);
            crowd[0].takes(&shift, "confirmed");
            let waiting = crowd[1].takes(&shift, "waitlisted");
            if right {
                crowd[1].cancels(&waiting).is(204);
            }
            scene.volunteer().signs_up(&shift)
        }
    }
}

fn minor(born: &str, accompanies: bool) -> Value {
    let guardian = json!({"name": "家长", "phone": "13700137000", "accompanies": accompanies});
    json!({"birth_date": born, "guardian": guardian})
}

#[test]
fn every_refusal_happens_and_the_nearest_case_is_taken() {
    for (refusal, word) in Refusal::ALL {
        let desk = Desk::new();
        let scene = Scene::on(&desk);
        let answer = attempt(*refusal, &scene, false);
        let status = match word {
            &"name_missing" | &"birth_date_missing" => 422,
            word if word.starts_with("guardian") => 422,
            _ => 409,
        };
        answer.refused(status, word);

        let desk = Desk::new();
        let scene = Scene::on(&desk);
        let taken = attempt(*refusal, &scene, true);
        assert_eq!(taken.status, 201, "just not {word}: {taken:?}");
    }
}

#[test]
fn a_cancelled_or_closed_project_takes_nobody() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    for (state, code) in [("cancelled", "shift_cancelled"), ("closed", "closed")] {
        let notice = Scene::notice();
        let project = scene.organization.publishes(&notice);
        scene
            .organization
            .changes(&project, &notice.with("state", state));
        scene
            .volunteer()
            .signs_up(&project.shift("a"))
            .refused(409, code);
    }
}

#[test]
fn a_shift_that_has_begun_is_closed_until_it_is_over() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let shift = scene.shift(&Scene::notice());
    let volunteer = desk.place().adult();
    for (now, code) in [
        (at(NINE), "closed"),
        (at(ELEVEN).plus(-1), "closed"),
        (at(ELEVEN), "ended"),
    ] {
        desk.it_is(now);
        volunteer.signs_up(&shift).refused(409, code);
    }
}

/// Born then, on a shift that starts then: what somebody without a guardian is told,
/// and somebody whose guardian consents, and somebody whose guardian comes along.
#[test]
fn age_counts_on_the_day_of_the_shift_where_it_takes_place() {
    const TAKEN: &str = "confirmed";
    const CONSENT: &str = "guardian_consent_missing";
    const ALONG: &str = "guardian_must_accompany";
    for (born, starts_at, alone, consented) in [
        // Thirteen until the day before, fourteen on the day.
        ("2012-11-29", NINE, ALONG, ALONG),
        ("2012-11-28", NINE, CONSENT, TAKEN),
        // Seventeen until the day before, eighteen on the day.
        ("2008-11-29", NINE, CONSENT, TAKEN),
        ("2008-11-28", NINE, TAKEN, TAKEN),
        // Half past midnight in Beijing is still the day before in Greenwich.
        ("2008-11-29", "2026-11-28T16:30:00Z", TAKEN, TAKEN),
        ("2008-11-29", "2026-11-28T15:59:59Z", CONSENT, TAKEN),
        // Born on 29 February: a year older on 1 March of common years.
        ("2012-02-29", "2027-02-28T09:00:00+08:00", CONSENT, TAKEN),
        ("2013-02-28", "2027-02-28T09:00:00+08:00", CONSENT, TAKEN),
        ("2009-02-28", "2027-02-28T09:00:00+08:00", TAKEN, TAKEN),
        ("2010-02-28", "2028-02-28T09:00:00+08:00", TAKEN, TAKEN),
        ("2008-02-29", "2026-02-28T09:00:00+08:00", CONSENT, TAKEN),
        ("2008-02-29", "2026-03-01T09:00:00+08:00", TAKEN, TAKEN),
        ("2012-02-29", "2026-02-28T09:00:00+08:00", ALONG, ALONG),
        ("2012-02-29", "2026-03-01T09:00:00+08:00", CONSENT, TAKEN),
        ("2008-02-29", "2028-02-29T09:00:00+08:00", TAKEN, TAKEN),
        // New Year's Eve and New Year's Day.
        ("2008-12-31", "2026-12-31T09:00:00+08:00", TAKEN, TAKEN),
        ("2009-01-01", "2026-12-31T09:00:00+08:00", CONSENT, TAKEN),
        ("2009-01-01", "2027-01-01T00:00:00+08:00", TAKEN, TAKEN),
    ] {
        let desk = Desk::new();
        desk.it_is(at(starts_at).plus(-30 * 24 * HOUR));
        let scene = Scene::on(&desk);
        let notice = Notice::of(&[shift("a", at(starts_at), 9)]).with("min_age", 0);
        let shift = scene.shift(&notice);
        for (body, expected) in [
            (json!({"birth_date": born}), alone),
            (minor(born, false), consented),
            (minor(born, true), TAKEN),
        ] {
            let answer = scene.volunteer().signs_up_saying(&shift, &body);
            let said = match answer.status {
                201 => answer.member("state"),
                _ => answer.member("code"),
            };
            assert_eq!(said, expected, "born {born}, shift {starts_at}, {body}");
        }
    }
}

#[test]
fn a_birth_date_stays_with_the_signup_it_served() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let notice = Notice::of(&[shift("a", at(NINE), 3), shift("b", at(ELEVEN), 3)]);
    let project = scene.organization.publishes(&notice);
    let tao = scene.volunteer();
    let told = |body: &Value| tao.signs_up_saying(&project.shift("b"), body);
    let born = || tao.reads("/api/v1/me").is(200).json()["birth_date"].clone();
    told(&json!({"birth_date": "2010-01-01"})).refused(422, "guardian_consent_missing");
    assert_eq!(born(), json!(null), "nothing is kept of what was refused");

    tao.signs_up_saying(&project.shift("a"), &minor("2010-01-01", false))
        .is(201);
    assert_eq!(born(), "2010-01-01");
    // From then on nobody grows older by trying again.
    for body in [json!({"birth_date": "1990-01-01"}), json!({"adult": true})] {
        told(&body).refused(422, "guardian_consent_missing");
    }
    told(&minor("1990-01-01", false)).is(201);
    assert_eq!(born(), "2010-01-01");
}

#[test]
fn what_one_says_once_need_not_be_said_again() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let notice = Notice::of(&[shift("a", at(NINE), 3), shift("b", at(ELEVEN), 3)])
        .with("skills", json!(["driving"]));
    let project = scene.organization.publishes(&notice);
    let ming = scene.volunteer();
    let sql = "UPDATE volunteer SET name = '' WHERE id = ?1";
    desk.place().rows(sql, json!([ming.id]));
    let body = json!({"name": "明", "adult": true, "skills": ["driving", "legal"]});
    ming.signs_up_saying(&project.shift("a"), &body).is(201);
    ming.signs_up_saying(&project.shift("b"), &json!({"name": "别人"}))
        .is(201);
    let profile = ming.reads("/api/v1/me").is(200);
    assert_eq!(profile.member("name"), "明");
    assert_eq!(profile.json()["skills"], json!(["driving", "legal"]));
}

#[test]
fn a_note_is_for_whoever_runs_the_shift() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let project = scene.organization.publishes(&Scene::notice());
    let a = project.shift("a");
    let ming = scene.volunteer();
    let body = json!({"adult": true, "note": "开车来，可带两人"});
    let signup = ming.signs_up_saying(&a, &body).is(201).member("id");
    let people = scene.organization.reads_roster(&a).is(200).json();
    assert_eq!(people["items"][0]["note"], "开车来，可带两人");
    let public = desk.place().get(&project.path()).is(200);
    assert!(!public.text().contains("开车"));
    ming.cancels(&signup).is(204);
    let long = json!({"adult": true, "note": "长".repeat(201)});
    let refused = ming
        .signs_up_saying(&a, &long)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/note"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The form is judged before a code is sent, the sign-up by the database: they must
    /// not differ.
    #[test]
    fn what_is_foreseen_is_what_happens(
        min_age in select(vec![0_i64, 14, 16, 18, 60]),
        born in option::of(select(vec![
            "2026-11-01", "2013-01-01", "2012-11-29", "2012-11-28", "2012-02-29", "2010-11-29",
            "2010-11-28", "2008-11-29", "2008-11-28", "1966-11-29", "1966-11-28", "1950-02-28",
        ])),
        adult in any::<bool>(),
        guardian in option::of(any::<bool>()),
        needed in subsequence(vec![Skill::Legal, Skill::Driving], 0..=2),
        has in subsequence(vec![Skill::Legal, Skill::Driving], 0..=2),
    ) {
        let desk = Desk::new();
        let scene = Scene::on(&desk);
        let notice = Scene::notice().with("min_age", min_age).with("skills", json!(needed));
        let shift = scene.shift(&notice);
        let wish = Wish {
            birth_date: born.map(str::to_owned),
            adult,
            skills: has.clone(),
            guardian: guardian.map(|accompanies| Guardian {
                name: Line::parse("家长").unwrap(),
                phone: Phone::parse("13700137000").unwrap(),
                accompanies,
            }),
            ..Wish::default()
        };
        let foreseen = foresee(&wish, min_age, &needed, at(NINE).date());
        let body = json!({
            "birth_date": born,
            "adult": adult,
            "skills": has,
            "guardian": guardian.map(|accompanies| {
                json!({"name": "家长", "phone": "13700137000", "accompanies": accompanies})
            }),
        });
        let answer = scene.volunteer().signs_up_saying(&shift, &body);
        let happened = (answer.status != 201).then(|| answer.member("code"));
        let foreseen = foreseen.map(|(refusal, _)| refusal.word().to_owned());
        prop_assert_eq!(foreseen, happened, "{}", body);
    }
}

#[test]
fn of_two_travel_times_the_longer_counts_on_both_sides() {
    for (held_travel, wanted_travel) in [(45, 10), (10, 45)] {
        for (gap, fits) in [(44, false), (45, true)] {
            for before in [true, false] {
                let desk = Desk::new();
                let scene = Scene::on(&desk);
                let ming = scene.volunteer();
                let (from, to) = match before {
                    true => (at(NINE).plus(-HOUR), at(NINE)),
                    false => (at(ELEVEN), at(ELEVEN).plus(HOUR)),
                };
                let away = if before { -gap } else { gap } * MINUTE;
                let notice = Scene::notice();
                let held = notice.clone().with("travel_minutes", held_travel);
                scene.holds(&ming, from.plus(away), to.plus(away), held);
                let wanted = scene.shift(&notice.with("travel_minutes", wanted_travel));
                let answer = ming.signs_up(&wanted);
                if fits {
                    answer.is(201);
                } else {
                    let problem = answer.refused(409, "tight_gap").json();
                    assert_eq!(problem["may_override"], true);
                    let accepted = json!({"accept_tight_gap": true});
                    ming.signs_up_saying(&wanted, &accepted).is(201);
                }
            }
        }
    }
}

#[test]
fn shifts_of_one_project_may_follow_each_other_at_once() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let notice = Notice::of(&[shift("a", at(NINE), 3), shift("b", at(ELEVEN), 3)])
        .with("travel_minutes", 1440);
    let project = scene.organization.publishes(&notice);
    let ming = scene.volunteer();
    ming.takes(&project.shift("a"), "confirmed");
    ming.takes(&project.shift("b"), "confirmed");
}

#[test]
fn a_shift_one_waits_for_clashes_and_one_given_up_does_not() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let popular = Notice::of(&[with_waitlist(shift("a", at(NINE), 1), 1)]);
    let popular = scene.shift(&popular);
    desk.place().adult().takes(&popular, "confirmed");
    let ming = scene.volunteer();
    let waiting = ming.takes(&popular, "waitlisted");
    let other = scene.shift(&Scene::notice());
    ming.signs_up(&other).refused(409, "shift_clash");
    ming.cancels(&waiting).is(204);
    ming.takes(&other, "confirmed");
}

#[test]
fn a_day_long_shift_a_day_away_still_counts() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let held = || Scene::notice().with("travel_minutes", 1440);
    for (minutes_before, code) in [
        (1440, Some("tight_gap")),
        (1439, Some("shift_clash")),
        (2879, Some("tight_gap")),
        (2880, None),
    ] {
        let ming = scene.volunteer();
        let from = at(NINE).plus(-minutes_before * MINUTE);
        scene.holds(&ming, from, from.plus(24 * HOUR), held());
        let answer = ming.signs_up(&scene.shift(&Scene::notice()));
        match code {
            Some(code) => drop(answer.refused(409, code)),
            None => drop(answer.is(201)),
        }
    }
}

#[test]
fn a_refusal_tells_what_explains_it() {
    let desk = Desk::new();
    let scene = Scene::on(&desk);
    let ming = scene.volunteer();
    let project: Project = scene.organization.publishes(&Scene::notice());
    let signup = ming.takes(&project.shift("a"), "confirmed");
    let again = ming
        .signs_up(&project.shift("a"))
        .refused(409, "already_signed_up");
    assert_eq!(again.member("signup_id"), signup);

    let clash = ming
        .signs_up(&scene.shift(&Scene::notice()))
        .refused(409, "shift_clash")
        .json();
    assert_eq!(clash["clashes_with"]["starts_at"], NINE);
    assert_eq!(clash["clashes_with"]["ends_at"], ELEVEN);
    assert_eq!(clash["clashes_with"]["title"], project.body["title"]);

    let opens = "2026-11-25T12:00:00+08:00";
    let late = scene.shift(&Scene::notice().with("sign_up_opens_at", opens));
    let not_open = scene.volunteer().signs_up(&late).refused(409, "not_open");
    assert_eq!(not_open.member("opens_at"), opens);

    let skilled = scene.shift(&Scene::notice().with("skills", json!(["driving", "legal"])));
    let body = json!({"adult": true, "skills": ["legal"]});
    let skills = scene.volunteer().signs_up_saying(&skilled, &body);
    assert_eq!(
        skills.refused(409, "skill_missing").json()["skills"],
        json!(["driving"])
    );

    let old = scene.shift(&Scene::notice().with("min_age", 60));
    let young = scene
        .volunteer()
        .signs_up_saying(&old, &json!({"birth_date": "2000-01-01"}))
        .refused(409, "too_young");
    assert_eq!(young.json()["min_age"], 60);
}

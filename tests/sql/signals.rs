//! Signals: what the daily pass finds, who reads it, what is said to it, and that no hour
//! moves by it.

use std::fmt::Write as _;

use diandan::hours::signals::SignalKind;
use diandan::hours::signals::store::{self, Filter};
use diandan::hours::signals::work::{Progress, SLICE, get_on};
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::place::{Place as _, appointment};
use crate::support::request::Request;

/// Saturday 28 November 2026.
const NINE: &str = "2026-11-28T09:00:00+08:00";

/// A record of service as it might be entered.
#[derive(Clone)]
struct Entry {
    started_at: Instant,
    minutes: i64,
    grade: &'static str,
    recorded_at: Instant,
    recorded_by: &'static str,
    region: &'static str,
    signup: Option<String>,
    shift: Option<(String, String)>,
    supersedes: Option<i64>,
}

impl Entry {
    fn at(started_at: Instant) -> Self {
        Self {
            started_at,
            minutes: 75,
            grade: "A",
            recorded_at: started_at.plus(5 * HOUR),
            recorded_by: "volunteer:recorder",
            region: "360731",
            signup: None,
            shift: None,
            supersedes: None,
        }
    }

    fn on(mut self, shift: &Shift, project: &str) -> Self {
        self.shift = Some((shift.id.clone(), project.to_owned()));
        self
    }

    fn sql(&self, organization: &Organization, volunteer: &Volunteer) -> String {
        let text = |value: Option<&str>| value.map_or("NULL".into(), |it| format!("'{it}'"));
        let facts =
            json!({"activity": "科学课", "region": self.region, "region_name": self.region});
        let shift = self.shift.as_ref();
        format!(
            "INSERT INTO service_record (id, kind, volunteer_id, organization_id, signup_id, shift_id, project_id,
               on_date, started_at, ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by, supersedes, reason)
             VALUES ('{}', 'service', '{}', '{}', {}, {}, {}, '{}', {}, {}, {}, '{}', '{facts}', '2026-12-11', {}, '{}', {}, '写错了')
             RETURNING seq;",
            uuid::Uuid::now_v7(),
            volunteer.id,
            organization.id,
            text(self.signup.as_deref()),
            text(shift.map(|(shift, _)| shift.as_str())),
            text(shift.map(|(_, project)| project.as_str())),
            self.started_at.date(),
            self.started_at.millis(),
            self.started_at.plus(self.minutes.max(1) * MINUTE).millis(),
            self.minutes,
            self.grade,
            self.recorded_at.millis(),
            self.recorded_by,
            self.supersedes.map_or("NULL".into(), |seq| seq.to_string()),
        )
    }

    fn write(&self, organization: &Organization, volunteer: &Volunteer) -> i64 {
        organization
            .place
            .number(&self.sql(organization, volunteer), json!([]))
    }
}

fn goes_on(desk: &Desk) -> Progress {
    get_on(&desk.visit_with("nobody")).block_on().unwrap()
}

/// Tomorrow's pass, to its end; how many signals are new.
fn tomorrow(desk: &Desk) -> u32 {
    desk.passes(DAY);
    let mut signals = 0;
    while let Progress {
        signals: new,
        records: 1..,
    } = goes_on(desk)
    {
        signals += new;
    }
    signals
}

fn found(desk: &Desk) -> Vec<(String, Value)> {
    let rows = desk
        .place()
        .rows("SELECT kind, facts FROM signal ORDER BY seq", json!([]));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            let facts = serde_json::from_str(&text(row, "facts")).unwrap();
            (text(row, "kind"), facts)
        })
        .collect()
}

fn kinds(desk: &Desk) -> Vec<String> {
    found(desk).into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn ten_entered_by_hand_in_a_second_are_found_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    desk.it_is(at(NINE).plus(DAY));
    for (place, volunteer) in desk.place().crowd(21).iter().enumerate() {
        let entry = Entry {
            grade: if place < 11 { "C" } else { "A" },
            ..Entry::at(at(NINE))
        };
        entry.write(&organization, volunteer);
    }
    assert_eq!(tomorrow(&desk), 1);
    let [(kind, facts)] = &found(&desk)[..] else {
        panic!("{:?}", found(&desk))
    };
    assert_eq!(kind, "same_second");
    assert_eq!(facts["records"], 11);
    assert_eq!(facts["at"], "2026-11-28T14:00:00+08:00");
    // One more in the same second is the same finding.
    let late = Entry {
        grade: "C",
        ..Entry::at(at(NINE))
    };
    late.write(&organization, &desk.place().adult());
    assert_eq!(tomorrow(&desk), 0);
}

#[test]
fn a_sheet_or_a_code_is_somebody_elses_word() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[shift("a", at(NINE), 20)]);
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    for (place, volunteer) in desk.place().crowd(12).iter().enumerate() {
        let signup = volunteer.takes(&a, "confirmed");
        let method = if place < 3 { "sheet" } else { "hand" };
        desk.place().rows(
            "INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, reason, actor)
             VALUES (?1, ?1, ?2, ?3, 'in', ?4, ?5, ?5, 0, '停电', 'volunteer:x')",
            json!([signup, a.id, volunteer.id, method, at(NINE).millis()]),
        );
        let entry = Entry {
            grade: "C",
            signup: Some(signup),
            ..Entry::at(at(NINE))
        };
        entry.on(&a, &project.id).write(&organization, volunteer);
    }
    desk.it_is(at(NINE).plus(DAY));
    assert_eq!(tomorrow(&desk), 0);
}

#[test]
fn whole_hours_in_a_row_are_found_where_nothing_bears_them_out() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (suspect, honest, scattered) = (place.adult(), place.adult(), place.adult());
    for day in 0..8 {
        let entry = Entry {
            minutes: 120,
            grade: "C",
            ..Entry::at(at(NINE).plus(day * DAY))
        };
        entry.write(&organization, &suspect);
        let coded = Entry {
            grade: "A",
            ..entry.clone()
        };
        coded.write(&organization, &honest);
        let at_both = if day % 2 == 0 { &organization } else { &other };
        entry.write(at_both, &scattered);
    }
    desk.it_is(at(NINE).plus(9 * DAY));
    tomorrow(&desk);
    let [(kind, facts)] = &found(&desk)[..] else {
        panic!("{:?}", found(&desk))
    };
    assert_eq!(
        (kind.as_str(), &facts["minutes"]),
        ("round_numbers", &json!(960))
    );
    let next = Entry {
        minutes: 60,
        grade: "C",
        ..Entry::at(at(NINE).plus(10 * DAY))
    };
    // It goes on in December, and is told once more.
    next.write(&organization, &suspect);
    assert_eq!(tomorrow(&desk), 0, "the eighth day was in December already");
}

#[test]
fn nobody_is_in_two_prefectures_at_once() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let [fast, slow, corrected] = [(); 3].map(|()| place.adult());
    let after = |gap: i64, region| Entry {
        region,
        ..Entry::at(at(NINE).plus((75 + gap) * MINUTE))
    };
    for who in [&fast, &slow, &corrected] {
        Entry::at(at(NINE)).write(&organization, who);
    }
    after(10, "360102").write(&organization, &fast);
    after(10, "360702").write(&organization, &slow);
    let wrong = after(10, "360102").write(&organization, &corrected);
    let nothing = Entry {
        minutes: 0,
        supersedes: Some(wrong),
        ..after(10, "360102")
    };
    nothing.write(&organization, &corrected);
    desk.it_is(at(NINE).plus(DAY));
    assert_eq!(tomorrow(&desk), 1);
    let (kind, facts) = found(&desk).remove(0);
    assert_eq!(
        (kind.as_str(), &facts["minutes"]),
        ("impossible_travel", &json!(10))
    );
    // The same pair, seen from a record that was written later between others.
    let earlier = Entry {
        region: "360102",
        ..Entry::at(at(NINE).plus(-80 * MINUTE))
    };
    earlier.write(&organization, &slow);
    assert_eq!(tomorrow(&desk), 1);
}

#[test]
fn places_that_were_said_tell_more_than_divisions() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let (a, b) = (
        shift("a", at(NINE), 9),
        shift("b", at(NINE).plus(4 * HOUR), 9),
    );
    let project = organization.publishes(&Notice::of(&[a, b]));
    let far = place.adult();
    for (name, start, near) in [
        ("a", at(NINE), "28.68,115.86"),
        ("b", at(NINE).plus(4 * HOUR), "25.83,114.93"),
    ] {
        let one = project.shift(name);
        let signup = far.takes(&one, "confirmed");
        place.rows(
            "INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, near, actor)
             VALUES (?1, ?1, ?2, ?3, 'in', 'code', 0, 0, 0, ?4, 'volunteer:x')",
            json!([signup, one.id, far.id, near]),
        );
        let entry = Entry {
            minutes: 120,
            signup: Some(signup),
            ..Entry::at(start)
        };
        entry.write(&organization, &far);
    }
    desk.it_is(at(NINE).plus(DAY));
    assert_eq!(tomorrow(&desk), 1);
    let (_, facts) = found(&desk).remove(0);
    assert!(facts["kilometres"].as_i64().unwrap() > 300, "{facts}");
}

#[test]
fn more_people_than_seats_and_hours_before_publication() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&Notice::of(&[shift("a", at(NINE), 2)]));
    let a = project.shift("a");
    let crowd = desk.place().crowd(3);
    for volunteer in &crowd[..2] {
        Entry::at(at(NINE))
            .on(&a, &project.id)
            .write(&organization, volunteer);
    }
    desk.it_is(at(NINE).plus(DAY));
    assert_eq!(tomorrow(&desk), 0);
    Entry::at(at(NINE))
        .on(&a, &project.id)
        .write(&organization, &crowd[2]);
    assert_eq!(tomorrow(&desk), 1);
    desk.place().rows(
        "UPDATE project SET published_at = ?1 WHERE id = ?2",
        json!([at(NINE).plus(HOUR).millis(), project.id]),
    );
    let late = Entry {
        minutes: 30,
        ..Entry::at(at(NINE).plus(2 * HOUR))
    };
    late.on(&a, &project.id).write(&organization, &crowd[2]);
    tomorrow(&desk);
    assert_eq!(kinds(&desk), ["more_than_seats", "before_publication"]);
}

#[test]
fn a_recorder_of_mostly_d_is_found_once_a_month() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    desk.it_is(at(NINE));
    let enters = |grade, count, from: i64| {
        for (place, volunteer) in (0..).zip(desk.place().crowd(count)) {
            let entry = Entry {
                grade,
                recorded_at: at(NINE).plus((from + place) * MINUTE),
                ..Entry::at(at(NINE))
            };
            entry.write(&organization, &volunteer);
        }
    };
    enters("A", 8, 0);
    enters("D", 8, 20);
    assert_eq!(tomorrow(&desk), 0);
    enters("D", 1, 40);
    assert_eq!(tomorrow(&desk), 1);
    let (kind, facts) = found(&desk).remove(0);
    assert_eq!(
        (kind.as_str(), &facts["late"], &facts["all"]),
        ("mostly_late", &json!(9), &json!(17))
    );
    // 30 November, then 1 December.
    enters("D", 1, 41);
    assert_eq!(tomorrow(&desk), 1);
    enters("D", 1, 42);
    assert_eq!(tomorrow(&desk), 0);
}

#[test]
fn corrections_upwards_count_as_entries_and_downwards_do_not() {
    for (minutes, signals) in [(60, 0), (90, 1)] {
        let desk = Desk::new();
        let organization = desk.place().organization();
        desk.it_is(at(NINE));
        for (place, volunteer) in (0..).zip(desk.place().crowd(12)) {
            let first = Entry {
                recorded_by: "volunteer:another",
                recorded_at: at(NINE).plus(place * MINUTE),
                ..Entry::at(at(NINE))
            };
            let seq = first.write(&organization, &volunteer);
            let corrected = Entry {
                minutes,
                grade: "D",
                recorded_at: at(NINE).plus((30 + place) * MINUTE),
                supersedes: Some(seq),
                ..Entry::at(at(NINE))
            };
            corrected.write(&organization, &volunteer);
        }
        assert_eq!(tomorrow(&desk), signals, "{minutes}");
        let kinds: Vec<String> = found(&desk).into_iter().map(|(kind, _)| kind).collect();
        assert!(kinds.iter().all(|kind| kind == "mostly_late"), "{kinds:?}");
    }
}

/// All that the law and people count on, byte for byte.
fn hours(desk: &Desk) -> [Vec<Value>; 2] {
    [
        "SELECT * FROM service_record ORDER BY seq",
        "SELECT * FROM hours_total ORDER BY 1, 2",
    ]
    .map(|sql| desk.place().rows(sql, json!([])))
}

/// A shift of two seats with three people on it: one signal.
fn a_signal<'a>(desk: &'a Desk, organization: &Organization<'a>) -> String {
    let start = desk.now().plus(DAY);
    let project = organization.publishes(&Notice::of(&[shift("a", start, 2)]));
    for volunteer in desk.place().crowd(3) {
        let entry = Entry::at(start).on(&project.shift("a"), &project.id);
        entry.write(organization, &volunteer);
    }
    desk.it_is(start.plus(DAY));
    tomorrow(desk);
    let sql = "SELECT id FROM signal ORDER BY seq DESC LIMIT 1";
    desk.place()
        .value(sql, json!([]))
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn hours_stay_byte_for_byte_whatever_is_found_and_decided() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let signal = a_signal(&desk, &organization);
    let before = hours(&desk);
    assert_eq!(before.each_ref().map(Vec::len), [3, 3]);
    place.rows("UPDATE signal_pass SET seq = 0, until = 0", json!([]));
    tomorrow(&desk);
    let coordinator = place.coordinator("36");
    for decision in ["to_correct", "to_investigate", "nothing_wrong"] {
        let body = json!({"decision": decision, "reason": "看过了"});
        let target = format!("/api/v1/signals/{signal}/decisions");
        coordinator.sends("POST", &target, &body).is(200);
    }
    let recorder = organization.member("recorder");
    let target = format!("/api/v1/signals/{signal}/replies");
    recorder
        .sends("POST", &target, &json!({"text": "有两人替补"}))
        .is(200);
    assert_eq!(hours(&desk), before);
}

#[test]
fn the_pass_goes_on_where_it_was_and_rests_until_tomorrow() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    desk.it_is(at(NINE).plus(DAY));
    assert_eq!(goes_on(&desk), Progress::default());
    let mut sql = String::new();
    for volunteer in desk.place().crowd(2) {
        for day in 0..150 {
            let entry = Entry::at(at(NINE).plus(-day * DAY));
            write!(sql, "{}", entry.sql(&organization, &volunteer)).unwrap();
        }
    }
    desk.db.script(&sql).unwrap();
    let calls = desk.db.meter().calls();
    assert_eq!(goes_on(&desk).records, 0, "it set out today already");
    assert_eq!(desk.db.meter().calls() - calls, 1, "and writes nothing");
    desk.passes(DAY);
    assert_eq!(goes_on(&desk).records, SLICE);
    // Cut off on the way back, it did what it did.
    desk.db.lose_connection_after(2, true);
    assert!(get_on(&desk.visit_with("nobody")).block_on().is_err());
    desk.db.keep_connection();
    assert_eq!(goes_on(&desk).records, 0);
    assert_eq!(
        desk.place()
            .number("SELECT seq FROM signal_pass", json!([])),
        300
    );
}

#[test]
fn two_passes_at_once_come_to_the_same() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    a_signal(&desk, &organization);
    Entry::at(at(NINE).plus(DAY)).write(&organization, &desk.place().adult());
    desk.passes(DAY);
    let visit = desk.visit_with("nobody");
    let read = store::slice(&visit, SLICE).block_on().unwrap().unwrap();
    assert_eq!(goes_on(&desk).records, 1);
    let late = store::keep(&visit, &[], &read).block_on().unwrap_err();
    assert!(late.is_refusal(store::PASS_MOVED_ON), "{late:?}");
}

#[test]
fn coordinators_see_their_own_region_and_organizations_their_own() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let signal = a_signal(&desk, &organization);
    place.rows(
        "UPDATE organization SET region = '3601' WHERE id = ?1",
        json!([other.id]),
    );
    let second = a_signal(&desk, &other);
    let lists = |who: &Volunteer, target: &str| who.reads(target).is(200).ids();
    let (province, city) = (place.coordinator("36"), place.coordinator("3601"));
    let all = "/api/v1/coordination/signals";
    assert_eq!(lists(&province, all), [second.clone(), signal.clone()]);
    assert_eq!(lists(&city, all), [second.as_str()]);
    assert_eq!(lists(&city, &format!("{all}?kind=same_second")), [""; 0]);
    assert_eq!(
        lists(&city, &format!("{all}?kind=more_than_seats")),
        [second.as_str()]
    );
    // Appointed for a province and a city within it.
    place.sql(vec![appointment(&city, "36")]);
    assert_eq!(lists(&city, all), [second.clone(), signal.clone()]);
    place.rows(
        "DELETE FROM coordinator WHERE region = '36' AND phone_hash = (SELECT phone_hash FROM volunteer WHERE id = ?1)",
        json!([city.id]),
    );
    let page = province.reads(&format!("{all}?limit=1")).is(200);
    let next = page.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(lists(&province, &next), [signal.as_str()]);
    let viewer = organization.member("viewer");
    let own = format!("/api/v1/organizations/{}/signals", organization.id);
    assert_eq!(lists(&viewer, &own), [signal.as_str()]);
    city.reads(&format!("/api/v1/signals/{signal}"))
        .refused(403, "forbidden");
    city.reads(&own).refused(403, "forbidden");
    let foreign = format!("/organizations/{}/signals/{signal}", other.id);
    let member = Request::get(&foreign).browser(&viewer.session);
    place.send(&member).is(404);
    // No list and no answer of the API knows a name.
    let names = place.rows("SELECT name FROM volunteer", json!([]));
    for text in [
        page.text(),
        province.reads(&format!("/api/v1/signals/{signal}")).text(),
    ] {
        for name in &names {
            assert!(!text.contains(name["name"].as_str().unwrap()));
        }
    }
    let zh = Request::get(all).bearer(&province.session).language("zh");
    let reason = place.send(&zh).json()["items"][0]["reason"].clone();
    assert_eq!(reason, "这个班次有 2 个名额，却记录了 3 人的服务时长。");
    // What is decided leaves the open ones, wherever it is listed.
    let body = json!({"decision": "to_correct", "reason": "看过了"});
    let target = format!("/api/v1/signals/{signal}/decisions");
    province.sends("POST", &target, &body).is(200);
    for (who, list) in [(&province, all), (&viewer, own.as_str())] {
        let (open, decided) = (
            lists(who, list),
            lists(who, &format!("{list}?state=decided")),
        );
        assert!(!open.contains(&signal), "{open:?}");
        assert_eq!(decided, [signal.as_str()]);
    }
    let decided = format!("{own}?state=decided&kind=more_than_seats");
    assert_eq!(lists(&viewer, &decided), [signal.as_str()]);
}

#[test]
fn a_page_reads_what_it_shows_however_many_there_are() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let coordinator = place.coordinator("36");
    place.sql(vec![appointment(&coordinator, "3607")]);
    let visit = desk.visit_with(&coordinator.session);
    let id = organization.id.parse().unwrap();
    let finds = |from: i64, to: i64| {
        let sql = "WITH RECURSIVE n (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
          INSERT INTO signal (id, kind, finding, organization_id, region, records, facts, found_at)
          SELECT 'x' || n, iif(n <= 30, 'mostly_late', 'same_second'), 'x' || n, o.id, o.region, '[]', '{}', 0
          FROM n, organization o WHERE o.id = ?3";
        place.rows(sql, json!([from, to, organization.id]));
    };
    let steps = |kind, before| -> Vec<i32> {
        let filter = Filter {
            open: true,
            kind,
            before,
            limit: 20,
        };
        let statements = store::list_statements(&visit, id, &filter);
        let steps = statements.iter().map(|it| desk.db.steps(it).unwrap());
        steps.collect()
    };
    let all = || {
        [
            steps(None, 0),
            steps(None, 50),
            steps(Some(SignalKind::MostlyLate), 0),
        ]
        .concat()
    };
    finds(1, 200);
    let before = all();
    finds(201, 2000);
    for (after, before) in all().into_iter().zip(before) {
        assert!(after <= before + 50, "{after} after {before}");
    }
}

#[test]
fn a_decision_and_a_reply_are_kept_for_good() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let signal = a_signal(&desk, &organization);
    let (coordinator, recorder) = (place.coordinator("36"), organization.member("recorder"));
    let to = |act: &str| format!("/api/v1/signals/{signal}/{act}");
    let decides = |body: Value| coordinator.sends("POST", &to("decisions"), &body);
    let bad = decides(json!({"decision": "guilty", "reason": " ", "seen": -1})).is(422);
    assert_eq!(bad.pointers(), ["/decision", "/reason", "/seen"]);
    let asked = json!({"decision": "to_correct", "reason": "只有两个名额", "seen": 0});
    decides(asked.clone()).is(200);
    // A second click says nothing twice; who decides on an old page is told.
    decides(asked).is(200);
    let stale = json!({"decision": "nothing_wrong", "reason": "没看到", "seen": 0});
    decides(stale).refused(409, "signal_moved_on");
    let replied = recorder.sends(
        "POST",
        &to("replies"),
        &json!({"text": "第三位是𠮷老师，临时替补"}),
    );
    let steps = replied.is(200).json()["steps"].clone();
    assert_eq!(steps.as_array().unwrap().len(), 2);
    assert_eq!(steps[1]["words"], "第三位是𠮷老师，临时替补");
    let closed = decides(json!({"decision": "nothing_wrong", "reason": "说明属实"}))
        .is(200)
        .json();
    assert_eq!(closed["signal"]["state"], "nothing_wrong");
    let listed = |which| {
        coordinator
            .reads(&format!("/api/v1/coordination/signals?state={which}"))
            .ids()
    };
    assert_eq!((listed("open").len(), listed("decided").len()), (0, 1));
    for sql in [
        "UPDATE signal_step SET words = ''",
        "DELETE FROM signal_step",
        "UPDATE signal SET facts = '{}'",
        "UPDATE signal SET shift_id = NULL",
        "DELETE FROM signal",
    ] {
        assert!(desk.refuses(sql).contains("is_append_only"), "{sql}");
    }
    for (table, sql) in [
        (
            "signal",
            "(seq, id, kind, finding, organization_id, region, records, facts, found_at)
           SELECT seq, id, kind, finding, organization_id, region, '[]', '{}', 0 FROM signal",
        ),
        (
            "signal",
            "(id, kind, finding, organization_id, region, records, facts, found_at)
           SELECT 'x', kind, finding, organization_id, region, '[]', '{}', 0 FROM signal",
        ),
        (
            "signal_step",
            "(seq, signal, words, at, actor) SELECT seq, signal, '', 0, '' FROM signal_step",
        ),
    ] {
        let rows = || place.rows(&format!("SELECT * FROM {table} ORDER BY seq"), json!([]));
        let before = rows();
        desk.db
            .script(&format!(
                "PRAGMA foreign_keys = OFF; INSERT OR REPLACE INTO {table} {sql}"
            ))
            .unwrap();
        assert_eq!(rows(), before, "{sql}");
    }
    let audited = place.rows(
        "SELECT action FROM audit WHERE subject = ?1 ORDER BY seq",
        json!([format!("signal:{signal}")]),
    );
    assert_eq!(
        json!(audited),
        json!([
            {"action": "signal.decided"}, {"action": "signal.replied"}, {"action": "signal.decided"},
        ])
    );
}

#[test]
fn nobody_decides_on_their_own_side() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let signal = a_signal(&desk, &organization);
    let body = json!({"decision": "nothing_wrong", "reason": "都认识"});
    let target = format!("/api/v1/signals/{signal}/decisions");
    let member = place.coordinator("36");
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([organization.id, member.id]),
    );
    member
        .sends("POST", &target, &body)
        .refused(403, "forbidden");
    let counted = place.coordinator("36");
    Entry::at(at(NINE)).write(&organization, &counted);
    place.rows("DROP TRIGGER signal_is_not_rewritten", json!([]));
    place.rows("UPDATE signal SET records = json_insert(records, '$[#]', (SELECT max(seq) FROM service_record))", json!([]));
    counted
        .sends("POST", &target, &body)
        .refused(403, "forbidden");
    let page = Request::get(format!("/coordination/signals/{signal}")).browser(&counted.session);
    assert!(place.send(&page).is(200).text().contains("其他统筹员"));
    assert_eq!(
        place.number("SELECT count(*) FROM signal_step", json!([])),
        0
    );
}

#[test]
fn every_question_is_answered_from_an_index() {
    let desk = Desk::new();
    let place = desk.place();
    let visit = desk.visit_with(&place.coordinator("36").session);
    let filter = Filter {
        open: true,
        kind: None,
        before: 0,
        limit: 20,
    };
    let mut statements: Vec<_> = store::statements(&visit, SLICE).into();
    statements.extend(store::list_statements(&visit, uuid::Uuid::nil(), &filter));
    for statement in &statements {
        let plan = desk.db.plan(statement).unwrap();
        let scans: Vec<_> = plan
            .iter()
            .filter(|line| line.starts_with("SCAN"))
            .collect();
        let small = |line: &&&String| {
            [
                "signal_pass",
                "slice",
                "lately",
                " t",
                "json_each",
                "CONSTANT",
                "SCAN m",
                "VIRTUAL TABLE",
                "(subquery",
            ]
            .iter()
            .any(|name| line.contains(name))
        };
        assert!(
            !plan.iter().any(|line| line.contains("AUTOMATIC")),
            "{plan:#?}"
        );
        assert!(scans.iter().all(|line| small(&line)), "{plan:#?}");
    }
}

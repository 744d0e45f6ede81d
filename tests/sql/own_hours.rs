//! One's own hours: on the page, in JSON, and at what cost.

use diandan::platform::clock::{DAY, MINUTE};
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::records::Recorded;
use crate::support::request::Request;

const NINE: &str = "2026-11-21T09:00:00+08:00";

#[test]
fn hours_make_stars_by_the_grades_that_count() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, ming) = (place.organization(), place.adult());
    for n in 0..13 {
        let grade = if n < 10 { "A" } else { "D" };
        let start = at(NINE).plus(-n * DAY).millis();
        Recorded::new(start, 600, grade).write(place, &organization, &ming);
    }
    let hours = |query: &str| {
        ming.reads(&format!("/api/v1/me/hours{query}"))
            .is(200)
            .json()
    };
    let all = hours("");
    assert_eq!((&all["minutes"], &all["stars"]), (&json!(7_800), &json!(1)));
    assert_eq!(
        all["next_star"],
        json!({"stars": 2, "hours": 300, "missing_minutes": 10_200})
    );
    assert_eq!(hours("?grades=A")["stars"], 1);
    assert_eq!(hours("?grades=D")["minutes"], 1_800);
    assert_eq!(hours("?grades=B,C")["next_star"]["missing_minutes"], 6_000);
    for bad in ["a", "A,", "E", "A,A,A,A,A"] {
        let answer = ming.reads(&format!("/api/v1/me/hours?grades={bad}"));
        answer.refused(400, "invalid_parameters");
    }
    let page = |target: &str| {
        place
            .send(&Request::get(target).browser(&ming.session))
            .is(200)
            .text()
    };
    let text = page("/me/records");
    assert!(
        text.contains("一星志愿者") && text.contains("170 小时，满 300 小时即为二星"),
        "{text}"
    );
    assert!(page("/me/records?grades=D").contains("还没有星级"));
}

#[test]
fn records_are_read_from_the_newest_on_without_a_gap() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, ming) = (place.organization(), place.adult());
    let mut seqs = Vec::new();
    for n in 0..7 {
        let start = at(NINE).plus(-n * DAY).millis();
        seqs.push(Recorded::new(start, 60, "B").write(place, &organization, &ming));
    }
    Recorded::new(at(NINE).millis(), 30, "B")
        .correcting(seqs[0])
        .write(place, &organization, &ming);
    let mut next = "/api/v1/me/records?limit=3".to_owned();
    let mut minutes = Vec::new();
    loop {
        let page = ming.reads(&next).is(200).json();
        for item in page["items"].as_array().unwrap() {
            minutes.push((
                item["record"]["minutes"].as_i64().unwrap(),
                item["earlier"].as_array().unwrap().len(),
            ));
        }
        match page["next"].as_str() {
            Some(more) => next = more.to_owned(),
            None => break,
        }
    }
    let mut expected = vec![(30, 1)];
    expected.extend([(60, 0); 6]);
    assert_eq!(minutes, expected);
    place.adult().reads("/api/v1/me/records").is(200);
    place.get("/api/v1/me/records").is(401);
}

#[test]
fn late_and_corrected_records_say_so_on_the_page() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, ming) = (place.organization(), place.adult());
    // Of a shift that was long over.
    let late = Recorded::new(at(NINE).plus(40 * DAY).millis(), 60, "C");
    let planned = |ends_at: i64| format!("\"planned_ends_at\":{ends_at}");
    let sql = late.sql(&organization, &ming).replace(
        &planned(late.started_at + 60 * MINUTE),
        &planned(at(NINE).millis()),
    );
    let seq = place.number(&sql, json!([]));
    Recorded::new(at(NINE).plus(40 * DAY).millis(), 0, "C")
        .correcting(seq)
        .write(place, &organization, &ming);
    desk.it_is(at(NINE).plus(50 * DAY));
    let text = place
        .send(&Request::get("/me/records").browser(&ming.session))
        .is(200)
        .text();
    for words in [
        "逾期补记",
        "人工登记",
        "写错了",
        "更正过 1 次",
        "邻里社",
        "0 分钟",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let items = ming.reads("/api/v1/me/records").is(200).json();
    assert_eq!(items["items"][0]["earlier"][0]["late"], true);
    let id = items["items"][0]["record"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let one = place.send(&Request::get(format!("/me/records/{id}")).browser(&ming.session));
    let text = one.is(200).text();
    assert!(text.contains("更正经过") && text.contains("记得不对？") && text.contains("不计时长"));
    let stranger = place.adult();
    place
        .send(&Request::get(format!("/me/records/{id}")).browser(&stranger.session))
        .is(404);
}

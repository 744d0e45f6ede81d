//! What was served before today: shifts that volunteers came to, settled but for the last,
//! with a certificate, and a record somebody contests.

use axum::http::Method;
use diandan::hours::attendance::code::Step;
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use diandan::platform::crypto::Token;
use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::HOME;
use super::desk::Desk;
use super::people::{Need, Person};
use super::sheet::{self, Failure, Shift};
use super::story::{address, on};

/// Who signs what is recorded.
const IN_CHARGE: &str = "温记时";
/// The last shift still waits to be settled.
const UNSETTLED: &str = "s4";

/// A shift that is over, and who had a seat.
struct Past<'a> {
    id: String,
    starts_at: Instant,
    ends_at: Instant,
    people: Vec<&'a Person>,
}

/// Has `regular` and some of the crowd serve, at an organization whose key this is.
pub fn serve(
    desk: &Desk,
    key: &Token,
    regular: &mut Person,
    crowd: &mut [Person],
) -> Result<(), Failure> {
    let project = sheet::served()?;
    let published = desk.now.plus(-25 * DAY);
    let mut notice = project.notice.clone();
    let times = project
        .shifts
        .iter()
        .map(|shift| times(desk, shift))
        .collect::<Result<Vec<_>, _>>()?;
    let shifts: Vec<Value> = project
        .shifts
        .iter()
        .zip(&times)
        .map(|(shift, (starts_at, ends_at))| {
            json!({
                "ref": shift.reference, "role": shift.role, "capacity": shift.capacity,
                "waitlist": shift.waitlist, "starts_at": starts_at, "ends_at": ends_at,
            })
        })
        .collect();
    notice.insert("shifts".to_owned(), shifts.into());
    let path = address(HOME, &project.client_ref);
    let written = desk.ask(published, key, Method::PUT, &path, &notice.into())?;
    for (at, (shift, (starts_at, ends_at))) in project.shifts.iter().zip(times).enumerate() {
        let id = written
            .pointer(&format!("/shifts/{at}/id"))
            .and_then(Value::as_str)
            .ok_or("a shift is lost")?;
        let need = Need {
            starts_at,
            ends_at,
            min_age: 18,
            skills: Vec::new(),
        };
        let others = crowd
            .iter_mut()
            .filter(|person| person.may_take(&need, false))
            .take(shift.fill - 1);
        let mut people = Vec::with_capacity(shift.fill);
        for person in std::iter::once(&mut *regular).chain(others) {
            let path = format!("/api/v1/shifts/{id}/signups");
            let wish = person.wish(&need);
            desk.ask(
                published.plus(DAY),
                &person.token,
                Method::POST,
                &path,
                &wish,
            )?;
            person.takes(&need);
            people.push(&*person);
        }
        let past = Past {
            id: id.to_owned(),
            starts_at,
            ends_at,
            people,
        };
        come_and_go(desk, &past)?;
        if shift.reference != UNSETTLED {
            let path = format!("/api/v1/shifts/{id}/settlement");
            let settlement = json!({"person_in_charge": IN_CHARGE});
            desk.ask(
                ends_at.plus(3 * HOUR),
                key,
                Method::POST,
                &path,
                &settlement,
            )?;
        }
    }
    afterwards(desk, key, regular)
}

fn times(desk: &Desk, shift: &Shift) -> Result<(Instant, Instant), Failure> {
    let on = |clock| on(desk.now, shift.day, clock);
    on(&shift.start)
        .zip(on(&shift.end))
        .ok_or_else(|| format!("{} to {} are not times", shift.start, shift.end))
}

/// By the code on the organizer's phone: the second forgets to check out, the last does not
/// come, the others are there from start to end.
fn come_and_go(desk: &Desk, past: &Past<'_>) -> Result<(), Failure> {
    let secret = desk.config.keys.attendance_key(&past.id);
    let path = format!("/api/v1/shifts/{}/attendance", past.id);
    for (place, minute) in (0..).zip(&past.people).zip(-6..) {
        let (place, person): (usize, _) = place;
        if place > 2 && place + 1 == past.people.len() {
            continue;
        }
        let came = past.starts_at.plus(minute * MINUTE);
        let went = past.ends_at.plus(minute * MINUTE);
        for (kind, at) in [("in", came), ("out", went)] {
            if kind == "out" && place == 1 {
                continue;
            }
            let code = Step::of(at).code(&secret);
            let scan = json!({"id": Uuid::now_v7(), "kind": kind, "code": code});
            desk.ask(at, &person.token, Method::POST, &path, &scan)?;
        }
    }
    Ok(())
}

/// A training, a record that is contested, and a certificate of what stands.
fn afterwards(desk: &Desk, key: &Token, regular: &Person) -> Result<(), Failure> {
    let training = json!({
        "kind": "training", "phone": regular.phone, "on_date": desk.now.plus(-20 * DAY).date().to_string(),
        "name": "入户服务与老人沟通", "content": "入户礼仪、跌倒处置、保护隐私", "minutes": 120,
        "organizer": "赣州市橘井社会工作服务中心",
    });
    let records = format!("/api/v1/organizations/{HOME}/records");
    desk.ask(
        desk.now.plus(-19 * DAY),
        key,
        Method::POST,
        &records,
        &training,
    )?;
    let mine = "/api/v1/me/records";
    let mine = desk.ask(
        desk.now.plus(-2 * DAY),
        &regular.token,
        Method::GET,
        mine,
        &Value::Null,
    )?;
    let newest = mine
        .get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("record"))
        .find(|record| record.get("kind").and_then(Value::as_str) == Some("service"))
        .and_then(|record| record.get("id")?.as_str())
        .ok_or_else(|| format!("no record: {mine}"))?;
    let contest = format!("/api/v1/records/{newest}/disputes");
    let claim = json!({"claim": "收被子收到十二点才走，少记了半小时"});
    desk.ask(
        desk.now.plus(-2 * DAY),
        &regular.token,
        Method::POST,
        &contest,
        &claim,
    )?;
    let asked = json!({"organization_id": HOME, "disclosure": "summary"});
    let certificates = "/api/v1/me/certificates";
    desk.ask(
        desk.now.plus(-DAY),
        &regular.token,
        Method::POST,
        certificates,
        &asked,
    )?;
    Ok(())
}

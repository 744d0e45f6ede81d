//! How the demo came about: one term is served, organizations publish over two weeks,
//! volunteers sign up in the week after while contests are held, today one shift is called
//! off.

use std::collections::HashMap;
use std::path::PathBuf;

use axum::http::Method;
use diandan::bind;
use diandan::menu::Skill;
use diandan::organizations::new_key;
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE, start_of};
use diandan::platform::crypto::Token;
use diandan::platform::input::Choice as _;
use jiff::ToSpan as _;
use serde_json::{Map, Value, json};

use super::accounts;
use super::contest;
use super::desk::Desk;
use super::dice::Dice;
use super::people::{Need, Person, crowd};
use super::served;
use super::sheet::{self, Failure, Organization, Project, Shift};

/// Shifts of the demo volunteers: project and shift, by the organizations' own names.
const CONFIRMED: (&str, &str) = ("dd-2026-001", "s1");
const WAITING: (&str, &str) = ("jujing-26w-02", "s1");
const CALLED_OFF: (&str, &str) = ("jujing-26w-03", "s5");
const OF_THE_MINOR: (&str, &str) = ("lj-2026-003", "s1");
const WHY_CALLED_OFF: &str = "祠堂那天要修屋顶，这一场取消，其余几场照常";

/// Loads everything, once; tells the accounts in any case.
pub fn load() -> Result<(), Failure> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let desk = Desk::open(&path.ok_or("which database? demo <D1 file>")?)?;
    if !accounts::are_there(&desk)? {
        if desk.finds(bind!("SELECT id FROM organization LIMIT 1"))? {
            eprintln!(
                "demo: this database holds other organizations, half of the demo, or a demo sealed with \
                 another MASTER_KEY, so nothing is loaded. Delete .wrangler/state to begin anew."
            );
            return Ok(());
        }
        tell_the_story(&desk)?;
    }
    accounts::tell()
}

fn tell_the_story(desk: &Desk) -> Result<(), Failure> {
    let mut dice = Dice::new(2026);
    let organizations = sheet::organizations()?;
    let keys = register(desk, &organizations)?;
    let mut people = crowd(desk, &mut dice)?;
    let (mut grown_up, minor) = accounts::volunteers(desk)?;
    let home = keys.get(accounts::HOME).ok_or("whose project?")?;
    served::serve(desk, home, &mut grown_up, &mut people)?;
    let mut slots = publish(desk, &keys)?;
    sign_up_all(desk, &mut people, &slots, &mut dice)?;
    the_demo_volunteers(desk, [grown_up, minor], &mut slots)?;
    call_off(desk, &keys, &slots)?;
    accounts::members(desk)?;
    let office = accounts::coordinator(desk)?;
    let reader = people.first().ok_or("nobody is there")?;
    contest::hold(desk, &office.token, &keys, reader)?;
    let mut last: Vec<_> = organizations
        .iter()
        .map(|organization| {
            bind!(
                "UPDATE organization
                 SET state = ?2, state_since = ?3,
                   state_region = iif(?2 = 'unverified', NULL, '36'),
                   state_office = iif(?2 = 'unverified', NULL, '江西省民政厅'),
                   state_reason = iif(?2 = 'suspended', '年度报告逾期未交', NULL)
                 WHERE id = ?1",
                &organization.id,
                &organization.state,
                desk.now.plus(match organization.state.as_str() {
                    "verified" => -180 * DAY,
                    _ => -2 * DAY,
                }),
            )
        })
        .collect();
    // Nobody holds these tokens once this program has ended.
    last.push(bind!("DELETE FROM session"));
    desk.write(last)?;
    accounts::grant(desk, &accounts::key()?, accounts::HOME, "演示")
}

/// Every organization publishes before it becomes what the sheet says, with a key that
/// is thrown away.
fn register(
    desk: &Desk,
    organizations: &[Organization],
) -> Result<HashMap<String, Token>, Failure> {
    let mut keys = HashMap::new();
    for organization in organizations {
        let key = new_key().map_err(|_| "no randomness")?;
        desk.write(vec![bind!(
            "INSERT INTO organization (id, name, kind, credit_code, region, about, contact_phone, state, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'verified', ?8)",
            &organization.id,
            &organization.name,
            &organization.kind,
            organization.credit_code.as_ref(),
            &organization.region,
            &organization.about,
            organization.contact_phone.as_ref(),
            desk.now.plus(-200 * DAY),
        )])?;
        accounts::grant(desk, &key, &organization.id, "业务系统")?;
        keys.insert(organization.id.clone(), key);
    }
    Ok(keys)
}

/// A shift that is on the menu.
struct Slot {
    project: String,
    organization: String,
    reference: String,
    id: String,
    need: Need,
    fill: usize,
    notice: Map<String, Value>,
}

/// Projects come in over two weeks, from three weeks ago on.
fn publish(desk: &Desk, keys: &HashMap<String, Token>) -> Result<Vec<Slot>, Failure> {
    let mut projects = sheet::projects()?;
    Dice::new(7).shuffle(&mut projects);
    let mut slots = Vec::new();
    let mut at = desk.now.plus(-21 * DAY);
    for project in &projects {
        at = at.plus(3 * HOUR + 50 * MINUTE);
        let key = keys.get(&project.organization).ok_or("whose project?")?;
        let (notice, needs) = notice(desk, project)?;
        let path = address(&project.organization, &project.client_ref);
        let written = desk
            .ask(at, key, Method::PUT, &path, &Value::Object(notice.clone()))
            .map_err(|refused| format!("{}: {}", project.client_ref, Failure::from(refused)))?;
        if written.get("state").and_then(Value::as_str) != Some("published") {
            continue;
        }
        let ids: HashMap<&str, &str> = written
            .get("shifts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|shift| Some((shift.get("ref")?.as_str()?, shift.get("id")?.as_str()?)))
            .collect();
        for (shift, need) in project.shifts.iter().zip(needs) {
            let id = ids.get(shift.reference.as_str()).ok_or("a shift is lost")?;
            slots.push(Slot {
                project: project.client_ref.clone(),
                organization: project.organization.clone(),
                reference: shift.reference.clone(),
                id: (*id).to_owned(),
                need,
                fill: shift.fill.min(shift.capacity + shift.waitlist),
                notice: notice.clone(),
            });
        }
    }
    Ok(slots)
}

/// Where an organization's project is, by its own name for it.
pub fn address(organization: &str, reference: &str) -> String {
    format!("/api/v1/organizations/{organization}/projects/{reference}")
}

/// The notice with its shifts on real days, and what each shift needs.
fn notice(desk: &Desk, project: &Project) -> Result<(Map<String, Value>, Vec<Need>), Failure> {
    let skills = project.notice.get("skills").and_then(Value::as_array);
    let skills: Vec<Skill> = skills
        .into_iter()
        .flatten()
        .filter_map(|word| Skill::from_word(word.as_str()?))
        .collect();
    let min_age = project.notice.get("min_age").and_then(Value::as_i64);
    let mut shifts = Vec::new();
    let mut needs = Vec::new();
    for shift in &project.shifts {
        let (starts_at, ends_at) = times(desk.now, shift)?;
        shifts.push(json!({
            "ref": shift.reference, "role": shift.role, "capacity": shift.capacity,
            "waitlist": shift.waitlist, "starts_at": starts_at, "ends_at": ends_at,
        }));
        needs.push(Need {
            starts_at,
            ends_at,
            min_age: min_age.and_then(|age| age.try_into().ok()).unwrap_or(14),
            skills: skills.clone(),
        });
    }
    let mut notice = project.notice.clone();
    notice.insert("shifts".to_owned(), Value::Array(shifts));
    Ok((notice, needs))
}

/// So many days from today, at a time of the clock.
pub fn on(now: Instant, days: i32, clock: &str) -> Option<Instant> {
    let (hour, minute) = clock.split_once(':')?;
    let minutes = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
    let date = now.date().checked_add(days.days()).ok()?;
    Some(start_of(date).plus(minutes * MINUTE))
}

/// What would already have begun, or begins within the hour, is tomorrow instead.
fn times(now: Instant, shift: &Shift) -> Result<(Instant, Instant), Failure> {
    let both = |day: i32| {
        Some((
            on(now, day, &shift.start)?,
            on(now, day + i32::from(shift.ends_next_day), &shift.end)?,
        ))
    };
    both(shift.day)
        .filter(|(starts_at, _)| *starts_at > now.plus(HOUR))
        .or_else(|| both(shift.day + 1))
        .ok_or_else(|| format!("{} to {} are not times", shift.start, shift.end))
}

/// Over the last eight days, in an order nobody planned.
fn sign_up_all(
    desk: &Desk,
    people: &mut [Person],
    slots: &[Slot],
    dice: &mut Dice,
) -> Result<(), Failure> {
    let mut wishes: Vec<&Slot> = slots
        .iter()
        .flat_map(|slot| std::iter::repeat_n(slot, slot.fill))
        .collect();
    dice.shuffle(&mut wishes);
    let pause = 8 * DAY / i64::try_from(wishes.len()).unwrap_or(1).max(1);
    let mut at = desk.now.plus(-8 * DAY);
    for slot in wishes {
        at = at.plus(pause);
        somebody_takes(desk, people, slot, at.plus(-HOUR), dice)?;
    }
    Ok(())
}

/// The first who may: the able before those who would have to claim a skill.
fn somebody_takes(
    desk: &Desk,
    people: &mut [Person],
    slot: &Slot,
    at: Instant,
    dice: &mut Dice,
) -> Result<(), Failure> {
    let first = dice.below(people.len());
    for able in [true, false] {
        let (before, after) = people.split_at_mut(first);
        for person in after.iter_mut().chain(before) {
            if person.may_take(&slot.need, able) && takes(desk, person, slot, at)? {
                return Ok(());
            }
        }
    }
    Err(format!(
        "nobody is left for {} {}",
        slot.project, slot.reference
    ))
}

/// Signs up by the real rules; `false` when two shifts of theirs are too close.
fn takes(desk: &Desk, person: &mut Person, slot: &Slot, at: Instant) -> Result<bool, Failure> {
    let path = format!("/api/v1/shifts/{}/signups", slot.id);
    let wish = person.wish(&slot.need);
    match desk.ask(at, &person.token, Method::POST, &path, &wish) {
        Ok(_) => {
            person.takes(&slot.need);
            Ok(true)
        }
        Err(refused) if matches!(refused.code.as_str(), "shift_clash" | "tight_gap") => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}

fn the_demo_volunteers(
    desk: &Desk,
    [mut grown_up, mut minor]: [Person; 2],
    slots: &mut [Slot],
) -> Result<(), Failure> {
    let at = desk.now.plus(-20 * MINUTE);
    for wanted in [CONFIRMED, WAITING, CALLED_OFF] {
        takes(desk, &mut grown_up, find(slots, wanted)?, at)?;
    }
    takes(desk, &mut minor, find(slots, OF_THE_MINOR)?, at)?;
    Ok(())
}

fn find<'a>(slots: &'a [Slot], wanted: (&str, &str)) -> Result<&'a Slot, Failure> {
    slots
        .iter()
        .find(|slot| (slot.project.as_str(), slot.reference.as_str()) == wanted)
        .ok_or_else(|| format!("there is no shift {wanted:?}"))
}

/// The organization calls one shift off, as it would: by writing the project anew.
fn call_off(desk: &Desk, keys: &HashMap<String, Token>, slots: &[Slot]) -> Result<(), Failure> {
    let slot = find(slots, CALLED_OFF)?;
    let mut notice = slot.notice.clone();
    let shifts = notice.get_mut("shifts").and_then(Value::as_array_mut);
    for shift in shifts.into_iter().flatten() {
        if shift.get("ref").and_then(Value::as_str) == Some(slot.reference.as_str())
            && let Some(shift) = shift.as_object_mut()
        {
            shift.insert("state".to_owned(), "cancelled".into());
            shift.insert("change_reason".to_owned(), WHY_CALLED_OFF.into());
        }
    }
    let key = keys.get(&slot.organization).ok_or("whose project?")?;
    let path = address(&slot.organization, &slot.project);
    let at = desk.now.plus(-10 * MINUTE);
    desk.ask(at, key, Method::PUT, &path, &Value::Object(notice))?;
    Ok(())
}

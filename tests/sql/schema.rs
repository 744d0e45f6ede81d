//! What the schema holds by itself, whatever the code above it does.

use serde_json::json;

use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Organization, Project, Shift};
use crate::support::place::Place;

/// An organization with one project of one shift.
fn one_shift(place: &dyn Place, seats: i64, waits: i64) -> (Organization<'_>, Project, Shift) {
    let organization = place.organization();
    let start = morning(place.now(), 5);
    let notice = Notice::of(&[with_waitlist(shift("a", start, seats), waits)]);
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    (organization, project, a)
}

/// A row of `signup` in this state, written past the product.
fn write_signup(place: &dyn Place, shift: &Shift, state: &str) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    place.rows(&insert_signup(place, shift, state, &id), json!([]));
    id
}

fn insert_signup(place: &dyn Place, shift: &Shift, state: &str, id: &str) -> String {
    let volunteer = place.adult().id;
    format!(
        "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
         SELECT '{id}', id, '{volunteer}', '{state}', starts_at, ends_at, 0
         FROM shift WHERE id = '{}'",
        shift.id
    )
}

fn counters(place: &dyn Place, shift: &Shift) -> [i64; 4] {
    let rows = place.rows(
        "SELECT h.confirmed, h.waiting, p.seats_free, p.waits_free
         FROM shift h JOIN project p ON p.seq = h.project WHERE h.id = ?1",
        json!([shift.id]),
    );
    ["confirmed", "waiting", "seats_free", "waits_free"].map(|name| rows[0][name].as_i64().unwrap())
}

#[test]
fn a_shift_is_never_overfilled() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 2, 0);
    write_signup(&desk, &a, "confirmed");
    write_signup(&desk, &a, "attended");
    for state in ["confirmed", "attended", "absent"] {
        let third = insert_signup(&desk, &a, state, "third");
        assert!(desk.refuses(&third).contains("shift_not_overfilled"));
    }
    let fewer = format!("UPDATE shift SET capacity = 1 WHERE id = '{}'", a.id);
    assert!(desk.refuses(&fewer).contains("shift_not_overfilled"));
    assert_eq!(counters(&desk, &a)[0], 2);
}

#[test]
fn a_waiting_list_is_never_overfilled() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 1, 2);
    write_signup(&desk, &a, "waitlisted");
    write_signup(&desk, &a, "waitlisted");
    let third = insert_signup(&desk, &a, "waitlisted", "third");
    assert!(desk.refuses(&third).contains("waitlist_full"));
    assert_eq!(counters(&desk, &a)[1], 2);
}

#[test]
fn places_are_counted_through_every_change_of_state() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 3, 4);
    assert_eq!(counters(&desk, &a), [0, 0, 3, 4]);
    let id = write_signup(&desk, &a, "waitlisted");
    // Whoever waits for a word has no seat, and nobody else can have it.
    assert_eq!(counters(&desk, &a), [0, 1, 2, 4]);
    for (state, expected) in [
        ("confirmed", [1, 0, 2, 4]),
        ("attended", [1, 0, 2, 4]),
        ("absent", [1, 0, 2, 4]),
        ("cancelled", [0, 0, 3, 4]),
        ("waitlisted", [0, 1, 2, 4]),
        ("cancelled", [0, 0, 3, 4]),
    ] {
        let sql = "UPDATE signup SET state = ?2 WHERE id = ?1";
        desk.place().rows(sql, json!([id, state]));
        assert_eq!(counters(&desk, &a), expected, "{state}");
    }
    // What stands beside the state moves no counter.
    desk.place()
        .rows("UPDATE signup SET revision = 9", json!([]));
    assert_eq!(counters(&desk, &a), [0, 0, 3, 4]);
}

#[test]
fn only_open_shifts_to_come_have_places_on_the_menu() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let now = desk.now();
    let notice = Notice::of(&[
        with_waitlist(shift("soon", morning(now, 1), 2), 1),
        with_waitlist(shift("later", morning(now, 3), 5), 2),
        with_waitlist(shift("off", morning(now, 4), 7), 3),
    ])
    .with_shift(2, "state", "cancelled");
    let project = organization.publishes(&notice);
    let later = project.shift("later");
    assert_eq!(counters(place, &later), [0, 0, 7, 3]);
    desk.it_is(morning(now, 2));
    pollster::block_on(diandan::menu::move_on(&desk.db, desk.now())).unwrap();
    assert_eq!(counters(place, &later), [0, 0, 5, 2]);
    // A change on a shift that is over does not bring its places back.
    write_signup(place, &project.shift("soon"), "attended");
    assert_eq!(counters(place, &later), [0, 0, 5, 2]);
}

#[test]
fn a_signup_is_never_deleted() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 2, 0);
    write_signup(&desk, &a, "cancelled");
    let refusal = desk.refuses("DELETE FROM signup");
    assert!(refusal.contains("signup_is_never_deleted"), "{refusal}");
    let refusal = desk.refuses("DELETE FROM shift");
    assert!(refusal.contains("foreign_key"), "{refusal}");
}

#[test]
fn what_is_written_in_the_audit_stays() {
    let desk = Desk::new();
    one_shift(&desk, 2, 0);
    let rows = || {
        desk.place()
            .number("SELECT count(*) AS n FROM audit", json!([]))
    };
    let before = rows();
    assert!(before > 0, "publishing is audited");
    for sql in [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 1",
    ] {
        assert!(desk.refuses(sql).contains("audit_is_append_only"), "{sql}");
    }
    assert_eq!(rows(), before);
}

#[test]
fn a_published_notice_is_complete() {
    let desk = Desk::new();
    let (_, project, _) = one_shift(&desk, 2, 0);
    let parts = [
        "title",
        "field",
        "summary",
        "region",
        "place",
        "content",
        "conditions",
        "how_to_sign_up",
        "risks",
        "safeguards",
        "published_at",
    ];
    for state in ["published", "closed", "cancelled"] {
        let sql = "UPDATE project SET state = ?1";
        desk.place().rows(sql, json!([state]));
        for part in parts {
            let refusal = desk.refuses(&format!("UPDATE project SET {part} = NULL"));
            assert!(
                refusal.contains("published_notice_is_complete"),
                "{state} {part}"
            );
        }
    }
    // What was ever published keeps its notice as a draft too: people hold tickets for it.
    desk.db
        .script("UPDATE project SET state = 'draft'")
        .unwrap();
    for part in parts.iter().filter(|part| **part != "published_at") {
        let refusal = desk.refuses(&format!("UPDATE project SET {part} = NULL"));
        assert!(refusal.contains("published_notice_is_complete"), "{part}");
    }
    let all = parts.map(|part| format!("{part} = NULL")).join(", ");
    desk.db
        .script(&format!("UPDATE project SET {all}"))
        .unwrap();
    let refusal = desk.refuses("UPDATE project SET state = 'published'");
    assert!(
        refusal.contains("published_notice_is_complete"),
        "{project:?}"
    );
}

#[test]
fn a_shift_ends_after_it_starts_and_within_a_day() {
    let desk = Desk::new();
    one_shift(&desk, 2, 0);
    for (length, fits) in [
        ("-1", false),
        ("0", false),
        ("1", true),
        ("86400000", true),
        ("86400001", false),
    ] {
        let sql = format!("UPDATE shift SET ends_at = starts_at + {length}");
        match fits {
            true => desk.db.script(&sql).unwrap(),
            false => assert!(desk.refuses(&sql).contains("shift_lasts_up_to_a_day")),
        }
    }
}

#[test]
fn a_volunteer_stands_once_on_a_shift_until_they_leave_it() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 5, 5);
    let first = write_signup(&desk, &a, "confirmed");
    let again = |id: &str, state: &str| {
        format!(
            "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
             SELECT '{id}', shift_id, volunteer_id, '{state}', starts_at, ends_at, 0
             FROM signup WHERE id = '{first}'"
        )
    };
    for state in ["confirmed", "waitlisted", "attended", "absent"] {
        let refusal = desk.refuses(&again("second", state));
        assert!(refusal.contains("signup.shift_id"), "{refusal}");
    }
    desk.db.script(&again("second", "cancelled")).unwrap();
    let leave = "UPDATE signup SET state = 'cancelled' WHERE id = ?1";
    desk.place().rows(leave, json!([first]));
    desk.db.script(&again("third", "confirmed")).unwrap();
}

#[test]
fn a_shift_that_moves_takes_its_signups_along() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 5, 5);
    write_signup(&desk, &a, "confirmed");
    write_signup(&desk, &a, "waitlisted");
    let follows = |revision: i64| {
        let strays = desk.place().number(
            "SELECT count(*) AS n FROM signup s JOIN shift h ON h.id = s.shift_id
             WHERE (s.starts_at, s.ends_at, s.revision) <> (h.starts_at, h.ends_at, ?1)",
            json!([revision]),
        );
        assert_eq!(strays, 0, "at revision {revision}");
    };
    follows(0);
    for (revision, sql) in [
        (1, "UPDATE shift SET starts_at = starts_at + 60000"),
        (2, "UPDATE shift SET ends_at = ends_at + 60000"),
        (
            3,
            "UPDATE shift SET starts_at = starts_at + 1, ends_at = ends_at + 1",
        ),
        (3, "UPDATE shift SET starts_at = starts_at, role = 'x'"),
    ] {
        desk.db.script(sql).unwrap();
        follows(revision);
    }
}

#[test]
fn a_message_has_exactly_one_recipient() {
    let desk = Desk::new();
    let ming = desk.place().adult().id;
    let letter = |volunteer: &str, phone: &str| {
        format!(
            "INSERT INTO outbox (kind, volunteer_id, phone_sealed, created_at, due_at)
             VALUES ('x', {volunteer}, {phone}, 0, 0)"
        )
    };
    let ming = format!("'{ming}'");
    for (volunteer, phone) in [("NULL", "NULL"), (ming.as_str(), "'sealed'")] {
        let refusal = desk.refuses(&letter(volunteer, phone));
        assert!(refusal.contains("outbox_has_a_recipient"), "{refusal}");
    }
    desk.db.script(&letter(&ming, "NULL")).unwrap();
    desk.db.script(&letter("NULL", "'sealed'")).unwrap();
}

#[test]
fn what_aborts_inside_a_batch_undoes_all_of_it() {
    use diandan::bind;
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 2, 0);
    let error = pollster::block_on(desk.db.batch(vec![
        bind!("UPDATE shift SET role = 'changed' WHERE id = ?1", &a.id),
        bind!(
            "INSERT INTO abort_if SELECT ?1 WHERE changes() = 1",
            "changed_mind"
        ),
    ]))
    .unwrap_err();
    assert!(error.is_refusal("changed_mind"), "{error:?}");
    let role = desk.place().value("SELECT role FROM shift", json!([]));
    assert_eq!(role, "课堂助教");
}

#[test]
fn rows_belong_to_rows_that_exist() {
    let desk = Desk::new();
    for sql in [
        "INSERT INTO organization (id, name, kind, region, state, created_at)
         VALUES ('o', 'O', 'enterprise', '99', 'verified', 0)",
        "INSERT INTO session (token_hash, volunteer_id, created_at, expires_at) VALUES ('h', 'v', 0, 0)",
        "INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at)
         VALUES ('h', 'k', 'o', 'k', '[]', 0, 0)",
    ] {
        assert!(desk.refuses(sql).contains("foreign_key"), "{sql}");
    }
}

#[test]
fn words_outside_their_sets_are_refused() {
    let desk = Desk::new();
    let (_, _, a) = one_shift(&desk, 2, 0);
    write_signup(&desk, &a, "confirmed");
    desk.place().organization().member("viewer");
    for sql in [
        "UPDATE organization SET state = 'famous'",
        "UPDATE organization SET kind = 'club'",
        "UPDATE project SET state = 'open'",
        "UPDATE project SET field = 'sports'",
        "UPDATE project SET min_age = 81",
        "UPDATE project SET skills = '{}'",
        "UPDATE shift SET state = 'closed'",
        "UPDATE shift SET capacity = 0",
        "UPDATE shift SET capacity = 10001",
        "UPDATE shift SET waitlist = -1",
        "UPDATE signup SET state = 'maybe'",
        "UPDATE signup SET cancelled_by = 'nobody'",
        "UPDATE member SET role = 'king'",
        "UPDATE volunteer SET birth_date = '1.1.2000'",
        "UPDATE volunteer SET language = 'fr'",
        "UPDATE api_key SET scopes = '{}'",
        "INSERT INTO region (code, name, full_name) VALUES ('360', 'x', 'x')",
    ] {
        let refusal = desk.refuses(sql);
        assert!(refusal.starts_with("Refused"), "{sql}: {refusal}");
    }
}

/// The only project stands in both orders under all its terms, or under none.
#[track_caller]
fn stands_on_the_menu(desk: &Desk, project: &Project, listed: bool) {
    let place = desk.place();
    let kept = place
        .rows("SELECT menu_terms, listed FROM project", json!([]))
        .remove(0);
    assert_eq!(kept["listed"], i64::from(listed), "{kept}");
    let mut expected: Vec<&str> = kept["menu_terms"]
        .as_str()
        .unwrap()
        .split(['"', '[', ']', ',', ' '])
        .filter(|term| !term.is_empty())
        .collect();
    expected.sort_unstable();
    expected.dedup();
    assert!(expected.len() > 20, "{kept}");
    for (order, slot) in [
        ("menu_by_start", "start_slot"),
        ("menu_by_newest", "newest_slot"),
    ] {
        desk.db
            .script(&format!(
                "DROP TABLE IF EXISTS temp.standing;
                 CREATE VIRTUAL TABLE temp.standing USING fts5vocab (main, {order}, instance)"
            ))
            .unwrap();
        let sql = format!(
            "SELECT v.term, v.doc = (SELECT {slot} FROM project) AS here FROM temp.standing v ORDER BY v.term"
        );
        let found = place.rows(&sql, json!([]));
        assert!(
            found.iter().all(|row| row["here"] == 1),
            "{order}: {found:?}"
        );
        let found: Vec<_> = found
            .iter()
            .map(|row| row["term"].as_str().unwrap())
            .collect();
        assert_eq!(
            found,
            if listed { expected.clone() } else { vec![] },
            "{order}"
        );
    }
    let word = project.body["title"].as_str().unwrap();
    let ids = place.menu(&[("q", word)]).is(200).ids();
    assert_eq!(ids.contains(&project.id), listed, "in the list");
}

#[test]
fn the_menu_follows_whatever_becomes_of_a_project() {
    let desk = Desk::new();
    let place = desk.place();
    let (_, project, _) = one_shift(place, 2, 0);
    stands_on_the_menu(&desk, &project, true);
    for (sql, listed) in [
        ("UPDATE project SET state = 'draft'", false),
        ("UPDATE project SET state = 'published'", true),
        ("UPDATE project SET state = 'closed'", false),
        ("UPDATE project SET state = 'published'", true),
        ("UPDATE organization SET state = 'suspended'", false),
        ("UPDATE project SET title = title", false),
        ("UPDATE organization SET state = 'verified'", true),
        (
            "UPDATE project SET next_starts_at = next_starts_at + 3600000",
            true,
        ),
        ("UPDATE project SET next_starts_at = NULL", false),
        ("UPDATE project SET next_starts_at = 1800000000000", true),
        (
            "UPDATE project SET published_at = published_at - 1000",
            true,
        ),
        (
            "UPDATE project SET next_starts_at = 1800000000001, published_at = 7, state = 'draft'",
            false,
        ),
        ("UPDATE organization SET state = 'refused'", false),
        ("UPDATE project SET state = 'published'", false),
        (
            "UPDATE organization SET state = 'verified', name = '新名字'",
            true,
        ),
    ] {
        desk.db.script(sql).unwrap();
        desk.passes(3_000);
        stands_on_the_menu(&desk, &project, listed);
    }
    let card = &place.menu(&[]).is(200).json()["items"][0];
    assert_eq!(card["organization_name"], "新名字");
}

#[test]
fn new_words_replace_old_words_on_the_menu() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 2)]);
    let project = organization.publishes(&notice);
    let renamed = notice.clone().with("title", "柚子采摘");
    let renamed = organization.changes(&project, &renamed);
    stands_on_the_menu(&desk, &renamed, true);
    assert!(place.menu(&[("q", &notice.word())]).ids().is_empty());
    assert_eq!(place.menu(&[("q", "柚子")]).ids(), [project.id]);
}

#[test]
fn what_a_row_repeats_of_another_stays_equal_to_it() {
    let desk = Desk::new();
    let place = desk.place();
    let (_, _, shift) = one_shift(place, 2, 0);
    write_signup(place, &shift, "confirmed");
    let differs = |after: &str| {
        let rows = place.rows(
            "SELECT s.volunteer_name IS v.name AND s.volunteer_phone_sealed IS v.phone_sealed AS of_volunteer,
               h.organization_id IS p.organization_id AND h.title IS p.title AND h.project_state IS p.state AS of_project,
               s.facts = json_object('role', h.role, 'shift_state', h.state, 'shift_change_reason', h.change_reason,
                 'project_id', p.id, 'title', p.title, 'field', p.field, 'project_state', p.state,
                 'place', p.place, 'region_name', p.region_name, 'what_to_bring', p.what_to_bring,
                 'cancel_until_minutes', p.cancel_until_minutes, 'change_reason', p.change_reason,
                 'organization_id', p.organization_id, 'organization_name', p.organization_name) AS of_both,
               s.facts
             FROM signup s JOIN volunteer v ON v.id = s.volunteer_id JOIN shift h ON h.id = s.shift_id
               JOIN project p ON p.seq = h.project",
            json!([]),
        );
        for row in rows {
            for copy in ["of_volunteer", "of_project", "of_both"] {
                assert_eq!(row[copy], 1, "{copy} after {after}: {row}");
            }
        }
    };
    differs("signing up");
    for sql in [
        "UPDATE volunteer SET name = '王小川'",
        "UPDATE volunteer SET phone_sealed = 'other'",
        "UPDATE shift SET role = '摄影'",
        "UPDATE shift SET state = 'cancelled', change_reason = '下雪'",
        "UPDATE project SET title = '看雪'",
        "UPDATE project SET field = 'care'",
        "UPDATE project SET state = 'closed'",
        "UPDATE project SET place = '山上'",
        "UPDATE project SET region_name = '山里'",
        "UPDATE project SET what_to_bring = '手套'",
        "UPDATE project SET cancel_until_minutes = 7",
        "UPDATE project SET change_reason = '换个地方'",
        "UPDATE organization SET name = '新名字'",
    ] {
        desk.db.script(sql).unwrap();
        differs(sql);
    }
}

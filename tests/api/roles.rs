//! Who may do what: every operation of the OpenAPI document, tried by every role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::app::app;
use crate::support::contract::contract;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Project, Shift, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;
use crate::support::unique;

/// Everybody there is, as far as the product tells them apart. What is tried belongs to
/// one organization and one volunteer: “own” and “holder” are theirs.
const ROLES: [&str; 17] = [
    "nobody",
    "garbage token",
    "expired session",
    "volunteer",
    "holder",
    "other owner",
    "viewer",
    "recorder",
    "manager",
    "owner",
    "own key",
    "key to write",
    "key to read",
    "key for nothing",
    "other key",
    "revoked key",
    "expired key",
];

/// What each of them is answered, in the order of `ROLES`.
#[rustfmt::skip]
const TABLE: [(&str, &str, [u16; 17]); 34] = [
    //                                                                    no-  gar- exp. vol- hol- oth. view reco mana own  own  to   to   for  oth. rev. exp.
    //                                                                    body bage sess unt. der  own. er   rder ger  er   key  writ read noth key  key  key
    ("GET",    "/api/v1/regions",                                        [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}",                            [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/projects",                                       [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/projects/{id}",                                  [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("PUT",    "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 201, 201, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/opportunities",              [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}/projects",                   [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("PATCH",  "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("DELETE", "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 204, 204, 204, 204, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/publish", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/close", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/cancel", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/copy", [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 201, 201, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/imports",                        [401, 401, 401, 403, 403, 403, 403, 403, 202, 202, 202, 202, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/imports",                        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}",               [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}/report",        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}/report.csv",    [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/imports/{import}/cancel",        [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("POST",   "/api/v1/organizations/{org}/imports/{import}/apply",         [401, 401, 401, 403, 403, 403, 403, 403, 202, 202, 202, 202, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/organizations/{org}/export",                         [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401]),
    ("GET",    "/api/v1/imports/template.csv",                               [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/shifts/{id}/signups",                            [401, 401, 401, 201, 409, 201, 201, 201, 201, 201, 401, 401, 401, 401, 401, 401, 401]),
    ("GET",    "/api/v1/shifts/{id}/signups",                            [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 403, 200, 403, 403, 401, 401]),
    ("GET",    "/api/v1/signups/{id}",                                   [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401]),
    ("DELETE", "/api/v1/signups/{id}",                                   [401, 401, 401, 404, 204, 404, 404, 404, 204, 204, 401, 401, 401, 401, 401, 401, 401]),
    ("POST",   "/api/v1/sign-in-codes",                                  [202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202]),
    ("POST",   "/api/v1/sessions",                                       [403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("DELETE", "/api/v1/sessions",                                       [401, 401, 401, 204, 204, 204, 204, 204, 204, 204, 401, 401, 401, 401, 401, 401, 401]),
    ("DELETE", "/api/v1/sessions/current",                               [401, 401, 401, 204, 204, 204, 204, 204, 204, 204, 401, 401, 401, 401, 401, 401, 401]),
    ("GET",    "/api/v1/me",                                             [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401]),
    ("PATCH",  "/api/v1/me",                                             [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401]),
    ("GET",    "/api/v1/me/signups",                                     [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401]),
];

/// Who tries a row of the table, and at what. Sessions are new for each row, since some
/// rows end them; what is tried is new for each role.
struct Row<'a> {
    organization: &'a Organization<'a>,
    project: &'a Project,
    shift: &'a Shift,
    sessions: Vec<Volunteer<'a>>,
    /// With a seat: the one at the same place as the role that tries, else the only one.
    holders: Vec<(Volunteer<'a>, String)>,
}

/// Those with sessions, besides the holder.
const SESSIONS: [&str; 7] = [
    "expired session",
    "volunteer",
    "other owner",
    "viewer",
    "recorder",
    "manager",
    "owner",
];

/// All rows, written in one go.
fn rows<'a>(
    organization: &'a Organization<'a>,
    other: &Organization,
    project: &'a Project,
    shift: &'a Shift,
) -> Vec<Row<'a>> {
    let joins = |organization: &Organization, volunteer: &Volunteer, role: &str| {
        let sql = "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, ?3, 0)";
        let params = vec![json!(organization.id), json!(volunteer.id), json!(role)];
        (sql.to_owned(), params)
    };
    let mut statements = Vec::new();
    // A sign-up that may be given up is a new one for each who tries.
    let holders_of = |path: &str| match path {
        "/api/v1/signups/{id}" => ROLES.len(),
        _ => 1,
    };
    let people = TABLE.map(|(_, path, _)| SESSIONS.len() + holders_of(path));
    let mut crowd = organization.place.crowd(people.iter().sum()).into_iter();
    let rows = TABLE
        .iter()
        .map(|(_, path, _)| {
            let sessions: Vec<_> = crowd.by_ref().take(SESSIONS.len()).collect();
            let holders: Vec<_> = crowd
                .by_ref()
                .take(holders_of(path))
                .map(|holder| (holder, uuid::Uuid::new_v4().to_string()))
                .collect();
            statements.push((
                "UPDATE session SET expires_at = created_at WHERE volunteer_id = ?1".to_owned(),
                vec![json!(sessions[0].id)],
            ));
            statements.push(joins(other, &sessions[2], "owner"));
            for (session, role) in sessions.iter().zip(SESSIONS).skip(3) {
                statements.push(joins(organization, session, role));
            }
            for (holder, signup) in &holders {
                statements.push((
                    "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
                     SELECT ?1, id, ?2, 'confirmed', starts_at, ends_at, 0 FROM shift WHERE id = ?3"
                        .to_owned(),
                    vec![json!(signup), json!(holder.id), json!(shift.id)],
                ));
            }
            Row {
                organization,
                project,
                shift,
                sessions,
                holders,
            }
        })
        .collect();
    organization.place.sql(statements);
    rows
}

impl Row<'_> {
    /// A request by somebody in this role, which nothing but the role could stop.
    fn request(&self, method: &str, path: &str, role: usize, keys: &Keys) -> Request {
        let organization = self.organization;
        let (holder, signup) = self.holders.get(role).unwrap_or(&self.holders[0]);
        // What becomes of a project becomes of it once: it is a new one for each who tries.
        let a_new_one = |state: &str| {
            let notice = Notice::of(&[shift("a", morning(organization.place.now(), 8), 3)]);
            organization
                .publishes(&notice.with("state", state))
                .reference
        };
        let reference = match (method, path.rsplit('/').next()) {
            ("PUT", _) => format!("new-{}", unique()),
            ("DELETE", Some("{client_ref}")) | ("POST", Some("publish")) => a_new_one("draft"),
            ("POST", Some("close" | "cancel")) => a_new_one("published"),
            _ => self.project.reference.clone(),
        };
        let id = match path.split('/').nth(3) {
            Some("projects") => &self.project.id,
            Some("shifts") => &self.shift.id,
            _ => signup,
        };
        let target = path
            .replace("{client_ref}", &reference)
            .replace("{org}", &organization.id)
            .replace(
                "{import}",
                &if path.contains("{import}") {
                    a_trial(organization)
                } else {
                    String::new()
                },
            )
            .replace("{id}", id);
        let n = unique();
        let address = format!("10.9.{}.{}", n >> 8 & 255, n & 255);
        let request = Request::new(method, target).header("cf-connecting-ip", address);
        let request = match body(organization.place, method, path) {
            None => request,
            Some(body) if path.ends_with("/imports") => {
                request.bytes("application/x-ndjson", body.to_string().into_bytes())
            }
            Some(body) => request.json(&body),
        };
        if path.contains("/imports") {
            // There is room for three at a time.
            organization.place.rows(
                "UPDATE import SET state = 'cancelled', finished_at = 0 WHERE organization_id = ?1 AND finished_at IS NULL",
                json!([organization.id]),
            );
        }
        let role = ROLES[role];
        let session = SESSIONS.iter().position(|known| *known == role);
        match (role, session) {
            ("nobody", _) => request,
            ("holder", _) => request.bearer(&holder.session),
            (_, Some(at)) => request.bearer(&self.sessions[at].session),
            (_, None) => request.bearer(&keys[role]),
        }
    }
}

/// A dry run that is done.
fn a_trial(organization: &Organization) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    let params = vec![json!(id), json!(organization.id)];
    let statements = [
        "INSERT INTO upload (id, organization_id, format, created_at) SELECT ?1, ?2, 'ndjson', 1e13",
        "INSERT INTO upload_line (upload_id, seq, line, source, bytes) SELECT ?1, 1, 1, '{}', 2 WHERE ?2 <> ''",
        "INSERT INTO import (id, organization_id, upload_id, dry_run, state, actor, total, done, refused, created_at, finished_at)
         SELECT ?1, ?2, ?1, 1, 'done', 'nobody', 1, 1, 1, 1, 1",
    ];
    let statements = statements.map(|sql| (sql.to_owned(), params.clone()));
    organization.place.sql(statements.into());
    id
}

/// What is presented by those who have no session.
type Keys = BTreeMap<&'static str, String>;

fn keys(organization: &Organization, other: &Organization) -> Keys {
    let everything = ["projects:write", "signups:read"];
    let revoked = organization.new_key(&everything);
    organization.place.rows(
        "UPDATE api_key SET revoked_at = 1 WHERE token_hash = ?1",
        json!([diandan::platform::crypto::sha256_hex(&revoked)]),
    );
    let now = organization.place.now().millis();
    BTreeMap::from([
        ("garbage token", "dds_open-sesame".to_owned()),
        ("own key", organization.key.clone()),
        ("key to write", organization.new_key(&["projects:write"])),
        ("key to read", organization.new_key(&["signups:read"])),
        ("key for nothing", organization.new_key(&[])),
        ("other key", other.key.clone()),
        ("revoked key", revoked),
        ("expired key", organization.new_key_until(&everything, now)),
    ])
}

fn body(place: &dyn Place, method: &str, path: &str) -> Option<Value> {
    let phone = format!("138{:08}", unique());
    match (method, path.rsplit('/').next()) {
        ("PUT", _) => Some(Notice::of(&[shift("a", morning(place.now(), 8), 3)]).0),
        ("PATCH", _) => Some(json!({})),
        ("POST", Some("cancel" | "apply")) if path.contains("{import}") => None,
        ("POST", Some("imports")) => Some(json!({"client_ref": format!("i-{}", unique())})),
        ("POST", Some("cancel")) => Some(json!({"reason": "台风"})),
        ("POST", Some("copy")) => Some(json!({"client_ref": format!("copy-{}", unique())})),
        ("POST", Some("signups")) => Some(json!({})),
        ("POST", Some("sign-in-codes")) => Some(json!({"phone": phone})),
        ("POST", Some("sessions")) => Some(json!({"phone": phone, "code": "000000"})),
        _ => None,
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let place = app();
    let (organization, other) = (place.organization(), place.organization());
    let project = organization.publishes(&Notice::of(&[shift("a", morning(place.now(), 9), 999)]));
    let a = project.shift("a");
    let keys = keys(&organization, &other);
    let mut wrong = Vec::new();
    let rows = rows(&organization, &other, &project, &a);
    for ((method, path, expected), row) in TABLE.into_iter().zip(&rows) {
        for (role, expected) in expected.into_iter().enumerate() {
            let status = place.send(&row.request(method, path, role, &keys)).status;
            if status != expected {
                let role = ROLES[role];
                wrong.push(format!(
                    "{role}: {method} {path} is {status}, not {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_a_row_for_every_operation() {
    let rows: BTreeSet<_> = TABLE
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    let operations: BTreeSet<_> = contract()
        .operations()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    assert_eq!(rows, operations);
}

#[test]
fn a_cookie_is_as_good_as_a_bearer_token() {
    let place = app();
    let organization = place.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(place.now(), 9), 9)]));
    let roster = project.shift("a").signups();
    let read = |session: &str| place.send(&Request::get(&roster).browser(session)).status;
    assert_eq!(read(&organization.member("viewer").session), 200);
    assert_eq!(read(&place.adult().session), 403);
    assert_eq!(read("dds_open-sesame"), 401);
}

#[test]
fn a_refused_act_has_no_effect() {
    let place = app();
    let organization = place.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(place.now(), 9), 9)]));
    let a = project.shift("a");
    let holder = place.adult();
    let signup = holder.takes(&a, "confirmed");
    let stranger = place.adult();
    stranger.cancels(&signup).refused(404, "not_found");
    let other = place.organization();
    let notice = Notice::of(&[shift("a", morning(place.now(), 9), 9)]);
    for key in [&other.key, &organization.new_key(&["signups:read"])] {
        place
            .send(
                &Request::put(organization.own_path(&project.reference))
                    .bearer(key)
                    .json(&notice.0),
            )
            .refused(403, "forbidden");
    }
    assert_eq!(holder.ticket(&signup)["state"], "confirmed");
    let read = Request::get(organization.own_path(&project.reference)).bearer(&organization.key);
    let read = place.send(&read).is(200);
    assert_eq!(read.json()["version"], 1);
    assert_eq!(read.json()["title"], project.body["title"]);
    let people = stranger.reads_roster(&a).is(403);
    assert!(!people.text().contains(&holder.phone));
}

#[test]
fn a_draft_is_for_its_own_organization() {
    let place = app();
    let organization = place.organization();
    let draft = Notice::of(&[shift("a", morning(place.now(), 9), 9)]).with("state", "draft");
    let project = organization.publishes(&draft);
    let a = project.shift("a");
    place.get(&project.path()).refused(404, "not_found");
    place.get(&format!("/projects/{}", project.id)).is(404);
    place.adult().signs_up(&a).refused(404, "not_found");
    assert!(place.menu(&[("q", &draft.word())]).ids().is_empty());
    let own = Request::get(organization.own_path(&project.reference)).bearer(&organization.key);
    assert_eq!(place.send(&own).is(200).json()["state"], "draft");
}

//! The examples of the OpenAPI document do what they show: each is sent as it stands, on a
//! day on which its dates lie ahead.

use diandan::contests::rules::example;
use diandan::imports::work::{Budget, get_on};
use diandan::platform::clock::DAY;
use diandan::platform::crypto::sha256_hex;
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::at;
use crate::support::contests::{announced, awarded, became, drafted, entered};
use crate::support::contract::contract;
use crate::support::desk::Desk;
use crate::support::jury::Contest;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Shift};
use crate::support::place::{Place as _, keys};
use crate::support::records::Recorded;
use crate::support::request::Request;
use crate::support::results;

/// A monday on which all dates of the examples lie ahead.
const TODAY: &str = "2026-11-23T09:00:00+08:00";

/// What must be there before the example of an operation can succeed; gives its target and who
/// sends it.
fn prepared(desk: &Desk, operation: &str, path: &str, organization: &Organization) -> Request {
    let volunteer = desk.place().adult();
    let request =
        |method: &str, target: String, token: &str| Request::new(method, target).bearer(token);
    match operation {
        "send_sign_in_code" => Request::new("POST", path),
        "open_session" => {
            let (phone, code) = (keys().phone_hash("13800138000"), "012345");
            let now = desk.now().millis();
            desk.place().rows(
                "INSERT INTO sign_in_code (phone_hash, address_hash, code_hash, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?4 + 60000)",
                json!([phone, keys().address_hash("unknown"), keys().code_hash(&phone, code), now]),
            );
            Request::new("POST", path)
        }
        "change_me" => request("PATCH", path.to_owned(), &volunteer.session),
        "sign_up" => {
            let start = at("2026-12-05T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            let minor = volunteer;
            desk.place().rows(
                "UPDATE volunteer SET adult_declared_at = NULL, name = '' WHERE id = ?1",
                json!([minor.id]),
            );
            request("POST", project.shift("a").signups(), &minor.session)
        }
        "put_project" => {
            let target = path.replace("{client_ref}", "winter-class-2026");
            request(
                "PUT",
                target.replace("{org}", &organization.id),
                &organization.key,
            )
        }
        "patch_project" | "publish_project" | "close_project" | "cancel_project"
        | "copy_project" => {
            let start = at("2026-12-05T09:00:00+08:00");
            let state = match operation {
                "publish_project" => "draft",
                _ => "published",
            };
            let notice = Notice::of(&[shift("a", start, 5)]).with("state", state);
            let target = path
                .replace("{org}", &organization.id)
                .replace("{client_ref}", &organization.publishes(&notice).reference);
            let method = match operation {
                "patch_project" => "PATCH",
                _ => "POST",
            };
            request(method, target, &organization.key)
        }
        "begin_import" => {
            let target = path.replace("{org}", &organization.id);
            request("POST", target, &organization.key)
        }
        "cancel_import" | "apply_import" => {
            let imports = format!(
                "/api/v1/organizations/{}/imports?dry_run=1",
                organization.id
            );
            let trial = request("POST", imports, &organization.key)
                .bytes("application/x-ndjson", b"{\"client_ref\":\"a\"}".to_vec());
            let import = desk.place().send(&trial).is(202).member("id");
            if operation == "apply_import" {
                let clock = desk.visit("/", &Default::default());
                get_on(&clock, Budget::SMALL).block_on().unwrap();
            }
            let target = path
                .replace("{org}", &organization.id)
                .replace("{import}", &import);
            request("POST", target, &organization.key)
        }
        "register_organization" => request("POST", path.to_owned(), &volunteer.session),
        "change_organization" => {
            let target = path.replace("{org}", &organization.id);
            request("PATCH", target, &organization.member("owner").session)
        }
        "invite_member" | "make_api_key" => {
            let target = path.replace("{org}", &organization.id);
            request("POST", target, &organization.member("owner").session)
        }
        "change_member" => {
            let target = path.replace("{org}", &organization.id);
            let target = target.replace("{member}", &organization.member("viewer").id);
            request("PATCH", target, &organization.member("owner").session)
        }
        "accept_invitation" => {
            let target = format!("/api/v1/organizations/{}/invitations", organization.id);
            let body = json!({"phone": volunteer.phone, "role": "viewer"});
            let owner = organization.member("owner");
            let invitation = owner.sends("POST", &target, &body).is(201).member("id");
            let target = path.replace("{invitation}", &invitation);
            request("POST", target, &volunteer.session)
        }
        "decide_on_organization" => {
            let waiting = desk.place().organization_in_state("unverified");
            let coordinator = desk.place().coordinator("36");
            request(
                "POST",
                path.replace("{org}", &waiting.id),
                &coordinator.session,
            )
        }
        "appoint_coordinator" => {
            let coordinator = desk.place().coordinator("3607");
            request("POST", path.to_owned(), &coordinator.session)
        }
        "redeem_appointment_code" => {
            let code = format!("ddc_{}", "5f0c1c9e8f0b4b1e9d530c4a7c1d2e3f".repeat(2));
            let hash = sha256_hex(&code);
            let id: uuid::Uuid = hash[..32].parse().unwrap();
            let until = desk.now().plus(1).millis();
            desk.place().rows(
                "INSERT INTO coordinator (id, region, office, code_hash, code_expires_at, created_at)
                 VALUES (?1, '36', '江西省民政厅', ?2, ?3, 0)",
                json!([id, hash, until]),
            );
            request("POST", path.to_owned(), &volunteer.session)
        }
        "move_signup" | "approve_signup" | "decline_signup" | "describe_signup"
        | "write_to_shift" => {
            let asks = matches!(operation, "approve_signup" | "decline_signup");
            let start = at("2026-12-05T09:00:00+08:00");
            let notice = Notice::of(&[shift("a", start, 5), shift("b", start.plus(DAY), 5)]);
            let approval = if asks { "required" } else { "none" };
            let project = organization.publishes(&notice.with("approval", approval));
            let [a, b] = ["a", "b"].map(|name| project.shift(name));
            desk.place().rows(
                "UPDATE shift SET id = '01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90' WHERE id = ?1",
                json!([b.id]),
            );
            let state = if asks { "waitlisted" } else { "confirmed" };
            let id = match operation {
                "write_to_shift" => {
                    volunteer.takes(&a, state);
                    a.id
                }
                _ => volunteer.takes(&a, state),
            };
            let method = if operation == "describe_signup" {
                "PATCH"
            } else {
                "POST"
            };
            request(method, path.replace("{id}", &id), &organization.key)
        }
        "register_webhook"
        | "change_webhook"
        | "rotate_webhook_secret"
        | "test_webhook"
        | "replay_webhook_delivery" => {
            let owner = organization.member("owner");
            let hooks = format!("/api/v1/organizations/{}/webhooks", organization.id);
            let body = json!({"url": "https://desk.example.org/in"});
            let id = owner.sends("POST", &hooks, &body).is(201).member("id");
            let delivery = "msg_0f8fad5bd9cb469fa16570867728950e";
            desk.place().rows(
                "INSERT INTO webhook_delivery (id, webhook_id, type, data)
                 VALUES (?1, ?2, 'signup.created', '{}')",
                json!([delivery, id]),
            );
            let target = path.replace("{org}", &organization.id);
            let target = target
                .replace("{webhook}", &id)
                .replace("{delivery}", delivery);
            let method = if operation == "change_webhook" {
                "PATCH"
            } else {
                "POST"
            };
            request(method, target, &owner.session)
        }
        "check_in" | "enter_attendance" => {
            let start = at("2026-12-05T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            // The shift whose code the example shows.
            let a = Shift {
                id: "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90".to_owned(),
            };
            desk.place().rows(
                "UPDATE shift SET id = ?1 WHERE id = ?2",
                json!([a.id, project.shift("a").id]),
            );
            volunteer.takes(&a, "confirmed");
            desk.it_is(start.plus(DAY));
            let recorder = organization.member("recorder");
            let who = if operation == "check_in" {
                &volunteer
            } else {
                &recorder
            };
            request("POST", path.replace("{id}", &a.id), &who.session)
        }
        "settle_shift" | "reply_to_absence" | "add_record" => {
            let start = at("2026-11-28T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            let a = project.shift("a");
            let signup = volunteer.takes(&a, "confirmed");
            desk.it_is(start.plus(DAY));
            let key = organization.new_key(&["hours:write"]);
            match operation {
                "settle_shift" => request("POST", path.replace("{id}", &a.id), &key),
                "add_record" => {
                    let hash = keys().phone_hash("13800138000");
                    let sql = "UPDATE volunteer SET phone_hash = ?2 WHERE id = ?1";
                    desk.place().rows(sql, json!([volunteer.id, hash]));
                    request("POST", path.replace("{org}", &organization.id), &key)
                }
                _ => {
                    let target = format!("/api/v1/shifts/{}/settlement", a.id);
                    let settled = request("POST", target, &key);
                    let settled = settled.json(&json!({"person_in_charge": "李老师"}));
                    desk.place().send(&settled).is(200);
                    request("POST", path.replace("{id}", &signup), &volunteer.session)
                }
            }
        }
        "ask_for_certificate"
        | "change_certificate"
        | "share_certificate"
        | "revoke_certificate"
        | "keep_my_id_document"
        | "rotate_signing_key" => {
            // The one the example names.
            let named = "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90";
            desk.place().rows(
                "INSERT INTO organization (id, name, kind, region, state, created_at)
                 VALUES (?1, '邻里社', 'volunteer_team', '36', 'verified', 0)",
                json!([named]),
            );
            let issuer = Organization {
                id: named.to_owned(),
                ..organization.clone()
            };
            let on = at("2026-11-20T09:00:00+08:00").millis();
            let record = Recorded::new(on, 60, "A").sql(&issuer, &volunteer);
            desk.place().rows(&record, json!([]));
            let owner = issuer.member("owner");
            let (method, session) = match operation {
                "change_certificate" => ("PATCH", volunteer.session.clone()),
                "keep_my_id_document" => ("PUT", volunteer.session.clone()),
                "revoke_certificate" | "rotate_signing_key" => ("POST", owner.session),
                _ => ("POST", volunteer.session.clone()),
            };
            let mut target = path.replace("{org}", named);
            if target.contains("{number}") {
                let body = json!({"organization_id": named});
                let asked = volunteer.sends("POST", "/api/v1/me/certificates", &body);
                target = target.replace("{number}", &asked.is(201).member("number"));
            }
            request(method, target, &session)
        }
        "contest_record" | "correct_record" | "answer_dispute" | "escalate_dispute"
        | "decide_dispute" => {
            let start = at("2026-11-21T09:00:00+08:00").millis();
            let record = Recorded::new(start, 180, "A");
            record.write(desk.place(), organization, &volunteer);
            let recorder = organization.member("recorder");
            if matches!(operation, "contest_record" | "correct_record") {
                let who = match operation {
                    "contest_record" => &volunteer,
                    _ => &recorder,
                };
                return request("POST", path.replace("{id}", &record.id), &who.session);
            }
            let contest = format!("/api/v1/records/{}/disputes", record.id);
            let claim = json!({"claim": "少记了一个小时"});
            let dispute = volunteer
                .sends("POST", &contest, &claim)
                .is(201)
                .member("id");
            let target = path.replace("{id}", &dispute);
            let to = |act: &str| format!("/api/v1/disputes/{dispute}/{act}");
            if operation == "answer_dispute" {
                return request("POST", target, &recorder.session);
            }
            let decline = json!({"answer": "decline", "reason": "无误"});
            recorder.sends("POST", &to("answer"), &decline).is(200);
            if operation == "escalate_dispute" {
                return request("POST", target, &volunteer.session);
            }
            let plea = json!({"reason": "不同意"});
            volunteer.sends("POST", &to("escalation"), &plea).is(200);
            request("POST", target, &desk.place().coordinator("36").session)
        }
        "invite_judge"
        | "answer_judge_invitation"
        | "declare_conflicts"
        | "draw_judges"
        | "save_ballot" => {
            let contest = Contest::announced(desk.place());
            let ((judge, id), _) = (contest.judge(), contest.judge());
            let entry = contest.entry(organization);
            contest.draws(&[(&entry, &id)]);
            let code = "ddj_Zk3nq0XW8yT5vL1cR7bP2dJ4hM6gN9sQaEuFiKoYtBw";
            desk.place().rows(
                "INSERT INTO contest_judge (id, contest_id, number, name, code_hash, code_expires_at, created_at)
                 VALUES (?4, ?1, 3, '王老师', ?2, ?3, 0)",
                json!([contest.id, sha256_hex(code), desk.now().plus(1).millis(), uuid::Uuid::now_v7()]),
            );
            let target = path.replace("{id}", &contest.id);
            let target = target
                .replace("{stage}", "paper")
                .replace("{entry}", &entry.id);
            match operation {
                "invite_judge" | "draw_judges" => request(
                    "POST",
                    target,
                    &contest.organization.member("owner").session,
                ),
                "answer_judge_invitation" => request("POST", target, &volunteer.session),
                "declare_conflicts" => request("POST", target, &judge.session),
                _ => request("PUT", target, &judge.session),
            }
        }
        "act_on_floor" => {
            let contest = Contest::on_stage(desk.place());
            let (_, judge) = contest.judge();
            let mut entry = contest.entry(organization);
            let id = "01990000-0000-7000-8000-000000000003".to_owned();
            desk.place().rows(
                "UPDATE contest_entry SET id = ?1 WHERE id = ?2",
                json!([id, entry.id]),
            );
            entry.id = id;
            contest.draws_in("roadshow", &[(&entry, &judge)]);
            let target = path.replace("{id}", &contest.id);
            let target = target.replace("{stage}", "roadshow");
            let owner = contest.organization.member("owner");
            request("POST", target, &owner.session)
        }
        "leave" => {
            let (phone, code) = (keys().phone_hash(&volunteer.phone), "012345");
            let now = desk.now().millis();
            desk.place().rows(
                "INSERT INTO sign_in_code (phone_hash, address_hash, code_hash, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?4 + 60000)",
                json!([phone, keys().address_hash("unknown"), keys().code_hash(&phone, code), now]),
            );
            request("POST", path.to_owned(), &volunteer.session)
        }
        "mark_records_transferred" | "bring_in_outside_hours" | "strike_outside_hours" => {
            let start = at("2026-12-05T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            volunteer.takes(&project.shift("a"), "confirmed");
            let id = "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90";
            let (whose, organizer) = (json!(volunteer.id), json!(organization.id));
            let hash = json!(keys().phone_hash("13800138000"));
            let place = desk.place();
            place.rows(
                "UPDATE volunteer SET phone_hash = ?2 WHERE id = ?1",
                json!([whose, hash]),
            );
            place.rows(
                "INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, facts, recorded_at, recorded_by)
                 VALUES (?1, 'honour', ?2, ?3, '2026-01-01', '{}', 0, 'volunteer:x')",
                json!([id, whose, organizer]),
            );
            place.rows(
                "INSERT INTO outside_hours (id, volunteer_id, source, reference, activity, on_date, minutes, organization_id, imported_at, actor)
                 VALUES (?1, ?2, '别处', ?1, '敬老', '2026-01-01', 60, ?3, 0, 'volunteer:x')",
                json!([id, whose, organizer]),
            );
            let recorder = organization.member("recorder");
            let target = path.replace("{org}", &organization.id).replace("{id}", id);
            match operation {
                "strike_outside_hours" => request("POST", target, &volunteer.session),
                _ => request("POST", target, &recorder.session),
            }
        }
        "decide_signal" | "reply_to_signal" => {
            desk.place().rows(
                "INSERT INTO signal (id, kind, finding, organization_id, region, records, facts, found_at)
                 VALUES (?1, 'more_than_seats', '', ?1, '36', '[]', json_object('kind', 'more_than_seats', 'people', 13, 'seats', 12), 0)",
                json!([organization.id]),
            );
            let session = match operation {
                "decide_signal" => desk.place().coordinator("36").session,
                _ => organization.member("recorder").session,
            };
            request("POST", path.replace("{id}", &organization.id), &session)
        }
        "begin_contest_entry"
        | "write_contest_entry"
        | "submit_contest_entry"
        | "withdraw_contest_entry"
        | "check_contest_entry" => {
            // Those the example names.
            let named = "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90";
            desk.place().rows(
                "INSERT INTO organization (id, name, kind, region, state, created_at)
                 VALUES (?1, '邻里社', 'volunteer_team', '36', 'verified', 0)",
                json!([named]),
            );
            let mut entrant = Organization {
                id: named.to_owned(),
                ..organization.clone()
            };
            entrant.key = entrant.new_key(&["projects:write", "contests:enter"]);
            let start = at("2026-11-28T09:00:00+08:00");
            let mut project = entrant.publishes(&Notice::of(&[shift("a", start, 5)]));
            let id = "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a91";
            let sql = "UPDATE project SET id = ?2 WHERE id = ?1";
            desk.place().rows(sql, json!([project.id, id]));
            id.clone_into(&mut project.id);
            let contest = announced(desk.place(), &example());
            desk.it_is(at("2026-12-05T09:00:00+08:00"));
            let state = match operation {
                "begin_contest_entry" => "withdrawn",
                "submit_contest_entry" | "write_contest_entry" => "draft",
                _ => "submitted",
            };
            let entry = entered(&entrant, &contest, &project, state);
            let target = path.replace("{id}", &contest).replace("{entry}", &entry);
            match operation {
                "check_contest_entry" => {
                    request("POST", target, &desk.place().coordinator("36").session)
                }
                "write_contest_entry" => request("PUT", target, &entrant.key),
                _ => request("POST", target, &entrant.key),
            }
        }
        "draw_up_result"
        | "approve_result"
        | "finalize_result"
        | "object_to_result"
        | "answer_objection"
        | "decide_on_objection" => {
            let entrant = desk.place().organization();
            let start = at("2026-12-05T09:00:00+08:00");
            let project = entrant.publishes(&Notice::of(&[shift("a", start, 5)]));
            let id = uuid::Uuid::now_v7().to_string();
            let judge = desk.place().adult();
            let mut statements = results::judged(organization, &entrant, &project.id, &judge, &id);
            let approvers = [(); 2].map(|()| organization.member("manager"));
            let approvers = [&approvers[0], &approvers[1]];
            statements.extend(match operation {
                "draw_up_result" => Vec::new(),
                "approve_result" => results::sealed(&id),
                "finalize_result" => results::on_notice(&id, approvers, 2),
                _ => results::on_notice(&id, approvers, i64::MAX >> 11),
            });
            if path.contains("{objection}") {
                let answer = (operation == "decide_on_objection").then_some("已核对");
                statements.push(results::objected(&id, &volunteer, answer));
            }
            desk.place().sql(statements);
            let target = path
                .replace("{id}", &id)
                .replace("{stage}", "paper")
                .replace("{version}", "1")
                .replace("{objection}", &id);
            let session = match operation {
                "object_to_result" => volunteer.session,
                _ => organization.member("owner").session,
            };
            request("POST", target, &session)
        }
        "write_purchase" | "write_story" | "mark_story_sent" => {
            let contest = announced(desk.place(), &example());
            let start = at("2026-11-28T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            let entry = entered(organization, &contest, &project, "submitted");
            awarded(desk.place(), &contest, &entry);
            let target = path.replace("{id}", &contest).replace("{entry}", &entry);
            let host = desk.place().coordinator("36").session;
            match operation {
                "write_story" => request("PUT", target, &organization.key),
                "write_purchase" => request("PUT", target, &host),
                _ => {
                    became(desk.place(), &contest, &entry);
                    request("POST", target, &host)
                }
            }
        }
        "prepare_contest" => {
            let coordinator = desk.place().coordinator("36");
            request("POST", path.to_owned(), &coordinator.session)
        }
        "edit_contest"
        | "announce_contest"
        | "amend_contest"
        | "call_off_contest"
        | "appoint_contest_officer" => {
            let contest = match operation {
                "edit_contest" | "announce_contest" => drafted(desk.place(), &example()),
                _ => announced(desk.place(), &example()),
            };
            let coordinator = desk.place().coordinator("36");
            let method = match operation {
                "edit_contest" => "PUT",
                _ => "POST",
            };
            request(method, path.replace("{id}", &contest), &coordinator.session)
        }
        other => panic!("say here what {other} needs before its example can succeed"),
    }
}

/// Media type and body of each example; none of either where there is no body.
fn examples(operation: &Value) -> Vec<Option<(String, Value)>> {
    let Some(content) = operation["requestBody"]["content"].as_object() else {
        return vec![None];
    };
    let mut found = Vec::new();
    for (media, content) in content {
        let named = content["examples"].as_object().into_iter().flatten();
        let named = named.map(|(_, example)| &example["value"]);
        for example in named.chain([&content["example"]]) {
            if !example.is_null() {
                found.push(Some((media.clone(), example.clone())));
            }
        }
    }
    found
}

/// What one does in one's own name, with no right that could be taken away.
const IN_ONES_OWN_NAME: [&str; 17] = [
    "accept_invitation",
    "answer_judge_invitation",
    "ask_for_certificate",
    "check_in",
    "contest_record",
    "declare_conflicts",
    "escalate_dispute",
    "leave",
    "object_to_result",
    "open_session",
    "redeem_appointment_code",
    "register_organization",
    "reply_to_absence",
    "send_sign_in_code",
    "share_certificate",
    "sign_up",
    "strike_outside_hours",
];

/// Takes every right from everybody, and lets them stay who they are.
fn nobody_may_any_more(desk: &Desk) {
    for sql in [
        "DROP TRIGGER last_owner_is_not_demoted",
        "UPDATE member SET role = 'viewer'",
        "UPDATE api_key SET scopes = '[]'",
        "DELETE FROM coordinator",
    ] {
        desk.place().rows(sql, json!([]));
    }
}

/// Sends the example of an operation to a desk of its own, once more with the same
/// `Idempotency-Key`, and again when the sender has lost the right to.
/// Gives what that is answered, unless it is a refusal.
fn carry_out(
    method: &str,
    path: &str,
    operation: &Value,
    example: Option<(String, Value)>,
) -> Option<String> {
    let id = operation["operationId"].as_str().unwrap();
    let desk = Desk::new();
    desk.it_is(at(TODAY));
    let organization = desk.place().organization();
    let mut request = prepared(&desk, id, path, &organization).header("idempotency-key", "k");
    if let Some((media, body)) = example {
        let body = match body {
            Value::String(text) => text,
            value => value.to_string(),
        };
        request = request.bytes(&media, body.into_bytes());
    }
    let answer = desk.place().send(&request);
    let promised = &operation["responses"][answer.status.to_string()];
    let done = (200..300).contains(&answer.status) && !promised.is_null();
    assert!(done, "{id}: {answer:?}");
    if method == "POST" {
        let again = desk.place().send(&request);
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{id}: {again:?}"
        );
        assert_eq!(
            (again.status, again.body),
            (answer.status, answer.body),
            "{id}"
        );
        if !IN_ONES_OWN_NAME.contains(&id) {
            nobody_may_any_more(&desk);
            let refused = desk.place().send(&request);
            return (refused.status != 403).then(|| format!("{id}: {refused:?}"));
        }
    }
    None
}

#[test]
fn every_example_of_a_body_is_carried_out_and_every_post_only_once() {
    let (mut tried, mut still_answered) = (0, Vec::new());
    let known: Vec<String> = contract()
        .operations()
        .into_iter()
        .filter_map(|(_, _, operation)| operation["operationId"].as_str().map(str::to_owned))
        .collect();
    for own in IN_ONES_OWN_NAME {
        assert!(known.iter().any(|known| known == own), "no operation {own}");
    }
    for (method, path, operation) in contract().operations() {
        if method == "POST" || operation["requestBody"].is_object() {
            for example in examples(operation) {
                still_answered.extend(carry_out(&method, &path, operation, example));
                tried += 1;
            }
        }
    }
    assert!(tried >= 5, "only {tried} examples");
    assert!(still_answered.is_empty(), "{}", still_answered.join("\n"));
}

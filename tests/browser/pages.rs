//! What every page keeps to.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::app::{app, shared};
use crate::support::contract::contract;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Organization, Volunteer};
use crate::support::records::Recorded;
use crate::support::request::Request;
use crate::support::soon;

use super::phone::{Settings, with_phone};

/// The first round trips of a new connection carry about this much (RFC 6928).
const FIRST_VIEW: usize = 14 * 1024;

/// Every page there is, in a state that shows all it can: its path and whose session.
fn every_page() -> Vec<(String, Option<String>)> {
    let organization = app().organization();
    let start = morning(app().now(), 3);
    let notice = Notice::of(&[
        with_waitlist(shift("full", start, 1), 5),
        shift("free", morning(app().now(), 4), 9),
        shift("off", morning(app().now(), 5), 9),
    ])
    .with("min_age", 16)
    .with("skills", vec!["first_aid", "driving"]);
    organization.publishes(&notice);
    let notice = notice.with("skills", serde_json::Value::Null);
    let project = organization.publishes(&notice);
    let (volunteer, owner) = (app().adult(), organization.member("owner"));
    let confirmed = volunteer.takes(&project.shift("full"), "confirmed");
    let waitlisted = app().adult().takes(&project.shift("full"), "waitlisted");
    let called_off = volunteer.takes(&project.shift("off"), "confirmed");
    let changed = notice
        .with_shift(2, "state", "cancelled")
        .with_shift(2, "change_reason", "下雨");
    organization.changes(&project, &changed);
    let notice = Notice::of(&[shift("a", start, 3)]);
    let cancelled = organization.publishes(&notice);
    organization.changes(&cancelled, &notice.with("state", "cancelled"));
    let (imports, trial) = a_trial(&organization, &owner);
    let draft = Notice::of(&[shift("a", start, 3)])
        .with("state", "draft")
        .with("risks", serde_json::Value::Null);
    let draft = organization.publishes(&draft).reference;
    let console = format!("/organizations/{}/projects", organization.id);
    let coordinator = app().coordinator("36");
    let waiting = app().organization_in_state("unverified");
    let invited = app().adult();
    owner
        .sends(
            "POST",
            &format!("/api/v1/organizations/{}/invitations", organization.id),
            &serde_json::json!({"phone": invited.phone, "role": "viewer"}),
        )
        .is(201);
    let asking = organization.publishes(
        &Notice::of(&[shift("a", morning(app().now(), 6), 2)]).with("approval", "required"),
    );
    let asked = volunteer.takes(&asking.shift("a"), "waitlisted");
    let hooks = format!("/organizations/{}/webhooks", organization.id);
    let hook = owner
        .sends(
            "POST",
            &format!("/api/v1{hooks}"),
            &serde_json::json!({"url": shared().receiver("pages")}),
        )
        .is(201)
        .member("id");
    owner
        .sends(
            "POST",
            &format!("/api/v1{hooks}/{hook}/test"),
            &serde_json::json!({}),
        )
        .is(202);
    let of_coordinator = Some(coordinator.session.clone());
    let mine = Some(volunteer.session.clone());
    let of_owner = Some(owner.session.clone());
    let certificates = certificates(&organization, &volunteer, &owner);
    let mut pages = pages_of_records(&organization, &owner, &coordinator);
    pages.extend([
        ("/".into(), None),
        ("/?field=education".into(), None),
        ("/?q=%E6%B2%A1%E6%9C%89%E7%9A%84%E8%AF%8D".into(), None),
        ("/?age=15&sort=newest&region=3607".into(), None),
        ("/?from=2026-99-99".into(), None),
        (format!("/projects/{}", project.id), None),
        (format!("/projects/{}", cancelled.id), None),
        (format!("/organizations/{}", organization.id), None),
        (
            format!("/shifts/{}/sign-up", project.shift("free").id),
            None,
        ),
        (
            format!("/shifts/{}/sign-up", project.shift("full").id),
            mine.clone(),
        ),
        (
            format!("/shifts/{}/sign-up", project.shift("off").id),
            mine.clone(),
        ),
        ("/sign-in".into(), None),
        ("/me/signups".into(), mine.clone()),
        ("/me/signups".into(), of_owner.clone()),
        (format!("/me/signups/{confirmed}"), mine.clone()),
        (format!("/me/signups/{waitlisted}"), mine.clone()),
        (format!("/me/signups/{called_off}"), mine.clone()),
        (
            format!("/shifts/{}/roster", project.shift("full").id),
            of_owner.clone(),
        ),
        (
            format!("/shifts/{}/roster", project.shift("free").id),
            of_owner.clone(),
        ),
        (console.clone(), of_owner.clone()),
        (format!("{console}?q=zzz&state=draft"), of_owner.clone()),
        (format!("{console}/new"), of_owner.clone()),
        (format!("{console}/{draft}/edit"), of_owner.clone()),
        (
            format!("{console}/{}/edit?done=saved", project.reference),
            of_owner.clone(),
        ),
        (
            format!("{console}/{}/edit", cancelled.reference),
            of_owner.clone(),
        ),
        (format!("{console}/{draft}/publish"), of_owner.clone()),
        (
            format!("{console}/{}/cancel", project.reference),
            of_owner.clone(),
        ),
        (
            format!("{console}/{}/copy", project.reference),
            of_owner.clone(),
        ),
        (imports, of_owner.clone()),
        (trial, of_owner),
        (
            format!("/shifts/{}/roster", project.shift("full").id),
            mine.clone(),
        ),
        (
            format!("/shifts/{}/roster", asking.shift("a").id),
            Some(owner.session.clone()),
        ),
        (
            format!("/shifts/{}/roster/{asked}", asking.shift("a").id),
            Some(owner.session.clone()),
        ),
        (
            format!("/shifts/{}/roster/print", project.shift("full").id),
            Some(owner.session.clone()),
        ),
        (format!("/projects/{}", asking.id), None),
        (format!("/me/signups/{asked}"), mine.clone()),
        (
            format!("/organizations/{}/requests", organization.id),
            Some(owner.session.clone()),
        ),
        (hooks.clone(), Some(owner.session.clone())),
        (format!("{hooks}/{hook}"), Some(owner.session.clone())),
        (
            format!("/organizations/{}/settings", organization.id),
            Some(owner.session.clone()),
        ),
        (
            format!("/organizations/{}/settings", organization.id),
            Some(organization.member("viewer").session),
        ),
        ("/organizations/new".into(), mine.clone()),
        ("/me/organizations".into(), Some(invited.session)),
        ("/me/organizations".into(), of_coordinator.clone()),
        ("/coordination".into(), of_coordinator.clone()),
        (
            "/coordination?state=verified".into(),
            of_coordinator.clone(),
        ),
        ("/coordination/coordinators".into(), of_coordinator.clone()),
        (
            format!("/coordination/organizations/{}", waiting.id),
            of_coordinator.clone(),
        ),
        ("/coordination/accept".into(), of_coordinator),
        ("/ledger".into(), None),
        ("/problems".into(), None),
        ("/problems/shift_has_signups".into(), None),
        ("/outbox".into(), None),
        ("/offline".into(), None),
        ("/nothing".into(), None),
    ]);
    pages.extend(super::judging::pages());
    pages.extend(super::settling::pages());
    pages.extend(certificates);
    pages.extend(super::signals::pages());
    pages.extend(super::contests::pages());
    pages
}

/// Somebody's hours, and a record that was contested, declined and taken to the coordinator.
fn pages_of_records(
    organization: &Organization,
    owner: &Volunteer,
    coordinator: &Volunteer,
) -> Vec<(String, Option<String>)> {
    let (ming, start) = (app().adult(), app().now().plus(-30 * 86_400_000).millis());
    let [first, contested] = [0, 1].map(|n| Recorded::new(start + n * 86_400_000, 210, "A"));
    let seq = first.write(app(), organization, &ming);
    let corrected = Recorded::new(start, 180, "B").correcting(seq);
    corrected.write(app(), organization, &ming);
    contested.write(app(), organization, &ming);
    let target = format!("/api/v1/records/{}/disputes", contested.id);
    let claim = serde_json::json!({"claim": "我十二点才走，少记了半小时", "minutes": 180});
    let dispute = ming.sends("POST", &target, &claim).is(201).member("id");
    let to = |act: &str| format!("/api/v1/disputes/{dispute}/{act}");
    let decline = serde_json::json!({"answer": "decline", "reason": "与签到表一致"});
    owner.sends("POST", &to("answer"), &decline).is(200);
    let declined = format!("/me/records/{}", contested.id);
    let plea = serde_json::json!({"reason": "同组的人可以作证"});
    ming.sends("POST", &to("escalation"), &plea).is(200);
    let mine = Some(ming.session.clone());
    let of_owner = Some(owner.session.clone());
    let of_coordinator = Some(coordinator.session.clone());
    let console = format!("/organizations/{}", organization.id);
    vec![
        ("/me/records".into(), mine.clone()),
        ("/me/records?grades=B".into(), mine.clone()),
        ("/me/records".into(), of_owner.clone()),
        (format!("/me/records/{}", corrected.id), mine.clone()),
        (declined, mine.clone()),
        ("/me/leaving".into(), mine),
        ("/me/leaving".into(), of_owner.clone()),
        (format!("{console}/disputes?which=all"), of_owner.clone()),
        (format!("{console}/disputes/{dispute}"), of_owner.clone()),
        (format!("{console}/records/{}", corrected.id), of_owner),
        ("/coordination/disputes".into(), of_coordinator.clone()),
        (format!("/coordination/disputes/{dispute}"), of_coordinator),
    ]
}

/// Pages of certificates: one that is valid and shared, one that a correction superseded.
fn certificates(
    organization: &Organization,
    volunteer: &Volunteer,
    owner: &Volunteer,
) -> Vec<(String, Option<String>)> {
    let first = Recorded::new(0, 125, "A").write(app(), organization, volunteer);
    Recorded::new(86_400_000, 60, "C").write(app(), organization, volunteer);
    let document = serde_json::json!({"kind": "resident_id", "number": "11010519491231002X"});
    volunteer
        .sends("PUT", "/api/v1/me/id-document", &document)
        .is(200);
    let asks = || {
        let body = serde_json::json!({"organization_id": organization.id, "disclosure": "summary"});
        let answer = volunteer.sends("POST", "/api/v1/me/certificates", &body);
        format!("/certificates/{}", answer.is(201).member("number"))
    };
    let old = asks();
    Recorded::new(0, 120, "B")
        .correcting(first)
        .write(app(), organization, volunteer);
    let new = asks();
    volunteer
        .sends(
            "POST",
            &format!("/api/v1{new}/share"),
            &serde_json::json!({}),
        )
        .is(201);
    let (mine, own) = (Some(&volunteer.session), Some(&owner.session));
    let console = format!("/organizations/{}/certificates", organization.id);
    [
        ("/me/certificates", mine),
        ("/certificates?number=7K3M", None),
        (&new, mine),
        (&new, own),
        (&new, None),
        (&old, mine),
        (&console, own),
    ]
    .map(|(path, session)| (path.to_owned(), session.cloned()))
    .into()
}

/// A trial of a spreadsheet with faults, done: the console's page of imports, and its own.
fn a_trial(organization: &Organization, owner: &Volunteer) -> (String, String) {
    let imports = format!("/organizations/{}/imports", organization.id);
    let file = "编号,项目名称,状态,最低年龄,班次编号,班次岗位,班次开始时间,班次结束时间,班次名额\n\
                yizhen-01,义诊,草稿,,,,,,\n\
                yizhen-02,义诊,上架,老,am,量血压,明天上午,2026-12-05 11:00,三\n\
                ,,,,pm,量血压,2030-12-05 14:00,,\n\
                yizhen-03,义诊,发布,,,,,,\n";
    let request = Request::new("POST", format!("/api/v1{imports}?dry_run=1"))
        .bearer(&organization.key)
        .bytes("text/csv", file.into());
    let id = app().send(&request).is(202).member("id");
    let trial = format!("{imports}/{id}");
    soon("the end of a trial", || {
        let request = Request::get(&trial).browser(&owner.session);
        app().send(&request).is(200).header("refresh").is_none()
    });
    (imports, trial)
}

/// What may move while a page is painted in pieces on a busy machine; a fifth of what Core
/// Web Vitals call good.
const NUDGE: f64 = 0.02;

async fn nothing_is_wrong_with_any_page(phone: &super::phone::Phone) {
    let mut faults = Vec::new();
    phone.opens("/offline").await;
    for (path, session) in every_page() {
        phone
            .keeps_session(session.as_deref().unwrap_or("nobody"))
            .await;
        phone.opens(&path).await;
        faults.extend(
            phone
                .accessibility_faults()
                .await
                .into_iter()
                .map(|fault| format!("{path}: {fault}")),
        );
        let sizes = phone
            .asks("return [document.documentElement.scrollWidth, window.innerWidth]")
            .await;
        if sizes[0].as_i64() > sizes[1].as_i64() {
            faults.push(format!("{path}: wider than the screen, {sizes}"));
        }
        let shifted = phone.layout_shift().await;
        if shifted > NUDGE {
            faults.push(format!("{path}: its layout shifts by {shifted}"));
        }
        let small = phone
            .asks(
                "return [...document.querySelectorAll('button, .button, nav a, input:not([type=hidden]), select')]
                   .filter((e) => e.offsetParent && !e.closest('label.tick'))
                   .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
                   .filter(([, height]) => height < 36).map(String)",
            )
            .await;
        for element in small.as_array().into_iter().flatten() {
            faults.push(format!("{path}: too small for a thumb, {element}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_page_is_fit_for_everybody() {
    with_phone(Settings::default(), |phone| async move {
        nothing_is_wrong_with_any_page(&phone).await;
        phone
    });
}

#[test]
fn in_english_too() {
    with_phone(
        Settings {
            english: true,
            ..Settings::default()
        },
        |phone| async move {
            nothing_is_wrong_with_any_page(&phone).await;
            phone
        },
    );
}

#[test]
fn and_in_the_dark_on_a_narrow_screen() {
    let settings = Settings {
        dark: true,
        width: Some(320),
        ..Settings::default()
    };
    with_phone(settings, |phone| async move {
        nothing_is_wrong_with_any_page(&phone).await;
        phone
    });
}

#[test]
fn a_first_view_fits_into_the_first_round_trips() {
    let compressed = |path: &str, session: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(session) = session {
            request = request.browser(session);
        }
        let answer = shared().place().send(&request);
        assert!(answer.status < 500, "{path}: {answer:?}");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&answer.body).unwrap();
        encoder.finish().unwrap().len()
    };
    let menu = shared().place().get("/").text();
    let style = menu
        .split('"')
        .find(|part| part.ends_with("/app.css"))
        .unwrap();
    let style = compressed(style, None);
    for (path, session) in every_page() {
        let size = compressed(&path, session.as_deref()) + style;
        assert!(size <= FIRST_VIEW, "{path}: {size} bytes");
    }
}

#[test]
fn pages_take_nothing_from_elsewhere_and_run_nothing_inline() {
    for (path, session) in every_page() {
        let mut request = Request::get(&path);
        if let Some(session) = &session {
            request = request.browser(session);
        }
        let page = shared().place().send(&request).text();
        for forbidden in ["onclick=", "style=\"", "<style", "javascript:"] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
        for (at, _) in page.match_indices("<script") {
            let tag = page[at..].split('>').next().unwrap();
            assert!(
                tag.contains("src=\"/assets/") || tag.contains("application/ld+json"),
                "{path}: {tag}"
            );
        }
        for attribute in ["src=\"", "href=\""] {
            for (at, _) in page.match_indices(attribute) {
                let target = &page[at + attribute.len()..];
                let tag = &page[page[..at].rfind('<').unwrap()..];
                let tag = tag.split('>').next().unwrap();
                // What an organization names is led to, and not loaded.
                let leads = tag.starts_with("<a ")
                    && target.starts_with("https://")
                    && tag.contains("rel=\"noopener noreferrer nofollow\"");
                let own = leads
                    || target.starts_with('/')
                    || target.starts_with('#')
                    || target.starts_with("tel:")
                    || target.starts_with("webcal:");
                assert!(own, "{path}: {}", target.split('"').next().unwrap());
            }
        }
    }
}

#[test]
fn the_reference_shows_every_operation_and_loads_nothing_from_elsewhere() {
    for width in [360, 1280] {
        let settings = Settings {
            width: Some(width),
            ..Settings::default()
        };
        with_phone(settings, |phone| async move {
            phone.opens("/api/docs").await;
            let operations = contract().operations().len();
            // A long list has only what is near the window: whoever reads on sees all of it.
            let shown = format!(
                "(() => {{
                    window.read ??= new Set();
                    for (const {{ id }} of document.querySelectorAll('.opblock')) window.read.add(id);
                    scrollBy(0, innerHeight / 2);
                    return window.read.size === {operations};
                }})()"
            );
            phone.waits_for(&shown).await;
            // What the policy forbids is not there: a style that is not from a file.
            phone
                .waits_for("document.querySelectorAll('style').length === 0")
                .await;
            let own = "performance.getEntriesByType('resource').every((e) => e.name.startsWith(location.origin))";
            phone.waits_for(own).await;
            let sizes = phone
                .asks("return [document.documentElement.scrollWidth, window.innerWidth]")
                .await;
            assert!(sizes[0].as_i64() <= sizes[1].as_i64(), "{width}: {sizes}");
            phone.taps(".opblock-post .opblock-summary-control").await;
            phone
                .waits_for("!!document.querySelector('.opblock-post .responses-wrapper')")
                .await;
            phone
        });
    }
}

#[test]
fn the_policy_of_the_reference_is_strict_too() {
    let page = shared().place().get("/api/docs").is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for loose in ["unsafe", "http", "*", "blob:"] {
        assert!(!policy.contains(loose), "{policy}");
    }
    for path in [
        "/reference/swagger-ui-bundle.js",
        "/reference/swagger-ui.css",
    ] {
        let file = shared().place().get(path).is(200);
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn linked_data_is_no_script_to_the_policy() {
    with_phone(Settings::default(), |phone| async move {
        let organization = app().organization();
        let notice = Notice::of(&[shift("a", morning(app().now(), 3), 3)]);
        let project = organization.publishes(&notice);
        for path in [
            format!("/projects/{}", project.id),
            format!("/organizations/{}", organization.id),
        ] {
            phone.opens(&path).await;
            assert!(phone.sees("script[type='application/ld+json']").await);
            assert_eq!(phone.policy_breaches().await, 0, "{path}");
            // What is a script is stopped, and would be seen.
            phone
                .asks("const s = document.createElement('script'); s.textContent = '1'; document.body.append(s);")
                .await;
            assert_eq!(phone.policy_breaches().await, 1, "{path}");
        }
        phone
    });
}

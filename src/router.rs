//! Every path of the product, in one table, and what all answers have in common.

#[cfg(not(target_arch = "wasm32"))]
mod document;
#[cfg(not(target_arch = "wasm32"))]
use document::{Manners, Security};

use std::cell::OnceCell;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use tower::ServiceExt as _;

use crate::hours::ledger;
use crate::platform::assets;
use crate::platform::config::Environment;
use crate::platform::download::Streamed;
use crate::platform::i18n::Words;
use crate::platform::limits::Standing;
use crate::platform::page::{PUBLIC, problem_page};
use crate::platform::problem::{self, Problem};
use crate::platform::reference;
use crate::platform::strict::Strict;
use crate::platform::visit::Visit;
use crate::{
    contests, coordination, hours, imports, menu, messages, organizations, regions, signups,
    volunteers, webhooks,
};

/// The table of all JSON operations: from it come the router and, on the host, the
/// OpenAPI document. The Worker carries the document as text, not what generates it.
macro_rules! operations {
    ($($path:literal => $($method:ident $($handler:ident)::+),+;)+) => {
        fn api() -> Router {
            Router::new()$(.route($path, MethodRouter::new()$(.$method(Strict($($handler)::+)))+))+
        }

        #[cfg(test)]
        const OPERATIONS: &[(&str, &str)] = &[$($(($path, stringify!($method))),+),+];

        #[cfg(not(target_arch = "wasm32"))]
        #[derive(utoipa::OpenApi)]
        #[openapi(
            info(
                title = "Diandan",
                description = include_str!("../docs/api.md")
            ),
            modifiers(&Security, &Manners),
            tags(
                (name = "projects", description = "The menu: projects and their shifts"),
                (name = "signups", description = "Volunteers taking shifts"),
                (name = "hours", description = "From having been there to a certificate anyone can check"),
                (name = "sessions", description = "Signing in with a one-time code"),
                (name = "me", description = "What belongs to whoever is signed in"),
                (name = "imports", description = "Projects in bulk, in and out"),
                (name = "certificates", description = "What organizations state of recorded hours, for anyone to check"),
                (name = "organizations", description = "Who publishes: registration and trust"),
                (name = "members", description = "Who acts for an organization"),
                (name = "api-keys", description = "What programs act with"),
                (name = "coordination", description = "Offices bound to a region: verification and appointments"),
                (name = "contests", description = "Contests of projects: rules published beforehand, entries, judging"),
                (name = "webhooks", description = "What happens, told to an organization's own system (Standard Webhooks)"),
                (name = "ledger", description = "Records sealed so that anybody can tell whether one was rewritten (RFC 6962, C2SP tlog-tiles)"),
                (name = "regions", description = "Administrative divisions, GB/T 2260"),
            ),
            paths($($($($handler)::+),+),+),
        )]
        struct Description;
    };
}

operations! {
    "/api/v1/regions" => get regions::api::list;
    "/api/v1/organizations" => get organizations::api::list, post organizations::api::register;
    "/api/v1/organizations/{org}" => get organizations::api::show, patch organizations::api::change;
    "/api/v1/organizations/{org}/verification" => post coordination::api::decide;
    "/api/v1/organizations/{org}/members" => get organizations::api::members::list;
    "/api/v1/organizations/{org}/members/{member}" => patch organizations::api::members::change, delete organizations::api::members::remove;
    "/api/v1/organizations/{org}/invitations" => get organizations::api::invitations::list, post organizations::api::invitations::invite;
    "/api/v1/organizations/{org}/invitations/{invitation}" => delete organizations::api::invitations::withdraw;
    "/api/v1/organizations/{org}/api-keys" => get organizations::api::keys::list, post organizations::api::keys::make;
    "/api/v1/organizations/{org}/api-keys/{key}" => delete organizations::api::keys::revoke;
    "/api/v1/organizations/{org}/opportunities" => get menu::opportunities::show;
    "/api/v1/organizations/{org}/projects" => get menu::own::list;
    "/api/v1/organizations/{org}/projects/{client_ref}" => get menu::api::own, put menu::api::put, patch menu::own::patch, delete menu::own::delete;
    "/api/v1/organizations/{org}/projects/{client_ref}/publish" => post menu::own::publish_one;
    "/api/v1/organizations/{org}/projects/{client_ref}/close" => post menu::own::close;
    "/api/v1/organizations/{org}/projects/{client_ref}/cancel" => post menu::own::cancel;
    "/api/v1/organizations/{org}/projects/{client_ref}/copy" => post menu::own::copy;
    "/api/v1/organizations/{org}/imports" => get imports::api::list, post imports::api::begin;
    "/api/v1/organizations/{org}/imports/{import}" => get imports::api::show;
    "/api/v1/organizations/{org}/imports/{import}/report" => get imports::api::read_report;
    "/api/v1/organizations/{org}/imports/{import}/report.csv" => get imports::api::read_report_csv;
    "/api/v1/organizations/{org}/imports/{import}/cancel" => post imports::api::cancel;
    "/api/v1/organizations/{org}/imports/{import}/apply" => post imports::api::apply;
    "/api/v1/organizations/{org}/export" => get imports::export::export;
    "/api/v1/imports/template.csv" => get imports::api::template;
    "/api/v1/organizations/{org}/webhooks" => get webhooks::api::list, post webhooks::api::register;
    "/api/v1/organizations/{org}/webhooks/{webhook}" => get webhooks::api::show, patch webhooks::api::change, delete webhooks::api::remove;
    "/api/v1/organizations/{org}/webhooks/{webhook}/secret" => post webhooks::api::rotate;
    "/api/v1/organizations/{org}/webhooks/{webhook}/test" => post webhooks::api::deliveries::test;
    "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries" => get webhooks::api::deliveries::list;
    "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries/{delivery}/replay" => post webhooks::api::deliveries::replay;
    "/api/v1/projects" => get menu::api::list;
    "/api/v1/projects/{id}" => get menu::api::show;
    "/api/v1/shifts/{id}/signups" => get signups::roster::list, post signups::api::sign_up;
    "/api/v1/shifts/{id}/messages" => post signups::organizing::api::notify;
    "/api/v1/shifts/{id}/attendance" => get hours::attendance::api::list, post hours::attendance::api::check_in;
    "/api/v1/shifts/{id}/attendance-by-hand" => post hours::attendance::api::enter;
    "/api/v1/shifts/{id}/attendance-code" => get hours::attendance::api::show_code;
    "/api/v1/signups/{id}" => get signups::api::show, patch signups::organizing::api::describe, delete signups::api::cancel;
    "/api/v1/signups/{id}/approve" => post signups::organizing::api::approve;
    "/api/v1/signups/{id}/decline" => post signups::organizing::api::decline;
    "/api/v1/signups/{id}/move" => post signups::organizing::api::move_signup;
    "/api/v1/signups/{id}/absence-reply" => post hours::settling::api::absences::reply;
    "/api/v1/shifts/{id}/settlement" => get hours::settling::api::show, post hours::settling::api::settle;
    "/api/v1/organizations/{org}/hours-due" => get hours::settling::api::lists::hours_due;
    "/api/v1/organizations/{org}/records" => get hours::settling::api::lists::records, post hours::settling::api::records::add;
    "/api/v1/records/{id}" => get hours::settling::api::records::show;
    "/api/v1/coordination/hours-due" => get hours::settling::api::lists::hours_overdue;
    "/api/v1/records/{id}/history" => get hours::corrections::api::records::show;
    "/api/v1/records/{id}/corrections" => post hours::corrections::api::records::correct;
    "/api/v1/records/{id}/disputes" => post hours::corrections::api::disputes::contest;
    "/api/v1/disputes/{id}" => get hours::corrections::api::disputes::show;
    "/api/v1/disputes/{id}/answer" => post hours::corrections::api::disputes::answer;
    "/api/v1/disputes/{id}/escalation" => post hours::corrections::api::disputes::escalate;
    "/api/v1/disputes/{id}/decision" => post hours::corrections::api::disputes::decide;
    "/api/v1/organizations/{org}/disputes" => get hours::corrections::api::disputes::of_organization;
    "/api/v1/coordination/disputes" => get hours::corrections::api::disputes::of_coordinator;
    "/api/v1/me/records" => get hours::corrections::api::mine::records;
    "/api/v1/me/hours" => get hours::corrections::api::mine::hours;
    "/api/v1/sign-in-codes" => post volunteers::api::send_code;
    "/api/v1/sessions" => post volunteers::api::open, delete volunteers::api::close_all;
    "/api/v1/sessions/current" => delete volunteers::api::close;
    "/api/v1/me" => get volunteers::api::show, patch volunteers::api::change;
    "/api/v1/me/departure" => post volunteers::leaving::api::leave;
    "/api/v1/me/signups" => get signups::api::mine;
    "/api/v1/me/organizations" => get organizations::api::members::mine;
    "/api/v1/me/invitations" => get organizations::api::invitations::mine;
    "/api/v1/me/invitations/{invitation}" => delete organizations::api::invitations::decline;
    "/api/v1/me/invitations/{invitation}/acceptance" => post organizations::api::invitations::accept;
    "/api/v1/me/coordination" => post coordination::api::redeem;
    "/api/v1/me/certificates" => get hours::certificates::api::holding::mine, post hours::certificates::api::holding::ask;
    "/api/v1/me/id-document" => get hours::certificates::api::holding::document, put hours::certificates::api::holding::keep_document, delete hours::certificates::api::holding::forget_document;
    "/api/v1/certificates/{number}" => get hours::certificates::api::public::check, patch hours::certificates::api::holding::change;
    "/api/v1/certificates/{number}/share" => post hours::certificates::api::holding::share, delete hours::certificates::api::holding::unshare;
    "/api/v1/certificates/{number}/revocation" => post hours::certificates::api::issuing::revoke;
    "/api/v1/organizations/{org}/certificates" => get hours::certificates::api::issuing::list;
    "/api/v1/organizations/{org}/signing-keys" => get hours::certificates::api::issuing::list_keys, post hours::certificates::api::issuing::rotate_key;
    "/api/v1/coordination/signals" => get hours::signals::api::in_reach;
    "/api/v1/organizations/{org}/signals" => get hours::signals::api::of_organization;
    "/api/v1/organizations/{org}/records/export" => get hours::transfers::api::export;
    "/api/v1/organizations/{org}/records/transfers" => post hours::transfers::api::mark;
    "/api/v1/organizations/{org}/outside-hours" => post hours::transfers::api::outside::bring_in;
    "/api/v1/me/outside-hours" => get hours::transfers::api::outside::mine;
    "/api/v1/me/outside-hours/{id}/strike" => post hours::transfers::api::outside::strike;
    "/api/v1/signals/{id}" => get hours::signals::api::show;
    "/api/v1/signals/{id}/decisions" => post hours::signals::api::decide;
    "/api/v1/signals/{id}/replies" => post hours::signals::api::reply;
    "/api/v1/coordinators" => get coordination::api::list, post coordination::api::appoint;
    "/api/v1/coordinators/{id}" => delete coordination::api::revoke;
    "/api/v1/contests" => get contests::running::api::list, post contests::running::api::prepare;
    "/api/v1/contests/{id}" => get contests::running::api::show, put contests::running::api::edit;
    "/api/v1/contests/{id}/announcement" => post contests::running::api::announce;
    "/api/v1/contests/{id}/amendments" => post contests::running::api::amend;
    "/api/v1/contests/{id}/cancellation" => post contests::running::api::call_off;
    "/api/v1/contests/{id}/rules/{version}" => get contests::running::api::rules;
    "/api/v1/contests/{id}/officers" => get contests::running::api::officers::list, post contests::running::api::officers::appoint;
    "/api/v1/contests/{id}/officers/{officer}" => delete contests::running::api::officers::dismiss;
    "/api/v1/contests/{id}/entries" => get contests::entering::api::list, post contests::entering::api::begin;
    "/api/v1/contests/{id}/entries/{entry}" => get contests::entering::api::show, put contests::entering::api::write;
    "/api/v1/contests/{id}/entries/{entry}/comments" => get contests::entering::api::comments;
    "/api/v1/contests/{id}/entries/{entry}/submission" => post contests::entering::api::submit;
    "/api/v1/contests/{id}/entries/{entry}/withdrawal" => post contests::entering::api::withdraw;
    "/api/v1/contests/{id}/entries/{entry}/eligibility" => post contests::entering::api::check;
    "/api/v1/contests/{id}/judges" => get contests::judging::api::judges::list, post contests::judging::api::judges::invite;
    "/api/v1/contests/{id}/judges/{judge}" => delete contests::judging::api::judges::remove;
    "/api/v1/contests/{id}/conflicts" => get contests::judging::api::conflicts::list, post contests::judging::api::conflicts::declare;
    "/api/v1/contests/{id}/stages/{stage}/draws" => get contests::judging::api::draws::list, post contests::judging::api::draws::draw;
    "/api/v1/contests/{id}/stages/{stage}/ballots" => get contests::scoring::api::list;
    "/api/v1/contests/{id}/stages/{stage}/ballots/{entry}" => get contests::scoring::api::show, put contests::scoring::api::save;
    "/api/v1/contests/{id}/stages/{stage}/results" => post contests::results::api::acts::draw_up;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}" => get contests::results::api::reading::show;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/approvals" => post contests::results::api::acts::approve;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/document" => get contests::results::api::reading::document;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/finalization" => post contests::results::api::acts::finish;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/objections" => post contests::results::api::objections::object;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/placings.csv" => get contests::results::api::reading::placings_csv;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}" => get contests::results::api::reading::placings;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/ranking" => get contests::results::api::reading::ranking;
    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/sheet" => get contests::results::api::reading::sheet;
    "/api/v1/contests/{id}/results" => get contests::results::api::reading::list;
    "/api/v1/contests/{id}/awards" => get contests::results::api::reading::awards;
    "/api/v1/contests/{id}/objections" => get contests::results::api::objections::list;
    "/api/v1/contests/{id}/objections/{objection}/answer" => post contests::results::api::objections::answer;
    "/api/v1/contests/{id}/objections/{objection}/decision" => post contests::results::api::objections::decide;
    "/api/v1/contests/{id}/stages/{stage}/floor" => get contests::roadshow::api::floor, post contests::roadshow::api::act;
    "/api/v1/contests/{id}/log" => get contests::log::api::list;
    "/api/v1/contests/{id}/log/head" => get contests::log::api::head;
    "/api/v1/contests/{id}/entries/{entry}/purchase" => get contests::outcomes::api::purchases::show, put contests::outcomes::api::purchases::write;
    "/api/v1/contests/{id}/entries/{entry}/story" => get contests::outcomes::api::stories::show, put contests::outcomes::api::stories::write;
    "/api/v1/contests/{id}/entries/{entry}/story/sendings" => post contests::outcomes::api::stories::send;
    "/api/v1/contests/{id}/outcomes" => get contests::outcomes::api::list;
    "/api/v1/contests/{id}/outcomes.csv" => get contests::outcomes::api::list_csv;
    "/api/v1/contests/{id}/stories" => get contests::outcomes::api::stories::list;
    "/api/v1/contests/{id}/stories.csv" => get contests::outcomes::api::stories::list_csv;
    "/api/v1/judge-invitations" => post contests::judging::api::answers::answer;
    "/api/v1/ledger/checkpoints" => get ledger::api::checkpoints;
    "/api/v1/ledger/checkpoints/{size}" => get ledger::api::checkpoint;
    "/api/v1/ledger/entries" => get ledger::api::entries;
    "/api/v1/ledger/key" => get ledger::api::key;
    "/api/v1/ledger/proofs/consistency" => get ledger::api::prove_consistency;
    "/api/v1/ledger/proofs/inclusion" => get ledger::api::prove_inclusion;
    "/api/v1/records/{id}/proof" => get ledger::api::prove_record;
}

/// An organization's webhooks in its console.
fn webhook_pages() -> Router {
    use webhooks::pages;
    let list = "/organizations/{id}/webhooks";
    let one = "/organizations/{id}/webhooks/{webhook}";
    Router::new()
        .route(list, get(pages::webhooks).post(pages::register))
        .route(one, get(pages::webhook))
        .route(&format!("{one}/test"), post(pages::test))
        .route(&format!("{one}/enable"), post(pages::enable))
        .route(&format!("{one}/disable"), post(pages::disable))
        .route(&format!("{one}/rotate"), post(pages::rotate))
        .route(&format!("{one}/remove"), post(pages::remove))
        .route(
            &format!("{one}/deliveries/{{delivery}}/replay"),
            post(pages::replay),
        )
}

/// Settling shifts, and what waits for it.
fn settling_pages() -> Router {
    use hours::settling::pages;
    Router::new()
        .route(
            "/shifts/{id}/settlement",
            get(pages::settlement).post(pages::settle),
        )
        .route("/organizations/{id}/hours", get(pages::hours))
        .route("/organizations/{id}/records", get(pages::records))
        .route(
            "/organizations/{id}/records/new",
            get(pages::new).post(pages::add),
        )
        .route("/coordination/hours", get(pages::overdue))
        .route(
            "/me/signups/{id}/absence",
            get(pages::absence).post(pages::reply),
        )
}

/// Hours recorded elsewhere.
fn transfer_pages() -> Router {
    use hours::transfers::pages;
    Router::new()
        .route("/me/outside-hours", get(pages::mine))
        .route("/me/outside-hours/{id}/strike", post(pages::strike))
}

/// Contests: what everybody reads, where they are run, and entering them.
fn contest_pages() -> Router {
    use contests::{entering, running};
    let own = "/organizations/{id}/entries";
    Router::new()
        .route(
            "/contests",
            get(running::pages::contests).post(running::pages::prepare),
        )
        .route("/contests/{id}", get(running::pages::contest))
        .route("/contests/{id}/run", get(running::pages::run))
        .route("/contests/{id}/run/{act}", post(running::pages::act))
        .route(
            "/contests/{id}/run/rules",
            get(running::pages::rules::rules).post(running::pages::rules::begin),
        )
        .route(
            "/contests/{id}/run/rules/json",
            get(running::pages::rules::json).post(running::pages::rules::write_json),
        )
        .route(
            "/contests/{id}/run/rules/{section}",
            get(running::pages::rules::section).post(running::pages::rules::change),
        )
        .route(
            "/contests/{id}/run/entries/{entry}",
            get(entering::pages::dossier).post(entering::pages::check),
        )
        .route(
            own,
            get(entering::pages::entries).post(entering::pages::begin),
        )
        .route(
            &format!("{own}/{{entry}}"),
            get(entering::pages::entry).post(entering::pages::act),
        )
}

/// Results of contests: what everybody reads and recomputes, and where they are approved.
fn result_pages() -> Router {
    use contests::results::pages;
    let one = "/contests/{id}/results/{stage}/{version}";
    Router::new()
        .route("/contests/{id}/results", get(pages::results))
        .route(one, get(pages::placings))
        .route(&format!("{one}/objections"), post(pages::object))
        .route("/contests/{id}/awards/{entry}", get(pages::award))
        .route("/contests/{id}/run/results", get(pages::run))
        .route("/contests/{id}/run/results/{act}", post(pages::act))
}

/// What the supervisor of a contest watches.
fn audit_pages() -> Router {
    Router::new().route("/contests/{id}/audit", get(contests::log::pages::audit))
}

/// What becomes of awarded entries.
fn outcome_pages() -> Router {
    use contests::outcomes::pages;
    Router::new()
        .route("/contests/{id}/outcomes", get(pages::outcomes))
        .route("/contests/{id}/run/outcomes", get(pages::list))
        .route(
            "/contests/{id}/run/outcomes/{entry}",
            get(pages::entry).post(pages::act),
        )
        .route(
            "/organizations/{id}/entries/{entry}/story",
            get(pages::story).post(pages::write_story),
        )
}

/// What is worth a look among the records.
fn signal_pages() -> Router {
    use hours::signals::pages;
    Router::new()
        .route("/coordination/signals", get(pages::signals))
        .route(
            "/coordination/signals/{id}",
            get(pages::signal).post(pages::decide),
        )
        .route("/organizations/{id}/signals", get(pages::of_organization))
        .route(
            "/organizations/{id}/signals/{signal}",
            get(pages::own_signal).post(pages::reply),
        )
}

/// Judges: the link they are invited by, their desk, and the list of those who run the contest.
fn judging_pages() -> Router {
    use contests::judging::pages;
    use contests::scoring::pages as desk;
    Router::new()
        .route("/judge/{code}", get(pages::invitation).post(pages::answer))
        .route(
            "/contests/{id}/judges",
            get(pages::judges).post(pages::invite),
        )
        .route("/contests/{id}/judges/draw", post(pages::draw))
        .route("/contests/{id}/judges/remove", post(pages::remove))
        .route("/me/judging", get(desk::mine))
        .route(
            "/me/judging/{contest}",
            get(pages::conflicts).post(pages::declare),
        )
        .route("/me/judging/{contest}/{stage}", get(desk::stage))
        .route(
            "/me/judging/{contest}/{stage}/{number}",
            get(desk::show).post(desk::submit),
        )
}

/// Roadshows: where they are run, and what everybody sees of them.
fn roadshow_pages() -> Router {
    use contests::roadshow::pages;
    Router::new()
        .route(
            "/contests/{id}/roadshow/{stage}",
            get(pages::console).post(pages::act),
        )
        .route("/contests/{id}/live/{stage}", get(pages::live))
}

/// Where those work who run a shift.
fn organizing_pages() -> Router {
    use signups::organizing::pages::{print, requests};
    use signups::pages::acts;
    Router::new()
        .route("/organizations/{id}/requests", get(requests))
        .route("/shifts/{id}/roster/print", get(print))
        .route("/shifts/{id}/roster/{signup}", get(signups::pages::person))
        .route("/shifts/{id}/roster/message", post(acts::message))
        .route("/shifts/{id}/roster/{signup}/release", post(acts::release))
        .route("/shifts/{id}/roster/{signup}/approve", post(acts::approve))
        .route("/shifts/{id}/roster/{signup}/decline", post(acts::decline))
        .route("/shifts/{id}/roster/{signup}/move", post(acts::move_signup))
        .route(
            "/shifts/{id}/roster/{signup}/describe",
            post(acts::describe),
        )
}

/// Coming and going.
fn attendance_pages() -> Router {
    use hours::attendance::pages;
    Router::new()
        .route("/check-in", get(pages::kept))
        .route(
            "/check-in/{id}",
            get(pages::check_in).post(pages::check_in_submit),
        )
        .route(
            "/shifts/{id}/attendance",
            get(pages::desk).post(pages::enter),
        )
        .route("/shifts/{id}/attendance/code", get(pages::code))
        .route(
            "/sheet/{signup}/{secret}",
            get(pages::scan).post(pages::scan_submit),
        )
        .route("/me/signups/{id}/attendance", post(pages::ticket_submit))
}

/// The ledger, for people and for programs that read transparency logs.
fn ledger_pages() -> Router {
    use ledger::files;
    Router::new()
        .route("/ledger", get(ledger::pages::show))
        .route("/ledger/checkpoint", get(files::checkpoint))
        .route("/ledger/tile/{level}/{*address}", get(files::tile))
}

/// Certificates: asking for one, checking one, and what they are signed with.
fn certificate_pages() -> Router {
    use hours::certificates::api::public::{badge, did, status_list};
    use hours::certificates::pages;
    Router::new()
        .route("/me/certificates", get(pages::mine).post(pages::ask))
        .route("/me/certificates/id-document", post(pages::document))
        .route("/certificates", get(pages::check))
        .route("/certificates/{number}", get(pages::show))
        .route("/certificates/{number}/badge", get(badge))
        .route("/certificates/{number}/{act}", post(pages::act))
        .route("/organizations/{id}/certificates", get(pages::issued))
        .route("/organizations/{id}/certificates/key", post(pages::rotate))
        .route("/organizations/{id}/did.json", get(did))
        .route("/organizations/{id}/status-lists/{list}", get(status_list))
}

/// One's own hours, and putting records right.
fn correction_pages() -> Router {
    use hours::corrections::pages;
    let disputes = "/organizations/{id}/disputes";
    Router::new()
        .route("/me/records", get(pages::mine))
        .route("/me/records/{id}", get(pages::own_record))
        .route("/me/records/{id}/contest", post(pages::contest))
        .route("/me/disputes/{id}/escalate", post(pages::escalate))
        .route(disputes, get(pages::disputes))
        .route(
            &format!("{disputes}/{{dispute}}"),
            get(pages::dispute).post(pages::answer),
        )
        .route(
            "/organizations/{id}/records/{record}",
            get(pages::console_record).post(pages::correct),
        )
        .route("/coordination/disputes", get(pages::waiting))
        .route(
            "/coordination/disputes/{id}",
            get(pages::case_of_coordinator).post(pages::decide),
        )
}

fn pages() -> Router {
    Router::new()
        .route("/", get(menu::pages::menu))
        .route("/projects/{id}", get(menu::pages::project))
        .route(
            "/organizations/{id}",
            get(organizations::pages::organization),
        )
        .route(
            "/organizations/{id}/imports",
            get(imports::pages::list).post(imports::pages::hand_in),
        )
        .route(
            "/organizations/{id}/imports/{import}",
            get(imports::pages::show),
        )
        .route(
            "/organizations/{id}/imports/{import}/apply",
            post(imports::pages::apply),
        )
        .route(
            "/organizations/{id}/imports/{import}/cancel",
            post(imports::pages::cancel),
        )
        .route(
            "/organizations/{id}/projects",
            get(menu::pages::console::projects),
        )
        .route(
            "/organizations/{id}/projects/new",
            get(menu::pages::console::new).post(menu::pages::console::create),
        )
        .route(
            "/organizations/{id}/projects/{client_ref}/edit",
            get(menu::pages::console::edit).post(menu::pages::console::change),
        )
        .route(
            "/organizations/{id}/projects/{client_ref}/{act}",
            get(menu::pages::console::confirm).post(menu::pages::console::act),
        )
        .route(
            "/organizations/new",
            get(organizations::pages::new).post(organizations::pages::register),
        )
        .route(
            "/organizations/{id}/settings",
            get(organizations::pages::settings),
        )
        .route(
            "/organizations/{id}/settings/{act}",
            get(organizations::pages::settings_again).post(organizations::pages::act),
        )
        .route("/me/organizations", get(organizations::pages::mine))
        .route("/me/invitations/{id}", post(organizations::pages::answer))
        .route("/coordination", get(coordination::pages::queue))
        .route(
            "/coordination/organizations/{id}",
            get(coordination::pages::organization).post(coordination::pages::decide),
        )
        .route(
            "/coordination/coordinators",
            get(coordination::pages::coordinators).post(coordination::pages::appoint),
        )
        .route(
            "/coordination/coordinators/revoke",
            post(coordination::pages::revoke),
        )
        .route(
            "/coordination/accept",
            get(coordination::pages::code_form).post(coordination::pages::redeem),
        )
        .route(
            "/shifts/{id}/sign-up",
            get(signups::pages::sign_up_form).post(signups::pages::sign_up_submit),
        )
        .route("/shifts/{id}/roster", get(signups::pages::roster))
        .merge(organizing_pages())
        .merge(attendance_pages())
        .merge(webhook_pages())
        .merge(settling_pages())
        .merge(ledger_pages())
        .merge(certificate_pages())
        .merge(correction_pages())
        .merge(signal_pages())
        .merge(transfer_pages())
        .merge(judging_pages())
        .merge(roadshow_pages())
        .merge(contest_pages())
        .merge(result_pages())
        .merge(audit_pages())
        .merge(outcome_pages())
        .route(
            "/sign-in",
            get(volunteers::pages::sign_in_form).post(volunteers::pages::sign_in_submit),
        )
        .route("/sign-out", post(volunteers::pages::sign_out))
        .route("/me/signups", get(signups::pages::mine))
        .route("/me/signups/{id}", get(signups::pages::ticket))
        .route("/me/signups/{id}/cancel", post(signups::pages::cancel))
        .route(
            "/me/leaving",
            get(volunteers::leaving::pages::explain).post(volunteers::leaving::pages::leave),
        )
        .route("/me/calendar", post(volunteers::pages::new_calendar))
        .route("/calendar/{file}", get(signups::calendar::serve))
        .route("/language/{code}", get(volunteers::pages::language))
        .route("/outbox", get(messages::outbox_page))
        .route("/problems", get(problem::pages::index))
        .route("/problems/{code}", get(problem::pages::show))
        .route("/feeds/projects.atom", get(menu::feed::serve))
        .route("/offline", get(menu::pages::offline))
        .route("/assets/{fingerprint}/{name}", get(assets::serve))
        .route("/icon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .route("/sw.js", get(assets::worker))
        .route("/manifest.webmanifest", get(assets::manifest))
        .route("/robots.txt", get(assets::robots))
        .route("/api/openapi.json", get(openapi_json))
        .route("/api/docs", get(reference::show))
}

/// The OpenAPI document of all JSON operations, generated from their handlers.
#[cfg(not(target_arch = "wasm32"))]
pub fn openapi() -> utoipa::openapi::OpenApi {
    <Description as utoipa::OpenApi>::openapi()
}

/// Serves `/api/openapi.json`.
async fn openapi_json() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, include_str!("../docs/openapi.json")).into_response()
}

fn router() -> Router {
    thread_local! {
        static ROUTER: OnceCell<Router> = const { OnceCell::new() };
    }
    ROUTER.with(|router| {
        router
            .get_or_init(|| {
                pages()
                    .merge(api())
                    .fallback(|| async { Problem::not_found() })
                    .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
            })
            .clone()
    })
}

/// An answer with its body at hand.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, empty when it is [`Self::stream`].
    pub body: Bytes,
    /// A body that is written while it is sent.
    pub stream: Option<Body>,
    /// What only the log may know.
    pub internal_reason: Option<String>,
}

/// Answers a request: routes it, renders problems for whoever asked, and gives every
/// answer the headers all of them have.
pub async fn answer(visit: Visit, mut request: Request) -> Answer {
    let is_api = request.uri().path().starts_with("/api/");
    let is_head = request.method() == Method::HEAD;
    let is_unsafe = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let if_none_match = request.headers().get(header::IF_NONE_MATCH).cloned();
    request.extensions_mut().insert(visit.clone());

    let response = if let Some(refusal) = visit.standing().and_then(Standing::refusal) {
        refusal.into_response()
    } else if is_unsafe && visit.is_forged() {
        forged().into_response()
    } else {
        match router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    };
    let problem = response.extensions().get::<Problem>().cloned();
    let problem = problem.map(|problem| explained(&visit, problem));
    let internal_reason = problem
        .as_ref()
        .and_then(|problem| problem.internal_reason().map(str::to_owned));
    let mut response = match problem {
        Some(problem) => {
            let allow = response.headers().get(header::ALLOW).cloned();
            let mut rendered = render(&visit, &problem, is_api);
            if let Some(allow) = allow {
                rendered.headers_mut().insert(header::ALLOW, allow);
            }
            rendered
        }
        None => response,
    };
    add_common_headers(&visit, response.headers_mut());
    let (parts, body) = response.into_parts();
    let (body, stream) = match parts.extensions.get::<Streamed>() {
        Some(Streamed) => (Bytes::new(), Some(body).filter(|_| !is_head)),
        None => (read(body).await, None),
    };
    let mut answer = Answer {
        status: parts.status,
        headers: parts.headers,
        body,
        stream,
        internal_reason,
    };
    make_conditional(&mut answer, if_none_match.as_ref());
    if is_head {
        answer.body = Bytes::new();
    }
    answer
}

/// Bodies are in memory already: there is nothing to fail.
async fn read(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap_or_default()
}

fn forged() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        Words::new(
            "这个请求来自别的网站，已拒绝",
            "This request came from another site and was refused",
        ),
    )
}

/// Whoever presents half a key, or one with a slip in it, is told so.
fn explained(visit: &Visit, problem: Problem) -> Problem {
    if problem.code() != "unauthenticated" || !visit.presents(organizations::is_mistyped_key) {
        return problem;
    }
    problem.titled(Words::new(
        "接口密钥不完整或有错字：校验位不符",
        "The API key is cut off or mistyped: its checksum does not fit",
    ))
}

fn render(visit: &Visit, problem: &Problem, is_api: bool) -> Response {
    let mut response = if is_api {
        let details = problem.details(visit);
        let mut response = (problem.status(), axum::Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(visit.lang.tag()),
        );
        response
    } else {
        problem_page(visit, problem)
    };
    response.headers_mut().extend(problem.headers().clone());
    response
}

/// No inline script, nothing from elsewhere, no frame around us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
base-uri 'none'; frame-ancestors 'none'";

fn add_common_headers(visit: &Visit, headers: &mut HeaderMap) {
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), geolocation=(self), microphone=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if visit.config.environment == Environment::Production {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    if let Some(standing) = visit.standing() {
        standing.tell(headers);
    }
    if let Ok(id) = HeaderValue::from_str(&visit.request_id) {
        headers.insert("x-request-id", id);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// Public answers carry an entity tag; whoever has it already is told so (RFC 9110,
/// section 13.1.2).
fn make_conditional(answer: &mut Answer, if_none_match: Option<&HeaderValue>) {
    let public = answer
        .headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|value| value == PUBLIC);
    if !public || answer.status != StatusCode::OK {
        return;
    }
    let etag = etag_of(&answer.body);
    if let Some(list) = if_none_match.and_then(|value| value.to_str().ok())
        && matches_any(list, &etag)
    {
        answer.status = StatusCode::NOT_MODIFIED;
        answer.body = Bytes::new();
        answer.headers.remove(header::CONTENT_TYPE);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.headers.insert(header::ETAG, etag);
    }
}

/// Whether `If-None-Match` lists this tag. Shared caches weaken tags when they compress.
pub fn matches_any(list: &str, etag: &str) -> bool {
    list.split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == etag)
}

fn etag_of(body: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{:016x}\"", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_describes_exactly_what_is_routed() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut described = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.push((path.as_str(), method.as_str()));
            }
        }
        described.sort_unstable();
        let mut routed = OPERATIONS.to_vec();
        routed.sort_unstable();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_post_can_be_repeated_safely() {
        let document = serde_json::to_value(openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let post = &item["post"];
            if post.is_null() {
                continue;
            }
            let parameters = post["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let declared = parameters.iter().any(|parameter| {
                parameter["name"] == "Idempotency-Key" && parameter["in"] == "header"
            });
            assert!(declared, "POST {path}: see platform/idempotency.rs");
        }
    }

    #[test]
    fn weak_tags_match_as_well() {
        assert!(matches_any("W/\"a\", \"b\"", "\"a\""));
        assert!(matches_any("*", "\"a\""));
        assert!(!matches_any("\"b\"", "\"a\""));
    }
}

//! Who may do what: every operation of the OpenAPI document, tried by every role.

use std::collections::{BTreeMap, BTreeSet};

use diandan::hours::certificates::Number;
use serde_json::{Value, json};

use crate::support::app::{App, app};
use crate::support::attendance::{coming, shown};
use crate::support::contests::{
    announced, awarded, became, drafted, entered, purchase, rules_after, story, words,
};
use crate::support::contract::contract;
use crate::support::jury;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Project, Shift, Volunteer};
use crate::support::place::{Place, Sql, appointment};
use crate::support::records::Recorded;
use crate::support::request::Request;
use crate::support::results;
use crate::support::{soon, unique};

/// Everybody there is, as far as the product tells them apart. What is tried belongs to
/// one organization and one volunteer: “own” and “holder” are theirs.
const ROLES: [&str; 19] = [
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
    "coordinator elsewhere",
    "coordinator",
];

/// What each of them is answered, in the order of `ROLES`.
#[rustfmt::skip]
const TABLE: [(&str, &str, [u16; 19]); 181] = [
    //                                                                    no-  gar- exp. vol- hol- oth. view reco mana own  own  to   to   for  oth. rev. exp. co.  co-
    //                                                                    body bage sess unt. der  own. er   rder ger  er   key  writ read noth key  key  key  else ord.
    ("GET",    "/api/v1/regions",                                        [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}",                            [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/projects",                                       [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/projects/{id}",                                  [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("PUT",    "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 201, 201, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/shifts/{id}/signups",                            [401, 401, 401, 201, 409, 201, 201, 201, 201, 201, 401, 401, 401, 401, 401, 401, 401, 201, 201]),
    ("GET",    "/api/v1/shifts/{id}/signups",                            [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 403, 200, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/signups/{id}",                                   [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("DELETE", "/api/v1/signups/{id}",                                   [401, 401, 401, 404, 204, 404, 404, 404, 204, 204, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("POST",   "/api/v1/sign-in-codes",                                  [202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202]),
    ("POST",   "/api/v1/sessions",                                       [403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("DELETE", "/api/v1/sessions",                                       [401, 401, 401, 204, 204, 204, 204, 204, 204, 204, 401, 401, 401, 401, 401, 401, 401, 204, 204]),
    ("DELETE", "/api/v1/sessions/current",                               [401, 401, 401, 204, 204, 204, 204, 204, 204, 204, 401, 401, 401, 401, 401, 401, 401, 204, 204]),
    ("GET",    "/api/v1/me",                                             [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("PATCH",  "/api/v1/me",                                             [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/me/signups",                                     [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/organizations",                                  [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/organizations",                                  [401, 401, 401, 201, 201, 201, 201, 201, 201, 201, 401, 401, 401, 401, 401, 401, 401, 201, 201]),
    ("PATCH",  "/api/v1/organizations/{org}",                            [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/verification",               [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",    "/api/v1/organizations/{org}/members",                    [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("PATCH",  "/api/v1/organizations/{org}/members/{member}",           [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/organizations/{org}/members/{member}",           [401, 401, 401, 403, 403, 403, 403, 403, 403, 204, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/invitations",                [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/invitations",                [401, 401, 401, 403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/organizations/{org}/invitations/{invitation}",   [401, 401, 401, 403, 403, 403, 403, 403, 403, 204, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/api-keys",                   [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/api-keys",                   [401, 401, 401, 403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/organizations/{org}/api-keys/{key}",             [401, 401, 401, 403, 403, 403, 403, 403, 403, 204, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/me/organizations",                               [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/me/invitations",                                 [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("POST",   "/api/v1/me/invitations/{invitation}/acceptance",         [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("DELETE", "/api/v1/me/invitations/{invitation}",                    [401, 401, 401, 404, 204, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("POST",   "/api/v1/me/coordination",                                [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/coordinators",                                   [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("POST",   "/api/v1/coordinators",                                   [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 201]),
    ("DELETE", "/api/v1/coordinators/{id}",                              [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 404, 204]),
    ("GET",    "/api/v1/organizations/{org}/webhooks",                       [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/webhooks",                       [401, 401, 401, 403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/webhooks/{webhook}",             [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("PATCH",  "/api/v1/organizations/{org}/webhooks/{webhook}",             [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/organizations/{org}/webhooks/{webhook}",             [401, 401, 401, 403, 403, 403, 403, 403, 403, 204, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/webhooks/{webhook}/secret",      [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/webhooks/{webhook}/test",        [401, 401, 401, 403, 403, 403, 403, 403, 403, 202, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries",  [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries/{delivery}/replay", [401, 401, 401, 403, 403, 403, 403, 403, 403, 202, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/shifts/{id}/messages",                               [401, 401, 401, 403, 403, 403, 403, 403, 202, 202, 202, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("PATCH",  "/api/v1/signups/{id}",                                       [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/signups/{id}/approve",                               [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/signups/{id}/decline",                               [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/signups/{id}/move",                                  [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/shifts/{id}/attendance",                             [401, 401, 401, 409, 201, 409, 409, 409, 409, 409, 401, 401, 401, 401, 401, 401, 401, 409, 409]),
    ("GET",    "/api/v1/shifts/{id}/attendance",                             [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/shifts/{id}/attendance-by-hand",                     [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/shifts/{id}/attendance-code",                        [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/opportunities",              [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}/projects",                   [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("PATCH",  "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/organizations/{org}/projects/{client_ref}",      [401, 401, 401, 403, 403, 403, 403, 403, 204, 204, 204, 204, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/publish", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/close", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/cancel", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/projects/{client_ref}/copy", [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 201, 201, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/imports",                        [401, 401, 401, 403, 403, 403, 403, 403, 202, 202, 202, 202, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/imports",                        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}",               [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}/report",        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/imports/{import}/report.csv",    [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/imports/{import}/cancel",        [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/imports/{import}/apply",         [401, 401, 401, 403, 403, 403, 403, 403, 202, 202, 202, 202, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/export",                         [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/shifts/{id}/settlement",                             [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/shifts/{id}/settlement",                             [401, 401, 401, 403, 403, 403, 403, 409, 409, 409, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/signups/{id}/absence-reply",                         [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("GET",    "/api/v1/organizations/{org}/hours-due",                      [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/records",                        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/records",                        [401, 401, 401, 403, 403, 403, 403, 201, 201, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/records/{id}",                                       [401, 401, 401, 404, 200, 404, 200, 200, 200, 200, 404, 404, 404, 404, 404, 401, 401, 404, 404]),
    ("GET",    "/api/v1/coordination/hours-due",                             [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/imports/template.csv",                               [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/checkpoints",                                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/checkpoints/{size}",                          [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/entries",                                     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/key",                                         [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/proofs/consistency",                          [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/ledger/proofs/inclusion",                            [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/records/{id}/proof",                                 [401, 401, 401, 403, 200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/me/certificates",                                [401, 401, 401, 409, 201, 409, 409, 409, 409, 409, 401, 401, 401, 401, 401, 401, 401, 409, 409]),
    ("GET",    "/api/v1/me/certificates",                                [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/me/id-document",                                 [401, 401, 401, 404, 404, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("PUT",    "/api/v1/me/id-document",                                 [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("DELETE", "/api/v1/me/id-document",                                 [401, 401, 401, 204, 204, 204, 204, 204, 204, 204, 401, 401, 401, 401, 401, 401, 401, 204, 204]),
    ("GET",    "/api/v1/certificates/{number}",                          [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("PATCH",  "/api/v1/certificates/{number}",                          [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/certificates/{number}/share",                    [401, 401, 401, 403, 201, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/certificates/{number}/share",                    [401, 401, 401, 403, 204, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/certificates/{number}/revocation",               [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/certificates",               [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/organizations/{org}/signing-keys",               [401, 401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/signing-keys",               [401, 401, 401, 403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/me/records", [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/me/hours", [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("POST",   "/api/v1/me/departure", [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/records/{id}/history", [401, 401, 401, 403, 200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/records/{id}/corrections", [401, 401, 401, 403, 403, 403, 403, 201, 201, 201, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/records/{id}/disputes", [401, 401, 401, 404, 201, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 401, 401, 404, 404]),
    ("GET",    "/api/v1/disputes/{id}", [401, 401, 401, 403, 200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("POST",   "/api/v1/disputes/{id}/answer", [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/disputes/{id}/escalation", [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 401, 401, 404, 404]),
    ("POST",   "/api/v1/disputes/{id}/decision", [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("GET",    "/api/v1/organizations/{org}/disputes", [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/coordination/disputes", [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}/records/export",                 [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/records/transfers",              [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/organizations/{org}/outside-hours",                  [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/me/outside-hours",                                   [401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("POST",   "/api/v1/me/outside-hours/{id}/strike",                       [401, 401, 401, 404, 200, 404, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401, 401, 404, 404]),
    ("GET",    "/api/v1/coordination/signals",                               [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 200, 200]),
    ("GET",    "/api/v1/organizations/{org}/signals",                        [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/signals/{id}",                                       [401, 401, 401, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("POST",   "/api/v1/signals/{id}/decisions",                             [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("POST",   "/api/v1/signals/{id}/replies",                               [401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests",                                                   [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests",                                                   [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 201]),
    ("GET",    "/api/v1/contests/{id}",                                         [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("PUT",    "/api/v1/contests/{id}",                                         [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("POST",   "/api/v1/contests/{id}/announcement",                            [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("POST",   "/api/v1/contests/{id}/amendments",                              [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("POST",   "/api/v1/contests/{id}/cancellation",                            [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",    "/api/v1/contests/{id}/rules/{version}",                         [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/officers",                                [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("POST",   "/api/v1/contests/{id}/officers",                                [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 201]),
    ("DELETE", "/api/v1/contests/{id}/officers/{officer}",                      [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 204]),
    ("GET",    "/api/v1/contests/{id}/entries",                                      [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("POST",   "/api/v1/contests/{id}/entries",                                      [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 201, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/entries/{entry}",                              [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("GET",    "/api/v1/contests/{id}/entries/{entry}/comments",                     [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("PUT",    "/api/v1/contests/{id}/entries/{entry}",                              [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/entries/{entry}/submission",                   [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/entries/{entry}/withdrawal",                   [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/entries/{entry}/eligibility",                  [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",    "/api/v1/contests/{id}/log",                                      [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/log/head",                                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",   "/api/v1/contests/{id}/entries/{entry}/purchase",                     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("PUT",   "/api/v1/contests/{id}/entries/{entry}/purchase",                     [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",   "/api/v1/contests/{id}/entries/{entry}/story",                        [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 200]),
    ("PUT",   "/api/v1/contests/{id}/entries/{entry}/story",                        [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 403, 403, 401, 401, 403, 403]),
    ("POST",  "/api/v1/contests/{id}/entries/{entry}/story/sendings",               [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 201]),
    ("GET",   "/api/v1/contests/{id}/outcomes",                                     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",   "/api/v1/contests/{id}/outcomes.csv",                                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",   "/api/v1/contests/{id}/stories",                                      [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",   "/api/v1/contests/{id}/stories.csv",                                  [401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 200]),
    ("GET",    "/api/v1/contests/{id}/judges",                               [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/judges",                               [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("DELETE", "/api/v1/contests/{id}/judges/{judge}",                       [401, 401, 401, 403, 204, 403, 403, 403, 204, 204, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/conflicts",                            [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/conflicts",                            [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/judge-invitations",                                  [401, 401, 401, 410, 410, 410, 410, 410, 410, 410, 401, 401, 401, 401, 401, 401, 401, 410, 410]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/ballots",               [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/ballots/{entry}",       [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("PUT",    "/api/v1/contests/{id}/stages/{stage}/ballots/{entry}",       [401, 401, 401, 403, 200, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/draws",                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/draws",                 [401, 401, 401, 403, 403, 403, 403, 403, 409, 409, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/results",               [401, 401, 401, 403, 403, 403, 403, 403, 201, 201, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}",     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/results/{version}/approvals", [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}/document", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/results/{version}/finalization", [401, 401, 401, 403, 403, 403, 403, 403, 200, 409, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/results/{version}/objections", [401, 401, 401, 201, 201, 201, 201, 201, 201, 201, 401, 401, 401, 401, 401, 401, 401, 201, 201]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}/placings.csv", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/ranking", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/sheet", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/results",                              [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/awards",                               [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/contests/{id}/objections",                           [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests/{id}/objections/{objection}/answer",        [401, 401, 401, 403, 403, 403, 403, 403, 200, 409, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("POST",   "/api/v1/contests/{id}/objections/{objection}/decision",      [401, 401, 401, 403, 403, 403, 403, 403, 200, 409, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
    ("GET",    "/api/v1/contests/{id}/stages/{stage}/floor",                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("POST",   "/api/v1/contests/{id}/stages/{stage}/floor",                 [401, 401, 401, 403, 403, 403, 403, 403, 200, 200, 401, 401, 401, 401, 401, 401, 401, 403, 403]),
];

/// Who tries a row of the table, and at what. Sessions are new for each row, since some
/// rows end them; what is tried is new for each role.
struct Row<'a> {
    /// The webhook it is about: one to remove, another for all else.
    webhook: String,
    organization: &'a Organization<'a>,
    project: &'a Project,
    shift: &'a Shift,
    sessions: Vec<Volunteer<'a>>,
    /// Somebody whom others act on: a viewer, and coordinator of a city.
    subject: Volunteer<'a>,
    /// Of the invitation that the first holder has, of a key, of the subject's appointment.
    things: [String; 3],
    /// The number of the first holder's certificate.
    certificate: String,
    /// With a seat: the one at the same place as the role that tries, else the only one.
    holders: Vec<(Volunteer<'a>, String)>,
}

/// Those with sessions, besides the holder.
const SESSIONS: [&str; 9] = [
    "expired session",
    "volunteer",
    "other owner",
    "viewer",
    "recorder",
    "manager",
    "owner",
    "coordinator elsewhere",
    "coordinator",
];

/// The path at which an organization waits for a decision.
const VERIFICATION: &str = "/api/v1/organizations/{org}/verification";

const TRANSFERS: &str = "/api/v1/organizations/{org}/records/transfers";
const STRIKE: &str = "/api/v1/me/outside-hours/{id}/strike";

/// All rows, written in one go.
fn rows<'a>(
    [organization, waiting]: [&'a Organization<'a>; 2],
    other: &Organization,
    project: &'a Project,
    [ahead, under_way]: [&'a Shift; 2],
) -> Vec<Row<'a>> {
    let joins = |organization: &Organization, volunteer: &Volunteer, role: &str| {
        let sql = "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, ?3, 0)";
        let params = vec![json!(organization.id), json!(volunteer.id), json!(role)];
        (sql.to_owned(), params)
    };
    let [webhook, removed] = [(); 2].map(|()| uuid::Uuid::new_v4().to_string());
    let mut statements = Vec::new();
    statements.extend(endpoint(organization, &webhook));
    statements.extend(endpoint(organization, &removed));
    // What may become of a sign-up becomes of it once: it is a new one for each who tries.
    let holders_of =
        |path: &str| match path.starts_with("/api/v1/signups/{id}") || is_of_records(path) {
            true => ROLES.len(),
            false => 1,
        };
    // A sign-up that is decided on is a request until then.
    let asks = |path: &str| path.ends_with("/approve") || path.ends_with("/decline");
    let people = TABLE.map(|(_, path, _)| SESSIONS.len() + 1 + holders_of(path));
    let mut crowd = organization.place.crowd(people.iter().sum()).into_iter();
    let rows = TABLE
        .iter()
        .zip(1..)
        .map(|((method, path, _), n)| {
            let organization = if *path == VERIFICATION { waiting } else { organization };
            let shift = if path.contains("/attendance") { under_way } else { ahead };
            let sessions: Vec<_> = crowd.by_ref().take(SESSIONS.len()).collect();
            let subject = crowd.next().unwrap();
            let things = [(); 3].map(|()| uuid::Uuid::new_v4().to_string());
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
            for (session, role) in sessions.iter().zip(SESSIONS).skip(3).take(4) {
                statements.push(joins(organization, session, role));
            }
            statements.push(appointment(&sessions[7], "3601"));
            statements.push(appointment(&sessions[8], "36"));
            statements.push(joins(organization, &subject, "viewer"));
            statements.extend(tried(organization, &things, [&sessions[6], &subject, &holders[0].0]));
            let certificate = Number::new().unwrap().to_string();
            if path.contains("certificates") {
                statements.extend(certified(organization, &holders[0].0, &certificate, n));
            }
            for (holder, signup) in &holders {
                let (state, approval) = match asks(path) {
                    true => ("waitlisted", json!("pending")),
                    false => ("confirmed", json!(null)),
                };
                statements.push((
                    "INSERT INTO signup (id, shift_id, volunteer_id, state, approval, starts_at, ends_at, created_at)
                     SELECT ?1, id, ?2, ?4, ?5, starts_at, ends_at, 0 FROM shift WHERE id = ?3"
                        .to_owned(),
                    vec![json!(signup), json!(holder.id), json!(shift.id), json!(state), approval],
                ));
                if path.ends_with("/absence-reply") {
                    statements.push(absence(organization, signup));
                }
                if is_of_records(path) {
                    statements.extend(recorded(organization, holder, signup, path));
                }
            }
            let (holder, id) = &holders[0];
            match *path {
                path if path.starts_with("/api/v1/signals/{id}") => statements.push(signal(organization, id)),
                TRANSFERS => statements.push(honour(organization, holder, id)),
                STRIKE => statements.push(outside_hours(organization, holder, id)),
                path if is_of_results(path) => {
                    let approvers = [&sessions[1], &sessions[4]];
                    statements.extend(resulted([organization, other], project, holder, approvers, id, path));
                }
                path if is_of_judging(path) => {
                    statements.extend(judged(organization, holder, project, id, stage_of(path)));
                }
                _ => {}
            }
            Row {
                webhook: match *method {
                    "DELETE" => removed.clone(),
                    _ => webhook.clone(),
                },
                organization,
                project,
                shift,
                sessions,
                subject,
                things,
                certificate,
                holders,
            }
        })
        .collect();
    for some in statements.chunks(100) {
        organization.place.sql(some.to_vec());
    }
    rows
}

/// An invitation, a key and an appointment to be acted on.
fn tried(
    organization: &Organization,
    [invitation, key, appointment]: &[String; 3],
    [owner, subject, holder]: [&Volunteer; 3],
) -> [Sql; 3] {
    let sql = |sql: &str, params: Value| match params {
        Value::Array(params) => (sql.to_owned(), params),
        _ => unreachable!(),
    };
    [
        sql(
            "INSERT INTO invitation (id, organization_id, phone_hash, phone_sealed, role, invited_by, created_at, expires_at)
             SELECT ?1, ?2, phone_hash, phone_sealed, 'viewer', ?3, 0, ?4 FROM volunteer WHERE id = ?5",
            json!([invitation, organization.id, owner.id, i64::MAX >> 11, holder.id]),
        ),
        sql(
            "INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at)
             VALUES (?1, ?1, ?2, 'tried', '[]', 0, 0)",
            json!([key, organization.id]),
        ),
        sql(
            "INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at)
             SELECT ?1, '3607', '赣州市民政局', phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?2",
            json!([appointment, subject.id]),
        ),
    ]
}

/// That somebody was noted as absent.
fn absence(organization: &Organization, signup: &str) -> Sql {
    (
        "INSERT INTO absence (signup_id, shift_id, organization_id, recorded_at, recorded_by)
         SELECT id, shift_id, ?2, 0, 'clock' FROM signup WHERE id = ?1"
            .to_owned(),
        vec![json!(signup), json!(organization.id)],
    )
}

/// A record, and the nth certificate of an organization.
fn certified(organization: &Organization, holder: &Volunteer, number: &str, n: i64) -> [Sql; 2] {
    [
        (
            Recorded::new(0, 60, "A").sql(organization, holder),
            Vec::new(),
        ),
        (
            "INSERT INTO certificate (number, volunteer_id, organization_id, issued_at, holder_name, minutes,
               snapshot, key_version, ordinal, status_list, status_index, disclosure)
             VALUES (?1, ?2, ?3, 0, '张三', 60, ?4, 1, ?5, 0, ?5, 'validity')"
                .to_owned(),
            vec![
                json!(number),
                json!(holder.id),
                json!(organization.id),
                json!(json!({"organization": "邻里社", "credit_code": null, "items": []}).to_string()),
                json!(n),
            ],
        ),
    ]
}

fn is_of_records(path: &str) -> bool {
    path.starts_with("/api/v1/records/{id}") || path.starts_with("/api/v1/disputes/{id}")
}

/// A record with this id, contested where the path is about a dispute, which has the same.
fn recorded(organization: &Organization, holder: &Volunteer, id: &str, path: &str) -> Vec<Sql> {
    let morning = organization.place.now().plus(-7 * 86_400_000).millis();
    let record = Recorded::new(morning, 180, "A").known_as(id);
    let mut statements = vec![(record.sql(organization, holder), Vec::new())];
    if path.contains("/disputes/{id}") {
        statements.extend(contested(id, path));
    }
    statements
}

/// The record with this id is contested, as long ago as the path needs.
fn contested(id: &str, path: &str) -> [Sql; 3] {
    let due_on = match path.ends_with("/escalation") {
        true => "2020-01-01",
        false => "2099-01-01",
    };
    let escalated = path.ends_with("/decision");
    [
        (
            "INSERT INTO record_dispute (id, record, volunteer_id, organization_id, region, opened_at, due_on)
             SELECT id, seq, volunteer_id, organization_id, '36', 0, ?2 FROM service_record WHERE id = ?1"
                .to_owned(),
            vec![json!(id), json!(due_on)],
        ),
        (
            "INSERT INTO record_dispute_step (dispute, kind, at, actor, words)
             SELECT seq, 'contested', 0, 'volunteer:x', '少记了' FROM record_dispute WHERE id = ?1"
                .to_owned(),
            vec![json!(id)],
        ),
        (
            "INSERT INTO record_dispute_step (dispute, kind, at, actor, words)
             SELECT seq, 'escalated', 0, 'volunteer:x', '不同意' FROM record_dispute WHERE id = ?1 AND ?2"
                .to_owned(),
            vec![json!(id), json!(escalated)],
        ),
    ]
}

/// A record with this id, to be handed over.
fn honour(organization: &Organization, holder: &Volunteer, id: &str) -> Sql {
    (
        "INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, facts, recorded_at, recorded_by)
         VALUES (?1, 'honour', ?2, ?3, '2026-01-01', '{}', 0, 'volunteer:x')"
            .to_owned(),
        vec![json!(id), json!(holder.id), json!(organization.id)],
    )
}

/// Hours with this id that somebody recorded elsewhere.
fn outside_hours(organization: &Organization, holder: &Volunteer, id: &str) -> Sql {
    (
        "INSERT INTO outside_hours (id, volunteer_id, source, reference, activity, on_date, minutes, organization_id, imported_at, actor)
         VALUES (?1, ?2, '别处', ?1, '敬老', '2026-01-01', 60, ?3, 0, 'volunteer:x')"
            .to_owned(),
        vec![json!(id), json!(holder.id), json!(organization.id)],
    )
}

/// A signal with this id, for somebody to look at.
fn signal(organization: &Organization, id: &str) -> Sql {
    (
        "INSERT INTO signal (id, kind, finding, organization_id, region, records, facts, found_at)
         VALUES (?1, 'more_than_seats', ?1, ?2, '36', '[]', '{\"kind\":\"more_than_seats\",\"people\":3,\"seats\":2}', 0)"
            .to_owned(),
        vec![json!(id), json!(organization.id)],
    )
}

fn is_of_results(path: &str) -> bool {
    path.contains("/stages/{stage}/results") || path.contains("/objections/{objection}")
}

/// A judged contest with this id, its result as far as the path needs it, and an objection.
fn resulted(
    [organization, entrant]: [&Organization; 2],
    project: &Project,
    judge: &Volunteer,
    approvers: [&Volunteer; 2],
    id: &str,
    path: &str,
) -> Vec<Sql> {
    let mut statements = results::judged(organization, entrant, &project.id, judge, id);
    let act = path.rsplit('/').next().unwrap_or_default();
    statements.extend(match act {
        "results" => Vec::new(),
        "approvals" => results::sealed(id),
        "finalization" => results::on_notice(id, approvers, 2),
        _ => results::on_notice(id, approvers, i64::MAX >> 11),
    });
    let answer = match act {
        "decision" => Some("已核对"),
        _ => None,
    };
    if path.contains("{objection}") {
        statements.push(results::objected(id, approvers[0], answer));
    }
    statements
}

fn is_of_judging(path: &str) -> bool {
    let below = path
        .strip_prefix("/api/v1/contests/{id}/")
        .unwrap_or_default();
    ["judges", "conflicts", "stages"]
        .iter()
        .any(|room| below.starts_with(room))
}

/// A contest with this id, whose one judge and whose one entry have it as well.
fn judged(
    organization: &Organization,
    holder: &Volunteer,
    project: &Project,
    id: &str,
    stage: &str,
) -> Vec<Sql> {
    let mut statements = Vec::from(match stage {
        "roadshow" => {
            let rules = jury::roadshow_rules(organization.place.now());
            jury::announced_under(organization, id, &rules)
        }
        _ => jury::announced(organization, id),
    });
    statements.push(jury::judging(id, id, 1, holder));
    statements.push(jury::entered(id, id, 1, &project.id, organization));
    statements.extend(jury::drawn(id, stage, &[(id, id)]));
    statements
}

/// The stage that is tried: a roadshow has a floor.
fn stage_of(path: &str) -> &'static str {
    match path.ends_with("/floor") {
        true => "roadshow",
        false => "paper",
    }
}

/// An endpoint nobody listens at, with a delivery of the same id.
fn endpoint(organization: &Organization, id: &str) -> [Sql; 2] {
    let sealed = crate::support::place::keys().seal("whsec_AAAA").unwrap();
    [
        (
            "INSERT INTO webhook (id, organization_id, url, events, secret_sealed, created_at)
             VALUES (?1, ?2, 'http://127.0.0.1:9/', '[]', ?3, 0)"
                .to_owned(),
            vec![json!(id), json!(organization.id), json!(sealed)],
        ),
        (
            "INSERT INTO webhook_delivery (id, webhook_id, type, data, delivered_at)
             VALUES (?1, ?1, 'signup.created', '{}', 0)"
                .to_owned(),
            vec![json!(id)],
        ),
    ]
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
        let [invitation, key, appointment] = &self.things;
        let contest = match path.starts_with("/api/v1/contests/{id}") {
            true if is_of_judging(path) || is_of_results(path) => signup.clone(),
            true => contest_for(organization, self.project, method, path),
            false => String::new(),
        };
        let id = match path.split('/').nth(3) {
            Some("contests") => &contest,
            Some("projects") => &self.project.id,
            Some("shifts") => &self.shift.id,
            Some("coordinators") => appointment,
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
            .replace("{webhook}", &self.webhook)
            .replace("{delivery}", &self.webhook)
            .replace("{member}", &self.subject.id)
            .replace("{invitation}", invitation)
            .replace("{key}", key)
            .replace("{number}", &self.certificate)
            .replace("{version}", "1")
            .replace("{officer}", &contest)
            .replace("{stage}", stage_of(path))
            .replace("{track}", "education")
            .replace("{objection}", signup)
            .replace("{judge}", signup)
            .replace("{entry}", id)
            .replace("{id}", id);
        let target = match path.strip_prefix("/api/v1/ledger/") {
            Some(of) => sealed(organization.place, of, &target),
            None => target,
        };
        let n = unique();
        let address = format!("10.9.{}.{}", n >> 8 & 255, n & 255);
        let request = Request::new(method, target).header("cf-connecting-ip", address);
        let body = match (method, path.rsplit('/').next()) {
            (_, Some("move")) => Some(json!({"shift_id": self.project.shift("b").id})),
            ("POST", Some("records")) => Some(json!({
                "kind": "honour", "signup_id": signup, "on_date": "2026-11-20",
                "name": "优秀志愿者", "grantor": "县团委",
            })),
            ("POST", Some("certificates")) => Some(json!({"organization_id": organization.id})),
            ("POST", Some("transfers")) => Some(json!({
                "system": "省平台", "records": [{"record_id": self.holders[0].1, "reference": "1"}],
            })),
            ("POST", Some("floor")) => Some(json!({"entry_id": id, "act": "open"})),
            ("POST", Some("entries")) => {
                let mut body = words();
                body["organization_id"] = json!(organization.id);
                body["project_id"] = json!(self.project.id);
                Some(body)
            }
            ("POST", Some("outside-hours")) => Some(json!({"items": [{
                "phone": holder.phone, "source": "省平台", "reference": unique().to_string(),
                "activity": "敬老", "on_date": "2025-10-29", "minutes": 60,
            }]})),
            _ => body(organization.place, method, path),
        };
        let request = match body {
            None => request,
            Some(_) if path.ends_with("/attendance") => {
                let (_, code) = shown(self.shift, organization.place.now());
                request.json(&coming("in", &code))
            }
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

/// A contest by the office of region 36, with an officer and an entry of the same id; a
/// draft where the path is about one.
fn contest_for(organization: &Organization, project: &Project, method: &str, path: &str) -> String {
    let place = organization.place;
    let begun = match path.ends_with("/submission") {
        true => -2 * 86_400_000,
        false => 0,
    };
    let mut rules = rules_after(place.now().plus(begun));
    // One project stands in the contests of all rows.
    rules["bar_elsewhere"] = json!(false);
    let id = match (method, path.rsplit('/').next()) {
        ("PUT", Some("{id}")) | ("POST", Some("announcement")) => drafted(place, &rules),
        _ => announced(place, &rules),
    };
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         VALUES (?1, ?1, 'chair', ?1, '', 0)",
        json!([id]),
    );
    if path.contains("{entry}") {
        let entry = entered(organization, &id, project, "submitted");
        let sql = "UPDATE contest_entry SET id = ?1 WHERE id = ?2";
        place.rows(sql, json!([id, entry]));
        if path.ends_with("/purchase") || path.contains("/story") {
            awarded(place, &id, &id);
            became(place, &id, &id);
        }
    }
    id
}

/// What is there of the ledger, for a path below it.
fn sealed(place: &dyn Place, path: &str, target: &str) -> String {
    match path {
        "checkpoints/{size}" => {
            let size = place.number("SELECT max(size) FROM ledger_checkpoint", json!([]));
            target.replace("{size}", &size.to_string())
        }
        "proofs/consistency" => format!("{target}?from=1&to=1"),
        "proofs/inclusion" => {
            let first = place.value("SELECT id FROM service_record WHERE seq = 1", json!([]));
            format!("{target}?record={}", first.as_str().unwrap())
        }
        _ => target.to_owned(),
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
        ("PUT", Some("{id}")) => Some(json!({"name": "大赛"})),
        ("PUT", _) if path.contains("/ballots/") => Some(json!({"scores": {"need": 8}})),
        ("PUT", Some("{entry}")) => Some(words()),
        ("PUT", Some("purchase")) => Some(purchase()),
        ("PUT", Some("story")) => Some(story()),
        ("POST", Some("sendings")) => Some(
            json!({"channel": "china_volunteer", "link": "https://example.org/1", "on": "2026-01-01"}),
        ),
        ("POST", Some("submission")) => None,
        ("POST", Some("withdrawal")) => Some(json!({})),
        ("POST", Some("eligibility")) => Some(json!({"eligible": true})),
        ("POST", Some("contests")) => Some(json!({"region": "36", "name": "大赛"})),
        ("POST", Some("announcement")) => None,
        ("POST", Some("amendments")) => {
            Some(json!({"reason": "延期", "rules": rules_after(place.now().plus(86_400_000))}))
        }
        ("POST", Some("cancellation")) => Some(json!({"reason": "防汛"})),
        ("POST", Some("officers")) => Some(json!({"phone": phone, "role": "supervisor"})),
        ("PUT", Some("id-document")) => {
            Some(json!({"kind": "resident_id", "number": "11010519491231002X"}))
        }
        ("PATCH", Some("{number}")) => Some(json!({"disclosure": "full"})),
        ("POST", Some("revocation")) => Some(json!({"reason": "代签"})),
        ("PUT", _) => Some(Notice::of(&[shift("a", morning(place.now(), 8), 3)]).0),
        ("PATCH", Some("{member}")) => Some(json!({"role": "recorder"})),
        ("PATCH", _) => Some(json!({})),
        ("POST", Some("cancel" | "apply")) if path.contains("{import}") => None,
        ("POST", Some("imports")) => Some(json!({"client_ref": format!("i-{}", unique())})),
        ("POST", Some("cancel")) => Some(json!({"reason": "台风"})),
        ("POST", Some("copy")) => Some(json!({"client_ref": format!("copy-{}", unique())})),
        ("POST", Some("organizations")) => {
            Some(json!({"name": "新来的队", "kind": "volunteer_team", "region": "36"}))
        }
        ("POST", Some("verification")) => Some(json!({"decision": "verify"})),
        ("POST", Some("invitations")) => Some(json!({"phone": phone, "role": "viewer"})),
        ("POST", Some("api-keys")) => Some(json!({"name": "x", "scopes": ["signups:read"]})),
        ("POST", Some("coordination")) => Some(json!({"code": format!("ddc_{}", "0".repeat(64))})),
        ("POST", Some("coordinators")) => {
            Some(json!({"phone": phone, "region": "3607", "office": "民政局"}))
        }
        ("POST", Some("webhooks")) => Some(json!({"url": "http://127.0.0.1:9/"})),
        ("POST", Some("messages")) => Some(json!({"to": "all", "text": "明天见"})),
        ("POST", Some("decline")) => Some(json!({"reason": "人数已够"})),
        ("POST", Some("signups" | "attendance" | "settlement")) => Some(json!({})),
        ("POST", Some("attendance-by-hand")) => Some(json!({"kind": "in", "reason": "补记"})),
        ("POST", Some("absence-reply")) => Some(json!({"text": "我来过"})),
        ("POST", Some("disputes")) => Some(json!({"claim": "少记了"})),
        ("POST", Some("corrections")) => Some(json!({"reason": "多记了", "minutes": 150})),
        ("POST", Some("results")) => Some(json!({"reason": "再算一次"})),
        ("POST", Some("objections")) => Some(json!({"words": "时长不符"})),
        ("POST", Some("answer")) if path.contains("{objection}") => {
            Some(json!({"answer": "已核对"}))
        }
        ("POST", Some("decision")) if path.contains("{objection}") => {
            Some(json!({"decision": "dismissed", "reason": "维持"}))
        }
        ("POST", Some("answer")) => Some(json!({"answer": "decline", "reason": "无误"})),
        ("POST", Some("escalation")) => Some(json!({"reason": "不同意"})),
        ("POST", Some("decision")) => Some(json!({"ruling": "dismiss", "reason": "无误"})),
        ("POST", Some("departure")) => Some(json!({"code": "000000"})),
        ("POST", Some("decisions")) => Some(json!({"decision": "nothing_wrong", "reason": "属实"})),
        ("POST", Some("draws")) => Some(json!({"reason": "一位评委退出"})),
        ("POST", Some("judges")) => Some(json!({"name": "李老师"})),
        ("POST", Some("conflicts")) => Some(json!({"conflicts": []})),
        ("POST", Some("judge-invitations")) => {
            Some(json!({"code": format!("ddj_{}", "0".repeat(43)), "answer": "accept"}))
        }
        ("POST", Some("replies")) => Some(json!({"text": "当天停电"})),
        ("POST", Some("sign-in-codes")) => Some(json!({"phone": phone})),
        ("POST", Some("sessions")) => Some(json!({"phone": phone, "code": "000000"})),
        _ => None,
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    // A ledger that holds no more than this: the seal does not wait for what others record.
    let app = App::start();
    let place = app.place();
    let (organization, other) = (place.organization(), place.organization());
    let waiting = place.organization_in_state("unverified");
    let project = organization.publishes(&Notice::of(&[
        shift("a", morning(place.now(), 9), 999),
        shift("b", morning(place.now(), 10), 999),
    ]));
    let a = project.shift("a");
    let keys = keys(&organization, &other);
    let mut wrong = Vec::new();
    let begun = organization.publishes(&Notice::of(&[shift("a", morning(place.now(), 11), 999)]));
    let under_way = begun.shift("a");
    under_way.begins(place);
    let rows = rows(
        [&organization, &waiting],
        &other,
        &project,
        [&a, &under_way],
    );
    let last = place.number("SELECT max(seq) FROM service_record", json!([]));
    soon("the seal", || {
        app.ticks();
        place.number(
            "SELECT coalesce(max(size), 0) FROM ledger_checkpoint",
            json!([]),
        ) >= last
    });
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

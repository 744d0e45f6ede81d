//! What one's own hours cost: one call, and rows by what is shown, not by what there is.

use serde_json::json;

use crate::support::app::app;
use crate::support::request::Request;

/// Calls and rows, as the server tells them.
fn cost(timing: &str) -> (usize, usize) {
    let number = |after: &str| {
        let rest = &timing[timing.find(after).unwrap() + after.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        rest[..end].parse().unwrap()
    };
    (number("d1;desc=\""), number("rows;desc=\""))
}

#[test]
fn one_call_reads_what_it_shows_of_five_thousand_records() {
    let place = app();
    let (organization, ming) = (place.organization(), place.adult());
    let facts = json!({
        "activity": "陪读", "role": "陪伴员", "field": "education", "region": "36", "region_name": "江西省",
        "place": "小学", "content": "陪读", "organization": "邻里社", "person_in_charge": "李老师",
        "planned_starts_at": 0, "planned_ends_at": 0, "breaks_minutes": 0, "evidence": [],
    });
    place.rows(
        "INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, started_at, ended_at,
           minutes, grade, facts, due_on, recorded_at, recorded_by)
         WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 4999)
         SELECT lower(hex(randomblob(4))) || printf('-0000-7000-8000-%012x', n), 'service', ?1, ?2, '2026-01-01', n * 3600000, (n + 1) * 3600000,
           60, 'A', ?3, '2026-01-15', 0, 'x' FROM n",
        json!([ming.id, organization.id, facts.to_string()]),
    );
    let middle = place.number(
        "SELECT seq FROM service_record WHERE volunteer_id = ?1 ORDER BY seq LIMIT 1 OFFSET 2500",
        json!([ming.id]),
    );
    let asks = |target: String, most: usize| {
        let answer = place
            .send(&Request::get(&target).browser(&ming.session))
            .is(200);
        let (calls, rows) = cost(answer.header("server-timing").unwrap());
        assert!(
            calls == 1 && rows <= most,
            "{target}: {calls} calls, {rows} rows"
        );
    };
    asks("/api/v1/me/hours".to_owned(), 10);
    for page in [String::new(), format!("&cursor={middle}")] {
        asks(format!("/api/v1/me/records?limit=20{page}"), 240);
    }
    asks("/me/records".to_owned(), 240);
}

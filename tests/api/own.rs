//! What an organization's own list costs: rows read are the bill.

use serde_json::json;

use crate::support::app::app;
use crate::support::request::{Request, query};

/// Rows the database read for an answer.
fn rows_read(timing: &str) -> usize {
    let read = timing.split("rows;desc=\"").nth(1).unwrap();
    read.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_page_of_the_own_list_reads_hardly_more_than_it_shows() {
    let place = app();
    let organization = place.organization();
    let other = place.organization();
    for n in 0..60 {
        let title = json!({"title": format!("冬日课堂{}", n % 7)});
        organization.puts(&format!("winter-{n:02}"), &title).is(201);
        if n % 6 == 0 {
            other.puts(&format!("winter-{n:02}"), &title).is(201);
        }
    }
    for conditions in [
        vec![],
        vec![("state", "draft")],
        vec![("q", "winter")],
        vec![("q", "冬日")],
        vec![("q", "冬日课堂3")],
        vec![("state", "closed")],
    ] {
        let list = format!("/api/v1/organizations/{}/projects", organization.id);
        let mut target = format!("{list}?limit=20&{}", query(&conditions));
        loop {
            let target_now = target.trim_end_matches('&').to_owned();
            let page = place.send(&Request::get(&target_now).bearer(&organization.key));
            let page = page.is(200);
            let shown = page.ids().len();
            let read = rows_read(page.header("server-timing").unwrap());
            assert!(
                2 * read <= 3 * shown + 40,
                "{target_now}: {read} rows for {shown} lines"
            );
            match page.json()["next"].as_str() {
                Some(next) => target = next.to_owned(),
                None => break,
            }
        }
    }
}

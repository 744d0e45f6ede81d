//! The template a clerk fills in.

use axum::response::Response;
use serde_json::json;

use super::columns::COLUMNS;
use super::sheet;
use crate::platform::clock::{DAY, HOUR, Instant, start_of};
use crate::platform::download::{BYTE_ORDER_MARK, download, write_row};
use crate::platform::i18n::Lang;
use crate::platform::visit::Visit;

/// Serves the template with an example that lies ahead.
pub fn serve(visit: &Visit) -> Response {
    download("text/csv; charset=utf-8", "template.csv", text(visit.now))
}

/// Headings in Chinese, and one project with two shifts.
fn text(now: Instant) -> String {
    let nine = start_of(now.date()).plus(14 * DAY + 9 * HOUR);
    let shift = |reference: &str, from: Instant| {
        json!({
            "ref": reference, "role": "课堂助教", "starts_at": from, "ends_at": from.plus(2 * HOUR),
            "capacity": 6, "waitlist": 2, "state": "open",
        })
    };
    let example = json!({
        "client_ref": "science-01",
        "state": "draft",
        "title": "冬日山村科学课",
        "field": "education",
        "summary": "带山村孩子做三个小实验",
        "content": "上午、下午各一节课，每节四十分钟，材料由我们带去。",
        "region": "360731",
        "place": "于都县潭头村小学",
        "conditions": "有耐心，能讲普通话",
        "how_to_sign_up": "在本页报名，名额满后可候补",
        "risks": "山路湿滑",
        "safeguards": "已为每位志愿者投保",
        "what_to_bring": "水杯、雨具",
        "min_age": 16,
        "skills": ["teaching"],
        "sign_up_closes_minutes": 60,
        "cancel_until_minutes": 1440,
        "travel_minutes": 30,
        "approval": "none",
        "shifts": [shift("am", nine), shift("pm", nine.plus(5 * HOUR))],
    });
    let mut text = BYTE_ORDER_MARK.to_owned();
    write_row(
        &mut text,
        &COLUMNS.each_ref().map(|column| column.heading(Lang::Zh)),
    );
    let parts = example.as_object().cloned().unwrap_or_default();
    for row in sheet::rows(&parts) {
        write_row(&mut text, &row);
    }
    text
}

//! My shifts as iCalendar (RFC 5545) at a private address: it follows every change.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};
use jiff::tz::Offset;

use super::SignupState;
use super::store::{self, Ticket};
use crate::platform::clock::{DAY, Instant};
use crate::platform::crypto::Token;
use crate::platform::i18n::Lang;
use crate::platform::input::Path;
use crate::platform::page::PRIVATE;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// How far back the calendar reaches, in milliseconds.
const LOOKING_BACK: i64 = 90 * DAY;

/// Serves `/calendar/{token}.ics`. Whoever has the address may read it: it is as long as
/// a session's token and can be exchanged for another.
pub async fn serve(visit: Visit, Path(file): Path<String>) -> Result<Response, Problem> {
    let token = file.strip_suffix(".ics").ok_or_else(Problem::not_found)?;
    let hash = Token::presented(token).hash();
    let from = visit.now.plus(-LOOKING_BACK);
    let (row, tickets) = store::calendar(&visit, &hash, from)
        .await?
        .ok_or_else(Problem::not_found)?;
    let lang = Lang::from_code(&row.language).unwrap_or_default();
    let text = render(&tickets, lang, &visit.origin);
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, PRIVATE),
    ];
    Ok((headers, text).into_response())
}

fn render(tickets: &[Ticket], lang: Lang, origin: &str) -> String {
    let mut calendar = Calendar::new();
    calendar
        .name(lang.pick("点单 · 我的班次", "Diandan · my shifts"))
        .append_property(
            Property::new("REFRESH-INTERVAL", "PT1H")
                .add_parameter("VALUE", "DURATION")
                .done(),
        )
        .append_property(Property::new("X-PUBLISHED-TTL", "PT1H"));
    for ticket in tickets {
        calendar.push(event(ticket, lang, origin));
    }
    calendar.to_string()
}

fn event(ticket: &Ticket, lang: Lang, origin: &str) -> Event {
    let url = format!("{origin}/me/signups/{}", ticket.id);
    let mut notes = vec![format!("{}{}", lang.pick("岗位：", "Role: "), ticket.role)];
    notes.extend(
        ticket
            .what_to_bring
            .as_ref()
            .map(|bring| format!("{}{bring}", lang.pick("请带：", "Bring: "))),
    );
    notes.extend(
        ticket
            .why_changed()
            .map(|why| format!("{}{why}", lang.pick("变更：", "Changed: "))),
    );
    notes.push(url.clone());
    let state = match ticket.state {
        SignupState::Waitlisted if ticket.is_pending() => {
            lang.pick("（待审核）", " (awaiting approval)")
        }
        SignupState::Waitlisted => lang.pick("（候补）", " (waiting list)"),
        SignupState::Cancelled => lang.pick("（已取消）", " (cancelled)"),
        _ => "",
    };
    let mut event = Event::new();
    event
        .uid(&format!("{}@diandan", ticket.id))
        .summary(&format!("{}{state}", ticket.title))
        .location(&format!(
            "{} {}",
            ticket.region_name.as_deref().unwrap_or_default(),
            ticket.place
        ))
        .description(&notes.join("\n"))
        .url(&url)
        .sequence(u32::try_from(ticket.revision).unwrap_or(u32::MAX))
        .status(match ticket.state {
            SignupState::Waitlisted => EventStatus::Tentative,
            SignupState::Cancelled => EventStatus::Cancelled,
            _ => EventStatus::Confirmed,
        })
        .add_property("DTSTAMP", utc(ticket.changed_at()))
        .add_property("DTSTART", utc(ticket.starts_at))
        .add_property("DTEND", utc(ticket.ends_at));
    event.done()
}

impl Ticket {
    fn changed_at(&self) -> Instant {
        [self.promoted_at, self.cancelled_at]
            .into_iter()
            .flatten()
            .fold(self.created_at, Instant::max)
    }
}

/// RFC 5545, section 3.3.5, form 2.
fn utc(instant: Instant) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(instant.millis()).unwrap_or_default();
    Offset::UTC
        .to_datetime(timestamp)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ticket(state: &str, revision: i64) -> Ticket {
        serde_json::from_value(json!({
            "seq": 1, "id": "0199", "state": state, "starts_at": 1_795_824_000_000_i64,
            "ends_at": 1_795_831_200_000_i64, "created_at": 1_795_000_000_000_i64, "revision": revision,
            "shift_id": "s", "role": "助教", "shift_state": "open", "project_id": "p",
            "title": "科学课, 第一讲; 𠮷", "field": "education", "project_state": "published",
            "place": "潭头村小学", "region_name": "赣州市于都县", "cancel_until_minutes": 60,
            "organization_id": "o", "organization_name": "O", "position": 0,
        }))
        .unwrap()
    }

    #[test]
    fn each_state_has_its_status_and_changes_raise_the_sequence() {
        for (state, status) in [
            ("confirmed", "CONFIRMED"),
            ("waitlisted", "TENTATIVE"),
            ("cancelled", "CANCELLED"),
        ] {
            let text = render(&[ticket(state, 3)], Lang::Zh, "https://d.example");
            assert!(text.contains(&format!("STATUS:{status}\r\n")), "{text}");
            assert!(text.contains("SEQUENCE:3\r\n"), "{text}");
        }
    }

    #[test]
    fn text_is_escaped_and_lines_are_folded() {
        let text = render(&[ticket("confirmed", 0)], Lang::Zh, "https://d.example");
        assert!(text.contains(r"SUMMARY:科学课\, 第一讲\; 𠮷"), "{text}");
        assert!(text.contains("DTSTART:20261128T"), "{text}");
        assert_eq!(text.matches("DTSTAMP").count(), 1, "{text}");
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
        assert!(
            text.split("\r\n").all(|line| !line.contains('\n')),
            "{text}"
        );
    }
}

//! Every message the product sends, in one table, and how it reaches people.

use axum::response::Response;
use maud::html;

use crate::hours::{RecordKind, duration_words};
use crate::platform::clock::{Instant, day_from, span_words};
use crate::platform::config::Config;
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;
use crate::platform::outbox::{self, Letter};
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// How a message reads; `None` for a kind this version does not know.
pub fn text(letter: &Letter, config: &Config) -> Option<String> {
    let lang = letter.lang();
    let title = letter.param("title");
    let place = letter.param("place");
    let written = letter.created_at;
    let (from, to) = (letter.instant("starts_at"), letter.instant("ends_at"));
    let when = when(written, from, to, lang);
    let reason = letter.param("reason");
    let words = match (letter.kind.as_str(), lang) {
        ("sign_in_code", _) => {
            let code = letter.secret(config).unwrap_or_else(|| "······".to_owned());
            return Some(match lang {
                Lang::Zh => format!("【点单】验证码 {code}，10 分钟内有效。请勿告诉他人。"),
                Lang::En => {
                    format!(
                        "[Diandan] Your code is {code}. It is valid for 10 minutes. Do not share it."
                    )
                }
            });
        }
        ("webhook_disabled", Lang::Zh) => {
            let (organization, url) = (letter.param("organization"), letter.param("url"));
            format!(
                "{organization}的事件推送 {url} 已连续多天无法送达，现已停用。请在组织后台检查后重新启用。"
            )
        }
        ("webhook_disabled", Lang::En) => {
            let (organization, url) = (letter.param("organization"), letter.param("url"));
            format!(
                "The webhook {url} of {organization} could not be reached for days and is switched off. Look into it and switch it on again in the console."
            )
        }
        ("signup_promoted", Lang::Zh) => {
            format!(
                "您候补的“{title}”有名额了，已为您确认：{when}，{place}。如来不了，请尽早在“我的班次”里取消。"
            )
        }
        ("signup_promoted", Lang::En) => format!(
            "You now have a seat on “{title}”: {when}, {place}. If you can't come, cancel soon under My shifts."
        ),
        ("shift_moved", Lang::Zh) => {
            format!(
                "“{title}”有变更：{when}，{place}。原因：{reason}。如来不了，请在“我的班次”里取消。"
            )
        }
        ("shift_moved", Lang::En) => format!(
            "“{title}” has changed: {when}, {place}. Reason: {reason}. If you can't come, cancel under My shifts."
        ),
        ("shift_cancelled", Lang::Zh) => {
            format!("“{title}”（{when}）已取消，原因：{reason}。感谢您的报名。")
        }
        ("shift_cancelled", Lang::En) => {
            format!("“{title}” ({when}) was cancelled. Reason: {reason}. Thank you for signing up.")
        }
        ("signup_let_go", Lang::Zh) => {
            let why = because(reason, lang);
            format!("组织者取消了您在“{title}”（{when}）的报名。{why}如有疑问，请联系组织者。")
        }
        ("signup_let_go", Lang::En) => {
            let why = because(reason, lang);
            format!(
                "The organizer has cancelled your sign-up for “{title}” ({when}).{why} Ask the organizer if you have questions."
            )
        }
        ("signup_released", Lang::Zh) => format!("组织者已同意您退出“{title}”（{when}）。"),
        ("signup_released", Lang::En) => {
            format!("The organizer has approved your withdrawal from “{title}” ({when}).")
        }
        ("signup_moved", lang) => moved(letter, title, &when, place, lang),
        ("signup_approved", Lang::Zh) => format!(
            "您报名的“{title}”已通过审核：{when}，{place}。如来不了，请尽早在“我的班次”里取消。"
        ),
        ("signup_approved", Lang::En) => format!(
            "Your sign-up for “{title}” was approved: {when}, {place}. If you can't come, cancel soon under My shifts."
        ),
        ("signup_approved_waiting", Lang::Zh) => format!(
            "您报名的“{title}”（{when}）已通过审核，目前名额已满，已为您排上候补，有名额会再通知您。"
        ),
        ("signup_approved_waiting", Lang::En) => format!(
            "Your sign-up for “{title}” ({when}) was approved. It is full at the moment: you are on the waiting list, and we tell you when a seat is free."
        ),
        ("signup_declined", Lang::Zh) => {
            format!("您报名的“{title}”（{when}）未通过审核，原因：{reason}。感谢您的报名。")
        }
        ("signup_declined", Lang::En) => format!(
            "Your sign-up for “{title}” ({when}) was declined. Reason: {reason}. Thank you for signing up."
        ),
        ("organizer_message", Lang::Zh) => {
            let (organization, text) = (letter.param("organization"), letter.param("text"));
            format!("{organization}就“{title}”（{when}）通知您：{text}")
        }
        ("organizer_message", Lang::En) => {
            let (organization, text) = (letter.param("organization"), letter.param("text"));
            format!("{organization} writes about “{title}” ({when}): {text}")
        }
        ("cancel_requested", Lang::Zh) => {
            format!("有志愿者请求退出“{title}”（{when}），请到“我的班次”打开名单处理。")
        }
        ("cancel_requested", Lang::En) => {
            format!(
                "A volunteer asks to withdraw from “{title}” ({when}). Open the roster under My shifts to respond."
            )
        }
        ("service_recorded" | "service_absent" | "record_added", lang) => {
            about_hours(letter, title, &when, lang)
        }
        (kind, lang) => match about_records(letter, kind, &when, lang) {
            Some(words) => words,
            None => about_organizations(kind, title, place, reason, lang)?,
        },
    };
    Some(match lang {
        Lang::Zh => format!("【点单】{words}"),
        Lang::En => format!("[Diandan] {words}"),
    })
}

fn about_hours(letter: &Letter, title: &str, when: &str, lang: Lang) -> String {
    let organization = letter.param("organization");
    match (letter.kind.as_str(), lang) {
        ("service_recorded", lang) => {
            let given = duration_words(letter.number("minutes"), lang);
            match lang {
                Lang::Zh => format!(
                    "您在“{title}”的服务已由{organization}记录：{when}，计 {given}。如有出入，请在“我的时长”里提出。谢谢您！"
                ),
                Lang::En => format!(
                    "{organization} has recorded your service on “{title}”: {when}, {given}. If it is not right, say so under My hours. Thank you!"
                ),
            }
        }
        ("service_absent", lang) => {
            let url = letter.param("url");
            let why = match (letter.param("reason"), lang) {
                ("", _) => String::new(),
                (reason, Lang::Zh) => format!("，原因：{reason}"),
                (reason, Lang::En) => format!(". Reason: {reason}"),
            };
            match lang {
                Lang::Zh => format!(
                    "{organization}把您在“{title}”（{when}）的报名记为未到场{why}。如果您来过或有别的情况，请在这里说明：{url}"
                ),
                Lang::En => format!(
                    "{organization} noted that you were not at “{title}” ({when}){why}. If you were, or something came up, say so here: {url}"
                ),
            }
        }
        (_, lang) => {
            let kind =
                RecordKind::from_word(letter.param("kind")).map_or("", |kind| kind.name(lang));
            match (title, lang) {
                ("", Lang::Zh) => format!("{organization}为您记录了一条{kind}，谢谢您的付出。"),
                ("", Lang::En) => format!(
                    "{organization} has added a record for you: {kind}. Thank you for what you do."
                ),
                (title, Lang::Zh) => {
                    format!("{organization}为您记录了一条{kind}：{title}。谢谢您的付出。")
                }
                (title, Lang::En) => format!(
                    "{organization} has added a record for you: {kind}, {title}. Thank you for what you do."
                ),
            }
        }
    }
}

/// A reason as a sentence of its own, when there is one.
fn because(reason: &str, lang: Lang) -> String {
    match (reason, lang) {
        ("", _) => String::new(),
        (reason, Lang::Zh) => format!("原因：{reason}。"),
        (reason, Lang::En) => format!(" Reason: {reason}."),
    }
}

fn moved(letter: &Letter, title: &str, when: &str, place: &str, lang: Lang) -> String {
    let was = letter.instant("was");
    let was = format!(
        "{} {}",
        day_from(letter.created_at, was, lang),
        was.hour_minute()
    );
    let role = letter.param("role");
    let why = because(letter.param("reason"), lang);
    match lang {
        Lang::Zh => format!(
            "组织者把您在“{title}”的班次从 {was} 换到 {when}（{role}），{place}。{why}如来不了，请在“我的班次”里取消。"
        ),
        Lang::En => format!(
            "The organizer moved you on “{title}” from {was} to {when} ({role}), {place}.{why} If you can't come, cancel under My shifts."
        ),
    }
}

/// `title` is the activity's name, `when` what the record says, `place` the coordinator's
/// office.
fn about_records(letter: &Letter, kind: &str, when: &str, lang: Lang) -> Option<String> {
    let [title, reason, organization, office, due_on] =
        ["title", "reason", "organization", "place", "due_on"].map(|name| letter.param(name));
    #[expect(clippy::cast_possible_truncation, reason = "minutes are whole")]
    let minutes = letter
        .params
        .get("minutes")
        .and_then(serde_json::Value::as_f64)
        .unwrap_or_default() as i64;
    let length = duration_words(minutes, lang);
    Some(match (kind, lang) {
        ("record_contested", Lang::Zh) => format!(
            "志愿者对“{title}”（{when}）的服务记录有异议，请在 {due_on} 前到组织后台的“时长异议”里答复。"
        ),
        ("record_contested", Lang::En) => format!(
            "A volunteer contests the record of “{title}” ({when}). Answer by {due_on} under Disputes in the console."
        ),
        ("dispute_amended", Lang::Zh) => format!(
            "您对“{title}”时长的异议，{organization}已更正：{when}，计 {length}。说明：{reason}"
        ),
        ("dispute_amended", Lang::En) => format!(
            "{organization} has corrected the record of “{title}” you contested: {when}, {length}. Reason: {reason}"
        ),
        ("record_corrected", Lang::Zh) => format!(
            "{organization}更正了您在“{title}”的服务记录：{when}，计 {length}。说明：{reason} 如有异议，请在“我的时长”里提出。"
        ),
        ("record_corrected", Lang::En) => format!(
            "{organization} has corrected your record of “{title}”: {when}, {length}. Reason: {reason} If you disagree, contest it under My hours."
        ),
        ("dispute_declined", Lang::Zh) => format!(
            "您对“{title}”（{when}）时长的异议，{organization}答复记录无误：{reason} 如不同意，可在“我的时长”里申请统筹员裁定。"
        ),
        ("dispute_declined", Lang::En) => format!(
            "{organization} keeps the record of “{title}” ({when}) you contested: {reason} If you disagree, ask the coordinator under My hours."
        ),
        ("dispute_escalated", Lang::Zh) => format!(
            "关于{organization}“{title}”（{when}）的时长异议，志愿者已申请统筹员裁定，请登录后在“时长异议”里查看。"
        ),
        ("dispute_escalated", Lang::En) => format!(
            "A volunteer asks the coordinator to decide on the record of “{title}” ({when}) by {organization}. Sign in and look under Disputes."
        ),
        ("dispute_upheld", Lang::Zh) => format!(
            "关于“{title}”的时长异议，{office}裁定更正：{when}，计 {length}。理由：{reason}"
        ),
        ("dispute_upheld", Lang::En) => format!(
            "{office} has decided on the disputed record of “{title}”: corrected to {when}, {length}. Reason: {reason}"
        ),
        ("dispute_dismissed", Lang::Zh) => {
            format!("关于“{title}”（{when}）的时长异议，{office}裁定维持原记录。理由：{reason}")
        }
        ("dispute_dismissed", Lang::En) => format!(
            "{office} has decided on the disputed record of “{title}” ({when}): it stands. Reason: {reason}"
        ),
        _ => return None,
    })
}

/// `title` is the organization's or the office's name, `place` the office's or the region's.
fn about_organizations(
    kind: &str,
    title: &str,
    place: &str,
    reason: &str,
    lang: Lang,
) -> Option<String> {
    Some(match (kind, lang) {
        // The name of an organization nobody has verified may say anything.
        ("organization_invited", Lang::Zh) => match title {
            "" => "有一个组织邀请您加入。请用本手机号登录，在“我的组织”里查看。".to_owned(),
            title => format!("“{title}”邀请您加入。请用本手机号登录，在“我的组织”里接受或谢绝。"),
        },
        ("organization_invited", Lang::En) => match title {
            "" => "An organization invites you to join. Sign in with this phone and look under My organizations.".to_owned(),
            title => format!("“{title}” invites you to join. Sign in with this phone and answer under My organizations."),
        },
        ("organization_verified", Lang::Zh) => {
            format!("“{title}”已通过{place}的核验，现在可以发布项目了。")
        }
        ("organization_verified", Lang::En) => {
            format!("“{title}” was verified by {place}. Its projects may go on the menu.")
        }
        ("organization_refused", Lang::Zh) => format!(
            "“{title}”未通过{place}的核验，原因：{reason}。请到“我的组织”修改资料，保存后会重新核验。"
        ),
        ("organization_refused", Lang::En) => format!(
            "“{title}” was not verified by {place}. Reason: {reason}. Correct it and it waits again."
        ),
        ("organization_suspended", Lang::Zh) => {
            format!("“{title}”已被{place}暂停，项目已从菜单撤下。原因：{reason}。")
        }
        ("organization_suspended", Lang::En) => format!(
            "“{title}” was suspended by {place}; its projects are off the menu. Reason: {reason}."
        ),
        ("organization_reinstated", Lang::Zh) => {
            format!("{place}已恢复“{title}”，其项目重新上菜单。")
        }
        ("organization_reinstated", Lang::En) => {
            format!("“{title}” was reinstated by {place}. Its projects are back on the menu.")
        }
        ("coordinator_appointed", Lang::Zh) => {
            format!("您已被任命为{place}的统筹员（{title}）。请用本手机号登录，在“我的组织”里打开“统筹”。")
        }
        ("coordinator_appointed", Lang::En) => format!(
            "You were appointed coordinator of {place} ({title}). Sign in with this phone and open Coordination under My organizations."
        ),
        _ => return None,
    })
}

fn when(written: Instant, from: Instant, to: Instant, lang: Lang) -> String {
    let day = day_from(written, from, lang);
    format!("{day} {}", span_words(from, to, lang))
}

/// Serves `/outbox`, where a laptop stands in for a phone. It does not exist elsewhere.
pub async fn outbox_page(visit: Visit) -> Result<Response, Problem> {
    if !visit.config.outbox_page {
        return Err(Problem::not_found());
    }
    let letters = outbox::latest(&visit.db, 50).await?;
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.pick("发件箱", "Outbox")) }
        p.lead { (lang.pick("仅本机可见：这里代替收短信的手机。", "Local only: this page stands in for the phone that would get the messages.")) }
        @if letters.is_empty() { div.empty { p { (lang.pick("还没有消息。", "Nothing yet.")) } } }
        ul.shifts {
            @for letter in &letters {
                li data-kind=(letter.kind) {
                    div { strong.num { (letter.phone(&visit.config).unwrap_or_default()) } " "
                        small { (letter.created_at.hour_minute()) } }
                    div {}
                    p.message { (text(letter, &visit.config).unwrap_or_default()) }
                }
            }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("发件箱", "Outbox"),
        &body,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn letter(kind: &str, language: &str, config: &Config) -> Letter {
        serde_json::from_value(json!({
            "seq": 1, "kind": kind, "language": language, "attempts": 0, "created_at": 0,
            "params": json!({"title": "义诊", "place": "村口", "reason": "下雨",
                "text": "请带伞", "organization": "义工队", "minutes": 150, "kind": "training", "role": "助教", "was": 1_795_820_400_000_i64,
                "starts_at": 1_795_824_000_000_i64, "ends_at": 1_795_831_200_000_i64}).to_string(),
            "secret_sealed": config.keys.seal("012345").unwrap(),
            "phone_sealed": config.keys.seal("13800138000").unwrap(),
        }))
        .unwrap()
    }

    #[test]
    fn every_message_says_what_happened_in_both_languages() {
        let config = Config::read(|name| match name {
            "MASTER_KEY" => Some("ab".repeat(32)),
            _ => None,
        })
        .unwrap();
        for kind in [
            "signup_promoted",
            "shift_moved",
            "shift_cancelled",
            "signup_released",
            "signup_let_go",
            "signup_moved",
            "signup_approved",
            "signup_approved_waiting",
            "signup_declined",
            "organizer_message",
            "cancel_requested",
            "service_recorded",
            "service_absent",
            "record_contested",
            "dispute_amended",
            "record_corrected",
            "dispute_declined",
            "dispute_escalated",
            "dispute_upheld",
            "dispute_dismissed",
        ] {
            for language in ["zh", "en"] {
                let text = text(&letter(kind, language, &config), &config).unwrap();
                assert!(text.contains("义诊") && text.contains("08:00"), "{text}");
            }
        }
        for kind in [
            "organization_invited",
            "organization_verified",
            "organization_refused",
            "organization_suspended",
            "organization_reinstated",
            "coordinator_appointed",
            "record_added",
        ] {
            for language in ["zh", "en"] {
                let text = text(&letter(kind, language, &config), &config).unwrap();
                assert!(text.contains("义诊"), "{text}");
                let explains = matches!(kind, "organization_refused" | "organization_suspended");
                assert_eq!(text.contains("下雨"), explains, "{text}");
            }
        }
        let recorded = text(&letter("service_recorded", "zh", &config), &config).unwrap();
        assert!(recorded.contains("2 小时 30 分"), "{recorded}");
        let code = text(&letter("sign_in_code", "zh", &config), &config).unwrap();
        assert_eq!(code, "【点单】验证码 012345，10 分钟内有效。请勿告诉他人。");
        assert_eq!(text(&letter("unknown", "zh", &config), &config), None);
    }
}

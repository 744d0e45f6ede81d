//! Rows of spreadsheets. Nothing that somebody wrote runs in them as a formula.

use super::Channel;
use super::store::Sending;
use super::store::listing::{Became, Listed};
use super::yuan;
use crate::contests::entry_label;
use crate::imports::sheet::guarded;
use crate::platform::download::{BYTE_ORDER_MARK, write_row};
use crate::platform::i18n::Lang;

/// A column: its heading, and what stands in it.
type Column = (&'static str, fn(&Became, &Listed) -> String);

const ENTRY: [Column; 6] = [
    ("编号", |it, _| entry_label(it.entry.number)),
    ("参赛项目", |it, _| guarded(it.entry.title.clone())),
    ("参赛组织", |it, _| {
        guarded(it.entry.organization_name.clone())
    }),
    ("赛道", |it, listed| guarded(track(it, listed))),
    ("奖项", |it, _| guarded(it.entry.award.clone())),
    ("名次", |it, _| it.entry.rank.to_string()),
];

const PURCHASE: [Column; 8] = [
    ("购买方", |it, _| {
        of_purchase(it, |of| guarded(of.purchaser.clone()))
    }),
    // A number of ours: nothing to be guarded against.
    ("购买金额（元）", |it, _| {
        of_purchase(it, |of| yuan(of.fen).replace(',', ""))
    }),
    ("服务开始", |it, _| {
        of_purchase(it, |of| guarded(of.from.clone()))
    }),
    ("服务结束", |it, _| {
        of_purchase(it, |of| guarded(of.until.clone()))
    }),
    ("节点（完成/总数）", |it, _| {
        of_purchase(it, |of| {
            let done = of.milestones.iter().filter(|one| one.done_on.is_some());
            guarded(format!("{}/{}", done.count(), of.milestones.len()))
        })
    }),
    ("成效", |it, _| {
        of_purchase(it, |of| {
            let outcome = of.outcome.as_ref();
            guarded(outcome.map_or_else(String::new, |outcome| outcome.words.clone()))
        })
    }),
    ("成效日期", |it, _| {
        of_purchase(it, |of| {
            let outcome = of.outcome.as_ref();
            guarded(outcome.map_or_else(String::new, |outcome| outcome.on.clone()))
        })
    }),
    ("登记时间", |it, _| {
        of_purchase(it, |of| guarded(of.since.rfc3339()))
    }),
];

const STORY: [Column; 4] = [
    ("宣传标题", |it, _| {
        of_story(it, |of| guarded(of.title.clone()))
    }),
    ("宣传正文", |it, _| {
        of_story(it, |of| guarded(of.text.clone()))
    }),
    ("图片", |it, _| {
        of_story(it, |of| {
            let pictures = of.pictures.iter();
            let lines = pictures.map(|picture| format!("{} {}", picture.caption, picture.url));
            guarded(lines.collect::<Vec<_>>().join("\n"))
        })
    }),
    ("已推送", |it, _| {
        of_story(it, |of| {
            let lines = of.sendings.iter().map(sent);
            guarded(lines.collect::<Vec<_>>().join("\n"))
        })
    }),
];

fn of_purchase(it: &Became, of: fn(&super::store::purchases::Purchase) -> String) -> String {
    it.purchase.as_ref().map_or_else(String::new, of)
}

fn of_story(it: &Became, of: fn(&super::store::stories::Story) -> String) -> String {
    it.story.as_ref().map_or_else(String::new, of)
}

fn track(it: &Became, listed: &Listed) -> String {
    let rules = listed.contest.rules().ok().flatten();
    let name = rules
        .as_ref()
        .and_then(|rules| rules.track(&it.entry.track));
    name.map_or_else(
        || it.entry.track.clone(),
        |track| track.name.as_str().to_owned(),
    )
}

fn sent(sending: &Sending) -> String {
    let name = match sending.channel {
        Channel::Other => sending.name.as_deref().unwrap_or_default(),
        known => known.name(Lang::Zh),
    };
    format!("{name} {} {}", sending.on, sending.link)
}

fn written<'a>(columns: impl Iterator<Item = &'a Column> + Clone, listed: &Listed) -> String {
    let mut text = BYTE_ORDER_MARK.to_owned();
    let headings: Vec<_> = columns.clone().map(|(heading, _)| *heading).collect();
    write_row(&mut text, &headings);
    for it in &listed.items {
        let cells: Vec<_> = columns.clone().map(|(_, cell)| cell(it, listed)).collect();
        write_row(&mut text, &cells);
    }
    text
}

/// Awarded entries with what became of them.
pub fn outcomes(listed: &Listed) -> String {
    written(ENTRY.iter().chain(&PURCHASE).chain(&STORY), listed)
}

/// Stories, for those who send them on.
pub fn stories(listed: &Listed) -> String {
    written(ENTRY.iter().chain(&STORY), listed)
}

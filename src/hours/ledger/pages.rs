//! What the ledger is, for people.

use axum::response::Response;
use maud::html;

use super::{signer, store};
use crate::platform::clock::{Instant, day_words};
use crate::platform::i18n::Lang;
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/ledger`.
pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let sealed = store::newest(&visit.db).await?;
    let signer = signer(&visit.config);
    let key = signer.verifier();
    let lang = visit.lang;
    let title = lang.pick("服务记录总账", "The ledger of records");
    let body = html! {
        h1 { (title) }
        p { (lang.pick(
            "每条志愿服务记录写下后几分钟内就封存进这本总账。封存之后，谁也不能悄悄改写、删除或插入：哪怕只动一个字，账就对不上，任何人都查得出来——平台自己也不例外。",
            "Every record of service is sealed in this ledger within minutes. From then on nobody can quietly rewrite, remove or insert one: change a single letter and the ledger no longer adds up, as anybody can check. That holds for the platform itself.",
        )) }
        p { (lang.pick(
            "记错了怎么办？旧的不动，另写一条更正并说明原因，两条都留在账上。",
            "And when a record is wrong? It stays, a correction with its reason is added, and the ledger keeps both.",
        )) }
        h2 { (lang.pick("最新封存", "The newest seal")) }
        @if let Some(sealed) = &sealed {
            dl.facts {
                dt { (lang.pick("已封存", "Sealed")) }
                dd { (lang.pick(format!("{} 条记录", sealed.size), counted(sealed.size))) }
                dt { (lang.pick("时间", "When")) }
                dd { (moment(sealed.sealed_at, lang)) }
                dt { (lang.pick("总指纹", "Root hash")) }
                dd { code { (sealed.root) } }
            }
        } @else {
            p { (lang.pick("还没有封存过记录。", "No record has been sealed yet.")) }
        }
        h2 { (lang.pick("账上看得到什么", "What it shows")) }
        p { (lang.pick(
            "公开的只有每条记录的编号和加盐指纹，没有姓名，也没有活动和时长。只有本人和记录单位拿得到解开指纹的“盐”。",
            "Only the number and a salted fingerprint of each record are public: no name, no activity, no hours. The salt that opens a fingerprint is given to the volunteer and to the organization that recorded it, and to nobody else.",
        )) }
        h2 { (lang.pick("怎样核验", "How to check it")) }
        ol.steps {
            li { (lang.pick(
                "存下今天的封存凭证。以后任何一份新凭证，都必须是它的延续。",
                "Keep today's checkpoint. Every later one must be a continuation of it.",
            )) }
            li { (lang.pick(
                "用开源的核验程序从头重算整本账，它会指出哪条记录被动过：",
                "Recompute the whole ledger with the open-source verifier; it names any record that was touched:",
            )) br; code { "cargo run --bin verify -- " (visit.origin) } }
            li { (lang.pick(
                "本人或记录单位可以通过接口取得某条记录的证明，交给别人，对方不联网也能核验。",
                "A volunteer or the organization can get the proof of one record from the API and hand it to anybody, who can check it without a network.",
            )) }
        }
        div.actions {
            @if sealed.is_some() {
                a.button href="/ledger/checkpoint" download="checkpoint.txt" { (lang.pick("下载封存凭证", "Download the checkpoint")) }
            }
            a.button.quiet href="/api/docs" { (lang.pick("接口文档", "API")) }
        }
        h2 { (lang.pick("公钥", "Public key")) }
        p { (lang.pick(
            "封存凭证用这把密钥签名（Ed25519）。请同时从别处核对它，例如向统筹单位索取。",
            "Checkpoints are signed with this key (Ed25519). Compare it with one from elsewhere, such as from your coordinator.",
        )) }
        p { code { (key) } }
        p.small { (lang.pick(
            "格式是公开标准：Merkle 树按 RFC 6962，封存凭证和分块按 C2SP tlog-checkpoint 与 tlog-tiles。",
            "The formats are public standards: the Merkle tree of RFC 6962, checkpoints and tiles of C2SP tlog-checkpoint and tlog-tiles.",
        )) }
    };
    Ok(page(&visit, Audience::Everybody, title, &body))
}

fn counted(records: u64) -> String {
    match records {
        1 => "1 record".to_owned(),
        many => format!("{many} records"),
    }
}

/// Day, year and time: `2026年11月28日 周六 08:30`.
fn moment(at: Instant, lang: Lang) -> String {
    let (year, day, time) = (at.date().year(), day_words(at, lang), at.hour_minute());
    match lang {
        Lang::Zh => format!("{year}年{day} {time}"),
        Lang::En => format!("{day} {year}, {time}"),
    }
}

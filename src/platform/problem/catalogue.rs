//! Every problem code the product answers with, in one table: from it come the `type` and
//! `title` of every problem, the page behind each `type`, and what the OpenAPI document
//! says of each code. Codes are stable: one may be added, none changes its meaning.

use crate::platform::i18n::Lang;

/// A sentence in Chinese and in English.
type Both = (&'static str, &'static str);

/// One kind of problem.
#[derive(Debug)]
pub struct Kind {
    /// Stable, for programs.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    title: Both,
    meaning: Both,
    remedy: Both,
}

impl Kind {
    /// Its name for people; the same in every answer (RFC 9457, section 3.1.3).
    pub fn title(&self, lang: Lang) -> &'static str {
        lang.pick(self.title.0, self.title.1)
    }

    /// When it is answered.
    pub fn meaning(&self, lang: Lang) -> &'static str {
        lang.pick(self.meaning.0, self.meaning.1)
    }

    /// What to do about it.
    pub fn remedy(&self, lang: Lang) -> &'static str {
        lang.pick(self.remedy.0, self.remedy.1)
    }
}

/// The kind with this code.
pub fn find(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

macro_rules! kinds {
    ($($code:ident $status:literal $title:tt $meaning:tt $remedy:tt)+) => {
        /// All kinds, in the order of their codes.
        pub const KINDS: &[Kind] = &[$(Kind {
            code: stringify!($code),
            status: $status,
            title: $title,
            meaning: $meaning,
            remedy: $remedy,
        }),+];
    };
}

// Code and status; title; when it is answered; what to do. One line of each.
#[rustfmt::skip]
kinds! {
    already_signed_up 409
        ("已经报过名", "Already signed up")
        ("这位志愿者已在这个班次上；`signup_id` 是那次报名。", "The volunteer is on this shift already; `signup_id` names the sign-up.")
        ("无须再报。需要的话，读取 `/api/v1/signups/{signup_id}`。", "Nothing needs to be done. Read `/api/v1/signups/{signup_id}` if you need it.")
    birth_date_missing 422
        ("缺少出生日期", "Birth date missing")
        ("这个班次须知道年龄：志愿者没有声明已满 18 周岁，或项目不收未成年人。", "The shift needs to know an age: the volunteer has not declared to be 18, or the project takes no minors.")
        ("再次报名时带上 `birth_date`，或在允许时带上 `adult`。", "Sign up again with `birth_date`, or with `adult` where that is enough.")
    body_too_large 413
        ("请求体过大", "Body too large")
        ("请求体超过这个接口允许的长度。", "The body is longer than this operation takes.")
        ("去掉多余内容；项目很多时用批量导入。", "Leave out what is not needed; import many projects in bulk.")
    busy 503
        ("系统繁忙", "Busy")
        ("别人刚好抢先写入，或存储正在重启；什么都没有改变。", "Somebody else was quicker, or the storage restarts; nothing was changed.")
        ("等 `Retry-After` 秒后，用同样的请求和同样的 `Idempotency-Key` 再试。", "Wait `Retry-After` seconds and repeat the same request with the same `Idempotency-Key`.")
    closed 409
        ("报名已截止", "Sign-up closed")
        ("班次已过报名截止时间，或项目已停止招募。", "Sign-up for the shift has closed, or the project recruits no more.")
        ("换一个班次。", "Choose another shift.")
    codes_unavailable 503
        ("暂时无法发送验证码", "Codes unavailable")
        ("这个部署没有接通短信网关。", "This deployment is not connected to a message gateway.")
        ("联系运营方。", "Ask whoever runs the deployment.")
    cross_site 403
        ("来自别的网站的请求", "Cross-site request")
        ("浏览器说明，这个改动数据的请求由另一个网站发起。", "The browser says that another site made it send this request, which changes data.")
        ("从服务器端调用接口；网页请从本站操作。", "Call the API from a server; use pages from this site itself.")
    dry_run_not_done 409
        ("试运行尚未完成", "Dry run not done")
        ("这个导入不是试运行，或试运行还没有完成。", "The import is no dry run, or one that is not done.")
        ("等试运行完成，或重新上传。", "Wait until the dry run is done, or hand the file in again.")
    duplicate_key 400
        ("字段名重复", "Name given twice")
        ("JSON 的同一个对象里，同一个名字出现了两次；`errors` 指出位置。", "A name stands twice in one JSON object; `errors` says where.")
        ("每个名字只留一次。", "Give each name once.")
    ended 409
        ("班次已结束", "Shift over")
        ("班次已经结束。", "The shift has ended.")
        ("换一个班次。", "Choose another shift.")
    forbidden 403
        ("没有权限", "Forbidden")
        ("调用者的身份已确认，但没有这项权限：密钥缺少范围，或属于别的组织，或成员角色不够。", "The caller is known and may not: the key lacks a scope or belongs to another organization, or the member's role does not reach.")
        ("换用有权限的密钥，或请组织的负责人操作。", "Use a key that has the scope, or ask an owner of the organization.")
    guardian_consent_missing 422
        ("缺少监护人同意", "Guardian's consent missing")
        ("志愿者在班次当天未满 18 周岁。", "The volunteer is under 18 on the day of the shift.")
        ("再次报名时带上 `guardian`。", "Sign up again with `guardian`.")
    guardian_must_accompany 422
        ("须监护人陪同", "Guardian must come along")
        ("志愿者在班次当天未满 14 周岁。", "The volunteer is under 14 on the day of the shift.")
        ("再次报名时带上 `guardian`，并写明 `accompanies: true`。", "Sign up again with a `guardian` who has `accompanies: true`.")
    idempotency_key_reused 422
        ("幂等键已用于另一个请求", "Idempotency key reused")
        ("这个 `Idempotency-Key` 已用于另一个路径或另一个请求体。", "This `Idempotency-Key` was used with another path or another body.")
        ("重试时原样重发；做另一件事时换一个新的键。", "Repeat a request as it was; use a new key for something else.")
    internal 500
        ("系统内部错误", "Internal error")
        ("我们这边出了错，已记入日志。", "A fault of ours; it has been logged.")
        ("稍后再试；求助时报上 `request_id`。", "Try again later; quote `request_id` when you ask for help.")
    invalid_fields 422
        ("有些内容需要修改", "Invalid fields")
        ("请求体是合法的 JSON，但有些字段不合要求；`errors` 一次列出全部，用 JSON Pointer 指明。", "The body is JSON, but some fields are not as they must be; `errors` lists all of them, each by JSON pointer.")
        ("逐项改正后重发。", "Correct each of them and send again.")
    invalid_idempotency_key 400
        ("幂等键格式不对", "Invalid idempotency key")
        ("`Idempotency-Key` 应为 1 到 64 个可见的 ASCII 字符。", "`Idempotency-Key` must be 1 to 64 visible ASCII characters.")
        ("为每件要做的事生成一个 UUID。", "Make a UUID for each thing you want done.")
    invalid_parameters 400
        ("查询参数需要修改", "Invalid parameters")
        ("有查询参数不存在、重复、为空、不合要求，或互相矛盾；`errors` 列出全部。", "Query parameters are unknown, repeated, empty, not as they must be, or contradict each other; `errors` lists all of them.")
        ("按接口文档改正。", "Correct them by the reference.")
    json_too_deep 400
        ("JSON 嵌套过深", "JSON nested too deeply")
        ("数组和对象的嵌套超过 32 层。", "Arrays and objects stand more than 32 levels inside one another.")
        ("按接口文档组织请求体。", "Shape the body as the reference says.")
    malformed_json 400
        ("不是合法的 JSON", "Malformed JSON")
        ("请求体不是 UTF-8 编码的合法 JSON；`detail` 指出位置。", "The body is not JSON in UTF-8; `detail` says where it stops being so.")
        ("用 JSON 库生成请求体。", "Write bodies with a JSON library.")
    method_not_allowed 405
        ("不支持的方法", "Method not allowed")
        ("这个地址存在，但不支持这个方法；`Allow` 列出支持的。", "There is something at this address, but it does not take the method; `Allow` lists those it takes.")
        ("换用 `Allow` 中的方法。", "Use one of the methods in `Allow`.")
    name_missing 422
        ("缺少姓名", "Name missing")
        ("志愿者还没有告诉我们如何称呼。", "The volunteer has not said what they are called.")
        ("再次报名时带上 `name`。", "Sign up again with `name`.")
    not_found 404
        ("没有找到", "Not found")
        ("这里没有内容，或没有调用者可以知道的内容。", "There is nothing here, or nothing the caller may know of.")
        ("核对地址中的编号，以及所用的密钥或会话。", "Check the ids in the address, and which key or session you use.")
    not_open 409
        ("报名尚未开始", "Sign-up not open yet")
        ("报名在 `opens_at` 开始。", "Sign-up opens at `opens_at`.")
        ("到时候再报。", "Sign up then.")
    organization_not_verified 403
        ("组织未通过核验", "Organization not verified")
        ("组织还没有通过核验，或已被暂停：只能保存草稿。", "The organization is not verified or was suspended: it can keep drafts only.")
        ("以 `state: \"draft\"` 保存，等统筹单位核验。", "Save with `state: \"draft\"` until a coordinator verifies it.")
    organization_suspended 409
        ("组织已被暂停", "Organization suspended")
        ("统筹单位暂停了这个组织，它的班次不能报名。", "A coordinator has suspended the organization; its shifts take no sign-ups.")
        ("换一个组织的班次。", "Choose a shift of another organization.")
    project_cancelled 410
        ("项目已取消", "Project cancelled")
        ("项目曾在菜单上，后来取消了；`reason` 是原因。", "The project was on the menu and was called off; `reason` says why.")
        ("从你的系统中移除它。", "Remove it from your system.")
    rate_limited 429
        ("请求过于频繁", "Too many requests")
        ("这个密钥、会话或网络地址的请求超过了 `RateLimit-Policy` 写明的限度。", "This key, session or network address sent more requests than `RateLimit-Policy` states.")
        ("等 `Retry-After` 秒后再试；项目很多时用批量导入。", "Wait `Retry-After` seconds; import many projects in bulk.")
    reference_taken 409
        ("编号已被占用", "Reference taken")
        ("组织的另一个项目已用了这个 `client_ref`。", "Another project of the organization has this `client_ref`.")
        ("换一个编号；重试同一次复制时请带上同样的 `Idempotency-Key`。", "Choose another; send the same `Idempotency-Key` when you repeat the same copy.")
    roster_closed 410
        ("名单已关闭", "Roster closed")
        ("班次结束已超过 30 天，名单不再显示。", "The shift ended more than 30 days ago; its roster is shown no more.")
        ("请在期限内读取并妥善保管。", "Read rosters in time, and keep them safe.")
    shift_cancelled 409
        ("班次已取消", "Shift cancelled")
        ("班次或整个项目已取消。", "The shift or its whole project was called off.")
        ("换一个班次。", "Choose another shift.")
    shift_clash 409
        ("时间冲突", "Shift clash")
        ("与志愿者已报的另一个班次（`clashes_with`）时间重叠。", "It overlaps with another shift the volunteer holds (`clashes_with`).")
        ("换一个班次，或先取消另一个。", "Choose another shift, or cancel the other one first.")
    shift_full 409
        ("名额已满", "Shift full")
        ("名额和候补都满了。", "Neither a seat nor a place on the waiting list is left.")
        ("换一个班次，或过后再试。", "Choose another shift, or try again later.")
    shift_has_signups 409
        ("班次已有人报名", "Shift has sign-ups")
        ("改动会悄悄影响已报名的人：班次不见了、时间变了或名额不够了，却没有写明原因；`errors` 指出位置。", "The change would silently affect volunteers: a shift with sign-ups is missing, moved or too small, and no reason is given; `errors` says where.")
        ("保留班次，把它的 `state` 设为 `cancelled` 或写明 `change_reason`。", "Keep the shift, and give its `change_reason` or set its `state` to `cancelled`.")
    skill_missing 409
        ("缺少所需技能", "Skill missing")
        ("项目要求的技能（`skills`），志愿者没有声明具备。", "The project asks for `skills` the volunteer has not declared.")
        ("确实具备的，再次报名时在 `skills` 中声明。", "If they have them, declare them in `skills` when signing up again.")
    tight_gap 409
        ("两个班次间隔太短", "Tight gap")
        ("与另一个班次（`clashes_with`）之间来不及赶路。", "There is too little time to travel between this and another shift (`clashes_with`).")
        ("志愿者坚持的，再次报名时带上 `accept_tight_gap`。", "If the volunteer insists, sign up again with `accept_tight_gap`.")
    too_late 409
        ("已来不及取消", "Too late")
        ("班次已经开始。", "The shift has begun.")
        ("联系组织。", "Talk to the organization.")
    too_many_codes 429
        ("验证码要得太频繁", "Too many codes")
        ("这个手机号或这个网络刚刚要过验证码，或一小时内要得太多。", "This phone or this network asked for a code a moment ago, or for too many within an hour.")
        ("等 `Retry-After` 秒；已收到的验证码仍可用。", "Wait `Retry-After` seconds; a code already received is still good.")
    too_many_imports 409
        ("正在处理的导入过多", "Too many imports")
        ("组织正在处理的导入已达上限。", "The organization has as many imports under way as it may.")
        ("等它们完成，或取消其中一个。", "Wait for them, or cancel one.")
    too_many_projects 422
        ("项目过多", "Too many projects")
        ("一个文件里的项目超过 5000 个。", "The file has more than 5,000 projects.")
        ("分成几个文件。", "Split the file.")
    too_young 409
        ("年龄不够", "Too young")
        ("志愿者在班次当天未满 `min_age` 周岁。", "The volunteer is younger than `min_age` on the day of the shift.")
        ("换一个项目。", "Choose another project.")
    unauthenticated 401
        ("请先登录", "Unauthenticated")
        ("没有出示密钥或会话，或它已失效、已撤销。", "No key or session was presented, or it has expired or was revoked.")
        ("带上 `Authorization: Bearer <token>`；会话失效后重新登录。", "Send `Authorization: Bearer <token>`; sign in again when a session has ended.")
    unreadable_file 422
        ("文件无法识别", "Unreadable file")
        ("文件不是 NDJSON 或 CSV，编码无法识别，或列名不对；`detail` 说明原因。", "The file is not NDJSON or CSV, is in an unknown encoding, or has other columns than the template; `detail` says which.")
        ("用模板填写，另存为 CSV UTF-8。", "Use the template and save as CSV UTF-8.")
    unsupported_media_type 415
        ("不支持的内容类型", "Unsupported media type")
        ("`Content-Type` 不是这个接口接受的类型，或不是 UTF-8，或请求体经过压缩。", "`Content-Type` is not what this operation takes, or not UTF-8, or the body is compressed.")
        ("按接口文档设置 `Content-Type`，请求体不要压缩。", "Set `Content-Type` as the reference says, and send the body uncompressed.")
    version_conflict 412
        ("版本冲突", "Version conflict")
        ("`If-Match` 或 `If-None-Match` 的条件不成立：别人已经改过，或已经存在。", "`If-Match` or `If-None-Match` does not hold: somebody has changed it since, or it exists already.")
        ("重新读取，合并改动，用新的 `ETag` 再试。", "Read it again, merge, and try with the new `ETag`.")
    wrong_code 403
        ("验证码不对", "Wrong code")
        ("验证码不对、已失效、已用过，或试得太多。", "The code is wrong, expired, used, or was tried too often.")
        ("核对后再试，或重新获取。", "Check it, or ask for a new one.")
    wrong_state 409
        ("项目的状态不允许", "Wrong state")
        ("项目现在的状态（`state`）走不到这一步：例如已取消的不能再发布，发布过的不能删除。", "The step does not lead on from where the project stands (`state`): what was called off is not published again, what was published is not deleted.")
        ("读取项目，看它在哪个状态；已取消的可以复制一份再发布。", "Read the project to see where it stands; one that was called off can be copied and published anew.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_the_order_of_their_codes() {
        let codes: Vec<_> = KINDS.iter().map(|kind| kind.code).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
    }

    #[test]
    fn each_kind_is_explained_in_both_languages() {
        for kind in KINDS {
            for said in [Kind::title, Kind::meaning, Kind::remedy] {
                let (zh, en) = (said(kind, Lang::Zh), said(kind, Lang::En));
                assert!(!zh.is_ascii() && en.is_ascii(), "{}: {zh} {en}", kind.code);
            }
            assert!((400..600).contains(&kind.status), "{}", kind.code);
        }
    }

    /// The status and the code of each `::new(StatusCode::X, "code", …)` in a source file.
    fn written_codes(source: &str) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for call in source.split("::new(").skip(1) {
            let mut arguments = call.splitn(3, ',').map(str::trim);
            let (Some(status), Some(code)) = (arguments.next(), arguments.next()) else {
                continue;
            };
            let code = code
                .strip_prefix('"')
                .and_then(|code| code.strip_suffix('"'));
            if let (Some(status), Some(code)) = (status.strip_prefix("StatusCode::"), code) {
                found.push((status, code));
            }
        }
        found
    }

    fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_code_written_in_the_source_is_in_the_table_with_its_status() {
        let mut files = Vec::new();
        sources(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        let mut seen = 0;
        for file in files.iter().filter(|file| !file.ends_with("catalogue.rs")) {
            let source = std::fs::read_to_string(file).unwrap();
            for (status, code) in written_codes(&source) {
                seen += 1;
                let kind = find(code);
                let kind = kind.unwrap_or_else(|| panic!("{code} of {file:?} has no row here"));
                let named = axum::http::StatusCode::from_u16(kind.status).unwrap();
                let named = named.canonical_reason().unwrap().to_uppercase();
                assert_eq!(status, named.replace([' ', '-'], "_"), "{code} of {file:?}");
            }
        }
        assert!(seen > 20, "only {seen} were found");
    }
}

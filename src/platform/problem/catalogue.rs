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
    already_checked_in 409
        ("已经签到", "Checked in already")
        ("这位志愿者已经签到，之后还没有签退。", "The volunteer has checked in, and not out since.")
        ("无须再签到；离开时签退。", "Nothing needs to be done; check out on leaving.")
    already_checked_out 409
        ("已经签退", "Checked out already")
        ("这位志愿者已经签退，之后没有再签到。", "The volunteer has checked out, and not in since.")
        ("无须再签退；时间有误时请组织者登记。", "Nothing needs to be done; if the time is wrong, the organizer enters it.")
    already_contested 409
        ("已提过异议", "Contested already")
        ("这条记录已经提过一次异议；`dispute_id` 是那次异议。", "The record was contested before; `dispute_id` names the dispute.")
        ("读取那次异议；组织没有更正时，可申请统筹员裁定。", "Read the dispute; if the organization declined, ask the coordinator to decide.")
    already_coordinator 409
        ("已是统筹员", "Coordinator already")
        ("这个手机号的主人已经是该行政区划的统筹员。", "Whoever has this phone coordinates that region already.")
        ("无须再任命。", "Nothing needs to be done.")
    already_entered 409
        ("已经报名参赛", "Entered already")
        ("这个项目在本届大赛已有一份报名，一个项目只能报一次。", "The project has an entry in this contest already: one a project.")
        ("修改那份报名，或先撤回它。", "Change that entry, or withdraw it first.")
    already_invited 409
        ("已经邀请过", "Invited already")
        ("对这个手机号的邀请还有效，对方还没有答复。", "An invitation for this phone is open and has not been answered.")
        ("等对方接受，或撤回后重新邀请。", "Wait for the answer, or withdraw it and invite again.")
    already_judge 409
        ("已是评委", "Judge already")
        ("已经（或曾经）凭另一份邀请担任本次大赛的评委。", "They are, or were, a judge of the contest by another invitation.")
        ("无须再接受；退出后不能重新担任，以免回避关系失效。", "Nothing needs to be done. Whoever has left does not come back, lest what they declared were forgotten.")
    already_member 409
        ("已是成员", "Member already")
        ("这个手机号的主人已经是组织的成员。", "Whoever has this phone is a member of the organization already.")
        ("要改角色时，修改该成员。", "To give them another role, change the member.")
    already_officer 409
        ("已有职务", "Officer already")
        ("这个手机号的主人在这届大赛已有一项职务。", "Whoever has this phone has an office in the contest already.")
        ("无须再任命；要换职务，先解除现有的。", "Nothing needs to be done; to give another office, end the one they have.")
    already_replied 409
        ("已经说明过", "Already replied")
        ("对这次未到的说明已经提交过，不能改写。", "A reply to this absence was given already; it is not rewritten.")
        ("需要补充时，直接联系组织。", "To add something, talk to the organization.")
    already_sent 409
        ("已标记推送", "Sent already")
        ("这篇宣传稿已用同一链接标记为推送到这个渠道。", "The story is marked as sent to this channel with this link already.")
        ("无需再标记；另一篇报道请填写它自己的链接。", "Nothing is left to do; another report has a link of its own.")
    already_signed_up 409
        ("已经报过名", "Already signed up")
        ("这位志愿者已在这个班次上；`signup_id` 是那次报名。", "The volunteer is on this shift already; `signup_id` names the sign-up.")
        ("无须再报。需要的话，读取 `/api/v1/signups/{signup_id}`。", "Nothing needs to be done. Read `/api/v1/signups/{signup_id}` if you need it.")
    another_entry_up 409
        ("另一项目正在评分", "Another entry is up")
        ("同赛道的项目 `up` 正在评分；每个赛道同时只有一个项目上场。", "The entry `up` of the same track is being scored; one entry a track is up at a time.")
        ("先停止它的评分。", "Close it first.")
    answer_not_due 409
        ("还在答复期内", "Answer not due yet")
        ("组织还没有答复，答复期（`due_on`）也没有过。", "The organization has not answered, and its time (`due_on`) is not over.")
        ("等答复；过期未答复即可申请裁定。", "Wait for the answer; when the day is over, ask the coordinator.")
    attendance_closed 409
        ("签到已关闭", "Check-in closed")
        ("现在、或所说的时间，已超过班次结束后 4 小时；手机里保存的签到须在结束后 72 小时内上传。", "Now, or the time it speaks of, is more than four hours after the end of the shift; what a phone kept is taken until 72 hours after it.")
        ("请组织者登记。", "Ask the organizer to enter it.")
    attendance_code_expired 409
        ("签到码已更新", "Code changed")
        ("签到码每 30 秒更新一次，这是先前的。", "The code changes every 30 seconds; this was an earlier one.")
        ("重新扫码或输入。没有网络时先保存，上传时带上 `happened_at`。", "Scan or type the new one. For what was kept without a network, send `happened_at`.")
    attendance_id_taken 409
        ("编号已被使用", "Id taken")
        ("这个 `id` 已用于另一条签到记录。", "This `id` is that of another piece of evidence.")
        ("每条签到使用一个新的 UUID。", "Use a new UUID for each check-in.")
    attendance_not_open 409
        ("还不能签到", "Check-in not open")
        ("班次开始前一小时（`opens_at`）才开放签到。", "Check-in opens an hour before the start, at `opens_at`.")
        ("到时候再签到。", "Check in then.")
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
    certificate_revoked 409
        ("证明已被撤销", "Certificate revoked")
        ("出具组织撤销过这些记录的证明，并且没有允许本人重新申请。", "The organization revoked a certificate of these records and has not let the volunteer ask for another one.")
        ("请联系出具组织：由组织允许重新申请（`may_ask_again`）或更正记录。", "Ask the organization: it lets you ask again (`may_ask_again`) or corrects the record.")
    closed 409
        ("报名已截止", "Sign-up closed")
        ("班次已过报名截止时间，或项目已停止招募。", "Sign-up for the shift has closed, or the project recruits no more.")
        ("换一个班次。", "Choose another shift.")
    codes_unavailable 503
        ("暂时无法发送验证码", "Codes unavailable")
        ("这个部署没有接通短信网关。", "This deployment is not connected to a message gateway.")
        ("联系运营方。", "Ask whoever runs the deployment.")
    conflicts_undeclared 409
        ("尚未申报回避", "Conflicts undeclared")
        ("评委还没有申报利益冲突（没有也须申报）；申报之前不显示参赛项目。", "The judge has not said yet which conflicts they have, or that they have none; no entry is shown before.")
        ("先申报：`POST /api/v1/contests/{id}/conflicts`，没有时传空列表。", "Declare first: `POST /api/v1/contests/{id}/conflicts`, with an empty list if there are none.")
    contest_not_draft 409
        ("大赛不是草稿", "Not a draft")
        ("大赛已经公布或取消，不能再按草稿修改或公布。", "The contest was announced or called off: it is not edited or announced as a draft any more.")
        ("规则要调整时，提交公开修订。", "To change its rules, publish an amendment.")
    contest_not_running 409
        ("大赛未在进行", "Not running")
        ("大赛还没有公布，或已经取消。", "The contest is not announced yet, or was called off.")
        ("读取大赛的当前状态。", "Read where the contest stands.")
    credit_code_taken 409
        ("信用代码已被登记", "Credit code taken")
        ("已有组织用这个统一社会信用代码登记，且没有被驳回。", "An organization that was not refused is registered with this unified social credit code.")
        ("如果那不是贵单位登记的，请联系当地统筹单位；它被驳回后即可登记。", "If that was not you, ask the coordinator of your region: once that one is refused, you can register.")
    cross_site 403
        ("来自别的网站的请求", "Cross-site request")
        ("浏览器说明，这个改动数据的请求由另一个网站发起。", "The browser says that another site made it send this request, which changes data.")
        ("从服务器端调用接口；网页请从本站操作。", "Call the API from a server; use pages from this site itself.")
    decision_not_possible 409
        ("目前不能作此决定", "Decision not possible")
        ("组织目前的状态（`state`）不允许这个决定：例如只有已核验的才能暂停。", "The organization's `state` does not allow this decision: only a verified one can be suspended, for instance.")
        ("读取组织，按它现在的状态决定。", "Read the organization, and decide by the state it is in.")
    dispute_out_of_turn 409
        ("异议已有进展", "Dispute out of turn")
        ("异议现在的状态不允许这一步：例如已答复、已裁定，或正等统筹员裁定。", "Where the dispute stands this step cannot be taken: it is answered or decided, or waits for the coordinator.")
        ("读取异议，按现在的状态处理。", "Read the dispute, and act by the state it is in.")
    draw_impossible 409
        ("无法抽签", "Draw impossible")
        ("`entries` 中的项目没有足够的、无利益冲突的评委。", "The entries named in `entries` have not enough judges without a conflict.")
        ("再邀请评委，等他们申报利益冲突后再抽签。", "Invite more judges, and draw once they have declared their conflicts.")
    draw_too_early 409
        ("还不能抽签", "Too early to draw")
        ("报名或前一阶段尚未结束，或晋级名单尚未确定。", "Entries or the stage before have not closed, or who goes on is not settled.")
        ("结束后再抽签。", "Draw once they have.")
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
    entered_elsewhere 409
        ("正在参加别的大赛", "Takes part elsewhere")
        ("这个项目正在参加另一届还没有结束的大赛，规则不允许同时参加。", "The project takes part in another contest still under way, which the rules do not allow.")
        ("等那届大赛结束，或先在那里撤回。", "Wait until that contest is over, or withdraw there first.")
    entries_closed 409
        ("报名已截止", "Entries closed")
        ("报名截止时间 `closed_at` 已过。", "Entries closed at `closed_at`.")
        ("如规则延期，会以公开修订的方式公布。", "If the deadline is extended, an amendment says so in the open.")
    entries_not_open 409
        ("报名尚未开始", "Entries not open")
        ("报名从 `opens_at` 开始。", "Entries open at `opens_at`.")
        ("先存草稿，到时再提交。", "Keep a draft, and submit it then.")
    entry_not_awarded 409
        ("没有获奖", "Not awarded")
        ("这个参赛项目没有获奖，或大赛结果尚未确定，没有购买和宣传可登记。", "The entry has won nothing, or the result is not final yet: there is no purchase and no story to tell of.")
        ("结果确定后再登记获奖项目。", "Come back once the result is final, for entries that won.")
    entry_not_in_stage 409
        ("不在本阶段", "Not in this stage")
        ("这个项目不参加本阶段，或还没有抽签分配评委。", "The entry does not take part in the stage, or no judge was drawn for it.")
        ("先抽签分配评委。", "Draw judges for it first.")
    entry_not_submitted 409
        ("报名未提交", "Not submitted")
        ("这份报名没有提交，或已经撤回，不能作资格审查决定。", "The entry is not submitted, or was withdrawn: there is nothing to decide on.")
        ("读取报名的当前状态。", "Read where the entry stands.")
    entry_not_up 409
        ("不在评分中", "Not up")
        ("路演只评正在场上的项目：这个项目还没有上场，或评分已经停止；这次保存没有生效。", "In a roadshow only what is up is scored: the entry was not called up yet, or its scoring is closed; what was sent was not taken.")
        ("等它上场后再评；停止评分时，已交的有效，未交的不计。", "Score it once it is up. When scoring is closed, what was handed in stands, and what was not does not count.")
    entry_withdrawn 409
        ("报名已撤回", "Entry withdrawn")
        ("这份报名已经撤回，不能再修改。", "The entry was withdrawn and changes no more.")
        ("截止前可以为同一项目重新报名。", "Until entries close, enter the project anew.")
    floor_out_of_turn 409
        ("顺序不对", "Out of turn")
        ("项目依次上场、停止评分、公布得分；它现在的状态（`state`）不允许这一步。公布后不能再改。", "An entry is called up, closed, then shown; its `state` does not allow this step. What was shown changes no more.")
        ("读取场上情况，按项目现在的状态操作。", "Read the floor, and act by the state the entry is in.")
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
    import_quota_spent 429
        ("今天导入得太多", "Too much imported today")
        ("组织在 24 小时内导入的次数、项目数或字节数已到上限；未核验的组织上限较低。", "The organization has imported as often, as many projects or as many bytes as it may within 24 hours; less unless it is verified.")
        ("等 `Retry-After` 秒后再导入，把文件分小，或逐个用 `PUT` 提交。", "Wait `Retry-After` seconds, split the file, or `PUT` projects one by one.")
    interested_party 403
        ("须回避", "Interested party")
        ("操作者所在的组织参加了这届大赛：公布前的结果、日志和计数不向其显示，也不由其审定。", "Whoever asks belongs to an organization that entered: what is not public yet is not shown to them, and they approve nothing.")
        ("请没有利害关系的人来做。", "Let somebody without an interest do it.")
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
    invitation_over 410
        ("邀请已失效", "Invitation over")
        ("邀请已撤回、已谢绝，或已超过 14 天。", "The invitation was withdrawn or declined, or is older than 14 days.")
        ("请组织的负责人重新邀请。", "Ask an owner of the organization for a new one.")
    json_too_deep 400
        ("JSON 嵌套过深", "JSON nested too deeply")
        ("数组和对象的嵌套超过 32 层。", "Arrays and objects stand more than 32 levels inside one another.")
        ("按接口文档组织请求体。", "Shape the body as the reference says.")
    judging_begun 409
        ("评分已开始", "Judging has begun")
        ("评分已经开始，资格审查不再改动。", "Judging has begun: eligibility is not decided any more.")
        ("如有问题，由组织者在结果公示期处理。", "What is wrong is dealt with when the result is on notice.")
    key_rotated_today 409
        ("密钥刚更换过", "Key rotated today")
        ("组织的签名密钥 24 小时内已更换过。", "The organization's signing key was rotated within the last 24 hours.")
        ("无须再换；确有需要，一天后再换。", "Nothing needs to be done. Rotate it again after a day if you must.")
    last_owner 409
        ("最后一位负责人", "Last owner")
        ("组织至少要有一位负责人：最后一位不能退出、移除或改为别的角色。", "An organization keeps at least one owner: the last one cannot leave, be removed, or be given another role.")
        ("先把别的成员设为负责人。", "Make another member an owner first.")
    malformed_json 400
        ("不是合法的 JSON", "Malformed JSON")
        ("请求体不是 UTF-8 编码的合法 JSON；`detail` 指出位置。", "The body is not JSON in UTF-8; `detail` says where it stops being so.")
        ("用 JSON 库生成请求体。", "Write bodies with a JSON library.")
    method_not_allowed 405
        ("不支持的方法", "Method not allowed")
        ("这个地址存在，但不支持这个方法；`Allow` 列出支持的。", "There is something at this address, but it does not take the method; `Allow` lists those it takes.")
        ("换用 `Allow` 中的方法。", "Use one of the methods in `Allow`.")
    mistyped_number 404
        ("编号有误", "Number mistyped")
        ("证明编号的校验位不符：有错字，或两位写颠倒了。没有证明会是这个编号。", "The certificate's number does not fit its check character: a character is wrong, or two are exchanged. No certificate has it.")
        ("对照证明逐位检查，或扫描证明上的二维码。", "Compare each character with the certificate, or scan its code.")
    name_missing 422
        ("缺少姓名", "Name missing")
        ("志愿者还没有告诉我们如何称呼。", "The volunteer has not said what they are called.")
        ("再次报名时带上 `name`，或先用 `PATCH /api/v1/me` 填写姓名。", "Sign up again with `name`, or set it first with `PATCH /api/v1/me`.")
    no_hours 409
        ("没有服务记录", "No hours")
        ("这个组织没有符合条件的服务记录可以证明。", "The organization has no service record that fits what was asked.")
        ("放宽时间或项目；服务还没有结算时，请等组织结算。", "Ask for a longer time or for all projects; when a shift is not settled yet, wait until it is.")
    no_notice_period 409
        ("不在公示期", "No notice period")
        ("结果没有公示，或公示期已过，或已有新的版本在公示。", "The result is not on notice, or its notice is over, or a newer version is on notice.")
        ("在公示期内对最新公示的结果提出。", "Object to the newest result while it is on notice.")
    nobody_signed_up 409
        ("没有可以通知的人", "Nobody to write to")
        ("这个班次上没有符合 `to` 的志愿者。", "Nobody on this shift is among those named by `to`.")
        ("等有人报名后再发，或用 `to: all` 也发给候补。", "Write when somebody has signed up, or with `to: all` to those who wait as well.")
    not_a_sibling 409
        ("不是同一项目的班次", "Not a shift of the same project")
        ("志愿者只能换到同一项目的班次。", "Volunteers are moved between shifts of one project only.")
        ("换一个 `shift_id`；别的项目请志愿者自己报名。", "Give another `shift_id`; for another project the volunteer signs up.")
    not_found 404
        ("没有找到", "Not found")
        ("这里没有内容，或没有调用者可以知道的内容。", "There is nothing here, or nothing the caller may know of.")
        ("核对地址中的编号，以及所用的密钥或会话。", "Check the ids in the address, and which key or session you use.")
    not_movable 409
        ("不能换班", "Cannot be moved")
        ("这个报名已取消，或已按到场情况结算。", "The sign-up was cancelled, or settled by who came.")
        ("请志愿者重新报名。", "Ask the volunteer to sign up again.")
    not_open 409
        ("报名尚未开始", "Sign-up not open yet")
        ("报名在 `opens_at` 开始。", "Sign-up opens at `opens_at`.")
        ("到时候再报。", "Sign up then.")
    not_pending 409
        ("不在等待审核", "Not waiting for approval")
        ("这个报名已经审核过、已撤回，或所属项目不需要审核。", "The sign-up was decided on or withdrawn, or its project asks for no approval.")
        ("读取名单，看它现在的状态。", "Read the roster to see where it stands.")
    not_replayable 409
        ("测试不能重新推送", "Not replayable")
        ("这条记录是测试（`webhook.test`），不是事件。", "The delivery is a test (`webhook.test`), no event.")
        ("另发一条测试。", "Send another test.")
    not_sealed_yet 409
        ("尚未封存", "Not sealed yet")
        ("记录写下后几分钟内封存进总账，这条还在等待。", "Records are sealed in the ledger within minutes; this one still waits.")
        ("等 `Retry-After` 秒后再试。", "Wait `Retry-After` seconds and try again.")
    not_service 409
        ("不是服务时长", "Not a record of service")
        ("培训、表彰和评价记录不能按时长更正。", "Records of training, honours and evaluations are not corrected in hours.")
        ("联系记录单位另行补充。", "Ask the recording unit to add another record.")
    not_signed_up 409
        ("没有名额", "Not signed up")
        ("调用者在这个班次没有已确认的名额：没有报名、在候补、已取消，或已换到别的班次。", "The caller has no confirmed place on the shift: not signed up, waiting, cancelled, or moved to another one.")
        ("核对班次；人在现场时请组织者处理。", "Check which shift it is; on the spot, ask the organizer.")
    nothing_changes 409
        ("没有可更正的", "Nothing changes")
        ("更正后的内容与现有记录相同。", "The corrected record would say what it says already.")
        ("核对起止时间和时长。", "Look at the times and minutes again.")
    nothing_to_draw 409
        ("无须抽签", "Nothing to draw")
        ("没有参赛项目，或每个项目的评委都已足额。", "There is no entry, or every entry has its judges.")
        ("评委退出或申报利益冲突后再补抽。", "Draw again when a judge leaves or declares a conflict.")
    nothing_to_rank 409
        ("没有可汇总的评分", "Nothing to rank")
        ("没有一份已交的有效评分。", "No ballot that was handed in counts.")
        ("抽签分配评委并等他们交齐评分。", "Draw judges, and wait until they have handed in.")
    objection_settled 409
        ("异议已处理", "Objection settled")
        ("这件异议已经答复过（或决定过），只能一次。", "The objection was answered, or decided, before: each is done once.")
        ("读取现有的答复和决定。", "Read what was answered and decided.")
    objection_unanswered 409
        ("异议尚未答复", "Objection unanswered")
        ("异议先由主办方答复，再作决定。", "An objection is answered before it is decided.")
        ("先答复。", "Answer it first.")
    organization_not_verified 403
        ("组织未通过核验", "Organization not verified")
        ("组织还没有通过核验，或已被暂停：项目只能保存为草稿，接收地址不能测试，也不能重新推送。", "The organization is not verified or was suspended: it can keep drafts only, and its webhooks are neither tested nor sent anything again.")
        ("等统筹单位核验；此前以 `state: \"draft\"` 保存项目。", "Wait until a coordinator verifies it; until then save with `state: \"draft\"`.")
    organization_suspended 409
        ("组织已被暂停", "Organization suspended")
        ("统筹单位暂停了这个组织：它的班次不能报名，不能开具证明，核验过的资料不能修改。", "A coordinator has suspended the organization: its shifts take no sign-ups, it certifies no hours, and what was verified stays as it is.")
        ("志愿者请换一个组织的班次，已有的服务记录不受影响；组织请联系统筹单位。", "Volunteers choose another organization, and their records stand; its own people ask the coordinator.")
    own_attendance 403
        ("不能登记自己", "Own attendance")
        ("登记的是操作者本人：手工登记和扫描签到表都须由别人来做。", "The attendance is that of whoever enters it: by hand and by the sheet, others vouch for it.")
        ("扫现场的签到码，或请另一位负责人登记。", "Check in by the code shown at the place, or let somebody else enter it.")
    own_entry 403
        ("本组织的参赛项目", "Own entry")
        ("决定的人是参赛组织的成员，应当回避。", "Whoever decides belongs to the organization that entered.")
        ("请另一位组织者决定。", "Ask another organizer to decide.")
    own_record 403
        ("不能处理自己的记录", "Your own record")
        ("记录属于处理者本人：自己的时长由别人核对。", "The record is of whoever wants to decide on it: hours are checked by somebody else.")
        ("请组织的其他成员或统筹员处理。", "Ask another member of the organization, or the coordinator.")
    past_winner 409
        ("曾经获奖", "Past winner")
        ("这个项目曾获奖，按本届规则不再参评。", "The project won before, which bars it by the rules of this contest.")
        ("可以报名参加没有这条规则的大赛，或推荐别的项目。", "Enter a contest without that rule, or another project.")
    project_cancelled 410
        ("项目已取消", "Project cancelled")
        ("项目曾在菜单上，后来取消了；`reason` 是原因。", "The project was on the menu and was called off; `reason` says why.")
        ("从你的系统中移除它。", "Remove it from your system.")
    ranking_impossible 409
        ("无法排名", "Ranking impossible")
        ("至少一个赛道的评分算不出排名；`tracks` 逐条写明原因，例如评委没有把项目连成一片，宽严无法校正。", "The ballots of a track have no ranking; `tracks` says why, such as parts that no judge links, so that severity cannot be told from quality.")
        ("按原因补抽评委，或公开修订评分方法。", "Draw more judges, or amend the method in public.")
    rate_limited 429
        ("请求过于频繁", "Too many requests")
        ("这个密钥、会话或网络地址的请求超过了 `RateLimit-Policy` 写明的限度。", "This key, session or network address sent more requests than `RateLimit-Policy` states.")
        ("等 `Retry-After` 秒后再试；项目很多时用批量导入。", "Wait `Retry-After` seconds; import many projects in bulk.")
    record_overlap 409
        ("与别的记录重叠", "Overlaps another record")
        ("更正后的时间与同一志愿者的另一条有效记录重叠：一个人不能同时在两处服务。", "The corrected times overlap another record in force of the same volunteer: nobody serves at two places at once.")
        ("改时间，或先更正另一条。", "Change the times, or correct the other record first.")
    reference_taken 409
        ("编号已被占用", "Reference taken")
        ("组织的另一个项目已用了这个 `client_ref`。", "Another project of the organization has this `client_ref`.")
        ("换一个编号；重试同一次复制时请带上同样的 `Idempotency-Key`。", "Choose another; send the same `Idempotency-Key` when you repeat the same copy.")
    region_out_of_reach 403
        ("超出统筹范围", "Region out of reach")
        ("统筹员只能任命本行政区划及其下级的统筹员。", "Coordinators appoint others for their own region and what is below it only.")
        ("请上级统筹员任命。", "Ask a coordinator whose region contains it.")
    renamed_too_often 409
        ("改名过于频繁", "Renamed too often")
        ("有服务记录的志愿者，365 天内最多改两次姓名；`possible_at` 是可以再改的时间。", "Whoever has service records changes their name at most twice in 365 days; `possible_at` says when they may again.")
        ("到时再改；其他内容可以照常修改。", "Change it then; anything else may be changed as ever.")
    result_in_use 409
        ("结果已被采用", "Result in use")
        ("后一阶段已按这份结果抽签。", "Judges of the next stage were drawn by this result.")
        ("这一阶段的结果不再改动。", "It stands; go on with the next stage.")
    result_is_final 409
        ("结果已确定", "Result is final")
        ("大赛结果已经确定并颁奖。", "The result of the contest is final, and awards are given.")
        ("不再改动。", "Nothing changes any more.")
    result_not_final_yet 409
        ("结果尚不能确定", "Result not final yet")
        ("公示期未满，或还有异议没有决定，或有异议成立。", "Its notice is not over, an objection is not decided, or one was upheld.")
        ("等公示期满，逐件决定异议；成立的，说明原因重新汇总。", "Wait for the end of the notice and decide on every objection; when one is upheld, draw up again with a reason.")
    result_superseded 409
        ("结果已有新版本", "Result superseded")
        ("这份结果已被新的版本取代，或已经公布。", "Another version has taken its place, or it is published already.")
        ("读取最新的一份。", "Read the newest one.")
    reverification_needed 409
        ("修改后须重新核验", "Reverification needed")
        ("已核验的组织要改名称、类型、信用代码、所在地或募捐资格：改后要重新核验，核验前项目不在菜单上。", "A verified organization changes its name, kind, credit code, region or fundraising qualification: it must be verified again, and is off the menu until then.")
        ("确认后带上 `accept_reverification: true` 再次提交。", "If that is meant, send it again with `accept_reverification: true`.")
    roster_closed 410
        ("名单已关闭", "Roster closed")
        ("班次结束已超过 30 天，名单不再显示。", "The shift ended more than 30 days ago; its roster is shown no more.")
        ("请在期限内读取并妥善保管。", "Read rosters in time, and keep them safe.")
    runs_contest 409
        ("参与了大赛组织", "Runs the contest")
        ("组织或监督一次大赛的人不能同时担任它的评委。", "Whoever runs a contest or watches over it does not judge it.")
        ("请把链接交给被邀请的评委本人。", "Hand the link to whoever is to judge.")
    secret_just_rotated 409
        ("密钥刚刚换过", "Secret just rotated")
        ("接收地址的密钥一天内已换过一次，旧密钥还在同时签名；`possible_at` 之后才能再换。", "The webhook's secret was rotated within a day and the one before still signs; it can be rotated again from `possible_at`.")
        ("到时候再换；密钥泄露、等不及的，删除接收地址后重新登记。", "Rotate it then; if it leaked and cannot wait, remove the webhook and register it again.")
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
    shift_not_over 409
        ("班次还没结束", "Shift not over")
        ("班次还没有结束，不能结算。", "The shift has not ended and cannot be settled.")
        ("结束后再结算。", "Settle it afterwards.")
    signal_moved_on 409
        ("提示刚刚有人处理过", "Signal has moved on")
        ("在您看过之后，统筹员或组织又处理或说明过这条提示（`seen` 与现在的条数不符）。", "Since you looked, the coordinator or the organization has decided or replied: there are other steps than `seen` says.")
        ("重新读取，看过新的内容再提交。", "Read it again, and send yours when you have seen what is new.")
    skill_missing 409
        ("缺少所需技能", "Skill missing")
        ("项目要求的技能（`skills`），志愿者没有声明具备。", "The project asks for `skills` the volunteer has not declared.")
        ("确实具备的，再次报名时在 `skills` 中声明。", "If they have them, declare them in `skills` when signing up again.")
    stage_closed 409
        ("评分已截止", "Stage closed")
        ("本阶段评分已经截止，这次保存没有生效。", "The stage has closed; what was sent was not taken.")
        ("以截止前最后一次保存的为准；确有特殊情况请联系主办方。", "What was saved last before it closed stands. Talk to the organizer if something went wrong.")
    stage_not_open 409
        ("评分未开始", "Stage not open")
        ("本阶段尚未开始评分。", "Scoring in this stage has not begun.")
        ("开始后再评。", "Come back once it has opened.")
    stage_not_over 409
        ("阶段未结束", "Stage not over")
        ("评委还可以评分。", "Judges may still score.")
        ("截止后再汇总。", "Draw the result up once it has closed.")
    story_not_consented 409
        ("未同意公开", "No consent")
        ("参赛组织没有写宣传稿，或没有同意公开：不能推送。", "The organization has written no story, or does not agree to its being published: it cannot be sent.")
        ("请组织在参赛页面填写宣传稿并勾选同意。", "Ask the organization to write it and to agree, on the page of its entry.")
    superseded_already 409
        ("已有新的更正", "Superseded already")
        ("这条记录已被另一条更正取代。", "Another record has taken the place of this one.")
        ("读取这条记录，对最新的一条操作。", "Read the record, and act on its newest version.")
    tight_gap 409
        ("两个班次间隔太短", "Tight gap")
        ("与另一个班次（`clashes_with`）之间来不及赶路。", "There is too little time to travel between this and another shift (`clashes_with`).")
        ("志愿者坚持的，再次报名时带上 `accept_tight_gap`。", "If the volunteer insists, sign up again with `accept_tight_gap`.")
    too_few_ballots 409
        ("评分不够", "Too few ballots")
        ("交上来的评分太少，按本阶段的计分方法算不出得分。", "Too few ballots were handed in for the stage's method to give a score.")
        ("阶段截止前可重新评分，请评委交齐。", "Until the stage closes, open the entry again and have its judges hand in.")
    too_late 409
        ("已来不及取消", "Too late")
        ("班次已经开始。", "The shift has begun.")
        ("联系组织。", "Talk to the organization.")
    too_many_certificates 429
        ("今天的证明已够多", "Too many certificates")
        ("同一位志愿者一天最多开具 30 份证明。", "One volunteer is issued at most 30 certificates a day.")
        ("已经开具的随时可用；别的明天再开。", "Those issued stay good. Come back tomorrow for others.")
    too_many_codes 429
        ("验证码要得太频繁", "Too many codes")
        ("这个手机号或这个网络刚刚要过验证码，或一小时内要得太多。", "This phone or this network asked for a code a moment ago, or for too many within an hour.")
        ("等 `Retry-After` 秒；已收到的验证码仍可用。", "Wait `Retry-After` seconds; a code already received is still good.")
    too_many_imports 409
        ("正在处理的导入过多", "Too many imports")
        ("组织正在处理的导入已达上限。", "The organization has as many imports under way as it may.")
        ("等它们完成，或取消其中一个。", "Wait for them, or cancel one.")
    too_many_invitations 409
        ("邀请太多", "Too many invitations")
        ("组织在过去 24 小时内已发出 20 份邀请。", "The organization has sent 20 invitations in the last 24 hours.")
        ("明天再邀请。", "Invite more tomorrow.")
    too_many_judges 409
        ("评委过多", "Too many judges")
        ("一次大赛的评委数量已达上限，已退出的也计算在内。", "The contest has as many judges as it may, those who left included.")
        ("不再邀请更多评委。", "Invite no more.")
    too_many_keys 409
        ("密钥太多", "Too many keys")
        ("组织已有 50 个有效的接口密钥。", "The organization has 50 API keys that work.")
        ("停用不再使用的密钥。", "Revoke those that are not used any more.")
    too_many_messages 429
        ("消息太多", "Too many messages")
        ("24 小时内给同一个班次最多发 5 条消息。", "A shift is written to five times within 24 hours at most.")
        ("等 `Retry-After` 秒后再发。", "Wait `Retry-After` seconds.")
    too_many_objections 409
        ("异议过多", "Too many objections")
        ("同一人对一份结果最多提出三次异议。", "One person objects to one result three times at most.")
        ("等待已提异议的决定。", "Wait for the decisions on those.")
    too_many_officers 409
        ("职务人员已满", "Too many officers")
        ("一届大赛同时最多 50 名职务人员。", "A contest has at most 50 officers at a time.")
        ("先解除一些职务。", "End some offices first.")
    too_many_projects 422
        ("项目过多", "Too many projects")
        ("一个文件里的项目超过 5000 个。", "The file has more than 5,000 projects.")
        ("分成几个文件。", "Split the file.")
    too_many_tests 429
        ("测试太多", "Too many tests")
        ("一小时内向同一个接收地址最多发 5 条测试。", "A webhook is tried out five times within an hour at most.")
        ("等 `Retry-After` 秒后再发。", "Wait `Retry-After` seconds.")
    too_many_waiting 409
        ("待核验的组织太多", "Too many waiting")
        ("调用者已有 10 个组织在等待核验或未通过核验。", "The caller has 10 organizations that wait for verification or were refused.")
        ("等它们核验后再登记。", "Register more when they are verified.")
    too_many_webhooks 409
        ("接收地址太多", "Too many webhooks")
        ("一个组织最多登记 5 个接收地址。", "An organization has five webhooks at most.")
        ("先删去一个不用的。", "Remove one that is not used.")
    too_many_wrong_codes 429
        ("输错太多次", "Too many wrong codes")
        ("这个报名在 5 分钟内输错签到码 5 次，或一天内 20 次。", "Five wrong codes came for the sign-up within five minutes, or twenty within a day.")
        ("等 `Retry-After` 秒后再试，或请组织者登记。", "Wait `Retry-After` seconds, or ask the organizer to enter it.")
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
    webhook_disabled 409
        ("接收地址已停用", "Webhook switched off")
        ("停用的接收地址不会收到任何事件。", "A webhook that is switched off is told nothing.")
        ("先把它的 `state` 改为 `active`。", "Set its `state` to `active` first.")
    wrong_attendance_code 422
        ("签到码不对", "Wrong code")
        ("签到码不是这个班次当时显示的。", "The code is not what was shown for this shift at that time.")
        ("看清现场显示的 6 位数字再试。", "Look at the six digits shown at the place, and try again.")
    wrong_code 403
        ("验证码不对", "Wrong code")
        ("验证码或任命码不对、已失效、已用过，或试得太多。", "The one-time code or appointment code is wrong, expired, used, or was tried too often.")
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

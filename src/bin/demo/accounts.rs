//! Accounts to try every role with, and how they are told.

use diandan::bind;
use diandan::organizations::{KEY_PREFIX, hint, with_checksum};
use diandan::platform::clock::DAY;
use diandan::platform::crypto::{Token, sha256_hex};

use super::desk::Desk;
use super::people::{Person, born};
use super::sheet::Failure;

/// The organization whose members can be tried.
pub const HOME: &str = "01990000-0000-7000-8000-000000000002";
const HOME_NAME: &str = "赣州市橘井社会工作服务中心";

/// Who helps to run it: phone, name, role.
const MEMBERS: [(&str, &str, &str); 4] = [
    ("13800000011", "罗橘井", "owner"),
    ("13800000012", "肖管事", "manager"),
    ("13800000013", "温记时", "recorder"),
    ("13800000014", "赖旁观", "viewer"),
];

/// Who verifies: phone, name, division, office.
const COORDINATOR: (&str, &str, &str, &str) = ("13800000021", "杨统筹", "36", "江西省民政厅");

/// Who leads the panel of contests, and who watches over them: phone and name.
pub const CHAIR: (&str, &str) = ("13800000022", "沈组长");
pub const SUPERVISOR: (&str, &str) = ("13800000023", "贺监督");

/// Who judges: three for each track.
pub const JUDGES: [(&str, &str); 6] = [
    ("13800000031", "刘评审"),
    ("13800000032", "谢评审"),
    ("13800000033", "曾评审"),
    ("13800000034", "邱评审"),
    ("13800000035", "叶评审"),
    ("13800000036", "蓝评审"),
];

/// The key is made of the machine's own secret: the same at every start, and nobody
/// else's.
pub fn key() -> Result<Token, Failure> {
    let master = std::env::var("MASTER_KEY").map_err(|error| error.to_string())?;
    let secret = sha256_hex(&format!("{} demo api key", master.trim()));
    let secret: String = secret.chars().take(43).collect();
    Ok(with_checksum(&format!("{KEY_PREFIX}{secret}")))
}

/// Whether the demo data of this very `MASTER_KEY` is there: its key comes last.
pub fn are_there(desk: &Desk) -> Result<bool, Failure> {
    desk.finds(bind!(
        "SELECT id FROM api_key WHERE token_hash = ?1",
        key()?.hash()
    ))
}

/// A grown-up and a sixteen-year-old.
pub fn volunteers(desk: &Desk) -> Result<(Person, Person), Failure> {
    let today = desk.now.date();
    let grown_up = Person::new("钟一诺", "13800000001", born(today, 29, 100))?;
    let minor = Person::new("钟知夏", "13800000002", born(today, 16, 100))?;
    for person in [&grown_up, &minor] {
        person.enrol(desk, desk.now.plus(-40 * DAY))?;
    }
    Ok((grown_up, minor))
}

pub fn members(desk: &Desk) -> Result<(), Failure> {
    let since = desk.now.plus(-90 * DAY);
    for (phone, name, role) in MEMBERS {
        let person = Person::new(name, phone, born(desk.now.date(), 40, 0))?;
        person.enrol(desk, since)?;
        desk.write(vec![bind!(
            "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, ?3, ?4)",
            HOME,
            &person.id,
            role,
            since,
        )])?;
    }
    Ok(())
}

/// Somebody who sees the organization that waits for verification.
pub fn coordinator(desk: &Desk) -> Result<Person, Failure> {
    let (phone, name, region, office) = COORDINATOR;
    let since = desk.now.plus(-300 * DAY);
    let person = somebody(desk, name, phone)?;
    desk.write(vec![bind!(
        "INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, ?3, phone_hash, phone_sealed, ?4 FROM volunteer WHERE id = ?5",
        uuid::Uuid::now_v7(),
        region,
        office,
        since,
        &person.id,
    )])?;
    Ok(person)
}

/// Somebody of age who has an office or judges.
pub fn somebody(desk: &Desk, name: &str, phone: &str) -> Result<Person, Failure> {
    let person = Person::new(name, phone, born(desk.now.date(), 45, 0))?;
    person.enrol(desk, desk.now.plus(-40 * DAY))?;
    Ok(person)
}

/// A key of an organization, valid for a year.
pub fn grant(desk: &Desk, key: &Token, organization: &str, name: &str) -> Result<(), Failure> {
    let since = desk.now.plus(-30 * DAY);
    desk.write(vec![bind!(
        r#"INSERT INTO api_key (token_hash, id, organization_id, name, scopes, hint, created_at, expires_at)
           VALUES (?1, ?2, ?3, ?4, '["projects:write","signups:read","hours:write","contests:enter"]', ?5, ?6, ?7)"#,
        key.hash(),
        uuid::Uuid::now_v7(),
        organization,
        name,
        hint(key),
        since,
        desk.now.plus(365 * DAY),
    )])
}

pub fn tell() -> Result<(), Failure> {
    println!("\n  演示账号：用手机号登录，验证码会出现在 /outbox");
    println!("  Demo accounts: sign in with the phone; the code appears at /outbox\n");
    for (phone, zh, en) in [
        (
            "13800000001",
            "志愿者（有确认、候补、被取消的班次，有时长和证明）",
            "a volunteer: shifts confirmed, waiting and called off, hours, a certificate",
        ),
        (
            "13800000002",
            "十六岁的志愿者（监护人已同意）",
            "a volunteer aged 16, with a guardian's consent",
        ),
    ] {
        println!("  {phone}  {zh}\n               {en}");
    }
    for (phone, _, role) in MEMBERS {
        let zh = match role {
            "owner" => "负责人",
            "manager" => "管理员",
            "recorder" => "记录员",
            _ => "查看者",
        };
        println!("  {phone}  {HOME_NAME} {zh} ({role})");
    }
    let (phone, _, region, office) = COORDINATOR;
    println!(
        "  {phone}  {office} 统筹员，有一个组织等待核验 (coordinator of {region}: /coordination)"
    );
    for ((phone, _), zh, en) in [
        (CHAIR, "大赛评审组长", "chair of the contests' panel"),
        (
            SUPERVISOR,
            "大赛监督员，可查全部日志",
            "supervisor of the contests, who reads their log",
        ),
        (
            JUDGES[0],
            "大赛评委，有四个项目待评",
            "a judge with four entries to score: /me/judging",
        ),
    ] {
        println!("  {phone}  {zh} ({en})");
    }
    println!(
        "\n  接口密钥 API key of {HOME_NAME}: projects:write, signups:read, hours:write, contests:enter"
    );
    println!("  {}", key()?.reveal());
    println!("  PUT /api/v1/organizations/{HOME}/projects/<ref>");
    Ok(())
}

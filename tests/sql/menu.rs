//! The list against a naive filter, and the ways the database finds it.

use std::collections::BTreeSet;

use diandan::menu::search::MenuQuery;
use diandan::menu::store::list_statement;
use diandan::menu::{Field, Skill};
use diandan::platform::clock::{DAY, HOUR, Instant, start_of};
use diandan::platform::i18n::Lang;
use diandan::platform::input::parse_query;
use pollster::FutureExt as _;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::Organization;
use crate::support::place::Place as _;
use crate::support::request::query;

const VILLAGE: &str = "360731105201";
const REGIONS: [&str; 6] = ["36", "3607", "360731", "360731105", VILLAGE, "360102"];
const WORDS: [&str; 8] = [
    "义诊",
    "支教",
    "果园",
    "夜校",
    "Go",
    "义务教育",
    "A1",
    "𠮷野家",
];
const FIELDS: [Field; 3] = [Field::Education, Field::Health, Field::Care];
const SKILLS: [Skill; 3] = [Skill::Teaching, Skill::ECommerce, Skill::SignLanguage];

/// What the organizations are called.
const NAMES: [&str; 2] = ["义诊队", "山歌队"];

fn region_name(code: &str) -> &'static str {
    match code {
        "36" => "江西省",
        "3607" => "赣州市",
        "360731" => "赣州市于都县",
        "360731105" => "赣州市于都县梓山镇",
        VILLAGE => "赣州市于都县梓山镇潭头村",
        _ => "南昌市东湖区",
    }
}

/// A project as a test knows it.
#[derive(Clone, Debug)]
struct Dish {
    organization: usize,
    state: &'static str,
    field: Field,
    region: &'static str,
    title: Vec<&'static str>,
    place: &'static str,
    min_age: i64,
    skills: Vec<Skill>,
    /// Hours from the first morning on, open or not, taken or not; each has one seat.
    shifts: Vec<(i64, bool, bool)>,
    /// Seconds after the one before.
    published_after: i64,
}

fn dish() -> impl Strategy<Value = Dish> {
    let shifts = prop::collection::vec((0_i64..240, any::<bool>(), any::<bool>()), 1..5);
    let who = (
        0_usize..2,
        select(vec![
            "published",
            "published",
            "published",
            "draft",
            "closed",
        ]),
    );
    let words = (
        prop::collection::vec(select(WORDS.to_vec()), 1..3),
        select(WORDS.to_vec()),
    );
    (
        who,
        select(FIELDS.to_vec()),
        select(REGIONS.to_vec()),
        words,
        select(vec![0_i64, 14, 16, 18, 60]),
        subsequence(SKILLS.to_vec(), 0..=3),
        shifts,
        0_i64..3,
    )
        .prop_map(
            |(
                (organization, state),
                field,
                region,
                (title, place),
                min_age,
                skills,
                shifts,
                published_after,
            )| Dish {
                organization,
                state,
                field,
                region,
                title,
                place,
                min_age,
                skills,
                shifts,
                published_after,
            },
        )
}

/// A question as a test knows it.
#[derive(Clone, Debug)]
struct Wish {
    q: Option<&'static str>,
    field: Option<Field>,
    region: Option<&'static str>,
    from: Option<i64>,
    days: Option<i64>,
    skill: Option<Skill>,
    age: Option<i64>,
    free: bool,
    newest: bool,
    limit: usize,
}

fn wish() -> impl Strategy<Value = Wish> {
    let q = select(vec![
        "义诊",
        "支教",
        "教育",
        "义务教育",
        "go",
        "a1",
        "野家",
        "果园 夜校",
        "校果",
        "山歌队",
        "赣州",
        "健康",
    ]);
    (
        (
            weighted(0.3, q),
            weighted(0.3, select(FIELDS.to_vec())),
            weighted(0.4, select(REGIONS.to_vec())),
        ),
        (weighted(0.3, -1_i64..11), weighted(0.3, 0_i64..4)),
        (
            weighted(0.2, select(SKILLS.to_vec())),
            weighted(0.3, select(vec![0_i64, 13, 14, 17, 18, 60, 70])),
        ),
        (prop::bool::weighted(0.2), any::<bool>(), 1_usize..5),
    )
        .prop_map(
            |((q, field, region), (from, days), (skill, age), (free, newest, limit))| Wish {
                q,
                field,
                region,
                from,
                days,
                skill,
                age,
                free,
                newest,
                limit,
            },
        )
}

/// The pairs of neighbouring letters in a text, written anew rather than taken from the
/// product.
fn pairs(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .flat_map(|run| {
            let letters: Vec<char> = run.chars().collect();
            (1..letters.len())
                .map(|at| format!("{}{}", letters[at - 1], letters[at]))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The menu of a test: what stands on it, and who offers it.
struct Menu<'a> {
    desk: &'a Desk,
    organizations: Vec<Organization<'a>>,
    first: Instant,
    /// With the ids and the instant of publication.
    dishes: Vec<(Dish, String, i64)>,
}

impl<'a> Menu<'a> {
    fn of(desk: &'a Desk, dishes: &[Dish]) -> Self {
        let place = desk.place();
        desk.db
            .script(&format!("INSERT INTO region (code, parent, name, full_name) VALUES ('{VILLAGE}', '360731105', '潭头村', '赣州市于都县梓山镇潭头村')"))
            .unwrap();
        let organizations = vec![place.organization(), place.organization()];
        for (organization, name) in organizations.iter().zip(NAMES) {
            let sql = "UPDATE organization SET name = ?2 WHERE id = ?1";
            place.rows(sql, json!([organization.id, name]));
        }
        let mut menu = Menu {
            desk,
            organizations,
            first: morning(desk.now(), 1),
            dishes: Vec::new(),
        };
        for dish in dishes {
            desk.passes(1_000 * dish.published_after);
            menu.serve(dish);
        }
        menu
    }

    fn serve(&mut self, dish: &Dish) {
        let shifts: Vec<_> = dish
            .shifts
            .iter()
            .enumerate()
            .map(|(at, (hours, open, _))| {
                let mut shift = shift(&at.to_string(), self.first.plus(hours * HOUR), 1);
                shift["state"] = json!(if *open { "open" } else { "cancelled" });
                shift
            })
            .collect();
        let notice = Notice::of(&shifts)
            .with("state", dish.state)
            .with("field", dish.field.word())
            .with("region", dish.region)
            .with("title", dish.title.join("·"))
            .with("place", dish.place)
            .with("summary", "简介")
            .with("min_age", dish.min_age)
            .with("skills", json!(dish.skills));
        let project = self.organizations[dish.organization].publishes(&notice);
        for (at, (_, open, taken)) in dish.shifts.iter().enumerate() {
            if *open && *taken {
                let ming = self.desk.place().adult();
                self.desk.place().rows(
                    "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
                     SELECT ?1, id, ?2, 'confirmed', starts_at, ends_at, 0 FROM shift WHERE id = ?3",
                    json!([uuid::Uuid::new_v4(), ming.id, project.shift(&at.to_string()).id]),
                );
            }
        }
        let published = self.desk.now().millis();
        self.dishes.push((dish.clone(), project.id, published));
    }

    /// What a list must be, by looking at everything.
    fn expected(&self, wish: &Wish, suspended: Option<usize>) -> Vec<String> {
        let now = self.desk.now();
        let mut found: Vec<_> = self
            .dishes
            .iter()
            .enumerate()
            .filter(|(_, (dish, _, _))| {
                dish.state == "published" && Some(dish.organization) != suspended
            })
            .filter_map(|(seq, (dish, id, published))| {
                let to_come: Vec<(Instant, bool)> = dish
                    .shifts
                    .iter()
                    .filter(|(_, open, _)| *open)
                    .map(|(hours, _, taken)| (self.first.plus(hours * HOUR), *taken))
                    .filter(|(starts_at, _)| *starts_at > now)
                    .collect();
                let next = to_come.iter().map(|(starts_at, _)| *starts_at).min()?;
                let key = if wish.newest {
                    -published
                } else {
                    next.millis()
                };
                let seq = i64::try_from(seq).unwrap();
                let tie = if wish.newest { -seq } else { seq };
                self.meets(wish, dish, &to_come)
                    .then(|| ((key, tie), id.clone()))
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn meets(&self, wish: &Wish, dish: &Dish, to_come: &[(Instant, bool)]) -> bool {
        let today = start_of(self.desk.now().date());
        let from = wish.from.map(|day| today.plus(day * DAY));
        let until = self.last_day(wish).map(|day| today.plus((day + 1) * DAY));
        let texts = [
            dish.title.join("·").as_str(),
            dish.place,
            "简介",
            NAMES[dish.organization],
            region_name(dish.region),
            dish.field.name(Lang::Zh),
        ]
        .iter()
        .flat_map(|text| pairs(text))
        .collect::<BTreeSet<_>>();
        wish.q.is_none_or(|q| pairs(q).is_subset(&texts))
            && wish.field.is_none_or(|field| field == dish.field)
            && wish
                .region
                .is_none_or(|region| dish.region.starts_with(region))
            && wish.skill.is_none_or(|skill| dish.skills.contains(&skill))
            && wish.age.is_none_or(|age| dish.min_age <= age)
            && (!wish.free || to_come.iter().any(|(_, taken)| !taken))
            && to_come.iter().any(|(starts_at, _)| {
                from.is_none_or(|from| *starts_at >= from)
                    && until.is_none_or(|until| *starts_at < until)
            })
    }

    /// The last day asked for, counted from today.
    fn last_day(&self, wish: &Wish) -> Option<i64> {
        wish.days.map(|days| wish.from.unwrap_or_default() + days)
    }

    /// What the product lists, page after page.
    fn listed(&self, wish: &Wish) -> Vec<String> {
        let day = |days: i64| {
            let today = start_of(self.desk.now().date());
            today.plus(days * DAY).date().to_string()
        };
        let mut conditions = vec![("limit", wish.limit.to_string())];
        conditions.extend(wish.q.map(|q| ("q", q.to_owned())));
        conditions.extend(wish.field.map(|field| ("field", field.word().to_owned())));
        conditions.extend(wish.region.map(|region| ("region", region.to_owned())));
        conditions.extend(wish.from.map(|from| ("from", day(from))));
        conditions.extend(self.last_day(wish).map(|last| ("to", day(last))));
        conditions.extend(wish.skill.map(|skill| ("skill", skill.word().to_owned())));
        conditions.extend(wish.age.map(|age| ("age", age.to_string())));
        conditions.extend(wish.free.then(|| ("free", "1".to_owned())));
        conditions.extend(wish.newest.then(|| ("sort", "newest".to_owned())));
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut target = format!("/api/v1/projects?{}", query(&conditions));
        let mut ids = Vec::new();
        loop {
            let page = self.desk.place().get(&target).is(200);
            let on_page = page.ids();
            assert!(on_page.len() <= wish.limit);
            ids.extend(on_page);
            assert!(
                ids.len() <= self.dishes.len(),
                "a list without end: {target}"
            );
            match page.json()["next"].as_str() {
                Some(next) => target = next.to_owned(),
                None => return ids,
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_list_is_what_a_naive_filter_finds(
        dishes in prop::collection::vec(dish(), 1..16),
        wishes in prop::collection::vec(wish(), 12),
        hours in 0_i64..200,
        suspended in weighted(0.3, 0_usize..2),
    ) {
        let desk = Desk::new();
        let menu = Menu::of(&desk, &dishes);
        desk.it_is(menu.first.plus(hours * HOUR - HOUR));
        diandan::menu::move_on(&desk.db, desk.now()).block_on().unwrap();
        if let Some(suspended) = suspended {
            let sql = "UPDATE organization SET state = 'suspended' WHERE id = ?1";
            desk.place().rows(sql, json!([menu.organizations[suspended].id]));
        }
        for wish in &wishes {
            prop_assert_eq!(menu.listed(wish), menu.expected(wish, suspended), "{:?}", wish);
        }
    }
}

/// Every question the form of the menu can put, as far as the way to an answer differs.
const QUESTIONS: [&str; 22] = [
    "",
    "field=health",
    "region=36",
    "region=3607",
    "region=360731",
    "region=360731105",
    "region=360731105201",
    "field=health&region=36",
    "field=health&region=3607",
    "field=health&region=360731",
    "field=health&region=360731105",
    "q=%E4%B9%89%E8%AF%8A",
    "q=%E4%B9%89%E5%8A%A1%E6%95%99%E8%82%B2",
    "q=%E4%B9%89%E8%AF%8A&field=health&region=3607",
    "skill=driving",
    "age=16",
    "age=40",
    "free=1",
    "from=2026-12-01&to=2026-12-01",
    "from=2026-11-28&to=2026-11-29",
    "from=2026-11-24&to=2026-12-04",
    "field=care&from=2026-11-25",
];

#[test]
fn every_list_is_read_along_an_index_in_its_order() {
    let desk = Desk::new();
    let mut slow = Vec::new();
    for question in QUESTIONS {
        for sort in ["start", "newest"] {
            for cursor in ["", "&cursor=1795824000000_7"] {
                let question = format!("{question}&sort={sort}{cursor}");
                let query: MenuQuery = parse_query(&question).unwrap();
                let search = query.search(desk.now()).unwrap();
                let statement = list_statement(&search, desk.now());
                let plan = desk.db.plan(&statement).unwrap();
                // `M` is the question, `<` and `>` are the bounds of the page, 64 says that
                // the order is the index's own, 128 backwards.
                let read = match sort {
                    "start" => "SCAN p VIRTUAL TABLE INDEX 64:M17><",
                    _ => "SCAN p VIRTUAL TABLE INDEX 192:M17<",
                };
                if plan != [read] {
                    slow.push(format!("{question}: {plan:#?}"));
                }
            }
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn a_shift_at_midnight_is_on_the_day_that_begins() {
    let desk = Desk::new();
    let place = desk.place();
    let midnight = start_of(desk.now().date()).plus(3 * DAY);
    let notice = Notice::of(&[shift("a", midnight, 2)]);
    place.organization().publishes(&notice);
    let (eve, day) = (
        midnight.plus(-1).date().to_string(),
        midnight.date().to_string(),
    );
    for sort in ["start", "newest"] {
        for (conditions, found) in [
            (vec![("to", &eve)], 0),
            (vec![("to", &day)], 1),
            (vec![("from", &day)], 1),
            (vec![("from", &eve), ("to", &eve)], 0),
            (vec![("from", &day), ("to", &day)], 1),
            (vec![("from", &eve), ("to", &day)], 1),
        ] {
            let mut all = vec![("sort", sort)];
            all.extend(conditions.iter().map(|(name, day)| (*name, day.as_str())));
            assert_eq!(place.menu(&all).is(200).ids().len(), found, "{all:?}");
        }
    }
}

#[test]
fn what_is_rare_and_far_is_found_on_the_first_page() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 2)]);
    let first = organization.publishes(&notice);
    // Twelve hundred more, all of them full but three.
    desk.db
        .script(
            "UPDATE project SET seats_free = 0;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
             INSERT INTO project (id, organization_id, client_ref, state, organization_state,
               organization_name, field, title, summary, region, region_name, place, min_age,
               next_starts_at, seats_free, published_at, created_at, updated_at, terms, body_hash,
               content, conditions, how_to_sign_up, risks, safeguards)
             SELECT printf('01990000-0000-7000-8000-%012d', i), organization_id, 'n' || i, state,
               organization_state, organization_name, field, title, summary, region, region_name,
               place, min_age, next_starts_at + 1000 * i, i IN (2, 700, 1200), published_at + 1000 * i, 0, 0,
               terms, '', content, conditions, how_to_sign_up, risks, safeguards
             FROM n, project WHERE client_ref LIKE 'p-%'",
        )
        .unwrap();
    let id = |n: i64| format!("01990000-0000-7000-8000-{n:012}");
    let word = notice.word();
    for (condition, value) in [("q", word.as_str()), ("field", "education"), ("limit", "2")] {
        for (sort, expected) in [("start", [2, 700, 1200]), ("newest", [1200, 700, 2])] {
            let conditions = [("free", "1"), ("sort", sort), (condition, value)];
            let mut page = place.menu(&conditions).is(200);
            let mut found = page.ids();
            let mut pages = 1;
            while let Some(next) = page.json()["next"].as_str() {
                page = place.get(next).is(200);
                found.extend(page.ids());
                pages += 1;
            }
            assert_eq!(found, expected.map(id), "{conditions:?}");
            let full = if condition == "limit" { 2 } else { 1 };
            assert_eq!(pages, full, "pages for {conditions:?}");
        }
    }
    assert_eq!(place.get(&first.path()).is(200).member("id"), first.id);
}

#[test]
fn a_cursor_survives_what_happens_between_two_pages() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let projects: Vec<_> = (1..=6)
        .map(|day| organization.publishes(&Notice::of(&[shift("a", morning(desk.now(), day), 2)])))
        .collect();
    let first = place.menu(&[("limit", "3")]).is(200);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    // One of the first page is called off, one comes in before its end.
    let sql = "UPDATE project SET state = 'closed' WHERE id = ?1";
    place.rows(sql, json!([projects[1].id]));
    organization.publishes(&Notice::of(&[shift("a", morning(desk.now(), 2), 2)]));
    let rest: Vec<_> = projects[3..]
        .iter()
        .map(|project| project.id.clone())
        .collect();
    assert_eq!(place.get(&next).is(200).ids(), rest);
}

#[test]
fn every_skill_and_every_field_can_be_asked_for() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let start = morning(desk.now(), 5);
    let notice = |word: &str, value: serde_json::Value| {
        Notice::of(&[shift("a", start, 2)]).with(word, value)
    };
    for skill in Skill::all() {
        let project = organization.publishes(&notice("skills", json!([skill.word()])));
        let found = place.menu(&[("skill", skill.word())]).is(200).ids();
        assert_eq!(found, [project.id], "{}", skill.word());
    }
    for field in Field::all() {
        let project = organization.publishes(&notice("field", json!(field.word())));
        let found = place.menu(&[("field", field.word())]).is(200).ids();
        assert!(found.contains(&project.id), "{}", field.word());
    }
}

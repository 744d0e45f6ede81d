//! A judge on a phone: ten entries while the network comes and goes, and two tabs.

use serde_json::json;

use super::phone::{Phone, Settings, with_phone};
use crate::support::app::app;
use crate::support::jury::{Contest, Entry};
use crate::support::people::Volunteer;

struct Bench {
    contest: Contest<'static>,
    judge: Volunteer<'static>,
    entries: Vec<Entry>,
}

impl Bench {
    fn new(count: usize) -> Self {
        let contest = Contest::announced(app());
        let team = app().organization();
        let entries: Vec<Entry> = (0..count).map(|_| contest.entry(&team)).collect();
        let (judge, id) = contest.judge();
        let pairs: Vec<_> = entries.iter().map(|entry| (entry, &*id)).collect();
        contest.draws(&pairs);
        Self {
            contest,
            judge,
            entries,
        }
    }

    fn stage(&self) -> String {
        format!("/me/judging/{}/paper", self.contest.id)
    }

    fn page(&self, number: usize) -> String {
        format!("{}/E{number:04}", self.stage())
    }

    /// Every ballot as it stands: whether it is handed in, and its scores.
    fn ballots(&self) -> Vec<(bool, String)> {
        let rows = app().rows(
            "SELECT b.submitted_at IS NOT NULL AS handed_in, b.scores
             FROM contest_ballot b JOIN contest_entry e ON e.id = b.entry_id
             WHERE b.contest_id = ?1 ORDER BY e.number",
            json!([self.contest.id]),
        );
        let ballot = |row: &serde_json::Value| {
            let scores = row["scores"].as_str().unwrap().to_owned();
            (row["handed_in"] == 1, scores)
        };
        rows.iter().map(ballot).collect()
    }
}

/// A roadshow that has just opened: three entries, three judges each.
struct Show {
    contest: Contest<'static>,
    chair: Volunteer<'static>,
    judges: Vec<Volunteer<'static>>,
    entries: Vec<Entry>,
}

impl Show {
    fn new() -> Self {
        let contest = Contest::on_stage(app());
        let team = app().organization();
        let entries: Vec<Entry> = (0..3).map(|_| contest.entry(&team)).collect();
        let judges: Vec<_> = (0..3).map(|_| contest.judge()).collect();
        let pairs: Vec<_> = entries
            .iter()
            .flat_map(|entry| judges.iter().map(move |(_, judge)| (entry, &**judge)))
            .collect();
        contest.draws_in("roadshow", &pairs);
        Self {
            chair: contest.officer("chair"),
            judges: judges.into_iter().map(|(judge, _)| judge).collect(),
            contest,
            entries,
        }
    }

    fn does(&self, act: &str, entry: usize) {
        let body = json!({"entry_id": self.entries[entry].id, "act": act});
        let floor = self.contest.path("stages/roadshow/floor");
        self.chair.sends("POST", &floor, &body).is(200);
    }

    fn scores(&self, judge: usize, entry: usize, mark: usize) {
        let entry = &self.entries[entry].id;
        let ballot = self
            .contest
            .path(&format!("stages/roadshow/ballots/{entry}"));
        let body = json!({"scores": {"show": mark}, "hand_in": true});
        self.judges[judge].sends("PUT", &ballot, &body).is(200);
    }

    fn shows(&self, entry: usize) {
        self.does("open", entry);
        for (judge, mark) in [7, 9, 8].into_iter().enumerate() {
            self.scores(judge, entry, mark);
        }
        self.does("close", entry);
        self.does("show", entry);
    }

    fn console(&self) -> String {
        format!("/contests/{}/roadshow/roadshow", self.contest.id)
    }

    fn live(&self) -> String {
        format!("/contests/{}/live/roadshow", self.contest.id)
    }

    fn stage(&self) -> String {
        format!("/me/judging/{}/roadshow", self.contest.id)
    }

    /// Its pages, with an entry shown, one up and one waiting, and one about to be opened again.
    fn pages(self) -> Vec<(String, Option<String>)> {
        // What an entrant links to is elsewhere, as it should be.
        app().rows(
            "UPDATE contest_entry SET attachments = '[]' WHERE contest_id = ?1",
            json!([self.contest.id]),
        );
        self.shows(0);
        self.does("open", 1);
        let other = Self::new();
        other.does("open", 0);
        other.does("close", 0);
        let again = format!("{}?reopen={}", other.console(), other.entries[0].id);
        let (chair, judge) = (self.chair.session.clone(), self.judges[0].session.clone());
        vec![
            (self.console(), Some(chair)),
            (other.console(), Some(other.chair.session.clone())),
            (again, Some(other.chair.session.clone())),
            (self.live(), None),
            (self.stage(), Some(judge.clone())),
            (format!("{}/E0002", self.stage()), Some(judge.clone())),
            (format!("{}/E0003", self.stage()), Some(judge)),
        ]
    }
}

async fn scores(phone: &Phone, need: usize, effect: usize) {
    for (name, score) in [("need", need), ("effect", effect)] {
        let field = format!("input[name=score_{name}][value='{score}']");
        phone.taps(&field).await;
    }
}

/// Every page of judging, in a state that shows all it can.
pub fn pages() -> Vec<(String, Option<String>)> {
    let bench = Bench::new(3);
    let owner = bench.contest.organization.member("owner");
    let invite = bench.contest.path("judges");
    let code = owner
        .sends(
            "POST",
            &invite,
            &json!({"name": "王老师", "tracks": ["open"]}),
        )
        .is(201)
        .member("code");
    let ballot =
        json!({"scores": {"need": 8, "effect": 7}, "comment": "需求扎实", "hand_in": true});
    for comment in ["需求扎实", "需求扎实，成效可信"] {
        let mut ballot = ballot.clone();
        ballot["comment"] = json!(comment);
        bench
            .judge
            .sends("PUT", &bench.contest.ballot(&bench.entries[0]), &ballot)
            .is(200);
    }
    let conflict = json!({"conflicts": [{"kind": "region", "region": "360731"}]});
    bench
        .judge
        .sends("POST", &bench.contest.path("conflicts"), &conflict)
        .is(200);
    let judge = Some(bench.judge.session.clone());
    let mut pages = Show::new().pages();
    pages.extend([
        (format!("/judge/{code}"), None),
        (format!("/judge/{code}"), Some(app().adult().session)),
        (
            format!("/contests/{}/judges", bench.contest.id),
            Some(owner.session),
        ),
        ("/me/judging".to_owned(), judge.clone()),
        (format!("/me/judging/{}", bench.contest.id), judge.clone()),
        (bench.stage(), judge.clone()),
        (bench.page(1), judge.clone()),
        (bench.page(2), judge),
    ]);
    pages
}

#[test]
fn ten_entries_are_scored_while_the_network_is_cut_twice() {
    with_phone(Settings::default(), |phone| async move {
        let bench = Bench::new(10);
        phone.opens("/").await;
        phone.keeps_session(&bench.judge.session).await;
        phone
            .waits_for("navigator.serviceWorker.controller !== null")
            .await;
        phone.opens(&bench.stage()).await;
        assert!(phone.reads().await.contains("已交 0 / 10 件"));
        phone.follows("main a.button.wide").await;
        for number in 1..=10 {
            assert_eq!(phone.path().await, bench.page(number));
            let cut = number == 3 || number == 4 || number == 8;
            if cut && number != 4 {
                // The page to come is there before the network goes.
                let next = bench.page(number + 1);
                let there = format!(
                    "window.there === true || (caches.match('{next}', {{ignoreVary: true}}).then((found) => {{ window.there = found !== undefined; }}), false)"
                );
                phone.waits_for(&there).await;
                phone.network(false).await;
            }
            scores(&phone, number % 11, 7).await;
            if number == 4 {
                // It is kept, and sent when there is a network. The next page may have been
                // brought along with the list, and comes then.
                phone.taps("button[value=hand_in]").await;
                let kept = format!(
                    "location.pathname === '{}' || document.querySelector('[data-saved]').textContent.includes('已保存在手机')",
                    bench.page(5)
                );
                phone.waits_for(&kept).await;
                phone.network(true).await;
                phone
                    .waits_for("localStorage.getItem('kept-ballots') === '{}'")
                    .await;
                phone.opens(&bench.page(5)).await;
            } else {
                phone.follows("button[value=hand_in]").await;
            }
            if number == 8 {
                phone.network(true).await;
                phone
                    .waits_for("localStorage.getItem('kept-ballots') === '{}'")
                    .await;
            }
        }
        assert_eq!(phone.path().await, bench.stage());
        assert!(phone.reads().await.contains("已交 10 / 10 件"));
        let expected: Vec<_> = (1..=10)
            .map(|number| (true, format!("{{\"effect\":7,\"need\":{}}}", number % 11)))
            .collect();
        assert_eq!(bench.ballots(), expected);
        phone
    });
}

#[test]
fn what_was_changed_in_another_tab_waits_for_a_choice() {
    with_phone(Settings::default(), |phone| async move {
        let bench = Bench::new(1);
        phone.opens("/").await;
        phone.keeps_session(&bench.judge.session).await;
        phone.opens(&bench.page(1)).await;
        scores(&phone, 8, 7).await;
        phone
            .waits_for("document.querySelector('[data-saved]').textContent.includes('已保存')")
            .await;
        let ballot = json!({"scores": {"need": 1, "effect": 1}});
        bench
            .judge
            .sends("PUT", &bench.contest.ballot(&bench.entries[0]), &ballot)
            .is(200);
        scores(&phone, 9, 9).await;
        assert!(phone.text("#kept").await.contains("在别处改过"));
        assert_eq!(
            bench.ballots(),
            [(false, "{\"effect\":1,\"need\":1}".to_owned())]
        );
        phone.taps("#kept button:first-of-type").await;
        phone
            .waits_for("localStorage.getItem('kept-ballots') === '{}'")
            .await;
        assert_eq!(
            bench.ballots(),
            [(false, "{\"effect\":9,\"need\":9}".to_owned())]
        );
        phone
    });
}

#[test]
fn a_judge_scores_what_comes_up_and_a_chair_shows_it() {
    with_phone(Settings::default(), |phone| async move {
        let show = Show::new();
        phone.opens("/").await;
        phone.keeps_session(&show.judges[0].session).await;
        phone.opens(&show.stage()).await;
        assert!(phone.reads().await.contains("现在没有轮到您评的项目"));
        // The page finds out by itself.
        show.does("open", 0);
        phone
            .waits_for("document.querySelector('main a.button.wide') !== null")
            .await;
        phone.follows("main a.button.wide").await;
        assert_eq!(phone.path().await, format!("{}/E0001", show.stage()));
        phone.taps("input[name=score_show][value='7']").await;
        phone.follows("button[value=hand_in]").await;
        assert_eq!(phone.path().await, show.stage());
        assert!(phone.reads().await.contains("您已经交了"));
        show.scores(1, 0, 9);
        show.scores(2, 0, 8);
        // The chair, on the same phone.
        phone.keeps_session(&show.chair.session).await;
        phone.opens(&show.console()).await;
        assert!(phone.reads().await.contains("已交 3 / 3 份"));
        phone.follows("button[value=close]").await;
        phone.follows("button[value=show]").await;
        assert!(phone.reads().await.contains("80.00"));
        phone.opens(&show.live()).await;
        assert_eq!(phone.text(".ticket .sum").await, "80.00");
        phone
    });
}

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
    vec![
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
    ]
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

//! Who comes to the desk, and what they do there.

use std::time::{Duration, Instant as Stopwatch};

use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use super::answer::Answer;
use super::notice::Notice;
use super::place::Place;
use super::request::Request;
use super::unique;

/// An organization with a key.
#[derive(Clone)]
pub struct Organization<'a> {
    pub place: &'a dyn Place,
    pub id: String,
    pub name: String,
    pub key: String,
}

/// A project as it was answered to its organization.
#[derive(Clone, Debug)]
pub struct Project {
    pub id: String,
    /// The organization's own name for it.
    pub reference: String,
    pub body: Value,
}

/// A shift as it was answered.
#[derive(Clone, Debug)]
pub struct Shift {
    pub id: String,
}

impl<'a> Organization<'a> {
    /// Creates a project that must be taken.
    #[track_caller]
    pub fn publishes(&self, notice: &Notice) -> Project {
        let reference = format!("p-{}", unique());
        let answer = self.puts(&reference, &notice.0).is(201);
        Project::read(reference, &answer)
    }

    /// Replaces a project; it must be taken.
    #[track_caller]
    pub fn changes(&self, project: &Project, notice: &Notice) -> Project {
        let answer = self.puts(&project.reference, &notice.0).is(200);
        Project::read(project.reference.clone(), &answer)
    }

    #[track_caller]
    pub fn puts(&self, reference: &str, body: &Value) -> Answer {
        self.place.send(&self.putting(reference).json(body))
    }

    /// The request, still without its body.
    pub fn putting(&self, reference: &str) -> Request {
        Request::put(self.own_path(reference)).bearer(&self.key)
    }

    /// Where it keeps a project.
    pub fn own_path(&self, reference: &str) -> String {
        format!("/api/v1/organizations/{}/projects/{reference}", self.id)
    }

    /// Reads one of its own projects.
    #[track_caller]
    pub fn reads(&self, reference: &str) -> Answer {
        self.place
            .send(&Request::get(self.own_path(reference)).bearer(&self.key))
    }

    /// A request for what becomes of a project: `publish`, `close`, `cancel`, `copy`.
    pub fn stepping(&self, reference: &str, step: &str) -> Request {
        let target = format!("{}/{step}", self.own_path(reference));
        Request::new("POST", target).bearer(&self.key)
    }

    /// Takes a step that needs no body.
    #[track_caller]
    pub fn steps(&self, reference: &str, step: &str) -> Answer {
        self.place.send(&self.stepping(reference, step))
    }

    /// Changes parts of a project.
    #[track_caller]
    pub fn patches(&self, reference: &str, patch: &Value) -> Answer {
        let request = Request::new("PATCH", self.own_path(reference)).bearer(&self.key);
        self.place.send(&request.json(patch))
    }

    #[track_caller]
    pub fn reads_roster(&self, shift: &Shift) -> Answer {
        self.place
            .send(&Request::get(shift.signups()).bearer(&self.key))
    }

    /// Acts with its key: posts a body.
    #[track_caller]
    pub fn posts(&self, target: &str, body: &Value) -> Answer {
        self.place
            .send(&Request::new("POST", target).bearer(&self.key).json(body))
    }

    /// Moves a sign-up to another shift.
    #[track_caller]
    pub fn moves(&self, signup: &str, to: &Shift) -> Answer {
        let body = json!({"shift_id": to.id, "reason": "那边缺人"});
        self.posts(&format!("/api/v1/signups/{signup}/move"), &body)
    }

    #[track_caller]
    pub fn approves(&self, signup: &str) -> Answer {
        let target = format!("/api/v1/signups/{signup}/approve");
        self.place
            .send(&Request::new("POST", target).bearer(&self.key))
    }

    #[track_caller]
    pub fn declines(&self, signup: &str) -> Answer {
        let body = json!({"reason": "人数已够"});
        self.posts(&format!("/api/v1/signups/{signup}/decline"), &body)
    }

    /// Writes to everybody on a shift.
    #[track_caller]
    pub fn writes_to(&self, shift: &Shift, to: &str, text: &str) -> Answer {
        let target = format!("/api/v1/shifts/{}/messages", shift.id);
        self.posts(&target, &json!({"to": to, "text": text}))
    }

    /// Somebody of age who has this role in it.
    pub fn member(&self, role: &str) -> Volunteer<'a> {
        let member = self.place.adult();
        self.place.rows(
            "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, ?3, 0)",
            json!([self.id, member.id, role]),
        );
        member
    }

    /// A key for these scopes.
    pub fn new_key(&self, scopes: &[&str]) -> String {
        let in_a_year = self.place.now().plus(365 * 86_400_000).millis();
        self.new_key_until(scopes, in_a_year)
    }

    pub fn new_key_until(&self, scopes: &[&str], expires_at: i64) -> String {
        let token = diandan::organizations::new_key().unwrap();
        self.place.rows(
            "INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at)
             VALUES (?1, ?2, ?3, 'test', ?4, 0, ?5)",
            json!([
                sha256_hex(token.reveal()),
                uuid::Uuid::new_v4(),
                self.id,
                json!(scopes).to_string(),
                expires_at,
            ]),
        );
        token.reveal().to_owned()
    }
}

impl Project {
    #[track_caller]
    fn read(reference: String, answer: &Answer) -> Self {
        Self {
            id: answer.member("id"),
            reference,
            body: answer.json(),
        }
    }

    pub fn path(&self) -> String {
        format!("/api/v1/projects/{}", self.id)
    }

    /// Its shift with this reference.
    #[track_caller]
    pub fn shift(&self, reference: &str) -> Shift {
        let shifts = self.body["shifts"].as_array().unwrap();
        let shift = shifts.iter().find(|shift| shift["ref"] == reference);
        let shift = shift.unwrap_or_else(|| panic!("no shift {reference} in {shifts:?}"));
        Shift {
            id: shift["id"].as_str().unwrap().to_owned(),
        }
    }
}

impl Shift {
    /// Where one signs up, and where the roster is.
    pub fn signups(&self) -> String {
        format!("/api/v1/shifts/{}/signups", self.id)
    }
}

/// Somebody with a phone, at a network address of their own.
#[derive(Clone)]
pub struct Volunteer<'a> {
    pub place: &'a dyn Place,
    pub id: String,
    pub name: String,
    pub phone: String,
    pub address: String,
    pub session: String,
}

impl Volunteer<'_> {
    /// A request from their device, with their session.
    pub fn request(&self, method: &str, target: &str) -> Request {
        self.anonymous(method, target).bearer(&self.session)
    }

    /// A request from their device, without their session.
    pub fn anonymous(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).header("cf-connecting-ip", &self.address)
    }

    #[track_caller]
    pub fn asks_for_a_code(&self) -> Answer {
        let request = self.anonymous("POST", "/api/v1/sign-in-codes");
        self.place
            .send(&request.json(&json!({"phone": self.phone})))
    }

    /// The code in the newest text that has one.
    #[track_caller]
    pub fn newest_code(&self) -> String {
        let text = self.is_told("sign_in_code");
        text.split(|c: char| !c.is_ascii_digit())
            .find(|digits| digits.len() == 6)
            .unwrap_or_else(|| panic!("no code in {text}"))
            .to_owned()
    }

    #[track_caller]
    pub fn shows_code(&self, code: &str) -> Answer {
        let body = json!({"phone": self.phone, "code": code, "name": self.name});
        self.place
            .send(&self.anonymous("POST", "/api/v1/sessions").json(&body))
    }

    /// Asks for a code, reads it from the phone, and shows it.
    #[track_caller]
    pub fn signs_in(&mut self) {
        self.asks_for_a_code().is(202);
        self.session = self.shows_code(&self.newest_code()).is(201).member("token");
        self.id = self.reads("/api/v1/me").is(200).member("id");
    }

    #[track_caller]
    pub fn reads(&self, target: &str) -> Answer {
        self.place.send(&self.request("GET", target))
    }

    /// Sends JSON.
    #[track_caller]
    pub fn sends(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.place.send(&self.request(method, target).json(body))
    }

    #[track_caller]
    pub fn deletes(&self, target: &str) -> Answer {
        self.place.send(&self.request("DELETE", target))
    }

    /// Signs up as somebody of age.
    #[track_caller]
    pub fn signs_up(&self, shift: &Shift) -> Answer {
        self.signs_up_saying(shift, &json!({"adult": true}))
    }

    #[track_caller]
    pub fn signs_up_saying(&self, shift: &Shift, body: &Value) -> Answer {
        self.place
            .send(&self.request("POST", &shift.signups()).json(body))
    }

    /// Takes a place, which must be one; gives the id of the sign-up.
    #[track_caller]
    pub fn takes(&self, shift: &Shift, state: &str) -> String {
        let answer = self.signs_up(shift).is(201);
        assert_eq!(answer.member("state"), state, "{answer:?}");
        answer.member("id")
    }

    #[track_caller]
    pub fn cancels(&self, signup: &str) -> Answer {
        let target = format!("/api/v1/signups/{signup}");
        self.place.send(&self.request("DELETE", &target))
    }

    #[track_caller]
    pub fn ticket(&self, signup: &str) -> Value {
        self.reads(&format!("/api/v1/signups/{signup}"))
            .is(200)
            .json()
    }

    #[track_caller]
    pub fn reads_roster(&self, shift: &Shift) -> Answer {
        self.reads(&shift.signups())
    }

    /// The path of the private calendar.
    #[track_caller]
    pub fn calendar_path(&self) -> String {
        let url = self.reads("/api/v1/me").is(200).member("calendar_url");
        let at = url.find("/calendar/").unwrap();
        url[at..].to_owned()
    }

    /// The newest text of this kind, or with these words in it, once it has arrived.
    #[track_caller]
    pub fn is_told(&self, what: &str) -> String {
        let began = Stopwatch::now();
        loop {
            let letters = self.place.letters_to(&self.phone);
            let mut newest_first = letters.iter().rev();
            let told =
                newest_first.find(|letter| letter.kind == what || letter.text.contains(what));
            if let Some(letter) = told {
                return letter.text.clone();
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{} never heard {what}, only {letters:?}",
                self.phone
            );
            // What others wrote may be before it in the queue.
            if began.elapsed() > Duration::from_secs(1) {
                self.place.ticks();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

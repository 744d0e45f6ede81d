//! An answer, and what a test may say of it.

use serde_json::Value;

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// `PUT /api/v1/…`, for messages.
    pub to: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(2000).collect();
        write!(f, "{} answered {}\n{body}", self.to, self.status)
    }
}

impl Answer {
    /// It must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// It must be a problem with this status and this code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{answer:?}"
        );
        assert_eq!(answer.json()["code"], code, "{answer:?}");
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A text member of its JSON.
    #[track_caller]
    pub fn member(&self, name: &str) -> String {
        let value = &self.json()[name];
        value
            .as_str()
            .unwrap_or_else(|| panic!("no text in {name}: {self:?}"))
            .to_owned()
    }

    /// Where a problem says the faults are, in alphabetical order.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        let mut pointers: Vec<String> = self.json()["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors: {self:?}"))
            .iter()
            .map(|error| error["pointer"].as_str().unwrap().to_owned())
            .collect();
        pointers.sort();
        pointers
    }

    /// The ids of a list's items, in its order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.json()["items"]
            .as_array()
            .unwrap_or_else(|| panic!("no items: {self:?}"))
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

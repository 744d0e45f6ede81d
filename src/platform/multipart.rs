//! Forms with files (RFC 7578), read as they arrive: a file passes through and is never
//! held.

use memchr::memmem::Finder;

/// The headers of a part are at most this long, in bytes.
const LONGEST_HEADERS: usize = 8 * 1024;

/// What arrives next.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A field begins.
    Field(String),
    /// More of its value.
    Data(Vec<u8>),
    /// The form has ended.
    End,
}

/// What is not such a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary, or in a value.
    Value {
        skip: bool,
    },
    /// Behind a boundary: another field, or the end.
    Boundary,
    Headers,
    Done,
}

/// Takes a form apart.
#[derive(Debug)]
pub struct Multipart {
    boundary: Finder<'static>,
    held: Vec<u8>,
    state: State,
}

impl Multipart {
    /// For a form of this `Content-Type`; none when it is another kind of body.
    pub fn new(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let mime = parts.next()?;
        if !mime.eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.eq_ignore_ascii_case("boundary")
                .then(|| value.trim_matches('"'))
        })?;
        // RFC 2046, section 5.1.1.
        (1..=70).contains(&boundary.len()).then(|| Self {
            boundary: Finder::new(format!("\r\n--{boundary}").as_bytes()).into_owned(),
            // The first boundary may stand at the very beginning.
            held: b"\r\n".to_vec(),
            state: State::Value { skip: true },
        })
    }

    /// Takes the next piece of the body, and gives what has arrived with it.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, Malformed> {
        self.held.extend_from_slice(piece);
        let mut events = Vec::new();
        while self.step(&mut events)? {}
        Ok(events)
    }

    /// Whether there is more to do with what is held.
    fn step(&mut self, events: &mut Vec<Event>) -> Result<bool, Malformed> {
        match self.state {
            State::Done => {
                self.held.clear();
                Ok(false)
            }
            State::Value { skip } => {
                let found = self.boundary.find(&self.held);
                // A boundary may have begun to arrive.
                let length = self.boundary.needle().len();
                let whole = found.unwrap_or_else(|| (self.held.len() + 1).saturating_sub(length));
                let rest = self.held.split_off(whole);
                let data = std::mem::replace(&mut self.held, rest);
                if !skip && !data.is_empty() {
                    events.push(Event::Data(data));
                }
                if found.is_some() {
                    self.held.drain(..length);
                    self.state = State::Boundary;
                }
                Ok(found.is_some())
            }
            State::Boundary => match self.held.get(..2) {
                None => Ok(false),
                Some(b"--") => {
                    events.push(Event::End);
                    self.state = State::Done;
                    Ok(true)
                }
                Some(b"\r\n") => {
                    self.state = State::Headers;
                    Ok(true)
                }
                Some(_) => Err(Malformed),
            },
            State::Headers => {
                let Some(end) = memchr::memmem::find(&self.held, b"\r\n\r\n") else {
                    return if self.held.len() > LONGEST_HEADERS {
                        Err(Malformed)
                    } else {
                        Ok(false)
                    };
                };
                let rest = self.held.split_off(end + 4);
                let headers = std::mem::replace(&mut self.held, rest);
                let name = field_name(&String::from_utf8_lossy(&headers)).ok_or(Malformed)?;
                events.push(Event::Field(name));
                self.state = State::Value { skip: false };
                // An empty value is followed by its boundary at once.
                Ok(true)
            }
        }
    }
}

fn field_name(headers: &str) -> Option<String> {
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    let name = disposition
        .split(';')
        .find_map(|part| part.trim().strip_prefix("name="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORM: &str = "--xy\r\nContent-Disposition: form-data; name=\"dry_run\"\r\n\r\non\r\n\
--xy\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a; name=b.csv\"\r\n\
Content-Type: text/csv\r\n\r\na,\r\n--x\r\n\r\n--xy--\r\nafter";

    fn read(form: &str, size: usize) -> Result<Vec<(String, String)>, Malformed> {
        let mut reader = Multipart::new("multipart/form-data; boundary=xy").unwrap();
        let mut fields: Vec<(String, String)> = Vec::new();
        for piece in form.as_bytes().chunks(size) {
            for event in reader.push(piece)? {
                match event {
                    Event::Field(name) => fields.push((name, String::new())),
                    Event::Data(data) => {
                        fields.last_mut().unwrap().1 += &String::from_utf8_lossy(&data);
                    }
                    Event::End => return Ok(fields),
                }
            }
        }
        Err(Malformed)
    }

    #[test]
    fn a_form_is_the_same_however_it_arrives() {
        for size in 1..FORM.len() {
            let fields = read(FORM, size).unwrap();
            assert_eq!(
                fields,
                [
                    ("dry_run".to_owned(), "on".to_owned()),
                    ("file".to_owned(), "a,\r\n--x\r\n".to_owned()),
                ],
                "{size}"
            );
        }
    }

    #[test]
    fn what_is_no_such_form_is_told() {
        assert!(Multipart::new("text/csv").is_none());
        assert!(Multipart::new("multipart/form-data").is_none());
        assert_eq!(read("--xyz", 9), Err(Malformed));
        assert_eq!(read("--xy\r\nX: y\r\n\r\n", 9), Err(Malformed));
        assert_eq!(
            read(&format!("--xy\r\n{}", "a".repeat(9000)), 999),
            Err(Malformed)
        );
    }

    proptest! {
        #[test]
        fn any_file_passes_through(file in "[-xy\r\na]{0,60}", size in 1_usize..9) {
            prop_assume!(!format!("\r\n{file}\r\n").contains("\r\n--xy"));
            let form = format!("--xy\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{file}\r\n--xy--\r\n");
            prop_assert_eq!(read(&form, size).unwrap(), [("file".to_owned(), file)]);
        }
    }
}

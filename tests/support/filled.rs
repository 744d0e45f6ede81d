//! Forms as a browser without scripts sends them.

use super::answer::Answer;

/// A form as a browser would send it: every field the page has, as it stands, in order.
#[derive(Clone, Debug)]
pub struct Filled(pub Vec<(String, String)>);

impl Filled {
    pub fn of(page: &Answer) -> Self {
        let html = page.text();
        let form = html.split("<form class=\"sheet\"").nth(1).expect("a form");
        let form = form.split("</form>").next().unwrap();
        let attribute = |tag: &str, name: &str| {
            let value = tag.split(&format!(" {name}=\"")).nth(1)?;
            Some(unescape(value.split('"').next()?))
        };
        let mut fields = Vec::new();
        for (at, _) in form.match_indices('<') {
            let rest = &form[at..];
            let tag = rest.split('>').next().unwrap();
            let kind = tag.split([' ', '>']).next().unwrap();
            let Some(name) = attribute(tag, "name") else {
                continue;
            };
            match kind {
                "<input" => {
                    let ticks = attribute(tag, "type").as_deref() == Some("checkbox");
                    if !ticks || tag.contains(" checked") {
                        fields.push((name, attribute(tag, "value").unwrap_or_default()));
                    }
                }
                "<textarea" => {
                    let text = rest.split('>').nth(1).unwrap();
                    fields.push((name, unescape(text.split('<').next().unwrap())));
                }
                "<select" => {
                    let options = rest.split("</select>").next().unwrap();
                    let chosen = options
                        .split("<option")
                        .find(|option| option.split('>').next().unwrap().contains(" selected"));
                    let value = chosen.and_then(|tag| attribute(tag, "value"));
                    fields.push((name, value.unwrap_or_default()));
                }
                _ => {}
            }
        }
        Self(fields)
    }

    pub fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        &field.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.and(name, value)
    }

    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

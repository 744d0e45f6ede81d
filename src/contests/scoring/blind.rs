//! Blind reading: what says whose an entry is, taken out of structured fields and marked in
//! free text.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it was written.
    Plain(&'a str),
    /// It says whose the entry is, and is not shown.
    Hidden,
}

/// What stands in the place of something hidden.
pub const BAR: &str = "▇▇▇";

/// What must not be read: names, places, and parts of them.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

/// Ends of a division's name that everyday speech leaves out.
const LEVELS: [&str; 10] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治县",
    "街道",
    "省",
    "市",
    "县",
    "区",
];

impl Secrets {
    /// Of an organization: what it is called, its contact, and where it and its project are.
    /// Divisions count with and without their level: 赣州市, 赣州.
    pub fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        places: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut found: Vec<String> = Vec::new();
        let mut add = |text: &str| {
            let text = text.trim();
            // One character is in too many words.
            if text.chars().count() >= 2 && !found.iter().any(|known| known == text) {
                found.push(text.to_owned());
            }
        };
        let places: Vec<&str> = places.into_iter().collect();
        for name in names {
            add(name);
            // 于都县邻里社 is known as 邻里社 as well.
            for place in &places {
                for known in [Some(*place), short(place)].into_iter().flatten() {
                    if let Some(rest) = name
                        .strip_prefix(known)
                        .filter(|rest| rest.chars().count() >= 3)
                    {
                        add(rest);
                    }
                }
            }
        }
        for place in places {
            add(place);
            short(place).into_iter().for_each(&mut add);
        }
        // The longest first, so that a part does not break up the whole.
        found.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(found)
    }

    /// A text in pieces.
    pub fn split<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let (mut rest, mut plain) = (text, text);
        while let Some(c) = rest.chars().next() {
            let hidden = self.0.iter().find(|secret| starts_with(rest, secret));
            let length = hidden.map_or(c.len_utf8(), |secret| secret.len());
            let Some((_, after)) = rest.split_at_checked(length) else {
                break;
            };
            if hidden.is_some() {
                push_plain(&mut pieces, plain, rest);
                if pieces.last() != Some(&Piece::Hidden) {
                    pieces.push(Piece::Hidden);
                }
                plain = after;
            }
            rest = after;
        }
        push_plain(&mut pieces, plain, "");
        pieces
    }

    /// A text with bars in it.
    pub fn hide(&self, text: &str) -> String {
        let pieces = self.split(text).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Plain(text) => text,
                Piece::Hidden => BAR,
            })
            .collect()
    }
}

/// Without regard to the case of Latin letters.
fn starts_with(text: &str, secret: &str) -> bool {
    text.get(..secret.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(secret))
}

/// The text before `rest`, if there is any.
fn push_plain<'a>(pieces: &mut Vec<Piece<'a>>, from: &'a str, rest: &str) {
    let length = from.len().saturating_sub(rest.len());
    if let Some(text) = from.get(..length).filter(|text| !text.is_empty()) {
        pieces.push(Piece::Plain(text));
    }
}

/// A division's name without its level; none when hardly anything would be left.
fn short(place: &str) -> Option<&str> {
    LEVELS
        .iter()
        .find_map(|level| place.strip_suffix(level))
        .filter(|rest| rest.chars().count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_a_village_team() -> Secrets {
        Secrets::new(
            ["于都县邻里志愿服务队", "钟𠮷诺"],
            ["赣州市", "于都县", "Fusion村"],
        )
    }

    #[test]
    fn names_and_places_are_hidden_with_and_without_their_level() {
        let secrets = of_a_village_team();
        for (text, read) in [
            ("于都县邻里志愿服务队在行动", "▇▇▇在行动"),
            ("邻里志愿服务队由钟𠮷诺带队", "▇▇▇由▇▇▇带队"),
            ("赣州于都的孩子", "▇▇▇的孩子"),
            ("我们到 FUSION村 上课", "我们到 ▇▇▇ 上课"),
            ("服务 120 名老人", "服务 120 名老人"),
            ("", ""),
        ] {
            assert_eq!(secrets.hide(text), read, "{text}");
        }
    }

    #[test]
    fn a_single_character_hides_nothing() {
        assert_eq!(Secrets::new(["社"], ["县"]).hide("社区县城"), "社区县城");
    }

    proptest! {
        #[test]
        fn no_secret_is_left_and_nothing_else_is_lost(words in proptest::collection::vec("[于都县邻里志愿服务队赣州市好人𠮷a]{0,6}", 0..6)) {
            let secrets = of_a_village_team();
            let text = words.concat();
            let hidden = secrets.hide(&text);
            for secret in &secrets.0 {
                prop_assert!(!hidden.contains(secret.as_str()), "{} in {}", secret, hidden);
            }
            let pieces = secrets.split(&text);
            let plain: usize = pieces.iter().map(|piece| match piece {
                Piece::Plain(text) => text.len(),
                Piece::Hidden => 0,
            }).sum();
            prop_assert!(plain <= text.len());
            if pieces.iter().all(|piece| *piece != Piece::Hidden) {
                prop_assert_eq!(hidden, text);
            }
        }
    }
}

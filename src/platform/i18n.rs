//! Two languages, side by side wherever a person reads something.

use std::borrow::Cow;

/// The language a page or an error is answered in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Simplified Chinese, the product's first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The words of this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// BCP 47 tag for `lang` attributes and `Content-Language`.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// The short code kept in cookies and rows.
    pub fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// Reads the short code back.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// A choice kept in a cookie wins, then the first language of `Accept-Language`
    /// that the product speaks, then Chinese.
    pub fn negotiate(cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        cookie.and_then(Self::from_code).unwrap_or_else(|| {
            accept_language
                .unwrap_or_default()
                .split(',')
                .find_map(|range| {
                    let tag = range.split(';').next().unwrap_or_default().trim();
                    match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
                        Some("zh") => Some(Self::Zh),
                        Some("en") => Some(Self::En),
                        _ => None,
                    }
                })
                .unwrap_or_default()
        })
    }
}

/// One thing said in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    zh: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Words {
    /// Both sentences, Chinese first.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The sentence in `lang`.
    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn a_cookie_wins_over_the_browser() {
        assert_eq!(Lang::negotiate(Some("en"), Some("zh-CN")), Lang::En);
        assert_eq!(Lang::negotiate(Some("fr"), Some("en-GB")), Lang::En);
    }

    #[test]
    fn the_first_spoken_language_is_taken() {
        assert_eq!(
            Lang::negotiate(None, Some("fr, en;q=0.8, zh;q=0.5")),
            Lang::En
        );
        assert_eq!(Lang::negotiate(None, Some("ZH-Hant-TW,en")), Lang::Zh);
        assert_eq!(Lang::negotiate(None, Some("字")), Lang::Zh);
        assert_eq!(Lang::negotiate(None, None), Lang::Zh);
    }
}

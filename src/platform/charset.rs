//! Text as spreadsheets write it: UTF-8, or GB18030 from Chinese Excel. The tables are
//! the platform's own.

/// How bytes spell characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// RFC 3629.
    Utf8,
    /// GB 18030-2022, of which GBK and GB 2312 are parts.
    Gb18030,
}

impl Charset {
    /// Which of the two these first bytes of a text are in. What is valid UTF-8, cut at
    /// the end or not, is hardly ever anything else.
    pub fn guess(first: &[u8]) -> Self {
        match std::str::from_utf8(first) {
            Err(error) if error.error_len().is_some() => Self::Gb18030,
            _ => Self::Utf8,
        }
    }
}

/// Bytes that spell nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Decodes a text that comes in pieces, which may end inside a character.
pub struct Decoder(Inner);

enum Inner {
    /// With what is left of a character cut in two.
    Utf8(Vec<u8>),
    Gb18030(platform::Gb18030),
}

impl Decoder {
    /// For a text from its beginning.
    pub fn new(charset: Charset) -> Result<Self, Unreadable> {
        Ok(Self(match charset {
            Charset::Utf8 => Inner::Utf8(Vec::new()),
            Charset::Gb18030 => Inner::Gb18030(platform::Gb18030::new()?),
        }))
    }

    /// Decodes the next piece.
    pub fn decode(&mut self, piece: &[u8], last: bool) -> Result<String, Unreadable> {
        match &mut self.0 {
            Inner::Gb18030(decoder) => decoder.decode(piece, last),
            Inner::Utf8(cut) => {
                let mut bytes = std::mem::take(cut);
                bytes.extend_from_slice(piece);
                match String::from_utf8(bytes) {
                    Ok(text) => Ok(text),
                    Err(error) if error.utf8_error().error_len().is_none() && !last => {
                        let whole = error.utf8_error().valid_up_to();
                        let mut bytes = error.into_bytes();
                        *cut = bytes.split_off(whole);
                        String::from_utf8(bytes).map_err(|_| Unreadable)
                    }
                    Err(_) => Err(Unreadable),
                }
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use wasm_bindgen::prelude::*;

    use super::Unreadable;

    #[wasm_bindgen]
    extern "C" {
        /// <https://encoding.spec.whatwg.org/#interface-textdecoder>
        type TextDecoder;

        #[wasm_bindgen(constructor, catch)]
        fn new(label: &str, options: &JsValue) -> Result<TextDecoder, JsValue>;

        #[wasm_bindgen(method, catch)]
        fn decode(this: &TextDecoder, bytes: &[u8], options: &JsValue) -> Result<String, JsValue>;
    }

    fn option(name: &str, value: bool) -> JsValue {
        let pair = js_sys::Array::of2(&name.into(), &value.into());
        js_sys::Object::from_entries(&js_sys::Array::of1(&pair))
            .map_or(JsValue::UNDEFINED, Into::into)
    }

    pub struct Gb18030(worker::send::SendWrapper<TextDecoder>);

    impl Gb18030 {
        pub fn new() -> Result<Self, Unreadable> {
            TextDecoder::new("gb18030", &option("fatal", true))
                .map(|decoder| Self(worker::send::SendWrapper::new(decoder)))
                .map_err(|_| Unreadable)
        }

        pub fn decode(&mut self, piece: &[u8], last: bool) -> Result<String, Unreadable> {
            self.0
                .decode(piece, &option("stream", !last))
                .map_err(|_| Unreadable)
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use encoding_rs::{Decoder, DecoderResult, GB18030};

    use super::Unreadable;

    pub struct Gb18030(Decoder);

    impl Gb18030 {
        pub fn new() -> Result<Self, Unreadable> {
            Ok(Self(GB18030.new_decoder_without_bom_handling()))
        }

        pub fn decode(&mut self, piece: &[u8], last: bool) -> Result<String, Unreadable> {
            let most = self
                .0
                .max_utf8_buffer_length_without_replacement(piece.len());
            let mut text = String::with_capacity(most.ok_or(Unreadable)?);
            match self
                .0
                .decode_to_string_without_replacement(piece, &mut text, last)
            {
                (DecoderResult::InputEmpty, _) => Ok(text),
                _ => Err(Unreadable),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: &str = "编号,项目名称\r\n";

    fn gb18030(text: &str) -> Vec<u8> {
        encoding_rs::GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn a_character_cut_in_two_tells_nothing() {
        let bytes = NAMES.as_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Charset::guess(&bytes[..end]), Charset::Utf8);
        }
        assert_eq!(Charset::guess(&gb18030(NAMES)), Charset::Gb18030);
    }

    #[test]
    fn what_spells_nothing_is_told() {
        let mut utf8 = Decoder::new(Charset::Utf8).unwrap();
        assert_eq!(utf8.decode(b"a\xff", false), Err(Unreadable));
        let mut cut = Decoder::new(Charset::Utf8).unwrap();
        assert_eq!(cut.decode(&"编".as_bytes()[..2], true), Err(Unreadable));
        let mut gb = Decoder::new(Charset::Gb18030).unwrap();
        assert_eq!(gb.decode(b"\xb1\xff\xff", true), Err(Unreadable));
    }

    proptest! {
        #[test]
        fn pieces_make_the_same_text(text in "[a-z,\"\n一-龥𠀀-𠀐€]{0,40}", size in 1_usize..7) {
            for (charset, bytes) in [(Charset::Utf8, text.clone().into_bytes()), (Charset::Gb18030, gb18030(&text))] {
                let mut decoder = Decoder::new(charset).unwrap();
                let mut read = String::new();
                for piece in bytes.chunks(size) {
                    read += &decoder.decode(piece, false).unwrap();
                }
                read += &decoder.decode(b"", true).unwrap();
                prop_assert_eq!(&read, &text);
            }
        }
    }
}

//! Bits that say which certificates hold no more (W3C Bitstring Status List 1.0).

use std::io::Write as _;

use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::platform::crypto::{NoRandomness, random};

/// Bits of a list: as few as the standard allows (section 6.1), lest a list give away whose
/// bit is asked for.
pub const BITS: usize = 131_072;
/// Half of a list is given out, so that a free bit is found by chance.
pub const CERTIFICATES: i64 = 65_536;
/// So many bits are drawn; that none of them is free is one chance in four thousand
/// million.
const DRAWN: usize = 32;

/// Bits drawn at random, as a JSON array.
pub fn draw() -> Result<String, NoRandomness> {
    let bytes: [u8; DRAWN * 3] = random()?;
    let (drawn, _) = bytes.as_chunks::<3>();
    let index = |[a, b, c]: &[u8; 3]| u32::from_le_bytes([*a, *b, *c & 1, 0]);
    Ok(serde_json::json!(drawn.iter().map(index).collect::<Vec<u32>>()).to_string())
}

/// The list as it travels: multibase base64url of what GZIP makes of it. Bit 0 is the first
/// one from the left.
pub fn encoded(set: impl IntoIterator<Item = usize>) -> std::io::Result<String> {
    let mut bits = vec![0_u8; BITS / 8];
    for index in set {
        if let Some(byte) = bits.get_mut(index / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bits)?;
    Ok(format!("u{}", BASE64URL_NOPAD.encode(&gzip.finish()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn decoded(list: &str) -> Vec<u8> {
        let gzip = BASE64URL_NOPAD
            .decode(list.strip_prefix('u').unwrap().as_bytes())
            .unwrap();
        let mut bits = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..])
            .read_to_end(&mut bits)
            .unwrap();
        bits
    }

    #[test]
    fn the_first_bit_is_the_leftmost() {
        let bits = decoded(&encoded([0, 9, BITS - 1, BITS]).unwrap());
        assert_eq!(bits.len(), 16 * 1024);
        assert_eq!((bits[0], bits[1], bits[BITS / 8 - 1]), (0x80, 0x40, 0x01));
        assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), 3);
    }

    #[test]
    fn an_untouched_list_is_short() {
        assert!(encoded([]).unwrap().len() < 80);
    }

    #[test]
    fn bits_are_drawn_from_the_whole_list() {
        let mut highest = 0;
        for _ in 0..50 {
            let drawn: Vec<usize> = serde_json::from_str(&draw().unwrap()).unwrap();
            assert_eq!(drawn.len(), DRAWN);
            assert!(drawn.iter().all(|index| *index < BITS));
            highest = highest.max(drawn.into_iter().max().unwrap());
        }
        assert!(highest > BITS * 9 / 10);
    }
}

//! QR codes (ISO/IEC 18004) as SVG.

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// The margin that scanners need, in modules.
const QUIET: i32 = 4;

/// A text as a picture, dark on light whatever the page's colours; nothing for a text of
/// more than two kilobytes, which no code holds.
pub fn svg(text: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return html! {};
    };
    let side = code.size() + 2 * QUIET;
    html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (side) " " (side) } role="img"
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path(&code)) fill="#000" {}
        }
    }
}

/// One subpath for each run of dark modules in a row.
fn path(code: &QrCode) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .count();
            let run = i32::try_from(run).unwrap_or_default();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_link_becomes_a_picture_and_a_novel_does_not() {
        let picture = svg("https://diandan.example/check-in").into_string();
        // Version 3 has 29 modules a side; its first row begins with a finder of seven.
        assert!(picture.contains("viewBox=\"0 0 37 37\""), "{picture}");
        assert!(picture.contains("d=\"M4 4h7v1h-7z"), "{picture}");
        assert_eq!(svg(&"x".repeat(3000)).into_string(), "");
    }
}

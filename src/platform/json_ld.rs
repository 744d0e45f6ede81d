//! Linked data inside a page (JSON-LD 1.1, section 7.3): for programs that read pages.

use maud::{Markup, PreEscaped};
use serde_json::Value;

/// A block of data. It is no script, so the policy that forbids inline scripts lets it
/// be; inside it only `<` could end it, and JSON may say that otherwise.
pub fn script(data: &Value) -> Markup {
    let data = data.to_string().replace('<', "\\u003c");
    PreEscaped(format!(
        "<script type=\"application/ld+json\">{data}</script>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_the_data_ends_the_block() {
        let data = json!({"name": "</script><script>alert(1)</script><!--"});
        let block = script(&data).into_string();
        assert_eq!(block.matches('<').count(), 2);
        let text = block
            .strip_prefix("<script type=\"application/ld+json\">")
            .and_then(|text| text.strip_suffix("</script>"));
        assert_eq!(serde_json::from_str::<Value>(text.unwrap()).unwrap(), data);
    }
}

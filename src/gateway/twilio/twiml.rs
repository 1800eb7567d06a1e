//! TwiML: the answer to an incoming text, as XML. Writes only; which texts to answer is decided elsewhere.

use std::fmt::Write as _;

use super::callback_url;
use crate::conversation::ReplyText;

/// The content type that goes with it. The charset is named, since `text/xml` without one once meant ASCII.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// The texts as a TwiML document; no text gives the empty response, which answers nothing.
///
/// The same texts give the same bytes, so that they can be stored and given again (P2). Each text asks for status
/// callbacks to `status_url` with its own identifier, since a text sent this way has no identifier of the
/// provider until it calls back.
#[must_use]
pub fn response(texts: &[ReplyText], status_url: &str) -> String {
    let mut xml = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    if texts.is_empty() {
        xml.push_str("<Response/>");
        return xml;
    }
    xml.push_str("<Response>");
    for text in texts {
        xml.push_str(r#"<Message statusCallback=""#);
        escape(&mut xml, &callback_url(status_url, text.id));
        xml.push_str(r#"">"#);
        escape(&mut xml, &text.body.0);
        xml.push_str("</Message>");
    }
    xml.push_str("</Response>");
    xml
}

/// Writes `text` so that a reader of XML gets it back, as content or inside of a double-quoted attribute.
///
/// What XML 1.0 cannot hold at all, not even escaped, is left out: the control characters save tab, line feed and
/// carriage return, and U+FFFE and U+FFFF. A text that echoes what somebody typed may contain them. A carriage
/// return is escaped, since a reader would turn a plain one into a line feed.
fn escape(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            '\t' | '\n' => {
                // Readers turn these into spaces inside of an attribute, unless they are escaped.
                write!(xml, "&#{};", u32::from(character)).expect("writing to a String cannot fail");
            }
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            other => xml.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::id::MessageId;
    use domain::message::Body;
    use proptest::prelude::*;

    use super::*;

    const STATUS_URL: &str = "https://bot.example/twilio/status";

    fn reply(number: u8, body: &str) -> ReplyText {
        ReplyText { id: MessageId::new(chrono::DateTime::UNIX_EPOCH, &[number; 10]), body: Body(body.into()) }
    }

    fn storable(text: &str) -> String {
        let kept = |c: &char| matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'));
        text.chars().filter(kept).collect()
    }

    /// What an independent reader makes of it: the texts with their callback addresses.
    fn read(xml: &str) -> Vec<(String, String)> {
        let document = roxmltree::Document::parse(xml).expect("well-formed");
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "Response");
        let read = |node: roxmltree::Node<'_, '_>| {
            assert_eq!(node.tag_name().name(), "Message");
            assert_eq!(node.attributes().len(), 1);
            assert!(node.children().all(|child| child.is_text()));
            let callback = node.attribute("statusCallback").expect("has a callback").to_owned();
            (callback, node.text().unwrap_or_default().to_owned())
        };
        root.children().map(read).collect()
    }

    #[test]
    fn no_text_is_the_empty_response() {
        assert_eq!(response(&[], STATUS_URL), r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#);
    }

    #[test]
    fn one_text_is_one_message_with_its_own_callback() {
        let text = reply(7, "体温は?\n例 36.8 <\"&'>");
        let id = text.id;
        assert_eq!(
            response(&[text], "https://bot.example/s?a=1"),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message \
                 statusCallback=\"https://bot.example/s?a=1&amp;m={id}\">体温は?&#10;例 36.8 \
                 &lt;&quot;&amp;'&gt;</Message></Response>"
            )
        );
    }

    #[test]
    fn what_is_not_xml_is_left_out_and_the_rest_stays() {
        let text = reply(1, "a\u{0}\u{1}b\u{1b}\r\n\u{7f}\u{85}\u{2028}\u{200f}\u{FFFE}\u{FFFF}😷]]>");
        let read = read(&response(&[text], STATUS_URL));
        assert_eq!(read[0].1, "ab\r\n\u{7f}\u{85}\u{2028}\u{200f}😷]]>");
    }

    proptest! {
        #[test]
        fn a_reader_of_xml_gets_every_text_back(bodies in proptest::collection::vec(any::<String>(), 0..4), path in "[ -~あ\t\n]{0,20}") {
            let texts: Vec<ReplyText> = bodies.iter().zip(0..).map(|(body, number)| reply(number, body)).collect();
            let status_url = format!("{STATUS_URL}/{path}");
            let xml = response(&texts, &status_url);
            let expected: Vec<(String, String)> =
                texts.iter().map(|text| (callback_url(&status_url, text.id), storable(&text.body.0))).collect();
            prop_assert_eq!(read(&xml), expected);
            prop_assert_eq!(response(&texts, &status_url), xml);
        }

        #[test]
        fn control_characters_do_no_harm(body in "[\u{0}-\u{9f}<>&\"'あ]{0,40}") {
            let xml = response(&[reply(0, &body)], STATUS_URL);
            prop_assert_eq!(&read(&xml)[0].1, &storable(&body));
        }
    }
}

//! Writes any text as TwiML, and has a strict reader of XML read it again: what a patient typed must never change
//! what the document says, and must come back as it was, save what XML cannot hold.
#![no_main]

use conversation::ReplyText;
use domain::id::MessageId;
use domain::message::Body;
use libfuzzer_sys::fuzz_target;

/// What the writer needs of the service around it.
mod conversation {
    pub(crate) struct ReplyText {
        pub(crate) id: domain::id::MessageId,
        pub(crate) body: domain::message::Body,
    }
}

/// As in the module that the writer lives in, without what it does about queries and fragments.
fn callback_url(status_url: &str, id: MessageId) -> String {
    format!("{status_url}?m={id}")
}

#[path = "../../src/gateway/twilio/twiml.rs"]
#[expect(dead_code, reason = "the handler that names the content type is not compiled in")]
mod twiml;

// Texts stand one after the other, with a NUL between them; the first is the status address.
fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    let address = parts.next().unwrap_or_default();
    let id = MessageId::new(chrono::DateTime::UNIX_EPOCH, &[7; 10]);
    let texts: Vec<ReplyText> = parts.map(|body| ReplyText { id, body: Body(body) }).collect();
    if texts.len() > 100 {
        return;
    }

    let xml = twiml::response(&texts, &address);
    assert_eq!(xml, twiml::response(&texts, &address), "the same texts, other bytes");
    let document = roxmltree::Document::parse(&xml).expect("well-formed XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "Response");
    let messages: Vec<_> = root.children().collect();
    assert_eq!(messages.len(), texts.len());
    for (message, text) in messages.iter().zip(&texts) {
        assert_eq!(message.tag_name().name(), "Message");
        assert_eq!(message.attributes().count(), 1);
        assert!(message.children().all(|child| child.is_text()));
        let holdable = |text: &str| -> String {
            text.chars()
                .filter(
                    |c| !matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'),
                )
                .collect()
        };
        assert_eq!(message.text().unwrap_or_default(), holdable(&text.body.0));
        let called = holdable(&callback_url(&address, id));
        assert_eq!(message.attribute("statusCallback"), Some(called.as_str()));
    }
});

//! Reads the webhook's answer: TwiML for messages, as far as Twilio documents it. Decides what is to be sent and
//! what was wrong; sends nothing.

use roxmltree::{Document, Node};

/// The longest document that is read, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The longest text that can be sent, in characters.
const MAX_BODY: usize = 1600;

/// One `<Message>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Verb {
    /// The words.
    pub(super) body: String,
    /// How many `<Media>` it has.
    pub(super) media: u32,
    /// To another number than the one that texted.
    pub(super) to: Option<String>,
    /// From another sender than the one that was texted.
    pub(super) from: Option<String>,
    /// Where changes of its status are told.
    pub(super) status_callback: Option<String>,
    /// What is asked for more TwiML once it is queued; what stood behind it is not reached.
    pub(super) action: Option<String>,
}

/// Something wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Twilio's code.
    pub(super) code: u32,
    /// What was wrong and what would be right. Holds nothing of the text.
    pub(super) explanation: String,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Script {
    /// What is to be sent, in order.
    pub(super) verbs: Vec<Verb>,
    /// What could not be followed; the rest is followed all the same.
    pub(super) problems: Vec<Problem>,
}

impl Script {
    fn broken(code: u32, explanation: impl Into<String>) -> Self {
        Self { verbs: Vec::new(), problems: vec![Problem { code, explanation: explanation.into() }] }
    }

    fn problem(&mut self, code: u32, explanation: impl Into<String>) {
        self.problems.push(Problem { code, explanation: explanation.into() });
    }
}

/// Reads an answer with 2xx. XML is followed, plain text is sent as it is, anything else is a problem.
pub(super) fn read(content_type: Option<&str>, body: &[u8]) -> Script {
    let media_type =
        content_type.and_then(|value| value.split(';').next()).map(|value| value.trim().to_ascii_lowercase());
    if body.len() > MAX_BYTES {
        return Script::broken(11750, "the answer is longer than 64 kB");
    }
    match media_type.as_deref() {
        Some("text/xml" | "application/xml") => read_xml(body),
        _ if body.is_empty() => Script::default(),
        Some("text/plain") => {
            let mut script = Script::default();
            let text = String::from_utf8_lossy(body).trim().to_owned();
            push(&mut script, Verb { body: text, ..Verb::default() });
            script
        }
        Some(other) => {
            Script::broken(12300, format!("the content type is {other}; it should be text/xml or application/xml"))
        }
        None => Script::broken(12300, "the answer has no content type; it should be text/xml or application/xml"),
    }
}

fn read_xml(body: &[u8]) -> Script {
    let Ok(text) = str::from_utf8(body) else {
        return Script::broken(12100, "the document is not UTF-8");
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return Script::broken(12100, format!("the document is not well-formed XML: {}", place_of(&error)));
        }
    };
    let root = document.root_element();
    if !is_named(root, "Response") {
        return Script::broken(12102, "the root element is not <Response>");
    }
    let mut script = Script::default();
    for node in root.children() {
        if node.is_text() {
            if node.text().is_some_and(|text| !text.trim().is_empty()) {
                script.problem(12200, "<Response> holds text outside of any verb; it is not sent");
            }
        } else if is_named(node, "Message") {
            let verb = read_message(node, &mut script);
            let ends_here = verb.action.is_some();
            push(&mut script, verb);
            if ends_here {
                break;
            }
        } else if is_named(node, "Redirect") {
            script.problem(12200, "<Redirect> is not followed by this provider");
            break;
        } else if node.is_element() {
            script.problem(12200, format!("<{}> is no verb for messages (names are case-sensitive)", name_of(node)));
        }
    }
    script
}

fn read_message(node: Node<'_, '_>, script: &mut Script) -> Verb {
    let mut verb = Verb::default();
    for attribute in node.attributes() {
        let value = Some(attribute.value().to_owned()).filter(|value| !value.is_empty());
        match attribute.name() {
            "to" => verb.to = value,
            "from" => verb.from = value,
            "statusCallback" => verb.status_callback = value,
            "action" => verb.action = value,
            "method" if attribute.value().eq_ignore_ascii_case("POST") => {}
            "method" => script.problem(12200, "<Message> asks for another method than POST; POST is used"),
            other => script.problem(12200, format!("<Message> has no attribute {other}")),
        }
    }
    for child in node.children() {
        if child.is_text() {
            verb.body.push_str(child.text().unwrap_or_default());
        } else if is_named(child, "Body") {
            verb.body.extend(child.descendants().filter(Node::is_text).filter_map(|text| text.text()));
        } else if is_named(child, "Media") {
            verb.media += 1;
        } else if child.is_element() {
            script.problem(12200, format!("<{}> has no place in <Message>", name_of(child)));
        }
    }
    verb.body = verb.body.trim().to_owned();
    verb
}

/// Keeps a message that can be sent.
fn push(script: &mut Script, verb: Verb) {
    if verb.body.is_empty() && verb.media == 0 {
        script.problem(14103, "<Message> has neither words nor media");
    } else if verb.body.chars().count() > MAX_BODY {
        script.problem(21617, format!("<Message> has more than {MAX_BODY} characters"));
    } else {
        script.verbs.push(verb);
    }
}

fn is_named(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name && node.tag_name().namespace().is_none()
}

/// An element's name, cut: the document comes from outside.
fn name_of<'a>(node: Node<'a, '_>) -> &'a str {
    let name = node.tag_name().name();
    name.char_indices().nth(40).map_or(name, |(end, _)| &name[..end])
}

/// Where the parser stopped. Its own message may quote the document, which may hold a patient's words.
fn place_of(error: &roxmltree::Error) -> String {
    let place = error.pos();
    format!("line {}, column {}", place.row, place.col)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(text: &str) -> Script {
        read(Some("text/xml; charset=utf-8"), text.as_bytes())
    }

    fn bodies(script: &Script) -> Vec<&str> {
        script.verbs.iter().map(|verb| verb.body.as_str()).collect()
    }

    fn codes(script: &Script) -> Vec<u32> {
        script.problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn what_is_followed() {
        let cases: [(&str, &[&str]); 7] = [
            ("<Response/>", &[]),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>", &[]),
            ("<Response><Message>熱は？ &lt;36.5&gt; &amp; 息</Message></Response>", &["熱は？ <36.5> & 息"]),
            ("<Response><Message><Body>one</Body></Message><Message>two</Message></Response>", &["one", "two"]),
            ("<Response><Message>\n  two\n  lines\n</Message></Response>", &["two\n  lines"]),
            ("<Response><!-- nothing --><Message><![CDATA[a<b]]></Message></Response>", &["a<b"]),
            ("<Response><Message>a<Media>http://a.example/x.png</Media></Message></Response>", &["a"]),
        ];
        for (text, expected) in cases {
            let script = xml(text);
            assert_eq!(bodies(&script), expected, "{text}");
            assert_eq!(codes(&script), Vec::<u32>::new(), "{text}");
        }
    }

    #[test]
    fn attributes() {
        let script = xml(
            "<Response><Message statusCallback=\"/twilio/status?m=1&amp;x=2\" to=\"+12025550101\">a</Message></Response>",
        );
        let verb = &script.verbs[0];
        assert_eq!(verb.status_callback.as_deref(), Some("/twilio/status?m=1&x=2"));
        assert_eq!(verb.to.as_deref(), Some("+12025550101"));
    }

    #[test]
    fn what_stands_behind_an_action_is_not_reached() {
        let script = xml("<Response><Message action=\"/next\">a</Message><Message>b</Message></Response>");
        assert_eq!(bodies(&script), ["a"]);
    }

    #[test]
    fn what_is_wrong() {
        let long = format!("<Response><Message>{}</Message></Response>", "あ".repeat(1601));
        let huge = format!("<Response><!--{}--></Response>", "x".repeat(MAX_BYTES));
        /// Content type, document, the problems' codes, what is sent all the same.
        type Case<'a> = (Option<&'a str>, &'a str, &'a [u32], &'a [&'a str]);
        let cases: [Case<'_>; 15] = [
            (Some("text/xml"), "", &[12100], &[]),
            (Some("text/xml"), "<Response><Message>a</Response>", &[12100], &[]),
            (Some("text/xml"), "<Response><Message>a\u{1}b</Message></Response>", &[12100], &[]),
            (Some("text/xml"), "<response/>", &[12102], &[]),
            (Some("application/xml"), "<Response><message>a</message></Response>", &[12200], &[]),
            (Some("text/xml"), "<Response>hello</Response>", &[12200], &[]),
            (Some("text/xml"), "<Response><Redirect>/x</Redirect><Message>a</Message></Response>", &[12200], &[]),
            (Some("text/xml"), "<Response><Say>a</Say><Message>b</Message></Response>", &[12200], &["b"]),
            (Some("text/xml"), "<Response><Message/></Response>", &[14103], &[]),
            (Some("text/xml"), "<Response><Message statuscallback=\"/x\">a</Message></Response>", &[12200], &["a"]),
            (Some("text/xml"), &long, &[21617], &[]),
            (Some("text/xml"), &huge, &[11750], &[]),
            (Some("application/json"), "{}", &[12300], &[]),
            (None, "<Response/>", &[12300], &[]),
            (Some("text/plain"), "as it is", &[], &["as it is"]),
        ];
        for (content_type, text, problems, sent) in cases {
            let script = read(content_type, text.as_bytes());
            let shown: String = text.chars().take(60).collect();
            assert_eq!(codes(&script), problems, "{shown}");
            assert_eq!(bodies(&script), sent, "{shown}");
        }
        assert_eq!(codes(&read(Some("text/xml"), b"<Response>\xff</Response>")), [12100]);
        assert_eq!(read(None, b""), Script::default());
    }

    #[test]
    fn a_document_type_cannot_blow_up() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><Response><Message>&b;</Message></Response>";
        assert_eq!(codes(&xml(bomb)), [12100]);
    }

    #[test]
    fn explanations_hold_no_words_of_the_text() {
        for broken in [
            "<Response><Message>secret</Response>",
            "<Response>secret</Response>",
            "<Response><Message>secret &</Message></Response>",
        ] {
            for problem in xml(broken).problems {
                assert!(!problem.explanation.contains("secret"), "{}", problem.explanation);
            }
        }
    }
}

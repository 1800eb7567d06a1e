//! The provider's side of the webhooks, in the test's own words: signs as the provider's documents say, posts, and
//! reads the answer. Uses nothing of the program, so that a mistake cannot agree with itself.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// Posts signed webhooks to one service.
#[derive(Clone)]
pub(super) struct Webhooks {
    pub(super) http: reqwest::Client,
    /// Where it listens and what is signed: scheme, host and port.
    pub(super) public_url: String,
    pub(super) account: String,
    pub(super) token: String,
    /// The center's number.
    pub(super) center: String,
}

/// What a webhook was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The texts of a TwiML answer, each with the address of its status callback.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        assert_eq!(self.status, 200, "{self:?}");
        let xml = std::str::from_utf8(&self.body).expect("TwiML is UTF-8");
        let document = roxmltree::Document::parse(xml).expect("TwiML is XML");
        assert_eq!(document.root_element().tag_name().name(), "Response");
        let messages = document.root_element().children().filter(roxmltree::Node::is_element);
        messages
            .map(|message| {
                assert_eq!(message.tag_name().name(), "Message");
                let callback = message.attribute("statusCallback").expect("each asks for a status callback");
                (message.text().unwrap_or_default().to_owned(), callback.to_owned())
            })
            .collect()
    }

    /// The one text of a TwiML answer.
    pub(super) fn text(&self) -> String {
        let mut texts = self.texts();
        assert_eq!(texts.len(), 1, "one text: {texts:?}");
        texts.remove(0).0
    }
}

/// An identifier of the provider's that was never there before.
pub(super) fn new_sid() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("SM{:08x}{:024x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// HMAC-SHA1 as RFC 2104 writes it.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha1::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// The signature over an address and a form: the address, then every name and value, sorted by name.
pub(super) fn signature(token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut sorted = form.to_vec();
    sorted.sort();
    let mut signed = url.to_owned();
    for (name, value) in &sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    STANDARD.encode(hmac_sha1(token.as_bytes(), signed.as_bytes()))
}

pub(super) fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Webhooks {
    /// The form of a text as the provider sends it.
    pub(super) fn text_form(&self, sid: &str, from: &str, body: &str, media: u32) -> Vec<(String, String)> {
        form(&[
            ("ToCountry", "JP"),
            ("ToState", ""),
            ("SmsMessageSid", sid),
            ("NumMedia", &media.to_string()),
            ("ToCity", ""),
            ("SmsStatus", "received"),
            ("Body", body),
            ("FromCountry", "JP"),
            ("To", &self.center),
            ("NumSegments", "1"),
            ("MessageSid", sid),
            ("AccountSid", &self.account),
            ("From", from),
            ("ApiVersion", "2010-04-01"),
        ])
    }

    /// Posts a signed form to an address of the service.
    pub(super) async fn post(&self, url: &str, form: &[(String, String)]) -> Answer {
        let signature = signature(&self.token, url, form);
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post_raw(url, "application/x-www-form-urlencoded", Some(&signature), body.into_bytes()).await
    }

    /// Posts whatever it is given.
    pub(super) async fn post_raw(
        &self,
        url: &str,
        content_type: &str,
        signature: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = self.http.post(url).header("Content-Type", content_type).body(body);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        let response = request.send().await.expect("the service answers");
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (retry_after, content_type) = (header("retry-after"), header("content-type"));
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("a whole answer").to_vec();
        Answer { status, retry_after, content_type, body }
    }

    pub(super) fn sms_url(&self) -> String {
        format!("{}/twilio/sms", self.public_url)
    }

    /// Delivers a text under this identifier.
    pub(super) async fn deliver(&self, sid: &str, from: &str, body: &str) -> Answer {
        self.post(&self.sms_url(), &self.text_form(sid, from, body, 0)).await
    }

    /// Somebody texts; gives what they read back. What the answer says is reported as delivered, as the provider
    /// would.
    pub(super) async fn text(&self, from: &str, body: &str) -> Vec<String> {
        let answer = self.deliver(&new_sid(), from, body).await;
        self.report_delivered(from, &answer).await;
        answer.texts().into_iter().map(|(text, _)| text).collect()
    }

    /// Somebody texts and must read exactly one text back, which holds all of `expected`.
    pub(super) async fn expect(&self, from: &str, body: &str, expected: &str) {
        let replies = self.text(from, body).await;
        assert_eq!(replies.len(), 1, "to {body:?}: {replies:?}");
        assert!(replies[0].contains(expected), "to {body:?}: {replies:?} should hold {expected:?}");
    }

    /// Tells the service that the texts of an answer have arrived.
    pub(super) async fn report_delivered(&self, to: &str, answer: &Answer) {
        for (_, callback) in answer.texts() {
            let sid = new_sid();
            for status in ["sent", "delivered"] {
                let form = form(&[
                    ("SmsSid", &sid),
                    ("SmsStatus", status),
                    ("MessageStatus", status),
                    ("To", to),
                    ("MessageSid", &sid),
                    ("AccountSid", &self.account),
                    ("From", &self.center),
                    ("ApiVersion", "2010-04-01"),
                ]);
                let taken = self.post(&callback, &form).await;
                assert!((200..300).contains(&taken.status), "{taken:?}");
            }
        }
    }
}

/// The worked example of the provider's security page, so that a mistake here is not blamed on the program.
#[test]
fn our_own_signature_agrees_with_the_documented_example() {
    let call = form(&[
        ("Digits", "1234"),
        ("To", "+18005551212"),
        ("From", "+14158675310"),
        ("Caller", "+14158675310"),
        ("CallSid", "CA1234567890ABCDE"),
    ]);
    let url = "https://example.com/myapp.php?foo=1&bar=2";
    assert_eq!(signature("12345", url, &call), "L/OH5YylLD5NRKLltdqwSvS0BnU=");
}

//! What a stranger can post to the webhook: the reading of forms and of signatures. The service's own files are
//! compiled in, since its whole crate with database and HTTP would take minutes to instrument.
//!
//! What must hold: no panic; nothing lost or invented against another reader of forms; a signature that fits is
//! taken, one over anything else is not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;

#[path = "../../src/web/webhook/form.rs"]
#[expect(dead_code, reason = "the handlers that use the rest are not compiled in")]
mod form;
#[path = "../../src/gateway/twilio/signature.rs"]
#[expect(dead_code, reason = "the handlers that use the rest are not compiled in")]
mod signature;

use signature::{Algorithm, Verifier, sign};

const PUBLIC: &str = "https://bot.example";
const TOKEN: &str = "12345";

// A line with the path and query, one with a header's value, and the form.
fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let path = String::from_utf8_lossy(next()).into_owned();
    let header = String::from_utf8_lossy(next()).into_owned();
    let body = next();

    let _ = Algorithm::from_settings(Some(&header));
    if let Ok(odd) = Verifier::new(&path, [SecretString::from(header.as_str())]) {
        let _ = odd.verify(Algorithm::HmacSha1, &header, &[(path.as_str(), header.as_str())], &header);
    }

    let Ok(fields) = form::parse_form(body) else { return };
    // Where no escape is broken, there is only one way to read a form.
    let other: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    assert_eq!(fields, other);

    let verifier = Verifier::new(PUBLIC, [SecretString::from(TOKEN)]).expect("a public address");
    let genuine = sign(TOKEN, &format!("{PUBLIC}{path}"), &fields);
    assert!(verifier.verify(Algorithm::HmacSha1, &path, &fields, &genuine), "a genuine request was refused");
    assert!(!verifier.verify(Algorithm::HmacSha1, &format!("{path}x"), &fields, &genuine), "another path was taken");
    assert!(header == genuine || !verifier.verify(Algorithm::HmacSha1, &path, &fields, &header), "a guess was taken");
    let mut changed = fields;
    changed.push(("Body".to_owned(), "another text, that was not signed".to_owned()));
    let listed = changed[..changed.len() - 1].contains(&changed[changed.len() - 1]);
    assert!(listed || !verifier.verify(Algorithm::HmacSha1, &path, &changed, &genuine), "an added field was taken");
});

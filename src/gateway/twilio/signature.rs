//! Proof that a webhook comes from the provider: `X-Twilio-Signature`. Knows no HTTP server and no secrets' origin.
//!
//! The signature is `base64(HMAC(token, URL + name1 + value1 + name2 + value2 …))` over the decoded form fields,
//! in order of name and then of value, equal pairs once. The URL is the one configured at the provider: it is
//! taken from our configuration and never from `Host` or `X-Forwarded-*`, which anybody can write.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";

/// The header by which the provider names another key or algorithm: `key=<id>,algorithm=<name>`.
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// How a webhook is signed.
///
/// Twilio's newer scheme, HMAC-SHA256 with a shared key of its own, is named in the settings header. It would be a
/// second variant here with its keys in the [`Verifier`]; until it is wanted, requests that name it are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA1 with the account's auth token.
    HmacSha1,
}

impl Algorithm {
    /// The algorithm that the settings header names; without the header, or without a name in it, the account's
    /// own. `None` for one that is not known: a request must not be checked by a rule that it was not signed by.
    #[must_use]
    pub fn from_settings(header: Option<&str>) -> Option<Self> {
        let named = header
            .unwrap_or_default()
            .split(',')
            .filter_map(|part| part.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("algorithm"))
            .map(|(_, value)| value.trim());
        let mut algorithm = Self::HmacSha1;
        for name in named {
            algorithm = match name {
                name if name.eq_ignore_ascii_case("HMAC_SHA1") => Self::HmacSha1,
                "" => algorithm,
                _ => return None,
            };
        }
        Some(algorithm)
    }
}

/// Signs as the provider does: for tests, and for comparing with the provider's own library.
#[must_use]
pub fn sign<N: AsRef<[u8]>, V: AsRef<[u8]>>(token: &str, url: &str, params: &[(N, V)]) -> String {
    let mut mac = mac(token);
    mac.update(url.as_bytes());
    mac.update(&signed_part(params));
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn mac(token: &str) -> Hmac<Sha1> {
    Hmac::new_from_slice(token.as_bytes()).expect("HMAC takes keys of every length")
}

/// What the form fields add to the signed text.
///
/// Byte order of UTF-8 is the order of code points, which is the provider's order.
fn signed_part<N: AsRef<[u8]>, V: AsRef<[u8]>>(params: &[(N, V)]) -> Vec<u8> {
    let ordered: BTreeSet<(&[u8], &[u8])> =
        params.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    let mut part = Vec::with_capacity(ordered.iter().map(|(name, value)| name.len() + value.len()).sum());
    for (name, value) in ordered {
        part.extend_from_slice(name);
        part.extend_from_slice(value);
    }
    part
}

/// The configured public address cannot be one that a provider calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the address by which the provider reaches this service, such as https://bot.example")]
pub struct PublicUrlError;

/// Checks signatures against the configured public address and the tokens in use.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// Everything that the signed address may begin with, before the path.
    origins: Vec<String>,
    /// The current token, and the previous one while it is being replaced.
    tokens: Vec<SecretString>,
}

impl Verifier {
    /// Checks against `public_url`, the address of this service without the webhook's own path (a path before it,
    /// as behind a proxy, is kept), and `tokens`, the current first. Empty tokens are left out: anybody can sign
    /// with an empty key. Without any token, everything is refused.
    ///
    /// The provider is not consistent about a port that goes without saying, so the address is tried as it is
    /// configured, with the default port added, and without a port. A fragment is never signed.
    ///
    /// # Errors
    /// [`PublicUrlError`] when the address is not `http://…` or `https://…` with a host and without a query.
    pub fn new(public_url: &str, tokens: impl IntoIterator<Item = SecretString>) -> Result<Self, PublicUrlError> {
        let address = public_url.split('#').next().unwrap_or_default().trim_end_matches('/');
        let (scheme, rest) = address.split_once("://").ok_or(PublicUrlError)?;
        let default_port = match scheme.to_ascii_lowercase().as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err(PublicUrlError),
        };
        if rest.contains(|c: char| c == '?' || c.is_whitespace() || c.is_control()) {
            return Err(PublicUrlError);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // The last `:` belongs to the port only if it stands after the user, and after an IPv6 address in brackets.
        let host_at = authority.rfind(['@', ']']).map_or(0, |at| at + 1);
        let port_at = authority[host_at..].find(':').map(|at| host_at + at);
        let bare = &authority[..port_at.unwrap_or(authority.len())];
        if bare.is_empty() || bare.ends_with('@') {
            return Err(PublicUrlError);
        }
        let mut origins = vec![address.to_owned()];
        match port_at.map(|at| &authority[at + 1..]) {
            None => origins.push(format!("{scheme}://{bare}:{default_port}{path}")),
            Some(port) if port.parse::<u16>().is_ok() => origins.push(format!("{scheme}://{bare}{path}")),
            Some(_) => return Err(PublicUrlError),
        }
        let tokens = tokens.into_iter().filter(|token| !token.expose_secret().is_empty()).collect();
        Ok(Self { origins, tokens })
    }

    /// Whether `signature` is the provider's over this request.
    ///
    /// `path_and_query` is what was asked for, byte for byte; `params` the decoded form fields, as bytes or text.
    /// Compares in constant time, and takes no shortcut when one of the candidates has matched.
    #[must_use]
    pub fn verify<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        algorithm: Algorithm,
        path_and_query: &str,
        params: &[(N, V)],
        signature: &str,
    ) -> bool {
        let Algorithm::HmacSha1 = algorithm;
        // 28 characters, always: a shorter tag would be easier to guess, if it were compared by its own length.
        let Ok(tag) = BASE64_STANDARD.decode(signature) else { return false };
        let part = signed_part(params);
        let mut genuine = false;
        for token in &self.tokens {
            for origin in &self.origins {
                let mut mac = mac(token.expose_secret());
                mac.update(origin.as_bytes());
                mac.update(path_and_query.as_bytes());
                mac.update(&part);
                genuine |= mac.verify_slice(&tag).is_ok();
            }
        }
        genuine
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "12345";
    const PUBLIC: &str = "https://mycompany.com";
    const PATH: &str = "/myapp.php?foo=1&bar=2";

    type Params = Vec<(String, String)>;

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The worked example of Twilio's page "Webhooks security".
    fn published() -> Params {
        params(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ])
    }

    fn verifier(public_url: &str, tokens: &[&str]) -> Verifier {
        Verifier::new(public_url, tokens.iter().map(|token| SecretString::from(*token))).expect("a public address")
    }

    fn accepts(public_url: &str, signed_url: &str) -> bool {
        let signature = sign(TOKEN, signed_url, &published());
        verifier(public_url, &[TOKEN]).verify(Algorithm::HmacSha1, PATH, &published(), &signature)
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        let url = format!("{PUBLIC}{PATH}");
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert_eq!(sign(TOKEN, &url, &published()), signature);
        assert!(verifier(PUBLIC, &[TOKEN]).verify(Algorithm::HmacSha1, PATH, &published(), signature));
    }

    #[test]
    fn a_request_without_fields_signs_the_address_alone() {
        // Made with Twilio's own library for Python, 9.13.0.
        let none: Params = Vec::new();
        assert_eq!(sign(TOKEN, &format!("{PUBLIC}{PATH}"), &none), "zYQTYrRWXE7LtzbG4PfP7/bkkGo=");
    }

    #[test]
    fn names_sort_by_code_point_values_within_a_name_and_equal_pairs_count_once() {
        let messy = params(&[("b", "2"), ("B", "x"), ("b", "1"), ("あ", ""), ("b", "2"), ("", "e"), ("𠮷", "\u{0}")]);
        let tidy = params(&[("", "e"), ("B", "x"), ("b", "1"), ("b", "2"), ("あ", ""), ("𠮷", "\u{0}")]);
        assert_eq!(sign(TOKEN, PUBLIC, &messy), sign(TOKEN, PUBLIC, &tidy));
        let one_text = format!("{PUBLIC}eBxb1b2あ𠮷\u{0}");
        assert_eq!(sign(TOKEN, PUBLIC, &messy), sign(TOKEN, &one_text, &Params::new()));
    }

    #[test]
    fn a_port_that_goes_without_saying_may_be_said_or_not() {
        for (public, signed, accepted) in [
            ("https://bot.example", "https://bot.example", true),
            ("https://bot.example", "https://bot.example:443", true),
            ("https://bot.example:443", "https://bot.example", true),
            ("https://bot.example:443", "https://bot.example:443", true),
            ("http://bot.example", "http://bot.example:80", true),
            ("http://bot.example:80", "http://bot.example", true),
            ("https://bot.example:8443", "https://bot.example:8443", true),
            ("https://bot.example:8443", "https://bot.example", true),
            ("https://user:pass@bot.example", "https://user:pass@bot.example:443", true),
            ("https://user:pass@bot.example:443", "https://user:pass@bot.example", true),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443", true),
            ("https://[2001:db8::1]:443", "https://[2001:db8::1]", true),
            ("https://bot.example/", "https://bot.example", true),
            ("https://bot.example#rc=3&rp=5xx", "https://bot.example", true),
            ("https://proxy.example/mimamori/", "https://proxy.example/mimamori", true),
            ("https://proxy.example/mimamori", "https://proxy.example:443/mimamori", true),
            ("https://bot.example", "https://bot.example:80", false),
            ("https://bot.example", "https://bot.example:8443", false),
            ("https://bot.example", "http://bot.example", false),
            ("https://bot.example", "https://bot.example.evil", false),
            ("https://bot.example", "https://evil.example", false),
            ("https://proxy.example/mimamori", "https://proxy.example", false),
        ] {
            assert_eq!(accepts(public, &format!("{signed}{PATH}")), accepted, "{public} called as {signed}");
        }
    }

    #[test]
    fn an_address_that_nobody_can_call_is_refused() {
        for public in [
            "",
            "bot.example",
            "ftp://bot.example",
            "https://",
            "https:///path",
            "https://:443",
            "https://user@",
            "https://bot.example:port",
            "https://bot.example:70000",
            "https://bot.example?x=1",
            "https://bot .example",
        ] {
            assert_eq!(Verifier::new(public, []).err(), Some(PublicUrlError), "{public}");
        }
    }

    #[test]
    fn both_tokens_count_while_one_is_replaced_and_an_empty_one_never() {
        let both = verifier(PUBLIC, &["new", TOKEN, ""]);
        for (token, accepted) in [("new", true), (TOKEN, true), ("older", false), ("", false)] {
            let signature = sign(token, &format!("{PUBLIC}{PATH}"), &published());
            assert_eq!(both.verify(Algorithm::HmacSha1, PATH, &published(), &signature), accepted, "{token}");
        }
        let nobody = verifier(PUBLIC, &[""]);
        let signature = sign("", &format!("{PUBLIC}{PATH}"), &published());
        assert!(!nobody.verify(Algorithm::HmacSha1, PATH, &published(), &signature));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let right = sign(TOKEN, &format!("{PUBLIC}{PATH}"), &published());
        let raw = BASE64_STANDARD.decode(&right).expect("base64");
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        let shortened = BASE64_STANDARD.encode(&raw[..10]);
        let lengthened = BASE64_STANDARD.encode([raw.as_slice(), &[0]].concat());
        let url_safe = right.replace('+', "-").replace('/', "_");
        for wrong in [
            "",
            "=",
            "ab",
            "署名",
            &hex,
            &shortened,
            &lengthened,
            &url_safe,
            &right[..27],
            &right.to_lowercase(),
            &format!(" {right}"),
            &format!("{right}="),
            &format!("{right},{right}"),
        ] {
            assert!(!verifier(PUBLIC, &[TOKEN]).verify(Algorithm::HmacSha1, PATH, &published(), wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_algorithm_that_is_not_known_is_not_guessed() {
        for (header, known) in [
            (None, true),
            (Some(""), true),
            (Some("key=webhooks_sharedkey_1"), true),
            (Some("algorithm=HMAC_SHA1"), true),
            (Some("key=a, algorithm = hmac_sha1 "), true),
            (Some("algorithm="), true),
            (Some("key=a,algorithm=HMAC_SHA256"), false),
            (Some("algorithm=HMAC_SHA1,algorithm=none"), false),
            (Some("algorithm=none,algorithm=HMAC_SHA1"), false),
            (Some("algorithm=md5"), false),
        ] {
            assert_eq!(Algorithm::from_settings(header).is_some(), known, "{header:?}");
        }
    }

    #[test]
    fn tokens_do_not_show() {
        assert!(!format!("{:?}", verifier(PUBLIC, &["s3cret"])).contains("s3cret"));
    }

    fn fields() -> impl Strategy<Value = Params> {
        proptest::collection::vec(("[A-Za-z]{1,6}", any::<String>()), 1..8)
    }

    proptest! {
        #[test]
        fn what_was_signed_is_accepted_in_any_order(
            (fields, shuffled) in fields().prop_flat_map(|fields| (Just(fields.clone()), Just(fields).prop_shuffle())),
            query in "(\\?[ -~&&[^ #]]{0,20})?", token in "[!-~]{1,40}",
        ) {
            let path = format!("/twilio/sms{query}");
            let signature = sign(&token, &format!("{PUBLIC}{path}"), &fields);
            prop_assert!(verifier(PUBLIC, &[&token]).verify(Algorithm::HmacSha1, &path, &shuffled, &signature));
        }

        #[test]
        fn any_change_is_refused(fields in fields(), at in any::<prop::sample::Index>(), other in any::<String>(), what in 0..6) {
            let path = "/twilio/sms?m=1";
            let signature = sign(TOKEN, &format!("{PUBLIC}{path}"), &fields);
            let mut changed = fields.clone();
            let index = at.index(fields.len());
            let (mut asked, mut token) = (path.to_owned(), TOKEN.to_owned());
            match what {
                0 => changed[index].1.push_str(&format!("{other}!")),
                1 => changed[index].0.push('x'),
                2 => changed.push(("zz".into(), other)),
                3 => asked.push_str("&x"),
                4 => token.push('6'),
                _ => {
                    // Removing one of two equal pairs changes nothing that is signed.
                    let removed = changed.remove(index);
                    prop_assume!(!changed.contains(&removed));
                }
            }
            prop_assert!(!verifier(PUBLIC, &[&token]).verify(Algorithm::HmacSha1, &asked, &changed, &signature));
        }

        #[test]
        fn garbage_is_refused_without_a_panic(signature in any::<String>(), header in any::<String>(), public in any::<String>()) {
            prop_assert!(!verifier(PUBLIC, &[TOKEN]).verify(Algorithm::HmacSha1, PATH, &published(), &signature));
            let _ = Algorithm::from_settings(Some(&header));
            let _ = Verifier::new(&format!("https://{public}"), []);
        }
    }
}

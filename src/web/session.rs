//! Passwords and sign-ins: how a password is hashed and checked, what the cookie holds, how long it lasts. Where
//! they are kept is the store's business, what somebody may see is the console's.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::clock::EntropySource;

/// The shortest password that is taken, in characters (NIST SP 800-63B-4 asks for 15 where nothing else
/// protects an account, 8 with a second factor; NCSC and BSI recommend about 12).
pub const SHORTEST_PASSWORD: usize = 12;

/// The longest password that is taken, in bytes: hashing more would only cost time.
pub const LONGEST_PASSWORD: usize = 1000;

/// A sign-in ends when nobody used it for so long …
pub const IDLE: TimeDelta = TimeDelta::minutes(30);

/// … and in any case so long after it began.
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// A use is noted at most so often: noting writes.
pub const NOTE_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Refused sign-ins of one login within a time, and how many are too many. The longer somebody guesses, the
/// longer they wait; the longest wait is 15 minutes, so that a stranger cannot keep a nurse out of the morning.
const TOO_MANY: [(TimeDelta, i64); 2] = [(TimeDelta::minutes(1), 5), (TimeDelta::minutes(15), 15)];

/// A password that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("the password is too short: {SHORTEST_PASSWORD} characters or more, a few words are easy to remember")]
    TooShort,
    /// Too long.
    #[error("the password is too long: at most {LONGEST_PASSWORD} bytes")]
    TooLong,
    /// It is the login, or one character over and over.
    #[error("the password is too easy to guess: not the login, not one character over and over")]
    TooEasy,
}

/// Whether a new password may be used for this login.
///
/// # Errors
/// Why not.
pub fn check_password(login: &str, password: &str) -> Result<(), PasswordError> {
    let mut characters = password.chars();
    let first = characters.next();
    if password.chars().count() < SHORTEST_PASSWORD {
        Err(PasswordError::TooShort)
    } else if password.len() > LONGEST_PASSWORD {
        Err(PasswordError::TooLong)
    } else if password.eq_ignore_ascii_case(login) || characters.all(|character| Some(character) == first) {
        Err(PasswordError::TooEasy)
    } else {
        Ok(())
    }
}

/// The Argon2id hash of a password, in PHC form, as the store keeps it. Takes some 20 ms and 19 MiB of memory:
/// never on a thread that serves requests.
#[must_use]
pub fn hash_password(password: &str, entropy: &dyn EntropySource) -> String {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("the default parameters and a salt of 16 bytes are valid");
    hash.to_string()
}

/// Checks passwords, a few at a time.
#[derive(Clone)]
pub struct PasswordChecker {
    /// Each check takes 19 MiB: a flood of sign-ins must not take all memory.
    turns: Arc<Semaphore>,
    /// The hash that is checked for a login that does not exist, so that both take the same time.
    nobody: Arc<OnceLock<String>>,
    entropy: Arc<dyn EntropySource>,
}

impl PasswordChecker {
    /// A checker.
    #[must_use]
    pub fn new(entropy: Arc<dyn EntropySource>) -> Self {
        Self { turns: Arc::new(Semaphore::new(2)), nobody: Arc::default(), entropy }
    }

    /// Whether the password is the one of this hash; never, if there is no hash. Takes the same time either way.
    ///
    /// # Errors
    /// When the check could not run: the runtime is going down, or the stored hash is none.
    pub async fn check(&self, password: String, hash: Option<String>) -> anyhow::Result<bool> {
        let turn = Arc::clone(&self.turns).acquire_owned().await?;
        let (nobody, entropy) = (Arc::clone(&self.nobody), Arc::clone(&self.entropy));
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let nobody = nobody.get_or_init(|| hash_password("nobody signs in with this", entropy.as_ref()));
            let exists = hash.is_some();
            let hash = hash.as_deref().unwrap_or(nobody);
            let hash = PasswordHash::new(hash).map_err(|_| anyhow::anyhow!("a stored password hash cannot be read"))?;
            let fits = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            anyhow::Ok(exists && fits)
        });
        checked.await?
    }
}

/// How long a login has to wait after too many refused sign-ins; `None` if it may try.
///
/// # Errors
/// When the database fails.
pub async fn wait_before_sign_in(
    tx: &mut store::Tx,
    login: &str,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, store::Error> {
    // The longest wait is told, since the shorter ones end before it.
    for (within, too_many) in TOO_MANY.into_iter().rev() {
        if tx.sign_in_failures_since(login, now - within).await? >= too_many {
            return Ok(Some(within));
        }
    }
    Ok(None)
}

/// The secret of a sign-in: 32 random bytes, which only the browser has. The store has their hash.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one.
    #[must_use]
    pub fn new(entropy: &dyn EntropySource) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// What the store keeps.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The token that came with a request, if one of the right shape did.
    #[must_use]
    pub fn of(headers: &HeaderMap, secure: bool) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let bytes = URL_SAFE_NO_PAD.decode(jar.get(cookie_name(secure))?.value()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The cookie that gives the token to the browser, for as long as the browser is open.
    #[must_use]
    pub fn cookie(&self, secure: bool) -> Cookie<'static> {
        Cookie::build((cookie_name(secure), URL_SAFE_NO_PAD.encode(self.0)))
            .path("/")
            .http_only(true)
            .secure(secure)
            .same_site(SameSite::Lax)
            .build()
    }
}

/// The cookie that takes the token back.
#[must_use]
pub fn removal_cookie(secure: bool) -> Cookie<'static> {
    Cookie::build((cookie_name(secure), ""))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .removal()
        .build()
}

/// With HTTPS the browser itself makes sure (`__Host-`) that the cookie came from this very host.
const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-sid" } else { "sid" }
}

/// When a sign-in that began at `created_at` and is used `now` ends, if it is not used again.
#[must_use]
pub fn expires_at(created_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + IDLE).min(created_at + ABSOLUTE)
}

/// Where to go after signing in: an address of our own, nothing else (`//evil.example`, `https:…`, `\…`).
#[must_use]
pub fn own_path(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let own = next.starts_with('/') && !next.starts_with("//") && plain && next.len() <= 300;
    // Going on to the sign-in page itself would look as if it had failed.
    if own && !next.starts_with("/login") && !next.starts_with("/logout") { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededEntropy;

    #[test]
    fn passwords_are_long_enough_and_not_too_easy() {
        for (password, expected) in [
            ("correct horse battery", Ok(())),
            ("見守りのためのながい合言葉", Ok(())),
            ("elevenchars", Err(PasswordError::TooShort)),
            ("", Err(PasswordError::TooShort)),
            ("aaaaaaaaaaaaaaaa", Err(PasswordError::TooEasy)),
            ("Nurse.Tanaka.1", Err(PasswordError::TooEasy)),
        ] {
            assert_eq!(check_password("nurse.tanaka.1", password), expected, "{password}");
        }
        assert_eq!(check_password("x", &"ab".repeat(501)), Err(PasswordError::TooLong));
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_and_no_other() {
        let entropy = Arc::new(SeededEntropy::new(1));
        let hash = hash_password("correct horse battery", entropy.as_ref());
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hash_password("correct horse battery", entropy.as_ref()), "each hash has its own salt");
        let checker = PasswordChecker::new(entropy);
        assert!(checker.check("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!checker.check("correct horse battery ".into(), Some(hash)).await.unwrap());
        // Not even the password of the hash that stands in for nobody's.
        assert!(!checker.check("nobody signs in with this".into(), None).await.unwrap());
        assert!(checker.check("x".into(), Some("no hash".into())).await.is_err());
    }

    #[test]
    fn the_cookie_says_who_may_read_it() {
        let token = Token::new(&SeededEntropy::new(1));
        let cookie = token.cookie(true).to_string();
        assert!(cookie.starts_with("__Host-sid="), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!token.cookie(false).to_string().contains("Secure"));
        let mut headers = HeaderMap::new();
        headers.insert("cookie", cookie.split(';').next().unwrap().parse().unwrap());
        assert_eq!(Token::of(&headers, true).unwrap().sha256(), token.sha256());
        assert!(Token::of(&headers, false).is_none(), "the plain cookie is another one");
        headers.insert("cookie", "__Host-sid=short".parse().unwrap());
        assert!(Token::of(&headers, true).is_none());
    }

    #[test]
    fn a_sign_in_ends_when_idle_and_at_the_latest_after_half_a_day() {
        let began = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        assert_eq!(expires_at(began, began), began + IDLE);
        let late = began + ABSOLUTE - TimeDelta::minutes(1);
        assert_eq!(expires_at(began, late), began + ABSOLUTE);
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        for (next, expected) in [
            ("/rounds/cen_1/2026-11-23?lang=en", "/rounds/cen_1/2026-11-23?lang=en"),
            ("/", "/"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("/login?next=/login", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(next), expected, "{next:?}");
        }
    }
}

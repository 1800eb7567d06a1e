//! What the configuration accepts, and how it says no.

use std::io::Write;

use secrecy::ExposeSecret;

use super::*;

/// The least that production needs.
const LEAST: [(&str, &str); 3] = [
    ("MIMAMORI__SERVER__PUBLIC_URL", "https://mimamori.example.jp"),
    ("MIMAMORI__GATEWAY__TWILIO__ACCOUNT_SID", "AC0123"),
    ("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN", "token-in-the-environment"),
];

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let folder = Folder::new();
    let path = folder.file("config.toml", file);
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    // The name of the temporary folder is no part of any expectation.
    Config::load(Some(&path), env).map_err(|error| error.to_string().replace(&folder.0.display().to_string(), ""))
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mimamori-config-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let mut env = LEAST.to_vec();
    env.push(("MIMAMORI__SERVER__LISTEN", "0.0.0.0:9000"));
    env.push(("MIMAMORI__GATEWAY__SEGMENTS_PER_SECOND", "30"));
    env.push(("PATH", "/bin"));
    let config = load("[server]\nlisten = \"127.0.0.1:1\"\nshutdown_seconds = 7\n", &env).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(config.server.shutdown, Duration::from_secs(7));
    assert_eq!(config.server.public_url.join("/twilio/sms"), "https://mimamori.example.jp/twilio/sms");
    assert_eq!(config.gateway.segments_per_second, 30);
    assert_eq!(config.gateway.kind, GatewayKind::Twilio);
    assert_eq!(config.gateway.twilio.base_url.as_str(), "https://api.twilio.com");
    assert_eq!((config.dialogs.path, config.dialogs.watch), (PathBuf::from("dialogs"), false));
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn every_key_is_explained_in_the_default_file() {
    let mut section = String::new();
    let mut explained = Vec::new();
    for line in DEFAULT.lines() {
        let text = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((name, _)) = text.split_once(" = ")
            && !name.contains(' ')
            && !section.is_empty()
        {
            explained.push(format!("{section}.{name}"));
        }
    }
    explained.sort();
    let mut keys: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
    keys.sort_unstable();
    assert_eq!(explained, keys);
}

#[test]
fn without_an_account_it_says_what_is_missing() {
    let error = Config::load(None, std::iter::empty()).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.len(), 3, "{text}");
    assert!(text.contains("`gateway.twilio.account_sid` is missing: `gateway.kind` is \"twilio\""), "{text}");
    assert!(text.contains("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE"), "{text}");
    assert!(text.contains("`server.public_url` is this machine only"), "{text}");
}

#[test]
fn the_simulator_needs_nothing() {
    let config = load("[gateway]\nkind = \"simulator\"\n", &[]).unwrap();
    assert_eq!(config.gateway.kind, GatewayKind::Simulator);
    assert!(!config.server.public_url.is_https());
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_place() {
    let file = "[server]\nlisten = \"8080\"\nlitsen = \"127.0.0.1:1\"\n\n[gateway]\nsegments_per_second = 0\nkind = \"sms\"\n\n[sever]\nx = 1\n";
    let mut env = LEAST.to_vec();
    env.push(("MIMAMORI__LOG__FORMAT", "yaml"));
    env.push(("MIMAMORI__LOG__FILTRE", "info"));
    insta::assert_snapshot!(load(file, &env).unwrap_err(), @r#"
    error: there is no key `server.litsen`
     --> /config.toml:3:1
      |
    3 | litsen = "127.0.0.1:1"
      | ^^^^^^
      |
      = help: did you mean `server.listen`?

    error: there is no section `sever`
     --> /config.toml:9:2
      |
    9 | [sever]
      |  ^^^^^

    error: there is no configuration key for MIMAMORI__LOG__FILTRE
     --> the environment variable MIMAMORI__LOG__FILTRE
      = help: did you mean MIMAMORI__LOG__FILTER?

    error: `server.listen` cannot be "8080"
     --> /config.toml:2:10
      |
    2 | listen = "8080"
      |          ^^^^^^
      |
      = help: expected an IP address and a port, such as 127.0.0.1:8080

    error: `gateway.kind` cannot be "sms"
     --> /config.toml:7:8
      |
    7 | kind = "sms"
      |        ^^^^^
      |
      = help: expected "twilio" or "simulator"

    error: `gateway.segments_per_second` cannot be 0
     --> /config.toml:6:23
      |
    6 | segments_per_second = 0
      |                       ^
      |
      = help: expected a whole number from 1 to 1000

    error: `log.format` cannot be "yaml"
     --> the environment variable MIMAMORI__LOG__FORMAT
      = help: expected "json" or "text"
    "#);
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_every_break_and_no_secret() {
    let file = "[store]\nurl = \"postgres://nurse:hunter2@db/x\nlisten == 3\n[gateway.twilio]\nauth_token = \"s3cret\n";
    let text = load(file, &LEAST).unwrap_err();
    assert!(text.contains("this is not TOML"), "{text}");
    assert!(text.matches("error:").count() >= 2, "{text}");
    assert!(!text.contains("hunter2") && !text.contains("s3cret"), "{text}");
}

#[test]
fn no_message_and_no_debug_output_shows_a_secret() {
    let secrets = "hunter2-is-the-secret";
    for file in [
        format!("[store]\nurl = \"mysql://nurse:{secrets}@db/x\"\n"),
        format!("[store]\nurl = [\"{secrets}\"]\n"),
        format!("[gateway.twilio]\nauth_token = \"{secrets} with spaces\"\n"),
        format!("[gateway.twilio]\nauth_token = \"x\"\nauth_token_file = \"{secrets}\"\n"),
        format!("[gateway]\ntwilio = {{ auth_token = \"{secrets} \", timeout_seconds = 0 }}\n"),
        format!("[server]\npublic_url = \"https://nurse:{secrets}@example.jp\"\n"),
        format!("[gateway.twilio]\nbase_url = \"https://nurse:{secrets}@example.jp\"\n"),
    ] {
        let text = load(&file, &[]).unwrap_err();
        assert!(!text.contains(secrets), "{text}");
    }
    let mut env = LEAST.to_vec();
    let url = format!("postgres://nurse:{secrets}@db/x");
    env.push(("MIMAMORI__STORE__URL", &url));
    let config = load("", &env).unwrap();
    assert_eq!(config.store.url.expose_secret(), url);
    let shown = format!("{config:?}");
    assert!(!shown.contains(secrets) && !shown.contains("token-in-the-environment"), "{shown}");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder = Folder::new();
    let token = folder.file("token", "token-in-a-file\n").display().to_string();
    let env = [
        LEAST[0],
        LEAST[1],
        ("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE", token.as_str()),
        ("MIMAMORI__GATEWAY__TWILIO__API_KEY_SID", "SK1"),
        ("MIMAMORI__GATEWAY__TWILIO__API_KEY_SECRET", "key"),
    ];
    // The environment's file wins over the value in the file: they are different layers.
    let config = load("[gateway.twilio]\nauth_token = \"older\"\n", &env).unwrap();
    assert_eq!(config.gateway.twilio.auth_token.unwrap().expose_secret(), "token-in-a-file");
    assert_eq!(config.gateway.twilio.api_key.unwrap().sid, "SK1");

    let both = load("", &[LEAST[0], LEAST[1], LEAST[2], ("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE", &token)]);
    let text = both.unwrap_err();
    assert!(text.contains("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE are both set"), "{text}");

    let gone = load("", &[LEAST[0], LEAST[1], ("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE", "/nowhere/token")]);
    let text = gone.unwrap_err();
    assert!(text.contains("/nowhere/token, cannot be read"), "{text}");

    // Only a secret has a file of its own.
    let open = load("", &[LEAST[0], LEAST[1], LEAST[2], ("MIMAMORI__SERVER__LISTEN_FILE", "x")]);
    assert!(open.unwrap_err().contains("did you mean MIMAMORI__SERVER__LISTEN?"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Some(Path::new("/nowhere/config.toml")), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("--> /nowhere/config.toml"), "{error}");
}

#[test]
fn addresses_are_taken_only_in_the_one_form() {
    for (text, expected) in [
        ("https://mimamori.example.jp", Some("https://mimamori.example.jp")),
        ("https://mimamori.example.jp/", Some("https://mimamori.example.jp")),
        ("https://Mimamori.Example.JP:443", Some("https://mimamori.example.jp")),
        ("https://mimamori.example.jp:8443", Some("https://mimamori.example.jp:8443")),
        ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
        ("http://[::1]:8080", Some("http://[::1]:8080")),
        ("http://localhost", Some("http://localhost")),
        ("http://mimamori.example.jp", None),
        ("http://127.0.0.1.example.jp", None),
        ("https://mimamori.example.jp/app", None),
        ("https://mimamori.example.jp?x", None),
        ("https://mimamori.example.jp#rc=2", None),
        ("https://user@mimamori.example.jp", None),
        ("mimamori.example.jp", None),
        ("ftp://mimamori.example.jp", None),
        ("", None),
    ] {
        let url = PublicUrl::parse(text).ok();
        assert_eq!(url.as_ref().map(PublicUrl::as_str), expected, "{text}");
    }
    assert_eq!(
        BaseUrl::parse("https://x.signalwire.com/api/laml/").unwrap().as_str(),
        "https://x.signalwire.com/api/laml"
    );
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    let simulator = "[gateway]\nkind = \"simulator\"\n";
    for (file, expected) in [
        (format!("{simulator}lease_seconds = 20\n"), "it must be 25 or more"),
        (format!("{simulator}[simulator]\nlisten = \"127.0.0.1:8080\"\n"), "are the same place"),
        (format!("{simulator}[server]\nlisten = \"0.0.0.0:8081\"\n"), "are the same place"),
        (format!("{simulator}[simulator]\nlisten = \"0.0.0.0:8081\"\n"), "an address of this machine"),
        (format!("{simulator}[gateway.twilio]\napi_key_sid = \"SK1\"\n"), "`gateway.twilio.api_key_secret` is missing"),
        (format!("{simulator}[log]\nfilter = \"mimamori=loud\"\n"), "a level (error, warn"),
        ("gateway = 3\n".to_owned(), "`gateway` is a section, not a key"),
        (format!("{simulator}segments_per_second = \"10\"\n"), "a whole number from 1 to 1000"),
        (format!("{simulator}[dialogs]\npath = 3\n"), "a text in quotation marks"),
        (format!("{simulator}[dialogs]\nwatch = \"yes\"\n"), "true or false, without quotation marks"),
        (format!("{simulator}[dialogs]\nwatch = 1\n"), "true or false, without quotation marks"),
    ] {
        let text = load(&file, &[]).unwrap_err();
        assert!(text.contains(expected), "{file}\n{text}");
    }
}

//! A running `mimamori demo`, driven as a script would: by the JSON line that it prints, its clock, its simulator,
//! and commands beside it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};

use super::webhook::Webhooks;
use crate::support::program::{Folder, Program, command, succeed};

/// A client that needs no certificates and follows no redirect.
pub(super) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .tls_certs_only(std::iter::empty())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(std::time::Duration::from_secs(300))
        .build()
        .expect("a client")
}

/// A running demo.
pub(super) struct Demo {
    pub(super) program: Program,
    pub(super) webhooks: Webhooks,
    ready: Value,
    http: reqwest::Client,
}

/// One row of an import file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) her_sys_id: &'a str,
    pub(super) name: &'a str,
    pub(super) phone: &'a str,
    pub(super) language: &'a str,
    pub(super) risk_tier: &'a str,
    pub(super) lives_alone: &'a str,
    pub(super) family_of: &'a str,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self {
            her_sys_id: "",
            name: "試験 太郎",
            phone: "",
            language: "ja",
            risk_tier: "standard",
            lives_alone: "no",
            family_of: "",
        }
    }
}

impl Demo {
    /// Starts a demo that keeps its files in `data`.
    pub(super) async fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = command(&["demo", "--json", "--port", "0", "--data"]);
        command.arg(data).args(arguments);
        Self::started(command).await
    }

    pub(super) async fn started(command: std::process::Command) -> Self {
        let mut program = Program::start(command);
        let ready: Value = serde_json::from_str(&program.line().await).expect("one JSON line");
        let text = |key: &str| ready[key].as_str().expect("a text").to_owned();
        let http = http();
        let webhooks = Webhooks {
            http: http.clone(),
            public_url: text("public_url"),
            account: text("account_sid"),
            token: text("auth_token"),
            center: text("sender"),
        };
        assert_eq!(webhooks.sms_url(), text("webhook"));
        Self { program, webhooks, ready, http }
    }

    /// What the JSON line says under this key.
    pub(super) fn told(&self, key: &str) -> &str {
        self.ready[key].as_str().expect("a text")
    }

    /// What the program says that the time is.
    pub(super) async fn now(&self) -> DateTime<Utc> {
        let face: Value = self.http.get(self.told("clock")).send().await.unwrap().json().await.unwrap();
        face["now"].as_str().unwrap().parse().unwrap()
    }

    /// The day at the center.
    pub(super) async fn today(&self) -> NaiveDate {
        self.now().await.with_timezone(&chrono_tz::Asia::Tokyo).date_naive()
    }

    /// Moves the clock, and comes back when all that was due on the way is done.
    pub(super) async fn move_to(&self, to: &str) {
        let request = self.http.post(self.told("clock")).json(&json!({ "to": to }));
        let response = request.send().await.expect("the clock answers");
        let status = response.status();
        assert!(status.is_success(), "{status} {}", response.text().await.unwrap());
    }

    /// Moves the clock to a time of this day, as `HH:MM` at the center.
    pub(super) async fn at(&self, day: NaiveDate, time: &str) {
        self.move_to(&format!("{day}T{time}:00+09:00")).await;
    }

    /// Comes back when nothing is under way any more.
    pub(super) async fn settle(&self) {
        let soon = self.now().await + chrono::TimeDelta::seconds(1);
        self.move_to(&soon.to_rfc3339()).await;
    }

    /// A command of the program beside the demo, on the same database.
    pub(super) fn beside(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command(arguments);
        command.env("MIMAMORI__STORE__URL", self.told("store"));
        command
    }

    /// Enrols patients as a clerk would: from a file, by the command line.
    pub(super) async fn import(&self, folder: &Folder, day: NaiveDate, rows: &[Row<'_>]) {
        let mut file =
            String::from("her_sys_id,name,phone,language,risk_tier,lives_alone,family_of,observe_from,observe_until\n");
        for row in rows {
            let Row { her_sys_id, name, phone, language, risk_tier, lives_alone, family_of } = row;
            let until = day + Days::new(9);
            file.push_str(&format!(
                "{her_sys_id},{name},{phone},{language},{risk_tier},{lives_alone},{family_of},{day},{until}\n"
            ));
        }
        let path = folder.write("patients.csv", &file);
        let mut command = self.beside(&["patient", "import", "--json", "--center", self.told("center")]);
        command.arg(path);
        let report: Value = serde_json::from_str(&succeed(command).await).expect("JSON");
        assert_eq!((&report["outcome"], report["enrolled"].as_u64()), (&json!("enrolled"), Some(rows.len() as u64)));
    }

    /// `round status --json`.
    pub(super) async fn status(&self) -> Value {
        serde_json::from_str(&succeed(self.beside(&["round", "status", "--json"])).await).expect("JSON")
    }

    /// The nurse's password.
    pub(super) fn password(&self) -> &str {
        self.ready["login"]["password"].as_str().expect("a text")
    }

    /// Signs in as the nurse; gives the cookie.
    pub(super) async fn sign_in(&self) -> String {
        let login = &self.ready["login"];
        let form = [("login", login["user"].as_str().unwrap()), ("password", login["password"].as_str().unwrap())];
        let url = format!("{}/login", self.told("public_url"));
        let response = self.http.post(url).form(&form).send().await.unwrap();
        assert_eq!(response.status(), 303, "signed in");
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// `GET` of one of the service's own addresses.
    pub(super) async fn get(&self, path: &str, cookie: &str) -> (u16, String) {
        let url = format!("{}{path}", self.told("public_url"));
        let response = self.http.get(url).header("Cookie", cookie).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// What the phone was sent, the oldest first.
    pub(super) async fn received(&self, phone: &str) -> Vec<String> {
        let mut messages = self.list("To", phone).await;
        messages.reverse();
        messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    }

    /// The provider's list, the newest first.
    async fn list(&self, field: &str, phone: &str) -> Vec<Value> {
        let account = self.told("account_sid");
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair(field, phone)
            .append_pair("PageSize", "1000")
            .finish();
        let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json?{query}", self.told("simulator"));
        let credentials = STANDARD.encode(format!("{account}:{}", self.told("auth_token")));
        let request = self.http.get(url).header("Authorization", format!("Basic {credentials}"));
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        page["messages"].as_array().expect("messages").clone()
    }

    /// Somebody types on one of the simulator's phones; comes back when the answer has arrived.
    pub(super) async fn type_on_phone(&self, phone: &str, body: &str) -> String {
        let phones = self.told("phones");
        let card: Value = self
            .http
            .post(format!("{phones}phones"))
            .json(&json!({ "number": phone }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let url = format!("{phones}phones/{}/texts", card["id"]);
        let sent = self.http.post(url).json(&json!({ "body": body })).send().await.unwrap();
        assert_eq!(sent.status(), 202);
        self.settle().await;
        self.received(phone).await.pop().unwrap_or_default()
    }
}

/// The line of one patient in a round's status, by name.
pub(super) fn line<'a>(status: &'a Value, name: &str) -> &'a Value {
    let lines = status["patients"].as_array().expect("patients");
    lines.iter().find(|line| line["name"] == name).unwrap_or_else(|| panic!("{name} is in the round"))
}

/// The entry of one patient in the chase list, by name.
pub(super) fn chased<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    status["chase_list"].as_array().expect("a chase list").iter().find(|entry| entry["name"] == name)
}
